//! Rules in a row that differ in their texts only.
//!
//! `if (dnsDomainIs(host, "a")) return "b";`, thousands of times: each as a
//! statement of its own would be built and walked through again and again
//! while a script is loaded. So those that follow each other are one
//! [`Statement::Rules`] from the beginning.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::{Lower, Name};
use crate::builtins;
use crate::syntax::program::{
    Constant, Expression, Place, Rules, Statement, Text,
};
use crate::table::Test;

/// Lists of statements that are longer may have many rules.
const LONG: usize = 16;

/// The function and the subject of the rules before, as they are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Kind<'t> {
    function: &'t str,
    subject: &'t str,
}

/// A rule as it is written.
struct Written<'t> {
    kind: Kind<'t>,
    pattern: &'t str,
    result: &'t str,
}

impl Lower {
    /// Whether rules in a row are looked for in statements.
    pub(super) fn may_have_rules(&self, body: &[ast::Statement<'_>]) -> bool {
        body.len() > LONG && self.notes.is_none() && !self.at_top()
    }

    /// Adds a rule to those before it, where they are of one kind; or begins
    /// with it. `before` is the kind of the last statement of `out`, and
    /// becomes that of this one.
    pub(super) fn rule<'t>(
        &mut self,
        statement: &'t ast::Statement<'_>,
        before: &mut Option<Kind<'t>>,
        out: &mut Vec<Statement>,
    ) -> bool {
        let last = before.take();
        let Some(Written { kind, pattern, result }) = written(statement)
        else {
            return false;
        };
        let is_glob = match kind.function {
            "dnsDomainIs" => false,
            "shExpMatch" if is_plain(pattern) => true,
            _ => return false,
        };
        let make: fn(Text) -> Test =
            if is_glob { Test::Glob } else { Test::Suffix };
        if last == Some(kind)
            && let Some(Statement::Rules(rules)) = out.last_mut()
        {
            let test = make(Text::new(pattern));
            let result = Constant::Text(self.recent.text(result));
            rules.rules.push((test, result));
            *before = last;
            return true;
        }
        // What names mean, does not change among the statements of one list.
        let at = statement.span().start;
        let Name::Builtin(builtin) = self.name(kind.function, at) else {
            return false;
        };
        let (Name::Place(place) | Name::Constant(place)) =
            self.name(kind.subject, at)
        else {
            return false;
        };
        if !matches!(place, Place::Local(_)) || !self.has_room(2) {
            return false;
        }
        let test = make(Text::new(pattern));
        let result = Constant::Text(self.recent.text(result));
        out.push(Statement::Rules(Box::new(Rules {
            builtin,
            subject: Expression::Read(place),
            rules: vec![(test, result)],
        })));
        *before = Some(kind);
        true
    }
}

/// Whether a glob is a plain one, and tells of more than a URL's scheme.
fn is_plain(pattern: &str) -> bool {
    !builtins::is_special_glob(pattern)
        && (!pattern.ends_with('*') || pattern.contains('.'))
}

fn written<'t>(statement: &'t ast::Statement<'_>) -> Option<Written<'t>> {
    let ast::Statement::IfStatement(this) = statement else { return None };
    let ast::Expression::CallExpression(call) = &this.test else {
        return None;
    };
    let ast::Expression::Identifier(function) = &call.callee else {
        return None;
    };
    let [
        ast::Argument::Identifier(subject),
        ast::Argument::StringLiteral(pattern),
    ] = call.arguments.as_slice()
    else {
        return None;
    };
    let result = returned(&this.consequent)?;
    let sound = !call.optional
        && this.alternate.is_none()
        && pattern.value.is_ascii()
        && result.is_ascii();
    sound.then(|| Written {
        kind: Kind {
            function: function.name.as_str(),
            subject: subject.name.as_str(),
        },
        pattern: pattern.value.as_str(),
        result,
    })
}

/// The text that a statement returns.
fn returned<'t>(statement: &'t ast::Statement<'_>) -> Option<&'t str> {
    match statement {
        ast::Statement::ReturnStatement(this) => match &this.argument {
            Some(ast::Expression::StringLiteral(text)) => {
                Some(text.value.as_str())
            }
            _ => None,
        },
        ast::Statement::BlockStatement(block) => match block.body.as_slice() {
            [only @ ast::Statement::ReturnStatement(_)] => returned(only),
            _ => None,
        },
        _ => None,
    }
}
