//! Inputs that look like real ones, the same in every run.

/// A generator of numbers that starts from a seed (SplitMix64).
pub(crate) struct Numbers {
    state: u64,
}

impl Numbers {
    pub(crate) fn new(seed: u64) -> Numbers {
        Numbers { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of the `choices`.
    pub(crate) fn one_of<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.below(choices.len())]
    }

    /// One label of a name, of 4 to 9 letters.
    pub(crate) fn label(&mut self) -> String {
        let syllables = 2 + self.below(3);
        (0..syllables)
            .map(|_| {
                self.one_of(&[
                    "ba", "con", "da", "fab", "ge", "li", "mo", "ri", "sto",
                    "te", "ve", "wi", "xu", "zo",
                ])
            })
            .collect()
    }

    /// A registered domain such as `confabri-17.example.com`; `number` keeps
    /// any two apart.
    pub(crate) fn domain(&mut self, number: usize) -> String {
        let label = self.label();
        let top = self.one_of(&["com", "net", "org", "co.uk", "example.com"]);
        format!("{label}-{number}.{top}")
    }

    /// A host of one or two labels below `domain`.
    pub(crate) fn host_in(&mut self, domain: &str) -> String {
        let first = self.one_of(&["www", "api", "login", "cdn", "eu-west-1"]);
        match self.below(2) {
            0 => format!("{first}.{domain}"),
            _ => format!("{first}.{}.{domain}", self.label()),
        }
    }
}
