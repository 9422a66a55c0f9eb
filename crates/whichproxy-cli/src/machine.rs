//! The machine that the options describe.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use encoding_rs::UTF_8;
use url::Url;
use whichproxy::machine::{
    Caching, Dhcp, DhcpAnswer, Dns, Fault, Fetch, Fetched, FixedClock,
    Interface, Interfaces, Names, Page, Pages, Recording, Suffixes,
};
use whichproxy::registry::{RegFile, Tree};
use whichproxy::{Family, Machine};
use whichproxy_os::{
    SystemClock, SystemDhcp, SystemDns, SystemInterfaces, Web,
};

use crate::Stop;
use crate::args::{MachineArgs, NetworkArgs};
use crate::note::{Notes, Unanswered};
use crate::output::{Output, masked_text, shortened};

/// A fault for a question that was written down instead of asked.
fn not_asked() -> Fault {
    Fault::new("not asked")
}

/// The machine of `args`, and where its unanswered questions end up.
///
/// Without `--online` nothing comes from this computer but the time, where
/// `--now` does not say it, and on Windows the registry, where `--reg` does
/// not: telling them asks nobody.
pub(crate) fn machine(
    args: &MachineArgs,
    out: &mut Output,
) -> Result<(Machine, Notes), Stop> {
    if let Some(path) = &args.machine {
        let mut machine = recording(path)?.machine();
        for (name, value) in args.env.clone() {
            machine = machine.with_env(name, value);
        }
        return Ok((machine, Notes::default()));
    }
    let (mut machine, notes) = network(&args.network, out)?;
    let online = args.network.online;
    machine = machine
        .with_registry(registry(args)?)
        .with_fetch(AnsweredFetch {
            pages: pages(args)?,
            web: online.then(Web::new),
            notes: notes.clone(),
        })
        .with_dhcp(AnsweredDhcp {
            offer: args.dhcp_wpad.clone(),
            online,
            notes: notes.clone(),
        })
        .with_interfaces(AnsweredInterfaces {
            own: args.network.my_ip.clone(),
            domain: args.domain.clone(),
            online,
            suffixes: args.reg.is_empty(),
        });
    // Like the time, it can be told without asking anybody.
    #[cfg(windows)]
    if args.reg.is_empty() {
        machine = machine.with_registry(whichproxy_os::SystemRegistry);
    }
    let inherited = match online {
        true => whichproxy_os::environment(),
        false => Vec::new(),
    };
    for (name, value) in inherited.into_iter().chain(args.env.clone()) {
        machine = machine.with_env(name, value);
    }
    Ok((machine, notes))
}

/// The machine of `args` alone: all that a PAC script can ask.
pub(crate) fn network(
    args: &NetworkArgs,
    out: &mut Output,
) -> Result<(Machine, Notes), Stop> {
    let notes = Notes::default();
    let given = args.dns.iter().fold(Names::new(), |names, (name, ips)| {
        names.with(name, ips.iter().copied())
    });
    let machine = Machine::offline()
        .with_dns(AnsweredDns {
            given,
            hosts: hosts(args.hosts.as_deref(), out)?,
            system: args.online.then(SystemDns::new),
            notes: notes.clone(),
        })
        .with_interfaces(AnsweredInterfaces {
            own: args.my_ip.clone(),
            domain: None,
            online: args.online,
            suffixes: false,
        });
    let machine = match args.now {
        Some(now) => machine.with_clock(FixedClock::new(now)),
        None => machine.with_clock(SystemClock),
    };
    Ok((machine, notes))
}

/// The bytes of a file that the user named.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// The message for a file that can't be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Stop {
    // In the same words on every system.
    let what = match error.kind() {
        io::ErrorKind::IsADirectory => "is a folder".to_owned(),
        // Windows says no more of one.
        io::ErrorKind::PermissionDenied if path.is_dir() => {
            "is a folder".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read".to_owned(),
        _ => error.to_string(),
    };
    // It may have been meant as an address.
    let path = path.display().to_string();
    let path = match path.contains("://") {
        true => masked_text(&path),
        false => path,
    };
    Stop::Input(format!("{path}: {what}"))
}

