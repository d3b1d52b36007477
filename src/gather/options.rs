//! What only options can say about their underlyings: a volatility where REST has none, and what it costs to trade the
//! straddle near 45 days. Asked for by REST after everything cheaper is known, one chain for each symbol that needs it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::backfill::Later;
use super::chain::{damage, list, near, published, to_keep, whose};
use super::requests::{error_chain, metrics_symbol, record_error};
use super::stop::StopReason;
use super::{Gathering, Notice};
use crate::chain::{self, Choice, Strikes, Underlyings, When};
use crate::instrument::{Instrument, Kind, Symbol};
use crate::market::{
    Attempt, Evidence, Field, Record, Rules, RunError, Source, Sourced, StraddleQuote, Subject, merge,
};
use crate::stream::LastEvents;
use crate::tastytrade::{self, Chain, ListedExpiration, ListedOption, MarketQuote};
use crate::time;
use crate::units::Vol;

/// How much the straddle of a record is wanted, if at all.
pub type Priority = dyn Fn(&Record) -> Option<f64>;

/// Whose options are asked for.
#[derive(Clone)]
pub struct Options {
    /// Whether the straddle of a symbol is wanted, given everything that is known without it, and how much: the greater
    /// first.
    pub straddle: Arc<Priority>,
    /// The most chains of one run.
    pub most: usize,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

/// What options said; a symbol whose options were not asked for is in neither half.
#[derive(Debug, Default)]
pub(super) struct FromOptions {
    pub(super) straddles: BTreeMap<Symbol, Result<StraddleQuote, Attempt>>,
    pub(super) ivs: BTreeMap<Symbol, Result<Sourced<Vol>, String>>,
    /// Symbols whose options were not asked for, or not answered.
    withheld: BTreeMap<Symbol, String>,
    /// Symbols that cannot be judged by options for want of an answer.
    pub(super) unjudged: BTreeSet<Symbol>,
    /// Options and contracts that REST gave no answer about.
    unquoted: BTreeMap<Symbol, String>,
    pub(super) errors: Vec<RunError>,
    /// Lists of options, for later runs of the day.
    pub(super) to_keep: BTreeMap<Symbol, Chain>,
}

/// A symbol whose options are asked for.
struct Wanted {
    instrument: Instrument,
    symbol: Symbol,
    /// By contract; of anything but a future by symbol.
    prices: BTreeMap<Symbol, f64>,
    lacks_iv: bool,
}

/// The options of a symbol that are worth a quote.
struct Picked {
    straddle: Result<Choice, String>,
    /// Those around 30 days, where its volatility is wanted.
    terms: Option<Result<Choice, String>>,
}

/// The expirations that are looked at, before strikes are chosen.
struct Expirations {
    straddle: Result<(Timestamp, ListedExpiration), String>,
    terms: Option<Result<Vec<(Timestamp, ListedExpiration)>, String>>,
}

type Received = BTreeMap<Symbol, Result<LastEvents, String>>;
type Quotes = BTreeMap<Symbol, Result<MarketQuote, String>>;

impl Gathering<'_, '_> {
    /// Asks for the options of those who need them, and says why nobody was asked for the others.
    pub(super) async fn ask_options(&mut self, heard: &Received, later: &mut Later) {
        let Some(options) = self.plan.options.clone() else {
            return;
        };
        let (records, _) = self.records(heard, later);
        let mut wanted = self.wanted(&options, &records);
        let idle = match later.cut {
            _ if wanted.is_empty() => return,
            Some(_) => Some(LATE),
            None if !self.asked.answered => Some("not asked: REST has not answered before"),
            None => None,
        };
        let asked = if idle.is_some() { 0 } else { options.most };
        let rest = wanted.split_off(wanted.len().min(asked));
        for left in rest {
            let reason = idle.map_or_else(
                || format!("not asked: screener.max_chains is {}", options.most),
                str::to_owned,
            );
            later.from_options.refuse(&left.symbol, left.lacks_iv, &reason);
        }
        if wanted.is_empty() {
            return;
        }
        (self.notify)(Notice::Options { symbols: wanted.len() });
        // What came before a deadline stands, so those that matter most are asked for to the end before others.
        let together = if self.stop.deadline().is_some() {
            WAVE
        } else {
            wanted.len()
        };
        let mut waves = wanted.chunks(together);
        while let Some(wave) = waves.next() {
            if let Err(cut) = self.ask_chains(wave, later).await {
                later.cut = Some(cut);
                for left in wave.iter().chain(waves.by_ref().flatten()) {
                    later.from_options.refuse(&left.symbol, left.lacks_iv, LATE);
                }
            }
        }
        self.asked.ended_ms = Some(self.clock.millis());
    }

