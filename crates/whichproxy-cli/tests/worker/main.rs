//! Scripts in worker processes, as a library's user has them; the worker is
//! the command.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may fail

#[cfg(target_os = "linux")]
mod confined;
#[cfg(target_os = "linux")]
mod hostile;
mod same;
#[cfg(target_os = "linux")]
mod survives;
mod told;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use whichproxy::Machine;
use whichproxy::machine::{FixedClock, Names, StaticInterfaces};
use whichproxy_os::worker::workers_at;
use whichproxy_pac::worker::Workers;
use whichproxy_pac::{Config, Isolation, Limits, Pac};

/// The children of this process are counted, so one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn workers() -> Workers {
    workers_at(env!("CARGO_BIN_EXE_whichproxy"))
}

fn script(body: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ {body} }}")
}

/// A deadline that is meant to pass.
fn short() -> Limits {
    Limits::new()
        .with_deadline(Duration::from_millis(300))
        .with_loop_iterations(u64::MAX)
}

/// A script that boa runs.
fn js(
    source: &str,
    limits: Limits,
    isolation: Isolation,
) -> Result<Pac, whichproxy_pac::Error> {
    Pac::builder()
        .config(Config::new().only_js())
        .limits(limits)
        .isolation(isolation)
        .build(source)
}

/// A machine with a few answers.
fn machine() -> Machine {
    let names = Names::new()
        .with("a.example", [[192, 0, 2, 7]])
        .with("b.example", [[192, 0, 2, 8], [10, 0, 0, 1]]);
    let now = "2026-11-22T09:30:00+01:00".parse().unwrap();
    Machine::offline()
        .with_dns(names)
        .with_clock(FixedClock::new(now))
        .with_interfaces(
            StaticInterfaces::new().with_addresses(vec![[10, 9, 8, 7].into()]),
        )
}
