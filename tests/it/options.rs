//! What options say about their underlyings in a screen, and whom it costs a request.

use serde_json::{Value, json};

use crate::run::{Run, row, venue};

fn chains(paths: impl IntoIterator<Item = String>) -> Vec<String> {
    let of_chain = |path: &String| path.ends_with("/nested");
    paths.into_iter().filter(of_chain).collect()
}

#[test]
fn only_symbols_that_pass_every_cheaper_gate_cost_an_option_chain() {
    let venue = venue();
    let symbols = "SPY,QQQ,XOM,AAPL,TLT,KO,/CL,/GC";
    let document = Run::at(&venue, &format!("screen --all --symbols {symbols}")).document();
    let paths = chains(venue.tally().unwrap().rest_paths.into_keys());
    let rows = document["rows"].as_array().unwrap();
    let (asked, spared): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| !row["slippage"].is_null());
    assert!(
        asked.len() >= 2 && spared.len() >= 2,
        "{} of {}",
        asked.len(),
        rows.len()
    );
    assert_eq!(paths.len(), asked.len(), "{paths:?}");
    for row in asked {
        assert!(row["yield"].as_f64().unwrap() > 0.0, "{row}");
        let origin = &row["provenance"]["yield"];
        assert_eq!(origin["source"], "rest");
        assert!(origin["method"].as_str().unwrap().contains("straddle of "), "{origin}");
    }
    for row in spared {
        assert!(
            row["missing"]["slippage"].is_null() && row["missing"]["yield"].is_null(),
            "{row}"
        );
        assert!(!row["rejected"].is_null(), "{row}");
    }
}

#[test]
fn the_limits_of_slippage_and_yield_can_be_given_in_percent() {
    let rejected = |flag: &str, value: &str| {
        let document = Run::demo("screen --symbols SPY --all").args([flag, value]).document();
        row(&document, "SPY")["rejected"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(rejected("--max-slippage", "0.05"), "");
    assert!(rejected("--max-slippage", "1%").ends_with("% > 1.00%"));
    assert!(rejected("--min-yield", "2").ends_with("% < 200.00%"));
    Run::demo("screen --symbols SPY --min-yield 3").answer().ended(2);
}

#[test]
fn nobody_is_asked_for_options_where_no_gate_wants_them_or_none_are_allowed() {
    for (flags, most) in [("--max-slippage 2 --min-yield 0", 40), ("", 0)] {
        let venue = venue();
        let config = json!({"screener": {"max_chains": most}});
        let document = Run::configured_at(&venue, &format!("screen --symbols SPY {flags}"), config).document();
        assert!(chains(venue.tally().unwrap().rest_paths.into_keys()).is_empty());
        assert!(row(&document, "SPY")["slippage"].is_null());
    }
}

#[test]
fn a_symbol_beyond_the_most_chains_says_so_and_does_not_pass() {
    let venue = venue();
    let config = json!({"screener": {"max_chains": 1}});
    let document = Run::configured_at(&venue, "screen --all --symbols SPY,QQQ", config).document();
    assert_eq!(chains(venue.tally().unwrap().rest_paths.into_keys()).len(), 1);
    let beyond = row(&document, "SPY");
    assert_eq!(beyond["rejected"], "Yield: no option pricing available");
    assert_eq!(
        beyond["missing"]["yield"][0]["reason"],
        "not asked: screener.max_chains is 1"
    );
}

#[test]
fn a_chain_that_does_not_come_stops_the_symbol_with_the_reason() {
    let document = Run::demo("screen --all --symbols SPY,TLT")
        .args(["--fault", "rest /option-chains/SPY/nested: status 404"])
        .document();
    let spy = row(&document, "SPY");
    assert_eq!(spy["rejected"], "Yield: no option pricing available");
    assert_eq!(spy["missing"]["yield"][0]["reason"], "no options are listed on it");
    assert_eq!(document["coverage"]["ratio"], 1.0);
}

#[test]
fn a_symbol_without_an_index_gets_the_volatility_of_its_own_options() {
    for symbol in ["SPY", "/ES"] {
        let screened = Run::demo(&format!("screen --all --symbols {symbol}"))
            .args(["--fault", "metrics: drop iv"])
            .document();
        let row = row(&screened, symbol);
        let origin = &row["provenance"]["iv"];
        assert_eq!(origin["source"], "model", "{row}");
        assert_eq!(origin["tried"][0]["source"], "rest");
        let chain = Run::demo(&format!("chain {symbol}")).document();
        let of_chain = chain["chain"]["thirty_day"]["atm_iv"].as_f64().unwrap();
        let iv = row["iv"].as_f64().unwrap();
        assert!((iv - of_chain).abs() < 1e-6, "{symbol}: {iv} and {of_chain}");
        assert!(!row["vrp_structural"].is_null());
    }
}

#[test]
fn explain_asks_for_the_options_of_everybody_named() {
    let document = Run::demo("explain TLT /CL").document();
    for symbol in ["TLT", "/CL"] {
        let row = row(&document, symbol);
        let known = !row["slippage"].is_null() || !row["missing"]["slippage"].is_null();
        assert!(known, "{row}");
    }
}

#[test]
fn a_stand_in_gives_its_volatility_where_own_options_are_not_asked_and_is_named() {
    let config = json!({"screener": {"max_chains": 0}, "universe": {"proxies": {"/6E": ""}}});
    let document = Run::demo("screen --all --symbols /ES,/CL,/6E,AAPL")
        .file("config/runtime_config.json", &config.to_string())
        .args(["--fault", "metrics at 1st request: drop iv"])
        .document();
    let stand_ins = Run::demo("quote SPY USO").document();
    let quoted = Run::demo("quote /ES")
        .args(["--fault", "metrics at 1st request: drop iv"])
        .document();
    let own = &row(&quoted, "/ES")["provenance"]["iv"]["source"];
    assert_eq!(own, "model", "its own options go before a stand-in");
    for (symbol, stand_in) in [("/ES", "SPY"), ("/CL", "USO")] {
        let row = row(&document, symbol);
        assert_eq!(row["iv"], crate::run::row(&stand_ins, stand_in)["iv"]);
        let origin = &row["provenance"]["iv"];
        assert_eq!(origin["source"], "proxy");
        assert_eq!(origin["method"], format!("30-day index of {stand_in}"));
        assert!(row["notes"].as_array().unwrap().contains(&json!("iv_proxy")), "{row}");
        assert_eq!(row["provenance"]["vrp_structural"]["source"], "proxy");
    }
    assert!(row(&document, "/6E")["iv"].is_null(), "its stand-in was taken away");
    assert!(row(&document, "AAPL")["iv"].is_null(), "it has no stand-in");
    assert_eq!(document["coverage"]["requested"], 4, "stand-ins are no rows");
}
