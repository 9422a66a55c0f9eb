//! What the environment says, as a client on a machine.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use whichproxy::registry::{Key, RegFile, Root, Tree, Value};
use whichproxy::{Client, Identity, Isolation, Machine, Resolver};
use whichproxy_os::worker::{named_by_environment, trusts_environment};

/// The variables of the environment that count, sorted by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Variables(Vec<(String, String)>);

impl Variables {
    /// Those of this process.
    pub(crate) fn of_process() -> Variables {
        let mut all = whichproxy_os::environment();
        let is_proxy =
            |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
        let trusted = trusts_environment();
        all.retain(|(name, _)| {
            is_proxy(name) || trusted && name.starts_with("WHICHPROXY_")
        });
        all.sort();
        Variables(all)
    }

    /// A variable that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|v| !v.is_empty())
    }

    /// The proxy of a scheme: its own variable, else that of `http`.
    pub(crate) fn proxy_for(&self, scheme: &str) -> Option<&str> {
        let of = |scheme: &str| {
            let name = format!("{scheme}_proxy");
            self.get(&name).or_else(|| self.get(&name.to_ascii_uppercase()))
        };
        of(scheme).or_else(|| of("http"))
    }
}

/// Whose answers are given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// A client that the environment names.
    Named(Client),
    /// A program that goes by the environment.
    Environment,
    /// One with this script, and none other; `None` is WPAD.
    Script(Option<String>),
}

impl Wanted {
    /// What the variables say for URLs of a scheme.
    pub(crate) fn read(
        variables: &Variables,
        scheme: &str,
    ) -> Result<Wanted, String> {
        if let Some(name) = variables.get("WHICHPROXY_CLIENT") {
            let client: Client =
                name.parse().map_err(|error: whichproxy::Error| {
                    format!("WHICHPROXY_CLIENT: {error}")
                })?;
            return Ok(match client {
                Client::Environment => Wanted::Environment,
                other => Wanted::Named(other),
            });
        }
        if variables.get("WHICHPROXY_REG").is_some() {
            return Ok(Wanted::Named(Client::Wininet));
        }
        let value = variables.proxy_for(scheme).unwrap_or_default();
        match value.strip_prefix("pac+") {
            Some(address) if is_web(address) => {
                Ok(Wanted::Script(Some(address.to_owned())))
            }
            Some(_) => Err("the address of a script, after `pac+`, begins \
                            with http:// or https://"
                .to_owned()),
            None if value.starts_with("wpad:") => Ok(Wanted::Script(None)),
            None => Ok(Wanted::Environment),
        }
    }

    /// Who answers.
    pub(crate) fn resolver(
        &self,
        variables: &Variables,
    ) -> Result<Resolver, String> {
        let machine = machine(variables)?;
        let (client, machine) = match self {
            Wanted::Named(client) => (*client, machine),
            Wanted::Environment => (Client::Environment, machine),
            Wanted::Script(address) => {
                let registry = internet_settings(address.as_deref());
                (Client::Wininet, machine.with_registry(registry))
            }
        };
        let resolver = Resolver::new(client, machine)
            .map_err(|error| error.to_string())?;
        Ok(match named_by_environment() {
            Some(workers) => {
                resolver.with_isolation(Isolation::Worker(workers))
            }
            None => resolver,
        })
    }
}

/// This machine, with the registry that the environment names.
fn machine(variables: &Variables) -> Result<Machine, String> {
    let mut machine = whichproxy_os::machine();
    // What stands for every scheme without a variable of its own is
    // `all_proxy` with curl, and `http_proxy` with libproxy.
    if let Some(proxy) = variables.proxy_for("http") {
        machine = machine.with_env("all_proxy", proxy);
    }
    let Some(path) = variables.get("WHICHPROXY_REG") else {
        return Ok(machine);
    };
    let shown: String = path.chars().take(200).collect();
    let shown = shown.escape_debug();
    let fault = |what: String| format!("WHICHPROXY_REG: `{shown}`: {what}");
    if !Path::new(path).is_absolute() {
        return Err(fault("it is no absolute path".to_owned()));
    }
    let bytes = contents(path).map_err(|error| fault(error.to_string()))?;
    let export = RegFile::parse(&bytes, path)
        .map_err(|error| format!("WHICHPROXY_REG: {error}"))?;
    Ok(machine.with_registry(Tree::from_reg_files(&[export])))
}

/// The bytes of an export's file, which is one and no pipe: nobody waits for
/// what is never written.
fn contents(path: &str) -> io::Result<Vec<u8>> {
    /// No export is larger.
    const MOST: u64 = 256 << 20;
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.len() > MOST {
        return Err(io::Error::other("it is larger than 256 MiB"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether scripts are fetched from such an address; files are not read.
fn is_web(address: &str) -> bool {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Internet settings of one script, or of WPAD.
fn internet_settings(script: Option<&str>) -> Tree {
    const KEY: &str =
        r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let key = Key::new(Root::of(&Identity::CurrentUser), KEY);
    match script {
        Some(address) => Tree::new().with(
            &key,
            "AutoConfigURL",
            Value::String(address.to_owned()),
        ),
        None => Tree::new().with(&key, "AutoDetect", Value::Dword(1)),
    }
}
