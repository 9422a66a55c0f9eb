//! The surface of the command: runs the `whichproxy` binary and reads its
//! JSON.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use serde_json::Value;

use crate::case::OneOrMany;
use crate::{Case, Kind, Observed, ObservedError, Page, Verdict};

/// The `whichproxy` binary, and a folder for the files it is given.
#[derive(Clone, Debug)]
pub struct Command {
    binary: PathBuf,
    folder: PathBuf,
    /// Whether it takes what the command has no options for.
    whole: bool,
}

impl Command {
    /// The binary at `binary`; files are written under `folder`, such as
    /// `CARGO_TARGET_TMPDIR`.
    pub fn new(
        binary: impl Into<PathBuf>,
        folder: impl Into<PathBuf>,
    ) -> Command {
        let (binary, folder) = (binary.into(), folder.into());
        Command { binary, folder, whole: false }
    }

    /// A binary that takes the command's options and some more, for what a
    /// library can be asked: `--host` and `--search`, `--page-type` before a
    /// `--page`, `--dhcp-wpad-file`; and the subcommands `bypass URL --list
    /// LIST --rules PROFILE` and `proxies --list LIST --rules DIALECT
    /// --scheme SCHEME`.
    pub fn of_library(
        binary: impl Into<PathBuf>,
        folder: impl Into<PathBuf>,
    ) -> Command {
        Command { whole: true, ..Command::new(binary, folder) }
    }

