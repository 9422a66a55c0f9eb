//! `whichproxy record`, and what `--machine` makes of it.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use super::{run, whichproxy, without_wine, words};

/// Records into a file of this name; what was said, and the file.
fn record(name: &str, args: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(name);
    let args = format!("record --offline --output \"{}\"", file.display())
        + &format!(" --now 2026-11-22T09:30:00+01:00 {args}");
    (whichproxy(&args), file.to_str().unwrap().to_owned())
}

#[test]
fn a_recording_has_what_was_asked() {
    let (said, file) = record(
        "recorded.toml",
        "http://www.example.com/ --as wininet --reg script.reg \
         --page http://pac.example/proxy.pac=dns.pac \
         --dns www.example.com=192.0.2.7",
    );
    assert_snapshot!(said, @r##"
    exit: 0
    ----- stdout -----
    ----- stderr -----
    "##);
    let text = fs::read_to_string(file).unwrap();
    // Of the keys that were asked, one will do.
    let lines = text.lines().filter(|line| {
        !line.starts_with("    '") || line.contains("PARAMETERS")
    });
    let text: Vec<&str> = lines.collect();
    assert_snapshot!(text.join("\n"), @r##"
    # wininet http://www.example.com/: PROXY 192.0.2.7:80
    # Everything that whichproxy asked of a machine, with the answers; to be
    # replayed by `--machine FILE`. User names and secrets before an `@` are
    # masked. Names of hosts, addresses and scripts are as they were: look at it
    # before it is passed on.

    recording = 1
    now = "2026-11-22T09:30:00+01:00"

    [registry]
    asked = [
        "HKCU",
        'HKLM\SYSTEM\CURRENTCONTROLSET\SERVICES\DNSCACHE\PARAMETERS',
        'HKLM\SYSTEM\CURRENTCONTROLSET\SERVICES\TCPIP\PARAMETERS',
        "HKU",
    ]
    export = '''
    Windows Registry Editor Version 5.00

    [HKEY_CURRENT_USER\Software]

    [HKEY_CURRENT_USER\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings]
    "AutoConfigURL"="http://pac.example/proxy.pac"

    '''

    [interfaces]

    [[dns]]
    name = "www.example.com"
    family = "v4"
    addresses = ["192.0.2.7"]

    [[page]]
    url = "http://pac.example/proxy.pac"
    body = """
    function FindProxyForURL(url, host) { return "PROXY " + (dnsResolve(host) || "none.example") + ":80"; }
    """
    "##);
}

/// Every client answers from a recording as from what was recorded, with the
/// same explanation.
#[test]
fn the_same_from_a_recording() {
    for (name, reg, options) in [
        ("same-a.toml", "machine.reg", ""),
        (
            "same-b.toml",
            "wpad.reg",
            "--dhcp-wpad http://10.0.0.5/p \
            --page http://10.0.0.5/p=dns.pac --dns www.example.com=",
        ),
        ("same-c.toml", "user.reg", "--my-ip 10.1.2.3"),
        ("same-d.toml", "prefer.reg", "--env http_proxy=proxy:8080"),
    ] {
        let machine = format!("--reg {reg} {options}");
        let clients = "--as wininet --as winhttp --as winhttp-auto \
            --as defender-av --as defender-edr --as environment";
        let asked = "http://www.example.com/ https://intranet/x?y=z";
        let (said, file) =
            record(name, &format!("{asked} {clients} {machine}"));
        assert!(said.starts_with("exit: 0"), "{said}");
        for client in clients.split("--as ").map(str::trim) {
            if client.is_empty() {
                continue;
            }
            let ask = |machine: &str| {
                let args = format!(
                    "resolve {asked} --as {client} --explain {machine}"
                );
                let output = run(&words(&args), "");
                let stdout = String::from_utf8(output.stdout).unwrap();
                let said = String::from_utf8(output.stderr).unwrap();
                let said = without_wine(&said);
                // Places are others, and what was not asked is no answer.
                let lines = said
                    .lines()
                    .filter(|line| !line.starts_with("whichproxy: not asked"));
                let lines = lines.map(without_place).collect();
                (output.status.code(), stdout, lines)
            };
            let now = "--now 2026-11-22T09:30:00+01:00";
            let before: (_, _, Vec<String>) = ask(&format!("{machine} {now}"));
            let again = ask(&format!("--machine \"{file}\""));
            assert_eq!(again, before, "{client} {machine}");
        }
    }
}

/// Without the file and the line of a setting.
fn without_place(line: &str) -> String {
    let Some((before, rest)) = line.split_once(" (") else {
        return line.to_owned();
    };
    let Some((inside, after)) = rest.split_once(')') else {
        return line.to_owned();
    };
    match inside.contains(" line ") {
        true => format!("{before}{after}"),
        false => line.to_owned(),
    }
}

#[test]
fn what_is_no_recording() {
    assert_snapshot!(
        whichproxy("resolve http://a/ --machine proxy.pac"), @r##"
        exit: 2
        ----- stdout -----
        ----- stderr -----
        whichproxy: proxy.pac: line 1: key with no value, expected `=`
        "##);
    assert_snapshot!(
        whichproxy("resolve http://a/ --machine none.toml"), @r##"
        exit: 2
        ----- stdout -----
        ----- stderr -----
        whichproxy: none.toml: there is no such file
        "##);
    assert_snapshot!(
        whichproxy("resolve http://a/ --machine a --reg machine.reg"), @r##"
        exit: 2
        ----- stdout -----
        ----- stderr -----
        error: the argument '--machine <FILE>' cannot be used with '--reg <FILE>'

        Usage: whichproxy resolve --machine <FILE> <URL>...

        For more information, try '--help'.
        "##);
    let (said, file) =
        record("few.toml", "http://a/ --as winhttp --reg script.reg");
    assert!(said.starts_with("exit: 0"), "{said}");
    let said = whichproxy(&format!(
        "resolve http://a/ --as wininet --machine \"{file}\" --explain"
    ));
    assert_snapshot!(said.replace(&file, "few.toml"), @r##"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    wininet as the current user
    reading documented-order: auto-detect, setup script, proxy server, direct, each after the one before failed [NETWORKPROXY-CSP, documented]
      1. pac http://pac.example/proxy.pac → unavailable  [NETWORKPROXY-CSP, documented]
           because of HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\AutoConfigURL (few.toml, registry.export line 6)
           no script from `http://pac.example/proxy.pac`: it is not in the recording
      2. direct → decided  [IE-WPC, community]
       –  auto-detect: not configured
       –  manual proxy: not configured
    "##);
}
