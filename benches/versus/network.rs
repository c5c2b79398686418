//! The routes over TLS and HTTP, with what they need besides the ends: certificates, and a web server of another project.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::data::{DATA, OUT};
use crate::ends::Ports;
use crate::harness::peer::{Peer, Stage};
use crate::harness::pipeline::Pipeline;
use crate::harness::process::Process;
use crate::harness::stop::Deadline;
use crate::harness::timing::Clock;
use crate::kind::Kind;
use crate::place::Place;
use crate::routes::Route;
use crate::sample::Sample;
use crate::schedule::{CERTIFICATE, Run};

/// How long a server is waited for before it is tried again.
const NEXT_TRY: Duration = Duration::from_millis(2);

/// Both ends of a connection by TLS are programs of the same project.
pub(crate) const TLS: Route = Route {
    name: "file-tls-null",
    about: "From a file in the page cache over TLS to a second process of the same program, which discards. The CPU time is that \
            of both.",
    kind: Kind::File,
    place: Place::Data,
    run: over_tls,
    peers: &[
        Peer::new(
            "bash {shell}/both.sh {port} {tidegate} -q tls-listen://127.0.0.1:{port}#cert={pem} null: -- \
             {tidegate} -q {file} tls://127.0.0.1:{port}#ca={pem}",
        ),
        Peer::new(
            "bash {shell}/both.sh {port} socat -u -b 1048576 OPENSSL-LISTEN:{port},cert={pem},verify=0 /dev/null -- \
             socat -u -b 1048576 OPEN:{file} OPENSSL:127.0.0.1:{port},verify=0",
        )
        .wanted(1.6),
        Peer::noted(
            "bash {shell}/both.sh {port} socat -u -b 1048576 OPENSSL-LISTEN:{port},cert={pem},verify=0 /dev/null -- \
             socat -u -b 1048576 OPEN:{file} OPENSSL:127.0.0.1:{port},verify=0",
            " (itself)",
        ),
        Peer::new(
            "bash {shell}/both.sh {port} bash {shell}/any_status.sh ncat --ssl --ssl-cert {pem} --ssl-key {pem} -l 127.0.0.1 {port} --recv-only -- \
             ncat --ssl --send-only 127.0.0.1 {port} < {file} > /dev/null",
        )
        .wanted(1.8),
    ],
};

/// A download.
pub(crate) const HTTP_FILE: Route = Route {
    name: "http-file",
    about: "GET from nginx (sendfile from a tmpfs) to a new file on the tmpfs. The CPU time is the client's.",
    kind: Kind::File,
    place: Place::Tmpfs,
    run: from_nginx,
    peers: &[
        Peer::new("{tidegate} -q http://127.0.0.1:{from}/data {out}"),
        Peer::noted(
            "{tidegate} -q --road buffered http://127.0.0.1:{from}/data {out}",
            " (buffered)",
        ),
        Peer::new("curl -s --noproxy * -o {out} http://127.0.0.1:{from}/data").wanted(1.15),
        Peer::again("curl -s --noproxy * -o {out} http://127.0.0.1:{from}/data"),
    ],
};

/// A download by TLS.
pub(crate) const HTTPS_FILE: Route = Route {
    name: "https-file",
    about: "GET by TLS from nginx to a new file on the tmpfs. The CPU time is the client's.",
    kind: Kind::File,
    place: Place::Tmpfs,
    run: from_nginx_by_tls,
    peers: &[
        Peer::new("{tidegate} -q https://127.0.0.1:{from}/data#ca={pem} {out}"),
        Peer::new("curl -s --noproxy * --cacert {pem} -o {out} https://127.0.0.1:{from}/data")
            .wanted(1.0),
        Peer::again("curl -s --noproxy * --cacert {pem} -o {out} https://127.0.0.1:{from}/data"),
    ],
};

/// An upload.
pub(crate) const FILE_HTTP: Route = Route {
    name: "file-http",
    about: "PUT from a file on a tmpfs to nginx, which stores it on the same tmpfs. The CPU time is the client's.",
    kind: Kind::File,
    place: Place::Tmpfs,
    run: to_nginx,
    peers: &[
        Peer::new("{tidegate} -q {file} http://127.0.0.1:{port}/out"),
        Peer::noted(
            "{tidegate} -q --road buffered {file} http://127.0.0.1:{port}/out",
            " (buffered)",
        ),
        Peer::new("curl -s --noproxy * -T {file} http://127.0.0.1:{port}/out").wanted(0.95),
        Peer::again("curl -s --noproxy * -T {file} http://127.0.0.1:{port}/out"),
    ],
};

