//! `whichproxy settings`: what is configured, and where it says so.

use super::read_settings;
use crate::args::{Format, SettingsArgs};
use crate::machine::machine;
use crate::output::json::SettingsObject;
use crate::output::{Output, text};
use crate::{Status, Stop};

pub(super) fn run(
    args: &SettingsArgs,
    out: &mut Output,
) -> Result<Status, Stop> {
    let (machine, _) = machine(&args.machine, out)?;
    let settings = read_settings(&args.machine, args.client, &machine, out)?;
    match args.format.format {
        Format::Json => out.json(&SettingsObject::new(&settings))?,
        Format::Text => {
            let table = text::settings(&settings);
            if table.is_empty() {
                out.say("nothing is configured");
            }
            out.block(&table)?;
        }
    }
    Ok(Status::Resolved)
}
