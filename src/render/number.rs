//! How people read numbers. Every text is normalized: no negative zero, no NaN, and `-` for what is unknown.

/// What an unknown value shows as.
pub(super) const UNKNOWN: &str = "-";

/// `text`, where it is known.
pub(super) fn or_unknown(text: Option<impl ToString>) -> String {
    text.map_or_else(|| UNKNOWN.to_owned(), |text| text.to_string())
}

/// `value` with `decimals` places.
pub(super) fn fixed(value: Option<f64>, decimals: usize) -> String {
    shown(value, |value| format!("{value:.decimals$}"))
}

/// A fraction in percent with one place: 0.214 is `21.4%`.
pub(super) fn percent(value: Option<f64>) -> String {
    shown(value, |value| format!("{:.1}%", value * 100.0))
}

/// A price with two places, and with as many more as seven significant digits hold: `598.12`, `103.6172`, `0.0068215`.
pub(super) fn price(value: Option<f64>) -> String {
    shown(value, |value| {
        let whole_digits = digits_before_point(value);
        let decimals = SIGNIFICANT.saturating_sub(whole_digits).clamp(2, MOST_DECIMALS);
        let text = format!("{value:.decimals$}");
        let least = text.find('.').map_or(text.len(), |point| point + 3);
        let kept = text.trim_end_matches('0').len().max(least);
        text.get(..kept).unwrap_or(&text).to_owned()
    })
}

/// A count in the unit that keeps it short: `950`, `12.3K`, `45.6M`, `1.2B`.
pub(super) fn count(value: Option<f64>) -> String {
    shown(value, |value| match value.abs() {
        size if size >= 999_950_000.0 => format!("{:.1}B", value / 1e9),
        size if size >= 999_950.0 => format!("{:.1}M", value / 1e6),
        size if size >= 10_000.0 => format!("{:.1}K", value / 1e3),
        _ => format!("{value:.0}"),
    })
}

fn shown(value: Option<f64>, format: impl Fn(f64) -> String) -> String {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return UNKNOWN.to_owned();
    };
    let text = format(value);
    match text.strip_prefix('-') {
        Some(positive) if !positive.contains(|digit: char| ('1'..='9').contains(&digit)) => positive.to_owned(),
        Some(_) | None => text,
    }
}

/// Digits that stand before the point: 3 for 598.1, 0 for 0.5.
fn digits_before_point(value: f64) -> usize {
    let mut whole = value.abs();
    let mut digits = 0;
    while whole >= 1.0 && digits < SIGNIFICANT {
        whole /= 10.0;
        digits += 1;
    }
    digits
}

const SIGNIFICANT: usize = 7;
const MOST_DECIMALS: usize = 7;

/// A difference of volatilities in points, with its sign.
pub(super) fn points(value: Option<f64>) -> String {
    let text = fixed(value.map(|value| value * 100.0), 1);
    if value.is_some_and(|value| value > 0.0) && text != "0.0" {
        format!("+{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_keep_every_tick_and_at_least_two_places() {
        let table = [
            (598.1, "598.10"),
            (20.155, "20.155"),
            (6012.25, "6012.25"),
            (98_765.4, "98765.40"),
            (12_345_678.9, "12345678.90"),
            (103.617_187_5, "103.6172"),
            (0.006_821_5, "0.0068215"),
            (0.0068, "0.0068"),
            (-37.63, "-37.63"),
            (-0.0, "0.00"),
            (-1e-12, "0.00"),
        ];
        for (value, text) in table {
            assert_eq!(price(Some(value)), text);
        }
    }

    #[test]
    fn what_is_unknown_is_a_dash_and_never_a_number() {
        assert_eq!(price(None), "-");
        assert_eq!(percent(Some(f64::NAN)), "-");
        assert_eq!(fixed(Some(f64::INFINITY), 2), "-");
        assert_eq!(percent(Some(-0.0001)), "0.0%");
    }

    #[test]
    fn counts_stay_short() {
        let table = [
            (950.0, "950"),
            (12_345.0, "12.3K"),
            (999_999.0, "1.0M"),
            (1_234_000_000.0, "1.2B"),
        ];
        for (value, text) in table {
            assert_eq!(count(Some(value)), text);
        }
    }
}
