//! Workers for libraries that run in anybody's program.

use std::env;
use std::path::Path;

use whichproxy_pac::worker::Workers;

use super::workers_at;

/// The variable that names the executable.
const VARIABLE: &str = "WHICHPROXY_WORKER";

/// Workers that are the executable which the environment variable
/// `WHICHPROXY_WORKER` names: the `whichproxy` command, of this same version.
///
/// For a library in a program that is not of this project, and can't be
/// started as a worker itself. `None` where the variable is not set, or is no
/// absolute path, or where this process has more rights than who started it
/// and may not run what that names.
///
/// ```
/// // Nobody has set it.
/// assert!(whichproxy_os::worker::named_by_environment().is_none());
/// ```
pub fn named_by_environment() -> Option<Workers> {
    if !trusts_environment() {
        return None;
    }
    let path = env::var_os(VARIABLE)?;
    Path::new(&path).is_absolute().then(|| workers_at(path))
}

/// Whether what the environment names is as good as what the program itself
/// would: not in one that has rights of another user or group, or
/// capabilities of its file, nor where that can't be known.
pub fn trusts_environment() -> bool {
    #[cfg(target_os = "linux")]
    return std::fs::read("/proc/self/auxv")
        .is_ok_and(|vector| secure(&vector) == Some(false));
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{getegid, geteuid, getgid, getuid};
        getuid() == geteuid() && getgid() == getegid()
    }
    #[cfg(not(unix))]
    true
}

/// What the kernel says of a program's rights: the entry `AT_SECURE` of its
/// auxiliary vector, which is pairs of words.
#[cfg(target_os = "linux")]
fn secure(vector: &[u8]) -> Option<bool> {
    const AT_SECURE: usize = 23;
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
    vector.chunks_exact(2 * WORD).find_map(|pair| {
        let (kind, value) = pair.split_at(WORD);
        (word(kind)? == AT_SECURE).then_some(word(value)? != 0)
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::secure;

    #[test]
    fn rights_of_a_program() {
        let vector = |words: &[usize]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_ne_bytes()).collect()
        };
        assert_eq!(secure(&vector(&[6, 4096, 23, 0, 0, 0])), Some(false));
        assert_eq!(secure(&vector(&[6, 23, 23, 1])), Some(true));
        assert_eq!(secure(&vector(&[6, 23, 23])), None);
        assert_eq!(secure(&[]), None);
        assert!(super::trusts_environment());
    }
}
