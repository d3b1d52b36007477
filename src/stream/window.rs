//! The listen window: hears the feed until everyone has answered, the rest is silent, or the time is up.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use tokio::sync::mpsc;
use tokio::time::Instant;
use variance_dxlink::{Candles, Event, EventType, Greeks, Profile, Quote, Subscription, Summary, Trade};

use super::connect::Connect;
use super::feed::{Feed, GaveUp, Item, Tokens};
use super::session::sleep_until;
use super::subscription_tracker::{AnswerState, Request, SubscriptionChanges, SubscriptionTracker};

/// An event and when it was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received<T> {
    /// The event.
    pub event: T,
    /// The moment of receipt.
    pub at: Timestamp,
    /// The connection was lost since and the value has not been refreshed.
    pub before_gap: bool,
}

impl<T> Received<T> {
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LastEvents {
    /// Best bid and ask.
    pub quote: Option<Received<Quote>>,
    /// Last trade of regular hours.
    pub trade: Option<Received<Trade>>,
    /// Last trade of extended hours.
    pub trade_eth: Option<Received<Trade>>,
    /// The trading day so far.
    pub summary: Option<Received<Summary>>,
    /// What the instrument is.
    pub profile: Option<Received<Profile>>,
    /// Greeks of an option.
    pub greeks: Option<Received<Greeks>>,
    /// Daily bars: `None` when they were not asked for, the reason when they were and did not come.
    pub candles: Option<Result<Received<Candles>, String>>,
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
        /// Whether it would be the same later.
        lasting: bool,
    },
}

/// The bounds of a window.
#[derive(Debug)]
pub struct ListenWindow {
    /// Ends here whatever the feed does.
    pub until: Instant,
    /// Wall time at `epoch`, to stamp what is heard.
    pub wall: Timestamp,
    /// The instant `wall` belongs to; `None` when wall time stands still.
    pub epoch: Option<Instant>,
    /// Entries that become known while listening; closed when no more will come.
    pub more: mpsc::UnboundedReceiver<Request>,
}

/// What a window has brought.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Last values by streamer symbol.
    pub streamed: BTreeMap<SmolStr, LastEvents>,
    /// Complete histories by candle symbol.
    pub candles: BTreeMap<SmolStr, Received<Candles>>,
    /// Who has answered.
    pub tracker: SubscriptionTracker,
    /// What ended it.
    pub end: End,
    /// When the feed first streamed.
    pub ready: Option<Instant>,
    /// Whether the feed streams now.
    pub streaming: bool,
    /// Connections lost and subscriptions refused, each kind once, the first 32 kinds in order, without secrets.
    pub troubles: Vec<Trouble>,
    /// Where each history begins, by candle symbol.
    origins: BTreeMap<SmolStr, Origin>,
}

/// Where a history begins.
#[derive(Debug, Clone)]
struct Origin {
    /// What it was asked for from, by this window or whoever knew its beginning, Unix milliseconds.
    since: i64,
    /// The bars known before, for as long as what comes agrees with them.
    known: Option<Candles>,
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

impl Snapshot {
    /// Whether an entry was answered, is silent, or was still pending at the end; `None` when it was never wanted.
    pub fn answer(&self, event_type: EventType, symbol: &str) -> Option<AnswerState> {
        self.tracker.answer(event_type, symbol)
    }

    /// Since when a history was asked for, in this window or before it.
    pub fn since(&self, candle_symbol: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.origins.get(candle_symbol)?.since).ok()
    }
}

/// What stamps and tells of what is heard.
struct Ear<'p> {
    wall: Timestamp,
    epoch: Option<Instant>,
    /// Whether only the first loss of an outage is told, not each attempt to mend it.
    patient: bool,
    on_trouble: &'p dyn Fn(&Trouble),
}

/// Listens to `feed` for what `window.more` brings, until the window ends. `on_trouble` hears of each loss at once.
///
/// # Cancel safety
/// Not safe: what was heard is lost with the future. Bound it with `window.until`.
pub async fn listen<'a, C, T>(
    feed: &mut Feed<'a, C, T>,
    mut window: ListenWindow,
    on_progress: &dyn Fn(Progress),
    on_trouble: &dyn Fn(&Trouble),
) -> Snapshot
where
    C: Connect + 'a,
    C::Socket: 'a,
    T: Tokens<'a>,
{
    let mut listened = Snapshot::new();
    let ear = Ear {
        wall: window.wall,
        epoch: window.epoch,
        patient: false,
        on_trouble,
    };
    let mut more_may_come = true;
    loop {
        if !more_may_come && listened.tracker.is_settled() {
            listened.end = End::Complete;
            return listened;
        }
        // A timer waits for its turn among what is always ready; the end of the window does not.
        if Instant::now() >= window.until {
            listened.end = End::Window;
            return listened;
        }
        let orders = tokio::select! {
            biased;
            () = tokio::time::sleep_until(window.until) => {
                listened.end = End::Window;
                return listened;
            }
            want = window.more.recv(), if more_may_come => match want {
                Some(want) => listened.enter(want),
                None => {
                    more_may_come = false;
                    SubscriptionChanges::default()
                }
            },
            step = listened.step(feed, &ear) => match step {
                Ok(orders) => orders,
                Err(GaveUp { reason, lasting }) => {
                    listened.age();
                    listened.end = End::GaveUp { reason, lasting };
                    return listened;
                }
            },
        };
        give(feed, orders);
        on_progress(listened.progress());
    }
}

