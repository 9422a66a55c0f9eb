//! From the parser's tree to the program: expressions.

use std::sync::Arc;

use oxc_ast::ast::{
    self, Argument, ArrayExpressionElement, AssignmentOperator,
    AssignmentTarget, BinaryOperator, LogicalOperator, ObjectPropertyKind,
    PropertyKey, PropertyKind, SimpleAssignmentTarget, UnaryOperator,
    UpdateOperator,
};
use oxc_span::GetSpan;

use super::lower::{Lower, Name, Refuse};
use super::pattern::Pattern;
use super::program::{
    Constant, Expression, Frozen, Map, Method, Native, Operator, Place, Unary,
};
use super::scope;
use crate::builtins;

/// Methods of texts that scripts look for before they define them.
const OF_TEXTS: [&str; 7] = [
    "endsWith",
    "includes",
    "indexOf",
    "padStart",
    "repeat",
    "startsWith",
    "trim",
];

/// The longest text that is joined while lowering.
const JOINED_MOST: usize = 4 << 10;

impl Lower {
    pub(super) fn expression(
        &mut self,
        this: &ast::Expression<'_>,
    ) -> Result<Expression, Refuse> {
        let at = this.span().start;
        self.enter(at)?;
        let lowered = self.expression_of(this, at)?;
        self.leave();
        Ok(lowered)
    }

    fn expression_of(
        &mut self,
        this: &ast::Expression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        use ast::Expression as E;
        Ok(match this {
            E::BooleanLiteral(this) => constant(Constant::Bool(this.value)),
            E::NullLiteral(_) => constant(Constant::Null),
            E::NumericLiteral(this) => constant(number(this)?),
            E::StringLiteral(this) => self.text(&this.value, at),
            E::RegExpLiteral(this) => self.regex_literal(this, at)?,
            E::TemplateLiteral(this) => self.template(this, at)?,
            E::Identifier(this) => self.read(&this.name, at),
            E::ArrayExpression(this) => self.array(this, at)?,
            E::ObjectExpression(this) => self.object(this, at)?,
            E::FunctionExpression(this) => {
                if this.id.is_some() {
                    return Err(Refuse(at, "a function with a name within"));
                }
                let index = self.function(this)?;
                constant(Constant::Function(index))
            }
            E::AssignmentExpression(this) => self.assign(this, at)?,
            E::BinaryExpression(this) => self.binary(this)?,
            E::LogicalExpression(this) => self.logical(this, at)?,
            E::UnaryExpression(this) => self.unary(this, at)?,
            E::UpdateExpression(this) => self.update(this, at)?,
            E::ConditionalExpression(this) => self.choose(this)?,
            E::SequenceExpression(this) => {
                let all = this.expressions.iter();
                let all = all.map(|one| self.expression(one));
                Expression::Sequence(all.collect::<Result<_, _>>()?)
            }
            E::CallExpression(this) => self.call(this, at)?,
            E::NewExpression(this) => self.new_object(this, at)?,
            E::StaticMemberExpression(this) => {
                if this.optional {
                    return Err(Refuse(at, "`?.`"));
                }
                self.member(&this.object, &this.property.name)?
            }
            E::ComputedMemberExpression(this) => {
                if this.optional {
                    return Err(Refuse(at, "`?.`"));
                }
                let object = self.expression(&this.object)?;
                let key = self.expression(&this.expression)?;
                Expression::Index(Box::new((object, key)))
            }
            E::ThisExpression(_) => self.soft(at, "`this`"),
            _ => return Err(Refuse(at, "an expression of another kind")),
        })
    }

    fn text(&mut self, value: &str, at: u32) -> Expression {
        if value.is_ascii() {
            constant(Constant::Text(value.into()))
        } else {
            self.soft(at, "a character beyond ASCII")
        }
    }

