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
use whichproxy_pac::{Isolation, Limits, Pac, Query};

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

/// Begins, and tells whether nothing had begun before.
pub(crate) fn begin() -> bool {
    let mut state = state();
    if state.engine.is_some() {
        return false;
    }
    let machine = machine(state.own_address);
    let kept = VecDeque::new();
    state.engine = Some(Engine { machine, script: None, kept });
    true
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
    // One byte more than is allowed, so that it is told.
    let most = Limits::SOURCE_BYTES as u64 * 2 + 16;
    let read = || -> io::Result<Vec<u8>> {
        let mut source = Vec::new();
        let file = fs::File::open(OsStr::from_bytes(path))?;
        io::Read::read_to_end(&mut io::Read::take(file, most), &mut source)?;
        Ok(source)
    };
    let source = read().map_err(|error| {
        format!("{}: {error}", String::from_utf8_lossy(path).escape_debug())
    })?;
    parse(&source)
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
    let isolation = worker::named_by_environment();
    let builder = || match isolation.clone() {
        Some(workers) => Pac::builder().isolation(Isolation::Worker(workers)),
        None => Pac::builder(),
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
    let given = |text: Option<&str>| {
        text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    };
    let url = given(url).ok_or("there is no URL")?;
    let host = given(host).ok_or("there is no host")?;
    // As pacparser does.
    if host.contains('\'') {
        return Err("a host has no single quote".to_owned());
    }
    let script = script.ok_or("no script was parsed")?;
    let query = Query::raw(url.replace('\'', "%27"), host);
    match script.evaluate(query, &machine) {
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
