//! The implied volatility of a stand-in for those who have none of their own, where the user named one.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::options::lacks_iv;
use crate::instrument::Symbol;
use crate::market::{Reason, Record};
use crate::tastytrade::Metrics;

impl Findings<'_, '_> {
    /// Takes the metrics of the stand-ins from what is there, and asks for the rest of them in one go.
    pub(super) async fn ask_proxies(&mut self) {
        let run = self.run;
        let rules = self.rules();
        let records = self.known.records(&rules).map(|(.., record)| record);
        let mut wanted = wanted(records, &run.plan.proxies);
        wanted.retain(|symbol, _| self.metrics.answers(symbol, &self.contracts));
        let distinct: BTreeSet<&Symbol> = wanted.values().collect();
        let mut known: BTreeMap<Symbol, Result<Metrics, Reason>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for proxy in distinct {
            match self.metrics.by_symbol.get(proxy) {
                Some(metrics) => drop(known.insert(proxy.clone(), Ok(metrics.clone()))),
                None => unknown.push(proxy.clone()),
            }
        }
        if !unknown.is_empty() {
            match run.stop.run(run.venues.rest.metrics(&unknown)).await {
                Ok(mut answer) => {
                    let mut reasons = self.proxy_failures.record_unanswered(&answer);
                    for proxy in unknown {
                        let reason = reasons.remove(&proxy);
                        let reason = || reason.unwrap_or(Reason::NotInAnswer);
                        let metrics = answer.items.remove(&proxy).ok_or_else(reason);
                        known.insert(proxy, metrics);
                    }
                }
                Err(cut) => {
                    self.cut = Some(cut);
                    let late = |proxy| (proxy, Err(Reason::Late));
                    known.extend(unknown.into_iter().map(late));
                }
            }
            self.rest_ended();
        }
        for (symbol, proxy) in wanted {
            if let Some(metrics) = known.get(&proxy) {
                let said = Some((proxy, metrics.clone()));
                self.known.put(&symbol, |evidence| &mut evidence.proxy, said);
            }
        }
    }
}

/// Those without an implied volatility for whom somebody stands in, and who.
fn wanted<'a>(
    records: impl Iterator<Item = &'a Record>,
    proxies: &BTreeMap<Symbol, Symbol>,
) -> BTreeMap<Symbol, Symbol> {
    records
        .filter(|record| lacks_iv(record))
        .filter_map(|record| Some((record.symbol.clone(), proxies.get(&record.symbol)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{metrics, nothing, record, symbol};
    use super::*;
    use crate::market::Evidence;

    #[test]
    fn a_stand_in_is_wanted_only_where_there_is_no_volatility() {
        let with_iv = Evidence {
            metrics: Ok(metrics("FXI", Some(0.3))),
            ..nothing("FXI")
        };
        let records = [record(&with_iv), record(&nothing("EWZ")), record(&nothing("SPY"))];
        let proxies = [("FXI", "ASHR"), ("EWZ", "ILF")].map(|(one, other)| (symbol(one), symbol(other)));
        let found = wanted(records.iter(), &proxies.into());
        assert_eq!(found, [(symbol("EWZ"), symbol("ILF"))].into());
    }
}
