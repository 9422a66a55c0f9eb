//! The caller's own thread, for scripts where there is no other.
//!
//! In WebAssembly nothing can be started beside the caller: no thread with a
//! large stack, nobody who watches a deadline. boa runs where the caller
//! is, and can call nothing that lives no longer than a question, as an
//! embedder may. So it is given the answers there are, and ended where it
//! asks for another; that is then asked, and boa begins anew. As it begins
//! in the same state each time, it comes the same way.
//!
//! A script that was loaded without a question is kept for the next one. If
//! that one leads to a question, nobody sees what it did: it counts as not
//! asked, and boa begins anew with a state of which nothing is kept.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::exchange::Job;
use super::link::Peer;
use super::session::{self, Session};
use crate::meta::{Answer, Memo};
use crate::{Error, ErrorKind, Limits, Question};

static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What boa has read for the scripts of this thread: it cannot be sent to
    /// another, as scripts can.
    static KEPT: RefCell<HashMap<u64, Kept>> = RefCell::default();
}

/// A script that boa has read, and whom it asks.
struct Kept {
    session: Session,
    notes: Rc<Notes>,
}

/// A script that boa runs on the caller's thread.
pub(super) struct Here {
    number: u64,
    source: Arc<str>,
    limits: Limits,
}

impl Here {
    pub(super) fn new(source: Arc<str>, limits: &Limits) -> Here {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Here { number, source, limits: limits.clone() }
    }

    /// Does a job, and asks what there is to be asked for it.
    pub(super) fn run(
        &self,
        job: &Job,
        memo: Option<&mut Memo<'_>>,
    ) -> Result<String, Error> {
        let kept = KEPT.with_borrow_mut(|all| all.remove(&self.number));
        if let Some(Kept { session, notes }) = kept {
            notes.forget();
            let mut kept = Some(session);
            let result = self.attempt(job, &mut kept, &notes);
            if notes.wanted.take().is_none() {
                self.keep(kept, &notes);
                notes.tell(memo);
                return result;
            }
        }
        let Some(memo) = memo else {
            let notes = Rc::new(Notes::default());
            let mut kept = None;
            let result = self.attempt(job, &mut kept, &notes);
            self.keep(kept, &notes);
            return result;
        };
        let mut answers = Vec::new();
        loop {
            let notes = Rc::new(Notes::with(answers));
            let mut kept = None;
            let result = self.attempt(job, &mut kept, &notes);
            let wanted = notes.wanted.take();
            // One that asks would begin anew in any case.
            if wanted.is_none() && notes.answers.borrow().is_empty() {
                self.keep(kept, &notes);
            }
            notes.tell(Some(memo));
            let Some(question) = wanted else { return result };
            let answer = memo.ask(question.clone())?;
            // What was told once, is not told again.
            memo.restart();
            answers = notes.answers.take();
            answers.push((question, answer));
        }
    }

    fn attempt(
        &self,
        job: &Job,
        kept: &mut Option<Session>,
        notes: &Rc<Notes>,
    ) -> Result<String, Error> {
        let peer: Rc<dyn Peer> = notes.clone();
        session::run_caught(job, kept, &self.source, &self.limits, &peer)
    }

    fn keep(&self, session: Option<Session>, notes: &Rc<Notes>) {
        // A script that asks while it is loaded is never kept.
        let Some(session) = session else { return };
        let kept = Kept { session, notes: notes.clone() };
        KEPT.with_borrow_mut(|all| all.insert(self.number, kept));
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        // Dropped without the lock; a thread that ends has dropped it.
        let _ = KEPT.try_with(|all| {
            let kept = all
                .try_borrow_mut()
                .ok()
                .map(|mut all| all.remove(&self.number));
            drop(kept);
        });
    }
}

/// The answers there are, and what a script asked and told.
#[derive(Debug, Default)]
struct Notes {
    answers: RefCell<Vec<(Question, Answer)>>,
    wanted: RefCell<Option<Question>>,
    alerts: RefCell<Vec<String>>,
    dropped: Cell<u64>,
    until: Cell<Option<i64>>,
}

impl Notes {
    fn with(answers: Vec<(Question, Answer)>) -> Notes {
        Notes { answers: RefCell::new(answers), ..Notes::default() }
    }

    /// Forgets the last evaluation.
    fn forget(&self) {
        self.answers.take();
        self.wanted.take();
        self.alerts.take();
        self.dropped.take();
        self.until.take();
    }

    /// Passes on what the script told.
    fn tell(&self, memo: Option<&mut Memo<'_>>) {
        let Some(memo) = memo else { return };
        self.alerts.take().into_iter().for_each(|alert| memo.alert(alert));
        memo.drop_alerts(self.dropped.take());
        self.until.take().into_iter().for_each(|until| memo.hold(until));
    }
}

