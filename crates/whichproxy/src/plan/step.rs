//! One step of a plan.

use std::fmt;

use url::Url;

use crate::bypass::BypassList;
use crate::evidence::Evidence;
use crate::settings::{Dialect, Origin, ProxyMap};
use crate::trace::MaskedUrl;

/// One step of a plan: what a client does next, why we think so, and what
/// happens when it does not work.
///
/// `Display` is the short form that tests and `whichproxy plan` print, such
/// as `static 10.0.0.1:8080`, `pac http://a.example/p.pac`, `detect`,
/// `direct`.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// For which URLs.
    pub applies: Applies,
    /// The setting that put this step here; `None` for what a client does
    /// unasked.
    pub origin: Option<Origin>,
    /// The key of [`sources`](crate::_documentation::sources) that says so.
    pub source: &'static str,
    /// How well it is founded.
    pub evidence: Evidence,
    /// What follows when the step gives nothing: no script was found or
    /// had, or it failed.
    pub on_unavailable: OnUnavailable,
    /// What follows when nothing that the step gave can be reached.
    pub on_unreachable: OnUnreachable,
}

/// What a step does.
///
/// `Debug` masks the credentials of a script's address.
#[non_exhaustive]
#[derive(Clone, PartialEq)]
pub enum Action {
    /// Look for the address of a PAC script by WPAD, then as [`Action::Pac`].
    Detect,
    /// Go without a proxy.
    Direct,
    /// Fetch this PAC script and ask it.
    Pac {
        /// Where it is.
        url: Url,
        /// What goes direct without asking it.
        bypass: Option<BypassList>,
    },
    /// Use configured proxies.
    Static {
        /// Which, by scheme of the URL.
        proxies: ProxyMap,
        /// Which keys of the list count.
        dialect: Dialect,
        /// What goes direct all the same.
        bypass: BypassList,
        /// Whether only the first proxy of a list is ever tried.
        first_only: bool,
    },
}

/// For which URLs a step counts.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Applies {
    /// For all.
    Always,
    /// For all but those of Windows Update and Microsoft Update.
    ExceptUpdates,
    /// For those of Windows Update and Microsoft Update only.
    OnlyUpdates,
}

/// What follows a step that gave nothing.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnUnavailable {
    /// The client reports an error.
    Fail,
    /// The client reports an error if a script was had and failed; when
    /// none was had, the next step follows.
    FailOnScript,
    /// The next step follows.
    Next,
}

/// What follows when nothing that a step gave can be reached.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnUnreachable {
    /// The next step follows, so its routes are candidates too.
    Next,
    /// The client gives up: the step's routes are all there is.
    Stop,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Detect => f.write_str("Detect"),
            Action::Direct => f.write_str("Direct"),
            Action::Pac { url, bypass } => f
                .debug_struct("Pac")
                .field("url", &format_args!("{}", MaskedUrl(url)))
                .field("bypass", bypass)
                .finish(),
            Action::Static { proxies, dialect, bypass, first_only } => f
                .debug_struct("Static")
                .field("proxies", proxies)
                .field("dialect", dialect)
                .field("bypass", bypass)
                .field("first_only", first_only)
                .finish(),
        }
    }
}

impl Step {
    pub(super) fn new(
        action: Action,
        source: &'static str,
        evidence: Evidence,
    ) -> Step {
        Step {
            action,
            applies: Applies::Always,
            origin: None,
            source,
            evidence,
            on_unavailable: OnUnavailable::Next,
            on_unreachable: OnUnreachable::Stop,
        }
    }

    pub(super) fn from(self, origin: &Origin) -> Step {
        Step { origin: Some(origin.clone()), ..self }
    }

    pub(super) fn applies(self, applies: Applies) -> Step {
        Step { applies, ..self }
    }

    pub(super) fn on_unavailable(self, then: OnUnavailable) -> Step {
        Step { on_unavailable: then, ..self }
    }

    pub(super) fn on_unreachable(self, then: OnUnreachable) -> Step {
        Step { on_unreachable: then, ..self }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Detect => f.write_str("detect")?,
            Action::Direct => f.write_str("direct")?,
            Action::Pac { url, .. } => {
                write!(f, "pac {}", MaskedUrl(url))?;
            }
            Action::Static { proxies, .. } => write!(f, "static {proxies}")?,
        }
        match self.applies {
            Applies::Always => Ok(()),
            Applies::ExceptUpdates => f.write_str(" [not for updates]"),
            Applies::OnlyUpdates => f.write_str(" [updates only]"),
        }
    }
}
