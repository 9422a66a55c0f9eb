//! What inquiries promise beyond what a case can say: what is kept of them,
//! that nothing is asked twice, and what they say when time is up.
#![allow(clippy::unwrap_used)] // clippy takes its helpers for no tests

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use whichproxy::machine::{Dns, Fault, Machine, Pages};
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{
    Client, ErrorKind, Family, Inquiry, Progress, Resolution, Resolver,
};

const PAC_URL: &str = "http://user:secret@pac.contoso.com/p.pac";

/// Names that count how often they are asked for.
#[derive(Clone, Debug, Default)]
struct Counted(Arc<AtomicUsize>);

impl Dns for Counted {
    fn lookup(&self, _: &str, _: Family) -> Result<Vec<IpAddr>, Fault> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(vec![[10, 0, 0, 1].into()])
    }
}

fn resolver(body: &str) -> (Resolver, Counted) {
    let key = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings";
    let registry = Tree::new().with(
        &Key::new(Root::CurrentUser, key),
        "AutoConfigURL",
        Value::String(PAC_URL.to_owned()),
    );
    let script = format!("function FindProxyForURL(url, host) {{ {body} }}");
    let names = Counted::default();
    let machine = Machine::offline()
        .with_registry(registry)
        .with_dns(names.clone())
        .with_fetch(Pages::new().with(&PAC_URL.parse().unwrap(), script));
    (Resolver::new(Client::WinhttpAuto, machine).unwrap(), names)
}

/// Goes on to the end, and tells what was had on the way.
fn finish(inquiry: &mut Inquiry) -> (Resolution, Vec<String>) {
    let mut had = Vec::new();
    loop {
        match inquiry.advance().unwrap() {
            Progress::Done(resolution) => return (resolution, had),
            Progress::Resolve { name, family } => {
                had.push(format!("{name} {family}"));
                inquiry.resolved(&name, family, [[10, 0, 0, 1].into()]);
            }
            Progress::Work(work) => {
                had.push(work.shared().unwrap_or("own").to_owned());
                inquiry.worked(work.run());
            }
        }
    }
}

#[test]
fn what_an_inquiry_finds_is_kept_as_any_answer() {
    let (resolver, _) = resolver("return 'PROXY ' + host + ':1';");
    let (first, had) =
        finish(&mut resolver.inquire_text("http://A/").unwrap());
    assert_eq!(had, [PAC_URL]);
    assert_eq!(first.routes().to_string(), "PROXY A:1");
    // Nothing is to be done any more, for other URLs neither.
    for text in ["http://A/", "http://A/x", "http://b/"] {
        let mut inquiry = resolver.inquire_text(text).unwrap();
        assert!(matches!(inquiry.advance(), Ok(Progress::Done(_))), "{text}");
    }
    // What is about to be forgotten was the script, too.
    let mut inquiry = resolver.inquire_text("http://c/").unwrap();
    resolver.forget();
    assert_eq!(finish(&mut inquiry).1, [PAC_URL]);
}

#[test]
fn what_depends_on_names_is_not_kept() {
    let (resolver, names) =
        resolver("return 'PROXY ' + dnsResolve(host) + ':1';");
    for expected in [&[PAC_URL, "a v4"][..], &["a v4"]] {
        let mut inquiry = resolver.inquire(&"http://a/".parse().unwrap());
        let (found, had) = finish(&mut inquiry);
        assert_eq!(had, expected);
        assert_eq!(found.routes().to_string(), "PROXY 10.0.0.1:1");
    }
    assert_eq!(names.0.load(Ordering::SeqCst), 0, "the machine was not asked");
}

/// A program that gives up is followed by boa with the same answers.
#[test]
fn an_engine_that_goes_on_has_the_answers_there_are() {
    let (resolver, names) = resolver(
        "var a = dnsResolve(host); var b = dnsResolve(host.big());
         return 'PROXY ' + (b || a) + ':1';",
    );
    let mut inquiry = resolver.inquire(&"http://a/".parse().unwrap());
    let (found, had) = finish(&mut inquiry);
    assert_eq!(had, [PAC_URL, "a v4", "own"]);
    assert_eq!(found.routes().to_string(), "PROXY 10.0.0.1:1");
    // For `<big>a</big>` alone.
    assert_eq!(names.0.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_not_waited_for_is_dropped() {
    let (resolver, _) = resolver("return isResolvable(host) ? 'a' : 'b';");
    let mut inquiry = resolver.inquire(&"http://a/".parse().unwrap());
    let Ok(Progress::Work(work)) = inquiry.advance() else { panic!() };
    let finished = work.run();
    inquiry.worked(finished.clone());
    inquiry.worked(finished.clone());
    let Ok(Progress::Resolve { .. }) = inquiry.advance() else { panic!() };
    inquiry.worked(finished);
    assert_eq!(finish(&mut inquiry).1, ["a v4"]);
}

#[test]
fn one_who_waits_no_longer_is_told_what_for() {
    let (resolver, _) = resolver("return isResolvable(host) ? 'a' : 'b';");
    let mut inquiry = resolver.inquire(&"http://u:pw@a/".parse().unwrap());
    let mut told = Vec::new();
    while !matches!(inquiry.advance().unwrap(), Progress::Done(_)) {
        let error = inquiry.overdue(Duration::from_secs(2));
        assert_eq!(error.kind(), ErrorKind::Overdue);
        assert!(error.winhttp_code().is_none());
        told.push(error.to_string());
        told.push(format!("{inquiry:?}"));
        match inquiry.advance().unwrap() {
            Progress::Resolve { name, family } => {
                inquiry.resolved(&name, family, []);
            }
            Progress::Work(work) => {
                told.push(format!("{work:?}"));
                inquiry.worked(work.run());
            }
            Progress::Done(_) => panic!(),
        }
    }
    let told = told.join("\n");
    assert!(!told.contains("secret") && !told.contains("pw"), "{told}");
    let script = "no answer within 2s, waiting for the script at http://***";
    assert!(told.contains(script), "{told}");
    assert!(told.contains("no answer within 2s, waiting for dns a v4"));
}

#[test]
fn inquiries_cross_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Inquiry>();
    shared::<Progress>();
}
