//! The options of one wave of symbols: their lists, the prices they are looked at, their quotes, and what these come to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Gathering;
use super::findings::{Findings, FromOptions};
use super::option_lists::{list, near, published, record_damage, to_keep, whose};
use super::options::Wanted;
use super::stop::StopReason;
use crate::chain::{self, Choice, Strikes, Underlyings, When};
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{Attempt, Evidence, Reason, Record, Source, Sourced, Subject, merge};
use crate::tastytrade::{Chain, Error, ListedExpiration, ListedOption, MarketQuote};
use crate::time;
use crate::units::Vol;

/// The options of a symbol that are worth a quote.
struct Picked {
    straddle: Result<Choice, Reason>,
    /// Those around 30 days, where its volatility is wanted.
    terms: Option<Result<Choice, Reason>>,
}

/// The expirations that are looked at, before strikes are chosen.
struct Expirations {
    straddle: Result<(Timestamp, ListedExpiration), Reason>,
    terms: Option<Result<Vec<(Timestamp, ListedExpiration)>, Reason>>,
}

type Quotes = BTreeMap<Symbol, Result<MarketQuote, Reason>>;

impl Findings<'_, '_> {
    /// Asks for the options of all of `wanted` at once, and puts what they say where it belongs.
    ///
    /// # Errors
    /// The run was cut; nothing is known of any of them.
    pub(super) async fn ask_chains(&mut self, wanted: &[Wanted]) -> Result<(), StopReason> {
        let run = self.run;
        let from = &mut self.options;
        let lists = join_all(wanted.iter().map(|one| list(run.venues, &one.instrument)));
        let rate = async {
            match wanted.iter().any(|one| one.lacks_iv) {
                true => Some(run.venues.rest.risk_free_rate().await),
                false => None,
            }
        };
        let (lists, rate) = run.stop.run(async { tokio::join!(lists, rate) }).await?;
        let now = run.clock.wall;
        let mut listed: Vec<Expirations> = Vec::new();
        for (one, list) in wanted.iter().zip(lists) {
            let list = from.list(&one.symbol, list);
            listed.push(expirations(one, list.as_deref().map_err(Clone::clone), now));
            from.to_keep
                .extend(list.ok().and_then(|list| to_keep(&one.instrument, list)));
        }
        let mut prices: Vec<BTreeMap<Symbol, f64>> = wanted.iter().map(|one| one.prices.clone()).collect();
        let further = further(wanted, &listed);
        if !further.is_empty() {
            let quotes = quotes(run, further, from).await?;
            let near = |quote: &Result<MarketQuote, Reason>| quote.as_ref().ok().and_then(near);
            for ((one, prices), listed) in wanted.iter().zip(&mut prices).zip(&listed) {
                for on in listed.on() {
                    if let Some(price) = quotes.get(&on).and_then(near) {
                        prices.entry(on).or_insert(price);
                    }
                }
                from.withhold(&one.symbol, listed.on());
            }
        }
        let picked = listed.into_iter().zip(&prices);
        let picked: Vec<Picked> = picked.map(|(listed, prices)| listed.pick(prices, now)).collect();
        let options = picked.iter().flat_map(Picked::options).collect();
        let quotes = quotes(run, options, from).await?;
        let rate = rate.map_or_else(
            || Err(Reason::NotAskedFor),
            |rate| published(rate, now, &mut from.failures),
        );
        let now = run.clock.now();
        for ((one, prices), picked) in wanted.iter().zip(&prices).zip(picked) {
            from.withhold(&one.symbol, picked.options().map(|(_, option)| option));
            let on = one.prices.keys().next().unwrap_or(&one.symbol);
            let straddle = picked
                .straddle
                .and_then(|choice| chain::straddle_quote(&choice, (on, prices), &quotes, now));
            let straddle = straddle.map_err(|reason| Attempt {
                source: Source::Rest,
                reason,
            });
            from.straddles.insert(one.symbol.clone(), straddle);
            if let Some(terms) = picked.terms {
                let iv = terms.and_then(|choice| thirty_day_iv(run, one, choice, &rate, &quotes, now));
                self.known.put(&one.symbol, |evidence| &mut evidence.chain_iv, Some(iv));
            }
        }
        Ok(())
    }
}

impl FromOptions {
    fn list<'v>(
        &mut self,
        symbol: &Symbol,
        list: Result<Option<Cow<'v, Chain>>, Error>,
    ) -> Result<Cow<'v, Chain>, Reason> {
        match list {
            Ok(None) => Err(Reason::NoOptions),
            Ok(Some(chain)) => {
                record_damage(&chain, &mut self.failures);
                Ok(chain)
            }
            Err(error) => {
                let reason = self.failures.record(&error);
                self.withheld.insert(symbol.clone(), reason.clone());
                Err(Reason::NoOptionList(Box::new(reason)))
            }
        }
    }
}

/// What else the options of `wanted` are on, whose prices are not known.
fn further(wanted: &[Wanted], listed: &[Expirations]) -> BTreeSet<(Kind, Symbol)> {
    let each = wanted.iter().zip(listed).flat_map(|(one, listed)| {
        let further = listed.on().filter(|on| !one.prices.contains_key(on));
        further.map(|on| (one.instrument.kind(), on))
    });
    each.collect()
}

