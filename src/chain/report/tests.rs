use super::*;
use crate::chain::fixtures::{expiration, now, symbol};
use crate::chain::{ChainQuery, Strikes, Underlyings, When, choose, expirations};
use crate::dxlink;
use crate::instrument::{Kind, StreamerSymbol};
use crate::market::{Evidence, Field, Precedence, Reason, Rules, Subject, VolRules, merge};
use crate::stream::{LastEvents, Received};
use crate::tastytrade::Chain;

const SPOT: f64 = 100.0;
const VOL: f64 = 0.2;

fn published() -> Result<Sourced<f64>, Reason> {
    Ok(Sourced {
        value: 0.04,
        source: Source::Rest,
        as_of: now(),
        method: "tastytrade's risk-free rate".into(),
    })
}

/// A chain on `X` at 100 with a strike a unit, and of each option the quote around its value at 20 %, without Greeks.
struct Market {
    choice: Choice,
    rate: f64,
    kind: Kind,
    quotes: Vec<(ListedOption, Right, f64, Timestamp)>,
}

impl Market {
    fn new(dates: &[&str], each_side: u16, rate: f64) -> Self {
        let listed = dates.iter().map(|date| ListedExpirationOf(date).build()).collect();
        let chain = Chain {
            expirations: listed,
            ..Chain::default()
        };
        let wish = ChainQuery {
            when: When::AroundThirtyDays,
            strikes: Strikes::EachSide(each_side),
        };
        let chosen = expirations(&chain, &symbol("X"), &Underlyings::All, wish.when, now()).unwrap();
        let choice = choose(chosen, &[(symbol("X"), SPOT)].into(), wish.strikes, now(), 4).unwrap();
        let quotes = choice.expirations.iter().flat_map(|chosen| {
            chosen.listed.strikes.iter().flat_map(|at| {
                let strike = at.strike.get();
                let sides = [
                    (at.call.clone().unwrap(), Right::Call),
                    (at.put.clone().unwrap(), Right::Put),
                ];
                sides.map(|(option, right)| (option, right, strike, chosen.expires_at))
            })
        });
        Self {
            quotes: quotes.collect(),
            choice,
            rate,
            kind: Kind::Equity,
        }
    }

    /// The report, each quote of `(bid, ask)` changed by `change`, which may also take an option's side away.
    fn report(&self, rate: &Result<Sourced<f64>, Reason>, change: impl Fn(Right, f64, &mut dxlink::Quote)) -> Report {
        let records = self.records(change);
        Report::of(symbol("X"), self.choice.clone(), rate, &records, now())
    }

    fn records(&self, change: impl Fn(Right, f64, &mut dxlink::Quote)) -> Vec<Record> {
        let mut records = vec![record(symbol("X"), self.kind, quoted(SPOT - 0.01, SPOT + 0.01))];
        let exercise = if self.kind == Kind::Equity {
            Exercise::American { spot: None }
        } else {
            Exercise::European
        };
        for (option, right, strike, end) in &self.quotes {
            let years = end.duration_since(now()).as_secs_f64() / SECONDS_OF_A_YEAR;
            let ground = Ground {
                underlying: crate::vol::black::Underlying::Spot {
                    price: SPOT,
                    dividend_yield: 0.0,
                },
                years,
                rate: self.rate,
                exercise,
            };
            let price = ground.greeks(*right, *strike, Vol::new(VOL).unwrap()).unwrap().price;
            let mut quote = quoted((price - 0.01).max(0.0), price + 0.01);
            change(*right, *strike, &mut quote);
            let instrument = instrument(option, now_date()).unwrap();
            records.push(record(instrument.symbol(), Kind::EquityOption, quote));
        }
        records
    }
}

struct ListedExpirationOf<'a>(&'a str);

impl ListedExpirationOf<'_> {
    /// With the spelling of real options, which the feed's symbols must have.
    fn build(&self) -> crate::tastytrade::ListedExpiration {
        let mut listed = expiration("X", "X", self.0, 60, 81);
        let day = listed.date.strftime("%y%m%d").to_string();
        for at in &mut listed.strikes {
            let strike = at.strike.get();
            for (side, option) in [("C", &mut at.call), ("P", &mut at.put)] {
                option.as_mut().unwrap().streamer = Some(StreamerSymbol(format!(".X{day}{side}{strike}").into()));
            }
        }
        listed
    }
}

