//! One answer of a script, and how it came about.

use std::fmt;

use crate::{Family, Routes};

/// One answer of a script: the routes, the script's own string, and what it
/// asked of the machine on the way.
///
/// ```
/// use whichproxy_pac::{Offline, Pac, Query};
/// let pac = Pac::new(
///     "function FindProxyForURL(url, host) {
///          if (isResolvable(host)) return 'DIRECT';
///          return 'Proxy a:8080; FTP b; DIRECT';
///      }",
/// )?;
/// let query = Query::raw("http://intranet.example/", "intranet.example");
/// let evaluation = pac.evaluate(query, &Offline)?;
/// assert_eq!(evaluation.result(), "Proxy a:8080; FTP b; DIRECT");
/// assert_eq!(evaluation.routes().to_string(), "PROXY a:8080; DIRECT");
/// assert_eq!(evaluation.ignored()[0].text(), "FTP b");
/// assert_eq!(evaluation.asked()[0].to_string(), "dns intranet.example v4");
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evaluation {
    pub(crate) routes: Routes,
    pub(crate) result: String,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) asked: Vec<Question>,
    pub(crate) alerts: Vec<String>,
}

impl Evaluation {
    /// What to try, in order.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The same, without the rest.
    pub fn into_routes(self) -> Routes {
        self.routes
    }

    /// The script's own string.
    pub fn result(&self) -> &str {
        &self.result
    }

    /// The elements of the result that were skipped.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// What the script asked of the machine: each question once, in the
    /// order in which they came up.
    pub fn asked(&self) -> &[Question] {
        &self.asked
    }

    /// The messages of the script, in order.
    ///
    /// Where they exceed [`Limits::alert_bytes`](crate::Limits), the last
    /// one says how many were dropped.
    pub fn alerts(&self) -> &[String] {
        &self.alerts
    }
}

/// A question that a script asks of the machine it runs on.
///
/// `Display` is one line: `dns intranet.example v4`, `my-ip v4` or `time`.
/// Within one evaluation a question is asked once, and has one answer.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Question {
    /// The machine's own addresses.
    #[non_exhaustive]
    OwnAddresses {
        /// Which addresses.
        family: Family,
    },
    /// The addresses of a name.
    #[non_exhaustive]
    Resolve {
        /// The name, as the script wrote it.
        name: String,
        /// Which addresses.
        family: Family,
    },
    /// The time and the time zone.
    Time,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::OwnAddresses { family } => write!(f, "my-ip {family}"),
            Question::Resolve { name, family } => {
                write!(f, "dns {} {family}", name.escape_debug())
            }
            Question::Time => f.write_str("time"),
        }
    }
}

/// An element of a script's result that could not be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ignored {
    pub(crate) text: String,
    pub(crate) reason: &'static str,
}

impl Ignored {
    /// The element as the script wrote it, without the space around it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why it was skipped.
    pub fn reason(&self) -> &str {
        self.reason
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            return f.write_str(self.reason);
        }
        write!(f, "{}: {}", crate::error::quoted(&self.text), self.reason)
    }
}
