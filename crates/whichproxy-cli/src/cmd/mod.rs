//! One file for each subcommand.

mod bench;
mod compare;
mod discover;
mod pac;
mod plan;
mod record;
mod resolve;
mod settings;
mod watch;

use clap::{Command as Clap, CommandFactory};
use whichproxy::registry::{Key, Root};
use whichproxy::{Client, Identity, Machine, Plan, Settings, Sid};

use crate::args::{Args, Command, MachineArgs, PacCommand};
use crate::output::{Output, shortened};
use crate::{Status, Stop};

/// Does what the user asks for.
pub(crate) fn run(args: Args, out: &mut Output) -> Result<Status, Stop> {
    let status = match args.command {
        Command::Resolve(args) => resolve::run(&args, out)?,
        Command::Settings(args) => settings::run(&args, out)?,
        Command::Plan(args) => plan::run(&args, out)?,
        Command::Discover(args) => discover::run(args, out)?,
        Command::Record(args) => record::run(args, out)?,
        Command::Compare(args) => compare::run(&args, out)?,
        Command::Pac(PacCommand::Eval(args)) => pac::eval(&args, out)?,
        Command::Pac(PacCommand::Check(args)) => pac::check(&args, out)?,
        Command::Pac(PacCommand::Bench(args)) => bench::run(&args, out)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = Args::command();
            clap_complete::generate(
                shell,
                &mut command,
                "whichproxy",
                &mut script,
            );
            out.raw(&script)?;
            Status::Resolved
        }
        Command::Man { command } => {
            out.raw(&page(&command)?)?;
            Status::Resolved
        }
    };
    out.flush()?;
    Ok(status)
}

/// The manual page of a subcommand.
fn page(path: &[String]) -> Result<Vec<u8>, Stop> {
    let mut command = Args::command();
    command.build();
    let mut page: &Clap = &command;
    for name in path {
        page = page.find_subcommand(name).ok_or_else(|| {
            Stop::Input(format!("there is no command `{}`", shortened(name)))
        })?;
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone())
        .source(concat!("whichproxy ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)?;
    Ok(text)
}

/// Reads the settings that `client` sees, and says what is odd about them.
fn read_settings(
    args: &MachineArgs,
    client: Option<Client>,
    machine: &Machine,
    out: &mut Output,
) -> Result<Settings, Stop> {
    // Variables are all that such a client looks at; Windows has its own.
    if args.reg.is_empty()
        && args.machine.is_none()
        && client != Some(Client::Environment)
        && !cfg!(windows)
    {
        out.say("no registry was given (--reg FILE), so it counts as empty");
    }
    let identity = match (&args.user, client) {
        (Some(sid), _) => Identity::from(sid.clone()),
        (None, Some(client)) => client.identity(),
        (None, None) => Identity::CurrentUser,
    };
    if identity == Identity::CurrentUser && client != Some(Client::Environment)
    {
        other_users(machine, out);
    }
    let settings = Settings::read(machine, &identity)?;
    for warning in &settings.warnings {
        out.say(&format!("warning: {warning}"));
    }
    Ok(settings)
}

/// Says whose settings there are, where the current user's are not: an
/// export of another computer has them under `HKEY_USERS`.
fn other_users(machine: &Machine, out: &mut Output) {
    let subkeys = |root| {
        let key = Key::new(root, "");
        machine.registry().subkeys(&key).unwrap_or_default()
    };
    let is_account = |name: &String| name.parse::<Sid>().is_ok();
    let users = subkeys(Root::Users).into_iter().filter(is_account);
    let users: Vec<String> = users.take(5).collect();
    if subkeys(Root::CurrentUser).is_empty() && !users.is_empty() {
        out.say(&format!(
            "there are no settings of the current user; --user SID reads \
             those of {}",
            users.join(", ")
        ));
    }
}

/// The plan that the user asks for.
fn choose_plan(
    client: Client,
    reading: Option<&str>,
    settings: &Settings,
) -> Result<Plan, Stop> {
    match reading {
        Some(name) => Ok(Plan::with_reading(client, settings, name)?),
        None => Ok(Plan::new(client, settings)),
    }
}
