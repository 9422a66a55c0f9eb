//! `whichproxy record`: what resolving asks of a machine, as a file.

use std::fs;

use whichproxy::Resolver;
use whichproxy::machine::Recorder;

use super::{choose_plan, read_settings};
use crate::args::RecordArgs;
use crate::machine::{machine, unreadable};
use crate::output::{Output, masked_text};
use crate::urls::{Asked, Urls};
use crate::{Status, Stop};

pub(super) fn run(
    mut args: RecordArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    args.machine.network.online =
        !args.offline && args.machine.machine.is_none();
    let (machine, notes) = machine(&args.machine, out)?;
    notes.asked_by("without --offline");
    let recorder = Recorder::new(machine);
    let mut resolvers = Vec::new();
    for client in &args.clients {
        let machine = recorder.machine();
        let settings =
            read_settings(&args.machine, Some(*client), &machine, out)?;
        let plan = choose_plan(*client, None, &settings)?;
        let resolver = Resolver::with_plan(plan, machine)
            .with_limits(args.limits.limits())
            .with_isolation(args.isolation.place());
        resolvers.push(resolver);
    }
    let mut urls = Urls::new(&args.urls)?;
    let mut worst = Status::Resolved;
    let mut answers = String::new();
    loop {
        let batch = urls.batch(out)?;
        if batch.is_empty() {
            break;
        }
        for asked in &batch {
            for resolver in &resolvers {
                let (status, answer) = one(resolver, asked, out);
                worst = worst.max(status);
                answers.push_str(&format!("# {answer}\n"));
            }
        }
        for message in notes.take() {
            out.say(&message);
        }
    }
    let recording = recorder.recording();
    if recording.is_incomplete() {
        out.say("more was asked than a recording keeps: it is incomplete");
    }
    let text = format!("{answers}{}", recording.to_toml());
    match &args.output {
        Some(path) => {
            fs::write(path, text).map_err(|error| unreadable(path, &error))?;
        }
        None => out.raw(text.as_bytes())?,
    }
    Ok(worst)
}

/// Asks about a URL; what came of it, on one line.
fn one(
    resolver: &Resolver,
    asked: &Asked,
    out: &mut Output,
) -> (Status, String) {
    let client = resolver.plan().client();
    let shown = masked_text(&asked.text);
    let (status, answer) = match asked.url() {
        Err(message) => (Status::BadInput, message),
        Ok(_) => match resolver.resolve_text(&asked.text) {
            Ok(found) => (Status::Resolved, found.routes().to_string()),
            Err(error) => (Status::Failed, error.to_string()),
        },
    };
    match status {
        Status::Resolved => {}
        Status::Failed => {
            out.say(&asked.placed(&format!("{shown}: {answer}")));
        }
        Status::BadInput => out.say(&answer),
    }
    let line = format!("{client} {shown}: {answer}");
    (status, line.replace(char::is_control, " "))
}
