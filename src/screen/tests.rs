use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;

use super::fixture::{TODAY, dxlink, empty, future, rest, rules, share, volatility};
use super::gate::{first_failure, gates};
use super::signal::assess;
use super::sort::SortError;
use super::*;
use crate::instrument::{Kind, Symbol};
use crate::market::{Field, Missing, Record};
use crate::units::{Price, Rank, Vol};

#[test]
fn each_gate_passes_and_stops_at_its_published_boundary() {
    let priced = |price| share("X").with(Field::Price, dxlink(Price::new(price).unwrap(), "quote mid"));
    let ranked = |rank| share("X").with(Field::IvPercentile, rest(Rank::new(rank).unwrap(), ""));
    let rated = |rating| share("X").with(Field::LiquidityRating, rest(rating, ""));
    let structural = |ratio| share("X").with(Field::VrpStructural, rest(ratio, ""));
    let tactical = |ratio| share("X").with(Field::VrpTactical, rest(ratio, ""));
    let trending = |ratio| share("X").with(Field::Vtr, rest(ratio, ""));
    let table = [
        (structural(1.10), Some("VRP Structural: 1.10 <= 1.10")),
        (structural(0.33 / 0.3), Some("VRP Structural: 1.10 <= 1.10")),
        (structural(0.89), Some("VRP Structural: 0.89 <= 1.10")),
        (structural(1.101), None),
        (tactical(1.15), Some("VRP Tactical: 1.15 <= 1.15")),
        (tactical(1.07), Some("VRP Tactical: 1.07 <= 1.15")),
        (tactical(1.151), None),
        (trending(0.85), None),
        (trending(0.71), Some("Vol Momentum: 0.71 < 0.85")),
        (trending(0.8499), Some("Vol Momentum: 0.8499 < 0.8500")),
        (ranked(50.0), None),
        (ranked(13.7), Some("IV Percentile: 13.7 < 50.0")),
        (priced(25.0), None),
        (priced(20.15), Some("Retail Efficiency: price 20.15 < 25.00")),
        (priced(24.996), Some("Retail Efficiency: price 24.996 < 25.000")),
        (rated(4), None),
        (rated(3), Some("Liquidity: TT rating 3 < 4")),
    ];
    for (record, text) in table {
        let failure = first_failure(&record, &rules());
        assert_eq!(failure.as_ref().map(|failure| failure.text.as_str()), text);
    }
}

#[test]
fn what_is_missing_is_rejected_by_name() {
    let table = [
        (
            share("X").without(&[Field::Price]),
            "Data: missing price",
            "price missing",
        ),
        (
            share("X").without(&[Field::VrpStructural, Field::Hv90]),
            "VRP Structural: missing",
            "hv90 missing",
        ),
        (
            share("X").without(&[Field::VrpStructural, Field::Iv]),
            "VRP Structural: missing",
            "iv missing",
        ),
        (
            share("X").without(&[Field::IvPercentile]),
            "IV Percentile: missing",
            "iv_percentile missing",
        ),
        (
            share("X").without(&[Field::LiquidityRating]),
            "Liquidity: missing",
            "liquidity_rating missing",
        ),
        (
            share("X").without(&[Field::VrpTactical, Field::Hv30]),
            "VRP Tactical: missing IV/HV30",
            "hv30 missing",
        ),
    ];
    for (record, text, note) in table {
        let failure = first_failure(&record, &rules()).unwrap();
        assert_eq!(
            (failure.text.as_str(), failure.note.as_deref(), failure.value),
            (text, Some(note), None)
        );
    }
}

#[test]
fn futures_need_no_rating_and_have_no_price_floor_but_need_a_percentile() {
    let mut record = future("/6J", "/6JZ6", "/6JZ26:XCME");
    record.set(Field::Price, dxlink(Price::new(0.0068).unwrap(), "quote mid"));
    assert_eq!(first_failure(&record, &rules()), None);
    let record = record.without(&[Field::IvPercentile]);
    assert_eq!(first_failure(&record, &rules()).unwrap().text, "IV Percentile: missing");
}

#[test]
fn momentum_that_is_missing_passes() {
    let record = share("X").without(&[Field::Vtr]);
    assert_eq!(
        Gate::VolatilityMomentum.check(&record, &rules()).verdict,
        GateVerdict::NotApplied
    );
    assert_eq!(first_failure(&record, &rules()), None);
}