    /// Keeps the straddles of those who are judged by them after all, and tells of those that were wanted in vain: a
    /// volatility of its own or of a stand-in may have shown that a symbol need not be judged.
    pub(super) fn settle_options(&self, heard: &Received, later: &mut Later) {
        let Some(options) = &self.plan.options else { return };
        let mut straddles = std::mem::take(&mut later.from_options.straddles);
        let (records, _) = self.records(heard, later);
        let judged = records.iter().filter(|record| (options.straddle)(record).is_some());
        later.from_options.straddles = judged
            .filter_map(|record| straddles.remove_entry(&record.symbol))
            .collect();
        // What an earlier run has kept may still stand in.
        let (records, _) = self.records(heard, later);
        let FromOptions {
            straddles, withheld, ..
        } = &later.from_options;
        let vain = records.iter().filter(|record| !record.has(Field::Yield));
        let vain = vain
            .map(|record| &record.symbol)
            .filter(|symbol| straddles.contains_key(symbol));
        let mut unjudged = BTreeSet::new();
        let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
        for (symbol, reason) in vain.filter_map(|symbol| withheld.get_key_value(symbol)) {
            unjudged.insert(symbol.clone());
            *by_reason.entry(reason).or_default() += 1;
        }
        for (why, symbols) in by_reason {
            let why = why.to_owned();
            (self.notify)(Notice::Unjudged { symbols, why });
        }
        later.from_options.unjudged = unjudged;
    }

    /// Those whose straddle is wanted, the most wanted first, then those without a volatility; equals by symbol.
    fn wanted(&self, options: &Options, records: &[Record]) -> Vec<Wanted> {
        let by_symbol: BTreeMap<&Symbol, &Record> = records.iter().map(|record| (&record.symbol, record)).collect();
        let mut wanted: Vec<(f64, Wanted)> = Vec::new();
        for instrument in &self.plan.instruments {
            let symbol = instrument.symbol();
            let (Some(record), Some(asked_as)) = (by_symbol.get(&symbol), metrics_symbol(instrument)) else {
                continue;
            };
            let Some(price) = record.number(Field::Price) else {
                continue;
            };
            let lacks_iv =
                lacks_iv(record) && self.asked.answers_metrics(&asked_as) && instrument.kind() != Kind::Crypto;
            let straddle = (options.straddle)(record);
            if straddle.is_some() || lacks_iv {
                let on = record.contract.clone().unwrap_or_else(|| symbol.clone());
                let one = Wanted {
                    instrument: instrument.clone(),
                    symbol,
                    prices: [(on, price)].into(),
                    lacks_iv,
                };
                wanted.push((straddle.unwrap_or(f64::NEG_INFINITY), one));
            }
        }
        wanted.sort_by(|(priority, one), (other_merit, other)| {
            other_merit
                .total_cmp(priority)
                .then_with(|| one.symbol.cmp(&other.symbol))
        });
        wanted.into_iter().map(|(_, one)| one).collect()
    }

