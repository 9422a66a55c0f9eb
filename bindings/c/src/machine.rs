//! The machine that is asked about.

use std::ffi::c_void;
use std::fmt;
use std::mem;
use std::net::IpAddr;
use std::sync::OnceLock;

use whichproxy::machine::{
    Dns, Fault, FixedClock, Leases, Names, Page, Pages, Recording,
    StaticInterfaces, Suffixes,
};
use whichproxy::registry::{RegFile, Tree};
use whichproxy::{
    Client, Family, Identity, Machine, Plan, Settings, Sid, parse_url,
};

use crate::resolver::client_of;
use crate::status::{Done, Failure, call, whichproxy_status};
use crate::text::{
    Out, bytes, changed, free, object, optional, text, whichproxy_str,
    whichproxy_text,
};

/// What is asked about proxies: registry, names, pages and so on.
///
/// It is made and then changed by one thread; resolvers copy it.
#[derive(Debug)]
pub struct whichproxy_machine {
    machine: Machine,
    /// What was added, each where there was something.
    registry: Option<Tree>,
    names: Option<Names>,
    pages: Option<Pages>,
    network: Option<(Vec<IpAddr>, Suffixes)>,
    /// The machine with all of that, once it was wanted.
    whole: OnceLock<Machine>,
}

impl whichproxy_machine {
    fn of(machine: Machine) -> whichproxy_machine {
        whichproxy_machine {
            machine,
            registry: None,
            names: None,
            pages: None,
            network: None,
            whole: OnceLock::new(),
        }
    }

    pub(crate) fn inner(&self) -> &Machine {
        self.whole.get_or_init(|| {
            let mut machine = self.machine.clone();
            if let Some(registry) = &self.registry {
                machine = machine.with_registry(registry.clone());
            }
            if let Some(names) = &self.names {
                machine = machine.with_dns(names.clone());
            }
            if let Some(pages) = &self.pages {
                machine = machine.with_fetch(pages.clone());
            }
            if let Some((addresses, suffixes)) = &self.network {
                let interfaces = StaticInterfaces::new()
                    .with_addresses(addresses.clone())
                    .with_suffixes(suffixes.clone());
                machine = machine.with_interfaces(interfaces);
            }
            machine
        })
    }

    fn change(&mut self, change: impl FnOnce(Machine) -> Machine) {
        let machine = mem::replace(&mut self.machine, Machine::offline());
        self.machine = change(machine);
        self.changed();
    }

    fn changed(&mut self) {
        self.whole = OnceLock::new();
    }

    /// What is told of the network.
    fn network(&mut self) -> &mut (Vec<IpAddr>, Suffixes) {
        self.changed();
        self.network.get_or_insert_default()
    }
}

/// Makes a machine that has nothing and asks nobody.
///
/// # Safety
///
/// `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_offline(
    out: *mut *mut whichproxy_machine,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_machine::of(Machine::offline())) }
    })
}

/// Makes this very machine: its clock, names, interfaces, web and
/// environment; on Windows its registry, too.
///
/// # Safety
///
/// `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_live(
    out: *mut *mut whichproxy_machine,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        let machine = whichproxy_machine::of(whichproxy_os::machine());
        // SAFETY: the caller's promise.
        unsafe { out.make(machine) }
    })
}

/// Makes a machine that answers as the recorded one did, of what
/// `whichproxy record` wrote.
///
/// # Safety
///
/// `recording` is null or has `len` bytes; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_recorded(
    recording: *const u8,
    len: usize,
    out: *mut *mut whichproxy_machine,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise.
        let recording = unsafe { text("recording", recording, len) }?;
        let recording = Recording::parse(recording, "recording")?;
        let machine = whichproxy_machine::of(recording.machine());
        // SAFETY: the caller's promise.
        unsafe { out.make(machine) }
    })
}

