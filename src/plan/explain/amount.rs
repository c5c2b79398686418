//! How much would be moved, how fast, and how its size is known.

use super::sheet::Sheet;
use super::view::View;
use crate::endpoint::COMPARED;
use crate::plan::Plan;
use crate::text::visible::named;
use crate::text::words::bytes_exactly;

pub(super) fn write(sheet: &mut Sheet, view: &View<'_>) {
    let flow = view.plan.flow;
    sheet.section("amount");
    sheet.row("skip", skip(flow.skip, view.source.skips));
    if view.plan.resumes {
        sheet.row("resume", resume(view.sink().keeps, view.source.skips));
    }
    let take = flow.take.map_or_else(
        || "everything up to the end of the source".to_owned(),
        |take| format!("{}, and nothing beyond is read", bytes_exactly(take)),
    );
    sheet.row("take", take);
    sheet.row("expected", size(view));
    sheet.row("rate", rate(view.plan));
}

fn skip(bytes: u64, skips: Option<&str>) -> String {
    if bytes == 0 {
        return "nothing".to_owned();
    }
    let how = skips.unwrap_or("read and dropped");
    format!("{}, {how}", bytes_exactly(bytes))
}

/// Where the copy goes on, and what is looked at before.
fn resume(has: u64, skips: Option<&str>) -> String {
    if has == 0 {
        return "from the beginning: SINK has nothing yet".to_owned();
    }
    let compared = bytes_exactly(has.min(COMPARED));
    let how = skips.map_or_else(String::new, |how| format!(", {how}"));
    format!(
        "at byte {has}{how}, once the {compared} before it are the same in SOURCE; otherwise it fails (exit 3), and SINK is left as it is"
    )
}

/// The expected size, and how it is known.
fn size(view: &View<'_>) -> String {
    let plan = view.plan;
    if let Some(device) = &plan.size_of_device {
        let path = named(device);
        return format!(
            "that of the block device {path}, which is asked when the transfer starts (--size)"
        );
    }
    let more = view.more_sources.iter().map(|it| it.size);
    let found = more.fold(view.source.size, |sum, size| Ok(sum? + size?));
    let Some(expected) = plan.expected_size(plan.stated_size(None), found.ok()) else {
        let why = found.err().unwrap_or("nothing says how much");
        return format!("not known, so no percent and ETA: {why}");
    };
    let from = match plan.flow.take {
        Some(take) if take == expected => "--take",
        _ if plan.size.is_some() => "--size",
        _ if plan.stated_size(None).is_some() => "--expect-size",
        _ if view.sink().keeps > 0 => "what SINK has, and what is left of the source",
        _ if !view.more_sources.is_empty() => "what is left of all sources",
        _ if plan.flow.skip > 0 => "what is left of the source, less --skip",
        _ => "what is left of the source",
    };
    format!("{}: {from}", bytes_exactly(expected))
}

fn rate(plan: &Plan) -> String {
    let Some(rate) = plan.rate else {
        return "no limit".to_owned();
    };
    let burst = match plan.burst {
        0 => "no burst".to_owned(),
        burst => format!("a burst of {} after a wait", bytes_exactly(burst)),
    };
    format!("{} a second at most, {burst}", bytes_exactly(rate))
}
