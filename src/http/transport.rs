//! Who carries requests out: the network, the network with a recorder beside it, or a recording.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::client::{self, Reply, SetupError, TransportError};
use crate::recording::{ReadError, Recorder, Recording};

/// A request.
#[derive(Debug)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// What goes behind `Bearer`.
    pub bearer: Option<SecretString>,
    /// A JSON body, which makes it a POST. It is never recorded.
    pub body: Option<SecretString>,
    /// Whether the answer holds a token.
    pub confidential: bool,
}

impl Request {
    /// A GET that says nothing about who asks.
    pub fn get(url: Url) -> Self {
        Self {
            url,
            bearer: None,
            body: None,
            confidential: false,
        }
    }

    fn key(&self) -> String {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        let (path, query) = (self.url.path(), self.url.query());
        query.map_or_else(
            || format!("{method} {path}"),
            |query| format!("{method} {path}?{query}"),
        )
    }
}

/// Carries requests to one service.
#[derive(Debug)]
pub struct Transport(Way);

#[derive(Debug)]
enum Way {
    Network {
        client: reqwest::Client,
        tape: Option<(Recorder, &'static str)>,
    },
    Recording(Playback),
}

/// The recorded calls of one service: what each question was answered with, in order.
#[derive(Debug)]
pub struct Playback {
    epoch: Instant,
    /// When the recording ends, in milliseconds.
    end: u64,
    calls: RefCell<BTreeMap<String, VecDeque<Played>>>,
}

/// How a recorded call ended: `None` when the recording ended first.
type Played = Option<(u64, Result<Reply, TransportError>)>;

/// What happens to a call, as it is recorded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Happening {
    /// The request left.
    Asked { call: u64, request: String },
    /// The answer was there.
    Answered {
        call: u64,
        #[serde(flatten)]
        reply: Reply,
    },
    /// No answer came.
    Unanswered { call: u64, why: TransportError },
    /// An answer that may hold a token came and could not be told without it.
    Withheld { call: u64, status: u16 },
}

impl Transport {
    /// Carries requests to `base` and below, by https, or in plain text on loopback.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn network(base: &Url, user_agent: &str, timeout: Duration) -> Result<Self, SetupError> {
        Ok(Self(Way::Network {
            client: client::client(base, user_agent, timeout)?,
            tape: None,
        }))
    }

    /// Answers out of a recording.
    pub fn recording(playback: Playback) -> Self {
        Self(Way::Recording(playback))
    }

    /// The same, with every call written to `recorder` under the name of the service.
    #[must_use]
    pub fn recorded(self, recorder: Recorder, channel: &'static str) -> Self {
        match self.0 {
            Way::Network { client, tape: _ } => Self(Way::Network {
                client,
                tape: Some((recorder, channel)),
            }),
            Way::Recording(_) => self,
        }
    }

    /// Sends `request` and reads the answer, at most `limit` bytes of it after decompression. Cancel safe: dropping it
    /// abandons the exchange.
    ///
    /// # Errors
    /// [`TransportError`] when no complete answer came; every status is an answer.
    pub async fn send(&self, request: Request, limit: usize) -> Result<Reply, TransportError> {
        match &self.0 {
            Way::Network { client, tape: None } => client::send(built(client, &request), limit).await,
            Way::Network {
                client,
                tape: Some((recorder, channel)),
            } => {
                let note = |what: &Happening| recorder.note(channel, Instant::now().into_std(), what);
                let call = recorder.next_call();
                if let Some(token) = &request.bearer {
                    recorder.hide(token.expose_secret());
                }
                note(&Happening::Asked {
                    call,
                    request: request.key(),
                });
                let answer = client::send(built(client, &request), limit).await;
                note(&happening(call, &answer, request.confidential, recorder));
                answer
            }
            Way::Recording(playback) => playback.answer(&request).await,
        }
    }
}

impl Playback {
    /// The calls that `recording` holds of the service that was recorded as `channel`; the run starts at `epoch`.
    ///
    /// # Errors
    /// [`ReadError::Line`].
    pub fn of(recording: &Recording, channel: &str, epoch: Instant) -> Result<Self, ReadError> {
        let mut asked = Vec::new();
        let mut ends = BTreeMap::new();
        for (at, happening) in recording.channel(channel)? {
            let (call, end) = match happening {
                Happening::Asked { call, request } => {
                    asked.push((call, request));
                    continue;
                }
                Happening::Answered { call, reply } => (call, Ok(reply)),
                Happening::Unanswered { call, why } => (call, Err(why)),
                Happening::Withheld { call, status } => (call, Ok(Reply::of_status(status))),
            };
            ends.insert(call, (at, end));
        }
        let mut calls: BTreeMap<String, VecDeque<Played>> = BTreeMap::new();
        for (call, request) in asked {
            calls.entry(request).or_default().push_back(ends.remove(&call));
        }
        Ok(Self {
            epoch,
            end: recording.last_moment(),
            calls: RefCell::new(calls),
        })
    }

    async fn answer(&self, request: &Request) -> Result<Reply, TransportError> {
        let next = self
            .calls
            .borrow_mut()
            .get_mut(&request.key())
            .and_then(VecDeque::pop_front);
        match next {
            None => Err(TransportError::NotRecorded),
            Some(None) => {
                // Behind everything that happened, a deadline that cut the run among it.
                sleep_until(self.epoch + Duration::from_millis(self.end + 1)).await;
                Err(TransportError::CutOff)
            }
            Some(Some((at, end))) => {
                sleep_until(self.epoch + Duration::from_millis(at)).await;
                end
            }
        }
    }
}

fn built(client: &reqwest::Client, request: &Request) -> reqwest::RequestBuilder {
    let builder = match &request.body {
        None => client.get(request.url.clone()),
        Some(body) => client
            .post(request.url.clone())
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.expose_secret().to_owned()),
    };
    let builder = builder.header(reqwest::header::ACCEPT, "application/json");
    match &request.bearer {
        Some(token) => builder.bearer_auth(token.expose_secret()),
        None => builder,
    }
}

fn happening(call: u64, answer: &Result<Reply, TransportError>, confidential: bool, recorder: &Recorder) -> Happening {
    match answer {
        Err(why) => Happening::Unanswered { call, why: why.clone() },
        Ok(reply) if !confidential => Happening::Answered {
            call,
            reply: reply.clone(),
        },
        Ok(reply) => {
            let masked = recorder.confided(&String::from_utf8_lossy(&reply.body));
            // A refusal grants nothing, so it may be told in its own words.
            let refused = reply.status >= 400;
            match masked {
                Some(body) => Happening::Answered {
                    call,
                    reply: Reply {
                        body: body.into_bytes(),
                        ..reply.clone()
                    },
                },
                None if refused => Happening::Answered {
                    call,
                    reply: reply.clone(),
                },
                None => Happening::Withheld {
                    call,
                    status: reply.status,
                },
            }
        }
    }
}
