//! The `variance` binary: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    variance::cli::main()
}
