//! Functions, and the names that a script declares.

use oxc_ast::ast::{
    self, BindingPattern, Declaration, FunctionBody, VariableDeclarationKind,
};

use super::{Lower, Refuse};
use crate::builtins::BUILTINS;
use crate::syntax::program::{
    Constant, Expression, Function, Place, Statement,
};
use crate::syntax::scope::{self, Binding, HashMap, Scope};

impl Lower {
    pub(super) fn declare_globals(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<(), Refuse> {
        let mut vars = Vec::new();
        scope::hoist(body, 0, &mut vars)?;
        for (name, at) in vars {
            let builtin = BUILTINS.iter().any(|b| b.name == name);
            if builtin || !scope::may_declare(name) {
                return Err(Refuse(at, "a variable with a given name"));
            }
            self.global(name, false, true);
        }
        for statement in body {
            match statement.as_declaration() {
                Some(Declaration::FunctionDeclaration(function)) => {
                    let at = function.span.start;
                    let Some(id) = &function.id else {
                        return Err(Refuse(at, "a function without a name"));
                    };
                    if !scope::may_declare(&id.name) {
                        return Err(Refuse(at, "a function of a given name"));
                    }
                    self.global(&id.name, false, true);
                }
                Some(Declaration::VariableDeclaration(this))
                    if this.kind != VariableDeclarationKind::Var =>
                {
                    for declarator in &this.declarations {
                        let at = declarator.span.start;
                        let BindingPattern::BindingIdentifier(id) =
                            &declarator.id
                        else {
                            let reason = "a variable that is taken apart";
                            return Err(Refuse(at, reason));
                        };
                        let name = id.name.as_str();
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
            if let Some(Declaration::FunctionDeclaration(function)) =
                statement.as_declaration()
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
            let Some(Declaration::FunctionDeclaration(function)) =
                statement.as_declaration()
            else {
                continue;
            };
            let Some(id) = &function.id else { continue };
            let index = self.function(function)?;
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
    ) -> Result<u32, Refuse> {
        let at = function.span.start;
        if function.r#async || function.generator || function.declare {
            return Err(Refuse(at, "a function that is async or a generator"));
        }
        let Some(body) = &function.body else {
            return Err(Refuse(at, "a function without a body"));
        };
        self.function_parts(at, &function.params, body)
    }

    pub(super) fn function_parts(
        &mut self,
        at: u32,
        parameters: &ast::FormalParameters<'_>,
        body: &FunctionBody<'_>,
    ) -> Result<u32, Refuse> {
        let mut scope = Scope::default();
        let mut names = HashMap::default();
        if parameters.rest.is_some() {
            return Err(Refuse(at, "a parameter for the rest"));
        }
        for parameter in &parameters.items {
            let BindingPattern::BindingIdentifier(id) = &parameter.pattern
            else {
                return Err(Refuse(at, "a parameter that is no plain name"));
            };
            if parameter.initializer.is_some() {
                return Err(Refuse(at, "a parameter with a default"));
            }
            let slot = scope.slot();
            let binding = Binding { slot, from: 0, constant: false };
            let name = id.name.as_str();
            if !scope::may_declare(name)
                || names.insert(name.into(), binding).is_some()
            {
                return Err(Refuse(at, "a parameter's name"));
            }
        }
        let count = scope.slots;
        let mut vars = Vec::new();
        scope::hoist(&body.statements, 0, &mut vars)?;
        for (name, at) in vars {
            if !scope::may_declare(name) {
                return Err(Refuse(at, "a variable with a given name"));
            }
            if !names.contains_key(name) {
                let slot = scope.slot();
                let binding = Binding { slot, from: 0, constant: false };
                names.insert(name.into(), binding);
            }
        }
        let mut inner = Vec::new();
        for statement in &body.statements {
            if let Some(Declaration::FunctionDeclaration(function)) =
                statement.as_declaration()
                && let Some(id) = &function.id
            {
                let name = id.name.as_str();
                if !scope::may_declare(name) {
                    let at = function.span.start;
                    return Err(Refuse(at, "a function of a given name"));
                }
                let slot = match names.get(name) {
                    Some(binding) => binding.slot,
                    None => {
                        let slot = scope.slot();
                        let binding =
                            Binding { slot, from: 0, constant: false };
                        names.insert(name.into(), binding);
                        slot
                    }
                };
                inner.push((slot, function));
            }
        }
        scope.hoisted = names.keys().cloned().collect();
        scope.blocks.push(names);
        self.scopes.push(scope);
        self.refusals.push(Vec::new());
        self.heights.push(0);
        let outer = (self.depth, self.loops, self.switches, self.strict);
        if self.scopes.len() > 8 {
            return Err(Refuse(at, "functions nested too deeply"));
        }
        (self.depth, self.loops, self.switches) = (0, 0, 0);
        for directive in &body.directives {
            self.strict |= directive.directive == "use strict";
        }
        let mut statements = Vec::new();
        for (slot, function) in inner {
            let index = self.function(function)?;
            let value = Expression::Constant(Constant::Function(index));
            let place = Place::Local(slot);
            let set = Expression::Set(place, Box::new(value));
            statements.push(Statement::Evaluate(set));
        }
        let mut rest = self.statements(&body.statements)?;
        if statements.is_empty() {
            statements = rest;
        } else {
            statements.append(&mut rest);
        }
        (self.depth, self.loops, self.switches, self.strict) = outer;
        let scope = self.scopes.pop().unwrap_or_default();
        let refusals = self.refusals.pop().unwrap_or_default();
        let height = self.heights.pop().unwrap_or_default() + 1;
        let index = self.program.functions.len() as u32;
        self.program.functions.push(Function {
            parameters: count,
            slots: scope.slots,
            body: statements,
            height,
            refusals,
        });
        Ok(index)
    }
}
