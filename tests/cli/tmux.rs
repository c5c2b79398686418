//! A terminal that wraps lines anew when its width changes, as many do: a window of tmux, with a server of its own.

use crate::live::until;
use crate::real_peers::is_here;
use crate::tide::Scratch;
use assert_cmd::cargo::cargo_bin;

/// A window in which a shell line runs. The server is gone when this is dropped.
pub(crate) struct Window<'a>(&'a Scratch);

impl<'a> Window<'a> {
    /// `None`, said aloud, where there is no tmux.
    pub(crate) fn open(it: &'a Scratch, line: &str, columns: u16) -> Option<Self> {
        if !is_here("tmux") {
            return None;
        }
        let window = Self(it);
        let open = format!("-f /dev/null new-session -d -x {columns} -y 24");
        window.tmux(open.split(' ').chain([line]));
        Some(window)
    }

    pub(crate) fn resize(&self, columns: u16) {
        self.tmux(["resize-window", "-x", &columns.to_string()]);
    }

    /// Waits until its lines fit.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, fits: impl Fn(&[String]) -> bool) -> Vec<String> {
        until(what, || Some(self.lines()).filter(|lines| fits(lines)))
    }

    /// Waits until something else stands there.
    #[track_caller]
    pub(crate) fn changed(&self, before: &[String]) -> Vec<String> {
        self.until("a change", |lines| lines != before)
    }

    /// What stands there, without blank rows at the end.
    fn lines(&self) -> Vec<String> {
        let shown = self.tmux(["capture-pane", "-p", "-S", "-"]);
        let lines = shown.trim_end().lines();
        lines.map(|line| line.trim_end().to_owned()).collect()
    }

    #[track_caller]
    fn tmux<'b>(&self, args: impl IntoIterator<Item = &'b str>) -> String {
        let mut tmux = self.0.cmd("tmux");
        // A server of our own: nobody else's is touched.
        let command = tmux.command.args(["-S", "tmux"]).args(args);
        command.env("T", cargo_bin!("tidegate")).env_remove("TMUX");
        let done = tmux.env("LC_ALL", "C.UTF-8").run().exits(0);
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let mut kill = self.0.cmd("tmux");
        kill.command.args(["-S", "tmux", "kill-server"]);
        let _ = kill.command.status();
    }
}