/// Applies a registry export after those that were given before. With the
/// first, the machine has the registry of exports alone.
///
/// `export_` has the bytes of a `.reg` file, in UTF-8 or UTF-16; `name` is
/// what it is called where a value is explained, and may be null.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `export_` is null or has
/// `len` bytes, and `name` `name_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_add_reg(
    machine: *mut whichproxy_machine,
    export_: *const u8,
    len: usize,
    name: *const u8,
    name_len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for all three.
        let (machine, bytes, name) = unsafe {
            (
                changed("machine", machine)?,
                bytes("export_", export_, len)?,
                optional("name", name, name_len)?,
            )
        };
        let file = RegFile::parse(bytes, name.unwrap_or("export.reg"))?;
        file.apply(machine.registry.get_or_insert_default());
        machine.changed();
        Ok(())
    })
}

/// Sets an environment variable.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `name` is null or has
/// `name_len` bytes, and `value` `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_set_env(
    machine: *mut whichproxy_machine,
    name: *const u8,
    name_len: usize,
    value: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for all three.
        let (machine, name, value) = unsafe {
            (
                changed("machine", machine)?,
                text("name", name, name_len)?,
                text("value", value, len)?,
            )
        };
        machine.change(|machine| machine.with_env(name, value));
        Ok(())
    })
}

/// Gives a name one more address; with `address` null, a name that is known
/// to have none. With the first, the machine resolves such names alone.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `name` is null or has
/// `name_len` bytes, and `address` `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_add_name(
    machine: *mut whichproxy_machine,
    name: *const u8,
    name_len: usize,
    address: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for all three.
        let (machine, name, address) = unsafe {
            (
                changed("machine", machine)?,
                text("name", name, name_len)?,
                optional("address", address, len)?,
            )
        };
        let address = address.map(parsed).transpose()?;
        let names = machine.names.take().unwrap_or_default();
        machine.names = Some(names.with(name, address));
        machine.changed();
        Ok(())
    })
}

fn parsed(address: &str) -> Done<IpAddr> {
    address.parse().map_err(|_| {
        let shown: String = address.chars().take(80).collect();
        let shown = shown.escape_debug();
        Failure::input(format!("`{shown}` is no IP address"))
    })
}

/// Where a whichproxy_lookup puts addresses.
#[derive(Debug)]
pub struct whichproxy_answer {
    family: Family,
    addresses: Vec<IpAddr>,
}

/// Who is asked for the addresses of a name: 0 where it knows, and has given
/// them by whichproxy_add_address() (none, where there is no such name);
/// something else where it can't be asked.
///
/// `family` is 4, 6, or 0 for both. It is called from whichever thread asks a
/// question, from several at once; `answer` is valid until it returns. It may
/// not throw.
pub type whichproxy_lookup = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        name: whichproxy_str,
        family: u32,
        answer: *mut whichproxy_answer,
    ) -> i32,
>;

/// Told that a context is used no more, once, by whichever thread used it
/// last. It may not throw.
pub type whichproxy_release =
    Option<unsafe extern "C" fn(context: *mut c_void)>;

/// Adds an address to an answer. One of another family than was asked for is
/// left out.
///
/// # Safety
///
/// `answer` is null, or what a whichproxy_lookup was given and has not
/// returned; `address` is null or has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_add_address(
    answer: *mut whichproxy_answer,
    address: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (answer, address) = unsafe {
            (changed("answer", answer)?, text("address", address, len)?)
        };
        let address = parsed(address)?;
        if answer.family.contains(&address) {
            answer.addresses.push(address);
        }
        Ok(())
    })
}

/// A function of C, and what it is given.
struct Asked {
    lookup: unsafe extern "C" fn(
        *mut c_void,
        whichproxy_str,
        u32,
        *mut whichproxy_answer,
    ) -> i32,
    context: *mut c_void,
    release: whichproxy_release,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it is a function of this form, to be called so, by the
            // promise of whichproxy_machine_set_lookup; this is the last use
            // of the context.
            unsafe { release(self.context) };
        }
    }
}

