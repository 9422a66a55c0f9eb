//! The two blobs in which Windows keeps proxy settings.
//!
//! Both are a row of numbers (32 bits, little endian) and texts, each with
//! its length before it. Both are read and written; what is not understood
//! is kept, so that writing what was read gives the same bytes.

use std::fmt;

use super::mask::masked;
use crate::error::{Error, ErrorKind};

/// Which settings of a blob are in force.
///
/// The bits are those of `PROXY_TYPE_DIRECT` and its kin.
///
/// ```
/// use whichproxy::settings::ConnectionFlags;
/// let flags = ConnectionFlags::new().with_proxy().with_auto_detect();
/// assert_eq!(flags.bits(), 0x0b);
/// assert!(!flags.auto_config_url());
/// ```
///
/// Source: BLOB-COMMUNITY, community.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct ConnectionFlags(u32);

impl ConnectionFlags {
    const DIRECT: u32 = 1;
    const PROXY: u32 = 2;
    const AUTO_CONFIG_URL: u32 = 4;
    const AUTO_DETECT: u32 = 8;

    /// Only the bit that is always set: direct.
    pub fn new() -> ConnectionFlags {
        ConnectionFlags(ConnectionFlags::DIRECT)
    }

    /// Flags with just these bits.
    pub fn from_bits(bits: u32) -> ConnectionFlags {
        ConnectionFlags(bits)
    }

    /// All bits, known and unknown.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether hosts may be reached directly (bit 1).
    pub fn direct(self) -> bool {
        self.0 & ConnectionFlags::DIRECT != 0
    }

    /// Whether the proxy is in force (bit 2).
    pub fn proxy(self) -> bool {
        self.0 & ConnectionFlags::PROXY != 0
    }

    /// Whether the address of a PAC script is in force (bit 4).
    pub fn auto_config_url(self) -> bool {
        self.0 & ConnectionFlags::AUTO_CONFIG_URL != 0
    }

    /// Whether auto-detection is in force (bit 8).
    pub fn auto_detect(self) -> bool {
        self.0 & ConnectionFlags::AUTO_DETECT != 0
    }

    /// The same flags with the proxy in force.
    pub fn with_proxy(self) -> ConnectionFlags {
        ConnectionFlags(self.0 | ConnectionFlags::PROXY)
    }

    /// The same flags with the address of a PAC script in force.
    pub fn with_auto_config_url(self) -> ConnectionFlags {
        ConnectionFlags(self.0 | ConnectionFlags::AUTO_CONFIG_URL)
    }

    /// The same flags with auto-detection in force.
    pub fn with_auto_detect(self) -> ConnectionFlags {
        ConnectionFlags(self.0 | ConnectionFlags::AUTO_DETECT)
    }
}

impl Default for ConnectionFlags {
    fn default() -> ConnectionFlags {
        ConnectionFlags::new()
    }
}

impl fmt::Debug for ConnectionFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionFlags({self})")
    }
}

/// Shown in hexadecimal: `0x3`.
impl fmt::Display for ConnectionFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// Text in the code page of the machine, as bytes.
///
/// Read as Latin-1: every byte is the character of its number.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
struct Ansi(Vec<u8>);

impl Ansi {
    fn new(text: &str) -> Ansi {
        Ansi(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect())
    }

    fn text(&self) -> String {
        self.0.iter().map(|&byte| char::from(byte)).collect()
    }
}

impl fmt::Debug for Ansi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&masked(&self.text()), f)
    }
}

