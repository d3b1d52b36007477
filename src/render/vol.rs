//! What `vol` prints for machines: of a file, and of a symbol.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::row::Row;
use super::run::Recorded;
use super::said::Said;
use super::text::millis;
use super::vol_forecast::{FileForecast, SymbolForecast};
use crate::instrument::Symbol;
use crate::market::{
    Attempt, Compared, Coverage, Expected, Horizon, Measured, Mode, Premiums, Reason, RunError, Source, Sourced,
    Sources, StoppedBy, Term, Timing,
};
use crate::tastytrade::Settlement;
use crate::vol::cone::Cone;
use crate::vol::panel::{Line, Panel};
use crate::vol::realized::Estimator;

/// `variance vol --bars`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfFile<'a> {
    /// Version of this document; within a version keys are only added.
    pub(super) schema_version: u32,
    #[schemars(extend("const" = "vol"))]
    pub(super) command: &'static str,
    /// When it was made, RFC 3339 UTC with milliseconds.
    pub(super) generated_at: &'a str,
    #[schemars(extend("const" = "file"))]
    pub(super) source: &'static str,
    /// The file, as typed.
    pub(super) file: &'a str,
    /// Date of the first bar that counts.
    pub(super) first: String,
    /// Date of the last bar that counts: what everything here is as of.
    pub(super) last: String,
    pub(super) bars: Bars,
    /// Trading days of a year.
    pub(super) trading_days: f64,
    pub(super) ewma: Weighted,
    pub(super) split_alarms: Vec<Split>,
    /// What models expect of the next month of sessions.
    pub(super) forecast: FileForecast,
    /// One for each window, by length.
    pub(super) rows: Vec<Window>,
}

/// `variance vol SYMBOL`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfSymbol<'a> {
    /// Version of this document; within a version keys are only added.
    pub(super) schema_version: u32,
    #[schemars(extend("const" = "vol"))]
    pub(super) command: &'static str,
    /// When it was made, RFC 3339 UTC with milliseconds.
    pub(super) generated_at: &'a str,
    /// Which venue the data is from; `demo` is invented data, `replay` a recorded run.
    pub(super) mode: Mode,
    /// What was replayed; of replays only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded: Option<&'a Recorded>,
    /// Whether the feed's data is delayed.
    pub(super) delayed: bool,
    /// Whether something was cut off by the deadline.
    pub(super) partial: bool,
    pub(super) symbol: Option<&'a Symbol>,
    /// The row of the symbol, as in `quote`.
    pub(super) record: Option<&'a Row>,
    /// Who gave the bars; `null` without bars, as everything that is made of them.
    pub(super) source: Option<Source>,
    /// Date of the first bar that counts.
    pub(super) first: Option<String>,
    /// Date of the last bar that counts.
    pub(super) last: Option<String>,
    pub(super) bars: Option<ClosedBars>,
    /// The sources asked for bars in vain; `null` when there are bars.
    pub(super) no_bars: Option<&'a [Attempt]>,
    /// Trading days of a year.
    pub(super) trading_days: Option<f64>,
    pub(super) ewma: Option<Weighted>,
    pub(super) split_alarms: Vec<Split>,
    /// One for each window, by length.
    pub(super) rows: Vec<Window>,
    /// Realized volatility by window and source.
    pub(super) hv_by_source: Vec<Witness>,
    /// Implied over realized volatility, over 30 and 90 days.
    pub(super) premium: Vec<Premium>,
    /// What models expect of the next month of sessions, and implied volatility over that.
    pub(super) forecast: SymbolForecast,
    /// One standard deviation over several times.
    pub(super) expected_move: Vec<ExpectedMove>,
    pub(super) term_structure: TermStructure,
    /// How much of what was asked for is there.
    pub(super) coverage: &'a Coverage,
    /// How each source did.
    pub(super) sources: &'a Sources,
    /// Where the time went, milliseconds.
    pub(super) timing_ms: Timing,
    /// What ended the gathering.
    pub(super) stopped_by: StoppedBy,
    /// Complaints about the run.
    pub(super) errors: &'a [RunError],
}

/// Bars by number.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Bars {
    /// Those that count.
    used: usize,
    /// Those that a later one of the same date replaced.
    replaced: usize,
    dropped: Dropped,
}

/// Bars that do not count, by reason.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Dropped {
    /// Without a price.
    absent: usize,
    /// With a zero.
    zero: usize,
    /// Whose high and low do not enclose open and close.
    not_enclosing: usize,
}

/// Bars of sessions that had closed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ClosedBars {
    #[serde(flatten)]
    bars: Bars,
    /// The close of the last one, RFC 3339 UTC with milliseconds.
    as_of: String,
    /// Whether older ones exist that the feed did not send.
    cut: bool,
}