/// What REST quotes of `wanted`; of each why it has none.
async fn quotes(
    run: Gathering<'_, '_>,
    wanted: BTreeSet<(Kind, Symbol)>,
    from: &mut FromOptions,
) -> Result<Quotes, StopReason> {
    let wanted: Vec<(Kind, Symbol)> = wanted.into_iter().collect();
    let mut answer = run.stop.run(run.venues.rest.quotes(&wanted)).await?;
    let mut reasons = from.failures.record_unanswered(&answer);
    from.unquoted.extend(reasons.clone());
    let quote = |(_, symbol): (Kind, Symbol)| {
        let absent = || reasons.remove(&symbol).unwrap_or(Reason::NotInAnswer);
        (symbol.clone(), answer.items.remove(&symbol).ok_or_else(absent))
    };
    Ok(wanted.into_iter().map(quote).collect())
}

/// The volatility at the money at 30 days of a choice of options around it.
fn thirty_day_iv(
    run: Gathering<'_, '_>,
    one: &Wanted,
    choice: Choice,
    rate: &Result<Sourced<f64>, Reason>,
    quotes: &Quotes,
    now: Timestamp,
) -> Result<Sourced<Vol>, Reason> {
    let today = time::new_york_date(now);
    let strikes = choice.expirations.iter().flat_map(|chosen| &chosen.listed.strikes);
    let options = strikes.flat_map(|at| [&at.call, &at.put]).flatten();
    let records: Vec<Record> = options
        .filter_map(|option| {
            let evidence = Evidence {
                rest_quote: Some(quotes.get(&option.symbol)?.clone()),
                ..Evidence::nothing(subject(run, option, today)?, &Reason::NotListenedTo)
            };
            Some(merge(&evidence, &run.rules(now)))
        })
        .chain([one.record.clone()])
        .collect();
    let report = chain::Report::of(one.symbol.clone(), choice, rate, &records, now);
    chain::thirty_day_iv(&report)
}

fn subject(run: Gathering<'_, '_>, option: &ListedOption, today: Date) -> Option<Subject> {
    let instrument = chain::instrument(option, today)?;
    Some(Subject {
        symbol: instrument.symbol(),
        kind: instrument.kind(),
        contract: Some(option.symbol.clone()),
        expiration: None,
        roll: None,
        streamer: option.streamer.clone(),
        asset_class: run.plan.default_asset_class.clone(),
    })
}

fn expirations(one: &Wanted, chain: Result<&Chain, Reason>, now: Timestamp) -> Expirations {
    let found = chain.and_then(|chain| {
        let of = match (&one.instrument, one.prices.keys().next()) {
            (Instrument::Root(_), Some(contract)) => Some(Underlyings::From(contract.clone())),
            (instrument, _) => whose(instrument, chain, now),
        };
        Ok((of.ok_or(Reason::NoOptions)?, chain))
    });
    let root = one.instrument.root();
    let root = root.map_or_else(|| one.symbol.clone(), |root| Symbol(root.into()));
    let straddle = found.as_ref().map_err(Clone::clone);
    let straddle = straddle.and_then(|(of, chain)| chain::near_45_days(chain, &root, of, now));
    let terms = one.lacks_iv.then(|| {
        let (of, chain) = found.as_ref().map_err(Clone::clone)?;
        let around = chain::expirations(chain, &one.symbol, of, When::AroundThirtyDays, now);
        around.map_err(Reason::told)
    });
    Expirations { straddle, terms }
}

impl Expirations {
    /// What the options are on.
    fn on(&self) -> impl Iterator<Item = Symbol> {
        let terms = self.terms.iter().flatten().flatten();
        let all = self.straddle.iter().chain(terms);
        all.map(|(_, listed)| listed.underlying.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
    }

    fn pick(self, prices: &BTreeMap<Symbol, f64>, now: Timestamp) -> Picked {
        let choose = |expirations, strikes| chain::choose(expirations, prices, strikes, now, 1).map_err(Reason::told);
        Picked {
            straddle: self.straddle.and_then(|one| choose(vec![one], Strikes::EachSide(0))),
            terms: self.terms.map(|terms| choose(terms?, Strikes::EachSide(STRIKES))),
        }
    }
}

impl Picked {
    /// The options as REST is asked for them.
    fn options(&self) -> impl Iterator<Item = (Kind, Symbol)> {
        let choices = self.straddle.iter().chain(self.terms.iter().flatten());
        let listed = choices
            .flat_map(|choice| &choice.expirations)
            .map(|chosen| &chosen.listed);
        listed.flat_map(|listed| {
            let kind = if listed.underlying.as_str().starts_with('/') {
                Kind::FutureOption
            } else {
                Kind::EquityOption
            };
            let options = listed.strikes.iter().flat_map(|at| [&at.call, &at.put]).flatten();
            options.map(move |option| (kind, option.symbol.clone()))
        })
    }
}

/// Strikes on each side of the price that a volatility at the money is taken from.
const STRIKES: u16 = 2;
