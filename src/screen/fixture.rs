//! Records for tests, made by hand.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::{CommonRules, Given, Overrides, Profile, Rules, Weights};
use crate::instrument::{Kind, StreamerSymbol, Symbol};
use crate::market::{Field, FieldValue, Group, Record, Source, Sourced, Subject};
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
    record.set(Field::Price, dxlink(Price::new(100.0).unwrap(), "quote mid"));
    record.set(Field::Bid, dxlink(Price::new(99.9).unwrap(), "quote"));
    record.set(Field::Ask, dxlink(Price::new(100.1).unwrap(), "quote"));
    record.set(Field::Iv, rest(Vol::new(0.30).unwrap(), "30-day index"));
    record.set(Field::IvRank, rest(Rank::new(61.0).unwrap(), "tos range"));
    record.set(
        Field::IvPercentile,
        rest(Rank::new(75.0).unwrap(), "share of days below"),
    );
    record.set(Field::LiquidityRating, rest(4, "market metrics"));
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
    for field in [
        Field::Hv30,
        Field::Hv90,
        Field::VrpStructural,
        Field::VrpTactical,
        Field::Vtr,
    ] {
        let mut sourced = record.get(field).unwrap().clone();
        sourced.source = Source::DxlinkCandles;
        if field.spec().group == Group::Realized {
            sourced.method = "close-to-close".into();
        }
        record.set(field, Some(sourced));
    }
    record.without(&[Field::LiquidityRating])
}

/// `record` with other realized volatilities and the ratios that follow.
pub(crate) fn volatility(mut record: Record, hv30: f64, hv90: f64) -> Record {
    let iv = record.number(Field::Iv).unwrap();
    record.set(Field::Hv30, rest(Vol::new(hv30).unwrap(), "market metrics"));
    record.set(Field::Hv90, rest(Vol::new(hv90).unwrap(), "market metrics"));
    record.set(Field::VrpStructural, rest(iv / hv90.max(0.05), "iv / hv90"));
    record.set(Field::VrpTactical, rest(iv / hv30.max(0.05), "iv / hv30"));
    record.set(Field::Vtr, rest(hv30 / hv90, "hv30 / hv90"));
    record
}

impl Record {
    /// The same with this in `field`.
    pub(crate) fn with<T: Into<FieldValue>>(mut self, field: Field, value: Option<Sourced<T>>) -> Self {
        self.set(field, value);
        self
    }

    /// The same with nothing in `fields`.
    pub(crate) fn without(mut self, fields: &[Field]) -> Self {
        for field in fields {
            self.set::<FieldValue>(*field, None);
        }
        self
    }
}

/// A record that knows nothing but its name.
pub(crate) fn empty(symbol: &str, kind: Kind, asset_class: &str) -> Record {
    Record::new(&Subject {
        symbol: Symbol(symbol.into()),
        kind,
        contract: None,
        expiration: None,
        roll: None,
        streamer: Some(StreamerSymbol(symbol.into())),
        asset_class: asset_class.into(),
    })
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
