//! The thresholds in force, in the program's units: volatilities as fractions, percentiles on 0 to 100.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::table::{
    Choices, Given, Limits, Nearness, Overrides, Profile, ScorePoints, SignalBands, VoteBands, Weights,
};
use super::thresholds::ListError;
use crate::units::Vol;

/// The rules of one screen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rules {
    /// Name of the profile; printed beside the thresholds, not among them.
    #[serde(skip)]
    pub profile: String,
    /// What the gates hold a record against.
    #[serde(flatten)]
    pub limits: Limits,
    /// What a trader chooses.
    #[serde(flatten)]
    pub choices: Choices,
    /// The least historical volatility that `iv` was divided by.
    pub hv_floor: Vol,
    /// What days are near.
    #[serde(flatten)]
    pub nearness: Nearness,
    /// Borders between the signals.
    pub signal: SignalBands,
    /// Borders between the votes.
    pub vote: VoteBands,
    /// How the score is made.
    pub score: ScoreRules,
}

/// How the score is made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScoreRules {
    /// Weight of each component.
    pub weights: Weights,
    /// What earns how many points.
    #[serde(flatten)]
    pub points: ScorePoints,
}

impl Rules {
    /// The rules of the profile called `profile` for ratios made with `hv_floor`, on the date `today`, from which symbols
    /// of futures and options are read.
    ///
    /// # Errors
    ///
    /// [`ListError`] when a list of symbols holds something else.
    pub fn of(
        profile: String,
        given: &Given<'_>,
        weights: &Weights,
        hv_floor: Vol,
        today: Date,
    ) -> Result<Self, ListError> {
        Ok(Self {
            profile,
            limits: Limits::of(given),
            choices: Choices::of(given, today)?,
            hv_floor,
            nearness: Nearness::of(given),
            signal: SignalBands::of(given),
            vote: VoteBands::of(given),
            score: ScoreRules {
                weights: weights.clone(),
                points: ScorePoints::of(given),
            },
        })
    }

    /// Whether a gate needs the quotes of options.
    pub fn judge_options(&self) -> bool {
        self.limits.min_yield > 0.0 || self.judge_slippage()
    }

    /// Whether there is a slippage above the maximum.
    pub(super) fn judge_slippage(&self) -> bool {
        self.limits.retail_max_slippage < MOST_SLIPPAGE
    }
}

impl Overrides {
    /// Nothing but the name of a profile.
    pub fn of_profile(name: &str) -> Self {
        Self {
            profile: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

impl Profile {
    /// The profiles that every configuration has, by name.
    pub fn built_in() -> [(&'static str, Self); 4] {
        let profile = |vrp: f64, percentile: f64, rating: Option<i64>| Self {
            min_vrp_structural: vrp,
            min_iv_percentile: percentile,
            min_liquidity_rating: rating,
            ..Self::default()
        };
        let broad = Self {
            allow_illiquid: true,
            ..profile(1.00, 30.0, None)
        };
        let aggressive = Self {
            retail_min_price: Some(10.0),
            ..profile(0.90, 40.0, Some(3))
        };
        [
            ("balanced", profile(1.10, 50.0, Some(4))),
            ("broad", broad),
            ("aggressive", aggressive),
            ("high_quality", profile(1.20, 70.0, Some(4))),
        ]
    }
}

/// No quote with a bid and an ask that do not cross has more: it is that of a bid of 0.
const MOST_SLIPPAGE: f64 = 2.0;
