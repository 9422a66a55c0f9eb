//! One answer of a script, and how it came about.

use std::fmt;

use crate::{Dependencies, Family, Routes, Validity};

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
    pub(crate) depends_on: Dependencies,
    pub(crate) validity: Validity,
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

    /// What this one answer may depend on: of the URL, what
    /// [`Pac::depends_on`](crate::Pac::depends_on) names; of the machine,
    /// what was asked on the way. Everything, where `js` answered.
    ///
    /// ```
    /// use whichproxy_pac::{Offline, Pac, Query};
    /// let pac = Pac::new(
    ///     "function FindProxyForURL(url, host) {
    ///          if (isPlainHostName(host)) return 'DIRECT';
    ///          return isResolvable(host) ? 'PROXY a:1' : 'PROXY b:1';
    ///      }",
    /// )?;
    /// let ask = |host| pac.evaluate(Query::raw("http://x/", host), &Offline);
    /// assert!(pac.depends_on().dns());
    /// assert!(!ask("intranet")?.depends_on().dns());
    /// assert!(ask("a.example")?.depends_on().dns());
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    pub fn depends_on(&self) -> Dependencies {
        self.depends_on
    }

    /// How long the clock leaves this answer what it is.
    ///
    /// It tells of the clock alone: names, own addresses and what a script
    /// keeps in its variables may change an answer at any time, see
    /// [`Evaluation::depends_on`].
    pub fn validity(&self) -> Validity {
        self.validity
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
