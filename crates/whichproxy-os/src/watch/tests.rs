use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

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
    let watch = Watch::start(Identity::CurrentUser, changed, move |told| {
        let told = told.map_or_else(
            |fault| fault.to_string(),
            |change| change.to_string(),
        );
        // Nobody listens any more where the test is over.
        let _ = tell.send(told);
    });
    (watch.unwrap(), tells, looks)
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
    // The thread has ended, and its end of the channel with it.
    assert!(tells.recv().is_err());
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
    assert!(tells.recv().is_err());
}

#[test]
fn it_ends_where_it_is_dropped_by_its_own_thread() {
    let machine = Machine::offline();
    let resolver = Resolver::new(Client::Winhttp, machine).unwrap();
    let own: Arc<Mutex<Option<Watch>>> = Arc::default();
    let mut held = own.lock().unwrap();
    let (tell, tells) = channel();
    let dropped = Arc::clone(&own);
    let watch = Watch::start(
        Identity::CurrentUser,
        move |change| match change {
            Change::Registry => Ok(true),
            _ => resolver.changed(change),
        },
        move |_| {
            drop(dropped.lock().unwrap().take());
            tell.send(()).unwrap();
        },
    );
    *held = Some(watch.unwrap());
    drop(held);
    tells.recv_timeout(LONG).unwrap();
    // Its end of the channel goes with the thread.
    assert!(tells.recv_timeout(LONG).is_err());
    assert!(own.lock().unwrap().is_none());
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
    assert!(tells.recv().is_err());
}
