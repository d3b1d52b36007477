//! What a data command makes of what was gathered.

use jiff::Timestamp;
use jiff::civil::Date;

use super::args::{Picks, Rules};
use super::exit::Failure;
use super::resolve;
use crate::config::Config;
use crate::gather::Gathered;
use crate::market::Record;
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
    pub(super) fn beside(mut self, earlier: Option<(Date, Vec<Record>)>) -> Self {
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
                Document {
                    as_of: session.map(|day| day.to_string()),
                    diff,
                    ..Document::screen(&report, &view, meta)
                }
            }
            Kind::Quote => Document::quote(records, meta),
            Kind::Explain { rules } => Document::explain(records, rules, today, meta),
        }
    }
}
