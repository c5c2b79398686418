//! From text with a few marks to roff: `` `bold` ``, `{italic}`, `# SECTION`, `## Part`, `: term`, indented examples,
//! and `@close` or `@tight` to `@apart` around terms that stand without blank lines.

use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

/// No line of the page is longer, in bytes.
const WIDTH: usize = 78;

/// How far what a term means is indented where terms stand close.
const INDENT: &str = "15";

/// A page that grows at its end.
pub(super) struct Page {
    roff: Roff,
    /// Whether the last block was a heading, behind which a paragraph needs no mark.
    below_heading: bool,
    /// See [`Page::close`].
    is_close: bool,
    /// See [`Page::tight`].
    is_tight: bool,
}

/// Text without a blank in it, in one font or several.
type Word = Vec<Inline>;

impl Page {
    /// An empty one, in which no name of a flag is broken at its hyphen.
    pub(super) fn new() -> Self {
        let mut roff = Roff::new();
        roff.control("nh", []).control("ad", ["l"]);
        Self {
            roff,
            below_heading: false,
            is_close: false,
            is_tight: false,
        }
    }

    /// Adds what stands between two blank lines.
    pub(super) fn block(&mut self, block: &str) {
        match block {
            "@close" => {
                self.space();
                return self.close();
            }
            "@tight" => {
                self.space();
                return self.tight();
            }
            "@apart" => return self.apart(),
            _ if block.starts_with("    ") => return self.example(block),
            _ => {}
        }
        let below_heading = std::mem::take(&mut self.below_heading);
        if let Some(title) = block.strip_prefix("## ") {
            self.part(title);
        } else if let Some(title) = block.strip_prefix("# ") {
            self.roff.control("SH", [title]);
            self.below_heading = true;
        } else if let Some((term, text)) =
            block.strip_prefix(": ").and_then(|it| it.split_once('\n'))
        {
            self.term(term, text);
        } else {
            if !below_heading {
                self.roff.control("PP", []);
            }
            self.fill(block);
        }
    }

    /// A blank line, but none below a heading.
    fn space(&mut self) {
        if !std::mem::take(&mut self.below_heading) {
            self.roff.control("sp", []);
        }
    }

    /// A part of a section.
    pub(super) fn part(&mut self, title: &str) {
        self.roff.control("SS", [title]);
        self.below_heading = true;
    }

    /// A term and what it means.
    pub(super) fn term(&mut self, term: &str, text: &str) {
        if self.is_close {
            self.roff.control("TP", [INDENT]);
        } else {
            self.roff.control("TP", []);
        }
        let term: Vec<_> = separated(words(term)).collect();
        self.roff.text(term);
        self.fill(text);
    }

    /// Terms from here to [`Page::out`] belong to the last one, and stand close.
    pub(super) fn into(&mut self) {
        self.roff.control("RS", []);
        self.roff.control("PD", ["0"]);
        self.is_close = true;
    }

    /// See [`Page::into`].
    pub(super) fn out(&mut self) {
        self.is_close = false;
        if !self.is_tight {
            self.apart();
        }
        self.roff.control("RE", []);
    }

    /// Terms from here to [`Page::apart`] stand without blank lines.
    pub(super) fn tight(&mut self) {
        self.roff.control("PD", ["0"]);
        self.is_tight = true;
    }

    /// The same, and most of them stand on the line of what they mean.
    pub(super) fn close(&mut self) {
        self.tight();
        self.is_close = true;
    }

    /// See [`Page::close`].
    pub(super) fn apart(&mut self) {
        self.roff.control("PD", []);
        self.is_close = false;
        self.is_tight = false;
    }

    /// The whole of it behind its title.
    pub(super) fn text(&self, title: &Man) -> String {
        let mut head = Vec::new();
        // Writing to a vector does not fail.
        let _ = title.render_title(&mut head);
        // Both start with the definitions of all roff text, which are wanted once.
        let definitions = Roff::new().render();
        let body = self.roff.render();
        let body = body.strip_prefix(&definitions).unwrap_or(&body);
        let head = String::from_utf8(head).unwrap_or_default();
        format!("{head}{body}")
    }

    /// An example, indented.
    pub(super) fn example(&mut self, block: &str) {
        self.roff.control("PP", []);
        self.roff.control("RS", ["4"]);
        self.roff.control("nf", []);
        for line in block.lines() {
            self.roff
                .text([roman(line.strip_prefix("    ").unwrap_or(line))]);
        }
        self.roff.control("fi", []);
        self.roff.control("RE", []);
    }

    /// Text, broken into lines that are short enough for every reader, and after every sentence, as roff wants it.
    fn fill(&mut self, text: &str) {
        let mut line: Vec<Word> = Vec::new();
        let mut width = 0;
        for word in words(text) {
            let more = length(&word);
            if width + more > WIDTH {
                self.line(&mut line);
                width = 0;
            }
            width += more;
            let ends = ends_sentence(&word);
            line.push(word);
            if ends {
                self.line(&mut line);
                width = 0;
            }
        }
        self.line(&mut line);
    }

    fn line(&mut self, words: &mut Vec<Word>) {
        if !words.is_empty() {
            let inlines: Vec<_> = separated(words.drain(..)).collect();
            self.roff.text(inlines);
        }
    }
}

/// With blanks between the words.
fn separated(words: impl IntoIterator<Item = Word>) -> impl Iterator<Item = Inline> {
    let words = words.into_iter().enumerate();
    words.flat_map(|(at, word)| {
        let blank = (at > 0).then(|| roman(" "));
        blank.into_iter().chain(word)
    })
}

/// Splits at blanks, and where the font changes.
fn words(text: &str) -> Vec<Word> {
    let mut words = vec![Word::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let (run, font, after) = match rest.as_bytes()[0] {
            b'`' => marked(rest, '`', bold),
            b'{' => marked(rest, '}', italic),
            _ => {
                let end = rest.find(['`', '{']).unwrap_or(rest.len());
                (&rest[..end], roman as fn(String) -> Inline, &rest[end..])
            }
        };
        for (at, piece) in run.split([' ', '\n']).enumerate() {
            if at > 0 {
                words.push(Word::new());
            }
            if let Some(word) = words.last_mut().filter(|_| !piece.is_empty()) {
                word.push(font(piece.to_owned()));
            }
        }
        rest = after;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Takes what stands between the mark that `text` starts with and the closing one.
fn marked(
    text: &str,
    close: char,
    font: fn(String) -> Inline,
) -> (&str, fn(String) -> Inline, &str) {
    let inside = &text[1..];
    let (run, after) = inside.split_once(close).unwrap_or((inside, ""));
    (run, font, after)
}

fn ends_sentence(word: &Word) -> bool {
    match word.last() {
        Some(Inline::Roman(text) | Inline::Bold(text) | Inline::Italic(text)) => {
            text.ends_with(['.', '?', '!'])
        }
        _ => false,
    }
}

/// In bytes of roff, with the blank behind it.
fn length(word: &Word) -> usize {
    Roff::new().text(word.clone()).to_roff().len()
}
