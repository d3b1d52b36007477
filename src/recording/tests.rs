use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const REFRESH: &str = "eyJhbGciOi/SYNTHETIC+REFRESH.c2ln";

/// What was written, to be looked at afterwards.
#[derive(Debug, Clone, Default)]
struct Paper(Rc<RefCell<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn header_line() -> Header {
    Header {
        variance_recording: VERSION,
        program: "variance 0.0.0".to_owned(),
        command: "quote".to_owned(),
        mode: "live".to_owned(),
        started_at: "2026-11-20T21:30:00Z".parse().unwrap(),
        stands: false,
        seed: u64::MAX,
        symbols: vec!["SPY".to_owned()],
        deadline_seconds: None,
        options: json!({}),
        config: json!({}),
    }
}

/// The text of a recording that `write` makes, beginning at the instant given to it.
fn written(write: impl FnOnce(&Recorder, Instant)) -> String {
    let paper = Paper::default();
    let epoch = Instant::now();
    let recorder = Recorder::begin(Box::new(paper.clone()), epoch, &header_line());
    write(&recorder, epoch);
    recorder.finish().unwrap();
    let bytes = paper.0.borrow().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_read_again_by_channel_and_to_the_millisecond() {
    let text = written(|recorder, epoch| {
        recorder.note(
            "feed",
            epoch + Duration::from_micros(1_999),
            &json!({ "heard": "a\nb" }),
        );
        recorder.note("rest", epoch + Duration::from_millis(2), &json!({ "asked": 1 }));
        recorder.milestone(epoch + Duration::from_secs(3), Milestone::WindowEnded);
    });
    let recording = Recording::read(text.as_bytes()).unwrap();
    assert_eq!(recording.header, header_line());
    assert!(!recording.torn);
    assert_eq!(
        recording.channel::<Value>("feed").unwrap(),
        [(1, json!({ "heard": "a\nb" }))]
    );
    assert_eq!(recording.milestones().unwrap(), [(3_000, Milestone::WindowEnded)]);
}

#[test]
fn a_known_secret_is_never_written_however_it_is_spelt() {
    let text = written(|recorder, epoch| {
        recorder.hide(REFRESH);
        let escaped = REFRESH.replace('/', "\\/");
        let encoded: String = url::form_urlencoded::byte_serialize(REFRESH.as_bytes()).collect();
        recorder.note(
            "rest",
            epoch,
            &json!({ "body": [format!("echo {REFRESH}!"), { "deep": escaped } , encoded] }),
        );
    });
    assert!(!text.contains("SYNTHETIC"), "{text}");
    assert_eq!(text.matches("[secret]").count(), 3, "{text}");
}

#[test]
fn neither_an_odd_spelling_nor_a_part_of_a_secret_is_written() {
    let secret = "dGFzdHksYXBpLCxTWU5USEVUSUM=/9f0b1c2d3e4f5a6b7c8d";
    let text = written(|recorder, epoch| {
        recorder.hide(secret);
        for echo in [
            secret.replace('=', "\\u003d"),
            secret.replace('/', "%2f").replace('=', "%3d"),
            secret[..28].to_owned(),
        ] {
            recorder.note("rest", epoch, &echo);
        }
    });
    for part in ["dGFzdHksYXBp", "9f0b1c2d3e4f"] {
        assert!(!text.contains(part), "{part} in {text}");
    }
}

#[test]
fn the_answer_of_a_token_service_is_written_without_its_tokens_which_are_known_from_then_on() {
    for sample in [
        include_str!("../../tests/data/rest/oauth-token.ok-rotated.json"),
        include_str!("../../tests/data/rest/api-quote-tokens.ok.json"),
    ] {
        let text = written(|recorder, epoch| {
            let body = recorder.confided(sample).unwrap();
            recorder.note("rest", epoch, &json!({ "body": body }));
            recorder.note("feed", epoch, &json!({ "heard": sample }));
        });
        for trace in ["SYNTHETIC", "not-a-real-token", "eyJ"] {
            assert!(!text.contains(trace), "{trace} in {text}");
        }
        assert!(text.contains("expires"), "what is no secret stays: {text}");
    }
    written(|recorder, _| assert_eq!(recorder.confided("token=abc"), None));
}

#[test]
fn a_line_that_a_crash_cut_off_is_passed_over_and_said() {
    let whole = written(|recorder, epoch| {
        recorder.note("feed", epoch, &json!({ "heard": 1 }));
        recorder.note("feed", epoch, &json!({ "heard": 2 }));
    });
    let cut = &whole[..whole.len() - 9];
    let recording = Recording::read(cut.as_bytes()).unwrap();
    assert!(recording.torn);
    assert_eq!(
        recording.channel::<Value>("feed").unwrap(),
        [(0, json!({ "heard": 1 }))]
    );
}

#[test]
fn a_damaged_line_in_the_middle_is_named() {
    let whole = written(|recorder, epoch| {
        recorder.note("feed", epoch, &json!({ "heard": 1 }));
        recorder.note("feed", epoch, &json!({ "heard": 2 }));
    });
    let damaged = whole.replacen("{\"at\":0,\"feed\":{\"heard\":1}}", "{\"at\":0,\"feed\":{\"he", 1);
    let error = Recording::read(damaged.as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::Line { line: 2, .. }), "{error}");
}

#[test]
fn no_line_may_stand_outside_of_time() {
    let text = written(|_, _| {}) + "{\"at\":18446744073709551615,\"feed\":{}}\n";
    let error = Recording::read(text.as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::TooLate { line: 2 }), "{error}");
}

