//! Evaluations that stop at what nobody answered, against those that ask an
//! embedder; and how long the clock leaves an answer what it is.
#![allow(clippy::unwrap_used)] // a test may fail

use std::cell::RefCell;
use std::fs;
use std::net::IpAddr;

use proptest::prelude::*;
use whichproxy_grammar::real_scripts;
use whichproxy_pac::{
    Answers, Config, Embedder, Error, ErrorKind, Evaluation, Family, Limits,
    LocalTime, Pac, Query, Question, Step,
};

/// Knows some names, and writes down what it is asked.
struct Machine {
    time: LocalTime,
    log: RefCell<Vec<String>>,
    alerts: RefCell<Vec<String>>,
}

impl Machine {
    fn at(time: LocalTime) -> Machine {
        let (log, alerts) = Default::default();
        Machine { time, log, alerts }
    }
}

impl Embedder for Machine {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        self.log.borrow_mut().push(format!("dns {name} {family}"));
        match name.len() % 3 {
            0 => Vec::new(),
            1 => vec![[10, 1, 2, 3].into()],
            _ => {
                vec!["2001:db8::1".parse().unwrap(), [93, 184, 216, 34].into()]
            }
        }
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        self.log.borrow_mut().push(format!("my-ip {family}"));
        vec![[10, 9, 8, 7].into(), "fe80::1".parse().unwrap()]
    }

    fn now(&self) -> LocalTime {
        self.log.borrow_mut().push("time".to_owned());
        self.time
    }

    fn alert(&self, message: &str) {
        self.alerts.borrow_mut().push(message.to_owned());
    }
}

/// Answers one question after the other; returns them, too.
fn step_by_step(
    pac: &Pac,
    query: &Query<'_>,
    machine: &Machine,
) -> (Result<Evaluation, Error>, Vec<Question>) {
    let mut answers = Answers::new();
    let mut asked = Vec::new();
    loop {
        let step = pac.try_evaluate(query, &answers);
        let js = same_without_js(pac, query, &answers, &step);
        assert!(js || pac.strategy() != "js", "{}", pac.source());
        match step {
            Ok(Step::Ask(question)) => {
                assert!(!answers.contains(&question), "{question} again");
                answers.ask(&question, machine);
                asked.push(question);
            }
            Ok(Step::Done(evaluation)) => return (Ok(evaluation), asked),
            Err(error) => return (Err(error), asked),
        }
    }
}

/// What needs no boa is the same where boa may not run; whether it needs it.
fn same_without_js(
    pac: &Pac,
    query: &Query<'_>,
    answers: &Answers,
    step: &Result<Step, Error>,
) -> bool {
    match (pac.try_evaluate_compiled(query, answers), step) {
        (Ok(None), _) => return true,
        (Ok(Some(one)), Ok(other)) => assert_eq!(one, *other),
        (Err(one), Err(other)) => {
            assert_eq!(one.to_string(), other.to_string());
        }
        (one, other) => panic!("{one:?} {other:?}"),
    }
    false
}

/// Both ways to evaluate come to the same; how many questions they ask.
fn compare(pac: &Pac, url: &str, host: &str) -> usize {
    let time = "2026-11-22T09:30:00+01:00".parse().unwrap();
    let (front, back) = (Machine::at(time), Machine::at(time));
    let query = Query::raw(url, host);
    let blocking = pac.evaluate(&query, &front);
    let (stepped, asked) = step_by_step(pac, &query, &back);
    let place = format!("{} {url} {host}\n{}", pac.strategy(), pac.source());
    let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
    assert_eq!(asked, *front.log.borrow(), "{place}");
    assert_eq!(front.log, back.log, "{place}");
    assert_eq!(*back.alerts.borrow(), [""; 0], "{place}");
    match (blocking, stepped) {
        (Ok(blocking), Ok(stepped)) => {
            assert_eq!(blocking, stepped, "{place}");
            let shown = blocking.asked().iter().map(ToString::to_string);
            assert!(shown.eq(asked.iter().cloned()), "{place}");
        }
        (Err(blocking), Err(stepped)) => {
            assert_eq!(blocking.to_string(), stepped.to_string(), "{place}");
            assert_eq!(blocking.kind(), stepped.kind(), "{place}");
            assert_eq!(blocking.asked(), stepped.asked(), "{place}");
            assert_eq!(blocking.alerts(), stepped.alerts(), "{place}");
        }
        (blocking, stepped) => panic!("{blocking:?} {stepped:?} {place}"),
    }
    asked.len()
}

fn engines(source: &str) -> [Pac; 3] {
    [Config::new().only_js(), Config::new().no_table(), Config::new()]
        .map(|config| Pac::builder().config(config).build(source).unwrap())
}