/// Passes on to `feed` what it must be told.
fn give<'a, C, T>(feed: &mut Feed<'a, C, T>, orders: SubscriptionChanges)
where
    C: Connect + 'a,
    C::Socket: 'a,
    T: Tokens<'a>,
{
    for entry in &orders.unsubscribe {
        feed.unwant(entry);
    }
    for entry in orders.subscribe {
        feed.want(entry);
    }
}

impl Snapshot {
    fn new() -> Self {
        Self {
            streamed: BTreeMap::new(),
            candles: BTreeMap::new(),
            tracker: SubscriptionTracker::default(),
            end: End::Window,
            ready: None,
            streaming: false,
            troubles: Vec::new(),
            origins: BTreeMap::new(),
        }
    }

    fn enter(&mut self, mut want: Request) -> SubscriptionChanges {
        let Subscription {
            event_type,
            symbol,
            from_time,
        } = &want.entry;
        let known = want.known.take();
        // What was asked for before stays as it was asked for.
        if *event_type == EventType::Candle
            && self.tracker.answer(*event_type, symbol).is_none()
            && let Some(since) = known.as_ref().map(|known| known.since).or(*from_time)
        {
            let known = known.map(|known| known.candles);
            self.origins.insert(symbol.clone(), Origin { since, known });
        }
        self.tracker.want(want, Instant::now())
    }

