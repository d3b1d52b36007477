//! What one line of the table of thresholds becomes: a configuration key with default and range, a flag, a printed value.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::instrument::{Instrument, Symbol, SymbolError};

/// What is typed behind a flag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typed {
    /// Nothing: the flag alone.
    Switch,
    /// Texts, comma separated.
    List,
    /// A number of this unit, ends included.
    Number {
        /// How it is written.
        unit: Unit,
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
    },
}

/// How a number is written behind a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A ratio of volatilities.
    Ratio,
    /// Hundredths, with or without the sign.
    Percent,
    /// Dollars.
    Price,
    /// A fraction; `0.03` and `3%` are the same.
    Fraction,
    /// A whole number.
    Rating,
}

/// A flag that stands in front of a configured value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flag {
    /// Its name in a recording: `min_vrp`.
    pub name: &'static str,
    /// Its name on the command line, without the leading dashes: `min-vrp`.
    pub long: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What is typed behind it.
    pub typed: Typed,
    /// The threshold it replaces.
    pub key: &'static str,
}

/// A number of the configuration and its range, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Path of the key; `*` stands for any profile.
    pub key: &'static str,
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// What was typed, by the names of the flags.
pub trait CommandLine {
    /// The number behind a flag.
    fn number<T: Copy + Send + Sync + 'static>(&self, flag: &str) -> Option<T>;
    /// The texts behind a flag; none where it was not typed.
    fn list(&self, flag: &str) -> Vec<String>;
    /// Whether a flag was typed.
    fn switch(&self, flag: &str) -> bool;
}

/// A text in a list of symbols that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It was typed.
    #[error(transparent)]
    Typed(SymbolError),
    /// It is configured.
    #[error(transparent)]
    Configured(SymbolError),
}

/// The list `typed`, else the one `configured`.
pub(super) fn list<T: Listed>(typed: &[String], configured: &[String], today: Date) -> Result<BTreeSet<T>, ListError> {
    let (texts, wrong): (_, fn(SymbolError) -> ListError) = if typed.is_empty() {
        (configured, ListError::Configured)
    } else {
        (typed, ListError::Typed)
    };
    texts.iter().map(|text| T::listed(text, today).map_err(wrong)).collect()
}

/// An entry of a list: a symbol, or the name of an asset class.
pub(super) trait Listed: Ord + Sized {
    /// `text` as it is compared.
    fn listed(text: &str, today: Date) -> Result<Self, SymbolError>;
}

impl Listed for String {
    fn listed(text: &str, _: Date) -> Result<Self, SymbolError> {
        Ok(text.trim().to_owned())
    }
}

impl Listed for Symbol {
    fn listed(text: &str, today: Date) -> Result<Self, SymbolError> {
        Instrument::parse(text, today).map(|instrument| instrument.symbol())
    }
}

