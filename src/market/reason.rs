//! Why there is no value, by cause. The words are those that documents print.

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use super::field::Field;
use crate::instrument::Symbol;
use crate::vol::chain::ChainError;
use crate::vol::expected_move::ExpectedMoveError;
use crate::vol::forecast::ForecastError;
use crate::vol::implied::ImpliedError;
use crate::vol::premium::PremiumError;
use crate::vol::rank::RankError;
use crate::vol::realized::HvError;
use crate::vol::roll::RollError;

/// Why a source has no value, or why one cannot be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Reason {
    // Nobody was asked.
    #[error("not asked")]
    NotAsked,
    #[error("not asked for")]
    NotAskedFor,
    #[error("not asked: this is the stored past")]
    StoredPast,
    #[error("not asked: the bars kept are those of the last closed session")]
    BarsAreCurrent,
    #[error("not asked: REST has not answered before")]
    RestSilent,
    #[error("not asked: screener.max_chains is {0}")]
    MostChains(usize),
    #[error("not listened to")]
    NotListenedTo,
    #[error("switched off by {0}")]
    SwitchedOff(&'static str),
    #[error("{0} is false")]
    IsFalse(&'static str),

    // Somebody was asked in vain.
    #[error("the deadline came first")]
    Late,
    #[error("interrupted")]
    Interrupted,
    #[error("no quote token before the deadline")]
    TokenLate,
    #[error("no quote token: {0}")]
    NoToken(Box<Self>),
    #[error("no event: the feed was silent")]
    SilentFeed,
    #[error("no event before the window closed")]
    WindowClosed,
    #[error("no event came")]
    NoEvent,
    #[error("no bars: the feed was silent")]
    NoBars,
    #[error("no complete history: {0}")]
    NoHistory(Box<Self>),
    #[error("there is no feed")]
    NoFeed,
    #[error("not in the answer")]
    NotInAnswer,
    #[error("not in the answer of /market-metrics")]
    NotInMetrics,
    #[error("unknown to this source")]
    Unknown,
    #[error("no contract is known for it")]
    NoContract,
    #[error("no contract: {0}")]
    NoContractSince(Box<Self>),
    #[error("no such future at the venue")]
    NoFuture,
    #[error("no streamer symbol")]
    NoStreamerSymbol,
    #[error("REST knows futures options only by their chain symbol")]
    NoChainSymbol,
    #[error("no options are listed on it")]
    NoOptions,
    #[error("the list of its options did not come: {0}")]
    NoOptionList(Box<Self>),
    /// What the feed, a REST answer or the deprecated source says itself.
    #[error("{0}")]
    Told(SmolStr),

    // The answer is of no use.
    #[error("has no {0}")]
    Lacks(&'static str),
    #[error("options have no market metrics")]
    OptionMetrics,
    #[error("no {0}")]
    No(&'static str),
    #[error("the {what} is {value}")]
    Impossible { what: &'static str, value: f64 },
    #[error("the quote is of {0}")]
    QuoteOf(Symbol),
    #[error("the metrics are of {0}")]
    MetricsOf(Symbol),
    #[error("the metrics of {0} describe its active month, not this one")]
    OtherMonth(Symbol),
    #[error("the metrics of {0} describe its active month, and this contract is not known")]
    UnknownMonth(Symbol),
    #[error("null in the answer")]
    Null,
    #[error("unreadable in the answer")]
    Unreadable,
    #[error("absent in the {0}")]
    AbsentIn(&'static str),
    #[error("{0} is 0, which is no volatility")]
    NoVolatility(&'static str),
    #[error("not a finite number")]
    NotFinite,
    #[error("the quote is zero on both sides")]
    VoidQuote,
    #[error("the price is from another source")]
    OtherSource,
    #[error("the day summary is still of the day before")]
    DayBefore,
    #[error("nothing traded yet on the new day")]
    NothingTraded,
    #[error("no two-sided quote, no trade, no previous close")]
    NoPriceAtAll,

    // What earlier runs kept.
    #[error("nothing kept")]
    NothingKept,
    #[error("{0} was kept")]
    Kept(f64),
    #[error("what is kept is of {0}")]
    KeptOf(Symbol),
    #[error("own history has {have} of {need} days of this volatility")]
    ShortHistory { have: usize, need: usize },
    #[error("own history holds one volatility only")]
    FlatHistory,

    // Daily bars.
    #[error("its bars join one contract to the next")]
    JoinedBars,
    #[error("the bars end on {0}")]
    BarsEnd(Date),
    #[error("{of}{}", damage(*.dropped, *.cut))]
    Bars { of: Box<Self>, dropped: usize, cut: bool },
    #[error("{own}; with {contract} before it: {joined}")]
    WithPredecessor {
        own: Box<Self>,
        contract: Symbol,
        joined: Box<Self>,
    },

    // What is computed of other values.
    #[error("{} missing: {of}", .field.name())]
    Input { field: Field, of: Box<Self> },
    #[error("{} is 0", .0.name())]
    Zero(Field),
    #[error("{0}: {1}")]
    Of(SmolStr, Box<Self>),
    #[error("{0}; {1}")]
    Both(Box<Self>, Box<Self>),
    #[error("not fitted")]
    NotFitted,
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    #[error("nobody has it")]
    Nobody,
    #[error("the floor is no volatility")]
    Floor,
    #[error("no expiration is known: {0}")]
    NoExpirations(Box<Self>),
    #[error("no monthly expiration is known")]
    NoMonthly,
    #[error("this expiration has no volatility")]
    NoVolatilityOf,
    #[error(transparent)]
    Hv(#[from] HvError),
    #[error(transparent)]
    Rank(#[from] RankError),
    #[error(transparent)]
    Roll(#[from] RollError),
    #[error(transparent)]
    Premium(#[from] PremiumError),
    #[error(transparent)]
    Move(#[from] ExpectedMoveError),
    #[error(transparent)]
    Chain(#[from] ChainError),

    // Options.
    #[error("its quote is {bid} bid, {ask} ask")]
    Crossed { bid: f64, ask: f64 },
    #[error("its quote is 0")]
    ZeroQuote,
    #[error("has no bid and ask")]
    NoSides,
    #[error("is not listed")]
    NotListed,
    #[error("was not asked for")]
    WasNotAskedFor,
    #[error("no expiration was chosen")]
    NoneChosen,
    #[error("no strike is listed")]
    NoStrike,
    #[error("its expiration is out of range")]
    ExpirationRange,
    #[error("no standard expiration is {nearest} to {furthest} days away")]
    NoStandard { nearest: i64, furthest: i64 },
    #[error("the {0} of this strike has no two-sided quote")]
    OneSided(&'static str),
    #[error("the {0} of this strike: {1}")]
    OfStrike(&'static str, ImpliedError),
    #[error("no option has a quote")]
    NoOptionQuote,
    #[error("no rate: {0}")]
    NoRate(Box<Self>),
    #[error("no price of {0}")]
    NoPriceOf(Symbol),
    #[error("the inputs are out of range")]
    OutOfRange,
    #[error("incomplete: other values of the option are missing")]
    Incomplete,
    #[error("fewer than three strikes have two-sided quotes of call and put")]
    FewPairs,
    #[error("put-call parity implies no believable rate")]
    NoParityRate,
    #[error("the options chosen do not reach a delta of 25 % on both sides; --strikes takes more")]
    NoSkew,
    #[error("the strip is cut off at the chosen strikes; --strikes takes more")]
    CutStrip,
    #[error("30 days do not lie between two expirations with a volatility at the money")]
    NotBetween,
    #[error("30 days do not lie between two whole strips")]
    NotBetweenStrips,
    #[error("there is no later expiration")]
    NoLater,
}

impl Reason {
    /// The same of one of several things, as `{what}: {reason}`.
    pub fn about(what: &str, reason: Self) -> Self {
        Self::Of(what.into(), Box::new(reason))
    }

    /// What a source says itself.
    pub fn told(words: impl std::fmt::Display) -> Self {
        Self::Told(smol_str::format_smolstr!("{words}"))
    }
}

fn damage(dropped: usize, cut: bool) -> String {
    let dropped = match dropped {
        0 => String::new(),
        count => format!(", {count} bad bars dropped"),
    };
    format!("{dropped}{}", if cut { ", history cut by the feed" } else { "" })
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Reason {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
