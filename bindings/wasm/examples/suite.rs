//! The suite's cases, for node to run: see `tests/suite.mjs`.
//!
//! Every function takes what the host wrote, and leaves JSON or a text, as
//! those of the library do.
#![allow(unsafe_code)] // no other functions have these names

use std::cell::RefCell;

use serde_json::{Value, json};
use whichproxy_pac::{Config, Limits, Offline, Pac, Query};
use whichproxy_test::{
    Case, Filter, Kind, KnownFailure, Runner, Verdict, data, give,
    known_failures, load, rust,
};
use whichproxy_wasm::answer;

/// The surface in `known-failures.toml`, beside those of the engines.
const SURFACE: &str = "wasm";

/// The engines, by the names that surfaces have.
const ENGINES: [&str; 4] = ["rust", "js", "compiled", "no_table"];

thread_local! {
    static CASES: RefCell<Vec<Case>> = const { RefCell::new(Vec::new()) };
    static KNOWN: RefCell<Vec<KnownFailure>> =
        const { RefCell::new(Vec::new()) };
}

/// Takes a file of the data: its path, a NUL, its bytes.
#[unsafe(no_mangle)]
pub extern "C" fn suite_give() {
    answer(|input| {
        let end = input.iter().position(|byte| *byte == 0).unwrap_or(0);
        let (path, bytes) = input.split_at(end);
        let path = String::from_utf8_lossy(path);
        give(&path, bytes.get(1..).unwrap_or_default().to_vec());
        Vec::new()
    });
}

/// Reads the cases: the questions that there are, each a name and an engine.
///
/// # Panics
///
/// When the data can't be read, or a known failure matches no case.
#[unsafe(no_mangle)]
pub extern "C" fn suite_load() {
    answer(|_| {
        let cases = load(&data()).unwrap_or_else(|e| panic!("{e}"));
        let known = known_failures(&data()).unwrap_or_else(|e| panic!("{e}"));
        for one in
            known.iter().filter(|k| k.surface.as_deref() == Some(SURFACE))
        {
            let takes = |case: &Case| one.takes(&case.full_name(), SURFACE);
            assert!(
                cases.iter().any(takes),
                "known-failures.toml: `{}` matches no case",
                one.test
            );
        }
        let questions = cases.iter().enumerate().flat_map(|(index, case)| {
            let engines = match case.kind() {
                Kind::Pac => &ENGINES[..],
                _ => &ENGINES[..1],
            };
            let name = case.full_name();
            engines.iter().map(move |engine| json!([index, name, engine]))
        });
        let questions: Vec<Value> = questions.collect();
        CASES.set(cases);
        KNOWN.set(known);
        Value::from(questions).to_string().into_bytes()
    });
}

/// What an engine's name stands for.
fn config(engine: &str) -> Config {
    match engine {
        "js" => Config::new().only_js(),
        "compiled" => Config::new().only_compiled(),
        "no_table" => Config::new().no_table(),
        _ => Config::new(),
    }
}

/// Runs a case on an engine: `[index, engine]`.
///
/// # Panics
///
/// When there is none such.
#[unsafe(no_mangle)]
pub extern "C" fn suite_run() {
    answer(|input| {
        let (index, engine): (usize, String) =
            serde_json::from_slice(input).unwrap_or_else(|e| panic!("{e}"));
        let case = CASES.with_borrow(|cases| cases[index].clone());
        let config = config(&engine);
        let name = case.full_name();
        // What is known here, is known of this engine.
        let known: Vec<KnownFailure> = KNOWN.with_borrow(|known| {
            let here = known.iter().filter(|one| {
                one.takes(&name, &engine) || one.takes(&name, SURFACE)
            });
            let mut here: Vec<KnownFailure> = here.cloned().collect();
            here.iter_mut().for_each(|one| one.surface = None);
            here
        });
        let mut runner = Runner::new(&engine);
        if engine == "rust" {
            runner = runner.complete();
        }
        let left_to_boa = |seen: &whichproxy_test::Observed| {
            let kind = seen.error.as_ref().and_then(|e| e.kind.as_deref());
            engine == "compiled"
                && matches!(kind, Some("refused" | "unmodelled"))
        };
        let cases = [case];
        let filter = Filter::default();
        let report = runner.report(&cases, &known, &filter, |case| {
            let seen = rust::observe_with(case, config.clone());
            match left_to_boa(&seen) {
                true => Verdict::Skipped("boa answers"),
                false => Verdict::from(seen),
            }
        });
        let verdict = json!({
            "passed": report.passed,
            "known": report.known,
            "skipped": report.skipped,
            "failures": report.failures,
        });
        verdict.to_string().into_bytes()
    });
}

/// The scripts that want to hurt, each with its name, the host it is asked
/// about, what may come of it, and whether whoever runs it survives.
///
/// # Panics
///
/// When the data can't be read.
#[unsafe(no_mangle)]
pub extern "C" fn suite_hostile() {
    answer(|_| {
        let all = whichproxy_test::hostile::hostile();
        let all = all.unwrap_or_else(|e| panic!("{e}"));
        let all = all.iter().map(|one| {
            json!({
                "name": one.name,
                "script": one.script(),
                "host": one.host(),
                "outcomes": one.outcomes,
                "thread": one.thread,
            })
        });
        Value::from(all.collect::<Vec<Value>>()).to_string().into_bytes()
    });
}

/// Asks a script on a machine without a network: `[engine, script, host]`;
/// leaves `[true, text]`, or `[false, kind, message]`.
///
/// # Panics
///
/// When the question is none.
#[unsafe(no_mangle)]
pub extern "C" fn suite_ask() {
    answer(|input| {
        let (engine, script, host): (String, String, String) =
            serde_json::from_slice(input).unwrap_or_else(|e| panic!("{e}"));
        let limits = Limits::new().with_loop_iterations(1_000_000);
        let builder = Pac::builder().config(config(&engine)).limits(limits);
        let found = builder.build(&script).and_then(|pac| {
            pac.evaluate(Query::raw("http://www.example.com/", host), &Offline)
        });
        let found = match found {
            Ok(found) => json!([true, found.result()]),
            Err(error) => {
                json!([false, error.kind().name(), error.to_string()])
            }
        };
        found.to_string().into_bytes()
    });
}

/// Asks many questions at once, on as many threads as there are: none.
///
/// # Panics
///
/// When the script can't be read, or there is no answer.
#[unsafe(no_mangle)]
pub extern "C" fn suite_many() {
    answer(|_| {
        let pac = Pac::new(
            "function FindProxyForURL(url, host) {
                return 'PROXY ' + host + ':1';
            }",
        );
        let pac = pac.unwrap_or_else(|e| panic!("{e}"));
        let queries =
            ["a", "b", "c"].map(|host| Query::raw("http://x/", host));
        let found = pac.find_proxy_many(&queries, &Offline).into_iter();
        let found = found.map(|routes| routes.map(|r| r.to_string()));
        let found: Result<Vec<String>, _> = found.collect();
        let found = found.unwrap_or_else(|e| panic!("{e}"));
        found.join("; ").into_bytes()
    });
}
