//! The road that bytes would take, why it is that one, on which conditions, and the buffers on it.

use super::sheet::Sheet;
use super::view::View;
use crate::endpoint::{Preview, Raw};
use crate::engine::link::Marks;
use crate::engine::road::{Buffers, Calls, Methods, Preference, Reason, Road};
use crate::error::Class;
use crate::platform::WIDEST_PIPE;
use crate::text::words::bytes_exactly;

/// What a pipe is called that is the source or the sink.
const BEFORE: &str = "the pipe in front of us";
const BEHIND: &str = "the pipe behind us";

pub(super) fn write(sheet: &mut Sheet, view: &View<'_>) {
    sheet.section("road");
    match &view.road {
        None => sheet.row("taken", none(view)),
        Some(Road::Buffered(why)) => {
            sheet.row("taken", "buffered");
            buffered(sheet, why);
        }
        Some(Road::Kernel(methods)) => {
            sheet.row("taken", "kernel");
            kernel(sheet, view, methods);
        }
    }
    sheet.section("buffers");
    sheet.row("marks", marks(view.plan.marks));
    if view.plan.has_several_sinks() {
        let own = view.plan.sink_marks.iter().map(u64::to_string);
        let own: Vec<_> = own.collect();
        sheet.row("of sinks", format!("{} bytes", own.join(", ")));
    }
    let chunk = view.plan.flow.chunk_size;
    sheet.row("chunk", format!("{chunk} bytes at most in one read"));
    for warning in &view.plan.cut_sizes {
        sheet.row("warning", warning);
    }
    let kept_in = view.road.as_ref().map(|road| kept_in(view, road));
    sheet.row_if("kept in", kept_in);
    for (pipe, mark) in narrow_pipes(view) {
        sheet.row(
            "enlarged",
            format!("{pipe}, as the flow fills it, to {mark} bytes, if the system allows it"),
        );
    }
}

