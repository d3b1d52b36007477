//! Where a session lets the fault script interfere with what it says.

use std::{collections::VecDeque, time::Instant};

use super::{Outgoing, Phase, UNAUTHORIZED, VenueSession};
use crate::{
    fault::{Cut, FeedFault, Place, Script, Step},
    feed::{candle::CandleEvent, channel::Said, corrupt},
};

/// Puts what the script wants into a snapshot.
pub(super) fn spoil_snapshot(script: &Script, place: &Place, events: &mut Vec<CandleEvent>) {
    for fault in script.on_feed(Step::Snapshot, place) {
        if let FeedFault::Snapshot(fault) = fault {
            corrupt::snapshot(events, fault);
        }
    }
}

impl VenueSession {
    /// What the script wants at `step`.
    pub(super) fn faults(&self, step: Step, now: Instant) -> Vec<FeedFault> {
        self.script.on_feed(step, &self.place(now))
    }

    pub(super) fn place(&self, now: Instant) -> Place {
        Place {
            socket: self.socket,
            data_sent: self.data_sent,
            heard: self.messages_heard,
            since: self.looked.duration_since(self.opened),
            age: now.duration_since(self.opened),
        }
    }

    /// When the script next wants to act by the clock.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let age = self.script.next_moment(&self.place(self.looked))?;
        self.opened.checked_add(age)
    }

    /// Does what the script wants at `step`, in its order, until the connection has ended.
    pub(super) fn misbehave(&mut self, step: Step, now: Instant) {
        for fault in self.faults(step, now) {
            self.commit(fault, now);
        }
    }

    fn commit(&mut self, fault: FeedFault, now: Instant) {
        match fault {
            FeedFault::Cut(Cut::Reset) => self.end(Outgoing::Reset),
            FeedFault::Cut(Cut::Close(code)) => self.end(Outgoing::Close {
                code,
                reason: String::new(),
            }),
            FeedFault::Cut(Cut::CloseSaying { code, reason }) => self.end(Outgoing::Close { code, reason }),
            FeedFault::Mute => self.muted = true,
            FeedFault::Unauthorized if self.phase == Phase::Authorized => {
                self.phase = Phase::AwaitAuth;
                self.emit(UNAUTHORIZED.to_owned(), now);
            }
            FeedFault::ChannelClosed => {
                for (id, _) in std::mem::take(&mut self.channels) {
                    self.emit(format!(r#"{{"type":"CHANNEL_CLOSED","channel":{id}}}"#), now);
                }
            }
            FeedFault::Garbage => self.emit(corrupt::GARBAGE.to_owned(), now),
            FeedFault::Huge(bytes) => self.emit(corrupt::huge(bytes), now),
            FeedFault::FlipFull { announced } => {
                let configs: Vec<String> = self.channels.values_mut().map(|channel| channel.flip_full()).collect();
                for config in configs.into_iter().filter(|_| announced) {
                    self.emit(config, now);
                }
            }
            FeedFault::Layout(layout) => {
                for channel in self.channels.values_mut() {
                    channel.lay_out(&layout);
                }
            }
            FeedFault::Unauthorized
            | FeedFault::NoSetup
            | FeedFault::NoAuthState
            | FeedFault::LateAuthState(_)
            | FeedFault::NoAuth
            | FeedFault::RefuseToken
            | FeedFault::SessionNotFound
            | FeedFault::NoChannel
            | FeedFault::NoConfig
            | FeedFault::LateConfig(_)
            | FeedFault::RateError
            | FeedFault::SizeError
            | FeedFault::MixedTypes
            | FeedFault::ShortRows
            | FeedFault::UnknownTypes
            | FeedFault::Duplicates
            | FeedFault::OldEvents
            | FeedFault::Snapshot(_) => {}
        }
    }

    /// Lets a FEED_CONFIG leave now, later or never.
    pub(super) fn configure(&mut self, text: String, now: Instant) {
        let faults = self.faults(Step::Config, now);
        let lag = faults.iter().find_map(|fault| {
            if let FeedFault::LateConfig(lag) = fault {
                Some(*lag)
            } else {
                None
            }
        });
        if faults.contains(&FeedFault::NoConfig) {
            return;
        }
        match lag {
            Some(lag) => self.held.push_back((now + lag, text)),
            None => self.emit(text, now),
        }
    }

    /// Lets go of the configurations whose time has come.
    pub(super) fn release_held(&mut self, now: Instant) {
        while let Some((_, text)) = self.held.pop_front_if(|(due, _)| *due <= now) {
            self.emit(text, now);
        }
    }

    /// Says what a channel answered, with what the script makes of it.
    pub(super) fn say(&mut self, said: Vec<Said>, now: Instant) {
        let mut said = VecDeque::from(said);
        while let Some(message) = said.pop_front() {
            match message {
                Said::Config(text) => self.configure(text, now),
                Said::Data(text) => {
                    let faults = self.faults(Step::Data, now);
                    let text = if faults.contains(&FeedFault::MixedTypes) {
                        self.mix(text, &mut said, now)
                    } else {
                        text
                    };
                    self.send_data(text, &faults, now);
                }
            }
            if self.phase == Phase::Ended {
                return;
            }
        }
    }

    /// The data of `text` and of all that was still to be said as one message, after the configurations among it.
    fn mix(&mut self, text: String, said: &mut VecDeque<Said>, now: Instant) -> String {
        let mut texts = vec![text];
        for message in said.drain(..) {
            match message {
                Said::Config(text) => self.configure(text, now),
                Said::Data(text) => texts.push(text),
            }
        }
        corrupt::joined(&texts)
    }

    fn send_data(&mut self, text: String, faults: &[FeedFault], now: Instant) {
        let leading = corrupt::leading_type(&text).unwrap_or_default().to_owned();
        let mut text = text;
        if faults.contains(&FeedFault::ShortRows) {
            text = corrupt::short(&text);
        }
        if faults.contains(&FeedFault::UnknownTypes) {
            text = corrupt::with_unknown_type(&text);
        }
        let again = faults.contains(&FeedFault::Duplicates).then(|| text.clone());
        let before = if faults.contains(&FeedFault::OldEvents) {
            self.last_data.insert(leading, text.clone())
        } else {
            None
        };
        for text in std::iter::once(text).chain(again).chain(before) {
            self.emit(text, now);
        }
        self.data_sent += 1;
        self.misbehave(Step::DataSent, now);
    }
}
