//! The typed program that a script becomes.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::keyed::Keyed;
use super::names::Names;
use super::pattern::Pattern;
use super::suffixes::Suffixes;
use crate::builtins::Builtin;
use crate::table::{Networks, Table, Test};

/// A text that is copied in no time: a short one lies where it is, a long
/// one is shared.
pub(crate) type Text = smol_str::SmolStr;

/// Names and their values, in the order in which they were written.
pub(crate) type Map<K, V> = IndexMap<K, V, foldhash::fast::RandomState>;

/// A script, lowered; nothing of it ran.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) functions: Vec<Function>,
    /// The code outside of functions.
    pub(crate) top: Function,
    /// The script's own names, each with a slot.
    pub(crate) globals: Vec<Global>,
    /// Functions that are made once, so that their number tells them apart
    /// and they may have properties.
    pub(crate) single: HashSet<u32>,
    /// Patterns of `shExpMatch` that are more than stars and dots.
    pub(crate) globs: Map<Text, Arc<Pattern>>,
}

/// A variable of the script itself.
#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) name: Box<str>,
    /// The function that the name has before anything runs.
    pub(crate) function: Option<u32>,
    /// Declared, and not only written to.
    pub(crate) declared: bool,
    /// Declared with `let` or `const`, so no property of the global object.
    pub(crate) lexical: bool,
}

/// One function.
#[derive(Debug, Default)]
pub(crate) struct Function {
    pub(crate) parameters: u32,
    /// Parameters and variables.
    pub(crate) slots: u32,
    pub(crate) body: Vec<Statement>,
    /// How deeply the body is nested: what it needs of the native stack.
    pub(crate) height: u32,
    /// Where it lies.
    pub(crate) at: u32,
    /// What the function does that is not modelled, and where.
    pub(crate) refusals: Vec<(u32, &'static str)>,
    /// Whether there is something to do before it runs.
    pub(crate) is_special: bool,
    /// Slots that a function within shares, so that they lie in a box.
    pub(crate) boxed: Vec<u32>,
    /// The slot of the parameter for the rest.
    pub(crate) rest: Option<u32>,
    /// The slot of what `arguments` is.
    pub(crate) arguments: Option<u32>,
    /// Whether `new` may call it.
    pub(crate) constructs: bool,
    /// Whether it writes variables of the functions around it.
    pub(crate) writes_captured: bool,
}

/// A statement.
#[derive(Debug)]
pub(crate) enum Statement {
    Evaluate(Expression),
    Return(Option<Expression>),
    /// Conditions and what follows from each, then what follows from none.
    If(Vec<(Expression, Vec<Statement>)>, Vec<Statement>),
    Loop(Box<Loop>),
    Each(Box<Each>),
    Switch(Expression, Vec<(Option<Expression>, Vec<Statement>)>),
    Block(Vec<Statement>),
    /// A body, and what follows where it throws; then boa answers.
    Try(Vec<Statement>, Vec<Statement>),
    Break,
    Continue,
    /// A statement with a label, and its number.
    Labeled(u32, Vec<Statement>),
    BreakTo(u32),
    ContinueTo(u32),
    /// The variables of a block, before they have values; some in new boxes.
    Fresh(Vec<(u32, bool)>),
    /// A body, and what follows in any case.
    Finally(Vec<Statement>, Vec<Statement>),
    Dispatch(Box<Dispatch>),
    Scan(Box<Scan>),
    Rules(Box<Rules>),
    /// Rounds of the loop around this that need not run one by one.
    Skip(Box<Suffixes>),
}

/// `for`, `while` and `do`.
#[derive(Debug, Default)]
pub(crate) struct Loop {
    pub(crate) test: Option<Expression>,
    pub(crate) update: Option<Expression>,
    pub(crate) body: Vec<Statement>,
    /// Whether the body runs before the first test.
    pub(crate) test_last: bool,
    /// The label that `continue` may name.
    pub(crate) label: u32,
    /// Boxed variables of which each round has its own.
    pub(crate) copies: Vec<u32>,
}

/// `for … in` and `for … of`.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) place: Place,
    pub(crate) object: Expression,
    pub(crate) body: Vec<Statement>,
    /// Whether it is `of`.
    pub(crate) values: bool,
    /// The label that `continue` may name.
    pub(crate) label: u32,
    /// Whether each round has its own box for the variable.
    pub(crate) fresh: bool,
}

