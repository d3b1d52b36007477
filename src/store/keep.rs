//! Writing what a run has learned, all of it or nothing.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::Error as Unreadable;

use super::StoreUpdate;
use super::error::Error;
use super::file::Store;
use super::recall::read_bars;
use crate::dxlink::{Candle, Candles};
use crate::market::{Field, Group, Method, Record, Source, StoredBars, market_of};
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{Chain, FutureListing};
use crate::time::{self, day_id};

/// One type of event, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Quote,
    Trade,
    TradeEth,
    Summary,
    Greeks,
}

impl EventKind {
    const ALL: [Self; 5] = [Self::Quote, Self::Trade, Self::TradeEth, Self::Summary, Self::Greeks];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Quote => "Quote",
            Self::Trade => "Trade",
            Self::TradeEth => "TradeETH",
            Self::Summary => "Summary",
            Self::Greeks => "Greeks",
        }
    }

    /// The event of this kind in `streamed` and when it was heard.
    fn write(self, streamed: &LastEvents) -> Option<(Timestamp, Result<String, Unreadable>)> {
        fn of<T: serde::Serialize>(heard: Option<&Received<T>>) -> Option<(Timestamp, Result<String, Unreadable>)> {
            heard.map(|heard| (heard.at, serde_json::to_string(&heard.event)))
        }
        match self {
            Self::Quote => of(streamed.quote.as_ref()),
            Self::Trade => of(streamed.trade.as_ref()),
            Self::TradeEth => of(streamed.trade_eth.as_ref()),
            Self::Summary => of(streamed.summary.as_ref()),
            Self::Greeks => of(streamed.greeks.as_ref()),
        }
    }

    /// Puts the event that `text` holds into `streamed`.
    pub(super) fn read(self, streamed: &mut LastEvents, text: &str, at: Timestamp) -> Result<(), Unreadable> {
        fn heard<T: serde::de::DeserializeOwned>(text: &str, at: Timestamp) -> Result<Option<Received<T>>, Unreadable> {
            let event = serde_json::from_str(text)?;
            Ok(Some(Received {
                event,
                at,
                before_gap: false,
            }))
        }
        match self {
            Self::Quote => streamed.quote = heard(text, at)?,
            Self::Trade => streamed.trade = heard(text, at)?,
            Self::TradeEth => streamed.trade_eth = heard(text, at)?,
            Self::Summary => streamed.summary = heard(text, at)?,
            Self::Greeks => streamed.greeks = heard(text, at)?,
        }
        Ok(())
    }
}

impl Store {
    /// Keeps the live values of `records` under the session of `now`, and what else was learned. Of two runs at once the
    /// later values stay. Nothing that came from the store itself is written again.
    ///
    /// # Errors
    /// The file cannot be written; nothing of it was kept then.
    pub fn keep(&mut self, records: &[Record], learned: &StoreUpdate, now: Timestamp) -> Result<(), Error> {
        let path = self.path.clone();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut names = Names::default();
            for record in records {
                keep_record(&transaction, &mut names, record, now)?;
            }
            for (symbol, streamer, streamed) in &learned.events {
                keep_events(&transaction, symbol.as_str(), streamer.as_str(), streamed)?;
            }
            for (candle_symbol, (symbol, bars)) in &learned.bars {
                keep_bars(&transaction, symbol.as_str(), candle_symbol, bars)?;
            }
            for root in &learned.listed {
                // What is not listed any more must not come back with the flags it had.
                transaction
                    .prepare_cached("DELETE FROM listing WHERE root = ?1")?
                    .execute([root.as_str()])?;
            }
            for listing in &learned.listings {
                keep_listing(&transaction, listing)?;
            }
            let today = day_id(time::new_york_date(now));
            for (root, contract) in &learned.stands_for {
                transaction
                    .prepare_cached(
                        "INSERT INTO stood_for VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET
                         first_day = min(first_day, excluded.first_day), last_day = max(last_day, excluded.last_day)",
                    )?
                    .execute(params![root.as_str(), contract.as_str(), today])?;
            }
            for symbol in &learned.listed {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO listed VALUES (?1, ?2)")?
                    .execute(params![symbol.as_str(), today])?;
            }
            for (symbol, chain) in &learned.chains {
                keep_chain(&transaction, symbol.as_str(), today, chain)?;
            }
            transaction.commit()
        };
        write().map_err(|source| Error::Sqlite { path, source })
    }
}

fn keep_record(connection: &Connection, names: &mut Names, record: &Record, now: Timestamp) -> rusqlite::Result<()> {
    let market = market_of(record.kind);
    let session = day_id(time::session_of(market, now));
    let closed = time::session_close(market, time::last_closed_session(market, now));
    let kept = record.values().iter().filter(|(field, _)| field.spec().kept.is_some());
    for (field, read) in kept {
        let source = match (read.source, field.spec().group) {
            // Computed in this run, of bars that an earlier one has kept.
            (Source::Store, Group::Realized)
                if matches!(read.method, Method::CloseToClose { .. })
                    && closed.is_some_and(|close| read.as_of >= close) =>
            {
                Source::DxlinkCandles
            }
            (Source::Store, _) => continue,
            (source, _) => source,
        };
        put_value(
            connection,
            names,
            record.symbol.as_str(),
            session,
            &Entered {
                field,
                value: read.value.kept(),
                source: source.name(),
                method: &read.method.to_string(),
                as_of: read.as_of,
            },
        )?;
    }
    Ok(())
}

/// A value on its way into the file.
pub(super) struct Entered<'a> {
    pub(super) field: Field,
    pub(super) value: f64,
    pub(super) source: &'a str,
    pub(super) method: &'a str,
    pub(super) as_of: Timestamp,
}

