//! Everything that is tested from outside the modules: the structure, the conversations, the built binary.

mod tidy;
