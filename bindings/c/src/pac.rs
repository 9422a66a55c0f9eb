//! A PAC script alone.

use std::sync::OnceLock;

use ::whichproxy_pac::{Evaluation, Pac, Query};
use whichproxy::{Machine, parse_url};

use crate::machine::whichproxy_machine;
use crate::resolution::{numbered, whichproxy_route};
use crate::resolver::{give_many, limits, texts};
use crate::status::{Done, Failure, call, whichproxy_status};
use crate::text::{
    Out, bytes, free, lent, object, optional, text, whichproxy_str,
    whichproxy_text,
};
use crate::worker::isolation;

/// A PAC script, ready to be asked. It does not change.
#[derive(Debug)]
pub struct whichproxy_pac {
    script: Pac,
    refusals: String,
    depends_on: String,
}

/// Reads a PAC script, of so many bytes: in UTF-8, or as a mark at its
/// beginning says.
///
/// `isolation` is a whichproxy_isolation, `path` the program of
/// WHICHPROXY_WORKER_AT, else null. `milliseconds` bounds the time of an
/// answer, and of reading; 0 is WinHTTP's limit.
///
/// # Safety
///
/// `source` is null or has `len` bytes, and `path` `path_len`; `out` is null
/// or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_new(
    source: *const u8,
    len: usize,
    isolation: u32,
    path: *const u8,
    path_len: usize,
    milliseconds: u64,
    out: *mut *mut whichproxy_pac,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (source, path) = unsafe {
            (bytes("source", source, len)?, optional("path", path, path_len)?)
        };
        let script = Pac::builder()
            .limits(limits(0, milliseconds))
            .isolation(self::isolation(isolation, path)?)
            .build_bytes(source, None)?;
        let refusals = script.refusals().iter().map(ToString::to_string);
        let refusals: Vec<String> = refusals.collect();
        let depends_on: Vec<&str> = script.depends_on().names().collect();
        let made = whichproxy_pac {
            script,
            refusals: refusals.join("\n"),
            depends_on: depends_on.join(" "),
        };
        // SAFETY: the caller's promise.
        unsafe { out.make(made) }
    })
}

/// How it is carried out: `constant`, `table`, `compiled` or `js`. Empty of
/// null.
///
/// # Safety
///
/// `pac` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_strategy(
    pac: *const whichproxy_pac,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe { lent(pac, |pac| pac.script.strategy()) }
}

/// Why it is carried out no better, one reason a line, with its place. Empty
/// of null.
///
/// # Safety
///
/// `pac` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_refusals(
    pac: *const whichproxy_pac,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe { lent(pac, |pac| &pac.refusals) }
}

/// What its answers depend on, with blanks between: `scheme`, `host`,
/// `port`, `path`, `dns`, `own_addresses`, `clock`. Empty of null.
///
/// # Safety
///
/// `pac` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_depends_on(
    pac: *const whichproxy_pac,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe { lent(pac, |pac| &pac.depends_on) }
}

/// What a script said of a URL. It does not change.
#[derive(Debug)]
pub struct whichproxy_evaluation {
    found: Evaluation,
    text: OnceLock<String>,
}

impl whichproxy_evaluation {
    fn new(found: Evaluation) -> whichproxy_evaluation {
        whichproxy_evaluation { found, text: OnceLock::new() }
    }
}

/// The question about a URL, as clients put it to a script.
fn query(url: &str) -> Done<Query<'_>> {
    match Query::of_plain_text(url) {
        Some(query) => Ok(query),
        None => Ok(Query::from(&parse_url(url)?)),
    }
}

/// A script, and what it is asked.
struct Asked<'a> {
    script: &'a Pac,
    /// None is one that has nothing.
    machine: Option<&'a whichproxy_machine>,
    url: &'a str,
    host: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// What was handed over.
    ///
    /// # Safety
    ///
    /// As of whichproxy_pac_find_proxy().
    unsafe fn new(
        pac: *const whichproxy_pac,
        machine: *const whichproxy_machine,
        (url, len): (*const u8, usize),
        (host, host_len): (*const u8, usize),
    ) -> Done<Asked<'a>> {
        // SAFETY: the caller's promise, for all four.
        unsafe {
            Ok(Asked {
                script: &object("pac", pac)?.script,
                machine: machine.as_ref(),
                url: text("url", url, len)?,
                host: optional("host", host, host_len)?,
            })
        }
    }

    /// What the script says, or how it failed; a failure of the call is one
    /// of the question.
    fn evaluate(&self) -> Done<Result<Evaluation, ::whichproxy_pac::Error>> {
        let query = match self.host {
            Some(host) => Query::raw(self.url, host),
            None => query(self.url)?,
        };
        Ok(with_machine(self.machine, |machine| {
            self.script.evaluate(query, machine)
        }))
    }
}

/// Calls with the machine, or with one that has nothing.
fn with_machine<T>(
    machine: Option<&whichproxy_machine>,
    call: impl FnOnce(&Machine) -> T,
) -> T {
    match machine {
        Some(machine) => call(machine.inner()),
        None => call(&Machine::offline()),
    }
}

