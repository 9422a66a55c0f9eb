//! Whatever becomes of a worker, there is an error that says so, and the
//! next question is answered.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use whichproxy_pac::{ErrorKind, Isolation, Limits, Query};

use crate::confined::{children, wait_for};
use crate::{alone, js, machine, script, short, workers};

fn kill(id: u32) {
    let id = Pid::from_raw(id.try_into().unwrap()).unwrap();
    // It may have ended meanwhile.
    let _ = kill_process(id, Signal::KILL);
}

/// Whether all threads of a process have ended.
fn is_dead(id: u32) -> bool {
    match std::fs::read_dir(format!("/proc/{id}/task")) {
        Ok(tasks) => tasks.count() <= 1 && !children().contains(&id),
        Err(_) => true,
    }
}

/// Does what its host says.
const OBEDIENT: &str = "
    if (host == 'loop') while (true) {}
    if (host == 'eat') { var s = 'x'; while (true) s += s; }
    if (host == 'deep') { var d = []; for (var i = 0; i < 1e6; i++) d = [d]; JSON.stringify(d); }
    return 'PROXY ' + host + ':1';";

fn ask(
    pac: &whichproxy_pac::Pac,
    host: &str,
) -> Result<String, whichproxy_pac::Error> {
    let query = Query::raw("http://a/", host.to_owned());
    pac.find_proxy(query, &machine()).map(|routes| routes.to_string())
}

#[test]
fn late_large_and_deep() {
    let _one = alone();
    let workers = workers().with_memory_bytes(256 << 20);
    let isolation = || Isolation::Worker(workers.clone());
    let source = script(OBEDIENT);
    let quick = js(&source, short(), isolation()).unwrap();
    let patient = Limits::new().with_loop_iterations(u64::MAX);
    let patient = js(&source, patient, isolation()).unwrap();
    for (pac, host, kind, message) in [
        (&quick, "loop", ErrorKind::Deadline, "no answer within 300ms"),
        (
            &patient,
            "eat",
            ErrorKind::Limit,
            "the script needs more than 256 MiB of memory",
        ),
        (
            &patient,
            "deep",
            ErrorKind::Limit,
            "the script overflows the native stack",
        ),
    ] {
        assert_eq!(ask(pac, "one").unwrap(), "PROXY one:1");
        let start = Instant::now();
        let error = ask(pac, host).unwrap_err();
        let took = start.elapsed();
        assert_eq!((error.kind(), &*error.to_string()), (kind, message));
        if kind == ErrorKind::Deadline {
            assert!(took < Duration::from_millis(1_300), "{took:?}");
        }
        assert_eq!(ask(pac, "two").unwrap(), "PROXY two:1");
    }
}

#[test]
fn killed_while_idle() {
    let _one = alone();
    let isolation = Isolation::Worker(workers());
    let pac = js(&script(OBEDIENT), Limits::new(), isolation).unwrap();
    for round in 0..5 {
        assert_eq!(ask(&pac, "one").unwrap(), "PROXY one:1", "{round}");
        let all = children();
        assert_eq!(all.len(), 1);
        all.iter().for_each(|id| kill(*id));
        wait_for(|| all.iter().all(|id| is_dead(*id)).then_some(()));
    }
}

#[test]
fn killed_while_it_works() {
    let _one = alone();
    let isolation = Isolation::Worker(workers());
    let limits = Limits::new().with_loop_iterations(u64::MAX);
    let pac = js(&script(OBEDIENT), limits, isolation).unwrap();
    let started = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for(|| started.load(Ordering::SeqCst).then_some(()));
            // Whether it has begun, does not matter.
            std::thread::sleep(Duration::from_millis(50));
            children().iter().for_each(|id| kill(*id));
        });
        started.store(true, Ordering::SeqCst);
        let error = ask(&pac, "loop").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Worker);
        let said = "the worker process ended: signal 9";
        assert_eq!(error.to_string(), said);
    });
    assert_eq!(ask(&pac, "two").unwrap(), "PROXY two:1");
}

#[test]
fn killed_at_random() {
    let _one = alone();
    let isolation = Isolation::Worker(workers().with_count(2));
    let pac = js(&script(OBEDIENT), Limits::new(), isolation).unwrap();
    let (done, lost) = (AtomicBool::new(false), AtomicUsize::new(0));
    let asked = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..3)
            .map(|asker| {
                let (pac, done) = (&pac, &done);
                let (lost, asked) = (&lost, &asked);
                scope.spawn(move || {
                    for round in 0.. {
                        let host = format!("h{asker}x{round}");
                        match ask(pac, &host) {
                            Ok(routes) => {
                                assert_eq!(routes, format!("PROXY {host}:1"));
                            }
                            Err(error) => {
                                assert_eq!(error.kind(), ErrorKind::Worker);
                                lost.fetch_add(1, Ordering::SeqCst);
                            }
                        }
                        asked.fetch_add(1, Ordering::SeqCst);
                        if done.load(Ordering::SeqCst) {
                            break;
                        }
                    }
                })
            })
            .collect();
        for round in 0..40_u64 {
            let before = asked.load(Ordering::SeqCst);
            wait_for(|| {
                let now = asked.load(Ordering::SeqCst);
                (now > before + 3 + round as usize % 7).then_some(())
            });
            children().iter().for_each(|id| kill(*id));
        }
        done.store(true, Ordering::SeqCst);
        askers.into_iter().for_each(|asker| asker.join().unwrap());
    });
    let (lost, asked) = (lost.into_inner(), asked.into_inner());
    // A worker that dies takes one question with it at most.
    assert!(lost <= 80 && lost < asked / 2, "{lost} of {asked}");
    assert_eq!(ask(&pac, "last").unwrap(), "PROXY last:1");
    assert!(children().len() <= 2);
}

#[test]
fn one_that_has_grown_is_replaced() {
    let _one = alone();
    let workers = workers().with_memory_bytes(128 << 20);
    let isolation = Isolation::Worker(workers);
    let source = "var kept = 'x';".to_owned()
        + &script(
            "if (host == 'grow') while (kept.length < 1 << 26) kept += kept;
             return 'PROXY k' + kept.length + ':1';",
        );
    let limits = Limits::new().with_loop_iterations(u64::MAX);
    let pac = js(&source, limits, isolation).unwrap();
    assert_eq!(ask(&pac, "a").unwrap(), "PROXY k1:1");
    let before = children();
    assert_eq!(ask(&pac, "grow").unwrap(), "PROXY k67108864:1");
    assert_eq!(ask(&pac, "a").unwrap(), "PROXY k1:1");
    assert_ne!(children(), before);
}
