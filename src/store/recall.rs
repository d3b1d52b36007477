//! Reading what earlier runs left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};
use smol_str::{SmolStr, format_smolstr};

use super::error::Error;
use super::file::Store;
use super::keep::EventKind;
use super::{Reach, StoreSnapshot};
use crate::dxlink::{Candle, Candles};
use crate::instrument::{StreamerSymbol, Symbol};
use crate::market::{ActiveSpan, Field, Method, PastIv, StoredBars, StoredValue};
use crate::stream::LastEvents;
use crate::tastytrade::{Chain, FutureListing};
use crate::time::{self, day_id};
use crate::units::Vol;

impl Store {
    /// What is known about `symbols` and the futures `roots` behind them on the trading day of `now`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn recall(
        &self,
        symbols: &[Symbol],
        roots: &[Symbol],
        now: Timestamp,
        reach: Reach,
    ) -> Result<StoreSnapshot, Error> {
        let read = || -> rusqlite::Result<StoreSnapshot> {
            let connection = &self.connection;
            // One state of the file for everything, whatever other processes write meanwhile.
            let transaction = connection.unchecked_transaction()?;
            let mut memory = StoreSnapshot::default();
            let today = time::new_york_date(now);
            for symbol in symbols {
                let values = values(connection, symbol, reach.oldest)?;
                if !values.is_empty() {
                    memory.values.insert(symbol.clone(), values);
                }
                let ivs = ivs(connection, symbol, today)?;
                if !ivs.is_empty() {
                    memory.ivs.insert(symbol.clone(), ivs);
                }
                if was_listed(connection, symbol, today)? {
                    memory.listed_today.insert(symbol.clone());
                }
            }
            for asker in askers(symbols, roots) {
                if reach.events {
                    events(connection, &asker, reach.oldest, &mut memory.events)?;
                }
                bars(connection, &asker, reach.oldest, &mut memory.bars)?;
            }
            for root in roots {
                listings(connection, root, &mut memory.listings)?;
                let active_spans = active_spans(connection, root)?;
                if !active_spans.is_empty() {
                    memory.stood_for.insert(root.clone(), active_spans);
                }
            }
            if reach.chains {
                for symbol in symbols.iter().chain(roots) {
                    let chain = chain(connection, symbol, today)?;
                    memory.chains.extend(chain.map(|chain| (symbol.clone(), chain)));
                }
            }
            transaction.finish()?;
            Ok(memory)
        };
        read().map_err(|error| self.error(error))
    }

    /// The implied volatilities of `symbol` in the year before `session`, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ivs_before(&self, symbol: &Symbol, session: Date) -> Result<Vec<PastIv>, Error> {
        let mut ivs = ivs(&self.connection, symbol, session).map_err(|error| self.error(error))?;
        ivs.retain(|past| past.session < session);
        Ok(ivs)
    }
}

/// Ranges of the symbols that events and bars of `symbols` may have been asked for by last: a futures root and its
/// contracts have the same. That the range of a root's contracts may hold others too does no harm.
fn askers(symbols: &[Symbol], roots: &[Symbol]) -> BTreeSet<(SmolStr, SmolStr)> {
    let exact = symbols
        .iter()
        .chain(roots)
        .map(|symbol| (symbol.0.clone(), symbol.0.clone()));
    let contracts = roots
        .iter()
        .map(|root| (format_smolstr!("{root}A"), format_smolstr!("{root}Z9")));
    exact.chain(contracts).collect()
}

fn values(
    connection: &Connection,
    symbol: &Symbol,
    oldest: Timestamp,
) -> rusqlite::Result<BTreeMap<Field, StoredValue>> {
    let mut statement = connection.prepare_cached(
        "SELECT field.text, value, source.text, method.text, as_of FROM daily
         JOIN name symbol ON symbol.id = daily.symbol JOIN name field ON field.id = daily.field
         JOIN name source ON source.id = daily.source JOIN name method ON method.id = daily.method
         WHERE symbol.text = ?1 AND session >= ?2 AND as_of >= ?3 ORDER BY session",
    )?;
    let first = day_id(time::new_york_date(oldest)).saturating_sub(1);
    let mut rows = statement.query(params![symbol.as_str(), first, oldest.as_millisecond()])?;
    let mut values = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let Some(field) = Field::from_name(&name) else {
            continue;
        };
        let value = StoredValue {
            value: row.get(1)?,
            source: row.get(2)?,
            method: Method::parse(row.get_ref(3)?.as_str()?),
            as_of: moment(row.get(4)?),
        };
        values.insert(field, value);
    }
    Ok(values)
}

fn ivs(connection: &Connection, symbol: &Symbol, today: Date) -> rusqlite::Result<Vec<PastIv>> {
    let mut statement = connection.prepare_cached(
        "SELECT session, value, method.text FROM daily JOIN name method ON method.id = daily.method
         WHERE field = 1 AND symbol = (SELECT id FROM name WHERE text = ?1) AND session >= ?2 ORDER BY session",
    )?;
    let year_ago = day_id(today.saturating_sub(53.weeks()));
    let mut rows = statement.query(params![symbol.as_str(), year_ago])?;
    let mut ivs = Vec::new();
    while let Some(row) = rows.next()? {
        let (Some(session), Some(iv)) = (time::date_of_day_id(row.get(0)?), Vol::new(row.get(1)?)) else {
            continue;
        };
        let method = Method::parse(row.get_ref(2)?.as_str()?);
        ivs.push(PastIv { session, iv, method });
    }
    Ok(ivs)
}

