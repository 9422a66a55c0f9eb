//! Real scripts, as they lie in public repositories: each answers, or fails
//! with its own fault.
//!
//! The scripts are not part of this repository. Where the folder is absent,
//! the test says so and passes.
#![allow(clippy::unwrap_used)] // a test may fail

use std::fs;
use std::net::IpAddr;

use whichproxy_grammar::real_scripts;
use whichproxy_pac::{
    Embedder, ErrorKind, Family, Limits, LocalTime, Pac, Query,
};

/// Scripts that no engine can read, with the fault.
const BROKEN: &[(&str, &str)] = &[
    ("alexcapellarowearejust__fortigate-pac__just_csc_vdi", "open string"),
    ("Alex-Stanfield__pac__proxy", "`console.log myIpAddress();`"),
    ("Althy__squid-conf__proxy", "a brace that is not closed"),
    ("conwnet__gfwlist-pac__src_template", "a template's place holder"),
    ("cquejuan__proxy2__prox", "a missing parenthesis"),
    ("danieldurnea__autoproxy-github__proxy", "begins with `###`"),
    ("danieldurnea__autoproxy-github__wpad.dat", "an open object literal"),
    ("Dionizioaf__endian-wpad__wpad.dat", "a comment of SQL"),
    ("jtechpro__pac__no-ads-compressed-google", "open string"),
    ("megacoder__darkzone-wpad__wpad.wildblue.com.wpad.dat", "HTTP headers"),
    ("sahilneal__custom-host__hosts-xtreme", "open string"),
];

/// Scripts that can be read, but fail when asked, with the fault.
const FAILING: &[(&str, &str)] = &[
    ("breakwa11__gfw_whitelist__data_whiteblack", "`__PROXY__`, a template"),
    ("brian-secrist-c42__pacfiles__dualproxy", "no `return` at the end"),
    ("imweb__node-pac__test_scripts_error", "`config`, on purpose"),
    ("itcook__gfwlist2pac__gfwlist2pac_resources_proxy", "`__DOMAINS__`"),
    ("ssd-ch__shimane-u_proxy__proxy", "`localHostOrDoaminIs`, a slip"),
];

struct Machine;

impl Embedder for Machine {
    fn resolve(&self, name: &str, family: Family) -> Vec<IpAddr> {
        let known = name.ends_with(".example.com") && family != Family::V6;
        if known { vec![[192, 0, 2, 7].into()] } else { Vec::new() }
    }

    fn own_addresses(&self, family: Family) -> Vec<IpAddr> {
        let own = IpAddr::from([10, 9, 8, 7]);
        if family.contains(&own) { vec![own] } else { Vec::new() }
    }

    fn now(&self) -> LocalTime {
        "2026-11-22T09:30:00+01:00".parse().unwrap()
    }
}

fn fault<'f>(list: &[(&str, &'f str)], name: &str) -> Option<&'f str> {
    let found = list.iter().find(|(stem, _)| {
        name.strip_prefix(stem).is_some_and(|rest| rest == ".pac")
    });
    found.map(|(_, fault)| *fault)
}

#[test]
fn real_scripts_answer() {
    let Some(paths) = real_scripts() else { return };
    let queries = [
        Query::raw("http://www.example.com/a/b?c", "www.example.com"),
        Query::raw("https://intranet/", "intranet"),
        Query::raw("http://10.1.2.3/", "10.1.2.3"),
    ];
    let limits = Limits::new().with_source_bytes(4 << 20);
    let mut wrong = Vec::new();
    let mut answers = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(path).unwrap();
        let builder = Pac::builder().limits(limits.clone());
        let pac = match builder.build_bytes(&bytes, None) {
            Ok(pac) => pac,
            Err(error) => {
                let own = error.kind() == ErrorKind::Syntax
                    && fault(BROKEN, &name).is_some();
                println!("{name}: {error}");
                if !own || error.line().is_none() {
                    wrong.push(format!("{name}: {error}"));
                }
                continue;
            }
        };
        if let Some(fault) = fault(BROKEN, &name) {
            wrong.push(format!("{name} was read in spite of {fault}"));
        }
        for query in &queries {
            match pac.evaluate(query.clone(), &Machine) {
                Ok(evaluation) => {
                    answers += 1;
                    assert!(evaluation.routes().len() > 0);
                }
                Err(error) => {
                    println!("{name}: {}: {error}", query.host());
                    if fault(FAILING, &name).is_none() {
                        wrong.push(format!("{name}: {error}"));
                    }
                }
            }
        }
    }
    println!("{} scripts, {answers} answers", paths.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
