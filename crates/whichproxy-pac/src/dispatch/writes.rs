//! What statements write on their way to the next one.

use super::Facts;
use crate::syntax::{Expression, Place, Statement};

/// The variables that statements may have written, once the next one runs.
#[derive(Debug, Default)]
pub(super) struct Writes {
    places: Vec<Place>,
    /// Whether the script's own functions are called.
    calls: bool,
    /// How many loops and the like are around: `break` leaves only those.
    depth: u32,
}

impl Writes {
    /// What statements in a loop write.
    pub(super) fn in_loop() -> Writes {
        Writes { depth: 1, ..Writes::default() }
    }

    /// Adds a variable.
    pub(super) fn set(&mut self, place: Place) {
        self.write(place);
    }

    pub(super) fn add(&mut self, other: Writes) {
        self.calls |= other.calls;
        for place in other.places {
            self.write(place);
        }
    }

    fn write(&mut self, place: Place) {
        if !self.places.contains(&place) {
            self.places.push(place);
        }
    }

    /// Whether nothing may be written.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && !self.calls
    }

    /// Whether one of the variables may be written.
    pub(super) fn touch(&self, places: &[Place], facts: &Facts<'_>) -> bool {
        places.iter().any(|place| {
            let by_call = self.calls
                && match place {
                    Place::Global(slot) => facts.written.contains(slot),
                    // Functions within may write those.
                    Place::Boxed(_) | Place::Captured(_) => true,
                    Place::Local(_) => false,
                };
            by_call || self.places.contains(place)
        })
    }

    /// Adds what follows from a condition.
    pub(super) fn body(&mut self, body: &[Statement]) {
        if !leaves(body, self.depth > 0) {
            body.iter().for_each(|one| self.statement(one));
        }
    }

    fn inside(&mut self, body: &[Statement]) {
        self.depth += 1;
        body.iter().for_each(|one| self.statement(one));
        self.depth -= 1;
    }

    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Evaluate(one) => self.expression(one),
            // Nothing runs after it.
            Statement::Return(_)
            | Statement::Break
            | Statement::Continue
            | Statement::BreakTo(_)
            | Statement::ContinueTo(_)
            | Statement::Rules(_) => {}
            Statement::Skip(this) => {
                self.write(Place::Local(this.name));
                self.write(Place::Local(this.dot));
            }
            Statement::Fresh(slots) => {
                for (slot, _) in slots {
                    self.write(Place::Local(*slot));
                    self.write(Place::Boxed(*slot));
                }
            }
            Statement::If(arms, otherwise) => {
                for (test, body) in arms {
                    self.expression(test);
                    self.body(body);
                }
                self.body(otherwise);
            }
            Statement::Loop(this) => {
                let parts = this.test.iter().chain(&this.update);
                parts.for_each(|one| self.expression(one));
                self.inside(&this.body);
            }
            Statement::Each(this) => {
                self.write(this.place);
                self.expression(&this.object);
                self.inside(&this.body);
            }
            Statement::Switch(subject, cases) => {
                self.expression(subject);
                for (test, body) in cases {
                    test.iter().for_each(|one| self.expression(one));
                    self.inside(body);
                }
            }
            Statement::Block(body) => self.body(body),
            Statement::Labeled(_, body) => self.inside(body),
            Statement::Try(body, handler)
            | Statement::Finally(body, handler) => {
                self.inside(body);
                self.inside(handler);
            }
            // There is none before its function is looked at.
            Statement::Dispatch(_) | Statement::Scan(_) => self.calls = true,
        }
    }

    pub(super) fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Set(place, _) | Expression::Update { place, .. } => {
                self.write(*place);
            }
            // An object's method may be one of the script's functions.
            Expression::Native(..)
            | Expression::Call(..)
            | Expression::New(..)
            | Expression::Method(..)
            | Expression::Match(_) => self.calls = true,
            _ => {}
        }
        expression.parts(|one| self.expression(one));
    }
}

/// Whether there is no way past statements; in a loop, `break` is one.
pub(super) fn leaves(body: &[Statement], in_loop: bool) -> bool {
    match body.last() {
        Some(Statement::Return(_)) => true,
        Some(Statement::Break | Statement::Continue) => !in_loop,
        Some(Statement::Block(body)) => leaves(body, in_loop),
        Some(Statement::If(arms, otherwise)) => {
            leaves(otherwise, in_loop)
                && arms.iter().all(|(_, body)| leaves(body, in_loop))
        }
        _ => false,
    }
}
