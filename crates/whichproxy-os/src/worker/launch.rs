//! Starts worker processes.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{
    self, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio,
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
    /// What it is told before all else.
    first: Vec<OsString>,
}

impl Executable {
    /// The one that this process runs.
    pub fn this() -> Executable {
        Executable { path: None, first: Vec::new() }
    }

    /// The one at a path; nothing is looked up.
    pub fn at(path: impl Into<PathBuf>) -> Executable {
        Executable { path: Some(path.into()), first: Vec::new() }
    }

    /// The same, which is told this first: an interpreter, the program that
    /// it is to run, and that has to call [`serve_as`](super::serve_as).
    ///
    /// ```
    /// use whichproxy_os::worker::Executable;
    /// let python = Executable::at("/usr/bin/python3");
    /// let worker = python.with_first_arguments(["-I", "-S", "serve.py"]);
    /// # assert!(format!("{worker:?}").contains("serve.py"));
    /// ```
    pub fn with_first_arguments(
        self,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Executable {
        let first = arguments.into_iter().map(Into::into).collect();
        Executable { first, ..self }
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
            .args(&self.first)
            .arg(ARGUMENT)
            .arg(needs.stack_bytes.to_string())
            .arg(needs.memory_bytes.to_string())
            .arg(processor.to_string())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        of_this_system(&mut command);
        #[cfg(unix)]
        if self.first.is_empty() {
            use std::os::unix::process::CommandExt;
            // An interpreter finds its library by its own name.
            command.arg0(ARGUMENT);
        }
        let mut child = command.spawn()?;
        let pipes =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        #[cfg(windows)]
        let job = super::limits::job(&child, needs);
        let watched = Watched::new(child)?;
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("a process without pipes"));
        };
        Ok(Box::new(Worker {
            owner: process::id(),
            is_interpreter: !self.first.is_empty(),
            watched,
            stdin,
            stdout,
            stderr,
            #[cfg(windows)]
            _job: job?,
        }))
    }
}

#[cfg(unix)]
fn of_this_system(command: &mut Command) {
    // No folder is kept busy. The path of the executable is absolute, or
    // means what it means from there.
    command.current_dir("/");
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

/// `ERROR_NOT_ENOUGH_QUOTA`, the status of a process that was ended since it
/// used more time of a processor than its job allows.
///
/// Source: JOB-OBJECTS, documented.
#[cfg(windows)]
const NOT_ENOUGH_QUOTA: i32 = 1816;

/// A process, and its pipes.
struct Worker {
    /// The process that started it. A copy of that, as `fork` makes it, has
    /// the pipes too, and must leave them alone.
    owner: u32,
    /// Whether it began as another program than one of Rust's.
    #[cfg_attr(not(unix), allow(dead_code))]
    is_interpreter: bool,
    watched: Arc<Watched>,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    /// Ends it when this process ends.
    #[cfg(windows)]
    _job: crate::platform::Job,
}

impl Worker {
    fn is_ours(&self) -> bool {
        self.owner == process::id()
    }

    /// An error where another process started it.
    fn check(&self) -> io::Result<()> {
        match self.is_ours() {
            true => Ok(()),
            false => Err(io::Error::other(
                "it belongs to the process before a fork",
            )),
        }
    }
}

impl Read for Worker {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.stdout.read(into)
    }
}

impl Write for Worker {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
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
        self.is_ours()
            && self.watched.with(|child| matches!(child.try_wait(), Ok(None)))
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
        #[cfg(windows)]
        return self
            .watched
            .with(|child| crate::platform::resident_bytes(child).ok());
        #[cfg(not(any(target_os = "linux", windows)))]
        None
    }

    fn end(&mut self) -> Ending {
        if !self.is_ours() {
            return Ending::Other("it is not this process's".to_owned());
        }
        // Where it has begun to end, this changes nothing of how.
        let status = self.watched.with(|child| {
            let _ = child.kill();
            child.wait()
        });
        let Ok(status) = status else {
            return Ending::Other("how is not known".to_owned());
        };
        // Rust's own `main` would have said so, and ended otherwise; beside
        // it, only the end of a stack is hit.
        #[cfg(unix)]
        if self.is_interpreter {
            use std::os::unix::process::ExitStatusExt;
            if let Some(libc::SIGBUS | libc::SIGSEGV) = status.signal() {
                return Ending::Stack;
            }
        }
        let mut said = Vec::new();
        let _ = (&mut self.stderr).take(4 << 10).read_to_end(&mut said);
        ending(status, &String::from_utf8_lossy(&said))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.is_ours() {
            return;
        }
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
    // What the job's limit ends a process with.
    #[cfg(windows)]
    if status.code() == Some(NOT_ENOUGH_QUOTA) {
        return Ending::Processor;
    }
    Ending::Other(status.to_string())
}
