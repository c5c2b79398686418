//! The table of routes: what is measured and against whom. A new route is a new entry here.

use anyhow::Result;

use crate::harness::flags;
use crate::harness::peer::Peer;
use crate::kind::Kind;
use crate::network;
use crate::options::Options;
use crate::place::Place;
use crate::probes;
use crate::relays;
use crate::sample::Sample;
use crate::schedule::Run;
use crate::transfers;

/// One thing that is measured.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its name on the command line and in the report.
    pub(crate) name: &'static str,
    /// What happens in a run.
    pub(crate) about: &'static str,
    /// Which numbers count.
    pub(crate) kind: Kind,
    /// Where its files are.
    pub(crate) place: Place,
    /// Does one run.
    pub(crate) run: fn(&Run<'_>) -> Result<Sample>,
    /// The contenders; the first is tidegate, which the others are compared with.
    pub(crate) peers: &'static [Peer],
}

/// What marks tidegate's road through its own buffers, whatever road it takes by itself.
const BUFFERED: &str = " (buffered)";

/// What marks Node.js with the high-water marks it comes with.
const DEFAULTS: &str = " (its defaults)";

/// Who copies a file.
const FILE_TO_FILE: &[Peer] = &[
    Peer::new("{tidegate} -q {file} {out}"),
    Peer::noted("{tidegate} -q --road buffered {file} {out}", BUFFERED),
    Peer::new("cp {file} {out}").wanted(1.0),
    Peer::again("cp {file} {out}"),
    Peer::new("dd bs=1M status=none if={file} of={out}"),
    Peer::new("cat {file} > {out}"),
    Peer::new("pv -q {file} > {out}"),
    Peer::noted("mbuffer -q --no-direct -i {file} -o {out}", " (with fsync)"),
    Peer::new("socat -u -b 1048576 OPEN:{file} OPEN:{out},creat,trunc"),
    Peer::new("node {node} {file} {out}"),
];

/// Who can stand between two pipes, among them `pv` as it is named there.
const fn through_pipes(pv: Peer) -> [Peer; 12] {
    [
        Peer::new("{tidegate} -q"),
        Peer::noted("{tidegate} -q --road buffered", BUFFERED),
        Peer::new("cat"),
        Peer::again("cat"),
        Peer::new("dd bs=1M status=none"),
        pv,
        Peer::noted("pv -q -C", " (no splice)"),
        Peer::new("mbuffer -q"),
        Peer::new("socat -u -b 1048576 - -"),
        Peer::new("node {node} - -"),
        Peer::noted("node {node} - - defaults", DEFAULTS),
        // The harness itself: no contender can be faster than its two ends.
        Peer::nothing(""),
    ]
}

