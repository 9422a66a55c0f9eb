//! `whichproxy discover`, without a network.

use insta::assert_snapshot;

use super::whichproxy;

/// Asks nobody; the time stands still.
fn discover(args: &str) -> String {
    let now = "--now 2026-11-22T09:30:00Z";
    whichproxy(&format!("discover --offline {now} {args}"))
}

#[test]
fn each_question_and_its_answer() {
    assert_snapshot!(discover(
        "--dhcp-wpad http://10.0.0.5/gone --domain eu.corp.co.uk \
         --dns wpad.eu.corp.co.uk= --dns wpad.corp.co.uk=10.0.0.6 \
         --page http://wpad.corp.co.uk/wpad.dat=proxy.pac"
    ), @r#"
    exit: 0
    ----- stdout -----
    DHCP option 252 on the default interface  --dhcp-wpad  http://10.0.0.5/gone
    page http://10.0.0.5/gone                              not asked
    DNS wpad.eu.corp.co.uk                                 does not resolve
    DNS wpad.corp.co.uk                                    10.0.0.6
    page http://wpad.corp.co.uk/wpad.dat                   a script of 311 bytes
    found http://wpad.corp.co.uk/wpad.dat
    ----- stderr -----
    whichproxy: not asked: page http://10.0.0.5/gone (answer with --page http://10.0.0.5/gone=FILE, or without --offline)
    "#);
}

#[test]
fn json() {
    assert_snapshot!(discover(
        "--format json --dhcp-wpad http://me:secret@10.0.0.5/p \
         --page http://me:secret@10.0.0.5/p=proxy.pac"
    ), @r#"
    exit: 0
    ----- stdout -----
    {"client":"winhttp-auto","attempts":[{"kind":"dhcp","question":"DHCP option 252 on the default interface","interface":"the default interface","asked":"--dhcp-wpad","answer":"http://***@10.0.0.5/p","found":true,"took_ms":0.0,"source":"WINHTTP-AUTOPROXY-ISSUES","grade":"documented"},{"kind":"page","question":"page http://***@10.0.0.5/p","url":"http://***@10.0.0.5/p","answer":"a script of 311 bytes","found":true,"took_ms":0.0,"source":"WPAD-DRAFT","grade":"documented"}],"found":{"url":"http://***@10.0.0.5/p","strategy":"compiled"}}
    ----- stderr -----
    "#);
}

#[test]
fn nothing_is_asked_that_is_switched_off() {
    assert_snapshot!(discover("--as winhttp --reg wpad.reg"), @r#"
    exit: 1
    ----- stdout -----
    no script found
    ----- stderr -----
    whichproxy: winhttp never looks for a script by WPAD (--anyway looks)
    "#);
    assert_snapshot!(discover("--as winhttp-auto --reg machine.reg"), @r#"
    exit: 1
    ----- stdout -----
    no script found
    ----- stderr -----
    whichproxy: winhttp-auto does not look for a script: auto-detect is not configured (--anyway looks)
    "#);
}

#[test]
fn anyway() {
    assert_snapshot!(discover("--as winhttp --reg wpad.reg --anyway"), @r#"
    exit: 1
    ----- stdout -----
    DHCP option 252 on the default interface  not asked
    DNS wpad                                  not asked: the bare name goes to whoever is near
    no script found
    ----- stderr -----
    whichproxy: not asked: DHCP option 252 (answer with --dhcp-wpad URL, or without --offline)
    "#);
}

#[test]
fn a_script_of_no_use() {
    assert_snapshot!(discover(
        "--dhcp-wpad http://10.0.0.5/p --page http://10.0.0.5/p=urls.txt"
    ), @r#"
    exit: 1
    ----- stdout -----
    DHCP option 252 on the default interface  --dhcp-wpad  http://10.0.0.5/p
    page http://10.0.0.5/p                                 line 1, column 1: abrupt end: Expecting private identifier
    found http://10.0.0.5/p, of no use: line 1, column 1: abrupt end: Expecting private identifier
    ----- stderr -----
    "#);
}

#[test]
fn interfaces_by_name() {
    assert_snapshot!(discover("--my-ip 10.0.0.7 --interface eth9"), @r#"
    exit: 2
    ----- stdout -----
    ----- stderr -----
    whichproxy: there is no interface `eth9`, but the default interface
    "#);
}
