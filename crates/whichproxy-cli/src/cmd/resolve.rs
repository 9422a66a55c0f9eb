//! `whichproxy resolve`: what a client would try for URLs.

use whichproxy::trace::Note;
use whichproxy::{Error, Resolution, Resolver, Trace};
use whichproxy_pac::Question;

use super::watch::Watched;
use super::{choose_plan, read_settings};
use crate::args::{Format, ResolveArgs};
use crate::machine::machine;
use crate::note::{Notes, Unanswered};
use crate::output::json::Resolved;
use crate::output::{Output, masked_text};
use crate::urls::{Asked, Urls};
use crate::{Status, Stop};

pub(super) fn run(
    args: &ResolveArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    let (machine, notes) = machine(&args.machine, out)?;
    let client = args.client;
    let settings = read_settings(&args.machine, Some(client), &machine, out)?;
    let plan = choose_plan(client, args.reading.as_deref(), &settings)?;
    let resolver = Resolver::with_plan(plan, machine)
        .with_limits(args.limits.limits())
        .with_isolation(args.isolation.place());
    let mut watched = match args.watch {
        true => Some(Watched::new(&resolver, &args.machine)?),
        false => None,
    };
    let mut urls = Urls::new(&args.urls)?;
    let mut run = Run { args, resolver, notes, several: urls.several(), out };
    let mut worst = Status::Resolved;
    loop {
        let batch = urls.batch(run.out)?;
        if batch.is_empty() {
            return match watched {
                None => Ok(worst),
                Some(watched) => run.again(watched),
            };
        }
        let texts: Vec<&str> = batch.iter().map(|a| &*a.text).collect();
        let found = run.resolver.resolve_many(&texts);
        if batch.len() > 1 {
            run.notes.sort();
        }
        for (asked, result) in batch.into_iter().zip(found) {
            worst = worst.max(run.one(&asked, &result)?);
            if let Some(watched) = &mut watched {
                watched.add(asked, &result);
            }
        }
    }
}

struct Run<'a> {
    args: &'a ResolveArgs,
    resolver: Resolver,
    notes: Notes,
    several: bool,
    out: &'a mut Output,
}

impl Run<'_> {
    /// Prints what is another answer than before, until somebody ends it.
    fn again(&mut self, mut watched: Watched) -> Result<Status, Stop> {
        loop {
            self.out.flush()?;
            for message in watched.wait() {
                self.out.say(&message);
            }
            let results = self.resolver.resolve_many(&watched.texts());
            for (asked, result) in watched.others(&results) {
                self.one(asked, result)?;
            }
        }
    }

    fn one(
        &mut self,
        asked: &Asked,
        result: &Result<Resolution, Error>,
    ) -> Result<Status, Stop> {
        let plan = self.resolver.plan();
        if let Err(message) = asked.url() {
            self.out.say(&message);
            if self.args.format.format == Format::Json {
                let object = Resolved::no_url(&asked.text, &plan, message);
                self.out.json(&object)?;
            }
            return Ok(Status::BadInput);
        }
        self.remarks(asked, result);
        let shown = masked_text(&asked.text);
        if let Err(error) = result {
            let code = match error.winhttp_code() {
                Some(code) => format!(" (WinHTTP error {code})"),
                None => String::new(),
            };
            let message = asked.placed(&format!("{shown}: {error}{code}"));
            self.out.say(&message);
        }
        match (self.args.format.format, result) {
            (Format::Json, result) => {
                let object =
                    Resolved::new(&asked.text, &plan, result.as_ref());
                self.out.json(&object)?;
            }
            (Format::Text, Err(_)) if self.args.watch => {
                // Whoever reads on does not go by the last one.
                self.out.answer(&shown, "no answer", self.several)?;
            }
            (Format::Text, Err(_)) => {}
            (Format::Text, Ok(found)) => {
                self.out.routes(&shown, found.routes(), self.several)?;
            }
        }
        Ok(match result {
            Ok(_) => Status::Resolved,
            Err(_) => Status::Failed,
        })
    }

    /// What was not asked, and the explanation.
    fn remarks(&mut self, asked: &Asked, result: &Result<Resolution, Error>) {
        let trace = match result {
            Ok(resolution) => Some(resolution.trace()),
            Err(error) => error.trace(),
        };
        let Some(trace) = trace else { return };
        let network = &self.args.machine.network;
        if network.my_ip.is_empty()
            && !network.online
            && self.args.machine.machine.is_none()
            && asked_own_address(trace)
        {
            self.notes.add(Unanswered::OwnAddress);
        }
        for message in self.notes.take() {
            self.out.say(&message);
        }
        if self.args.explain {
            if self.several {
                self.out.remark(&masked_text(&asked.text));
            }
            self.out.remark(&trace.to_string());
        }
    }
}

/// Whether a script wanted to know the machine's own address.
fn asked_own_address(trace: &Trace) -> bool {
    let mut notes = trace.steps().flat_map(|line| line.notes);
    notes
        .any(|note| matches!(note, Note::Asked(Question::OwnAddresses { .. })))
}
