//! A question, and what Windows and we say.

use serde::Serialize;
use url::Url;
use whichproxy::plan::Action;
use whichproxy::settings::{Dialect, ProxyMap, Setting, StaticProxy};
use whichproxy::trace::Outcome;
use whichproxy::{Error, Resolution, Resolver, Route, Settings};
use whichproxy_os::winhttp::{
    Automatic, Failure, ProxyEntry, ProxyInfo, UserConfiguration, Winhttp,
};

use super::case::Expected;
use crate::output::{masked, masked_text};

/// A question, and what both say.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// What was asked.
    pub(super) question: &'static str,
    /// What Windows said.
    pub(super) windows: String,
    /// What we say.
    pub(super) whichproxy: String,
    /// Whether that is the same.
    pub(super) verdict: Verdict,
}

/// Whether two answers are the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// They are.
    Same,
    /// As far as Windows' goes, of which the function gives no more.
    SameSoFar,
    /// They are not.
    Different,
}

impl Verdict {
    fn of(same: bool) -> Verdict {
        if same { Verdict::Same } else { Verdict::Different }
    }
}

fn row(
    question: &'static str,
    windows: String,
    whichproxy: String,
    same: bool,
) -> Row {
    Row { question, windows, whichproxy, verdict: Verdict::of(same) }
}

/// The proxy of `netsh winhttp`.
pub(super) fn default_rows(
    winhttp: &dyn Winhttp,
    settings: &Settings,
) -> Vec<Row> {
    let said = match winhttp.default_configuration() {
        Ok(said) => said,
        Err(failure) => return vec![failed("netsh's proxy", failure)],
    };
    let ours = settings.winhttp.proxy.value();
    static_rows(["netsh's proxy", "its bypass list"], &said, ours)
}

/// The Internet settings of the user; and what follows of Windows' for a
/// script.
pub(super) fn user_rows(
    winhttp: &dyn Winhttp,
    settings: &Settings,
) -> (Vec<Row>, Automatic) {
    let said = match winhttp.user_configuration() {
        Ok(said) => said,
        // Source: WINHTTP-AUTOPROXY-OPTIONS, documented: what there is none
        // of is not found.
        Err(Failure { code: 2, .. }) => UserConfiguration::default(),
        Err(failure) => {
            let rows = vec![failed("Internet settings", failure)];
            return (rows, Automatic::default());
        }
    };
    let ours = &settings.wininet;
    let on = |on| if on { "on" } else { "off" }.to_owned();
    let detects = ours.auto_detect.value().copied().unwrap_or_default();
    let mut rows = vec![row(
        "auto-detect",
        on(said.auto_detect),
        on(detects),
        said.auto_detect == detects,
    )];
    let script = said.auto_config_url.clone();
    let (theirs, known) = (script.as_deref(), &ours.auto_config_url);
    let same = match (theirs, known) {
        (None, Setting::Unset) => true,
        (Some(text), Setting::Set(url)) => {
            text.parse::<Url>().is_ok_and(|text| text == url.value)
        }
        // It can't be read: both are told, and it is the same value.
        (Some(text), Setting::Malformed(_)) => text.parse::<Url>().is_err(),
        _ => false,
    };
    let known = match known {
        Setting::Unset => "none".to_owned(),
        Setting::Set(url) => masked(&url.value),
        Setting::Malformed(_) => "one that can't be read".to_owned(),
    };
    let shown = theirs.map_or("none".to_owned(), masked_text);
    rows.push(row("setup script", shown, known, same));
    let manual = ProxyInfo { proxy: said.proxy, bypass: said.bypass };
    let names = ["manual proxy", "its bypass list"];
    rows.extend(static_rows(names, &manual, ours.proxy.value()));
    (rows, Automatic { detect: said.auto_detect, script })
}

fn failed(question: &'static str, failure: Failure) -> Row {
    row(question, failure.to_string(), "not asked".to_owned(), false)
}

