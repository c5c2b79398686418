//! The kernel road: the kernel moves the bytes, which never come into our memory (splice(2), sendfile(2),
//! `copy_file_range(2)`).
//!
//! One thread does it all, as two on one pipe are slower than one. Where an end is a pipe, bytes go `straight` from one
//! end to the other; else `through` a pipe of our own; and where a file system copies by itself it is asked to `copy`.
//!
//! A refusal means that this kernel, or what watches over it, does not do this between these ends, or not any more: a
//! descriptor that others share gets other flags when they say so. At the beginning the next way is tried; else, and in the
//! end, the buffered road is taken, with the bytes that are in our pipe `ahead` of the rest. Any other failure is one.

mod ahead;
mod arrival;
mod copy;
mod faults;
mod gathering;
mod holes;
mod methods;
mod pump;
mod straight;
mod syscalls;
mod through;

pub(super) use methods::Method;
pub use methods::{Buffers, Methods};
pub(super) use syscalls::Kernel;
pub use syscalls::Syscalls;

use super::buffered;
use super::flow::{Account, Flow};
use super::journey::Journey;
use crate::platform::threads;
use ahead::Ahead;
use pump::Pump;
use std::io;
use std::sync::Arc;

/// Sets the thread to work.
pub(super) fn start(methods: Methods, journey: Journey) -> io::Result<()> {
    threads::spawn("kernel road", move || travel(methods, journey))
}

fn travel(methods: Methods, journey: Journey) {
    let Journey {
        source,
        sink,
        flow,
        between,
        reports,
    } = journey;
    let (link, meter) = (
        Arc::clone(between.chain.first()),
        Arc::clone(&between.meter),
    );
    let _guard = link.cancel_on_panic();
    let told = &reports.taken;
    let account = Account {
        first: &link,
        link: &link,
        meter: &meter,
        limit: &between.limit,
    };
    let pump = Pump::new(source, sink, flow, account, &*methods.syscalls, told);
    match pump.run(methods.in_order) {
        Ok(arrival) => reports.arrived(arrival, &link),
        Err(refusal) if methods.insists => {
            reports.arrived(refusal.no_road(meter.bytes_out()), &link);
        }
        Err(refusal) => {
            link.take_back(meter.bytes_out() > 0);
            meter.recount_in();
            let sink = refusal.sink;
            let ahead = Ahead::new(refusal.in_pipe, refusal.rest);
            let detour = Journey {
                source: Box::new(ahead),
                sink,
                flow: Flow {
                    // What was to be skipped is behind us, and so is a hole at the beginning of a file.
                    skip: 0,
                    take: flow.take.map(|take| take.saturating_sub(meter.bytes_out())),
                    ..flow
                },
                between,
                reports,
            };
            buffered::go_on(detour);
        }
    }
}
