//! The surface of the command.
