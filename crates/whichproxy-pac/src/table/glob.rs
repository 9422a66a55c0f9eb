//! Globs on subjects that are ASCII and have no line's end.

/// Whether a glob matches a whole subject.
///
/// The piece before the first star and the one after the last have their
/// places; those between are looked for in order, each as early as can be.
pub(super) fn matches(pattern: &str, subject: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else {
        return same(pattern.as_bytes(), subject.as_bytes());
    };
    let (inner, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some((front, rest)) = subject.split_at_checked(prefix.len()) else {
        return false;
    };
    let middle = rest.len().checked_sub(suffix.len());
    let Some((mut middle, back)) =
        middle.and_then(|at| rest.split_at_checked(at))
    else {
        return false;
    };
    if !same(suffix.as_bytes(), back.as_bytes())
        || !same(prefix.as_bytes(), front.as_bytes())
    {
        return false;
    }
    for piece in inner.split('*').filter(|piece| !piece.is_empty()) {
        let after = find(piece, middle).map(|at| at + piece.len());
        match after.and_then(|after| middle.get(after..)) {
            Some(rest) => middle = rest,
            None => return false,
        }
    }
    true
}

/// Where a piece is first found.
fn find(piece: &str, text: &str) -> Option<usize> {
    // Which is linear, but slow to begin.
    const LONG: usize = 32;
    if piece.len() > LONG && !piece.contains('?') {
        return text.find(piece);
    }
    let piece = piece.as_bytes();
    let mut windows = text.as_bytes().windows(piece.len());
    windows.position(|window| same(piece, window))
}

/// Whether texts are the same, but for `?` in the first.
fn same(pattern: &[u8], text: &[u8]) -> bool {
    pattern.len() == text.len()
        && pattern
            .iter()
            .zip(text)
            .all(|(unit, byte)| unit == byte || *unit == b'?')
}
