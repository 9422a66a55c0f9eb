//! Where the host and the module leave texts for each other.

use std::cell::RefCell;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why the module came to its end.
static FAILURE: Mutex<String> = Mutex::new(String::new());

/// Makes room for so many bytes, and says where the host is to write them.
#[allow(unsafe_code)] // no other function has its name
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_input(length: usize) -> *mut u8 {
    note_failures();
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_mut_ptr()
    })
}

/// Where the last answer is, until something else is called.
#[allow(unsafe_code)] // no other function has its name
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// The bytes of the last answer.
#[allow(unsafe_code)] // no other function has its name
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_output_length() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

/// Answers with the reason for which the module failed; with an empty text
/// where that is not known.
#[allow(unsafe_code)] // no other function has its name
#[unsafe(no_mangle)]
pub extern "C" fn whichproxy_failure() {
    let failure = FAILURE.try_lock();
    let failure = failure.map(|text| text.clone()).unwrap_or_default();
    OUTPUT.set(failure.into_bytes());
}

/// Takes what the host wrote, and leaves an answer for it.
pub fn answer(work: impl FnOnce(&[u8]) -> Vec<u8>) {
    let input = INPUT.take();
    OUTPUT.set(Vec::new());
    let output = work(&input);
    OUTPUT.set(output);
}

/// Writes down what a panic says: nobody else hears it.
fn note_failures() {
    static ONCE: Once = Once::new();
    // Elsewhere there is somebody.
    if cfg!(target_family = "wasm") {
        ONCE.call_once(|| {
            panic::set_hook(Box::new(|panic| {
                let mut failure =
                    FAILURE.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = panic.to_string();
            }));
        });
    }
}
