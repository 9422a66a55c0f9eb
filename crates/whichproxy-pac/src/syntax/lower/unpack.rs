//! Variables that are taken apart: `var { a, b: [c] } = d`.

use oxc_ast::ast::{BindingPattern, PropertyKey};

use super::function::or_default;
use super::{Lower, Name, Refuse};
use crate::syntax::program::{
    Constant, Expression, Method, Operator, Place, Statement,
};

impl Lower {
    /// Sets the variables of a pattern.
    ///
    /// `at` is the place from which the names may be used; a parameter's
    /// defaults see nothing of the function.
    pub(super) fn take_apart(
        &mut self,
        pattern: &BindingPattern<'_>,
        value: Expression,
        parameter: bool,
        at: u32,
        out: &mut Vec<Statement>,
    ) -> Result<(), Refuse> {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                let place = match self.name(&id.name, at) {
                    Name::Place(place) | Name::Constant(place) => place,
                    _ => {
                        let at = id.span.start;
                        return Err(Refuse(at, "a variable's name"));
                    }
                };
                set(place, value, out);
                Ok(())
            }
            BindingPattern::AssignmentPattern(this) => {
                let place = Place::Local(self.slot());
                set(place, value, out);
                let default = self.expression(&this.right)?;
                let datum = matches!(default, Expression::Constant(_));
                if !datum && (parameter || default_acts(&default)) {
                    let at = this.span.start;
                    return Err(Refuse(at, "a default of an unusual form"));
                }
                let value = or_default(place, default);
                self.take_apart(&this.left, value, parameter, at, out)
            }
            BindingPattern::ObjectPattern(this) => {
                let place = Place::Local(self.slot());
                set(place, value, out);
                if this.properties.is_empty() || this.rest.is_some() {
                    let at = this.span.start;
                    return Err(Refuse(at, "a pattern of an unusual form"));
                }
                for property in &this.properties {
                    let name: Box<str> = match &property.key {
                        PropertyKey::StaticIdentifier(name) => {
                            name.name.as_str().into()
                        }
                        PropertyKey::StringLiteral(text) => {
                            text.value.as_str().into()
                        }
                        _ => {
                            let at = property.span.start;
                            let reason = "a pattern of an unusual form";
                            return Err(Refuse(at, reason));
                        }
                    };
                    if property.computed || !name.is_ascii() {
                        let at = property.span.start;
                        let reason = "a pattern of an unusual form";
                        return Err(Refuse(at, reason));
                    }
                    let object = Box::new(Expression::Read(place));
                    let value = Expression::Member(object, name);
                    self.take_apart(
                        &property.value,
                        value,
                        parameter,
                        at,
                        out,
                    )?;
                }
                Ok(())
            }
            BindingPattern::ArrayPattern(this) => {
                let place = Place::Local(self.slot());
                set(place, Expression::Elements(Box::new(value)), out);
                let all = || Box::new(Expression::Read(place));
                for (index, element) in this.elements.iter().enumerate() {
                    let Some(element) = element else { continue };
                    let index = Constant::Number(index as f64);
                    let index = Expression::Constant(index);
                    let value = Expression::Index(Box::new((*all(), index)));
                    self.take_apart(element, value, parameter, at, out)?;
                }
                if let Some(rest) = &this.rest {
                    let from = Constant::Number(this.elements.len() as f64);
                    let from = vec![Expression::Constant(from)];
                    let value = Expression::Method(Method::Slice, all(), from);
                    self.take_apart(
                        &rest.argument,
                        value,
                        parameter,
                        at,
                        out,
                    )?;
                }
                Ok(())
            }
        }
    }
}

fn set(place: Place, value: Expression, out: &mut Vec<Statement>) {
    let set = Expression::Set(place, Box::new(value));
    out.push(Statement::Evaluate(set));
}

/// Whether a default could change what is taken apart.
fn default_acts(expression: &Expression) -> bool {
    match expression {
        Expression::Constant(_) | Expression::Read(_) => false,
        Expression::Array(all) => all.iter().any(default_acts),
        Expression::Object(all) => {
            all.iter().any(|(_, one)| default_acts(one))
        }
        Expression::Binary(first, rest) => {
            default_acts(first)
                || rest.iter().any(|(operator, one)| {
                    *operator == Operator::In || default_acts(one)
                })
        }
        _ => true,
    }
}
