//! Messages, and who is given them.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::{Mutex, PoisonError};

/// A function of C that takes a format and a `va_list`.
///
/// A `va_list` is handed over as a pointer on every system that this is
/// built for: it is one (Windows, macOS, 64-bit Arm of Apple, RISC-V,
/// 64-bit Power), an array (x86-64, s390x), or larger than what registers
/// take (64-bit Arm).
pub type Printer = unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int;

static PRINTER: Mutex<Option<Printer>> = Mutex::new(None);

/// Sets who is given messages; `None` is stderr.
pub(crate) fn set_printer(printer: Option<Printer>) {
    *PRINTER.lock().unwrap_or_else(PoisonError::into_inner) = printer;
}

/// Tells what went wrong, and in which function.
pub(crate) fn print(place: &str, what: &str) {
    // Let go before it is called: it may call functions of this library.
    let printer = *PRINTER.lock().unwrap_or_else(PoisonError::into_inner);
    let line = format!("libpacparser: {place}: {what}\n");
    let Some(printer) = printer else {
        // Where nobody can be told, nobody is.
        let _ =
            std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        return;
    };
    let format = line.replace('%', "%%").replace('\0', "?");
    let Ok(format) = CString::new(format) else { return };
    let mut arguments = Arguments([0; 32]);
    let list = arguments.list();
    // SAFETY: the caller of `pacparser_set_error_printer` said that it is
    // such a function. Both live through the call; the format has no
    // directives, so that nothing needs to be taken from the list.
    unsafe {
        printer(format.as_ptr(), list);
    }
}

/// A `va_list` without arguments. Should a printer take some all the same,
/// they are zero.
#[repr(C, align(16))]
struct Arguments([usize; 32]);

impl Arguments {
    /// The list, where it is an array or a structure by the ABI of the
    /// system; elsewhere it is a pointer to its arguments.
    fn list(&mut self) -> *mut c_void {
        let Arguments(words) = self;
        let list = words.as_mut_ptr();
        // Behind the structure itself, all is zero.
        let zeros = list.wrapping_add(8) as usize;
        // System V: gp_offset and fp_offset, that no registers are left;
        // then where the rest is.
        if cfg!(all(target_arch = "x86_64", not(windows))) {
            words[0] = 48 | (176 << 32);
            words[1] = zeros;
        }
        // AAPCS64: where the rest is; then that no registers are left.
        if cfg!(all(target_arch = "aarch64", not(target_vendor = "apple"))) {
            words[0] = zeros;
        }
        list.cast()
    }
}