/// Why no road is taken.
fn none(view: &View<'_>) -> &'static str {
    match &view.obstacle {
        Some(error) if error.class == Class::Integrity => "none: nothing would be moved",
        _ => "none: SOURCE or SINK could not be opened now",
    }
}

/// The neighbours' pipes that are to be enlarged, and the size that they are to have.
fn narrow_pipes(view: &View<'_>) -> impl Iterator<Item = (&'static str, u64)> + use<> {
    let marks = view.plan.marks;
    let narrow = |end: &Preview, name, mark: u64| {
        let wanted = mark.min(WIDEST_PIPE);
        let is_narrow = end.raw == Ok(Raw::Pipe) && end.holds.is_none_or(|now| now < wanted);
        is_narrow.then_some((name, wanted))
    };
    let before = narrow(&view.source, BEFORE, marks.readable);
    let behind = view.sinks.iter().zip(&view.plan.sink_marks);
    let behind = behind.filter_map(|(end, mark)| narrow(end, BEHIND, *mark));
    let behind: Vec<_> = behind.collect();
    before.into_iter().chain(behind)
}

fn buffered(sheet: &mut Sheet, why: &Reason) {
    sheet.row("calls", "plain reads and writes");
    match why {
        Reason::Asked => sheet.row("why", "--road buffered asks for it"),
        Reason::ReadingBuffer => sheet.row(
            "why",
            "--read-high-water-mark sets a buffer that only this road has",
        ),
        Reason::Transforms => sheet.row("why", "transforms work on bytes that tidegate has read"),
        Reason::Paced => sheet.row(
            "why",
            "the SINK limits its own speed, so the kernel would not be faster",
        ),
        Reason::Narrow => sheet.row("why", "a pipe at one end cannot hold as much as the mark"),
        Reason::Impossible(all) => {
            for why in all {
                sheet.row("why", format!("no kernel road: {why}"));
            }
        }
    }
}

fn kernel(sheet: &mut Sheet, view: &View<'_>, methods: &Methods) {
    let (from, to) = (view.source.raw.ok(), view.sink().raw.ok());
    let all_to = view.sinks.iter().filter_map(|it| it.raw.ok());
    let all_to = all_to.map(word).collect::<Vec<_>>();
    let is_limited = view.plan.rate.is_some();
    sheet.row("calls", calls(&methods.calls(from, to, is_limited)));
    let asked = match view.plan.road {
        Preference::Kernel => "--road kernel asks for it, and",
        _ => "it is the fastest, and",
    };
    let (from, to) = (from.map_or("", word), all_to.join(", "));
    let why = format!("{asked} the kernel can move bytes from {from} to {to} by itself");
    sheet.row("why", why);
    let otherwise = match view.plan.road {
        Preference::Kernel => "else the transfer fails (exit 2)",
        _ => "else buffered",
    };
    for condition in conditions(view) {
        sheet.row("if", format!("{condition}; {otherwise}"));
    }
    let first_call = match view.plan.road {
        Preference::Kernel => "the kernel accepts the first call; else the transfer fails (exit 2)",
        _ => "the kernel accepts the first call; otherwise buffered",
    };
    sheet.row("if", first_call);
}

/// What only opening the ends can tell.
fn conditions(view: &View<'_>) -> Vec<String> {
    let of_sinks = view.sinks.iter().filter_map(|it| it.condition);
    let mut told: Vec<_> = view.source.condition.into_iter().chain(of_sinks).collect();
    told.dedup();
    let told = told.into_iter().map(str::to_owned);
    // With --road kernel, a pipe that cannot be enlarged is used as it is.
    let narrow = narrow_pipes(view).filter(|_| view.plan.road == Preference::Auto);
    let narrow = narrow.map(|(pipe, mark)| format!("the system lets {pipe} hold {mark} bytes"));
    told.chain(narrow).collect()
}

fn calls(all: &[Calls]) -> String {
    let names = all.iter().map(|calls| calls.name()).collect::<Vec<_>>();
    match (all, &names[..]) {
        ([Calls::Sendfile, _], [first, rest]) => {
            format!("{first}, and for what the socket does not take at once {rest}")
        }
        (_, [first, rest]) => format!("{first}, or {rest} where the file system refuses that"),
        _ => names.join(", "),
    }
}

/// What an end is to the kernel.
fn word(raw: Raw) -> &'static str {
    match raw {
        Raw::Pipe => "a pipe",
        Raw::Socket => "a socket",
        Raw::File => "a file",
        Raw::Null => "the null device",
    }
}

fn marks(marks: Marks) -> String {
    let Marks {
        readable,
        writable,
        low,
    } = marks;
    format!("readable {readable}, writable {writable}, low {low} bytes")
}

/// Where bytes wait on their way.
fn kept_in(view: &View<'_>, road: &Road) -> String {
    let Road::Kernel(methods) = road else {
        return match view.plan.transforms.len() {
            0 => "two buffers of our own, up to the marks of their sides".to_owned(),
            n => {
                let places = n + 1;
                format!(
                    "two buffers of our own at each of {places} places, up to the marks of their sides"
                )
            }
        };
    };
    match methods.buffers(view.plan.rate.is_some()) {
        Buffers::None => "nothing: the file system moves them".to_owned(),
        Buffers::Own => format!(
            "a pipe of our own, up to the mark of the writing side, {}",
            bytes_exactly(view.plan.marks.writable)
        ),
        Buffers::OwnForEachSink => "a pipe of our own that the source fills, and one for each sink, up to the marks of their sides".to_owned(),
        Buffers::Neighbours => {
            let is_pipe = |end: &Preview| end.raw == Ok(Raw::Pipe);
            match (is_pipe(&view.source), is_pipe(view.sink())) {
                (true, true) => format!("{BEFORE} and {BEHIND}"),
                (true, false) => BEFORE.to_owned(),
                _ => BEHIND.to_owned(),
            }
        }
    }
}
