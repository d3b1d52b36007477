//! What was typed: the command line as clap reads it. No environment, no files, no defaults but clap's own.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, FromArgMatches, Parser};

use super::commands::Commands;
use super::flags::Global;
use super::layout::whole;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Screens a watchlist for rich implied volatility and gives the source and age of every number
///
/// It streams the whole watchlist over one DXLink WebSocket, adds tastytrade's REST volatility metrics and fills each gap
/// from the next best source. Implied volatility is rich where it stands well above what the market has realized.
#[derive(Debug, Parser)]
#[command(
    name = "variance",
    version,
    styles = STYLES,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Examples:\n  \
        variance screen --demo                  Screen invented data, without an account\n  \
        variance screen --symbols /ES,SPY       Rank the active month of /ES and SPY\n  \
        variance quote AAPL --json              Print one record with its sources\n  \
        variance quote AAPL /ES --watch         Print it anew as prices move, until Ctrl-C\n  \
        variance explain /ES                    Show every gate, every number, what was tried\n  \
        variance chain SPY --dte 30             Print the options that expire nearest to 30 days\n  \
        variance vol SPY                        Measure its volatility from every side\n  \
        variance doctor                         Find out what works and mend what does not\n\n\
        Exit codes: variance help exit-codes"
)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Commands,
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
}

impl Cli {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    /// What clap has to say: what is wrong with them, or the help or version that was asked for.
    pub(super) fn read() -> Result<Self, clap::Error> {
        let command = if std::env::args_os().any(|word| word == "--help") {
            whole(Self::command())
        } else {
            Self::command()
        };
        Self::from_arg_matches(&command.try_get_matches()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_threshold_that_rejects_everything_silently_is_no_number() {
        for flag in [
            "--min-vrp=nan",
            "--min-price=inf",
            "--min-iv-percentile=nan",
            "--max-slippage=nan",
            "--min-yield=inf",
            "--listen=nan",
        ] {
            assert!(Cli::try_parse_from(["variance", "screen", flag]).is_err(), "{flag}");
        }
    }

    #[test]
    fn the_help_of_a_screen_fits_two_screens() {
        let help = |mut command: clap::Command| {
            command.build();
            let screen = command.find_subcommand_mut("screen").unwrap();
            screen.clone().term_width(100).render_help().to_string()
        };
        let (short, long) = (help(Cli::command()), help(whole(Cli::command())));
        let lines = |text: &str| text.lines().count();
        assert!(lines(&short) < lines(&long), "{short}\n{long}");
        assert!(lines(&long) <= 100, "{long}");
        for part in ["Embedded venue:", "--fault", "Examples:", "--require-complete"] {
            assert!(long.contains(part), "{part}: {long}");
        }
        assert!(!short.contains("--fault"), "{short}");
    }
}
