//! Operators and assignments.

use oxc_ast::ast::{
    self, AssignmentOperator, AssignmentTarget, BinaryOperator,
    LogicalOperator, SimpleAssignmentTarget, UnaryOperator, UpdateOperator,
};

use super::literal::constant;
use super::{Lower, Refuse};
use crate::syntax::program::{Constant, Expression, Operator, Unary};

/// The longest text that is joined while lowering.
const JOINED_MOST: usize = 4 << 10;

impl Lower {
    pub(super) fn assign(
        &mut self,
        this: &ast::AssignmentExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let operator = match this.operator {
            AssignmentOperator::Assign => None,
            other => match other.to_binary_operator() {
                Some(operator) => Some(operator),
                None => return self.assign_logical(this, at),
            },
        };
        let (object, key) = match &this.left {
            AssignmentTarget::AssignmentTargetIdentifier(id) => {
                let place = self.target(&id.name, at)?;
                let right = self.expression(&this.right)?;
                let Some(place) = place else {
                    let both = vec![right, Expression::Retry(at)];
                    return Ok(Expression::Sequence(both));
                };
                let value = match operator {
                    None => right,
                    Some(operator) => match binary_operator(operator) {
                        Some(operator) => Expression::Binary(
                            Box::new(Expression::Read(place)),
                            vec![(operator, right)],
                        ),
                        None => self.soft(at, "`**=`"),
                    },
                };
                return Ok(Expression::Set(place, Box::new(value)));
            }
            AssignmentTarget::StaticMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                let name = left.property.name.as_str();
                (object, self.text(name, at))
            }
            AssignmentTarget::ComputedMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                (object, self.expression(&left.expression)?)
            }
            _ => return Err(Refuse(at, "an assignment to several")),
        };
        let value = self.expression(&this.right)?;
        self.mutates();
        let parts = Box::new([object, key, value]);
        match operator {
            None => Ok(Expression::SetElement(parts)),
            Some(operator) => match binary_operator(operator) {
                Some(operator) => {
                    Ok(Expression::ChangeElement(parts, operator, false))
                }
                None => Ok(self.soft(at, "an operator that is not modelled")),
            },
        }
    }

    /// `a ||= b` and the like, of variables.
    fn assign_logical(
        &mut self,
        this: &ast::AssignmentExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let AssignmentTarget::AssignmentTargetIdentifier(id) = &this.left
        else {
            self.expression(&this.right)?;
            return Ok(self.soft(at, "an assignment of its kind"));
        };
        let place = self.target(&id.name, at)?;
        let right = self.expression(&this.right)?;
        let Some(place) = place else {
            return Ok(Expression::Retry(at));
        };
        let set = Expression::Set(place, Box::new(right));
        let both = vec![Expression::Read(place), set];
        Ok(match this.operator {
            AssignmentOperator::LogicalAnd => Expression::All(both),
            AssignmentOperator::LogicalOr => Expression::Any(both),
            AssignmentOperator::LogicalNullish => Expression::Coalesce(both),
            _ => return Err(Refuse(at, "an assignment of its kind")),
        })
    }

    pub(super) fn binary(
        &mut self,
        this: &ast::BinaryExpression<'_>,
    ) -> Result<Expression, Refuse> {
        // However long the chain, its left side is not nested.
        let mut spine = vec![this];
        let mut this = this;
        while let ast::Expression::BinaryExpression(left) = &this.left {
            spine.push(left);
            this = left;
        }
        let mut first = self.expression(&this.left)?;
        let mut rest: Vec<(Operator, Expression)> =
            Vec::with_capacity(spine.len());
        for this in spine.into_iter().rev() {
            let right = self.expression(&this.right)?;
            let Some(operator) = binary_operator(this.operator) else {
                let at = this.span.start;
                let unmodelled = self.soft(at, "`**` or `instanceof`");
                (first, rest) = (unmodelled, Vec::new());
                continue;
            };
            if rest.is_empty()
                && operator == Operator::Add
                && let Expression::Constant(Constant::Text(left)) = &first
                && let Expression::Constant(Constant::Text(right)) = &right
                && left.len() + right.len() < JOINED_MOST
            {
                let joined = format!("{left}{right}");
                first = constant(Constant::Text(joined.into()));
                continue;
            }
            rest.push((operator, right));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Binary(Box::new(first), rest))
    }

    pub(super) fn logical(
        &mut self,
        this: &ast::LogicalExpression<'_>,
    ) -> Result<Expression, Refuse> {
        let operator = this.operator;
        let mut spine = vec![this];
        let mut this = this;
        while let ast::Expression::LogicalExpression(left) = &this.left
            && left.operator == operator
        {
            spine.push(left);
            this = left;
        }
        let mut all = Vec::with_capacity(spine.len() + 1);
        all.push(self.expression(&this.left)?);
        for this in spine.into_iter().rev() {
            all.push(self.expression(&this.right)?);
        }
        Ok(match operator {
            LogicalOperator::And => Expression::All(all),
            LogicalOperator::Or => Expression::Any(all),
            LogicalOperator::Coalesce => Expression::Coalesce(all),
        })
    }

    pub(super) fn unary(
        &mut self,
        this: &ast::UnaryExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let operand = self.expression(&this.argument)?;
        let operator = match this.operator {
            UnaryOperator::LogicalNot => Unary::Not,
            UnaryOperator::UnaryNegation => Unary::Negate,
            UnaryOperator::UnaryPlus => Unary::Number,
            UnaryOperator::BitwiseNot => Unary::BitNot,
            UnaryOperator::Typeof => Unary::TypeOf,
            UnaryOperator::Void => Unary::Void,
            UnaryOperator::Delete => {
                if let ast::Expression::Identifier(_) = &this.argument {
                    return Err(Refuse(at, "`delete` of a variable"));
                }
                return self.delete(&this.argument, at);
            }
        };
        Ok(match (operator, &operand) {
            (Unary::Negate, Expression::Constant(Constant::Number(n))) => {
                constant(Constant::Number(-n))
            }
            (Unary::Not, Expression::Constant(Constant::Number(n))) => {
                constant(Constant::Bool(*n == 0.0))
            }
            _ => Expression::Unary(operator, Box::new(operand)),
        })
    }

    pub(super) fn update(
        &mut self,
        this: &ast::UpdateExpression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        let by = match this.operator {
            UpdateOperator::Increment => 1.0,
            UpdateOperator::Decrement => -1.0,
        };
        match &this.argument {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(id) => {
                Ok(match self.target(&id.name, at)? {
                    Some(place) => {
                        let prefix = this.prefix;
                        Expression::Update { place, by, prefix }
                    }
                    None => Expression::Retry(at),
                })
            }
            SimpleAssignmentTarget::StaticMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                let key = self.text(&left.property.name, at);
                Ok(self.changed(object, key, by, this.prefix))
            }
            SimpleAssignmentTarget::ComputedMemberExpression(left) => {
                let object = self.expression(&left.object)?;
                let key = self.expression(&left.expression)?;
                Ok(self.changed(object, key, by, this.prefix))
            }
            _ => Err(Refuse(at, "`++` or `--` of something else")),
        }
    }

    /// `object[key]++` and the like.
    fn changed(
        &mut self,
        object: Expression,
        key: Expression,
        by: f64,
        prefix: bool,
    ) -> Expression {
        self.mutates();
        let by = constant(Constant::Number(-by));
        let parts = Box::new([object, key, by]);
        // A difference is a number, whatever was there before.
        Expression::ChangeElement(parts, Operator::Subtract, !prefix)
    }

    fn delete(
        &mut self,
        target: &ast::Expression<'_>,
        at: u32,
    ) -> Result<Expression, Refuse> {
        self.mutates();
        let (object, key) = match target {
            ast::Expression::StaticMemberExpression(this)
                if !this.optional =>
            {
                let object = self.expression(&this.object)?;
                (object, self.text(&this.property.name, at))
            }
            ast::Expression::ComputedMemberExpression(this)
                if !this.optional =>
            {
                let object = self.expression(&this.object)?;
                (object, self.expression(&this.expression)?)
            }
            _ => return Ok(self.soft(at, "`delete`")),
        };
        Ok(Expression::Delete(Box::new([object, key])))
    }

    /// Notes that this function changes arrays or objects.
    pub(super) fn mutates(&mut self) {
        let Some(scope) = self.scopes.last() else { return };
        if self.scopes.len() > 1 {
            self.again |= self.mutating.insert(scope.at);
        }
    }
}

