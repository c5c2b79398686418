//! `exec=COMMAND`: any program that reads its standard input and writes its standard output. `engine/road/program.rs` runs it.

use super::{Group, Key, Kind, Made, Program, ValueKind};

pub(super) const KIND: Kind = Kind {
    name: "exec",
    group: Group::Program,
    help: "passes the bytes through a shell command, which may contain commas and colons",
    keys: &[Key {
        name: "command",
        value: ValueKind::Literal,
        default: "",
        help: "run by sh -c; if it fails, the transfer fails",
    }],
    example: "seq 3 | tidegate -t exec='sed s/2/two/'",
    make: |settings| {
        // It is set: a SPEC without a command is refused.
        let command = settings.text("command").unwrap_or_default().to_owned();
        Made::Program(Program {
            command,
            stderr: None,
        })
    },
};
