//! What a record's numbers say in a word: flags, signal, environment, vote.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::ask::names;
use super::compare::{exceeds, reaches};
use super::rules::Rules;
use super::score::score;
use crate::market::{Field, Record};
use crate::text::words;

words! {
    /// What the volatility of a symbol is doing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
    pub enum Signal {
        /// Earnings are near: implied volatility prices a jump.
        Event = "EVENT",
        /// Implied volatility is dear.
        Rich = "RICH",
        /// Realized volatility of 30 days is far below that of 90.
        CoiledSevere = "COILED-SEVERE",
        /// Realized volatility of 30 days is below that of 90.
        CoiledMild = "COILED-MILD",
        /// Realized volatility of 30 days is far above that of 90.
        ExpandingSevere = "EXPANDING-SEVERE",
        /// Realized volatility of 30 days is above that of 90.
        ExpandingMild = "EXPANDING-MILD",
        /// Implied volatility is cheap against 30 days.
        Discount = "DISCOUNT",
        /// None of these.
        Fair = "FAIR",
    }
}

words! {
    /// Which kind of strategy a signal calls for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
    pub enum Environment {
        /// Volatility is low and may expand.
        LowIv = "Low IV / Vol Expansion",
        /// Volatility is high.
        HighIv = "High IV / Neutral (Undefined)",
        /// A dated event decides.
        BinaryRisk = "Binary Risk",
        /// Nothing stands out.
        Fair = "Neutral / Fair Value",
    }
}

words! {
    /// What the rules would do. A vote to buy takes the correlation with the portfolio, which a screen does not know, so
    /// the ladder ends at `LEAN`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
    pub enum Vote {
        /// Held, and dear enough to add to.
        Scale = "SCALE",
        /// Held.
        Hold = "HOLD",
        /// The score is high.
        Lean = "LEAN",
        /// The score is not high enough.
        Watch = "WATCH",
        /// Realized volatility is severely coiled.
        AvoidCoiled = "AVOID (COILED)",
    }
}

words! {
    /// A remark that a filter or a reader may want; they print in alphabetical order.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
    pub enum Flag {
        /// The markup over 30 days is below the cheap border.
        Cheap = "cheap",
        /// Earnings are near.
        EarningsSoon = "earnings_soon",
        /// `vrp_structural` is above the fair border, not above the rich one.
        Fair = "fair",
        /// It is in the portfolio.
        Held = "held",
        /// `vrp_structural` is above the rich border.
        Rich = "rich",
        /// Held, and dear enough to add to.
        Scalable = "scalable",
    }
}

/// Everything the rules say about a record apart from the gates.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// 0 to 100, one decimal.
    pub score: Option<f64>,
    /// `None` where an input is missing that could decide it.
    pub signal: Option<Signal>,
    /// By the signal.
    pub environment: Option<Environment>,
    /// `None` where score or `vtr` is missing, unless the symbol is held.
    pub vote: Option<Vote>,
    /// Whether the symbol is in the portfolio.
    pub held: bool,
    /// Sorted.
    pub flags: Vec<Flag>,
}

impl Signal {
    /// The environment this signal stands for.
    pub fn environment(self) -> Environment {
        match self {
            Self::CoiledSevere | Self::CoiledMild | Self::Discount => Environment::LowIv,
            Self::ExpandingSevere | Self::ExpandingMild | Self::Rich => Environment::HighIv,
            Self::Event => Environment::BinaryRisk,
            Self::Fair => Environment::Fair,
        }
    }
}

/// What `rules` say about `record` on `today`, whether or not it passes the gates.
pub fn assess(record: &Record, rules: &Rules, today: Date) -> Assessment {
    let inputs = Inputs::of(record, rules, today);
    let signal = inputs.signal(rules);
    let score = score(record, rules);
    Assessment {
        score,
        signal,
        environment: signal.map(Signal::environment),
        vote: inputs.vote(score, rules),
        held: inputs.held,
        flags: inputs.flags(rules),
    }
}

/// The few numbers that decide, `None` where they are missing.
struct Inputs {
    vrp_structural: Option<f64>,
    /// `vrp_tactical - 1`.
    markup: Option<f64>,
    /// `hv30 / hv90`, held between 0.5 and 2.
    trend: Option<f64>,
    iv_percentile: Option<f64>,
    earnings_soon: bool,
    held: bool,
}

