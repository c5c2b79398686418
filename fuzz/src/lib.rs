//! Drives a transform with anything, at a pace that the first bytes of it tell, and checks that it keeps its contract.

use tidegate::transform::{Failure, Pending, Input, Made, Output, Transform, plan};

/// More is not asked of what gets larger and larger, in bytes.
const ENOUGH: usize = 16 << 20;

/// What is driven, and at which pace.
struct Driven {
    transform: Box<dyn Transform>,
    room: Vec<u8>,
    flushes: bool,
    out: usize,
}

/// Puts the data through what the SPEC says, but for the first three bytes: the size of the pieces it comes in, that of
/// the room there is, and whether it is flushed after each piece.
///
/// # Panics
/// When the transform does not keep its contract.
pub fn drive(spec: &str, data: &[u8]) {
    let [piece, room, flushes, data @ ..] = data else {
        return;
    };
    let Ok(Made::Steps(transform)) = plan(spec).map(|planned| planned.make()) else {
        panic!("{spec} is no transform");
    };
    let mut driven = Driven {
        transform,
        room: vec![0; size(*room)],
        flushes: *flushes & 1 == 1,
        out: 0,
    };
    if driven.drive(data, size(*piece)).is_ok() {
        let _ = driven.transform.warning();
    }
}

/// From a byte to half a MiB.
fn size(byte: u8) -> usize {
    let (shift, more) = (byte >> 4, usize::from(byte & 15));
    (1 + more) << shift
}

impl Driven {
    fn drive(&mut self, data: &[u8], piece: usize) -> Result<(), Failure> {
        for piece in data.chunks(piece) {
            let mut input = Input::new(piece);
            while !input.is_empty() {
                self.step(&mut input)?;
                if self.out > ENOUGH {
                    return Ok(());
                }
            }
            while self.flushes && self.end(|it, output| it.flush(output))? == Pending::More {}
        }
        while self.end(|it, output| it.finish(output))? == Pending::More {
            if self.out > ENOUGH {
                return Ok(());
            }
        }
        Ok(())
    }

    fn step(&mut self, input: &mut Input<'_>) -> Result<(), Failure> {
        let before = input.taken();
        let mut output = Output::new(&mut self.room);
        self.transform.step(input, &mut output)?;
        assert!(
            input.taken() > before || output.is_full(),
            "it does not go on"
        );
        self.out += output.filled();
        Ok(())
    }

    fn end(
        &mut self,
        call: fn(&mut dyn Transform, &mut Output<'_>) -> Result<Pending, Failure>,
    ) -> Result<Pending, Failure> {
        let mut output = Output::new(&mut self.room);
        let held = call(&mut *self.transform, &mut output)?;
        assert!(
            held == Pending::Nothing || output.is_full(),
            "it holds back what fits"
        );
        self.out += output.filled();
        Ok(held)
    }
}
