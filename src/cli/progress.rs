//! What is going on, on stderr: a line that moves on a terminal, remarks, nothing under `--quiet`.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::Config;
use crate::gather::Notice;
use crate::render::{Document, Format};
use crate::text::is_unprintable;

/// The stderr of one run.
#[derive(Debug, Clone)]
pub(super) struct Stderr {
    bar: ProgressBar,
    quiet: bool,
    moving: bool,
}

impl Stderr {
    /// A stderr that shows progress when it is a terminal and neither quiet nor verbose.
    pub(super) fn new(quiet: bool, verbose: u8) -> Self {
        let moving = !quiet && verbose == 0 && io::stderr().is_terminal();
        let target = if moving {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, quiet, moving }
    }

    /// Says what is going on.
    pub(super) fn tell(&self, notice: &Notice, config: &Config) {
        match Told::of(notice, config) {
            Told::Status(text) => self.status(text),
            Told::Remark(text) => self.remark(&text),
        }
    }

    /// Replaces the moving line.
    pub(super) fn status(&self, text: String) {
        if self.moving {
            self.bar.enable_steady_tick(Duration::from_millis(100));
            self.bar.set_message(text);
        }
    }

    /// Prints a remark that stays, unless quiet.
    pub(super) fn remark(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Prints what `document` has to say beside its cells, where `format` has no room for it; unless quiet.
    pub(super) fn remarks(&self, document: &impl Document, format: Format) {
        if !format.holds_remarks() {
            for remark in document.remarks() {
                self.remark(&format!("variance: {remark}"));
            }
        }
    }

    /// Prints a line that stays, even when quiet. It may repeat a text of a file that somebody else wrote, so nothing in
    /// it steers the terminal.
    pub(super) fn error(&self, text: &str) {
        let text: String = text
            .chars()
            .filter(|letter| matches!(letter, '\n' | '\t') || !is_unprintable(*letter))
            .collect();
        // There is nobody left to tell when stderr cannot be written to.
        self.bar.suspend(|| drop(writeln!(io::stderr().lock(), "{text}")));
    }

    /// Takes the moving line away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// What is said of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// On the line that moves.
    Status(String),
    /// In sight for good.
    Remark(String),
}

impl Told {
    /// What is said of `notice` under `config`.
    pub(super) fn of(notice: &Notice, config: &Config) -> Self {
        match notice {
            Notice::Streaming(progress) if progress.streaming => {
                let mut status = format!("listening: {} of {} symbols", progress.settled, progress.wanted);
                if !progress.awaited.is_empty() {
                    status.push_str(&format!(", awaiting {}", progress.awaited.join(", ")));
                }
                Self::Status(status)
            }
            Notice::Connecting | Notice::Streaming(_) => Self::Status("connecting to the feed".to_owned()),
            Notice::Feed(trouble) => Self::Remark(format!("variance: DXLink: {trouble}")),
            Notice::Unrefreshed(reason) => Self::Remark(format!("variance: metrics stay as they were: {reason}")),
            Notice::Filling { symbols } => Self::Status(format!("asking REST for quotes still missing ({symbols})")),
            Notice::Options { symbols } => Self::Status(format!("asking REST for the options of {symbols} symbols")),
            Notice::Unjudged { symbols, why } => Self::Remark(format!(
                "variance: {symbols} symbol{} cannot be judged by options, and so cannot pass: {why}",
                plural(*symbols)
            )),
            Notice::Legacy { symbols } => {
                let most = usize::try_from(config.legacy.max_requests).unwrap_or(usize::MAX);
                let about = if *symbols > most {
                    format!("{most} of {symbols}")
                } else {
                    symbols.to_string()
                };
                Self::Remark(format!(
                    "variance: the deprecated legacy source is asked about {about} symbol{} that neither DXLink nor \
                     tastytrade REST could fill (switch it off with legacy.enabled = false)",
                    plural(*symbols)
                ))
            }
        }
    }
}

/// What makes `count` of a thing out of its name.
pub(super) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
