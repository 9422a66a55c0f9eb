//! `Math.random`: the same numbers for each question.

/// Where the numbers start.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers that look like chance: good enough to choose among proxies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Chance {
        Chance(SEED)
    }

    /// The next number, from 0 up to 1.
    pub(crate) fn next(&mut self) -> f64 {
        // xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // 53 bits, exactly.
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
