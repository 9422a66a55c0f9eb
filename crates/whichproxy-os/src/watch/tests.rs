use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};

use whichproxy::machine::{Interface, Interfaces, Suffixes};
use whichproxy::{Client, Machine};

use super::*;

/// Long, since machines may be slow; nobody waits for it where all is well.
const LONG: Duration = Duration::from_secs(60);

/// A watch that counts how often it looks at the registry, and what it tells.
fn watch(
    mut look: impl FnMut(usize) -> Result<bool, Error> + Send + 'static,
) -> (Watch, Receiver<String>, Arc<AtomicUsize>) {
    let looks: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&looks);
    let changed = move |change| match change {
        Change::Registry => look(count.fetch_add(1, Ordering::SeqCst)),
        _ => Ok(false),
    };
    let (tell, tells) = channel();
    let watch = Watch::start(None, changed, move |told| {
        let told = told.map_or_else(
            |fault| fault.to_string(),
            |change| change.to_string(),
        );
        // Nobody listens any more where the test is over.
        let _ = tell.send(told);
    });
    (watch.unwrap(), tells, looks)
}

/// The thread has ended, and its end of the channel with it.
fn ended<T: PartialEq + std::fmt::Debug>(tells: &Receiver<T>) {
    let told = tells.recv_timeout(LONG);
    assert_eq!(told, Err(RecvTimeoutError::Disconnected));
}

fn error() -> Error {
    let text = whichproxy::parse_url("nonsense");
    text.unwrap_err()
}

#[test]
fn what_changed_before_it_began_is_told() {
    let (watch, tells, looks) = watch(|_| Ok(true));
    assert_eq!(tells.recv_timeout(LONG).unwrap(), "registry");
    drop(watch);
    ended(&tells);
    assert_eq!(looks.load(Ordering::SeqCst), 1);
}

#[test]
fn a_fault_is_told_once_and_tried_again() {
    let (watch, tells, looks) = watch(|looks| match looks {
        0..3 => Err(error()),
        _ => Ok(true),
    });
    let fault = error().to_string();
    let next = || tells.recv_timeout(LONG).unwrap();
    assert_eq!(next(), fault);
    assert_eq!(next(), "registry");
    assert_eq!(looks.load(Ordering::SeqCst), 4);
    drop(watch);
    ended(&tells);
}

/// And what else was to be told then, is not.
#[test]
fn it_ends_where_it_is_dropped_by_its_own_thread() {
    let own: Arc<Mutex<Option<Watch>>> = Arc::default();
    let mut held = own.lock().unwrap();
    let (tell, tells) = channel();
    let dropped = Arc::clone(&own);
    // Two changes and a fault at once.
    let changed = |change| match change {
        Change::Registry => Ok(true),
        _ => Err(error()),
    };
    let watch = Watch::start(None, changed, move |_| {
        drop(dropped.lock().unwrap().take());
        tell.send(()).unwrap();
    });
    *held = Some(watch.unwrap());
    drop(held);
    assert_eq!(tells.recv_timeout(LONG), Ok(()));
    ended(&tells);
    assert!(own.lock().unwrap().is_none());
}

#[test]
fn it_ends_without_being_waited_for() {
    let (tell, tells) = channel();
    let (go, goes) = channel::<()>();
    let watch = Watch::start(
        None,
        |_| Ok(true),
        move |_| {
            tell.send(()).unwrap();
            // Until the other end is dropped.
            let _ = goes.recv_timeout(LONG);
        },
    );
    assert_eq!(tells.recv_timeout(LONG), Ok(()));
    watch.unwrap().end();
    drop(go);
    ended(&tells);
}

/// One fault that two things fail of is told once, and two are two.
#[test]
fn faults_are_told_once_each() {
    let (tell, tells) = channel();
    let mut count = 0;
    let changed = move |change| {
        count += 1;
        match (change, count) {
            (_, 1..=4) => Err(error()),
            (Change::Registry, 5) => {
                Err(whichproxy::parse_url("other").unwrap_err())
            }
            (_, 5..=6) => Err(error()),
            _ => Ok(true),
        }
    };
    let watch = Watch::start(None, changed, move |told| {
        let told = told.map_or_else(|it| it.to_string(), |it| it.to_string());
        // Nobody listens any more where the test is over.
        let _ = tell.send(told);
    });
    let next = || tells.recv_timeout(LONG).unwrap();
    let other = whichproxy::parse_url("other").unwrap_err().to_string();
    assert_eq!(next(), error().to_string());
    let mut both = [next(), next()];
    both.sort();
    let mut expected = [error().to_string(), other];
    expected.sort();
    assert_eq!(both, expected);
    assert_eq!([next(), next()], ["registry", "addresses"]);
    drop(watch.unwrap());
    ended(&tells);
}

