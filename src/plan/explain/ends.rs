//! Both ends: as typed, as parsed, as they are now, and what becomes of them.

use super::sheet::Sheet;
use super::view::View;
use crate::endpoint::{PlannedEnd, Preview, Settled, SinkPolicy};
use crate::error::{FailureSite, Side};
use crate::session::exit::Exit;
use crate::text::words::bytes_exactly;

pub(super) fn source(sheet: &mut Sheet, view: &View<'_>) {
    let parts = 1 + view.more_sources.len();
    let previews = std::iter::once(&view.source).chain(&view.more_sources);
    for (part, (planned, preview)) in view.plan.sources().zip(previews).enumerate() {
        sheet.section(&match parts {
            1 => "source".to_owned(),
            _ => format!("source {} of {parts}", part + 1),
        });
        end(sheet, planned, preview);
        sheet.row("size", size(preview));
        sheet.row_if("fails", failure(view, Side::Source, &planned.uri));
    }
}

pub(super) fn sinks(sheet: &mut Sheet, view: &View<'_>) {
    let all = view.sinks.len();
    for (place, (planned, preview)) in view.plan.sinks().zip(&view.sinks).enumerate() {
        sheet.section(&match all {
            1 => "sink".to_owned(),
            _ => format!("sink {} of {all}", place + 1),
        });
        end(sheet, planned, preview);
        sheet.row_if("effect", preview.effect.as_deref());
        sheet.row("synced", preview.synced);
        if all > 1 {
            sheet.row("delivered", &preview.ending);
            sheet.row("slow", slow(planned.policy));
        }
        sheet.row_if("fails", failure(view, Side::Sink, &planned.uri));
    }
}

/// What becomes of a sink that holds others up.
fn slow(policy: SinkPolicy) -> String {
    match policy.patience {
        None => "the others wait for it".to_owned(),
        Some(patience) => format!(
            "it is given up (exit 4) once it has held the others up for {}",
            humantime::format_duration(patience)
        ),
    }
}

/// How the transfer would fail at this end.
fn failure(view: &View<'_>, side: Side, uri: &str) -> Option<String> {
    let error = view.obstacle.as_ref()?;
    let is_here = error
        .at
        .as_ref()
        .is_some_and(|(at, name)| *at == FailureSite::End(side) && name == uri);
    let code = Exit::from(error.class).code();
    is_here.then(|| format!("{error} (exit {code})"))
}

fn end<P: ?Sized>(sheet: &mut Sheet, planned: &PlannedEnd<P>, end: &Preview) {
    sheet.row("typed", &planned.uri);
    sheet.row("parsed", &end.parsed);
    sheet.row_if("hint", planned.hint.as_deref());
    let Settled { given, by_default } = &planned.options;
    sheet.row_if("options", listed(given));
    sheet.row_if("defaults", listed(by_default));
    sheet.row_if("now", end.now.as_deref());
    sheet.row_if("opening", end.opening.as_deref());
}

fn listed(options: &[String]) -> Option<String> {
    (!options.is_empty()).then(|| options.join(", "))
}

fn size(source: &Preview) -> String {
    match source.size {
        Ok(bytes) => bytes_exactly(bytes),
        Err(why) => format!("not known: {why}"),
    }
}
