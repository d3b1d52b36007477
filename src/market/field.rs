//! The one table of a record's fields. Names, types, columns, coverage, precedence, store and import follow from it.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instrument::Kind;

/// What is the same of a field for everybody.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    /// The name in machine output.
    pub name: &'static str,
    /// The header of its column in a table for people.
    pub header: &'static str,
    /// Which sources can give it, and in which order they are believed.
    pub group: Group,
    /// The instruments that can have it.
    pub of: Kinds,
    /// Whether a record that can have it is incomplete without it.
    pub required: bool,
    /// Of a field that the store keeps for each session, what an imported value may be.
    pub kept: Option<Bounds>,
}

/// What a field holds, and so how it is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A price in the instrument's own quotation.
    Price,
    /// An annualized volatility as a fraction, told in percent.
    Vol,
    /// A rank on 0 to 100.
    Rank,
    /// A number, told with so many decimals.
    Number(usize),
    /// A fraction, told in percent.
    Fraction,
    /// How many, told in thousands or millions.
    Count,
    /// A whole number of a short scale.
    Rating,
    /// A calendar day, New York.
    Day,
}

/// Fields that the same sources give in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The price.
    Mark,
    /// The quote; of the source that gave the price.
    Quote,
    /// The last trade and what was traded.
    Trade,
    /// The prices of the day.
    Day,
    /// What was counted or fixed at the end of the session before.
    SessionBefore,
    /// Implied volatility of 30 days.
    Iv,
    /// The place of implied volatility in its own past.
    IvRank,
    /// What else the market metrics hold.
    Metrics,
    /// Realized volatility.
    Realized,
    /// Ratios of volatilities, computed here.
    Derived,
    /// What the straddle at the money costs and pays; missing only where somebody was asked.
    Straddle,
    /// Greeks and the implied volatility of an option.
    Greeks,
}

/// The instruments that can have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// All of them.
    Any,
    /// All but cash indices.
    Traded,
    /// All but options.
    Underlyings,
    /// Shares and funds.
    Shares,
    /// Options.
    Options,
    /// Futures and options.
    Contracts,
}

/// What an imported value of a field may be.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The least and the greatest.
    pub range: RangeInclusive<f64>,
    /// The same in words, after "is not".
    pub told: &'static str,
}

