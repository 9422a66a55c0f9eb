//! What can go wrong, in words.

use std::io;

use ureq::http::StatusCode;
use whichproxy::machine::Fault;

use super::shown;

pub(super) fn too_long(limit: usize) -> Fault {
    Fault::new(format_args!(
        "the page is longer than the limit of {limit} bytes"
    ))
}

/// An answer that is no page.
pub(super) fn status(status: StatusCode) -> Fault {
    let why = match status.as_u16() {
        401 => ": it wants a user and a password",
        407 => ": it is a proxy, and wants a user and a password",
        _ => "",
    };
    Fault::new(format_args!("the server answers {status}{why}"))
}

/// A page that ended after `length` bytes instead of `expected`.
pub(super) fn ends_early(
    length: usize,
    expected: Option<u64>,
    error: &ureq::Error,
) -> Fault {
    let of = match expected {
        Some(expected) => format!(" of {expected}"),
        None => String::new(),
    };
    let why = match error {
        ureq::Error::Io(error)
            if error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            String::new()
        }
        error => format!(": {}", of_text(error)),
    };
    Fault::new(format_args!(
        "the page ends too early, after {length}{of} bytes{why}"
    ))
}

/// What went wrong before there was a page.
pub(super) fn of(error: &ureq::Error) -> Fault {
    Fault::new(of_text(error))
}

fn of_text(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => {
            "the server's name does not resolve".to_owned()
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                "the server ends the connection before it has answered"
                    .to_owned()
            }
            // TLS hands its own errors on as such.
            io::ErrorKind::InvalidData => format!("TLS: {error}"),
            _ => error.to_string(),
        },
        ureq::Error::Rustls(error) => format!("TLS: {error}"),
        ureq::Error::Tls(error) => format!("TLS: {error}"),
        ureq::Error::Protocol(error) => {
            format!("the answer is not HTTP: {}", shown(&error.to_string()))
        }
        ureq::Error::LargeResponseHeader(_, most) => {
            format!("the answer has headers of more than {most} bytes")
        }
        // Its text has the address, and that may have a password.
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            "no request can be made of this address".to_owned()
        }
        error => shown(&error.to_string()),
    }
}
