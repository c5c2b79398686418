//! What all times say together: the averages of the ratios, and whether they are what is wanted.

use crate::harness::stats::{best, mean, ratio};
use crate::harness::table::{escaped, heading, line};
use crate::schedule::{RouteResult, Row};
use crate::tables::{cpus, walls};

const AVERAGES: &[&str] = &[
    "tidegate is faster by",
    "each time",
    "CPU, of tidegate's",
    "each time",
];

const WANTED_HEADING: &str = "\
| route | what | against | wanted | average | each time | reached |
|:---|:---|:---|---:|---:|---:|:---|
";

/// A contender against tidegate: how many times its wall and its CPU time, each time the route was measured.
struct Contest<'a> {
    row: &'a Row,
    speeds: Vec<f64>,
    cpus: Vec<f64>,
}

/// The ratios of all contenders, averaged over the times.
pub(crate) fn averages(results: &[RouteResult]) -> String {
    let mut text = heading(&["route", "peer"], AVERAGES);
    for route in first_times(results).filter(|route| route.kind.compares_best()) {
        for contest in contests(route, results) {
            let label = escaped(&contest.row.label);
            let numbers = [&contest.speeds, &contest.cpus].map(|ratios| average_and_each(ratios));
            text += &line(&[route.name, &label], &numbers);
        }
    }
    text
}

/// What is wanted of the measured routes, and whether the averages are that; empty if nothing is.
pub(crate) fn wanted(results: &[RouteResult]) -> String {
    let lines: String = first_times(results)
        .map(|route| wanted_of(route, results))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    WANTED_HEADING.to_owned() + &lines
}

fn wanted_of(route: &RouteResult, results: &[RouteResult]) -> String {
    if route.left_out.is_some() {
        return format!("| {} | | | | | | left out |\n", route.name);
    }
    let contests = contests(route, results);
    let mut text = String::new();
    for contest in &contests {
        if let Some(wanted) = contest.row.wanted {
            text += &verdict(route, "speed", contest, wanted, &contest.speeds);
        }
    }
    if let (Some(wanted), Some(rival)) = (route.kind.wanted_cpu(), most_frugal(&contests)) {
        text += &verdict(route, "CPU s/GiB", rival, wanted, &rival.cpus);
    }
    text
}

fn verdict(
    route: &RouteResult,
    what: &str,
    contest: &Contest<'_>,
    wanted: f64,
    ratios: &[f64],
) -> String {
    let reached = match mean(ratios) {
        average if average.is_nan() => "not measured",
        average if average >= wanted => "yes",
        _ => "no",
    };
    format!(
        "| {} | {what} | {} | {wanted}× | {} | {reached} |\n",
        route.name,
        escaped(&contest.row.label),
        average_and_each(ratios)
    )
}

/// The rival that needs the least CPU time on average.
fn most_frugal<'a, 'b>(contests: &'a [Contest<'b>]) -> Option<&'a Contest<'b>> {
    contests
        .iter()
        .filter(|contest| contest.row.is_rival && !contest.cpus.is_empty())
        .min_by(|a, b| mean(&a.cpus).total_cmp(&mean(&b.cpus)))
}

fn first_times(results: &[RouteResult]) -> impl Iterator<Item = &RouteResult> {
    results.iter().filter(|route| route.time == 1)
}

/// All but tidegate's own row, with the ratios of each time; none for an absent contender.
fn contests<'a>(route: &'a RouteResult, results: &[RouteResult]) -> Vec<Contest<'a>> {
    let times: Vec<_> = results.iter().filter(|it| it.name == route.name).collect();
    let contest = |(index, row): (usize, &'a Row)| {
        let each = |value: fn(&Row) -> f64| {
            let ratio = |time: &&RouteResult| value(&time.rows[index]) / value(&time.rows[0]);
            let present = times.iter().filter(|_| row.absent.is_empty());
            present.map(ratio).collect()
        };
        Contest {
            row,
            speeds: each(|row| best(walls(row))),
            cpus: each(|row| best(cpus(row))),
        }
    };
    route.rows.iter().enumerate().skip(1).map(contest).collect()
}

fn average_and_each(ratios: &[f64]) -> String {
    if ratios.is_empty() {
        return "absent |".to_owned();
    }
    let each: Vec<_> = ratios.iter().map(|it| ratio(*it, 1.0)).collect();
    format!("{} | {}", ratio(mean(ratios), 1.0), each.join(", "))
}