fn now_date() -> Date {
    time::new_york_date(now())
}

fn quoted(bid: f64, ask: f64) -> dxlink::Quote {
    dxlink::Quote {
        bid: Some(bid),
        ask: Some(ask),
        bid_time: Some(now().as_millisecond()),
        ..dxlink::Quote::default()
    }
}

fn record(symbol: Symbol, kind: Kind, quote: dxlink::Quote) -> Record {
    let subject = Subject {
        symbol,
        kind,
        contract: None,
        expiration: None,
        roll: None,
        streamer: None,
        asset_class: "Equity".into(),
    };
    let streamed = LastEvents {
        quote: Some(Received {
            event: quote,
            at: now(),
            before_gap: false,
        }),
        silence: Some("no event: the feed was silent".to_owned()),
        ..LastEvents::default()
    };
    let evidence = Evidence {
        streamed: Ok(streamed),
        ..Evidence::nothing(subject, &"not asked".into())
    };
    let vol = VolRules {
        hv_floor: 0.05,
        trading_days: 252.0,
        min_history: 60,
    };
    let rules = Rules {
        precedence: &Precedence::default(),
        vol: &vol,
        now: now(),
    };
    merge(&evidence, &rules)
}

fn close(value: f64, expected: f64, tolerance: f64) -> bool {
    (value - expected).abs() <= tolerance
}

#[test]
fn without_greeks_of_the_feed_the_model_gives_back_what_the_quotes_were_made_with_and_says_so() {
    let report = Market::new(&["2026-12-18"], 10, 0.04).report(&published(), |_, _, _| {});
    let only = &report.expirations[0];
    assert!(close(only.forward.as_ref().unwrap().price, 100.307, 1e-3));
    assert!(close(only.atm_iv.as_ref().unwrap().value.get(), VOL, 1e-5));
    for line in &only.strikes {
        for (right, option) in [(Right::Call, &line.call), (Right::Put, &line.put)] {
            let record = &option.as_ref().unwrap().record;
            let iv = record.option_iv().unwrap();
            assert_eq!(iv.source, Source::Model);
            assert_eq!(
                iv.method,
                "implied-vol on the parity forward, American exercise, no dividends known"
            );
            assert!(close(iv.value.get(), VOL, 1e-5), "{:?} {}", right, line.strike.get());
            let delta = record.delta().unwrap();
            assert_eq!(delta.source, Source::Model);
            assert_eq!(delta.value > 0.0, right == Right::Call);
            let tried = &record
                .tried_before
                .iter()
                .find(|passed| passed.field == Field::OptionIv)
                .unwrap()
                .tried;
            assert_eq!(tried[0].source, Source::Dxlink);
            assert!(record.missing.iter().all(|missing| missing.field != Field::Delta));
            assert_eq!(
                option.as_ref().unwrap().check,
                None,
                "there is nothing of the feed to check"
            );
        }
    }
    assert_eq!(only.check, None);
}

#[test]
fn puts_of_an_index_are_not_read_with_early_exercise() {
    let mut market = Market::new(&["2026-12-18"], 10, 0.04);
    market.kind = Kind::Index;
    let report = market.report(&published(), |_, _, _| {});
    let at = report.expirations[0].atm_iv.as_ref().unwrap();
    assert_eq!(at.method, "at the money, implied-vol on the parity forward");
    assert!(close(at.value.get(), VOL, 1e-5));
}

#[test]
fn a_spot_of_another_moment_moves_no_volatility_of_a_share_by_much() {
    let market = Market::new(&["2026-12-18"], 10, 0.04);
    let at = |spot: f64| {
        let mut records = market.records(|_, _, _| {});
        records[0] = record(symbol("X"), Kind::Equity, quoted(spot - 0.01, spot + 0.01));
        let report = Report::of(symbol("X"), market.choice.clone(), &published(), &records, now());
        report.expirations[0].atm_iv.as_ref().unwrap().value.get()
    };
    for spot in [95.0, 105.0] {
        assert!(close(at(spot), VOL, 2e-3), "{spot}: {}", at(spot));
    }
}