impl Inputs {
    fn of(record: &Record, rules: &Rules, today: Date) -> Self {
        let days = record.earnings_date().map(|date| (date.value - today).get_days());
        Self {
            vrp_structural: record.number(Field::VrpStructural),
            markup: record.number(Field::VrpTactical).map(|ratio| (ratio - 1.0).max(-0.99)),
            trend: record.number(Field::Vtr).map(|ratio| ratio.clamp(0.5, 2.0)),
            iv_percentile: record.number(Field::IvPercentile),
            earnings_soon: days.is_some_and(|days| (0..=rules.nearness.earnings_days).contains(&i64::from(days))),
            held: names(&rules.choices.held_symbols, record),
        }
    }

    fn rich(&self, rules: &Rules) -> bool {
        self.vrp_structural
            .is_some_and(|ratio| exceeds(ratio, rules.signal.rich_vrp))
    }

    fn cheap(&self, rules: &Rules) -> bool {
        self.markup
            .is_some_and(|markup| exceeds(rules.signal.cheap_markup, markup))
    }

    fn scalable(&self, rules: &Rules) -> bool {
        let Some(markup) = self.markup else { return false };
        let divergence = self
            .vrp_structural
            .filter(|ratio| *ratio > 0.0)
            .map(|ratio| (markup + 1.0) / ratio);
        self.held
            && (reaches(markup, rules.vote.scalable_markup)
                || divergence.is_some_and(|divergence| reaches(divergence, rules.vote.scalable_divergence)))
    }

    fn signal(&self, rules: &Rules) -> Option<Signal> {
        let bands = &rules.signal;
        if self.earnings_soon {
            return Some(Signal::Event);
        }
        // A high percentile of a volatility that is cheap against what the market did is not rich.
        let high = self
            .iv_percentile
            .is_some_and(|percentile| exceeds(percentile, bands.rich_iv_percentile));
        if (high && !self.cheap(rules))
            || self.markup.is_some_and(|markup| exceeds(markup, bands.rich_markup))
            || self.rich(rules)
        {
            return Some(Signal::Rich);
        }
        let (trend, _) = (self.trend?, self.markup?);
        Some(if exceeds(bands.coiled_severe, trend) && exceeds(bands.coiled, trend) {
            Signal::CoiledSevere
        } else if exceeds(bands.coiled, trend) {
            Signal::CoiledMild
        } else if exceeds(trend, bands.expanding_severe) {
            Signal::ExpandingSevere
        } else if exceeds(trend, bands.expanding) {
            Signal::ExpandingMild
        } else if self.cheap(rules) {
            Signal::Discount
        } else {
            Signal::Fair
        })
    }

    fn vote(&self, score: Option<f64>, rules: &Rules) -> Option<Vote> {
        if self.held {
            return Some(if self.scalable(rules) { Vote::Scale } else { Vote::Hold });
        }
        let (score, trend) = (score?, self.trend?);
        if exceeds(rules.signal.coiled_severe, trend) {
            return Some(Vote::AvoidCoiled);
        }
        let coiled = exceeds(rules.signal.coiled, trend);
        let needed = if coiled {
            rules.vote.lean_coiled_score
        } else {
            rules.vote.lean_score
        };
        Some(if reaches(score, needed) {
            Vote::Lean
        } else {
            Vote::Watch
        })
    }

    fn flags(&self, rules: &Rules) -> Vec<Flag> {
        let rich = self.rich(rules);
        let fair = !rich
            && self
                .vrp_structural
                .is_some_and(|ratio| exceeds(ratio, rules.signal.fair_vrp));
        [
            (Flag::Cheap, self.cheap(rules)),
            (Flag::EarningsSoon, self.earnings_soon),
            (Flag::Fair, fair),
            (Flag::Held, self.held),
            (Flag::Rich, rich),
            (Flag::Scalable, self.scalable(rules)),
        ]
        .into_iter()
        .filter_map(|(flag, raised)| raised.then_some(flag))
        .collect()
    }
}
