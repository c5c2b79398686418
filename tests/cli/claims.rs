//! The calls by which the kernel road shares a file position with others, which races alone would show only sometimes.

use crate::tide::{Scratch, noise};
use crate::tracing::can_trace;

#[test]
fn what_goes_through_a_shared_position_is_claimed_before_it_is_moved() {
    if !can_trace() {
        return;
    }
    let it = Scratch::new();
    it.write("in", noise(2_500_000));
    let calls = "-e trace=lseek,splice,sendfile,copy_file_range";
    for line in [
        "$T in - >out",
        "cat in | $T - - >out",
        "$T - - <in >out",
        "$T - - <in | cat >out",
    ] {
        it.traced(calls, line).run().succeeds();
        let trace = it.trace();
        let calls: Vec<_> = trace
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let mut claimed = 0;
        let mut moved = 0;
        for (_, call) in calls {
            let result = call
                .rsplit_once("= ")
                .and_then(|(_, n)| n.trim().parse::<u64>().ok());
            if call.trim_start().starts_with("lseek") && call.contains("SEEK_CUR") {
                let n = call.split(", ").nth(1).and_then(|n| n.parse::<u64>().ok());
                claimed += n.unwrap_or(0);
            } else if call.contains('[') && result > Some(0) {
                moved += result.unwrap_or(0);
                assert!(moved <= claimed, "{line}: {trace}");
            }
        }
        let ends = 1 + u64::from(line == "$T - - <in >out");
        assert_eq!(
            (claimed, moved),
            (ends * 2_500_000, ends * 2_500_000),
            "{line}: {trace}"
        );
        assert!(it.read("out") == it.read("in"), "{line}");
    }
}
