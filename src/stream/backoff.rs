//! How long to wait before the next attempt. Pure.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);

/// The wait before attempt `attempt` (0 is the first one after a loss): doubling from a quarter of a second up to
/// `ceiling`, of which the upper half is left to chance. `chance` is a number from 0 to 1.
pub fn delay(attempt: u32, ceiling: Duration, chance: f64) -> Duration {
    let full = FIRST
        .saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX))
        .min(ceiling);
    full.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stays_between_half_and_the_whole_of_a_bounded_doubling(
            attempt in 0_u32..64, ceiling_ms in 0_u64..60_000, chance in 0.0..=1.0
        ) {
            let ceiling = Duration::from_millis(ceiling_ms);
            let wait = delay(attempt, ceiling, chance);
            prop_assert!(wait <= ceiling);
            prop_assert!(wait >= FIRST.min(ceiling) / 2 - Duration::from_nanos(1).min(FIRST.min(ceiling) / 2));
        }

        #[test]
        fn never_shrinks_from_attempt_to_attempt(attempt in 0_u32..63, chance in 0.0..=1.0) {
            let ceiling = Duration::from_secs(5);
            prop_assert!(delay(attempt + 1, ceiling, chance) >= delay(attempt, ceiling, chance));
        }
    }
}
