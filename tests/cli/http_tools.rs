//! The web servers people have besides nginx: Python's and Node's, byte for byte, and who held up whom.

use super::real_peers::{is_here, listens_on};
use super::tide::{Running, Scratch, noise, records};
use std::net::TcpListener;

/// A program of the stream tutorials: it pauses the file when the socket is full, and goes on when it has drained. PUT stores a file.
/// At the end of each answer it says how often it has paused.
const NODE: &str = r"
const fs = require('fs');
const server = require('http').createServer((request, response) => {
  const path = '.' + request.url;
  if (request.method === 'PUT') {
    const out = fs.createWriteStream(path);
    request.on('data', (chunk) => { if (!out.write(chunk)) { request.pause(); out.once('drain', () => request.resume()); } });
    request.on('end', () => out.end(() => { response.statusCode = 201; response.end('stored\n'); }));
    return;
  }
  let pauses = 0;
  response.setHeader('Content-Length', fs.statSync(path).size);
  const file = fs.createReadStream(path);
  file.on('data', (chunk) => { if (!response.write(chunk)) { pauses += 1; file.pause(); response.once('drain', () => file.resume()); } });
  file.on('end', () => { response.end(); console.log('pauses ' + pauses); });
});
server.listen(0, '127.0.0.1');
";

/// A server in the directory of the test, if its program is here, and where it is.
fn server(it: &Scratch, line: &str) -> Option<(Running, String)> {
    let program = line.split(' ').next().unwrap();
    let server = is_here(program).then(|| it.sh(&format!("exec {line}")).start())?;
    let url = format!("http://{}", listens_on(&server));
    Some((server, url))
}

fn python(it: &Scratch) -> Option<(Running, String)> {
    // Not `-m http.server`, which knows no free port.
    let line = "python3 -c 'import http.server as h; s = h.ThreadingHTTPServer((\"127.0.0.1\", 0), h.SimpleHTTPRequestHandler); s.serve_forever()' 2>log";
    server(it, line)
}

fn node(it: &Scratch) -> Option<(Running, String)> {
    it.write("server.js", NODE);
    server(it, "node server.js")
}

fn end(server: Running) -> String {
    server.signal("TERM");
    let done = server.done();
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[apply(on_both_roads)]
fn what_python_serves_arrives() {
    let it = Scratch::new();
    let Some((server, url)) = python(&it) else {
        return;
    };
    let data = noise(20_000_000);
    it.write("a b", &data);
    it.tide([&format!("{url}/a b"), "out"]).run().exits(0);
    assert!(it.read("out") == data);
    it.tide([&format!("{url}/none"), "out"])
        .run()
        .fails_saying(1, &["the server answered 404 File not found"]);
    // It knows no ranges: what is to be skipped comes and is dropped.
    it.tide(["--skip", "19999990", &format!("{url}/a b"), "rest"])
        .run()
        .exits(0);
    assert!(it.read("rest") == data[19_999_990..]);
    // And no PUT.
    it.tide(["zero:#size=1G", &format!("{url}/x")])
        .run()
        .fails_saying(1, &["the server answered 501 Unsupported method ('PUT')"]);
    end(server);
}

#[apply(on_both_roads)]
fn what_node_serves_and_stores_is_whole() {
    let it = Scratch::new();
    let Some((server, url)) = node(&it) else {
        return;
    };
    let data = noise(20_000_000);
    it.write("in", &data);
    it.tide([&format!("{url}/in"), "out"]).run().exits(0);
    assert!(it.read("out") == data);
    for source in ["in", "-"] {
        let to = format!("{url}/stored");
        it.tide([source, &to, "--stats", "s"])
            .stdin(std::fs::File::open(it.path("in")).unwrap())
            .run()
            .exits(0);
        assert!(it.read("stored") == data);
        let end = records(&it.read("s")).pop().unwrap();
        assert_eq!(end["delivered"], "accepted");
    }
    end(server);
}

#[apply(on_both_roads)]
fn while_we_are_slow_node_pauses_and_so_do_we() {
    let it = Scratch::new();
    let Some((server, url)) = node(&it) else {
        return;
    };
    it.write("in", noise(32_000_000));
    let from = format!("{url}/in#rcvbuf=64K");
    // Node gives away 64 KiB at a time, and is held up by nearly each of them.
    it.tide(["-H", "64K", "--stats", "s", &from, "null:#rate=64M"])
        .run()
        .exits(0);
    let told = end(server);
    let pauses: u64 = told
        .trim()
        .strip_prefix("pauses ")
        .unwrap()
        .parse()
        .unwrap();
    let end = records(&it.read("s")).pop().unwrap();
    let ours = end["links"][0]["pauses"].as_u64().unwrap();
    assert!(pauses > 100, "node paused {pauses} times");
    assert!(ours > 10, "we paused {ours} times, and node {pauses} times");
    assert_eq!(end["bound_by"], "sink");
}

/// What a server has sent that nobody has taken, where the server's socket is at `local` (tcp(7), `/proc/net/tcp`).
fn queue(local: &str) -> u64 {
    let port: u16 = local.rsplit(':').next().unwrap().parse().unwrap();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let of = |line: &str| -> Option<u64> {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is_it = fields[1].ends_with(&format!(":{port:04X}")) && fields[3] == "01";
        let queue = fields[4].split(':').next()?;
        is_it.then(|| u64::from_str_radix(queue, 16).ok())?
    };
    table.lines().skip(1).filter_map(of).sum()
}

#[apply(on_both_roads)]
fn a_slow_sink_stops_the_server_and_its_queue_fills() {
    let it = Scratch::new();
    let Some((server, url)) = python(&it) else {
        return;
    };
    it.write("in", noise(64 << 20));
    let address = url.strip_prefix("http://").unwrap();
    let from = format!("{url}/in#rcvbuf=64K");
    let args = [
        "-H",
        "256K",
        "--stats",
        "s",
        "-i",
        "50ms",
        &from,
        "null:#stall=1M:3600s",
    ];
    let running = it.tide(args).start();
    super::peer::until("the server's queue is full", || queue(address) > 128 << 10);
    let mut last = (0, 0);
    super::peer::until("the source stands still", || {
        let bytes = std::fs::read(it.path("s")).unwrap_or_default();
        let lines = bytes.split(|it| *it == b'\n');
        let whole: Vec<_> = lines.filter(|it| it.ends_with(b"}")).collect();
        let Some(Ok(record)) = whole.last().map(|it| serde_json::from_slice(it)) else {
            return false;
        };
        let record: serde_json::Value = record;
        let now = (record["bytes_in"].as_u64().unwrap_or(0), whole.len());
        let stands = now.0 == last.0 && now.1 >= last.1 + 4;
        last = if now.0 == last.0 { last } else { now };
        stands
    });
    // What the sink has taken, and both marks.
    assert!(last.0 < (1 << 20) + (1 << 20), "{} bytes were read", last.0);
    running.signal("TERM");
    running.done().exits(143);
    end(server);
}

#[test]
fn a_server_that_is_gone_is_told_apart() {
    let it = Scratch::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for scheme in ["http", "https"] {
        it.tide([&format!("{scheme}://{address}/x"), "out"])
            .run()
            .fails_saying(1, &["Connection refused"]);
    }
}