impl FieldSpec {
    const fn new(name: &'static str, header: &'static str, group: Group, of: Kinds) -> Self {
        Self {
            name,
            header,
            group,
            of,
            required: false,
            kept: None,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn kept(self, range: RangeInclusive<f64>, told: &'static str) -> Self {
        let Self {
            name,
            header,
            group,
            of,
            required,
            ..
        } = self;
        Self {
            name,
            header,
            group,
            of,
            required,
            kept: Some(Bounds { range, told }),
        }
    }
}

impl Kinds {
    /// Whether an instrument of `kind` is among them.
    pub fn contain(self, kind: Kind) -> bool {
        match self {
            Self::Any => true,
            Self::Traded => kind != Kind::Index,
            Self::Underlyings => !kind.is_option(),
            Self::Shares => kind == Kind::Equity,
            Self::Options => kind.is_option(),
            Self::Contracts => kind.is_option() || kind == Kind::Future,
        }
    }
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $field:ident, $accessor:ident: $type:ident $(($decimals:literal))? = $spec:expr;)*) => {
        /// The fields of a record that have a source, in the order in which they are printed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($field,)* }

        impl Field {
            /// How many there are.
            pub const COUNT: usize = [$(Self::$field),*].len();

            /// Every field, in the order in which they are printed.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$field),*];

            /// Its line in the table.
            pub const fn spec(self) -> &'static FieldSpec {
                match self {
                    $(Self::$field => { const SPEC: &FieldSpec = &$spec; SPEC })*
                }
            }

            /// What it holds.
            pub fn holds(self) -> FieldType {
                match self { $(Self::$field => FieldType::$type $(($decimals))?,)* }
            }

            /// What it means, with unit and range.
            pub fn description(self) -> &'static str {
                match self { $(Self::$field => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

/// Calls a macro with the table: what a line holds is documented at [`FieldSpec`] and [`FieldType`].
macro_rules! field_table {
    ($then:ident) => { $then! {
    /// Mark, in the instrument's own quotation, as all prices.
    Price, price: Price = FieldSpec::new("price", "Price", Group::Mark, Kinds::Any).required()
        .kept(f64::MIN..=f64::MAX, "a price");
    /// Best bid.
    Bid, bid: Price = FieldSpec::new("bid", "Bid", Group::Quote, Kinds::Traded);
    /// Best ask.
    Ask, ask: Price = FieldSpec::new("ask", "Ask", Group::Quote, Kinds::Traded);
    /// Last trade.
    Last, last: Price = FieldSpec::new("last", "Last", Group::Trade, Kinds::Any);
    /// Close of the session before.
    PrevClose, prev_close: Price = FieldSpec::new("prev_close", "Prev", Group::SessionBefore, Kinds::Any);
    /// First price of the day.
    Open, open: Price = FieldSpec::new("open", "Open", Group::Day, Kinds::Any);
    /// Highest price of the day.
    High, high: Price = FieldSpec::new("high", "High", Group::Day, Kinds::Any);
    /// Lowest price of the day.
    Low, low: Price = FieldSpec::new("low", "Low", Group::Day, Kinds::Any);
    /// Volume of the day.
    Volume, volume: Count = FieldSpec::new("volume", "Volume", Group::Trade, Kinds::Traded);
    /// 30-day implied volatility index, annualized fraction.
    Iv, iv: Vol = FieldSpec::new("iv", "IV", Group::Iv, Kinds::Underlyings).required().kept(VOLATILITY, VOLATILITY_TOLD);
    /// Place of `iv` in its 52-week range, 0 to 100.
    IvRank, iv_rank: Rank = FieldSpec::new("iv_rank", "IVR", Group::IvRank, Kinds::Underlyings).required()
        .kept(RANK, RANK_TOLD);
    /// Share of days of the past year with a lower `iv`, 0 to 100.
    IvPercentile, iv_percentile: Rank = FieldSpec::new("iv_percentile", "IVP", Group::IvRank, Kinds::Underlyings).required()
        .kept(RANK, RANK_TOLD);
    /// Change of `iv` in five days, fraction.
    IvChange5d, iv_change_5d: Fraction = FieldSpec::new("iv_change_5d", "IV 5d", Group::Metrics, Kinds::Underlyings)
        .kept(f64::MIN..=f64::MAX, "a finite number");
    /// Realized volatility of 30 sessions, annualized fraction.
    Hv30, hv30: Vol = FieldSpec::new("hv30", "HV30", Group::Realized, Kinds::Underlyings).required()
        .kept(VOLATILITY, VOLATILITY_TOLD);
    /// Realized volatility of 90 sessions, annualized fraction.
    Hv90, hv90: Vol = FieldSpec::new("hv90", "HV90", Group::Realized, Kinds::Underlyings).required()
        .kept(VOLATILITY, VOLATILITY_TOLD);
    /// Stars of liquidity, 0 to 5.
    LiquidityRating, liquidity_rating: Rating = FieldSpec::new("liquidity_rating", "Liq", Group::Metrics, Kinds::Underlyings)
        .kept(0.0..=5.0, "a whole number from 0 to 5");
    /// Beta against the S&P 500.
    Beta, beta: Number(2) = FieldSpec::new("beta", "Beta", Group::Metrics, Kinds::Underlyings)
        .kept(f64::MIN..=f64::MAX, "a finite number");
    /// Correlation with SPY over three months, -1 to 1.
    CorrSpy, corr_spy: Number(2) = FieldSpec::new("corr_spy", "Corr", Group::Metrics, Kinds::Underlyings)
        .kept(-1.0..=1.0, "from -1 to 1");
    /// Next earnings, `YYYY-MM-DD`, New York.
    EarningsDate, earnings_date: Day = FieldSpec::new("earnings_date", "Earnings", Group::Metrics, Kinds::Shares)
        .kept(f64::MIN..=f64::MAX, "a day");
    /// `iv / max(hv90, hv_floor)`.
    VrpStructural, vrp_structural: Number(2) =
        FieldSpec::new("vrp_structural", "VRP S", Group::Derived, Kinds::Underlyings);
    /// `iv / max(hv30, hv_floor)`.
    VrpTactical, vrp_tactical: Number(2) = FieldSpec::new("vrp_tactical", "VRP T", Group::Derived, Kinds::Underlyings);
    /// `hv30 / hv90`.
    Vtr, vtr: Number(2) = FieldSpec::new("vtr", "VTR", Group::Derived, Kinds::Underlyings);
    /// `(ask - bid) / mid` of the worse leg of the straddle nearest to 45 days, fraction; `null` where nobody was asked.
    Slippage, slippage: Fraction = FieldSpec::new("slippage", "Slip", Group::Straddle, Kinds::Underlyings)
        .kept(0.0..=2.0, "from 0 to 2, (ask - bid) / mid");
    /// What that straddle pays in 30 days, a fraction of a fifth of the price; `null` where nobody was asked.
    Yield, straddle_yield: Fraction = FieldSpec::new("yield", "Yield", Group::Straddle, Kinds::Underlyings)
        .kept(0.0..=f64::MAX, "0 or above");
    /// Options: change of value per unit of the underlying.
    Delta, delta: Number(3) = FieldSpec::new("delta", "Delta", Group::Greeks, Kinds::Options).required();
    /// Options: change of delta per unit of the underlying.
    Gamma, gamma: Number(5) = FieldSpec::new("gamma", "Gamma", Group::Greeks, Kinds::Options).required();
    /// Options: change of value per day.
    Theta, theta: Number(3) = FieldSpec::new("theta", "Theta", Group::Greeks, Kinds::Options).required();
    /// Options: change of value per volatility point.
    Vega, vega: Number(3) = FieldSpec::new("vega", "Vega", Group::Greeks, Kinds::Options).required();
    /// Options: change of value per rate point.
    Rho, rho: Number(3) = FieldSpec::new("rho", "Rho", Group::Greeks, Kinds::Options).required();
    /// Options: implied volatility, annualized fraction.
    OptionIv, option_iv: Vol = FieldSpec::new("option_iv", "IV", Group::Greeks, Kinds::Options).required();
    /// Futures and options: open contracts.
    OpenInterest, open_interest: Count = FieldSpec::new("open_interest", "OI", Group::SessionBefore, Kinds::Contracts);
    } };
}

field_table!(fields);

pub(super) use field_table;

impl Field {
    /// The name in machine output.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The field of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The fields that an instrument of `kind` can have, in field order.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |field| field.spec().of.contain(kind))
    }

    /// The fields without which a record of `kind` is not complete, in field order.
    pub fn required(kind: Kind) -> impl Iterator<Item = Self> {
        Self::of(kind).filter(|field| field.spec().required)
    }

    /// The fields of which the store keeps a value for each session, in field order. Quotes are kept as events, ratios are
    /// computed anew.
    pub fn kept() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|field| field.spec().kept.is_some())
    }
}

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown field {name:?}")))
    }
}

impl JsonSchema for Field {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The fields of a record that have a source, in the order in which they are printed.",
            "type": "string",
            "enum": Self::ALL.map(Self::name),
        })
    }
}

/// No annualized volatility of a year's history was higher: 500 %.
const VOLATILITY: RangeInclusive<f64> = f64::MIN_POSITIVE..=5.0;
const VOLATILITY_TOLD: &str = "above 0 and at most 5: volatilities are fractions, 0.183 is 18.3 %";

/// As [`Rank`] has it, those of the venue may lie slightly outside 0 to 100.
const RANK: RangeInclusive<f64> = -10.0..=110.0;
const RANK_TOLD: &str = "on the scale of 0 to 100, nor within 10 of it";
