//! What went wrong at a border.

use std::fmt;
use std::io;

/// What went wrong at a border, in words.
///
/// Whoever implements a border makes the fault and can't know what it
/// means: the same failed download ends one plan and is a line of trace in
/// another. The resolver classifies; the border only tells.
///
/// ```
/// use whichproxy::machine::Fault;
/// let fault = Fault::new("connection refused by 10.0.0.5:80");
/// assert_eq!(fault.to_string(), "connection refused by 10.0.0.5:80");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Fault(Box<str>);

impl Fault {
    /// A fault that reads as `what` does.
    pub fn new(what: impl fmt::Display) -> Fault {
        Fault(what.to_string().into_boxed_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({:?})", self.0)
    }
}

impl std::error::Error for Fault {}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::new(error)
    }
}