/// A list of proxies and its bypass list, which counts with proxies only.
fn static_rows(
    [proxy, bypass]: [&'static str; 2],
    said: &ProxyInfo,
    ours: Option<&StaticProxy>,
) -> Vec<Row> {
    let none = || "none".to_owned();
    let list = |map: &ProxyMap| match map.is_empty() {
        true => none(),
        false => map.to_string(),
    };
    let (theirs, _) = ProxyMap::parse(said.proxy.as_deref().unwrap_or(""));
    let known = ours.map(|ours| ours.proxies.clone()).unwrap_or_default();
    let mut rows = vec![row(
        proxy,
        list(&theirs),
        list(&known),
        theirs.to_string() == known.to_string(),
    )];
    if theirs.is_empty() && known.is_empty() {
        return rows;
    }
    let entries = |text: &str| {
        let parts = text.split(|c: char| c == ';' || c.is_whitespace());
        let parts = parts.filter(|part| !part.is_empty());
        parts.map(masked_text).collect::<Vec<_>>().join(";")
    };
    let theirs = entries(said.bypass.as_deref().unwrap_or(""));
    let known = entries(ours.map_or("", |ours| ours.bypass.text()));
    let same = theirs == known;
    let shown = |text: String| if text.is_empty() { none() } else { text };
    rows.push(row(bypass, shown(theirs), shown(known), same));
    rows
}

/// The address of the script that WPAD finds.
pub(super) fn detected(winhttp: &dyn Winhttp, resolver: &Resolver) -> Row {
    let theirs = winhttp.detect();
    let ours = resolver.discover().found;
    let ours = ours.as_ref().map(|(url, _)| url);
    let same = match (&theirs, ours) {
        (Ok(text), Some(url)) => text.parse().is_ok_and(|u: Url| u == *url),
        (Err(_), None) => true,
        _ => false,
    };
    let windows = match theirs {
        Ok(text) => masked_text(&text),
        Err(failure) => failure.to_string(),
    };
    let whichproxy = ours.map_or("none".to_owned(), masked);
    row("detected script", windows, whichproxy, same)
}

/// What the script says of a URL, by both functions that ask one, beside
/// what we say; and what Windows said, as far as it did.
pub(super) fn script_rows(
    winhttp: &dyn Winhttp,
    automatic: &Automatic,
    answer: &Result<Resolution, Error>,
    url: &Url,
) -> (Vec<Row>, Expected) {
    let ours = ours(answer);
    let asked = url.as_str();
    let first = winhttp.proxy_for_url(asked, automatic);
    let first = first.map(|said| routes_of(&said, url.scheme()));
    let all = winhttp.proxy_for_url_ex(asked, automatic);
    let all: Result<Vec<String>, Failure> =
        all.map(|said| said.iter().map(route_of).collect());
    let windows = match (&all, &first) {
        (Ok(routes), _) | (Err(_), Ok(routes)) => {
            let routes = routes.iter().map(|route| match route.as_str() {
                "DIRECT" => "DIRECT".to_owned(),
                proxy => format!("PROXY {proxy}"),
            });
            Expected::Routes(routes.collect::<Vec<_>>().join("; "))
        }
        (Err(_), Err(failure)) => Expected::Code(failure.code),
    };
    let rows = vec![
        answers("script", first, &ours),
        answers("script, all routes", all, &ours),
    ];
    (rows, windows)
}

/// The routes that a script gave, as a PAC string's elements; else why there
/// are none.
fn ours(answer: &Result<Resolution, Error>) -> Result<Vec<String>, String> {
    let found = match answer {
        Ok(found) => found,
        Err(error) => return Err(error.to_string()),
    };
    let mut said = Err("there is no script".to_owned());
    for step in found.trace().steps() {
        if !matches!(step.step.action, Action::Detect | Action::Pac { .. }) {
            continue;
        }
        let number = step.number;
        match step.outcome {
            Outcome::Routes { fallback: false, .. } => {
                let routes = found.candidates();
                let own = routes.filter(|(_, by)| *by == number);
                return Ok(own.map(|(route, _)| element(route)).collect());
            }
            Outcome::Bypassed => return Ok(vec!["DIRECT".to_owned()]),
            _ => {
                let note = step.notes.last().map(ToString::to_string);
                said = Err(
                    note.unwrap_or_else(|| step.outcome.name().to_owned())
                );
            }
        }
    }
    said
}

/// What the functions can tell of a route: not of what kind the proxy is.
fn element(route: &Route) -> String {
    match route.proxy() {
        Some(proxy) => format!("{}:{}", proxy.host(), proxy.port()),
        None => "DIRECT".to_owned(),
    }
}

fn routes_of(said: &ProxyInfo, scheme: &str) -> Vec<String> {
    let Some(text) = &said.proxy else { return vec!["DIRECT".to_owned()] };
    let (map, _) = ProxyMap::parse(text);
    let proxies = map.proxies_for(scheme, Dialect::Winhttp).iter();
    proxies.map(|proxy| element(&Route::from(proxy.clone()))).collect()
}

fn route_of(entry: &ProxyEntry) -> String {
    match &entry.proxy {
        Some(host) => format!("{host}:{}", entry.port),
        None => "DIRECT".to_owned(),
    }
}

/// One answer beside the other. One that ends early is the same so far,
/// since Windows' functions have no place for all of it.
fn answers(
    question: &'static str,
    windows: Result<Vec<String>, Failure>,
    ours: &Result<Vec<String>, String>,
) -> Row {
    let verdict = match (&windows, ours) {
        (Ok(theirs), Ok(ours)) if theirs == ours => Verdict::Same,
        (Ok(theirs), Ok(ours))
            if !theirs.is_empty() && ours.starts_with(theirs) =>
        {
            Verdict::SameSoFar
        }
        (Err(_), Err(_)) => Verdict::Same,
        _ => Verdict::Different,
    };
    let windows = match windows {
        Ok(routes) => routes.join("; "),
        Err(failure) => failure.to_string(),
    };
    let whichproxy = match ours {
        Ok(routes) => routes.join("; "),
        Err(why) => why.clone(),
    };
    Row { question, windows, whichproxy, verdict }
}

#[cfg(test)]
mod tests {
    use whichproxy::machine::Pages;
    use whichproxy::registry::RegFile;
    use whichproxy::{Client, Identity, Machine, Plan};

    use super::*;

    /// A WinHTTP that says what it is told to say.
    #[derive(Debug)]
    struct Fake {
        user: Result<UserConfiguration, Failure>,
        default: ProxyInfo,
        detected: Result<String, Failure>,
        first: Result<ProxyInfo, Failure>,
        all: Result<Vec<ProxyEntry>, Failure>,
    }

    impl Winhttp for Fake {
        fn default_configuration(&self) -> Result<ProxyInfo, Failure> {
            Ok(self.default.clone())
        }

        fn user_configuration(&self) -> Result<UserConfiguration, Failure> {
            self.user.clone()
        }

        fn detect(&self) -> Result<String, Failure> {
            self.detected.clone()
        }

        fn proxy_for_url(
            &self,
            _: &str,
            _: &Automatic,
        ) -> Result<ProxyInfo, Failure> {
            self.first.clone()
        }

        fn proxy_for_url_ex(
            &self,
            _: &str,
            _: &Automatic,
        ) -> Result<Vec<ProxyEntry>, Failure> {
            self.all.clone()
        }
    }

    const NONE: Failure = Failure { call: "WinHttpDetect…", code: 12180 };

    fn fake() -> Fake {
        Fake {
            user: Ok(UserConfiguration::default()),
            default: ProxyInfo::default(),
            detected: Err(NONE),
            first: Ok(ProxyInfo::default()),
            all: Err(NONE),
        }
    }

    fn info(proxy: &str, bypass: &str) -> ProxyInfo {
        let some = |text: &str| Some(text.to_owned());
        ProxyInfo { proxy: some(proxy), bypass: some(bypass) }
    }

    fn machine(values: &str, script: &str) -> Machine {
        let text = format!(
            "REGEDIT4\n\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\\
             CurrentVersion\\Internet Settings]\n{values}\n"
        );
        let export = RegFile::parse(text.as_bytes(), "a.reg").unwrap();
        let url = "http://pac.example/p.pac".parse().unwrap();
        Machine::offline()
            .with_registry(export)
            .with_fetch(Pages::new().with(&url, script))
    }

    fn settings(values: &str) -> Settings {
        let machine = machine(values, "");
        Settings::read(&machine, &Identity::CurrentUser).unwrap()
    }

    /// The rows as `question: windows | whichproxy verdict`.
    fn told(rows: &[Row]) -> Vec<String> {
        let line = |row: &Row| {
            let Row { question, windows, whichproxy, verdict } = row;
            format!("{question}: {windows} | {whichproxy} {verdict:?}")
        };
        rows.iter().map(line).collect()
    }

    #[test]
    fn the_same_settings() {
        let values = "\"ProxyEnable\"=dword:1\n\"ProxyServer\"=\"a:80\"\n\
            \"ProxyOverride\"=\"*.b.example;<local>\"\n\
            \"AutoConfigURL\"=\"http://me:secret@pac.example/p.pac\"\n";
        let user = UserConfiguration {
            auto_config_url: Some("http://me:secret@pac.example/p.pac".into()),
            proxy: Some("a:80".into()),
            bypass: Some("*.b.example <local>".into()),
            ..UserConfiguration::default()
        };
        let winhttp = Fake { user: Ok(user), ..fake() };
        let (rows, automatic) = user_rows(&winhttp, &settings(values));
        let script = "http://***@pac.example/p.pac";
        let script = format!("setup script: {script} | {script} Same");
        assert_eq!(
            told(&rows),
            [
                "auto-detect: off | off Same",
                &script,
                "manual proxy: a:80 | a:80 Same",
                "its bypass list: *.b.example;<local> | *.b.example;<local> Same",
            ]
        );
        assert!(!automatic.detect && automatic.script.is_some());
    }

    #[test]
    fn other_settings() {
        let user = UserConfiguration {
            auto_detect: true,
            proxy: Some("http=a:80;https=b:81".into()),
            ..UserConfiguration::default()
        };
        let winhttp = Fake { user: Ok(user), ..fake() };
        let (rows, _) = user_rows(&winhttp, &settings(""));
        assert_eq!(
            told(&rows),
            [
                "auto-detect: on | off Different",
                "setup script: none | none Same",
                "manual proxy: http=a:80;https=b:81 | none Different",
                "its bypass list: none | none Same",
            ]
        );
        let none = Failure { call: "WinHttpGetIE…", code: 2 };
        let winhttp = Fake { user: Err(none), ..fake() };
        let (rows, _) = user_rows(&winhttp, &settings(""));
        assert!(rows.iter().all(|row| row.verdict == Verdict::Same));
        let winhttp = Fake { user: Err(NONE), ..fake() };
        let (rows, _) = user_rows(&winhttp, &settings(""));
        assert_eq!(told(&rows).len(), 1);
        assert_eq!(rows.first().unwrap().verdict, Verdict::Different);
        let winhttp = Fake { default: info("a:1", "x"), ..fake() };
        assert_eq!(
            told(&default_rows(&winhttp, &settings(""))),
            [
                "netsh's proxy: a:1 | none Different",
                "its bypass list: x | none Different",
            ]
        );
    }

    /// Ours of a script that says `text`, beside what Windows says.
    fn script(text: &str, winhttp: &Fake) -> Vec<String> {
        let script = format!(
            "function FindProxyForURL(url, host) {{ return '{text}'; }}"
        );
        let values = "\"AutoConfigURL\"=\"http://pac.example/p.pac\"";
        let machine = machine(values, &script);
        let settings =
            Settings::read(&machine, &Identity::CurrentUser).unwrap();
        let plan = Plan::new(Client::WinhttpAuto, &settings);
        let resolver = Resolver::with_plan(plan, machine);
        let url = "http://www.example.com/".parse().unwrap();
        let automatic = Automatic::default();
        let answer = resolver.resolve(&url);
        told(&script_rows(winhttp, &automatic, &answer, &url).0)
    }

    #[test]
    fn what_a_script_says() {
        let entry = |host: &str, port| ProxyEntry {
            proxy: Some(host.to_owned()),
            port,
            bypass: false,
        };
        let direct = ProxyEntry::default();
        let all = Ok(vec![entry("a", 1), direct]);
        let winhttp = Fake { first: Ok(info("a:1", "")), all, ..fake() };
        assert_eq!(
            script("PROXY a:1; DIRECT", &winhttp),
            [
                "script: a:1 | a:1; DIRECT SameSoFar",
                "script, all routes: a:1; DIRECT | a:1; DIRECT Same",
            ]
        );
        assert_eq!(
            script("PROXY a:2", &winhttp),
            [
                "script: a:1 | a:2 Different",
                "script, all routes: a:1; DIRECT | a:2 Different",
            ]
        );
        assert_eq!(
            script("DIRECT", &fake()),
            [
                "script: DIRECT | DIRECT Same",
                "script, all routes: WinHttpDetect… failed: 12180 \
             ERROR_WINHTTP_AUTODETECTION_FAILED | DIRECT Different",
            ]
        );
        // That of a machine in which it can't be fetched.
        let winhttp = Fake { first: Err(NONE), ..fake() };
        let rows = script("'; x(", &winhttp);
        assert!(rows.iter().all(|row| row.ends_with(" Same")), "{rows:?}");
    }

    #[test]
    fn what_is_detected() {
        let machine = machine("\"AutoDetect\"=dword:1", "");
        let settings =
            Settings::read(&machine, &Identity::CurrentUser).unwrap();
        let plan = Plan::new(Client::WinhttpAuto, &settings);
        let resolver = Resolver::with_plan(plan, machine);
        assert_eq!(detected(&fake(), &resolver).verdict, Verdict::Same);
        let detected_url = Ok("http://wpad/wpad.dat".to_owned());
        let winhttp = Fake { detected: detected_url, ..fake() };
        let row = detected(&winhttp, &resolver);
        assert_eq!(row.verdict, Verdict::Different);
    }
}
