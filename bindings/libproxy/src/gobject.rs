//! The type of factories in GObject, where a program has that.
//!
//! This library does not need GObject. Who asks for the type, does, and has
//! loaded it.

use std::ffi::{c_char, c_void};
use std::sync::{Mutex, PoisonError};

use crate::{copy_boxed, free_boxed};

type Copy = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);
type Register = unsafe extern "C" fn(*const c_char, Copy, Free) -> usize;

/// The type, once it is known: a name may be registered once.
static TYPE: Mutex<usize> = Mutex::new(0);

/// The type; 0 where there is no GObject.
pub(crate) fn boxed_type() -> usize {
    let mut known = TYPE.lock().unwrap_or_else(PoisonError::into_inner);
    if *known == 0
        && let Some(register) = register()
    {
        // SAFETY: that is what the function is, as GObject documents it. It
        // copies the name, and keeps both functions, which stay: this
        // library is never unloaded.
        *known = unsafe {
            register(c"pxProxyFactory".as_ptr(), copy_boxed, free_boxed)
        };
    }
    *known
}

/// `g_boxed_type_register_static`, of the GObject that is loaded already.
fn register() -> Option<Register> {
    const LIBRARY: &std::ffi::CStr = c"libgobject-2.0.so.0";
    const NAME: &std::ffi::CStr = c"g_boxed_type_register_static";
    // SAFETY: both are texts of C. Nothing is loaded, and so nothing is run;
    // the handle is kept, since the library is needed from now on.
    let found = unsafe {
        let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
        let library = libc::dlopen(LIBRARY.as_ptr(), flags);
        if library.is_null() {
            return None;
        }
        libc::dlsym(library, NAME.as_ptr())
    };
    if found.is_null() {
        return None;
    }
    // SAFETY: the function of this name has this signature: a name, and two
    // functions that take a pointer; a `GType` is as large as a `usize`.
    Some(unsafe { std::mem::transmute::<*mut c_void, Register>(found) })
}
