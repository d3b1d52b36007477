//! The only orchestration: all sources at the same time, then each hole from the next best source, then one merge.
//!
//! What is decided here is only who is asked when. What a value is, is decided by `market`.

mod backfill;
mod chain;
mod clock;
mod learned;
mod listening;
mod options;
mod outcome;
mod proxies;
mod requests;
mod schedule;
mod stop;
pub mod subscriptions;
mod tokens;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use smol_str::SmolStr;
use tokio::sync::mpsc;

pub use chain::{Found, NoChain, gather_chain};
pub use clock::Clock;
pub use listening::feed_settings;
pub use options::{Options, Priority};
pub use outcome::RunOutcome;
pub use stop::{StopReason, StopSignal};
pub use subscriptions::BarHistory;
pub use tokens::TokenProvider;
pub use watch::{Lost, Step, Watch};

use crate::instrument::{Instrument, Kind, Listed, Symbol, Universe, candle_symbol};
use crate::market::{self, Mode, Precedence, Record, Run, StoredBars, VolInputs, VolRules};
use crate::recording::Recorder;
use crate::store::{StoreSnapshot, StoreUpdate};
use crate::stream::{Connector, Policy, Progress, Request, Shortfall};
use crate::{legacy, tastytrade};

use self::backfill::Later;
use self::listening::Listening;
use self::requests::Asked;

/// What to gather.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The instruments, each once.
    pub instruments: Vec<Instrument>,
    /// Classes by symbol.
    pub asset_classes: BTreeMap<Symbol, SmolStr>,
    /// The class of symbols that are not in the table.
    pub default_asset_class: SmolStr,
    /// How to listen; `None` when the feed is switched off.
    pub listen: Option<Listen>,
    /// Symbols asked for in one request.
    pub batch_size: usize,
    /// Which venue the data is from.
    pub mode: Mode,
    /// What volatilities are computed with.
    pub vol: VolRules,
    /// Who is believed first.
    pub precedence: Precedence,
    /// Which daily bars are wanted.
    pub history: BarHistory,
    /// Who stands in for the implied volatility of whom.
    pub proxies: BTreeMap<Symbol, Symbol>,
    /// Whose options are asked for beside; `None` asks for nobody's.
    pub options: Option<Options>,
    /// What REST calls options on futures, which follows from no spelling of the feed's.
    pub chain_names: BTreeMap<Symbol, Symbol>,
}

/// How to listen to the feed.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    /// Longest time from the first dial.
    pub window: Duration,
    /// What to do when a connection ends.
    pub policy: Policy,
    /// When the window of a recorded run ended, counted from the start of the run: it ends then again.
    pub recorded_end: Option<Duration>,
}

/// Who can be asked.
#[derive(Debug)]
pub struct Venues<'a> {
    /// tastytrade's REST API.
    pub rest: &'a tastytrade::Client,
    /// The deprecated source; `None` when it is switched off.
    pub legacy: Option<&'a legacy::Client>,
    /// What opens WebSockets.
    pub connector: Connector,
    /// Where what the feed says is written, if anywhere.
    pub recorder: Option<Recorder>,
    /// What earlier runs left; empty when there is no store.
    pub memory: &'a StoreSnapshot,
}

/// Something to tell the user while gathering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Connecting to the feed.
    Connecting,
    /// How far the feed is.
    Streaming(Progress),
    /// A connection of the feed was lost, or subscriptions were refused.
    Feed(String),
    /// The metrics could not be asked for again, in the middle of a watch.
    Unrefreshed(String),
    /// Holes are being filled by REST.
    Filling {
        /// Symbols asked for.
        symbols: usize,
    },
    /// Option chains are being asked for.
    Options {
        /// Symbols whose options are wanted.
        symbols: usize,
    },
    /// Symbols that nothing but their options could still stop or let pass, and whose options did not come.
    Unjudged {
        /// How many.
        symbols: usize,
        /// Why.
        why: String,
    },
    /// The deprecated source is being used for the first time in this run.
    Legacy {
        /// Symbols it will be asked for.
        symbols: usize,
    },
}

/// What was gathered.
#[derive(Debug)]
pub struct Gathered {
    /// One record per instrument, in symbol order.
    pub records: Vec<Record>,
    /// The bars behind the records and what every source says about volatility, by symbol; of a plan that asks for a
    /// history of everybody.
    pub vol_inputs_by_symbol: BTreeMap<Symbol, VolInputs>,
    /// How it went.
    pub run: Run,
    /// Whether the run as a whole failed.
    pub outcome: RunOutcome,
    /// Symbols that only their options could let pass, and whose options were not asked for or did not come.
    pub unjudged: BTreeSet<Symbol>,
    /// What was found of an option chain, if one was asked for.
    pub chain: Option<Result<Found, NoChain>>,
    /// What live sources said beside the records, to be kept for later runs.
    pub learned: StoreUpdate,
}

