//! A real browser without a window: Chromium, driven by what <https://www.w3.org/TR/webdriver2/> says.
//!
//! Where there is none that is said aloud, as of all peers.

use super::real_peers::is_here;
use super::tide::{DEADLINE, Scratch};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

/// A browser with a profile of its own. It is gone when this value is.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    /// The path of the session.
    session: String,
}

impl Browser {
    /// Starts one, if there is one here; it keeps its profile in `scratch`.
    pub(crate) fn start(scratch: &Scratch) -> Option<Self> {
        if !(is_here("chromium") && is_here("chromedriver")) {
            return None;
        }
        let (driver, port) = driver();
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
        };
        let profile = scratch.path("profile");
        let answer = browser.call("POST", "/session", &capabilities(&profile));
        let id = answer["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{id}");
        // Several browsers at once cannot all have the keyboard.
        browser.tool(
            "Emulation.setFocusEmulationEnabled",
            &json!({ "enabled": true }),
        );
        Some(browser)
    }

    /// Opens a file.
    pub(crate) fn open(&self, file: &Path) {
        let url = format!("file://{}", file.display());
        self.post("url", &json!({ "url": url }));
    }

    /// Makes the window so wide, in CSS pixels.
    pub(crate) fn widen(&self, width: u32) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.tool("Emulation.setDeviceMetricsOverride", &size);
        // The page hears of it when it is drawn next, which may be later than a key that is pressed now.
        self.ask(
            "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))",
        );
    }

    /// A command of the developer tools.
    pub(crate) fn tool(&self, name: &str, parameters: &Value) -> Value {
        self.post(
            "goog/cdp/execute",
            &json!({ "cmd": name, "params": parameters }),
        )
    }

    /// What the body of a function returns in the page.
    pub(crate) fn ask(&self, body: &str) -> Value {
        self.post("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Everything that was complained about since the last time.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("entries").iter();
        entries.map(ToString::to_string).collect()
    }

    /// The addresses that pages from files have asked for since the last time, their own among them.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "performance" }));
        let entries = entries.as_array().expect("entries").iter();
        let messages = entries.map(|entry| {
            let text = entry["message"].as_str().expect("a message");
            serde_json::from_str::<Value>(text).expect("JSON")["message"].clone()
        });
        messages
            .filter(|it| it["method"] == "Network.requestWillBeSent")
            .filter(|it| it["params"]["documentURL"].to_string().contains("file://"))
            .map(|it| it["params"]["request"]["url"].to_string())
            .collect()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}/{path}", self.session), body)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = exchange(self.port, method, path, &body.to_string())
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(status, "200", "{method} {path}: {answer}");
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The browser ends with its session.
            let _ = exchange(self.port, "DELETE", &self.session, "");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// What kind of browser is wanted.
fn capabilities(profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    let args = [
        &profile,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "goog:chromeOptions": { "args": args },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    } } })
}

/// A driver, and the port that it listens on.
///
/// It takes a free port of IPv6 and then wants the same one of IPv4. Where another test has that one it ends at once, and
/// has to be started again.
fn driver() -> (Child, u16) {
    let mut said = Vec::new();
    for _ in 0..20 {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        match port(&mut driver) {
            Ok(port) => return (driver, port),
            Err(lines) => said = lines,
        }
        let _ = driver.kill();
        let _ = driver.wait();
    }
    panic!("chromedriver never listened; the last one said {said:?}");
}

/// The port that the driver says it listens on; what else it said if it ended without one.
fn port(driver: &mut Child) -> Result<u16, Vec<String>> {
    let stdout = driver.stdout.take().expect("a pipe");
    let (sender, lines) = channel();
    thread::spawn(move || {
        // It is read to its end, so that the driver never waits for us.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(DEADLINE) {
        if let Some((_, port)) = line.rsplit_once("successfully on port ") {
            return Ok(port.trim_end_matches('.').parse().expect("a port"));
        }
        said.push(line);
    }
    Err(said)
}

/// One request and its answer: the status and the body.
fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        answer.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