/// The value `WinHttpSettings`: the machine's proxy for WinHTTP, as
/// `netsh winhttp set proxy` keeps it.
///
/// ```
/// use whichproxy::settings::WinhttpConnection;
/// let direct = WinhttpConnection::direct().to_bytes();
/// assert_eq!(direct, [
///     0x18, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
/// ]);
/// let blob = WinhttpConnection::new("10.0.0.6:8080", "*.contoso.com");
/// let again = WinhttpConnection::parse(&blob.to_bytes())?;
/// assert_eq!(again.proxy(), "10.0.0.6:8080");
/// assert!(again.flags().proxy());
/// # Ok::<(), whichproxy::Error>(())
/// ```
///
/// Source: KB4494447 (the bytes for direct), documented; WINE-WINHTTP (the
/// layout), community.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct WinhttpConnection {
    version: u32,
    counter: u32,
    flags: ConnectionFlags,
    proxy: Ansi,
    bypass: Ansi,
    tail: Vec<u8>,
}

impl WinhttpConnection {
    /// The forms that are known, by their first number.
    const VERSIONS: [u32; 2] = [0x18, 0x28];

    /// A blob that says direct.
    pub fn direct() -> WinhttpConnection {
        WinhttpConnection {
            version: 0x18,
            counter: 0,
            flags: ConnectionFlags::new(),
            proxy: Ansi::default(),
            bypass: Ansi::default(),
            tail: Vec::new(),
        }
    }

    /// A blob with a proxy list and a bypass list in force.
    ///
    /// Characters beyond U+00FF become `?`.
    pub fn new(proxy: &str, bypass: &str) -> WinhttpConnection {
        WinhttpConnection {
            flags: ConnectionFlags::new().with_proxy(),
            proxy: Ansi::new(proxy),
            bypass: Ansi::new(bypass),
            ..WinhttpConnection::direct()
        }
    }

    /// The same blob with other flags.
    pub fn with_flags(self, flags: ConnectionFlags) -> WinhttpConnection {
        WinhttpConnection { flags, ..self }
    }

    /// The same blob in the newer form, which begins with 0x28 and goes on
    /// after the bypass list with `tail`, whose layout is not known.
    pub fn with_tail(self, tail: impl Into<Vec<u8>>) -> WinhttpConnection {
        WinhttpConnection { version: 0x28, tail: tail.into(), ..self }
    }

    /// Reads a blob.
    ///
    /// # Errors
    ///
    /// When the bytes are none: the error
    /// ([`ErrorKind::Registry`]) names the offset and what was expected.
    pub fn parse(bytes: &[u8]) -> Result<WinhttpConnection, Error> {
        let mut blob = Blob { bytes, at: 0 };
        let version = blob.number("the form's number, 0x18 or 0x28")?;
        if !WinhttpConnection::VERSIONS.contains(&version) {
            return Err(Error::new(
                ErrorKind::Registry,
                format_args!(
                    "offset 0: expected the form's number, 0x18 or 0x28, \
                     found {version:#x}"
                ),
            ));
        }
        Ok(WinhttpConnection {
            version,
            counter: blob.number("a number that is 0")?,
            flags: ConnectionFlags(blob.number("the flags")?),
            proxy: blob.text("the proxy list")?,
            bypass: blob.text("the bypass list")?,
            tail: blob.rest().to_owned(),
        })
    }

    /// The blob's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_number(&mut bytes, self.version);
        push_number(&mut bytes, self.counter);
        push_number(&mut bytes, self.flags.0);
        push_text(&mut bytes, &self.proxy);
        push_text(&mut bytes, &self.bypass);
        bytes.extend(&self.tail);
        bytes
    }

    /// The number it begins with, 0x18 or 0x28.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What is in force.
    pub fn flags(&self) -> ConnectionFlags {
        self.flags
    }

    /// The proxy list, with credentials.
    pub fn proxy(&self) -> String {
        self.proxy.text()
    }

    /// The bypass list.
    pub fn bypass(&self) -> String {
        self.bypass.text()
    }

    /// What follows the bypass list.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }
}

