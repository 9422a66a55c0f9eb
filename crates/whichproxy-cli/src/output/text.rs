//! Answers for people.

use std::fmt::Write;

use whichproxy::Settings;
use whichproxy::settings::Entry;

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