/// `if (dnsDomainIs(host, "a")) return "b";` in a row: each has its own texts
/// and nothing else.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) builtin: &'static Builtin,
    /// A variable.
    pub(crate) subject: Expression,
    /// The function's second argument, as a test, and the result.
    pub(crate) rules: Vec<(Test, Constant)>,
}

/// Rules in a row. What tables pass over has nothing to do.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) candidates: Candidates,
    pub(crate) rules: Vec<Rule>,
}

/// A loop through a list. Rounds that tables pass over have nothing to do.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) list: Expression,
    /// The loop's variable.
    pub(crate) place: Place,
    /// Whether a round sets more variables than that one.
    pub(crate) has_more: bool,
    pub(crate) variants: Vec<Variant>,
    /// The loop itself.
    pub(crate) plain: Statement,
}

/// Tables of a list's elements.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) list: Arc<Frozen>,
    pub(crate) count: u32,
    pub(crate) candidates: Candidates,
}

/// Tests joined by `||`.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) candidates: Candidates,
    /// Those that are no more than candidates, by number. All others that the
    /// tables find are true.
    pub(crate) members: Vec<(u32, Expression)>,
}

/// Which rules may have something to do, by number.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    pub(crate) columns: Vec<Column>,
    /// Rules of which no table tells anything, in order.
    pub(crate) always: Vec<u32>,
    /// What must have a value, or must be a text; or boa answers.
    pub(crate) needs: Vec<(Place, bool)>,
}

/// The tests of one subject.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) subject: Expression,
    pub(crate) tests: Tests,
}

/// Tests of texts, or of addresses.
#[derive(Debug)]
pub(crate) enum Tests {
    Texts(Box<Table>),
    /// With the rules, in order, that make the subject's address known once
    /// they are tried.
    Networks(Networks, Vec<u32>),
}

/// What is done in its turn.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Returns a value; its condition is what the tables say.
    Return(Constant),
    Branch(Box<Branch>),
}

/// A condition and what follows from it.
#[derive(Debug)]
pub(crate) struct Branch {
    /// None where being a candidate is enough.
    pub(crate) condition: Option<Expression>,
    pub(crate) body: Vec<Statement>,
    /// The rule that comes after the body.
    pub(crate) end: u32,
}

/// What can be assigned to by its name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    Local(u32),
    /// A slot with a box in it.
    Boxed(u32),
    /// A box of a function around this one.
    Captured(u32),
    Global(u32),
}

/// Where a function finds a box that it takes along.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Capture {
    /// In a slot of the function around it.
    Slot(u32),
    /// Among what that one took along.
    Outer(u32),
}

/// A box that a function took along.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cell {
    /// One of this evaluation.
    Live(u32),
    /// One that was filled while loading, and never changes.
    Fixed(u32),
}