/// The rules of `balanced` with something changed.
fn with(change: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = rules();
    change(&mut rules);
    rules
}

/// A share whose straddle was quoted with so much slippage and yield, or in vain.
fn quoted(slippage: Option<f64>, straddle_yield: Option<f64>) -> Record {
    let lacks = |field, value: Option<f64>| value.is_none().then(|| in_vain(field));
    let priced = share("X")
        .with(Field::Slippage, slippage.and_then(|value| dxlink(value, "worse leg")))
        .with(Field::Yield, straddle_yield.and_then(|value| dxlink(value, "37 days")));
    Record {
        missing: [lacks(Field::Slippage, slippage), lacks(Field::Yield, straddle_yield)]
            .into_iter()
            .flatten()
            .collect(),
        ..priced
    }
}

fn in_vain(field: Field) -> Missing {
    Missing {
        field,
        tried: Vec::new(),
    }
}

#[test]
fn options_are_judged_by_slippage_and_yield_at_their_published_boundaries() {
    let unrated = |record: Record| record.without(&[Field::LiquidityRating]);
    let loose = with(|rules| rules.limits.retail_max_slippage = 2.0);
    let table = [
        (quoted(Some(0.05), Some(0.03)), rules(), None),
        (
            quoted(Some(0.0658), Some(0.08)),
            rules(),
            Some("Slippage: 6.58% > 5.00%"),
        ),
        (
            quoted(Some(0.050001), Some(0.08)),
            rules(),
            Some("Slippage: 5.0001% > 5.0000%"),
        ),
        (quoted(Some(0.02), Some(0.021)), rules(), Some("Yield: 2.10% < 3.00%")),
        (
            quoted(Some(0.02), None),
            rules(),
            Some("Yield: insufficient pricing data"),
        ),
        (quoted(None, None), rules(), Some("Yield: no option pricing available")),
        (
            quoted(Some(0.30), Some(0.08)),
            loose.clone(),
            Some("Liquidity: slippage 30.00% > 25.00%"),
        ),
        (quoted(Some(0.25), Some(0.08)), loose, None),
        (unrated(quoted(Some(0.02), Some(0.08))), rules(), None),
        (unrated(quoted(None, Some(0.08))), rules(), Some("Liquidity: missing")),
    ];
    for (record, rules, text) in table {
        let failure = first_failure(&record, &rules);
        assert_eq!(failure.as_ref().map(|failure| failure.text.as_str()), text);
    }
}

#[test]
fn options_that_nobody_asked_for_stop_nothing_and_say_so() {
    for gate in [Gate::Slippage, Gate::Yield] {
        let result = gate.check(&share("X"), &rules());
        assert_eq!(result.verdict, GateVerdict::NotApplied);
        assert_eq!(result.note.as_deref(), Some("its options were not asked for"));
    }
}

#[test]
fn options_are_asked_for_where_nothing_else_stops_the_symbol() {
    let cheap = volatility(share("X"), 0.60, 0.60);
    let unrated = share("X").without(&[Field::LiquidityRating]);
    let illiquid = share("X").with(Field::LiquidityRating, rest(3, ""));
    let off = with(|rules| {
        rules.limits.min_yield = 0.0;
        rules.limits.retail_max_slippage = 2.0;
    });
    assert!(wants_straddle(&share("X"), &rules()));
    assert!(wants_straddle(&unrated, &rules()));
    assert!(!wants_straddle(&cheap, &rules()));
    assert!(!wants_straddle(&illiquid, &rules()));
    assert!(!wants_straddle(&share("X"), &off));
}

#[test]
fn options_that_pay_and_are_tight_raise_the_score() {
    let scored = |slippage, straddle_yield| score(&quoted(slippage, straddle_yield), &rules()).unwrap();
    // Weights of 0.9; a point of yield counts 0.1 / 0.9, one of slippage half of 0.05 / 0.9.
    let asked_in_vain = scored(None, None);
    assert_eq!(score(&share("X"), &rules()), Some(85.0));
    assert!((asked_in_vain - 85.0 * 0.8 / 0.9).abs() <= 0.05);
    assert!((scored(None, Some(0.15)) - asked_in_vain - 100.0 * 0.1 / 0.9).abs() <= 0.1);
    assert!((scored(None, Some(0.09)) - asked_in_vain - 50.0 * 0.1 / 0.9).abs() <= 0.1);
    assert!((scored(Some(0.0), None) - asked_in_vain - 50.0 * 0.025 / 0.9).abs() <= 0.1);
    assert!((scored(Some(0.05), None) - asked_in_vain + 50.0 * 0.025 / 0.9).abs() <= 0.1);
}

