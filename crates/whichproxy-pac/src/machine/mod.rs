//! Runs a program.
//!
//! Whatever is not certain to be as boa has it ends in [`Stop::Retry`], and
//! boa answers: values of types that an operation does not model, names that
//! are not defined, everything that throws, and too much of anything.

mod asker;
mod compiled;
mod dispatch;
mod expressions;
mod freeze;
mod functions;
mod keyed;
mod lists;
mod methods;
mod natives;
mod objects;
mod operators;
mod patterns;
mod scan;
mod statements;
mod texts;
mod usable;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use bumpalo::Bump;
use smallvec::SmallVec;

pub(crate) use self::compiled::Compiled;
pub(crate) use self::usable::shadowed;
use self::value::Value;
use crate::Error;
use crate::builtins::Ask;
use crate::chance::Chance;
use crate::syntax::{
    Cell, Constant, Keyed, Map, Pattern, Patterns, Program, Statics,
};

/// Why an evaluation ends without a value.
#[derive(Debug)]
pub(super) enum Stop {
    /// Here boa has to answer.
    Retry(u32),
    /// The evaluation is over for boa, too.
    Error(Error),
    /// `?.` has nothing to go on with.
    Short,
}

impl Stop {
    /// At no place in particular.
    const RETRY: Stop = Stop::Retry(u32::MAX);
}

type Run<T> = Result<T, Stop>;

/// How many rounds, calls and pieces of work one evaluation may take.
const WORK_MOST: u64 = 2_000_000;

/// The same for the code outside of functions.
const LOADING_WORK_MOST: u64 = 20_000_000;

/// The bytes of texts that one evaluation may make.
const TEXT_MOST: usize = 4 << 20;

/// What the arena may have; it grows in chunks, each twice the last.
const ARENA_MOST: usize = 4 * TEXT_MOST;

/// The bytes of the values that one evaluation may hold beside its texts:
/// lists, objects, what functions took along.
const ROOM: usize = 8 << 20;

/// The same for the code outside of functions.
const LOADING_ROOM: usize = 64 << 20;

/// What an element of a list needs, and a property of an object; twice what
/// it is large, since what grows has room left.
const ELEMENT: usize = 2 * size_of::<Value<'_>>();
const PROPERTY: usize =
    2 * (size_of::<Value<'_>>() + size_of::<(&str, usize)>() + 8);

/// How deeply bodies of functions may be nested in each other at run time,
/// all levels counted.
const HEIGHT_MOST: u32 = 400;

/// The most arguments that one of our own functions looks at.
const ARGUMENTS: usize = 7;

/// Where a statement leads.
#[derive(Clone, Copy)]
enum Flow {
    On,
    Break,
    Continue,
    BreakTo(u32),
    ContinueTo(u32),
    /// With the value that the machine holds as returned; to carry it
    /// through all statements would cost more than they do.
    Return,
}

impl Flow {
    /// Where a loop leads after a round that led here; `None` to its next
    /// round. `label` is what `continue` may call the loop.
    #[inline]
    fn after_round(self, label: u32) -> Option<Flow> {
        match self {
            Flow::On | Flow::Continue => None,
            Flow::ContinueTo(other) if other == label => None,
            Flow::Break => Some(Flow::On),
            other => Some(other),
        }
    }
}

/// An array or object that was made.
#[derive(Debug)]
enum Made<'r> {
    Array(Vec<Value<'r>>),
    Map(Map<&'r str, Value<'r>>),
    /// A regular expression, and where it goes on.
    Pattern(Arc<Pattern>, usize),
    Keyed(Arc<Keyed>),
}

/// The script's own variables.
enum Globals<'r> {
    Constant(&'r [Constant]),
    Changing(Vec<Value<'r>>),
}

/// One evaluation.
struct Machine<'r, 'a> {
    program: &'r Program,
    globals: Globals<'r>,
    arena: &'r Bump,
    made: Vec<Made<'r>>,
    stack: SmallVec<[Value<'r>; 16]>,
    base: usize,
    height: u32,
    work: u64,
    /// The bytes that values may still take.
    room: usize,
    ask: &'a mut dyn Ask,
    loading: bool,
    /// Variables that functions share.
    boxes: Vec<Value<'r>>,
    /// Those of them that were filled while loading.
    cells: &'r [Constant],
    /// The function that runs, and what it took along.
    function: u32,
    captures: &'r [Cell],
    /// How many properties were deleted.
    deleted: u32,
    /// Whether something that stays was to be changed.
    denied: bool,
    /// `this`, and what it is for the next function that is called.
    this: Value<'r>,
    next_this: Value<'r>,
    /// What [`Flow::Return`] returns.
    returned: Value<'r>,
    /// The properties of functions, as objects of this evaluation.
    statics: HashMap<u32, u32>,
    frozen_statics: Option<&'r Statics>,
    /// Arrays that are matches: where each begins, and in which text.
    found: Vec<(u32, usize, &'r str)>,
    patterns: Option<&'r Patterns>,
    chance: Chance,
}

impl<'r, 'a> Machine<'r, 'a> {
    #[inline(always)]
    pub(super) fn new(
        program: &'r Program,
        globals: Globals<'r>,
        arena: &'r Bump,
        ask: &'a mut dyn Ask,
        work: u64,
    ) -> Machine<'r, 'a> {
        Machine {
            program,
            globals,
            arena,
            made: Vec::new(),
            stack: SmallVec::new(),
            base: 0,
            height: 0,
            work,
            room: ROOM,
            ask,
            loading: false,
            boxes: Vec::new(),
            cells: &[],
            function: u32::MAX,
            captures: &[],
            deleted: 0,
            denied: false,
            this: Value::Undefined,
            next_this: Value::Undefined,
            returned: Value::Undefined,
            statics: HashMap::new(),
            frozen_statics: None,
            found: Vec::new(),
            patterns: None,
            chance: Chance::new(),
        }
    }

    /// Counts work; a little, or the length of a text.
    pub(super) fn spend(&mut self, work: u64) -> Run<()> {
        match self.work.checked_sub(work) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => Err(Stop::RETRY),
        }
    }

    /// Counts bytes of values, before they are there.
    #[inline]
    pub(super) fn hold(&mut self, bytes: usize) -> Run<()> {
        let left = self.room.checked_sub(bytes).ok_or(Stop::RETRY)?;
        self.room = left;
        // Numbers become texts, too, where they are keys.
        match self.arena.allocated_bytes() <= ARENA_MOST {
            true => Ok(()),
            false => Err(Stop::RETRY),
        }
    }

    /// Counts the elements of a list, before they are there.
    #[inline]
    pub(super) fn hold_elements(&mut self, count: usize) -> Run<()> {
        self.hold(count.saturating_mul(ELEMENT))
    }

    /// Counts what is done with a text.
    pub(super) fn spend_text(&mut self, bytes: usize) -> Run<()> {
        self.spend(1 + bytes as u64 / 64)
    }

    /// Counts a text that is made.
    pub(super) fn spend_new_text(&mut self, bytes: usize) -> Run<()> {
        let all = self.arena.allocated_bytes().saturating_add(bytes);
        if all > TEXT_MOST {
            return Err(Stop::RETRY);
        }
        self.spend_text(bytes)
    }
}
