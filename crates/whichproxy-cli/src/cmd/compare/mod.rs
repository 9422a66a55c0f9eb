//! `whichproxy compare`: what Windows' own WinHTTP says, beside what we say.

mod case;
mod row;

use std::fs;

use serde::Serialize;
use url::Url;
use whichproxy::machine::Recorder;
use whichproxy::registry::{Key, Root, Tree, Value};
use whichproxy::{Client, Machine, Plan, Resolver, Settings};
use whichproxy_os::winhttp::{Automatic, Winhttp};

use self::case::Expected;
use self::row::{Row, Verdict};
use crate::args::{CompareArgs, Format, UrlArgs};
use crate::machine::unreadable;
use crate::output::{Output, masked, plain, shortened};
use crate::urls::Urls;
use crate::{Status, Stop};

pub(super) fn run(
    args: &CompareArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    match system() {
        Some(winhttp) => {
            compare(args, &*winhttp, whichproxy_os::machine(), out)
        }
        None => Err(Stop::Input(
            "only Windows has the WinHTTP that is asked: run this there"
                .to_owned(),
        )),
    }
}

#[cfg(windows)]
fn system() -> Option<Box<dyn Winhttp>> {
    Some(Box::new(whichproxy_os::winhttp::SystemWinhttp))
}

#[cfg(not(windows))]
fn system() -> Option<Box<dyn Winhttp>> {
    None
}

/// What was asked at one time, and where the answers part.
#[derive(Serialize)]
struct Comparison<'a> {
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    rows: &'a [Row],
    part: Option<&'static str>,
}

/// Compares the settings, then each URL.
fn compare(
    args: &CompareArgs,
    winhttp: &dyn Winhttp,
    machine: Machine,
    out: &mut Output,
) -> Result<Status, Stop> {
    let mut machine = machine;
    let mut rows = Vec::new();
    let mut automatic = Automatic::default();
    if let Some(script) = &args.pac {
        automatic.script = Some(script.to_string());
        machine = machine.with_registry(only_script(script));
    }
    let settings = settings(args, &machine)?;
    if args.pac.is_none() && args.client == Client::Winhttp {
        rows = row::default_rows(winhttp, &settings);
    } else if args.pac.is_none() {
        (rows, automatic) = row::user_rows(winhttp, &settings);
    }
    let resolver = resolver(args, &settings, machine.clone());
    if automatic.detect {
        rows.push(row::detected(winhttp, &resolver));
    }
    let mut worst = Status::Resolved;
    if !rows.is_empty() {
        worst = show(args, None, &rows, out)?;
    }
    if args.urls.is_empty() && args.list.is_none() {
        return Ok(worst);
    }
    if automatic == Automatic::default() {
        out.say(&format!(
            "{} asks no script with these settings, so that there is nothing \
             to ask WinHTTP of a URL (--pac URL asks one)",
            args.client
        ));
        return Ok(worst);
    }
    let asked = UrlArgs { urls: args.urls.clone(), list: args.list.clone() };
    let mut urls = Urls::new(&asked)?;
    let mut cases = Vec::new();
    loop {
        let batch = urls.batch(out)?;
        if batch.is_empty() {
            break;
        }
        for asked in &batch {
            let url = match asked.url() {
                Ok(url) => url,
                Err(message) => {
                    out.say(&message);
                    worst = Status::BadInput;
                    continue;
                }
            };
            let status = if args.output.is_some() {
                let name = format!("url-{}", cases.len() + 1);
                let asks = Asks { winhttp, automatic: &automatic, url: &url };
                let (rows, case) = asks.recorded(args, &machine, name)?;
                match case {
                    Ok(case) => cases.push(case),
                    Err(why) => {
                        let url = masked(&url);
                        out.say(&format!("{url} makes no case: {why}"));
                        worst = Status::BadInput;
                    }
                }
                show(args, Some(&url), &rows, out)?
            } else {
                let answer = resolver.resolve(&url);
                let rows =
                    row::script_rows(winhttp, &automatic, &answer, &url).0;
                show(args, Some(&url), &rows, out)?
            };
            worst = worst.max(status);
        }
    }
    if let Some(path) = &args.output {
        let text = format!("{}\n{}", head(&machine, args), cases.join("\n"));
        fs::write(path, text).map_err(|error| unreadable(path, &error))?;
    }
    Ok(worst)
}

