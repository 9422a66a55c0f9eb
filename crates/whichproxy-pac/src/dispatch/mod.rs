//! Chains of rules become tables.
//!
//! Of a statement it is often certain that it does nothing at all unless one
//! of some tests holds: a text's end, a host's network. Such tests are a
//! [`Guard`](guard::Guard). Statements that have one are passed over as long
//! as no test holds, which a table tells for all of them at once; one that
//! may have something to do runs as it is written, so its other conditions,
//! the questions that it asks and what follows from it are as they always
//! were. Where the tests say all that its condition says, the condition
//! itself is dropped.

mod chain;
mod column;
mod guard;
mod lists;
mod safety;
mod scan;
mod scope;
mod shadow;
mod visit;
mod writes;

use std::collections::HashSet;

pub(crate) use self::shadow::Shadow;
use crate::syntax::{Constant, Notes, Program, Reach};

/// What is known of a script once it is loaded.
pub(crate) struct Facts<'f> {
    globals: &'f [Constant],
    /// Variables of the script that functions write.
    written: &'f HashSet<u32>,
    functions: &'f [crate::syntax::Function],
}

impl Facts<'_> {
    /// The value that a variable of the script always has.
    fn global(&self, slot: u32) -> Option<&Constant> {
        match self.globals.get(slot as usize)? {
            Constant::Unset => None,
            _ if self.written.contains(&slot) => None,
            value => Some(value),
        }
    }
}

/// Puts tables in place of chains; whether there are any.
pub(crate) fn tabulate(
    program: &mut Program,
    globals: &[Constant],
    reach: &Reach,
) -> bool {
    let mut any = false;
    let lists = {
        let functions = &program.functions;
        let facts = Facts { globals, written: &reach.written, functions };
        lists::Lists::new(&facts, functions, &reach.functions)
    };
    for index in &reach.functions {
        let at = *index as usize;
        let Some(function) = program.functions.get_mut(at) else { continue };
        let mut body = std::mem::take(&mut function.body);
        let functions = &program.functions;
        let written = &reach.written;
        let facts = Facts { globals, written, functions };
        let mut chains = chain::Chains::new(&facts, &lists, *index);
        chains.statements(&mut body);
        any |= chains.any;
        if let Some(function) = program.functions.get_mut(at) {
            function.body = body;
        }
    }
    any
}

/// The conditions that never decide, in the order in which they are written.
pub(crate) fn shadowed(
    program: &Program,
    globals: &[Constant],
    reach: &Reach,
    notes: &Notes,
) -> Vec<Shadow> {
    let (functions, written) = (&program.functions, &reach.written);
    let facts = Facts { globals, written, functions };
    let mut shadows = shadow::Shadows::new(&facts, notes);
    for index in &reach.functions {
        if let Some(function) = functions.get(*index as usize) {
            shadows.statements(&function.body);
        }
    }
    let mut found = shadows.found;
    found.sort_unstable_by_key(|shadow| shadow.rule);
    found
}
