//! The listen window: hears the feed until everyone has answered, the rest is silent, or the time is up.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use smol_str::SmolStr;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::connect::Connect;
use super::feed::{Feed, GaveUp, Item, Tokens};
use super::ledger::{Answer, Ledger, Orders, Want};
use super::session::sleep_until;
use crate::dxlink::{Candles, Event, EventType, Greeks, Profile, Quote, Summary, Trade};

/// An event and when it was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard<T> {
    /// The event.
    pub event: T,
    /// The moment of receipt.
    pub at: Timestamp,
    /// The connection was lost since and the value has not been refreshed.
    pub before_gap: bool,
}

impl<T> Heard<T> {
    fn fresh(event: T, at: Timestamp) -> Self {
        Self {
            event,
            at,
            before_gap: false,
        }
    }
}

/// What the feed said about one streamer symbol. The window fills in the last values; bars, and why the rest is absent,
/// are added by whoever asked for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Streamed {
    /// Best bid and ask.
    pub quote: Option<Heard<Quote>>,
    /// Last trade of regular hours.
    pub trade: Option<Heard<Trade>>,
    /// Last trade of extended hours.
    pub trade_eth: Option<Heard<Trade>>,
    /// The trading day so far.
    pub summary: Option<Heard<Summary>>,
    /// What the instrument is.
    pub profile: Option<Heard<Profile>>,
    /// Greeks of an option.
    pub greeks: Option<Heard<Greeks>>,
    /// Daily bars: `None` when they were not asked for, the reason when they were and did not come.
    pub candles: Option<Result<Heard<Candles>, String>>,
    /// Why what is absent did not come: `no event before the window closed`, `not a streamer symbol`.
    pub silence: Option<String>,
}

/// How far the window is, for people who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Streamer symbols that have said all that is waited for, or are silent.
    pub settled: usize,
    /// All streamer symbols.
    pub wanted: usize,
    /// A few of those still awaited.
    pub awaited: Vec<SmolStr>,
    /// Whether the feed is streaming.
    pub streaming: bool,
}

/// What ended the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Everyone has answered or is known to be silent.
    Complete,
    /// The time was up.
    Window,
    /// No further connection would be tried.
    GaveUp {
        /// Why, without secrets.
        reason: String,
    },
}

/// The bounds of a window.
#[derive(Debug)]
pub struct Window {
    /// Ends here whatever the feed does.
    pub until: Instant,
    /// Wall time at `epoch`, to stamp what is heard.
    pub wall: Timestamp,
    /// The instant `wall` belongs to; `None` when wall time stands still.
    pub epoch: Option<Instant>,
    /// Entries that become known while listening; closed when no more will come.
    pub more: mpsc::UnboundedReceiver<Want>,
}

/// What a window has brought.
#[derive(Debug)]
pub struct Listened {
    /// Last values by streamer symbol.
    pub streamed: BTreeMap<SmolStr, Streamed>,
    /// Complete histories by candle symbol.
    pub candles: BTreeMap<SmolStr, Heard<Candles>>,
    /// Who has answered.
    pub ledger: Ledger,
    /// What ended it.
    pub end: End,
    /// When the feed first streamed.
    pub ready: Option<Instant>,
    /// Connections lost and subscriptions refused, each kind once, the first 32 kinds in order, without secrets.
    pub troubles: Vec<Trouble>,
}

/// Something that went wrong and was survived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A connection was lost or could not be made.
    Lost(String),
    /// The server refused subscriptions.
    Refused(String),
    /// The server could not read a message of ours.
    Misunderstood(String),
}

impl Trouble {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lost(_) => "disconnected",
            Self::Refused(_) => "subscription_refused",
            Self::Misunderstood(_) => "message_misunderstood",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(reason) => f.write_str(reason),
            Self::Refused(message) => write!(f, "the feed refused subscriptions: {message}"),
            Self::Misunderstood(message) => {
                write!(
                    f,
                    "the feed could not read a message of this program, please report this: {message}"
                )
            }
        }
    }
}

