//! The engines.

#[cfg(test)]
pub(crate) mod constructs;
mod datum;
mod exchange;
mod guard;
mod js;
mod lexer;
mod link;
mod loading;
mod nesting;
mod readback;
mod reader;
mod sandbox;
mod session;
mod shallow;
mod standard;
mod thrown;
mod worker;

pub(crate) use self::js::Js;
pub(crate) use self::nesting::nesting_bytes;
pub(crate) use self::readback::{ReadBack, read_back};