#[test]
fn a_strike_whose_option_out_of_the_money_is_quoted_on_one_side_has_no_volatility_and_a_reason() {
    let report = Market::new(&["2026-12-18"], 10, 0.04).report(&published(), |right, strike, quote| {
        if right == Right::Put && close(strike, 95.0, 0.1) {
            quote.bid = Some(0.0);
        }
    });
    let line = report.expirations[0]
        .strikes
        .iter()
        .find(|line| close(line.strike.get(), 95.0, 0.1));
    let line = line.unwrap();
    let reason = "the put of this strike has no two-sided quote";
    assert_eq!(line.model_iv, Err(Reason::OneSided("put")));
    let call = &line.call.as_ref().unwrap().record;
    let missing = call
        .missing
        .iter()
        .find(|missing| missing.field == Field::OptionIv)
        .unwrap();
    let last = missing.tried.last().unwrap();
    assert_eq!((last.source, last.reason.to_string().as_str()), (Source::Model, reason));
}

#[test]
fn without_a_published_rate_put_call_parity_gives_it_by_name_and_without_either_nothing_is_computed() {
    let unpublished = Err(Reason::told("HTTP 503"));
    let mut market = Market::new(&["2026-12-18"], 10, 0.04);
    market.kind = Kind::Index;
    let report = market.report(&unpublished, |_, _, _| {});
    let rate = report.expirations[0].rate.as_ref().unwrap();
    assert_eq!(rate.source, Source::Model);
    assert!(close(rate.value, 0.04, 1e-6), "{}", rate.value);
    let one_sided = market.report(&unpublished, |right, _, quote| {
        if right == Right::Call {
            quote.bid = None;
        }
    });
    let only = &one_sided.expirations[0];
    let reason = only.atm_iv.as_ref().unwrap_err();
    let words = reason.to_string();
    assert!(
        words.contains("HTTP 503") && words.contains("fewer than three strikes"),
        "{words}"
    );
    assert_eq!(only.forward.as_ref().unwrap_err(), reason);
}

#[test]
fn options_that_ended_before_their_quote_have_no_numbers() {
    let mut market = Market::new(&["2026-12-18"], 3, 0.04);
    market.choice.expirations[0].expires_at = now();
    let report = market.report(&published(), |_, _, _| {});
    assert_eq!(
        report.expirations[0].straddle.as_ref().unwrap_err(),
        "0 minutes to expiry"
    );
}

#[test]
fn thirty_days_lie_between_two_expirations_and_nothing_is_extrapolated() {
    let both = Market::new(&["2026-12-18", "2027-01-15"], 10, 0.04).report(&published(), |_, _, _| {});
    let iv = thirty_day_iv(&both).unwrap();
    assert!(close(iv.value.get(), VOL, 1e-3));
    assert_eq!(
        (iv.source, iv.method.to_string().as_str()),
        (Source::Model, "30-day at the money, own option chain")
    );
    assert!(close(both.thirty_day.slope.unwrap(), 0.0, 1e-3));
    let near = Market::new(&["2026-12-18"], 10, 0.04).report(&published(), |_, _, _| {});
    assert!(
        thirty_day_iv(&near)
            .unwrap_err()
            .to_string()
            .contains("between two expirations")
    );
}

#[test]
fn a_strip_counts_only_when_it_ends_where_the_market_ends() {
    let dates = ["2026-12-18", "2027-01-15"];
    let cut = Market::new(&dates, 10, 0.04).report(&published(), |_, _, _| {});
    assert!(
        cut.expirations[0]
            .strip
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("--strikes")
    );
    assert!(cut.thirty_day.model_free.is_err());
    let whole = Market::new(&dates, 40, 0.04).report(&published(), |_, _, _| {});
    let vol = whole.thirty_day.model_free.as_ref().unwrap();
    assert!(close(vol.get(), VOL, 5e-3), "{}", vol.get());
}

#[test]
fn the_skew_needs_a_delta_of_a_quarter_on_both_sides() {
    let skewed = |each_side| {
        let report = Market::new(&["2026-12-18"], each_side, 0.04).report(&published(), |_, _, _| {});
        report.expirations[0].skew.clone()
    };
    assert!(close(skewed(10).unwrap().risk_reversal, 0.0, 2e-3));
    assert!(skewed(2).unwrap_err().to_string().contains("25 %"));
}