/// An expression.
#[derive(Debug)]
pub(crate) enum Expression {
    Constant(Constant),
    Read(Place),
    Set(Place, Box<Expression>),
    /// `++` and `--`.
    Update {
        place: Place,
        by: f64,
        prefix: bool,
    },
    /// Object, key and value of `o[k] = v`.
    SetElement(Box<[Expression; 3]>),
    /// Object, key and value of `o[k] += v` and the like; whether what was
    /// there before is the value, as that of `o[k]++` is.
    ChangeElement(Box<[Expression; 3]>, Operator, bool),
    /// `delete o[k]`.
    Delete(Box<[Expression; 2]>),
    /// A function that takes variables along.
    Closure(u32, Box<[Capture]>),
    /// The function that runs.
    Callee,
    /// `this`, where it is an object.
    This,
    /// `new` of a function of the script.
    New(Box<Expression>, Vec<Expression>),
    /// `...list` among elements or arguments.
    Spread(Box<Expression>),
    /// The elements of a list or text, as an array.
    Elements(Box<Expression>),
    /// `??`.
    Coalesce(Vec<Expression>),
    /// What `?.` may cut short.
    Chain(Box<Expression>),
    /// An object before `?.`.
    Optional(Box<Expression>),
    Unary(Unary, Box<Expression>),
    /// From left to right, all of one rank.
    Binary(Box<Expression>, Vec<(Operator, Expression)>),
    /// `&&`.
    All(Vec<Expression>),
    /// `||`.
    Any(Vec<Expression>),
    /// `a ? b : c ? d : e`.
    Choose(Vec<(Expression, Expression)>, Box<Expression>),
    /// `a, b`.
    Sequence(Vec<Expression>),
    Call(Box<Expression>, Vec<Expression>),
    Builtin(&'static Builtin, Vec<Expression>),
    Native(Native, Vec<Expression>),
    Method(Method, Box<Expression>, Vec<Expression>),
    /// A method of an unknown name: a function of the script.
    Member(Box<Expression>, Box<str>),
    Index(Box<(Expression, Expression)>),
    Array(Vec<Expression>),
    Object(Vec<(Text, Expression)>),
    /// An object of which some names are computed, or that has `...` in it.
    ObjectOf(Vec<(Expression, Expression)>),
    /// `new RegExp(…)` of what is not written down.
    Regex(Vec<Expression>),
    /// Many tests joined by `||`, answered at once.
    Match(Box<Match>),
    /// What is not modelled.
    Retry(u32),
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unary {
    Not,
    Negate,
    Number,
    BitNot,
    TypeOf,
    Void,
    /// A number that is an index, and nothing else.
    Index,
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    ShiftRightZero,
    Or,
    Xor,
    And,
    In,
    Power,
    InstanceOf,
}

/// A function of JavaScript itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Native {
    Abs,
    ArrayFrom,
    ArrayOf,
    Boolean,
    Ceil,
    Create,
    Decode,
    DecodeComponent,
    Encode,
    EncodeComponent,
    Entries,
    Floor,
    FromCharCode,
    IsArray,
    IsFinite,
    IsInteger,
    IsNan,
    Keys,
    Assign,
    Map,
    Max,
    Min,
    Number,
    NumberIsFinite,
    NumberIsNan,
    ParseFloat,
    ParseInt,
    Power,
    Random,
    Round,
    Set,
    Sign,
    Sqrt,
    String,
    Trunc,
    Values,
}

impl Native {
    /// A function that is called by its name alone.
    pub(crate) fn of(name: &str) -> Option<Native> {
        Some(match name {
            "Boolean" => Native::Boolean,
            "Number" => Native::Number,
            "String" => Native::String,
            "decodeURI" => Native::Decode,
            "decodeURIComponent" => Native::DecodeComponent,
            "encodeURI" => Native::Encode,
            "encodeURIComponent" => Native::EncodeComponent,
            "isFinite" => Native::IsFinite,
            "isNaN" => Native::IsNan,
            "parseFloat" => Native::ParseFloat,
            "parseInt" => Native::ParseInt,
            _ => return None,
        })
    }

