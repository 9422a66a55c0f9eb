//! Functions, and the names that a script declares.

use oxc_ast::ast::{
    self, BindingPattern, Declaration, FunctionBody, VariableDeclarationKind,
};

use super::{Lower, Refuse};
use crate::builtins::BUILTINS;
use crate::syntax::program::{
    Capture, Constant, Expression, Function, Operator, Place, Statement,
};
use crate::syntax::scope::{self, Binding, HashMap, Scope};

impl Lower {
    pub(super) fn declare_globals(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<(), Refuse> {
        let mut vars = Vec::new();
        scope::hoist(body, self.strict, 0, &mut vars)?;
        for (name, at) in vars {
            let builtin = BUILTINS.iter().any(|b| b.name == name);
            if builtin || !scope::may_declare(name) {
                return Err(Refuse(at, "a variable with a given name"));
            }
            self.global(name, false, true);
        }
        for statement in body {
            if let Some(function) = scope::declared(statement, self.strict) {
                let at = function.span.start;
                let Some(id) = &function.id else {
                    return Err(Refuse(at, "a function without a name"));
                };
                if !scope::may_declare(&id.name) {
                    return Err(Refuse(at, "a function of a given name"));
                }
                self.global(&id.name, false, true);
            }
            match statement.as_declaration() {
                Some(Declaration::VariableDeclaration(this))
                    if this.kind != VariableDeclarationKind::Var =>
                {
                    let at = this.span.start;
                    let mut bound = Vec::new();
                    for declarator in &this.declarations {
                        scope::bound(&declarator.id, &mut bound)?;
                    }
                    for name in bound {
                        let builtin = BUILTINS.iter().any(|b| b.name == name);
                        if builtin
                            || !scope::may_declare(name)
                            || name.starts_with("FindProxyForURL")
                            || self.global_slots.contains_key(name)
                        {
                            let reason = "a name that is declared twice";
                            return Err(Refuse(at, reason));
                        }
                        let slot = self.global(name, true, true);
                        let constant =
                            this.kind == VariableDeclarationKind::Const;
                        self.lexical.insert(slot, constant);
                    }
                }
                _ => {}
            }
        }
        // A function after a `let` of its name.
        for statement in body {
            if let Some(function) = scope::declared(statement, self.strict)
                && let Some(id) = &function.id
                && let Some(slot) = self.global_slots.get(id.name.as_str())
                && self.lexical.contains_key(slot)
            {
                let at = function.span.start;
                return Err(Refuse(at, "a name that is declared twice"));
            }
        }
        Ok(())
    }

    /// Lowers the functions that the script declares.
    pub(super) fn functions_of(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<(), Refuse> {
        for statement in body {
            let Some(function) = scope::declared(statement, self.strict)
            else {
                continue;
            };
            let Some(id) = &function.id else { continue };
            let at = function.span.start;
            let Some(index) = self.function(function)?.number() else {
                // A block of the script itself is not around it.
                return Err(Refuse(at, "a function of an unusual form"));
            };
            let slot = self.global(&id.name, false, true);
            if let Some(global) = self.program.globals.get_mut(slot as usize) {
                // The last one of a name counts.
                global.function = Some(index);
            }
        }
        Ok(())
    }

    /// Lowers a function, and gives its number.
    pub(super) fn function(
        &mut self,
        function: &ast::Function<'_>,
    ) -> Result<Made, Refuse> {
        let at = function.span.start;
        if function.r#async || function.generator || function.declare {
            return Err(Refuse(at, "a function that is async or a generator"));
        }
        let Some(body) = &function.body else {
            return Err(Refuse(at, "a function without a body"));
        };
        let own = match function.r#type {
            ast::FunctionType::FunctionExpression => function.id.as_ref(),
            _ => None,
        };
        let own = own.map(|id| id.name.as_str());
        let once = self.at_top() && self.loops == 0;
        let made =
            self.function_parts(at, &function.params, body, own, false)?;
        if once {
            self.program.single.insert(made.index);
        }
        Ok(made)
    }

