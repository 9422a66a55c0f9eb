//! Runs a program.
//!
//! Whatever is not certain to be as boa has it ends in [`Stop::Retry`], and
//! boa answers: values of types that an operation does not model, names that
//! are not defined, everything that throws, and too much of anything.

mod asker;
mod compiled;
mod dispatch;
mod freeze;
mod methods;
mod operators;
mod value;

use bumpalo::Bump;
use smallvec::SmallVec;

pub(crate) use self::compiled::Compiled;
use self::value::Value;
use crate::Error;
use crate::builtins::{self, Ask, Builtin, Effect, Host};
use crate::syntax::{
    Constant, Each, Expression, Frozen, Loop, Map, Native, Place,
    Program, Statement, Unary,
};

/// Why an evaluation ends without a value.
#[derive(Debug)]
pub(super) enum Stop {
    /// Here boa has to answer.
    Retry(u32),
    /// The evaluation is over for boa, too.
    Error(Error),
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

/// How deeply bodies of functions may be nested in each other at run time,
/// all levels counted.
const HEIGHT_MOST: u32 = 400;

/// The most arguments that one of our own functions looks at.
const ARGUMENTS: usize = 7;

/// Where a statement leads.
enum Flow<'r> {
    On,
    Break,
    Continue,
    Return(Value<'r>),
}

/// An array or object that was made.
#[derive(Debug)]
enum Made<'r> {
    Array(Vec<Value<'r>>),
    Map(Map<&'r str, Value<'r>>),
    Pattern(std::sync::Arc<crate::syntax::Pattern>),
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
    ask: &'a mut dyn Ask,
    loading: bool,
}

impl<'r, 'a> Machine<'r, 'a> {
    fn new(
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
            ask,
            loading: false,
        }
    }