    async fn ask_chains(&self, wanted: &[Wanted], later: &mut Later) -> Result<(), StopReason> {
        let rest = self.venues.rest;
        let from = &mut later.from_options;
        let lists = join_all(wanted.iter().map(|one| list(self.venues, &one.instrument)));
        let rate = async {
            match wanted.iter().any(|one| one.lacks_iv) {
                true => Some(rest.risk_free_rate().await),
                false => None,
            }
        };
        let (lists, rate) = self.stop.run(async { tokio::join!(lists, rate) }).await?;
        let now = self.clock.wall;
        let mut listed: Vec<Expirations> = Vec::new();
        for (one, list) in wanted.iter().zip(lists) {
            let list = from.chain(&one.symbol, list);
            listed.push(expirations(one, list.as_deref().map_err(Clone::clone), now));
            from.to_keep
                .extend(list.ok().and_then(|list| to_keep(&one.instrument, list)));
        }
        let mut prices: Vec<BTreeMap<Symbol, f64>> = wanted.iter().map(|one| one.prices.clone()).collect();
        let further: BTreeSet<(Kind, Symbol)> = wanted
            .iter()
            .zip(&listed)
            .flat_map(|(one, listed)| {
                let kind = one.instrument.kind();
                listed
                    .on()
                    .filter(|on| !one.prices.contains_key(on))
                    .map(move |on| (kind, on))
            })
            .collect();
        if !further.is_empty() {
            let quotes = self.quotes(further.into_iter().collect(), from).await?;
            let near = |quote: &Result<MarketQuote, String>| quote.as_ref().ok().and_then(near);
            for (prices, listed) in prices.iter_mut().zip(&listed) {
                let quoted = listed.on().filter_map(|on| Some((on.clone(), near(quotes.get(&on)?)?)));
                for (on, price) in quoted.collect::<Vec<_>>() {
                    prices.entry(on).or_insert(price);
                }
            }
            for (one, listed) in wanted.iter().zip(&listed) {
                from.withhold(&one.symbol, listed.on());
            }
        }
        let picked = listed
            .into_iter()
            .zip(&prices)
            .map(|(listed, prices)| listed.pick(prices, now));
        let picked: Vec<Picked> = picked.collect();
        let options: BTreeSet<(Kind, Symbol)> = picked.iter().flat_map(Picked::options).collect();
        let quotes = self.quotes(options.into_iter().collect(), from).await?;
        let rate = rate.map_or_else(
            || Err("not asked for".to_owned()),
            |rate| published(rate, now, &mut from.errors),
        );
        let now = self.clock.now();
        for ((one, prices), picked) in wanted.iter().zip(&prices).zip(picked) {
            from.withhold(&one.symbol, picked.options().into_iter().map(|(_, option)| option));
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
                let iv = terms.and_then(|choice| self.thirty_day_iv(one, choice, &rate, &quotes, now));
                from.ivs.insert(one.symbol.clone(), iv);
            }
        }
        Ok(())
    }

    /// What REST quotes of `wanted`; of each why it has none.
    async fn quotes(&self, wanted: Vec<(Kind, Symbol)>, from: &mut FromOptions) -> Result<Quotes, StopReason> {
        let mut answer = self.stop.run(self.venues.rest.quotes(&wanted)).await?;
        let mut reasons = BTreeMap::new();
        for (symbols, error) in answer.unanswered {
            record_error(&mut from.errors, "rest", error.code(), error_chain(&error));
            reasons.extend(symbols.into_iter().map(|symbol| (symbol, error_chain(&error))));
        }
        from.unquoted.extend(reasons.clone());
        let quote = |(_, symbol): (Kind, Symbol)| {
            let absent = || {
                reasons
                    .remove(&symbol)
                    .unwrap_or_else(|| "not in the answer".to_owned())
            };
            (symbol.clone(), answer.items.remove(&symbol).ok_or_else(absent))
        };
        Ok(wanted.into_iter().map(quote).collect())
    }

    fn thirty_day_iv(
        &self,
        one: &Wanted,
        choice: Choice,
        rate: &Result<Sourced<f64>, String>,
        quotes: &Quotes,
        now: Timestamp,
    ) -> Result<Sourced<Vol>, String> {
        let today = time::new_york_date(now);
        let strikes = choice.expirations.iter().flat_map(|chosen| &chosen.listed.strikes);
        let options = strikes.flat_map(|at| [&at.call, &at.put]).flatten();
        let records: Vec<Record> = options
            .filter_map(|option| {
                let quote = quotes.get(&option.symbol)?;
                let instrument = chain::instrument(option, today)?;
                Some(self.option_record(&instrument, option, quote, now))
            })
            .collect();
        let report = chain::Report::of(one.symbol.clone(), choice, rate, &records, now);
        chain::thirty_day_iv(&report)
    }

    fn option_record(
        &self,
        instrument: &Instrument,
        option: &ListedOption,
        quote: &Result<MarketQuote, String>,
        now: Timestamp,
    ) -> Record {
        let subject = Subject {
            symbol: instrument.symbol(),
            kind: instrument.kind(),
            contract: Some(option.symbol.clone()),
            expiration: None,
            roll: None,
            streamer: option.streamer.clone(),
            asset_class: self.plan.default_asset_class.clone(),
        };
        let evidence = Evidence {
            rest_quote: Some(quote.clone()),
            ..Evidence::nothing(subject, "not listened to")
        };
        merge(&evidence, &Rules { now, ..self.rules() })
    }
}