fn events(
    connection: &Connection,
    (first, last): &(SmolStr, SmolStr),
    oldest: Timestamp,
    events: &mut BTreeMap<StreamerSymbol, LastEvents>,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("SELECT streamer, type, at, event FROM event WHERE symbol BETWEEN ?1 AND ?2 AND at >= ?3")?;
    let mut rows = statement.query(params![first.as_str(), last.as_str(), oldest.as_millisecond()])?;
    while let Some(row) = rows.next()? {
        let streamer = StreamerSymbol(text(row.get_ref(0)?.as_str()?));
        let Some(kind) = EventKind::from_name(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        let at = moment(row.get(2)?);
        let streamed = events.entry(streamer).or_default();
        if let Err(error) = kind.read(streamed, row.get_ref(3)?.as_str()?, at) {
            tracing::debug!(%error, "a kept event is unreadable");
        }
    }
    Ok(())
}

fn bars(
    connection: &Connection,
    (first, last): &(SmolStr, SmolStr),
    oldest: Timestamp,
    bars: &mut BTreeMap<SmolStr, StoredBars>,
) -> rusqlite::Result<()> {
    let mut series = connection.prepare_cached(
        "SELECT candle_symbol, id, at, cut, since FROM series WHERE symbol BETWEEN ?1 AND ?2 AND at >= ?3",
    )?;
    let mut found = series.query(params![first.as_str(), last.as_str(), oldest.as_millisecond()])?;
    while let Some(row) = found.next()? {
        let symbol = text(row.get_ref(0)?.as_str()?);
        if bars.contains_key(&symbol) {
            continue;
        }
        let id: i64 = row.get(1)?;
        let candles = Candles {
            symbol: symbol.clone(),
            bars: read_bars(connection, id)?,
            snipped: row.get(3)?,
        };
        let bars_of = StoredBars {
            candles,
            at: moment(row.get(2)?),
            since: row.get::<_, Option<i64>>(4)?.map(moment),
        };
        bars.insert(symbol, bars_of);
    }
    Ok(())
}

/// The bars of one series, oldest first.
pub(super) fn read_bars(connection: &Connection, series: i64) -> rusqlite::Result<Vec<Candle>> {
    let mut read = connection
        .prepare_cached("SELECT time, open, high, low, close, volume FROM bar WHERE series = ?1 ORDER BY time")?;
    let bars = read.query_map([series], |row| {
        let time: i64 = row.get(0)?;
        Ok(Candle {
            time,
            // As the feed packs it: seconds in the upper half.
            index: time.div_euclid(1000) << 32,
            open: row.get(1)?,
            high: row.get(2)?,
            low: row.get(3)?,
            close: row.get(4)?,
            volume: row.get(5)?,
        })
    })?;
    bars.collect()
}

fn was_listed(connection: &Connection, symbol: &Symbol, today: Date) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM listed WHERE symbol = ?1 AND day = ?2")?
        .exists(params![symbol.as_str(), day_id(today)])
}

fn listings(connection: &Connection, root: &Symbol, listings: &mut Vec<FutureListing>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT contract, root, streamer, active, active_month, next_active_month, closing_only, expiration, expires_at, months
         FROM listing WHERE root = ?1 ORDER BY contract",
    )?;
    let mut rows = statement.query([root.as_str()])?;
    while let Some(row) = rows.next()? {
        let Some(expiration) = time::date_of_day_id(row.get(7)?) else {
            continue;
        };
        listings.push(FutureListing {
            contract: Symbol(text(row.get_ref(0)?.as_str()?)),
            root: Symbol(text(row.get_ref(1)?.as_str()?)),
            streamer: StreamerSymbol(text(row.get_ref(2)?.as_str()?)),
            active: row.get(3)?,
            active_month: row.get(4)?,
            next_active_month: row.get(5)?,
            closing_only: row.get(6)?,
            expiration,
            expires_at: row.get::<_, Option<i64>>(8)?.map(moment),
            months: text(row.get_ref(9)?.as_str()?),
        });
    }
    Ok(())
}

/// What `root` stood for last, the newest first.
fn active_spans(connection: &Connection, root: &Symbol) -> rusqlite::Result<Vec<ActiveSpan>> {
    let mut statement = connection.prepare_cached(
        "SELECT contract, first_day, last_day FROM stood_for WHERE root = ?1 ORDER BY last_day DESC LIMIT 4",
    )?;
    let mut rows = statement.query([root.as_str()])?;
    let mut active_spans = Vec::new();
    while let Some(row) = rows.next()? {
        let days = time::date_of_day_id(row.get(1)?).zip(time::date_of_day_id(row.get(2)?));
        let Some((first, last)) = days else { continue };
        let contract = Symbol(text(row.get_ref(0)?.as_str()?));
        active_spans.push(ActiveSpan { contract, first, last });
    }
    Ok(active_spans)
}

fn chain(connection: &Connection, symbol: &Symbol, today: Date) -> rusqlite::Result<Option<Chain>> {
    let list: Option<String> = connection
        .prepare_cached("SELECT list FROM chain WHERE symbol = ?1 AND day = ?2")?
        .query_row(params![symbol.as_str(), day_id(today)], |row| row.get(0))
        .optional()?;
    let read = list.map(|list| serde_json::from_str(&list)).transpose();
    Ok(read.unwrap_or_else(|error| {
        tracing::debug!(%error, "a kept list of options is unreadable");
        None
    }))
}

fn text(text: &str) -> SmolStr {
    SmolStr::new(text)
}

/// A moment that was kept in milliseconds.
pub(super) fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MIN)
}
