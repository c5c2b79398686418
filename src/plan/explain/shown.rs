//! What would be shown and recorded meanwhile, and where the transfer could be changed.

use super::sheet::Sheet;
use super::view::View;
use crate::show::{Progress, Show, StderrKind, Terminals};
use crate::text::visible::named;

pub(super) fn write(sheet: &mut Sheet, view: &View<'_>) {
    let plan = view.plan;
    let ends = Terminals {
        source: view.source.is_terminal,
        sink: view.sinks.iter().any(|it| it.is_terminal),
    };
    sheet.section("shown");
    sheet.row_if("name", plan.show.theme.name.as_deref());
    sheet.row("progress", progress(&plan.show, ends));
    sheet.row("summary", summary(&plan.show, ends));
    if view.records.is_empty() {
        sheet.row("records", "none");
    }
    let interval = humantime::format_duration(plan.show.record_interval());
    for (place, seen) in plan.stats.iter().zip(&view.records) {
        let text = format!("{place}: {}; a sample every {interval}", seen.effect());
        sheet.row("records", text);
    }
    for (drawing, seen) in plan.drawings.iter().zip(&view.drawings) {
        let what = drawing.place.flag.trim_start_matches('-');
        let text = format!("{}: {}; written at the end", drawing.place, seen.effect());
        sheet.row(what, text);
    }
    if let (Some(path), Some(place)) = (&plan.control, &view.control) {
        sheet.row("control", format!("{}: {}", named(path), place.effect()));
    }
    if plan.listens_as_process {
        sheet.row("control", "by --tell PID, for you alone");
    } else if plan.control.is_none() {
        sheet.row("control", "none: it cannot be changed while it runs");
    }
}

fn progress(show: &Show, ends: Terminals) -> String {
    let interval = humantime::format_duration(show.draw_interval(ends));
    match show.resolved(ends) {
        Progress::Bar => format!("a live display on standard error, drawn every {interval}"),
        Progress::Short => format!("one row on standard error, drawn every {interval}"),
        Progress::Line => format!("a line on standard error every {interval}"),
        Progress::None | Progress::Auto => format!("nothing: {}", why_nothing(show, ends)),
    }
}

/// Why nothing is drawn.
fn why_nothing(show: &Show, ends: Terminals) -> &'static str {
    match show.progress {
        Progress::None => "as asked for",
        _ if ends.sink => "the sink is this terminal, and nothing is drawn into it",
        _ if ends.source && show.stderr != StderrKind::Log => {
            "the source is a terminal, where somebody types; -p bar draws anyway"
        }
        _ => "standard error is not a terminal; -p line would print lines",
    }
}

fn summary(show: &Show, ends: Terminals) -> &'static str {
    match (show.sums_up(ends), show.says_road) {
        (true, true) => "at the end, up to three lines, with the road",
        (true, false) => "at the end, up to three lines",
        (false, _) => "none",
    }
}
