//! A script as a program; boa answers what the program does not.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use bumpalo::Bump;

use super::asker::{Asker, Nobody};
use super::usable::{Usable, refuse};
use super::value::Value;
use super::{Globals, Machine, Run, Stop, WORK_MOST};
use crate::builtins::Ask;
use crate::dispatch;
use crate::engine::{self, Js};
use crate::meta::{Found, Known, Memo, Strategy};
use crate::syntax::{
    self, Cell, Constant, Expression, Frozen, Map, Part, Patterns, Program,
    Reach, Rule, Statement, Statics, Text,
};
use crate::{
    Config, Dependencies, Error, ErrorKind, Isolation, Limits, Query, Refusal,
};

/// A script as a program.
pub(crate) struct Compiled {
    source: Arc<str>,
    limits: Limits,
    program: Program,
    globals: Vec<Constant>,
    /// What functions took along while the script was loaded.
    cells: Vec<Constant>,
    /// The properties of functions.
    statics: Statics,
    entry: u32,
    captures: Arc<[Cell]>,
    /// Expressions that are made for each question.
    patterns: Patterns,
    /// The results that the script has written down.
    known: Map<Text, Known>,
    /// The one answer, where there is only one.
    constant: Option<usize>,
    /// Whether the code outside of functions runs for each question.
    anew: bool,
    /// Whether boa may see a state that the program would not.
    fragile: bool,
    tables: bool,
    depends_on: Dependencies,
    /// Whether functions write variables of the script.
    scratch: bool,
    /// Set once boa has that state.
    given_up: AtomicBool,
    /// How many questions in a row boa has answered.
    in_vain: AtomicU32,
    /// Whether boa may answer.
    has_js: bool,
    isolation: Isolation,
    js: OnceLock<Result<Js, Error>>,
}

/// The most results that are kept read: so many, and one for so many bytes
/// of the source, since a result takes more than its text does.
const KNOWN_MOST: usize = 64;
const KNOWN_SHARE: usize = 256;

/// Once boa had to answer so many questions in a row, it is asked at once, but
/// for one question of some.
const IN_VAIN: u32 = 4;
const IN_VAIN_AGAIN: u32 = 32;

impl Compiled {
    /// Reads a script, and runs its code outside of functions.
    pub(crate) fn new(
        source: Arc<str>,
        limits: &Limits,
        config: &Config,
        isolation: &Isolation,
    ) -> Result<Compiled, Vec<Refusal>> {
        let nesting = engine::nesting_bytes(&source)
            .map_err(|_| vec![refuse("nested too deeply")])?;
        let usable = Usable::new(&source, limits, nesting, isolation)?;
        let Usable { mut program, globals, cells, statics, .. } = usable;
        let Usable { entry, captures, reach, anew, .. } = usable;
        syntax::settle(&mut program, &globals, &reach.written);
        let tables = config.has_tables()
            && dispatch::tabulate(&mut program, &globals, &reach);
        let mut compiled = Compiled {
            source,
            limits: limits.clone(),
            program,
            globals,
            cells,
            statics,
            entry,
            captures,
            patterns: Patterns::default(),
            known: Map::default(),
            constant: None,
            anew,
            // What is loaded anew for each question, leaves no state.
            fragile: reach.changes && !anew,
            tables,
            depends_on: reach.dependencies(),
            scratch: anew || !reach.written.is_empty(),
            given_up: AtomicBool::new(false),
            in_vain: AtomicU32::new(0),
            has_js: config.has_js(),
            isolation: isolation.clone(),
            js: OnceLock::new(),
        };
        compiled.know(&reach);
        match compiled.left_to_boa() {
            Some(refusal) => Err(vec![refusal]),
            None => Ok(compiled),
        }
    }

