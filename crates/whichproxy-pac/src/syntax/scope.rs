//! What a name means at a place.

use oxc_ast::ast::{
    BindingPattern, Declaration, ForStatementInit, ForStatementLeft,
    FormalParameters, Function, Statement, VariableDeclaration,
    VariableDeclarationKind,
};

use super::lower::Refuse;
use super::program::Capture;

/// Values by a key that a script may choose; the seed is not its to know.
pub(super) type HashMap<K, V> =
    std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// As [`HashMap`].
pub(super) type HashSet<K> =
    std::collections::HashSet<K, foldhash::fast::RandomState>;

/// Names that JavaScript itself gives to a script. A script that declares
/// one of them anew is refused.
const NATIVE: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Intl",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "SyntaxError",
    "Temporal",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "console",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "undefined",
    "unescape",
];

/// Names that the two parsers could take for something else, or that every
/// object has.
const UNSAFE: &[&str] = &[
    "__proto__",
    "arguments",
    "async",
    "await",
    "constructor",
    "enum",
    "implements",
    "interface",
    "let",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "static",
    "toString",
    "valueOf",
    "yield",
    "hasOwn",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "get",
    "set",
];

/// Whether JavaScript itself gives a name.
pub(super) fn is_native(name: &str) -> bool {
    NATIVE.contains(&name)
}

/// Whether a script may declare a name and still be understood.
pub(super) fn may_declare(name: &str) -> bool {
    name.is_ascii() && !is_native(name) && !UNSAFE.contains(&name)
}

/// Whether parameters are names and nothing else.
pub(super) fn are_plain(parameters: &FormalParameters<'_>) -> bool {
    parameters.rest.is_none()
        && parameters.items.iter().all(|one| {
            one.initializer.is_none()
                && matches!(one.pattern, BindingPattern::BindingIdentifier(_))
        })
}

/// What a name in a function is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    pub(super) slot: u32,
    /// For `let` and `const`: the offset from which it may be used.
    pub(super) from: u32,
    pub(super) constant: bool,
}

/// The names of one function.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Where the function lies.
    pub(super) at: u32,
    pub(super) arrow: bool,
    pub(super) blocks: Vec<HashMap<Box<str>, Binding>>,
    pub(super) slots: u32,
    pub(super) parameters: HashSet<Box<str>>,
    /// How many slots belong to the whole function.
    pub(super) whole: u32,
    /// What it takes along of the functions around it.
    pub(super) captures: Vec<Capture>,
    pub(super) writes_captured: bool,
    /// The slot of what `arguments` is.
    pub(super) arguments: Option<u32>,
    pub(super) sets_parameters: bool,
}

impl Scope {
    pub(super) fn find(&self, name: &str) -> Option<Binding> {
        self.blocks.iter().rev().find_map(|block| block.get(name).copied())
    }

    pub(super) fn slot(&mut self) -> u32 {
        self.slots += 1;
        self.slots - 1
    }

    /// The number of a box that the function takes along.
    pub(super) fn capture(&mut self, capture: Capture) -> u32 {
        let known = self.captures.iter().position(|one| *one == capture);
        let index = known.unwrap_or_else(|| {
            self.captures.push(capture);
            self.captures.len() - 1
        });
        index as u32
    }
}

/// The names that `var` declares in statements, nested ones included, and
/// functions in blocks where the code is not strict.
pub(super) fn hoist<'a>(
    statements: &[Statement<'a>],
    strict: bool,
    depth: u32,
    found: &mut Vec<(&'a str, u32)>,
) -> Result<(), Refuse> {
    for one in statements {
        // Outside of strict code, a function in a block has a variable of
        // the whole function, too.
        if depth > 0
            && !strict
            && let Statement::FunctionDeclaration(function) = one
            && let Some(id) = &function.id
        {
            found.push((id.name.as_str(), function.span.start));
        }
        hoist_one(one, strict, depth, found)?;
    }
    Ok(())
}

fn hoist_one<'a>(
    mut statement: &Statement<'a>,
    strict: bool,
    depth: u32,
    found: &mut Vec<(&'a str, u32)>,
) -> Result<(), Refuse> {
    if depth > super::lower::DEPTH_MOST {
        return Err(Refuse(0, "nested too deeply"));
    }
    let depth = depth + 1;
    // A chain of `else if` is as long as it likes.
    while let Statement::IfStatement(this) = statement {
        hoist_one(&this.consequent, strict, depth, found)?;
        match &this.alternate {
            Some(alternate) => statement = alternate,
            None => return Ok(()),
        }
    }
    match statement {
        Statement::BlockStatement(this) => {
            hoist(&this.body, strict, depth, found)
        }
        Statement::LabeledStatement(this) => {
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::DoWhileStatement(this) => {
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::WhileStatement(this) => {
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::ForStatement(this) => {
            if let Some(ForStatementInit::VariableDeclaration(init)) =
                &this.init
            {
                names(init, found)?;
            }
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::ForInStatement(this) => {
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                names(left, found)?;
            }
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::ForOfStatement(this) => {
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                names(left, found)?;
            }
            hoist_one(&this.body, strict, depth, found)
        }
        Statement::SwitchStatement(this) => {
            this.cases.iter().try_for_each(|case| {
                hoist(&case.consequent, strict, depth, found)
            })
        }
        Statement::TryStatement(this) => {
            hoist(&this.block.body, strict, depth, found)?;
            if let Some(handler) = &this.handler {
                hoist(&handler.body.body, strict, depth, found)?;
            }
            match &this.finalizer {
                Some(last) => hoist(&last.body, strict, depth, found),
                None => Ok(()),
            }
        }
        other => match other.as_declaration() {
            Some(Declaration::VariableDeclaration(this)) => names(this, found),
            _ => Ok(()),
        },
    }
}

fn names<'a>(
    declaration: &VariableDeclaration<'a>,
    found: &mut Vec<(&'a str, u32)>,
) -> Result<(), Refuse> {
    if declaration.kind != VariableDeclarationKind::Var {
        return Ok(());
    }
    let mut bound_names = Vec::new();
    for declarator in &declaration.declarations {
        bound(&declarator.id, &mut bound_names)?;
        let at = declarator.span.start;
        found.extend(bound_names.drain(..).map(|name| (name, at)));
    }
    Ok(())
}

/// The function that a statement declares, perhaps behind a label.
pub(super) fn declared<'s, 'a>(
    mut statement: &'s Statement<'a>,
    strict: bool,
) -> Option<&'s Function<'a>> {
    while let Statement::LabeledStatement(this) = statement
        && !strict
    {
        statement = &this.body;
    }
    match statement {
        Statement::FunctionDeclaration(function) => Some(function),
        _ => None,
    }
}

/// The names that a pattern declares.
pub(super) fn bound<'a>(
    pattern: &BindingPattern<'a>,
    found: &mut Vec<&'a str>,
) -> Result<(), Refuse> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => {
            found.push(id.name.as_str());
            Ok(())
        }
        BindingPattern::AssignmentPattern(this) => bound(&this.left, found),
        BindingPattern::ObjectPattern(this) => {
            for property in &this.properties {
                bound(&property.value, found)?;
            }
            match &this.rest {
                Some(rest) => {
                    let reason = "`...` in an object";
                    Err(Refuse(rest.span.start, reason))
                }
                None => Ok(()),
            }
        }
        BindingPattern::ArrayPattern(this) => {
            for element in this.elements.iter().flatten() {
                bound(element, found)?;
            }
            match &this.rest {
                Some(rest) => bound(&rest.argument, found),
                None => Ok(()),
            }
        }
    }
}
