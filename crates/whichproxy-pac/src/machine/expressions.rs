//! Evaluates expressions.

use smallvec::SmallVec;

use super::objects::PROTOTYPE;
use super::value::{self, Value};
use super::{ELEMENT, Globals, Machine, Made, PROPERTY, Run, Stop};
use crate::syntax::{
    Cell, Constant, Expression, Frozen, Map, Method, Operator, Place, Unary,
};

impl<'r> Machine<'r, '_> {
    pub(super) fn read(&self, place: Place) -> Run<Value<'r>> {
        let value = match place {
            Place::Local(slot) => {
                self.stack.get(self.base + slot as usize).copied()
            }
            Place::Boxed(_) | Place::Captured(_) => match self.cell(place)? {
                Cell::Live(index) => self.boxes.get(index as usize).copied(),
                Cell::Fixed(index) => {
                    self.cells.get(index as usize).map(Value::from)
                }
            },
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

    pub(super) fn set(&mut self, place: Place, value: Value<'r>) -> Run<()> {
        let found = match place {
            Place::Local(slot) => {
                self.stack.get_mut(self.base + slot as usize)
            }
            Place::Boxed(_) | Place::Captured(_) => match self.cell(place)? {
                Cell::Live(index) => self.boxes.get_mut(index as usize),
                Cell::Fixed(_) => None,
            },
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

    /// What needs no work of its own is done in place.
    #[inline(always)]
    pub(super) fn operand(
        &mut self,
        expression: &'r Expression,
    ) -> Run<Value<'r>> {
        match expression {
            Expression::Constant(constant) => Ok(constant.into()),
            Expression::Read(Place::Local(slot)) => {
                match self.stack.get(self.base + *slot as usize) {
                    None | Some(Value::Unset) => Err(Stop::RETRY),
                    Some(value) => Ok(*value),
                }
            }
            other => self.evaluate(other),
        }
    }

    /// The box of a place.
    fn cell(&self, place: Place) -> Run<Cell> {
        match place {
            Place::Boxed(slot) => {
                match self.stack.get(self.base + slot as usize) {
                    Some(Value::Box(index)) => Ok(Cell::Live(*index)),
                    _ => Err(Stop::RETRY),
                }
            }
            Place::Captured(index) => {
                let cell = self.captures.get(index as usize);
                cell.copied().ok_or(Stop::RETRY)
            }
            _ => Err(Stop::RETRY),
        }
    }

    /// The usual expressions are here; the others are apart, so that these
    /// take little of the native stack.
    pub(super) fn evaluate(
        &mut self,
        expression: &'r Expression,
    ) -> Run<Value<'r>> {
        match expression {
            Expression::Constant(constant) => Ok(constant.into()),
            Expression::Read(place) => self.read(*place),
            Expression::Set(place, value) => {
                let value = self.operand(value)?;
                self.set(*place, value)?;
                Ok(value)
            }
            Expression::Update { place, by, prefix } => {
                let old = self.read(*place)?.number()?;
                let new = old + by;
                self.set(*place, Value::Number(new))?;
                Ok(Value::Number(if *prefix { new } else { old }))
            }
            Expression::Unary(Unary::Not, operand) => {
                Ok(Value::Bool(!self.condition(operand)?))
            }
            Expression::Unary(operator, operand) => {
                self.unary(*operator, operand)
            }
            Expression::Binary(first, rest) => {
                let mut left = self.operand(first)?;
                for (operator, right) in rest {
                    let right = self.operand(right)?;
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
                    if self.condition(test)? {
                        return self.evaluate(value);
                    }
                }
                self.evaluate(last)
            }
            Expression::Builtin(builtin, arguments) => {
                match arguments.as_slice() {
                    [one] if !one.is_spread() => {
                        let one = self.operand(one)?;
                        self.builtin(builtin, &[one])
                    }
                    [one, two] if !one.is_spread() && !two.is_spread() => {
                        let one = self.operand(one)?;
                        let two = self.operand(two)?;
                        self.builtin(builtin, &[one, two])
                    }
                    _ => self.rarely(expression),
                }
            }
            Expression::Method(method, object, arguments) => {
                let object = self.operand(object)?;
                if matches!(
                    object,
                    Value::Undefined | Value::Null | Value::Bool(_)
                ) {
                    return Err(Stop::RETRY);
                }
                if let Value::Text(text) = object
                    && let [one] = arguments.as_slice()
                    && !one.is_spread()
                {
                    return self.of_one(method, text, one);
                }
                match arguments.as_slice() {
                    [] => self.method(method, object, &[]),
                    [one] if !one.is_spread() => {
                        let one = self.operand(one)?;
                        self.method(method, object, &[one])
                    }
                    [one, two] if !one.is_spread() && !two.is_spread() => {
                        let one = self.sum(one)?;
                        let two = self.sum(two)?;
                        self.method(method, object, &[one, two])
                    }
                    many => self.method_of_many(method, object, many),
                }
            }
            Expression::Member(object, name) => {
                let object = self.operand(object)?;
                self.member(object, name)
            }
            Expression::Index(parts) => {
                let object = self.operand(&parts.0)?;
                if object.is_none() {
                    return Err(Stop::RETRY);
                }
                let key = self.operand(&parts.1)?;
                self.index(object, key)
            }
            Expression::Match(this) => {
                Ok(Value::Bool(self.any_matches(this)?))
            }
            Expression::Call(function, arguments) => {
                let function = self.operand(function)?;
                // What throws before its arguments are worked out, must not
                // ask their questions; what throws after that, boa may ask.
                if !function.is_function() {
                    return Err(Stop::RETRY);
                }
                match arguments.as_slice() {
                    [one] if !one.is_spread() => {
                        let one = self.operand(one)?;
                        self.call_value(function, &[one])
                    }
                    [one, two] if !one.is_spread() && !two.is_spread() => {
                        let one = self.operand(one)?;
                        let two = self.operand(two)?;
                        self.call_value(function, &[one, two])
                    }
                    many => self.call_of_many(function, many),
                }
            }
            other => self.rarely(other),
        }
    }

    /// Whether an expression is true, as a condition has it.
    pub(super) fn condition(
        &mut self,
        expression: &'r Expression,
    ) -> Run<bool> {
        match expression {
            Expression::Binary(first, rest) => {
                let [(operator, right)] = rest.as_slice() else {
                    return Ok(self.evaluate(expression)?.truth());
                };
                let left = self.operand(first)?;
                let right = self.operand(right)?;
                match (left, right) {
                    (Value::Number(left), Value::Number(right)) => {
                        match operator {
                            Operator::Less => return Ok(left < right),
                            Operator::Greater => return Ok(left > right),
                            Operator::StrictEqual | Operator::Equal => {
                                return Ok(left == right);
                            }
                            Operator::StrictNotEqual | Operator::NotEqual => {
                                return Ok(left != right);
                            }
                            _ => {}
                        }
                    }
                    (Value::Text(left), Value::Text(right)) => {
                        match operator {
                            Operator::StrictEqual | Operator::Equal => {
                                return Ok(left == right);
                            }
                            Operator::StrictNotEqual | Operator::NotEqual => {
                                return Ok(left != right);
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
                Ok(self.binary(*operator, left, right)?.truth())
            }
            Expression::Unary(Unary::Not, operand) => {
                Ok(!self.condition(operand)?)
            }
            Expression::All(all) => {
                for one in all {
                    if !self.condition(one)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expression::Any(all) => {
                for one in all {
                    if self.condition(one)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expression::Match(this) => self.any_matches(this),
            Expression::Method(Method::HasOwnProperty, object, arguments)
                if let Expression::Constant(Constant::Frozen(object)) =
                    &**object
                    && let Frozen::Map(names) = &**object
                    && !names.has_own()
                    && let [key] = arguments.as_slice()
                    && !key.is_spread() =>
            {
                let key = self.operand(key)?.text(self.arena)?;
                self.spend_text(key.len())?;
                Ok(names.get(key).is_some())
            }
            other => Ok(self.operand(other)?.truth()),
        }
    }

    /// A number more or less than a variable's is what texts are cut by.
    #[inline]
    fn sum(&mut self, expression: &'r Expression) -> Run<Value<'r>> {
        if let Expression::Binary(first, rest) = expression
            && let Expression::Read(Place::Local(slot)) = **first
            && let [(operator, Expression::Constant(Constant::Number(right)))] =
                rest.as_slice()
            && let Some(Value::Number(left)) =
                self.stack.get(self.base + slot as usize)
        {
            match operator {
                Operator::Add => return Ok(Value::Number(left + right)),
                Operator::Subtract => {
                    return Ok(Value::Number(left - right));
                }
                _ => {}
            }
        }
        self.operand(expression)
    }

    /// A method of a text, with one argument.
    #[inline]
    fn of_one(
        &mut self,
        method: &'r Method,
        text: &'r str,
        argument: &'r Expression,
    ) -> Run<Value<'r>> {
        if matches!(method, Method::IndexOf)
            && let Expression::Constant(Constant::Text(other)) = argument
            && let [byte] = other.as_bytes()
        {
            self.spend_text(text.len())?;
            let found = text.bytes().position(|other| other == *byte);
            let found = found.map_or(-1, |at| at as i32);
            return Ok(Value::Number(found.into()));
        }
        let argument = self.sum(argument)?;
        if let Value::Number(number) = argument
            && (0.0..1e9).contains(&number)
        {
            self.spend(1)?;
            let at = number as usize;
            match method {
                Method::Slice | Method::Substring | Method::Substr => {
                    let rest = text.get(at..).unwrap_or("");
                    return Ok(Value::Text(rest));
                }
                Method::CharAt => {
                    let one = text.get(at..at + 1).unwrap_or("");
                    return Ok(Value::Text(one));
                }
                _ => {}
            }
        }
        self.method(method, Value::Text(text), &[argument])
    }

    #[inline(never)]
    fn rarely(&mut self, expression: &'r Expression) -> Run<Value<'r>> {
        match expression {
            Expression::SetElement(parts) => {
                let [object, key, value] = &**parts;
                let object = self.evaluate(object)?;
                if !matches!(object, Value::Made(_) | Value::Function(_)) {
                    self.denied |=
                        matches!(object, Value::Frozen(_) | Value::Keyed(_));
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(key)?;
                let value = self.evaluate(value)?;
                self.set_element(object, key, value)?;
                Ok(value)
            }
            Expression::ChangeElement(parts, operator, old) => {
                self.change_element(parts, *operator, *old)
            }
            Expression::Delete(parts) => {
                let object = self.evaluate(&parts[0])?;
                if object.is_none() {
                    return Err(Stop::RETRY);
                }
                let key = self.evaluate(&parts[1])?;
                self.delete(object, key)
            }
            Expression::Closure(function, captures) => {
                self.closure(*function, captures)
            }
            Expression::Callee => Ok(match self.captures {
                [] => Value::Function(self.function),
                captures => Value::Closure(self.function, captures),
            }),
            Expression::This => match self.this {
                this @ (Value::Made(_)
                | Value::Frozen(_)
                | Value::Function(_)) => Ok(this),
                // The global object, or none.
                _ => Err(Stop::RETRY),
            },
            Expression::New(function, arguments) => {
                let function = self.evaluate(function)?;
                let arguments = self.all(arguments)?;
                self.construct(function, &arguments)
            }
            // Known only where elements or arguments are listed.
            Expression::Spread(_) => Err(Stop::RETRY),
            Expression::Elements(list) => {
                let list = self.evaluate(list)?;
                self.elements(list)
            }
            Expression::Coalesce(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                    if !last.is_none() {
                        break;
                    }
                }
                Ok(last)
            }
            Expression::Chain(inner) => match self.evaluate(inner) {
                Err(Stop::Short) => Ok(Value::Undefined),
                other => other,
            },
            Expression::Optional(object) => {
                let object = self.evaluate(object)?;
                if object.is_none() {
                    return Err(Stop::Short);
                }
                Ok(object)
            }
            Expression::Sequence(all) => {
                let mut last = Value::Undefined;
                for one in all {
                    last = self.evaluate(one)?;
                }
                Ok(last)
            }
            Expression::Builtin(builtin, arguments) => {
                let arguments = self.all(arguments)?;
                self.builtin(builtin, &arguments)
            }
            Expression::Native(native, arguments) => {
                let arguments = self.all(arguments)?;
                self.native(*native, &arguments)
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
            Expression::ObjectOf(entries) => self.object_of(entries),
            Expression::Regex(arguments) => {
                let arguments = self.all(arguments)?;
                self.regex(&arguments)
            }
            Expression::Retry(at) => Err(Stop::Retry(*at)),
            // The others are usual.
            _ => Err(Stop::RETRY),
        }
    }

    #[inline(never)]
    fn method_of_many(
        &mut self,
        method: &'r Method,
        object: Value<'r>,
        arguments: &'r [Expression],
    ) -> Run<Value<'r>> {
        let arguments = self.all(arguments)?;
        self.method(method, object, &arguments)
    }

    #[inline(never)]
    fn call_of_many(
        &mut self,
        function: Value<'r>,
        arguments: &'r [Expression],
    ) -> Run<Value<'r>> {
        let arguments = self.all(arguments)?;
        self.call_value(function, &arguments)
    }

    pub(super) fn all(
        &mut self,
        expressions: &'r [Expression],
    ) -> Run<SmallVec<[Value<'r>; 4]>> {
        let mut values = SmallVec::new();
        for expression in expressions {
            if let Expression::Spread(list) = expression {
                let list = self.evaluate(list)?;
                let list = self.elements(list)?;
                let count = self.count(list).unwrap_or(0);
                self.hold_elements(count)?;
                for index in 0..count {
                    self.spend(1)?;
                    values.extend(self.element(list, index));
                }
                continue;
            }
            values.push(self.evaluate(expression)?);
        }
        Ok(values)
    }

    /// What iterating over a value gives, as an array.
    pub(super) fn elements(&mut self, value: Value<'r>) -> Run<Value<'r>> {
        match value {
            Value::Text(text) => {
                self.spend(1 + text.len() as u64)?;
                self.hold_elements(text.len())?;
                let all = (0..text.len()).filter_map(|at| text.get(at..=at));
                let all = all.map(Value::Text).collect();
                self.make(Made::Array(all))
            }
            _ if self.is_list(value) => Ok(value),
            _ => Err(Stop::RETRY),
        }
    }

    fn object_of(
        &mut self,
        entries: &'r [(Expression, Expression)],
    ) -> Run<Value<'r>> {
        let object = self.make(Made::Map(Map::default()))?;
        for (key, value) in entries {
            if let Expression::Spread(_) = key {
                let from = self.evaluate(value)?;
                self.assign(object, from)?;
                continue;
            }
            let written = matches!(key, Expression::Constant(_));
            let key = self.evaluate(key)?.text(self.arena)?;
            // Only where it is written down, it is no name like others.
            if key == PROTOTYPE && !written {
                return Err(Stop::RETRY);
            }
            let value = self.evaluate(value)?;
            self.set_element(object, Value::Text(key), value)?;
        }
        Ok(object)
    }

    /// Gives an object the properties of another.
    pub(super) fn assign(
        &mut self,
        object: Value<'r>,
        from: Value<'r>,
    ) -> Run<()> {
        if from.is_none() {
            return Ok(());
        }
        if self.is_list(from) {
            return Err(Stop::RETRY);
        }
        for key in self.keys(from)? {
            self.spend(1)?;
            let value = self.property(from, key)?.ok_or(Stop::RETRY)?;
            self.set_element(object, Value::Text(key), value)?;
        }
        Ok(())
    }

    fn change_element(
        &mut self,
        parts: &'r [Expression; 3],
        operator: Operator,
        old: bool,
    ) -> Run<Value<'r>> {
        let [object, key, value] = parts;
        let object = self.evaluate(object)?;
        if !matches!(object, Value::Made(_)) {
            self.denied |=
                matches!(object, Value::Frozen(_) | Value::Keyed(_));
            return Err(Stop::RETRY);
        }
        let key = self.evaluate(key)?;
        let before = self.index(object, key)?;
        let value = self.evaluate(value)?;
        let after = self.binary(operator, before, value)?;
        self.set_element(object, key, after)?;
        Ok(match old {
            true => Value::Number(before.number()?),
            false => after,
        })
    }

    pub(super) fn make(&mut self, made: Made<'r>) -> Run<Value<'r>> {
        self.spend(4)?;
        let content = match &made {
            Made::Array(all) => all.len().saturating_mul(ELEMENT),
            Made::Map(all) => all.len().saturating_mul(PROPERTY),
            Made::Pattern(..) | Made::Keyed(_) => 0,
        };
        self.hold(content.saturating_add(2 * size_of::<Made<'_>>()))?;
        let index = self.made.len() as u32;
        self.made.push(made);
        Ok(Value::Made(index))
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
            Unary::Index => match value {
                Value::Number(number)
                    if number >= 0.0 && number.fract() == 0.0 =>
                {
                    value
                }
                _ => return Err(Stop::RETRY),
            },
        })
    }
}
