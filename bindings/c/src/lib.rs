//! whichproxy for C: see `include/whichproxy.h`, which is made of this.
//!
//! Each function is a conversion, a call and a conversion. What they promise
//! and ask for stands in the header; a `SAFETY:` here names the promise that
//! it rests on.
#![allow(non_camel_case_types)] // they are C's

pub mod attempts;
pub mod lists;
pub mod machine;
pub mod pac;
pub mod resolution;
pub mod resolver;
pub mod status;
mod stay;
pub mod text;
pub mod version;
pub mod watch;
pub mod worker;