/// Makes of the table what is configured, typed, in force and printed.
macro_rules! thresholds {
    (
        lists { $(#[doc = $list_doc:literal] $list:ident $list_long:literal: $item:ident, $list_help:literal;)* }
        switches { $(#[doc = $switch_doc:literal] $switch:ident $switch_long:literal, $switch_help:literal;)* }
        weights { $(#[doc = $weight_doc:literal] $weight:ident $weight_key:literal = $share:literal;)* }
        $(
            #[doc = $part_doc:literal]
            $part:ident {
                $(
                    #[doc = $doc:literal]
                    $name:ident: $type:ident = $default:literal, $low:literal..=$high:literal
                        $(, profile.$own:ident)?
                        $(, rules.$common:ident)?
                        $(, or profile.$special:ident)?
                        $(, flag $flag:ident $long:literal $unit:ident $help:literal)?;
                )*
            }
        )*
    ) => {
        /// One set of thresholds. A new profile starts from the rules' thresholds with no percentile gate.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Profile {
            $($(
                $(#[doc = $doc] pub $own: $type,)?
                $(
                    #[doc = $doc]
                    #[doc = "Null for the rules' own."]
                    pub $special: Option<$type>,
                )?
            )*)*
            $(#[doc = $switch_doc] pub $switch: bool,)*
            $(#[doc = $list_doc] pub $list: Vec<String>,)*
        }

        /// Thresholds common to all profiles.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct CommonRules {
            $($($(#[doc = $doc] pub $common: $type,)?)*)*
        }

        /// What was typed in place of what is configured. Recordings keep it.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Overrides {
            /// Name of the profile.
            pub profile: Option<String>,
            $(#[doc = $list_help] pub $list: Vec<String>,)*
            $(#[doc = $switch_help] pub $switch: bool,)*
            $($($(#[doc = $help] pub $flag: Option<$type>,)?)*)*
        }

        /// Who gives the thresholds of one screen, the later before the earlier.
        #[derive(Debug, Clone, Copy)]
        pub struct Given<'a> {
            /// Those of all profiles.
            pub common: &'a CommonRules,
            /// Those of one profile.
            pub profile: &'a Profile,
            /// Those typed.
            pub typed: &'a Overrides,
        }

        $(
            #[doc = $part_doc]
            #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
            pub struct $part {
                $(#[doc = $doc] pub $name: $type,)*
            }

            impl $part {
                /// Those in force.
                pub(super) fn of(given: &Given<'_>) -> Self {
                    Self {
                        $($name: None::<$type>
                            $(.or(given.typed.$flag))?
                            $(.or(given.profile.$special))?
                            $(.or(Some(given.profile.$own)))?
                            $(.or(Some(given.common.$common)))?
                            .unwrap_or($default),)*
                    }
                }
            }
        )*

        /// What a trader chooses.
        #[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
        pub struct Choices {
            $(#[doc = $switch_doc] pub $switch: bool,)*
            $(#[doc = $list_doc] pub $list: BTreeSet<$item>,)*
        }

        impl Choices {
            /// Those in force.
            pub(super) fn of(given: &Given<'_>, today: Date) -> Result<Self, ListError> {
                Ok(Self {
                    $($switch: given.typed.$switch || given.profile.$switch,)*
                    $($list: list(&given.typed.$list, &given.profile.$list, today)?,)*
                })
            }
        }

        /// Weights of the score's components; the score divides by their sum, negative ones count as 0.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default)]
        pub struct Weights {
            $(#[serde(rename = $weight_key)] #[doc = $weight_doc] pub $weight: f64,)*
        }

        impl Weights {
            /// How many there are.
            pub(super) const COUNT: usize = [$($weight_key),*].len();

            /// Every weight with its key.
            pub fn by_key(&self) -> Vec<(&'static str, f64)> {
                vec![$(($weight_key, self.$weight),)*]
            }
        }

        impl Default for Profile {
            fn default() -> Self {
                Self {
                    $($(
                        $($own: $default,)?
                        $($special: None,)?
                    )*)*
                    $($switch: false,)*
                    $($list: Vec::new(),)*
                }
            }
        }

        impl Default for CommonRules {
            fn default() -> Self {
                Self { $($($($common: $default,)?)*)* }
            }
        }

        impl Default for Weights {
            fn default() -> Self {
                Self { $($weight: $share,)* }
            }
        }

        impl Overrides {
            /// What `typed` says beside the name of the profile.
            pub fn read(profile: Option<String>, typed: &impl CommandLine) -> Self {
                Self {
                    profile,
                    $($list: typed.list(stringify!($list)),)*
                    $($switch: typed.switch(stringify!($switch)),)*
                    $($($($flag: typed.number(stringify!($flag)),)?)*)*
                }
            }

            /// These, and for what they leave open those of `recorded`.
            #[must_use]
            pub fn over(self, recorded: Self) -> Self {
                Self {
                    profile: self.profile.or(recorded.profile),
                    $($list: if self.$list.is_empty() { recorded.$list } else { self.$list },)*
                    $($switch: self.$switch || recorded.$switch,)*
                    $($($($flag: self.$flag.or(recorded.$flag),)?)*)*
                }
            }
        }

        /// The range of every number.
        pub const RANGES: &[Range] = &[
            $($(
                $(Range { key: concat!("screener.profiles.*.", stringify!($own)), low: $low, high: $high },)?
                $(Range { key: concat!("screener.profiles.*.", stringify!($special)), low: $low, high: $high },)?
                $(Range { key: concat!("screener.rules.", stringify!($common)), low: $low, high: $high },)?
            )*)*
            $(Range { key: concat!("screener.weights.", $weight_key), low: 0.0, high: 1.0 },)*
        ];

        /// What profiles alone have.
        pub const PROFILE_KEYS: &[&str] = &[
            $(stringify!($list),)*
            $(stringify!($switch),)*
            $($($(stringify!($own),)?)*)*
        ];

        /// Every flag, in the order of the table.
        pub const FLAGS: &[Flag] = &[
            $(Flag { key: stringify!($list), name: stringify!($list), long: $list_long, help: $list_help, typed: Typed::List },)*
            $(Flag { key: stringify!($switch), name: stringify!($switch), long: $switch_long, help: $switch_help, typed: Typed::Switch },)*
            $($($(
                Flag {
                    key: stringify!($name),
                    name: stringify!($flag),
                    long: $long,
                    help: $help,
                    typed: Typed::Number { unit: Unit::$unit, low: $low, high: $high },
                },
            )?)*)*
        ];
    };
}
pub(super) use thresholds;