/// What the client sees of this machine.
fn settings(args: &CompareArgs, machine: &Machine) -> Result<Settings, Stop> {
    Ok(Settings::read(machine, &args.client.identity())?)
}

/// How we answer for this machine.
fn resolver(
    args: &CompareArgs,
    settings: &Settings,
    machine: Machine,
) -> Resolver {
    let plan = Plan::new(args.client, settings);
    Resolver::with_plan(plan, machine)
        .with_limits(args.limits.limits())
        .with_isolation(args.isolation.place())
}

/// A question about a URL.
struct Asks<'a> {
    winhttp: &'a dyn Winhttp,
    automatic: &'a Automatic,
    url: &'a Url,
}

impl Asks<'_> {
    /// What both say, and the case that it makes; an error says why it makes
    /// none.
    fn recorded(
        &self,
        args: &CompareArgs,
        machine: &Machine,
        name: String,
    ) -> Result<(Vec<Row>, Result<String, String>), Stop> {
        let recorder = Recorder::new(machine.clone());
        let settings = settings(args, &recorder.machine())?;
        let resolver = resolver(args, &settings, recorder.machine());
        let answer = resolver.resolve(self.url);
        let (rows, windows) =
            row::script_rows(self.winhttp, self.automatic, &answer, self.url);
        let ours = answer.map(|found| found.routes().to_string());
        let ours = ours.unwrap_or_default();
        let same = rows.iter().all(|row| row.verdict != Verdict::Different);
        let expected = match windows {
            _ if same => Expected::Routes(ours.clone()),
            windows => windows,
        };
        let recording = recorder.recording();
        let case =
            case::case(args, name, self.url, &recording, &expected, &ours);
        Ok((rows, case))
    }
}

/// What a file of cases begins with.
fn head(machine: &Machine, args: &CompareArgs) -> String {
    let key =
        Key::local_machine(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    let value = |name| match machine.registry().value(&key, name) {
        Ok(Some(found)) => match found.value {
            Value::String(text) => plain(&shortened(&text)).into_owned(),
            Value::Dword(number) => number.to_string(),
            _ => "unknown".to_owned(),
        },
        _ => "unknown".to_owned(),
    };
    let names = match args.names {
        true => "as they were",
        false => "replaced by others; addresses are as they were",
    };
    format!(
        "# Windows:  {}, build {}.{}\n# Date:     {}\n\
         # Tool:     whichproxy {} compare, WinHttpGetProxyForUrl and its Ex\n\
         # Account:  whoever ran it\n# Names:    {names}\n\
         # Routes after the first are ours where the Ex gave none.\n",
        value("ProductName"),
        value("CurrentBuildNumber"),
        value("UBR"),
        machine.clock().now(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// A registry in which nothing is configured but this script.
fn only_script(script: &Url) -> Tree {
    let path = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let key = Key::new(Root::CurrentUser, path);
    let url = Value::String(script.to_string());
    Tree::new().with(&key, "AutoConfigURL", url)
}

/// Prints what both say.
fn show(
    args: &CompareArgs,
    url: Option<&Url>,
    rows: &[Row],
    out: &mut Output,
) -> Result<Status, Stop> {
    let part = rows.iter().find(|row| row.verdict == Verdict::Different);
    let part = part.map(|row| row.question);
    let comparison = Comparison {
        client: args.client.name(),
        url: url.map(masked),
        rows,
        part,
    };
    match args.format.format {
        Format::Json => out.json(&comparison)?,
        Format::Text => {
            let of = comparison.url.as_deref().unwrap_or("settings");
            out.line(&format!("{of} ({})", comparison.client))?;
            for row in rows {
                out.line(&format!("  {}", row.question))?;
                out.line(&format!("    Windows     {}", row.windows))?;
                out.line(&format!("    whichproxy  {}", row.whichproxy))?;
            }
            out.line(&match part {
                Some(question) => format!("  they part at: {question}"),
                None => "  the same".to_owned(),
            })?;
        }
    }
    Ok(if part.is_some() { Status::Failed } else { Status::Resolved })
}
