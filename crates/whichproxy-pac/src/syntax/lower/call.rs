//! Calls.

use oxc_ast::ast::{self, Argument};

use super::literal::constant;
use super::{Lower, Name, Refuse};
use crate::builtins;
use crate::syntax::pattern::Pattern;
use crate::syntax::program::{Constant, Expression, Method, Native};

impl Lower {
    pub(super) fn arguments(
        &mut self,
        arguments: &[Argument<'_>],
        at: u32,
    ) -> Result<Vec<Expression>, Refuse> {
        let mut all = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let Some(argument) = argument.as_expression() else {
                return Err(Refuse(at, "`...` among arguments"));
            };
            all.push(self.expression(argument)?);
        }
        Ok(all)
    }

    pub(super) fn call(
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

    pub(super) fn builtin(
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

    pub(super) fn native(
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

    pub(super) fn new_object(
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

    pub(super) fn construct(
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

pub(super) fn native_reason(name: &str) -> &'static str {
    match name {
        "Date" => "`Date`",
        "Math" => "`Math`",
        "eval" => "`eval`",
        _ => "a part of JavaScript that is not modelled",
    }
}
