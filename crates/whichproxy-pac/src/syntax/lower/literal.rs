//! Values that are written down.

use std::sync::Arc;

use oxc_ast::ast::{
    self, ArrayExpressionElement, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};

use super::{Lower, Refuse};
use crate::syntax::names::Names;
use crate::syntax::pattern::Pattern;
use crate::syntax::program::{Constant, Expression, Frozen, Operator};

impl Lower {
    pub(super) fn text(&mut self, value: &str, at: u32) -> Expression {
        if value.is_ascii() {
            constant(Constant::Text(value.into()))
        } else {
            self.soft(at, "a character beyond ASCII")
        }
    }

    pub(super) fn regex_literal(
        &mut self,
        this: &ast::RegExpLiteral<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let source = this.regex.pattern.text.as_str();
        let flags = this.regex.flags.to_string();
        if let Some(pattern) = Pattern::new(source, &flags) {
            let pattern = constant(Constant::Pattern(pattern));
            // With the flag `g`, each remembers where it was.
            if flags.contains('g') && !self.at_top() {
                return Ok(Expression::Regex(vec![pattern]));
            }
            return Ok(pattern);
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

    pub(super) fn template(
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

    pub(super) fn array(
        &mut self,
        this: &ast::ArrayExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let mut elements = Vec::with_capacity(this.elements.len());
        for element in &this.elements {
            let element = match element {
                ArrayExpressionElement::SpreadElement(this) => {
                    let list = self.expression(&this.argument)?;
                    Expression::Spread(Box::new(list))
                }
                ArrayExpressionElement::Elision(_) => {
                    self.soft(at, "an array with holes")
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
    pub(super) fn list(&mut self, elements: Vec<Expression>) -> Expression {
        if !self.may_freeze() || !elements.iter().all(is_datum) {
            return Expression::Array(elements);
        }
        if elements.is_empty() {
            return Expression::Array(elements);
        }
        let all = elements.into_iter().filter_map(datum).collect();
        constant(Constant::Frozen(Arc::new(Frozen::Array(all))))
    }

    pub(super) fn object(
        &mut self,
        this: &ast::ObjectExpression<'_>,
    ) -> Result<Expression, Refuse> {
        let mut entries = Vec::with_capacity(this.properties.len());
        let mut constant_only = self.may_freeze();
        // Names that are computed, and those after them.
        let mut computed: Vec<(Expression, Expression)> = Vec::new();
        let (mut unusual, mut proto) = (false, false);
        for property in &this.properties {
            let property = match property {
                ObjectPropertyKind::ObjectProperty(property) => property,
                ObjectPropertyKind::SpreadProperty(spread) => {
                    unusual = true;
                    let from = self.expression(&spread.argument)?;
                    let none = constant(Constant::Undefined);
                    let mark = Expression::Spread(Box::new(none));
                    computed.push((mark, from));
                    continue;
                }
            };
            let at = property.span.start;
            if property.kind != PropertyKind::Init {
                self.expression(&property.value)?;
                self.soft(at, "a getter or setter");
                continue;
            }
            let key: Box<str> = match &property.key {
                other if property.computed => {
                    let key = match other.as_expression() {
                        Some(key) => self.expression(key)?,
                        None => return Err(Refuse(at, "a property's name")),
                    };
                    if matches!(&key, Expression::Constant(Constant::Text(
                        text)) if &**text == "__proto__")
                    {
                        return Err(Refuse(at, "a property's name"));
                    }
                    let value = self.expression(&property.value)?;
                    unusual = true;
                    computed.push((key, value));
                    continue;
                }
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
            let inherits = &*key == "__proto__";
            if inherits && (property.shorthand || property.method || proto)
                || !key.is_ascii()
            {
                return Err(Refuse(at, "a property's name"));
            }
            proto |= inherits;
            unusual |= inherits;
            let value = self.expression(&property.value)?;
            if unusual {
                computed.push((constant(Constant::Text(key)), value));
                continue;
            }
            constant_only &= is_datum(&value);
            entries.push((key, value));
        }
        if unusual {
            let first = entries
                .into_iter()
                .map(|(key, value)| (constant(Constant::Text(key)), value));
            return Ok(Expression::ObjectOf(first.chain(computed).collect()));
        }
        if !constant_only || entries.is_empty() {
            return Ok(Expression::Object(entries));
        }
        let entries = entries.into_iter();
        let entries =
            entries.filter_map(|(key, value)| Some((key, datum(value)?)));
        let names = Names::new(entries.collect());
        Ok(constant(Constant::Frozen(Arc::new(Frozen::Map(names)))))
    }
}

pub(super) fn number(
    this: &ast::NumericLiteral<'_>,
) -> Result<Constant, Refuse> {
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

pub(super) fn constant(value: Constant) -> Expression {
    Expression::Constant(value)
}
