//! The peers people have: nc (netcat-openbsd), ncat and socat in both roles, tar and pv; byte for byte.
//!
//! A tool that is not here is said aloud and passed over, unless `CI_PEERS=1` asks for all of them.

use super::peer::{last_record, until, until_record};
use super::tide::{Done, Running, Scratch, noise};
use std::fs::{self, File};
use std::io::pipe;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What goes through all of them.
fn data() -> &'static [u8] {
    static DATA: OnceLock<Vec<u8>> = OnceLock::new();
    DATA.get_or_init(|| noise(20_000_000))
}

/// How tidegate and the tool find each other. A port of 0 is a free one; PORT is the one tidegate listens on.
const LISTENING_RECEIVERS: [&str; 7] = [
    "nc -l 127.0.0.1 0",
    "nc -N -l 127.0.0.1 0",
    "nc -d -l 127.0.0.1 0",
    "ncat -l 127.0.0.1 0",
    "ncat --recv-only -l 127.0.0.1 0",
    "socat -u TCP-LISTEN:0,bind=127.0.0.1 -",
    "socat - TCP-LISTEN:0,bind=127.0.0.1",
];
const CONNECTING_RECEIVERS: [&str; 7] = [
    "nc 127.0.0.1 PORT",
    "nc -N 127.0.0.1 PORT",
    "nc -d 127.0.0.1 PORT",
    "ncat 127.0.0.1 PORT",
    "ncat --recv-only 127.0.0.1 PORT",
    "socat -u TCP:127.0.0.1:PORT -",
    "socat - TCP:127.0.0.1:PORT",
];
const LISTENING_SENDERS: [&str; 6] = [
    "nc -N -l 127.0.0.1 0",
    "nc -q 0 -l 127.0.0.1 0",
    "ncat -l 127.0.0.1 0",
    "ncat --send-only -l 127.0.0.1 0",
    "socat -u - TCP-LISTEN:0,bind=127.0.0.1",
    "socat - TCP-LISTEN:0,bind=127.0.0.1",
];
const CONNECTING_SENDERS: [&str; 5] = [
    "nc -N 127.0.0.1 PORT",
    "ncat 127.0.0.1 PORT",
    "ncat --send-only 127.0.0.1 PORT",
    "socat -u - TCP:127.0.0.1:PORT",
    "socat - TCP:127.0.0.1:PORT",
];

/// Whether this program is here.
pub(crate) fn is_here(program: &str) -> bool {
    let found = Command::new("bash")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    let is_here = found.is_ok_and(|status| status.success());
    if !is_here {
        let wanted = std::env::var_os("CI_PEERS").is_some_and(|value| value == "1");
        assert!(!wanted, "no {program} here");
        eprintln!("skipped: no {program} here");
    }
    is_here
}

/// Starts a tool if it is here, with `from` as its input; its output goes to the file `out`.
fn tool(scratch: &Scratch, line: &str, from: impl Into<Stdio>) -> Option<Running> {
    let mut words = line.split(' ');
    let program = words.next().expect("a program");
    is_here(program).then(|| {
        let out = File::create(scratch.path("out")).expect("a file");
        let mut cmd = scratch.cmd(program).stdin(from).stdout(out);
        cmd.command.args(words);
        cmd.start()
    })
}

/// The address on which this process listens, asked of the system, since not every tool tells.
pub(crate) fn listens_on(tool: &Running) -> String {
    let mut port = None;
    until("the tool listens", || {
        let table = fs::read_to_string("/proc/net/tcp").expect("sockets");
        let directory = format!("/proc/{}/fd", tool.child.id());
        let names = fs::read_dir(directory).into_iter().flatten().flatten();
        let sockets: Vec<_> = names
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .filter_map(|name| inode(&name))
            .collect();
        port = table.lines().skip(1).find_map(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let is_ours = fields[3] == "0A" && sockets.iter().any(|it| it == fields[9]);
            is_ours.then(|| u16::from_str_radix(&fields[1][9..], 16).expect("a port"))
        });
        port.is_some()
    });
    format!("127.0.0.1:{}", port.expect("a port"))
}

fn inode(name: &Path) -> Option<String> {
    let name = name.to_str()?.strip_prefix("socket:[")?;
    Some(name.strip_suffix(']')?.to_owned())
}

