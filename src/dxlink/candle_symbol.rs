//! The one spelling of a candle symbol: `AAPL{=1d,tho=false}` and `AAPL{=d}` name the same series.

use std::collections::BTreeMap;

use smol_str::SmolStr;

/// `symbol` with its attributes sorted and the defaults left out, as the server echoes it.
pub(super) fn canonical(symbol: &str) -> SmolStr {
    let Some((base, rest)) = symbol.split_once('{') else {
        return SmolStr::new(symbol);
    };
    let Some(attributes) = rest.strip_suffix('}') else {
        return SmolStr::new(symbol);
    };
    let mut kept = BTreeMap::new();
    for attribute in attributes.split(',') {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (key, value) = (key.trim(), value.trim());
        let value = if key.is_empty() {
            period(value)
        } else {
            value.to_owned()
        };
        if !is_default(key, &value) {
            kept.insert(key, value);
        }
    }
    if kept.is_empty() {
        return SmolStr::new(base);
    }
    let attributes: Vec<String> = kept.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    SmolStr::from(format!("{base}{{{}}}", attributes.join(",")))
}

/// `1d` and `1.0d` are `d`, `05m` is `5m`.
fn period(value: &str) -> String {
    let unit_at = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let (count, unit) = value.split_at(unit_at);
    match count.parse::<f64>() {
        Ok(1.0) => unit.to_owned(),
        Ok(count) => format!("{count}{unit}"),
        Err(_) => value.to_owned(),
    }
}

fn is_default(key: &str, value: &str) -> bool {
    match key {
        "" => value == "t" || value.is_empty(),
        "price" => value == "last",
        "tho" => value == "false",
        "a" => value == "m",
        "pl" => value == "NaN",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn defaults_are_dropped_and_keys_sorted() {
        for (spelled, expected) in [
            ("AAPL{=1d,tho=false}", "AAPL{=d}"),
            ("AAPL{=d}", "AAPL{=d}"),
            ("AAPL{tho=true,=1d}", "AAPL{=d,tho=true}"),
            ("AAPL{=d,a=m,price=last}", "AAPL{=d}"),
            ("EUR/USD{=15m,price=mark,a=s}", "EUR/USD{=15m,a=s,price=mark}"),
            ("/ESU26:XCME{=1.0h}", "/ESU26:XCME{=h}"),
            ("SPY{=t}", "SPY"),
            ("SPY&Q{=d}", "SPY&Q{=d}"),
            ("SPY", "SPY"),
            ("SPY{=d", "SPY{=d"),
        ] {
            assert_eq!(canonical(spelled), expected, "{spelled}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_spelling_is_its_own(symbol in "[A-Z{}=,a-z0-9.]{0,20}") {
            let once = canonical(&symbol);
            prop_assert_eq!(canonical(&once), once.clone());
        }

        #[test]
        fn any_text_has_a_canonical_spelling_that_is_hardly_longer(symbol in any::<String>(), count in "[0-9.]{0,400}") {
            for symbol in [symbol, format!("SPY{{={count}d}}"), format!("SPY{{{}}}", "=,".repeat(count.len()))] {
                prop_assert!(canonical(&symbol).len() <= symbol.len() + 400);
            }
        }
    }
}
