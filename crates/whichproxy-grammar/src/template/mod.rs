//! The constructs, as templates.
//!
//! In a template, `$` and a letter stand for a part that is made:
//!
//! | letter | part |
//! | --- | --- |
//! | `T`, `N`, `V`, `C` | an expression: a text, a number, any value, a test |
//! | `A` | an expression: an array of texts |
//! | `R`, `r` | what is returned: an expression, a literal |
//! | `L`, `G`, `W` | a literal: a domain, a glob, a network |
//! | `X`, `F` | the source and the flags of a regular expression |
//! | `H` | `host`, `url` or a variable |
//! | `S` | statements |
//! | `n` | a number that no other place has |

mod expression;
mod statement;
mod top;

pub(crate) use self::expression::{
    ARRAYS, NUMBERS, RESULTS, TESTS, TEXTS, VALUES,
};
pub(crate) use self::statement::STATEMENTS;
pub(crate) use self::top::{
    HELPERS, IN_LISTS, IN_SETS, LISTS, MAPS, SETS, TOPS,
};

/// Kinds of constructs; a script has some of them, since one that has all is
/// refused for one of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// What every script may have.
    Plain,
    Alert,
    /// Methods of arrays that call functions.
    Array,
    /// `Set` and `Map`.
    Collection,
    /// Labels, `do`, `switch` and other ways through a function.
    Control,
    Dns,
    /// `FindProxyForURLEx` and its functions.
    Ex,
    /// What was added to JavaScript since 2015.
    Modern,
    Number,
    /// Constructors, prototypes, `this`, closures.
    Object,
    /// What nearly no script has.
    Odd,
    Regex,
    /// Variables of the script that functions write.
    State,
    Throw,
    Time,
}

/// Those that a script need not have.
pub(crate) const KINDS: &[Kind] = &[
    Kind::Alert,
    Kind::Array,
    Kind::Collection,
    Kind::Control,
    Kind::Dns,
    Kind::Ex,
    Kind::Modern,
    Kind::Number,
    Kind::Object,
    Kind::Odd,
    Kind::Regex,
    Kind::State,
    Kind::Throw,
    Kind::Time,
];

/// How often, of what kind, and what.
pub(crate) struct Template(
    pub(crate) usize,
    pub(crate) Kind,
    pub(crate) &'static str,
);
