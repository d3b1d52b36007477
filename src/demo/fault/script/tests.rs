use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn a_rule_has_a_target_a_place_an_effect_and_an_ending() {
    assert_eq!(
        feed(r#"feed socket 1 after 300ms: close 1012 "Reconnection is required" once"#),
        [FeedRule::Placed {
            trigger: Trigger {
                socket: Some(1),
                data: None,
                messages: None,
                after: Some(Duration::from_millis(300)),
            },
            fault: FeedFault::Cut(Cut::CloseSaying {
                code: 1012,
                reason: "Reconnection is required".to_owned(),
            }),
            times: Times::Once,
        }]
    );
    assert_eq!(
        parse("rest /market-metrics at 2nd request: status 429 retry-after 1 \"slow\"")
            .unwrap()
            .rest,
        [RestRule {
            path_prefix: "/market-metrics".to_owned(),
            after: None,
            effect: RestEffect::Status(Refusal {
                status: 429,
                body: "slow".to_owned(),
                content_type: "application/json",
                retry_after: Some("1".to_owned()),
            }),
            times: Times::Nth(2),
        }]
    );
}

#[test]
fn rules_stand_on_lines_or_between_semicolons_and_comments_do_not_count() {
    let faults = parse("# an evening\n\nfeed: mute; snapshot: empty # both\nmetrics: drop hv30;\n").unwrap();
    assert_eq!((faults.feed.len(), faults.rest.len()), (2, 1));
    assert_eq!(parse("").unwrap(), Faults::default());
}

#[test]
fn places_and_endings_narrow_each_other() {
    let times = |script: &str| match feed(script).into_iter().next() {
        Some(FeedRule::Placed { trigger, times, .. }) => (trigger.data, times),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        times("feed at 2nd data: drop rst"),
        (Some(Frames::At(2)), Times::Always)
    );
    assert_eq!(
        times("feed after 3 data: mute once"),
        (Some(Frames::After(3)), Times::Once)
    );
    assert_eq!(times("feed at 3rd time: refuse token"), (None, Times::Nth(3)));
    assert_eq!(times("feed after 3 times: refuse token"), (None, Times::After(3)));
    assert_eq!(times("feed after 3 times: refuse token once"), (None, Times::Nth(4)));
    assert_eq!(times("snapshot at 1st snapshot: snip"), (None, Times::Nth(1)));
}

#[test]
fn messages_of_the_client_and_the_age_of_the_venue_are_places_too() {
    let placed = |script: &str| match feed(script).into_iter().next() {
        Some(FeedRule::Placed { trigger, times, .. }) => (trigger.messages, times),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        placed("feed at 5th message: drop rst"),
        (Some(Frames::At(5)), Times::Always)
    );
    assert_eq!(
        placed("snapshot after 5 messages: snip once"),
        (Some(Frames::After(5)), Times::Once)
    );
    let rest = parse("rest /market-data after 2s after 1 request: hang; metrics after 300ms: half missing").unwrap();
    let places: Vec<_> = rest.rest.iter().map(|rule| (rule.after, rule.times)).collect();
    assert_eq!(
        places,
        [
            (Some(Duration::from_secs(2)), Times::After(1)),
            (Some(Duration::from_millis(300)), Times::Always)
        ]
    );
}

#[test]
fn an_error_names_its_place_and_the_nearest_known_word() {
    for (script, error) in [
        (
            "fed: mute",
            r#"line 1, column 1: unknown target "fed", did you mean "feed"?"#,
        ),
        (
            "\nfeed: mute; feed: no setpu",
            r#"line 2, column 19: unknown effect "no setpu", did you mean "no setup"?"#,
        ),
        (
            "snapshot: never end",
            r#"line 1, column 11: unknown effect "never end", did you mean "never ends"?"#,
        ),
        (
            "metrics: drop hv40",
            r#"line 1, column 15: unknown field "hv40", did you mean "hv30"?"#,
        ),
        (
            "feed: reorder columns Qoute",
            r#"line 1, column 23: unknown event type "Qoute", did you mean "Quote"?"#,
        ),
        (
            "snapshot: old event",
            r#"line 1, column 11: unknown effect "old event", did you mean "old events"?"#,
        ),
        (
            "feed at 5th mesage: drop rst",
            r#"line 1, column 13: unknown unit "mesage", did you mean "message"?"#,
        ),
        (
            "rest /x at 1st message: hang",
            r#"line 1, column 16: unknown unit: "message" is none of request, requests"#,
        ),
        (
            "rest /x after 300us: hang",
            r#"line 1, column 15: "300us" is not a time such as 300ms or 2s"#,
        ),
        (
            "feed: mute onse",
            r#"line 1, column 12: unknown ending "onse", did you mean "once"?"#,
        ),
        (
            "rest /x: status 1000",
            r#"line 1, column 17: "1000" is not an HTTP status from 200 to 599"#,
        ),
        (
            "feed: close 1006",
            "line 1, column 13: the close code 1006 cannot be sent",
        ),
        (
            "feed: close 1012 \"never",
            "line 1, column 18: these quotes are never closed",
        ),
        (
            "feed: huge frame 65MB",
            r#"line 1, column 18: "65MB" is not a size such as 512KB or 2MB, at most 64MB"#,
        ),
        (
            "feed after 3 data: no setup",
            "line 1, column 1: this comes before any data, it cannot wait for some",
        ),
        (
            "feed at 2nd time: mute always",
            "line 1, column 24: once at a number cannot be always; say after",
        ),
        (
            "feed: mute once more",
            r#"line 1, column 17: the rule should end before "more""#,
        ),
        (
            "metrics: null 20% iv,hv40,hv90",
            r#"line 1, column 22: unknown field "hv40", did you mean "hv30"?"#,
        ),
        (
            "metrics: null 0% iv",
            r#"line 1, column 15: "0%" is not a share from 1% to 100%"#,
        ),
        (
            "rest: hang",
            "line 1, column 5: a path such as /market-metrics is missing",
        ),
        (
            "feed: late config",
            "line 1, column 18: a time such as 200ms is missing",
        ),
    ] {
        assert_eq!(parse(script).unwrap_err().to_string(), error, "{script}");
    }
}

#[test]
fn every_effect_is_in_the_guide_with_an_example_that_parses() {
    let guide = include_str!("../../../../docs/fault-scripts.md");
    let examples: Vec<&str> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(example, _)| example)
        .collect();
    for example in &examples {
        parse(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
    let words = |target: &str, phrases: Vec<&str>| {
        for phrase in phrases {
            let shown = examples.iter().any(|example| {
                let effect = example.split_once(": ").map_or("", |(_, effect)| effect);
                example.starts_with(target) && effect.starts_with(phrase)
            });
            assert!(shown, "{target}: {phrase} has no example");
        }
    };
    words("feed", FEED.iter().map(|(phrase, _)| *phrase).collect());
    words("snapshot", SNAPSHOTS.iter().map(|(phrase, _)| *phrase).collect());
    words("rest", REST.iter().map(|(phrase, _)| *phrase).collect());
    words("metrics", METRICS.iter().map(|(phrase, _)| *phrase).collect());
    for (field, key) in FIELDS {
        assert!(
            guide.contains(&format!("`{field}`")),
            "{field} ({key}) is not in the guide"
        );
    }
}

proptest! {
    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,200}", rules in proptest::collection::vec(any_words(), 0..6)) {
        let _ = parse(&text);
        let _ = parse(&rules.join("\n"));
    }
}

fn any_words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("feed"),
        Just("rest /x"),
        Just("metrics"),
        Just("snapshot"),
        Just(":"),
        Just("after"),
        Just("at"),
        Just("data"),
        Just("5th"),
        Just("messages"),
        Just("close"),
        Just("null"),
        Just("20%"),
        Just("iv,,hv30"),
        Just("1012"),
        Just("99999999999999999999s"),
        Just("é\"ü"),
        Just("\""),
        Just("once"),
    ];
    proptest::collection::vec(word, 0..10).prop_map(|words| words.join(" "))
}

fn feed(script: &str) -> Vec<FeedRule> {
    parse(script).unwrap().feed
}
