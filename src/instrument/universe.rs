//! What is watched in one run.

use std::collections::BTreeMap;

use super::{Listed, StreamerSymbol, Symbol};

/// What is watched in one run: each user symbol with at most one streamer symbol, and the way back,
/// which is one to many because `/ES` and `/ESZ6` may be the same contract.
#[derive(Debug, Clone, Default)]
pub struct Universe {
    listed: BTreeMap<Symbol, Listed>,
    back: BTreeMap<StreamerSymbol, Vec<Symbol>>,
}

impl Universe {
    /// A universe of `listed`. Of two entries with the same symbol the later one stays.
    pub fn new(listed: Vec<Listed>) -> Self {
        let mut universe = Self::default();
        for one in listed {
            universe.insert(one);
        }
        universe
    }

    /// Adds `listed`, in the place of an entry with the same symbol.
    pub fn insert(&mut self, listed: Listed) {
        let symbol = listed.instrument.symbol();
        let streamer = listed.resolved.as_ref().map(|resolved| resolved.streamer.clone());
        let replaced = self.listed.insert(symbol.clone(), listed);
        if let Some(former) = replaced.and_then(|former| former.resolved) {
            self.forget(&former.streamer, &symbol);
        }
        if let Some(streamer) = streamer {
            let symbols = self.back.entry(streamer).or_default();
            if let Err(place) = symbols.binary_search(&symbol) {
                symbols.insert(place, symbol);
            }
        }
    }

    /// All entries in the order of their symbols.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.listed.values()
    }

    /// The entry of `symbol`.
    pub fn find(&self, symbol: &Symbol) -> Option<&Listed> {
        self.listed.get(symbol)
    }

    /// The user symbols behind `streamer`, in order; empty when it is not watched.
    pub fn symbols_of(&self, streamer: &StreamerSymbol) -> &[Symbol] {
        self.back.get(streamer).map_or(&[], Vec::as_slice)
    }

    /// Every streamer symbol once, in order.
    pub fn streamer_symbols(&self) -> impl Iterator<Item = &StreamerSymbol> {
        self.back.keys()
    }

    /// How many symbols are watched, those without a streamer symbol included.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    fn forget(&mut self, streamer: &StreamerSymbol, symbol: &Symbol) {
        if let Some(symbols) = self.back.get_mut(streamer) {
            symbols.retain(|known| known != symbol);
            if symbols.is_empty() {
                self.back.remove(streamer);
            }
        }
    }
}