    /// Lowers `(…) => …`.
    pub(super) fn arrow(
        &mut self,
        arrow: &ast::ArrowFunctionExpression<'_>,
    ) -> Result<Made, Refuse> {
        let at = arrow.span.start;
        if arrow.r#async {
            return Err(Refuse(at, "a function that is async or a generator"));
        }
        self.arrow_value = arrow.expression;
        self.function_parts(at, &arrow.params, &arrow.body, None, true)
    }

    /// Lowers a function; again where it turns out that functions within
    /// share its variables.
    fn function_parts(
        &mut self,
        at: u32,
        parameters: &ast::FormalParameters<'_>,
        body: &FunctionBody<'_>,
        own: Option<&str>,
        arrow: bool,
    ) -> Result<Made, Refuse> {
        let value = std::mem::take(&mut self.arrow_value);
        let before = self.program.functions.len();
        let parts = Parts { at, parameters, body, own, arrow, value };
        let made = self.function_once(&parts)?;
        if self.scopes.len() > 1 || !self.again {
            return Ok(made);
        }
        // What is shared is known now. What the script itself shares, is
        // for the whole of it to be done again.
        self.program.functions.truncate(before);
        self.again = false;
        let made = self.function_once(&parts)?;
        self.again = false;
        Ok(made)
    }

    fn function_once(
        &mut self,
        parts: &Parts<'_, '_>,
    ) -> Result<Made, Refuse> {
        let Parts { at, parameters, body, own, arrow, value } = *parts;
        if self.scopes.len() > 8 {
            return Err(Refuse(at, "functions nested too deeply"));
        }
        let scope = Scope { at, arrow, ..Scope::default() };
        self.scopes.push(scope);
        self.refusals.push(Vec::new());
        self.heights.push(0);
        let outer = (
            std::mem::take(&mut self.depth),
            std::mem::take(&mut self.loops),
            std::mem::take(&mut self.switches),
            self.strict,
        );
        let labels = std::mem::take(&mut self.labels);
        for directive in &body.directives {
            self.strict |= directive.directive == "use strict";
        }
        let mut statements = Vec::new();
        let (count, rest) =
            self.parameters(at, parameters, body, &mut statements)?;
        self.own_names(at, body, own, &mut statements)?;
        if value {
            let [ast::Statement::ExpressionStatement(only)] =
                body.statements.as_slice()
            else {
                return Err(Refuse(at, "an arrow function's body"));
            };
            let only = self.expression(&only.expression)?;
            statements.push(Statement::Return(Some(only)));
        } else {
            let mut rest = self.statements(&body.statements)?;
            if statements.is_empty() {
                statements = rest;
            } else {
                statements.append(&mut rest);
            }
        }
        (self.depth, self.loops, self.switches, self.strict) = outer;
        self.labels = labels;
        let scope = self.scopes.pop().unwrap_or_default();
        let mut refusals = self.refusals.pop().unwrap_or_default();
        if scope.arguments.is_some() && scope.sets_parameters {
            refusals.push((at, "`arguments` that follow the parameters"));
        }
        let height = self.heights.pop().unwrap_or_default() + 1;
        let index = self.program.functions.len() as u32;
        let boxed = self.boxed_of(&scope);
        self.program.functions.push(Function {
            parameters: count,
            slots: scope.slots,
            body: statements,
            height,
            refusals,
            at,
            is_special: rest.is_some()
                || scope.arguments.is_some()
                || !boxed.is_empty(),
            boxed,
            rest,
            arguments: scope.arguments,
            constructs: !arrow,
            writes_captured: scope.writes_captured,
        });
        let captures = scope.captures.into();
        Ok(Made { index, captures })
    }

    /// The slots of a function that are boxed where it begins.
    fn boxed_of(&self, scope: &Scope) -> Vec<u32> {
        let whole = |slot: &u32| self.boxed.contains(&(scope.at, *slot));
        (0..scope.whole).filter(whole).collect()
    }

    /// Declares the parameters; returns how many there are, and the slot of
    /// the rest.
    fn parameters(
        &mut self,
        at: u32,
        parameters: &ast::FormalParameters<'_>,
        body: &FunctionBody<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<(u32, Option<u32>), Refuse> {
        let plain = scope::are_plain(parameters);
        if !plain {
            let mut vars = Vec::new();
            scope::hoist(&body.statements, self.strict, 0, &mut vars)?;
            // Defaults do not see what the body declares.
            let within = body.statements.iter().any(|statement| {
                matches!(
                    statement.as_declaration(),
                    Some(Declaration::FunctionDeclaration(_))
                )
            });
            let simple = parameters.items.iter().all(|one| {
                one.initializer.as_ref().is_none_or(|one| is_simple(one))
            });
            if !simple || within || !body.directives.is_empty() {
                let reason = "parameters of an unusual form";
                return Err(Refuse(at, reason));
            }
            let mut names = Vec::new();
            for one in &parameters.items {
                scope::bound(&one.pattern, &mut names)?;
            }
            if vars.iter().any(|(name, _)| names.contains(name)) {
                let reason = "parameters of an unusual form";
                return Err(Refuse(at, reason));
            }
        }
        let mut names = HashMap::default();
        let mut apart = Vec::new();
        let mut slots = Vec::new();
        for parameter in &parameters.items {
            let slot = self.slot();
            slots.push(slot);
            match &parameter.pattern {
                BindingPattern::BindingIdentifier(id) => {
                    self.declare(&mut names, &id.name, slot, at)?;
                }
                other => apart.push((slot, other)),
            }
        }
        let count = slots.len() as u32;
        let mut rest = None;
        if let Some(parameter) = &parameters.rest {
            let slot = self.slot();
            let BindingPattern::BindingIdentifier(id) =
                &parameter.rest.argument
            else {
                return Err(Refuse(at, "parameters of an unusual form"));
            };
            self.declare(&mut names, &id.name, slot, at)?;
            rest = Some(slot);
        }
        for (_, pattern) in &apart {
            let mut bound = Vec::new();
            scope::bound(pattern, &mut bound)?;
            for name in bound {
                let slot = self.slot();
                self.declare(&mut names, name, slot, at)?;
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.parameters = names.keys().cloned().collect();
            scope.blocks.push(names);
        }
        for (parameter, slot) in parameters.items.iter().zip(slots) {
            let place = self.place(slot);
            if let Some(default) = &parameter.initializer {
                let default = self.expression(default)?;
                let value = or_default(place, default);
                let set = Expression::Set(place, Box::new(value));
                out.push(Statement::Evaluate(set));
            }
        }
        for (slot, pattern) in apart {
            let value = Expression::Read(self.place(slot));
            self.take_apart(pattern, value, true, u32::MAX, out)?;
        }
        Ok((count, rest))
    }

    /// Declares the variables and functions of a body, and the name that a
    /// function has within itself.
    fn own_names(
        &mut self,
        at: u32,
        body: &FunctionBody<'_>,
        own: Option<&str>,
        out: &mut Vec<Statement>,
    ) -> Result<(), Refuse> {
        let mut names = match self.scopes.last_mut() {
            Some(scope) => scope.blocks.pop().unwrap_or_default(),
            None => HashMap::default(),
        };
        let mut vars = Vec::new();
        scope::hoist(&body.statements, self.strict, 0, &mut vars)?;
        for (name, at) in vars {
            if !scope::may_declare(name) {
                return Err(Refuse(at, "a variable with a given name"));
            }
            if !names.contains_key(name) {
                let slot = self.slot();
                self.declare(&mut names, name, slot, at)?;
            }
        }
        for statement in &body.statements {
            if let Some(function) = scope::declared(statement, self.strict)
                && let Some(id) = &function.id
                && !names.contains_key(id.name.as_str())
            {
                let slot = self.slot();
                self.declare(&mut names, &id.name, slot, at)?;
            }
        }
        if let Some(own) = own
            && !names.contains_key(own)
        {
            let slot = self.slot();
            self.declare(&mut names, own, slot, at)?;
            if let Some(binding) = names.get_mut(own) {
                binding.constant = true;
            }
            let place = self.place(slot);
            let set = Expression::Set(place, Box::new(Expression::Callee));
            out.push(Statement::Evaluate(set));
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.whole = scope.slots;
            scope.blocks.push(names);
        }
        Ok(())
    }

    /// A new slot of this function.
    pub(super) fn slot(&mut self) -> u32 {
        self.scopes.last_mut().map_or(0, Scope::slot)
    }

    /// The place of a slot of this function.
    pub(super) fn place(&self, slot: u32) -> Place {
        let at = self.scopes.last().map_or(0, |scope| scope.at);
        match self.boxed.contains(&(at, slot)) {
            true => Place::Boxed(slot),
            false => Place::Local(slot),
        }
    }

    fn declare(
        &self,
        names: &mut HashMap<Box<str>, Binding>,
        name: &str,
        slot: u32,
        at: u32,
    ) -> Result<(), Refuse> {
        let binding = Binding { slot, from: 0, constant: false };
        if !scope::may_declare(name)
            || names.insert(name.into(), binding).is_some()
        {
            return Err(Refuse(at, "a name that is given or declared twice"));
        }
        Ok(())
    }
}

/// A function that was lowered.
pub(super) struct Made {
    index: u32,
    captures: Box<[Capture]>,
}

impl Made {
    /// What makes the function.
    pub(super) fn expression(self) -> Expression {
        if self.captures.is_empty() {
            return Expression::Constant(Constant::Function(self.index));
        }
        Expression::Closure(self.index, self.captures)
    }

    /// The number of a function that takes nothing along.
    pub(super) fn number(&self) -> Option<u32> {
        self.captures.is_empty().then_some(self.index)
    }
}

/// The parts of a function.
struct Parts<'p, 'a> {
    at: u32,
    parameters: &'p ast::FormalParameters<'a>,
    body: &'p FunctionBody<'a>,
    /// The name that it has within itself.
    own: Option<&'p str>,
    arrow: bool,
    /// Whether the body is a value.
    value: bool,
}

/// `place === undefined ? default : place`.
pub(super) fn or_default(place: Place, default: Expression) -> Expression {
    let undefined = Expression::Constant(Constant::Undefined);
    let test = Expression::Binary(
        Box::new(Expression::Read(place)),
        vec![(Operator::StrictEqual, undefined)],
    );
    let arms = vec![(test, default)];
    Expression::Choose(arms, Box::new(Expression::Read(place)))
}

/// A default that sees nothing of the function.
fn is_simple(expression: &ast::Expression<'_>) -> bool {
    use ast::Expression as E;
    match expression {
        E::BooleanLiteral(_)
        | E::NullLiteral(_)
        | E::NumericLiteral(_)
        | E::StringLiteral(_) => true,
        E::ArrayExpression(this) => this.elements.is_empty(),
        E::ObjectExpression(this) => this.properties.is_empty(),
        E::UnaryExpression(this) => is_simple(&this.argument),
        _ => false,
    }
}
