//! Events, and what Windows tells by them.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_SUCCESS, HANDLE, WAIT_FAILED, WAIT_TIMEOUT,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CancelMibChangeNotify2, MIB_NOTIFICATION_TYPE, MIB_UNICASTIPADDRESS_ROW,
    NotifyUnicastIpAddressChange,
};
use windows_sys::Win32::Networking::WinSock::AF_UNSPEC;
use windows_sys::Win32::System::Threading::{
    CreateEventW, INFINITE, SetEvent, WaitForMultipleObjects,
};

use super::check;

/// An event: it is set until somebody has waited for it.
#[derive(Debug)]
pub(crate) struct Event(OwnedHandle);

impl Event {
    pub(crate) fn new() -> io::Result<Event> {
        // SAFETY: both pointers may be null; what is returned is null or
        // ours.
        unsafe {
            let event = CreateEventW(ptr::null(), 0, 0, ptr::null());
            if event.is_null() {
                return Err(io::Error::last_os_error());
            }
            Ok(Event(OwnedHandle::from_raw_handle(event)))
        }
    }

    pub(crate) fn set(&self) -> io::Result<()> {
        // SAFETY: it is open.
        check(unsafe { SetEvent(self.handle()) })
    }

    pub(super) fn handle(&self) -> HANDLE {
        self.0.as_raw_handle()
    }
}

/// Waits for one of these, this long at most; which it is, the first of
/// several.
pub(crate) fn wait<const N: usize>(
    events: [&Event; N],
    most: Option<Duration>,
) -> io::Result<Option<usize>> {
    // Documented: no more are waited for at a time.
    const { assert!(N <= 64) };
    let handles = events.map(Event::handle);
    let milliseconds = most.map_or(INFINITE, |most| {
        let most = most.as_millis().try_into().unwrap_or(INFINITE);
        most.min(INFINITE - 1)
    });
    #[allow(clippy::cast_possible_truncation)] // it is 64 at most
    let count = N as u32;
    // SAFETY: there are as many handles as it is told, all open.
    let which = unsafe {
        WaitForMultipleObjects(count, handles.as_ptr(), 0, milliseconds)
    };
    match which {
        WAIT_FAILED => Err(io::Error::last_os_error()),
        WAIT_TIMEOUT => Ok(None),
        which => Ok(usize::try_from(which).ok().filter(|which| *which < N)),
    }
}

/// Sets an event whenever an address comes, goes or changes, until it is
/// dropped.
///
/// Source: UNICAST-ADDRESS-CHANGE, documented.
#[derive(Debug)]
pub(crate) struct AddressChanges {
    registration: usize,
    /// What is set, which therefore outlives the registration.
    _event: Arc<Event>,
}

impl AddressChanges {
    /// `None` where the system takes it, and tells nobody: Wine does.
    pub(crate) fn new(
        event: &Arc<Event>,
    ) -> io::Result<Option<AddressChanges>> {
        let event = Arc::clone(event);
        let mut registration: HANDLE = ptr::null_mut();
        // SAFETY: `set_event` takes the handle of an event, which stays open
        // until the registration has ended; `registration` is written.
        let code = unsafe {
            NotifyUnicastIpAddressChange(
                AF_UNSPEC,
                Some(set_event),
                event.handle(),
                false,
                &raw mut registration,
            )
        };
        if code != ERROR_SUCCESS {
            return Err(io::Error::from_raw_os_error(code.cast_signed()));
        }
        let registration = registration.expose_provenance();
        Ok((registration != 0)
            .then_some(AddressChanges { registration, _event: event }))
    }
}

impl Drop for AddressChanges {
    fn drop(&mut self) {
        let registration = ptr::with_exposed_provenance_mut(self.registration);
        // SAFETY: it is a registration that nobody has ended yet, and this is
        // no callback of it. Once it returns, there are no more.
        unsafe { CancelMibChangeNotify2(registration) };
    }
}

/// # Safety
///
/// `event` is the handle of an event that is open.
unsafe extern "system" fn set_event(
    event: *const core::ffi::c_void,
    _: *const MIB_UNICASTIPADDRESS_ROW,
    _: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: the caller's promise. Nobody is there to be told of a failure,
    // of which none is documented for an event.
    unsafe { SetEvent(event.cast_mut()) };
}
