//! WPAD: DHCP's option, suffixes of all kinds, and a script from the
//! network, whose text is data too.
#![cfg_attr(fuzzing, no_main)]

#[macro_use]
mod shim;

#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use whichproxy::machine::{
    Interface, Leases, Machine, Names, StaticInterfaces, Suffixes,
};
use whichproxy::registry::RegFile;
use whichproxy::{Client, Resolver};

const EXPORT: &[u8] = b"REGEDIT4

[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]
\"AutoDetect\"=dword:00000001
";

fuzz_target!(|data: &[u8]| {
    let cut = data.len() / 2;
    let (option, rest) = data.split_at(cut);
    let text = String::from_utf8_lossy(rest);
    let mut words = text.split('\n').map(ToOwned::to_owned);
    let interface = Interface { suffix: words.next(), ..Interface::default() };
    let suffixes = Suffixes { primary: words.next(), search: words.collect() };
    let export = RegFile::parse(EXPORT, "fuzz.reg").expect("an export");
    let machine = Machine::offline()
        .with_registry(export)
        .with_dhcp(Leases::new().with_wpad(option))
        .with_dns(Names::new().with("wpad", [[10, 0, 0, 1]]))
        .with_interfaces(
            StaticInterfaces::new().with(interface).with_suffixes(suffixes),
        );
    let resolver =
        Resolver::new(Client::WinhttpAuto, machine).expect("a resolver");
    let found = resolver.resolve_text("http://x.example/").expect("routes");
    assert_eq!(found.routes().to_string(), "DIRECT");
    assert!(!found.trace().to_string().contains('\u{1b}'));
});
