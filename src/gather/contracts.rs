//! Which contracts the futures mean, beside the feed: the venue is asked about those that it was not asked about on this
//! day, and stands for the rest with what it said then.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Gathering;
use super::failures::Failures;
use super::stop::StopReason;
use super::subscriptions::Subscriptions;
use crate::instrument::{Instrument, Kind, Listed, Resolved, Symbol, Universe};
use crate::market::{Reason, Roll};
use crate::store::StoreSnapshot;
use crate::tastytrade::{FutureListing, active_contract, contract_before};

/// What each instrument is called by the feed, and what the futures stand for.
#[derive(Debug, Default)]
pub(super) struct Contracts {
    /// All instruments; the futures among them resolved where their contract is known.
    pub(super) universe: Universe,
    /// Contracts asked for by name that are their root's active month: only those does the root's metrics describe.
    pub(super) active_months: BTreeSet<Symbol>,
    /// Contracts that change, by their root.
    pub(super) rolls: BTreeMap<Symbol, Roll>,
    /// What each root stands for by what the venue listed in this run.
    pub(super) stands_for: BTreeMap<Symbol, Symbol>,
    /// Contracts as the venue listed them in this run, and the symbols they were asked for.
    pub(super) listings: Vec<FutureListing>,
    pub(super) listed: BTreeSet<Symbol>,
    /// Why a future has no streamer symbol, where the venue did not answer.
    pub(super) unresolved: Option<Reason>,
    pub(super) failures: Failures,
    pub(super) cut: Option<StopReason>,
}

impl Contracts {
    /// What the feed and REST call a symbol.
    pub(super) fn resolved(&self, symbol: &Symbol) -> Option<&Resolved> {
        self.universe.find(symbol)?.resolved.as_ref()
    }

    /// Whether the venue listed anything in this run.
    pub(super) fn answered(&self) -> bool {
        !self.listings.is_empty()
    }
}

/// All instruments, with the streamer symbols that follow from the spelling alone.
pub(super) fn spelled(instruments: &[Instrument]) -> Universe {
    let listed = instruments.iter().map(|instrument| {
        let plain = instrument.kind() != Kind::Future;
        let streamer = instrument.streamer().filter(|_| plain);
        let resolved = streamer.map(|streamer| Resolved {
            streamer,
            contract: None,
            expiration: None,
            before: None,
        });
        Listed {
            instrument: instrument.clone(),
            resolved,
        }
    });
    Universe::new(listed.collect())
}

/// Finds the contracts behind the futures of the plan and subscribes to them; all others stay as they are `spelled`.
/// Where the venue fails, what it said last stands.
pub(super) async fn ask(run: Gathering<'_, '_>, spelled: &Universe, subscriptions: &Subscriptions<'_>) -> Contracts {
    let memory = run.venues.memory;
    let instruments = &run.plan.instruments;
    let (roots, contracts) = unknown(instruments, &memory.listed_today);
    let mut failures = Failures::default();
    let (mut unresolved, mut cut) = (None, None);
    let mut listings = Vec::new();
    if !(roots.is_empty() && contracts.is_empty()) {
        match run.stop.run(run.venues.rest.futures(&roots, &contracts)).await {
            Ok(Ok(fresh)) => listings = fresh,
            Ok(Err(error)) => unresolved = Some(failures.record(&error)),
            Err(reason) => {
                unresolved = Some(Reason::Late);
                cut = Some(reason);
            }
        }
    }
    let asked = roots.into_iter().chain(contracts);
    let found = resolve(instruments, asked, listings, memory, run.clock.wall);
    subscriptions.last_values(&found.universe);
    found
        .universe
        .listed()
        .for_each(|listed| subscriptions.daily_bars(listed));
    let mut universe = spelled.clone();
    found
        .universe
        .listed()
        .for_each(|listed| universe.insert(listed.clone()));
    Contracts {
        universe,
        unresolved,
        failures,
        cut,
        ..found
    }
}

/// The roots and the contracts among `instruments` that the venue was not asked about on this day.
fn unknown(instruments: &[Instrument], listed_today: &BTreeSet<Symbol>) -> (Vec<Symbol>, Vec<Symbol>) {
    let (mut roots, mut contracts) = (BTreeSet::new(), BTreeSet::new());
    for instrument in instruments {
        match instrument {
            Instrument::Root(_) => drop(roots.insert(instrument.symbol())),
            Instrument::Contract(_) => drop(contracts.insert(instrument.symbol())),
            Instrument::Equity(_)
            | Instrument::Index(_)
            | Instrument::Crypto(_)
            | Instrument::EquityOption(_)
            | Instrument::FutureOption(_) => {}
        }
    }
    let unknown = |symbols: BTreeSet<Symbol>| symbols.difference(listed_today).cloned().collect();
    (unknown(roots), unknown(contracts))
}