impl FromOptions {
    fn refuse(&mut self, symbol: &Symbol, lacks_iv: bool, reason: &str) {
        self.withheld.insert(symbol.clone(), reason.to_owned());
        let attempt = Attempt {
            source: Source::Rest,
            reason: reason.to_owned(),
        };
        self.straddles.insert(symbol.clone(), Err(attempt));
        if lacks_iv {
            self.ivs.insert(symbol.clone(), Err(reason.to_owned()));
        }
    }

    /// Notes where REST gave no answer about one of `asked` for `symbol`.
    fn withhold(&mut self, symbol: &Symbol, mut asked: impl Iterator<Item = Symbol>) {
        if let Some(reason) = asked.find_map(|one| self.unquoted.get(&one).cloned()) {
            self.withheld.insert(symbol.clone(), reason);
        }
    }

    fn chain<'v>(
        &mut self,
        symbol: &Symbol,
        list: Result<Option<Cow<'v, Chain>>, tastytrade::Error>,
    ) -> Result<Cow<'v, Chain>, String> {
        match list {
            Ok(None) => Err("no options are listed on it".to_owned()),
            Ok(Some(chain)) => {
                damage(&chain, &mut self.errors);
                Ok(chain)
            }
            Err(error) => {
                record_error(&mut self.errors, "rest", error.code(), error_chain(&error));
                self.withheld.insert(symbol.clone(), error_chain(&error));
                Err(format!("the list of its options did not come: {}", error_chain(&error)))
            }
        }
    }
}

/// Whether nobody has an implied volatility of it now.
pub(super) fn lacks_iv(record: &Record) -> bool {
    record.source(Field::Iv).is_none_or(|source| source == Source::Store)
}

fn expirations(one: &Wanted, chain: Result<&Chain, String>, now: Timestamp) -> Expirations {
    let none = "no options are listed on it".to_owned();
    let found = chain.and_then(|chain| {
        let of = match (&one.instrument, one.prices.keys().next()) {
            (Instrument::Root(_), Some(contract)) => Some(Underlyings::From(contract.clone())),
            (instrument, _) => whose(instrument, chain, now),
        };
        Ok((of.ok_or(none)?, chain))
    });
    let root = one.instrument.root();
    let root = root.map_or_else(|| one.symbol.clone(), |root| Symbol(root.into()));
    let straddle = found.as_ref().map_err(Clone::clone);
    let straddle = straddle.and_then(|(of, chain)| chain::near_45_days(chain, &root, of, now));
    let terms = one.lacks_iv.then(|| {
        let (of, chain) = found.as_ref().map_err(Clone::clone)?;
        let around = chain::expirations(chain, &one.symbol, of, When::AroundThirtyDays, now);
        around.map_err(|error| error.to_string())
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
        let choose = |expirations, strikes| {
            chain::choose(expirations, prices, strikes, now, 1).map_err(|error| error.to_string())
        };
        Picked {
            straddle: self.straddle.and_then(|one| choose(vec![one], Strikes::EachSide(0))),
            terms: self.terms.map(|terms| choose(terms?, Strikes::EachSide(STRIKES))),
        }
    }
}

impl Picked {
    /// The options as REST is asked for them.
    fn options(&self) -> Vec<(Kind, Symbol)> {
        let choices = self.straddle.iter().chain(self.terms.iter().flatten());
        let listed = choices
            .flat_map(|choice| &choice.expirations)
            .map(|chosen| &chosen.listed);
        let options = listed.flat_map(|listed| {
            let kind = if listed.underlying.as_str().starts_with('/') {
                Kind::FutureOption
            } else {
                Kind::EquityOption
            };
            let options = listed.strikes.iter().flat_map(|at| [&at.call, &at.put]).flatten();
            options.map(move |option| (kind, option.symbol.clone()))
        });
        options.collect()
    }
}

/// Symbols whose chains and quotes are asked for before the next ones, where there is a deadline.
const WAVE: usize = 8;

const LATE: &str = "the deadline came first";

/// Strikes on each side of the price that a volatility at the money is taken from.
const STRIKES: u16 = 2;
