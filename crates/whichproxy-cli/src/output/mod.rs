//! Where answers and remarks go, and how foreign text is shown.

pub(crate) mod json;
pub(crate) mod text;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, StdoutLock, Write};

use url::Url;
use whichproxy::Routes;

/// The answer goes to stdout, everything else to stderr.
pub(crate) struct Output {
    out: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output { out: BufWriter::new(io::stdout().lock()) }
    }

    /// A line of the answer.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(plain(line).as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// The routes for a URL, after the URL itself where there are several.
    pub(crate) fn routes(
        &mut self,
        url: &str,
        routes: &Routes,
        several: bool,
    ) -> io::Result<()> {
        self.answer(url, &routes.to_string(), several)
    }

    /// A line about a URL, which is named where there are several.
    pub(crate) fn answer(
        &mut self,
        url: &str,
        text: &str,
        several: bool,
    ) -> io::Result<()> {
        match several {
            true => self.line(&format!("{url}\t{text}")),
            false => self.line(text),
        }
    }

    /// A text of the answer that has line ends of its own.
    pub(crate) fn block(&mut self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.line(line))
    }

    /// A JSON object on a line.
    pub(crate) fn json(
        &mut self,
        object: &impl serde::Serialize,
    ) -> io::Result<()> {
        let text = serde_json::to_string(object)?;
        self.out.write_all(json::escaped(&text).as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Bytes that this program made itself.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A remark to the person at the terminal.
    pub(crate) fn say(&mut self, message: &str) {
        self.remark(&format!("whichproxy: {message}"));
    }

    /// An explanation, as it is.
    pub(crate) fn remark(&mut self, text: &str) {
        // So that both come in order where they go to the same terminal.
        let _ = self.out.flush();
        let mut stderr = io::stderr().lock();
        for line in text.lines() {
            // Nobody is left to be told.
            let _ = writeln!(stderr, "{}", plain(line));
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let _ = self.out.flush();
    }
}

/// A line in which nothing commands a terminal: control characters, and
/// those that change the direction of text, are escaped.
pub(crate) fn plain(line: &str) -> Cow<'_, str> {
    if !line.contains(commands) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len() + 16);
    for character in line.chars() {
        match character {
            '\t' => plain.push('\t'),
            _ if commands(character) => {
                let _ = write!(plain, "{}", character.escape_unicode());
            }
            _ => plain.push(character),
        }
    }
    Cow::Owned(plain)
}

fn commands(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(
            character,
            '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Foreign text of one line and no great length.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    let mut shown = String::with_capacity(short.len());
    for character in short.chars() {
        match character {
            '\'' | '"' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// A URL whose user name and password are not shown.
pub(crate) fn masked(url: &Url) -> String {
    if url.username().is_empty() && url.password().is_none() {
        return url.to_string();
    }
    let mut masked = url.clone();
    if masked.set_username("***").is_err()
        || masked.set_password(None).is_err()
    {
        return format!("{}:…", url.scheme());
    }
    masked.into()
}

/// [`masked`], for a text that may be no URL.
pub(crate) fn masked_text(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            masked(&url)
        }
        Ok(url) if url.has_host() => text.to_owned(),
        // `me:password@proxy:80` is a URL too, of the scheme `me`.
        _ => match (text.split_once("://"), text.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest)))
                if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                format!("{scheme}://***@{rest}")
            }
            (_, Some((_, rest))) => format!("***@{rest}"),
            _ => text.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_the_terminal() {
        assert_eq!(plain("a\tb é"), "a\tb é");
        assert_eq!(
            plain("\u{1b}[2J\u{9b}1m\u{202e}x\r"),
            r"\u{1b}[2J\u{9b}1m\u{202e}x\u{d}"
        );
    }

    #[test]
    fn passwords_are_not_shown() {
        let of = |url: &str| masked(&Url::parse(url).unwrap());
        assert_eq!(of("http://a.example/x"), "http://a.example/x");
        assert_eq!(of("http://u:p@a.example/"), "http://***@a.example/");
        assert_eq!(of("http://u@a.example/"), "http://***@a.example/");
        assert_eq!(of("http://:p@a.example/"), "http://***@a.example/");
        assert_eq!(masked_text("HTTP://A.example"), "HTTP://A.example");
        assert_eq!(masked_text("http://u:p@a b"), "http://***@a b");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shortened(&"x".repeat(500)).chars().count(), 201);
        assert_eq!(shortened("a\nb\"\\"), "a\\nb\"\\");
    }
}
