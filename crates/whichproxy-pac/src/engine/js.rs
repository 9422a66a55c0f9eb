//! boa, which runs all of JavaScript.

use std::sync::Arc;

use crate::meta::{Memo, Strategy};
use crate::{Error, ErrorKind, Limits, Query};

#[derive(Debug)]
pub(crate) struct Js;

impl Js {
    pub(crate) fn new(
        _source: Arc<str>,
        _limits: &Limits,
    ) -> Result<Js, Error> {
        Ok(Js)
    }
}

impl Strategy for Js {
    fn name(&self) -> &'static str {
        "js"
    }

    fn find_proxy(
        &self,
        _query: &Query<'_>,
        _memo: &mut Memo<'_>,
    ) -> Result<String, Error> {
        Err(Error::new(ErrorKind::Exception, "no engine yet"))
    }
}
