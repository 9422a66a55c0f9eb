//! `whichproxy pac`: one script, with no client and no settings around it.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use url::Url;
use whichproxy::Client;
use whichproxy::machine::Fetch;
use whichproxy_os::Web;
use whichproxy_pac::{
    Config, Error, ErrorKind, Evaluation, Isolation, Limits, Offline, Pac,
    Query, Question, host_as_written,
};

use crate::args::{Engine, Format, PacCheckArgs, PacEvalArgs};
use crate::machine::{network, read, unreadable};
use crate::note::{Notes, Unanswered};
use crate::output::json::{Checked, Evaluated};
use crate::output::{Output, masked, masked_text, shortened};
use crate::urls::{Asked, Urls};
use crate::{Status, Stop};

/// `pac eval`: asks a script about URLs.
pub(super) fn eval(
    args: &PacEvalArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    if args.file == Path::new("-")
        && args.urls.list.as_deref() == Some(&args.file)
    {
        let message = "script and URLs can't both come from stdin";
        return Err(Stop::Input(message.to_owned()));
    }
    let (machine, notes) = network(&args.machine, out)?;
    let (online, limit) = (args.machine.online, args.limits.max_bytes);
    let script = Script::read(&args.file, online, limit)?;
    let pac =
        script.load(args.engine, args.limits.limits(), args.isolation.place());
    if let Err(error) = &pac
        && args.format.format == Format::Text
    {
        out.say(&script.failure(error));
        return Ok(Status::Failed);
    }
    let mut urls = Urls::new(&args.urls)?;
    let mut run =
        Eval { args, name: &script.name, notes, several: urls.several(), out };
    let mut worst = Status::Resolved;
    loop {
        let batch = urls.batch(run.out)?;
        if batch.is_empty() {
            return Ok(worst);
        }
        let mut known = Vec::with_capacity(batch.len());
        let mut queries = Vec::with_capacity(batch.len());
        for asked in &batch {
            match run.query(asked)? {
                Some(query) => {
                    known.push(asked);
                    queries.push(query);
                }
                None => worst = worst.max(Status::BadInput),
            }
        }
        let found = match &pac {
            Ok(pac) => pac.evaluate_many(&queries, &machine),
            Err(error) => queries.iter().map(|_| Err(error.clone())).collect(),
        };
        if known.len() > 1 {
            run.notes.sort();
        }
        for (asked, result) in known.into_iter().zip(found) {
            let status = run.one(asked, pac.as_ref().ok(), &result)?;
            worst = worst.max(status);
        }
    }
}

struct Eval<'a> {
    args: &'a PacEvalArgs,
    name: &'a str,
    notes: Notes,
    several: bool,
    out: &'a mut Output,
}

impl Eval<'_> {
    /// What the script is told; `None` where there is no URL.
    fn query(
        &mut self,
        asked: &Asked,
    ) -> Result<Option<Query<'static>>, Stop> {
        let client = self.args.client;
        match asked.url() {
            Ok(url) if client == Client::Wininet => {
                Ok(Some(Query::wininet(&url)))
            }
            Ok(url) => {
                let host = host_as_written(&asked.text, &url);
                Ok(Some(Query::winhttp(&url, host)))
            }
            Err(message) => {
                self.out.say(&message);
                if self.args.format.format == Format::Json {
                    self.out.json(&Evaluated::no_url(
                        &asked.text,
                        client,
                        message,
                    ))?;
                }
                Ok(None)
            }
        }
    }

    fn one(
        &mut self,
        asked: &Asked,
        script: Option<&Pac>,
        result: &Result<Evaluation, Error>,
    ) -> Result<Status, Stop> {
        self.remarks(asked, script, result);
        let shown = masked_text(&asked.text);
        match (self.args.format.format, result) {
            (Format::Json, result) => {
                let client = self.args.client;
                let result = result.as_ref();
                let object =
                    Evaluated::new(&asked.text, client, script, result);
                self.out.json(&object)?;
            }
            (Format::Text, Err(_)) => {}
            (Format::Text, Ok(found)) => {
                self.out.routes(&shown, found.routes(), self.several)?;
            }
        }
        Ok(match result {
            Ok(_) => Status::Resolved,
            Err(_) => Status::Failed,
        })
    }

    /// What was not asked, what the script says, and the explanation.
    fn remarks(
        &mut self,
        asked: &Asked,
        script: Option<&Pac>,
        result: &Result<Evaluation, Error>,
    ) {
        let (questions, alerts, ignored) = match result {
            Ok(e) => (e.asked(), e.alerts(), e.ignored()),
            Err(error) => (error.asked(), error.alerts(), &[][..]),
        };
        let own = |q: &Question| matches!(q, Question::OwnAddresses { .. });
        let network = &self.args.machine;
        if network.my_ip.is_empty()
            && !network.online
            && questions.iter().any(own)
        {
            self.notes.add(Unanswered::OwnAddress);
        }
        for message in self.notes.take() {
            self.out.say(&message);
        }
        let shown = masked_text(&asked.text);
        if self.args.explain {
            let strategy = script.map_or("none", Pac::strategy);
            self.out.remark(&format!("{shown}\n  engine: {strategy}"));
            if let Ok(evaluation) = result {
                let result = shortened(evaluation.result());
                self.out.remark(&format!("  returned: `{result}`"));
            }
            for question in questions {
                self.out.remark(&format!("  asked: {question}"));
            }
        }
        // JSON has them already.
        if self.args.format.format == Format::Text {
            for alert in alerts {
                let alert = shortened(alert);
                let says =
                    format!("{}: the script says: `{alert}`", self.name);
                self.out.say(&says);
            }
            for part in ignored {
                self.out.say(&format!("{shown}: passed over: {part}"));
            }
        }
        if let Err(error) = result {
            let message = failure(self.name, error);
            self.out.say(&format!("{message}, asked about {shown}"));
        }
    }
}