impl Listened {
    /// Whether an entry was answered, is silent, or was still pending at the end; `None` when it was never wanted.
    pub fn answer(&self, event_type: EventType, symbol: &str) -> Option<Answer> {
        self.ledger.answer(event_type, symbol)
    }
}

struct Ear<'p> {
    listened: Listened,
    wall: Timestamp,
    epoch: Option<Instant>,
    streaming: bool,
    on_progress: &'p dyn Fn(Progress),
}

/// Listens to `feed` for what `window.more` brings, until the window ends. `on_trouble` hears of each loss at once.
///
/// # Cancel safety
/// Not safe: what was heard is lost with the future. Bound it with `window.until`.
pub async fn listen<'a, C, T>(
    feed: &mut Feed<'a, C, T>,
    mut window: Window,
    on_progress: &dyn Fn(Progress),
    on_trouble: &dyn Fn(&Trouble),
) -> Listened
where
    C: Connect + 'a,
    C::Socket: 'a,
    T: Tokens<'a>,
{
    let mut ear = Ear::new(&window, on_progress);
    let mut more_may_come = true;
    loop {
        if !more_may_come && ear.listened.ledger.is_settled() {
            ear.listened.end = End::Complete;
            return ear.listened;
        }
        let silent_at = ear.listened.ledger.silent_at();
        let orders = tokio::select! {
            biased;
            () = tokio::time::sleep_until(window.until) => {
                ear.listened.end = End::Window;
                return ear.listened;
            }
            want = window.more.recv(), if more_may_come => match want {
                Some(want) => ear.listened.ledger.want(want, Instant::now()),
                None => {
                    more_may_come = false;
                    Orders::default()
                }
            },
            () = sleep_until(silent_at) => {
                let now = Instant::now();
                if feed.has_asked() {
                    ear.listened.ledger.fall_silent(now)
                } else {
                    ear.listened.ledger.bear_with(now);
                    Orders::default()
                }
            }
            item = feed.next() => match item {
                Ok(item) => ear.hear(item, on_trouble),
                Err(GaveUp { reason }) => {
                    ear.age();
                    ear.listened.end = End::GaveUp { reason };
                    return ear.listened;
                }
            },
        };
        for entry in &orders.unsubscribe {
            feed.unwant(entry);
        }
        for entry in orders.subscribe {
            feed.want(entry);
        }
        ear.report();
    }
}

impl<'p> Ear<'p> {
    fn new(window: &Window, on_progress: &'p dyn Fn(Progress)) -> Self {
        let listened = Listened {
            streamed: BTreeMap::new(),
            candles: BTreeMap::new(),
            ledger: Ledger::default(),
            end: End::Window,
            ready: None,
            troubles: Vec::new(),
        };
        Self {
            listened,
            wall: window.wall,
            epoch: window.epoch,
            streaming: false,
            on_progress,
        }
    }

    fn hear(&mut self, item: Item, on_trouble: &dyn Fn(&Trouble)) -> Orders {
        match item {
            Item::Ready => {
                let now = Instant::now();
                self.streaming = true;
                self.listened.ready.get_or_insert(now);
                self.listened.ledger.ready(now);
                Orders::default()
            }
            Item::Event { event, at } => self.keep(event, at),
            Item::Lost { reason, gap, again_in } => {
                tracing::debug!(%reason, ?again_in, "DXLink connection lost");
                self.streaming = false;
                self.listened.ledger.lost();
                if gap {
                    self.age();
                }
                self.trouble(Trouble::Lost(reason), on_trouble);
                Orders::default()
            }
            Item::Refused { message } => {
                self.trouble(Trouble::Refused(message), on_trouble);
                Orders::default()
            }
            Item::Misunderstood { message } => {
                self.trouble(Trouble::Misunderstood(message), on_trouble);
                Orders::default()
            }
        }
    }

