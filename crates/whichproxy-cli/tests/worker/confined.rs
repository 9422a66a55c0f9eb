//! What a worker can reach, seen from outside.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use whichproxy_pac::{Isolation, Limits, Query};

use crate::{alone, js, machine, script, workers};

/// The processes that this one started, and that have not ended.
pub(crate) fn children() -> Vec<u32> {
    children_of(std::process::id())
}

pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name();
        let Ok(id) = name.to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name, in parentheses, can be anything.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let mut fields = rest.split_whitespace();
        let state = fields.next();
        let its = fields.next().and_then(|text| text.parse::<u32>().ok());
        if its == Some(parent) && state != Some("Z") {
            all.push(id);
        }
    }
    all
}

fn only_child() -> PathBuf {
    let all = children();
    let [id] = all[..] else { panic!("{all:?}") };
    Path::new("/proc").join(id.to_string())
}

#[test]
fn descriptors_environment_system_calls_and_limits() {
    let _one = alone();
    // What a careless process leaves open.
    let file = File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let workers = workers();
    let isolation = Isolation::Worker(workers.clone());
    let pac = js(&script("return 'DIRECT';"), Limits::new(), isolation);
    let query = Query::raw("http://a/", "a");
    pac.unwrap().find_proxy(query, &machine()).unwrap();
    let worker = only_child();

    let open: Vec<String> = fs::read_dir(worker.join("fd"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut sorted = open.clone();
    sorted.sort();
    assert_eq!(sorted, ["0", "1", "2"]);
    for number in open {
        let to = fs::read_link(worker.join("fd").join(number)).unwrap();
        assert!(to.to_string_lossy().starts_with("pipe:"), "{to:?}");
    }
    assert_eq!(fs::read(worker.join("environ")).unwrap(), b"");
    assert_eq!(fs::read_link(worker.join("cwd")).unwrap(), Path::new("/"));
    let status = fs::read_to_string(worker.join("status")).unwrap();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.unwrap().split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(value("Seccomp:"), "2");
    assert_eq!(value("NoNewPrivs:"), "1");
    // Every thread of it.
    for task in fs::read_dir(worker.join("task")).unwrap().flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    let limits = fs::read_to_string(worker.join("limits")).unwrap();
    let hard = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let words: Vec<&str> = line[name.len()..].split_whitespace().collect();
        assert_eq!(words[0], words[1], "{line}");
        words[1].parse::<u64>().unwrap_or(u64::MAX)
    };
    assert_eq!(hard("Max core file size"), 0);
    assert_eq!(hard("Max file size"), 0);
    assert_eq!(hard("Max open files"), 3);
    assert_eq!(hard("Max processes"), 0);
    assert_eq!(hard("Max cpu time"), 2 * 60 + 60 + 1);
    // 512 MiB, a stack of as much, and what it needs beside.
    let space = hard("Max address space") >> 20;
    assert!((1_000..1_800).contains(&space), "{space} MiB");
}

#[test]
fn it_ends_with_its_parent() {
    let _one = alone();
    let folder = env!("CARGO_TARGET_TMPDIR");
    let file = Path::new(folder).join("endless.pac");
    fs::write(&file, script("eval('while (true) {}');")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_whichproxy"))
        .args(["pac", "eval", file.to_str().unwrap(), "http://a/"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let worker = wait_for(|| children_of(command.id()).first().copied());
    // It computes by now.
    let stat = format!("/proc/{worker}/stat");
    wait_for(|| {
        let text = fs::read_to_string(&stat).ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        let ticks: u64 = rest.split_whitespace().nth(11)?.parse().ok()?;
        (ticks > 5).then_some(())
    });
    command.kill().unwrap();
    command.wait().unwrap();
    wait_for(|| match fs::read_to_string(&stat) {
        Ok(text) => text.contains(") Z").then_some(()),
        Err(_) => Some(()),
    });
}

/// Waits for something that happens soon.
pub(crate) fn wait_for<T>(mut what: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = what() {
            return found;
        }
        assert!(Instant::now() < end, "it does not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
