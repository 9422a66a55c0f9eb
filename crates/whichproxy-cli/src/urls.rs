//! The URLs that are asked about, one after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use encoding_rs::{CoderResult, Decoder, UTF_8};
use url::Url;

use crate::Stop;
use crate::args::UrlArgs;
use crate::machine::unreadable;
use crate::output::{Output, masked_text, shortened};

/// The longest line of a list that is read.
const LONGEST: u64 = 64 << 10;

/// At most so many URLs are asked about at once.
const BATCH: usize = 1024;

/// The URLs that the user named, then the lines of their list.
///
/// A list is read as it comes: a pipe that is never closed is answered line
/// by line.
pub(crate) struct Urls {
    named: std::vec::IntoIter<String>,
    list: Option<List>,
    several: bool,
}

struct List {
    name: String,
    path: PathBuf,
    reader: BufReader<Decoded>,
    line: u64,
}

/// Bytes as UTF-8: what PowerShell's `>` wrote is UTF-16, with a mark.
struct Decoded {
    source: BufReader<Box<dyn Read>>,
    /// None at the end.
    decoder: Option<Decoder>,
}

impl Decoded {
    fn new(source: Box<dyn Read>) -> Decoded {
        // It looks for a mark.
        let decoder = Some(UTF_8.new_decoder());
        Decoded { source: BufReader::new(source), decoder }
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let bytes = self.source.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written, _) =
                decoder.decode_to_utf8(bytes, out, last);
            self.source.consume(read);
            if last && result == CoderResult::InputEmpty {
                self.decoder = None;
            }
            if written > 0 {
                return Ok(written);
            }
            if result == CoderResult::OutputFull {
                let why = "no room for a character";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
            }
        }
        Ok(0)
    }
}

/// A text that should be a URL, and where it stands.
pub(crate) struct Asked {
    /// The text, as it was written.
    pub(crate) text: String,
    place: Option<String>,
}

impl Asked {
    /// The URL, or a message that names the place.
    pub(crate) fn url(&self) -> Result<Url, String> {
        if self.place.is_some() && self.text.contains('\u{fffd}') {
            let text = shortened(&masked_text(&self.text));
            return Err(self.placed(&format!(
                "`{text}` is no URL: it is no text in UTF-8, nor in UTF-16 \
                 with a byte order mark"
            )));
        }
        Url::parse(&self.text).map_err(|error| {
            let text = shortened(&masked_text(&self.text));
            let hint = match error {
                url::ParseError::RelativeUrlWithoutBase
                    if !self.text.contains('\\')
                        && Url::parse(&format!("https://{}", self.text))
                            .is_ok() =>
                {
                    format!("; perhaps `https://{text}`")
                }
                _ => String::new(),
            };
            self.placed(&format!("`{text}` is no URL: {error}{hint}"))
        })
    }

    /// `message` after the place, where there is one.
    pub(crate) fn placed(&self, message: &str) -> String {
        match &self.place {
            Some(place) => format!("{place}: {message}"),
            None => message.to_owned(),
        }
    }
}

impl Urls {
    pub(crate) fn new(args: &UrlArgs) -> Result<Urls, Stop> {
        let list = match &args.list {
            Some(path) => Some(List::open(path)?),
            None => None,
        };
        Ok(Urls {
            several: args.urls.len() > 1 || list.is_some(),
            named: args.urls.clone().into_iter(),
            list,
        })
    }

    /// Whether an answer has to name its URL.
    pub(crate) fn several(&self) -> bool {
        self.several
    }

    /// The next URLs, to be asked about at once; none at the end.
    ///
    /// Only the first is waited for: what else is among them was there
    /// already. What was answered is written out before a list is waited
    /// for.
    pub(crate) fn batch(
        &mut self,
        out: &mut Output,
    ) -> Result<Vec<Asked>, Stop> {
        let mut batch = Vec::new();
        while batch.len() < BATCH && (batch.is_empty() || self.is_ready()) {
            match self.next(out)? {
                Some(asked) => batch.push(asked),
                None => break,
            }
        }
        Ok(batch)
    }

    /// Whether the next URL is there without waiting for it.
    fn is_ready(&self) -> bool {
        let list = self.list.as_ref();
        self.named.len() > 0
            || list.is_some_and(|list| list.reader.buffer().contains(&b'\n'))
    }

    fn next(&mut self, out: &mut Output) -> Result<Option<Asked>, Stop> {
        if let Some(text) = self.named.next() {
            return Ok(Some(Asked { text, place: None }));
        }
        match &mut self.list {
            Some(list) => list.next(out),
            None => Ok(None),
        }
    }
}

impl List {
    fn open(path: &Path) -> Result<List, Stop> {
        let (name, source): (_, Box<dyn Read>) = if path == Path::new("-") {
            ("stdin".to_owned(), Box::new(io::stdin()))
        } else {
            let file =
                File::open(path).map_err(|error| unreadable(path, &error))?;
            (path.display().to_string(), Box::new(file))
        };
        let reader = BufReader::new(Decoded::new(source));
        Ok(List { name, path: path.to_owned(), reader, line: 0 })
    }

    fn next(&mut self, out: &mut Output) -> Result<Option<Asked>, Stop> {
        loop {
            if self.reader.buffer().is_empty() {
                out.flush()?;
            }
            let Some(bytes) = self.read_line()? else { return Ok(None) };
            self.line += 1;
            let text = String::from_utf8_lossy(&bytes);
            // One of files that were put together has its mark inside.
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            return Ok(Some(Asked {
                text: text.to_owned(),
                place: Some(format!("{} line {}", self.name, self.line)),
            }));
        }
    }

    /// The next line; of one that is too long, its beginning.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        let path = &self.path;
        let unreadable = |error: io::Error| unreadable(path, &error);
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(LONGEST);
        limited.read_until(b'\n', &mut line).map_err(unreadable)?;
        if line.is_empty() {
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            self.reader.skip_until(b'\n').map_err(unreadable)?;
        }
        Ok(Some(line))
    }
}
