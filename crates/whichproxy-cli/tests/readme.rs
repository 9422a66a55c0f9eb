//! Every command of the README prints what the README says.
#![allow(clippy::unwrap_used)] // what fails here fails a test

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

/// A command of a `console` block, and what is printed below it.
struct Shown {
    command: String,
    output: String,
}

fn shown(readme: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if !inside {
        } else if let Some(command) = line.strip_prefix("$ ") {
            all.push(Shown { command: command.into(), output: "".into() });
        } else if let Some(last) = all.last_mut() {
            if last.command.ends_with('\\') {
                last.command.pop();
                last.command.push_str(line.trim_start());
            } else {
                last.output.push_str(line);
                last.output.push('\n');
            }
        }
    }
    all
}

/// What a terminal would show: both streams, as they come.
fn run(args: &[&str]) -> String {
    let (mut reader, writer) = std::io::pipe().unwrap();
    // `cargo xtask test windows` has another one, which runs under Wine.
    let other = std::env::var_os("WHICHPROXY_COMMAND");
    let program =
        other.unwrap_or_else(|| env!("CARGO_BIN_EXE_whichproxy").into());
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).env_clear();
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // It holds the pipe open too.
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}\n{text}");
    // Wine says so when a process ends before all of its threads.
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.starts_with("wine client error:")).collect()
}

#[test]
fn commands_print_what_the_readme_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut run_commands = 0;
    for Shown { command, output } in shown(&readme) {
        // It runs this very test.
        if command == "cargo xtask test" {
            continue;
        }
        let args = command
            .strip_prefix("cargo run --release -- ")
            .or_else(|| command.strip_prefix("whichproxy "))
            .unwrap_or_else(|| panic!("what is `{command}`?"));
        let args: Vec<&str> = args.split_whitespace().collect();
        assert_eq!(run(&args), output, "{command}");
        run_commands += 1;
    }
    assert!(run_commands >= 6, "only {run_commands} commands found");
}

#[test]
fn it_names_every_client() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for client in whichproxy::Client::ALL {
        assert!(readme.contains(&format!("| `{client}` |")), "{client}");
    }
}