#[test]
fn the_volatility_of_a_stand_in_costs_a_share_of_the_score() {
    let record = Record {
        notes: vec![crate::market::Note::IvProxy],
        ..share("X")
    };
    // 85.0 x 0.85.
    assert_eq!(score(&record, &rules()), Some(72.3));
}

#[test]
fn excluded_symbols_and_asset_classes_are_excluded() {
    let named = |name: &str| BTreeSet::from([Symbol(name.into())]);
    let classes = |name: &str| BTreeSet::from([name.to_owned()]);
    let es = future("/ES", "/ESZ6", "/ESZ26:XCME");
    let table = [
        (
            with(|rules| rules.choices.exclude_symbols = named("/ES")),
            Some("Excluded Symbol: /ES"),
        ),
        (
            with(|rules| rules.choices.exclude_symbols = named("/ESZ6")),
            Some("Excluded Symbol: /ES"),
        ),
        (with(|rules| rules.choices.exclude_symbols = named("ES")), None),
        (
            with(|rules| rules.choices.include_asset_classes = classes("equity")),
            Some("Asset Class: Index not in include list"),
        ),
        (
            with(|rules| rules.choices.include_asset_classes = classes("index")),
            None,
        ),
        (
            with(|rules| rules.choices.exclude_asset_classes = classes("INDEX")),
            Some("Asset Class: Index excluded"),
        ),
        (
            with(|rules| rules.choices.exclude_asset_classes = classes("Equity")),
            None,
        ),
    ];
    for (rules, text) in table {
        let failure = first_failure(&es, &rules);
        assert_eq!(failure.as_ref().map(|failure| failure.text.as_str()), text);
    }
}

#[test]
fn an_option_is_turned_away_as_an_option() {
    let record = empty(".SPY261218C600", Kind::EquityOption, "Equity");
    assert_eq!(first_failure(&record, &rules()).unwrap().gate, Gate::Kind);
}

#[test]
fn a_profile_without_percentile_and_liquidity_gates_asks_for_neither() {
    let rules = with(|rules| {
        rules.limits.min_iv_percentile = 0.0;
        rules.choices.allow_illiquid = true;
    });
    let record = share("X").without(&[Field::IvPercentile, Field::LiquidityRating]);
    assert_eq!(first_failure(&record, &rules), None);
    let rules = with(|rules| rules.limits.min_liquidity_rating = 3);
    assert_eq!(
        first_failure(&share("X").with(Field::LiquidityRating, rest(3, "")), &rules),
        None
    );
}

#[test]
fn explaining_asks_every_gate_and_agrees_with_screening() {
    let record = volatility(share("X"), 0.10, 0.40).with(Field::LiquidityRating, rest(1, ""));
    let results = gates(&record, &rules());
    let failed: Vec<_> = results
        .iter()
        .filter(|result| result.verdict == GateVerdict::Fail)
        .map(|result| result.text.as_str())
        .collect();
    assert_eq!(results.iter().map(|result| result.gate).collect::<Vec<_>>(), Gate::ALL);
    assert_eq!(
        failed,
        [
            "VRP Structural: 0.75 <= 1.10",
            "Vol Momentum: 0.25 < 0.85",
            "Liquidity: TT rating 1 < 4"
        ]
    );
    assert_eq!(
        first_failure(&record, &rules()).as_ref(),
        results.iter().find(|r| r.verdict == GateVerdict::Fail)
    );
}

#[test]
fn volatility_cheaper_than_realized_never_scores_as_rich() {
    let rich = volatility(share("RICH"), 0.20, 0.20);
    let cheap = volatility(share("CHEAP"), 0.60, 0.60);
    assert_eq!(score(&rich, &rules()), Some(85.0));
    assert_eq!(score(&cheap, &rules()), Some(16.3));
}

