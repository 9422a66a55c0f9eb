//! What the command is told.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use url::Url;
use whichproxy::{Client, LocalTime, Sid};

use crate::output::masked_text;

/// Which proxy will this Windows client use for this URL, and why?
#[derive(Debug, Parser)]
#[command(
    name = "whichproxy",
    // The same on every system, whatever the file is called.
    bin_name = "whichproxy",
    version,
    long_about = "Which proxy will this Windows client use for this URL, \
                  and why?\n\n\
                  The answer is made of a registry export, on any system, \
                  or of the registry of Windows itself, without the network: \
                  nothing is asked of it unless you \
                  say --online, and what would have been asked is named, \
                  with the option that answers it. Only `discover` asks \
                  without being told to.",
    after_help = "Examples:
  whichproxy resolve https://www.example.com/ --reg export.reg --explain
  whichproxy resolve --urls urls.txt --as wininet --reg export.reg
  whichproxy settings --reg export.reg
  whichproxy plan --as defender-edr --reg export.reg --all-readings
  whichproxy discover
  whichproxy pac eval proxy.pac http://www.example.com/ --dns www.example.com=192.0.2.7

Exit status: 0 every URL was resolved; 1 a client would have failed;
2 wrong usage, or input that can't be read."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Resolve(ResolveArgs),
    Settings(SettingsArgs),
    Plan(PlanArgs),
    Discover(DiscoverArgs),
    Record(RecordArgs),
    Compare(CompareArgs),
    /// Run or check a PAC script
    #[command(subcommand)]
    Pac(PacCommand),
    /// Print a script that completes this command's options in a shell
    #[command(after_help = "Example:
  whichproxy completions bash > ~/.local/share/bash-completion/completions/whichproxy")]
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Examples:
  whichproxy man | man -l -
  whichproxy man pac eval > whichproxy-pac-eval.1")]
    Man {
        /// The page of this subcommand
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

/// Print what a client would try for URLs
///
/// One URL prints its routes as a PAC string, to be tried in order; several
/// print one line each, the URL and its routes with a tab between.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy resolve https://www.example.com/ --reg export.reg --explain
  whichproxy resolve --urls - --as defender-av --reg policy.reg --reg user.reg < urls.txt
  whichproxy resolve http://intranet/ --reg export.reg \\
      --page http://pac.corp.example/proxy.pac=proxy.pac --my-ip 10.1.2.3
  whichproxy resolve https://www.example.com/ --as environment --env HTTPS_PROXY=proxy:8080
  whichproxy resolve https://www.example.com/ --online --watch")]
pub(crate) struct ResolveArgs {
    #[command(flatten)]
    pub(crate) urls: UrlArgs,
    /// The client that asks
    ///
    /// The default is WinHTTP's automatic mode, which looks at most of what
    /// can be configured.
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) client: Client,
    /// Follow this reading where the order is not documented beyond doubt;
    /// `whichproxy plan --all-readings` prints all
    #[arg(long, value_name = "NAME")]
    pub(crate) reading: Option<String>,
    /// Print to stderr how each answer comes about
    ///
    /// Every step of the client's order, which value at which registry path
    /// decided, how well it is founded, and what was tried.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Go on, and print each answer that is another than before
    ///
    /// The registry (of Windows, without --reg) and this computer's addresses
    /// are watched, from when every URL was asked about once; once a minute
    /// the answers are asked for in any case. Where there is none any more,
    /// `no answer` is printed, and why to stderr.
    #[arg(long, conflicts_with = "machine")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Print what is configured, and where it says so
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy settings --reg export.reg
  whichproxy settings --reg export.reg --user S-1-5-18 --format json")]
pub(crate) struct SettingsArgs {
    /// Read the per-user part for the account that this client runs as,
    /// instead of the current user
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    pub(crate) client: Option<Client>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Print the order of a client, with sources
///
/// A plan is made of settings alone. Where Microsoft does not document the
/// order beyond doubt there are several readings, the best founded first.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy plan --as defender-edr --reg export.reg
  whichproxy plan --as defender-edr --reg export.reg --all-readings")]
pub(crate) struct PlanArgs {
    /// The client whose order it is
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) client: Client,
    /// Print this reading
    #[arg(long, value_name = "NAME", conflicts_with = "all_readings")]
    pub(crate) reading: Option<String>,
    /// Print every reading that these settings allow
    #[arg(long)]
    pub(crate) all_readings: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Look for a PAC script by WPAD, and print each question with its answer
///
/// The real network is asked: DHCP on every interface, then DNS under the
/// machine's suffixes, then the server that is found. Nothing is asked that
/// the settings switch off, where --reg gives some.
///
/// Exit status 1 when no script is found.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy discover
  whichproxy discover --interface eth0 --format json
  whichproxy discover --domain eu.corp.example
  whichproxy discover --offline --dhcp-wpad http://10.0.0.5/wpad.dat \\
      --page http://10.0.0.5/wpad.dat=wpad.dat")]
pub(crate) struct DiscoverArgs {
    /// The client that looks: whether it does, its settings say
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) client: Client,
    /// Ask DHCP on this interface only
    #[arg(long, value_name = "NAME")]
    pub(crate) interface: Option<String>,
    /// Look even where the settings switch auto-detection off
    #[arg(long)]
    pub(crate) anyway: bool,
    /// Ask nobody; the options alone answer
    #[arg(long, conflicts_with = "online")]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Write down everything that resolving URLs asks of this machine
///
/// The recording is one file, TOML: `--machine FILE` gives the same answers
/// from it, anywhere. The real network is asked. User names and passwords
/// before an `@` are masked; names of hosts, addresses and scripts are not,
/// so look at it before you pass it on.
///
/// Exit status 1 when a client would have failed, which is recorded too.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy record https://www.example.com/ --output machine.toml
  whichproxy record --urls urls.txt --as defender-edr --as defender-av > machine.toml
  whichproxy resolve https://www.example.com/ --machine machine.toml --explain")]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) urls: UrlArgs,
    /// The client that asks; several ask in turn
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) clients: Vec<Client>,
    /// Write the recording to this file, instead of stdout
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Ask nobody; the options alone answer
    #[arg(long, conflicts_with = "online")]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) machine: MachineArgs,
}

