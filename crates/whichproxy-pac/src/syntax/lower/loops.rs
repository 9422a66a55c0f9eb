//! Loops.

use oxc_ast::ast::{self, BindingPattern, ForStatementInit, ForStatementLeft};
use oxc_span::GetSpan;

use super::{Lower, Name, Refuse};
use crate::syntax::program::{Each, Expression, Loop, Place, Statement};
use crate::syntax::scope::{self, Binding, HashMap, HashSet};

impl Lower {
    pub(super) fn looped(
        &mut self,
        body: &ast::Statement<'_>,
    ) -> Result<Vec<Statement>, Refuse> {
        self.loops += 1;
        let body = self.single(body)?;
        self.loops -= 1;
        Ok(body)
    }

    /// `for (…; …; …)`.
    pub(super) fn counted(
        &mut self,
        this: &ast::ForStatement<'_>,
        out: &mut Vec<Statement>,
    ) -> Result<Option<Statement>, Refuse> {
        let mut names = HashMap::default();
        if let Some(ForStatementInit::VariableDeclaration(init)) = &this.init {
            let taken = HashSet::default();
            self.declare_lexical(init, &mut names, &taken, &[])?;
        }
        let label = std::mem::take(&mut self.label);
        self.shield(&names, &this.body)?;
        let slots: Vec<u32> = names.values().map(|one| one.slot).collect();
        self.fresh(&slots, false, out);
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
        let boxed = |slot: &u32| matches!(self.place(*slot), Place::Boxed(_));
        let copies = slots.into_iter().filter(boxed).collect();
        let test_last = false;
        let this = Loop { test, update, body, test_last, label, copies };
        Ok(Some(Statement::Loop(Box::new(this))))
    }

    /// Refuses a `var` in a loop's body of the name of the loop's `let`.
    pub(super) fn shield(
        &mut self,
        names: &HashMap<Box<str>, Binding>,
        body: &ast::Statement<'_>,
    ) -> Result<(), Refuse> {
        if names.is_empty() {
            return Ok(());
        }
        let mut vars = Vec::new();
        scope::hoist(std::slice::from_ref(body), true, 1, &mut vars)?;
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
    pub(super) fn each(
        &mut self,
        left: &ForStatementLeft<'_>,
        right: &ast::Expression<'_>,
        body: &ast::Statement<'_>,
        values: bool,
        at: u32,
    ) -> Result<Statement, Refuse> {
        let object = self.expression(right)?;
        let mut names = HashMap::default();
        if let ForStatementLeft::VariableDeclaration(this) = left {
            let [one] = &this.declarations[..] else {
                return Err(Refuse(at, "a loop of another kind"));
            };
            if one.init.is_some() {
                return Err(Refuse(at, "a loop of another kind"));
            }
            let taken = HashSet::default();
            self.declare_lexical(this, &mut names, &taken, &[])?;
            self.shield(&names, body)?;
        }
        let label = std::mem::take(&mut self.label);
        let slots: Vec<u32> = names.values().map(|one| one.slot).collect();
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.push(names);
        }
        let mut first = Vec::new();
        let mut fresh = false;
        let place = match left {
            ForStatementLeft::VariableDeclaration(this) => {
                let [one] = &this.declarations[..] else {
                    return Err(Refuse(at, "a loop of another kind"));
                };
                if let BindingPattern::BindingIdentifier(id) = &one.id {
                    match self.name(&id.name, one.span.end) {
                        Name::Place(place) | Name::Constant(place) => {
                            fresh = !slots.is_empty()
                                && matches!(place, Place::Boxed(_));
                            place
                        }
                        _ => return Err(Refuse(at, "a variable's name")),
                    }
                } else {
                    let place = Place::Local(self.slot());
                    self.fresh(&slots, false, &mut first);
                    let value = Expression::Read(place);
                    let from = one.span.end;
                    self.take_apart(&one.id, value, false, from, &mut first)?;
                    place
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
        first.append(&mut self.looped(body)?);
        if let Some(scope) = self.scopes.last_mut() {
            scope.blocks.pop();
        }
        let body = first;
        let each = Each { place, object, body, values, label, fresh };
        Ok(Statement::Each(Box::new(each)))
    }
}
