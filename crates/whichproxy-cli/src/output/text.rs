//! Answers for people.

use std::fmt::Write;
use std::time::Duration;

use whichproxy::Settings;
use whichproxy::discovery::Attempt;
use whichproxy::settings::Entry;

use super::shortened;

/// The settings as a table, by component: name, value and origin.
pub(crate) fn settings(settings: &Settings) -> String {
    /// A longer value would push all origins out of sight.
    const WIDEST: usize = 48;
    let rows: Vec<Row> =
        settings.entries().into_iter().map(Row::new).collect();
    let width = |of: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| of(row).chars().count());
        widths.max().unwrap_or(0).min(WIDEST)
    };
    let name_width = width(|row| row.name);
    let value_width = width(|row| &row.value);
    let mut table = String::new();
    let mut component = "";
    for row in &rows {
        if row.component != component {
            if !component.is_empty() {
                table.push('\n');
            }
            component = row.component;
            let _ = writeln!(table, "{component}");
        }
        let Row { name, value, origin, .. } = row;
        let _ = writeln!(
            table,
            "  {name:name_width$}  {value:value_width$}  {origin}"
        );
    }
    table
}

/// WPAD's questions as a table: question, who was asked, answer, time.
pub(crate) fn attempts(attempts: &[Attempt]) -> String {
    /// A longer text would push what follows out of sight.
    const WIDEST: usize = 56;
    let rows: Vec<[String; 4]> = attempts
        .iter()
        .map(|attempt| {
            [
                attempt.question.to_string(),
                shortened(&attempt.asked),
                attempt.answer.clone(),
                time(attempt.took),
            ]
        })
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.max().unwrap_or(0).min(WIDEST)
    };
    let (question, asked, took) = (width(0), width(1), width(3));
    let mut table = String::new();
    for [what, whom, answer, time] in &rows {
        let _ = write!(table, "{what:question$}  ");
        if took > 0 {
            let _ = write!(table, "{time:>took$}  ");
        }
        if asked > 0 {
            let _ = write!(table, "{whom:asked$}  ");
        }
        // The longest text is last.
        let _ = writeln!(table, "{answer}");
    }
    table
}

/// Nothing for what took no time, since nobody was asked.
fn time(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1000.0;
    match took {
        Duration::ZERO => String::new(),
        _ if milliseconds < 10.0 => format!("{milliseconds:.1} ms"),
        _ => format!("{milliseconds:.0} ms"),
    }
}

struct Row {
    component: &'static str,
    name: &'static str,
    value: String,
    origin: String,
}

impl Row {
    fn new(entry: Entry) -> Row {
        let value = match entry.value {
            Ok(value) => value,
            Err(malformed) => format!("unusable: {malformed}"),
        };
        // A value of several lines would break the table.
        let value = value.replace(['\r', '\n'], " ");
        let origin = entry.origin.to_string();
        let (component, name) = (entry.component, entry.name);
        Row { component, name, value, origin }
    }
}
