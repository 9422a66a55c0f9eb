//! V8 as a surface: scripts run in node, with builtins of its own.
//!
//! It is no engine of ours. It shows where boa or the builtins in Rust are
//! wrong: what V8 says was written a second time, in another language.

use std::io::{self, BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use url::Url;
use whichproxy::machine::{FixedClock, Names, StaticInterfaces};
use whichproxy::{LocalTime, Machine};
use whichproxy_pac::{Config, ErrorKind, Limits, Pac, Query};

use crate::case::Kind;
use crate::{Case, Observed, ObservedError, Verdict, data};

/// What a script must not have for boa and V8 to be the same, and why; where
/// boa is wrong, there is a case, with an entry in `known-failures.toml`.
pub const KNOWN: &[(&str, &str)] =
    &[("RegExp.$1", "boa keeps nothing of the last match in `RegExp`")];

/// Whether a script has what is [known](KNOWN) to differ.
pub fn is_known(source: &str) -> bool {
    KNOWN.iter().any(|(part, _)| source.contains(part))
}

/// A running node that answers questions.
#[derive(Debug)]
pub struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    /// Starts node; `None` where there is none.
    ///
    /// # Errors
    ///
    /// When there is one and it can't be started.
    pub fn start() -> io::Result<Option<Node>> {
        let child = Command::new("node")
            .arg(data().join("node/run.js"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match child {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            other => other?,
        };
        let (Some(input), Some(output)) =
            (child.stdin.take(), child.stdout.take())
        else {
            return Err(io::Error::other("node has no pipes"));
        };
        let output = BufReader::new(output);
        Ok(Some(Node { child, input, output }))
    }

    /// Runs the pac cases; all others are skipped.
    ///
    /// # Panics
    ///
    /// When node fails, which fails the test as it should.
    pub fn observe(&mut self, case: &Case) -> Verdict {
        match question(case) {
            Ok(question) => self.ask(&question).into(),
            Err(why) => Verdict::Skipped(why),
        }
    }

    /// What a script makes of a URL and a host on a machine without a
    /// network, where it is always 1970.
    ///
    /// # Panics
    ///
    /// When node fails, which fails the test as it should.
    pub fn script(&mut self, source: &str, url: &str, host: &str) -> Observed {
        self.ask(&json!({
            "script": source.trim_start_matches('\u{feff}'),
            "url": url,
            "host": host,
            "dns": {},
            "own": [],
            "now": 0,
            "zone": "Etc/GMT+0",
        }))
    }

    /// How V8 and boa differ about a script that knows two names, its own
    /// address and the time; `None` where they do not.
    ///
    /// What they ask, tell and return is compared, and whether they throw.
    ///
    /// # Panics
    ///
    /// When node fails, which fails the test as it should.
    pub fn differs(
        &mut self,
        source: &str,
        url: &str,
        host: &str,
    ) -> Option<String> {
        let own = IpAddr::from([10, 9, 8, 7]);
        let now: LocalTime = NOW.parse().unwrap_or_default();
        let mut names: Vec<(&str, IpAddr)> =
            vec![("a.example", [10, 1, 2, 3].into())];
        // Names in capitals and with a dot at the end are their own matter.
        if !host.is_empty() && host.bytes().all(is_plain) {
            names.push((host, [192, 168, 0, 9].into()));
        }
        let dns: serde_json::Map<String, Value> = names
            .iter()
            .map(|(name, address)| {
                (name.trim_end_matches('.').to_owned(), json!([address]))
            })
            .collect();
        let machine = Machine::offline()
            .with_dns(
                names
                    .into_iter()
                    .fold(Names::new(), |names, (name, address)| {
                        names.with(name, [address])
                    }),
            )
            .with_interfaces(StaticInterfaces::new().with_addresses(vec![own]))
            .with_clock(FixedClock::new(now));
        let theirs = self.ask(&json!({
            "script": source.trim_start_matches('\u{feff}'),
            "url": url,
            "host": host,
            "dns": dns,
            "own": [own],
            "now": now.unix_milliseconds(),
            "zone": "Etc/GMT-1",
        }));
        let limits = Limits::new().with_source_bytes(4 << 20);
        let pac = Pac::builder()
            .limits(limits)
            .config(Config::new().only_js())
            .build(source);
        let text = |questions: &[whichproxy_pac::Question]| {
            questions.iter().map(ToString::to_string).collect()
        };
        let (result, asked, alerts): (_, Vec<String>, _) = match pac
            .and_then(|pac| pac.evaluate(Query::raw(url, host), &machine))
        {
            Ok(answer) => {
                let result = answer.result().to_owned();
                (Ok(result), text(answer.asked()), answer.alerts().to_vec())
            }
            // Limits are ours.
            Err(error) if error.kind() == ErrorKind::Limit => return None,
            Err(error) => {
                let (asked, alerts) =
                    (text(error.asked()), error.alerts().to_vec());
                (Err(error), asked, alerts)
            }
        };
        // Ours are escaped.
        let their_asked: Option<Vec<String>> = theirs
            .asked
            .map(|all| all.iter().map(|question| escaped(question)).collect());
        let same = result.as_ref().ok() == theirs.result.as_ref()
            && their_asked.as_ref().is_none_or(|other| *other == asked)
            && theirs.alerts.as_ref().is_none_or(|other| *other == alerts);
        if same {
            return None;
        }
        let theirs_said = match (&theirs.result, &theirs.error) {
            (Some(result), _) => format!("{result:?}"),
            (None, error) => {
                let message = error.as_ref().map(|error| &error.message);
                format!("{message:?}")
            }
        };
        Some(format!(
            "{url:?} {host:?}: boa says {result:?} {asked:?} {alerts:?}, and \
             V8 {theirs_said} {:?} {:?}",
            their_asked.unwrap_or_default(),
            theirs.alerts.unwrap_or_default(),
        ))
    }

    fn ask(&mut self, question: &Value) -> Observed {
        let mut line = String::new();
        let sent = writeln!(self.input, "{question}")
            .and_then(|()| self.input.flush())
            .and_then(|()| self.output.read_line(&mut line));
        let answer: Value = sent
            .and_then(|_| Ok(serde_json::from_str(&line)?))
            .unwrap_or_else(|error| panic!("node: {error}: `{line}`"));
        let texts = |name: &str| {
            let list = answer.get(name)?.as_array()?.iter();
            Some(list.filter_map(|t| Some(t.as_str()?.to_owned())).collect())
        };
        let text = |name: &str| Some(answer.get(name)?.as_str()?.to_owned());
        Observed {
            result: text("result"),
            asked: texts("asked"),
            alerts: texts("alerts"),
            error: text("error").map(|kind| ObservedError {
                kind: Some(kind),
                message: text("message").unwrap_or_default(),
                winhttp_code: None,
            }),
            ..Observed::default()
        }
    }
}

/// What the machine's clock says where V8 and boa are compared.
const NOW: &str = "2026-11-22T09:30:00+01:00";

/// A question as [`whichproxy_pac::Question`] writes it.
fn escaped(question: &str) -> String {
    let name = question.strip_prefix("dns ").and_then(|q| q.rsplit_once(' '));
    match name {
        Some((name, family)) => {
            format!("dns {} {family}", name.escape_debug())
        }
        None => question.to_owned(),
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase()
        || byte.is_ascii_digit()
        || matches!(byte, b'.' | b'-')
}

impl Drop for Node {
    fn drop(&mut self) {
        // It ends with its input; if it is gone already, so much the better.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What node is asked; or why it is not.
fn question(case: &Case) -> Result<Value, &'static str> {
    if case.kind() != Kind::Pac {
        return Err("no PAC script");
    }
    let ours = ["limit", "deadline", "source"];
    if case.error.as_deref().is_some_and(|kind| ours.contains(&kind)) {
        return Err("limits are ours");
    }
    if case.winhttp_code.is_some() || case.error_contains.is_some() {
        return Err("what WinHTTP and we report is not for V8 to tell");
    }
    let script = String::from_utf8(case.script_bytes())
        .map_err(|_| "node is given text")?;
    let now: LocalTime = match &case.now {
        Some(now) => now.parse().map_err(|_| "no time")?,
        None => LocalTime::default(),
    };
    let hours = now.utc_offset_seconds() / 3600;
    if hours * 3600 != now.utc_offset_seconds() {
        return Err("node's zones have whole hours");
    }
    let url = case.url.as_deref().unwrap_or("http://www.example.com/");
    let query = match &case.host {
        Some(host) => Query::raw(url, host.as_str()),
        None => Query::from(&Url::parse(url).map_err(|_| "no URL")?),
    };
    let own = case.my_ip.as_ref().map(|ips| ips.all().to_vec());
    Ok(json!({
        "script": script.trim_start_matches('\u{feff}'),
        "url": query.url(),
        "host": query.host(),
        "dns": case.dns,
        "own": own.unwrap_or_default(),
        "now": now.unix_milliseconds(),
        // POSIX counts to the west.
        "zone": format!("Etc/GMT{:+}", -hours),
    }))
}
