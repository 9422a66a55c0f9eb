//! Recordings answer as the machine did that was recorded.
#![cfg(feature = "recording")]
#![allow(clippy::unwrap_used)] // a test may fail

use proptest::prelude::*;
use whichproxy::machine::{Machine, Recorder, Recording};
use whichproxy::{
    Client, Error, ErrorKind, Identity, Resolution, Resolver, Settings, Sid,
};
use whichproxy_test::{Case, Kind, data, load, rust};

/// Asks a machine what a case asks; what is to be compared.
fn ask(case: &Case, machine: Machine) -> (String, usize) {
    let told = |result: Result<Resolution, Error>| match result {
        Ok(found) => {
            (found.routes().to_string(), found.trace().steps().count())
        }
        Err(error) => {
            let steps = error.trace().map_or(0, |trace| trace.steps().count());
            // The place of a setting is another in a recording.
            let text = error.to_string();
            let text = text.split("case.reg").next().unwrap_or_default();
            (format!("{:?} {text}", error.kind()), steps)
        }
    };
    let client = match case.client.as_deref().unwrap().parse::<Client>() {
        Ok(client) => client,
        Err(error) => return told(Err(error)),
    };
    let user = case.user.as_deref().and_then(|sid| sid.parse::<Sid>().ok());
    let identity = user.map_or(client.identity(), Identity::from);
    let resolver = Settings::read(&machine, &identity).map(|settings| {
        let plan = whichproxy::Plan::new(client, &settings);
        Resolver::with_plan(plan, machine)
    });
    told(resolver.and_then(|resolver| {
        resolver.resolve_text(case.url.as_deref().unwrap_or_default())
    }))
}

#[test]
fn every_case_is_answered_the_same_from_its_recording() {
    let mut count = 0;
    for case in load(&data()).unwrap() {
        // What was asked before, and pages that change, are other questions.
        if case.kind() != Kind::Resolve || !case.earlier.is_empty() {
            continue;
        }
        let Ok(machine) = rust::machine(&case) else { continue };
        let recorder = Recorder::new(machine.clone());
        let first = ask(&case, recorder.machine());
        assert_eq!(first, ask(&case, machine), "{}", case.name);
        let text = recorder.recording().to_toml();
        let recording = Recording::parse(&text, "machine.toml")
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(!recording.is_incomplete());
        assert_eq!(recording.to_toml(), text, "{}", case.name);
        let again = ask(&case, recording.machine());
        assert_eq!(again, first, "{}\n{text}", case.name);
        count += 1;
    }
    assert!(count > 200, "{count}");
    println!("{count} cases");
}

/// Names are replaced without an understanding of what they stand in, so
/// that a few answers become others; which is why whoever asks has to look.
#[test]
fn nearly_every_answer_is_the_same_with_other_names() {
    let (mut same, mut all) = (0, 0);
    for case in load(&data()).unwrap() {
        if case.kind() != Kind::Resolve || !case.earlier.is_empty() {
            continue;
        }
        let Ok(machine) = rust::machine(&case) else { continue };
        let recorder = Recorder::new(machine);
        let (first, _) = ask(&case, recorder.machine());
        let Some(url) = case.url.clone().filter(|_| case.error.is_none())
        else {
            continue;
        };
        let recording = recorder.recording();
        let (other, disguise) = recording.disguised(&[&url, &first]);
        let text = other.to_toml();
        for word in ["contoso", "fabrikam"] {
            assert!(!text.to_lowercase().contains(word), "{text}");
        }
        let other = Recording::parse(&text, "machine.toml").unwrap();
        let mut disguised = case.clone();
        disguised.url = Some(disguise.text(&url));
        let (again, _) = ask(&disguised, other.machine());
        all += 1;
        if again == disguise.text(&first) {
            same += 1;
        } else {
            println!("{}: {first} | {again}", case.name);
        }
    }
    println!("{same} of {all}");
    assert!(same * 100 >= all * 98, "{same} of {all}");
}

#[test]
fn what_was_not_asked_is_no_answer() {
    let recorder = Recorder::new(Machine::offline());
    let machine = recorder.recording().machine();
    let fault = machine.dns().lookup("a", whichproxy::Family::V4);
    let said = fault.unwrap_err().to_string();
    assert_eq!(said, "it is not in the recording");
    let url = "http://a/".parse().unwrap();
    assert!(machine.fetch().get(&url, 1).is_err());
    assert!(machine.interfaces().interfaces().is_err());
    let error = Resolver::new(Client::Wininet, machine).err();
    let error = error.unwrap().to_string();
    assert!(error.contains("it is not in the recording"), "{error}");
}

