//! Values that are written down.

use std::sync::Arc;

use oxc_ast::ast::{
    self, ArrayExpressionElement, ObjectPropertyKind, PropertyKey,
    PropertyKind,
};

use super::{Lower, Refuse};
use crate::syntax::names::Names;
use crate::syntax::pattern::Pattern;
use crate::syntax::program::{Constant, Expression, Frozen, Operator, Text};

impl Lower {
    pub(super) fn text(&mut self, value: &str, at: u32) -> Expression {
        if value.is_ascii() {
            constant(Constant::Text(self.recent.text(value)))
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
        // Data is put where it stays.
        let count = this.elements.len();
        let mut data = self.may_freeze().then(|| Vec::with_capacity(count));
        let mut elements = Vec::new();
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
            let element = match (&mut data, datum(element)) {
                (Some(data), Ok(constant)) => {
                    data.push(constant);
                    continue;
                }
                (_, Ok(constant)) => Expression::Constant(constant),
                (_, Err(other)) => other,
            };
            if let Some(data) = data.take() {
                elements.reserve(count);
                elements.extend(data.into_iter().map(Expression::Constant));
            }
            elements.push(element);
        }
        match data {
            Some(data) if !data.is_empty() => {
                Ok(constant(Constant::Frozen(Arc::new(Frozen::Array(data)))))
            }
            _ => Ok(Expression::Array(elements)),
        }
    }

    /// An array, frozen where all elements are constant.
    pub(super) fn list(&mut self, elements: Vec<Expression>) -> Expression {
        if !self.may_freeze()
            || !elements.iter().all(is_datum)
            || elements.is_empty()
        {
            return Expression::Array(elements);
        }
        let mut all: Vec<Constant> =
            elements.into_iter().flat_map(datum).collect();
        all.shrink_to_fit();
        constant(Constant::Frozen(Arc::new(Frozen::Array(all))))
    }

    pub(super) fn object(
        &mut self,
        this: &ast::ObjectExpression<'_>,
    ) -> Result<Expression, Refuse> {
        // Data is put where it stays.
        let count = this.properties.len();
        let mut data = self.may_freeze().then(|| Names::with_capacity(count));
        let mut entries: Vec<(Text, Expression)> = Vec::new();
        // Names that are computed, and those after them.
        let mut computed: Vec<(Expression, Expression)> = Vec::new();
        let (mut unusual, mut proto) = (false, false);
        let mut accessor = None;
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
                accessor = accessor.or(Some(at));
                continue;
            }
            let key: Text = match &property.key {
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
            let value = match (&mut data, datum(value)) {
                (Some(data), Ok(constant)) => {
                    data.insert(&key, constant);
                    continue;
                }
                (_, Ok(constant)) => Expression::Constant(constant),
                (_, Err(other)) => other,
            };
            thaw(&mut data, &mut entries);
            entries.push((key, value));
        }
        if let Some(at) = accessor {
            return Ok(self.soft(at, "a getter or setter"));
        }
        if unusual {
            thaw(&mut data, &mut entries);
            let first = entries
                .into_iter()
                .map(|(key, value)| (constant(Constant::Text(key)), value));
            return Ok(Expression::ObjectOf(first.chain(computed).collect()));
        }
        match data {
            Some(mut data) if data.len() > 0 => {
                data.shrink();
                Ok(constant(Constant::Frozen(Arc::new(Frozen::Map(data)))))
            }
            _ => Ok(Expression::Object(entries)),
        }
    }
}

/// Makes entries of data, since what follows is none.
fn thaw(data: &mut Option<Names>, entries: &mut Vec<(Text, Expression)>) {
    if let Some(data) = data.take() {
        entries.extend(data.iter().map(|(name, value)| {
            (name.into(), Expression::Constant(value.clone()))
        }));
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
    matches!(expression, Expression::Constant(constant) if is_data(constant))
}

fn is_data(constant: &Constant) -> bool {
    matches!(
        constant,
        Constant::Undefined
            | Constant::Null
            | Constant::Bool(_)
            | Constant::Number(_)
            | Constant::Text(_)
            | Constant::Frozen(_)
            | Constant::Pattern(_)
    )
}

fn datum(expression: Expression) -> Result<Constant, Expression> {
    match expression {
        Expression::Constant(constant) if is_data(&constant) => Ok(constant),
        other => Err(other),
    }
}

pub(super) fn constant(value: Constant) -> Expression {
    Expression::Constant(value)
}

/// The texts of late, so that what a script says again and again, it has
/// once.
#[derive(Debug, Default)]
pub(super) struct Recent {
    texts: [Text; 16],
}

impl Recent {
    pub(super) fn text(&mut self, value: &str) -> Text {
        // It is no longer when it is copied.
        const SHORT: usize = 23;
        // Where the texts of one script differ, in the end.
        let Some(end) = value.as_bytes().last_chunk() else {
            return Text::new(value);
        };
        if value.len() <= SHORT {
            return Text::new(value);
        }
        let mixed = u64::from_le_bytes(*end)
            .wrapping_add((value.len() as u64) << 56)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [.., last] = mixed.to_le_bytes();
        match self.texts.get_mut(usize::from(last & 15)) {
            Some(text) if *text == value => text.clone(),
            Some(text) => {
                *text = Text::new(value);
                text.clone()
            }
            None => Text::new(value),
        }
    }
}
