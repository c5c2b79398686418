//! Small data goes through at once: nothing waits for a full chunk, a full buffer, or the end.

use crate::live::{read_exactly, untested};
use crate::tide::Scratch;

#[apply(on_both_roads)]
fn it_does_so_whatever_the_chunk_size_and_the_mark() {
    let it = Scratch::new();
    for chunk in ["1", "64K", "64M"] {
        for mark in ["1", "11", "1M", "64M"] {
            let (out, stdout) = std::io::pipe().unwrap();
            let command = it.tide(["-c", chunk, "-H", mark]).stdout(stdout);
            let mut running = command.open_input().start();
            for text in ["hello world", "and another"] {
                running.feed(text);
                let got = read_exactly(out.try_clone().unwrap(), text.len());
                assert_eq!(got, text.as_bytes(), "-c {chunk} -H {mark}");
            }
            running.end_of_input().succeeds();
        }
    }
}

#[apply(on_both_roads)]
fn it_does_so_through_fifos_and_connections() {
    let it = Scratch::new();
    it.fifo("p");
    let mut last = it.tide(["tcp-listen://127.0.0.1:0", "p"]).start();
    let uri = format!("tcp://{}", last.listening());
    let mut first = it.tide(["-", &uri]).open_input().start();
    let out = std::fs::File::open(it.path("p")).unwrap();
    for text in ["one", "two"] {
        first.feed(text);
        assert_eq!(read_exactly(out.try_clone().unwrap(), 3), text.as_bytes());
    }
    first.end_of_input().succeeds();
    last.done().exits(0);
}

#[apply(on_both_roads)]
fn it_does_so_from_a_file_whose_reads_wait_for_more() {
    let it = Scratch::new();
    std::fs::create_dir(it.path("trace")).unwrap();
    let mount = "mount -t tracefs none trace";
    if !it.can(&format!(
        "unshare -m bash -c '{mount} && test -d trace/instances'"
    )) {
        return untested("no kernel trace, a file that is read like a pipe");
    }
    it.fifo("p");
    let script = format!(
        "{mount}; own=trace/instances/tidegate-$$; mkdir $own || exit
        $T $own/trace_pipe p & exec 5<p
        for word in one two; do echo $word >$own/trace_marker; read -t 5 -u 5 line; code=$?; done
        kill $!; wait; rmdir $own; exit $code"
    );
    it.write("script", script);
    it.sh("unshare -m bash script").run().exits(0);
}