#[test]
fn step_by_step_is_the_same_evaluation() {
    let loops = "var n = 0;
        for (var i = 0; i < 40; i++) if (isResolvable('h' + i)) n++;
        return 'PROXY p:' + n;";
    let bodies = [
        "return 'DIRECT';",
        "return isResolvable(host) ? 'DIRECT' : 'PROXY a:1';",
        "dnsResolve(host); dnsResolve(host); dnsResolve('b');
         return myIpAddress() == '10.9.8.7' ? dnsResolveEx(host) : 'x';",
        "alert('a'); myIpAddressEx(); alert('b'); timeRange(1); alert('c');
         weekdayRange('SUN'); return 'PROXY ' + dnsResolve('xx') + ':1';",
        "try { isResolvable(host); } catch (e) { return 'caught'; }
         return 'DIRECT';",
        "if (isResolvable(host)) throw 'no'; return null;",
        "var d = new Date(); return isResolvable('d' + d.getFullYear())
             ? 'PROXY a:1' : 'PROXY b:1';",
        "if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
         if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'PROXY b:1';
         if (dateRange(1, 'JAN', 31, 'DEC')) return 'PROXY c:1';
         return 'PROXY d:1';",
        // The program gives up, and boa goes on with the answers.
        "alert('a'); dnsResolve(host); alert('b'); return host.big();",
        "dnsResolve(host); alert('b');
         return host.big() + dnsResolve('other') + myIpAddress();",
        // More questions than are allowed.
        loops,
    ];
    for body in bodies {
        let source =
            format!("function FindProxyForURL(url, host) {{ {body} }}");
        for pac in engines(&source) {
            for host in ["a", "bb", "ccc", "10.1.2.3"] {
                compare(&pac, &format!("http://{host}/x"), host);
            }
        }
    }
}

/// Code outside of functions asks, too, and is run again for each step.
#[test]
fn questions_outside_of_functions() {
    let source = "alert('load'); var own = myIpAddress(); var n = 0;
        function FindProxyForURL(url, host) {
            n++;
            return isResolvable(host) ? 'PROXY a:' + n : 'PROXY ' + own;
        }";
    for pac in engines(source) {
        compare(&pac, "http://a/", "a");
        compare(&pac, "http://bbb/", "bbb");
    }
}

/// What a script did before it was stopped is forgotten.
#[test]
fn a_stopped_script_starts_anew() {
    let source = "var year = 0, n = 0;
        function FindProxyForURL(url, host) {
            n++;
            if (!year) year = new Date().getFullYear();
            return isResolvable(host) ? 'PROXY a:' + year : 'PROXY b:' + n;
        }";
    for pac in engines(source) {
        let machine =
            Machine::at("2026-11-22T09:30:00+01:00".parse().unwrap());
        for (host, result) in [("a", "PROXY a:2026"), ("bbb", "PROXY b:1")] {
            let query = Query::raw("http://x/", host);
            let (found, asked) = step_by_step(&pac, &query, &machine);
            assert_eq!(found.unwrap().result(), result);
            assert_eq!(asked.len(), 2);
        }
    }
}

#[test]
fn lookups_are_counted_in_each_step() {
    let source = "function FindProxyForURL(url, host) {
        dnsResolve('a'); timeRange(1); dnsResolve('b'); dnsResolve('c');
        return 'DIRECT';
    }";
    for config in [Config::new(), Config::new().only_js()] {
        let limits = Limits::new().with_lookups(2);
        let builder = Pac::builder().config(config).limits(limits);
        let pac = builder.build(source).unwrap();
        let machine = Machine::at(LocalTime::default());
        let query = Query::raw("http://x/", "x");
        let (found, asked) = step_by_step(&pac, &query, &machine);
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Limit);
        let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
        assert_eq!(asked, ["dns a v4", "time", "dns b v4"]);
    }
}

#[test]
fn answers_of_another_family_are_left_out() {
    let pac = Pac::new(
        "function FindProxyForURL(url, host) {
            return dnsResolve(host) + ' ' + myIpAddress();
        }",
    )
    .unwrap();
    let mut answers = Answers::new();
    assert!(answers.is_empty());
    let six = "2001:db8::1".parse().unwrap();
    answers.add_addresses("a", Family::V4, [six, [192, 0, 2, 1].into()]);
    answers.add_own_addresses(Family::V4, [six]);
    let step = pac.try_evaluate(Query::raw("http://a/", "a"), &answers);
    let Step::Done(found) = step.unwrap() else { panic!("it asks") };
    assert_eq!(found.result(), "192.0.2.1 127.0.0.1");
    // A name is what the script wrote, to the letter.
    let step = pac.try_evaluate(Query::raw("http://A/", "A"), &answers);
    let Step::Ask(question) = step.unwrap() else { panic!("it is done") };
    assert_eq!(question.to_string(), "dns A v4");
}

