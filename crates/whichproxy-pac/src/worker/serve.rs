//! The worker's end: reads requests, has boa do them, and replies.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::message::{
    Done, NAMES_MOST, REQUEST_MOST, Reply, Request, VERSION,
};
use super::pool::SCRIPTS_MOST;
use super::wire::{Encoder, Malformed, read_frame};
use crate::engine::{
    Job, Loading, Nobody, Peer, Session, cancelled, run_caught,
};
use crate::meta::Answer;
use crate::{Error, ErrorKind, Limits, Question};

/// Runs scripts for the process at the other end of two pipes, until it
/// closes them.
///
/// It needs a stack of the size that
/// [`Needs`](crate::worker::Needs::stack_bytes) says, and is to run in a
/// process of its own, whose limits are set before.
///
/// # Errors
///
/// When a pipe breaks, or what comes is no request; after that, nothing is
/// left to do but to end the process.
pub fn serve(
    input: impl Read + 'static,
    output: impl Write + 'static,
) -> io::Result<()> {
    let pipe = Rc::new(Pipe(RefCell::new(Ends {
        input: Box::new(input),
        output: Box::new(output),
        encoder: Encoder::default(),
        frame: Vec::new(),
        job: None,
        broken: None,
    })));
    let version = VERSION.to_owned();
    pipe.say(&Reply::Ready { version })?;
    let peer: Rc<dyn Peer> = pipe.clone();
    let mut server =
        Server { pipe: &pipe, peer, scripts: HashMap::new(), loading: None };
    let mut frame = Vec::new();
    while read_frame(
        &mut *pipe.0.borrow_mut().input,
        REQUEST_MOST,
        &mut frame,
    )? {
        server.serve(Request::decode(&frame)?)?;
    }
    Ok(())
}

/// Tells the process at the other end why this one cannot serve it.
///
/// # Errors
///
/// When the pipe breaks.
pub fn fail(output: &mut dyn Write, why: &str) -> io::Result<()> {
    let mut encoder = Encoder::default();
    encoder.begin();
    Reply::Failed { why: why.to_owned() }.encode(&mut encoder);
    encoder.write(output)
}

struct Server<'p> {
    pipe: &'p Pipe,
    peer: Rc<dyn Peer>,
    scripts: HashMap<u64, Script>,
    loading: Option<Loading>,
}

struct Script {
    source: String,
    limits: Limits,
    kept: Option<Session>,
}

impl Server<'_> {
    fn serve(&mut self, request: Request<'_>) -> io::Result<()> {
        match request {
            Request::Script { id, limits, source } => {
                if self.scripts.len() >= SCRIPTS_MOST {
                    return Err(Malformed("more scripts than fit").into());
                }
                let source = source.into_owned();
                let script = Script { source, limits, kept: None };
                self.scripts.insert(id, script);
                Ok(())
            }
            Request::Forget { id } => {
                drop(self.scripts.remove(&id));
                Ok(())
            }
            Request::Read { id } => self.job(id, &Job::Read),
            Request::Call { id, url, host } => {
                let (url, host) = (url.into_owned(), host.into_owned());
                self.job(id, &Job::Call { url, host })
            }
            Request::Answer(_) => {
                Err(Malformed("an answer that nobody asked for").into())
            }
            Request::Load { limits, mark, text } => {
                self.loading = None;
                let peer: Rc<dyn Peer> = Rc::new(Nobody);
                let loaded = caught(|| {
                    let (loading, names) =
                        Loading::new(&text, &mark, &limits, &peer)?;
                    if names.len() > NAMES_MOST {
                        return Err("too many variables".to_owned());
                    }
                    Ok((loading, names))
                });
                let names = loaded.map(|(loading, names)| {
                    self.loading = Some(loading);
                    names
                });
                self.pipe.say(&Reply::Loaded(names))
            }
            Request::Value(variable) => {
                let value = match &mut self.loading {
                    Some(loading) => caught(|| loading.value(&variable)),
                    None => Err("a variable of no script".to_owned()),
                };
                self.pipe.say(&Reply::Value(value))
            }
            Request::End => {
                let end = self.loading.as_ref().map_or(Ok(()), Loading::end);
                self.loading = None;
                self.pipe.say(&Reply::Ended(end))
            }
        }
    }

    fn job(&mut self, id: u64, job: &Job) -> io::Result<()> {
        let result = match self.scripts.get_mut(&id) {
            Some(Script { source, limits, kept }) => {
                run_caught(job, kept, source, limits, &self.peer)
            }
            None => {
                Err(Error::new(ErrorKind::Exception, "a script of no number"))
            }
        };
        self.pipe.done(result)
    }
}

fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err("code outside of functions that fails".to_owned())
    })
}

/// Both pipes, and what a job has left to say.
struct Pipe(RefCell<Ends>);

struct Ends {
    input: Box<dyn Read>,
    output: Box<dyn Write>,
    encoder: Encoder,
    frame: Vec<u8>,
    /// What goes with the end of the job.
    job: Option<(u64, Option<i64>)>,
    /// Why nothing can be asked or said any more.
    broken: Option<io::Error>,
}

impl Ends {
    fn say(&mut self, reply: &Reply) -> io::Result<()> {
        self.encoder.begin();
        reply.encode(&mut self.encoder);
        self.encoder.write(&mut *self.output)
    }

    fn ask(
        &mut self,
        question: Question,
    ) -> io::Result<Result<Answer, Error>> {
        self.say(&Reply::Question(question))?;
        let Ends { input, frame, .. } = self;
        if !read_frame(&mut **input, REQUEST_MOST, frame)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match Request::decode(frame)? {
            Request::Answer(answer) => Ok(answer),
            _ => Err(Malformed("something else than an answer").into()),
        }
    }

    fn notes(&mut self) -> &mut (u64, Option<i64>) {
        self.job.get_or_insert_default()
    }
}

impl Pipe {
    fn say(&self, reply: &Reply) -> io::Result<()> {
        self.0.borrow_mut().say(reply)
    }

    fn done(&self, result: Result<String, Error>) -> io::Result<()> {
        let mut ends = self.0.borrow_mut();
        if let Some(broken) = ends.broken.take() {
            return Err(broken);
        }
        let (dropped, until) = ends.job.take().unwrap_or_default();
        ends.say(&Reply::Done(Done { result, dropped, until }))
    }
}

impl Peer for Pipe {
    fn ask(&self, question: Question) -> Result<Answer, Error> {
        let mut ends = self.0.borrow_mut();
        if ends.broken.is_some() {
            return Err(cancelled());
        }
        ends.ask(question).unwrap_or_else(|broken| {
            ends.broken = Some(broken);
            Err(cancelled())
        })
    }

    fn alert(&self, message: &str) {
        let mut ends = self.0.borrow_mut();
        if ends.broken.is_none()
            && let Err(broken) = ends.say(&Reply::Alert(message.to_owned()))
        {
            ends.broken = Some(broken);
        }
    }

    fn drop_alert(&self) {
        let mut ends = self.0.borrow_mut();
        let (dropped, _) = ends.notes();
        *dropped = dropped.saturating_add(1);
    }

    fn hold(&self, until: i64) {
        let mut ends = self.0.borrow_mut();
        let (_, held) = ends.notes();
        *held = Some(held.map_or(until, |held| held.min(until)));
    }

    fn is_cancelled(&self) -> bool {
        self.0.borrow().broken.is_some()
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}
