//! Where the functions of a script are, and whose variables they see.
//!
//! A script whose code outside of functions is not modelled is run once in
//! boa; then its functions are told apart by a comment of its own that each
//! one gets, and variables of functions that ran once are read by functions
//! that are put beside them. Neither can be seen by a script that does not
//! look at the text of its functions.
//!
//! What is not walked through here (classes, parameters with defaults) has
//! no comments, so that no function in it is ever taken for another one.

use std::collections::HashMap;
use std::fmt::Write;

use oxc_ast::ast::{
    self, ArrayExpressionElement, AssignmentTarget, ChainElement, Expression,
    ForStatementInit, ForStatementLeft, FunctionBody, ObjectPropertyKind,
    PropertyKey, PropertyKind, Statement, VariableDeclaration,
    VariableDeclarationKind,
};

use super::scope::are_plain;
use super::shown::{
    Shown, TOO_DEEP, functions, hoisted, lexical, pattern, variables,
};

/// The deepest nesting that is walked through.
pub(super) const DEPTH_MOST: u32 = 300;

/// A script's functions and scopes.
#[derive(Debug, Default)]
pub(super) struct Outline<'t, 'a> {
    pub(super) pieces: Vec<Piece<'t, 'a>>,
    pub(super) scopes: Vec<Scope>,
    /// The `let`s and `const`s of the script itself; true for `const`.
    pub(super) lexical: HashMap<Box<str>, bool>,
    /// The functions that the script itself declares; the last of a name.
    pub(super) declared: HashMap<Box<str>, u32>,
    /// The `var`s of the script itself.
    pub(super) variables: Vec<Box<str>>,
    pub(super) strict: bool,
    /// Where something lies that boa does not read well.
    pub(super) refusal: Option<(u32, &'static str)>,
    scope: Option<u32>,
    in_strict: bool,
    depth: u32,
    marks: Vec<(u32, Mark)>,
}

/// A function.
#[derive(Debug)]
pub(super) struct Piece<'t, 'a> {
    pub(super) code: Code<'t, 'a>,
    /// The scope around it.
    pub(super) around: Option<u32>,
    /// Whether the code around it is strict.
    pub(super) strict: bool,
    /// Where its text begins and ends.
    pub(super) span: (u32, u32),
    /// Whether it is written without `function`, so that its name belongs
    /// to its text, too.
    pub(super) method: bool,
    /// The names that functions in it may see, if it has such.
    pub(super) shown: Vec<Box<str>>,
}

/// What a function is written as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Code<'t, 'a> {
    Function(&'t ast::Function<'a>),
    Arrow(&'t ast::ArrowFunctionExpression<'a>),
}

/// Names that are known in a part of the script.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) around: Option<u32>,
    /// The function whose variables they are; blocks have none, and what
    /// they declare is not read back.
    pub(super) piece: Option<u32>,
    /// Names; whether each can be read back, and is a constant.
    pub(super) names: HashMap<Box<str>, Shown>,
    /// Whether any name may be declared here, as in `with`.
    pub(super) any: bool,
}

#[derive(Clone, Copy, Debug)]
enum Mark {
    /// The comment of a function.
    Name(u32),
    /// The functions that read a function's variables.
    Probe(u32),
}

impl<'t, 'a> Outline<'t, 'a> {
    /// Walks through a script.
    pub(super) fn of(tree: &'t ast::Program<'a>) -> Outline<'t, 'a> {
        let mut outline = Outline::default();
        for directive in &tree.directives {
            outline.strict |= directive.directive == "use strict";
        }
        outline.in_strict = outline.strict;
        let mut names = HashMap::new();
        lexical(&tree.body, &mut names);
        for (name, shown) in names {
            outline.lexical.insert(name, shown == Shown::Constant);
        }
        let mut names = HashMap::new();
        hoisted(&tree.body, 0, &mut names);
        outline.variables = names.into_keys().collect();
        outline.statements(&tree.body);
        outline
    }