// SAFETY: the header asks that the function may be called with its context
// from any thread, from several at once.
unsafe impl Send for Asked {}
// SAFETY: the same.
unsafe impl Sync for Asked {}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

impl Dns for Asked {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        let mut answer = whichproxy_answer { family, addresses: Vec::new() };
        let number = match family {
            Family::V4 => 4,
            Family::V6 => 6,
            _ => 0,
        };
        // SAFETY: it is a function of this form, to be called so, by the
        // promise of whichproxy_machine_set_lookup; the answer lives through
        // the call.
        let told = unsafe {
            let name = whichproxy_str::of(name);
            (self.lookup)(self.context, name, number, &raw mut answer)
        };
        match told {
            0 => Ok(answer.addresses),
            code => Err(Fault::new(format!("the lookup says {code}"))),
        }
    }
}

/// Sets who is asked for names, but for those of
/// whichproxy_machine_add_name(), with which nobody is.
///
/// It may be called with `context` until `release` is, which may be after
/// the machine and the resolvers that were made with it are freed: work of
/// theirs may go on for a while. `release` may be null. Where this call fails,
/// neither is called.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `lookup` and `release` are
/// null or functions that may be called with `context` as their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_set_lookup(
    machine: *mut whichproxy_machine,
    lookup: whichproxy_lookup,
    context: *mut c_void,
    release: whichproxy_release,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let machine = unsafe { changed("machine", machine) }?;
        let lookup = lookup.ok_or_else(|| Failure::null("lookup"))?;
        let asked = Asked { lookup, context, release };
        machine.change(|machine| machine.with_dns(asked));
        Ok(())
    })
}

/// Puts a page at a URL. With the first, the machine fetches such pages
/// alone.
///
/// `content_type` is the header of this name, and may be null.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `url` is null or has
/// `url_len` bytes, `body` `len` and `content_type` `type_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_add_page(
    machine: *mut whichproxy_machine,
    url: *const u8,
    url_len: usize,
    body: *const u8,
    len: usize,
    content_type: *const u8,
    type_len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for all four.
        let (machine, url, body, content_type) = unsafe {
            (
                changed("machine", machine)?,
                text("url", url, url_len)?,
                bytes("body", body, len)?,
                optional("content_type", content_type, type_len)?,
            )
        };
        let url = parse_url(url)?;
        let page = Page {
            body: body.to_vec(),
            content_type: content_type.map(ToOwned::to_owned),
            ..Page::default()
        };
        let pages = machine.pages.take().unwrap_or_default();
        machine.pages = Some(pages.with_page(&url, page));
        machine.changed();
        Ok(())
    })
}

/// Sets what DHCP offers as option 252; null, that it offers none.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `option` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_set_wpad_option(
    machine: *mut whichproxy_machine,
    option: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise.
        let machine = unsafe { changed("machine", machine) }?;
        let mut leases = Leases::new();
        if !option.is_null() {
            // SAFETY: the caller's promise.
            leases =
                leases.with_wpad(unsafe { bytes("option", option, len) }?);
        }
        machine.change(|machine| machine.with_dhcp(leases));
        Ok(())
    })
}

/// Adds one of the machine's own addresses. With the first address or
/// suffix, the machine has such alone.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `address` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_add_own_address(
    machine: *mut whichproxy_machine,
    address: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (machine, address) = unsafe {
            (changed("machine", machine)?, text("address", address, len)?)
        };
        let address = parsed(address)?;
        machine.network().0.push(address);
        Ok(())
    })
}

/// Sets the primary DNS suffix; null, that there is none.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `suffix` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_set_domain(
    machine: *mut whichproxy_machine,
    suffix: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (machine, suffix) = unsafe {
            (changed("machine", machine)?, optional("suffix", suffix, len)?)
        };
        machine.network().1.primary = suffix.map(ToOwned::to_owned);
        Ok(())
    })
}