    fn regex_literal(
        &mut self,
        this: &ast::RegExpLiteral<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let source = this.regex.pattern.text.as_str();
        let flags = this.regex.flags.to_string();
        if let Some(pattern) = Pattern::new(source, &flags) {
            return Ok(constant(Constant::Pattern(pattern)));
        }
        let known = flags.bytes().all(|flag| b"gim".contains(&flag));
        let units = source.encode_utf16().map(u32::from);
        let flags = flags.replace('g', "");
        let flags = regress::Flags::from(flags.as_str());
        if !known || regress::Regex::from_unicode(units, flags).is_err() {
            return Err(Refuse(at, "a regular expression"));
        }
        Ok(self.soft(at, "a regular expression that may not be linear"))
    }

    fn template(
        &mut self,
        this: &ast::TemplateLiteral<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let mut pieces = this.quasis.iter().map(|quasi| {
            let cooked = quasi.value.cooked.as_ref();
            cooked.map(|text| text.as_str()).filter(|text| text.is_ascii())
        });
        let mut piece = || -> Result<Expression, Refuse> {
            let text = pieces.next().flatten();
            let text = text.ok_or(Refuse(at, "a template's text"))?;
            Ok(constant(Constant::Text(text.into())))
        };
        let first = piece()?;
        let mut rest = Vec::new();
        for inner in &this.expressions {
            rest.push((Operator::Add, self.expression(inner)?));
            rest.push((Operator::Add, piece()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Binary(Box::new(first), rest))
    }

    fn read(&mut self, name: &str, at: u32) -> Expression {
        match self.name(name, at) {
            Name::Place(place) | Name::Constant(place) => {
                Expression::Read(place)
            }
            Name::Builtin(builtin) => constant(Constant::Builtin(builtin)),
            Name::Out(reason) => self.soft(at, reason),
            Name::Native => match name {
                "undefined" => constant(Constant::Undefined),
                "NaN" => constant(Constant::Number(f64::NAN)),
                "Infinity" => constant(Constant::Number(f64::INFINITY)),
                _ => self.soft(at, native_reason(name)),
            },
            Name::Unknown if scope::may_declare(name) => {
                Expression::Read(Place::Global(self.unknown(name)))
            }
            Name::Unknown => self.soft(at, "a name that every object has"),
        }
    }

    fn array(
        &mut self,
        this: &ast::ArrayExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let mut elements = Vec::with_capacity(this.elements.len());
        for element in &this.elements {
            let element = match element {
                ArrayExpressionElement::SpreadElement(_)
                | ArrayExpressionElement::Elision(_) => {
                    return Err(Refuse(at, "an array with `...` or holes"));
                }
                other => match other.as_expression() {
                    Some(element) => self.expression(element)?,
                    None => return Err(Refuse(at, "an array's element")),
                },
            };
            elements.push(element);
        }
        Ok(self.list(elements))
    }

    /// An array, frozen where all elements are constant.
    fn list(&mut self, elements: Vec<Expression>) -> Expression {
        if !self.may_freeze() || !elements.iter().all(is_datum) {
            return Expression::Array(elements);
        }
        if elements.is_empty() {
            return Expression::Array(elements);
        }
        let all = elements.into_iter().filter_map(datum).collect();
        constant(Constant::Frozen(Arc::new(Frozen::Array(all))))
    }

    fn object(
        &mut self,
        this: &ast::ObjectExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let mut entries = Vec::with_capacity(this.properties.len());
        let mut constant_only = self.may_freeze();
        for property in &this.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                return Err(Refuse(at, "`...` in an object"));
            };
            let at = property.span.start;
            if property.kind != PropertyKind::Init
                || property.method
                || property.computed
            {
                return Err(Refuse(at, "a property that is computed"));
            }
            let key: Box<str> = match &property.key {
                PropertyKey::StaticIdentifier(name) => {
                    name.name.as_str().into()
                }
                PropertyKey::StringLiteral(text) => text.value.as_str().into(),
                PropertyKey::NumericLiteral(this) => match number(this)? {
                    Constant::Number(n)
                        if n.fract() == 0.0 && (0.0..1e15).contains(&n) =>
                    {
                        (n as u64).to_string().into()
                    }
                    _ => return Err(Refuse(at, "a property's number")),
                },
                _ => return Err(Refuse(at, "a property's name")),
            };
            if &*key == "__proto__" || !key.is_ascii() {
                return Err(Refuse(at, "a property's name"));
            }
            let value = self.expression(&property.value)?;
            constant_only &= is_datum(&value);
            entries.push((key, value));
        }
        if !constant_only || entries.is_empty() {
            return Ok(Expression::Object(entries));
        }
        let mut map = Map::with_capacity_and_hasher(
            entries.len(),
            foldhash::fast::RandomState::default(),
        );
        for (key, value) in entries {
            if let Some(value) = datum(value) {
                map.insert(key, value);
            }
        }
        Ok(constant(Constant::Frozen(Arc::new(Frozen::Map(map)))))
    }

