//! The commands, a file each: what can be typed, what it asks for, what it prints, and what a replay needs of it.

mod chain;
mod completions;
mod config;
mod demo;
mod doctor;
mod explain;
mod help;
mod history;
mod man;
mod quote;
mod replay;
mod screen;
mod vol;

use clap::Subcommand;

use super::exit::Failure;
use super::question::{Command, Replay};
use super::session::Session;

macro_rules! commands {
    ($($module:ident::$name:ident,)+) => {
        /// What to do.
        #[derive(Debug, Subcommand)]
        pub(super) enum Commands {
            $($name(Box<$module::$name>),)+
        }

        impl Commands {
            /// Does it.
            pub(super) fn run(&self, session: &Session) -> Result<(), Failure> {
                match self {
                    $(Self::$name(command) => command.run(session),)+
                }
            }
        }

        /// Commands by name, and how they are replayed.
        const REPLAYS: &[(&str, Option<Replay>)] = &[$((stringify!($module), $module::$name::REPLAY),)+];
    };
}

commands! {
    screen::Screen,
    quote::Quote,
    explain::Explain,
    chain::Chain,
    replay::Replay,
    vol::Vol,
    history::History,
    doctor::Doctor,
    demo::Demo,
    config::Config,
    completions::Completions,
    man::Man,
    help::Help,
}
