//! More words for `tide`: system calls that are watched, or made to fail, by strace.

use crate::live::untested;
use crate::real_peers::is_here;
use crate::tide::{Cmd, Scratch};
use std::sync::OnceLock;

/// Whether strace is here and may trace; else that is said aloud.
pub(crate) fn can_trace() -> bool {
    static MAY: OnceLock<bool> = OnceLock::new();
    let may = || {
        let line = "strace -f -qq -o trace -e inject=splice:error=EINTR:when=9 true";
        Scratch::new().can(line)
    };
    if !is_here("strace") {
        return false;
    }
    let may = *MAY.get_or_init(may);
    if !may {
        untested("strace may not trace");
    }
    may
}

impl Scratch {
    /// A shell line in which `$T` is tidegate under strace with these arguments, whose words go into the file `trace`.
    pub(crate) fn traced(&self, strace: &str, line: &str) -> Cmd {
        // The arguments hold no quotes.
        let traced = line.replace("$T", &format!("strace -f -qq -o trace {strace} $T"));
        self.sh(&format!("set -o pipefail; {traced}"))
    }

    /// What strace wrote.
    #[track_caller]
    pub(crate) fn trace(&self) -> String {
        String::from_utf8_lossy(&self.read("trace")).into_owned()
    }
}

/// The shell line for tidegate with these flags between these ends; `$T` marks its place where more than it is there.
pub(crate) fn line(flags: &str, ends: &str) -> String {
    let tide = format!("$T {flags}");
    if ends.contains("$T") {
        ends.replace("$T", &tide)
    } else {
        format!("{tide} {ends}")
    }
}
