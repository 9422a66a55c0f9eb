//! The descriptors of a worker.

use std::io::{self, Read, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Standard input, without a buffer.
pub(super) struct Input;

/// Standard output, without a buffer.
pub(super) struct Output;

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), into)?)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until nobody can read the standard output any more.
pub(super) fn wait_until_unheard() {
    let output = rustix::stdio::stdout();
    // Only that is told which is always told: that the other end is closed.
    let mut output = [PollFd::new(&output, PollFlags::empty())];
    while matches!(poll(&mut output, None), Ok(0) | Err(Errno::INTR)) {}
}

/// Closes every descriptor but standard input, output and error: what the
/// parent had open, and did not close for its children, is not ours.
pub(super) fn close_others() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the call takes three numbers. Nothing in this process owns
        // a descriptor beyond 2: it has just begun, as `serve_if_asked`
        // demands, and does nothing after this but serve.
        #[allow(unsafe_code)]
        let closed = unsafe {
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0)
        };
        if closed == 0 {
            return Ok(());
        }
        // Before Linux 5.9.
    }
    close_listed()
}

fn close_listed() -> io::Result<()> {
    let folder = match cfg!(target_os = "linux") {
        true => "/proc/self/fd",
        false => "/dev/fd",
    };
    let mut open = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        open.extend(name.to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    for number in open.into_iter().filter(|number| *number > 2) {
        // SAFETY: as above. The folder's own descriptor is closed by now,
        // and to close one that is not open does nothing.
        #[allow(unsafe_code)]
        unsafe {
            libc::close(number);
        }
    }
    Ok(())
}
