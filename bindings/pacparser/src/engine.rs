//! The one script of the process, and what it is told of the machine.

use std::collections::VecDeque;
use std::ffi::{CString, OsStr, c_char};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use whichproxy::Machine;
use whichproxy::machine::{Interface, StaticInterfaces};
use whichproxy_os::{SystemClock, SystemDns, SystemInterfaces, worker};
use whichproxy_pac::{Builder, Isolation, Limits, Pac, Query};

/// How many texts that were given away are kept, at least.
const KEPT: usize = 256;

/// All that pacparser keeps for a process.
struct State {
    engine: Option<Engine>,
    /// What `pacparser_setmyip` said; it may be called before all else.
    own_address: Option<IpAddr>,
}

/// What is there between `pacparser_init` and `pacparser_cleanup`.
struct Engine {
    machine: Machine,
    script: Option<Pac>,
    /// Texts that programs may still read, the oldest first.
    kept: VecDeque<CString>,
}

static STATE: Mutex<State> =
    Mutex::new(State { engine: None, own_address: None });

/// It is whole whenever the lock is let go, even by a panic.
fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

const NOT_BEGUN: &str = "pacparser_init was not called";

/// Begins; what has begun goes on.
pub(crate) fn begin() {
    let mut state = state();
    if state.engine.is_none() {
        let machine = machine(state.own_address);
        let kept = VecDeque::new();
        state.engine = Some(Engine { machine, script: None, kept });
    }
}

/// Ends.
pub(crate) fn end() {
    let old = {
        let mut state = state();
        state.own_address = None;
        state.engine.take()
    };
    // Not under the lock: it may take a while.
    drop(old);
}

/// Sets the own address; none by the empty text.
pub(crate) fn set_own_address(text: &str) -> Result<(), String> {
    let address = match text {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            format!("`{}` is no IP address", text.escape_debug())
        })?),
    };
    let mut state = state();
    state.own_address = address;
    if let Some(engine) = &mut state.engine {
        engine.machine = machine(address);
    }
    Ok(())
}

/// Reads a script from a file.
pub(crate) fn parse_file(path: &[u8]) -> Result<(), String> {
    parse(&contents(path)?)
}

/// The bytes of a script's file, which is one and no pipe: nobody waits for
/// what is never written.
fn contents(path: &[u8]) -> Result<Vec<u8>, String> {
    // More than is allowed, so that it is told.
    let most = Limits::SOURCE_BYTES as u64 * 2 + 16;
    let path = OsStr::from_bytes(path);
    let read = || -> io::Result<Vec<u8>> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut source = Vec::new();
        let file = fs::File::open(path)?;
        io::Read::read_to_end(&mut io::Read::take(file, most), &mut source)?;
        Ok(source)
    };
    read().map_err(|error| {
        let name: String = path.to_string_lossy().chars().take(200).collect();
        format!("`{}`: {error}", name.escape_debug())
    })
}

/// What becomes a script.
fn builder() -> Builder {
    match worker::named_by_environment() {
        Some(workers) => Pac::builder().isolation(Isolation::Worker(workers)),
        None => Pac::builder(),
    }
}

/// Reads a script from a file and asks it, beside whatever was begun, which
/// stays as it is.
pub(crate) fn ask_file(
    path: &[u8],
    url: Option<&str>,
    host: Option<&str>,
) -> Result<String, String> {
    let own_address = state().own_address;
    let script = builder().build_bytes(&contents(path)?, None);
    let script = script.map_err(|error| error.to_string())?;
    evaluate(&script, &machine(own_address), url, host)
}

/// Reads a script.
///
/// Scripts share what they define, in pacparser. Here, one that has no
/// `FindProxyForURL` is put before or behind one that has it; of two that
/// have it, the later counts alone.
pub(crate) fn parse(source: &[u8]) -> Result<(), String> {
    let known = {
        let state = state();
        let engine = state.engine.as_ref().ok_or(NOT_BEGUN)?;
        engine.script.clone()
    };
    let told = |error: whichproxy_pac::Error| error.to_string();
    let mut script = builder().build_bytes(source, None).map_err(told)?;
    if let Some(known) = known.filter(|known| {
        !(has_entry(known.source()) && has_entry(script.source()))
    }) {
        let both = format!("{}\n{}", known.source(), script.source());
        script = builder().build(&both).map_err(told)?;
    }
    let mut state = state();
    let engine = state.engine.as_mut().ok_or(NOT_BEGUN)?;
    engine.script = Some(script);
    Ok(())
}

/// Whether a script may define what is asked.
fn has_entry(source: &str) -> bool {
    source.contains("FindProxyForURL")
}

/// What the script returns.
pub(crate) fn find(
    url: Option<&str>,
    host: Option<&str>,
) -> Result<String, String> {
    let (machine, script) = {
        let state = state();
        let engine = state.engine.as_ref().ok_or(NOT_BEGUN)?;
        (engine.machine.clone(), engine.script.clone())
    };
    let script = script.ok_or("no script was parsed")?;
    evaluate(&script, &machine, url, host)
}

/// What a script returns to a question.
fn evaluate(
    script: &Pac,
    machine: &Machine,
    url: Option<&str>,
    host: Option<&str>,
) -> Result<String, String> {
    let given = |text: Option<&str>| {
        text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    };
    let url = given(url).ok_or("there is no URL")?;
    let host = given(host).ok_or("there is no host")?;
    // pactester shows both: such a host has no answer, and in a URL it is
    // written otherwise.
    if host.contains('\'') {
        return Err("the host contains `'`".to_owned());
    }
    let query = Query::raw(url.replace('\'', "%27"), host);
    match script.evaluate(query, machine) {
        Ok(evaluation) => Ok(evaluation.result().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Keeps a text for who asked, and gives its address.
pub(crate) fn keep(text: &str) -> Result<*mut c_char, String> {
    // For C, it ends there anyway.
    let text = text.split('\0').next().unwrap_or_default();
    let mut state = state();
    let engine = state.engine.as_mut().ok_or(NOT_BEGUN)?;
    let kept = &mut engine.kept;
    let known = kept.iter().position(|one| one.to_bytes() == text.as_bytes());
    let text = match known.and_then(|at| kept.remove(at)) {
        Some(known) => known,
        None => CString::new(text).map_err(|error| error.to_string())?,
    };
    while kept.len() >= KEPT {
        kept.pop_front();
    }
    // A text stays where it is when it moves in the list.
    let address = text.as_ptr().cast_mut();
    kept.push_back(text);
    Ok(address)
}

/// The machine as a script sees it.
fn machine(own_address: Option<IpAddr>) -> Machine {
    let machine = Machine::offline()
        .with_clock(SystemClock)
        .with_dns(SystemDns::new())
        .with_interfaces(SystemInterfaces);
    match own_address {
        None => machine,
        Some(address) => {
            machine.with_interfaces(StaticInterfaces::new().with(Interface {
                addresses: vec![address],
                ..Interface::default()
            }))
        }
    }
}
