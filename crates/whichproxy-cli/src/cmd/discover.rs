//! `whichproxy discover`: WPAD, question by question.

use whichproxy::plan::{Action, Plan};
use whichproxy::{Identity, Limits, Machine, Resolver, Settings};

use super::{choose_plan, read_settings};
use crate::args::{DiscoverArgs, Format};
use crate::machine::machine;
use crate::output::json::Discovered;
use crate::output::{Output, masked, shortened, text};
use crate::{Status, Stop};

pub(super) fn run(
    mut args: DiscoverArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    args.machine.network.online = !args.offline;
    let (mut machine, notes) = machine(&args.machine, out)?;
    notes.asked_by("without --offline");
    if let Some(name) = &args.interface {
        machine = on_interface(machine, name)?;
    }
    let plan = plan(&args, &machine, out)?;
    let mut discovery = None;
    if args.anyway || args.machine.reg.is_empty() || detects(&plan) {
        let limits = Limits::new().with_source_bytes(args.limits.max_bytes);
        let resolver = Resolver::with_plan(plan, machine).with_limits(limits);
        discovery = Some(resolver.discover());
    } else {
        switched_off(&plan, out);
    }
    for message in notes.take() {
        out.say(&message);
    }
    let attempts = discovery.as_ref().map(|d| d.attempts.as_slice());
    let attempts = attempts.unwrap_or_default();
    let found = discovery.as_ref().and_then(|d| d.found.as_ref());
    match args.format.format {
        Format::Json => {
            let object = Discovered::new(args.client, attempts, found);
            out.json(&object)?;
        }
        Format::Text => {
            out.block(&text::attempts(attempts))?;
            match found {
                Some((url, Ok(_))) => {
                    out.line(&format!("found {}", masked(url)))?;
                }
                Some((url, Err(error))) => {
                    let url = masked(url);
                    out.line(&format!("found {url}, of no use: {error}"))?;
                }
                None => out.line("no script found")?,
            }
        }
    }
    Ok(match found {
        Some((_, Ok(_))) => Status::Resolved,
        _ => Status::Failed,
    })
}

fn plan(
    args: &DiscoverArgs,
    machine: &Machine,
    out: &mut Output,
) -> Result<Plan, Stop> {
    let client = Some(args.client);
    // Without an export, it is the network that is asked about.
    let settings = match args.machine.reg.is_empty() {
        true => Settings::read(machine, &Identity::CurrentUser)?,
        false => read_settings(&args.machine, client, machine, out)?,
    };
    choose_plan(args.client, None, &settings)
}

fn detects(plan: &Plan) -> bool {
    plan.steps().iter().any(|step| matches!(step.action, Action::Detect))
}

/// Says why nothing is asked.
fn switched_off(plan: &Plan, out: &mut Output) {
    let client = plan.client();
    let skipped = plan.skipped().iter().find(|s| s.name == "auto-detect");
    out.say(&match skipped {
        Some(skipped) => {
            let origin = skipped.origin.as_ref();
            let origin = origin.map(|origin| format!(", by {origin}"));
            format!(
                "{client} does not look for a script: auto-detect is {}{} \
                 (--anyway looks)",
                skipped.why,
                origin.unwrap_or_default()
            )
        }
        None => format!(
            "{client} never looks for a script by WPAD (--anyway looks)"
        ),
    });
}

/// The same machine with one interface only.
fn on_interface(machine: Machine, name: &str) -> Result<Machine, Stop> {
    use whichproxy::machine::StaticInterfaces;

    let stop = |fault| Stop::Input(format!("the interfaces: {fault}"));
    let border = machine.interfaces();
    let suffixes = border.suffixes().map_err(stop)?;
    let all = border.interfaces().map_err(stop)?;
    let names: Vec<String> =
        all.iter().map(|known| shortened(&known.name)).collect();
    let known = all.into_iter().find(|known| known.name == name);
    let known = known.ok_or_else(|| {
        let name = shortened(name);
        Stop::Input(match names.as_slice() {
            [] => format!("there is no interface `{name}`, nor any other"),
            some => format!(
                "there is no interface `{name}`, but {}",
                some.join(", ")
            ),
        })
    })?;
    let only = StaticInterfaces::new().with(known).with_suffixes(suffixes);
    Ok(machine.with_interfaces(only))
}