/// `pac check`: whether a script loads, and what is odd about it.
pub(super) fn check(
    args: &PacCheckArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    let limit = args.limits.max_bytes;
    let script = Script::read(&args.file, args.online, limit)?;
    let pac =
        script.load(args.engine, args.limits.limits(), args.isolation.place());
    let mut warnings = script.warnings();
    let failed = match &pac {
        Err(error) => Some(error.clone()),
        Ok(pac) => probe(pac, &mut warnings),
    };
    let loaded = pac.as_ref().ok();
    match args.format.format {
        Format::Json => out.json(&Checked::new(
            &script.name,
            script.bytes.len(),
            loaded,
            failed.as_ref(),
            &warnings,
        ))?,
        Format::Text => {
            let name = &script.name;
            for (line, text) in &warnings {
                out.line(&match line {
                    Some(line) => format!("{name} line {line}: {text}"),
                    None => format!("{name}: {text}"),
                })?;
            }
            for refusal in loaded.map(Pac::refusals).unwrap_or_default() {
                let reason = shortened(refusal.reason());
                let place = match (refusal.line(), refusal.column()) {
                    (0, _) => String::new(),
                    (line, column) => format!(" line {line}, column {column}"),
                };
                out.line(&format!("{name}{place}: not compiled: {reason}"))?;
            }
            for rule in loaded.map(Pac::shadowed).unwrap_or_default() {
                out.line(&format!(
                    "{name} line {}: never matches: line {} `{}` matches \
                     first",
                    rule.line(),
                    rule.by_line(),
                    shortened(rule.by_text()),
                ))?;
            }
            if let (Some(pac), None) = (loaded, &failed) {
                out.line(&format!(
                    "{name}: loads, {} bytes, engine {}",
                    script.bytes.len(),
                    pac.strategy()
                ))?;
            }
        }
    }
    match failed {
        Some(error) => {
            out.say(&script.failure(&error));
            Ok(Status::Failed)
        }
        None => Ok(Status::Resolved),
    }
}

/// Asks the script something harmless, since code outside of functions runs
/// only then. Without an entry function no client can use it; what else
/// fails may be the fault of the question.
fn probe(
    pac: &Pac,
    warnings: &mut Vec<(Option<u32>, String)>,
) -> Option<Error> {
    let query = Query::raw("http://www.example.com/", "www.example.com");
    match pac.evaluate(query, &Offline) {
        Ok(evaluation) => {
            for part in evaluation.ignored() {
                let text = format!("for http://www.example.com/: {part}");
                warnings.push((None, text));
            }
            None
        }
        Err(error) if error.kind() == ErrorKind::MissingFunction => {
            Some(error)
        }
        Err(error) => {
            let text = format!(
                "asked offline about http://www.example.com/: {error}"
            );
            warnings.push((None, text));
            None
        }
    }
}

