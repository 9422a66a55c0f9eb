//! From the parser's tree to the program.

mod alone;
mod call;
mod expression;
mod function;
mod literal;
mod loops;
mod notes;
mod operator;
mod rules;
mod statement;
mod unpack;

use oxc_ast::ast;

use self::literal::Recent;
use super::program::{Capture, Expression, Function, Global, Place, Program};
use super::scope::{self, HashMap, HashSet, Scope};
use crate::builtins::BUILTINS;

pub(crate) use self::alone::{Pieces, Variable, in_pieces};
pub(crate) use self::notes::Notes;

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
    notes: &mut Option<Notes>,
) -> Result<Program, Refuse> {
    let mut boxed = HashSet::default();
    let mut mutating = HashSet::default();
    // Once more where functions share variables of the script's blocks.
    loop {
        let mut lower = Lower { thaw, boxed, mutating, ..Lower::default() };
        lower.notes = notes.as_ref().map(|_| Notes::default());
        lower.script(tree)?;
        if !lower.again {
            *notes = lower.notes;
            return Ok(lower.program);
        }
        (boxed, mutating) = (lower.boxed, lower.mutating);
    }
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
    /// The labels around, and their numbers.
    labels: Vec<(Box<str>, u32)>,
    labels_made: u32,
    /// The label right before a loop.
    label: u32,
    strict: bool,
    thaw: bool,
    recent: Recent,
    /// Slots of functions, by where these lie, that functions within share.
    boxed: HashSet<(u32, u32)>,
    /// Functions that change arrays or objects, by where they lie; what
    /// they write down is not frozen.
    mutating: HashSet<u32>,
    /// Whether more was found of this than was known.
    again: bool,
    /// Whether the next function is an arrow's value.
    arrow_value: bool,
    around: alone::Around,
    /// Where conditions are, if somebody wants to know.
    notes: Option<Notes>,
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
    fn script(&mut self, tree: &ast::Program<'_>) -> Result<(), Refuse> {
        for directive in &tree.directives {
            self.strict |= directive.directive == "use strict";
        }
        self.declare_globals(&tree.body)?;
        self.scopes.push(Scope { at: u32::MAX, ..Scope::default() });
        self.refusals.push(Vec::new());
        self.heights.push(0);
        self.functions_of(&tree.body)?;
        let body = self.statements(&tree.body)?;
        let scope = self.scopes.pop().unwrap_or_default();
        self.program.top = Function {
            slots: scope.slots,
            body,
            height: self.heights.pop().unwrap_or_default(),
            refusals: self.refusals.pop().unwrap_or_default(),
            ..Function::default()
        };
        Ok(())
    }

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

    /// Whether so many further levels may be nested; counts them.
    fn has_room(&mut self, levels: u32) -> bool {
        let depth = self.depth + levels;
        if let Some(height) = self.heights.last_mut() {
            *height = (*height).max(depth);
        }
        depth <= DEPTH_MOST
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
        let levels = self.scopes.len();
        let found = self.scopes.iter().enumerate().rev();
        let found = found
            .map(|(level, scope)| (level, scope.find(name)))
            .find_map(|(level, binding)| Some((level, binding?)));
        if let Some((level, binding)) = found {
            let place = if level + 1 == levels {
                if at < binding.from {
                    return Name::Out("a variable that is used too early");
                }
                self.place(binding.slot)
            } else {
                self.captured(level, binding.slot)
            };
            return if binding.constant {
                Name::Constant(place)
            } else {
                Name::Place(place)
            };
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

    /// A variable of the function at a level, for the innermost one, which
    /// takes it along.
    fn captured(&mut self, level: usize, slot: u32) -> Place {
        let at = self.scopes.get(level).map_or(0, |scope| scope.at);
        self.again |= self.boxed.insert((at, slot));
        let mut capture = Capture::Slot(slot);
        let mut index = 0;
        for scope in self.scopes.iter_mut().skip(level + 1) {
            index = scope.capture(capture);
            capture = Capture::Outer(index);
        }
        Place::Captured(index)
    }

    /// The slot of a name that is not declared.
    fn unknown(&mut self, name: &str) -> u32 {
        self.global(name, false, false)
    }

    /// Whether data here may be frozen.
    fn may_freeze(&self) -> bool {
        let at = self.scopes.last().map_or(0, |scope| scope.at);
        let thawed = self.thaw && self.at_top();
        !(thawed || self.mutating.contains(&at))
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
            Name::Place(place) => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.sets_parameters |= scope.parameters.contains(name);
                    scope.writes_captured |=
                        matches!(place, Place::Captured(_));
                }
                Ok(Some(place))
            }
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