    /// The script with its marks; `probe` is what the readers are given to.
    pub(super) fn marked(&self, source: &str, probe: &str) -> Marked {
        let mut marks = self.marks.clone();
        marks.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(source.len() + marks.len() * 16);
        let mut shifts = Vec::with_capacity(marks.len());
        let (mut from, mut all) = (0, 0);
        for (at, mark) in marks {
            let end = at as usize;
            text.push_str(source.get(from..end).unwrap_or_default());
            from = end;
            let before = text.len();
            // Writing to a string cannot fail.
            let _ = match mark {
                Mark::Name(piece) => write!(text, "/*{probe}{piece}*/"),
                Mark::Probe(piece) => {
                    let _ =
                        write!(text, ";{probe}({piece})&&{probe}({piece},[");
                    let names = self.pieces.get(piece as usize);
                    for name in names.map_or(&[][..], |piece| &piece.shown) {
                        let _ = write!(text, "()=>{name},");
                    }
                    write!(text, "]);")
                }
            };
            all += (text.len() - before) as u32;
            shifts.push((at, all));
        }
        text.push_str(source.get(from..).unwrap_or_default());
        Marked { text, shifts }
    }

    fn statements(&mut self, body: &'t [Statement<'a>]) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    /// A block of its own: what it declares is not read back.
    fn block(&mut self, body: &'t [Statement<'a>]) {
        let mut names = HashMap::new();
        lexical(body, &mut names);
        functions(body, &mut names);
        self.hidden(names, |this| this.statements(body));
    }

    fn hidden(
        &mut self,
        mut names: HashMap<Box<str>, Shown>,
        walk: impl FnOnce(&mut Self),
    ) {
        if names.is_empty() {
            return walk(self);
        }
        names.values_mut().for_each(|shown| *shown = Shown::No);
        let any = false;
        self.within(Scope { around: None, piece: None, names, any }, walk);
    }

    fn within(&mut self, scope: Scope, walk: impl FnOnce(&mut Self)) {
        let around = self.scope;
        self.scope = Some(self.scopes.len() as u32);
        self.scopes.push(Scope { around, ..scope });
        walk(self);
        self.scope = around;
    }

    fn statement(&mut self, mut statement: &'t Statement<'a>) {
        self.depth += 1;
        if self.depth > DEPTH_MOST {
            self.depth -= 1;
            return;
        }
        // A chain of `else if` is as long as it likes.
        while let Statement::IfStatement(this) = statement {
            self.expression(&this.test);
            self.one(&this.consequent);
            match &this.alternate {
                Some(alternate) => statement = alternate,
                None => {
                    self.depth -= 1;
                    return;
                }
            }
        }
        match statement {
            Statement::BlockStatement(this) => self.block(&this.body),
            Statement::DoWhileStatement(this) => {
                self.one(&this.body);
                self.expression(&this.test);
            }
            Statement::WhileStatement(this) => {
                self.expression(&this.test);
                self.one(&this.body);
            }
            Statement::ExpressionStatement(this) => {
                self.expression(&this.expression);
            }
            Statement::ReturnStatement(this) => {
                this.argument.iter().for_each(|it| self.expression(it));
            }
            Statement::ThrowStatement(this) => self.expression(&this.argument),
            Statement::ForStatement(this) => {
                let mut names = HashMap::new();
                if let Some(ForStatementInit::VariableDeclaration(init)) =
                    &this.init
                {
                    variables(init, true, &mut names);
                }
                self.hidden(names, |walk| {
                    match &this.init {
                        Some(ForStatementInit::VariableDeclaration(init)) => {
                            walk.declaration(init);
                        }
                        Some(other) => {
                            let first = other.as_expression();
                            first.into_iter().for_each(|it| {
                                walk.expression(it);
                            });
                        }
                        None => {}
                    }
                    let parts = this.test.iter().chain(&this.update);
                    parts.for_each(|it| walk.expression(it));
                    walk.one(&this.body);
                });
            }
            Statement::ForInStatement(this) => {
                self.each(&this.left, &this.right, &this.body);
            }
            Statement::ForOfStatement(this) => {
                self.each(&this.left, &this.right, &this.body);
            }
            Statement::LabeledStatement(this) => self.one(&this.body),
            Statement::SwitchStatement(this) => {
                self.expression(&this.discriminant);
                let mut names = HashMap::new();
                for case in &this.cases {
                    lexical(&case.consequent, &mut names);
                    functions(&case.consequent, &mut names);
                }
                self.hidden(names, |walk| {
                    for case in &this.cases {
                        case.test.iter().for_each(|it| walk.expression(it));
                        walk.statements(&case.consequent);
                    }
                });
            }
            Statement::TryStatement(this) => {
                self.block(&this.block.body);
                if let Some(handler) = &this.handler {
                    let mut names = HashMap::new();
                    if let Some(parameter) = &handler.param {
                        pattern(&parameter.pattern, Shown::No, &mut names);
                    }
                    self.hidden(names, |walk| walk.block(&handler.body.body));
                }
                if let Some(last) = &this.finalizer {
                    self.block(&last.body);
                }
            }
            Statement::WithStatement(this) => {
                self.expression(&this.object);
                let names = HashMap::new();
                let (around, piece) = (None, None);
                let scope = Scope { around, piece, names, any: true };
                self.within(scope, |walk| walk.one(&this.body));
            }
            Statement::FunctionDeclaration(this) => {
                let number = self.pieces.len() as u32;
                self.function(this, false);
                if self.scope.is_none()
                    && self.pieces.len() as u32 > number
                    && let Some(id) = &this.id
                {
                    self.declared.insert(id.name.as_str().into(), number);
                }
            }
            Statement::VariableDeclaration(this) => self.declaration(this),
            _ => {}
        }
        self.depth -= 1;
    }

    /// A statement that may be a block's only one.
    fn one(&mut self, statement: &'t Statement<'a>) {
        match statement {
            Statement::BlockStatement(this) => self.block(&this.body),
            other => self.block(std::slice::from_ref(other)),
        }
    }

    fn each(
        &mut self,
        left: &'t ForStatementLeft<'a>,
        right: &'t Expression<'a>,
        body: &'t Statement<'a>,
    ) {
        let mut names = HashMap::new();
        if let ForStatementLeft::VariableDeclaration(left) = left {
            variables(left, true, &mut names);
        }
        self.hidden(names, |walk| {
            walk.expression(right);
            walk.one(body);
        });
    }

    fn declaration(&mut self, this: &'t VariableDeclaration<'a>) {
        use VariableDeclarationKind::{Const, Let, Var};
        if !matches!(this.kind, Var | Let | Const) {
            self.refusal.get_or_insert((this.span.start, "`using`"));
        }
        for declarator in &this.declarations {
            declarator.init.iter().for_each(|it| self.expression(it));
        }
    }

    fn function(&mut self, this: &'t ast::Function<'a>, method: bool) {
        let Some(body) = &this.body else { return };
        if this.r#async || this.generator {
            return;
        }
        let own = this.id.as_ref().filter(|_| this.is_expression());
        let mut names = HashMap::new();
        if let Some(id) = own {
            names.insert(id.name.as_str().into(), Shown::No);
        }
        self.hidden(names, |walk| {
            let code = Code::Function(this);
            let span = (this.span.start, this.span.end);
            walk.piece(code, span, method, &this.params, body);
        });
    }

    fn arrow(&mut self, this: &'t ast::ArrowFunctionExpression<'a>) {
        if !this.r#async {
            let span = (this.span.start, this.span.end);
            let code = Code::Arrow(this);
            self.piece(code, span, false, &this.params, &this.body);
        }
    }

    fn piece(
        &mut self,
        code: Code<'t, 'a>,
        span: (u32, u32),
        method: bool,
        parameters: &'t ast::FormalParameters<'a>,
        body: &'t FunctionBody<'a>,
    ) {
        let plain = are_plain(parameters);
        let number = self.pieces.len() as u32;
        let (around, strict) = (self.scope, self.in_strict);
        let shown = Vec::new();
        self.pieces.push(Piece { code, around, strict, span, method, shown });
        if !plain {
            return;
        }
        self.marks.push((body.span.start, Mark::Name(number)));
        let mut names = HashMap::new();
        for one in &parameters.items {
            pattern(&one.pattern, Shown::Variable, &mut names);
        }
        hoisted(&body.statements, 0, &mut names);
        for statement in &body.statements {
            if let Statement::FunctionDeclaration(this) = statement
                && let Some(id) = &this.id
            {
                names.insert(id.name.as_str().into(), Shown::Variable);
            }
        }
        lexical(&body.statements, &mut names);
        let expression =
            matches!(code, Code::Arrow(arrow) if arrow.expression);
        if expression {
            names.values_mut().for_each(|shown| *shown = Shown::No);
        }
        for directive in &body.directives {
            self.in_strict |= directive.directive == "use strict";
        }
        let shown: Vec<Box<str>> = names
            .iter()
            .filter(|(_, shown)| **shown != Shown::No)
            .map(|(name, _)| name.clone())
            .collect();
        let piece = Some(number);
        let any = names.contains_key(TOO_DEEP);
        let scope = Scope { around: None, piece, names, any };
        self.within(scope, |walk| walk.statements(&body.statements));
        self.in_strict = strict;
        if self.pieces.len() as u32 > number + 1 && !expression {
            let directives = body.directives.last();
            let at = directives.map_or(body.span.start + 1, |it| it.span.end);
            self.marks.push((at, Mark::Probe(number)));
            if let Some(piece) = self.pieces.get_mut(number as usize) {
                piece.shown = shown;
            }
        }
    }

    fn all(&mut self, arguments: &'t [ast::Argument<'a>]) {
        for argument in arguments {
            match argument {
                ast::Argument::SpreadElement(this) => {
                    self.expression(&this.argument);
                }
                other => {
                    other.as_expression().into_iter().for_each(|argument| {
                        self.expression(argument);
                    });
                }
            }
        }
    }

    fn expression(&mut self, expression: &'t Expression<'a>) {
        self.depth += 1;
        if self.depth <= DEPTH_MOST {
            self.expression_of(expression);
        }
        self.depth -= 1;
    }

    fn expression_of(&mut self, mut expression: &'t Expression<'a>) {
        // However long a chain, its left side is not nested.
        loop {
            match expression {
                Expression::BinaryExpression(this) => {
                    self.expression(&this.right);
                    expression = &this.left;
                }
                Expression::LogicalExpression(this) => {
                    self.expression(&this.right);
                    expression = &this.left;
                }
                Expression::ConditionalExpression(this) => {
                    self.expression(&this.test);
                    self.expression(&this.consequent);
                    expression = &this.alternate;
                }
                _ => break,
            }
        }
        match expression {
            Expression::FunctionExpression(this) => self.function(this, false),
            Expression::ArrowFunctionExpression(this) => self.arrow(this),
            Expression::TemplateLiteral(this) => {
                this.expressions.iter().for_each(|it| self.expression(it));
            }
            Expression::ArrayExpression(this) => {
                for element in &this.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(this) => {
                            self.expression(&this.argument);
                        }
                        other => {
                            let element = other.as_expression();
                            element.into_iter().for_each(|element| {
                                self.expression(element);
                            });
                        }
                    }
                }
            }
            Expression::ObjectExpression(this) => {
                for property in &this.properties {
                    self.property(property);
                }
            }
            Expression::AssignmentExpression(this) => {
                match &this.left {
                    AssignmentTarget::StaticMemberExpression(left) => {
                        self.expression(&left.object);
                    }
                    AssignmentTarget::ComputedMemberExpression(left) => {
                        self.expression(&left.object);
                        self.expression(&left.expression);
                    }
                    _ => {}
                }
                self.expression(&this.right);
            }
            Expression::SequenceExpression(this) => {
                this.expressions.iter().for_each(|it| self.expression(it));
            }
            Expression::UnaryExpression(this) => {
                self.expression(&this.argument);
            }
            Expression::CallExpression(this) => {
                self.expression(&this.callee);
                self.all(&this.arguments);
            }
            Expression::NewExpression(this) => {
                self.expression(&this.callee);
                self.all(&this.arguments);
            }
            Expression::StaticMemberExpression(this) => {
                self.expression(&this.object);
            }
            Expression::ComputedMemberExpression(this) => {
                self.expression(&this.object);
                self.expression(&this.expression);
            }
            Expression::ChainExpression(this) => match &this.expression {
                ChainElement::CallExpression(this) => {
                    self.expression(&this.callee);
                    self.all(&this.arguments);
                }
                ChainElement::StaticMemberExpression(this) => {
                    self.expression(&this.object);
                }
                ChainElement::ComputedMemberExpression(this) => {
                    self.expression(&this.object);
                    self.expression(&this.expression);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn property(&mut self, property: &'t ObjectPropertyKind<'a>) {
        match property {
            ObjectPropertyKind::SpreadProperty(this) => {
                self.expression(&this.argument);
            }
            ObjectPropertyKind::ObjectProperty(this) => {
                if this.kind != PropertyKind::Init {
                    return;
                }
                if this.computed
                    && let Some(key) = PropertyKey::as_expression(&this.key)
                {
                    self.expression(key);
                }
                match &this.value {
                    Expression::FunctionExpression(function)
                        if this.method =>
                    {
                        self.function(function, true);
                    }
                    other => self.expression(other),
                }
            }
        }
    }
}

/// A script with its marks.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) text: String,
    /// Where something was put in, and how long all is until there.
    shifts: Vec<(u32, u32)>,
}

