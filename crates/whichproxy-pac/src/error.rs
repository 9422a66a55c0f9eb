//! What can go wrong with a script.

use std::fmt;
use std::sync::Arc;

use crate::{Question, Refusal};

/// Why a script could not be read, or gave no answer.
///
/// The size of a pointer, and cheap to clone. `Display` is one sentence in
/// lower case, the place first: ``line 66, column 12: unexpected token `{` ``.
/// Text of the script is in backticks, escaped and cut.
///
/// ```
/// use whichproxy_pac::{ErrorKind, Pac};
/// let error = Pac::new("function FindProxyForURL(").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Syntax);
/// assert_eq!(error.winhttp_code(), Some(12166));
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    place: Option<(u32, u32)>,
    message: String,
    asked: Vec<Question>,
    alerts: Vec<String>,
    refusals: Vec<Refusal>,
}

/// The classes of [`Error`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ErrorKind {
    /// The answer took longer than [`Limits::deadline`](crate::Limits).
    Deadline,
    /// The script threw, or the engine failed while running it.
    Exception,
    /// A bound of [`Limits`](crate::Limits) other than the deadline.
    Limit,
    /// The script defines neither `FindProxyForURL` nor `FindProxyForURLEx`.
    MissingFunction,
    /// The script does not become a program, and nothing else may run it:
    /// see [`Config::only_compiled`](crate::Config::only_compiled).
    Refused,
    /// What the function returned is not a string.
    Result,
    /// The source is too large, or nested too deeply to be read safely.
    Source,
    /// The source is not JavaScript.
    Syntax,
    /// The process that runs scripts could not be started, or ended before
    /// it answered; see [`Isolation`](crate::Isolation). Neither need be the
    /// script's fault.
    Worker,
    /// The program leaves the answer to the engine that runs all of
    /// JavaScript, which is off:
    /// see [`Config::only_compiled`](crate::Config::only_compiled).
    Unmodelled,
}

impl ErrorKind {
    /// The kind's name: lower-case words joined by `-`.
    ///
    /// ```
    /// use whichproxy_pac::ErrorKind;
    /// assert_eq!(ErrorKind::MissingFunction.name(), "missing-function");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Deadline => "deadline",
            ErrorKind::Exception => "exception",
            ErrorKind::Limit => "limit",
            ErrorKind::MissingFunction => "missing-function",
            ErrorKind::Refused => "refused",
            ErrorKind::Result => "result",
            ErrorKind::Source => "source",
            ErrorKind::Syntax => "syntax",
            ErrorKind::Worker => "worker",
            ErrorKind::Unmodelled => "unmodelled",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            inner: Arc::new(Inner {
                kind,
                place: None,
                message: message.into(),
                asked: Vec::new(),
                alerts: Vec::new(),
                refusals: Vec::new(),
            }),
        }
    }

    /// The error of a script that only another engine could run.
    pub(crate) fn refused(refusals: Vec<Refusal>) -> Error {
        let all: Vec<String> =
            refusals.iter().map(ToString::to_string).collect();
        let message =
            format!("the script is not compiled: {}", all.join("; "));
        let mut error = Error::new(ErrorKind::Refused, message);
        Arc::make_mut(&mut error.inner).refusals = refusals;
        error
    }

    /// The same error at a line and column; both count from 1, and 0 is no
    /// place.
    pub(crate) fn at(mut self, line: u32, column: u32) -> Error {
        if line != 0 {
            Arc::make_mut(&mut self.inner).place = Some((line, column));
        }
        self
    }

    /// The same error with what happened until then.
    pub(crate) fn after(
        mut self,
        asked: Vec<Question>,
        alerts: Vec<String>,
    ) -> Error {
        let inner = Arc::make_mut(&mut self.inner);
        inner.asked = asked;
        inner.alerts = alerts;
        self
    }

    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The number that WinHTTP reports for such a script, where one is
    /// known.
    ///
    /// `ERROR_WINHTTP_BAD_AUTO_PROXY_SCRIPT` (12166) for a script that does
    /// not load, and `ERROR_WINHTTP_SCRIPT_EXECUTION_ERROR` (12177) for one
    /// that throws or is stopped. What is reported for a result that is not
    /// a string is not known.
    ///
    /// Source: WINHTTP-AUTOPROXY-OPTIONS (the two numbers and their meaning),
    /// documented; which one a limit or a missing function gives, inferred.
    pub fn winhttp_code(&self) -> Option<u32> {
        match self.inner.kind {
            ErrorKind::MissingFunction
            | ErrorKind::Source
            | ErrorKind::Syntax => Some(12166),
            ErrorKind::Deadline
            | ErrorKind::Exception
            | ErrorKind::Limit
            | ErrorKind::Worker => Some(12177),
            ErrorKind::Refused | ErrorKind::Result | ErrorKind::Unmodelled => {
                None
            }
        }
    }

    /// The message without its place.
    pub(crate) fn message(&self) -> &str {
        &self.inner.message
    }

    /// The line of the script, counted from 1, where it is known.
    pub fn line(&self) -> Option<u32> {
        self.inner.place.map(|(line, _)| line)
    }

    /// The column of the script, counted from 1, where it is known.
    pub fn column(&self) -> Option<u32> {
        self.inner.place.map(|(_, column)| column)
    }

    /// What the script asked of the machine before it failed.
    pub fn asked(&self) -> &[Question] {
        &self.inner.asked
    }

    /// Why a script was [refused](ErrorKind::Refused); empty for every other
    /// kind.
    pub fn refusals(&self) -> &[Refusal] {
        &self.inner.refusals
    }

    /// The messages of the script before it failed.
    pub fn alerts(&self) -> &[String] {
        &self.inner.alerts
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.inner.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl std::error::Error for Error {}

/// Foreign text for a message: escaped, cut, in backticks.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 120;
    let mut out = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == MOST {
            out.push('…');
            break;
        }
        match character {
            '\'' | '"' | '\\' => out.push(character),
            other => out.extend(other.escape_debug()),
        }
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
    }

    #[test]
    fn place_first() {
        let error = Error::new(ErrorKind::Syntax, "unexpected token `{`");
        assert_eq!(
            error.at(66, 12).to_string(),
            "line 66, column 12: unexpected token `{`"
        );
    }

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        assert_eq!(quoted("a\n\u{1b}[2J"), "`a\\n\\u{1b}[2J`");
        assert_eq!(quoted("say \"a\\b\""), "`say \"a\\b\"`");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 123);
    }
}
