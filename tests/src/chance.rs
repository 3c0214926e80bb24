//! Chance that can be had again: numbers drawn from a seed (SplitMix64), for stories about any order and any instant.
//!
//! Not here: where a seed comes from. A story prints it, so that what it found can be told again.

/// A generator of numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that a variable of the environment names, else another one with each run; it is printed.
    ///
    /// # Panics
    /// When the variable holds no number.
    #[must_use]
    pub fn seeded_by(variable: &str) -> Self {
        let asked = std::env::var(variable).ok();
        let asked = asked.map(|text| text.parse().expect("a seed is a number"));
        let seed = asked.unwrap_or_else(|| u64::from(std::process::id()) ^ now());
        println!("{variable}={seed}");
        Self::new(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another one.
    ///
    /// # Panics
    /// When there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a machine's numbers are not longer");
        usize::try_from(self.draw() % end).expect("it is below one that fits")
    }

    /// Whether it happens, so many times in a hundred.
    pub fn is_so(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    ///
    /// # Panics
    /// When there are none.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        from.get(self.below(from.len())).expect("it is below the length")
    }
}

fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| u64::from(now.subsec_nanos()) ^ now.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        // Those of the reference implementation for 1234567.
        let mut chance = Chance::new(1_234_567);
        assert_eq!(chance.draw(), 6_457_827_717_110_365_317);
        assert_eq!(chance.draw(), 3_203_168_211_198_807_973);
    }
}
