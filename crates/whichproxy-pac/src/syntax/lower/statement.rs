//! Statements.

use oxc_ast::ast::{
    self, BindingPattern, Declaration, VariableDeclaration,
    VariableDeclarationKind,
};
use oxc_span::GetSpan;

use super::{Lower, Name, Refuse};
use crate::syntax::program::{Constant, Expression, Loop, Place, Statement};
use crate::syntax::scope::{self, Binding, HashMap, HashSet};

impl Lower {
    /// Lowers statements that are a block of their own.
    pub(super) fn statements(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<Vec<Statement>, Refuse> {
        if self.at_top() && self.depth == 0 {
            let mut out = Vec::with_capacity(body.len());
            for statement in body {
                self.statement(statement, &mut out)?;
            }
            return Ok(out);
        }
        let mut out = Vec::with_capacity(body.len());
        self.declare_block(body, &mut out)?;
        let may_have_rules = self.may_have_rules(body);
        let mut before = None;
        for statement in body {
            if !may_have_rules || !self.rule(statement, &mut before, &mut out)
            {
                self.statement(statement, &mut out)?;
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        Ok(out)
    }

    /// Opens a block with its `let`s and `const`s and functions.
    fn declare_block(
        &mut self,
        body: &[ast::Statement<'_>],
        out: &mut Vec<Statement>,
    ) -> Result<(), Refuse> {
        let whole = self.depth == 0;
        let mut names = HashMap::default();
        let mut functions = Vec::new();
        let mut lexical = false;
        for statement in body {
            // Behind a label: only where it is hoisted to the function.
            functions
                .extend(scope::declared(statement, self.strict || !whole));
            if let Some(Declaration::VariableDeclaration(this)) =
                statement.as_declaration()
            {
                lexical |= this.kind != VariableDeclarationKind::Var;
            }
        }
        if lexical || (!whole && !functions.is_empty()) {
            let mut taken = HashSet::default();
            let mut vars = Vec::new();
            scope::hoist(body, true, 0, &mut vars)?;
            taken.extend(vars.iter().map(|(name, _)| *name));
            if whole {
                let scope = self.scopes.last();
                let given = scope.into_iter().flat_map(|s| &s.parameters);
                let given: Vec<Box<str>> = given.cloned().collect();
                self.block_names(body, &mut taken, &given, &mut names)?;
            } else {
                self.block_names(body, &mut taken, &[], &mut names)?;
            }
        }
        let slots: Vec<u32> = names.values().map(|one| one.slot).collect();
        self.fresh(&slots, false, out);
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        for function in functions {
            let Some(id) = &function.id else { continue };
            let value = self.function(function)?.expression();
            let place = match self.name(&id.name, u32::MAX) {
                Name::Place(place) => place,
                _ => {
                    let at = function.span.start;
                    return Err(Refuse(at, "a function of a given name"));
                }
            };
            let set = Expression::Set(place, Box::new(value));
            out.push(Statement::Evaluate(set));
        }
        Ok(())
    }

    fn block_names<'a>(
        &mut self,
        body: &[ast::Statement<'a>],
        taken: &mut HashSet<&'a str>,
        given: &[Box<str>],
        names: &mut HashMap<Box<str>, Binding>,
    ) -> Result<(), Refuse> {
        let whole = self.depth == 0;
        for statement in body {
            let Some(function) =
                scope::declared(statement, self.strict || !whole)
            else {
                continue;
            };
            let at = function.span.start;
            let Some(id) = &function.id else { continue };
            let name = id.name.as_str();
            if whole {
                taken.insert(name);
                continue;
            }
            let slot = self.slot();
            let binding = Binding { slot, from: 0, constant: false };
            // Its variable of the whole function must be no other one.
            let scope = self.scopes.last();
            let hidden = scope.is_some_and(|scope| {
                let inner = scope.blocks.iter().skip(1);
                let mut inner = inner.filter(|b| b.contains_key(name));
                scope.parameters.contains(name) || inner.next().is_some()
            });
            if hidden
                || !scope::may_declare(name)
                || taken.contains(name)
                || names.insert(name.into(), binding).is_some()
            {
                return Err(Refuse(at, "a function in a block"));
            }
        }
        taken.extend(names.keys().filter_map(|name| {
            // The names live as long as the tree.
            body.iter().find_map(|statement| {
                match statement.as_declaration() {
                    Some(Declaration::FunctionDeclaration(function)) => {
                        function
                            .id
                            .as_ref()
                            .map(|id| id.name.as_str())
                            .filter(|other| *other == &**name)
                    }
                    _ => None,
                }
            })
        }));
        for statement in body {
            let Some(Declaration::VariableDeclaration(this)) =
                statement.as_declaration()
            else {
                continue;
            };
            self.declare_lexical(this, names, taken, given)?;
        }
        Ok(())
    }

    /// Variables that have no value yet: those in boxes, or all.
    pub(super) fn fresh(
        &mut self,
        slots: &[u32],
        all: bool,
        out: &mut Vec<Statement>,
    ) {
        let mut fresh: Vec<(u32, bool)> = slots
            .iter()
            .map(|slot| (*slot, matches!(self.place(*slot), Place::Boxed(_))))
            .filter(|(_, boxed)| all || *boxed)
            .collect();
        fresh.sort_unstable();
        if !fresh.is_empty() {
            out.push(Statement::Fresh(fresh));
        }
    }

    pub(super) fn declare_lexical(
        &mut self,
        declaration: &VariableDeclaration<'_>,
        names: &mut HashMap<Box<str>, Binding>,
        taken: &HashSet<&str>,
        given: &[Box<str>],
    ) -> Result<(), Refuse> {
        if declaration.kind == VariableDeclarationKind::Var {
            return Ok(());
        }
        let constant = declaration.kind == VariableDeclarationKind::Const;
        for declarator in &declaration.declarations {
            let at = declarator.span.start;
            let mut bound = Vec::new();
            scope::bound(&declarator.id, &mut bound)?;
            for name in bound {
                let from = declarator.span.end;
                let slot = self.slot();
                let binding = Binding { slot, from, constant };
                if !scope::may_declare(name)
                    || taken.contains(name)
                    || given.iter().any(|other| &**other == name)
                    || names.insert(name.into(), binding).is_some()
                {
                    let reason = "a name that is given or declared twice";
                    return Err(Refuse(at, reason));
                }
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
            ast::Statement::BreakStatement(this) => match &this.label {
                Some(label) => {
                    Statement::BreakTo(self.label(&label.name, at)?)
                }
                None if self.loops + self.switches == 0 => {
                    return Err(Refuse(at, "a label"));
                }
                None => Statement::Break,
            },
            ast::Statement::ContinueStatement(this) => match &this.label {
                Some(label) => {
                    let label = self.label(&label.name, at)?;
                    Statement::ContinueTo(label)
                }
                None if self.loops == 0 => {
                    return Err(Refuse(at, "a label"));
                }
                None => Statement::Continue,
            },
            ast::Statement::LabeledStatement(this) => {
                return self.labeled(this, at, out);
            }
            ast::Statement::WhileStatement(this) => {
                let label = std::mem::take(&mut self.label);
                let test = Some(self.expression(&this.test)?);
                let body = self.looped(&this.body)?;
                let this = Loop { test, body, label, ..Loop::default() };
                Statement::Loop(Box::new(this))
            }
            ast::Statement::DoWhileStatement(this) => {
                let label = std::mem::take(&mut self.label);
                let body = self.looped(&this.body)?;
                let test = Some(self.expression(&this.test)?);
                let test_last = true;
                let this =
                    Loop { test, body, label, test_last, ..Loop::default() };
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
                self.switch(this, at, out)?
            }
            ast::Statement::ThrowStatement(this) => {
                let thrown = self.expression(&this.argument)?;
                let both = vec![thrown, Expression::Retry(at)];
                Statement::Evaluate(Expression::Sequence(both))
            }
            ast::Statement::TryStatement(this) => {
                let body = self.statements(&this.block.body)?;
                let body = match &this.handler {
                    Some(handler) => {
                        let handler = self.handler(handler)?;
                        vec![Statement::Try(body, handler)]
                    }
                    None => body,
                };
                match &this.finalizer {
                    Some(last) => {
                        let last = self.statements(&last.body)?;
                        Statement::Finally(body, last)
                    }
                    None => Statement::Block(body),
                }
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
                Some(Declaration::FunctionDeclaration(function)) => {
                    if self.strict {
                        return Ok(None);
                    }
                    let Some(id) = &function.id else { return Ok(None) };
                    return self.function_in_block(&id.name, at).map(Some);
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
            scope::hoist(body, self.strict, 0, &mut vars)?;
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

    /// A function's variable of the whole function gets it where its
    /// declaration is reached.
    fn function_in_block(
        &mut self,
        name: &str,
        at: u32,
    ) -> Result<Statement, Refuse> {
        let inner = match self.name(name, u32::MAX) {
            Name::Place(place) => place,
            _ => return Err(Refuse(at, "a function in a block")),
        };
        let whole = self.scopes.last().and_then(|scope| {
            let block = match self.scopes.len() {
                1 => return None,
                _ => scope.blocks.first(),
            };
            block.and_then(|names| names.get(name)).copied()
        });
        let whole = match whole {
            Some(binding) => self.place(binding.slot),
            None => match self.global_slots.get(name) {
                Some(slot) if self.at_top() => Place::Global(*slot),
                _ => return Err(Refuse(at, "a function in a block")),
            },
        };
        let value = Box::new(Expression::Read(inner));
        Ok(Statement::Evaluate(Expression::Set(whole, value)))
    }

    fn label(&self, name: &str, at: u32) -> Result<u32, Refuse> {
        let found = self.labels.iter().rev().find(|(one, _)| &**one == name);
        found.map(|(_, label)| *label).ok_or(Refuse(at, "a label"))
    }

    fn labeled(
        &mut self,
        this: &ast::LabeledStatement<'_>,
        at: u32,
        out: &mut Vec<Statement>,
    ) -> Result<Option<Statement>, Refuse> {
        let name = this.label.name.as_str();
        if self.label(name, at).is_ok() || !scope::may_declare(name) {
            return Err(Refuse(at, "a label"));
        }
        if self.strict
            && matches!(this.body, ast::Statement::FunctionDeclaration(_))
        {
            return Err(Refuse(at, "a function with a label"));
        }
        if self.depth == 1
            && scope::declared(&this.body, self.strict).is_some()
        {
            return Ok(None);
        }
        match &this.body {
            // Hoisted with those that have no label.
            ast::Statement::FunctionDeclaration(_)
            | ast::Statement::LabeledStatement(_)
            | ast::Statement::ClassDeclaration(_)
            | ast::Statement::VariableDeclaration(_) => {
                return Err(Refuse(at, "a label of an unusual place"));
            }
            _ => {}
        }
        self.labels_made += 1;
        let label = self.labels_made;
        self.labels.push((name.into(), label));
        let is_loop = matches!(
            &this.body,
            ast::Statement::ForStatement(_)
                | ast::Statement::ForInStatement(_)
                | ast::Statement::ForOfStatement(_)
                | ast::Statement::WhileStatement(_)
                | ast::Statement::DoWhileStatement(_)
        );
        if is_loop {
            self.label = label;
        }
        let mut body = Vec::new();
        self.statement(&this.body, &mut body)?;
        self.labels.pop();
        if continues(&body, label) && !is_loop {
            return Err(Refuse(at, "a label"));
        }
        // What a loop begins with is no part of it.
        let last = body.pop();
        out.append(&mut body);
        Ok(last.map(|last| Statement::Labeled(label, vec![last])))
    }

    fn switch(
        &mut self,
        this: &ast::SwitchStatement<'_>,
        at: u32,
        out: &mut Vec<Statement>,
    ) -> Result<Statement, Refuse> {
        let subject = self.expression(&this.discriminant)?;
        let mut names = HashMap::default();
        let mut vars = Vec::new();
        for case in &this.cases {
            scope::hoist(&case.consequent, false, 0, &mut vars)?;
        }
        let taken = vars.iter().map(|(name, _)| *name).collect();
        let all = || this.cases.iter().flat_map(|case| &case.consequent);
        for statement in all() {
            match statement.as_declaration() {
                Some(Declaration::VariableDeclaration(this)) => {
                    self.declare_lexical(this, &mut names, &taken, &[])?;
                }
                Some(_) => {
                    return Err(Refuse(at, "a declaration in `switch`"));
                }
                None => {}
            }
        }
        let slots: Vec<u32> = names.values().map(|one| one.slot).collect();
        self.fresh(&slots, true, out);
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        self.switches += 1;
        let mut cases = Vec::with_capacity(this.cases.len());
        let mut defaults = 0;
        for case in &this.cases {
            let test = case.test.as_ref();
            defaults += u32::from(test.is_none());
            let test = test.map(|test| self.expression(test)).transpose()?;
            let mut body = Vec::with_capacity(case.consequent.len());
            for statement in &case.consequent {
                self.statement(statement, &mut body)?;
            }
            cases.push((test, body));
        }
        self.switches -= 1;
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        if defaults > 1 {
            return Err(Refuse(at, "two `default`s"));
        }
        Ok(Statement::Switch(subject, cases))
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
                let Some(value) = &declarator.init else {
                    return Err(Refuse(at, "a pattern without a value"));
                };
                let value = self.expression(value)?;
                let from = declarator.span.end;
                self.take_apart(&declarator.id, value, false, from, out)?;
                continue;
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
        let mut conditions = Vec::new();
        let otherwise = loop {
            let test = self.expression(&this.test)?;
            arms.push((test, self.single(&this.consequent)?));
            if self.notes.is_some() {
                conditions.push(&this.test);
            }
            match &this.alternate {
                Some(ast::Statement::IfStatement(next)) => this = next,
                Some(other) => break self.single(other)?,
                None => break Vec::new(),
            }
        };
        if let Some(notes) = &mut self.notes {
            notes.add(&arms, &conditions);
        }
        Ok(Statement::If(arms, otherwise))
    }
}

/// Whether a statement right there continues what a label names.
fn continues(body: &[Statement], label: u32) -> bool {
    body.iter().any(|statement| match statement {
        Statement::ContinueTo(other) => *other == label,
        Statement::If(arms, otherwise) => {
            arms.iter().any(|(_, body)| continues(body, label))
                || continues(otherwise, label)
        }
        Statement::Loop(this) => continues(&this.body, label),
        Statement::Each(this) => continues(&this.body, label),
        Statement::Switch(_, cases) => {
            cases.iter().any(|(_, body)| continues(body, label))
        }
        Statement::Block(body) | Statement::Labeled(_, body) => {
            continues(body, label)
        }
        Statement::Try(body, other) | Statement::Finally(body, other) => {
            continues(body, label) || continues(other, label)
        }
        _ => false,
    })
}
