//! How much is tried.

/// How many rounds a test makes: so many, times what the environment
/// variable `WHICHPROXY_ROUNDS` says.
pub fn rounds(of: usize) -> usize {
    let times = std::env::var("WHICHPROXY_ROUNDS").ok();
    of * times.and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// The seed of a round; another row of them for each value of the
/// environment variable `WHICHPROXY_SEED`.
pub fn seed(round: usize) -> u64 {
    let row = std::env::var("WHICHPROXY_SEED").ok();
    let row: u64 = row.and_then(|row| row.parse().ok()).unwrap_or(1);
    row << 32 | round as u64
}
