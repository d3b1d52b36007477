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
    assert!(rejected("--min-yield", "1").ends_with("% < 100.00%"));
    Run::demo("screen --symbols SPY --min-yield 3").answer().ended(2);
    Run::demo("screen --symbols SPY --max-slippage 1.7").answer().ended(2);
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
    let answer = Run::configured_at(&venue, "screen --all --symbols SPY,QQQ --json", config).answer();
    let told = "1 symbol cannot be judged by options, and so cannot pass: not asked: screener.max_chains is 1";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
    let document: Value = serde_json::from_str(&answer.done().stdout).unwrap();
    let asked = chains(venue.tally().unwrap().rest_paths.into_keys());
    assert_eq!(asked, ["/option-chains/QQQ/nested"], "the one with the better score");
    assert_eq!(document["rejected"][0]["note"], "not asked: screener.max_chains is 1");
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
fn a_chain_that_fails_is_told_beside_the_table() {
    let answer = Run::demo("screen --symbols SPY --json")
        .args(["--fault", "rest /option-chains: status 400"])
        .args(["--require-complete", "50"])
        .answer()
        .ended(65);
    let told = "1 symbol cannot be judged by options, and so cannot pass: ";
    assert!(answer.stderr.contains(told), "{}", answer.stderr);
    let document: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(document["rejected"][0]["text"], "Yield: no option pricing available");
    assert_eq!(document["coverage"]["unjudged"], json!(["SPY"]));
    let note = document["rejected"][0]["note"].as_str().unwrap();
    assert!(note.contains("400"), "{note}");
}

#[test]
fn a_symbol_with_the_volatility_of_a_stand_in_is_judged_by_its_options_all_the_same() {
    for command in ["screen --all --symbols", "explain"] {
        let script = "metrics at 1st request: drop iv; rest /futures-option-chains: status 404";
        let document = Run::demo(&format!("{command} /ES"))
            .args(["--fault", script])
            .document();
        let es = row(&document, "/ES");
        assert_eq!(es["provenance"]["iv"]["source"], "proxy");
        assert_eq!(es["missing"]["yield"][0]["reason"], "no options are listed on it");
        assert_eq!(es["rejected"], "Yield: no option pricing available");
    }
}

#[test]
fn who_did_not_pass_for_want_of_options_does_not_pass_in_the_stored_past() {
    let state = tempfile::tempdir().unwrap();
    let screen = |rest: &str| Run::demo(&format!("screen --all --symbols SPY,XOM {rest}")).state(state.path());
    let live = screen("")
        .args(["--fault", "rest /option-chains/SPY/nested: status 404"])
        .document();
    assert_eq!(row(&live, "SPY")["rejected"], "Yield: no option pricing available");
    let past = Run::new("screen --demo --seed 1 --all --symbols SPY,XOM --as-of 2026-11-20")
        .state(state.path())
        .document();
    assert_eq!(row(&past, "SPY")["rejected"], "Yield: no option pricing available");
    assert!(row(&past, "XOM")["rejected"].is_null());
    assert_eq!(row(&past, "XOM")["yield"], row(&live, "XOM")["yield"]);
}

#[test]
fn what_came_of_options_before_the_deadline_stands() {
    let symbols = "SHOP,JPM,DIA,XOM,T,OXY,BIDU,COF,QQQ,SPY";
    let document = Run::demo(&format!("screen --deadline 6 --symbols {symbols}"))
        .args(["--fault", "rest /option-chains/SPY/nested: hang"])
        .document();
    assert_eq!(document["partial"], true);
    let judged = row(&document, "JPM");
    assert!(
        judged["rejected"].is_null() && judged["yield"].as_f64().is_some(),
        "{judged}"
    );
    assert_eq!(
        row(&document, "SPY")["missing"]["yield"][0]["reason"],
        "the deadline came first"
    );
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
        .config(config)
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
