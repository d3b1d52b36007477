//! Literal evidence for the tests of this room. It is Friday afternoon in New York.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::date;

use crate::dxlink::Trade;
use crate::instrument::{Instrument, Symbol};
use crate::market::{Evidence, Precedence, Reason, Record, Rules, Subject, VolRules, merge};
use crate::stream::{LastEvents, Received};
use crate::tastytrade::{MarketQuote, Metrics};
use crate::units::{Price, Vol};

pub(super) fn now() -> Timestamp {
    "2026-11-20T18:00:00Z".parse().unwrap()
}

pub(super) fn symbol(name: &str) -> Symbol {
    Symbol(name.into())
}

pub(super) fn instrument(name: &str) -> Instrument {
    Instrument::parse(name, date(2026, 11, 20)).unwrap()
}

pub(super) fn rules(now: Timestamp) -> Rules<'static> {
    static PRECEDENCE: LazyLock<Precedence> = LazyLock::new(Precedence::default);
    static VOL: VolRules = VolRules {
        hv_floor: 0.05,
        trading_days: 252.0,
        min_history: 60,
    };
    Rules {
        precedence: &PRECEDENCE,
        vol: &VOL,
        now,
    }
}

/// Of an instrument that nobody was asked about.
pub(super) fn nothing(name: &str) -> Evidence {
    let instrument = instrument(name);
    let subject = Subject {
        symbol: instrument.symbol(),
        kind: instrument.kind(),
        contract: None,
        expiration: None,
        roll: None,
        streamer: None,
        asset_class: "Equity".into(),
    };
    Evidence::nothing(subject, &Reason::NotAsked)
}

/// The same with a trade of `at`.
pub(super) fn traded(name: &str, at: Timestamp) -> Evidence {
    Evidence {
        streamed: Ok(trade(at)),
        ..nothing(name)
    }
}

pub(super) fn trade(at: Timestamp) -> LastEvents {
    let event = Trade {
        price: Some(100.0),
        time: Some(at.as_millisecond()),
        ..Trade::default()
    };
    LastEvents {
        trade: Some(Received {
            event,
            at,
            before_gap: false,
        }),
        ..LastEvents::default()
    }
}

pub(super) fn record(evidence: &Evidence) -> Record {
    merge(evidence, &rules(now()))
}

pub(super) fn metrics(name: &str, iv: Option<f64>) -> Metrics {
    Metrics {
        symbol: symbol(name),
        iv: iv.and_then(Vol::new),
        iv_change_5d: None,
        iv_rank: None,
        iv_percentile: None,
        hv30: None,
        hv60: None,
        hv90: None,
        terms: Vec::new(),
        liquidity_rating: None,
        beta: None,
        corr_spy: None,
        earnings: None,
        iv_updated_at: None,
        updated_at: None,
        unreadable: Vec::new(),
    }
}

pub(super) fn quote(name: &str) -> MarketQuote {
    MarketQuote {
        symbol: symbol(name),
        bid: Price::new(99.0),
        ask: Price::new(101.0),
        mark: None,
        last: None,
        open: None,
        high: None,
        low: None,
        prev_close: None,
        volume: None,
        open_interest: None,
        option_iv: None,
        delta: None,
        gamma: None,
        theta: None,
        vega: None,
        rho: None,
        updated_at: None,
    }
}
