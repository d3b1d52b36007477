//! What bars measure.

use jiff::Timestamp;

use crate::market::record::Source;
use crate::vol::panel::Panel;

/// A panel and where its bars are from.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The panel.
    pub panel: Panel,
    /// Who gave the bars.
    pub source: Source,
    /// The close of the last bar.
    pub as_of: Timestamp,
    /// Whether older bars exist that the feed did not send.
    pub cut: bool,
}