    fn assign(
        &mut self,
        this: &ast::AssignmentExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let operator = match this.operator {
            AssignmentOperator::Assign => None,
            other => match other.to_binary_operator() {
                Some(operator) => Some(operator),
                None => return Err(Refuse(at, "an assignment of its kind")),
            },
        };
        let (object, key) = match &this.left {
            AssignmentTarget::AssignmentTargetIdentifier(id) => {
                let place = self.target(&id.name, at)?;
                let right = self.expression(&this.right)?;
                let Some(place) = place else {
                    let both = vec![right, Expression::Retry(at)];
                    return Ok(Expression::Sequence(both));
                };
                let value = match operator {
                    None => right,
                    Some(operator) => match binary_operator(operator) {
                        Some(operator) => Expression::Binary(
                            Box::new(Expression::Read(place)),
                            vec![(operator, right)],
                        ),
                        None => self.soft(at, "`**=`"),
                    },
                };
                return Ok(Expression::Set(place, Box::new(value)));
            }
            AssignmentTarget::StaticMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                let name = left.property.name.as_str();
                (object, self.text(name, at))
            }
            AssignmentTarget::ComputedMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                (object, self.expression(&left.expression)?)
            }
            _ => return Err(Refuse(at, "an assignment to several")),
        };
        let value = self.expression(&this.right)?;
        if operator.is_some() {
            return Ok(self.soft(at, "a property that is changed"));
        }
        Ok(Expression::SetElement(Box::new([object, key, value])))
    }

    fn binary(
        &mut self,
        this: &ast::BinaryExpression<'_>,
    ) -> Result<Expression, Refuse> {
        // However long the chain, its left side is not nested.
        let mut spine = vec![this];
        let mut this = this;
        while let ast::Expression::BinaryExpression(left) = &this.left {
            spine.push(left);
            this = left;
        }
        let mut first = self.expression(&this.left)?;
        let mut rest: Vec<(Operator, Expression)> = Vec::new();
        for this in spine.into_iter().rev() {
            let right = self.expression(&this.right)?;
            let Some(operator) = binary_operator(this.operator) else {
                let at = this.span.start;
                let unmodelled = self.soft(at, "`**` or `instanceof`");
                (first, rest) = (unmodelled, Vec::new());
                continue;
            };
            if rest.is_empty()
                && operator == Operator::Add
                && let Expression::Constant(Constant::Text(left)) = &first
                && let Expression::Constant(Constant::Text(right)) = &right
                && left.len() + right.len() < JOINED_MOST
            {
                let joined = format!("{left}{right}");
                first = constant(Constant::Text(joined.into()));
                continue;
            }
            rest.push((operator, right));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Binary(Box::new(first), rest))
    }

    fn logical(
        &mut self,
        this: &ast::LogicalExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let operator = this.operator;
        let mut spine = vec![this];
        let mut this = this;
        while let ast::Expression::LogicalExpression(left) = &this.left
            && left.operator == operator
        {
            spine.push(left);
            this = left;
        }
        let mut all = vec![self.expression(&this.left)?];
        for this in spine.into_iter().rev() {
            all.push(self.expression(&this.right)?);
        }
        Ok(match operator {
            LogicalOperator::And => Expression::All(all),
            LogicalOperator::Or => Expression::Any(all),
            LogicalOperator::Coalesce => self.soft(at, "`??`"),
        })
    }

    fn unary(
        &mut self,
        this: &ast::UnaryExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let operand = self.expression(&this.argument)?;
        let operator = match this.operator {
            UnaryOperator::LogicalNot => Unary::Not,
            UnaryOperator::UnaryNegation => Unary::Negate,
            UnaryOperator::UnaryPlus => Unary::Number,
            UnaryOperator::BitwiseNot => Unary::BitNot,
            UnaryOperator::Typeof => Unary::TypeOf,
            UnaryOperator::Void => Unary::Void,
            UnaryOperator::Delete => {
                if let ast::Expression::Identifier(_) = &this.argument {
                    return Err(Refuse(at, "`delete` of a variable"));
                }
                return Ok(self.soft(at, "`delete`"));
            }
        };
        Ok(match (operator, &operand) {
            (Unary::Negate, Expression::Constant(Constant::Number(n))) => {
                constant(Constant::Number(-n))
            }
            (Unary::Not, Expression::Constant(Constant::Number(n))) => {
                constant(Constant::Bool(*n == 0.0))
            }
            _ => Expression::Unary(operator, Box::new(operand)),
        })
    }

    fn update(
        &mut self,
        this: &ast::UpdateExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let by = match this.operator {
            UpdateOperator::Increment => 1.0,
            UpdateOperator::Decrement => -1.0,
        };
        match &this.argument {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => {
                Ok(match self.target(&id.name, at)? {
                    Some(place) => {
                        let prefix = this.prefix;
                        Expression::Update { place, by, prefix }
                    }
                    None => Expression::Retry(at),
                })
            }
            SimpleAssignmentTarget::StaticMemberExpression(left) => {
                self.expression(&left.object)?;
                Ok(self.soft(at, "a property that is changed"))
            }
            SimpleAssignmentTarget::ComputedMemberExpression(left) => {
                self.expression(&left.object)?;
                self.expression(&left.expression)?;
                Ok(self.soft(at, "a property that is changed"))
            }
            _ => Err(Refuse(at, "`++` or `--` of something else")),
        }
    }

    fn choose(
        &mut self,
        mut this: &ast::ConditionalExpression<'_>,
    ) -> Result<Expression, Refuse> {
        let mut arms = Vec::with_capacity(1);
        loop {
            let test = self.expression(&this.test)?;
            arms.push((test, self.expression(&this.consequent)?));
            match &this.alternate {
                ast::Expression::ConditionalExpression(next) => this = next,
                other => {
                    let last = self.expression(other)?;
                    return Ok(Expression::Choose(arms, Box::new(last)));
                }
            }
        }
    }

    fn member(
        &mut self,
        object: &ast::Expression<'_>,
        name: &str,
    ) -> Result<Expression, Refuse> {
        if name == "hasOwnProperty" && self.is_plain_object(object) {
            return Ok(constant(Constant::HasOwn));
        }
        // Scripts ask whether they have to define it themselves.
        if OF_TEXTS.contains(&name)
            && let ast::Expression::StaticMemberExpression(this) = object
            && this.property.name == "prototype"
            && let ast::Expression::Identifier(id) = &this.object
            && id.name == "String"
            && matches!(self.name("String", u32::MAX), Name::Native)
        {
            return Ok(constant(Constant::Native));
        }
        let object = self.expression(object)?;
        Ok(Expression::Member(Box::new(object), name.into()))
    }

    /// Whether this is `Object`, `Object.prototype` or `{}`.
    fn is_plain_object(&mut self, object: &ast::Expression<'_>) -> bool {
        match object {
            ast::Expression::Identifier(id) => {
                id.name == "Object"
                    && matches!(self.name("Object", u32::MAX), Name::Native)
            }
            ast::Expression::StaticMemberExpression(this) => {
                this.property.name == "prototype"
                    && matches!(&this.object, ast::Expression::Identifier(_))
                    && self.is_plain_object(&this.object)
            }
            ast::Expression::ObjectExpression(this) => {
                this.properties.is_empty()
            }
            _ => false,
        }
    }

    fn arguments(
        &mut self,
        arguments: &[Argument<'_>],
        at: u32,
    ) -> Result<Vec<Expression>, Refuse> {
        let lower = |argument: &Argument<'_>| match argument.as_expression() {
            Some(argument) => self.expression(argument),
            None => Err(Refuse(at, "`...` among arguments")),
        };
        arguments.iter().map(lower).collect()
    }

    fn call(
        &mut self,
        this: &ast::CallExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        if this.optional {
            return Err(Refuse(at, "`?.`"));
        }
        match &this.callee {
            ast::Expression::Identifier(id) => {
                let name = id.name.as_str();
                match self.name(name, at) {
                    Name::Builtin(builtin) => {
                        let arguments = self.arguments(&this.arguments, at)?;
                        self.builtin(builtin, arguments, at)
                    }
                    Name::Native => {
                        let arguments = self.arguments(&this.arguments, at)?;
                        Ok(self.native(name, arguments, at))
                    }
                    _ => {
                        let function = self.read(name, at);
                        let arguments = self.arguments(&this.arguments, at)?;
                        Ok(Expression::Call(Box::new(function), arguments))
                    }
                }
            }
            ast::Expression::StaticMemberExpression(callee) => {
                if callee.optional {
                    return Err(Refuse(at, "`?.`"));
                }
                let name = callee.property.name.as_str();
                if name == "call"
                    && let ast::Expression::Identifier(id) = &callee.object
                    && id.name == "hasOwnProperty"
                    && matches!(self.name(&id.name, at), Name::Unknown)
                {
                    let object = constant(Constant::HasOwn);
                    let arguments = self.arguments(&this.arguments, at)?;
                    let method = Method::Call;
                    return Ok(Expression::Method(
                        method,
                        Box::new(object),
                        arguments,
                    ));
                }
                if name == "floor"
                    && let ast::Expression::Identifier(id) = &callee.object
                    && id.name == "Math"
                    && matches!(self.name("Math", at), Name::Native)
                {
                    let arguments = self.arguments(&this.arguments, at)?;
                    return Ok(Expression::Native(Native::Floor, arguments));
                }
                let object = self.expression(&callee.object)?;
                let arguments = self.arguments(&this.arguments, at)?;
                let method = Method::of(name);
                Ok(Expression::Method(method, Box::new(object), arguments))
            }
            ast::Expression::FunctionExpression(_) => {
                let function = self.expression(&this.callee)?;
                let arguments = self.arguments(&this.arguments, at)?;
                Ok(Expression::Call(Box::new(function), arguments))
            }
            other => {
                self.expression(other)?;
                self.arguments(&this.arguments, at)?;
                Ok(self.soft(at, "a call of something that is computed"))
            }
        }
    }

    fn builtin(
        &mut self,
        builtin: &'static builtins::Builtin,
        arguments: Vec<Expression>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        if builtin.name == "shExpMatch"
            && let Some(Expression::Constant(Constant::Text(text))) =
                arguments.get(1)
            && builtins::is_special_glob(text)
            && !self.program.globs.contains_key(text)
        {
            let source = builtins::glob_expression(text);
            match Pattern::new(&source, "") {
                Some(pattern) => {
                    self.program.globs.insert(text.clone(), pattern);
                }
                None => {
                    let reason = "a pattern that may not be linear";
                    return Ok(self.soft(at, reason));
                }
            }
        }
        Ok(Expression::Builtin(builtin, arguments))
    }

    fn native(
        &mut self,
        name: &str,
        arguments: Vec<Expression>,
        at: u32,
    ) -> Expression {
        let native = match name {
            "isNaN" => Native::IsNan,
            "Number" => Native::Number,
            "parseInt" => Native::ParseInt,
            "String" => Native::String,
            "Array" | "Object" | "RegExp" => {
                return self.construct(name, arguments, at);
            }
            _ => return self.soft(at, native_reason(name)),
        };
        Expression::Native(native, arguments)
    }

    fn new_object(
        &mut self,
        this: &ast::NewExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        if let ast::Expression::Identifier(id) = &this.callee
            && matches!(self.name(&id.name, at), Name::Native)
        {
            let arguments = self.arguments(&this.arguments, at)?;
            return Ok(self.construct(&id.name, arguments, at));
        }
        self.expression(&this.callee)?;
        self.arguments(&this.arguments, at)?;
        Ok(self.soft(at, "`new` of the script's own"))
    }

    fn construct(
        &mut self,
        name: &str,
        arguments: Vec<Expression>,
        at: u32,
    ) -> Expression {
        match name {
            "Array" if arguments.len() != 1 => self.list(arguments),
            "Object" if arguments.is_empty() => Expression::Object(Vec::new()),
            "RegExp" => {
                let text = |index: usize| match arguments.get(index) {
                    Some(Expression::Constant(Constant::Text(text))) => {
                        Some(&**text)
                    }
                    None if index == 1 => Some(""),
                    _ => None,
                };
                let (Some(source), Some(flags)) = (text(0), text(1)) else {
                    if self.at_top() {
                        return Expression::Regex(arguments);
                    }
                    let reason =
                        "a regular expression that is made for each question";
                    return self.soft(at, reason);
                };
                match Pattern::new(source, flags) {
                    Some(it) => constant(Constant::Pattern(it)),
                    None => {
                        let reason =
                            "a regular expression that may not be linear";
                        self.soft(at, reason)
                    }
                }
            }
            _ => self.soft(at, native_reason(name)),
        }
    }
}

