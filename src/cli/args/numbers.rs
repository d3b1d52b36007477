//! Numbers as they are typed behind flags, within their ranges; `nan` and `inf` are in none.

/// A time, in seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        Ok(_) | Err(_) => Err("a number of seconds above 0 and at most 86400 is wanted".to_owned()),
    }
}

/// A pace, as a multiple.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=10_000.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err("a number from 0.01 to 10000 is wanted".to_owned()),
    }
}

/// A time between documents, in seconds.
pub(super) fn interval(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=3_600.0).contains(&seconds) => Ok(seconds),
        Ok(_) => Err("a number of seconds from 0.1 to 3600 is wanted".to_owned()),
        Err(_) => Err("a number of seconds is wanted; symbols stand before --watch".to_owned()),
    }
}

/// A number of trading days.
pub(super) fn window(text: &str) -> Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(days) if (2..=2520).contains(&days) => Ok(days),
        Ok(_) | Err(_) => Err("a number of trading days from 2 to 2520 is wanted".to_owned()),
    }
}

/// A number of hundredths, with or without the sign.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        Ok(_) | Err(_) => Err("a number from 0 to 100 is wanted".to_owned()),
    }
}