#[test]
fn the_score_is_the_published_mean_of_its_components() {
    let record = share("X").with(Field::Iv, rest(Vol::new(0.25).unwrap(), ""));
    let record = volatility(record, 0.21, 0.20);
    let structural = 50.0;
    let tactical = (0.25 / 0.21 - 1.0) * 200.0;
    let momentum = (1.05 - 0.85) / 0.35 * 100.0;
    let (percentile, retail) = (50.0, 75.0);
    let expected: f64 =
        (0.275 * structural + 0.275 * tactical + 0.1 * momentum + 0.1 * percentile + 0.05 * retail) / 0.8;
    assert!((score(&record, &rules()).unwrap() - expected).abs() <= 0.05);
}

#[test]
fn without_any_premium_there_is_no_score_and_no_signal() {
    let record = share("X").without(&[Field::VrpStructural, Field::VrpTactical]);
    let assessment = assess(&record, &rules(), TODAY);
    assert_eq!(
        (assessment.score, assessment.signal, assessment.vote),
        (None, None, None)
    );
}

#[test]
fn signals_follow_the_published_order() {
    let quiet =
        |iv: f64, hv30, hv90| volatility(share("X").with(Field::Iv, rest(Vol::new(iv).unwrap(), "")), hv30, hv90);
    let earning = |day| quiet(0.20, 0.20, 0.20).with(Field::EarningsDate, rest(day, ""));
    let table = [
        (earning(date(2026, 11, 20)), Signal::Event),
        (earning(date(2026, 11, 30)), Signal::Event),
        (earning(date(2026, 12, 1)), Signal::Fair),
        (earning(date(2026, 11, 19)), Signal::Fair),
        (
            quiet(0.2, 0.2, 0.2).with(Field::IvPercentile, rest(Rank::new(80.1).unwrap(), "")),
            Signal::Rich,
        ),
        (
            quiet(0.17, 0.20, 0.20).with(Field::IvPercentile, rest(Rank::new(95.0).unwrap(), "")),
            Signal::Discount,
        ),
        (quiet(0.242, 0.20, 0.25), Signal::Rich),
        (quiet(0.28, 0.25, 0.21), Signal::Rich),
        (quiet(0.10, 0.10, 0.20), Signal::CoiledSevere),
        (quiet(0.14, 0.14, 0.20), Signal::CoiledMild),
        (quiet(0.20, 0.27, 0.20), Signal::ExpandingSevere),
        (quiet(0.20, 0.24, 0.20), Signal::ExpandingMild),
        (quiet(0.17, 0.20, 0.20), Signal::Discount),
        (quiet(0.20, 0.20, 0.20), Signal::Fair),
    ];
    for (record, signal) in table {
        assert_eq!(assess(&record, &rules(), TODAY).signal, Some(signal));
    }
}

#[test]
fn the_ladder_of_votes_ends_at_lean_because_no_portfolio_is_known() {
    let votes = |hv30, hv90| assess(&volatility(share("X"), hv30, hv90), &rules(), TODAY).vote;
    assert_eq!(votes(0.20, 0.15), Some(Vote::Lean));
    assert_eq!(votes(0.28, 0.28), Some(Vote::Watch));
    assert_eq!(votes(0.14, 0.20), Some(Vote::Lean));
    assert_eq!(votes(0.11, 0.20), Some(Vote::AvoidCoiled));
}

#[test]
fn held_symbols_are_flagged_and_not_dropped() {
    let rules = with(|rules| {
        rules.choices.held_symbols =
            BTreeSet::from([Symbol("HOLD".into()), Symbol("/ESZ6".into()), Symbol("CHEAP".into())])
    });
    let mut scale = volatility(future("/ES", "/ESZ6", "/ESZ26:XCME"), 0.18, 0.20);
    scale.symbol = Symbol("/ES".into());
    let cheap = volatility(share("CHEAP"), 0.40, 0.40);
    let records = [share("HOLD"), scale, share("FREE"), cheap];
    let report = run(&records, &rules, TODAY);
    let seen = |symbol: &str| {
        report
            .screened
            .iter()
            .find(|s| s.record.symbol.as_str() == symbol)
            .unwrap()
    };
    assert_eq!(seen("HOLD").assessment.vote, Some(Vote::Hold));
    assert_eq!(seen("HOLD").assessment.flags, [Flag::Held, Flag::Rich]);
    assert_eq!(seen("/ES").assessment.vote, Some(Vote::Scale));
    assert_eq!(seen("/ES").assessment.flags, [Flag::Held, Flag::Rich, Flag::Scalable]);
    assert!(seen("HOLD").rank.is_some() && seen("/ES").rank.is_some());
    assert_eq!(seen("CHEAP").assessment.vote, Some(Vote::Hold));
    assert_eq!(seen("FREE").assessment.vote, Some(Vote::Lean));
}

