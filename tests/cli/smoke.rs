//! The main job in its simplest forms.

use crate::tide::{Scratch, noise};

#[test]
fn what_comes_in_goes_out() {
    let data = noise(3_000_001);
    Scratch::new()
        .tide(["-"])
        .input(data.clone())
        .run()
        .succeeds()
        .prints(data);
}

#[test]
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