    /// Wants one more entry of `feed`.
    pub fn want<'a, C, T>(&mut self, feed: &mut Feed<'a, C, T>, want: Request)
    where
        C: Connect + 'a,
        C::Socket: 'a,
        T: Tokens<'a>,
    {
        give(feed, self.enter(want));
    }

    /// Hears on where [`listen`] ended, for as long as the feed lasts: last values are replaced, losses are marked. Of
    /// one outage `on_trouble` hears the first loss only. `wall` and `epoch` are those of a [`ListenWindow`]. Ends when no
    /// further connection will be tried.
    ///
    /// # Cancel safety
    /// Safe: what was heard is kept here, every step under way in the feed.
    pub async fn keep_listening<'a, C, T>(
        &mut self,
        feed: &mut Feed<'a, C, T>,
        (wall, epoch): (Timestamp, Option<Instant>),
        on_trouble: &dyn Fn(&Trouble),
    ) -> GaveUp
    where
        C: Connect + 'a,
        C::Socket: 'a,
        T: Tokens<'a>,
    {
        let ear = Ear {
            wall,
            epoch,
            patient: true,
            on_trouble,
        };
        loop {
            match self.step(feed, &ear).await {
                Ok(orders) => give(feed, orders),
                Err(gave_up) => {
                    self.streaming = false;
                    self.age();
                    return gave_up;
                }
            }
        }
    }

    /// One step: an item of the feed, or silence. Cancel safe.
    async fn step<'a, C, T>(&mut self, feed: &mut Feed<'a, C, T>, ear: &Ear<'_>) -> Result<SubscriptionChanges, GaveUp>
    where
        C: Connect + 'a,
        C::Socket: 'a,
        T: Tokens<'a>,
    {
        let silent_at = self.tracker.silent_at();
        tokio::select! {
            biased;
            () = sleep_until(silent_at) => {
                let now = Instant::now();
                Ok(if feed.has_asked() {
                    self.tracker.fall_silent(now)
                } else {
                    self.tracker.reset_silence_timer(now);
                    SubscriptionChanges::default()
                })
            }
            item = feed.next() => Ok(self.hear(item?, ear)),
        }
    }

    fn hear(&mut self, item: Item, ear: &Ear<'_>) -> SubscriptionChanges {
        match item {
            Item::Ready => {
                let now = Instant::now();
                self.streaming = true;
                self.ready.get_or_insert(now);
                self.tracker.ready(now);
                SubscriptionChanges::default()
            }
            Item::Event { event, at } => self.keep(event, at, ear),
            Item::Lost { reason, gap, again_in } => {
                tracing::debug!(%reason, ?again_in, "DXLink connection lost");
                let first = std::mem::take(&mut self.streaming);
                self.tracker.lost();
                if gap {
                    self.age();
                }
                self.trouble(Trouble::Lost(reason), first || !ear.patient, ear);
                SubscriptionChanges::default()
            }
            Item::Refused { message } => {
                self.trouble(Trouble::Refused(message), true, ear);
                SubscriptionChanges::default()
            }
            Item::Misunderstood { message } => {
                self.trouble(Trouble::Misunderstood(message), true, ear);
                SubscriptionChanges::default()
            }
        }
    }

    fn trouble(&mut self, trouble: Trouble, told: bool, ear: &Ear<'_>) {
        let known = self.troubles.contains(&trouble);
        if !known && self.troubles.len() >= MOST_TROUBLES {
            return;
        }
        if told {
            (ear.on_trouble)(&trouble);
        }
        if !known {
            self.troubles.push(trouble);
        }
    }

    fn keep(&mut self, mut event: Event, received: Instant, ear: &Ear<'_>) -> SubscriptionChanges {
        let since = ear.epoch.map(|epoch| received.saturating_duration_since(epoch));
        let at = stamp(ear.wall, since.unwrap_or_default());
        let (event_type, symbol) = key(&event);
        if let Event::Candles(fresh) = &mut event
            && let Err(since) = self.go_on(fresh)
        {
            return self.tracker.restart(&symbol, since, received);
        }
        let mut orders = self.tracker.answered(event_type, &symbol, received);
        if let Event::Candles(candles) = &event
            && let Some(further) = self.tracker.shortfall_of(candles)
        {
            orders.subscribe.extend(self.enter(further).subscribe);
        }
        match event {
            Event::Quote(event) => self.values(symbol).quote = Some(Received::fresh(event, at)),
            Event::Trade(event) => keep_newer(&mut self.values(symbol).trade, event, at, |trade| trade.time),
            Event::TradeEth(event) => keep_newer(&mut self.values(symbol).trade_eth, event, at, |trade| trade.time),
            Event::Summary(event) => self.values(symbol).summary = Some(Received::fresh(event, at)),
            Event::Profile(event) => self.values(symbol).profile = Some(Received::fresh(event, at)),
            Event::Greeks(event) => keep_newer(&mut self.values(symbol).greeks, event, at, |greeks| greeks.time),
            Event::Candles(event) => drop(self.candles.insert(symbol, Received::fresh(event, at))),
        }
        orders
    }

    /// Puts what was known before in front of `fresh`; or says where the series must be asked for from, because what was
    /// known does not hold.
    fn go_on(&mut self, fresh: &mut Candles) -> Result<(), i64> {
        let Some(origin) = self.origins.get_mut(&fresh.symbol) else {
            return Ok(());
        };
        let Some(known) = &origin.known else {
            return Ok(());
        };
        if let Some(joined) = known.continued_by(fresh) {
            *fresh = joined;
            return Ok(());
        }
        origin.known = None;
        Err(origin.since)
    }

    fn values(&mut self, symbol: SmolStr) -> &mut LastEvents {
        self.streamed.entry(symbol).or_default()
    }

    /// Marks what was heard before the connection was lost.
    fn age(&mut self) {
        fn mark<T>(heard: &mut Option<Received<T>>) {
            if let Some(heard) = heard {
                heard.before_gap = true;
            }
        }
        for streamed in self.streamed.values_mut() {
            mark(&mut streamed.quote);
            mark(&mut streamed.trade);
            mark(&mut streamed.trade_eth);
            mark(&mut streamed.summary);
            mark(&mut streamed.profile);
            mark(&mut streamed.greeks);
        }
    }

    fn progress(&self) -> Progress {
        let (settled, wanted) = self.tracker.symbols();
        Progress {
            settled,
            wanted,
            awaited: self.tracker.awaited().take(NAMED).cloned().collect(),
            streaming: self.streaming,
        }
    }
}

/// Keeps the newer of two events by their times. A connection knows the order of its own events, but not what came
/// before it; where one has no time, the order of arrival decides.
fn keep_newer<T>(kept: &mut Option<Received<T>>, event: T, at: Timestamp, time: impl Fn(&T) -> Option<i64>) {
    let before = kept.as_ref().and_then(|kept| time(&kept.event));
    if before.zip(time(&event)).is_none_or(|(before, time)| time >= before) {
        *kept = Some(Received::fresh(event, at));
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
