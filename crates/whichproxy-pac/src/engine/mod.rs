//! The engines.

mod exchange;
mod guard;
mod js;
mod lexer;
mod nesting;
mod readback;
mod reader;
mod sandbox;
mod standard;
mod thrown;
mod worker;

pub(crate) use self::js::Js;
pub(crate) use self::nesting::stack_bytes;
pub(crate) use self::readback::{ReadBack, read_back};
