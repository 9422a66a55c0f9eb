//! One script on every engine, and where they differ from boa.
//!
//! The tests of `whichproxy-pac` have this file too, by its path: a
//! dependency of theirs on this crate would compile theirs twice.

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;

use whichproxy_pac::{
    Config, Embedder, ErrorKind, Family, Limits, LocalTime, Pac, Query,
};

/// A machine that knows some names, and writes down what happens to it.
#[derive(Debug, Default)]
pub struct Witness {
    log: RefCell<Vec<String>>,
    /// Which answers names have, below 5; so for the next two, below 3.
    pub dns: u32,
    /// Which addresses it has.
    pub own: u32,
    /// Which time it is.
    pub clock: u32,
}

impl Witness {
    /// Its time, where nothing else is said.
    pub const NOW: &'static str = "2026-11-22T09:30:00+01:00";

    fn note(&self, what: String) {
        self.log.borrow_mut().push(what);
    }
}

impl Embedder for Witness {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        self.note(format!("dns {name} {family}"));
        let sum: u32 = name.bytes().map(u32::from).sum();
        let last = (sum % 256) as u8;
        match (sum + self.dns) % 5 {
            0 => Vec::new(),
            1 => vec![[10, 1, 2, last].into()],
            2 => vec![[192, 168, 0, last].into()],
            3 => vec![[172, 16, last, 1].into(), [10, 1, 1, 1].into()],
            _ => vec![
                [93, 184, 216, 34].into(),
                IpAddr::V6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
            ],
        }
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        self.note(format!("own {family}"));
        match self.own {
            0 => vec![[10, 9, 8, 7].into()],
            1 => Vec::new(),
            _ => vec![
                IpAddr::V6([0xfe80, 0, 0, 0, 0, 0, 0, 1].into()),
                [192, 168, 0, 4].into(),
            ],
        }
    }

    fn now(&self) -> LocalTime {
        self.note("time".to_owned());
        let text = match self.clock {
            0 => Witness::NOW,
            1 => "2027-06-02T18:00:00+01:00",
            _ => "2024-01-01T00:00:00-08:00",
        };
        text.parse().unwrap_or_default()
    }

    fn alert(&self, message: &str) {
        self.note(format!("alert {message}"));
    }
}

/// All that can be seen of one answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// The result, or the error's text.
    pub answer: Result<String, String>,
    /// What is made of it, what was asked and told, each in order.
    pub details: Vec<String>,
}

impl Seen {
    /// Asks about a URL; `None` where a program leaves the answer to boa,
    /// which it may not ask.
    pub fn of(pac: &Pac, url: &str, host: &str) -> Option<Seen> {
        Seen::on(pac, url, host, Witness::default())
    }

    /// As [`Seen::of`], on this machine.
    pub fn on(
        pac: &Pac,
        url: &str,
        host: &str,
        machine: Witness,
    ) -> Option<Seen> {
        let mut details = Vec::new();
        let answer = match pac.evaluate(Query::raw(url, host), &machine) {
            Ok(evaluation) => {
                details.push(evaluation.routes().to_string());
                details.push(format!("{:?}", evaluation.ignored()));
                details.push(format!("{:?}", evaluation.asked()));
                details.push(format!("{:?}", evaluation.alerts()));
                Ok(evaluation.result().to_owned())
            }
            Err(error) if error.kind() == ErrorKind::Unmodelled => {
                return None;
            }
            Err(error) => {
                details.push(format!("{:?}", error.kind()));
                details.push(format!("{:?}", error.asked()));
                details.push(format!("{:?}", error.alerts()));
                Err(error.to_string())
            }
        };
        details.append(&mut machine.log.into_inner());
        Some(Seen { answer, details })
    }
}

/// An answer that is not boa's.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The engine.
    pub engine: &'static str,
    /// The URL and the host that it was asked about.
    pub question: (String, String),
    /// What it said, and what boa says.
    pub said: [String; 2],
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { engine, question: (url, host), said } = self;
        let [found, expected] = said;
        write!(
            f,
            "{url:?} {host:?}: {engine} says\n  {found}\n  and js\n  \
             {expected}"
        )
    }
}

/// What became of a question.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Whether the program itself answered.
    pub answered: bool,
    /// Where engines were not of boa's mind.
    pub differences: Vec<Difference>,
}

