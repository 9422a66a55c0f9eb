//! Debian's `pactester`, as it is, once with its own library and once with
//! this one: what it prints is the same, but for what is known.
//!
//! `cargo xtask test dropin` builds the library and runs this; alone, it is
//! told so and passed over.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde::Deserialize;
use whichproxy_test::{Kind, glob};

/// One question to `pactester`.
struct Question {
    name: String,
    script: Vec<u8>,
    url: String,
    host: Option<String>,
}

/// Why a question has two answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    /// The question's name; `*` at its end stands for anything.
    test: Vec<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    difference: Vec<Difference>,
}

/// What stdout had, or that it failed.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Answer {
    Failed,
    Text(String),
}

#[test]
fn the_same_as_of_pacparser() {
    let Some(ours) = env::var_os("WHICHPROXY_DROPIN").map(PathBuf::from)
    else {
        println!("skipped: cargo xtask test dropin runs it");
        return;
    };
    let text = include_str!("differences.toml");
    let Differences { difference: known } = toml::from_str(text).unwrap();
    let mut questions = of_the_suite();
    let suite = questions.len();
    questions.extend(of_real_scripts());
    let next = Mutex::new(questions.iter());
    let seen = Mutex::new(Vec::new());
    thread::scope(|scope| {
        // Most of the time is waiting for names.
        for worker in 0..32 {
            let (next, seen, ours) = (&next, &seen, &ours);
            scope.spawn(move || {
                let file = env::temp_dir().join(format!(
                    "whichproxy-{}-{worker}.pac",
                    std::process::id()
                ));
                loop {
                    let question = next.lock().unwrap().next();
                    let Some(question) = question else { break };
                    fs::write(&file, &question.script).unwrap();
                    let theirs = ask(question, &file, None);
                    let own = ask(question, &file, Some(ours));
                    seen.lock().unwrap().push((question, theirs, own));
                }
                let _ = fs::remove_file(file);
            });
        }
    });
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    let (mut same, mut different, mut newer) = (0, 0, 0);
    let mut seen = seen.into_inner().unwrap();
    seen.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    for (question, theirs, own) in seen {
        let name = &question.name;
        let patterns = known.iter().flat_map(|difference| &difference.test);
        let pattern = patterns
            .filter(|pattern| glob(pattern, name))
            .max_by_key(|pattern| pattern.len());
        match (theirs == own, pattern) {
            (true, _) => same += 1,
            (false, Some(pattern)) => {
                match theirs {
                    Answer::Failed => newer += 1,
                    Answer::Text(_) => different += 1,
                }
                used.insert(pattern.clone());
            }
            (false, None) => {
                faults.push(format!("{name}: {theirs:?}, ours {own:?}"));
            }
        }
    }
    for pattern in known.iter().flat_map(|difference| &difference.test) {
        let real = pattern.starts_with("real/") && questions.len() == suite;
        if !used.contains(pattern) && !real {
            faults.push(format!("{pattern}: known to differ, and does not"));
        }
    }
    assert!(known.iter().all(|one| !one.reason.is_empty()));
    println!(
        "pactester: of {suite} questions of the suite and {} of real scripts, \
         {same} are answered as by pacparser, {newer} by this library alone \
         and {different} otherwise, as known",
        questions.len() - suite
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(same > 100, "only {same} were compared");
}

fn ask(question: &Question, file: &Path, ours: Option<&Path>) -> Answer {
    let mut command = Command::new("pactester");
    command.env_clear().env("PATH", env::var_os("PATH").unwrap());
    // Most names are none, and nobody needs to be waited for.
    command.env("RES_OPTIONS", "timeout:1 attempts:1");
    if let Some(folder) = ours {
        command.env("LD_LIBRARY_PATH", folder);
    }
    command.arg("-p").arg(file).args(["-c", "10.0.0.1"]);
    command.args(["-u", &question.url]);
    if let Some(host) = &question.host {
        command.args(["-h", host]);
    }
    let null = Stdio::from(File::open("/dev/null").unwrap());
    let output = command.stdin(null).output().unwrap();
    assert!(output.status.code().is_some(), "{}: crashed", question.name);
    match output.status.success() {
        true => {
            Answer::Text(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        false => Answer::Failed,
    }
}

/// Of each case about a script that needs no network and no clock.
fn of_the_suite() -> Vec<Question> {
    let cases = whichproxy_test::load(&whichproxy_test::data()).unwrap();
    cases
        .iter()
        .filter(|case| {
            case.kind() == Kind::Pac
                && case.dns.is_empty()
                && case.now.is_none()
                && case.my_ip.is_none()
        })
        .map(|case| Question {
            name: case.full_name(),
            script: case.script_bytes(),
            url: match &case.url {
                Some(url) => url.clone(),
                None => "http://www.example.com/".to_owned(),
            },
            host: case.host.clone(),
        })
        .collect()
}

/// Of scripts that people use, where they are at hand.
fn of_real_scripts() -> Vec<Question> {
    let urls = [
        "http://www.google.com/",
        "http://intranet/",
        "http://10.1.2.3/x",
        "https://www.example.cn/",
        "ftp://ftp.example.org/",
    ];
    let scripts = whichproxy_grammar::real_scripts();
    let scripts = scripts.unwrap_or_default();
    scripts
        .iter()
        .map(|path| (path, fs::read(path).unwrap()))
        // Those answer as chance has it.
        .filter(|(_, script)| {
            !String::from_utf8_lossy(script).contains("Math.random")
        })
        .flat_map(|(path, script)| {
            let file = path.file_name().unwrap().to_string_lossy();
            urls.map(|url| Question {
                name: format!("real/{file} {url}"),
                script: script.clone(),
                url: url.to_owned(),
                host: None,
            })
        })
        .collect()
}
