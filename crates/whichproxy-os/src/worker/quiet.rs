//! Writing to a process that may be gone, in a program that would end by it.

use std::io::{self, Write};

/// As `Write::write`; that nobody reads is an error, and never a `SIGPIPE`.
///
/// Programs of Rust ignore that signal; those of C do not, and what it does
/// is not for a library to change. So it is held back on this thread, and
/// taken away where it came.
#[cfg(unix)]
#[allow(unsafe_code)]
pub(super) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    use std::mem::MaybeUninit;
    use std::ptr;

    let mut pipe = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` makes a set, which the others then use; all of
    // them are given pointers to what lives here.
    let (pipe, before, was_pending) = unsafe {
        libc::sigemptyset(pipe.as_mut_ptr());
        libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE);
        let pipe = pipe.assume_init();
        let was_pending = is_pending();
        let set =
            libc::pthread_sigmask(libc::SIG_BLOCK, &pipe, before.as_mut_ptr());
        if set != 0 {
            return Err(io::Error::from_raw_os_error(set));
        }
        // It was written, since that succeeded.
        (pipe, before.assume_init(), was_pending)
    };
    let written = to.write(bytes);
    let broken = written
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    // SAFETY: the sets were made above. A signal that is pending is there to
    // be taken, so that nothing waits: of this kind, it is this thread's.
    unsafe {
        if broken && !was_pending && is_pending() {
            let mut taken = 0;
            libc::sigwait(&pipe, &mut taken);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut());
    }
    written
}

/// Whether a `SIGPIPE` waits to be let in.
#[cfg(unix)]
#[allow(unsafe_code)]
fn is_pending() -> bool {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is read only where it was written.
    unsafe {
        libc::sigpending(set.as_mut_ptr()) == 0
            && libc::sigismember(set.as_ptr(), libc::SIGPIPE) == 1
    }
}

/// As `Write::write`: there is no such signal.
#[cfg(not(unix))]
pub(super) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    to.write(bytes)
}
