//! The rules of a screen on the command line, and what they are over the configuration.

use std::collections::BTreeSet;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use jiff::Timestamp;

use super::exit::{Failure, FailureKind};
use crate::config::Config;
use crate::screen::{CommandLine, FLAGS, Given, ListError, Overrides, PROFILE_KEYS, RuleFlag, Typed, Unit};
use crate::units::Vol;
use crate::{market, screen, time};

impl Args for Overrides {
    fn augment_args(command: Command) -> Command {
        let profile = Arg::new(PROFILE)
            .long(PROFILE)
            .value_name("NAME")
            .help("Take this profile [default: screener.default_profile]");
        let (of_profile, of_all) = FLAGS
            .iter()
            .partition::<Vec<_>, _>(|flag| PROFILE_KEYS.contains(&flag.key));
        let flags = of_profile.into_iter().chain(of_all).map(argument);
        command.next_help_heading("Rules").arg(profile).args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Overrides {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self::read(matches.get_one(PROFILE).cloned(), matches))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?.over(std::mem::take(self));
        Ok(())
    }
}

impl CommandLine for ArgMatches {
    fn number<T: Copy + Send + Sync + 'static>(&self, flag: &str) -> Option<T> {
        self.get_one(flag).copied()
    }

    fn list(&self, flag: &str) -> Vec<String> {
        self.get_many(flag).into_iter().flatten().cloned().collect()
    }

    fn switch(&self, flag: &str) -> bool {
        self.get_flag(flag)
    }
}

fn argument(flag: &RuleFlag) -> Arg {
    let argument = Arg::new(flag.name).long(flag.long).help(flag.help);
    match flag.typed {
        Typed::Switch => argument.action(ArgAction::SetTrue),
        Typed::List => argument
            .action(ArgAction::Append)
            .value_name("A,B,...")
            .value_delimiter(','),
        Typed::Number { unit, low, high } => argument
            .value_name(match unit {
                Unit::Ratio => "RATIO",
                Unit::Price => "PRICE",
                Unit::Fraction => "FRACTION",
                Unit::Percent => "0..100",
                Unit::Rating => "0..5",
            })
            .value_parser(number(unit, low, high)),
    }
}

/// Reads a number of `unit` from `low` to `high`; `nan` and `inf` are none.
fn number(unit: Unit, low: f64, high: f64) -> ValueParser {
    let hundredths = |text: &str| text.trim_end_matches('%').parse::<f64>().ok();
    let plain = move |what, read: fn(&str) -> Option<f64>| {
        let wrong = OutOfRange { what, low, high };
        ValueParser::new(move |text: &str| read(text).filter(|number| (low..=high).contains(number)).ok_or(wrong))
    };
    match unit {
        Unit::Ratio => plain("a ratio", |text| text.parse().ok()),
        Unit::Price => plain("a price", |text| text.parse().ok()),
        Unit::Percent => plain("a number", hundredths),
        Unit::Fraction => {
            // Between 1 and the end of the range somebody has typed hundredths.
            let wrong = OutOfRange {
                what: "a fraction such as 0.03, or 3%,",
                low,
                high: high.min(1.0),
            };
            ValueParser::new(move |text: &str| {
                let fraction = match text.strip_suffix('%') {
                    Some(text) => hundredths(text).map(|percent| percent / 100.0),
                    None => text.parse().ok(),
                };
                let sound = |fraction: &f64| (low..=1.0).contains(fraction) || fraction.total_cmp(&high).is_eq();
                fraction.filter(sound).ok_or(wrong)
            })
        }
        Unit::Rating => {
            let wrong = OutOfRange {
                what: "a whole number",
                low,
                high,
            };
            let within = move |number: &i64| (low..=high).contains(&market::rating(*number));
            ValueParser::new(move |text: &str| text.parse().ok().filter(within).ok_or(wrong))
        }
    }
}

/// What would have been right.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{what} from {low} to {high} is wanted")]
struct OutOfRange {
    what: &'static str,
    low: f64,
    high: f64,
}

