//! The engines.

mod js;

pub(crate) use self::js::Js;
