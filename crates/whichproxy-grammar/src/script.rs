//! A script that is made.

use crate::template::{
    ARRAYS, HELPERS, IN_LISTS, IN_SETS, KINDS, Kind, LISTS, MAPS, NUMBERS,
    RESULTS, SETS, STATEMENTS, TESTS, TEXTS, TOPS, Template, VALUES,
};
use crate::{Chance, chain, text};

/// How deeply parts are nested in each other; deeper ones are the first of
/// their list.
const DEPTH_MOST: u32 = 5;

/// How deeply statements are.
const BLOCKS_MOST: u32 = 3;

/// How many parts one script has, about.
const PARTS_MOST: usize = 700;

/// A PAC script, and the words it was made of.
///
/// ```
/// use whichproxy_grammar::{Chance, Script};
/// let script = Script::new(&mut Chance::of_bytes(b"any bytes"));
/// assert!(script.source().ends_with("}\n"));
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    source: String,
    words: Vec<String>,
}

impl Script {
    /// Makes a script.
    pub fn new(chance: &mut Chance<'_>) -> Script {
        let mut maker = Maker {
            chance,
            kinds: vec![Kind::Plain],
            out: String::new(),
            words: Vec::new(),
            depth: 0,
            blocks: 0,
            parts: 0,
            names: 0,
        };
        maker.script();
        let Maker { out, mut words, .. } = maker;
        words.sort_unstable();
        words.dedup();
        Script { source: out, words }
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The texts that its rules are about.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// A script in the making.
pub(crate) struct Maker<'m, 'b> {
    pub(crate) chance: &'m mut Chance<'b>,
    kinds: Vec<Kind>,
    out: String,
    words: Vec<String>,
    depth: u32,
    blocks: u32,
    parts: usize,
    names: u32,
}

impl Maker<'_, '_> {
    fn script(&mut self) {
        let shape = self.chance.below(8);
        // A script of rules alone is what most of the world has.
        if shape > 1 {
            for kind in KINDS {
                if self.chance.once_in(5) {
                    self.kinds.push(*kind);
                }
            }
        }
        if self.kinds.contains(&Kind::Odd) && self.chance.once_in(8) {
            self.line("'use strict';");
        }
        self.line("var P = 'PROXY ' + $L;");
        self.line("var own = Object.prototype.hasOwnProperty;");
        for list in [LISTS, SETS, MAPS, HELPERS, IN_LISTS, IN_SETS] {
            self.one_of(list);
            self.out.push('\n');
        }
        self.line("var RULES = [[$G, $r], [$L, $r], [$G, $r]];");
        self.line("var NETS = [[$W, $W], ['10.0.0.0', '255.0.0.0']];");
        self.line("function route(h) { if (h in MAP) return MAP[h];");
        self.line("return helper(h) ? P : 'DIRECT'; }");
        for template in TOPS {
            if self.kinds.contains(&template.1) {
                self.line(template.2);
            }
        }
        if self.kinds.contains(&Kind::Array) {
            self.line("LIST.sort();");
        }
        let entry = match self.kinds.contains(&Kind::Ex) {
            true => {
                self.chance.pick(&["FindProxyForURLEx", "FindProxyForURL"])
            }
            false => "FindProxyForURL",
        };
        match self.chance.below(12) {
            11 => self.line(&format!("var {entry} = function (url, host) {{")),
            _ => self.line(&format!("function {entry}(url, host) {{")),
        }
        self.line("var v = $L, h = host.toLowerCase(), u, i, k, ip;");
        for _ in 0..self.chance.below(4) {
            self.statement();
        }
        if shape < 5 {
            let chain = chain::chain(self);
            self.line(&chain);
        }
        for _ in 0..self.chance.below(5) {
            self.statement();
        }
        if !self.chance.once_in(30) {
            self.line("return $R;");
        }
        self.out.push_str("}\n");
        if !self.out.contains("function FindProxyForURL(") {
            let text = "function FindProxyForURL(url, host) { return 'x'; }\n";
            let at = usize::from(self.chance.once_in(2)) * self.out.len();
            if !self.out.contains("var FindProxyForURL ") {
                self.out.insert_str(at, text);
            }
        }
    }

    /// A template, and the end of its line.
    pub(crate) fn line(&mut self, template: &str) {
        self.expand(template);
        self.out.push('\n');
    }

    fn statement(&mut self) {
        self.blocks += 1;
        match self.blocks > BLOCKS_MOST {
            true => self.line("if ($C) return $R;"),
            false => {
                self.one_of(STATEMENTS);
                self.out.push('\n');
            }
        }
        self.blocks -= 1;
    }

    fn one_of(&mut self, list: &[Template]) {
        self.parts += 1;
        self.depth += 1;
        if self.depth > DEPTH_MOST || self.parts > PARTS_MOST {
            let first = list.first().map_or("", |template| template.2);
            self.expand(first);
            self.depth -= 1;
            return;
        }
        let mine =
            |kinds: &[Kind], template: &&Template| kinds.contains(&template.1);
        let weight = |t: &Template| match t.1 {
            Kind::Plain => t.0,
            // What a script has for once, it shall have often.
            _ => t.0 * 3,
        };
        let kinds = &self.kinds;
        let all = list.iter().filter(|template| mine(kinds, template));
        let mut at = self.chance.below(all.clone().map(weight).sum());
        for template in all {
            if at < weight(template) {
                self.expand(template.2);
                break;
            }
            at -= weight(template);
        }
        self.depth -= 1;
    }

    /// Writes what a template stands for.
    fn expand(&mut self, template: &str) {
        self.names += 1;
        let number = self.names;
        let mut parts = template.split('$');
        self.out.push_str(parts.next().unwrap_or_default());
        let mut escaped = false;
        for part in parts {
            let mut rest = part.chars();
            let letter = match std::mem::take(&mut escaped) {
                true => None,
                false => rest.next(),
            };
            match letter {
                // `$$`, or what follows it.
                None if part.is_empty() => {
                    self.out.push('$');
                    escaped = true;
                }
                None => {}
                Some('{') => self.out.push_str("${"),
                Some('T') => self.one_of(TEXTS),
                Some('N') => self.one_of(NUMBERS),
                Some('V') => self.one_of(VALUES),
                Some('C') => self.one_of(TESTS),
                Some('A') => self.one_of(ARRAYS),
                Some('R') => self.one_of(RESULTS),
                Some('S') => {
                    let depth = std::mem::take(&mut self.depth);
                    self.statement();
                    self.depth = depth;
                }
                Some('r') => {
                    let text = text::result(self.chance);
                    self.literal(&text);
                }
                Some('L') => {
                    let text = text::domain(self.chance);
                    self.word(&text);
                }
                Some('G') => {
                    let text = text::glob(self.chance);
                    self.word(&text);
                }
                Some('W') => {
                    let text = text::network(self.chance);
                    self.word(&text);
                }
                Some('X') => {
                    let text = text::regex(self.chance);
                    self.out.push_str(&text);
                }
                Some('F') => {
                    let flags = self.chance.pick(&["", "", "i", "g", "gi"]);
                    self.out.push_str(flags);
                }
                Some('H') => {
                    let all = ["host", "host", "url", "h"];
                    let subject = self.chance.pick(&all);
                    self.out.push_str(subject);
                }
                Some('n') => self.out.push_str(&number.to_string()),
                Some(other) => self.out.push(other),
            }
            self.out.push_str(rest.as_str());
        }
    }

    fn literal(&mut self, text: &str) {
        let literal = text::literal(self.chance, text);
        self.out.push_str(&literal);
    }

    /// A literal that hosts may be like.
    fn word(&mut self, text: &str) {
        self.literal(text);
        if text.len() > 1 {
            self.words.push(text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_of_every_kind() {
        let mut all = String::new();
        for seed in 0..600 {
            let script = Script::new(&mut Chance::of_seed(seed));
            let source = script.source();
            assert!(source.len() < 60_000, "{source}");
            assert!(source.contains("FindProxyForURL"), "{source}");
            all.push_str(source);
        }
        for part in [
            "=> ",
            "`",
            "new Set(",
            "new Map(",
            ".forEach(",
            "new RegExp(",
            "continue outer",
            "} while (",
            "} catch (e) {",
            "alert(",
            "weekdayRange(",
            "isInNet(dnsResolve(host)",
            "isResolvable(",
            "FindProxyForURLEx",
            "Rule.prototype",
            "convert_addr(",
            "RegExp.$1",
            "'$2.$1'",
            "switch (true)",
            "own.call(SET",
        ] {
            assert!(all.contains(part), "{part}");
        }
    }

    #[test]
    fn bytes_that_end_make_a_script_too() {
        for length in 0..40 {
            let bytes = vec![0xa7; length];
            let script = Script::new(&mut Chance::of_bytes(&bytes));
            assert!(script.source().ends_with("}\n"));
        }
    }
}