    /// A function of one of JavaScript's own objects.
    pub(crate) fn within(object: &str, name: &str) -> Option<Native> {
        Some(match (object, name) {
            ("Array", "from") => Native::ArrayFrom,
            ("Array", "isArray") => Native::IsArray,
            ("Array", "of") => Native::ArrayOf,
            ("Math", "abs") => Native::Abs,
            ("Math", "ceil") => Native::Ceil,
            ("Math", "floor") => Native::Floor,
            ("Math", "max") => Native::Max,
            ("Math", "min") => Native::Min,
            ("Math", "pow") => Native::Power,
            ("Math", "random") => Native::Random,
            ("Math", "round") => Native::Round,
            ("Math", "sign") => Native::Sign,
            ("Math", "sqrt") => Native::Sqrt,
            ("Math", "trunc") => Native::Trunc,
            ("Number", "isFinite") => Native::NumberIsFinite,
            ("Number", "isInteger") => Native::IsInteger,
            ("Number", "isNaN") => Native::NumberIsNan,
            ("Number", "parseFloat") => Native::ParseFloat,
            ("Number", "parseInt") => Native::ParseInt,
            ("Object", "assign") => Native::Assign,
            ("Object", "create") => Native::Create,
            ("Object", "entries") => Native::Entries,
            ("Object", "keys") => Native::Keys,
            ("Object", "values") => Native::Values,
            ("String", "fromCharCode") => Native::FromCharCode,
            _ => return None,
        })
    }
}

/// A method, by its name; what it does, depends on whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    Call,
    CharAt,
    CharCodeAt,
    Concat,
    EndsWith,
    Exec,
    Get,
    Has,
    HasOwnProperty,
    Includes,
    IndexOf,
    Join,
    LastIndexOf,
    Match,
    Pop,
    Push,
    Replace,
    Search,
    Shift,
    Slice,
    Split,
    StartsWith,
    Substr,
    Substring,
    Test,
    ToLowerCase,
    ToString,
    ToUpperCase,
    Trim,
    At,
    CodePointAt,
    Every,
    Fill,
    Filter,
    Find,
    FindIndex,
    ForEach,
    Map,
    PadEnd,
    PadStart,
    Reduce,
    Repeat,
    ReplaceAll,
    Reverse,
    Some,
    Sort,
    Splice,
    ToFixed,
    TrimEnd,
    TrimStart,
    Unshift,
    Flat,
    ValueOf,
    Apply,
    Other(Box<str>),
}

/// A value that never changes.
#[derive(Clone, Debug)]
pub(crate) enum Constant {
    /// A variable before it has a value.
    Unset,
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// ASCII.
    Text(Text),
    Frozen(Arc<Frozen>),
    Keyed(Arc<Keyed>),
    Pattern(Arc<Pattern>),
    Function(u32),
    /// A function, and what it took along.
    Closure(u32, Arc<[Cell]>),
    Builtin(&'static Builtin),
    /// `Object.prototype.hasOwnProperty`.
    HasOwn,
    /// A function of JavaScript itself that is not called.
    Native,
}

/// An array or object that never changes.
#[derive(Debug)]
pub(crate) enum Frozen {
    Array(Vec<Constant>),
    Map(Names),
}

impl Expression {
    /// Whether it stands for any number of elements or arguments.
    #[inline]
    pub(crate) fn is_spread(&self) -> bool {
        matches!(self, Expression::Spread(_))
    }
}

impl Program {
    /// Why what lies at an offset is not modelled.
    pub(crate) fn reason(&self, at: u32) -> Option<&'static str> {
        let all = self.functions.iter().chain([&self.top]);
        let mut all = all.flat_map(|function| &function.refusals);
        all.find(|(other, _)| *other == at).map(|(_, reason)| *reason)
    }
}