    /// Reads the results that the script has written down.
    fn know(&mut self, reach: &Reach) {
        let mut known = Map::default();
        let most = KNOWN_MOST + self.source.len() / KNOWN_SHARE;
        let mut add = |constant: &Constant| {
            if let Constant::Text(text) = constant
                && known.len() < most
                && !known.contains_key(text)
                && text.len() <= self.limits.result_bytes()
            {
                known.insert(text.clone(), Known::new(text));
            }
        };
        for index in &reach.functions {
            if let Some(function) = self.program.functions.get(*index as usize)
            {
                results(&function.body, &mut add);
            }
        }
        for slot in &reach.read {
            match self.globals.get(*slot as usize) {
                Some(Constant::Keyed(keyed)) => {
                    keyed.values().for_each(&mut add);
                }
                Some(Constant::Frozen(frozen)) => {
                    if let Frozen::Map(all) = &**frozen {
                        all.iter().for_each(|(_, value)| add(value));
                    }
                }
                Some(constant) => add(constant),
                None => {}
            }
        }
        self.known = known;
        let entry = self.program.functions.get(self.entry as usize);
        if !self.anew
            && let Some([Statement::Return(Some(only)), ..]) =
                entry.map(|entry| entry.body.as_slice())
            && let Expression::Constant(Constant::Text(text)) = only
        {
            self.constant = self.known.get_index_of(text);
            if self.constant.is_some() {
                self.depends_on = Dependencies::NONE;
            }
        }
    }

    /// Why boa would have to answer in any case: asked for addresses as any
    /// other, the script changes its own data, or comes to nothing that is
    /// modelled, after which boa has a state of its own.
    fn left_to_boa(&self) -> Option<Refusal> {
        if !self.fragile || self.anew {
            return None;
        }
        let mut places = Vec::new();
        let hosts = ["www.example.com", "a.b.test", "10.1.2.3"];
        for host in hosts {
            let arena = Bump::new();
            let mut nobody = Nobody;
            let mut machine = self.machine(true, &arena, &mut nobody);
            let arguments =
                [Value::Text("http://example.com/"), Value::Text(host)];
            let result = machine.call(self.entry, &self.captures, &arguments);
            if machine.denied {
                let reason = "a function changes what the script keeps";
                return Some(refuse(reason));
            }
            if let Err(Stop::Retry(at)) = result {
                places.push(at);
            }
        }
        let at = *places.first()?;
        if places.len() < hosts.len() {
            return None;
        }
        let reason = self.program.reason(at);
        Some(match (reason, at) {
            (_, u32::MAX) | (None, _) => refuse("what is not modelled"),
            (Some(reason), at) => Refusal::at(&self.source, at, reason),
        })
    }

    /// What runs the program, with the script's variables as they are once it
    /// is loaded; `changing` is set where it may write them.
    #[inline(always)]
    fn machine<'r, 'a>(
        &'r self,
        changing: bool,
        arena: &'r Bump,
        ask: &'a mut dyn Ask,
    ) -> Machine<'r, 'a> {
        let globals = if changing {
            let all = self.globals.iter().map(Value::from);
            Globals::Changing(all.collect())
        } else {
            Globals::Constant(&self.globals)
        };
        let work = WORK_MOST.min(self.limits.loop_iterations());
        let mut machine =
            Machine::new(&self.program, globals, arena, ask, work);
        machine.cells = &self.cells;
        machine.frozen_statics = Some(&self.statics);
        machine.patterns = Some(&self.patterns);
        machine
    }

    fn run(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<Found<'_>, Stop> {
        let (url, host) = (query.url(), query.host());
        if !url.is_ascii() || !host.is_ascii() {
            return Err(Stop::RETRY);
        }
        let arena = Bump::new();
        let mut asker = Asker::new(memo, self.limits.alert_bytes());
        let arguments = [Value::Text(url), Value::Text(host)];
        let result = self.answer(&arguments, &arena, &mut asker);
        asker.deliver();
        match result? {
            Value::Text(text) => match self.known.get(text) {
                Some(known) => Ok(Found::Known(known)),
                None if text.len() <= self.limits.result_bytes() => {
                    Ok(Found::Text(text.to_owned()))
                }
                None => Err(Stop::RETRY),
            },
            Value::Undefined => Err(no_text("`undefined`")),
            Value::Null => Err(no_text("`null`")),
            Value::Bool(true) => Err(no_text("`true`")),
            Value::Bool(false) => Err(no_text("`false`")),
            Value::Number(_) => Err(no_text("a number")),
            _ => Err(Stop::RETRY),
        }
    }