/// The values `DefaultConnectionSettings` and `SavedLegacySettings`: the
/// settings of one connection for WinINET.
///
/// ```
/// use whichproxy::settings::ConnectionSettings;
/// let blob = ConnectionSettings::new()
///     .with_auto_config_url("http://wpad.corp.example/proxy.pac")
///     .with_auto_detect();
/// let again = ConnectionSettings::parse(&blob.to_bytes())?;
/// assert_eq!(again.flags().bits(), 0x0d);
/// assert_eq!(again, blob);
/// # Ok::<(), whichproxy::Error>(())
/// ```
///
/// Source: BLOB-COMMUNITY, community.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ConnectionSettings {
    version: u32,
    counter: u32,
    flags: ConnectionFlags,
    proxy: Ansi,
    bypass: Ansi,
    auto_config_url: Ansi,
    tail: Vec<u8>,
}

impl ConnectionSettings {
    /// The number a new blob begins with.
    const VERSION: u32 = 0x46;

    /// A blob that says direct.
    pub fn new() -> ConnectionSettings {
        ConnectionSettings {
            version: ConnectionSettings::VERSION,
            counter: 1,
            flags: ConnectionFlags::new(),
            proxy: Ansi::default(),
            bypass: Ansi::default(),
            auto_config_url: Ansi::default(),
            tail: vec![0; 32],
        }
    }

    /// The same blob with a proxy list and a bypass list, in force.
    ///
    /// Characters beyond U+00FF become `?`.
    pub fn with_proxy(self, proxy: &str, bypass: &str) -> ConnectionSettings {
        ConnectionSettings {
            flags: self.flags.with_proxy(),
            proxy: Ansi::new(proxy),
            bypass: Ansi::new(bypass),
            ..self
        }
    }

    /// The same blob with the address of a PAC script, in force.
    pub fn with_auto_config_url(self, url: &str) -> ConnectionSettings {
        ConnectionSettings {
            flags: self.flags.with_auto_config_url(),
            auto_config_url: Ansi::new(url),
            ..self
        }
    }

    /// The same blob with auto-detection in force.
    pub fn with_auto_detect(self) -> ConnectionSettings {
        ConnectionSettings { flags: self.flags.with_auto_detect(), ..self }
    }

    /// The same blob with other flags: what they leave out is kept, and not
    /// in force.
    pub fn with_flags(self, flags: ConnectionFlags) -> ConnectionSettings {
        ConnectionSettings { flags, ..self }
    }

    /// The same blob after so many changes.
    pub fn with_counter(self, counter: u32) -> ConnectionSettings {
        ConnectionSettings { counter, ..self }
    }

    /// The same blob with other bytes after the address, where Windows keeps
    /// the state of auto-detection.
    pub fn with_tail(self, tail: impl Into<Vec<u8>>) -> ConnectionSettings {
        ConnectionSettings { tail: tail.into(), ..self }
    }

    /// Reads a blob, whatever number it begins with.
    ///
    /// # Errors
    ///
    /// When the bytes are none: the error
    /// ([`ErrorKind::Registry`]) names the offset and what was expected.
    pub fn parse(bytes: &[u8]) -> Result<ConnectionSettings, Error> {
        let mut blob = Blob { bytes, at: 0 };
        Ok(ConnectionSettings {
            version: blob.number("the form's number, such as 0x46")?,
            counter: blob.number("the count of changes")?,
            flags: ConnectionFlags(blob.number("the flags")?),
            proxy: blob.text("the proxy list")?,
            bypass: blob.text("the bypass list")?,
            auto_config_url: blob.text("the address of a PAC script")?,
            tail: blob.rest().to_owned(),
        })
    }

