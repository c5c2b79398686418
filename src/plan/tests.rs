//! Planning depends on nothing but the command line and the facts that it is given.

use super::{Facts, Plan};
use crate::cli::Cli;
use crate::endpoint::{Inherited, SizeAt, World};
use crate::show::{StderrKind, Theme};
use crate::transform::Made;
use clap::Parser;
use rustix::io::Errno;
use rustix::net::SocketType;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::RawFd;
use std::path::Path;

/// A world that is made up. Nothing is where it is not said to be.
#[derive(Default)]
struct MadeUp {
    files: Vec<(&'static str, SizeAt)>,
    names: Vec<(&'static str, RawFd)>,
    descriptors: Vec<(RawFd, Inherited)>,
    zones: Vec<(&'static str, u32)>,
    variables: Vec<(&'static str, &'static str)>,
    memory: Option<u64>,
}

fn found<K: PartialEq, V: Copy>(all: &[(K, V)], key: &K) -> Option<V> {
    let found = all.iter().find(|(it, _)| it == key);
    found.map(|(_, value)| *value)
}

impl MadeUp {
    fn file(&self, path: &Path) -> Option<SizeAt> {
        found(&self.files, &path.to_str()?)
    }
}

impl World for MadeUp {
    fn exists(&self, path: &Path) -> bool {
        self.file(path).is_some()
    }

    fn size_at(&self, path: &Path) -> io::Result<SizeAt> {
        self.file(path).ok_or(Errno::NOENT.into())
    }

    fn descriptor_named(&self, path: &Path) -> Option<RawFd> {
        found(&self.names, &path.to_str()?)
    }

    fn inherited(&self, fd: RawFd) -> io::Result<Inherited> {
        found(&self.descriptors, &fd).ok_or(Errno::BADF.into())
    }

    fn in_zone(&self, address: Ipv6Addr, zone: &str, port: u16) -> Option<SocketAddr> {
        let zone = self.zones.iter().find(|(name, _)| *name == zone)?.1;
        Some(SocketAddrV6::new(address, port, 0, zone).into())
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        let set = self.variables.iter().find(|(it, _)| *it == name);
        set.map(|(_, value)| value.into())
    }

    fn memory(&self) -> Option<u64> {
        self.memory
    }
}

fn plan_at(stderr: StderrKind, world: &MadeUp, line: &str) -> Result<Plan, String> {
    let cli = Cli::parse_from(["tidegate"].into_iter().chain(line.split(' ')));
    let facts = Facts {
        stderr,
        theme: Theme {
            name: None,
            colour: true,
            unicode: false,
        },
        world,
        listens_as_process: true,
    };
    Plan::from_cli(&cli, &facts).map_err(|error| error.to_string())
}

fn plan(world: &MadeUp, line: &str) -> Result<Plan, String> {
    plan_at(StderrKind::Log, world, line)
}

#[test]
fn a_machine_with_little_memory_gets_smaller_buffers_and_says_so() {
    let world = MadeUp {
        memory: Some(64 << 20),
        ..MadeUp::default()
    };
    let plan = plan(&world, "-H 1G -t lines zero: null:").unwrap();
    assert_eq!(plan.marks.writable, 8 << 20);
    assert!(
        plan.cut_sizes[0].starts_with("--high-water-mark 1073741824 is more"),
        "{:?}",
        plan.cut_sizes
    );
    let unknown = self::plan(&MadeUp::default(), "-H 1G zero: null:").unwrap();
    assert_eq!(unknown.marks.writable, 1 << 30);
}

#[test]
fn a_descriptor_has_to_be_open_and_to_be_a_stream() {
    let world = MadeUp {
        names: vec![("/dev/stdin", 0), ("link", 5)],
        descriptors: vec![
            (0, Inherited::Other),
            (4, Inherited::Socket(SocketType::STREAM)),
            (5, Inherited::Socket(SocketType::DGRAM)),
        ],
        ..MadeUp::default()
    };
    for line in ["- null:", "/dev/stdin null:", "fd:4 null:", "zero: fd:4"] {
        assert!(plan(&world, line).is_ok(), "{line}");
    }
    for (line, why) in [
        ("fd:3 null:", "fd:3 is not open"),
        ("zero: -", "standard output is not open"),
        ("fd:5 null:", "fd:5: a datagram socket keeps messages apart"),
        (
            "link null:",
            "link: the inherited descriptor 5: a datagram socket",
        ),
        (
            "zero: file:link#atomic",
            "link: this is the open descriptor 5",
        ),
    ] {
        let refused = plan(&world, line).unwrap_err();
        assert!(refused.starts_with(why), "{line}: {refused}");
    }
}

#[test]
fn a_name_like_a_scheme_is_a_path_where_there_is_such_a_file() {
    let world = MadeUp {
        files: vec![("backup:today", SizeAt::File(9))],
        ..MadeUp::default()
    };
    let plan = plan(&world, "backup:today null:").unwrap();
    assert_eq!(plan.source.end.path(), Some(Path::new("backup:today")));
    let refused = self::plan(&world, "backup:yesterday null:").unwrap_err();
    assert!(
        refused.starts_with("unknown scheme 'backup:'") && refused.contains("./backup:yesterday"),
        "{refused}"
    );
}

#[test]
fn the_size_at_a_path_is_expected_and_that_of_a_device_is_asked_later() {
    let world = MadeUp {
        files: vec![
            ("like", SizeAt::File(9)),
            ("disk", SizeAt::BlockDevice),
            ("pipe", SizeAt::Neither),
        ],
        ..MadeUp::default()
    };
    let like = plan(&world, "--size @like zero: null:").unwrap();
    assert_eq!((like.size, like.stated_size(None)), (Some(9), Some(9)));
    let disk = plan(&world, "--size @disk zero: null:").unwrap();
    assert_eq!(disk.size_of_device.as_deref(), Some(Path::new("disk")));
    assert_eq!(
        (disk.stated_size(None), disk.stated_size(Some(7))),
        (None, Some(7))
    );
    for (line, why) in [
        ("--size @pipe zero: null:", "--size @pipe: not a file"),
        ("--size @none zero: null:", "--size @none: No such file"),
    ] {
        let refused = plan(&world, line).unwrap_err();
        assert!(refused.starts_with(why), "{line}: {refused}");
    }
}

#[test]
fn the_zone_of_an_address_is_an_interface_of_the_world() {
    let world = MadeUp {
        zones: vec![("wire7", 7)],
        ..MadeUp::default()
    };
    let at = |zone| format!("tcp://[fe80::1]:9#bind=fe80::2%{zone} null:");
    let plan = plan(&world, &at("wire7")).unwrap();
    assert_eq!(plan.source.options.given, ["bind=fe80::2%7"]);
    let refused = self::plan(&world, &at("wire8")).unwrap_err();
    assert!(
        refused.ends_with("'wire8' is not a network interface of this machine"),
        "{refused}"
    );
}

#[test]
fn what_is_shown_suits_what_standard_error_is() {
    let plan = plan_at(
        StderrKind::Terminal,
        &MadeUp::default(),
        "-N it zero: null:",
    )
    .unwrap();
    assert_eq!(plan.show.stderr, StderrKind::Terminal);
    assert_eq!(plan.show.theme.named("text"), "it: text");
    assert!(plan.show.theme.colour);
}

#[test]
fn a_plan_makes_its_transforms_as_often_as_it_is_asked() {
    let plan = plan(&MadeUp::default(), "-t lines -t exec=cat zero: null:").unwrap();
    for _ in 0..2 {
        let made = plan.make_transforms();
        assert!(
            matches!(&made[..], [Made::Steps(_), Made::Program(it)] if it.command == "cat"),
            "{made:?}"
        );
    }
    assert_eq!(plan.transform_names(), ["lines", "exec"]);
}

#[test]
fn the_sink_is_told_a_size_only_where_it_is_that_of_what_comes_to_it() {
    for (line, from_the_source, at_the_sink) in [
        ("zero: null:", Some(9), Some(9)),
        ("zero: null:", None, None),
        ("-t lines zero: null:", Some(9), Some(9)),
        ("-t crlf zero: null:", Some(9), None),
        ("-t crlf --expect-size 5 zero: null:", Some(9), Some(5)),
        ("--expect-size 5 zero: null:", Some(9), Some(5)),
    ] {
        let plan = plan(&MadeUp::default(), line).unwrap();
        assert_eq!(plan.size_for_sink(from_the_source), at_the_sink, "{line}");
    }
}