/// A script, from a file, stdin or an address.
pub(super) struct Script {
    pub(super) name: String,
    bytes: Vec<u8>,
    /// What the server that gave it says.
    charset: Option<String>,
}

impl Script {
    /// Reads it; what comes from the network is at most `limit` bytes long.
    pub(super) fn read(
        path: &Path,
        online: bool,
        limit: usize,
    ) -> Result<Script, Stop> {
        if let Some(url) = address(path) {
            return Script::fetch(&url, online, limit);
        }
        let mut bytes = Vec::new();
        let mut name = path.display().to_string();
        if path == Path::new("-") {
            name = "stdin".to_owned();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| unreadable(Path::new("stdin"), &error))?;
        } else {
            bytes = read(path)?;
        }
        Ok(Script { name, bytes, charset: None })
    }

    fn fetch(url: &Url, online: bool, limit: usize) -> Result<Script, Stop> {
        let name = shortened(&masked(url));
        let stop = |why: &dyn Display| Stop::Input(format!("{name}: {why}"));
        if !online && matches!(url.scheme(), "http" | "https") {
            return Err(stop(&"not asked of the network without --online"));
        }
        let web = Web::builder().local(true).build();
        let page = web.get(url, limit).map_err(|fault| stop(&fault))?;
        let charset = page.charset().map(ToOwned::to_owned);
        Ok(Script { name, bytes: page.body, charset })
    }

    pub(super) fn load(
        &self,
        engine: Engine,
        limits: Limits,
        isolation: Isolation,
    ) -> Result<Pac, Error> {
        let config = match engine {
            Engine::Auto => Config::new(),
            Engine::Compiled => Config::new().only_compiled(),
            Engine::Js => Config::new().only_js(),
        };
        Pac::builder()
            .config(config)
            .limits(limits)
            .isolation(isolation)
            .build_bytes(&self.bytes, self.charset.as_deref())
    }

    pub(super) fn failure(&self, error: &Error) -> String {
        failure(&self.name, error)
    }

    /// What clients may stumble over, with lines.
    fn warnings(&self) -> Vec<(Option<u32>, String)> {
        let mut warnings = Vec::new();
        if self.bytes.len() > Limits::SOURCE_BYTES {
            // Source: WINHTTP-AUTOPROXY-ISSUES ("rejects PAC files larger
            // than 1MB"), documented.
            let text = format!(
                "{} bytes: WinHTTP rejects scripts of more than 1 MB",
                self.bytes.len()
            );
            warnings.push((None, text));
        }
        let has_mark = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"]
            .iter()
            .any(|mark| self.bytes.starts_with(mark));
        if !has_mark
            && self.charset.is_none()
            && let Err(error) = std::str::from_utf8(&self.bytes)
        {
            let good = self.bytes.get(..error.valid_up_to());
            let ends = good.unwrap_or_default().iter();
            let line = 1 + ends.filter(|byte| **byte == b'\n').count();
            warnings.push((
                u32::try_from(line).ok(),
                "neither UTF-8 nor marked as UTF-16, so read as \
                 windows-1252"
                    .to_owned(),
            ));
        }
        let text = String::from_utf8_lossy(&self.bytes);
        for (number, line) in (1..).zip(text.lines()) {
            // Source: WINHTTP-PAC-EX ("FindProxyForURLEx" is called
            // where it is defined), documented.
            if line.contains("function FindProxyForURLEx") {
                let text = "FindProxyForURLEx is called instead of \
                            FindProxyForURL by Windows, and by nobody else";
                warnings.push((Some(number), text.to_owned()));
            }
            if line.contains("@cc_on") {
                let text = "a conditional comment, which JScript runs and \
                            whichproxy does not";
                warnings.push((Some(number), text.to_owned()));
            }
        }
        warnings
    }
}

/// The address that stands in the place of a file.
fn address(path: &Path) -> Option<Url> {
    let url = Url::parse(path.to_str()?).ok()?;
    let schemes = ["data", "file", "http", "https"];
    schemes.contains(&url.scheme()).then_some(url)
}

/// `FILE line N, column M: …`, with what WinHTTP reports.
fn failure(name: &str, error: &Error) -> String {
    let message = error.to_string();
    let separator = if error.line().is_some() { " " } else { ": " };
    let code = match error.winhttp_code() {
        Some(code) => format!(" (WinHTTP error {code})"),
        None => String::new(),
    };
    format!("{name}{separator}{message}{code}")
}