    /// Runs a case, where the command has options for it.
    ///
    /// # Panics
    ///
    /// When the binary can't be run, or prints no JSON.
    pub fn observe(&self, case: &Case) -> Verdict {
        let why = match self.whole {
            true => (!case.earlier.is_empty()).then_some("it asks once"),
            false => unfit(case),
        };
        if let Some(why) = why {
            return Verdict::Skipped(why);
        }
        let folder = self.folder.join(case.full_name());
        fs::create_dir_all(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut seen = Observed::default();
        match case.kind() {
            Kind::Pac => self.pac(case, &folder, &mut seen),
            Kind::Settings => self.settings(case, &folder, &mut seen),
            Kind::Bypass => self.bypass(case, &folder, &mut seen),
            Kind::Proxies => self.proxies(case, &folder, &mut seen),
            _ => {
                if case.url.is_some() {
                    self.resolve(case, &folder, &mut seen);
                }
                if case.url.is_none()
                    || case.readings.is_some()
                    || case.skipped.is_some()
                {
                    self.plan(case, &folder, &mut seen);
                }
                if case.warnings.is_some() {
                    self.settings(case, &folder, &mut seen);
                }
            }
        }
        seen.into()
    }

    fn resolve(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        let mut args = vec!["resolve".into(), "--explain".into()];
        args.extend(case.url.iter().map(OsString::from));
        args.extend(option("--as", &case.client));
        args.extend(option("--reading", &case.reading));
        args.extend(machine(case, folder));
        let Some(object) = self.run(args, folder, seen).into_iter().next()
        else {
            return;
        };
        error(&object, seen);
        seen.routes = text(&object["pac"]);
        seen.kinds = kinds(&object);
        let trace = list(&object["trace"]);
        if !trace.is_empty() {
            seen.plan = texts(trace.iter().map(|line| &line["step"]));
            seen.outcomes = texts(trace.iter().map(|line| &line["outcome"]));
            let notes = trace.iter().flat_map(|line| list(&line["notes"]));
            seen.notes = texts(notes);
        }
    }

    fn plan(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        let mut args = vec!["plan".into()];
        args.extend(option("--as", &case.client));
        if case.error.is_some() {
            args.extend(option("--reading", &case.reading));
        } else {
            args.push("--all-readings".into());
        }
        args.extend(machine_of_settings(case, folder));
        let plans = self.run(args, folder, seen);
        let name = |plan: &Value| text(&plan["reading"]["name"]);
        let chosen = plans
            .iter()
            .find(|plan| case.reading.is_none() || name(plan) == case.reading);
        let Some(chosen) = chosen else { return };
        seen.readings = plans.iter().map(name).collect();
        let steps = list(&chosen["steps"]);
        seen.plan = texts(steps.iter().map(|step| &step["step"]));
        let skipped = list(&chosen["skipped"]);
        seen.skipped = texts(skipped.iter().map(|step| &step["name"]));
    }

    fn settings(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        let mut args = vec!["settings".into()];
        args.extend(option("--as", &case.client));
        args.extend(machine_of_settings(case, folder));
        let Some(object) = self.run(args, folder, seen).into_iter().next()
        else {
            return;
        };
        let of = |value: &Value| text(value).unwrap_or_default();
        let warnings = list(&object["warnings"]).iter().map(|warning| {
            format!("{}: {}", of(&warning["origin"]), of(&warning["text"]))
        });
        seen.warnings = Some(warnings.collect());
        let entries = list(&object["settings"]).iter().map(|entry| {
            format!(
                "{}: {} = {} ({})",
                of(&entry["component"]),
                of(&entry["setting"]),
                of(&entry["value"]),
                of(&entry["origin"])
            )
        });
        seen.entries = Some(entries.collect());
    }

    fn bypass(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        let mut args = vec!["bypass".into()];
        args.extend(case.url.iter().map(OsString::from));
        args.extend(option("--list", &case.list));
        args.extend(option("--rules", &case.profile));
        let Some(object) = self.run(args, folder, seen).into_iter().next()
        else {
            return;
        };
        seen.bypassed = object["bypassed"].as_bool();
        seen.entry = text(&object["entry"]);
        seen.oddities = texts(list(&object["oddities"]));
    }

    fn proxies(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        let mut args = vec!["proxies".into()];
        args.extend(option("--list", &case.list));
        args.extend(option("--rules", &case.dialect));
        let scheme = case.scheme.clone().unwrap_or_default();
        args.extend(["--scheme".into(), scheme.into()]);
        let Some(object) = self.run(args, folder, seen).into_iter().next()
        else {
            return;
        };
        seen.proxies = texts(list(&object["proxies"]));
        seen.oddities = texts(list(&object["oddities"]));
    }

    fn pac(&self, case: &Case, folder: &Path, seen: &mut Observed) {
        write(&folder.join("script.pac"), &case.script_bytes());
        let url = case.url.as_deref().unwrap_or("http://www.example.com/");
        let words = ["pac", "eval", "script.pac", url];
        let mut args = words.map(OsString::from).to_vec();
        args.extend(option("--host", &case.host));
        args.extend(network(case));
        let Some(object) = self.run(args, folder, seen).into_iter().next()
        else {
            return;
        };
        error(&object, seen);
        seen.routes = text(&object["pac"]);
        seen.kinds = kinds(&object);
        seen.result = text(&object["result"]);
        seen.asked = texts(list(&object["asked"]));
        seen.alerts = texts(list(&object["alerts"]));
        let ignored = list(&object["ignored"]).iter().map(|i| &i["text"]);
        seen.ignored =
            texts(ignored.filter(|text| **text != Value::String("".into())));
    }

    /// Runs the binary where the files are; the objects it printed.
    fn run(
        &self,
        args: Vec<OsString>,
        folder: &Path,
        seen: &mut Observed,
    ) -> Vec<Value> {
        let output = process::Command::new(&self.binary)
            .args(&args)
            .args(["--format", "json"])
            .current_dir(folder)
            .stdin(process::Stdio::null())
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.binary.display()));
        let out = String::from_utf8_lossy(&output.stdout);
        let err = String::from_utf8_lossy(&output.stderr);
        let printed = seen.printed.get_or_insert_default();
        printed.push_str(&out);
        printed.push_str(&err);
        let expected: &[i32] = match out.is_empty() {
            true => &[2],
            false => &[0, 1, 2],
        };
        let code = output.status.code();
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{args:?} ended with {}:\n{err}",
            output.status
        );
        if out.is_empty() {
            // Wrong usage, or input that can't be read: no object tells.
            seen.error = Some(ObservedError {
                message: err.into_owned(),
                ..ObservedError::default()
            });
        }
        out.lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|e| panic!("{args:?} printed {line}: {e}"))
            })
            .collect()
    }
}

