//! How the transfer would end: what ends it, what counts as delivered, and what makes it a failure.

use super::sheet::Sheet;
use super::view::View;
use crate::endpoint::Least;
use crate::text::words::bytes_exactly;

pub(super) fn write(sheet: &mut Sheet, view: &View<'_>) {
    let flow = view.plan.flow;
    sheet.section("end");
    let source = &view.source.ending;
    let reached = match flow.take {
        Some(take) => {
            let take = bytes_exactly(take);
            format!("after {take} (--take), or when the source ends before: {source}")
        }
        None => format!("when the source ends: {source}"),
    };
    sheet.row("reached", reached);
    if view.plan.has_several_sinks() {
        sheet.row("delivered", "what each sink says of it");
        let others = if flow.fail_fast {
            "the others end too (--fail-fast)"
        } else {
            "the others go on, and the transfer fails at the end"
        };
        sheet.row("if one fails", others);
    } else {
        sheet.row("delivered", &view.sink().ending);
    }
    sheet.row_if(
        "must be",
        flow.expect_size.map(|size| {
            format!(
                "{} in all; otherwise it fails (exit 3)",
                bytes_exactly(size)
            )
        }),
    );
    sheet.row_if("at least", least(flow.least));
    let idle = flow.idle_timeout.map_or_else(
        || "no limit: waits for a slow peer as long as it takes".to_owned(),
        |limit| {
            let limit = humantime::format_duration(limit);
            format!("fails (exit 4) if a peer lets nothing move for {limit}")
        },
    );
    sheet.row("idle", idle);
}

/// How much has to come from the source.
fn least(least: Least) -> Option<String> {
    match least {
        Least::Nothing => None,
        Least::OneByteToReplace => Some(
            "a byte, where a file that is not empty would be replaced or emptied: without one it stays as it is, \
             and that is a failure (exit 3)"
                .to_owned(),
        ),
        Least::Bytes(least) => Some(format!(
            "{} from the source; with less it fails (exit 3)",
            bytes_exactly(least)
        )),
    }
}
