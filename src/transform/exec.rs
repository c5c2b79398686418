//! `exec=COMMAND`: any program that reads its standard input and writes its standard output. `engine/road/program.rs` runs it.

use super::{Group, Key, Kind, Made, Program, ValueKind};

pub(super) const KIND: Kind = Kind {
    name: "exec",
    group: Group::Program,
    help: "passes bytes through a command of the shell; a comma or a colon in it is taken as it stands",
    keys: &[Key {
        name: "command",
        value: ValueKind::Literal,
        default: "",
        help: "run by sh -c; that it fails is a failure of the transfer",
    }],
    example: "seq 3 | tidegate -t exec='sed s/2/two/'",
    make: |settings| {
        // It is set: a SPEC without a command is refused.
        let command = settings.text("command").unwrap_or_default().to_owned();
        Made::Program(Program { command })
    },
};