    fn answer<'r>(
        &'r self,
        arguments: &[Value<'r>],
        arena: &'r Bump,
        ask: &mut dyn Ask,
    ) -> Run<Value<'r>> {
        let mut machine = self.machine(self.scratch, arena, ask);
        if self.anew {
            machine.top()?;
        }
        machine.call(self.entry, &self.captures, arguments)
    }

    /// The error of a question that boa would have to answer.
    fn unmodelled(&self, at: u32) -> Error {
        let reason = self
            .program
            .reason(at)
            .unwrap_or("something that the program leaves to the engine `js`");
        let error = Error::new(ErrorKind::Unmodelled, reason);
        match at {
            u32::MAX => error,
            at => {
                let (line, column) = syntax::place(&self.source, at);
                error.at(line, column)
            }
        }
    }

    fn js(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<Found<'_>, Error> {
        let js = self.js.get_or_init(|| {
            Js::new(self.source.clone(), &self.limits, &self.isolation)
        });
        match js {
            Ok(js) => js.find_proxy(query, memo),
            Err(error) => Err(error.clone()),
        }
    }
}

/// The error of a script that returns something else than a text, as boa
/// has it.
fn no_text(returned: &str) -> Stop {
    let message = format!("the script returned {returned}");
    Stop::Error(Error::new(ErrorKind::Result, message))
}

/// The constants that statements return.
fn results(body: &[Statement], add: &mut dyn FnMut(&Constant)) {
    for statement in body {
        match statement {
            Statement::Return(Some(one)) => values(one, add),
            Statement::Evaluate(Expression::Set(_, one)) => values(one, add),
            Statement::Dispatch(this) => {
                for rule in &this.rules {
                    if let Rule::Return(constant) = rule {
                        add(constant);
                    }
                }
            }
            Statement::Rules(this) => {
                this.rules.iter().for_each(|(_, result)| add(result));
            }
            _ => {}
        }
        statement.parts(|part| {
            if let Part::Body(body) = part {
                results(body, add);
            }
        });
    }
}

fn values(expression: &Expression, add: &mut dyn FnMut(&Constant)) {
    match expression {
        Expression::Constant(constant) => add(constant),
        Expression::Choose(arms, last) => {
            arms.iter().for_each(|(_, one)| values(one, add));
            values(last, add);
        }
        _ => {}
    }
}

impl Strategy for Compiled {
    fn name(&self) -> &'static str {
        match self.constant {
            Some(_) => "constant",
            None if self.tables => "table",
            None => "compiled",
        }
    }

    fn depends_on(&self) -> Dependencies {
        self.depends_on
    }

    fn find_proxy(
        &self,
        query: &Query<'_>,
        memo: &mut Memo<'_>,
    ) -> Result<Found<'_>, Error> {
        let constant = self.constant.and_then(|it| self.known.get_index(it));
        if let Some((_, known)) = constant {
            return Ok(Found::Known(known));
        }
        let mut place = u32::MAX;
        let in_vain = self.in_vain.load(Ordering::Relaxed);
        let tries = in_vain < IN_VAIN || in_vain.is_multiple_of(IN_VAIN_AGAIN);
        if !self.given_up.load(Ordering::Relaxed) && (tries || !self.has_js) {
            let result = self.run(query, memo);
            if in_vain > 0 && !matches!(result, Err(Stop::Retry(_))) {
                self.in_vain.store(0, Ordering::Relaxed);
            }
            match result {
                Ok(found) => return Ok(found),
                Err(Stop::Error(error)) => return Err(error),
                Err(Stop::Retry(at)) => place = at,
                Err(Stop::Short) => {}
            }
            if self.fragile {
                self.given_up.store(true, Ordering::Relaxed);
            }
        }
        if !self.has_js {
            return Err(self.unmodelled(place));
        }
        self.in_vain.fetch_add(1, Ordering::Relaxed);
        memo.allow_js()?;
        memo.restart();
        self.js(query, memo)
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("functions", &self.program.functions.len())
            .field("globals", &self.program.globals.len())
            .finish_non_exhaustive()
    }
}
