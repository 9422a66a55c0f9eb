//! A question of the host, and what is answered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::Url;
use whichproxy_pac::{
    Answers, Embedder, Error, Evaluation, Family, Limits, LocalTime, Pac,
    Query, Question, Step,
};

/// The most rounds of a loop: nobody watches a clock here, and in a million
/// rounds boa takes a tenth of a second.
const ROUNDS: u64 = 1_000_000;

thread_local! {
    static LAST: RefCell<Option<Pac>> = const { RefCell::new(None) };
}

/// What the host asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Asked {
    /// The text of the script.
    pac: String,
    /// The URL.
    url: String,
    /// What the machine answers, by question.
    #[serde(default)]
    answers: BTreeMap<String, Told>,
}

/// What a machine answers: addresses, or the time.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Time(String),
    Addresses(Vec<IpAddr>),
}

/// What is answered.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    /// What to try, in order.
    Found { routes: String, strategy: &'static str, alerts: Vec<String> },
    /// What is to be asked of the machine.
    Ask(String),
    /// Why there is no answer.
    Error { kind: &'static str, message: String },
}

/// Finds the proxies for a URL: takes a question, and leaves an answer.
#[allow(unsafe_code)] // no other function has its name
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_find_proxy() {
    crate::answer(|input| {
        let answer = find(input).unwrap_or_else(|error| error);
        // There are only texts in it.
        serde_json::to_vec(&answer).unwrap_or_default()
    });
}

/// An answer or, as an error, an answer that says why there is none.
fn find(input: &[u8]) -> Result<Answer, Answer> {
    let bad = |message: String| Answer::Error { kind: "question", message };
    let asked: Asked =
        serde_json::from_slice(input).map_err(|e| bad(e.to_string()))?;
    let url = Url::parse(&asked.url).map_err(|e| {
        bad(format!("url: `{}`: {e}", asked.url.escape_debug()))
    })?;
    let pac = script(&asked.pac).map_err(failed)?;
    let query = Query::from(&url);
    let mut answers = Answers::new();
    loop {
        let question = match pac.try_evaluate(&query, &answers) {
            Ok(Step::Done(found)) => return Ok(told(&pac, &found)),
            Ok(Step::Ask(question)) => question,
            Err(error) => return Err(failed(error)),
        };
        let key = question.to_string();
        let Some(known) = asked.answers.get(&key) else {
            return Ok(Answer::Ask(key));
        };
        let wrong = |what| bad(format!("answers: `{key}`: {what}"));
        let machine = match (known, &question) {
            (Told::Time(text), Question::Time) => Machine {
                time: text.parse().map_err(|_| wrong("no time"))?,
                addresses: &[],
            },
            (Told::Addresses(_), Question::Time) => {
                return Err(wrong("no time"));
            }
            (Told::Addresses(addresses), _) => {
                Machine { time: LocalTime::default(), addresses }
            }
            (Told::Time(_), _) => return Err(wrong("no list of addresses")),
        };
        answers.ask(&question, &machine);
    }
}

/// The script, which was compiled already if it was asked last.
fn script(source: &str) -> Result<Pac, Error> {
    let last = LAST.with_borrow(Clone::clone);
    if let Some(pac) = last.filter(|pac| pac.source() == source) {
        return Ok(pac);
    }
    let limits = Limits::new().with_loop_iterations(ROUNDS);
    let pac = Pac::builder().limits(limits).build(source)?;
    LAST.set(Some(pac.clone()));
    Ok(pac)
}

fn told(pac: &Pac, found: &Evaluation) -> Answer {
    Answer::Found {
        routes: found.routes().to_string(),
        strategy: pac.strategy(),
        alerts: found.alerts().to_vec(),
    }
}

fn failed(error: Error) -> Answer {
    Answer::Error { kind: error.kind().name(), message: error.to_string() }
}

/// A machine that has one answer.
struct Machine<'a> {
    time: LocalTime,
    addresses: &'a [IpAddr],
}

impl Embedder for Machine<'_> {
    fn resolve(&self, _: &str, _: Family) -> Vec<IpAddr> {
        self.addresses.to_vec()
    }

    fn own_addresses(&self, _: Family) -> Vec<IpAddr> {
        self.addresses.to_vec()
    }

    fn now(&self) -> LocalTime {
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(question: &serde_json::Value) -> serde_json::Value {
        let text = question.to_string();
        let answer = find(text.as_bytes()).unwrap_or_else(|error| error);
        serde_json::to_value(&answer).unwrap()
    }

    #[test]
    fn a_question_leads_to_an_answer() {
        let pac = "function FindProxyForURL(url, host) {
            if (isInNet(host, '10.0.0.0', '255.0.0.0')) return 'DIRECT';
            alert(host);
            return weekdayRange('SAT') ? 'PROXY idle:1' : 'PROXY a:1';
        }";
        let url = "http://a.example/";
        let mut answers = serde_json::Map::new();
        let mut steps = Vec::new();
        let found = loop {
            let found = ask(&serde_json::json!({
                "pac": pac, "url": url, "answers": answers,
            }));
            let Some(question) = found["ask"].as_str() else { break found };
            steps.push(question.to_owned());
            let answer = match question {
                "time" => serde_json::json!("2026-11-22T09:30:00+01:00"),
                _ => serde_json::json!(["192.0.2.7"]),
            };
            answers.insert(question.to_owned(), answer);
        };
        assert_eq!(steps, ["dns a.example v4", "time"]);
        let found = &found["found"];
        assert_eq!(found["routes"], "PROXY a:1");
        assert_eq!(found["strategy"], "compiled");
        assert_eq!(found["alerts"][0], "a.example");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let question = |key: &str, answer: serde_json::Value| {
            serde_json::json!({
                "pac": "function FindProxyForURL(url, host) {
                    return dnsResolve(host) + new Date();
                }",
                "url": "http://a/",
                "answers": { key: answer },
            })
        };
        let dns = "dns a v4";
        for (asked, part) in [
            (serde_json::json!({}), "missing field `pac`"),
            (serde_json::json!({"pac": "", "url": "a"}), "url: `a`"),
            (serde_json::json!({"pac": "(", "url": "http://a/"}), "line 1"),
            (question(dns, "x".into()), "no list of addresses"),
            (question(dns, serde_json::json!(["x"])), "did not match"),
        ] {
            let error = ask(&asked)["error"]["message"].to_string();
            assert!(error.contains(part), "{asked}: {error}");
        }
        assert_eq!(ask(&question("time", "x".into()))["ask"], dns);
    }
}
