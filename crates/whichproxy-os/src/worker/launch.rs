//! Starts worker processes.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{
    ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio,
};
use std::sync::Arc;
use std::time::Instant;

use whichproxy_pac::worker::{Ending, Launch, Needs, Process};

use super::watch::Watched;
use super::{ARGUMENT, quiet};

/// An executable whose `main` begins with
/// [`serve_if_asked`](super::serve_if_asked).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Executable {
    /// `None` for the one that this process runs.
    path: Option<PathBuf>,
}

impl Executable {
    /// The one that this process runs.
    pub fn this() -> Executable {
        Executable { path: None }
    }

    /// The one at a path; nothing is looked up.
    pub fn at(path: impl Into<PathBuf>) -> Executable {
        Executable { path: Some(path.into()) }
    }

    fn command(&self) -> io::Result<Command> {
        if let Some(path) = &self.path {
            return Ok(Command::new(path));
        }
        // The same even where the file was replaced since.
        let link = PathBuf::from("/proc/self/exe");
        let is_linux = cfg!(target_os = "linux");
        if is_linux && link.try_exists().unwrap_or(false) {
            return Ok(Command::new(link));
        }
        Ok(Command::new(std::env::current_exe()?))
    }
}

impl Launch for Executable {
    fn launch(&self, needs: &Needs) -> io::Result<Box<dyn Process>> {
        let mut command = self.command()?;
        let processor = needs.processor.map_or(0, |time| {
            // More than a day is no limit.
            let seconds = time.as_secs().saturating_add(1);
            if seconds > 86_400 { 0 } else { seconds }
        });
        command
            .arg(ARGUMENT)
            .arg(needs.stack_bytes.to_string())
            .arg(needs.memory_bytes.to_string())
            .arg(processor.to_string())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        of_this_system(&mut command);
        let mut child = command.spawn()?;
        let pipes =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let watched = Watched::new(child)?;
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("a process without pipes"));
        };
        Ok(Box::new(Worker { watched, stdin, stdout, stderr }))
    }
}

#[cfg(unix)]
fn of_this_system(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // No folder is kept busy. The path of the executable is absolute, or
    // means what it means from there.
    command.arg0(ARGUMENT).current_dir("/");
}

#[cfg(windows)]
fn of_this_system(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
    // Libraries of the system are not found without it.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
}

#[cfg(not(any(unix, windows)))]
fn of_this_system(_: &mut Command) {}

/// A process, and its pipes.
struct Worker {
    watched: Arc<Watched>,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

impl Read for Worker {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stdout.read(into)
    }
}

impl Write for Worker {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        quiet::write(&mut self.stdin, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.flush()
    }
}

impl Process for Worker {
    fn kill_at(&mut self, moment: Option<Instant>) {
        self.watched.kill_at(moment);
    }

    fn is_alive(&mut self) -> bool {
        self.watched.with(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn resident_bytes(&mut self) -> Option<u64> {
        #[cfg(target_os = "linux")]
        {
            let id = self.watched.with(|child| child.id());
            let text =
                std::fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
            let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
            Some(pages * rustix::param::page_size() as u64)
        }
        #[cfg(not(target_os = "linux"))]
        None
    }

    fn end(&mut self) -> Ending {
        // Where it has begun to end, this changes nothing of how.
        let status = self.watched.with(|child| {
            let _ = child.kill();
            child.wait()
        });
        let Ok(status) = status else {
            return Ending::Other("how is not known".to_owned());
        };
        let mut said = Vec::new();
        let _ = (&mut self.stderr).take(4 << 10).read_to_end(&mut said);
        ending(status, &String::from_utf8_lossy(&said))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.watched.with(|child| {
            let _ = child.kill();
            let _ = child.wait();
        });
    }
}

/// What a status means, with what Rust says when it gives up.
fn ending(status: ExitStatus, said: &str) -> Ending {
    if said.contains("memory allocation of") {
        return Ending::Memory;
    }
    if said.contains("has overflowed its stack") {
        return Ending::Stack;
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            if signal == libc::SIGXCPU {
                return Ending::Processor;
            }
            return Ending::Other(format!("signal {signal}"));
        }
    }
    Ending::Other(status.to_string())
}
