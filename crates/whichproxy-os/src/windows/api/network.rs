//! DHCP, adapters and the computer's name.

use std::ffi::CStr;
use std::io;
use std::ptr;

use whichproxy::machine::Fault;
use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_MORE_DATA, ERROR_NO_DATA, ERROR_SUCCESS,
};
use windows_sys::Win32::NetworkManagement::Dhcp::{
    DHCPAPI_PARAMS, DHCPCAPI_PARAMS_ARRAY, DHCPCAPI_REQUEST_SYNCHRONOUS,
    DhcpCApiCleanup, DhcpCApiInitialize, DhcpRequestParams,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER, GAA_FLAG_SKIP_MULTICAST,
    GAA_FLAG_SKIP_UNICAST, GetAdaptersAddresses, IP_ADAPTER_ADDRESSES_LH,
    IP_ADAPTER_DHCP_ENABLED,
};
use windows_sys::Win32::Networking::WinSock::AF_UNSPEC;
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsDomain, GetComputerNameExW,
};

use super::wide;
use crate::dhcp::params::{Adapter, Called};

/// Option 252.
const WPAD: u32 = 252;

/// No machine has more adapters, and no list of them more bytes.
const MOST_ADAPTERS: usize = 1024;
const LARGEST: usize = 4 << 20;

/// The longest name or suffix, in units of UTF-16: DNS names have 253, and
/// Windows allows 256.
const LONGEST: usize = 256;

fn fault(api: &str, code: u32) -> Fault {
    let error = io::Error::from_raw_os_error(code.cast_signed());
    Fault::new(format_args!("{api}: {error}"))
}

/// The DHCP client, as long as it is in use.
#[derive(Debug)]
pub(in super::super) struct DhcpClient(());

impl DhcpClient {
    pub(in super::super) fn new() -> Result<DhcpClient, Fault> {
        let mut version = 0;
        // SAFETY: it writes to `version` alone.
        let code = unsafe { DhcpCApiInitialize(&raw mut version) };
        match code {
            ERROR_SUCCESS => Ok(DhcpClient(())),
            code => Err(fault("DhcpCApiInitialize", code)),
        }
    }

    /// Asks for option 252 of the adapter of this name, once.
    pub(in super::super) fn call(
        &self,
        guid: &str,
        buffer: &mut [u8],
    ) -> Called {
        let guid = wide(guid);
        let mut option = DHCPAPI_PARAMS {
            Flags: 0,
            OptionId: WPAD,
            IsVendor: 0,
            Data: ptr::null_mut(),
            nBytesData: 0,
        };
        let nothing =
            DHCPCAPI_PARAMS_ARRAY { nParams: 0, Params: ptr::null_mut() };
        let wanted =
            DHCPCAPI_PARAMS_ARRAY { nParams: 1, Params: &raw mut option };
        let mut size = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        // SAFETY: `guid` ends in zero; `nothing` has no elements and
        // `wanted` one, `option`, which outlives the call, as `buffer` does,
        // of which at most `size` bytes are written, no more than it has.
        // The other pointers may be null.
        let code = unsafe {
            DhcpRequestParams(
                DHCPCAPI_REQUEST_SYNCHRONOUS,
                ptr::null_mut(),
                guid.as_ptr(),
                ptr::null_mut(),
                nothing,
                wanted,
                buffer.as_mut_ptr(),
                &raw mut size,
                ptr::null(),
            )
        };
        Called {
            code,
            size,
            address: option.Data.addr(),
            length: option.nBytesData,
        }
    }
}

impl Drop for DhcpClient {
    fn drop(&mut self) {
        // SAFETY: it ends what `DhcpCApiInitialize` has begun.
        unsafe { DhcpCApiCleanup() };
    }
}