/// The exponentially weighted volatility.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Weighted {
    /// What a day keeps of its weight on the next.
    lambda: f64,
    /// Annualized fraction, over all bars.
    vol: Option<f64>,
    /// Returns that do not count, because they span a session without a sound bar.
    left_out: Option<usize>,
    /// Why there is none.
    reason: Option<String>,
}

/// A session that looks like a split nobody adjusted for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Split {
    date: String,
    /// New shares.
    new: u32,
    /// For so many old ones.
    old: u32,
    /// The close over the close before.
    change: f64,
}

/// A window and its estimators, annualized fractions.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Window {
    /// Its length in trading days.
    days: usize,
    close_to_close: Option<f64>,
    close_to_close_zero_mean: Option<f64>,
    parkinson: Option<f64>,
    garman_klass: Option<f64>,
    garman_klass_gap: Option<f64>,
    rogers_satchell: Option<f64>,
    yang_zhang: Option<f64>,
    cone: Option<ConeBlock>,
    /// The reason of each that is `null`.
    missing: BTreeMap<&'static str, String>,
}

/// The close-to-close volatility of all windows of a length, annualized fractions.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConeBlock {
    /// How many there are, today's among them.
    windows: usize,
    min: f64,
    p10: f64,
    p25: f64,
    p50: f64,
    p75: f64,
    p90: f64,
    max: f64,
    /// The window that ends with the last bar.
    today: f64,
    /// Share of the windows below today's, 0 to 100.
    percentile: f64,
}

/// The realized volatility of one source.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Witness {
    /// Trading days it looks back.
    days: usize,
    /// Who says it, or says nothing.
    source: Source,
    /// Annualized fraction.
    hv: Option<f64>,
    /// `hv` less that of REST, a fraction: 0.01 is a point.
    less_rest: Option<f64>,
    /// RFC 3339 UTC with milliseconds.
    as_of: Option<String>,
    method: Option<String>,
    /// Why it says nothing.
    reason: Option<String>,
}

/// Implied over realized volatility.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Premium {
    /// Trading days the realized volatility looks back.
    days: usize,
    /// iv / hv; `null` also when nothing moved.
    ratio: Option<f64>,
    /// iv - hv, a fraction.
    difference: Option<f64>,
    /// iv² - hv².
    variance: Option<f64>,
    /// iv / max(hv, floor).
    floored_ratio: Option<f64>,
    /// (iv - max(hv, floor)) / max(hv, floor).
    markup: Option<f64>,
    #[serde(flatten)]
    said: Said,
}

/// What a move is expected over.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Over {
    Day,
    Week,
    ThirtyDays,
    MonthlyExpiration,
}

/// One standard deviation.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ExpectedMove {
    over: Over,
    /// Calendar days.
    days: Option<u32>,
    /// Of a monthly expiration its day.
    expiration: Option<String>,
    /// The volatility it is made of.
    iv: Option<f64>,
    /// In the instrument's quotation.
    #[serde(rename = "move")]
    size: Option<f64>,
    /// Of the price, a fraction.
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    #[serde(flatten)]
    said: Said,
}

/// Implied volatility by expiration.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TermStructure {
    /// Those that are not over, by date; `null` when the venue has none.
    expirations: Option<Vec<TermBlock>>,
    #[serde(flatten)]
    said: Said,
}

/// One expiration.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TermBlock {
    expiration: String,
    /// Calendar days to it.
    days: u32,
    /// `AM`, `PM`.
    settlement: Option<&'static str>,
    /// Whether the terms are the usual ones.
    standard: Option<bool>,
    iv: Option<f64>,
    /// Why there is none.
    reason: Option<&'static str>,
}

impl Bars {
    pub(super) fn of(panel: &Panel) -> Self {
        Self {
            used: panel.bars,
            replaced: panel.replaced,
            dropped: Dropped {
                absent: panel.dropped.absent,
                zero: panel.dropped.zero,
                not_enclosing: panel.dropped.not_enclosing,
            },
        }
    }
}

impl ClosedBars {
    pub(super) fn of(measured: &Measured) -> Self {
        Self {
            bars: Bars::of(&measured.panel),
            as_of: millis(measured.as_of),
            cut: measured.cut,
        }
    }
}

impl Weighted {
    pub(super) fn of(panel: &Panel) -> Self {
        Self {
            lambda: panel.lambda,
            vol: panel.ewma.as_ref().ok().map(|ewma| ewma.vol.get()),
            left_out: panel.ewma.as_ref().ok().map(|ewma| ewma.left_out),
            reason: panel.ewma.as_ref().err().map(ToString::to_string),
        }
    }
}

pub(super) fn splits(panel: &Panel) -> Vec<Split> {
    let split = panel.splits.iter().map(|split| Split {
        date: split.date.to_string(),
        new: split.new,
        old: split.old,
        change: split.change,
    });
    split.collect()
}