/// Ask Windows' own WinHTTP too, and show where its answer and ours part
///
/// First come the settings as WinHTTP reads them and as we do, then, for each
/// URL, what the script says by `WinHttpGetProxyForUrl` and
/// `WinHttpGetProxyForUrlEx`. It runs on Windows only, and the real network is
/// asked.
///
/// Exit status 1 where they part. What --output writes can be sent to us: it
/// is how what we believe of Windows is mended.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy compare https://www.example.com/
  whichproxy compare --as winhttp
  whichproxy compare --format json --as wininet https://www.example.com/
  whichproxy compare --pac http://pac.corp.example/proxy.pac --urls urls.txt
  whichproxy compare --urls urls.txt --output answers.toml")]
pub(crate) struct CompareArgs {
    /// What the script is asked about
    #[arg(value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// Ask about every line of this file too, or of stdin (`-`)
    #[arg(long = "urls", value_name = "FILE", id = "list")]
    pub(crate) list: Option<PathBuf>,
    /// The client that asks
    #[arg(long = "as", value_name = "CLIENT", value_parser = winhttp_client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) client: Client,
    /// Ask about this script, whatever the settings say
    #[arg(long, value_name = "URL", value_parser = script_url)]
    pub(crate) pac: Option<Url>,
    /// Write what Windows said of each URL to this file, as cases of the
    /// test suite
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Leave names of hosts as they are in that file
    ///
    /// Otherwise each is replaced by another of the same length, but for
    /// public suffixes and the like; comments of scripts are left out.
    /// Addresses are as they were in any case.
    #[arg(long, requires = "output")]
    pub(crate) names: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PacCommand {
    Eval(PacEvalArgs),
    Check(PacCheckArgs),
    Bench(PacBenchArgs),
}

/// Ask a PAC script about URLs
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy pac eval proxy.pac https://www.example.com/ --explain
  whichproxy pac eval proxy.pac --urls urls.txt --format json
  whichproxy pac eval proxy.pac http://www.example.com/ --dns www.example.com=192.0.2.7 \\
      --my-ip 10.1.2.3 --now 2026-11-22T09:30:00+01:00")]
pub(crate) struct PacEvalArgs {
    /// The script: a file, an address (`http:` and `https:` with --online,
    /// `file:`, `data:`), or `-` for stdin
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) urls: UrlArgs,
    /// Tell the script as much of the URL as this client would
    #[arg(long = "as", value_name = "CLIENT", value_parser = client())]
    #[arg(default_value = "winhttp-auto")]
    pub(crate) client: Client,
    /// Which engine runs the script
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub(crate) engine: Engine,
    /// Print to stderr what the script returned, asked and said
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: NetworkArgs,
}

/// Tell whether a PAC script loads, which engine runs it, and what is odd
/// about it
///
/// Exit status 1 when a client could not load it.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  whichproxy pac check proxy.pac
  whichproxy pac check proxy.pac --max-bytes 4M --format json")]
