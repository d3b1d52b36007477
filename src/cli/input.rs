//! Files of the user; `-` is stdin.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::text;

/// What the file says.
pub(super) fn read(path: &Path) -> io::Result<String> {
    if path.as_os_str() == "-" {
        text::read(io::stdin().lock())
    } else {
        text::read(File::open(path)?)
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
