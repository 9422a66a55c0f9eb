//! The one error of this crate.

use std::fmt;
use std::sync::Arc;

use crate::trace::Trace;

/// Why a question has no answer: what the client itself would report.
///
/// What a client survives is no error but a line of the
/// [`Trace`](crate::Trace). One word wide, cheap to clone.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    winhttp_code: Option<u32>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    trace: Option<Trace>,
}

/// What an [`Error`] is about; the same in every language.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ErrorKind {
    /// The address of a PAC script was not found.
    Detect,
    /// A PAC script was not had from its address.
    Fetch,
    /// The network interfaces can't be had.
    Interfaces,
    /// The caller would not wait any longer; no client reports that.
    Overdue,
    /// A PAC script failed.
    Pac,
    /// A recording of a machine can't be read.
    Recording,
    /// A registry, or an export of one, can't be read.
    Registry,
    /// A name or a text given by the caller can't be understood.
    Usage,
    /// The URL is none that a client can ask about.
    Url,
}

impl ErrorKind {
    /// The kind's name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Detect => "detect",
            ErrorKind::Fetch => "fetch",
            ErrorKind::Interfaces => "interfaces",
            ErrorKind::Overdue => "overdue",
            ErrorKind::Pac => "pac",
            ErrorKind::Recording => "recording",
            ErrorKind::Registry => "registry",
            ErrorKind::Usage => "usage",
            ErrorKind::Url => "url",
        }
    }
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(kind: ErrorKind, message: impl fmt::Display) -> Error {
        Error {
            inner: Arc::new(Inner {
                kind,
                message: message.to_string(),
                winhttp_code: None,
                source: None,
                trace: None,
            }),
        }
    }

    pub(crate) fn with_winhttp_code(self, code: Option<u32>) -> Error {
        self.update(|inner| inner.winhttp_code = code)
    }

    pub(crate) fn with_source(
        self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        self.update(|inner| inner.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_trace(self, trace: Trace) -> Error {
        // The error may be remembered elsewhere; the trace is this
        // question's own.
        Error {
            inner: Arc::new(Inner {
                kind: self.inner.kind,
                message: self.inner.message.clone(),
                winhttp_code: self.inner.winhttp_code,
                source: self.inner.source.clone(),
                trace: Some(trace),
            }),
        }
    }

    /// An error is changed only while it is being made, when it has one
    /// owner; a shared one stays as it is.
    fn update(mut self, f: impl FnOnce(&mut Inner)) -> Error {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            f(inner);
        }
        self
    }

    /// The one of this name among those that are `known`; else, an error
    /// that names them.
    pub(crate) fn named<T: Copy>(
        what: &str,
        name: &str,
        known: &[(&str, T)],
    ) -> Result<T, Error> {
        let found = known.iter().find(|(known, _)| *known == name);
        found.map(|(_, one)| *one).ok_or_else(|| {
            let names: Vec<&str> =
                known.iter().map(|(name, _)| *name).collect();
            Error::new(
                ErrorKind::Usage,
                format_args!(
                    "`{}` is no {what}; there are {}",
                    name.escape_debug(),
                    names.join(", ")
                ),
            )
        })
    }

    pub(crate) fn bad_sid(text: &str) -> Error {
        Error::new(
            ErrorKind::Usage,
            format_args!(
                "`{}` is no security identifier such as S-1-5-18",
                text.escape_debug()
            ),
        )
    }

    /// What it is about.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The number by which WinHTTP would report it, such as 12180, where
    /// one is known.
    pub fn winhttp_code(&self) -> Option<u32> {
        self.inner.winhttp_code
    }

    /// How a resolution came to it, where it came from one.
    pub fn trace(&self) -> Option<&Trace> {
        self.inner.trace.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("winhttp_code", &self.inner.winhttp_code)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.inner.source.as_deref()?;
        Some(source)
    }
}
