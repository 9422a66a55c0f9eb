//! The table of scripts, strategies and times in `benches/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Context;
use crate::corpus;
use crate::run::{cargo, program, run};

/// What the table stands between.
const BEGIN: &str = "<!-- scripts: begin -->";
const END: &str = "<!-- scripts: end -->";

/// How long each engine is asked about a script, in seconds.
const SECONDS: &str = "0.2";

/// The most hosts that are taken from a script.
const HOSTS_MOST: usize = 60;

/// Hosts that every script is asked about.
const HOSTS: [&str; 8] = [
    "intranet",
    "www.example.com",
    "a.b.c.d.example.org",
    "10.1.2.3",
    "93.184.216.34",
    "printer.local",
    "www.google.com",
    "www.example.cn",
];

/// One engine's times.
struct Times {
    strategy: String,
    load_ms: f64,
    nanoseconds: f64,
    /// How many URLs there are, and how many have no answer.
    urls: f64,
    failures: f64,
}

/// A script.
struct Row {
    name: String,
    bytes: usize,
    js: Option<Times>,
    auto: Option<Times>,
    /// Whether programs answer wherever boa does.
    alone: bool,
}

/// Times every script of a folder, and prints the table; writes it into the
/// page if asked.
///
/// # Errors
///
/// What could not be read, built, run or written.
pub(crate) fn run_on(
    context: &Context,
    folder: &Path,
    write: bool,
) -> Result<(), String> {
    let scripts = corpus::scripts(folder);
    if scripts.is_empty() {
        return Err(format!("no *.pac in {}", folder.display()));
    }
    let args = ["build", "--release", "--locked", "--package"];
    let mut build = cargo(&context.root, &args);
    build.arg("whichproxy-cli");
    let (built, output) = run(build);
    let program = program(&context.root, "release/whichproxy")
        .filter(|_| built)
        .ok_or(output)?;
    let list = std::env::temp_dir()
        .join(format!("whichproxy-urls-{}", std::process::id()));
    let mut rows = Vec::new();
    for script in &scripts {
        let source = fs::read(script)
            .map_err(|error| format!("{}: {error}", script.display()))?;
        let source = String::from_utf8_lossy(&source);
        fs::write(&list, urls(&source))
            .map_err(|error| format!("{}: {error}", list.display()))?;
        let name = script.file_name().unwrap_or_default().to_string_lossy();
        let times = |engine| times(&program, script, &list, engine);
        let (js, auto) = (times("js"), times("auto"));
        // What answers in boa, and not without it.
        let alone = match (&js, times("compiled")) {
            (Some(js), Some(alone)) => alone.failures <= js.failures,
            _ => false,
        };
        eprintln!("{name}");
        let bytes = source.len();
        rows.push(Row { name: name.into_owned(), bytes, js, auto, alone });
    }
    // Left behind it would do no harm.
    let _ = fs::remove_file(&list);
    let table = table(&rows);
    println!("{table}");
    if write { put(context, &table) } else { Ok(()) }
}

/// URLs of hosts that a script names, near them, and of others.
fn urls(source: &str) -> String {
    let word =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '*');
    let words: BTreeSet<String> = source
        .split(|c| !word(c))
        .map(|word| word.trim_matches(['.', '*', '-']).replace('*', "x"))
        .filter(|word| word.contains('.') && (4..60).contains(&word.len()))
        // An address, or the beginning of one, is no host with more beside it.
        .filter(|word| word.ends_with(|c: char| c.is_ascii_alphabetic()))
        .collect();
    let step = words.len().div_ceil(HOSTS_MOST).max(1);
    let mut urls = String::new();
    let own = words.iter().step_by(step).zip(0_u32..);
    let own = own.map(|(word, number)| match number % 3 {
        0 => word.clone(),
        1 => format!("www.{word}"),
        _ => format!("x{word}.example"),
    });
    for host in HOSTS.map(str::to_owned).into_iter().chain(own) {
        urls.push_str(&format!("http://{host}/path/x?q=1\n"));
    }
    urls
}

/// What the command says of a script on an engine; nothing where it cannot
/// be read.
fn times(
    program: &Path,
    script: &Path,
    list: &Path,
    engine: &str,
) -> Option<Times> {
    let mut command = Command::new(program);
    command.args(["pac", "bench", "--format", "json", "--engine", engine]);
    command.args(["--seconds", SECONDS, "--max-bytes", "8M"]);
    command.args(["--now", "2026-11-22T09:30:00+01:00"]);
    command.args(["--my-ip", "10.1.2.3", "--urls"]).arg(list).arg(script);
    let output = command.output().ok()?;
    let told: Value = serde_json::from_slice(&output.stdout).ok()?;
    let number = |name: &str| told.get(name).and_then(Value::as_f64);
    Some(Times {
        strategy: told.get("strategy")?.as_str()?.to_owned(),
        load_ms: number("load_ms")?,
        nanoseconds: number("ns_per_lookup")?,
        urls: number("urls")?,
        failures: number("failures")?,
    })
}

fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| script | KiB | strategy | load | lookup | lookup in boa | times \
         faster |\n| --- | ---: | --- | ---: | ---: | ---: | ---: |\n",
    );
    let (mut all, mut without, mut slower) = (0, 0, 0);
    for Row { name, bytes, js, auto, alone } in rows {
        let size = *bytes as f64 / 1024.0;
        let name = name.trim_end_matches(".pac");
        let (Some(js), Some(auto)) = (js, auto) else {
            let _ = writeln!(
                out,
                "| {name} | {size:.1} | cannot be read | | | | |"
            );
            continue;
        };
        if js.failures >= js.urls {
            let _ = writeln!(
                out,
                "| {name} | {size:.1} | fails by itself | | | | |"
            );
            continue;
        }
        all += 1;
        without += usize::from(*alone);
        let factor = js.nanoseconds / auto.nanoseconds;
        slower += usize::from(*alone && factor < 1.0);
        let strategy = match auto.strategy.as_str() {
            "js" => "js".to_owned(),
            strategy if *alone => strategy.to_owned(),
            strategy => format!("{strategy}, js"),
        };
        let _ = writeln!(
            out,
            "| {name} | {size:.1} | {strategy} | {:.2} ms | {} | {} | \
             {factor:.1} |",
            auto.load_ms,
            time(auto.nanoseconds),
            time(js.nanoseconds),
        );
    }
    let _ = write!(
        out,
        "\n{all} of {} scripts answer in boa; {without} of them run without \
         it, {slower} of these slower than in it.",
        rows.len(),
    );
    out
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        ..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        _ => format!("{:.1} ms", nanoseconds / 1e6),
    }
}

/// Puts the table in its place of the page.
fn put(context: &Context, table: &str) -> Result<(), String> {
    let path = context.root.join("benches/README.md");
    let told = |error| format!("{}: {error}", path.display());
    let page = fs::read_to_string(&path).map_err(told)?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        rest.split_once(END).map(|(_, after)| (before, after))
    });
    let Some((before, after)) = parts else {
        return Err(format!("{}: no `{BEGIN}`", path.display()));
    };
    let page = format!("{before}{BEGIN}\n\n{table}\n\n{END}{after}");
    fs::write(&path, page).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_of_the_script_and_of_others() {
        let source = "dnsDomainIs(host, \".corp.example\") || 'a*.b.c'";
        let urls = urls(source);
        assert!(urls.starts_with("http://intranet/path/x?q=1\n"));
        assert!(urls.contains("http://ax.b.c/"));
        assert!(urls.contains("http://www.corp.example/"));
    }

    #[test]
    fn a_row_for_each_script() {
        let times = |strategy: &str, nanoseconds, failures| {
            let strategy = strategy.to_owned();
            let (load_ms, urls) = (0.25, 9.0);
            Some(Times { strategy, load_ms, nanoseconds, urls, failures })
        };
        let row = |name: &str, js, auto, alone| Row {
            name: name.to_owned(),
            bytes: 2_048,
            js,
            auto,
            alone,
        };
        let rows = [
            row("a.pac", times("js", 2e4, 1.), times("table", 200., 1.), true),
            row("b.pac", times("js", 2e4, 0.), times("js", 2e4, 0.), false),
            row("c.pac", times("js", 2e4, 9.), times("js", 2e4, 9.), false),
            row("d.pac", None, None, false),
        ];
        let table = table(&rows);
        assert!(table.contains(
            "| a | 2.0 | table | 0.25 ms | 200 ns | 20.0 µs | 100.0 |"
        ));
        assert!(table.contains("| c | 2.0 | fails by itself |"));
        assert!(table.contains("| d | 2.0 | cannot be read |"));
        assert!(table.ends_with(
            "2 of 4 scripts answer in boa; 1 of them run without it, 0 of \
             these slower than in it."
        ));
        // It answers some URLs in boa, whatever its strategy says.
        let partly = row(
            "e.pac",
            times("js", 2e4, 0.),
            times("compiled", 2e4, 0.),
            false,
        );
        let table = super::table(&[partly]);
        assert!(table.contains("| e | 2.0 | compiled, js | 0.25 ms |"));
        assert!(table.contains("; 0 of them run without it"));
    }
}