/// Gathers what `plan` wants from `venues`. Ends at the latest with `stop`, with what is there by then.
///
/// # Errors
/// The user interrupted it; sockets have been closed.
///
/// # Cancel safety
/// Not safe: what was gathered is lost with the future. End it through `stop`.
pub async fn gather(
    plan: &Plan,
    venues: &Venues<'_>,
    stop: &StopSignal,
    clock: Clock,
    notify: &dyn Fn(Notice),
) -> Result<Gathered, Interrupted> {
    let (want, more) = mpsc::unbounded_channel();
    let (asked, listening) = tokio::join!(
        requests::ask(
            plan,
            venues.rest,
            stop,
            clock,
            Subscriptions::new(want, venues.memory, (plan.history, clock.wall))
        ),
        async {
            let (listening, line) = listening::listen(plan, venues, stop, clock, more, notify).await;
            listening::hang_up(line, stop).await;
            listening
        },
    );
    if asked.cut == Some(StopReason::Interrupted) || listening.cut == Some(StopReason::Interrupted) {
        return Err(Interrupted);
    }
    let mut gathering = Gathering {
        plan,
        venues,
        stop,
        clock,
        notify,
        asked,
        listening,
        later: Later::default(),
    };
    gathering.finish().await
}

/// The user wanted to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// What is known once the feed and the first requests have ended.
struct Gathering<'a, 'v> {
    plan: &'a Plan,
    venues: &'a Venues<'v>,
    stop: &'a StopSignal,
    clock: Clock,
    notify: &'a dyn Fn(Notice),
    asked: Asked,
    listening: Listening,
    later: Later,
}

/// Tells the feed what is wanted, as it becomes known.
#[derive(Debug)]
struct Subscriptions<'a> {
    sender: mpsc::UnboundedSender<Request>,
    memory: &'a StoreSnapshot,
    history: BarHistory,
    today: Timestamp,
}

impl<'a> Subscriptions<'a> {
    fn new(
        sender: mpsc::UnboundedSender<Request>,
        memory: &'a StoreSnapshot,
        (history, today): (BarHistory, Timestamp),
    ) -> Self {
        Self {
            sender,
            memory,
            history,
            today,
        }
    }

    /// Last values of every streamer symbol in `universe`, once for all who share it.
    fn last_values(&self, universe: &Universe) {
        let kind = |streamer| {
            universe
                .find(universe.symbols_of(streamer).first()?)
                .map(|listed| listed.instrument.kind())
        };
        let streamers = universe
            .streamer_symbols()
            .filter_map(|streamer| Some((kind(streamer)?, streamer)));
        // By type, then by symbol: the feed then answers everybody's quote before anybody's second event.
        let mut subscriptions: Vec<Request> = streamers
            .flat_map(|(kind, streamer)| subscriptions::last_values(kind, streamer))
            .collect();
        subscriptions.sort_by(|one, other| one.entry.cmp(&other.entry));
        for want in subscriptions {
            self.send(want);
        }
    }

    /// Daily bars of an instrument, if the feed has a name for it and could send any that are not kept already.
    fn daily_bars(&self, listed: &Listed) {
        let Some(resolved) = &listed.resolved else { return };
        let from = self.history.start(self.today);
        let mut want = subscriptions::daily_bars(&listed.instrument, &resolved.streamer, from);
        let shortfall = resolved.before.as_ref().map(|before| {
            let name = candle_symbol(&listed.instrument, &before.streamer);
            subscriptions::bars_before(&listed.instrument, before, from, self.memory.bars.get(&name))
        });
        let market = market::market_of(listed.instrument.kind());
        let suffice =
            |bars: &StoredBars| bars.are_final(market, self.today) && bars.reach_back(from) && bars.are_sound();
        match self.memory.bars.get(&want.entry.symbol) {
            Some(kept) if suffice(kept) => {
                let short = shortfall.filter(|shortfall| shortfall.applies_to(&kept.candles));
                if let Some(Shortfall { entry, .. }) = short {
                    want.entry = entry;
                    self.send(want);
                }
            }
            kept => {
                want.shortfall = shortfall;
                let kept = kept.filter(|kept| kept.can_go_on(from, market));
                self.send(match kept {
                    Some(kept) => subscriptions::continued(want, kept, from),
                    None => want,
                });
            }
        }
    }

    fn send(&self, want: Request) {
        if self.sender.send(want).is_err() {
            tracing::debug!("the window has closed: a want came too late");
        }
    }
}

/// Whether `kind` has daily bars at all.
fn has_bars(kind: Kind) -> bool {
    match kind {
        Kind::Equity | Kind::Index | Kind::Future | Kind::Crypto => true,
        Kind::EquityOption | Kind::FutureOption => false,
    }
}

/// Whether realized volatility has to be computed from bars: always for futures, whose contracts the venue's figure does
/// not name, and for others where the venue has none.
fn needs_bars(instrument: &Instrument, metrics: &BTreeMap<Symbol, tastytrade::Metrics>) -> bool {
    market::needs_hv(metrics.get(&instrument.symbol()), instrument.kind())
}