fn recording(path: &Path) -> Result<Recording, Stop> {
    let name = path.display().to_string();
    let bytes = read(path)?;
    // With a mark it may be UTF-16, which PowerShell's `>` makes of it.
    let (text, _, malformed) = UTF_8.decode(&bytes);
    if malformed {
        let message = format!("{name}: it is no UTF-8, as recordings are");
        return Err(Stop::Input(message));
    }
    Ok(Recording::parse(&text, &name)?)
}

fn registry(args: &MachineArgs) -> Result<Tree, Stop> {
    let mut tree = Tree::new();
    for path in &args.reg {
        let name = path.display().to_string();
        RegFile::parse(&read(path)?, &name)?.apply(&mut tree);
    }
    Ok(tree)
}

fn pages(args: &MachineArgs) -> Result<Pages, Stop> {
    let mut pages = Pages::new();
    for (url, path) in &args.page {
        pages = pages.with(&page_key(url), read(path)?);
    }
    Ok(pages)
}

/// A fragment is never sent, so it does not tell pages apart.
fn page_key(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// Reads a hosts file. A line that is none is named and passed over, as
/// resolvers do, since the rest is good.
fn hosts(path: Option<&Path>, out: &mut Output) -> Result<Names, Stop> {
    let mut names = Names::new();
    let Some(path) = path else { return Ok(names) };
    let bytes = read(path)?;
    let (text, ..) = UTF_8.decode(&bytes);
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let Ok(address) = first.parse::<IpAddr>() else {
            out.say(&format!(
                "{} line {}: `{}` is no IP address",
                path.display(),
                number + 1,
                shortened(first)
            ));
            continue;
        };
        for name in words {
            names = names.with(name, [address]);
        }
    }
    Ok(names)
}

/// Answers from options, else from the system, else not at all.
#[derive(Debug)]
struct AnsweredDns {
    given: Names,
    hosts: Names,
    system: Option<SystemDns>,
    notes: Notes,
}

impl Dns for AnsweredDns {
    fn lookup(
        &self,
        name: &str,
        family: Family,
    ) -> Result<Vec<IpAddr>, Fault> {
        if self.given.contains(name) {
            return self.given.lookup(name, family);
        }
        if self.hosts.contains(name) {
            return self.hosts.lookup(name, family);
        }
        if let Some(known) = without_asking(name) {
            let of_family = known.into_iter().filter(|a| family.contains(a));
            return Ok(of_family.collect());
        }
        if let Some(system) = &self.system {
            return system.lookup(name, family);
        }
        self.notes.add(Unanswered::Dns(name.to_owned()));
        Err(not_asked())
    }

    fn forget(&self) {
        if let Some(system) = &self.system {
            system.forget();
        }
    }
}