/// Adds a suffix to the end of the search list.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `suffix` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_add_search(
    machine: *mut whichproxy_machine,
    suffix: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (machine, suffix) = unsafe {
            (changed("machine", machine)?, text("suffix", suffix, len)?)
        };
        machine.network().1.search.push(suffix.to_owned());
        Ok(())
    })
}

/// Stops the clock at a time with its zone's offset, such as
/// `2026-11-22T09:30:00+01:00`.
///
/// # Safety
///
/// `machine` is null or one that nobody else uses; `now` is null or has
/// `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_set_now(
    machine: *mut whichproxy_machine,
    now: *const u8,
    len: usize,
) -> whichproxy_status {
    call(|| {
        // SAFETY: the caller's promise, for both.
        let (machine, now) =
            unsafe { (changed("machine", machine)?, text("now", now, len)?) };
        let now =
            now.parse().map_err(|error: whichproxy::LocalTimeError| {
                Failure::input(error.to_string())
            })?;
        machine.change(|machine| machine.with_clock(FixedClock::new(now)));
        Ok(())
    })
}

/// The settings that bear on proxies, each with the place that says so, and
/// what is odd about them, as the JSON object that `whichproxy settings`
/// prints.
///
/// They are those of `client` (a whichproxy_client), or of the account whose
/// security identifier is `user`, which may be null.
///
/// # Safety
///
/// `machine` is null or one that nobody changes; `user` is null or has
/// `user_len` bytes; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_settings(
    machine: *const whichproxy_machine,
    client: u32,
    user: *const u8,
    user_len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    // SAFETY: the caller's promise.
    unsafe {
        told(machine, client, (user, user_len), out, |_, settings| {
            whichproxy_cli::json::settings(settings)
        })
    }
}

/// Every plan that the sources allow for `client`, the best founded first:
/// the JSON objects that `whichproxy plan --all-readings` prints, one a
/// line.
///
/// # Safety
///
/// As whichproxy_machine_settings().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_plans(
    machine: *const whichproxy_machine,
    client: u32,
    user: *const u8,
    user_len: usize,
    out: *mut *mut whichproxy_text,
) -> whichproxy_status {
    // SAFETY: the caller's promise.
    unsafe {
        told(machine, client, (user, user_len), out, |client, settings| {
            let plans = Plan::readings(client, settings);
            let lines = plans.iter().map(whichproxy_cli::json::plan);
            lines.collect::<Vec<String>>().join("\n")
        })
    }
}

/// What `tell` says of a client and the settings it sees.
///
/// # Safety
///
/// As whichproxy_machine_settings().
unsafe fn told(
    machine: *const whichproxy_machine,
    client: u32,
    (user, user_len): (*const u8, usize),
    out: *mut *mut whichproxy_text,
    tell: impl FnOnce(Client, &Settings) -> String,
) -> whichproxy_status {
    call(|| {
        let out = Out::new("out", out)?;
        // SAFETY: the caller's promise, for both.
        let (machine, user) = unsafe {
            (object("machine", machine)?, optional("user", user, user_len)?)
        };
        let client = client_of(client)?;
        let settings = settings(machine, client, user)?;
        // SAFETY: the caller's promise.
        unsafe { out.make(whichproxy_text(tell(client, &settings))) }
    })
}

/// The settings that a client sees, or that of this user.
pub(crate) fn settings(
    machine: &whichproxy_machine,
    client: Client,
    user: Option<&str>,
) -> Done<Settings> {
    let identity = match user {
        Some(user) => Identity::from(user.parse::<Sid>()?),
        None => client.identity(),
    };
    Ok(Settings::read(machine.inner(), &identity)?)
}

/// Frees a machine. Resolvers that were made with it stay.
///
/// # Safety
///
/// `machine` is null or was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn whichproxy_machine_free(
    machine: *mut whichproxy_machine,
) {
    // SAFETY: the caller's promise.
    unsafe { free(machine) };
}
