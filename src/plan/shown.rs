//! What is shown, recorded and drawn of a transfer.

use super::Facts;
use crate::cli::{Cli, ProgressChoice, SummaryChoice};
use crate::endpoint::World;
use crate::error::UsageError;
use crate::session::report::Form;
use crate::show::{Drawing, Progress, Show, SidePlace, Template};

/// What is shown while bytes move, and at the end.
pub(super) fn show(cli: &Cli, facts: &Facts<'_>) -> Result<Show, UsageError> {
    Ok(Show {
        progress: match cli.progress {
            _ if cli.quiet => Progress::None,
            ProgressChoice::Auto if cli.format.is_some() => Progress::Line,
            ProgressChoice::Auto => Progress::Auto,
            ProgressChoice::Bar => Progress::Bar,
            ProgressChoice::Short => Progress::Short,
            ProgressChoice::Line => Progress::Line,
            ProgressChoice::Json | ProgressChoice::None => Progress::None,
        },
        summary: match cli.summary {
            _ if cli.quiet => Some(false),
            SummaryChoice::Auto => cli.verbose.then_some(true),
            SummaryChoice::Always => Some(true),
            SummaryChoice::Never => Some(false),
        },
        template: template(cli)?,
        is_quiet: cli.quiet,
        says_road: cli.verbose,
        tells_refusals: cli.verbose && !cli.quiet,
        interval: cli.interval,
        stderr: facts.stderr,
        theme: facts.theme.called(cli.name.as_deref()),
    })
}

fn template(cli: &Cli) -> Result<Option<Template>, UsageError> {
    let is_for_lines = matches!(cli.progress, ProgressChoice::Auto | ProgressChoice::Line);
    match &cli.format {
        Some(_) if !is_for_lines => Err(UsageError::new(
            "--format is for lines, and --progress asks for none; use --progress line".to_owned(),
        )),
        format => format.as_deref().map(Template::parse).transpose(),
    }
}

/// What standard error is made of.
#[must_use]
pub fn form(cli: &Cli) -> Form {
    if cli.progress == ProgressChoice::Json && !cli.quiet {
        Form::Json
    } else if cli.timestamps {
        Form::TimedLines
    } else {
        Form::Lines
    }
}

/// Every place that records go to.
pub(super) fn stats(cli: &Cli, world: &dyn World) -> Vec<SidePlace> {
    let mut places = Vec::new();
    let path = cli.stats.as_deref();
    places.extend(path.map(|path| SidePlace::parse("--stats", path, world)));
    if form(cli) == Form::Json {
        places.push(SidePlace::stderr("--progress json"));
    }
    places
}

/// What is to be drawn at the end.
pub(super) fn drawings(cli: &Cli, world: &dyn World) -> Result<Vec<Drawing>, UsageError> {
    let (trace, plot, digests) = (&cli.trace, &cli.plot, &cli.digest_file);
    let trace = trace.as_deref().map(|path| Drawing::trace(path, world));
    let plot = plot.as_deref().map(|path| Drawing::plot(path, world));
    let digests = digests.as_deref();
    let digests = digests.map(|path| Drawing::digests(path, world));
    let plot = plot.transpose()?;
    Ok(trace.into_iter().chain(plot).chain(digests).collect())
}
