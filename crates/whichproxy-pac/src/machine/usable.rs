//! From a script to what can be called: its code outside of functions runs,
//! in the interpreter of the programs, in boa once, or for each question.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Stop, freeze};
use crate::dispatch::{self, Shadow};
use crate::engine::{self, ReadBack};
use crate::syntax::{
    self, Cell, Constant, Expression, Notes, Place, Program, Reach, Statement,
    Statics,
};
use crate::{Isolation, Limits, Refusal};

/// A script whose code outside of functions ran, as far as it can be
/// reached.
pub(super) struct Usable {
    pub(super) program: Program,
    pub(super) globals: Vec<Constant>,
    /// The variables that functions took along.
    pub(super) cells: Vec<Constant>,
    /// The properties of functions.
    pub(super) statics: Statics,
    pub(super) entry: u32,
    pub(super) captures: Arc<[Cell]>,
    pub(super) reach: Reach,
    /// Whether that code asks, so that it runs for each question.
    pub(super) anew: bool,
}

pub(super) fn refuse(reason: &str) -> Refusal {
    Refusal::new(0, 0, reason)
}

/// Runs a script's code outside of functions without boa.
fn interpret(
    source: &str,
    nesting: usize,
    notes: &mut Option<Notes>,
) -> Result<ReadBack, Unloaded> {
    let mut read = |thaw| syntax::read(source, nesting, thaw, notes);
    let mut program = read(false)?;
    let mut loaded = freeze::load(&program);
    let thawed = matches!(loaded, Err(Stop::Retry(_) | Stop::Short));
    if thawed {
        program = read(true)?;
        loaded = freeze::load(&program);
    }
    match loaded {
        Ok(freeze::Loaded { globals, cells, statics }) => Ok(ReadBack {
            program,
            globals,
            cells,
            statics,
            ..ReadBack::default()
        }),
        Err(Stop::Retry(u32::MAX)) => {
            let reason = "code outside of functions that is not modelled";
            Err(Unloaded::Unknown(refuse(reason)))
        }
        Err(Stop::Retry(at)) => {
            let reason = program
                .reason(at)
                .unwrap_or("code outside of functions that is not modelled");
            let refusal = Refusal::at(source, at, reason);
            Err(Unloaded::Unknown(refusal))
        }
        Err(Stop::Error(_)) => Err(Unloaded::Asks(Box::new(program), thawed)),
        Err(Stop::Short) => {
            Err(Unloaded::Unknown(refuse("code outside of functions")))
        }
    }
}

/// The conditions of a script that never decide; none where nothing is
/// certain.
pub(crate) fn shadowed(source: &str) -> Vec<Shadow> {
    let mut notes = Some(Notes::default());
    let usable = engine::nesting_bytes(source)
        .ok()
        .and_then(|bytes| interpret(source, bytes, &mut notes).ok())
        .and_then(|loaded| Usable::of(source, loaded).ok());
    match (usable, notes) {
        (Some(usable), Some(notes)) => {
            let Usable { program, globals, reach, .. } = &usable;
            dispatch::shadowed(program, globals, reach, &notes)
        }
        _ => Vec::new(),
    }
}

/// Why code outside of functions was not run.
enum Unloaded {
    Unknown(Refusal),
    /// It asks; the program, and whether its data is not frozen.
    Asks(Box<Program>, bool),
}

impl From<Refusal> for Unloaded {
    fn from(refusal: Refusal) -> Unloaded {
        Unloaded::Unknown(refusal)
    }
}

/// What a question that code outside of functions asks leads to: boa loads
/// the script for each question, and so does a program.
fn anew(
    source: &str,
    nesting: usize,
    mut program: Program,
    thawed: bool,
) -> Result<Usable, Refusal> {
    let mut runs = freeze::may_run(&program);
    if !runs && !thawed {
        program = syntax::read(source, nesting, true, &mut None)?;
        runs = freeze::may_run(&program);
    }
    if !runs {
        return Err(refuse("a question outside of functions"));
    }
    let globals = freeze::initial(&program);
    let (entry, captures) = entry(&program, &globals, &HashMap::new())?;
    let reach = Reach::anew(&program, &globals, entry);
    let called = |slot: &u32| {
        let global = program.globals.get(*slot as usize);
        global.is_some_and(|it| it.name.starts_with("FindProxyForURL"))
    };
    if reach.written.iter().any(called) {
        return Err(refuse("a function to call that is assigned"));
    }
    let refusal = program.top.refusals.first().copied();
    let refusal = refusal.or_else(|| refusal_of(&program, &reach));
    if let Some((at, reason)) = refusal {
        return Err(Refusal::at(source, at, reason));
    }
    Ok(Usable {
        program,
        globals,
        cells: Vec::new(),
        statics: Statics::new(),
        entry,
        captures,
        reach,
        anew: true,
    })
}

/// The name of a variable, to be shown.
fn quoted(program: &Program, slot: u32) -> String {
    let global = program.globals.get(slot as usize);
    crate::error::quoted(global.map_or("", |global| &global.name)).to_string()
}

/// What functions that can be reached do that is not modelled.
fn refusal_of(
    program: &Program,
    reach: &Reach,
) -> Option<(u32, &'static str)> {
    let functions = reach.functions.iter();
    let mut functions =
        functions.filter_map(|index| program.functions.get(*index as usize));
    functions.find_map(|function| function.refusals.first().copied())
}

