//! What a data command makes of what was gathered.

use jiff::Timestamp;

use super::args::{Picks, Rules};
use super::exit::Failure;
use super::resolve;
use crate::config::Config;
use crate::gather::Gathered;
use crate::render::{Command, Document, Meta};
use crate::screen::{self, View};
use crate::time;

/// A data command with everything it needs to make its document.
#[derive(Debug)]
pub(super) struct Task {
    /// What was asked for, as it is recorded.
    pub(super) picks: Picks,
    now: Timestamp,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Screen { rules: screen::Rules, view: View },
    Quote,
    Explain { rules: screen::Rules },
}

impl Task {
    /// `variance screen` at `now`.
    pub(super) fn screen(picks: Picks, config: &Config, now: Timestamp) -> Result<Self, Failure> {
        let rules = resolve::rules(config, &picks.rules, now)?;
        let view = View {
            sort: resolve::sort(picks.sort.as_deref())?,
            limit: picks.limit,
            all: picks.all,
            ..View::default()
        };
        let kind = Kind::Screen { rules, view };
        Ok(Self { picks, now, kind })
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
            rules: resolve::rules(config, &rules, now)?,
        };
        let picks = Picks {
            rules,
            ..Picks::default()
        };
        Ok(Self { picks, now, kind })
    }

    /// Which command it is.
    pub(super) fn command(&self) -> Command {
        match self.kind {
            Kind::Screen { .. } => Command::Screen,
            Kind::Quote => Command::Quote,
            Kind::Explain { .. } => Command::Explain,
        }
    }

    /// The document of what was gathered.
    pub(super) fn document(&self, gathered: &Gathered, meta: Meta<'_>) -> Document {
        let today = time::new_york_date(self.now);
        let records = &gathered.records;
        match &self.kind {
            Kind::Screen { rules, view } => {
                let view = View {
                    unjudged: gathered.run.partial,
                    ..*view
                };
                Document::screen(&screen::run(records, rules, today), &view, meta)
            }
            Kind::Quote => Document::quote(records, meta),
            Kind::Explain { rules } => Document::explain(records, rules, today, meta),
        }
    }
}
