//! PAC scripts in WebAssembly: a base for pages and for node.
//!
//! The module imports nothing. Its host writes a question, as JSON, where
//! [`whichproxy_input`] says; calls [`whichproxy_find_proxy`]; and reads the
//! answer, as JSON, where [`whichproxy_output`] says. The README shows how.
//!
//! A script is compiled once, and kept until another comes. What it asks of
//! the machine is for the host to answer: an answer may be a question, and
//! the host asks again with the answer to that one.
//!
//! # Panics
//!
//! A module that fails is at its end, as by a script that needs too much
//! memory: the host gets an error of its own. [`whichproxy_failure`] may
//! still be called and tells the reason, where it is known; then the host
//! makes a new instance.
#![deny(unsafe_code)]

mod exchange;
mod question;

pub use self::exchange::{
    answer, whichproxy_failure, whichproxy_input, whichproxy_output,
    whichproxy_output_length,
};
pub use self::question::whichproxy_find_proxy;
