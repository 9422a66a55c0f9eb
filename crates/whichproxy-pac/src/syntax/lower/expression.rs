//! Expressions.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::call::native_reason;
use super::literal::{constant, number};
use super::{Lower, Name, Refuse};
use crate::syntax::program::{Constant, Expression, Place, Unary};
use crate::syntax::scope;

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

    pub(super) fn expression_of(
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
            E::ObjectExpression(this) => self.object(this)?,
            E::FunctionExpression(this) => self.function(this)?.expression(),
            E::ArrowFunctionExpression(this) => self.arrow(this)?.expression(),
            E::ChainExpression(this) => self.optional(this, at)?,
            E::AssignmentExpression(this) => self.assign(this, at)?,
            E::BinaryExpression(this) => self.binary(this)?,
            E::LogicalExpression(this) => self.logical(this)?,
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
                self.member(&this.object, &this.property.name, this.optional)?
            }
            E::ComputedMemberExpression(this) => self.element(this)?,
            E::ThisExpression(_) => {
                let arrow = self.scopes.last().is_none_or(|s| s.arrow);
                match arrow || self.at_top() {
                    true => self.soft(at, "`this`"),
                    false => Expression::This,
                }
            }
            _ => return Err(Refuse(at, "an expression of another kind")),
        })
    }

    pub(super) fn read(&mut self, name: &str, at: u32) -> Expression {
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

    pub(super) fn choose(
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

    pub(super) fn member(
        &mut self,
        object: &ast::Expression<'_>,
        name: &str,
        optional: bool,
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
        // All functions have one; scripts ask whether there is such a thing.
        if name == "__proto__"
            && let ast::Expression::Identifier(id) = object
            && id.name == "Object"
            && matches!(self.name(&id.name, u32::MAX), Name::Native)
        {
            return Ok(constant(Constant::Native));
        }
        // boa, like the standard, has none of `RegExp.$1` and the like.
        if let [b'$', b'1'..=b'9'] = name.as_bytes()
            && let ast::Expression::Identifier(id) = object
            && id.name == "RegExp"
            && matches!(self.name(&id.name, u32::MAX), Name::Native)
        {
            return Ok(constant(Constant::Undefined));
        }
        if name == "length"
            && let ast::Expression::Identifier(id) = object
            && id.name == "arguments"
            && let Some(list) = self.given_arguments(id.span.start)
        {
            return Ok(Expression::Member(Box::new(list), name.into()));
        }
        let object = self.object_of(object, optional)?;
        Ok(Expression::Member(Box::new(object), name.into()))
    }

    /// `object[key]`.
    fn element(
        &mut self,
        this: &ast::ComputedMemberExpression<'_>,
    ) -> Result<Expression, Refuse> {
        if let ast::Expression::Identifier(id) = &this.object
            && id.name == "arguments"
            && let Some(list) = self.given_arguments(id.span.start)
        {
            let key = self.expression(&this.expression)?;
            // Its other names are not those of an array.
            let key = Expression::Unary(Unary::Index, Box::new(key));
            return Ok(Expression::Index(Box::new((list, key))));
        }
        let object = self.object_of(&this.object, this.optional)?;
        let key = self.expression(&this.expression)?;
        Ok(Expression::Index(Box::new((object, key))))
    }

    /// What `arguments` is, as an array that is only read.
    fn given_arguments(&mut self, at: u32) -> Option<Expression> {
        let arrow = self.scopes.last().is_none_or(|scope| scope.arrow);
        if self.at_top() || arrow {
            return None;
        }
        if !matches!(self.name("arguments", at), Name::Unknown) {
            return None;
        }
        let known = self.scopes.last().and_then(|scope| scope.arguments);
        let slot = match known {
            Some(slot) => slot,
            None => self.slot(),
        };
        if let Some(scope) = self.scopes.last_mut() {
            scope.arguments = Some(slot);
        }
        Some(Expression::Read(Place::Local(slot)))
    }

    /// An object that may be followed by `?.`.
    pub(super) fn object_of(
        &mut self,
        object: &ast::Expression<'_>,
        optional: bool,
    ) -> Result<Expression, Refuse> {
        let object = self.expression(object)?;
        Ok(match optional {
            true => Expression::Optional(Box::new(object)),
            false => object,
        })
    }

    /// What `?.` may cut short.
    fn optional(
        &mut self,
        this: &ast::ChainExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        use ast::ChainElement as C;
        let inner = match &this.expression {
            C::CallExpression(call) => self.call(call, at)?,
            C::StaticMemberExpression(this) => {
                self.member(&this.object, &this.property.name, this.optional)?
            }
            C::ComputedMemberExpression(this) => self.element(this)?,
            _ => return Err(Refuse(at, "`?.` of another kind")),
        };
        Ok(Expression::Chain(Box::new(inner)))
    }

    /// Whether this is `Object`, `Object.prototype` or `{}`.
    pub(super) fn is_plain_object(
        &mut self,
        object: &ast::Expression<'_>,
    ) -> bool {
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
}
