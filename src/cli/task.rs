//! What a data command makes of what was gathered.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::args::{ChainPicks, Picks, VolPicks};
use super::exit::Failure;
use super::resolve;
use super::rules::{self, Rules};
use crate::chain::{self, ChainQuery, Strikes, When};
use crate::config::Config;
use crate::gather::{BarHistory, Found, Gathered, NoChain, Options, Priority};
use crate::instrument::Kind as InstrumentKind;
use crate::market::{Record, VolReport, VolRules};
use crate::render::{Command, Meta, RunDocument};
use crate::screen::{self, View};
use crate::time;

/// A data command with everything it needs to make its document.
#[derive(Debug)]
pub(super) struct Task {
    picks: Picks,
    now: Timestamp,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Screen {
        rules: screen::Rules,
        view: View,
        /// The stored session screened; none where it is now.
        session: Option<Date>,
        /// A stored session to compare with, and its records.
        before: Option<(Date, Vec<Record>)>,
    },
    Quote,
    Explain {
        rules: screen::Rules,
    },
    Chain {
        picks: ChainPicks,
    },
    Vol {
        picks: VolPicks,
        rules: VolRules,
    },
}

impl Task {
    /// `variance screen` at `now`.
    pub(super) fn screen(picks: Picks, config: &Config, now: Timestamp) -> Result<Self, Failure> {
        let rules = rules::resolve(config, &picks.rules, now)?;
        let view = View {
            sort: resolve::sort(picks.sort.as_deref())?,
            limit: picks.limit,
            all: picks.all,
            ..View::default()
        };
        let kind = Kind::Screen {
            rules,
            view,
            session: None,
            before: None,
        };
        Ok(Self { picks, now, kind })
    }

    /// The same screen of the stored session of `day`.
    #[must_use]
    pub(super) fn of_session(mut self, day: Date) -> Self {
        if let Kind::Screen { session, .. } = &mut self.kind {
            *session = Some(day);
        }
        self
    }

    /// The same screen, compared with the records of an earlier session.
    #[must_use]
    pub(super) fn with_baseline(mut self, earlier: Option<(Date, Vec<Record>)>) -> Self {
        if let Kind::Screen { before, .. } = &mut self.kind {
            *before = earlier;
        }
        self
    }

    /// `variance quote`.
    pub(super) fn quote(now: Timestamp) -> Self {
        Self {
            picks: Picks::default(),
            now,
            kind: Kind::Quote,
        }
    }

    /// `variance explain` at `now`.
    pub(super) fn explain(rules: Rules, config: &Config, now: Timestamp) -> Result<Self, Failure> {
        let kind = Kind::Explain {
            rules: rules::resolve(config, &rules, now)?,
        };
        let picks = Picks {
            rules,
            ..Picks::default()
        };
        Ok(Self { picks, now, kind })
    }

    /// `variance chain`.
    pub(super) fn chain(picks: ChainPicks, now: Timestamp) -> Self {
        Self {
            picks: Picks::default(),
            now,
            kind: Kind::Chain { picks },
        }
    }

    /// `variance vol` of a symbol.
    pub(super) fn vol(picks: VolPicks, config: &Config, now: Timestamp) -> Self {
        let rules = resolve::vol_rules(config);
        Self {
            picks: Picks::default(),
            now,
            kind: Kind::Vol { picks, rules },
        }
    }

    /// Which daily bars it takes: for a cone three years, or twice its longest window.
    pub(super) fn history(&self) -> BarHistory {
        let Kind::Vol { picks, .. } = &self.kind else {
            return BarHistory::WhereNeeded;
        };
        let longest = picks.windows.iter().max().copied().unwrap_or_default();
        let longest = u32::try_from(longest).unwrap_or(u32::MAX);
        // A year of 365 days has 250 sessions at least.
        let days = longest.saturating_mul(2 * 365) / 250;
        BarHistory::Days(days.saturating_add(MONTH).max(THREE_YEARS))
    }

    /// Whose options are asked for beside, apart from those without an implied volatility: of everybody who passes what is
    /// known without them, of everybody named, or of nobody.
    pub(super) fn asks_options(&self, most: u32) -> Option<Options> {
        let straddle: Arc<Priority> = match &self.kind {
            Kind::Screen { rules, .. } => {
                let rules = rules.clone();
                Arc::new(move |record| {
                    let wanted = screen::wants_straddle(record, &rules);
                    wanted.then(|| screen::score(record, &rules).unwrap_or_default())
                })
            }
            Kind::Explain { .. } => Arc::new(|_| Some(0.0)),
            Kind::Quote | Kind::Vol { .. } => Arc::new(|_| None),
            Kind::Chain { .. } => return None,
        };
        let most = usize::try_from(most).ok().filter(|most| *most > 0)?;
        Some(Options { straddle, most })
    }