/// tidegate listens, and is told; returns it and the tool's line with the port in it.
fn listening(scratch: &Scratch, args: &[&str], line: &str) -> (Running, String) {
    let mut tide = scratch.tide(args).start();
    let address = tide.listening();
    let port = address.rsplit(':').next().expect("a port");
    let line = line.replace("PORT", port);
    (tide, line)
}

#[track_caller]
fn all_is_well(line: &str, tide: &Done, tool: Running) {
    let told = tide.stderr.lines();
    let told: Vec<_> = told.filter(|it| !it.starts_with("listening on")).collect();
    assert_eq!((tide.code(), told), (0, vec![]), "{line}");
    let tool = tool.done();
    assert_eq!(tool.code(), 0, "{line}: {}", tool.stderr);
}

fn send_to(line: &str) {
    let (scratch, data) = (Scratch::new(), data());
    scratch.write("in", data);
    let args = ["--stats", "stats", "in"];
    let (tide, tool) = if line.contains("PORT") {
        let (tide, line) = listening(
            &scratch,
            &[&args[..], &["tcp-listen://127.0.0.1:0"]].concat(),
            line,
        );
        let Some(tool) = tool(&scratch, &line, Stdio::null()) else {
            return;
        };
        (tide, tool)
    } else {
        let Some(tool) = tool(&scratch, line, Stdio::null()) else {
            return;
        };
        let uri = format!("tcp://{}", listens_on(&tool));
        (scratch.tide([&args[..], &[&uri]].concat()).start(), tool)
    };
    all_is_well(line, &tide.done(), tool);
    assert_eq!(
        last_record(&scratch, "stats")["delivered"],
        "closed",
        "{line}"
    );
    assert!(scratch.read("out") == data, "{line}: other bytes arrived");
}

fn receive_from(line: &str) {
    let (scratch, data) = (Scratch::new(), data());
    scratch.write("in", data);
    let input = File::open(scratch.path("in")).expect("a file");
    let (tide, tool) = if line.contains("PORT") {
        let (tide, line) = listening(&scratch, &["tcp-listen://127.0.0.1:0", "got"], line);
        let Some(tool) = tool(&scratch, &line, input) else {
            return;
        };
        (tide, tool)
    } else {
        let Some(tool) = tool(&scratch, line, input) else {
            return;
        };
        let uri = format!("tcp://{}", listens_on(&tool));
        (scratch.tide([&uri, "got"]).start(), tool)
    };
    all_is_well(line, &tide.done(), tool);
    assert!(scratch.read("got") == data, "{line}: other bytes arrived");
}

#[apply(on_both_roads)]
fn tools_that_listen_get_every_byte() {
    for line in LISTENING_RECEIVERS {
        send_to(line);
    }
}

#[apply(on_both_roads)]
fn tools_that_connect_get_every_byte() {
    for line in CONNECTING_RECEIVERS {
        send_to(line);
    }
}

#[apply(on_both_roads)]
fn tools_that_listen_send_every_byte() {
    for line in LISTENING_SENDERS {
        receive_from(line);
    }
}

#[apply(on_both_roads)]
fn tools_that_connect_send_every_byte() {
    for line in CONNECTING_SENDERS {
        receive_from(line);
    }
}

/// At a terminal its input does not end, and neither does nc, though it has everything.
#[apply(on_both_roads)]
fn a_tool_that_does_not_close_has_acknowledged() {
    for line in ["nc 127.0.0.1 PORT", "ncat 127.0.0.1 PORT"] {
        let (terminal, _never_ends) = pipe().expect("a pipe");
        let (scratch, data) = (Scratch::new(), data());
        scratch.write("in", data);
        let uri = "tcp-listen://127.0.0.1:0#close-timeout=200ms";
        let (tide, line) = listening(&scratch, &["--stats", "stats", "in", uri], line);
        let Some(tool) = tool(&scratch, &line, terminal) else {
            continue;
        };
        tide.done().exits(0);
        assert_eq!(last_record(&scratch, "stats")["delivered"], "acknowledged");
        until("all of it is in the file", || {
            fs::metadata(scratch.path("out")).is_ok_and(|it| it.len() == data.len() as u64)
        });
        assert!(scratch.read("out") == data);
        drop(tool);
    }
}