/// Clones of a resolver may have a watch each, whoever tells the resolver
/// first.
#[test]
fn every_watch_is_told() {
    let wire = Wire::default();
    let machine = Machine::offline().with_interfaces(wire.clone());
    let resolver = Resolver::new(Client::WinhttpAuto, machine).unwrap();
    assert!(!resolver.changed(Change::Addresses).unwrap());
    let (tell, tells) = channel();
    let watches = [1, 2].map(|number| {
        let tell = tell.clone();
        let told = move |told| {
            // Nobody listens any more where the test is over.
            let _ = tell.send((number, told));
        };
        Watch::new(&resolver.clone(), told).unwrap()
    });
    drop(tell);
    wire.0.store(1, Ordering::SeqCst);
    // One of them may have been first.
    resolver.changed(Change::Addresses).unwrap();
    let mut told = [(); 2].map(|()| tells.recv_timeout(LONG).unwrap());
    told.sort_by_key(|(number, _)| *number);
    let change = Ok(Change::Addresses);
    assert_eq!(told, [(1, change.clone()), (2, change)]);
    // What can't be had is told, and what changed meanwhile after that.
    wire.0.store(usize::MAX, Ordering::SeqCst);
    let fault = Err(Fault::new("interfaces: torn"));
    for _ in &watches {
        assert_eq!(tells.recv_timeout(LONG).unwrap().1, fault);
    }
    wire.0.store(2, Ordering::SeqCst);
    for _ in &watches {
        assert_eq!(tells.recv_timeout(LONG).unwrap().1, Ok(Change::Addresses));
    }
    drop(watches);
    ended(&tells);
    assert_eq!(resolver.changes(Change::Addresses), 2);
}

/// Interfaces that are changed by hand.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<AtomicUsize>);

impl Interfaces for Wire {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        let number = self.0.load(Ordering::SeqCst);
        let number = u8::try_from(number).map_err(|_| Fault::new("torn"))?;
        Ok(vec![Interface {
            name: "eth0".to_owned(),
            addresses: vec![[10, 0, 0, number].into()],
            suffix: None,
        }])
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        Ok(Suffixes::default())
    }
}

/// Addresses are looked at where nobody tells of them, and what broke is made
/// anew.
#[cfg(target_os = "linux")]
#[test]
fn what_breaks_is_made_anew() {
    let (mut signals, stop) = Signals::new(None).unwrap();
    assert!(signals.tells_of_addresses());
    signals.stop_listening();
    assert!(!signals.tells_of_addresses());
    match signals.wait(Duration::ZERO).unwrap() {
        Heard::Changes(changes) => assert!(changes.is_empty()),
        Heard::Stop => panic!("nobody said so"),
    }
    signals.renew().unwrap();
    assert!(signals.tells_of_addresses());
    stop.stop();
    assert!(matches!(signals.wait(LONG).unwrap(), Heard::Stop));
}

/// Values and keys come and go. Nobody's own registry is written to.
#[cfg(windows)]
#[test]
fn windows_tells_of_its_registry() {
    const KEY: &str =
        r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection";
    fn reg(arguments: &[&str]) {
        let mut command = std::process::Command::new("reg");
        let output = command.args(arguments).arg("/f").output().unwrap();
        assert!(output.status.success(), "{arguments:?} {output:?}");
    }
    if std::env::var_os("WINEPREFIX").is_none() {
        println!("skipped: writes to the registry of Wine alone");
        return;
    }
    let machine = Machine::offline().with_registry(crate::SystemRegistry);
    let resolver = Resolver::new(Client::DefenderEdr, machine).unwrap();
    let routes = || {
        let found = resolver.resolve_text("https://a.example/").unwrap();
        found.routes().to_string()
    };
    let (tell, tells) = channel();
    let watch = Watch::new(&resolver, move |told| {
        // Nobody listens any more where the test is over.
        let _ = tell.send(told);
    });
    let watch = watch.unwrap();
    let set = |proxy: &str| {
        let value = ["add", KEY, "/v", "TelemetryProxyServer", "/d", proxy];
        reg(&value);
    };
    let told = |expected: &str| {
        let told = tells.recv_timeout(LONG).unwrap();
        assert_eq!(told, Ok(Change::Registry));
        assert_eq!(routes(), expected);
    };
    assert_eq!(routes(), "DIRECT");
    // Three keys that were not there; then a value; then none of it.
    set("10.0.0.6:8080");
    told("PROXY 10.0.0.6:8080; DIRECT");
    set("10.0.0.7:8080");
    told("PROXY 10.0.0.7:8080; DIRECT");
    reg(&["delete", KEY]);
    told("DIRECT");
    // A value that is no setting is heard, and nothing comes of it.
    reg(&["add", KEY, "/v", "of no account", "/d", "1"]);
    std::thread::sleep(4 * SETTLE);
    set("10.0.0.8:8080");
    told("PROXY 10.0.0.8:8080; DIRECT");
    reg(&["delete", r"HKLM\SOFTWARE\Policies\Microsoft\Windows"]);
    told("DIRECT");
    drop(watch);
    ended(&tells);
}