    /// What was gathered about volatility, and over which windows.
    pub(super) fn outlook(&self, gathered: &Gathered) -> Option<(VolReport, Vec<usize>)> {
        let Kind::Vol { picks, rules } = &self.kind else {
            return None;
        };
        let record = gathered.records.first()?;
        let vol_inputs = gathered.vol_inputs_by_symbol.get(&record.symbol)?;
        let windows = picks.sorted();
        Some((VolReport::of(record, vol_inputs, &windows, rules, self.now), windows))
    }

    /// What was asked for, as it is recorded.
    pub(super) fn options(&self) -> serde_json::Result<serde_json::Value> {
        match &self.kind {
            Kind::Chain { picks } => serde_json::to_value(picks),
            Kind::Vol { picks, .. } => serde_json::to_value(picks),
            Kind::Screen { .. } | Kind::Quote | Kind::Explain { .. } => serde_json::to_value(&self.picks),
        }
    }

    /// What is wanted of an option chain, if one is.
    pub(super) fn wish(&self) -> Option<ChainQuery> {
        let Kind::Chain { picks } = &self.kind else { return None };
        let when = match (picks.dte, picks.expiry) {
            (Some(days), _) => When::Days(days),
            (None, Some(date)) => When::On(date),
            (None, None) => When::AroundThirtyDays,
        };
        Some(ChainQuery {
            when,
            strikes: match (picks.strikes, when) {
                (Some(strikes), _) => Strikes::EachSide(strikes),
                (None, When::AroundThirtyDays) => Strikes::Wings,
                (None, When::Days(_) | When::On(_)) => Strikes::EachSide(STRIKES),
            },
        })
    }

    /// What was found of the chain asked for, or why nothing was.
    pub(super) fn report<'g>(&self, gathered: &'g Gathered) -> Option<Result<chain::Report, &'g NoChain>> {
        let records = &gathered.records;
        let found = gathered.chain.as_ref()?;
        let symbol = underlyings(records).first().map(|record| record.symbol.clone())?;
        Some(
            found
                .as_ref()
                .map(|Found { choice, rate }| chain::Report::of(symbol, choice.clone(), rate, records, self.now)),
        )
    }

    /// Which command it is.
    pub(super) fn command(&self) -> Command {
        match self.kind {
            Kind::Screen { .. } => Command::Screen,
            Kind::Quote => Command::Quote,
            Kind::Explain { .. } => Command::Explain,
            Kind::Chain { .. } => Command::Chain,
            Kind::Vol { .. } => Command::Vol,
        }
    }

    /// The document of what was gathered, and of the chain in it.
    pub(super) fn document(&self, gathered: &Gathered, chain: Option<&chain::Report>, meta: Meta<'_>) -> RunDocument {
        let today = time::new_york_date(self.now);
        let records = &gathered.records;
        match &self.kind {
            Kind::Screen {
                rules,
                view,
                session,
                before,
            } => {
                let view = View {
                    unjudged: gathered.run.partial,
                    ..*view
                };
                let report = screen::run(records, rules, session.unwrap_or(today));
                let diff = before.as_ref().map(|(day, records)| {
                    let before = screen::run(records, rules, *day);
                    screen::diff(&before, &report, day.to_string())
                });
                RunDocument {
                    as_of: session.map(|day| day.to_string()),
                    diff,
                    ..RunDocument::screen(&report, &view, meta)
                }
            }
            Kind::Quote => RunDocument::quote(records, meta),
            Kind::Explain { rules } => RunDocument::explain(records, rules, today, meta),
            Kind::Chain { .. } => RunDocument::chain(chain, &underlyings(records), meta),
            Kind::Vol { .. } => RunDocument::vol(records, meta),
        }
    }
}

/// The records that are of no option.
fn underlyings(records: &[Record]) -> Vec<&Record> {
    let is_option = |kind| matches!(kind, InstrumentKind::EquityOption | InstrumentKind::FutureOption);
    records.iter().filter(|record| !is_option(record.kind)).collect()
}

/// Strikes on each side of one expiration where nobody asked for more or less.
const STRIKES: u16 = 10;

const MONTH: u32 = 31;
const THREE_YEARS: u32 = 3 * 365 + MONTH;
