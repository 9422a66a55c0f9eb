//! What a worker may use.

use std::io;

use super::Bounds;

/// The address space of a process before it does anything: its code, its
/// allocator's, the main thread's stack.
#[cfg(unix)]
const BASE: u64 = 256 << 20;

/// Sets what holds from the beginning.
#[cfg(unix)]
pub(super) fn set(bounds: Bounds) -> io::Result<()> {
    use rustix::process::Resource;
    let space = bounds.memory.checked_add(bounds.stack);
    let space = space.and_then(|space| space.checked_add(BASE));
    if bounds.memory != 0 {
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
pub(super) fn set(_: Bounds) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn set_after_threads() -> io::Result<()> {
    Ok(())
}
