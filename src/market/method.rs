//! How a value was made. The words are those that documents print and the store keeps.

use std::fmt;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use super::field::Field;
use crate::instrument::Symbol;
use crate::units::Price;
use crate::vol::forecast::{Model, SESSIONS};

macro_rules! methods {
    (
        { $($plain:ident = $words:literal,)* }
        { $($(#[doc = $doc:literal])* $made:ident $of:tt: $pattern:pat => $shown:expr,)* }
    ) => {
        /// How a value was made. Two values are made in the same way where these are equal.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Method {
            $($plain,)*
            $($(#[doc = $doc])* $made $of,)*
        }

        impl Method {
            /// The methods that need no more than words, with these.
            const PLAIN: &[(Self, &str)] = &[$((Self::$plain, $words),)*];
        }

        impl fmt::Display for Method {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$plain => f.write_str($words),)*
                    $($pattern => f.write_fmt($shown),)*
                }
            }
        }
    };
}

methods! {
{
    Quote = "quote",
    QuoteMid = "quote mid",
    VenueMark = "venue mark",
    LastTrade = "last trade",
    ExtendedTrade = "extended-hours trade",
    PreviousClose = "previous close",
    DaySummary = "day summary",
    DayVolume = "volume of the day",
    OpenContracts = "open contracts",
    VenueIndex = "venue's 30-day index",
    RankTos = "52-week range, tos",
    RankTw = "52-week range, tw",
    RankUnnamed = "52-week range, definition not named",
    DaysBelow = "share of days below, past year",
    IndexChange = "5-day change of the index",
    VenueHv30 = "venue's 30-day volatility",
    VenueHv60 = "venue's 60-day volatility",
    VenueHv90 = "venue's 90-day volatility",
    VenueRating = "venue's rating",
    VenueBeta = "venue's beta",
    ThreeMonths = "three months, venue's",
    ExpectedReport = "expected report",
    EstimatedReport = "expected report, estimated",
    VenueTerms = "venue's volatility by expiration",
    VenueModel = "venue's model",
    ImpliedByPrice = "implied by the option's price",
    OverHv90 = "iv / max(hv90, floor)",
    OverHv30 = "iv / max(hv30, floor)",
    Hv30OverHv90 = "hv30 / hv90",
    ImpliedOnParity = "implied-vol on the parity forward",
    AtTheMoney = "at the money, implied-vol on the parity forward",
    ImpliedAmerican = "implied-vol on the parity forward, American exercise, no dividends known",
    AtTheMoneyAmerican = "at the money, implied-vol on the parity forward, American exercise, no dividends known",
    OwnChain = "30-day at the money, own option chain",
    BlackScholesMerton = "Black-Scholes-Merton at the model's volatility",
    AmericanGreeks = "American exercise (Andersen, Lake & Offengenden) at the model's volatility, no dividends known",
    ParitySlope = "slope of call less put over the strikes",
    RiskFreeRate = "tastytrade's risk-free rate",
    AgainstForecast = "iv against the forecast",
    Imported = "imported",
}
{
    /// The venue's 30-day index of a stand-in.
    IndexOf(Symbol): Self::IndexOf(symbol) => format_args!("{INDEX_OF}{symbol}"),
    /// Realized volatility of so many returns of daily closes.
    CloseToClose { returns: usize, of: Series }:
        Self::CloseToClose { returns, of } => format_args!("close-to-close, {returns} returns{of}"),
    /// The place in the range of so many days of own history.
    OwnRange { days: usize }: Self::OwnRange { days } => format_args!("range, own history of {days} days"),
    /// The share of so many days of own history that are below.
    OwnDaysBelow { days: usize }:
        Self::OwnDaysBelow { days } => format_args!("share of days below, own history of {days} days"),
    /// What the straddle costs or pays.
    Straddle(Box<StraddleMethod>): Self::Straddle(method) => format_args!("{method}"),
    /// Implied volatility over a realized one.
    IvAgainst(Field): Self::IvAgainst(field) => format_args!("iv against {}", field.name()),
    /// One standard deviation over so many days at a volatility made like this.
    OneSigma { days: u32, iv: Box<Self> }: Self::OneSigma { days, iv } =>
        format_args!("price x iv x sqrt({days} / 365), one standard deviation; iv: {iv}"),
    /// What a model expects, fitted to so many bars since then.
    Forecast { model: Model, bars: usize, first: Date }: Self::Forecast { model, bars, first } =>
        format_args!("{} on {bars} bars since {first}, mean of {SESSIONS} sessions", model.name()),
    /// What a file or an earlier version of this program says.
    Told(SmolStr): Self::Told(words) => format_args!("{words}"),
}
}

/// Of which bars a realized volatility is.
#[derive(Debug, Clone, PartialEq)]
pub enum Series {
    /// Of one instrument.
    One,
    /// Of one futures contract and then the next, without a return from one to the other.
    Joined(Box<Seam>),
    /// Of one front month after the other: a return may be that from one contract to the next.
    RollsNotAdjusted,
}

/// Where the bars of two contracts were joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Seam {
    /// The contract before.
    pub older: Symbol,
    /// The contract after.
    pub younger: Symbol,
    /// The first day of the contract after.
    pub on: Date,
}

