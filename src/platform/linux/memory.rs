//! How much memory this process may use on Linux: that of the machine, or the limit of its control group.

use rustix::system::sysinfo;
use std::fs::read_to_string;
use std::path::Path;

/// The most memory that this process may use, in bytes.
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
pub(crate) fn memory() -> Option<u64> {
    let machine = sysinfo();
    let bytes = machine.totalram.saturating_mul(machine.mem_unit.into());
    Some(limit_of_groups().map_or(bytes, |limit| limit.min(bytes)))
}

/// The lowest limit of this process's control group and those above it, if any has one: `memory.max` in the kernel's "Control
/// Group v2".
fn limit_of_groups() -> Option<u64> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let limits = Path::new(group).ancestors().filter_map(limit_of_group);
    limits.min()
}

fn limit_of_group(group: &Path) -> Option<u64> {
    let file = Path::new("/sys/fs/cgroup").join(group).join("memory.max");
    // A group without a limit says "max".
    read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::memory;

    #[test]
    fn there_is_some_memory_and_less_than_addresses() {
        let bytes = memory().unwrap();
        assert!((16 << 20..1 << 56).contains(&bytes), "{bytes}");
    }
}
