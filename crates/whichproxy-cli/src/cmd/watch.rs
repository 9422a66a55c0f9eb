//! `--watch`: answers that are asked for again when this computer changes.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use whichproxy::machine::{Change, Fault};
use whichproxy::{Error, Resolution, Resolver};
use whichproxy_os::Watch;

use crate::Stop;
use crate::args::MachineArgs;
use crate::urls::Asked;

/// Nobody tells when a script has changed on its server, or a name: so often
/// it is asked again in any case.
const AGAIN: Duration = Duration::from_secs(60);

/// URLs with their last answers, and what tells that there may be others.
pub(super) struct Watched {
    /// Dropped before the watch, which may wait for it.
    told: Receiver<Result<Change, Fault>>,
    _watch: Watch,
    urls: Vec<(Asked, String)>,
}

impl Watched {
    /// Begins to watch, before anything is asked.
    pub(super) fn new(
        resolver: &Resolver,
        args: &MachineArgs,
    ) -> Result<Watched, Stop> {
        let registry = cfg!(windows) && args.reg.is_empty();
        let live = args.network.online || registry;
        if !live {
            return Err(Stop::Input(
                "--watch: all of this is given; add --online to watch this \
                 computer"
                    .to_owned(),
            ));
        }
        // No more is told than is taken: what changes meanwhile is one change.
        let (tell, told) = sync_channel(1);
        let watch = Watch::new(resolver, move |change| {
            // Nobody listens any more where this ends.
            let _ = tell.send(change);
        });
        let watch =
            watch.map_err(|fault| Stop::Input(format!("--watch: {fault}")))?;
        Ok(Watched { told, _watch: watch, urls: Vec::new() })
    }

    /// Remembers an answer that was printed.
    pub(super) fn add(
        &mut self,
        asked: Asked,
        result: &Result<Resolution, Error>,
    ) {
        self.urls.push((asked, answer(result)));
    }

    /// Waits until there may be another answer, or for a minute; what could
    /// not be watched.
    pub(super) fn wait(&self) -> Vec<String> {
        let first = match self.told.recv_timeout(AGAIN) {
            Ok(told) => Some(told),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(AGAIN);
                None
            }
        };
        let told = first.into_iter().chain(self.told.try_iter());
        told.filter_map(Result::err)
            .map(|fault| format!("--watch: {fault}"))
            .collect()
    }

    /// The URLs, in the order in which they were added.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.urls.iter().map(|(asked, _)| &*asked.text).collect()
    }

    /// Those that have another answer now, which is remembered.
    pub(super) fn others<'w>(
        &'w mut self,
        results: &'w [Result<Resolution, Error>],
    ) -> impl Iterator<Item = (&'w Asked, &'w Result<Resolution, Error>)> {
        let pairs = self.urls.iter_mut().zip(results);
        pairs.filter_map(|((asked, last), result)| {
            let now = answer(result);
            (*last != now).then(|| {
                *last = now;
                (&*asked, result)
            })
        })
    }
}

/// What tells one answer from another: not how it came about.
fn answer(result: &Result<Resolution, Error>) -> String {
    match result {
        Ok(found) => found.routes().to_string(),
        Err(error) => error.to_string(),
    }
}
