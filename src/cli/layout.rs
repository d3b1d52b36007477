//! The layout of help.

use clap::builder::Resettable::Reset;

/// `command` with its long help in the layout of the short one: clap's own takes three lines for each option.
pub(super) fn whole(command: clap::Command) -> clap::Command {
    let about = command.get_long_about().cloned();
    let after = command.get_after_long_help().cloned();
    let command = match about {
        Some(about) => command.about(about).long_about(Reset),
        None => command,
    };
    let command = match after {
        Some(after) => command.after_help(after).after_long_help(Reset),
        None => command,
    };
    let whole_arg = |arg: clap::Arg| {
        let arg = arg.hide_short_help(false);
        match arg.get_long_help().cloned() {
            Some(help) => arg.help(help.to_string().replace("\n\n", "\n")).long_help(Reset),
            None => arg,
        }
    };
    command.mut_args(whole_arg).mut_subcommands(whole)
}