/// The rules of a screen: the profile's, with what was typed in front.
pub(super) fn resolve(config: &Config, typed: &Overrides, now: Timestamp) -> Result<screen::Rules, Failure> {
    let screener = &config.screener;
    let name = typed
        .profile
        .as_deref()
        .unwrap_or(&screener.default_profile)
        .to_lowercase();
    let profile = screener.profile(&name).ok_or_else(|| {
        let known: Vec<&str> = screener.profiles.keys().map(String::as_str).collect();
        Failure::new(FailureKind::Usage, format!("there is no profile `{name}`"))
            .hint(format!("Known profiles: {}.", known.join(", ")))
    })?;
    for class in typed.include_asset_classes.iter().chain(&typed.exclude_asset_classes) {
        asset_class(config, class)?;
    }
    let given = Given {
        common: &screener.rules,
        profile,
        typed,
    };
    let hv_floor = Vol::new(config.volatility.hv_floor)
        .ok_or_else(|| Failure::new(FailureKind::Config, "volatility.hv_floor is no volatility"))?;
    let today = time::new_york_date(now);
    screen::Rules::of(name, &given, &screener.weights, hv_floor, today).map_err(|error| match error {
        ListError::Typed(error) => Failure::from_error(FailureKind::Usage, error),
        ListError::Configured(error) => Failure::from_error(FailureKind::Config, error),
    })
}

/// A class that no symbol has would select nothing without a word.
fn asset_class(config: &Config, class: &str) -> Result<(), Failure> {
    let classes = config.universe.asset_classes.values().map(String::as_str);
    let known: BTreeSet<&str> = classes.chain([config.universe.default_asset_class.as_str()]).collect();
    if known.iter().any(|known| known.eq_ignore_ascii_case(class.trim())) {
        return Ok(());
    }
    let known: Vec<&str> = known.into_iter().collect();
    Err(
        Failure::new(FailureKind::Usage, format!("there is no asset class {class:?}"))
            .hint(format!("Known asset classes: {}.", known.join(", "))),
    )
}

const PROFILE: &str = "profile";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Overrides, clap::Error> {
        let command = Overrides::augment_args(Command::new("test")).no_binary_name(true);
        Overrides::from_arg_matches(&command.try_get_matches_from(words)?)
    }

    #[test]
    fn every_flag_takes_what_its_unit_says_and_records_it() {
        for flag in FLAGS {
            assert_eq!(flag.long, flag.name.replace('_', "-"));
            let long = format!("--{}", flag.long);
            let (words, recorded) = match flag.typed {
                Typed::Switch => (vec![long], true.into()),
                Typed::List => (vec![format!("{long}=A,B")], vec!["A", "B"].into()),
                Typed::Number { low, .. } => (vec![format!("{long}={low}")], serde_json::json!(low)),
            };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let typed = serde_json::to_value(parsed(&words).unwrap()).unwrap();
            assert!(
                typed[flag.name] == recorded || typed[flag.name].as_f64() == recorded.as_f64(),
                "{typed}"
            );
            assert_ne!(typed, serde_json::to_value(Overrides::default()).unwrap(), "{words:?}");
        }
    }

    #[test]
    fn a_number_that_is_none_or_out_of_range_is_refused() {
        for flag in FLAGS {
            let Typed::Number { low, high, .. } = flag.typed else {
                continue;
            };
            for text in [
                "nan",
                "inf",
                "-inf",
                "",
                "x",
                &format!("{}", low - 1.0),
                &format!("{}", high + 1.0),
            ] {
                let word = format!("--{}={text}", flag.long);
                assert!(parsed(&[&word]).is_err(), "{word}");
            }
        }
        assert!(parsed(&["--max-slippage=1.5"]).is_err());
        assert_eq!(parsed(&["--max-slippage=2"]).unwrap().max_slippage, Some(2.0));
        assert_eq!(parsed(&["--min-yield=3%"]).unwrap().min_yield, Some(0.03));
        assert_eq!(
            parsed(&["--min-iv-percentile=40%"]).unwrap().min_iv_percentile,
            Some(40.0)
        );
    }

    #[test]
    fn what_an_older_version_recorded_is_read_and_what_is_typed_goes_before_it() {
        let recorded = r#"{"profile":null,"include_asset_classes":["Index"],"exclude_asset_classes":[],"exclude_symbols":[],
            "held_symbols":["SPY"],"allow_illiquid":false,"min_vrp":1.3,"min_iv_percentile":null,"min_price":null,
            "max_slippage":null,"min_yield":0.02,"min_liquidity":3}"#;
        let recorded: Overrides = serde_json::from_str(recorded).unwrap();
        assert_eq!((recorded.min_vrp, recorded.min_liquidity), (Some(1.3), Some(3)));
        let both = parsed(&["--min-vrp=0.5", "--held-symbols=QQQ"]).unwrap().over(recorded);
        assert_eq!((both.min_vrp, both.min_yield), (Some(0.5), Some(0.02)));
        assert_eq!(
            (both.held_symbols, both.include_asset_classes),
            (vec!["QQQ".to_owned()], vec!["Index".to_owned()])
        );
    }
}
