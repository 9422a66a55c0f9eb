//! The system calls of a worker, on Linux.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter_all_threads,
};

/// What is allowed whatever its arguments are: memory, the pipes, the two
/// threads, the clock, and to end.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_read,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    // A signal to itself, as `abort` sends it.
    libc::SYS_tgkill,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Memory that is mapped, as long as nothing in it can be run.
const WITHOUT_CODE: &[libc::c_long] = &[libc::SYS_mmap, libc::SYS_mprotect];

/// Allows the threads of this process nothing else; other calls fail as if
/// they were not permitted.
pub(super) fn enter() -> io::Result<()> {
    let other = io::Error::other::<String>;
    let filter = filter().map_err(|e| other(format!("seccomp: {e}")))?;
    apply_filter_all_threads(&filter)
        .map_err(|e| other(format!("seccomp: {e}")))
}

// `c_long` is another type where a pointer is smaller.
#[allow(clippy::useless_conversion)]
fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|call| (i64::from(*call), Vec::new())).collect();
    let execute = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in WITHOUT_CODE {
        let condition = SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(execute),
            0,
        )?;
        let rule = SeccompRule::new(vec![condition])?;
        rules.insert(i64::from(*call), vec![rule]);
    }
    let target = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        SeccompAction::Allow,
        target,
    )?
    .try_into()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::process::{self, Command};

    use super::*;
    use crate::own_process;

    /// Run by the other test, since it leaves its process little to do.
    #[test]
    #[ignore = "it is run in a process of its own"]
    fn inside() {
        enter().unwrap();
        let denied = |error: io::Error| {
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        };
        denied(File::open("/etc/passwd").unwrap_err());
        denied(File::create("/tmp/whichproxy-sandbox").unwrap_err());
        denied(std::fs::read_dir("/").err().unwrap());
        denied(TcpListener::bind("127.0.0.1:0").unwrap_err());
        denied(UdpSocket::bind("127.0.0.1:0").unwrap_err());
        denied(UnixStream::pair().unwrap_err());
        assert!(Command::new("/bin/true").spawn().is_err());
        assert!(std::thread::Builder::new().spawn(|| ()).is_err());
        // Memory is to be had, and the clock.
        let all = vec![1_u8; 64 << 20];
        assert_eq!(
            all.iter().map(|one| u64::from(*one)).sum::<u64>(),
            64 << 20
        );
        assert!(std::time::Instant::now().elapsed().as_secs() < 60);
        println!("confined");
        process::exit(0);
    }

    #[test]
    fn nothing_can_be_reached() {
        own_process::says("worker::sandbox::tests::inside", "confined");
    }
}
