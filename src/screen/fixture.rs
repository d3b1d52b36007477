//! Records for tests, made by hand.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::{CommonRules, Given, Overrides, Profile, Rules, Weights};
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::market::{Record, Source, Sourced};
use crate::units::{Price, Rank, Vol};

pub(crate) const TODAY: Date = date(2026, 11, 20);

/// The rules of `balanced`.
pub(crate) fn rules() -> Rules {
    let (common, typed) = (CommonRules::default(), Overrides::default());
    let [(name, profile), ..] = Profile::built_in();
    let given = Given {
        common: &common,
        profile: &profile,
        typed: &typed,
    };
    let floor = Vol::new(0.05).unwrap();
    Rules::of(name.to_owned(), &given, &Weights::default(), floor, TODAY).unwrap()
}

/// A liquid share at 100 with IV 30 %, HV30 20 %, HV90 20 %: it passes every gate of `balanced`.
pub(crate) fn share(symbol: &str) -> Record {
    let mut record = empty(symbol, Kind::Equity, "Equity");
    record.price = dxlink(Price::new(100.0).unwrap(), "quote mid");
    record.bid = dxlink(Price::new(99.9).unwrap(), "quote");
    record.ask = dxlink(Price::new(100.1).unwrap(), "quote");
    record.iv = rest(Vol::new(0.30).unwrap(), "30-day index");
    record.iv_rank = rest(Rank::new(61.0).unwrap(), "tos range");
    record.iv_percentile = rest(Rank::new(75.0).unwrap(), "share of days below");
    record.liquidity_rating = rest(4, "market metrics");
    volatility(record, 0.20, 0.20)
}

/// A future without ratings whose HV is from candles.
pub(crate) fn future(symbol: &str, contract: &str, streamer: &str) -> Record {
    let mut record = share(symbol);
    record.kind = Kind::Future;
    record.asset_class = "Index".into();
    record.contract = Some(Symbol(contract.into()));
    record.days_to_expiration = Some(28);
    record.streamer_symbol = Some(StreamerSymbol(streamer.into()));
    record.liquidity_rating = None;
    for volatility in [&mut record.hv30, &mut record.hv90].into_iter().flatten() {
        volatility.source = Source::DxlinkCandles;
        volatility.method = "close-to-close".into();
    }
    for ratio in [&mut record.vrp_structural, &mut record.vrp_tactical, &mut record.vtr]
        .into_iter()
        .flatten()
    {
        ratio.source = Source::DxlinkCandles;
    }
    record
}

/// `record` with other realized volatilities and the ratios that follow.
pub(crate) fn volatility(mut record: Record, hv30: f64, hv90: f64) -> Record {
    let iv = record.iv.as_ref().unwrap().value.get();
    record.hv30 = rest(Vol::new(hv30).unwrap(), "market metrics");
    record.hv90 = rest(Vol::new(hv90).unwrap(), "market metrics");
    record.vrp_structural = rest(iv / hv90.max(0.05), "iv / hv90");
    record.vrp_tactical = rest(iv / hv30.max(0.05), "iv / hv30");
    record.vtr = rest(hv30 / hv90, "hv30 / hv90");
    record
}

/// A record that knows nothing but its name.
pub(crate) fn empty(symbol: &str, kind: Kind, asset_class: &str) -> Record {
    Record {
        symbol: Symbol(symbol.into()),
        contract: None,
        days_to_expiration: None,
        roll: None,
        streamer_symbol: Some(StreamerSymbol(symbol.into())),
        kind,
        asset_class: asset_class.into(),
        price: None,
        bid: None,
        ask: None,
        last: None,
        prev_close: None,
        open: None,
        high: None,
        low: None,
        volume: None,
        iv: None,
        iv_rank: None,
        iv_percentile: None,
        iv_change_5d: None,
        hv30: None,
        hv90: None,
        liquidity_rating: None,
        beta: None,
        corr_spy: None,
        earnings_date: None,
        vrp_structural: None,
        vrp_tactical: None,
        vtr: None,
        slippage: None,
        straddle_yield: None,
        delta: None,
        gamma: None,
        theta: None,
        vega: None,
        rho: None,
        option_iv: None,
        open_interest: None,
        missing: Vec::new(),
        tried_before: Vec::new(),
        notes: Vec::new(),
        stale_seconds: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the record's fields are options")]
pub(crate) fn dxlink<T>(value: T, method: &'static str) -> Option<Sourced<T>> {
    Some(Sourced {
        value,
        source: Source::Dxlink,
        as_of: as_of(),
        method: method.into(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the record's fields are options")]
pub(crate) fn rest<T>(value: T, method: &'static str) -> Option<Sourced<T>> {
    Some(Sourced {
        value,
        source: Source::Rest,
        as_of: as_of(),
        method: method.into(),
    })
}

fn as_of() -> Timestamp {
    "2026-11-20T15:30:00.250Z".parse().unwrap()
}