/// The adapters.
pub(in super::super) fn adapters() -> Result<Vec<Adapter>, Fault> {
    const WITHOUT: u32 = GAA_FLAG_SKIP_UNICAST
        | GAA_FLAG_SKIP_ANYCAST
        | GAA_FLAG_SKIP_MULTICAST
        | GAA_FLAG_SKIP_DNS_SERVER;
    // Of a type as strictly aligned as what is written to it.
    const UNIT: usize = size_of::<u64>();
    const _: () = assert!(align_of::<IP_ADAPTER_ADDRESSES_LH>() <= UNIT);
    let mut bytes = 1 << 14;
    loop {
        let mut buffer = vec![0_u64; bytes / UNIT];
        let first = buffer.as_mut_ptr().cast::<IP_ADAPTER_ADDRESSES_LH>();
        let room = buffer.len() * UNIT;
        let mut size = u32::try_from(room).unwrap_or(u32::MAX);
        // SAFETY: `buffer` is aligned, and has at least `size` bytes.
        let code = unsafe {
            GetAdaptersAddresses(
                u32::from(AF_UNSPEC),
                WITHOUT,
                ptr::null(),
                first,
                &raw mut size,
            )
        };
        match code {
            ERROR_SUCCESS => {
                // SAFETY: it has written a list of at least one adapter to
                // `buffer`, which still stands.
                return Ok(unsafe { adapters_from(first) });
            }
            ERROR_NO_DATA => return Ok(Vec::new()),
            ERROR_BUFFER_OVERFLOW if room < LARGEST => {
                let wanted = usize::try_from(size).unwrap_or(0);
                bytes = wanted.max(room * 2).min(LARGEST);
            }
            code => return Err(fault("GetAdaptersAddresses", code)),
        }
    }
}

/// The adapters of a list.
///
/// # Safety
///
/// `next` is null or points to the first element of a list that
/// `GetAdaptersAddresses` has written, and that still stands.
unsafe fn adapters_from(
    mut next: *const IP_ADAPTER_ADDRESSES_LH,
) -> Vec<Adapter> {
    let mut adapters = Vec::new();
    // SAFETY: it points to an element of the list, or is null.
    while let Some(adapter) = unsafe { next.as_ref() } {
        if adapters.len() >= MOST_ADAPTERS {
            break;
        }
        // SAFETY: all texts of an element are null or end in zero; the
        // flags are a plain number in each member of the union.
        let (guid, name, suffix, flags) = unsafe {
            let guid = match adapter.AdapterName {
                guid if guid.is_null() => String::new(),
                guid => {
                    CStr::from_ptr(guid.cast()).to_string_lossy().into_owned()
                }
            };
            (
                guid,
                text(adapter.FriendlyName),
                text(adapter.DnsSuffix),
                adapter.Anonymous2.Flags,
            )
        };
        let uses_dhcp = flags & IP_ADAPTER_DHCP_ENABLED != 0;
        adapters.push(Adapter { name, guid, suffix, uses_dhcp });
        next = adapter.Next;
    }
    adapters
}

/// Text that ends in zero, [`LONGEST`] units of it at most.
///
/// # Safety
///
/// `text` is null or points to units that end in zero.
unsafe fn text(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    let mut units = Vec::new();
    for at in 0..LONGEST {
        // SAFETY: the units before this one were not zero, so it is there.
        match unsafe { *text.add(at) } {
            0 => break,
            unit => units.push(unit),
        }
    }
    String::from_utf16_lossy(&units)
}

/// The DNS domain of this computer, whatever a cluster says; may be empty.
pub(in super::super) fn domain() -> Result<String, Fault> {
    let mut buffer = vec![0_u16; LONGEST + 1];
    let mut size = u32::try_from(buffer.len()).unwrap_or(0);
    // SAFETY: `buffer` has `size` units.
    let done = unsafe {
        GetComputerNameExW(
            ComputerNamePhysicalDnsDomain,
            buffer.as_mut_ptr(),
            &raw mut size,
        )
    };
    if done == 0 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() == Some(ERROR_MORE_DATA.cast_signed()) {
            return Err(Fault::new("the domain of this computer is too long"));
        }
        return Err(Fault::new(format_args!("GetComputerNameExW: {error}")));
    }
    let length = usize::try_from(size).unwrap_or(0).min(buffer.len());
    let units = buffer.get(..length).unwrap_or_default();
    Ok(String::from_utf16_lossy(units))
}
