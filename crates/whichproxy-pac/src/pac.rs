//! A script, ready to be asked.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::meta::{self, Found, Memo, Strategy, Told};
use crate::{
    Answers, Dependencies, Embedder, Error, ErrorKind, Evaluation, Isolation,
    Limits, Query, Routes, Shadowed, Step, decode, machine, syntax,
};

/// A PAC script that was read, and can be asked from many threads at once.
///
/// ```
/// use url::Url;
/// use whichproxy_pac::{Offline, Pac};
/// let pac = Pac::new(
///     "function FindProxyForURL(url, host) {
///          if (isPlainHostName(host)) return 'DIRECT';
///          return 'PROXY proxy.example:8080; DIRECT';
///      }",
/// )?;
/// let url = Url::parse("https://www.example.com/")?;
/// let routes = pac.find_proxy(&url, &Offline)?;
/// assert_eq!(routes.to_string(), "PROXY proxy.example:8080; DIRECT");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Pac {
    inner: Arc<Inner>,
}

struct Inner {
    source: Arc<str>,
    limits: Limits,
    strategy: Box<dyn Strategy>,
    refusals: Vec<Refusal>,
}

impl Pac {
    /// Reads a script with the default limits, and asks nothing.
    ///
    /// Code outside of functions may run meanwhile, for five seconds or the
    /// deadline at most. Where it would ask for the machine's own address,
    /// it ends there, and runs again with the first question; what it throws
    /// is an error of each question.
    ///
    /// # Errors
    ///
    /// When the source is too large, nested too deeply, or not JavaScript.
    pub fn new(source: &str) -> Result<Pac, Error> {
        Pac::builder().build(source)
    }

