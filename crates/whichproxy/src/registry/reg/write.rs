//! Values as a `.reg` file has them.

use std::fmt::Write as _;

use crate::registry::Value;

/// Writes one line of a file, or several where the data is long.
pub(in crate::registry) fn write_value(
    text: &mut String,
    name: &str,
    value: &Value,
) {
    if name.is_empty() {
        text.push('@');
    } else {
        push_quoted(text, name);
    }
    text.push('=');
    // Writing to a String can't fail.
    let _ = match value {
        // No program writes a NUL as text.
        Value::String(string) if !string.contains('\0') => {
            push_quoted(text, string);
            Ok(())
        }
        Value::Dword(number) => write!(text, "dword:{number:08x}"),
        Value::Binary(data) => {
            text.push_str("hex:");
            push_hex(text, data);
            Ok(())
        }
        other => {
            let written = write!(text, "hex({:x}):", other.kind());
            push_hex(text, &other.to_data());
            written
        }
    };
    text.push_str("\r\n");
}

fn push_quoted(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
}

fn push_hex(text: &mut String, data: &[u8]) {
    const BYTES_IN_LINE: usize = 25;
    for (at, byte) in data.iter().enumerate() {
        if at > 0 {
            text.push(',');
            if at % BYTES_IN_LINE == 0 {
                text.push_str("\\\r\n  ");
            }
        }
        let _ = write!(text, "{byte:02x}"); // to a String: can't fail
    }
}