fn statement() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["host", "'a'", "'bb'", "'ccc'", "x"]);
    let test = prop_oneof![
        name.clone().prop_map(|name| format!("isResolvable({name})")),
        name.clone().prop_map(|name| format!("dnsResolve({name}) == null")),
        name.clone().prop_map(|name| {
            format!("isInNet({name}, '10.0.0.0', '255.0.0.0')")
        }),
        name.clone()
            .prop_map(|name| format!("dnsResolveEx({name}).length > 9")),
        Just("myIpAddress().charAt(0) == '1'".to_owned()),
        Just("timeRange(9)".to_owned()),
        Just("weekdayRange('MON', 'SAT')".to_owned()),
        Just("dnsDomainIs(host, 'b')".to_owned()),
        Just("host.big() == 'a'".to_owned()),
    ];
    prop_oneof![
        test.clone().prop_map(|test| format!("x = x + ({test});")),
        (test.clone(), name.clone())
            .prop_map(|(test, name)| format!("if ({test}) return {name};")),
        (test.clone(), test).prop_map(|(one, two)| {
            format!("if ({one} && {two}) alert('both'); else alert(x);")
        }),
        name.prop_map(|name| format!("x = '' + {name} + dnsResolve('q');")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_questions_step_by_step(
        body in prop::collection::vec(statement(), 1..7),
        host in "[a-c]{1,3}",
    ) {
        let source = format!(
            "function FindProxyForURL(url, host) {{ var x = 'x'; {} return x; }}",
            body.join(" "),
        );
        for pac in engines(&source) {
            compare(&pac, &format!("http://{host}/"), &host);
        }
    }
}

/// Real scripts, where they are at hand.
#[test]
fn real_scripts_step_by_step() {
    let Some(paths) = real_scripts() else { return };
    let mut asked = 0;
    for path in paths {
        let Ok(bytes) = fs::read(&path) else { continue };
        let limits = Limits::new().with_source_bytes(4 << 20);
        let build = || {
            let builder = Pac::builder().limits(limits.clone());
            builder.build_bytes(&bytes, None)
        };
        let Ok(pac) = build() else { continue };
        let source = pac.source();
        // Where boa answers each step costs milliseconds.
        let questions = ["sResolv", "isInNet", "myIp", "Range"];
        if pac.strategy() == "js"
            || !questions.iter().any(|name| source.contains(name))
        {
            continue;
        }
        for host in ["www.example.com", "intranet", "10.1.2.3", "a.b.c.org"] {
            asked += compare(&pac, &format!("http://{host}/x"), host);
        }
    }
    println!("{asked} questions");
}

/// Whatever of the clock a script uses: the same bound on every engine.
#[test]
fn how_long_the_clock_leaves_answers() {
    let now = "2026-11-22T09:30:15+01:00"; // a Sunday
    let cases = [
        ("'DIRECT'", None),
        ("isResolvable(host) ? 'a' : 'b'", None),
        ("timeRange(8, 17) ? 'a' : 'b'", Some("2026-11-22T10:00:00+01:00")),
        ("timeRange(8, 'GMT')", Some("2026-11-22T10:00:00+01:00")),
        (
            "timeRange(9, 0, 11, 44) ? 'a' : 'b'",
            Some("2026-11-22T11:45:00+01:00"),
        ),
        (
            "timeRange(10, 0, 11, 44) ? 'a' : 'b'",
            Some("2026-11-22T10:00:00+01:00"),
        ),
        (
            "timeRange(9, 30, 0, 9, 30, 20) ? 'a' : 'b'",
            Some("2026-11-22T09:30:21+01:00"),
        ),
        (
            "timeRange(1, 0, 2, 0) ? 'a' : 'b'",
            Some("2026-11-23T00:00:00+01:00"),
        ),
        (
            "weekdayRange('MON', 'FRI') ? 'a' : 'b'",
            Some("2026-11-23T00:00:00+01:00"),
        ),
        (
            "weekdayRange('MON', 'FRI', 'GMT') ? 'a' : 'b'",
            Some("2026-11-23T01:00:00+01:00"),
        ),
        (
            "dateRange(1, 'DEC', 24, 'DEC') ? 'a' : 'b'",
            Some("2026-11-23T00:00:00+01:00"),
        ),
        (
            "weekdayRange('SUN') && timeRange(8, 17) ? 'a' : 'b'",
            Some("2026-11-22T10:00:00+01:00"),
        ),
        // What is no day is none at any time.
        ("weekdayRange('x') ? 'a' : 'b'", None),
    ];
    for (result, until) in cases {
        let source = format!(
            "function FindProxyForURL(url, host) {{ return '' + ({result}); }}"
        );
        for pac in engines(&source) {
            let machine = Machine::at(now.parse().unwrap());
            let query = Query::raw("http://a/", "a");
            let found = pac.evaluate(query, &machine).unwrap();
            let shown = found.validity().until().map(|t| t.to_string());
            assert_eq!(shown.as_deref(), until, "{} {result}", pac.strategy());
        }
    }
}

/// What is made of a `Date` is known to nobody.
#[test]
fn a_date_holds_for_no_time() {
    for result in [
        "new Date().getFullYear()",
        "Date.now() + ''",
        "new Date(2020, 1, 1).getTime()",
    ] {
        let source = format!(
            "function FindProxyForURL(url, host) {{ return '' + {result}; }}"
        );
        for pac in engines(&source) {
            let now: LocalTime = "2026-11-22T09:30:15+01:00".parse().unwrap();
            let machine = Machine::at(now);
            let query = Query::raw("http://a/", "a");
            let found = pac.evaluate(query, &machine).unwrap();
            assert!(!found.validity().contains(now), "{result}");
        }
    }
}
