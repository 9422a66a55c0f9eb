//! Text as Windows' programs write it, names of files as people there give
//! them, and what is printed to a console.

use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use super::{run_in, shown, whichproxy, words};

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // There may be none of an earlier run.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// As the editor and PowerShell's `>` write text.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

fn in_folder(folder: &Path, args: &str) -> String {
    shown(run_in(folder, &words(args), b""))
}

#[test]
fn arguments_in_any_script() {
    assert_snapshot!(whichproxy("pac eval told.pac http://прокси.example/ https://bücher.example/€ http://代理.example/ --dns bücher.example=192.0.2.1"), @r###"
    exit: 0
    ----- stdout -----
    http://прокси.example/	DIRECT
    https://bücher.example/€	DIRECT
    http://代理.example/	DIRECT
    ----- stderr -----
    whichproxy: told.pac: the script says: `http://xn--h1adldfi.example/ xn--h1adldfi.example`
    whichproxy: told.pac: the script says: `https://xn--bcher-kva.example/ xn--bcher-kva.example`
    whichproxy: told.pac: the script says: `http://xn--mnq481g.example/ xn--mnq481g.example`
    "###);
    assert_snapshot!(whichproxy("resolve прокси.example --reg machine.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `прокси.example` is no URL: relative URL without a base; perhaps `https://прокси.example`
    "###);
}

#[test]
fn files_of_any_name() {
    let folder = folder("names");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (from, to) in [
        ("regedit.reg", "прокси €.reg"),
        ("proxy.pac", "代理.pac"),
        ("hosts", "hôtes"),
        ("urls.txt", "Büro.txt"),
    ] {
        fs::copy(data.join(from), folder.join(to)).unwrap();
    }
    assert_snapshot!(in_folder(&folder, r#"resolve http://a.example/ --as defender-edr --explain --reg "прокси €.reg""#), @r###"
    exit: 0
    ----- stdout -----
    PROXY прокси.example:8080; DIRECT
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (прокси €.reg line 14): bypass list column 1: `*.münchen.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (прокси €.reg line 14): bypass list column 19: `代理.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    defender-edr as LocalSystem (S-1-5-18)
    reading static-first: the sensor's own channel always starts with TelemetryProxyServer; PreferStaticProxyForHttpRequest, not set here, only extends that to requests of the system such as revocation lists [MDE-PREFER-STATIC, inferred]
      1. static прокси.example:8080 → decided  [MDE-PROXY, documented]
           because of HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (прокси €.reg line 9)
      2. direct → fallback  [MDE-VERIFY, documented]
    other reading winhttp-first: without PreferStaticProxyForHttpRequest the sensor's HTTP requests start with WinHTTP's own proxy, or direct where it has none, and TelemetryProxyServer follows [MDE-PREFER-STATIC, inferred]
    "###);
    assert_snapshot!(in_folder(&folder, "pac eval 代理.pac --urls Büro.txt --hosts hôtes --my-ip 10.1.2.3"), @r###"
    exit: 2
    ----- stdout -----
    http://a.example/	PROXY office.example:8080; DIRECT
    https://intranet/	DIRECT
    ftp://c.example/	PROXY office.example:8080; DIRECT
    ----- stderr -----
    whichproxy: hôtes line 3: `not-an-address` is no IP address
    whichproxy: Büro.txt line 4: `not a url` is no URL: relative URL without a base
    "###);
    assert_snapshot!(in_folder(&folder, "pac check 無.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: 無.pac: there is no such file
    "###);
    // What is written has its name, too.
    let told = in_folder(
        &folder,
        r#"record http://a.example/ --offline --reg "прокси €.reg" --output "записка €.toml""#,
    );
    assert!(told.starts_with("exit: 0"), "{told}");
    let told = in_folder(
        &folder,
        r#"resolve http://a.example/ --machine "записка €.toml""#,
    );
    assert!(told.contains("DIRECT"), "{told}");
    assert!(folder.join("записка €.toml").exists());
}

/// What `regedit /E` of Wine 8.0 made of a key: UTF-16 with a mark, and lines
/// that end as Windows' do.
#[test]
fn an_export_of_regedit() {
    assert_snapshot!(whichproxy("settings --reg regedit.reg"), @r###"
    exit: 0
    ----- stdout -----
    Defender for Endpoint EDR
      TelemetryProxyServer  прокси.example:8080           HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\TelemetryProxyServer (regedit.reg line 9)

    Defender Antivirus policy
      ProxyServer           bücher.example:3128           HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyServer (regedit.reg line 15)
      ProxyBypass           *.münchen.example;代理.example  HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (regedit.reg line 14)
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (regedit.reg line 14): bypass list column 1: `*.münchen.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (regedit.reg line 14): bypass list column 19: `代理.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    "###);
}

/// PowerShell writes UTF-16 with `>`, and others put a mark before UTF-8.
#[test]
fn files_as_windows_writes_them() {
    let folder = folder("encodings");
    let urls = "# прокси\r\nhttp://a.example/ĊĀ\r\n\r\n  no url \r\n\
                http://intranet/\r\nhttp://bücher.example/\r\n";
    let hosts = "# прокси\r\n10.0.0.9\tinside.example # Büro\r\nnone x\r\n";
    let script = "function FindProxyForURL(url, host) {\r\n  \
                  // прокси\r\n  return 'PROXY ' + dnsResolve(\r\n  \
                  'inside.example') + ':80';\r\n}\r\n";
    let mut told = Vec::new();
    for (name, encoded) in [
        ("plain", (|text: &str| text.into()) as fn(&str) -> Vec<u8>),
        ("marked", |text| format!("\u{feff}{text}").into()),
        ("utf-16", utf16),
        ("swapped", |text| {
            let bytes = utf16(text);
            bytes.chunks(2).flat_map(|unit| [unit[1], unit[0]]).collect()
        }),
    ] {
        let folder = folder.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("urls"), encoded(urls)).unwrap();
        fs::write(folder.join("hosts"), encoded(hosts)).unwrap();
        fs::write(folder.join("script"), encoded(script)).unwrap();
        let args = "pac eval script --urls urls --hosts hosts";
        told.push(in_folder(&folder, args));
        let args = words("pac eval script --urls - --dns inside.example=::1");
        let piped = run_in(&folder, &args, &encoded(urls));
        assert!(shown(piped).contains("stdin line 4: `no url`"), "{name}");
    }
    assert_snapshot!(told[0], @r###"
    exit: 2
    ----- stdout -----
    http://a.example/ĊĀ	PROXY 10.0.0.9:80
    http://intranet/	PROXY 10.0.0.9:80
    http://bücher.example/	PROXY 10.0.0.9:80
    ----- stderr -----
    whichproxy: hosts line 3: `none` is no IP address
    whichproxy: urls line 4: `no url` is no URL: relative URL without a base
    "###);
    assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
}

/// A recording that went through PowerShell's `>`.
#[test]
fn a_recording_in_utf16() {
    let folder = folder("recording");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let args = words(
        "record http://a.example/ --as defender-edr --offline --reg \
         regedit.reg",
    );
    let output = run_in(&data, &args, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("прокси"), "{text}");
    let mut bytes = utf16(&text.replace('\n', "\r\n"));
    fs::write(folder.join("machine.toml"), &bytes).unwrap();
    let args = "resolve http://a.example/ --as defender-edr --machine \
                machine.toml";
    assert_snapshot!(in_folder(&folder, args), @r###"
    exit: 0
    ----- stdout -----
    PROXY прокси.example:8080; DIRECT
    ----- stderr -----
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (machine.toml, registry.export line 4): bypass list column 1: `*.münchen.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    whichproxy: warning: HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\ProxyBypass (machine.toml, registry.export line 4): bypass list column 19: `代理.example`: a URL has its host in ASCII (Punycode), so that the entry never matches
    "###);
    // Half a character.
    bytes.push(b'x');
    fs::write(folder.join("machine.toml"), bytes).unwrap();
    assert_snapshot!(in_folder(&folder, args), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: machine.toml: it is no UTF-8, as recordings are
    "###);
}

/// Lines longer than what is read of one end where they end, in UTF-16 too.
#[test]
fn long_lines() {
    let folder = folder("long");
    let urls = format!(
        "http://a.example/{}\r\nhttp://b.example/\r\n",
        "ĊÄ".repeat(100_000)
    );
    for bytes in [urls.clone().into_bytes(), utf16(&urls)] {
        fs::write(folder.join("urls"), bytes).unwrap();
        let args = "resolve --urls urls --as environment";
        let told = in_folder(&folder, args);
        assert!(told.contains("\nhttp://b.example/\tDIRECT\n"), "{told}");
        assert!(!told.contains("line 3"), "{told}");
    }
}

/// What is no text on a line of a list is no URL, and the rest is asked
/// about.
#[test]
fn lists_that_are_no_text() {
    let folder = folder("no-text");
    let mut odd = utf16("http://a.example/x\r\nhttp://b.example/\r\n");
    // The first half of a character in the place of the `x`.
    odd[36..38].copy_from_slice(&[0x3d, 0xd8]);
    let bytes = b"http://a.example/\xff\nhttp://b.example/\n".to_vec();
    let [told, of_odd] = [bytes, odd].map(|bytes| {
        fs::write(folder.join("urls"), bytes).unwrap();
        in_folder(&folder, "resolve --urls urls --as environment")
    });
    assert_eq!(told, of_odd);
    assert_snapshot!(told, @r###"
    exit: 2
    ----- stdout -----
    http://b.example/	DIRECT
    ----- stderr -----
    whichproxy: urls line 1: `http://a.example/�` is no URL: it is no text in UTF-8, nor in UTF-16 with a byte order mark
    "###);
}

#[test]
fn a_folder_is_none() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for args in ["settings --reg data", "pac check data"] {
        let told = in_folder(&data, args);
        assert!(told.contains("whichproxy: data: is a folder\n"), "{told}");
    }
}

/// Drives, shares and backslashes, where a file or an address may stand.
#[test]
fn paths_of_windows() {
    assert_snapshot!(whichproxy(r"pac eval C:\no\such\proxy.pac http://a.example/"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: C:\no\such\proxy.pac: there is no such file
    "###);
    assert_snapshot!(whichproxy(r"settings --reg no\such.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: no\such.reg: there is no such file
    "###);
    assert_snapshot!(whichproxy("pac check file://server/share/proxy.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: file://server/share/proxy.pac: the address names no file of this host
    "###);
    assert_snapshot!(whichproxy(r"pac check file:\\server\share\proxy.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: file://server/share/proxy.pac: the address names no file of this host
    "###);
    assert_snapshot!(whichproxy(r"resolve C:\proxy.pac --reg machine.reg"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: C:\proxy.pac: `winhttp-auto` does not know the scheme `c`; it knows http, https (WinHTTP error 12006)
    "###);
    assert_snapshot!(whichproxy(r"resolve \\server\share\proxy.pac --reg machine.reg"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `\\server\share\proxy.pac` is no URL: relative URL without a base
    "###);
    assert_snapshot!(whichproxy(r"compare --pac C:\proxy.pac http://a.example/"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'C:\proxy.pac' for '--pac <URL>': WinHTTP fetches no script by `c:`

    For more information, try '--help'.
    "###);
    assert_snapshot!(whichproxy(r"resolve http://x.example/ --reg script.reg --page C:\x=C:\proxy.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: C:\proxy.pac: there is no such file
    "###);
}

/// Drives and backslashes in names of files that are there.
#[test]
fn files_by_drive() {
    if !super::on_windows() {
        return;
    }
    let data = format!(
        "{}/tests/data",
        env!("CARGO_MANIFEST_DIR").replace('\\', "/")
    );
    // Under Wine the root of this system is the drive Z.
    let data = match data.starts_with('/') {
        true => format!("Z:{data}"),
        false => data,
    };
    let back = data.replace('/', "\\");
    for script in [
        "proxy.pac".to_owned(),
        r".\proxy.pac".to_owned(),
        r"..\data\proxy.pac".to_owned(),
        format!(r"{back}\proxy.pac"),
        format!("{data}/proxy.pac"),
        format!(r"\\?\{back}\proxy.pac"),
        format!("file:///{data}/proxy.pac"),
        format!(r"file:\\\{back}\proxy.pac"),
    ] {
        let args = format!("pac eval {script} http://intranet/");
        let told = whichproxy(&args);
        assert!(told.contains("stdout -----\nDIRECT\n"), "{told}");
    }
    let reg = format!(r"resolve http://intranet/ --reg {back}\machine.reg");
    assert!(whichproxy(&reg).contains("\nDIRECT\n"));
}

/// Where nobody looks, nothing is coloured.
#[test]
fn no_colours_in_pipes() {
    for args in ["--help", "resolve --help", "resolve --nonsense", "nonsense"]
    {
        let told = whichproxy(args);
        assert!(!told.contains('\u{1b}'), "{told:?}");
    }
}

/// What a terminal is shown, and what it is where no colours are wanted.
#[cfg(target_os = "linux")]
mod terminal {
    use std::fs::File;
    use std::io::Read;
    use std::process::{Command, Stdio};

    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::super::{on_windows, program, words};

    /// Runs the command at a terminal of its own, and shows what comes there.
    fn at_terminal(args: &str, environment: &[(&str, &str)]) -> String {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let theirs = File::from(open(name, flags, Mode::empty()).unwrap());
        let mut command = Command::new(program());
        command
            .args(words(args))
            .env_clear()
            .env("TERM", "xterm")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let mut child = command.spawn().unwrap();
        // It holds the terminal open too.
        drop(command);
        let mut shown = Vec::new();
        // It ends in an error, once nobody has the other end.
        let _ = File::from(ours).read_to_end(&mut shown);
        child.wait().unwrap();
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn colours() {
        if on_windows() {
            return;
        }
        for args in ["--help", "resolve --nonsense", "nonsense"] {
            let shown = at_terminal(args, &[]);
            assert!(shown.contains("\u{1b}["), "{args}: {shown:?}");
            for plain in
                [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")]
            {
                let shown = at_terminal(args, &[plain]);
                assert!(shown.contains("whichproxy"), "{args}: {shown:?}");
                assert!(!shown.contains('\u{1b}'), "{plain:?}: {shown:?}");
            }
        }
        // Answers are for programs, too.
        let shown = at_terminal("resolve http://a.example/", &[]);
        assert!(shown.contains("DIRECT"), "{shown:?}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}
