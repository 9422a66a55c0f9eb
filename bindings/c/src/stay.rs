//! The library stays in the process that has used it: threads of it may run
//! when a program lets go of it.

/// Sees to that. The linker does, where this is not Windows; see `build.rs`.
#[cfg(not(windows))]
pub(crate) fn stay() {}

/// Sees to that.
///
/// Source: GET-MODULE-HANDLE, documented: a module that is pinned stays until
/// the process ends, however often FreeLibrary is called.
///
/// # Panics
///
/// Where Windows does not know what it has loaded.
#[cfg(windows)]
pub(crate) fn stay() {
    use std::ptr::{from_ref, null_mut};
    use std::sync::Once;

    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS as FROM_ADDRESS,
        GET_MODULE_HANDLE_EX_FLAG_PIN as PIN, GetModuleHandleExW,
    };

    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut module = null_mut();
        let here = from_ref(&ONCE).cast();
        // SAFETY: with this flag the name is any address within the module,
        // and the handle is written to a place that may be written.
        let done = unsafe {
            GetModuleHandleExW(FROM_ADDRESS | PIN, here, &raw mut module)
        };
        assert!(done != 0, "{}", std::io::Error::last_os_error());
    });
}
