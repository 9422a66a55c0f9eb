//! `whichproxy plan`: the order of a client, with sources.

use whichproxy::Plan;

use super::{choose_plan, read_settings};
use crate::args::{Format, PlanArgs};
use crate::machine::machine;
use crate::output::Output;
use crate::output::json::PlanObject;
use crate::{Status, Stop};

pub(super) fn run(args: &PlanArgs, out: &mut Output) -> Result<Status, Stop> {
    let (machine, _) = machine(&args.machine, out)?;
    let client = args.client;
    let settings = read_settings(&args.machine, Some(client), &machine, out)?;
    let plans = match args.all_readings {
        true => Plan::readings(client, &settings),
        false => {
            vec![choose_plan(client, args.reading.as_deref(), &settings)?]
        }
    };
    for (number, plan) in plans.iter().enumerate() {
        match args.format.format {
            Format::Json => out.json(&PlanObject::new(plan))?,
            Format::Text => {
                if number > 0 {
                    out.line("")?;
                }
                out.block(&plan.to_string())?;
            }
        }
    }
    Ok(Status::Resolved)
}