fn native_reason(name: &str) -> &'static str {
    match name {
        "Date" => "`Date`",
        "Math" => "`Math`",
        "eval" => "`eval`",
        _ => "a part of JavaScript that is not modelled",
    }
}

fn constant(value: Constant) -> Expression {
    Expression::Constant(value)
}

fn number(this: &ast::NumericLiteral<'_>) -> Result<Constant, Refuse> {
    let raw = this.raw.as_ref().map_or("", |raw| raw.as_str());
    let mut bytes = raw.bytes();
    let octal = bytes.next() == Some(b'0')
        && bytes.next().is_some_and(|byte| byte.is_ascii_digit());
    if octal || raw.contains('_') || !this.value.is_finite() {
        return Err(Refuse(this.span.start, "a number of an unusual form"));
    }
    Ok(Constant::Number(this.value))
}

/// Whether an expression is data that may lie in a frozen array or object.
fn is_datum(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Constant(
            Constant::Undefined
                | Constant::Null
                | Constant::Bool(_)
                | Constant::Number(_)
                | Constant::Text(_)
                | Constant::Frozen(_)
                | Constant::Pattern(_)
        )
    )
}

fn datum(expression: Expression) -> Option<Constant> {
    match expression {
        Expression::Constant(constant) => Some(constant),
        _ => None,
    }
}