impl Method {
    pub(crate) fn of(name: &str) -> Method {
        match name {
            "call" => Method::Call,
            "charAt" => Method::CharAt,
            "charCodeAt" => Method::CharCodeAt,
            "concat" => Method::Concat,
            "endsWith" => Method::EndsWith,
            "exec" => Method::Exec,
            "get" => Method::Get,
            "has" => Method::Has,
            "hasOwnProperty" => Method::HasOwnProperty,
            "includes" => Method::Includes,
            "indexOf" => Method::IndexOf,
            "join" => Method::Join,
            "lastIndexOf" => Method::LastIndexOf,
            "match" => Method::Match,
            "pop" => Method::Pop,
            "push" => Method::Push,
            "replace" => Method::Replace,
            "search" => Method::Search,
            "shift" => Method::Shift,
            "slice" => Method::Slice,
            "split" => Method::Split,
            "startsWith" => Method::StartsWith,
            "substr" => Method::Substr,
            "substring" => Method::Substring,
            "test" => Method::Test,
            "toLowerCase" => Method::ToLowerCase,
            "toString" => Method::ToString,
            "toUpperCase" => Method::ToUpperCase,
            "trim" => Method::Trim,
            "at" => Method::At,
            "codePointAt" => Method::CodePointAt,
            "every" => Method::Every,
            "fill" => Method::Fill,
            "filter" => Method::Filter,
            "find" => Method::Find,
            "findIndex" => Method::FindIndex,
            "forEach" => Method::ForEach,
            "map" => Method::Map,
            "padEnd" => Method::PadEnd,
            "padStart" => Method::PadStart,
            "reduce" => Method::Reduce,
            "repeat" => Method::Repeat,
            "replaceAll" => Method::ReplaceAll,
            "reverse" => Method::Reverse,
            "some" => Method::Some,
            "sort" => Method::Sort,
            "splice" => Method::Splice,
            "toFixed" => Method::ToFixed,
            "trimEnd" => Method::TrimEnd,
            "trimStart" => Method::TrimStart,
            "unshift" => Method::Unshift,
            "flat" => Method::Flat,
            "valueOf" => Method::ValueOf,
            "apply" => Method::Apply,
            other => Method::Other(other.into()),
        }
    }

    /// Whether it may change what it is called on.
    pub(crate) fn changes(&self) -> bool {
        use Method::{
            Fill, Other, Pop, Push, Reverse, Shift, Sort, Splice, Unshift,
        };
        matches!(
            self,
            Fill | Other(_)
                | Pop
                | Push
                | Reverse
                | Shift
                | Sort
                | Splice
                | Unshift
        )
    }

    /// The name as it is written.
    pub(crate) fn name(&self) -> &str {
        match self {
            Method::Call => "call",
            Method::CharAt => "charAt",
            Method::CharCodeAt => "charCodeAt",
            Method::Concat => "concat",
            Method::EndsWith => "endsWith",
            Method::Exec => "exec",
            Method::Get => "get",
            Method::Has => "has",
            Method::HasOwnProperty => "hasOwnProperty",
            Method::Includes => "includes",
            Method::IndexOf => "indexOf",
            Method::Join => "join",
            Method::LastIndexOf => "lastIndexOf",
            Method::Match => "match",
            Method::Pop => "pop",
            Method::Push => "push",
            Method::Replace => "replace",
            Method::Search => "search",
            Method::Shift => "shift",
            Method::Slice => "slice",
            Method::Split => "split",
            Method::StartsWith => "startsWith",
            Method::Substr => "substr",
            Method::Substring => "substring",
            Method::Test => "test",
            Method::ToLowerCase => "toLowerCase",
            Method::ToString => "toString",
            Method::ToUpperCase => "toUpperCase",
            Method::Trim => "trim",
            Method::At => "at",
            Method::CodePointAt => "codePointAt",
            Method::Every => "every",
            Method::Fill => "fill",
            Method::Filter => "filter",
            Method::Find => "find",
            Method::FindIndex => "findIndex",
            Method::ForEach => "forEach",
            Method::Map => "map",
            Method::PadEnd => "padEnd",
            Method::PadStart => "padStart",
            Method::Reduce => "reduce",
            Method::Repeat => "repeat",
            Method::ReplaceAll => "replaceAll",
            Method::Reverse => "reverse",
            Method::Some => "some",
            Method::Sort => "sort",
            Method::Splice => "splice",
            Method::ToFixed => "toFixed",
            Method::TrimEnd => "trimEnd",
            Method::TrimStart => "trimStart",
            Method::Unshift => "unshift",
            Method::Flat => "flat",
            Method::ValueOf => "valueOf",
            Method::Apply => "apply",
            Method::Other(name) => name,
        }
    }
}