    /// Starts a script with limits or settings of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// What to try for a URL, in order.
    ///
    /// # Errors
    ///
    /// When the script throws, has no entry function, exceeds a limit or
    /// the deadline, or returns something that is not a string.
    pub fn find_proxy<'q>(
        &self,
        query: impl Into<Query<'q>>,
        embedder: &dyn Embedder,
    ) -> Result<Routes, Error> {
        let mut memo = Memo::new(embedder, &self.inner.limits);
        match self.inner.strategy.find_proxy(&query.into(), &mut memo) {
            Ok(found) => Ok(found.into_routes()),
            Err(error) => {
                let told = memo.finish();
                Err(error.after(told.asked, told.alerts))
            }
        }
    }

    /// As [`Pac::find_proxy`], where a program of ours answers alone: `None`
    /// where JavaScript would have to run, or the machine would be asked, by
    /// which a caller could be made to wait. What is answered here takes
    /// microseconds (milliseconds at most, for long loops).
    ///
    /// ```
    /// use whichproxy_pac::{Pac, Query};
    /// let of = |source: &str| -> Result<_, whichproxy_pac::Error> {
    ///     let pac = Pac::new(source)?;
    ///     pac.find_proxy_compiled(Query::raw("http://a/", "a")).transpose()
    /// };
    /// let plain = "function FindProxyForURL(u, h) { return 'DIRECT'; }";
    /// assert!(of(plain)?.is_some());
    /// let asks = "function FindProxyForURL(u, h) { return dnsResolve(h); }";
    /// assert!(of(asks)?.is_none());
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pac::find_proxy`].
    pub fn find_proxy_compiled<'q>(
        &self,
        query: impl Into<Query<'q>>,
    ) -> Option<Result<Routes, Error>> {
        let answers = Answers::new();
        let memo = Memo::with_answers(&answers, &self.inner.limits);
        let mut memo = memo.without_js();
        let result = self.inner.strategy.find_proxy(&query.into(), &mut memo);
        let told = memo.finish();
        if told.unanswered.is_some() || told.needs_js {
            return None;
        }
        let result = result.map(Found::into_routes);
        Some(result.map_err(|error| error.after(told.asked, told.alerts)))
    }

    /// What to try for a URL, and how the script came to it.
    ///
    /// # Errors
    ///
    /// As [`Pac::find_proxy`]; the error too tells what was asked.
    pub fn evaluate<'q>(
        &self,
        query: impl Into<Query<'q>>,
        embedder: &dyn Embedder,
    ) -> Result<Evaluation, Error> {
        let mut memo = Memo::new(embedder, &self.inner.limits);
        let result = self.inner.strategy.find_proxy(&query.into(), &mut memo);
        self.evaluation(result, memo.finish())
    }

    /// What to try for a URL, as far as these answers reach: the whole
    /// evaluation, or the first question that is not among them.
    ///
    /// The questions that come up step by step are those that
    /// [`Pac::evaluate`] asks, in the same order, each once; add the answer,
    /// and ask again. There are at most [`Limits::lookups`] of them, and one
    /// for the time. No thread waits in between, and each step starts at the
    /// beginning: a program of ours needs less than a microsecond for that.
    /// A script that runs as JavaScript (`js`) is loaded anew each time,
    /// which costs milliseconds, and forgets its variables. The deadline is
    /// that of a step.
    ///
    /// Alerts are in the evaluation alone. See [`Answers`] for an example.
    ///
    /// # Errors
    ///
    /// As [`Pac::evaluate`].
    pub fn try_evaluate<'q>(
        &self,
        query: impl Into<Query<'q>>,
        answers: &Answers,
    ) -> Result<Step, Error> {
        let mut memo = Memo::with_answers(answers, &self.inner.limits);
        let result = self.inner.strategy.find_proxy(&query.into(), &mut memo);
        let mut told = memo.finish();
        match told.unanswered.take() {
            Some(question) => Ok(Step::Ask(question)),
            None => self.evaluation(result, told).map(Step::Done),
        }
    }

    /// As [`Pac::try_evaluate`], as long as no JavaScript engine has to run
    /// for it: `None` where `js` would answer, whose scripts may take as long
    /// as [`Limits::deadline`]. What is answered here takes microseconds
    /// (milliseconds at most, for long loops), so that it need not be kept
    /// from a thread on which nothing may block.
    ///
    /// ```
    /// use whichproxy_pac::{Answers, Pac, Query, Step};
    /// let of = |source: &str| -> Result<_, whichproxy_pac::Error> {
    ///     let query = Query::raw("http://a/", "a");
    ///     Pac::new(source)?.try_evaluate_compiled(query, &Answers::new())
    /// };
    /// let program = "function FindProxyForURL(u, h) { return 'DIRECT'; }";
    /// assert!(matches!(of(program)?, Some(Step::Done(_))));
    /// let other = "function FindProxyForURL(u, h) { return eval('h'); }";
    /// assert!(of(other)?.is_none());
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pac::try_evaluate`].
    pub fn try_evaluate_compiled<'q>(
        &self,
        query: impl Into<Query<'q>>,
        answers: &Answers,
    ) -> Result<Option<Step>, Error> {
        let memo = Memo::with_answers(answers, &self.inner.limits);
        let mut memo = memo.without_js();
        let result = self.inner.strategy.find_proxy(&query.into(), &mut memo);
        let mut told = memo.finish();
        match told.unanswered.take() {
            Some(question) => Ok(Some(Step::Ask(question))),
            None if told.needs_js => Ok(None),
            None => self.evaluation(result, told).map(Step::Done).map(Some),
        }
    }

    fn evaluation(
        &self,
        result: Result<Found<'_>, Error>,
        told: Told,
    ) -> Result<Evaluation, Error> {
        let depends_on = told.depends_on(self.depends_on());
        let Told { asked, alerts, validity, .. } = told;
        let (routes, result, ignored) = match result {
            Ok(Found::Text(result)) => {
                let (routes, ignored) = Routes::read(&result);
                (routes, result, ignored)
            }
            Ok(Found::Known(known)) => (
                known.routes.clone(),
                known.text.to_string(),
                known.ignored.clone(),
            ),
            Err(error) => return Err(error.after(asked, alerts)),
        };
        Ok(Evaluation {
            routes,
            result,
            ignored,
            asked,
            alerts,
            depends_on,
            validity,
        })
    }

    /// Which engine answers, as long as it can: `constant` where there is one
    /// answer, `compiled` for a script that became a program, `table` where chains of
    /// its tests became tables, or `js`.
    ///
    /// What a program does not model is left to `js` in any case.
    pub fn strategy(&self) -> &'static str {
        self.inner.strategy.name()
    }

    /// What the answers may depend on; everything, where `js` answers.
    pub fn depends_on(&self) -> Dependencies {
        self.inner.strategy.depends_on()
    }

    /// Why faster engines refused this script.
    pub fn refusals(&self) -> &[Refusal] {
        &self.inner.refusals
    }

    /// The conditions that never decide anything, since an earlier one is
    /// true wherever they are; in the order in which they are written.
    ///
    /// Said of `if`s, and of what `||` joins in them, as far as it is certain
    /// where hosts and URLs are ASCII; there may be more. Nothing is said of a
    /// script that could not become a program. The script is read anew.
    ///
    /// ```
    /// use whichproxy_pac::Pac;
    /// let pac = Pac::new(
    ///     "function FindProxyForURL(url, host) {
    ///          if (dnsDomainIs(host, '.example.com')) return 'DIRECT';
    ///          if (host == 'www.example.com') return 'PROXY a:1';
    ///          return 'PROXY b:2';
    ///      }",
    /// )?;
    /// let [only] = &pac.shadowed()[..] else { panic!() };
    /// assert_eq!((only.line(), only.by_line()), (3, 2));
    /// assert_eq!(only.text(), "host == 'www.example.com'");
    /// # Ok::<(), whichproxy_pac::Error>(())
    /// ```
    pub fn shadowed(&self) -> Vec<Shadowed> {
        let source = &self.inner.source;
        Shadowed::all(source, &machine::shadowed(source))
    }

    /// The text of the script.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// The limits it runs under.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }
}