    /// Counts work; a little, or the length of a text.
    fn spend(&mut self, work: u64) -> Run<()> {
        match self.work.checked_sub(work) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => Err(Stop::RETRY),
        }
    }

    /// Counts what is done with a text.
    fn spend_text(&mut self, bytes: usize) -> Run<()> {
        self.spend(1 + bytes as u64 / 64)
    }

    /// Counts a text that is made.
    fn spend_new_text(&mut self, bytes: usize) -> Run<()> {
        if self.arena.allocated_bytes() + bytes > TEXT_MOST {
            return Err(Stop::RETRY);
        }
        self.spend_text(bytes)
    }

    fn call(&mut self, index: u32, arguments: &[Value<'r>]) -> Run<Value<'r>> {
        let program = self.program;
        let Some(function) = program.functions.get(index as usize) else {
            return Err(Stop::RETRY);
        };
        self.spend(1)?;
        if self.height + function.height > HEIGHT_MOST {
            return Err(Stop::RETRY);
        }
        self.height += function.height;
        let base = std::mem::replace(&mut self.base, self.stack.len());
        let given = arguments.len().min(function.parameters as usize);
        let top = self.base + function.slots as usize;
        self.stack.extend_from_slice(arguments.get(..given).unwrap_or(&[]));
        self.stack.resize(top, Value::Undefined);
        let flow = self.statements(&function.body)?;
        self.stack.truncate(self.base);
        self.base = base;
        self.height -= function.height;
        Ok(match flow {
            Flow::Return(value) => value,
            _ => Value::Undefined,
        })
    }

    fn statements(&mut self, body: &'r [Statement]) -> Run<Flow<'r>> {
        for statement in body {
            match self.statement(statement)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn statement(&mut self, statement: &'r Statement) -> Run<Flow<'r>> {
        match statement {
            Statement::Evaluate(expression) => {
                self.evaluate(expression)?;
                Ok(Flow::On)
            }
            Statement::Return(None) => Ok(Flow::Return(Value::Undefined)),
            Statement::Return(Some(expression)) => {
                Ok(Flow::Return(self.evaluate(expression)?))
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    if self.evaluate(test)?.truth() {
                        return self.statements(body);
                    }
                }
                self.statements(otherwise)
            }
            Statement::Loop(this) => self.run_loop(this),
            Statement::Each(this) => self.each(this),
            Statement::Switch(subject, cases) => self.switch(subject, cases),
            // Whatever throws, boa answers.
            Statement::Block(body) | Statement::Try(body, _) => {
                self.statements(body)
            }
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
            Statement::Dispatch(this) => self.dispatch(this),
        }
    }

    fn run_loop(&mut self, this: &'r Loop) -> Run<Flow<'r>> {
        let mut first = this.test_last;
        loop {
            self.spend(1)?;
            if !std::mem::take(&mut first)
                && let Some(test) = &this.test
                && !self.evaluate(test)?.truth()
            {
                return Ok(Flow::On);
            }
            match self.statements(&this.body)? {
                Flow::On | Flow::Continue => {}
                Flow::Break => return Ok(Flow::On),
                other => return Ok(other),
            }
            if let Some(update) = &this.update {
                self.evaluate(update)?;
            }
        }
    }

    fn each(&mut self, this: &'r Each) -> Run<Flow<'r>> {
        let object = self.evaluate(&this.object)?;
        if object.is_none() && !this.values {
            return Ok(Flow::On);
        }
        let count = self.count(object).ok_or(Stop::RETRY)?;
        let list = self.is_list(object);
        if this.values && !list {
            return Err(Stop::RETRY);
        }
        // The keys that are numbers come first.
        let keys = if list { None } else { Some(self.keys(object)?) };
        for index in 0..count {
            self.spend(1)?;
            let value = match &keys {
                Some(keys) => {
                    Value::Text(keys.get(index).copied().ok_or(Stop::RETRY)?)
                }
                None if this.values => {
                    self.element(object, index).ok_or(Stop::RETRY)?
                }
                None => {
                    let number = Value::Number(index as f64);
                    Value::Text(number.text(self.arena)?)
                }
            };
            self.set(this.place, value)?;
            match self.statements(&this.body)? {
                Flow::On | Flow::Continue => {}
                Flow::Break => return Ok(Flow::On),
                other => return Ok(other),
            }
            // What happens to an object that changes meanwhile, is subtle.
            if self.count(object) != Some(count) {
                return Err(Stop::RETRY);
            }
        }
        Ok(Flow::On)
    }

    fn switch(
        &mut self,
        subject: &'r Expression,
        cases: &'r [(Option<Expression>, Vec<Statement>)],
    ) -> Run<Flow<'r>> {
        let subject = self.evaluate(subject)?;
        let mut start = None;
        for (index, (test, _)) in cases.iter().enumerate() {
            self.spend(1)?;
            let Some(test) = test else { continue };
            let value = self.evaluate(test)?;
            if subject.strictly_equals(value)? {
                start = Some(index);
                break;
            }
        }
        let default = || cases.iter().position(|(test, _)| test.is_none());
        let Some(start) = start.or_else(default) else {
            return Ok(Flow::On);
        };
        for (_, body) in cases.get(start..).unwrap_or(&[]) {
            match self.statements(body)? {
                Flow::On => {}
                Flow::Break => return Ok(Flow::On),
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn read(&self, place: Place) -> Run<Value<'r>> {
        let value = match place {
            Place::Local(slot) => {
                self.stack.get(self.base + slot as usize).copied()
            }
            Place::Global(slot) => match &self.globals {
                Globals::Constant(all) => {
                    all.get(slot as usize).map(Value::from)
                }
                Globals::Changing(all) => all.get(slot as usize).copied(),
            },
        };
        match value {
            None | Some(Value::Unset) => Err(Stop::RETRY),
            Some(value) => Ok(value),
        }
    }

    fn set(&mut self, place: Place, value: Value<'r>) -> Run<()> {
        let found = match place {
            Place::Local(slot) => {
                self.stack.get_mut(self.base + slot as usize)
            }
            Place::Global(slot) => match &mut self.globals {
                Globals::Constant(_) => None,
                Globals::Changing(all) => all.get_mut(slot as usize),
            },
        };
        match found {
            Some(found) => {
                *found = value;
                Ok(())
            }
            None => Err(Stop::RETRY),
        }
    }

    fn evaluate(&mut self, expression: &'r Expression) -> Run<Value<'r>> {
        match expression {
            Expression::Constant(constant) => Ok(constant.into()),
            Expression::Read(place) => self.read(*place),
            Expression::Set(place, value) => {
                let value = self.evaluate(value)?;
                self.set(*place, value)?;
                Ok(value)
            }
            Expression::Update { place, by, prefix } => {
                let old = self.read(*place)?.number()?;
                let new = old + by;
                self.set(*place, Value::Number(new))?;
                Ok(Value::Number(if *prefix { new } else { old }))
            }
            Expression::SetElement(parts) => {
                let [object, key, value] = &**parts;
                let object = self.evaluate(object)?;
                if !matches!(object, Value::Made(_)) {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(key)?;
                let value = self.evaluate(value)?;
                self.set_element(object, key, value)?;
                Ok(value)
            }
            Expression::Unary(operator, operand) => {
                self.unary(*operator, operand)
            }
            Expression::Binary(first, rest) => {
                let mut left = self.evaluate(first)?;
                for (operator, right) in rest {
                    let right = self.evaluate(right)?;
                    left = self.binary(*operator, left, right)?;
                }
                Ok(left)
            }
            Expression::All(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if !last.truth() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Any(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if last.truth() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Choose(arms, last) => {
                for (test, value) in arms {
                    if self.evaluate(test)?.truth() {
                        return self.evaluate(value);
                    }
                }
                self.evaluate(last)
            }
            Expression::Sequence(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                }
                Ok(last)
            }
            Expression::Call(function, arguments) => {
                let function = self.evaluate(function)?;
                // What throws before its arguments are worked out, must not
                // ask their questions; what throws after that, boa may ask.
                if !matches!(function, Value::Function(_) | Value::Builtin(_))
                {
                    return Err(Stop::RETRY);
                }
                let arguments = self.all(arguments)?;
                self.call_value(function, &arguments)
            }
            Expression::Builtin(builtin, arguments) => {
                let arguments = self.all(arguments)?;
                self.builtin(builtin, &arguments)
            }
            Expression::Native(native, arguments) => {
                let arguments = self.all(arguments)?;
                self.native(*native, &arguments)
            }
            Expression::Method(method, object, arguments) => {
                let object = self.evaluate(object)?;
                if matches!(
                    object,
                    Value::Undefined | Value::Null | Value::Bool(_)
                ) {
                    return Err(Stop::RETRY);
                }
                let arguments = self.all(arguments)?;
                self.method(method, object, &arguments)
            }
            Expression::Member(object, name) => {
                let object = self.evaluate(object)?;
                self.member(object, name)
            }
            Expression::Index(parts) => {
                let object = self.evaluate(&parts.0)?;
                if object.is_none() {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(&parts.1)?;
                self.index(object, key)
            }
            Expression::Array(elements) => {
                let elements = self.all(elements)?;
                self.make(Made::Array(elements.to_vec()))
            }
            Expression::Object(entries) => {
                let mut map = Map::with_capacity_and_hasher(
                    entries.len(),
                    foldhash::fast::RandomState::default(),
                );
                for (key, value) in entries {
                    map.insert(&**key, self.evaluate(value)?);
                }
                self.make(Made::Map(map))
            }
            Expression::Regex(arguments) => {
                let arguments = self.all(arguments)?;
                self.regex(&arguments)
            }
            Expression::Match(this) => {
                Ok(Value::Bool(self.any_matches(this)?))
            }
            Expression::Retry(at) => Err(Stop::Retry(*at)),
        }
    }

    fn all(
        &mut self,
        expressions: &'r [Expression],
    ) -> Run<SmallVec<[Value<'r>; 4]>> {
        let mut values = SmallVec::new();
        for expression in expressions {
            values.push(self.evaluate(expression)?);
        }
        Ok(values)
    }

    fn make(&mut self, made: Made<'r>) -> Run<Value<'r>> {
        self.spend(4)?;
        let index = self.made.len() as u32;
        self.made.push(made);
        Ok(Value::Made(index))
    }

    fn call_value(
        &mut self,
        function: Value<'r>,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        match function {
            Value::Function(index) => self.call(index, arguments),
            Value::Builtin(builtin) => self.builtin(builtin, arguments),
            _ => Err(Stop::RETRY),
        }
    }

    fn unary(
        &mut self,
        operator: Unary,
        operand: &'r Expression,
    ) -> Run<Value<'r>> {
        if operator == Unary::TypeOf
            && let Expression::Read(place @ Place::Global(slot)) = operand
            && let Some(global) = self.program.globals.get(*slot as usize)
            && !global.lexical
        {
            // A name that is not defined has a type, too.
            let value = self.read(*place).unwrap_or(Value::Undefined);
            return Ok(Value::Text(value.type_of()?));
        }
        let value = self.evaluate(operand)?;
        Ok(match operator {
            Unary::Not => Value::Bool(!value.truth()),
            Unary::Negate => Value::Number(-value.number()?),
            Unary::Number => Value::Number(value.number()?),
            Unary::BitNot => {
                Value::Number(f64::from(!value::int32(value.number()?)))
            }
            Unary::TypeOf => Value::Text(value.type_of()?),
            Unary::Void => Value::Undefined,
        })
    }

    fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        if builtin.effect == Effect::Pure
            && let [Value::Text(subject), Value::Text(other), ..] = arguments
        {
            match builtin.name {
                "dnsDomainIs" => {
                    return Ok(Value::Bool(subject.ends_with(*other)));
                }
                "shExpMatch" => return self.glob(subject, other),
                _ => {}
            }
        }
        if self.loading && builtin.effect != Effect::Pure {
            return Err(Stop::RETRY);
        }
        let count = arguments.len().min(ARGUMENTS);
        let mut values = [const { builtins::Value::Undefined }; ARGUMENTS];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = argument.argument()?;
            if let builtins::Value::String(text) = value {
                self.spend_text(text.len())?;
            }
        }
        if builtin.name == "shExpMatch"
            && let builtins::Value::String(text) = &values[1]
            && builtins::is_special_glob(text)
        {
            return Err(Stop::RETRY);
        }
        let mut globs = builtins::Globs::default();
        let mut host = Host { ask: self.ask, globs: &mut globs };
        let result =
            (builtin.call)(values.get(..count).unwrap_or(&[]), &mut host);
        Ok(match result {
            Ok(builtins::Value::Undefined) => Value::Undefined,
            Ok(builtins::Value::Null) => Value::Null,
            Ok(builtins::Value::Bool(value)) => Value::Bool(value),
            Ok(builtins::Value::Number(number)) => Value::Number(number),
            Ok(builtins::Value::String(text)) if text.is_ascii() => {
                self.spend_new_text(text.len())?;
                Value::Text(self.arena.alloc_str(&text))
            }
            Ok(_) => return Err(Stop::RETRY),
            Err(builtins::Throw::Stop(error)) => {
                return Err(Stop::Error(error));
            }
            Err(_) => return Err(Stop::RETRY),
        })
    }

    fn glob(&mut self, subject: &str, pattern: &str) -> Run<Value<'r>> {
        // A star may try the rest of the pattern at every place.
        let tries = pattern.len() as u64 * subject.len() as u64;
        self.spend(1 + tries / 1_024)?;
        if !builtins::is_special_glob(pattern) {
            let found = builtins::glob_matches(pattern, subject);
            return Ok(Value::Bool(found));
        }
        let pattern = self.program.globs.get(pattern).ok_or(Stop::RETRY)?;
        let regex = pattern.regex().ok_or(Stop::RETRY)?;
        Ok(Value::Bool(regex.is_match(subject.as_bytes())))
    }

    fn native(
        &mut self,
        native: Native,
        arguments: &[Value<'r>],
    ) -> Run<Value<'r>> {
        let first = arguments.first().copied().unwrap_or(Value::Undefined);
        Ok(match native {
            Native::Floor => Value::Number(first.number()?.floor()),
            Native::IsNan => Value::Bool(first.number()?.is_nan()),
            Native::Number if arguments.is_empty() => Value::Number(0.0),
            Native::Number => Value::Number(first.number()?),
            Native::String if arguments.is_empty() => Value::Text(""),
            Native::String => Value::Text(first.text(self.arena)?),
            Native::ParseInt => {
                match arguments.get(1) {
                    None | Some(Value::Undefined) => {}
                    Some(Value::Number(10.0)) => {}
                    _ => return Err(Stop::RETRY),
                }
                let Value::Text(text) = first else {
                    return Err(Stop::RETRY);
                };
                let text = text.trim_start_matches(value::is_space);
                let end = text
                    .bytes()
                    .position(|byte| !byte.is_ascii_digit())
                    .unwrap_or(text.len());
                let next = text.as_bytes().get(end).copied();
                let hex = matches!(next, Some(b'x' | b'X'));
                match text.get(..end) {
                    Some("") if !matches!(next, Some(b'+' | b'-')) => {
                        Value::Number(f64::NAN)
                    }
                    Some(digits) if (1..=15).contains(&end) && !hex => {
                        let number = digits.parse::<u64>();
                        Value::Number(number.map_err(|_| Stop::RETRY)? as f64)
                    }
                    _ => return Err(Stop::RETRY),
                }
            }
        })
    }
}

/// How many elements or properties an array or object has.
fn frozen_count(frozen: &Frozen) -> usize {
    match frozen {
        Frozen::Array(all) => all.len(),
        Frozen::Map(all) => all.len(),
    }
}