/// What was computed of which straddle.
#[derive(Debug, Clone, PartialEq)]
pub struct StraddleMethod {
    /// The figure.
    pub of: StraddleFigure,
    /// Its strike.
    pub strike: Price,
    /// The contract it is on where that is not the record's.
    pub on: Option<Symbol>,
    /// Its expiration.
    pub expiration: Date,
    /// Days to it.
    pub days: i32,
}

/// What is computed of a straddle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StraddleFigure {
    /// Slippage, of the worse leg.
    WorseLeg,
    /// Slippage, of the call.
    CallAlone,
    /// Slippage, of the put.
    PutAlone,
    /// Yield of 30 days.
    Yield,
}

impl Method {
    /// The method that `words` tell: the text of one that needs no more than words, or the index of a stand-in. Any other text
    /// is kept as it is.
    pub fn parse(words: &str) -> Self {
        if let Some((method, _)) = Self::PLAIN.iter().find(|(_, known)| *known == words) {
            return method.clone();
        }
        match words.strip_prefix(INDEX_OF) {
            Some(symbol) => Self::IndexOf(Symbol(symbol.into())),
            None => Self::Told(words.into()),
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => Ok(()),
            Self::Joined(seam) => {
                let Seam { older, younger, on } = seam.as_ref();
                write!(f, " within {older} and {younger}, joined {on}")
            }
            Self::RollsNotAdjusted => f.write_str(", rolls not adjusted"),
        }
    }
}

impl fmt::Display for StraddleMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = match self.of {
            StraddleFigure::WorseLeg => "(ask - bid) / mid, worse leg",
            StraddleFigure::CallAlone => "(ask - bid) / mid, call alone",
            StraddleFigure::PutAlone => "(ask - bid) / mid, put alone",
            StraddleFigure::Yield => "mid / (price / 5) x 30 / days",
        };
        write!(f, "{figure}, {} straddle", self.strike.get())?;
        if let Some(contract) = &self.on {
            write!(f, " on {contract}")?;
        }
        write!(f, " of {}, {} days", self.expiration, self.days)
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&SmolStr::deserialize(deserializer)?))
    }
}

impl JsonSchema for Method {
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

/// How the words about the index of a stand-in begin.
const INDEX_OF: &str = "30-day index of ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_methods_are_one_to_one() {
        for (method, words) in Method::PLAIN {
            assert_eq!(method.to_string(), *words);
            assert_eq!(Method::parse(words), *method);
        }
        for words in ["30-day index of /ES", "mine, by hand", ""] {
            assert_eq!(Method::parse(words).to_string(), words);
        }
        assert_eq!(
            Method::parse("30-day index of /ES"),
            Method::IndexOf(Symbol("/ES".into()))
        );
    }
}