/// Puts one value in its place; an older one never replaces a newer one.
pub(super) fn put_value(
    connection: &Connection,
    names: &mut Names,
    symbol: &str,
    session: i32,
    entered: &Entered<'_>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO daily VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
             value = excluded.value, source = excluded.source, method = excluded.method, as_of = excluded.as_of
             WHERE excluded.as_of >= as_of",
        )?
        .execute(params![
            names.id(connection, symbol)?,
            session,
            names.id(connection, entered.field.name())?,
            entered.value,
            names.id(connection, entered.source)?,
            names.id(connection, entered.method)?,
            entered.as_of.as_millisecond(),
        ])?;
    Ok(())
}

fn keep_events(connection: &Connection, symbol: &str, streamer: &str, streamed: &LastEvents) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
         symbol = excluded.symbol, at = excluded.at, event = excluded.event WHERE excluded.at >= at",
    )?;
    for kind in EventKind::ALL {
        match kind.write(streamed) {
            Some((at, Ok(event))) => {
                put.execute(params![streamer, kind.name(), symbol, at.as_millisecond(), event])?;
            }
            Some((_, Err(error))) => tracing::debug!(%error, "an event cannot be kept"),
            None => {}
        }
    }
    Ok(())
}

/// What is noted of a series of bars.
struct Series {
    id: i64,
    at: i64,
    cut: bool,
    since: Option<i64>,
}

/// A history replaces the one before it whole, for a split changes all of it; of a longer one that it continues, the older
/// bars stay.
fn keep_bars(connection: &Connection, symbol: &str, candle_symbol: &str, kept: &StoredBars) -> rusqlite::Result<()> {
    let at = kept.at.as_millisecond();
    let known: Option<Series> = connection
        .prepare_cached("SELECT id, at, cut, since FROM series WHERE candle_symbol = ?1")?
        .query_row([candle_symbol], |row| {
            Ok(Series {
                id: row.get(0)?,
                at: row.get(1)?,
                cut: row.get(2)?,
                since: row.get(3)?,
            })
        })
        .optional()?;
    let mut series = Series {
        id: 0,
        at,
        cut: kept.candles.snipped,
        since: kept.since.map(Timestamp::as_millisecond),
    };
    let mut from = i64::MIN;
    match known {
        Some(known) if known.at > at => return Ok(()),
        Some(known) => {
            series.id = known.id;
            let bars = read_bars(connection, known.id)?;
            // That nothing came says nothing about what came before.
            if kept.candles.bars.is_empty() && !bars.is_empty() {
                return Ok(());
            }
            if let Some((begin, cut)) = continued(bars, &kept.candles, known.cut) {
                from = begin;
                series.cut = cut;
                series.since = [known.since, series.since].into_iter().flatten().min();
            }
        }
        None => {
            let free = "SELECT coalesce(max(id), 0) + 1 FROM series";
            series.id = connection.query_row(free, [], |row| row.get(0))?;
        }
    }
    let Series { id, cut, since, .. } = series;
    connection
        .prepare_cached("INSERT OR REPLACE INTO series VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![candle_symbol, id, symbol, at, cut, since])?;
    connection
        .prepare_cached("DELETE FROM bar WHERE series = ?1 AND time >= ?2")?
        .execute([id, from])?;
    let mut put = connection.prepare_cached("INSERT OR REPLACE INTO bar VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for bar in &kept.candles.bars {
        put.execute(params![
            id, bar.time, bar.open, bar.high, bar.low, bar.close, bar.volume
        ])?;
    }
    Ok(())
}

/// Where `fresh` bars begin that continue the longer history of `bars`, `cut` or not, and whether the feed cut the whole.
fn continued(bars: Vec<Candle>, fresh: &Candles, cut: bool) -> Option<(i64, bool)> {
    let begin = fresh.bars.first()?.time;
    let known = Candles {
        symbol: fresh.symbol.clone(),
        bars,
        snipped: cut,
    };
    let is_longer = known.bars.first().is_some_and(|first| first.time < begin);
    let joined = known.continued_by(fresh).filter(|_| is_longer)?;
    Some((begin, joined.snipped))
}

fn keep_listing(connection: &Connection, listing: &FutureListing) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO listing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![
            listing.contract.as_str(),
            listing.root.as_str(),
            listing.streamer.as_str(),
            listing.active,
            listing.active_month,
            listing.next_active_month,
            listing.closing_only,
            day_id(listing.expiration),
            listing.expires_at.map(Timestamp::as_millisecond),
            listing.months.as_str(),
        ])?;
    Ok(())
}

/// Lists of other days are of no use and take room.
fn keep_chain(connection: &Connection, symbol: &str, today: i32, chain: &Chain) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM chain WHERE day < ?1")?
        .execute([today])?;
    match serde_json::to_string(chain) {
        Ok(list) => {
            connection
                .prepare_cached("INSERT OR REPLACE INTO chain VALUES (?1, ?2, ?3)")?
                .execute(params![symbol, today, list])?;
        }
        Err(error) => tracing::debug!(%error, "a list of options cannot be kept"),
    }
    Ok(())
}

/// Numbers of the texts used so far.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, i64>);

impl Names {
    fn id(&mut self, connection: &Connection, text: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.0.get(text) {
            return Ok(*id);
        }
        connection
            .prepare_cached("INSERT OR IGNORE INTO name (text) VALUES (?1)")?
            .execute([text])?;
        let id = connection
            .prepare_cached("SELECT id FROM name WHERE text = ?1")?
            .query_row([text], |row| row.get(0))?;
        self.0.insert(text.to_owned(), id);
        Ok(id)
    }
}
