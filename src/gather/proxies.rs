//! The implied volatility of a stand-in for those who have none of their own, where the user named one.

use std::collections::{BTreeMap, BTreeSet};

use super::Gathering;
use super::backfill::Later;
use super::options::lacks_iv;
use super::requests::{error_chain, record_error};
use crate::instrument::Symbol;
use crate::market::RunError;
use crate::stream::LastEvents;
use crate::tastytrade::Metrics;

/// What stand-ins said.
#[derive(Debug, Default)]
pub(super) struct FromProxies {
    /// By the symbol they stand in for: who it is, and its metrics.
    pub(super) metrics: BTreeMap<Symbol, (Symbol, Result<Metrics, String>)>,
    pub(super) errors: Vec<RunError>,
}

impl Gathering<'_, '_> {
    /// Takes the metrics of the stand-ins from what is there, and asks for the rest of them in one go.
    pub(super) async fn ask_proxies(
        &mut self,
        heard: &BTreeMap<Symbol, Result<LastEvents, String>>,
        later: &mut Later,
    ) {
        let (records, _) = self.records(heard, later);
        let lacking = records.iter().filter(|record| lacks_iv(record));
        let lacking = lacking.filter(|record| self.asked.answers_metrics(&record.symbol));
        let wanted: BTreeMap<Symbol, Symbol> = lacking
            .filter_map(|record| Some((record.symbol.clone(), self.plan.proxies.get(&record.symbol)?.clone())))
            .collect();
        let distinct: BTreeSet<&Symbol> = wanted.values().collect();
        let unknown = distinct
            .into_iter()
            .filter(|proxy| !self.asked.metrics.contains_key(proxy));
        let unknown: Vec<Symbol> = unknown.cloned().collect();
        let mut asked = BTreeMap::new();
        let mut reasons = BTreeMap::new();
        if !unknown.is_empty() {
            match self.stop.run(self.venues.rest.metrics(&unknown)).await {
                Ok(answer) => {
                    asked = answer.items;
                    for (symbols, error) in answer.unanswered {
                        record_error(
                            &mut later.from_proxies.errors,
                            "rest",
                            error.code(),
                            error_chain(&error),
                        );
                        reasons.extend(symbols.into_iter().map(|symbol| (symbol, error_chain(&error))));
                    }
                }
                Err(cut) => {
                    later.cut = Some(cut);
                    reasons.extend(
                        unknown
                            .into_iter()
                            .map(|symbol| (symbol, "the deadline came first".to_owned())),
                    );
                }
            }
            self.asked.ended_ms = Some(self.clock.millis());
        }
        for (symbol, proxy) in wanted {
            let known = self.asked.metrics.get(&proxy).or_else(|| asked.get(&proxy)).cloned();
            let reason = || {
                reasons
                    .get(&proxy)
                    .cloned()
                    .unwrap_or_else(|| "not in the answer".to_owned())
            };
            let metrics = known.ok_or_else(reason);
            later.from_proxies.metrics.insert(symbol, (proxy, metrics));
        }
    }
}
