//! `whichproxy pac`.

use insta::assert_snapshot;

use super::{whichproxy, with_stdin};

/// Times differ from run to run; what is measured does not.
#[test]
fn pac_bench() {
    let run = |format: &str| {
        whichproxy(&format!(
            "pac bench throws.pac http://www.example.com/ --seconds 0 {format}"
        ))
    };
    let json = run("--format json");
    for part in [
        "exit: 0",
        r#""strategy":"#,
        r#""urls":1,"failures":1,"load_ms":"#,
        r#""ns_per_lookup":"#,
        r#""ns_per_lookup_p99":"#,
        r#""lookups_per_second":"#,
    ] {
        assert!(json.contains(part), "`{part}` is missing in {json}");
    }
    let text = run("");
    for part in ["engine ", "loads in ", "answers in ", " a second on "] {
        assert!(text.contains(part), "`{part}` is missing in {text}");
    }
    assert!(text.contains("1 of 1 URLs gave an error"), "{text}");
}

#[test]
fn pac_bench_wants_urls() {
    assert_snapshot!(whichproxy("pac bench throws.pac"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    error: the following required arguments were not provided:
      <URL>...

    Usage: whichproxy pac bench <FILE> <URL>...

    For more information, try '--help'.
    "###);
    assert_snapshot!(whichproxy("pac bench throws.pac nonsense"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: `nonsense` is no URL: relative URL without a base; perhaps `https://nonsense`
    "###);
}

// settings

#[test]
fn eval() {
    assert_snapshot!(whichproxy("pac eval proxy.pac http://www.example.com/ http://intranet/ --my-ip 10.1.2.3"), @r###"
    exit: 0
    ----- stdout -----
    http://www.example.com/	PROXY office.example:8080; DIRECT
    http://intranet/	DIRECT
    ----- stderr -----
    "###);
}

#[test]
fn eval_explained() {
    assert_snapshot!(whichproxy("pac eval proxy.pac http://www.example.com/ --dns inside.example=10.9.9.9 --explain"), @r###"
    exit: 0
    ----- stdout -----
    SOCKS5 inside.example:1080
    ----- stderr -----
    whichproxy: not asked: own address (answer with --my-ip IP, or --online)
    http://www.example.com/
      engine: compiled
      returned: `SOCKS5 inside.example:1080`
      asked: my-ip v4
      asked: dns inside.example v4
    "###);
}

#[test]
fn eval_as_json() {
    assert_snapshot!(whichproxy("pac eval alert.pac http://www.example.com/ --format json"), @r###"
    exit: 0
    ----- stdout -----
    {"url":"http://www.example.com/","client":"winhttp-auto","strategy":"compiled","result":"PROXY a.example; QUIC b.example; PROXY","pac":"PROXY a.example:80","routes":[{"kind":"proxy","scheme":"http","host":"a.example","port":80}],"asked":[],"alerts":["hello\u001b[2J"],"ignored":[{"text":"QUIC b.example","reason":"unknown keyword"},{"text":"PROXY","reason":"no host after the keyword"}]}
    ----- stderr -----
    "###);
}

#[test]
fn eval_tells_what_the_client_would() {
    assert_snapshot!(whichproxy("pac eval told.pac https://me:secret@WWW.Example.com/secret?q#f"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: told.pac: the script says: `https://WWW.Example.com/ WWW.Example.com`
    "###);
}

#[test]
fn eval_as_wininet() {
    assert_snapshot!(whichproxy("pac eval told.pac http://WWW.Example.com/Path --as wininet --engine js"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    whichproxy: told.pac: the script says: `http://www.example.com/path www.example.com`
    "###);
}

/// Where JavaScript may not run, a script and a question that would need it
/// are errors that say why.
#[test]
fn eval_without_javascript() {
    let eval = |script: &str| {
        whichproxy(&format!(
            "pac eval {script} http://a.example/ --engine compiled"
        ))
    };
    assert!(eval("ex.pac").starts_with("exit: 0"));
    assert_snapshot!(eval("refused.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: refused.pac: the script is not compiled: line 2, column 10: `eval`
    "###);
    assert_snapshot!(eval("throws.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: throws.pac: the script says: `on my way`
    whichproxy: throws.pac: something that the program leaves to the engine `js`, asked about http://a.example/
    "###);
}

#[test]
fn eval_says_what_it_passes_over() {
    assert_snapshot!(whichproxy("pac eval alert.pac http://www.example.com/"), @r###"
    exit: 0
    ----- stdout -----
    PROXY a.example:80
    ----- stderr -----
    whichproxy: alert.pac: the script says: `hello\u{1b}[2J`
    whichproxy: http://www.example.com/: passed over: `QUIC b.example`: unknown keyword
    whichproxy: http://www.example.com/: passed over: `PROXY`: no host after the keyword
    "###);
}

#[test]
fn eval_with_hosts() {
    assert_snapshot!(whichproxy("pac eval dns.pac http://intranet/ http://a.example/ --hosts hosts"), @r###"
    exit: 0
    ----- stdout -----
    http://intranet/	PROXY 10.0.0.9:80
    http://a.example/	PROXY none.example:80
    ----- stderr -----
    whichproxy: hosts line 3: `not-an-address` is no IP address
    whichproxy: not asked: DNS a.example (answer with --dns a.example=IP, or --online)
    "###);
}

#[test]
fn eval_at_a_time() {
    assert_snapshot!(whichproxy("pac eval time.pac http://www.example.com/ --now 2026-11-22T08:59:59+01:00 --explain"), @r###"
    exit: 0
    ----- stdout -----
    DIRECT
    ----- stderr -----
    http://www.example.com/
      engine: compiled
      returned: `DIRECT`
      asked: time
    "###);
}

#[test]
fn eval_throws() {
    assert_snapshot!(whichproxy("pac eval throws.pac http://www.example.com/ --format text"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: throws.pac: the script says: `on my way`
    whichproxy: throws.pac line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177), asked about http://www.example.com/
    "###);
}

#[test]
fn eval_throws_as_json() {
    assert_snapshot!(whichproxy("pac eval throws.pac http://www.example.com/ --format json"), @r###"
    exit: 1
    ----- stdout -----
    {"url":"http://www.example.com/","client":"winhttp-auto","strategy":"compiled","error":{"kind":"exception","message":"line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`","winhttp_code":12177,"line":3,"column":10},"asked":[],"alerts":["on my way"],"ignored":[]}
    ----- stderr -----
    whichproxy: throws.pac line 3, column 10: the script threw `ReferenceError: undefinedName is not defined` (WinHTTP error 12177), asked about http://www.example.com/
    "###);
}

#[test]
fn eval_returns_no_string() {
    assert_snapshot!(whichproxy("pac eval number.pac http://www.example.com/"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: number.pac: the script returned a number, asked about http://www.example.com/
    "###);
}

#[test]
fn eval_syntax_error() {
    assert_snapshot!(whichproxy("pac eval syntax.pac http://www.example.com/"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: syntax.pac line 2, column 19: expected token `)`, got `{` in if statement (WinHTTP error 12166)
    "###);
}

#[test]
fn eval_no_such_file() {
    assert_snapshot!(whichproxy("pac eval nowhere.pac http://www.example.com/"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: nowhere.pac: there is no such file
    "###);
}

#[test]
fn eval_everything_from_stdin() {
    assert_snapshot!(whichproxy("pac eval - --urls -"), @r###"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: script and URLs can't both come from stdin
    "###);
}

#[test]
fn eval_script_from_stdin() {
    assert_snapshot!(with_stdin("pac eval - http://www.example.com/", "function FindProxyForURL() { return \"PROXY stdin.example:80\"; }"), @r###"
    exit: 0
    ----- stdout -----
    PROXY stdin.example:80
    ----- stderr -----
    "###);
}

#[test]
fn check() {
    assert_snapshot!(whichproxy("pac check proxy.pac"), @r###"
    exit: 0
    ----- stdout -----
    proxy.pac: loads, 311 bytes, engine compiled
    ----- stderr -----
    "###);
}

#[test]
fn check_names_lines() {
    assert_snapshot!(whichproxy("pac check ex.pac"), @r###"
    exit: 0
    ----- stdout -----
    ex.pac line 1: neither UTF-8 nor marked as UTF-16, so read as windows-1252
    ex.pac line 3: FindProxyForURLEx is called instead of FindProxyForURL by Windows, and by nobody else
    ex.pac: loads, 137 bytes, engine constant
    ----- stderr -----
    "###);
}

#[test]
fn check_syntax_error() {
    assert_snapshot!(whichproxy("pac check syntax.pac"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: syntax.pac line 2, column 19: expected token `)`, got `{` in if statement (WinHTTP error 12166)
    "###);
}

#[test]
fn check_no_function() {
    assert_snapshot!(whichproxy("pac check nofunction.pac --format json"), @r###"
    exit: 1
    ----- stdout -----
    {"file":"nofunction.pac","loads":false,"bytes":57,"strategy":"js","refusals":[{"text":"no function `FindProxyForURL`"}],"shadowed":[],"warnings":[],"error":{"kind":"missing-function","message":"the script defines no function `FindProxyForURL`","winhttp_code":12166}}
    ----- stderr -----
    whichproxy: nofunction.pac: the script defines no function `FindProxyForURL` (WinHTTP error 12166)
    "###);
}

#[test]
fn check_too_large() {
    assert_snapshot!(whichproxy("pac check proxy.pac --max-bytes 100"), @r###"
    exit: 1
    ----- stdout -----
    ----- stderr -----
    whichproxy: proxy.pac: the script has 311 bytes, 100 are allowed (WinHTTP error 12166)
    "###);
}

#[test]
fn check_a_script_that_throws() {
    assert_snapshot!(whichproxy("pac check throws.pac"), @r###"
    exit: 0
    ----- stdout -----
    throws.pac: asked offline about http://www.example.com/: line 3, column 10: the script threw `ReferenceError: undefinedName is not defined`
    throws.pac: loads, 86 bytes, engine compiled
    ----- stderr -----
    "###);
}
