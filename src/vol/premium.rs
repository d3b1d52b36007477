//! The volatility risk premium: what options cost above what the market has done. Positive means dear.
//!
//! Realized volatility of the past stands in for that of the option's life, which nobody knows yet. The variance form is that of
//! Carr & Wu (2009), with the opposite sign, and Bollerslev, Tauchen & Zhou (2009).

use variance_units::Vol;

/// Implied against realized volatility in its three forms, and the floored forms that screens use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Premium {
    /// iv / hv; `None` when nothing moved (hv is 0).
    pub ratio: Option<f64>,
    /// iv - hv, an annualized fraction: 0.03 is three points.
    pub difference: f64,
    /// iv² - hv², annualized variance.
    pub variance: f64,
    /// iv / max(hv, floor): what `vrp_structural` and `vrp_tactical` are.
    pub floored_ratio: f64,
    /// (iv - max(hv, floor)) / max(hv, floor), -0.99 at least.
    pub markup: f64,
}

/// Why there is no premium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PremiumError {
    /// An implied volatility of zero is none.
    #[error("no implied volatility")]
    NoImplied,
    /// The floor is zero, so that a realized volatility of zero would divide.
    #[error("the floor of the realised volatility is not above zero")]
    Floor,
}

impl Premium {
    /// The premium of `implied` over `realized`, which counts as `floor` at least in the floored forms.
    ///
    /// # Errors
    /// [`PremiumError::NoImplied`] when `implied` is 0, [`PremiumError::Floor`] when `floor` is.
    pub fn of(implied: Vol, realized: Vol, floor: Vol) -> Result<Self, PremiumError> {
        let (iv, hv) = (implied.get(), realized.get());
        if iv <= 0.0 {
            return Err(PremiumError::NoImplied);
        }
        if floor.get() <= 0.0 {
            return Err(PremiumError::Floor);
        }
        let base = hv.max(floor.get());
        Ok(Self {
            ratio: (hv > 0.0).then(|| iv / hv),
            difference: iv - hv,
            variance: iv * iv - hv * hv,
            floored_ratio: iv / base,
            markup: ((iv - base) / base).max(LOWEST_MARKUP),
        })
    }
}

const LOWEST_MARKUP: f64 = -0.99;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_that_stood_still_has_a_premium_but_no_ratio() {
        let vol = |value| Vol::new(value).unwrap();
        let premium = Premium::of(vol(0.2), vol(0.0), vol(0.05)).unwrap();
        assert_eq!(premium.ratio, None);
        assert!((premium.floored_ratio - 4.0).abs() < 1e-12);
        assert_eq!(Premium::of(vol(0.2), vol(0.1), vol(0.0)), Err(PremiumError::Floor));
        assert_eq!(Premium::of(vol(0.0), vol(0.1), vol(0.05)), Err(PremiumError::NoImplied));
    }
}