#[test]
fn errors_name_the_line() {
    let now = "recording = 1\nnow = \"2026-11-22T09:30:00+01:00\"\n";
    for (text, expected) in [
        ("", "m: line 1: missing field `recording`"),
        ("recording = 1\nx = 2\n", "m: line 2: unknown field `x`, expected"),
        ("recording = 9\nnow = ''\n", "m: a recording of version 9, and this"),
        ("recording = 1\nnow = 'x'\n", "m: now: `x`: "),
        (
            &format!("{now}[registry]\nasked = []\nexport = 'y'\n"),
            "m, registry.export",
        ),
        (
            &format!("{now}[[page]]\nurl = 'http://u:secret@a/'\n"),
            "m: page, http://***@a/: neither a body nor a fault",
        ),
        (
            &format!(
                "{now}[[page]]\nurl = 'http://a/'\nbody = {{ hex = '0' }}\n"
            ),
            "m: page, http://a/: `0` is no hex",
        ),
        (
            &format!(
                "{now}[[page]]\nurl = 'http://a/'\nbody = {{ hex = '+f' }}\n"
            ),
            "m: page, http://a/: `+f` is no hex",
        ),
    ] {
        let error = Recording::parse(text, "m").unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with(expected), "{said}");
    }
    let error = Recording::parse("recording = 9\nnow = ''\n", "m");
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Recording);
}

/// The password of a script's address, of a proxy in a blob, of a variable
/// and of a proxy in a script is nowhere in what is written.
#[test]
fn no_password_is_written_down() {
    use whichproxy::machine::{Leases, Pages};
    use whichproxy::registry::{RegFile, Tree};
    let reg = "Windows Registry Editor Version 5.00\n\n\
        [HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\\
        Internet Settings]\n\
        \"AutoConfigURL\"=\"http://u:s3cret@a.example/p.pac\"\n\
        \"ProxyServer\"=\"http=u:s3cret@p:1;https=q:2\"\n\
        \"ProxyEnable\"=dword:00000001\n";
    let reg = RegFile::parse(reg.as_bytes(), "a.reg").unwrap();
    let url = "http://u:s3cret@a.example/p.pac".parse().unwrap();
    let script = "function FindProxyForURL() { return 'PROXY u:s3cret@b:1'; }";
    let machine = Machine::offline()
        .with_registry(Tree::from_reg_files([&reg]))
        .with_fetch(Pages::new().with(&url, script))
        .with_dhcp(Leases::new().with_wpad("http://u:s3cret@c/"))
        .with_env("http_proxy", "http://u:s3cret@d:1")
        .with_env("TOKEN", "s3cret");
    let recorder = Recorder::new(machine);
    let mut routes = Vec::new();
    for client in Client::ALL {
        let resolver = Resolver::new(client, recorder.machine()).unwrap();
        let found = resolver.resolve_text("http://www.example.com/");
        routes.push(found.map(|found| found.routes().to_string()).ok());
        drop(resolver.discover());
    }
    let text = recorder.recording().to_toml();
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("http://*:******@a.example/p.pac"), "{text}");
    let recording = Recording::parse(&text, "m").unwrap();
    let debug = format!("{recording:?}");
    assert!(!debug.contains("s3cret"), "{debug}");
    for (client, before) in Client::ALL.into_iter().zip(routes) {
        let resolver = Resolver::new(client, recording.machine()).unwrap();
        let found = resolver.resolve_text("http://www.example.com/");
        let found = found.map(|found| found.routes().to_string()).ok();
        assert_eq!(found, before, "{client}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        if let Err(error) = Recording::parse(&text, "m") {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}

/// A variable that a setting refers to is needed; others are not written.
#[test]
fn of_the_environment_what_settings_refer_to() {
    use whichproxy::registry::{Key, Root, Tree, Value};
    let key = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let key = Key::new(Root::CurrentUser, key);
    let url = Value::ExpandString("http://%PacHost%/p.pac".to_owned());
    let machine = Machine::offline()
        .with_registry(Tree::new().with(&key, "AutoConfigURL", url))
        .with_env("PACHOST", "a.example")
        .with_env("PATH", "/bin")
        .with_env("No_Proxy", "b");
    let recorder = Recorder::new(machine);
    let settings = |machine: &Machine| {
        let settings = Settings::read(machine, &Identity::CurrentUser);
        let url = settings.unwrap().wininet.auto_config_url;
        url.value().map(ToString::to_string)
    };
    let before = settings(&recorder.machine());
    assert!(before.as_deref().unwrap_or("").contains("a.example"));
    let recording = recorder.recording();
    let machine = recording.machine();
    assert_eq!(settings(&machine), before);
    let names: Vec<&String> = machine.env().keys().collect();
    assert_eq!(names, ["No_Proxy", "PACHOST"]);
}
