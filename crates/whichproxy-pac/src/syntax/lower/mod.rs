//! From the parser's tree to the program.

mod alone;
mod call;
mod expression;
mod function;
mod literal;
mod loops;
mod operator;
mod statement;

use oxc_ast::ast;

use self::literal::Recent;
use super::program::{Expression, Function, Global, Place, Program};
use super::scope::{self, HashMap, Scope};
use crate::builtins::BUILTINS;

pub(crate) use self::alone::{Pieces, Variable, in_pieces};

/// Why a script is refused as a whole: an offset, and the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Refuse(pub(super) u32, pub(super) &'static str);

/// The deepest nesting of statements and expressions.
pub(super) const DEPTH_MOST: u32 = 120;

/// Lowers a whole script.
///
/// Where `thaw` is set, data outside of functions is not frozen.
pub(super) fn lower(
    tree: &ast::Program<'_>,
    thaw: bool,
) -> Result<Program, Refuse> {
    let mut lower = Lower { thaw, ..Lower::default() };
    for directive in &tree.directives {
        lower.strict |= directive.directive == "use strict";
    }
    lower.declare_globals(&tree.body)?;
    lower.scopes.push(Scope::default());
    lower.refusals.push(Vec::new());
    lower.heights.push(0);
    lower.functions_of(&tree.body)?;
    let body = lower.statements(&tree.body)?;
    let scope = lower.scopes.pop().unwrap_or_default();
    let refusals = lower.refusals.pop().unwrap_or_default();
    let height = lower.heights.pop().unwrap_or_default();
    lower.program.top =
        Function { parameters: 0, slots: scope.slots, body, height, refusals };
    Ok(lower.program)
}

/// The state of the lowering.
#[derive(Default)]
struct Lower {
    program: Program,
    global_slots: HashMap<Box<str>, u32>,
    /// Where a `let` or `const` of the script itself may be used.
    lexical: HashMap<u32, bool>,
    /// The functions that are being lowered, from the outside in; the first
    /// is the script itself.
    scopes: Vec<Scope>,
    refusals: Vec<Vec<(u32, &'static str)>>,
    heights: Vec<u32>,
    depth: u32,
    loops: u32,
    switches: u32,
    strict: bool,
    thaw: bool,
    recent: Recent,
    around: alone::Around,
}

/// What a name is.
enum Name {
    Place(Place),
    /// `const`, which cannot be assigned to.
    Constant(Place),
    Builtin(&'static crate::builtins::Builtin),
    Native,
    /// A variable of a function around this one, or one that is used before
    /// it is declared.
    Out(&'static str),
    Unknown,
}

impl Lower {
    /// Notes what this function does that is not modelled.
    fn soft(&mut self, at: u32, reason: &'static str) -> Expression {
        if let Some(refusals) = self.refusals.last_mut() {
            refusals.push((at, reason));
        }
        Expression::Retry(at)
    }

    /// Goes one level down.
    fn enter(&mut self, at: u32) -> Result<(), Refuse> {
        self.depth += 1;
        if let Some(height) = self.heights.last_mut() {
            *height = (*height).max(self.depth);
        }
        if self.depth > DEPTH_MOST {
            return Err(Refuse(at, "nested too deeply"));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn global(&mut self, name: &str, lexical: bool, declared: bool) -> u32 {
        if let Some(slot) = self.global_slots.get(name) {
            return *slot;
        }
        let slot = self.program.globals.len() as u32;
        self.program.globals.push(Global {
            name: name.into(),
            function: None,
            declared,
            lexical,
        });
        self.global_slots.insert(name.into(), slot);
        slot
    }

    /// What a name means here.
    fn name(&mut self, name: &str, at: u32) -> Name {
        if let Some(scope) = self.scopes.last()
            && let Some(binding) = scope.find(name)
        {
            if at < binding.from {
                return Name::Out("a variable that is used too early");
            }
            let place = Place::Local(binding.slot);
            return if binding.constant {
                Name::Constant(place)
            } else {
                Name::Place(place)
            };
        }
        let around = self.scopes.len().saturating_sub(1);
        if self.scopes[..around].iter().any(|s| s.find(name).is_some()) {
            return Name::Out("a variable of the function around this one");
        }
        if let Some(found) = self.name_around(name) {
            return found;
        }
        if let Some(slot) = self.global_slots.get(name) {
            let place = Place::Global(*slot);
            return match self.lexical.get(slot) {
                Some(true) => Name::Constant(place),
                _ => Name::Place(place),
            };
        }
        if let Some(builtin) = BUILTINS.iter().find(|b| b.name == name) {
            return Name::Builtin(builtin);
        }
        if scope::is_native(name) { Name::Native } else { Name::Unknown }
    }

    /// The slot of a name that is not declared.
    fn unknown(&mut self, name: &str) -> u32 {
        self.global(name, false, false)
    }

    /// Whether data here may be frozen.
    fn may_freeze(&self) -> bool {
        !(self.thaw && self.at_top())
    }

    /// Whether this is the script's own code, outside of functions.
    fn at_top(&self) -> bool {
        self.scopes.len() == 1
    }

    /// The place that an assignment to a name goes to.
    fn target(
        &mut self,
        name: &str,
        at: u32,
    ) -> Result<Option<Place>, Refuse> {
        match self.name(name, at) {
            Name::Place(place) => Ok(Some(place)),
            Name::Constant(_) => Ok(None),
            Name::Out(reason) => {
                self.soft(at, reason);
                Ok(None)
            }
            Name::Builtin(_) | Name::Native => {
                Err(Refuse(at, "a function that is given is replaced"))
            }
            Name::Unknown if self.strict => {
                Err(Refuse(at, "an unknown variable in strict code"))
            }
            Name::Unknown if !scope::may_declare(name) => {
                Err(Refuse(at, "an assignment to a given name"))
            }
            Name::Unknown => {
                let slot = self.global(name, false, false);
                Ok(Some(Place::Global(slot)))
            }
        }
    }
}
