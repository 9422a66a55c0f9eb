//! Where decisions come from.

/// A row of decisions: without end from a seed, or from bytes, as a fuzzer
/// has them.
///
/// ```
/// use whichproxy_grammar::Chance;
/// let mut one = Chance::of_seed(7);
/// let mut same = Chance::of_seed(7);
/// assert_eq!(one.below(1_000), same.below(1_000));
/// let mut bytes = Chance::of_bytes(&[3, 255]);
/// assert_eq!([bytes.below(4), bytes.below(4), bytes.below(4)], [3, 3, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct Chance<'b> {
    of: Of<'b>,
}

#[derive(Clone, Debug)]
enum Of<'b> {
    State(u64),
    Bytes(&'b [u8]),
}

impl Chance<'static> {
    /// Decisions that the same number repeats.
    pub fn of_seed(seed: u64) -> Chance<'static> {
        // Neighbours shall have nothing in common, and 0 would stay 0.
        let mixed =
            (seed ^ 0x2545_f491_4f6c_dd1d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut chance = Chance { of: Of::State((mixed ^ mixed >> 29) | 1) };
        chance.below(2);
        chance
    }
}

impl<'b> Chance<'b> {
    /// Decisions that bytes hold; 0 once they have ended.
    pub fn of_bytes(bytes: &'b [u8]) -> Chance<'b> {
        Chance { of: Of::Bytes(bytes) }
    }

    /// A number below another one; 0 below 0.
    pub fn below(&mut self, end: usize) -> usize {
        let number = match &mut self.of {
            Of::State(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                (*state >> 11) as usize
            }
            Of::Bytes(bytes) => {
                let (count, mut number) = (1 + usize::from(end > 256), 0);
                for _ in 0..count {
                    if let Some((first, rest)) = bytes.split_first() {
                        number = number << 8 | usize::from(*first);
                        *bytes = rest;
                    }
                }
                number
            }
        };
        number.checked_rem(end).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        // Not 0, so that bytes that have ended decide for less.
        self.below(times) + 1 == times
    }

    /// One of several; nothing of nothing.
    pub fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}
