//! How fast it is: decoding a frame, and whole screens on the embedded venue. `cargo bench` prints medians.
//!
//! The screens run the built binary, so they count the start of the process and of the venue as a user would.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures and stops when it cannot"
)]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use variance_dxlink::{EventType, Protocol, Settings, Subscription};

fn main() {
    let quotes = 500;
    let per_frame = median(200, || decode(quotes));
    println!("decode a COMPACT frame of {quotes} quotes       {per_frame:>10.1?}");
    let watchlist = std::env::temp_dir().join(format!("variance-bench-{}.csv", std::process::id()));
    let hundred: Vec<&str> = include_str!("../config/watchlists/default.csv")
        .lines()
        .take(101)
        .collect();
    std::fs::write(&watchlist, hundred.join("\n")).expect("a temporary file can be written");
    let path = watchlist.to_str().expect("a temporary path is text");
    println!(
        "variance --version                          {:>10.1?}",
        median(20, || run(&["--version"]))
    );
    for rtt in ["0", "40"] {
        let hundred = median(5, || {
            run(&["screen", "--demo", "--rtt", rtt, "--watchlist", path, "--json"])
        });
        println!("screen of 100 symbols, round trip {rtt:>2} ms     {hundred:>10.1?}");
        let all = median(5, || run(&["screen", "--demo", "--rtt", rtt, "--json"]));
        println!("screen of 320 symbols, round trip {rtt:>2} ms     {all:>10.1?}");
    }
    std::fs::remove_file(&watchlist).expect("the temporary file can be removed");
}

/// Time of `quotes` quotes in one message through a streaming protocol.
fn decode(quotes: usize) -> Duration {
    let now = Instant::now();
    let symbols: Vec<String> = (0..quotes).map(|number| format!("S{number:04}")).collect();
    let wanted = symbols.iter().map(|symbol| Subscription {
        event_type: EventType::Quote,
        symbol: symbol.into(),
        from_time: None,
    });
    let settings = Settings {
        version: "0.1-variance/bench".to_owned(),
        keepalive: Duration::from_secs(60),
        step_timeout: Duration::from_secs(10),
        aggregation_seconds: 0.1,
    };
    let mut protocol = Protocol::new(settings, SecretString::from("token"), wanted, now);
    for text in [
        r#"{"type":"SETUP","channel":0,"version":"1.0"}"#,
        r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#,
        r#"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
        r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","eventFields":{"Quote":["eventSymbol","bidTime","bidPrice","bidSize","askTime","askPrice","askSize"]}}"#,
    ] {
        protocol.handle_text(text, now).expect("the conversation is in order");
    }
    let rows: Vec<String> = symbols
        .iter()
        .map(|symbol| format!(r#""{symbol}",0,559.31,12.0,1763672400000,559.35,1.0E2"#))
        .collect();
    let frame = format!(
        r#"{{"type":"FEED_DATA","channel":1,"data":["Quote",[{}]]}}"#,
        rows.join(",")
    );
    while protocol.poll_output().is_some() {}
    let start = Instant::now();
    protocol.handle_text(&frame, now).expect("the frame is in order");
    let mut events = 0;
    while let Some(output) = protocol.poll_output() {
        black_box(output);
        events += 1;
    }
    let took = start.elapsed();
    assert_eq!(events, quotes, "every quote becomes an event");
    took
}

fn run(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_variance"))
        .args(arguments)
        .output()
        .expect("the binary runs");
    let took = start.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    took
}

fn median(runs: usize, mut once: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..runs).map(|_| once()).collect();
    times.sort();
    times.swap_remove(runs / 2)
}