    fn trouble(&mut self, trouble: Trouble, on_trouble: &dyn Fn(&Trouble)) {
        let known = self.listened.troubles.contains(&trouble);
        if !known && self.listened.troubles.len() >= MOST_TROUBLES {
            return;
        }
        on_trouble(&trouble);
        if !known {
            self.listened.troubles.push(trouble);
        }
    }

    fn keep(&mut self, event: Event, received: Instant) -> Orders {
        let since = self.epoch.map(|epoch| received.saturating_duration_since(epoch));
        let at = stamp(self.wall, since.unwrap_or_default());
        let (event_type, symbol) = key(&event);
        let orders = self.listened.ledger.answered(event_type, &symbol, received);
        match event {
            Event::Quote(event) => self.values(symbol).quote = Some(Heard::fresh(event, at)),
            Event::Trade(event) => keep_newer(&mut self.values(symbol).trade, event, at, |trade| trade.time),
            Event::TradeEth(event) => keep_newer(&mut self.values(symbol).trade_eth, event, at, |trade| trade.time),
            Event::Summary(event) => self.values(symbol).summary = Some(Heard::fresh(event, at)),
            Event::Profile(event) => self.values(symbol).profile = Some(Heard::fresh(event, at)),
            Event::Greeks(event) => keep_newer(&mut self.values(symbol).greeks, event, at, |greeks| greeks.time),
            Event::Candles(event) => drop(self.listened.candles.insert(symbol, Heard::fresh(event, at))),
        }
        orders
    }

    fn values(&mut self, symbol: SmolStr) -> &mut Streamed {
        self.listened.streamed.entry(symbol).or_default()
    }

    /// Marks what was heard before the connection was lost.
    fn age(&mut self) {
        fn mark<T>(heard: &mut Option<Heard<T>>) {
            if let Some(heard) = heard {
                heard.before_gap = true;
            }
        }
        for streamed in self.listened.streamed.values_mut() {
            mark(&mut streamed.quote);
            mark(&mut streamed.trade);
            mark(&mut streamed.trade_eth);
            mark(&mut streamed.summary);
            mark(&mut streamed.profile);
            mark(&mut streamed.greeks);
        }
    }

    fn report(&self) {
        let ledger = &self.listened.ledger;
        let (settled, wanted) = ledger.symbols();
        (self.on_progress)(Progress {
            settled,
            wanted,
            awaited: ledger.awaited().take(NAMED).cloned().collect(),
            streaming: self.streaming,
        });
    }
}

/// Keeps the newer of two events by their times. A connection knows the order of its own events, but not what came
/// before it; where one has no time, the order of arrival decides.
fn keep_newer<T>(kept: &mut Option<Heard<T>>, event: T, at: Timestamp, time: impl Fn(&T) -> Option<i64>) {
    let before = kept.as_ref().and_then(|kept| time(&kept.event));
    if before.zip(time(&event)).is_none_or(|(before, time)| time >= before) {
        *kept = Some(Heard::fresh(event, at));
    }
}

/// Awaited symbols that are named.
const NAMED: usize = 3;
/// Troubles that are told and kept: the server words them, and may word each one differently.
const MOST_TROUBLES: usize = 32;

fn key(event: &Event) -> (EventType, SmolStr) {
    match event {
        Event::Quote(event) => (EventType::Quote, event.symbol.clone()),
        Event::Trade(event) => (EventType::Trade, event.symbol.clone()),
        Event::TradeEth(event) => (EventType::TradeEth, event.symbol.clone()),
        Event::Summary(event) => (EventType::Summary, event.symbol.clone()),
        Event::Profile(event) => (EventType::Profile, event.symbol.clone()),
        Event::Greeks(event) => (EventType::Greeks, event.symbol.clone()),
        Event::Candles(event) => (EventType::Candle, event.symbol.clone()),
    }
}

fn stamp(wall: Timestamp, since: Duration) -> Timestamp {
    wall.checked_add(since).unwrap_or(Timestamp::MAX)
}
