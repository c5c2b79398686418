//! The main job in its simplest forms.

use crate::tide::{Scratch, noise, road};

#[apply(on_both_roads)]
fn what_comes_in_goes_out() {
    let data = noise(3_000_001);
    Scratch::new()
        .tide(["-"])
        .input(data.clone())
        .run()
        .succeeds()
        .prints(data);
}

#[apply(on_both_roads)]
fn a_file_travels_over_tcp() {
    let it = Scratch::new();
    let data = noise(3_000_001);
    it.write("in", &data);
    let mut receiver = it.tide(["tcp-listen://127.0.0.1:0", "out"]).start();
    let address = receiver.listening();
    it.tide(["in", &format!("tcp://{address}")])
        .run()
        .succeeds();
    receiver.done().exits(0);
    assert!(it.read("out") == data);
}

#[apply(on_both_roads)]
fn the_tests_of_both_roads_take_them() {
    let it = Scratch::new();
    it.write("in", noise(100_000));
    for line in [
        "$T --stats s in out",
        "$T --stats s - null: <in",
        "cat in | $T --stats s | cat >out",
    ] {
        it.sh(line).run().succeeds();
        let expected = if road() == "auto" {
            "kernel"
        } else {
            "buffered"
        };
        assert_eq!(it.end_of("s")["road"], expected, "{line}");
    }
}