/// The futures among `instruments` whose contract is known: of those that were `asked` for and are among `fresh` from
/// these listings, of the others from what is kept in `memory`.
fn resolve(
    instruments: &[Instrument],
    asked: impl Iterator<Item = Symbol>,
    fresh: Vec<FutureListing>,
    memory: &StoreSnapshot,
    now: Timestamp,
) -> Contracts {
    let is_listed = |symbol: &Symbol| {
        let same = |listing: &FutureListing| listing.root == *symbol || listing.contract == *symbol;
        fresh.iter().any(same)
    };
    let listed: BTreeSet<Symbol> = asked.filter(is_listed).collect();
    let mut found = Contracts::default();
    for instrument in instruments {
        let symbol = instrument.symbol();
        let is_fresh = listed.contains(&symbol);
        let listings = if is_fresh { &fresh } else { &memory.listings };
        let resolved = match instrument {
            Instrument::Root(_) => {
                let Some(listing) = active_contract(listings, &symbol, now) else {
                    continue;
                };
                if is_fresh {
                    found.stands_for.insert(symbol.clone(), listing.contract.clone());
                }
                let active_spans = memory.stood_for.get(&symbol).map_or(&[][..], Vec::as_slice);
                if let Some(roll) = Roll::of(listing, listings, active_spans, now) {
                    found.rolls.insert(symbol, roll);
                }
                Resolved {
                    before: contract_before(listing, now),
                    ..resolved(listing)
                }
            }
            Instrument::Contract(_) => {
                let Some(listing) = listings.iter().find(|listing| listing.contract == symbol) else {
                    continue;
                };
                if listing.active_month {
                    found.active_months.insert(symbol);
                }
                resolved(listing)
            }
            Instrument::Equity(_)
            | Instrument::Index(_)
            | Instrument::Crypto(_)
            | Instrument::EquityOption(_)
            | Instrument::FutureOption(_) => continue,
        };
        found.universe.insert(Listed {
            instrument: instrument.clone(),
            resolved: Some(resolved),
        });
    }
    Contracts {
        listings: fresh,
        listed,
        ..found
    }
}

fn resolved(listing: &FutureListing) -> Resolved {
    Resolved {
        streamer: listing.streamer.clone(),
        contract: Some(listing.contract.clone()),
        expiration: Some(listing.expiration),
        before: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::instrument::StreamerSymbol;

    fn listing(contract: &str, active_month: bool) -> FutureListing {
        FutureListing {
            contract: Symbol(contract.into()),
            root: Symbol("/ES".into()),
            streamer: StreamerSymbol(format!("{contract}:XCME").into()),
            active: true,
            active_month,
            next_active_month: false,
            closing_only: false,
            expiration: date(2026, 12, 18),
            expires_at: None,
            months: "HMUZ".into(),
        }
    }

    fn plan() -> Vec<Instrument> {
        ["/ES", "/ESZ6", "/CL", "SPY"]
            .map(|symbol| Instrument::parse(symbol, date(2026, 11, 20)).unwrap())
            .into()
    }

    fn symbols(names: &[&str]) -> Vec<Symbol> {
        names.iter().map(|name| Symbol((*name).into())).collect()
    }

    #[test]
    fn nobody_is_asked_twice_on_a_day_and_no_share_at_all() {
        let asked = unknown(&plan(), &symbols(&["/CL", "/ESZ6"]).into_iter().collect());
        assert_eq!(asked, (symbols(&["/ES"]), Vec::new()));
    }

    #[test]
    fn what_the_venue_lists_goes_before_what_is_kept() {
        let memory = StoreSnapshot {
            listings: vec![listing("/ESU6", true), listing("/ESZ6", false)],
            ..StoreSnapshot::default()
        };
        let now = "2026-11-20T18:00:00Z".parse().unwrap();
        let fresh = vec![listing("/ESZ6", true)];
        let found = resolve(&plan(), symbols(&["/ES", "/CL"]).into_iter(), fresh, &memory, now);
        let root = found.resolved(&Symbol("/ES".into())).unwrap();
        assert_eq!(root.contract, Some(Symbol("/ESZ6".into())));
        assert_eq!(found.listed, symbols(&["/ES"]).into_iter().collect(), "no /CL came");
        assert_eq!(found.stands_for.len(), 1);
        assert!(found.active_months.is_empty(), "by what is kept, another was active");
        assert!(found.resolved(&Symbol("/CL".into())).is_none());
    }
}
