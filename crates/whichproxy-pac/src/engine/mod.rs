//! The engines.

mod exchange;
mod guard;
mod js;
mod lexer;
mod nesting;
mod sandbox;
mod thrown;
mod worker;

pub(crate) use self::js::Js;
pub(crate) use self::nesting::stack_bytes;
