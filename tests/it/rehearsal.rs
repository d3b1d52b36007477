//! Outages rehearsed from the command line with `--fault`.

use crate::run::{Run, at_once, row};

#[test]
fn a_script_reaches_the_venue_of_a_run() {
    let script = "feed: refuse token once; rest /market-metrics at 1st request: status 503";
    let run = |script| Run::demo("quote SPY --json").args(["--fault", script]);
    let [spoiled, dark] = at_once([script, "rest /: html 502"].map(run));
    assert_eq!(row(&spoiled.done().document(), "SPY")["symbol"], "SPY");
    assert_ne!(dark.code, 0);
}

#[test]
fn a_script_may_stand_in_a_file() {
    let run = Run::demo("quote SPY --fault @evening.fault").file("evening.fault", "# a rough one\nfeed: short\n");
    run.answer()
        .ended(2)
        .saying(&["evening.fault, line 2, column 7", "\"short rows\""]);
    Run::demo("quote SPY --fault @nosuch.fault")
        .answer()
        .ended(74)
        .saying(&["nosuch.fault"]);
}

#[test]
fn a_script_that_is_not_understood_is_a_usage_error_for_every_command() {
    for command in ["screen", "quote SPY", "explain SPY"] {
        let run = Run::demo(command).arg("--fault").arg("fede: mute");
        run.answer().ended(2).saying(&["line 1, column 1", "\"feed\""]);
    }
    let served = Run::new("demo").arg("--fault").arg("feed: no setpu");
    served.answer().ended(2).saying(&["line 1, column 7", "\"no setup\""]);
    Run::new("screen")
        .arg("--fault")
        .arg("feed: mute")
        .answer()
        .ended(2)
        .saying(&["--demo"]);
}
