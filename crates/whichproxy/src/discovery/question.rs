//! What WPAD asks, and what comes of it.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::evidence::Evidence;
use crate::trace::MaskedUrl;

/// A question that WPAD asks.
#[non_exhaustive]
#[derive(Clone, Eq, PartialEq)]
pub enum Question {
    /// DHCP's option 252 on an interface.
    Dhcp {
        /// The interface's name.
        interface: String,
    },
    /// The addresses of a name.
    Dns {
        /// The name.
        name: String,
    },
    /// The script at an address that was offered.
    Page {
        /// The address.
        url: Url,
    },
}

impl Question {
    /// What is asked: `dhcp`, `dns` or `page`.
    pub fn kind(&self) -> &'static str {
        match self {
            Question::Dhcp { .. } => "dhcp",
            Question::Dns { .. } => "dns",
            Question::Page { .. } => "page",
        }
    }

    /// The key of [`sources`](crate::_documentation::sources) for asking.
    pub fn source(&self) -> &'static str {
        match self {
            Question::Dhcp { .. } => "WINHTTP-AUTOPROXY-ISSUES",
            Question::Dns { .. } => "WPAD-NAMES",
            Question::Page { .. } => "WPAD-DRAFT",
        }
    }

    /// How well it is founded that Windows asks.
    pub fn evidence(&self) -> Evidence {
        match self {
            Question::Dhcp { .. } | Question::Page { .. } => {
                Evidence::Documented
            }
            Question::Dns { .. } => Evidence::Community,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Dhcp { interface } => {
                write!(f, "DHCP option 252 on {}", interface.escape_debug())
            }
            Question::Dns { name } => write!(f, "DNS {name}"),
            Question::Page { url } => write!(f, "page {}", MaskedUrl(url)),
        }
    }
}

/// As derived, but for the password that an address may have.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({:?})", self.to_string())
    }
}

/// One question and what came of it.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The question.
    pub question: Question,
    /// Who was asked, or who answered, in words; empty where that is not
    /// known.
    pub asked: String,
    /// The answer, or why there is none, in words.
    pub answer: String,
    /// Whether the answer led on: an address was offered, a name resolved, a
    /// script was there.
    pub found: bool,
    /// How long the answer took, by the machine's clock.
    pub took: Duration,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.question, self.answer)?;
        if !self.asked.is_empty() {
            write!(f, " ({})", self.asked.escape_debug())?;
        }
        Ok(())
    }
}
