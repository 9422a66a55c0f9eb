//! Statements.

use oxc_ast::ast::{
    self, BindingPattern, Declaration, VariableDeclaration,
    VariableDeclarationKind,
};
use oxc_span::GetSpan;

use super::{Lower, Name, Refuse};
use crate::syntax::program::{Constant, Expression, Loop, Statement};
use crate::syntax::scope::{self, Binding, HashMap};

impl Lower {
    /// Lowers statements that are a block of their own.
    pub(super) fn statements(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<Vec<Statement>, Refuse> {
        let top_block = self.at_top() && self.depth == 0;
        if !top_block {
            self.declare_block(body)?;
        }
        let mut out = Vec::with_capacity(body.len());
        for statement in body {
            self.statement(statement, &mut out)?;
        }
        if !top_block && let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        Ok(out)
    }

    /// Opens a block with its `let`s and `const`s.
    pub(super) fn declare_block(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<(), Refuse> {
        let mut names = HashMap::default();
        for statement in body {
            let Some(Declaration::VariableDeclaration(this)) =
                statement.as_declaration()
            else {
                continue;
            };
            self.declare_lexical(this, &mut names)?;
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        Ok(())
    }

    pub(super) fn declare_lexical(
        &mut self,
        declaration: &VariableDeclaration<'_>,
        names: &mut HashMap<Box<str>, Binding>,
    ) -> Result<(), Refuse> {
        if declaration.kind == VariableDeclarationKind::Var {
            return Ok(());
        }
        let constant = declaration.kind == VariableDeclarationKind::Const;
        for declarator in &declaration.declarations {
            let at = declarator.span.start;
            let BindingPattern::BindingIdentifier(id) = &declarator.id else {
                return Err(Refuse(at, "a variable that is taken apart"));
            };
            let name = id.name.as_str();
            let Some(scope) = self.scopes.last_mut() else { continue };
            let from = declarator.span.end;
            let slot = scope.slot();
            let binding = Binding { slot, from, constant };
            if !scope::may_declare(name)
                || scope.hoisted.contains(name)
                || self.global_slots.contains_key(name) && self.at_top()
                || names.insert(name.into(), binding).is_some()
            {
                return Err(Refuse(at, "a name that is declared twice"));
            }
        }
        Ok(())
    }

    /// A statement where only one may stand, as after `if`.
    pub(super) fn single(
        &mut self,
        statement: &ast::Statement<'_>,
    ) -> Result<Vec<Statement>, Refuse> {
        let mut out = Vec::with_capacity(1);
        match statement {
            ast::Statement::BlockStatement(block) => {
                self.enter(block.span.start)?;
                out = self.statements(&block.body)?;
                self.leave();
            }
            other => {
                if other.as_declaration().is_some_and(|declaration| {
                    !matches!(declaration,
                        Declaration::VariableDeclaration(this)
                            if this.kind == VariableDeclarationKind::Var)
                }) {
                    let at = other.span().start;
                    return Err(Refuse(at, "a declaration without a block"));
                }
                self.statement(other, &mut out)?;
            }
        }
        Ok(out)
    }

    pub(super) fn statement(
        &mut self,
        statement: &ast::Statement<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<(), Refuse> {
        let at = statement.span().start;
        self.enter(at)?;
        let lowered = self.statement_of(statement, at, out)?;
        self.leave();
        out.extend(lowered);
        Ok(())
    }

    pub(super) fn statement_of(
        &mut self,
        statement: &ast::Statement<'_>,
        at: u32,
        out: &mut Vec<Statement>,
    ) -> Result<Option<Statement>, Refuse> {
        Ok(Some(match statement {
            ast::Statement::EmptyStatement(_) => return Ok(None),
            ast::Statement::BlockStatement(block) => {
                Statement::Block(self.statements(&block.body)?)
            }
            ast::Statement::ExpressionStatement(this) => {
                Statement::Evaluate(self.expression(&this.expression)?)
            }
            ast::Statement::ReturnStatement(this) => {
                if self.at_top() {
                    return Err(Refuse(at, "`return` outside of functions"));
                }
                let value = this.argument.as_ref();
                let value = value.map(|v| self.expression(v)).transpose()?;
                Statement::Return(value)
            }
            ast::Statement::IfStatement(this) => self.chain(this)?,
            ast::Statement::BreakStatement(this) => {
                if this.label.is_some() || self.loops + self.switches == 0 {
                    return Err(Refuse(at, "a label"));
                }
                Statement::Break
            }
            ast::Statement::ContinueStatement(this) => {
                if this.label.is_some() || self.loops == 0 {
                    return Err(Refuse(at, "a label"));
                }
                Statement::Continue
            }
            ast::Statement::WhileStatement(this) => {
                let test = Some(self.expression(&this.test)?);
                let body = self.looped(&this.body)?;
                let update = None;
                let test_last = false;
                let this = Loop { test, update, body, test_last };
                Statement::Loop(Box::new(this))
            }
            ast::Statement::DoWhileStatement(this) => {
                let body = self.looped(&this.body)?;
                let test = Some(self.expression(&this.test)?);
                let update = None;
                let this = Loop { test, update, body, test_last: true };
                Statement::Loop(Box::new(this))
            }
            ast::Statement::ForStatement(this) => {
                return self.counted(this, out);
            }
            ast::Statement::ForInStatement(this) => {
                self.each(&this.left, &this.right, &this.body, false, at)?
            }
            ast::Statement::ForOfStatement(this) => {
                if this.r#await {
                    return Err(Refuse(at, "`for await`"));
                }
                self.each(&this.left, &this.right, &this.body, true, at)?
            }
            ast::Statement::SwitchStatement(this) => {
                let subject = self.expression(&this.discriminant)?;
                self.switches += 1;
                let mut cases = Vec::with_capacity(this.cases.len());
                let mut defaults = 0;
                for case in &this.cases {
                    let test = case.test.as_ref();
                    defaults += u32::from(test.is_none());
                    for statement in &case.consequent {
                        if let Some(
                            Declaration::FunctionDeclaration(_)
                            | Declaration::ClassDeclaration(_),
                        ) = statement.as_declaration()
                        {
                            let reason = "a declaration in `switch`";
                            return Err(Refuse(at, reason));
                        }
                        if let Some(Declaration::VariableDeclaration(this)) =
                            statement.as_declaration()
                            && this.kind != VariableDeclarationKind::Var
                        {
                            let reason = "a declaration in `switch`";
                            return Err(Refuse(at, reason));
                        }
                    }
                    let test =
                        test.map(|test| self.expression(test)).transpose()?;
                    let body = self.statements(&case.consequent)?;
                    cases.push((test, body));
                }
                self.switches -= 1;
                if defaults > 1 {
                    return Err(Refuse(at, "two `default`s"));
                }
                Statement::Switch(subject, cases)
            }
            ast::Statement::ThrowStatement(this) => {
                let thrown = self.expression(&this.argument)?;
                let both = vec![thrown, Expression::Retry(at)];
                Statement::Evaluate(Expression::Sequence(both))
            }
            ast::Statement::TryStatement(this) => {
                let body = self.statements(&this.block.body)?;
                let mut handler = match &this.handler {
                    Some(handler) => self.handler(handler)?,
                    None => Vec::new(),
                };
                if let Some(last) = &this.finalizer {
                    handler.append(&mut self.statements(&last.body)?);
                    let unmodelled = self.soft(at, "`finally`");
                    handler.push(Statement::Evaluate(unmodelled));
                }
                Statement::Try(body, handler)
            }
            other => match other.as_declaration() {
                Some(Declaration::VariableDeclaration(this)) => {
                    self.variables(this, out)?;
                    return Ok(None);
                }
                Some(Declaration::FunctionDeclaration(_))
                    if self.depth == 1 =>
                {
                    return Ok(None);
                }
                Some(Declaration::FunctionDeclaration(_)) => {
                    return Err(Refuse(at, "a function in a block"));
                }
                _ => return Err(Refuse(at, "a statement of another kind")),
            },
        }))
    }

    pub(super) fn handler(
        &mut self,
        handler: &ast::CatchClause<'_>,
    ) -> Result<Vec<Statement>, Refuse> {
        let mut names = HashMap::default();
        let at = handler.span.start;
        if let Some(parameter) = &handler.param {
            let BindingPattern::BindingIdentifier(id) = &parameter.pattern
            else {
                return Err(Refuse(at, "an exception that is taken apart"));
            };
            let name = id.name.as_str();
            let body = &handler.body.body;
            let mut vars = Vec::new();
            scope::hoist(body, 0, &mut vars)?;
            let lexical = body.iter().any(|statement| {
                !matches!(
                    statement.as_declaration(),
                    None | Some(Declaration::VariableDeclaration(_))
                ) || matches!(
                    statement.as_declaration(),
                    Some(Declaration::VariableDeclaration(this))
                        if this.kind != VariableDeclarationKind::Var
                )
            });
            let twice = vars.iter().any(|(other, _)| *other == name);
            if lexical || twice || !scope::may_declare(name) {
                return Err(Refuse(at, "a name that is declared twice"));
            }
            if let Some(scope) = self.scopes.last_mut() {
                let slot = scope.slot();
                let binding = Binding { slot, from: 0, constant: false };
                names.insert(name.into(), binding);
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        let body = self.statements(&handler.body.body)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        Ok(body)
    }

    /// `var a = 1, b`.
    pub(super) fn variables(
        &mut self,
        declaration: &VariableDeclaration<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<(), Refuse> {
        let at = declaration.span.start;
        let lexical = match declaration.kind {
            VariableDeclarationKind::Var => false,
            VariableDeclarationKind::Let | VariableDeclarationKind::Const => {
                true
            }
            _ => return Err(Refuse(at, "`using`")),
        };
        let constant = declaration.kind == VariableDeclarationKind::Const;
        for declarator in &declaration.declarations {
            let at = declarator.span.start;
            let BindingPattern::BindingIdentifier(id) = &declarator.id else {
                return Err(Refuse(at, "a variable that is taken apart"));
            };
            let value = match &declarator.init {
                Some(value) => self.expression(value)?,
                None if constant => {
                    return Err(Refuse(at, "`const` without a value"));
                }
                None if lexical => Expression::Constant(Constant::Undefined),
                None => continue,
            };
            let place = match self.name(&id.name, declarator.span.end) {
                Name::Place(place) | Name::Constant(place) => place,
                _ => return Err(Refuse(at, "a variable's name")),
            };
            let set = Expression::Set(place, Box::new(value));
            out.push(Statement::Evaluate(set));
        }
        Ok(())
    }

    /// `if … else if … else …`, however long.
    pub(super) fn chain(
        &mut self,
        mut this: &ast::IfStatement<'_>,
    ) -> Result<Statement, Refuse> {
        let mut arms = Vec::with_capacity(1);
        loop {
            let test = self.expression(&this.test)?;
            arms.push((test, self.single(&this.consequent)?));
            match &this.alternate {
                Some(ast::Statement::IfStatement(next)) => this = next,
                Some(other) => {
                    arms.shrink_to_fit();
                    return Ok(Statement::If(arms, self.single(other)?));
                }
                None => {
                    arms.shrink_to_fit();
                    return Ok(Statement::If(arms, Vec::new()));
                }
            }
        }
    }
}
