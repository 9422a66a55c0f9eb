//! Functions of a script whose other code ran in boa, lowered one by one.

use std::collections::{HashMap, HashSet};

use oxc_allocator::Allocator;

use super::{Lower, Name, Refuse};
use crate::Refusal;
use crate::syntax::outline::{self, Code, Marked, Outline};
use crate::syntax::program::{
    Expression, Function, Global, Place, Program, Statement,
};
use crate::syntax::purity::Reach;
use crate::syntax::scope::Scope;
use crate::syntax::shown::Shown;
use crate::syntax::{Statics, place, tree};

/// The scopes around a function that is lowered alone.
#[derive(Default)]
pub(super) struct Around {
    scopes: Vec<outline::Scope>,
    innermost: Option<u32>,
    /// The slots of the variables that functions around it have.
    slots: HashMap<(u32, Box<str>), u32>,
}

/// A script whose functions are lowered as they are found.
pub(crate) struct Pieces<'p, 't, 'a> {
    outline: &'p Outline<'t, 'a>,
    marked: &'p Marked,
    mark: &'p str,
    lower: Lower,
    lowered: HashMap<u32, u32>,
    hidden: HashMap<u32, (u32, Box<str>)>,
    next: u32,
}

/// What a slot of the program stands for.
#[derive(Clone, Debug)]
pub(crate) enum Variable {
    /// A property of the global object, or a `let` of the script.
    Script { name: Box<str>, lexical: bool },
    /// A variable of a function, and which of those that are shown.
    Hidden { piece: u32, index: u32 },
}

/// Walks through a script, and puts marks into it that begin with `mark`.
pub(crate) fn in_pieces<R>(
    source: &str,
    mark: &str,
    run: impl FnOnce(&mut Pieces<'_, '_, '_>) -> R,
) -> Result<R, Refusal> {
    let allocator = Allocator::default();
    let tree = tree(&allocator, source).map_err(|Refuse(at, reason)| {
        let (line, column) = place(source, at);
        Refusal::new(line, column, reason)
    })?;
    let mut outline = Outline::of(&tree);
    if let Some((at, reason)) = outline.refusal {
        return Err(Refusal::at(source, at, reason));
    }
    let marked = outline.marked(source, mark);
    let scopes = std::mem::take(&mut outline.scopes);
    let lower = lower(&outline, scopes);
    let mut pieces = Pieces {
        outline: &outline,
        marked: &marked,
        mark,
        lower,
        lowered: HashMap::new(),
        hidden: HashMap::new(),
        next: 0,
    };
    Ok(run(&mut pieces))
}

fn lower(outline: &Outline<'_, '_>, scopes: Vec<outline::Scope>) -> Lower {
    let mut lower = Lower { strict: outline.strict, ..Lower::default() };
    lower.around.scopes = scopes;
    for (name, constant) in &outline.lexical {
        let slot = lower.global(name, true, true);
        lower.lexical.insert(slot, *constant);
    }
    lower
}

impl Pieces<'_, '_, '_> {
    /// What the function that is called, and those that it names, do that is
    /// not modelled, as far as that is known before anything ran.
    ///
    /// Nothing of it is kept: what the names of functions stand for, is only
    /// known afterwards.
    pub(crate) fn refusal(&mut self) -> Option<(u32, &'static str)> {
        let scopes = std::mem::take(&mut self.lower.around.scopes);
        let mut lower = lower(self.outline, scopes);
        let declared = &self.outline.declared;
        for name in declared.keys().chain(&self.outline.variables) {
            lower.global(name, false, true);
        }
        let entry = ["FindProxyForURLEx", "FindProxyForURL"]
            .iter()
            .find_map(|name| declared.get(*name).copied());
        let mut queue: Vec<u32> = entry.into_iter().collect();
        let mut seen: HashSet<u32> = entry.into_iter().collect();
        let mut next = 0;
        let mut refusal = None;
        while let Some(piece) = queue.get(next)
            && let Some(piece) = self.outline.pieces.get(*piece as usize)
            && refusal.is_none()
        {
            next += 1;
            lower.around.innermost = piece.around;
            let index = lower.alone(piece.code, piece.strict);
            let function = lower.program.functions.get(index as usize);
            refusal = function.and_then(|f| f.refusals.first().copied());
            let none = (&[][..], &Statics::new());
            for slot in Reach::of(&lower.program, &[], none, index, &[]).read {
                let global = lower.program.globals.get(slot as usize);
                let named = global.filter(|global| !global.lexical);
                let named = named.and_then(|it| declared.get(&it.name));
                queue.extend(named.filter(|it| seen.insert(**it)).copied());
            }
        }
        self.lower.around.scopes = lower.around.scopes;
        refusal
    }

    /// The script with its marks.
    pub(crate) fn text(&self) -> &str {
        &self.marked.text
    }

    /// Tells that the global object has a property of a name.
    pub(crate) fn declare(&mut self, name: &str) -> u32 {
        self.lower.global(name, false, true)
    }

    /// The function with a text, lowered.
    pub(crate) fn function(&mut self, text: &str) -> Option<u32> {
        let (_, rest) = text.split_once(self.mark)?;
        let number: u32 = rest.split_once("*/")?.0.parse().ok()?;
        let piece = self.outline.pieces.get(number as usize)?;
        let expected = self.marked.slice(piece.span)?;
        let same =
            text == expected || piece.method && text.ends_with(expected);
        if !same {
            return None;
        }
        if let Some(index) = self.lowered.get(&number) {
            return Some(*index);
        }
        self.lower.around.innermost = piece.around;
        let index = self.lower.alone(piece.code, piece.strict);
        self.lowered.insert(number, index);
        Some(index)
    }

    /// The next slot whose value is wanted.
    pub(crate) fn next(&mut self) -> Option<(u32, Variable)> {
        let slot = self.next;
        let global = self.lower.program.globals.get(slot as usize)?;
        self.next += 1;
        let name = global.name.clone();
        let lexical = global.lexical;
        if self.hidden.len() < self.lower.around.slots.len() {
            for ((piece, name), slot) in &self.lower.around.slots {
                self.hidden.insert(*slot, (*piece, name.clone()));
            }
        }
        let variable = match self.hidden.get(&slot) {
            None => Variable::Script { name, lexical },
            Some((piece, name)) => {
                let shown = self.outline.pieces.get(*piece as usize);
                let mut shown = shown.iter().flat_map(|piece| &piece.shown);
                let index = shown.position(|other| other == name);
                let index = index.map_or(u32::MAX, |index| index as u32);
                Variable::Hidden { piece: *piece, index }
            }
        };
        Some((slot, variable))
    }

    /// The program; there is nothing outside of its functions.
    pub(crate) fn finish(&mut self) -> Program {
        std::mem::take(&mut self.lower.program)
    }
}

