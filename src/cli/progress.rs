//! What is going on, on stderr: a line that moves on a terminal, remarks, nothing under `--quiet`.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::render::{Document, Format};
use crate::text::is_unprintable;

/// The stderr of one run.
#[derive(Debug)]
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