fn over_tls(run: &Run<'_>) -> Result<Sample> {
    write_certificate(run)?;
    let deadline = Deadline::of_run();
    let port = free_port()?;
    let stages = run.stages(&Ports {
        to: port.to_string(),
        ..Ports::default()
    });
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, Stdio::null(), Stdio::null())?;
    pipeline.wait(deadline)?;
    let wall = clock.wall();
    pipeline.reap()?;
    Ok(Sample::new(run.bytes, clock.timing(wall)?))
}

fn from_nginx(run: &Run<'_>) -> Result<Sample> {
    with_nginx(run, "")
}

fn from_nginx_by_tls(run: &Run<'_>) -> Result<Sample> {
    write_certificate(run)?;
    with_nginx(run, "ssl")
}

fn to_nginx(run: &Run<'_>) -> Result<Sample> {
    with_nginx(run, "")
}

/// Runs the peer with a server, and sees that the file that is written has all bytes then.
fn with_nginx(run: &Run<'_>, how: &str) -> Result<Sample> {
    let deadline = Deadline::of_run();
    let port = free_port()?;
    let mut server = Process::spawn(&nginx(run, how, port)?, Stdio::null(), Stdio::null())?;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        deadline.check().with_context(|| server.complaint())?;
        sleep(NEXT_TRY);
    }
    let stages = run.stages(&Ports {
        from: port.to_string(),
        to: port.to_string(),
        ..Ports::default()
    });
    let clock = Clock::start()?;
    let mut pipeline = Pipeline::spawn(&stages, Stdio::null(), Stdio::null())?;
    pipeline.wait(deadline)?;
    let wall = clock.wall();
    pipeline.reap()?;
    let timing = clock.timing(wall)?;
    // Its CPU time is not the peer's, so it is reaped last.
    server.kill()?;
    let bytes = fs::metadata(run.files.path(OUT)).context("there is no file")?;
    ensure!(
        bytes.len() == run.bytes,
        "{} bytes arrived instead of {}",
        bytes.len(),
        run.bytes
    );
    Ok(Sample::new(run.bytes, timing))
}

/// An nginx that serves the files of the route and stores what is PUT there.
fn nginx(run: &Run<'_>, how: &str, port: u16) -> Result<Stage> {
    let at = |name: &str| run.files.path(name);
    let (root, pem) = (at(""), at(CERTIFICATE));
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|it| format!("{it}_temp_path {};", at(&format!("nginx-{it}"))))
        .concat();
    let keys = format!("ssl_certificate {pem}; ssl_certificate_key {pem};");
    let keys = if how.is_empty() { "" } else { &keys };
    let config = format!(
        "{user} daemon off; master_process off; pid {}; error_log stderr; events {{}} http {{ access_log off; sendfile on; {temporary} \
         server {{ listen 127.0.0.1:{port} {how}; {keys} root {root}; dav_methods PUT; client_max_body_size 0; }} }}",
        at("nginx.pid")
    );
    let name = at("nginx.conf");
    fs::write(&name, config)?;
    ensure!(
        fs::metadata(at(DATA)).is_ok(),
        "there is no data file to be served"
    );
    let argv = ["nginx", "-e", "stderr", "-p", &root, "-c", &name];
    Ok(Stage {
        argv: argv.map(ToOwned::to_owned).to_vec(),
        ..Stage::default()
    })
}

/// A certificate for the loopback, and its key, in one file.
fn write_certificate(run: &Run<'_>) -> Result<()> {
    let path = run.files.path(CERTIFICATE);
    if fs::exists(&path)? {
        return Ok(());
    }
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let pem = |what: &str, der: &[u8]| {
        let text = data_encoding::BASE64.encode(der);
        let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
        let lines = lines.collect::<Vec<_>>().join("\n");
        format!("-----BEGIN {what}-----\n{lines}\n-----END {what}-----\n")
    };
    let certificate = pem("CERTIFICATE", made.cert.der());
    let key = pem("PRIVATE KEY", &made.signing_key.serialize_der());
    fs::write(path, certificate + &key).context("cannot write a certificate")
}

/// A port that nobody listens on. Another program may take it before it is used; then the run fails.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
