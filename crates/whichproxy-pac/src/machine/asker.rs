//! Between a program and the memo of one evaluation.

use std::net::IpAddr;
use std::sync::Arc;

use crate::builtins::Ask;
use crate::meta::{Answer, Memo};
use crate::{Error, ErrorKind, Family, LocalTime, Question};

/// Asks on behalf of a program; alerts are passed on before each question,
/// as boa's thread does.
pub(super) struct Asker<'m, 'e> {
    memo: &'m mut Memo<'e>,
    alerts: Vec<String>,
    dropped: u64,
    left: usize,
}

impl<'m, 'e> Asker<'m, 'e> {
    #[inline]
    pub(super) fn new(
        memo: &'m mut Memo<'e>,
        alert_bytes: usize,
    ) -> Asker<'m, 'e> {
        Asker { memo, alerts: Vec::new(), dropped: 0, left: alert_bytes }
    }

    /// Passes the alerts on.
    pub(super) fn deliver(&mut self) {
        for alert in self.alerts.drain(..) {
            self.memo.alert(alert);
        }
        self.memo.drop_alerts(std::mem::take(&mut self.dropped));
    }

    fn addresses(
        &mut self,
        question: Question,
    ) -> Result<Arc<[IpAddr]>, Error> {
        self.deliver();
        match self.memo.ask(question)? {
            Answer::Addresses(addresses) => Ok(addresses),
            Answer::Time(_) => Ok(Arc::new([])),
        }
    }
}

impl Ask for Asker<'_, '_> {
    fn resolve(
        &mut self,
        name: &str,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        self.addresses(Question::Resolve { name: name.to_owned(), family })
    }

    fn own_addresses(
        &mut self,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        self.addresses(Question::OwnAddresses { family })
    }

    fn now(&mut self) -> Result<LocalTime, Error> {
        self.deliver();
        match self.memo.ask(Question::Time)? {
            Answer::Time(time) => Ok(time),
            Answer::Addresses(_) => Ok(LocalTime::default()),
        }
    }

    fn hold(&mut self, until: i64) {
        self.memo.hold(until);
    }

    fn alert(&mut self, message: &str) -> Result<(), Error> {
        let cost = message.len().max(1);
        match self.left.checked_sub(cost) {
            Some(left) => {
                self.left = left;
                self.alerts.push(message.to_owned());
            }
            None => self.dropped = self.dropped.saturating_add(1),
        }
        Ok(())
    }
}

/// Answers nothing: for code outside of functions.
pub(super) struct Nobody;

impl Ask for Nobody {
    fn resolve(&mut self, _: &str, _: Family) -> Result<Arc<[IpAddr]>, Error> {
        Err(nobody())
    }

    fn own_addresses(&mut self, _: Family) -> Result<Arc<[IpAddr]>, Error> {
        Err(nobody())
    }

    fn now(&mut self) -> Result<LocalTime, Error> {
        Err(nobody())
    }

    fn hold(&mut self, _: i64) {}

    fn alert(&mut self, _: &str) -> Result<(), Error> {
        Err(nobody())
    }
}

fn nobody() -> Error {
    let message = "a question outside of functions";
    Error::new(ErrorKind::Exception, message)
}

/// Answers anything: to see whether code runs to its end.
pub(super) struct Anybody;

impl Ask for Anybody {
    fn resolve(
        &mut self,
        _: &str,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        self.own_addresses(family)
    }

    fn own_addresses(
        &mut self,
        family: Family,
    ) -> Result<Arc<[IpAddr]>, Error> {
        let all = [[10, 0, 0, 1].into(), [0xfd, 0, 0, 0, 0, 0, 0, 1].into()];
        let all = all.into_iter().filter(|address| family.contains(address));
        Ok(all.collect())
    }

    fn now(&mut self) -> Result<LocalTime, Error> {
        Ok(LocalTime::default())
    }

    fn hold(&mut self, _: i64) {}

    fn alert(&mut self, _: &str) -> Result<(), Error> {
        Ok(())
    }
}
