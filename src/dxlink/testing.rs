//! Scripted conversations for tests: literal lines, a clock that stands still unless told.

use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::{Anomaly, Error, Event, EventType, Output, Phase, Protocol, Settings, Subscription};

/// A protocol with a clock.
pub(super) struct Talk {
    pub(super) protocol: Protocol,
    pub(super) now: Instant,
}

impl Talk {
    pub(super) fn new(wanted: impl IntoIterator<Item = Subscription>) -> Self {
        let settings = Settings {
            version: "0.1-variance/0.1.0".to_owned(),
            keepalive: Duration::from_secs(60),
            step_timeout: Duration::from_secs(10),
            aggregation_seconds: 1.0,
        };
        let now = Instant::now();
        Self {
            protocol: Protocol::new(settings, SecretString::from("s3cret-token"), wanted, now),
            now,
        }
    }

    /// A connection that streams; the texts of the handshake and what it told are gone.
    pub(super) fn streaming(wanted: impl IntoIterator<Item = Subscription>) -> Self {
        let mut talk = Self::new(wanted);
        talk.hear(r#"{"type":"SETUP","channel":0,"keepaliveTimeout":60}"#);
        talk.hear(r#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED"}"#);
        talk.hear(r#"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#);
        talk.hear(r#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","aggregationPeriod":1.0}"#);
        assert_eq!(talk.protocol.phase(), Phase::Streaming);
        talk.written();
        talk.outputs();
        talk
    }

    /// Plays a script: `>` is what this side must write next, `<` what the server says, `token` a fresh token, `#` a
    /// remark.
    pub(super) fn play(&mut self, script: &str) {
        for line in script.lines() {
            match line.split_once(' ') {
                Some((">", text)) => assert_eq!(self.protocol.poll_transmit(self.now).as_deref(), Some(text)),
                Some(("<", text)) => {
                    assert_eq!(self.protocol.poll_transmit(self.now), None, "before {text}");
                    self.hear(text);
                }
                Some(("token", token)) => self.protocol.authenticate(SecretString::from(token), self.now),
                Some(("#", _)) => {}
                _ => panic!("no script line: {line}"),
            }
        }
    }

    pub(super) fn hear(&mut self, text: &str) {
        self.protocol.handle_text(text, self.now).unwrap();
    }

    pub(super) fn hear_error(&mut self, text: &str) -> Error {
        self.protocol.handle_text(text, self.now).unwrap_err()
    }

    pub(super) fn data(&mut self, data: &str) {
        self.hear(&format!(r#"{{"type":"FEED_DATA","channel":1,"data":{data}}}"#));
    }

    pub(super) fn columns(&mut self, event_type: &str, columns: &str) {
        let columns = columns.replace(',', r#"",""#);
        self.hear(&format!(
            r#"{{"type":"FEED_CONFIG","channel":1,"eventFields":{{"{event_type}":["{columns}"]}}}}"#
        ));
    }

    pub(super) fn wait(&mut self, seconds: f64) -> Result<(), Error> {
        self.now += Duration::from_secs_f64(seconds);
        self.protocol.handle_timeout(self.now)
    }

    pub(super) fn written(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.protocol.poll_transmit(self.now)).collect()
    }

    pub(super) fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.protocol.poll_output()).collect()
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        let event = |output| match output {
            Output::Event(event) => Some(event),
            Output::Phase(_) | Output::TokenRefused | Output::SubscriptionRefused { .. } | Output::Anomaly(_) => None,
        };
        self.outputs().into_iter().filter_map(event).collect()
    }

    pub(super) fn anomalies(&mut self) -> Vec<Anomaly> {
        let anomaly = |output| match output {
            Output::Anomaly(anomaly) => Some(anomaly),
            Output::Phase(_) | Output::TokenRefused | Output::SubscriptionRefused { .. } | Output::Event(_) => None,
        };
        self.outputs().into_iter().filter_map(anomaly).collect()
    }
}

pub(super) fn quote(symbol: &str) -> Subscription {
    entry(EventType::Quote, symbol)
}

pub(super) fn entry(event_type: EventType, symbol: &str) -> Subscription {
    Subscription {
        event_type,
        symbol: symbol.into(),
        from_time: None,
    }
}

pub(super) fn bars(symbol: &str, from_time: i64) -> Subscription {
    Subscription {
        event_type: EventType::Candle,
        symbol: symbol.into(),
        from_time: Some(from_time),
    }
}