/// Every route, in the order of the report.
static ROUTES: &[Route] = &[
    Route {
        name: "file-pipe",
        about: "From a file in the page cache to the stdout pipe, which a costless reader (splice to /dev/null) \
                empties.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::file_to_pipe,
        peers: &[
            Peer::new("{tidegate} -q {file}"),
            Peer::noted("{tidegate} -q --road buffered {file}", BUFFERED),
            Peer::new("pv -q {file}").wanted(1.0),
            Peer::again("pv -q {file}"),
            Peer::new("cat {file}"),
            Peer::new("dd bs=1M status=none if={file}"),
            Peer::new("mbuffer -q --no-direct -i {file}"),
            Peer::new("socat -u -b 1048576 OPEN:{file} -"),
            Peer::new("node {node} {file} -"),
        ],
    },
    Route {
        name: "files-pipe",
        about: "As `file-pipe`, with the file three times over, one after the other.",
        kind: Kind::Files,
        place: Place::Data,
        run: transfers::file_to_pipe,
        peers: &[
            Peer::new("{tidegate} -q {file} {file} {file} -"),
            Peer::noted(
                "{tidegate} -q --road buffered {file} {file} {file} -",
                BUFFERED,
            ),
            Peer::new("cat {file} {file} {file}"),
            Peer::again("cat {file} {file} {file}"),
            Peer::new("pv -q {file} {file} {file}"),
        ],
    },
    Route {
        name: "pipe-pipe",
        about: "A costless writer (splice from the page cache) feeds the stdin pipe, a costless reader (splice to \
                /dev/null) empties the stdout pipe. The pipes are a shell's, 64 KiB: who wants them wider has to \
                widen them.",
        kind: Kind::Stream,
        place: Place::Data,
        run: transfers::pipe_to_pipe,
        peers: &through_pipes(Peer::noted("pv -q", " (splice)").wanted(1.0)),
    },
    Route {
        name: "wide-pipes",
        about: "As `pipe-pipe`, but both pipes hold 1 MiB from the start, so that waking up counts for less.",
        kind: Kind::Stream,
        place: Place::Data,
        run: transfers::wide_pipe_to_pipe,
        peers: &through_pipes(Peer::noted("pv -q", " (splice)")),
    },
    Route {
        name: "middle",
        about: "Between two cats, from a file in the page cache to /dev/null. The CPU time is the whole pipeline's.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::to_null,
        peers: &[
            Peer::new("cat {file} | {tidegate} -q | cat"),
            Peer::noted("cat {file} | {tidegate} -q --road buffered | cat", BUFFERED),
            Peer::new("cat {file} | cat | cat"),
            Peer::new("cat {file} | dd bs=1M status=none | cat"),
            Peer::new("cat {file} | pv -q | cat").wanted(2.0),
            Peer::again("cat {file} | pv -q | cat"),
            Peer::new("cat {file} | mbuffer -q | cat"),
            Peer::new("cat {file} | socat -u -b 1048576 - - | cat"),
            Peer::new("cat {file} | node {node} - - | cat"),
            Peer::nothing("cat {file} | cat").wanted(1.3),
        ],
    },
    Route {
        name: "small-writes",
        about: "As `middle`, but what feeds it writes 1.5 million times 64 bytes.",
        kind: Kind::Small,
        place: Place::Data,
        run: transfers::to_null,
        peers: &[
            Peer::new("dd if={file} bs=64 count=1500000 status=none | {tidegate} -q | cat"),
            Peer::noted(
                "dd if={file} bs=64 count=1500000 status=none | {tidegate} -q --road buffered | cat",
                BUFFERED,
            ),
            Peer::new("dd if={file} bs=64 count=1500000 status=none | cat | cat").wanted(1.0),
            Peer::again("dd if={file} bs=64 count=1500000 status=none | cat | cat"),
            Peer::new("dd if={file} bs=64 count=1500000 status=none | pv -q | cat"),
            Peer::nothing("dd if={file} bs=64 count=1500000 status=none | cat"),
        ],
    },
    Route {
        name: "small-marks",
        about: "As `middle`, with a high-water mark of 4 KiB.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::to_null,
        peers: &[
            Peer::new("cat {file} | {tidegate} -q -H 4K | cat"),
            Peer::new("cat {file} | cat | cat").wanted(0.8),
            Peer::again("cat {file} | cat | cat"),
            Peer::new("cat {file} | pv -q -B 4K | cat"),
        ],
    },
    Route {
        name: "file-tcp",
        about: "From a file in the page cache to a TCP receiver on the loopback that discards in the kernel.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::file_to_tcp,
        peers: &[
            Peer::new("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered {file} tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::noted("{versus} --pump {file} {port}", " (sendfile loop)").wanted(1.0),
            Peer::new("socat -u -b 1048576 OPEN:{file} TCP:127.0.0.1:{port}").wanted(1.4),
            Peer::again("socat -u -b 1048576 OPEN:{file} TCP:127.0.0.1:{port}"),
            Peer::new("pv -q {file} | nc -N 127.0.0.1 {port}").wanted(2.5),
            Peer::new("nc -N 127.0.0.1 {port} < {file}"),
            Peer::new("ncat --send-only 127.0.0.1 {port} < {file}"),
            Peer::new("mbuffer -q --no-direct -i {file} -O 127.0.0.1:{port}"),
            Peer::new("node {node} {file} tcp:{port}"),
            Peer::noted("node {node} {file} tcp:{port} defaults", DEFAULTS),
        ],
    },
    Route {
        name: "pipe-tcp",
        about: "A costless writer feeds the stdin pipe; from there to a TCP receiver that discards in the kernel.",
        kind: Kind::Stream,
        place: Place::Data,
        run: transfers::pipe_to_tcp,
        peers: &[
            Peer::new("{tidegate} -q - tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered - tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 - TCP:127.0.0.1:{port}").wanted(1.0),
            Peer::again("socat -u -b 1048576 - TCP:127.0.0.1:{port}"),
            Peer::new("nc -N 127.0.0.1 {port}"),
            Peer::new("ncat --send-only 127.0.0.1 {port}"),
            Peer::new("mbuffer -q -O 127.0.0.1:{port}"),
            Peer::new("node {node} - tcp:{port}"),
        ],
    },
    Route {
        name: "tcp-pipe",
        about: "From a TCP sender (sendfile from the page cache) to the stdout pipe, which a costless reader empties.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::tcp_to_pipe,
        peers: &[
            Peer::new("{tidegate} -q tcp://127.0.0.1:{from}"),
            Peer::noted(
                "{tidegate} -q --road buffered tcp://127.0.0.1:{from}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 TCP:127.0.0.1:{from} -"),
            Peer::again("socat -u -b 1048576 TCP:127.0.0.1:{from} -"),
            Peer::new("nc -d 127.0.0.1 {from}"),
            Peer::new("ncat --recv-only 127.0.0.1 {from}"),
            Peer::new("node {node} tcp:{from} -"),
        ],
    },
    Route {
        name: "tcp-file",
        about: "From a TCP sender (sendfile from the page cache) to a new file on a tmpfs.",
        kind: Kind::File,
        place: Place::Tmpfs,
        run: transfers::tcp_to_file,
        peers: &[
            Peer::new("{tidegate} -q tcp://127.0.0.1:{from} {out}"),
            Peer::noted(
                "{tidegate} -q --road buffered tcp://127.0.0.1:{from} {out}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 TCP:127.0.0.1:{from} OPEN:{out},creat,trunc")
                .wanted(1.0),
            Peer::again("socat -u -b 1048576 TCP:127.0.0.1:{from} OPEN:{out},creat,trunc"),
            Peer::new("nc -d 127.0.0.1 {from} > {out}"),
            Peer::new("ncat --recv-only 127.0.0.1 {from} > {out}"),
            Peer::new("node {node} tcp:{from} {out}"),
        ],
    },
    Route {
        name: "tcp-tcp",
        about: "From a TCP sender (sendfile from the page cache) to a TCP receiver that discards in the kernel; the \
                peer connects to both.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::tcp_to_tcp,
        peers: &[
            Peer::new("{tidegate} -q tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 TCP:127.0.0.1:{from} TCP:127.0.0.1:{port}").wanted(1.1),
            Peer::again("socat -u -b 1048576 TCP:127.0.0.1:{from} TCP:127.0.0.1:{port}"),
            Peer::new("nc -d 127.0.0.1 {from} | nc -N 127.0.0.1 {port}"),
            Peer::new("ncat --recv-only 127.0.0.1 {from} | ncat --send-only 127.0.0.1 {port}"),
            Peer::new("node {node} tcp:{from} tcp:{port}"),
        ],
    },
    Route {
        name: "file-unix",
        about: "From a file in the page cache to a receiver on a Unix socket with an abstract name, which copies and \
                discards.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::file_to_unix,
        peers: &[
            Peer::new("{tidegate} -q {file} unix:@{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered {file} unix:@{port}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 OPEN:{file} ABSTRACT-CONNECT:{port}"),
            Peer::again("socat -u -b 1048576 OPEN:{file} ABSTRACT-CONNECT:{port}"),
        ],
    },
    Route {
        name: "unix-unix",
        about: "From a sender on a Unix socket (sendfile from the page cache) to a receiver on another, which copies and \
                discards; the peer connects to both.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::unix_to_unix,
        peers: &[
            Peer::new("{tidegate} -q unix:@{from} unix:@{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered unix:@{from} unix:@{port}",
                BUFFERED,
            ),
            Peer::new("socat -u -b 1048576 ABSTRACT-CONNECT:{from} ABSTRACT-CONNECT:{port}"),
            Peer::again("socat -u -b 1048576 ABSTRACT-CONNECT:{from} ABSTRACT-CONNECT:{port}"),
        ],
    },
    network::TLS,
    network::HTTP_FILE,
    network::HTTPS_FILE,
    network::FILE_HTTP,
    Route {
        name: "relay",
        about: "Between two connections, in both directions at once: each end sends the data file (sendfile from the page cache) \
                and discards what comes. The peer connects to both.",
        kind: Kind::File,
        place: Place::Data,
        run: relays::both_ways,
        peers: &[
            Peer::new("{tidegate} -q --duplex tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered --duplex tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::new("socat -t 60 -b 1048576 TCP:127.0.0.1:{from} TCP:127.0.0.1:{port}")
                .wanted(1.1),
            Peer::again("socat -t 60 -b 1048576 TCP:127.0.0.1:{from} TCP:127.0.0.1:{port}"),
        ],
    },
    Route {
        name: "relay-round-trips",
        about: "Between two connections, 20,000 messages of 64 bytes there and back, each after the answer to the one before.",
        kind: Kind::RoundTrips,
        place: Place::Data,
        run: relays::round_trips,
        peers: &[
            Peer::new("{tidegate} -q --duplex tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered --duplex tcp://127.0.0.1:{from} tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::new("socat TCP:127.0.0.1:{from},nodelay TCP:127.0.0.1:{port},nodelay")
                .wanted(0.95),
            Peer::again("socat TCP:127.0.0.1:{from},nodelay TCP:127.0.0.1:{port},nodelay"),
        ],
    },
    Route {
        name: "file-3pipes",
        about: "From a file in the page cache to three cats, of which the last reads from the stdout pipe. The CPU time is that of \
                all.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::to_null,
        peers: &[
            Peer::new(
                "{tidegate} -q {file} --tee exec:cat>/dev/null --tee exec:cat>/dev/null - | cat",
            ),
            Peer::noted(
                "{tidegate} -q --road buffered {file} --tee exec:cat>/dev/null --tee exec:cat>/dev/null - | cat",
                BUFFERED,
            ),
            Peer::noted("bash {shell}/three.sh {file} | cat", " (tee)").wanted(3.0),
            Peer::again("bash {shell}/three.sh {file} | cat"),
            Peer::new("pee cat>/dev/null cat>/dev/null cat < {file} | cat").wanted(3.0),
        ],
    },
    Route {
        name: "pipe-file-pipe",
        about: "From a cat to a new file on a tmpfs and to another cat. The CPU time is that of all.",
        kind: Kind::File,
        place: Place::Tmpfs,
        run: transfers::to_null,
        peers: &[
            Peer::new("cat {file} | {tidegate} -q --tee {out} | cat"),
            Peer::noted(
                "cat {file} | {tidegate} -q --road buffered --tee {out} | cat",
                BUFFERED,
            ),
            Peer::new("cat {file} | tee {out} | cat").wanted(1.3),
            Peer::again("cat {file} | tee {out} | cat"),
        ],
    },
    Route {
        name: "file-2tcp",
        about: "From a file in the page cache to two TCP receivers on the loopback that discard in the kernel.",
        kind: Kind::File,
        place: Place::Data,
        run: transfers::file_to_two_tcp,
        peers: &[
            Peer::new("{tidegate} -q {file} --tee tcp://127.0.0.1:{other} tcp://127.0.0.1:{port}"),
            Peer::noted(
                "{tidegate} -q --road buffered {file} --tee tcp://127.0.0.1:{other} tcp://127.0.0.1:{port}",
                BUFFERED,
            ),
            Peer::noted(
                "bash {shell}/two.sh {file} {port} {other}",
                " (socat -u -b 1048576, twice)",
            )
            .wanted(1.5),
            Peer::noted("bash {shell}/two.sh {file} {port} {other}", " (itself)"),
        ],
    },
    Route {
        name: "file-file-tmpfs",
        about: "From a file to a new one, both on a tmpfs.",
        kind: Kind::File,
        place: Place::Tmpfs,
        run: transfers::file_to_file,
        peers: FILE_TO_FILE,
    },
    Route {
        name: "file-file-disk",
        about: "From a file in the page cache to a new one on the same disk. Nobody waits until it is written back.",
        kind: Kind::File,
        place: Place::Disk,
        run: transfers::file_to_file,
        peers: FILE_TO_FILE,
    },
    Route {
        name: "command-file",
        about: "From the output of a command, which reads a file, to a new file, both on a tmpfs.",
        kind: Kind::File,
        place: Place::Tmpfs,
        run: transfers::file_to_file,
        peers: &[
            Peer::new("{tidegate} -q exec:cat<{file} {out}"),
            Peer::noted(
                "{tidegate} -q --road buffered exec:cat<{file} {out}",
                BUFFERED,
            ),
            Peer::new("cat < {file} | cat > {out}").wanted(0.95),
            Peer::again("cat < {file} | cat > {out}"),
        ],
    },
    Route {
        name: "file-command",
        about: "From a file to the input of a command, which writes a new file, both on a tmpfs.",
        kind: Kind::File,
        place: Place::Tmpfs,
        run: transfers::file_to_file,
        peers: &[
            Peer::new("{tidegate} -q {file} exec:cat>{out}"),
            Peer::noted(
                "{tidegate} -q --road buffered {file} exec:cat>{out}",
                BUFFERED,
            ),
            Peer::new("cat < {file} | cat > {out}").wanted(0.95),
            Peer::again("cat < {file} | cat > {out}"),
        ],
    },
    Route {
        name: "display",
        about: "As `pipe-pipe`, with the live display drawn on a terminal ten times a second, with status lines, with \
                records, and with none of them.",
        kind: Kind::Stream,
        place: Place::Data,
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
        place: Place::Data,
        run: transfers::file_to_tcp,
        peers: &[
            Peer::new("{tidegate} -p bar {file} tcp://127.0.0.1:{port} 2> tty"),
            Peer::new("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
            Peer::again("{tidegate} -q {file} tcp://127.0.0.1:{port}"),
        ],
    },
    Route {
        name: "seen-kernel",
        about: "As `pipe-pipe` on the kernel road, with everything on that shows something, and with nothing.",
        kind: Kind::Stream,
        place: Place::Data,
        run: transfers::pipe_to_pipe,
        peers: &[
            Peer::new(
                "{tidegate} --road kernel -p bar --stats /dev/null --trace {out} --plot {picture} 2> tty",
            ),
            Peer::new("{tidegate} --road kernel -q").wanted(0.95),
            Peer::again("{tidegate} --road kernel -q"),
        ],
    },
    Route {
        name: "seen-buffered",
        about: "The same on the buffered road.",
        kind: Kind::Stream,
        place: Place::Data,
        run: transfers::pipe_to_pipe,
        peers: &[
            Peer::new(
                "{tidegate} --road buffered -p bar --stats /dev/null --trace {out} --plot {picture} 2> tty",
            ),
            Peer::new("{tidegate} --road buffered -q").wanted(0.95),
            Peer::again("{tidegate} --road buffered -q"),
        ],
    },
    Route {
        name: "empty",
        about: "Start to finish with nothing to do: stdin and stdout are /dev/null.",
        kind: Kind::Startup,
        place: Place::Data,
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
        place: Place::Data,
        run: probes::memory,
        peers: &[Peer::new("{tidegate} -q")],
    },
    Route {
        name: "latency",
        about: "From writing 11 bytes into the open stdin pipe until they came out of the stdout pipe, 2 ms apart.",
        kind: Kind::Latency,
        place: Place::Data,
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

/// A route that was asked for.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// The route.
    pub(crate) route: &'static Route,
    /// Why it cannot be measured here, if that is so.
    pub(crate) left_out: Option<String>,
}

impl Chosen {
    /// Whether it will read the data file in one of `places`.
    pub(crate) fn reads(&self, places: &[Place]) -> bool {
        let reads = self.left_out.is_none() && self.route.kind.uses_data();
        reads && places.contains(&self.route.place)
    }
}

/// The routes that are asked for, in the order of the table; all of them if none is.
pub(crate) fn choose(options: &Options) -> Result<Vec<Chosen>> {
    let routes = flags::choose("route", ROUTES, &options.routes, |it| vec![it.name])?;
    let chosen = |route: &'static Route| Chosen {
        route,
        left_out: route.place.refusal(options),
    };
    Ok(routes.into_iter().map(chosen).collect())
}