fn binary_operator(operator: BinaryOperator) -> Option<Operator> {
    Some(match operator {
        BinaryOperator::Equality => Operator::Equal,
        BinaryOperator::Inequality => Operator::NotEqual,
        BinaryOperator::StrictEquality => Operator::StrictEqual,
        BinaryOperator::StrictInequality => Operator::StrictNotEqual,
        BinaryOperator::LessThan => Operator::Less,
        BinaryOperator::LessEqualThan => Operator::LessEqual,
        BinaryOperator::GreaterThan => Operator::Greater,
        BinaryOperator::GreaterEqualThan => Operator::GreaterEqual,
        BinaryOperator::Addition => Operator::Add,
        BinaryOperator::Subtraction => Operator::Subtract,
        BinaryOperator::Multiplication => Operator::Multiply,
        BinaryOperator::Division => Operator::Divide,
        BinaryOperator::Remainder => Operator::Remainder,
        BinaryOperator::ShiftLeft => Operator::ShiftLeft,
        BinaryOperator::ShiftRight => Operator::ShiftRight,
        BinaryOperator::ShiftRightZeroFill => Operator::ShiftRightZero,
        BinaryOperator::BitwiseOR => Operator::Or,
        BinaryOperator::BitwiseXOR => Operator::Xor,
        BinaryOperator::BitwiseAnd => Operator::And,
        BinaryOperator::In => Operator::In,
        BinaryOperator::Exponential => Operator::Power,
        BinaryOperator::Instanceof => Operator::InstanceOf,
    })
}