impl fmt::Debug for Pac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pac")
            .field("bytes", &self.inner.source.len())
            .field("limits", &self.inner.limits)
            .field("strategy", &self.inner.strategy)
            .finish_non_exhaustive()
    }
}

impl FromStr for Pac {
    type Err = Error;

    fn from_str(source: &str) -> Result<Pac, Error> {
        Pac::new(source)
    }
}

/// Limits and settings of a script that is about to be read.
///
/// ```
/// use whichproxy_pac::Pac;
/// let latin1 = b"// caf\xe9\nfunction FindProxyForURL() { return ''; }";
/// let pac = Pac::builder().build_bytes(latin1, None)?;
/// assert!(pac.source().starts_with("// café"));
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    limits: Limits,
    config: Config,
    isolation: Isolation,
}

impl Builder {
    /// Sets the limits.
    pub fn limits(self, limits: Limits) -> Builder {
        Builder { limits, ..self }
    }

    /// Sets which engines may answer.
    pub fn config(self, config: Config) -> Builder {
        Builder { config, ..self }
    }

    /// Sets where a script runs that does not become a program; on threads
    /// of this process, by default.
    pub fn isolation(self, isolation: Isolation) -> Builder {
        Builder { isolation, ..self }
    }

    /// Reads a script, and asks nothing.
    ///
    /// # Errors
    ///
    /// As [`Pac::new`].
    pub fn build(self, source: &str) -> Result<Pac, Error> {
        let most = self.limits.source_bytes();
        if source.len() > most {
            let bytes = source.len();
            return Err(too_large(bytes, most));
        }
        if is_markup(source) {
            return Err(Error::new(
                ErrorKind::Syntax,
                "it is a page of HTML or XML, not a script",
            ));
        }
        let source: Arc<str> = source.into();
        let (strategy, refusals) = meta::strategy(
            source.clone(),
            &self.limits,
            &self.config,
            &self.isolation,
        )?;
        let limits = self.limits;
        let inner = Inner { source, limits, strategy, refusals };
        Ok(Pac { inner: Arc::new(inner) })
    }

