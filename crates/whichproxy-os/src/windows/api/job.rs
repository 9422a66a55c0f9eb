//! Jobs: what processes may use, and that they end with this one.

use std::io;
use std::mem;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::process::Child;
use std::ptr;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW,
    JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
    JOB_OBJECT_LIMIT_PROCESS_TIME, JOB_OBJECT_UILIMIT_DESKTOP,
    JOB_OBJECT_UILIMIT_DISPLAYSETTINGS, JOB_OBJECT_UILIMIT_EXITWINDOWS,
    JOB_OBJECT_UILIMIT_GLOBALATOMS, JOB_OBJECT_UILIMIT_HANDLES,
    JOB_OBJECT_UILIMIT_READCLIPBOARD, JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS,
    JOB_OBJECT_UILIMIT_WRITECLIPBOARD, JOBOBJECT_BASIC_UI_RESTRICTIONS,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
    JobObjectBasicUIRestrictions, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{
    K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS,
};

use super::{check, length};

/// A job; those in it are ended when it is dropped, or this process ends.
///
/// Source: JOB-OBJECTS, documented.
#[derive(Debug)]
pub(crate) struct Job(OwnedHandle);

impl Job {
    /// A job for one process, which cannot start another, with at most so
    /// much memory and time of a processor in steps of 100 ns; 0 is no limit.
    pub(crate) fn new(memory_bytes: usize, ticks: i64) -> io::Result<Job> {
        // SAFETY: both may be null; what is returned is null or ours.
        let job = unsafe {
            let job = CreateJobObjectW(ptr::null(), ptr::null());
            if job.is_null() {
                return Err(io::Error::last_os_error());
            }
            Job(OwnedHandle::from_raw_handle(job))
        };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        let basic = &mut limits.BasicLimitInformation;
        basic.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
            | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
            | JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        basic.ActiveProcessLimit = 1;
        if ticks > 0 {
            basic.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_TIME;
            basic.PerProcessUserTimeLimit = ticks;
        }
        if memory_bytes > 0 {
            basic.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
            limits.ProcessMemoryLimit = memory_bytes;
        }
        job.set(JobObjectExtendedLimitInformation, &limits)?;
        let windows = JOBOBJECT_BASIC_UI_RESTRICTIONS {
            UIRestrictionsClass: JOB_OBJECT_UILIMIT_DESKTOP
                | JOB_OBJECT_UILIMIT_DISPLAYSETTINGS
                | JOB_OBJECT_UILIMIT_EXITWINDOWS
                | JOB_OBJECT_UILIMIT_GLOBALATOMS
                | JOB_OBJECT_UILIMIT_HANDLES
                | JOB_OBJECT_UILIMIT_READCLIPBOARD
                | JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS
                | JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
        };
        job.set(JobObjectBasicUIRestrictions, &windows)?;
        Ok(job)
    }

    fn set<T>(&self, class: JOBOBJECTINFOCLASS, what: &T) -> io::Result<()> {
        // SAFETY: the job is open, and `what` is the structure of `class`,
        // as the two calls above have it, with its size.
        let done = unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                class,
                ptr::from_ref(what).cast(),
                length(mem::size_of::<T>()),
            )
        };
        check(done)
    }

    /// Puts a process into the job, which stays there until it ends.
    pub(crate) fn add(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both are open as long as they are borrowed.
        check(unsafe {
            AssignProcessToJobObject(
                self.0.as_raw_handle(),
                child.as_raw_handle(),
            )
        })
    }
}

/// The memory that a process uses.
pub(crate) fn resident_bytes(child: &Child) -> io::Result<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let size = length(mem::size_of::<PROCESS_MEMORY_COUNTERS>());
    // SAFETY: the process is open, and at most `size` bytes are written to
    // the structure, which has as many.
    check(unsafe {
        K32GetProcessMemoryInfo(child.as_raw_handle(), &raw mut counters, size)
    })?;
    Ok(counters.WorkingSetSize as u64)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;
    use crate::own_process;

    /// Run by the other test, which ends it.
    #[test]
    #[ignore = "it is run in a process of its own"]
    fn waits() {
        // Nobody writes.
        let _ = std::io::read_to_string(std::io::stdin());
    }

    #[test]
    fn a_process_ends_with_its_job() {
        let name = "platform::api::job::tests::waits";
        let mut child = own_process::test(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let job = Job::new(512 << 20, 600_000_000).unwrap();
        job.add(&child).unwrap();
        assert!(resident_bytes(&child).unwrap() > 0);
        assert!(child.try_wait().unwrap().is_none());
        drop(job);
        // Its input stays open, so that it cannot end by itself.
        let _input = child.stdin.take();
        child.wait().unwrap();
    }
}