impl Peer for Notes {
    fn ask(&self, question: Question) -> Result<Answer, Error> {
        let answers = self.answers.borrow();
        let found = answers.iter().find(|(other, _)| *other == question);
        if let Some((_, answer)) = found {
            return Ok(answer.clone());
        }
        self.wanted.borrow_mut().get_or_insert(question);
        Err(Error::new(ErrorKind::Exception, "a question without an answer"))
    }

    fn alert(&self, message: &str) {
        // What follows an end does not happen.
        if !self.is_cancelled() {
            self.alerts.borrow_mut().push(message.to_owned());
        }
    }

    fn drop_alert(&self) {
        if !self.is_cancelled() {
            self.dropped.set(self.dropped.get().saturating_add(1));
        }
    }

    fn hold(&self, until: i64) {
        if !self.is_cancelled() {
            let least = self.until.get().map_or(until, |u| u.min(until));
            self.until.set(Some(least));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.wanted.borrow().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::IpAddr;

    use super::*;
    use crate::worker::Isolation;
    use crate::{Embedder, Family, LocalTime, Query};

    /// Writes down what it is asked and told.
    #[derive(Default)]
    struct Witness(RefCell<Vec<String>>);

    impl Embedder for Witness {
        fn resolve(&self, name: &str, _: Family) -> Vec<IpAddr> {
            self.0.borrow_mut().push(format!("dns {name}"));
            vec![[10, 0, 0, 1].into()]
        }

        fn own_addresses(&self, _: Family) -> Vec<IpAddr> {
            self.0.borrow_mut().push("own".to_owned());
            vec![[10, 0, 0, 2].into()]
        }

        fn now(&self) -> LocalTime {
            self.0.borrow_mut().push("time".to_owned());
            LocalTime::new(86_400_000, 0)
        }

        fn alert(&self, message: &str) {
            self.0.borrow_mut().push(format!("alert {message}"));
        }
    }

    type Seen = (Result<String, String>, Vec<String>);

    fn seen(
        limits: &Limits,
        run: impl FnOnce(Option<&mut Memo<'_>>) -> Result<String, Error>,
    ) -> Seen {
        let witness = Witness::default();
        let mut memo = Memo::new(&witness, limits);
        let result = run(Some(&mut memo)).map_err(|e| e.to_string());
        (result, witness.0.into_inner())
    }

    fn call(host: &str) -> Job {
        let (url, host) = ("http://a/".to_owned(), host.to_owned());
        Job::Call { url, host }
    }

    #[test]
    fn it_is_as_on_a_thread() {
        let limits = Limits::new().with_lookups(3).with_alert_bytes(20);
        for body in [
            "return host;",
            "throw 'no';",
            "alert(1); var a = dnsResolve(host); alert(2); return a;",
            "try { dnsResolve(host); } catch (e) {} return myIpAddress();",
            "try { return dnsResolve(host); } finally { alert('f'); }",
            "return '' + new Date().getTime() + dnsResolve('a');",
            "for (var i = 0; i < 9; i++) dnsResolve('h' + i); return 'x';",
            "for (var i = 0; i < 9; i++) alert('12345'); return dnsResolve('a');",
            "return dnsResolve('a') + dnsResolve('a') + myIpAddress();",
            "function f() { return f(); } return f();",
        ] {
            for first in ["", "alert('loaded');", "var own = myIpAddress();"] {
                let source: Arc<str> = format!(
                    "{first} function FindProxyForURL(url, host) {{ {body} }}"
                )
                .into();
                let isolation = Isolation::Thread;
                let js =
                    super::super::Js::new(source.clone(), &limits, &isolation)
                        .unwrap();
                let here = Here::new(source.clone(), &limits);
                here.run(&Job::Read, None).unwrap();
                for host in ["a.example", "b.example", "a.example"] {
                    let expected = seen(&limits, |memo| {
                        use crate::meta::{Found, Strategy};
                        let query = Query::raw("http://a/", host);
                        match js.find_proxy(&query, memo.unwrap())? {
                            Found::Text(text) => Ok(text),
                            Found::Known(_) => unreachable!(),
                        }
                    });
                    let found =
                        seen(&limits, |memo| here.run(&call(host), memo));
                    assert_eq!(found, expected, "{source}");
                }
            }
        }
    }

    #[test]
    fn variables_last_where_nothing_is_asked() {
        let source = "var n = 0; function FindProxyForURL(url, host) {
            n++; if (host == 'ask') dnsResolve('a'); return '' + n; }";
        let limits = Limits::new();
        let here = Here::new(source.into(), &limits);
        let ask = |host| seen(&limits, |memo| here.run(&call(host), memo)).0;
        for (host, expected) in
            [("a", "1"), ("a", "2"), ("ask", "1"), ("a", "1"), ("a", "2")]
        {
            assert_eq!(ask(host).as_deref(), Ok(expected), "{host}");
        }
        drop(here);
        KEPT.with_borrow(|all| assert!(all.is_empty()));
    }
}