    /// The blob's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_number(&mut bytes, self.version);
        push_number(&mut bytes, self.counter);
        push_number(&mut bytes, self.flags.0);
        push_text(&mut bytes, &self.proxy);
        push_text(&mut bytes, &self.bypass);
        push_text(&mut bytes, &self.auto_config_url);
        bytes.extend(&self.tail);
        bytes
    }

    /// The number it begins with: 0x46, or 0x3C in old ones.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How often the settings were changed.
    pub fn counter(&self) -> u32 {
        self.counter
    }

    /// What is in force.
    pub fn flags(&self) -> ConnectionFlags {
        self.flags
    }

    /// The proxy list, with credentials, in force or not.
    pub fn proxy(&self) -> String {
        self.proxy.text()
    }

    /// The bypass list.
    pub fn bypass(&self) -> String {
        self.bypass.text()
    }

    /// The address of a PAC script, with credentials, in force or not.
    pub fn auto_config_url(&self) -> String {
        self.auto_config_url.text()
    }

    /// What follows the address.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }
}

impl Default for ConnectionSettings {
    fn default() -> ConnectionSettings {
        ConnectionSettings::new()
    }
}

/// Bytes, read from the front.
struct Blob<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Blob<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn number(&mut self, what: &str) -> Result<u32, Error> {
        let Some((number, _)) = self.rest().split_first_chunk::<4>() else {
            return Err(self.too_short(4, what));
        };
        self.at += 4;
        Ok(u32::from_le_bytes(*number))
    }

    fn text(&mut self, what: &str) -> Result<Ansi, Error> {
        let length = self.number(&format!("the length of {what}"))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(text) = self.rest().get(..length) else {
            return Err(self.too_short(length, what));
        };
        self.at += length;
        Ok(Ansi(text.to_owned()))
    }

    fn too_short(&self, expected: usize, what: &str) -> Error {
        Error::new(
            ErrorKind::Registry,
            format_args!(
                "offset {}: expected {expected} bytes of {what}, found {}",
                self.at,
                self.rest().len()
            ),
        )
    }
}

