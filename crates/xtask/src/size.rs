//! How large the command is when it is built for release, and how fast it
//! starts: `cargo xtask size`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Context;
use crate::place::{built, release};
use crate::run::{run, works};
#[cfg(unix)]
use crate::windows;

/// The command for Windows has fewer bytes than this.
const MOST_BYTES: u64 = 12_000_000;

/// It starts in less than this more than a program that does nothing.
const MOST_TIME: Duration = Duration::from_millis(50);

/// So often each is started.
const STARTS: usize = 101;

/// A program that does nothing: what the system takes to start one.
const NOTHING: &str = "int main(void) { return 0; }\n";

/// What is printed of a program.
struct Row {
    name: &'static str,
    bytes: u64,
    stripped: bool,
    start: Duration,
    nothing: Duration,
}

/// Builds the command for this system, and for Windows where that is at hand;
/// prints a table, and fails where that of Windows is too large or too slow.
pub(crate) fn print(context: &Context) -> Result<(), String> {
    let root = &context.root;
    release(root, &["whichproxy-cli"])?;
    let folder = root.join("target/size");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let program = built(root, "release/whichproxy")?;
    let nothing = compiled("cc", &folder.join("nothing"))?;
    let here = row("here", &program, "nm", &nothing, |it| Command::new(it))?;
    let mut rows = vec![here];
    #[cfg(unix)]
    match windows::missing() {
        None => {
            let program = windows::release(root, "whichproxy-cli")?
                .join("whichproxy.exe");
            let nothing =
                compiled(windows::LINKER, &folder.join("nothing.exe"))?;
            let wine = windows::Wine::first(&folder)?;
            let start = |it: &Path| wine.command(it);
            let nm = "x86_64-w64-mingw32-nm";
            rows.push(row("Windows", &program, nm, &nothing, start)?);
        }
        Some(missing) => println!("not for Windows: needs {missing}"),
    }
    println!("command      bytes  stripped  --version  nothing   more");
    for row in &rows {
        let Row { name, bytes, stripped, start, nothing } = row;
        let more = start.saturating_sub(*nothing);
        let [start, nothing, more] =
            [*start, *nothing, more].map(|it| it.as_secs_f64() * 1000.0);
        println!(
            "{name:8} {bytes:9}  {:8}  {start:6.1} ms  {nothing:4.1} ms  \
             {more:4.1} ms",
            if *stripped { "yes" } else { "no" }
        );
    }
    judged(rows.last().filter(|row| row.name == "Windows"))
}

/// What is wrong with the command for Windows.
fn judged(row: Option<&Row>) -> Result<(), String> {
    let Some(row) = row else { return Ok(()) };
    let more = row.start.saturating_sub(row.nothing);
    let wrong = [
        (row.bytes >= MOST_BYTES, "12,000,000 bytes or more"),
        (!row.stripped, "not stripped"),
        (more >= MOST_TIME, "starts 50 ms or more after one that is empty"),
    ];
    let wrong: Vec<&str> = wrong
        .into_iter()
        .filter_map(|(is, what)| is.then_some(what))
        .collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("for Windows: {}", wrong.join(", "))),
    }
}

/// A program that does nothing, by this compiler.
fn compiled(
    compiler: &str,
    program: &Path,
) -> Result<std::path::PathBuf, String> {
    let source = program.with_extension("c");
    fs::write(&source, NOTHING)
        .map_err(|error| format!("{}: {error}", source.display()))?;
    let mut command = Command::new(compiler);
    command.args(["-O2", "-s", "-o"]).arg(program).arg(&source);
    match run(command) {
        (true, _) => Ok(program.to_owned()),
        (false, output) => Err(output),
    }
}

fn row(
    name: &'static str,
    program: &Path,
    nm: &str,
    nothing: &Path,
    start: impl Fn(&Path) -> Command,
) -> Result<Row, String> {
    let bytes = fs::metadata(program)
        .map_err(|error| format!("{}: {error}", program.display()))?
        .len();
    let mut help = Command::new(nm);
    help.arg("--version");
    if !works(help) {
        return Err(format!("{nm}: apt-get install binutils"));
    }
    let mut symbols = Command::new(nm);
    // What is looked for is English.
    symbols.env("LC_ALL", "C").arg(program);
    // It has none, whether or not nm calls that an error.
    let (_, symbols) = run(symbols);
    let stripped = symbols.contains("no symbols");
    // One after the other, so that both meet the same machine.
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (program, times) in [program, nothing].iter().zip(&mut times) {
            let mut command = start(program);
            command.arg("--version");
            times.push(timed(command)?);
        }
    }
    let [start, nothing] = times.map(|mut times| {
        times.sort();
        times[STARTS / 2]
    });
    Ok(Row { name, bytes, stripped, start, nothing })
}

/// How long it takes until a program has ended well.
fn timed(mut command: Command) -> Result<Duration, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null());
    let began = Instant::now();
    match command.status() {
        Ok(status) if status.success() => Ok(began.elapsed()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_slow_fails() {
        let ms = Duration::from_millis;
        let row = |bytes, stripped, start| Row {
            name: "Windows",
            bytes,
            stripped,
            start: ms(start),
            nothing: ms(20),
        };
        assert_eq!(judged(None), Ok(()));
        assert_eq!(judged(Some(&row(11_999_999, true, 69))), Ok(()));
        let error = judged(Some(&row(12_000_000, false, 70))).unwrap_err();
        assert_eq!(
            error,
            "for Windows: 12,000,000 bytes or more, not stripped, starts 50 \
             ms or more after one that is empty"
        );
    }
}
