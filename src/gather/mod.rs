//! The only orchestration: all sources at the same time, then each hole from the next best source, and a record of every
//! symbol made of the evidence.
//!
//! What is decided here is only who is asked when. What a value is, is decided by `market`.

mod bars;
mod chain;
mod clock;
mod contracts;
mod failures;
mod feed;
mod findings;
#[cfg(test)]
mod fixtures;
mod known;
mod learned;
mod legacy;
mod metrics;
mod option_lists;
mod option_quotes;
mod options;
mod outcome;
mod proxies;
mod quotes;
mod run;
mod schedule;
mod stop;
mod subscriptions;
mod tokens;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use smol_str::SmolStr;

pub use bars::BarHistory;
pub use chain::{Found, NoChain, gather_chain};
pub use clock::Clock;
pub use feed::feed_settings;
pub use options::{Options, Priority};
pub use outcome::RunOutcome;
pub use run::gather;
pub use stop::{StopReason, StopSignal};
pub use tokens::TokenProvider;
pub use watch::{Step, Watch};

use crate::instrument::{Instrument, Symbol};
use crate::market::{Mode, Precedence, Record, Rules, Run, VolInputs, VolRules};
use crate::recording::Recorder;
use crate::store::{StoreSnapshot, StoreUpdate};
pub use crate::stream::GaveUp as Lost;
use crate::stream::{Connector, Policy, Progress};

/// A gathering: what is wanted, who can be asked for it, what ends it, and who is told how it goes.
#[derive(Clone, Copy)]
pub struct Gathering<'a, 'v> {
    /// What to gather.
    pub plan: &'a Plan,
    /// Who can be asked.
    pub venues: &'a Venues<'v>,
    /// What ends it early.
    pub stop: &'a StopSignal,
    /// The time of the run.
    pub clock: Clock,
    /// Hears what is going on.
    pub notify: &'a dyn Fn(Notice),
}

impl<'a> Gathering<'a, '_> {
    /// By what rules evidence becomes a record at `now`.
    fn rules(&self, now: Timestamp) -> Rules<'a> {
        Rules {
            precedence: &self.plan.precedence,
            vol: &self.plan.vol,
            now,
        }
    }
}

impl fmt::Debug for Gathering<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering")
            .field("plan", self.plan)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

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

impl Plan {
    /// The class of an instrument: its own, else that of its root.
    pub fn asset_class(&self, instrument: &Instrument) -> SmolStr {
        let of = |symbol: &Symbol| self.asset_classes.get(symbol);
        let root = || instrument.root().map(|root| Symbol(root.into()));
        let class = of(&instrument.symbol()).or_else(|| of(&root()?));
        class.unwrap_or(&self.default_asset_class).clone()
    }
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
    pub rest: &'a crate::tastytrade::Client,
    /// The deprecated source; `None` when it is switched off.
    pub legacy: Option<&'a crate::legacy::Client>,
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

/// The user wanted to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;