/// One script on every engine.
#[derive(Debug)]
pub struct Engines {
    js: Pac,
    programs: Vec<(&'static str, Pac)>,
    whole: Vec<(&'static str, Pac)>,
}

/// A script as engines read it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, clippy::exhaustive_enums)]
pub enum Loaded {
    /// There is a program.
    Engines(Engines),
    /// There is none, for this reason.
    Refused(String),
    /// Nothing can read it.
    Unreadable,
    /// Engines are not of one mind.
    Difference(Difference),
}

impl Engines {
    /// Reads a script on every engine; `whole` is whether those that ask boa
    /// where they must are among them.
    pub fn load(source: &str, whole: bool) -> Loaded {
        // A real script or two has a loop without an end.
        let limits = Limits::new()
            .with_source_bytes(4 << 20)
            .with_loop_iterations(300_000);
        let build = |config: Config| {
            Pac::builder().limits(limits.clone()).config(config).build(source)
        };
        let program = build(Config::new().only_compiled());
        let refused = match &program {
            Err(error) if error.kind() == ErrorKind::Refused => {
                let reasons = error.refusals().iter();
                let reasons: Vec<&str> =
                    reasons.map(whichproxy_pac::Refusal::reason).collect();
                Some(reasons.join("; "))
            }
            _ => None,
        };
        if let (Some(why), false) = (&refused, whole) {
            return Loaded::Refused(why.clone());
        }
        let auto = whole.then(|| build(Config::new()));
        let (js, program) = match (build(Config::new().only_js()), program) {
            (Err(error), program) => {
                let same = |other: &Result<Pac, whichproxy_pac::Error>| {
                    other.as_ref().is_err_and(|other| {
                        other.to_string() == error.to_string()
                    })
                };
                let all =
                    auto.iter().chain(refused.is_none().then_some(&program));
                let wrong = all.filter(|found| !same(found)).count() > 0;
                return match wrong {
                    true => Loaded::Difference(Difference {
                        engine: "compiled or auto",
                        question: Default::default(),
                        said: ["it loads".to_owned(), error.to_string()],
                    }),
                    false => Loaded::Unreadable,
                };
            }
            (Ok(js), Ok(program)) => (js, program),
            (Ok(_), Err(error)) => {
                return match refused {
                    Some(why) => Loaded::Refused(why),
                    None => Loaded::Difference(Difference {
                        engine: "compiled",
                        question: Default::default(),
                        said: [error.to_string(), "it loads".to_owned()],
                    }),
                };
            }
        };
        let has_tables = program.strategy() == "table";
        let mut engines = Engines {
            js,
            programs: vec![("compiled", program)],
            whole: Vec::new(),
        };
        let plain = Config::new().no_table();
        if has_tables && let Ok(pac) = build(plain.clone().only_compiled()) {
            engines.programs.push(("compiled, no table", pac));
        }
        if let Some(Ok(auto)) = auto {
            engines.whole.push(("auto", auto));
            if has_tables && let Ok(pac) = build(plain) {
                engines.whole.push(("no table", pac));
            }
        }
        Loaded::Engines(engines)
    }

    /// The engine that the script would have.
    pub fn strategy(&self) -> &'static str {
        self.program().strategy()
    }

    /// The program, tables and all, which leaves nothing to boa.
    pub fn program(&self) -> &Pac {
        self.programs.first().map_or(&self.js, |(_, pac)| pac)
    }

    /// The script in boa.
    pub fn js(&self) -> &Pac {
        &self.js
    }

    /// Asks all engines about a URL.
    pub fn ask(&self, url: &str, host: &str) -> Verdict {
        let mut verdict = Verdict::default();
        let Some(expected) = Seen::of(&self.js, url, host) else {
            return verdict;
        };
        // What boa had no time for, a program may answer.
        let late = format!("{:?}", ErrorKind::Deadline);
        if expected.answer.is_err() && expected.details.first() == Some(&late)
        {
            return verdict;
        }
        let mut compare = |engine: &'static str, found: &Seen| {
            if *found != expected {
                verdict.differences.push(Difference {
                    engine,
                    question: (url.to_owned(), host.to_owned()),
                    said: [found, &expected].map(|seen| format!("{seen:?}")),
                });
            }
        };
        let mut answered = 0;
        for (name, pac) in &self.programs {
            let Some(found) = Seen::of(pac, url, host) else { continue };
            answered += 1;
            compare(name, &found);
            // The shorter way must lead to the same.
            let query = Query::raw(url, host);
            let routes = pac.find_proxy(query, &Witness::default());
            let routes = routes.map(|routes| routes.to_string());
            let same = match (&routes, &found.answer) {
                (Ok(routes), Ok(_)) => found.details.first() == Some(routes),
                (Err(error), Err(text)) => error.to_string() == *text,
                _ => false,
            };
            if !same {
                let answer = Err(format!("find_proxy: {routes:?}"));
                compare(name, &Seen { answer, details: Vec::new() });
            }
        }
        for (name, pac) in &self.whole {
            if let Some(found) = Seen::of(pac, url, host) {
                compare(name, &found);
            }
        }
        verdict.answered = answered == self.programs.len();
        verdict
    }
}

/// A shorter script that shows a difference for the same question, if the
/// question alone does show it.
pub fn reduce(source: &str, url: &str, host: &str) -> String {
    shorter(source, |source| match Engines::load(source, true) {
        Loaded::Difference(_) => true,
        Loaded::Engines(engines) => {
            !engines.ask(url, host).differences.is_empty()
        }
        _ => false,
    })
}

/// A text of as few of the lines as are needed.
pub fn shorter(source: &str, mut enough: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = source.lines().collect();
    if !enough(&lines.join("\n")) {
        return source.to_owned();
    }
    let mut size = lines.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut any = false;
        while at < lines.len() {
            let end = lines.len().min(at + size);
            let mut fewer = lines.clone();
            fewer.drain(at..end);
            if enough(&fewer.join("\n")) {
                lines = fewer;
                any = true;
            } else {
                at += size;
            }
        }
        if !any || size > 1 {
            size /= 2;
        }
    }
    lines.join("\n")
}
