//! Expressions.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::call::native_reason;
use super::literal::{constant, number};
use super::{Lower, Name, Refuse};
use crate::syntax::program::{Constant, Expression, Place};
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
