//! The thread that a script runs on.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use super::exchange::{Exchange, Running};
use super::link::Peer;
use super::session;
use crate::Limits;

/// Starts a worker; it ends when its exchange closes.
pub(super) fn start(
    source: Arc<str>,
    limits: Limits,
    stack_bytes: usize,
    exchange: Arc<Exchange>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("pac".to_owned())
        .stack_size(stack_bytes)
        .spawn(move || {
            let running = Running(exchange.clone());
            work(&source, &limits, &exchange);
            drop(running);
        })
        .map(drop)
}

fn work(source: &str, limits: &Limits, exchange: &Arc<Exchange>) {
    let peer: Rc<dyn Peer> = Rc::new(exchange.clone());
    let mut kept = None;
    while let Some(job) = exchange.next_job() {
        let result =
            session::run_caught(&job, &mut kept, source, limits, &peer);
        exchange.done(result);
    }
}
