//! The table of routes: what is measured and against whom. A new route is a new entry here.

use anyhow::{Result, bail};
use serde::Serialize;

use crate::command::Peer;
use crate::options::Options;
use crate::probes::{self, MESSAGE};
use crate::sample::Sample;
use crate::schedule::Run;
use crate::transfers;

/// Rounds of the memory route: a peak hardly varies, and its transfers are long.
const MEMORY_ROUNDS: u32 = 3;

/// One thing that is measured.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its name on the command line and in the report.
    pub(crate) name: &'static str,
    /// What happens in a run.
    pub(crate) about: &'static str,
    /// Which numbers count.
    pub(crate) kind: Kind,
    /// Does one run.
    pub(crate) run: fn(&Run<'_>) -> Result<Sample>,
    /// The contenders; the first is tidegate, which the others are compared with.
    pub(crate) peers: &'static [Peer],
}

/// The kinds of measurement; each has its sizes, its number of rounds and its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The time for `--size` bytes.
    Stream,
    /// The time for the data file.
    File,
    /// The time for nothing at all.
    Startup,
    /// Peak memory for each of `--memory-sizes`.
    Memory,
    /// The time for one short message.
    Latency,
}

impl Kind {
    /// The transfers to make, in bytes.
    pub(crate) fn sizes(self, options: &Options) -> Vec<u64> {
        match self {
            Self::Stream => vec![options.size],
            Self::File => vec![options.file_size()],
            Self::Startup => vec![0],
            Self::Memory => options.memory_sizes.clone(),
            Self::Latency => vec![MESSAGE.len() as u64],
        }
    }

    /// Whether the data file is read.
    pub(crate) fn uses_data(self) -> bool {
        !matches!(self, Self::Startup | Self::Latency)
    }

    /// The rounds to record.
    pub(crate) fn rounds(self, options: &Options) -> u32 {
        match self {
            Self::Stream | Self::File => options.runs,
            Self::Latency => options.runs.min(options.latency_reps),
            Self::Startup => options.empty_runs,
            Self::Memory => options.runs.min(MEMORY_ROUNDS),
        }
    }
}

/// Who can stand between two pipes.
const THROUGH_PIPES: &[Peer] = &[
    Peer::new("{tidegate} -q"),
    Peer::new("cat"),
    Peer::again("cat"),
    Peer::noted("pv -q", " (splice)"),
    Peer::noted("pv -q -C", " (no splice)"),
    Peer::new("mbuffer -q"),
    Peer::new("socat -u -b 1048576 - -"),
    // The harness itself: no contender can be faster than its two ends.
    Peer::new(""),
];

/// Every route, in the order of the report.
static ROUTES: &[Route] = &[
    Route {
        name: "pipe-pipe",
        about: "A costless writer (splice from the page cache) feeds the stdin pipe, a costless reader (splice to \
                /dev/null) empties the stdout pipe. The pipes are a shell's, 64 KiB: who wants them wider has to \
                widen them.",
        kind: Kind::Stream,
        run: transfers::pipe_to_pipe,
        peers: THROUGH_PIPES,
    },
    Route {
        name: "wide-pipes",
        about: "As `pipe-pipe`, but both pipes hold 1 MiB from the start, so that waking up counts for less.",
        kind: Kind::Stream,
        run: transfers::wide_pipe_to_pipe,
        peers: THROUGH_PIPES,
    },
    Route {
        name: "middle",
        about: "Between two cats, from a file in the page cache to /dev/null. The CPU time is the whole pipeline's.",
        kind: Kind::File,
        run: transfers::to_null,
        peers: &[
            Peer::new("cat {file} | {tidegate} -q | cat"),
            Peer::new("cat {file} | cat | cat"),
            Peer::new("cat {file} | pv -q | cat"),
            Peer::new("cat {file} | mbuffer -q | cat"),
            Peer::noted("cat {file} | cat", " (nothing between)"),
        ],
    },
    Route {
        name: "file-tcp",
        about: "From a file in the page cache to a TCP receiver on the loopback that discards in the kernel.",
        kind: Kind::File,
        run: transfers::to_tcp,
        peers: &[
            Peer::new("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
            Peer::new("socat -u -b 1048576 OPEN:{file} TCP:127.0.0.1:{port}"),
            Peer::again("socat -u -b 1048576 OPEN:{file} TCP:127.0.0.1:{port}"),
            Peer::new("pv -q {file} | nc -N 127.0.0.1 {port}"),
            Peer::new("nc -N 127.0.0.1 {port} < {file}"),
        ],
    },
    Route {
        name: "display",
        about: "As `pipe-pipe`, with the live display drawn on a terminal ten times a second, with status lines, with \
                records, and with none of them.",
        kind: Kind::Stream,
        run: transfers::pipe_to_pipe,
        peers: &[
            Peer::new("{tidegate} -p bar 2> tty"),
            Peer::new("{tidegate} -q"),
            Peer::again("{tidegate} -q"),
            Peer::new("{tidegate} -p line -i 100ms"),
            Peer::new("{tidegate} -p json -i 100ms"),
        ],
    },
    Route {
        name: "display-tcp",
        about: "As `file-tcp`, with the live display and without.",
        kind: Kind::File,
        run: transfers::to_tcp,
        peers: &[
            Peer::new("{tidegate} -p bar {file} tcp://127.0.0.1:{port} 2> tty"),
            Peer::new("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
            Peer::again("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
        ],
    },
    Route {
        name: "empty",
        about: "Start to finish with nothing to do: stdin and stdout are /dev/null.",
        kind: Kind::Startup,
        run: transfers::nothing,
        peers: &[
            Peer::new("{tidegate} -q"),
            Peer::new("socat -u - -"),
            Peer::new("cat"),
            Peer::again("cat"),
            Peer::new("pv -q"),
        ],
    },
    Route {
        name: "memory",
        about: "Peak resident memory (VmHWM) as in `pipe-pipe`, read when all bytes have come out and stdin is open.",
        kind: Kind::Memory,
        run: probes::memory,
        peers: &[Peer::new("{tidegate} -q")],
    },
    Route {
        name: "latency",
        about: "From writing 11 bytes into the open stdin pipe until they came out of the stdout pipe, 2 ms apart.",
        kind: Kind::Latency,
        run: probes::latency,
        peers: &[
            Peer::new("{tidegate} -q"),
            Peer::new("{tidegate} -q -c 4K"),
            Peer::new("{tidegate} -q -c 4M -H 8M"),
            Peer::new("cat"),
            Peer::again("cat"),
            Peer::new("pv -q"),
            Peer::new("socat -u - -"),
        ],
    },
];

/// The routes of these names, in the order of the table; all of them for no names.
pub(crate) fn choose(names: &[String]) -> Result<Vec<&'static Route>> {
    for name in names {
        if !ROUTES.iter().any(|route| route.name == name) {
            let known: Vec<_> = ROUTES.iter().map(|route| route.name).collect();
            bail!("no route `{name}`: there are {}", known.join(", "));
        }
    }
    let wanted = |route: &&Route| names.is_empty() || names.iter().any(|name| name == route.name);
    Ok(ROUTES.iter().filter(wanted).collect())
}
