//! A script that boa has read.
//!
//! # State between questions
//!
//! Where loading the script (running its code outside of functions) asked
//! nothing of the machine, whoever runs it keeps the loaded script, and with it the
//! script's global variables, for its next question. Where it asked, or
//! showed an alert, or failed, the next question loads the script again. A
//! script therefore may, but need not, see its globals as its last question
//! left them: several threads have a copy each, copies are renewed after
//! [`QUESTIONS_MOST`] questions, and no answer should depend on them.
//!
//! Whether WinHTTP keeps globals is not known.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use boa_engine::{Context, JsString, JsValue, Script, Source, js_string};

use super::exchange::Job;
use super::link::{Link, Peer};
use super::sandbox::{self, Shared};
use super::thrown;
use crate::error::quoted;
use crate::{Error, ErrorKind, Limits};

/// How many questions a loaded script answers before it is loaded anew, so
/// that what it piles up in its globals goes.
const QUESTIONS_MOST: u32 = 10_000;

/// Does a job for a script, with what is kept of it; a panic of the engine
/// is an error.
pub(crate) fn run_caught(
    job: &Job,
    kept: &mut Option<Session>,
    source: &str,
    limits: &Limits,
    peer: &Rc<dyn Peer>,
) -> Result<String, Error> {
    // What a panic leaves behind is never used again.
    let result = catch_unwind(AssertUnwindSafe(|| {
        run(job, kept, source, limits, peer)
    }));
    result.unwrap_or_else(|panic| {
        // Its destructors may panic as well.
        std::mem::forget(kept.take());
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::new(
            ErrorKind::Exception,
            format!("the engine failed: {}", quoted(&message)),
        ))
    })
}

fn run(
    job: &Job,
    kept: &mut Option<Session>,
    source: &str,
    limits: &Limits,
    peer: &Rc<dyn Peer>,
) -> Result<String, Error> {
    let mut session = match kept.take() {
        Some(session) => session,
        None => Session::read(source, limits, peer)?,
    };
    let Job::Call { url, host } = job else {
        *kept = Some(session);
        return Ok(String::new());
    };
    let result = session.call(url, host, source, limits);
    // Whatever the script did: a stopped evaluation ends as it was stopped.
    if let Some(stop) = session.shared.link.borrow_mut().stop.take() {
        // It may have gone on for a while with an answer that is none.
        return Err(stop);
    }
    let sound = match &result {
        Ok(_) => true,
        Err(error) => {
            matches!(error.kind(), ErrorKind::Exception | ErrorKind::Result)
        }
    };
    if sound && session.keep && session.questions < QUESTIONS_MOST {
        *kept = Some(session);
    }
    result
}

/// A context with a script in it.
pub(crate) struct Session {
    context: Context,
    shared: Rc<Shared>,
    script: Script,
    loaded: bool,
    /// Whether it may answer the next question, too.
    keep: bool,
    questions: u32,
}

impl Session {
    /// Reads and compiles the script.
    fn read(
        source: &str,
        limits: &Limits,
        peer: &Rc<dyn Peer>,
    ) -> Result<Session, Error> {
        let link = Link::new(peer.clone(), limits.alert_bytes());
        let shared = Rc::new(Shared::new(link));
        let mut context = sandbox::context(&shared, limits)
            .map_err(|error| thrown::failed(&error))?;
        let bytes = Source::from_bytes(source).with_path(thrown::path());
        let script = Script::parse(bytes, None, &mut context)
            .and_then(|script| {
                script.codeblock(&mut context)?;
                Ok(script)
            })
            .map_err(|error| thrown::syntax(&error, source))?;
        Ok(Session {
            context,
            shared,
            script,
            loaded: false,
            keep: false,
            questions: 0,
        })
    }

    fn call(
        &mut self,
        url: &str,
        host: &str,
        source: &str,
        limits: &Limits,
    ) -> Result<String, Error> {
        self.shared.restart();
        self.questions += 1;
        let context = &mut self.context;
        if !self.loaded {
            self.loaded = true;
            self.script.evaluate(context).map_err(|error| {
                thrown::error(error, source, limits, context)
            })?;
            self.keep = !self.shared.link.borrow().touched;
        }
        let function = entry(context, source, limits)?;
        let arguments = [
            JsValue::from(JsString::from(url)),
            JsValue::from(JsString::from(host)),
        ];
        let result = function
            .call(&JsValue::undefined(), &arguments, context)
            .map_err(|error| {
                self.keep &= error.as_engine().is_none();
                thrown::error(error, source, limits, context)
            })?;
        let Some(text) = result.as_string() else {
            return Err(Error::new(
                ErrorKind::Result,
                format!("the script returned {}", thrown::kind(&result)),
            ));
        };
        // Three bytes of UTF-8 at most for a unit of UTF-16.
        let most = limits.result_bytes();
        if text.len() <= most {
            let text = text.to_std_string_lossy();
            if text.len() <= most {
                return Ok(text);
            }
        }
        Err(Error::new(
            ErrorKind::Limit,
            format!("the result is longer than {most} bytes"),
        ))
    }
}

/// The function to call.
///
/// Source: WINHTTP-PAC-EX (`FindProxyForURLEx` replaces the other),
/// documented.
fn entry(
    context: &mut Context,
    source: &str,
    limits: &Limits,
) -> Result<boa_engine::JsObject, Error> {
    let global = context.global_object();
    for name in
        [js_string!("FindProxyForURLEx"), js_string!("FindProxyForURL")]
    {
        let value = global
            .get(name, context)
            .map_err(|error| thrown::error(error, source, limits, context))?;
        if let Some(function) = value.as_callable() {
            return Ok(function);
        }
    }
    Err(Error::new(
        ErrorKind::MissingFunction,
        "the script defines no function `FindProxyForURL`",
    ))
}