/// The function that is called.
fn entry(
    program: &Program,
    globals: &[Constant],
    unread: &HashMap<u32, String>,
) -> Result<(u32, Arc<[Cell]>), Refusal> {
    for name in ["FindProxyForURLEx", "FindProxyForURL"] {
        let slot = program
            .globals
            .iter()
            .position(|global| &*global.name == name && !global.lexical);
        let Some(slot) = slot else { continue };
        let why = u32::try_from(slot).ok().and_then(|it| unread.get(&it));
        if let Some(why) = why {
            return Err(refuse(&format!("`{name}` is {why}")));
        }
        match globals.get(slot) {
            Some(Constant::Function(index)) => {
                return Ok((*index, Arc::from([])));
            }
            Some(Constant::Closure(index, captures)) => {
                return Ok((*index, captures.clone()));
            }
            // Callable, too.
            Some(
                Constant::Builtin(_) | Constant::HasOwn | Constant::Native,
            ) => break,
            _ => {}
        }
    }
    Err(refuse("no function `FindProxyForURL`"))
}

impl Usable {
    /// Runs a script's code outside of functions, wherever that is possible.
    pub(super) fn new(
        source: &Arc<str>,
        limits: &Limits,
        nesting: usize,
        isolation: &Isolation,
    ) -> Result<Usable, Vec<Refusal>> {
        let first = match interpret(source, nesting, &mut None) {
            Ok(loaded) => match Usable::of(source, loaded) {
                Ok(usable) => return Ok(usable),
                Err(refusal) => refusal,
            },
            Err(Unloaded::Unknown(refusal)) => refusal,
            Err(Unloaded::Asks(program, thawed)) => {
                return anew(source, nesting, *program, thawed)
                    .map_err(|refusal| vec![refusal]);
            }
        };
        engine::read_back(source, limits, isolation)
            .and_then(|loaded| Usable::of(source, loaded))
            .map_err(|second| match first == second {
                true => vec![first],
                false => vec![first, second],
            })
    }

    fn of(source: &str, loaded: ReadBack) -> Result<Usable, Refusal> {
        let ReadBack { program, globals, cells, statics, unread } = loaded;
        let (entry, captures) = entry(&program, &globals, &unread)?;
        let reach = Reach::of(
            &program,
            &globals,
            (&cells, &statics),
            entry,
            &captures,
        );
        if let Some(index) = reach.fixed.iter().find(|index| {
            let function = program.functions.get(**index as usize);
            function.is_some_and(|function| function.writes_captured)
        }) {
            let function = program.functions.get(*index as usize);
            let at = function.map_or(0, |function| function.at);
            let reason = "a function that writes a variable of the function \
                          around it";
            return Err(Refusal::at(source, at, reason));
        }
        let of_unread = |slot: &u32| unread.get(slot).map(|why| (*slot, why));
        if let Some((slot, why)) =
            reach.read.iter().filter_map(of_unread).min()
        {
            let name = quoted(&program, slot);
            return Err(refuse(&format!("the variable {name} holds {why}")));
        }
        if let Some((at, reason)) = refusal_of(&program, &reach) {
            return Err(Refusal::at(source, at, reason));
        }
        let carried = reach.written.iter().filter(|slot| {
            let globals = (&*globals, &*cells, &statics);
            !is_fresh(&program, globals, entry, &reach, **slot)
        });
        if let Some(slot) = carried.min() {
            let name = quoted(&program, *slot);
            return Err(refuse(&format!(
                "a function writes the script's variable {name}"
            )));
        }
        Ok(Usable {
            program,
            globals,
            cells,
            statics,
            entry,
            captures,
            reach,
            anew: false,
        })
    }
}

/// Whether no evaluation can see what another one wrote into a variable: it
/// is never read, each function writes it before it reads it, or the entry
/// function does so before anything reads it.
fn is_fresh(
    program: &Program,
    (globals, cells, statics): (&[Constant], &[Constant], &Statics),
    entry: u32,
    reach: &Reach,
    slot: u32,
) -> bool {
    let global = program.globals.get(slot as usize);
    // A function that is replaced is another one for the next question.
    if global.is_none_or(|global| global.function.is_some()) {
        return false;
    }
    if !matches!(
        globals.get(slot as usize),
        Some(
            Constant::Unset
                | Constant::Undefined
                | Constant::Null
                | Constant::Bool(_)
                | Constant::Number(_)
                | Constant::Text(_)
        )
    ) || global.is_some_and(|g| g.name.starts_with("FindProxyForURL"))
    {
        return false;
    }
    if !reach.read.contains(&slot) {
        return true;
    }
    let each = reach.functions.iter().all(|index| {
        let function = program.functions.get(*index as usize);
        function.is_some_and(|f| syntax::writes_first(&f.body, slot))
    });
    if each {
        return true;
    }
    let Some(function) = program.functions.get(entry as usize) else {
        return false;
    };
    let place = Place::Global(slot);
    let first = function.body.iter().position(|statement| {
        matches!(statement,
            Statement::Evaluate(Expression::Set(other, _)) if *other == place)
    });
    let Some(first) = first else { return false };
    // The assignment itself reads, too.
    let Some(until) = function.body.get(..=first) else { return false };
    let before =
        Reach::of_statements(program, globals, (cells, statics), until);
    !before.read.contains(&slot) && !before.functions.contains(&entry)
}