/// `nc` without `-N` never says that its file has ended: how much there is must be known, or for how long to wait.
#[apply(on_both_roads)]
fn an_nc_that_does_not_tell_its_end_loses_nothing() {
    let endings: [(&[&str], i32); 2] = [
        (&["--take", "20000000"], 0),
        (&["--idle-timeout", "500ms"], 4),
    ];
    for (args, code) in endings {
        let (scratch, data) = (Scratch::new(), data());
        scratch.write("in", data);
        let input = File::open(scratch.path("in")).expect("a file");
        let Some(nc) = tool(&scratch, "nc -l 127.0.0.1 0", input) else {
            return;
        };
        let uri = format!("tcp://{}", listens_on(&nc));
        let tide = scratch.tide([args, &[&uri, "got"]].concat());
        tide.run().exits(code);
        assert!(scratch.read("got") == data);
    }
}

#[apply(on_both_roads)]
fn a_tool_that_is_killed_in_the_middle_is_no_success() {
    for line in ["nc -l 127.0.0.1 0", "ncat -l 127.0.0.1 0"] {
        let scratch = Scratch::new();
        let Some(tool) = tool(&scratch, line, Stdio::null()) else {
            continue;
        };
        let uri = format!("tcp://{}", listens_on(&tool));
        let args = ["--stats", "stats", "-i", "20ms", "zero:", &uri];
        let tide = scratch.tide(args).start();
        until_record(&scratch, "stats", |record| {
            record["bytes_out"].as_u64() > Some(0)
        });
        tool.signal("KILL");
        tide.done().fails_saying(1, &["writing to tcp", "at most"]);
    }
}

#[apply(on_both_roads)]
fn a_directory_goes_through_tar_on_both_sides() {
    let (scratch, data) = (Scratch::new(), noise(5_000_000));
    fs::create_dir_all(scratch.path("d/e")).expect("directories");
    scratch.write("d/e/big", &data);
    scratch.write("d/small", "hello");
    let line = "mkdir got && set -o pipefail && tar c d | $T | tar x -C got";
    scratch.sh(line).run().succeeds();
    assert!(scratch.read("got/d/e/big") == data);

    let mut receiver = scratch
        .sh("mkdir far && set -o pipefail && $T -q tcp-listen://127.0.0.1:0 | tar x -C far")
        .start();
    let address = receiver.listening();
    let line = format!("set -o pipefail; tar c d | $T - tcp://{address}");
    scratch.sh(&line).run().succeeds();
    receiver.done().exits(0);
    assert!(scratch.read("far/d/e/big") == data);
    assert_eq!(scratch.read("far/d/small"), b"hello");
}

#[apply(on_both_roads)]
fn it_stands_in_a_pipeline_as_cat_and_pv_do() {
    let (scratch, data) = (Scratch::new(), data());
    scratch.write("in", data);
    for (needed, line) in [
        ("cat", "cat in | $T | cat"),
        ("cat", "$T in | cat | $T - out && cat out"),
        ("cat", "$T <in | $T | $T | cat"),
        ("pv", "pv -q in | $T"),
        ("pv", "$T in | pv -q | $T"),
    ] {
        if is_here(needed) {
            let line = format!("set -o pipefail; {line}");
            scratch.sh(&line).run().succeeds().prints(data);
        }
    }
}

#[apply(on_both_roads)]
fn curl_gets_all_of_a_page_that_gzip_has_compressed() {
    if !is_here("curl") {
        return;
    }
    let scratch = Scratch::new();
    scratch.sh("seq 400000 >page").run().succeeds();
    let page = scratch.read("page");
    for spec in ["gzip", "gzip=workers:1"] {
        let body = scratch.tide(["-t", spec, "page"]).run().stdout;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        scratch.write("answer", [head.as_bytes(), &body].concat());
        let mut server = scratch.tide(["answer", "tcp-listen://127.0.0.1:0"]).start();
        let line = format!("curl -sS --compressed http://{}/", server.listening());
        scratch.sh(&line).run().succeeds().prints(&page);
        server.done().exits(0);
    }
}

#[apply(on_both_roads)]
fn a_gibibyte_arrives_byte_for_byte() {
    if std::env::var_os("TIDEGATE_TEST_BIG").is_none_or(|value| value != "1") {
        eprintln!("skipped: 1 GiB only with TIDEGATE_TEST_BIG=1");
        return;
    }
    let scratch = Scratch::new();
    let make = "$T 'random:#size=1G,seed=1' big";
    scratch.sh(make).run().succeeds();
    let mut receiver = scratch.tide(["tcp-listen://127.0.0.1:0", "out"]).start();
    let uri = format!("tcp://{}", receiver.listening());
    scratch.tide(["big", &uri]).run().succeeds();
    receiver.done().exits(0);
    scratch.sh("cmp big out").run().succeeds();
}
