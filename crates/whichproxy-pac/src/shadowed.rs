//! Rules that never match.

use std::fmt;
use std::sync::Arc;

use crate::dispatch::Shadow;
use crate::syntax;

/// A condition of a script that never decides anything: whenever it is
/// reached, an earlier one has been tried that is true wherever it is.
///
/// See [`Pac::shadowed`](crate::Pac::shadowed).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shadowed {
    rule: Place,
    by: Place,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    line: u32,
    column: u32,
    text: Arc<str>,
}

impl Shadowed {
    /// In linear time: a script may have as many as it has rules.
    pub(crate) fn all(source: &str, shadows: &[Shadow]) -> Vec<Shadowed> {
        let starts = shadows.iter();
        let starts = starts.flat_map(|shadow| [shadow.rule.0, shadow.by.0]);
        let places = syntax::places(source, starts.collect());
        let place = |(start, end): (u32, u32)| {
            let (line, column) = places.get(&start).copied().unwrap_or((1, 1));
            let text = source.get(start as usize..end as usize);
            Place { line, column, text: text.unwrap_or_default().into() }
        };
        let shadows = shadows.iter();
        shadows
            .map(|s| Shadowed { rule: place(s.rule), by: place(s.by) })
            .collect()
    }

    /// The line of the condition, counted from 1.
    pub fn line(&self) -> u32 {
        self.rule.line
    }

    /// The column of the condition, counted from 1.
    pub fn column(&self) -> u32 {
        self.rule.column
    }

    /// The condition as it is written.
    pub fn text(&self) -> &str {
        &self.rule.text
    }

    /// The line of the condition that decides before it, counted from 1.
    pub fn by_line(&self) -> u32 {
        self.by.line
    }

    /// The column of the condition that decides before it, counted from 1.
    pub fn by_column(&self) -> u32 {
        self.by.column
    }

    /// The condition that decides before it, as it is written.
    pub fn by_text(&self) -> &str {
        &self.by.text
    }
}

impl fmt::Display for Shadowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shadowed { rule, by } = self;
        write!(
            f,
            "line {}, column {}: {} never matches: line {}, column {}: {} \
             matches first",
            rule.line,
            rule.column,
            crate::error::quoted(&rule.text),
            by.line,
            by.column,
            crate::error::quoted(&by.text),
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may fail
mod tests {
    use crate::Pac;

    /// The texts of what never matches, each with what does.
    fn shadowed(body: &str) -> Vec<(String, String)> {
        let source =
            format!("function FindProxyForURL(url, host) {{\n{body}\n}}");
        let pac = Pac::new(&source).unwrap();
        let all = pac.shadowed();
        let texts = all
            .iter()
            .map(|one| (one.text().to_owned(), one.by_text().to_owned()));
        texts.collect()
    }

    #[test]
    fn what_never_matches() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            (
                "if (dnsDomainIs(host, '.a.b')) return '1';
                 if (dnsDomainIs(host, 'x.a.b')) return '2';",
                &[("dnsDomainIs(host, 'x.a.b')", "dnsDomainIs(host, '.a.b')")],
            ),
            // The narrower one first.
            (
                "if (dnsDomainIs(host, 'x.a.b')) return '1';
                 if (dnsDomainIs(host, '.a.b')) return '2';",
                &[],
            ),
            // What does not return.
            (
                "var x; if (host == 'a') x = 1; if (host == 'a') x = 2;
                 return x ? '1' : '2';",
                &[],
            ),
            // But `else` does as well.
            (
                "var x; if (host == 'a') x = 1; else if (host == 'a') x = 2;
                 return x ? '1' : '2';",
                &[("host == 'a'", "host == 'a'")],
            ),
            // The subject changes in between.
            (
                "if (host == 'a') return '1'; host = 'a';
                 if (host == 'a') return '2';",
                &[],
            ),
            // Another subject, another condition besides.
            (
                "if (host == 'a') return '1'; if (url == 'a') return '2';
                 if (url.length > 9 && host == 'b') return '3';
                 if (host == 'b') return '4';",
                &[],
            ),
            (
                "if (host == 'a') return '1';
                 if (url.length > 9 && host == 'a') return '2';",
                &[("url.length > 9 && host == 'a'", "host == 'a'")],
            ),
            // Members of a list.
            (
                "if (host == 'b' || (shExpMatch(host, '*.a') ||
                 isPlainHostName(host)) || host == 'x.a') return '1';
                 if (isResolvable(host) || host == 'b') return '2';",
                &[
                    ("host == 'x.a'", "shExpMatch(host, '*.a')"),
                    ("host == 'b'", "host == 'b'"),
                ],
            ),
            // A branch that is only taken where an earlier one that goes on
            // was not.
            (
                "var x; if (url == 'u') x = 1;
                 else if (host == 'a') return '1';
                 if (host == 'a') return '2';",
                &[],
            ),
        ];
        for (body, expected) in cases {
            let found = shadowed(body);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(text, by)| (text.as_str(), by.as_str()))
                .collect();
            assert_eq!(&found, expected, "{body}");
        }
    }

    #[test]
    fn places() {
        let source = "function FindProxyForURL(url, host) {\n  \
            if (shExpMatch(host, '*.a')) return '1';\n\
            if (host == 'b.a') return '2';\n}";
        let pac = Pac::new(source).unwrap();
        let all: Vec<String> =
            pac.shadowed().iter().map(ToString::to_string).collect();
        assert_eq!(
            all,
            ["line 3, column 5: `host == 'b.a'` never matches: line 2, \
              column 7: `shExpMatch(host, '*.a')` matches first"]
        );
    }
}
