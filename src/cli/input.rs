//! Files of the user; `-` is stdin.

use std::io;
use std::path::Path;

/// What the file says.
pub(super) fn read(path: &Path) -> io::Result<String> {
    if path.as_os_str() == "-" {
        io::read_to_string(io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
}

/// What to call it.
pub(super) fn place(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    }
}