fn push_number(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

/// A text can't be longer than its length can say: it would be cut.
fn push_text(bytes: &mut Vec<u8>, text: &Ansi) {
    let length = u32::try_from(text.0.len()).unwrap_or(u32::MAX);
    push_number(bytes, length);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.extend(text.0.iter().take(length));
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// `28000000 00000000 03000000 16000000 "http=192.168.5.45:3128"` …
    /// Source: WINE-WINHTTP, community.
    #[test]
    fn the_newer_form_of_winhttp_settings() {
        let mut bytes = vec![0x28, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
        bytes.extend([0x16, 0, 0, 0]);
        bytes.extend(b"http=192.168.5.45:3128");
        bytes.extend([7, 0, 0, 0]);
        bytes.extend(b"<local>");
        bytes.extend([0; 16]);
        let blob = WinhttpConnection::parse(&bytes).unwrap();
        assert_eq!(blob.version(), 0x28);
        assert_eq!(blob.proxy(), "http=192.168.5.45:3128");
        assert_eq!(blob.bypass(), "<local>");
        assert_eq!(blob.tail(), [0; 16]);
        assert_eq!(blob.to_bytes(), bytes);
        let made = WinhttpConnection::new(&blob.proxy(), &blob.bypass());
        assert_eq!(made.with_tail([0; 16]), blob);
    }

    #[test]
    fn flags() {
        // Source: BLOB-COMMUNITY, community.
        for (bits, proxy, url, detect) in [
            (0x01, false, false, false),
            (0x03, true, false, false),
            (0x05, false, true, false),
            (0x07, true, true, false),
            (0x09, false, false, true),
            (0x0b, true, false, true),
            (0x0d, false, true, true),
            (0x0f, true, true, true),
        ] {
            let flags = ConnectionFlags::from_bits(bits);
            assert!(flags.direct());
            assert_eq!(flags.proxy(), proxy, "{flags}");
            assert_eq!(flags.auto_config_url(), url, "{flags}");
            assert_eq!(flags.auto_detect(), detect, "{flags}");
        }
    }

    #[test]
    fn errors_name_the_offset() {
        let good = WinhttpConnection::new("proxy:80", "<local>").to_bytes();
        for (bytes, expected) in [
            (
                &good[..3],
                "offset 0: expected 4 bytes of the form's number, 0x18 or \
                 0x28, found 3",
            ),
            (
                &[0x19, 0, 0, 0][..],
                "offset 0: expected the form's number, 0x18 or 0x28, found \
                 0x19",
            ),
            (&good[..8], "offset 8: expected 4 bytes of the flags, found 0"),
            (
                &good[..14],
                "offset 12: expected 4 bytes of the length of the proxy \
                 list, found 2",
            ),
            (
                &good[..20],
                "offset 16: expected 8 bytes of the proxy list, found 4",
            ),
            (
                &good[..34],
                "offset 28: expected 7 bytes of the bypass list, found 6",
            ),
        ] {
            let error = WinhttpConnection::parse(bytes).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.kind(), ErrorKind::Registry);
        }
        let good = ConnectionSettings::new().to_bytes();
        let error = ConnectionSettings::parse(&good[..22]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "offset 20: expected 4 bytes of the length of the address of a \
             PAC script, found 2"
        );
    }

    #[test]
    fn debug_masks_credentials() {
        let blob = WinhttpConnection::new("u:secret@proxy:80", "");
        assert!(!format!("{blob:?}").contains("secret"));
        let blob = ConnectionSettings::new()
            .with_proxy("u:secret@proxy:80", "")
            .with_auto_config_url("http://u:secret@h/p.pac");
        assert!(!format!("{blob:?}").contains("secret"), "{blob:?}");
    }

    prop_compose! {
        /// Bytes that often are a blob.
        fn blob()(
            version in prop_oneof![Just(0x18), Just(0x28), any::<u32>()],
            numbers in any::<(u32, u32)>(),
            texts in vec(vec(any::<u8>(), 0..9), 0..4),
            wrong in prop_oneof![9 => Just(0), 1 => any::<u32>()],
            tail in vec(any::<u8>(), 0..40),
        ) -> Vec<u8> {
            let mut bytes = Vec::new();
            push_number(&mut bytes, version);
            push_number(&mut bytes, numbers.0);
            push_number(&mut bytes, numbers.1);
            for text in texts {
                let length = u32::try_from(text.len()).unwrap();
                push_number(&mut bytes, length.wrapping_add(wrong));
                bytes.extend(text);
            }
            bytes.extend(tail);
            bytes
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written(bytes in blob()) {
            if let Ok(blob) = WinhttpConnection::parse(&bytes) {
                prop_assert_eq!(blob.to_bytes(), bytes.clone());
            }
            if let Ok(blob) = ConnectionSettings::parse(&bytes) {
                prop_assert_eq!(blob.to_bytes(), bytes);
            }
        }

        #[test]
        fn what_is_made_is_read(
            proxy in "[ -ÿ]{0,20}",
            bypass in "[ -ÿ]{0,20}",
            url in "[ -ÿ]{0,20}",
            bits: u32,
            counter: u32,
            tail in vec(any::<u8>(), 0..40),
        ) {
            let flags = ConnectionFlags::from_bits(bits);
            let blob = WinhttpConnection::new(&proxy, &bypass)
                .with_flags(flags)
                .with_tail(tail.clone());
            let read = WinhttpConnection::parse(&blob.to_bytes()).unwrap();
            prop_assert_eq!(read.proxy(), proxy.clone());
            prop_assert_eq!(read.bypass(), bypass.clone());
            prop_assert_eq!(read, blob);
            let blob = ConnectionSettings::new()
                .with_proxy(&proxy, &bypass)
                .with_auto_config_url(&url)
                .with_flags(flags)
                .with_counter(counter)
                .with_tail(tail);
            let read = ConnectionSettings::parse(&blob.to_bytes()).unwrap();
            prop_assert_eq!(read.auto_config_url(), url);
            prop_assert_eq!(read.counter(), counter);
            prop_assert_eq!(read, blob);
        }
    }
}
