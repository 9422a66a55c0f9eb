//! Every function, as C calls it.

use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

use super::*;