fn binary_operator(operator: BinaryOperator) -> Option<Operator> {
    Some(match operator {
        BinaryOperator::Equality => Operator::Equal,
        BinaryOperator::Inequality => Operator::NotEqual,
        BinaryOperator::StrictEquality => Operator::StrictEqual,
        BinaryOperator::StrictInequality => Operator::StrictNotEqual,
        BinaryOperator::LessThan => Operator::Less,
        BinaryOperator::LessEqualThan => Operator::LessEqual,
        BinaryOperator::GreaterThan => Operator::Greater,
        BinaryOperator::GreaterEqualThan => Operator::GreaterEqual,
        BinaryOperator::Addition => Operator::Add,
        BinaryOperator::Subtraction => Operator::Subtract,
        BinaryOperator::Multiplication => Operator::Multiply,
        BinaryOperator::Division => Operator::Divide,
        BinaryOperator::Remainder => Operator::Remainder,
        BinaryOperator::ShiftLeft => Operator::ShiftLeft,
        BinaryOperator::ShiftRight => Operator::ShiftRight,
        BinaryOperator::ShiftRightZeroFill => Operator::ShiftRightZero,
        BinaryOperator::BitwiseOR => Operator::Or,
        BinaryOperator::BitwiseXOR => Operator::Xor,
        BinaryOperator::BitwiseAnd => Operator::And,
        BinaryOperator::In => Operator::In,
        BinaryOperator::Exponential | BinaryOperator::Instanceof => {
            return None;
        }
    })
}
