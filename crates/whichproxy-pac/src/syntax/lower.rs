//! From the parser's tree to the program: functions and statements.

mod alone;

use std::collections::{HashMap, HashSet};

use oxc_ast::ast::{
    self, BindingPattern, Declaration, ForStatementInit, ForStatementLeft,
    FunctionBody, VariableDeclaration, VariableDeclarationKind,
};
use oxc_span::GetSpan;

use super::program::{
    Constant, Each, Expression, Function, Global, Loop, Place, Program,
    Statement,
};
use super::scope::{self, Binding, Scope};
use crate::builtins::BUILTINS;

pub(crate) use self::alone::{Pieces, Variable, in_pieces};

/// Why a script is refused as a whole: an offset, and the reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Refuse(pub(super) u32, pub(super) &'static str);

/// The deepest nesting of statements and expressions.
pub(super) const DEPTH_MOST: u32 = 120;

/// Lowers a whole script.
///
/// Where `thaw` is set, data outside of functions is not frozen.
pub(super) fn lower(
    tree: &ast::Program<'_>,
    thaw: bool,
) -> Result<Program, Refuse> {
    let mut lower = Lower { thaw, ..Lower::default() };
    for directive in &tree.directives {
        lower.strict |= directive.directive == "use strict";
    }
    lower.declare_globals(&tree.body)?;
    lower.scopes.push(Scope::default());
    lower.refusals.push(Vec::new());
    lower.heights.push(0);
    lower.functions_of(&tree.body)?;
    let body = lower.statements(&tree.body)?;
    let scope = lower.scopes.pop().unwrap_or_default();
    let refusals = lower.refusals.pop().unwrap_or_default();
    let height = lower.heights.pop().unwrap_or_default();
    lower.program.top =
        Function { parameters: 0, slots: scope.slots, body, height, refusals };
    Ok(lower.program)
}