pub(crate) struct PacCheckArgs {
    /// The script: a file, an address (`http:` and `https:` with --online,
    /// `file:`, `data:`), or `-` for stdin
    pub(crate) file: PathBuf,
    /// Which engine runs the script
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub(crate) engine: Engine,
    /// Fetch the script from the real network, where it has an address
    #[arg(long)]
    pub(crate) online: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// Measure how fast a PAC script loads and answers
///
/// Loading is from the script's bytes to one that can be asked. A lookup is
/// one question; nothing is remembered between lookups.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  whichproxy pac bench proxy.pac --urls urls.txt --format json")]
pub(crate) struct PacBenchArgs {
    /// The script: a file, an address (`http:` and `https:` with --online,
    /// `file:`, `data:`), or `-` for stdin
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) urls: UrlArgs,
    /// Which engine runs the script
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    pub(crate) engine: Engine,
    /// How long to ask, in seconds, on one thread and then on all
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    #[arg(default_value = "1")]
    pub(crate) seconds: f64,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) isolation: IsolationArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) machine: NetworkArgs,
}

#[derive(Debug, Parser)]
pub(crate) struct UrlArgs {
    /// What is asked about
    #[arg(value_name = "URL", required_unless_present = "list")]
    pub(crate) urls: Vec<String>,
    /// Ask about every line of this file too, or of stdin (`-`)
    ///
    /// Blank lines and lines that start with `#` are passed over. A line
    /// that is no URL is named, and the rest goes on.
    #[arg(long = "urls", value_name = "FILE", id = "list")]
    pub(crate) list: Option<PathBuf>,
}

#[derive(Debug, Parser)]
pub(crate) struct LimitArgs {
    /// Refuse PAC scripts of more bytes; `512K` and `4M` will do
    ///
    /// The default is WinHTTP's limit.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    #[arg(default_value = "1M")]
    pub(crate) max_bytes: usize,
    /// Stop PAC scripts that take longer to answer
    ///
    /// The default is WinHTTP's limit.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    #[arg(default_value = "60")]
    pub(crate) max_seconds: f64,
}

impl LimitArgs {
    /// The limits of scripts.
    pub(crate) fn limits(&self) -> whichproxy::Limits {
        whichproxy::Limits::new()
            .with_source_bytes(self.max_bytes)
            .with_deadline(Duration::from_secs_f64(self.max_seconds))
    }
}

#[derive(Debug, Parser)]
pub(crate) struct IsolationArgs {
    /// Where a script runs that has to run as JavaScript: in a process of
    /// its own, whose time and memory are bounded, or in this one
    #[arg(long, value_enum, default_value_t = Isolation::Worker, hide_possible_values = true)]
    #[arg(value_name = "worker|thread")]
    pub(crate) isolation: Isolation,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Isolation {
    Thread,
    Worker,
}

impl IsolationArgs {
    /// Where scripts run.
    pub(crate) fn place(&self) -> whichproxy::Isolation {
        match self.isolation {
            Isolation::Thread => whichproxy::Isolation::Thread,
            Isolation::Worker => {
                whichproxy::Isolation::Worker(whichproxy_os::worker::workers())
            }
        }
    }
}

#[derive(Debug, Parser)]
pub(crate) struct FormatArgs {
    /// How the answer is printed: for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Text, hide_possible_values = true)]
    #[arg(value_name = "text|json")]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Text,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Engine {
    /// The fastest that takes the script
    Auto,
    /// None that runs JavaScript: a script, or a URL, that would need one is
    /// an error that says why
    Compiled,
    /// The one that runs all of JavaScript
    Js,
}

/// The machine that is asked about.
#[derive(Debug, Parser)]
#[command(next_help_heading = "Machine")]
pub(crate) struct MachineArgs {
    /// Ask the machine that this recording is of, which `whichproxy record`
    /// made; nothing else is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "reg", "page", "dhcp_wpad", "domain", "dns", "hosts", "my_ip", "now",
        "online",
    ])]
    pub(crate) machine: Option<PathBuf>,
    /// Take the registry from this export (.reg); more than one are
    /// applied in order, each on top of those before
    ///
    /// Without one it is this computer's on Windows, and empty elsewhere.
    #[arg(long, value_name = "FILE")]
    pub(crate) reg: Vec<PathBuf>,
    /// Set an environment variable
    ///
    /// The environment of this process counts with --online only.
    #[arg(long, value_name = "NAME=VALUE", value_parser = env)]
    pub(crate) env: Vec<(String, String)>,
    /// See the settings of this account, instead of the one that the client
    /// runs as
    #[arg(long, value_name = "SID")]
    pub(crate) user: Option<Sid>,
    /// Answer a GET of URL with a file; the last `=` divides them
    #[arg(long, value_name = "URL=FILE", value_parser = page)]
    pub(crate) page: Vec<(Url, PathBuf)>,
    /// Answer DHCP's option 252 with this URL; an empty one is no offer
    #[arg(long, value_name = "URL")]
    pub(crate) dhcp_wpad: Option<String>,
    /// The machine's DNS suffix, for WPAD
    #[arg(long, value_name = "SUFFIX")]
    pub(crate) domain: Option<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// What a PAC script can ask of the machine.
