//! Calls.

use oxc_ast::ast::{self, Argument};

use super::literal::constant;
use super::{Lower, Name, Refuse};
use crate::builtins;
use crate::syntax::keyed::Keyed;
use crate::syntax::pattern::Pattern;
use crate::syntax::program::{Constant, Expression, Method, Native};

impl Lower {
    pub(super) fn arguments(
        &mut self,
        arguments: &[Argument<'_>],
        at: u32,
    ) -> Result<Vec<Expression>, Refuse> {
        let lower = |argument: &Argument<'_>| match argument {
            Argument::SpreadElement(this) => {
                let list = self.expression(&this.argument)?;
                Ok(Expression::Spread(Box::new(list)))
            }
            other => match other.as_expression() {
                Some(argument) => self.expression(argument),
                None => Err(Refuse(at, "an argument of another kind")),
            },
        };
        let mut all = Vec::with_capacity(arguments.len());
        for argument in arguments.iter().map(lower) {
            all.push(argument?);
        }
        Ok(all)
    }

    pub(super) fn call(
        &mut self,
        this: &ast::CallExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        if this.optional {
            let function = self.object_of(&this.callee, true)?;
            if !matches!(
                &this.callee,
                ast::Expression::Identifier(_)
                    | ast::Expression::ArrowFunctionExpression(_)
            ) {
                return Err(Refuse(at, "`?.` of another kind"));
            }
            let arguments = self.arguments(&this.arguments, at)?;
            return Ok(Expression::Call(Box::new(function), arguments));
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
                if let ast::Expression::Identifier(id) = &callee.object
                    && let Some(native) = Native::within(&id.name, name)
                    && matches!(self.name(&id.name, at), Name::Native)
                {
                    let arguments = self.arguments(&this.arguments, at)?;
                    return Ok(Expression::Native(native, arguments));
                }
                let object =
                    self.object_of(&callee.object, callee.optional)?;
                let arguments = self.arguments(&this.arguments, at)?;
                let method = Method::of(name);
                if method.changes() {
                    self.mutates();
                }
                Ok(Expression::Method(method, Box::new(object), arguments))
            }
            ast::Expression::FunctionExpression(_)
            | ast::Expression::ArrowFunctionExpression(_)
            | ast::Expression::ComputedMemberExpression(_)
            | ast::Expression::CallExpression(_) => {
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
        if let "Array" | "Object" | "RegExp" = name {
            return self.construct(name, arguments, at);
        }
        let Some(native) = Native::of(name) else {
            return self.soft(at, native_reason(name));
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
        let function = self.expression(&this.callee)?;
        let arguments = self.arguments(&this.arguments, at)?;
        Ok(Expression::New(Box::new(function), arguments))
    }

    pub(super) fn construct(
        &mut self,
        name: &str,
        arguments: Vec<Expression>,
        at: u32,
    ) -> Expression {
        match name {
            "Array"
                if arguments.len() != 1
                    || matches!(
                        arguments.as_slice(),
                        [Expression::Constant(Constant::Text(_))]
                    ) =>
            {
                self.list(arguments)
            }
            "Object" if arguments.is_empty() => Expression::Object(Vec::new()),
            "Set" | "Map" => match arguments.as_slice() {
                [list] if !list.is_spread() => {
                    let is_map = name == "Map";
                    if let Expression::Constant(list) = list
                        && let Some(keyed) = Keyed::of(list, is_map)
                    {
                        return constant(Constant::Keyed(keyed));
                    }
                    let native =
                        if is_map { Native::Map } else { Native::Set };
                    Expression::Native(native, arguments)
                }
                _ => self.soft(at, native_reason(name)),
            },
            "RegExp" => {
                let text = |index: usize| match arguments.get(index) {
                    Some(Expression::Constant(Constant::Text(text))) => {
                        Some(&**text)
                    }
                    None if index == 1 => Some(""),
                    _ => None,
                };
                let (Some(source), Some(flags)) = (text(0), text(1)) else {
                    return Expression::Regex(arguments);
                };
                if flags.contains('g') && !self.at_top() {
                    return Expression::Regex(arguments);
                }
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