#[test]
fn equal_scores_are_ordered_by_premium_then_by_symbol() {
    let records = [
        share("C"),
        share("A"),
        volatility(share("B"), 0.20, 0.19),
        volatility(share("Z"), 0.4, 0.4),
    ];
    let report = run(&records, &rules(), TODAY);
    let rows: Vec<_> = report
        .screened
        .iter()
        .map(|screened| (screened.record.symbol.as_str(), screened.rank))
        .collect();
    assert_eq!(rows, [("B", Some(1)), ("A", Some(2)), ("C", Some(3)), ("Z", None)]);
}

#[test]
fn rows_sort_by_any_column_with_the_missing_last_either_way() {
    let mut records = vec![share("A"), share("B"), share("C")];
    records[0].set(Field::Beta, rest(1.0, ""));
    records[2].set(Field::Beta, rest(2.0, ""));
    let report = run(&records, &rules(), TODAY);
    let symbols = |sort: &str, limit| {
        let view = View {
            sort: sort.parse().unwrap(),
            limit,
            all: false,
            unjudged: false,
        };
        report
            .rows(&view)
            .iter()
            .map(|row| row.record.symbol.to_string())
            .collect::<String>()
    };
    assert_eq!(symbols("beta", None), "CAB");
    assert_eq!(symbols("beta:asc", None), "ACB");
    assert_eq!(symbols("symbol:desc", None), "CBA");
    assert_eq!(symbols("rank", Some(2)), "AB");
}

#[test]
fn an_unknown_sort_key_names_the_nearest_one() {
    let error = "scoer".parse::<Sort>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown sort key \"scoer\"; the nearest one is \"score\""
    );
    assert_eq!(
        "score:up".parse::<Sort>().unwrap_err(),
        SortError::Direction("up".to_owned())
    );
}

#[test]
fn names_are_the_names_of_machine_output() {
    for field in Field::ALL {
        assert_eq!(serde_json::to_value(field).unwrap(), field.name());
    }
    for gate in Gate::ALL {
        assert_eq!(serde_json::to_value(gate).unwrap(), gate.name());
    }
    for signal in [Signal::CoiledSevere, Signal::ExpandingMild, Signal::Fair] {
        assert_eq!(serde_json::to_value(signal).unwrap(), signal.name());
    }
    for vote in [Vote::Scale, Vote::Hold, Vote::Lean, Vote::Watch, Vote::AvoidCoiled] {
        assert_eq!(serde_json::to_value(vote).unwrap(), vote.name());
    }
    for kind in [
        Kind::Equity,
        Kind::Index,
        Kind::Future,
        Kind::EquityOption,
        Kind::FutureOption,
        Kind::Crypto,
    ] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}

proptest! {
    #[test]
    fn the_same_records_in_any_order_give_the_same_report(
        values in prop::collection::vec((0.05f64..0.6, 0.05f64..0.6, 0i32..6, any::<bool>()), 1..12),
        seed in any::<u64>(),
    ) {
        let records: Vec<Record> = values.iter().enumerate().map(|(index, (hv30, hv90, rating, known))| {
            let mut record = volatility(share(&format!("S{index}")), (hv30 * 10.0).round() / 10.0 + 0.05, *hv90);
            record.set(Field::LiquidityRating, rest(*rating, ""));
            if *known { record } else { record.without(&[Field::Vtr]) }
        }).collect();
        let mut shuffled = records.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(run(&records, &rules(), TODAY), run(&shuffled, &rules(), TODAY));
    }

    #[test]
    fn scores_stay_between_0_and_100(iv in 0.0f64..5.0, hv30 in 0.0f64..5.0, hv90 in 0.01f64..5.0) {
        let record = volatility(share("X").with(Field::Iv, rest(Vol::new(iv).unwrap(), "")), hv30, hv90);
        let score = score(&record, &rules()).unwrap();
        prop_assert!((0.0..=100.0).contains(&score));
    }

    #[test]
    fn any_text_parses_as_a_sort_or_says_why(text in ".*") {
        let _ = text.parse::<Sort>();
    }
}