/// Why the command has no options for a case.
fn unfit(case: &Case) -> Option<&'static str> {
    let typed = |page: &Page| page.content_type().is_some();
    match case.kind() {
        Kind::Bypass => Some("a bypass list alone can't be asked"),
        Kind::Proxies => Some("a proxy list alone can't be asked"),
        _ if case.host.is_some() => Some("a raw host can't be given"),
        _ if !case.search.is_empty() => Some("no option for a search list"),
        _ if !case.earlier.is_empty() => Some("it asks once"),
        _ if case.pages.values().any(typed) => Some("no content type"),
        _ if case.dhcp_wpad.as_ref().is_some_and(|o| o.contains('\0')) => {
            Some("an argument can't have a NUL")
        }
        _ => None,
    }
}

fn option(name: &str, value: &Option<String>) -> Vec<OsString> {
    let value = value.iter();
    value.flat_map(|value| [name.into(), value.into()]).collect()
}

/// The options of what settings are made of.
fn machine_of_settings(case: &Case, folder: &Path) -> Vec<OsString> {
    let mut args = Vec::new();
    for (name, bytes) in case.registries() {
        write(&folder.join(&name), &bytes);
        args.extend(["--reg".into(), name.into()]);
    }
    for (name, value) in &case.env {
        args.extend(["--env".into(), format!("{name}={value}").into()]);
    }
    args.extend(option("--user", &case.user));
    args
}

/// The options of the whole machine.
fn machine(case: &Case, folder: &Path) -> Vec<OsString> {
    let mut args = machine_of_settings(case, folder);
    for (index, (url, page)) in case.pages.iter().enumerate() {
        let file = format!("page-{index}");
        write(&folder.join(&file), &page.bytes());
        let content_type = page.content_type().map(ToOwned::to_owned);
        args.extend(option("--page-type", &content_type));
        args.extend(["--page".into(), format!("{url}={file}").into()]);
    }
    match &case.dhcp_wpad {
        // No argument has that.
        Some(option) if option.contains('\0') => {
            write(&folder.join("option"), option.as_bytes());
            args.extend(["--dhcp-wpad-file".into(), "option".into()]);
        }
        Some(option) => args.extend(["--dhcp-wpad".into(), option.into()]),
        None => {}
    }
    for suffix in &case.search {
        args.extend(["--search".into(), suffix.into()]);
    }
    args.extend(option("--domain", &case.domain));
    args.extend(network(case));
    args
}

/// The options of what a script can ask.
fn network(case: &Case) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    for (name, addresses) in &case.dns {
        let addresses = addresses.join(",");
        args.extend(["--dns".into(), format!("{name}={addresses}").into()]);
    }
    for address in case.my_ip.iter().flat_map(OneOrMany::all) {
        args.extend(["--my-ip".into(), address.into()]);
    }
    let now = case.now.as_deref().unwrap_or("1970-01-01T00:00:00Z");
    args.extend(["--now".into(), now.into()]);
    args
}

fn write(file: &Path, bytes: &[u8]) {
    fs::write(file, bytes)
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

fn texts<'a>(
    values: impl IntoIterator<Item = &'a Value>,
) -> Option<Vec<String>> {
    values.into_iter().map(text).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn kinds(object: &Value) -> Option<Vec<String>> {
    let routes = object["routes"].as_array()?;
    texts(routes.iter().map(|route| &route["kind"]))
}

fn error(object: &Value, seen: &mut Observed) {
    let error = &object["error"];
    if error.is_null() {
        return;
    }
    seen.error = Some(ObservedError {
        kind: text(&error["kind"]),
        message: text(&error["message"]).unwrap_or_default(),
        winhttp_code: error["winhttp_code"]
            .as_u64()
            .and_then(|code| code.try_into().ok()),
    });
}