/// The addresses of what needs no network: an address, `localhost`
/// (RFC 6761), and what can't be a name.
fn without_asking(name: &str) -> Option<Vec<IpAddr>> {
    if name.is_empty() || name.len() > 254 || name.contains('\0') {
        return Some(Vec::new());
    }
    if let Ok(address) = name.parse() {
        return Some(vec![address]);
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        .then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
}

#[derive(Debug)]
struct AnsweredDhcp {
    offer: Option<String>,
    online: bool,
    notes: Notes,
}

impl Dhcp for AnsweredDhcp {
    fn wpad_option(&self, interface: &Interface) -> Result<DhcpAnswer, Fault> {
        const OPTION: &str = "--dhcp-wpad";
        match &self.offer {
            Some(offer) if offer.is_empty() => Ok(DhcpAnswer::none(OPTION)),
            Some(offer) => Ok(DhcpAnswer::one(offer.as_bytes(), OPTION)),
            None if self.online => SystemDhcp::new().wpad_option(interface),
            None => {
                self.notes.add(Unanswered::Dhcp);
                Err(not_asked())
            }
        }
    }
}

#[derive(Debug)]
struct AnsweredFetch {
    pages: Pages,
    web: Option<Web>,
    notes: Notes,
}

impl AnsweredFetch {
    /// The page that an option gives.
    fn given(&self, url: &Url, limit: usize) -> Option<Result<Page, Fault>> {
        let key = page_key(url);
        self.pages.contains(&key).then(|| self.pages.get(&key, limit))
    }

    fn not_asked(&self, url: &Url) -> Fault {
        self.notes.add(Unanswered::Page(url.clone()));
        not_asked()
    }
}

impl Fetch for AnsweredFetch {
    fn get(&self, url: &Url, limit: usize) -> Result<Page, Fault> {
        match (self.given(url, limit), &self.web) {
            (Some(page), _) => page,
            (None, Some(web)) => web.get(url, limit),
            (None, None) => Err(self.not_asked(url)),
        }
    }

    fn get_if_changed(
        &self,
        url: &Url,
        limit: usize,
        known: &Caching,
    ) -> Result<Fetched, Fault> {
        match (self.given(url, limit), &self.web) {
            (Some(page), _) => page.map(Fetched::Page),
            (None, Some(web)) => web.get_if_changed(url, limit, known),
            (None, None) => Err(self.not_asked(url)),
        }
    }
}

/// Whether somebody wanted the own address can't be seen here, since WPAD
/// asks for the interfaces too; whoever runs the script writes it down.
#[derive(Debug)]
struct AnsweredInterfaces {
    own: Vec<IpAddr>,
    domain: Option<String>,
    online: bool,
    /// Whether this computer's suffixes count: an export has its own.
    suffixes: bool,
}

impl Interfaces for AnsweredInterfaces {
    fn interfaces(&self) -> Result<Vec<Interface>, Fault> {
        if !self.own.is_empty() {
            return Ok(vec![Interface {
                name: "the default interface".to_owned(),
                addresses: self.own.clone(),
                suffix: None,
            }]);
        }
        match self.online {
            true => SystemInterfaces.interfaces(),
            false => Ok(Vec::new()),
        }
    }

    fn addresses(&self) -> Result<Vec<IpAddr>, Fault> {
        match self.online {
            true if self.own.is_empty() => SystemInterfaces.addresses(),
            _ => Ok(self.own.clone()),
        }
    }

    fn suffixes(&self) -> Result<Suffixes, Fault> {
        match &self.domain {
            Some(domain) => Ok(Suffixes {
                primary: Some(domain.clone()),
                search: Vec::new(),
            }),
            None if self.online && self.suffixes => {
                SystemInterfaces.suffixes()
            }
            None => Ok(Suffixes::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offline() -> AnsweredDns {
        AnsweredDns {
            given: Names::new()
                .with("a.example", [[10, 0, 0, 1]])
                .with("gone.example", Vec::<IpAddr>::new()),
            hosts: Names::new()
                .with("a.example", [[10, 9, 9, 9]])
                .with("b.example", [[10, 0, 0, 2]]),
            system: None,
            notes: Notes::default(),
        }
    }

    #[test]
    fn options_come_before_hosts_and_both_before_silence() {
        let dns = offline();
        let ask = |name| {
            dns.lookup(name, Family::V4)
                .map(|found| format!("{found:?}"))
                .map_err(|fault| fault.to_string())
        };
        assert_eq!(ask("A.example."), Ok("[10.0.0.1]".into()));
        assert_eq!(ask("b.example"), Ok("[10.0.0.2]".into()));
        assert_eq!(ask("gone.example"), Ok("[]".into()));
        assert_eq!(ask("192.0.2.1"), Ok("[192.0.2.1]".into()));
        assert_eq!(ask("::1"), Ok("[]".into()));
        assert_eq!(ask("LOCALHOST"), Ok("[127.0.0.1]".into()));
        assert!(dns.notes.take().is_empty());
        assert_eq!(ask("c.example"), Err("not asked".into()));
        assert_eq!(dns.notes.take().len(), 1);
    }
}
