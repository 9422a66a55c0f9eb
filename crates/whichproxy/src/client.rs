//! Who is asking: the client, and whose settings it sees.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A program, or a mode of a library, that chooses a proxy in its own way.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Client {
    /// Microsoft Defender Antivirus (`defender-av`).
    DefenderAv,
    /// The sensor of Microsoft Defender for Endpoint, `MsSense.exe`
    /// (`defender-edr`).
    DefenderEdr,
    /// A program that follows `HTTPS_PROXY` and its kin as curl does
    /// (`environment`).
    Environment,
    /// WinHTTP opened with `WINHTTP_ACCESS_TYPE_DEFAULT_PROXY` (`winhttp`).
    Winhttp,
    /// WinHTTP opened with `WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY`
    /// (`winhttp-auto`).
    WinhttpAuto,
    /// WinINET, as browsers and Internet Explorer use it (`wininet`).
    Wininet,
}

impl Client {
    /// Every client, in the order of the documentation.
    pub const ALL: [Client; 6] = [
        Client::Winhttp,
        Client::WinhttpAuto,
        Client::Wininet,
        Client::DefenderEdr,
        Client::DefenderAv,
        Client::Environment,
    ];

    /// The name by which every surface knows this client.
    ///
    /// ```
    /// use whichproxy::Client;
    /// assert_eq!(Client::DefenderEdr.name(), "defender-edr");
    /// assert_eq!("winhttp-auto".parse::<Client>()?, Client::WinhttpAuto);
    /// # Ok::<(), whichproxy::Error>(())
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Client::DefenderAv => "defender-av",
            Client::DefenderEdr => "defender-edr",
            Client::Environment => "environment",
            Client::Winhttp => "winhttp",
            Client::WinhttpAuto => "winhttp-auto",
            Client::Wininet => "wininet",
        }
    }

    /// The account this client runs as, unless told otherwise.
    ///
    /// The EDR sensor "runs in system context using the LocalSystem account"
    /// (MDE-PROXY, documented); that Defender Antivirus does, is inferred.
    /// Its "current user" is therefore `S-1-5-18`, not the person at the
    /// keyboard.
    pub fn identity(self) -> Identity {
        match self {
            Client::DefenderAv | Client::DefenderEdr => Identity::LocalSystem,
            _ => Identity::CurrentUser,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Client {
    type Err = Error;

    fn from_str(name: &str) -> Result<Client, Error> {
        let known = Client::ALL.map(|client| (client.name(), client));
        Error::named("client", name, &known)
    }
}

/// Whose settings a client sees.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Identity {
    /// Whoever `HKEY_CURRENT_USER` belongs to.
    CurrentUser,
    /// `S-1-5-19`.
    LocalService,
    /// `S-1-5-18`, whose hive is also called `HKEY_USERS\.DEFAULT`.
    LocalSystem,
    /// `S-1-5-20`.
    NetworkService,
    /// The account with this security identifier.
    User(Sid),
}

impl Identity {
    /// The security identifier; `None` for [`Identity::CurrentUser`], whose
    /// identifier only the live machine knows.
    pub fn sid(&self) -> Option<Sid> {
        let text = match self {
            Identity::CurrentUser => return None,
            Identity::LocalService => "S-1-5-19",
            Identity::LocalSystem => "S-1-5-18",
            Identity::NetworkService => "S-1-5-20",
            Identity::User(sid) => return Some(sid.clone()),
        };
        Some(Sid(text.to_owned()))
    }
}

impl From<Sid> for Identity {
    fn from(sid: Sid) -> Identity {
        match sid.0.as_str() {
            "S-1-5-18" => Identity::LocalSystem,
            "S-1-5-19" => Identity::LocalService,
            "S-1-5-20" => Identity::NetworkService,
            _ => Identity::User(sid),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::CurrentUser => f.write_str("the current user"),
            Identity::LocalService => f.write_str("LocalService (S-1-5-19)"),
            Identity::LocalSystem => f.write_str("LocalSystem (S-1-5-18)"),
            Identity::NetworkService => {
                f.write_str("NetworkService (S-1-5-20)")
            }
            Identity::User(sid) => write!(f, "{sid}"),
        }
    }
}

/// A Windows security identifier such as `S-1-5-18`.
///
/// ```
/// use whichproxy::Sid;
/// assert_eq!("s-1-5-18".parse::<Sid>()?.to_string(), "S-1-5-18");
/// assert!("Administrator".parse::<Sid>().is_err());
/// # Ok::<(), whichproxy::Error>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sid(String);

impl Sid {
    /// The identifier's text, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Sid, Error> {
        let upper = text.to_ascii_uppercase();
        let mut parts = upper.split('-');
        let well_formed = parts.next() == Some("S")
            && parts.clone().count() >= 2
            && parts.all(|part| {
                !part.is_empty()
                    && part.len() <= 20
                    && part.bytes().all(|b| b.is_ascii_digit())
            })
            && upper.len() <= 184;
        if well_formed { Ok(Sid(upper)) } else { Err(Error::bad_sid(text)) }
    }
}