    /// Reads a script as it came from a server or a file.
    ///
    /// A byte order mark decides how it is decoded; then
    /// `declared_charset`, as of a `Content-Type` header, if it names a
    /// known encoding; else it is UTF-8 if it can be, and Latin-1 (as
    /// browsers mean it: windows-1252) if not.
    ///
    /// # Errors
    ///
    /// As [`Pac::new`].
    pub fn build_bytes(
        self,
        source: &[u8],
        declared_charset: Option<&str>,
    ) -> Result<Pac, Error> {
        // Decoding makes at most three bytes of one, and at least one of
        // two: what is twice too large need not be decoded.
        let most = self.limits.source_bytes();
        if source.len() / 2 > most.saturating_add(4) {
            return Err(too_large(source.len(), most));
        }
        self.build(&decode::decode(source, declared_charset))
    }
}

/// Whether a text begins with a tag, as no script does; a comment of HTML
/// may be JavaScript.
fn is_markup(source: &str) -> bool {
    let start = source.trim_start_matches('\u{feff}').trim_ascii_start();
    start.starts_with('<') && !start.starts_with("<!--")
}

fn too_large(bytes: usize, most: usize) -> Error {
    Error::new(
        ErrorKind::Source,
        format!("the script has {bytes} bytes, {most} are allowed"),
    )
}

/// Which engines may answer; for tests, benches and for finding a fault.
///
/// ```
/// use whichproxy_pac::{Config, Pac};
/// let source = "function FindProxyForURL() { return 'DIRECT'; }";
/// let pac = Pac::builder().config(Config::new().only_js()).build(source)?;
/// assert_eq!(pac.strategy(), "js");
/// assert_eq!(Pac::new(source)?.strategy(), "constant");
/// # Ok::<(), whichproxy_pac::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Config {
    no_compiled: bool,
    no_table: bool,
    no_js: bool,
}

impl Config {
    /// Every engine is on.
    pub fn new() -> Config {
        Config::default()
    }

    /// Only the engine that runs all of JavaScript, named `js`.
    pub fn only_js(self) -> Config {
        Config { no_js: false, ..self.no_compiled() }
    }

    /// Only programs: a script that does not become one is refused
    /// ([`ErrorKind::Refused`]), and a question that a program leaves to `js`
    /// is an error ([`ErrorKind::Unmodelled`]).
    ///
    /// ```
    /// use whichproxy_pac::{Config, ErrorKind, Pac};
    /// let source = "function FindProxyForURL() { return eval('1'); }";
    /// let builder = Pac::builder().config(Config::new().only_compiled());
    /// let error = builder.build(source).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Refused);
    /// assert_eq!(error.refusals()[0].line(), 1);
    /// ```
    pub fn only_compiled(self) -> Config {
        Config { no_js: true, no_compiled: false, ..self }
    }

    /// No script becomes a program.
    pub fn no_compiled(self) -> Config {
        Config { no_compiled: true, ..self }
    }

    /// Programs try test after test, and have no tables.
    pub fn no_table(self) -> Config {
        Config { no_table: true, ..self }
    }

    pub(crate) fn compiles(&self) -> bool {
        !self.no_compiled
    }

    pub(crate) fn has_tables(&self) -> bool {
        !self.no_table
    }

    pub(crate) fn has_js(&self) -> bool {
        !self.no_js
    }
}

/// Why a faster engine refused a script, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    line: u32,
    column: u32,
    reason: String,
}

impl Refusal {
    pub(crate) fn new(
        line: u32,
        column: u32,
        reason: impl Into<String>,
    ) -> Refusal {
        Refusal { line, column, reason: reason.into() }
    }

    /// A refusal of what lies at an offset.
    pub(crate) fn at(source: &str, at: u32, reason: &str) -> Refusal {
        let (line, column) = syntax::place(source, at);
        Refusal::new(line, column, reason)
    }

    /// The line, counted from 1; 0 where it is the script as a whole.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, counted from 1; 0 where it is the script as a whole.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// The reason, in words.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { line, column, reason } = self;
        if *line == 0 {
            return f.write_str(reason);
        }
        write!(f, "line {line}, column {column}: {reason}")
    }
}
