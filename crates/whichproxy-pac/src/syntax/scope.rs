//! What a name means at a place.

use oxc_ast::ast::{
    BindingPattern, Declaration, ForStatementInit, ForStatementLeft,
    Statement, VariableDeclaration, VariableDeclarationKind,
};

use super::lower::Refuse;

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
    pub(super) blocks: Vec<HashMap<Box<str>, Binding>>,
    pub(super) slots: u32,
    /// Names that belong to the whole function.
    pub(super) hoisted: HashSet<Box<str>>,
}

impl Scope {
    pub(super) fn find(&self, name: &str) -> Option<Binding> {
        self.blocks.iter().rev().find_map(|block| block.get(name).copied())
    }

    pub(super) fn slot(&mut self) -> u32 {
        self.slots += 1;
        self.slots - 1
    }
}

/// The names that `var` declares in statements, nested ones included.
pub(super) fn hoist<'a>(
    statements: &[Statement<'a>],
    depth: u32,
    found: &mut Vec<(&'a str, u32)>,
) -> Result<(), Refuse> {
    statements.iter().try_for_each(|one| hoist_one(one, depth, found))
}

fn hoist_one<'a>(
    mut statement: &Statement<'a>,
    depth: u32,
    found: &mut Vec<(&'a str, u32)>,
) -> Result<(), Refuse> {
    if depth > super::lower::DEPTH_MOST {
        return Err(Refuse(0, "nested too deeply"));
    }
    let depth = depth + 1;
    // A chain of `else if` is as long as it likes.
    while let Statement::IfStatement(this) = statement {
        hoist_one(&this.consequent, depth, found)?;
        match &this.alternate {
            Some(alternate) => statement = alternate,
            None => return Ok(()),
        }
    }
    match statement {
        Statement::BlockStatement(this) => hoist(&this.body, depth, found),
        Statement::DoWhileStatement(this) => {
            hoist_one(&this.body, depth, found)
        }
        Statement::WhileStatement(this) => hoist_one(&this.body, depth, found),
        Statement::ForStatement(this) => {
            if let Some(ForStatementInit::VariableDeclaration(init)) =
                &this.init
            {
                names(init, found)?;
            }
            hoist_one(&this.body, depth, found)
        }
        Statement::ForInStatement(this) => {
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                names(left, found)?;
            }
            hoist_one(&this.body, depth, found)
        }
        Statement::ForOfStatement(this) => {
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                names(left, found)?;
            }
            hoist_one(&this.body, depth, found)
        }
        Statement::SwitchStatement(this) => this
            .cases
            .iter()
            .try_for_each(|case| hoist(&case.consequent, depth, found)),
        Statement::TryStatement(this) => {
            hoist(&this.block.body, depth, found)?;
            if let Some(handler) = &this.handler {
                hoist(&handler.body.body, depth, found)?;
            }
            match &this.finalizer {
                Some(last) => hoist(&last.body, depth, found),
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
    for declarator in &declaration.declarations {
        let BindingPattern::BindingIdentifier(id) = &declarator.id else {
            let at = declaration.span.start;
            return Err(Refuse(at, "a variable that is taken apart"));
        };
        found.push((id.name.as_str(), id.span.start));
    }
    Ok(())
}
