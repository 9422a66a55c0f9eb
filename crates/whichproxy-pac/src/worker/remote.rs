//! A script that workers run.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::message::{Done, Reply, Request, VALUE_MOST, reply_most};
use super::pool::{Hand, Known, Workers, deadline};
use super::values::Room;
use super::wire::Malformed;
use crate::engine::datum::Datum;
use crate::engine::{Job, Loader};
use crate::meta::Memo;
use crate::syntax::Variable;
use crate::{Error, ErrorKind, Limits};

/// A script that workers run.
#[derive(Debug)]
pub(crate) struct Remote {
    workers: Workers,
    script: Known,
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.script.end();
        self.workers.forget(self.script.id);
    }
}

impl Remote {
    pub(crate) fn new(
        workers: &Workers,
        source: Arc<str>,
        limits: &Limits,
        stack_bytes: usize,
    ) -> Remote {
        let script = Known::new(source, limits.clone(), stack_bytes);
        Remote { workers: workers.clone(), script }
    }

    /// Has a worker do a job, and answers its questions meanwhile.
    pub(crate) fn run(
        &self,
        job: &Job,
        memo: Option<&mut Memo<'_>>,
    ) -> Result<String, Error> {
        let Remote { workers, script } = self;
        let limits = &script.limits;
        let start = Instant::now();
        let deadline = deadline(limits);
        let mut hand = workers.take(
            Some(script.id),
            script.stack_bytes,
            limits,
            deadline,
        )?;
        hand.kill_at(deadline);
        match converse(&mut hand, script, job, memo) {
            Ok(result) => {
                workers.finish(hand, start.elapsed());
                result
            }
            Err(why) => Err(workers.discard(hand, &why, deadline, limits)),
        }
    }
}

fn converse(
    hand: &mut Hand,
    script: &Known,
    job: &Job,
    mut memo: Option<&mut Memo<'_>>,
) -> io::Result<Result<String, Error>> {
    hand.teach(script)?;
    let id = script.id;
    hand.tell(&match job {
        Job::Read => Request::Read { id },
        Job::Call { url, host } => {
            Request::Call { id, url: url.into(), host: host.into() }
        }
    })?;
    let most = reply_most(&script.limits);
    let mut room = Room::new();
    loop {
        match hand.hear(most, &mut room)? {
            Reply::Question(question) => {
                let answer = match memo.as_deref_mut() {
                    Some(memo) => memo.ask(question),
                    // Nothing runs while a script is only read.
                    None => Err(Error::new(
                        ErrorKind::Exception,
                        "a question while the script was read",
                    )),
                };
                hand.tell(&Request::Answer(answer))?;
            }
            Reply::Alert(message) => {
                if let Some(memo) = memo.as_deref_mut() {
                    memo.alert(message);
                }
            }
            Reply::Done(Done { result, dropped, until }) => {
                if let Some(memo) = memo {
                    memo.drop_alerts(dropped);
                    until.into_iter().for_each(|until| memo.hold(until));
                }
                return Ok(result);
            }
            _ => return Err(Malformed("an answer to nothing").into()),
        }
    }
}

/// Has a worker run a script once, to be read.
pub(crate) struct RemoteLoader<'w> {
    workers: &'w Workers,
    stack_bytes: usize,
    running: Option<Running>,
}

struct Running {
    hand: Hand,
    limits: Limits,
    start: Instant,
    deadline: Option<Instant>,
    room: Room,
}

impl<'w> RemoteLoader<'w> {
    pub(crate) fn new(
        workers: &'w Workers,
        stack_bytes: usize,
    ) -> RemoteLoader<'w> {
        RemoteLoader { workers, stack_bytes, running: None }
    }

    fn ask(&mut self, request: &Request<'_>) -> Result<Reply, String> {
        let Some(running) = &mut self.running else {
            return Err("code outside of functions that cannot be run".into());
        };
        let Running { hand, room, .. } = running;
        let said = hand.tell(request);
        match said.and_then(|()| hand.hear(VALUE_MOST, room)) {
            Ok(reply) => Ok(reply),
            Err(why) => Err(self.fail(&why)),
        }
    }

    /// The reason of a refusal, after a worker failed.
    fn fail(&mut self, why: &io::Error) -> String {
        let reason = "code outside of functions";
        let Some(running) = self.running.take() else {
            return format!("{reason} that cannot be run");
        };
        let Running { hand, limits, deadline, .. } = running;
        let error = self.workers.discard(hand, why, deadline, &limits);
        match error.kind() {
            ErrorKind::Deadline => format!("{reason} that takes too long"),
            _ => format!("{reason} that cannot be run: {error}"),
        }
    }
}

impl Loader for RemoteLoader<'_> {
    fn load(
        &mut self,
        text: &str,
        mark: &str,
        limits: &Limits,
    ) -> Result<Vec<String>, String> {
        let start = Instant::now();
        let deadline = deadline(limits);
        let hand = self.workers.take(None, self.stack_bytes, limits, deadline);
        let mut hand = hand.map_err(|error| error.to_string())?;
        hand.kill_at(deadline);
        let limits = limits.clone();
        let request = Request::Load {
            limits: limits.clone(),
            mark: mark.into(),
            text: text.into(),
        };
        let room = Room::new();
        self.running = Some(Running { hand, limits, start, deadline, room });
        match self.ask(&request)? {
            Reply::Loaded(names) => names,
            _ => Err(self.fail(&Malformed("no names").into())),
        }
    }

    fn value(&mut self, variable: &Variable) -> Result<Option<Datum>, String> {
        match self.ask(&Request::Value(variable.clone()))? {
            Reply::Value(value) => value,
            _ => Err(self.fail(&Malformed("no value").into())),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        match self.ask(&Request::End)? {
            Reply::Ended(end) => end,
            _ => Err(self.fail(&Malformed("no end").into())),
        }
    }
}

impl Drop for RemoteLoader<'_> {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let Running { mut hand, limits, start, deadline, .. } = running;
            // What it may have told before, is forgotten in any case.
            let told = hand.tell(&Request::End);
            let mut room = Room::new();
            match told.and_then(|()| hand.hear(VALUE_MOST, &mut room)) {
                Ok(_) => self.workers.finish(hand, start.elapsed()),
                Err(why) => {
                    self.workers.discard(hand, &why, deadline, &limits);
                }
            }
        }
    }
}