impl Marked {
    /// The text of what lies between two offsets of the script.
    pub(super) fn slice(&self, (from, to): (u32, u32)) -> Option<&str> {
        let shift = |count: usize| {
            let last = count.checked_sub(1);
            let last = last.and_then(|last| self.shifts.get(last));
            last.map_or(0, |(_, length)| *length)
        };
        // What lies at its beginning belongs to a function around it.
        let before = self.shifts.partition_point(|(at, _)| *at <= from);
        let until = self.shifts.partition_point(|(at, _)| *at < to);
        let (from, to) = (from + shift(before), to + shift(until));
        self.text.get(from as usize..to as usize)
    }
}

#[cfg(test)]
mod tests {
    use oxc_allocator::Allocator;

    use super::*;

    #[test]
    fn marks_change_nothing_else() {
        let sources = [
            "function f(a, b) { return a + b; }",
            "var g = function (x) { 'use strict'; return () => x; };",
            "var h = x => y => ({ x, y }), i = a => function () {};",
            "var o = { m(a) { return () => a; }, n: function () {} };",
            "function p(a = function () {}) { return function () {}; }",
            "if (1) { function q() {} } else for (let i of []) (() => i)();",
            "with ({}) { r = function () {}; }",
            "function s() { var a, { b, c: [d] } = {}; let e; class F {} \
             return function () { return a + b + d + e; }; }",
        ];
        for source in sources {
            let allocator = Allocator::default();
            let Ok(tree) = crate::syntax::tree(&allocator, source) else {
                panic!("{source}");
            };
            let outline = Outline::of(&tree);
            let marked = outline.marked(source, "mark");
            // Without its marks, it is what it was.
            let mut text = marked.text.clone();
            for (number, piece) in outline.pieces.iter().enumerate() {
                text = text.replace(&format!("/*mark{number}*/"), "");
                if let Some(from) = text.find(&format!(";mark({number})&&")) {
                    let end = text[from..].find("]);").unwrap() + from + 3;
                    text.replace_range(from..end, "");
                }
                let (from, to) = piece.span;
                let own = &source[from as usize..to as usize];
                let slice = marked.slice(piece.span).unwrap();
                assert!(slice.starts_with(&own[..2]), "{slice}");
                assert!(slice.ends_with(own.chars().last().unwrap()));
            }
            assert_eq!(text, source);
            let again = Allocator::default();
            assert!(crate::syntax::tree(&again, &marked.text).is_ok());
        }
    }

    #[test]
    fn names_that_are_shown() {
        let source = "function f(a, b) { var c; let d; { let e; var g; }
            for (var h in a) {} try {} catch (i) { var j; }
            function k() {} { function l() {} }
            return () => a; }";
        let allocator = Allocator::default();
        let Ok(tree) = crate::syntax::tree(&allocator, source) else {
            panic!("{source}");
        };
        let outline = Outline::of(&tree);
        let mut shown: Vec<&str> =
            outline.pieces[0].shown.iter().map(|name| &**name).collect();
        shown.sort_unstable();
        assert_eq!(shown, ["a", "b", "c", "d", "g", "h", "j", "k"]);
        assert_eq!(outline.declared.len(), 1);
    }
}
