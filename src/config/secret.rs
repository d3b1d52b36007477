//! Values that cannot be printed.

/// A text that shows as `[REDACTED]` and is wiped from memory when dropped.
pub type Secret = secrecy::SecretString;
