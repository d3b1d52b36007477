//! Chance that can be asked twice: the same seed, name and number always fall the same way.

use std::f64::consts::TAU;

/// A stream of numbers fixed by what it was made from (splitmix64, Steele, Lea & Flood 2014).
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream of `seed` for the purpose `name`.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut rng = Self(seed ^ fnv);
        rng.0 = rng.next();
        rng
    }

    /// The stream of one number below this one; does not advance this one.
    pub(crate) fn at(&self, number: u64) -> Self {
        let mut rng = Self(self.0 ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        rng.0 = rng.next();
        rng
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// Uniform between `low` and `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn whole(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from((self.next() >> 16) % width).unwrap_or(0)
    }

    /// Standard normal.
    pub(crate) fn normal(&mut self) -> f64 {
        self.normals().0
    }

    /// Two independent standard normals (Box & Muller 1958).
    pub(crate) fn normals(&mut self) -> (f64, f64) {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sine, cosine) = (TAU * self.unit()).sin_cos();
        (radius * cosine, radius * sine)
    }
}