/// The state of the lowering.
#[derive(Default)]
pub(super) struct Lower {
    pub(super) program: Program,
    pub(super) global_slots: HashMap<Box<str>, u32>,
    /// Where a `let` or `const` of the script itself may be used.
    lexical: HashMap<u32, bool>,
    /// The functions that are being lowered, from the outside in; the first
    /// is the script itself.
    pub(super) scopes: Vec<Scope>,
    refusals: Vec<Vec<(u32, &'static str)>>,
    heights: Vec<u32>,
    pub(super) depth: u32,
    loops: u32,
    switches: u32,
    pub(super) strict: bool,
    thaw: bool,
    around: alone::Around,
}

/// What a name is.
pub(super) enum Name {
    Place(Place),
    /// `const`, which cannot be assigned to.
    Constant(Place),
    Builtin(&'static crate::builtins::Builtin),
    Native,
    /// A variable of a function around this one, or one that is used before
    /// it is declared.
    Out(&'static str),
    Unknown,
}

impl Lower {
    /// Notes what this function does that is not modelled.
    pub(super) fn soft(
        &mut self,
        at: u32,
        reason: &'static str,
    ) -> Expression {
        if let Some(refusals) = self.refusals.last_mut() {
            refusals.push((at, reason));
        }
        Expression::Retry(at)
    }

    /// Goes one level down.
    pub(super) fn enter(&mut self, at: u32) -> Result<(), Refuse> {
        self.depth += 1;
        if let Some(height) = self.heights.last_mut() {
            *height = (*height).max(self.depth);
        }
        if self.depth > DEPTH_MOST {
            return Err(Refuse(at, "nested too deeply"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn global(&mut self, name: &str, lexical: bool, declared: bool) -> u32 {
        if let Some(slot) = self.global_slots.get(name) {
            return *slot;
        }
        let slot = self.program.globals.len() as u32;
        self.program.globals.push(Global {
            name: name.into(),
            function: None,
            declared,
            lexical,
        });
        self.global_slots.insert(name.into(), slot);
        slot
    }

    fn declare_globals(
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
    fn functions_of(
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
        let mut names = HashMap::new();
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
        statements.append(&mut self.statements(&body.statements)?);
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

    /// What a name means here.
    pub(super) fn name(&mut self, name: &str, at: u32) -> Name {
        if let Some(scope) = self.scopes.last()
            && let Some(binding) = scope.find(name)
        {
            if at < binding.from {
                return Name::Out("a variable that is used too early");
            }
            let place = Place::Local(binding.slot);
            return if binding.constant {
                Name::Constant(place)
            } else {
                Name::Place(place)
            };
        }
        let around = self.scopes.len().saturating_sub(1);
        if self.scopes[..around].iter().any(|s| s.find(name).is_some()) {
            return Name::Out("a variable of the function around this one");
        }
        if let Some(found) = self.name_around(name) {
            return found;
        }
        if let Some(slot) = self.global_slots.get(name) {
            let place = Place::Global(*slot);
            return match self.lexical.get(slot) {
                Some(true) => Name::Constant(place),
                _ => Name::Place(place),
            };
        }
        if let Some(builtin) = BUILTINS.iter().find(|b| b.name == name) {
            return Name::Builtin(builtin);
        }
        if scope::is_native(name) { Name::Native } else { Name::Unknown }
    }

    /// The slot of a name that is not declared.
    pub(super) fn unknown(&mut self, name: &str) -> u32 {
        self.global(name, false, false)
    }

    /// Whether data here may be frozen.
    pub(super) fn may_freeze(&self) -> bool {
        !(self.thaw && self.at_top())
    }

    /// Whether this is the script's own code, outside of functions.
    pub(super) fn at_top(&self) -> bool {
        self.scopes.len() == 1
    }

    /// The place that an assignment to a name goes to.
    pub(super) fn target(
        &mut self,
        name: &str,
        at: u32,
    ) -> Result<Option<Place>, Refuse> {
        match self.name(name, at) {
            Name::Place(place) => Ok(Some(place)),
            Name::Constant(_) => Ok(None),
            Name::Out(reason) => {
                self.soft(at, reason);
                Ok(None)
            }
            Name::Builtin(_) | Name::Native => {
                Err(Refuse(at, "a function that is given is replaced"))
            }
            Name::Unknown if self.strict => {
                Err(Refuse(at, "an unknown variable in strict code"))
            }
            Name::Unknown if !scope::may_declare(name) => {
                Err(Refuse(at, "an assignment to a given name"))
            }
            Name::Unknown => {
                let slot = self.global(name, false, false);
                Ok(Some(Place::Global(slot)))
            }
        }
    }

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
    fn declare_block(
        &mut self,
        body: &[ast::Statement<'_>],
    ) -> Result<(), Refuse> {
        let mut names = HashMap::new();
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

    fn declare_lexical(
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
    fn single(
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

    fn statement(
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

    fn statement_of(
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

    fn handler(
        &mut self,
        handler: &ast::CatchClause<'_>,
    ) -> Result<Vec<Statement>, Refuse> {
        let mut names = HashMap::new();
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
    fn variables(
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
    fn chain(
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
                    return Ok(Statement::If(arms, self.single(other)?));
                }
                None => return Ok(Statement::If(arms, Vec::new())),
            }
        }
    }

    fn looped(
        &mut self,
        body: &ast::Statement<'_>,
    ) -> Result<Vec<Statement>, Refuse> {
        self.loops += 1;
        let body = self.single(body)?;
        self.loops -= 1;
        Ok(body)
    }

    /// `for (…; …; …)`.
    fn counted(
        &mut self,
        this: &ast::ForStatement<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<Option<Statement>, Refuse> {
        let mut names = HashMap::new();
        if let Some(ForStatementInit::VariableDeclaration(init)) = &this.init {
            self.declare_lexical(init, &mut names)?;
        }
        self.shield(&names, &this.body)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        match &this.init {
            Some(ForStatementInit::VariableDeclaration(init)) => {
                self.variables(init, out)?;
            }
            Some(other) => {
                let Some(first) = other.as_expression() else {
                    let at = this.span.start;
                    return Err(Refuse(at, "a loop of another kind"));
                };
                let first = self.expression(first)?;
                out.push(Statement::Evaluate(first));
            }
            None => {}
        }
        let test = this.test.as_ref();
        let test = test.map(|test| self.expression(test)).transpose()?;
        let update = this.update.as_ref();
        let update = update.map(|one| self.expression(one)).transpose()?;
        let body = self.looped(&this.body)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        let this = Loop { test, update, body, test_last: false };
        Ok(Some(Statement::Loop(Box::new(this))))
    }

    /// Refuses a `var` in a loop's body of the name of the loop's `let`.
    fn shield(
        &mut self,
        names: &HashMap<Box<str>, Binding>,
        body: &ast::Statement<'_>,
    ) -> Result<(), Refuse> {
        if names.is_empty() {
            return Ok(());
        }
        let mut vars = Vec::new();
        scope::hoist(std::slice::from_ref(body), 0, &mut vars)?;
        let vars: HashSet<&str> = vars.iter().map(|(name, _)| *name).collect();
        match names.keys().find(|name| vars.contains(&***name)) {
            Some(_) => {
                let at = body.span().start;
                Err(Refuse(at, "a name that is declared twice"))
            }
            None => Ok(()),
        }
    }

    /// `for (… in …)` and `for (… of …)`.
    fn each(
        &mut self,
        left: &ForStatementLeft<'_>,
        right: &ast::Expression<'_>,
        body: &ast::Statement<'_>,
        values: bool,
        at: u32,
    ) -> Result<Statement, Refuse> {
        let object = self.expression(right)?;
        let mut names = HashMap::new();
        if let ForStatementLeft::VariableDeclaration(this) = left {
            let [one] = &this.declarations[..] else {
                return Err(Refuse(at, "a loop of another kind"));
            };
            if one.init.is_some() {
                return Err(Refuse(at, "a loop of another kind"));
            }
            self.declare_lexical(this, &mut names)?;
            self.shield(&names, body)?;
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        let place = match left {
            ForStatementLeft::VariableDeclaration(this) => {
                let [one] = &this.declarations[..] else {
                    return Err(Refuse(at, "a loop of another kind"));
                };
                let BindingPattern::BindingIdentifier(id) = &one.id else {
                    return Err(Refuse(at, "a variable that is taken apart"));
                };
                match self.name(&id.name, one.span.end) {
                    Name::Place(place) | Name::Constant(place) => place,
                    _ => return Err(Refuse(at, "a variable's name")),
                }
            }
            ForStatementLeft::AssignmentTargetIdentifier(id) => {
                match self.target(&id.name, at)? {
                    Some(place) => place,
                    None => return Err(Refuse(at, "a loop's variable")),
                }
            }
            _ => return Err(Refuse(at, "a loop of another kind")),
        };
        let body = self.looped(body)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        let each = Each { place, object, body, values };
        Ok(Statement::Each(Box::new(each)))
    }
}