impl Window {
    pub(super) fn of(line: &Line) -> Self {
        let mut window = Self {
            days: line.days,
            ..Self::default()
        };
        for (estimator, measured) in &line.measured {
            match measured {
                Ok(vol) => *window.number(*estimator) = Some(vol.get()),
                Err(reason) => drop(window.missing.insert(estimator.key(), reason.to_string())),
            }
        }
        match &line.cone {
            Ok(cone) => window.cone = Some(ConeBlock::of(cone)),
            Err(reason) => drop(window.missing.insert(CONE, reason.to_string())),
        }
        window
    }

    /// A window of `days` of which nothing is known for one `reason`.
    pub(super) fn without(days: usize, reason: &str) -> Self {
        let keys = Estimator::ALL.into_iter().map(Estimator::key).chain([CONE]);
        Self {
            days,
            missing: keys.map(|key| (key, reason.to_owned())).collect(),
            ..Self::default()
        }
    }

    fn number(&mut self, estimator: Estimator) -> &mut Option<f64> {
        match estimator {
            Estimator::CloseToClose => &mut self.close_to_close,
            Estimator::CloseToCloseZeroMean => &mut self.close_to_close_zero_mean,
            Estimator::Parkinson => &mut self.parkinson,
            Estimator::GarmanKlass => &mut self.garman_klass,
            Estimator::GarmanKlassGap => &mut self.garman_klass_gap,
            Estimator::RogersSatchell => &mut self.rogers_satchell,
            Estimator::YangZhang => &mut self.yang_zhang,
        }
    }
}

impl ConeBlock {
    fn of(cone: &Cone) -> Self {
        Self {
            windows: cone.windows,
            min: cone.min.get(),
            p10: cone.p10.get(),
            p25: cone.p25.get(),
            p50: cone.p50.get(),
            p75: cone.p75.get(),
            p90: cone.p90.get(),
            max: cone.max.get(),
            today: cone.today.get(),
            percentile: cone.below * 100.0,
        }
    }
}

impl Witness {
    pub(super) fn of(one: &Compared) -> Self {
        let Said {
            as_of, method, reason, ..
        } = Said::of(&one.said);
        Self {
            days: one.days,
            source: one.source,
            hv: one.said.as_ref().ok().map(|vol| vol.value.get()),
            less_rest: one.less_rest,
            as_of,
            method,
            reason,
        }
    }
}

impl Premium {
    pub(super) fn of(one: &Premiums) -> Self {
        let premium = one.premium.as_ref().ok().map(|premium| premium.value);
        Self {
            days: one.days,
            ratio: premium.and_then(|premium| premium.ratio),
            difference: premium.map(|premium| premium.difference),
            variance: premium.map(|premium| premium.variance),
            floored_ratio: premium.map(|premium| premium.floored_ratio),
            markup: premium.map(|premium| premium.markup),
            said: Said::of(&one.premium),
        }
    }
}

impl ExpectedMove {
    pub(super) fn of(one: &Expected) -> Self {
        let (over, expiration) = match one.horizon {
            Horizon::Day => (Over::Day, None),
            Horizon::Week => (Over::Week, None),
            Horizon::ThirtyDays => (Over::ThirtyDays, None),
            Horizon::Monthly(day) => (Over::MonthlyExpiration, day),
        };
        let said = one.said.as_ref().ok().map(|said| said.value);
        Self {
            over,
            days: one.days,
            expiration: expiration.map(|day| day.to_string()),
            iv: said.map(|(iv, _)| iv.get()),
            size: said.map(|(_, expected)| expected.size),
            share: said.map(|(_, expected)| expected.share),
            low: said.map(|(_, expected)| expected.low),
            high: said.map(|(_, expected)| expected.high),
            said: Said::of(&one.said),
        }
    }
}

impl TermStructure {
    pub(super) fn of(terms: &Result<Sourced<Vec<Term>>, Reason>) -> Self {
        let blocks = |terms: &Sourced<Vec<Term>>| terms.value.iter().map(TermBlock::of).collect();
        Self {
            expirations: terms.as_ref().ok().map(blocks),
            said: Said::of(terms),
        }
    }
}

impl TermBlock {
    fn of(term: &Term) -> Self {
        Self {
            expiration: term.expiration.to_string(),
            days: term.days,
            settlement: settlement(term),
            standard: term.standard,
            iv: term.iv.map(|iv| iv.get()),
            reason: term.iv.is_none().then_some(NO_TERM),
        }
    }
}

/// When the options of an expiration settle, where the venue says.
pub(super) fn settlement(term: &Term) -> Option<&'static str> {
    term.settlement.map(|settlement| match settlement {
        Settlement::Morning => "AM",
        Settlement::Afternoon => "PM",
    })
}

/// Why an expiration has no volatility.
pub(super) const NO_TERM: &str = "the venue has none for this expiration";
const CONE: &str = "cone";
