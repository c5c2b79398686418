//! The parts of Markdown tables, which begin with columns of names and go on with columns of figures.

/// The heading: names on the left of their columns, figures on the right.
pub(crate) fn heading(names: &[&str], figures: &[&str]) -> String {
    let rules = ["|:---".repeat(names.len()), "|---:".repeat(figures.len())].concat();
    let headings = [names, figures].concat().join(" | ");
    format!("| {headings} |\n{rules}|\n")
}

/// One line.
pub(crate) fn line(names: &[&str], figures: &[String]) -> String {
    let figures = figures.iter().map(String::as_str);
    let cells: Vec<_> = names.iter().copied().chain(figures).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The figures of a contender that could not be measured because `programs` are not installed.
pub(crate) fn absent(programs: &[&str], figures: usize) -> Vec<String> {
    let mut cells = vec![String::new(); figures];
    cells[0] = format!("absent: {} is not installed", programs.join(", "));
    cells
}

/// A command line as it stands in a cell, which a bar would end, even in code.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