impl Lower {
    /// Lowers a function on its own; where that fails, one that cannot be
    /// used takes its place.
    fn alone(&mut self, code: Code<'_, '_>, strict: bool) -> u32 {
        self.scopes = vec![Scope::default()];
        self.refusals = vec![Vec::new()];
        self.heights = vec![0];
        (self.depth, self.loops, self.switches) = (0, 0, 0);
        self.labels.clear();
        (self.label, self.again) = (0, false);
        self.strict = strict;
        let lowered = match code {
            Code::Function(function) => self.function(function),
            Code::Arrow(arrow) => self.arrow(arrow),
        };
        // How often boa made it, is not known.
        self.program.single.clear();
        let lowered = lowered.and_then(|made| {
            let reason = "a variable of the function around this one";
            made.number().ok_or(Refuse(0, reason))
        });
        lowered.unwrap_or_else(|Refuse(at, reason)| {
            let index = self.program.functions.len() as u32;
            let stop = Statement::Evaluate(Expression::Retry(at));
            self.program.functions.push(Function {
                body: vec![stop],
                height: 1,
                refusals: vec![(at, reason)],
                at,
                ..Function::default()
            });
            index
        })
    }

    /// What a name means outside of the function that is lowered alone, but
    /// inside of the script.
    pub(super) fn name_around(&mut self, name: &str) -> Option<Name> {
        let mut next = self.around.innermost;
        while let Some(scope) = next {
            let scope = self.around.scopes.get(scope as usize)?;
            if scope.any {
                return Some(Name::Out("a variable within `with`"));
            }
            let Some(shown) = scope.names.get(name).copied() else {
                next = scope.around;
                continue;
            };
            let (Some(piece), true) = (scope.piece, shown != Shown::No) else {
                let reason = "a variable of a block around this function";
                return Some(Name::Out(reason));
            };
            let key = (piece, Box::from(name));
            let slot = match self.around.slots.get(&key) {
                Some(slot) => *slot,
                None => {
                    let slot = self.program.globals.len() as u32;
                    self.program.globals.push(Global {
                        name: name.into(),
                        function: None,
                        declared: true,
                        // No property of the global object.
                        lexical: true,
                    });
                    self.around.slots.insert(key, slot);
                    slot
                }
            };
            let place = Place::Global(slot);
            return Some(match shown {
                Shown::Constant => Name::Constant(place),
                _ => Name::Place(place),
            });
        }
        None
    }
}
