//! What statements declare, as functions further in see it.

use std::collections::HashMap;

use oxc_ast::ast::{
    BindingPattern, ForStatementInit, ForStatementLeft, Statement,
    VariableDeclaration, VariableDeclarationKind,
};

use super::outline::DEPTH_MOST;

/// Stands for names that are declared more deeply than is walked through.
pub(super) const TOO_DEEP: &str = "";

/// How a name may be used by functions further in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shown {
    Variable,
    Constant,
    /// There may be many variables of the name.
    No,
}

/// The names of a pattern.
pub(super) fn pattern(
    pattern_of: &BindingPattern<'_>,
    shown: Shown,
    names: &mut HashMap<Box<str>, Shown>,
) {
    match pattern_of {
        BindingPattern::BindingIdentifier(id) => {
            names.insert(id.name.as_str().into(), shown);
        }
        BindingPattern::ObjectPattern(this) => {
            for property in &this.properties {
                pattern(&property.value, shown, names);
            }
            if let Some(rest) = &this.rest {
                pattern(&rest.argument, shown, names);
            }
        }
        BindingPattern::ArrayPattern(this) => {
            for element in this.elements.iter().flatten() {
                pattern(element, shown, names);
            }
            if let Some(rest) = &this.rest {
                pattern(&rest.argument, shown, names);
            }
        }
        BindingPattern::AssignmentPattern(this) => {
            pattern(&this.left, shown, names);
        }
    }
}

/// The names of a declaration, either of `var` or of all else.
pub(super) fn variables(
    declaration: &VariableDeclaration<'_>,
    lexical: bool,
    names: &mut HashMap<Box<str>, Shown>,
) {
    let shown = match declaration.kind {
        VariableDeclarationKind::Var if lexical => return,
        VariableDeclarationKind::Var => Shown::Variable,
        _ if !lexical => return,
        VariableDeclarationKind::Let => Shown::Variable,
        _ => Shown::Constant,
    };
    for declarator in &declaration.declarations {
        pattern(&declarator.id, shown, names);
    }
}

/// What statements declare with `let`, `const` and `class`.
pub(super) fn lexical(
    body: &[Statement<'_>],
    names: &mut HashMap<Box<str>, Shown>,
) {
    for statement in body {
        match statement {
            Statement::VariableDeclaration(this) => {
                variables(this, true, names);
            }
            Statement::ClassDeclaration(this) => {
                if let Some(id) = &this.id {
                    names.insert(id.name.as_str().into(), Shown::Variable);
                }
            }
            _ => {}
        }
    }
}

/// The functions that statements declare.
pub(super) fn functions(
    body: &[Statement<'_>],
    names: &mut HashMap<Box<str>, Shown>,
) {
    for statement in body {
        if let Statement::FunctionDeclaration(this) = statement
            && let Some(id) = &this.id
        {
            names.insert(id.name.as_str().into(), Shown::No);
        }
    }
}

/// What statements declare with `var`, and functions in blocks, which may
/// be variables of the function, too.
pub(super) fn hoisted(
    body: &[Statement<'_>],
    depth: u32,
    names: &mut HashMap<Box<str>, Shown>,
) {
    if depth > DEPTH_MOST {
        names.insert(TOO_DEEP.into(), Shown::No);
        return;
    }
    body.iter().for_each(|statement| hoisted_one(statement, depth, names));
}

fn hoisted_one(
    mut statement: &Statement<'_>,
    depth: u32,
    names: &mut HashMap<Box<str>, Shown>,
) {
    let inside = depth + 1;
    let mut one = |statement: &Statement<'_>| {
        hoisted(std::slice::from_ref(statement), inside, names);
    };
    while let Statement::IfStatement(this) = statement {
        one(&this.consequent);
        match &this.alternate {
            Some(alternate) => statement = alternate,
            None => return,
        }
    }
    match statement {
        Statement::BlockStatement(this) => hoisted(&this.body, inside, names),
        Statement::DoWhileStatement(this) => one(&this.body),
        Statement::WhileStatement(this) => one(&this.body),
        Statement::LabeledStatement(this) => one(&this.body),
        Statement::WithStatement(this) => one(&this.body),
        Statement::ForStatement(this) => {
            one(&this.body);
            if let Some(ForStatementInit::VariableDeclaration(init)) =
                &this.init
            {
                variables(init, false, names);
            }
        }
        Statement::ForInStatement(this) => {
            one(&this.body);
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                variables(left, false, names);
            }
        }
        Statement::ForOfStatement(this) => {
            one(&this.body);
            if let ForStatementLeft::VariableDeclaration(left) = &this.left {
                variables(left, false, names);
            }
        }
        Statement::SwitchStatement(this) => {
            for case in &this.cases {
                hoisted(&case.consequent, inside, names);
            }
        }
        Statement::TryStatement(this) => {
            hoisted(&this.block.body, inside, names);
            if let Some(handler) = &this.handler {
                hoisted(&handler.body.body, inside, names);
            }
            if let Some(last) = &this.finalizer {
                hoisted(&last.body, inside, names);
            }
        }
        Statement::VariableDeclaration(this) => variables(this, false, names),
        Statement::FunctionDeclaration(this) if depth > 0 => {
            if let Some(id) = &this.id {
                names.insert(id.name.as_str().into(), Shown::No);
            }
        }
        _ => {}
    }
}