#[derive(Debug, Parser)]
#[command(next_help_heading = "Machine")]
pub(crate) struct NetworkArgs {
    /// Answer a DNS question; without addresses, the name does not exist
    #[arg(long, value_name = "NAME=IP[,IP]", value_parser = dns)]
    pub(crate) dns: Vec<(String, Vec<IpAddr>)>,
    /// Answer DNS questions from a hosts file
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts: Option<PathBuf>,
    /// The machine's own address; the preferred one first
    #[arg(long, value_name = "IP")]
    pub(crate) my_ip: Vec<IpAddr>,
    /// The time, with the offset of the machine's time zone, such as
    /// 2026-11-22T09:30:00+01:00; the system's clock otherwise
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<LocalTime>,
    /// Ask the real network and this machine for what no option answers
    #[arg(long)]
    pub(crate) online: bool,
}

fn client() -> impl TypedValueParser<Value = Client> {
    one_of(Client::ALL)
}

/// Those that WinHTTP can be asked for.
fn winhttp_client() -> impl TypedValueParser<Value = Client> {
    one_of([Client::Winhttp, Client::WinhttpAuto, Client::Wininet])
}

fn one_of<const N: usize>(
    clients: [Client; N],
) -> impl TypedValueParser<Value = Client> {
    let values = clients.map(|client| {
        PossibleValue::new(client.name()).help(match client {
            Client::DefenderAv => "Defender Antivirus",
            Client::DefenderEdr => "Defender for Endpoint's EDR sensor",
            Client::Environment => "HTTPS_PROXY and its kin, as curl has it",
            Client::Winhttp => "WinHTTP, the static proxy of netsh only",
            Client::WinhttpAuto => "WinHTTP in automatic mode",
            Client::Wininet => "WinINET, as browsers use it",
            _ => "",
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Client>())
}

fn pair<'a>(text: &'a str, shape: &str) -> Result<(&'a str, &'a str), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(format!("expected {shape}")),
    }
}

/// WinHTTP takes no others (WINHTTP-AUTOPROXY-SUPPORT, documented).
fn script_url(text: &str) -> Result<Url, String> {
    let url = text.parse::<Url>().map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("WinHTTP fetches no script by `{scheme}:`")),
    }
}

fn env(text: &str) -> Result<(String, String), String> {
    let (name, value) = pair(text, "NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn dns(text: &str) -> Result<(String, Vec<IpAddr>), String> {
    let (name, list) = pair(text, "NAME=IP[,IP]")?;
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let addresses = parts.map(|part| {
        part.parse()
            .map_err(|_| format!("`{}` is no IP address", part.escape_debug()))
    });
    Ok((name.to_owned(), addresses.collect::<Result<_, _>>()?))
}

fn page(text: &str) -> Result<(Url, PathBuf), String> {
    let (url, file) = text
        .rsplit_once('=')
        .filter(|(url, file)| !url.is_empty() && !file.is_empty())
        .ok_or("expected URL=FILE")?;
    let url = Url::parse(url).map_err(|error| {
        format!("`{}`: {error}", masked_text(url).escape_debug())
    })?;
    Ok((url, file.into()))
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .filter(|number| (0.0..=3_600.0).contains(number))
        .ok_or_else(|| "expected a number of seconds up to 3600".to_owned())
}

fn bytes(text: &str) -> Result<usize, String> {
    let (digits, factor) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1 << 10),
        None => match text.strip_suffix(['M', 'm']) {
            Some(digits) => (digits, 1 << 20),
            None => (text, 1),
        },
    };
    let number: Option<usize> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| "expected a number of bytes, such as 512K".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("17"), Ok(17));
        assert_eq!(bytes("2k"), Ok(2048));
        assert_eq!(bytes("4M"), Ok(4 << 20));
        for bad in ["", "M", "-1", "1G", "99999999999999M"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pairs() {
        let (url, file) = page("http://a.example/?x=y=p.pac").unwrap();
        assert_eq!(url.as_str(), "http://a.example/?x=y");
        assert_eq!(file, PathBuf::from("p.pac"));
        assert!(page("http://a.example/").is_err());
        assert!(page("p.pac=http://a.example/").is_err());
        assert_eq!(env("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(env("=b").is_err());
        assert_eq!(dns("a=").unwrap().1.len(), 0);
        assert_eq!(dns("a=10.0.0.1, ::1").unwrap().1.len(), 2);
        assert!(dns("a=10.0.0").is_err());
    }
}