/// Asks a script about a URL. `machine` tells it what else it asks; null is
/// one that has nothing.
///
/// `host` is null, or what the script is told of the host in place of the
/// URL's; then the URL is handed over as it is, too.
///
/// # Safety
///
/// `pac` is null or was not freed; `machine` is null or one that nobody
/// changes; `url` is null or has `len` bytes, and `host` `host_len`; `out`
/// is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_find_proxy(
    pac: *const whichproxy_pac,
    machine: *const whichproxy_machine,
    url: *const u8,
    len: usize,
    host: *const u8,
    host_len: usize,
    out: *mut *mut whichproxy_evaluation,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let asked =
            unsafe { Asked::new(pac, machine, (url, len), (host, host_len)) }?;
        let found = asked.evaluate()??;
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_evaluation::new(found)) }
    })
}

/// Asks a script about many URLs, on all cores; as
/// whichproxy_pac_find_proxy() and whichproxy_resolver_resolve_many().
///
/// # Safety
///
/// As those.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_find_proxy_many(
    pac: *const whichproxy_pac,
    machine: *const whichproxy_machine,
    urls: *const whichproxy_str,
    count: usize,
    out: *mut *mut whichproxy_evaluation,
    statuses: *mut whichproxy_status,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for all three.
        let (pac, machine, texts) = unsafe {
            (
                object("pac", pac)?,
                machine.as_ref(),
                texts("urls", urls, count)?,
            )
        };
        let mut places = Vec::new();
        let mut queries = Vec::new();
        for url in texts {
            places.push(query(url).map(|query| queries.push(query)));
        }
        let found = with_machine(machine, |machine| {
            pac.script.evaluate_many(&queries, machine)
        });
        let mut found = found.into_iter();
        let all = places.into_iter().map(|place| {
            place?;
            let missing = || Failure::input("there is no answer");
            let found = found.next().ok_or_else(missing)?;
            Ok(whichproxy_evaluation::new(found?))
        });
        // SAFETY: the caller's promise.
        unsafe { give_many(all, out, statuses) };
        Ok(())
    })
}

/// How many routes there are, which is at least one; 0 of null.
///
/// # Safety
///
/// `evaluation` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_evaluation_len(
    evaluation: *const whichproxy_evaluation,
) -> usize {
    // SAFETY: the caller's promise.
    let evaluation = unsafe { evaluation.as_ref() };
    evaluation.map_or(0, |evaluation| evaluation.found.routes().len())
}

/// A route, by its number from 0 on. They are to be tried in order.
///
/// # Safety
///
/// `evaluation` is null or was not freed; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_evaluation_route(
    evaluation: *const whichproxy_evaluation,
    place: usize,
    out: *mut whichproxy_route,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let evaluation = unsafe { object("evaluation", evaluation) }?;
        let route = numbered(evaluation.found.routes().iter(), place)?;
        // SAFETY: the caller's promise.
        unsafe { out.give(route) }
    })
}

/// The routes as a PAC string: `PROXY a:80; DIRECT`. Empty of null.
///
/// # Safety
///
/// `evaluation` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_evaluation_text(
    evaluation: *const whichproxy_evaluation,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe {
        lent(evaluation, |one| {
            one.text.get_or_init(|| one.found.routes().to_string())
        })
    }
}

/// What the script returned, as it is: from the network, and not to be shown
/// to a terminal. Empty of null.
///
/// # Safety
///
/// `evaluation` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_evaluation_result(
    evaluation: *const whichproxy_evaluation,
) -> whichproxy_str {
    // SAFETY: the caller's promise.
    unsafe { lent(evaluation, |one| one.found.result()) }
}

/// Asks a script about a URL, and tells all in JSON: the object that
/// `whichproxy pac eval` prints, with what the script asked and said. A
/// failure of the script is an answer, too, and no failure of this call.
///
/// # Safety
///
/// As whichproxy_pac_find_proxy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_explain(
    pac: *const whichproxy_pac,
    machine: *const whichproxy_machine,
    url: *const u8,
    len: usize,
    host: *const u8,
    host_len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let asked =
            unsafe { Asked::new(pac, machine, (url, len), (host, host_len)) }?;
        let found = asked.evaluate()?;
        let Asked { script, url, .. } = asked;
        let json =
            whichproxy_cli::json::evaluated(url, script, found.as_ref());
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(json)) }
    })
}

/// Frees a script.
///
/// # Safety
///
/// `pac` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_pac_free(pac: *mut whichproxy_pac) {
    // SAFETY: the caller's promise.
    unsafe { free(pac) };
}

/// Frees an evaluation.
///
/// # Safety
///
/// `evaluation` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_evaluation_free(
    evaluation: *mut whichproxy_evaluation,
) {
    // SAFETY: the caller's promise.
    unsafe { free(evaluation) };
}