#[test]
fn what_is_no_recording_and_a_later_version_are_refused() {
    for text in ["", "\n", "{}\n", "symbol,price\n", "[1]\n"] {
        assert!(
            matches!(Recording::read(text.as_bytes()), Err(ReadError::NoRecording)),
            "{text:?}"
        );
    }
    let later = written(|_, _| {}).replacen("\"variance_recording\":1", "\"variance_recording\":2", 1);
    assert!(matches!(
        Recording::read(later.as_bytes()),
        Err(ReadError::Version { found: 2 })
    ));
}

#[test]
fn after_a_line_that_could_not_be_written_none_is_and_the_failure_is_told() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let epoch = Instant::now();
    let recorder = Recorder::begin(Box::new(Full(1)), epoch, &header_line());
    recorder.note("feed", epoch, &json!(1));
    recorder.note("feed", epoch, &json!(2));
    assert_eq!(recorder.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn arbitrary_text_is_no_recording_or_one_and_never_a_panic(text in any::<String>(), lines in prop::collection::vec("\\PC{0,40}|\\{\"at\":[0-9]{0,25},\"(feed|rest|run)\":[^\n]{0,30}\\}", 0..6)) {
        drop(Recording::read(text.as_bytes()));
        let mut recorded = written(|_, _| {});
        recorded.push_str(&lines.join("\n"));
        if let Ok(recording) = Recording::read(recorded.as_bytes()) {
            drop(recording.channel::<Value>("feed"));
            drop(recording.milestones());
        }
    }

    #[test]
    fn no_secret_survives_in_any_frame(secret in "[!-~]{8,40}", before in any::<String>(), after in any::<String>()) {
        prop_assume!(!"[secret]".contains(&secret) && !before.contains(&secret) && !after.contains(&secret));
        let text = written(|recorder, epoch| {
            recorder.hide(&secret);
            recorder.note("feed", epoch, &format!("{before}{secret}{after}"));
        });
        let recording = Recording::read(text.as_bytes()).unwrap();
        let frames: Vec<(u64, String)> = recording.channel("feed").unwrap();
        prop_assert_eq!(frames[0].1.matches(&secret).count(), format!("{before}[secret]{after}").matches(&secret).count());
    }
}
