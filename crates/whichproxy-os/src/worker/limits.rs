//! What a worker may use.

use std::io;

use super::Bounds;

/// What may be mapped beside what scripts use: heaps that allocators
/// reserve, and the like.
#[cfg(unix)]
const BESIDE: u64 = 192 << 20;
#[cfg(windows)]
const BESIDE: usize = 192 << 20;

/// A process that has more than that before it did anything, has an allocator
/// that reserves memory for later.
#[cfg(target_os = "linux")]
const SMALL: u64 = 512 << 20;

/// Begins again with little address space, where an allocator has taken much
/// of it: what it has, no limit takes away.
///
/// mimalloc reserves 1 GiB when it starts, and does without where it cannot.
#[cfg(target_os = "linux")]
pub(super) fn begin_small() -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::As);
    if before.current.is_some_and(|space| space <= SMALL) {
        let current = before.maximum;
        return Ok(setrlimit(Resource::As, Rlimit { current, ..before })?);
    }
    if mapped() <= SMALL {
        return Ok(());
    }
    setrlimit(Resource::As, Rlimit { current: Some(SMALL), ..before })?;
    let mut arguments = std::env::args_os();
    let mut command = Command::new("/proc/self/exe");
    command.arg0(arguments.next().unwrap_or_default());
    Err(command.args(arguments).env_clear().exec())
}

/// The address space that this process has.
#[cfg(unix)]
fn mapped() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let text = std::fs::read_to_string("/proc/self/statm");
        let text = text.unwrap_or_default();
        let pages = text.split(' ').next().map(str::parse::<u64>);
        if let Some(Ok(pages)) = pages {
            return pages.saturating_mul(rustix::param::page_size() as u64);
        }
    }
    0
}

/// Sets what holds from the beginning.
#[cfg(unix)]
pub(super) fn set(bounds: Bounds) -> io::Result<()> {
    use rustix::process::Resource;
    if bounds.memory != 0 {
        let parts = [bounds.memory, bounds.stack, mapped(), BESIDE];
        let space = parts.into_iter().try_fold(0, u64::checked_add);
        limit(Resource::As, space)?;
    }
    if bounds.processor != 0 {
        limit(Resource::Cpu, Some(bounds.processor))?;
    }
    limit(Resource::Core, Some(0))?;
    limit(Resource::Fsize, Some(0))?;
    // Those that are open, stay.
    limit(Resource::Nofile, Some(3))
}

/// Sets what would be in the way of the threads that there are.
#[cfg(unix)]
pub(super) fn set_after_threads() -> io::Result<()> {
    limit(rustix::process::Resource::Nproc, Some(0))
}

#[cfg(unix)]
fn limit(
    resource: rustix::process::Resource,
    most: Option<u64>,
) -> io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};
    // Never more than there was before.
    let before = getrlimit(resource).maximum;
    let most = match (most, before) {
        (Some(most), Some(before)) => Some(most.min(before)),
        (most, before) => most.or(before),
    };
    let limit = Rlimit { current: most, maximum: most };
    match setrlimit(resource, limit) {
        Ok(()) => Ok(()),
        // Some systems know some limits only by name.
        Err(_) if !cfg!(target_os = "linux") => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
pub(super) fn set(bounds: Bounds) -> io::Result<()> {
    // On Windows they are those of its job, which its parent made.
    let _ = (bounds.memory, bounds.processor);
    Ok(())
}

#[cfg(windows)]
pub(super) fn set_after_threads() -> io::Result<()> {
    crate::platform::confine()
}

#[cfg(not(any(unix, windows)))]
pub(super) fn set_after_threads() -> io::Result<()> {
    Ok(())
}

/// The job of a worker that has begun, and was not told anything yet.
#[cfg(windows)]
pub(super) fn job(
    child: &std::process::Child,
    needs: &whichproxy_pac::worker::Needs,
) -> io::Result<crate::platform::Job> {
    let memory = match needs.memory_bytes {
        0 => 0,
        most => most.saturating_add(needs.stack_bytes).saturating_add(BESIDE),
    };
    let ticks = needs.processor.map_or(0, |time| time.as_nanos() / 100);
    let ticks = i64::try_from(ticks).unwrap_or(0);
    let job = crate::platform::Job::new(memory, ticks)?;
    job.add(child)?;
    Ok(job)
}
