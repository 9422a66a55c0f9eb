//! A factory: the answers of one client on this machine.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use whichproxy::{Client, ErrorKind, Resolver};

use crate::output;
use crate::settings::{Variables, Wanted};

/// How many resolvers are kept: one for each scheme that has a script of its
/// own, and one for the rest.
const KEPT: usize = 4;

/// What programs hold: to be asked from any thread.
#[derive(Clone, Default)]
pub struct Factory {
    known: Arc<Mutex<Known>>,
}

/// What was made of variables that were seen.
#[derive(Default)]
struct Known {
    variables: Variables,
    resolvers: Vec<(Wanted, Resolver)>,
}

impl Factory {
    /// One that has read nothing yet.
    pub(crate) fn new() -> Factory {
        Factory::default()
    }

    /// The proxies to try for a URL, as URLs.
    pub(crate) fn proxies(&self, url: &str) -> Result<Vec<String>, String> {
        let direct = || Ok(vec!["direct://".to_owned()]);
        // As libproxy: what is no URL, has no proxy.
        let Some((scheme, rest)) = url.split_once("://") else {
            return direct();
        };
        let scheme = scheme.to_ascii_lowercase();
        let resolver = self.resolver(&scheme)?;
        // A scheme that the client does not know is no reason to go direct:
        // for curl it is one without a variable of its own, as `wss` is; for
        // the others it is asked about as `https`.
        let (known, other): (&[&str], _) = match resolver.plan().client() {
            Client::Environment => {
                (&["http", "https", "ftp", "ftps", "ws", "wss"], "wss")
            }
            Client::Wininet => (&["http", "https", "ftp"], "https"),
            _ => (&["http", "https"], "https"),
        };
        let found = match known.contains(&scheme.as_str()) {
            true => resolver.resolve_text(url),
            false => resolver.resolve_text(&format!("{other}://{rest}")),
        };
        match found {
            Ok(found) => Ok(found.routes().iter().map(output::url).collect()),
            Err(error) if error.kind() == ErrorKind::Url => direct(),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Who answers for a scheme, by what the environment says now.
    fn resolver(&self, scheme: &str) -> Result<Resolver, String> {
        let variables = Variables::of_process();
        let wanted = Wanted::read(&variables, scheme)?;
        let mut known =
            self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.variables != variables {
            *known = Known { variables, resolvers: Vec::new() };
        }
        let found = known.resolvers.iter().find(|(of, _)| *of == wanted);
        if let Some((_, resolver)) = found {
            return Ok(resolver.clone());
        }
        let resolver = wanted.resolver(&known.variables)?;
        if known.resolvers.len() >= KEPT {
            known.resolvers.clear();
        }
        known.resolvers.push((wanted, resolver.clone()));
        Ok(resolver)
    }
}

impl fmt::Debug for Factory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factory").finish_non_exhaustive()
    }
}
