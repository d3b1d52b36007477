//! vol
