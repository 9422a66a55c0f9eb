//! What this process may do, made less.

use std::io;
use std::mem;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES,
    SE_PRIVILEGE_REMOVED, SID, SID_AND_ATTRIBUTES, SID_IDENTIFIER_AUTHORITY,
    SetTokenInformation, TOKEN_ADJUST_DEFAULT, TOKEN_ADJUST_PRIVILEGES,
    TOKEN_MANDATORY_LABEL, TOKEN_PRIVILEGES, TOKEN_QUERY, TokenIntegrityLevel,
    TokenPrivileges,
};
use windows_sys::Win32::System::SystemServices::{
    SE_GROUP_INTEGRITY, SECURITY_MANDATORY_LOW_RID,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcessToken, PROCESS_MITIGATION_POLICY,
    ProcessChildProcessPolicy, ProcessDynamicCodePolicy,
    ProcessExtensionPointDisablePolicy, ProcessImageLoadPolicy,
    SetProcessMitigationPolicy,
};

use super::{check, length};

/// The level of integrity that nothing of the user's can be written from,
/// `S-1-16-4096`.
///
/// Source: INTEGRITY-LEVELS, documented.
const LOW: SID = SID {
    Revision: 1,
    SubAuthorityCount: 1,
    IdentifierAuthority: SID_IDENTIFIER_AUTHORITY {
        Value: [0, 0, 0, 0, 0, 16],
    },
    SubAuthority: [SECURITY_MANDATORY_LOW_RID as u32],
};

/// What is switched on for good, each by the bits of its structure.
///
/// Source: MITIGATION-POLICY, documented: no code that is made while it
/// runs; no libraries of other machines or of low integrity; none that others
/// hook in; no processes.
const POLICIES: [(PROCESS_MITIGATION_POLICY, u32); 4] = [
    (ProcessDynamicCodePolicy, 0b1),
    (ProcessImageLoadPolicy, 0b11),
    (ProcessExtensionPointDisablePolicy, 0b1),
    (ProcessChildProcessPolicy, 0b1),
];

/// Takes from this process what it can do without: every privilege, to write
/// to what is the user's, and to load or run anything else.
pub(crate) fn confine() -> io::Result<()> {
    for (policy, bits) in POLICIES {
        // SAFETY: each of these structures is 32 bits, which `bits` are.
        let done = unsafe {
            SetProcessMitigationPolicy(
                policy,
                (&raw const bits).cast(),
                mem::size_of::<u32>(),
            )
        };
        match check(done) {
            // Older systems do not know them all.
            Err(error) if is_unknown(&error) => {}
            other => other?,
        }
    }
    let token = Token::of_this_process()?;
    token.remove_privileges()?;
    token.lower()
}

fn is_unknown(error: &io::Error) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    matches!(code, Some(ERROR_INVALID_PARAMETER | ERROR_NOT_SUPPORTED))
}

struct Token(OwnedHandle);

impl Token {
    fn of_this_process() -> io::Result<Token> {
        let rights =
            TOKEN_QUERY | TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_PRIVILEGES;
        let mut token = ptr::null_mut();
        // SAFETY: the handle of this process is always open, and `token` is
        // written where it succeeds, and ours.
        unsafe {
            check(OpenProcessToken(
                GetCurrentProcess(),
                rights,
                &raw mut token,
            ))?;
            Ok(Token(OwnedHandle::from_raw_handle(token)))
        }
    }

    /// Removes every privilege; none comes back.
    ///
    /// Source: ADJUST-TOKEN-PRIVILEGES, documented.
    fn remove_privileges(&self) -> io::Result<()> {
        // There are fewer than 40; each takes 12 bytes.
        let mut buffer = [0_u32; 1024];
        let most = length(mem::size_of_val(&buffer));
        let mut size = 0;
        // SAFETY: the token is open, and at most `most` bytes are written to
        // `buffer`, which has as many.
        check(unsafe {
            GetTokenInformation(
                self.0.as_raw_handle(),
                TokenPrivileges,
                buffer.as_mut_ptr().cast(),
                most,
                &raw mut size,
            )
        })?;
        let [count, rest @ ..] = &mut buffer;
        let count = usize::try_from(*count).unwrap_or(0);
        let each = mem::size_of::<LUID_AND_ATTRIBUTES>() / 4;
        // The third number of each is its attributes.
        for one in rest.chunks_exact_mut(each).take(count) {
            if let Some(attributes) = one.last_mut() {
                *attributes = SE_PRIVILEGE_REMOVED;
            }
        }
        // SAFETY: the token is open, and `buffer` is a `TOKEN_PRIVILEGES` as
        // Windows wrote it, of numbers of 32 bits, with its count.
        check(unsafe {
            AdjustTokenPrivileges(
                self.0.as_raw_handle(),
                0,
                buffer.as_ptr().cast::<TOKEN_PRIVILEGES>(),
                0,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        })
    }

    /// Lowers the level of integrity; nothing raises it again.
    fn lower(&self) -> io::Result<()> {
        let mut low = LOW;
        let label = TOKEN_MANDATORY_LABEL {
            Label: SID_AND_ATTRIBUTES {
                Sid: (&raw mut low).cast(),
                Attributes: SE_GROUP_INTEGRITY as u32,
            },
        };
        let size = mem::size_of_val(&label) + mem::size_of_val(&low);
        // SAFETY: the token is open; `label` points to `low`, which lives
        // until the call is over; nothing is written.
        check(unsafe {
            SetTokenInformation(
                self.0.as_raw_handle(),
                TokenIntegrityLevel,
                (&raw const label).cast(),
                length(size),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_process;

    /// Run by the other test, since it leaves its process little to do.
    #[test]
    #[ignore = "it is run in a process of its own"]
    fn inside() {
        confine().unwrap();
        let token = Token::of_this_process().unwrap();
        // A second time, there is nothing left to remove.
        token.remove_privileges().unwrap();
        let all = vec![1_u8; 16 << 20];
        assert_eq!(all.iter().filter(|one| **one == 1).count(), 16 << 20);
        println!("confined");
        std::process::exit(0);
    }

    #[test]
    fn a_process_confines_itself_and_goes_on() {
        own_process::says("platform::api::token::tests::inside", "confined");
    }
}
