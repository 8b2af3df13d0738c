//! Diagnostics as text: the headline with its kind, excerpts with labels, notes, help. The one place
//! that knows the rendering crate.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use crate::limits;
use crate::source::{Diagnostic, Label, Severity, Source, Sources, Span};

/// Lines of one excerpt are at most this far apart; farther labels get an excerpt of their own.
const GAP_LINES: u32 = 200;
/// A label that spans more lines is cut to its first.
const LABEL_LINES: u32 = 6;
/// Bytes shown of a longer line, around its labels.
const LINE_BYTES: usize = 200;
/// Bytes kept before the first label of a line that is cut.
const LEAD_BYTES: usize = 60;
/// Bytes shown of a longer sentence: a name in it may be as long as the file.
const SENTENCE_BYTES: usize = 4000;

/// A diagnostic as text, with a line end. With `color` it holds ANSI escapes.
pub fn render(sources: &Sources, diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut title = level.primary_title(sentence(&diagnostic.message));
    if let Some(kind) = diagnostic.kind {
        title = title.id(kind.name());
    }
    let mut group = Group::with_title(title);
    let excerpts = excerpts(sources, diagnostic);
    for excerpt in &excerpts {
        group = group.element(excerpt.element());
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(&sentence(note))));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(&sentence(help))));
    }
    let mut text = renderer(color).render(&[group]);
    for excerpt in &excerpts {
        if let Some((shown, real)) = &excerpt.moved {
            text = text.replacen(shown, real, 1);
        }
    }
    text.push('\n');
    text
}

/// Several diagnostics as text, a blank line after each; beyond the limit errors are only counted, and so are
/// warnings, which hide no error.
pub fn render_all(sources: &Sources, diagnostics: &[Diagnostic], color: bool) -> String {
    let mut text = String::new();
    let (mut errors, mut warnings) = (0_usize, 0_usize);
    for diagnostic in diagnostics {
        let count = if diagnostic.severity == Severity::Error { &mut errors } else { &mut warnings };
        *count += 1;
        if *count <= limits::REPORTED_DIAGNOSTICS {
            text.push_str(&render(sources, diagnostic, color));
            text.push('\n');
        }
    }
    for (count, what) in [(errors, "error"), (warnings, "warning")] {
        if let left @ 1.. = count.saturating_sub(limits::REPORTED_DIAGNOSTICS) as u64 {
            text.push_str(&format!("and {} more {what}{}\n", super::grouped(left), if left == 1 { "" } else { "s" }));
        }
    }
    text
}

/// An error that is not about a program's text, with a line end.
pub fn render_plain(message: &str, help: &[String], color: bool) -> String {
    let help = help.iter().map(|help| Level::HELP.message(normalize_untrusted_str(help)));
    let group = Group::with_title(Level::ERROR.primary_title(message)).elements(help);
    let mut text = renderer(color).render(&[group]);
    text.push('\n');
    text
}

/// A sentence, cut where it is far too long.
fn sentence(text: &str) -> Cow<'_, str> {
    if text.len() <= SENTENCE_BYTES {
        return Cow::Borrowed(text);
    }
    let end = (0..=SENTENCE_BYTES).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    Cow::Owned(format!("{} …", &text[..end]))
}

const fn renderer(color: bool) -> Renderer {
    if color { Renderer::styled() } else { Renderer::plain() }
}

/// Neighbouring labels of one source.
struct Excerpt<'a> {
    source: &'a Source,
    /// The first line, from 1.
    line: u32,
    text: String,
    /// Byte ranges in `text`.
    labels: Vec<(AnnotationKind, std::ops::Range<usize>, &'a str)>,
    /// Where the header says it is, and where it really is, if the line is cut before its label.
    moved: Option<(String, String)>,
}

impl Excerpt<'_> {
    fn element(&self) -> Element<'_> {
        if self.labels.is_empty() {
            return Origin::path(self.source.name.as_str()).into();
        }
        let annotations = self.labels.iter().map(|(kind, range, text)| {
            let annotation = kind.span(range.clone());
            if text.is_empty() { annotation } else { annotation.label(sentence(text)) }
        });
        let snippet = Snippet::source(self.text.as_str()).line_start(self.line as usize);
        snippet.path(self.source.name.as_str()).annotations(annotations).into()
    }
}

/// The primary label's excerpt first, then the others in order.
fn excerpts<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Excerpt<'a>> {
    let primary = &diagnostic.primary;
    if primary.span == Span::default() && diagnostic.secondary.is_empty() {
        let source = sources.of(primary.span);
        return vec![Excerpt { source, line: 1, text: String::new(), labels: Vec::new(), moved: None }];
    }
    let mut labels: Vec<(AnnotationKind, &Label)> = vec![(AnnotationKind::Primary, primary)];
    labels.extend(diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label)));
    labels.sort_by_key(|(_, label)| label.span.start);

    let mut clusters: Vec<Vec<(AnnotationKind, &Label)>> = Vec::new();
    let mut last: Option<(u32, u32)> = None;
    for (kind, label) in labels {
        let source = sources.of(label.span);
        let line = source.line(label.span.start);
        match (last, clusters.last_mut()) {
            (Some((base, before)), Some(cluster)) if base == source.base && line - before <= GAP_LINES => {
                cluster.push((kind, label));
            }
            _ => clusters.push(vec![(kind, label)]),
        }
        last = Some((source.base, line));
    }
    // The place to blame comes first, whatever the order of the text.
    clusters.sort_by_key(|cluster| !cluster.iter().any(|(kind, _)| *kind == AnnotationKind::Primary));
    clusters.into_iter().map(|cluster| excerpt(sources, &cluster)).collect()
}

/// The text around the labels of one cluster: whole lines, so that line numbers hold, but lines that
/// no label is near are left empty, and long ones are cut around their labels.
fn excerpt<'a>(sources: &'a Sources, cluster: &[(AnnotationKind, &'a Label)]) -> Excerpt<'a> {
    let source = sources.of(cluster[0].1.span);
    let spans: Vec<Span> = cluster.iter().map(|(_, label)| clipped(source, label.span)).collect();
    let first = source.line(spans[0].start);
    let last = spans.iter().map(|span| source.line(span.end)).max().unwrap_or(first);

    let mut text = String::new();
    let mut ranges: Vec<std::ops::Range<usize>> = vec![0..0; spans.len()];
    for line in first..=last {
        let here: Vec<usize> = (0..spans.len())
            .filter(|&at| (source.line(spans[at].start)..=source.line(spans[at].end)).contains(&line))
            .collect();
        let near = spans
            .iter()
            .any(|span| source.line(span.end).abs_diff(line) <= 2 || source.line(span.start).abs_diff(line) <= 2);
        if near || !here.is_empty() {
            let shown = shown_line(source, line, &here, &spans);
            for &at in &here {
                if source.line(spans[at].start) == line {
                    ranges[at].start = text.len() + shown.place(spans[at].start);
                }
                if source.line(spans[at].end) == line {
                    ranges[at].end = (text.len() + shown.place(spans[at].end)).max(ranges[at].start);
                }
            }
            text.push_str(&shown.text);
        }
        text.push('\n');
    }

    let head = cluster.iter().position(|(kind, _)| *kind == AnnotationKind::Primary).unwrap_or(0);
    let position = source.position(cluster[head].1.span.start);
    let before = &text[..ranges[head].start];
    let column = before[before.rfind('\n').map_or(0, |at| at + 1)..].chars().count() + 1;
    let header = |column| format!("{}:{}:{column}", source.name, position.line);
    let moved = (column != position.column as usize).then(|| (header(column), header(position.column as usize)));
    let labels = cluster.iter().zip(ranges).map(|((kind, label), range)| (*kind, range, label.text.as_str())).collect();
    Excerpt { source, line: first, text, labels, moved }
}

/// A span that is not longer than a few lines, and not longer than its source.
fn clipped(source: &Source, span: Span) -> Span {
    let end = source.base + source.text.len() as u32;
    let (start, mut until) = (span.start.min(end), span.end.min(end).max(span.start.min(end)));
    let line = source.line(start);
    if source.line(until) > line && (source.line(until) - line >= LABEL_LINES || until == start) {
        until = start.max(line_start(source, line) + source.line_text(line).len() as u32);
    }
    Span::new(start, until)
}

/// Global offset of the first byte of a line.
fn line_start(source: &Source, line: u32) -> u32 {
    let text = source.line_text(line);
    source.base + (text.as_ptr() as usize - source.text.as_ptr() as usize) as u32
}

/// A line as an excerpt shows it.
struct ShownLine {
    text: String,
    /// Global offset of the first byte that is shown.
    from: u32,
    /// Bytes put before it.
    prefix: usize,
    /// Bytes shown.
    length: usize,
}

impl ShownLine {
    /// Where a global offset lies in `text`.
    fn place(&self, offset: u32) -> usize {
        let within = (offset.saturating_sub(self.from) as usize).min(self.length);
        (0..=self.prefix + within).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }
}

fn shown_line(source: &Source, line: u32, here: &[usize], spans: &[Span]) -> ShownLine {
    let whole = source.line_text(line);
    let start = line_start(source, line);
    let mark = if whole.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if whole.len() - mark <= LINE_BYTES {
        return ShownLine {
            text: whole[mark..].to_owned(),
            from: start + mark as u32,
            prefix: 0,
            length: whole.len() - mark,
        };
    }
    let boundary = |at: usize| (0..=at.min(whole.len())).rev().find(|&at| whole.is_char_boundary(at)).unwrap_or(0);
    let label = here.iter().map(|&at| spans[at].start.saturating_sub(start) as usize).min().unwrap_or(0);
    let from = boundary(label.saturating_sub(LEAD_BYTES)).max(mark);
    let to = boundary(from + LINE_BYTES).max(from);
    let before = if from > mark { "… " } else { "" };
    let after = if to < whole.len() { " …" } else { "" };
    ShownLine {
        text: format!("{before}{}{after}", &whole[from..to]),
        from: start + from as u32,
        prefix: before.len(),
        length: to - from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::ErrorKind;

    fn span(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap() as u32;
        Span::new(start, start + part.len() as u32)
    }

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add("t.pseudo", text);
        sources
    }

    #[test]
    fn labels_stand_in_the_order_of_the_text() {
        let text = "function f():\n    p = heap_allocate(8)\n    heap_free(p)\n    a = 1\n    b = 2\n    c = 3\n    print(read_from(p))\n";
        let diagnostic =
            Diagnostic::error(ErrorKind::UseAfterFree, span(text, "read_from(p)"), "the block `p` is used")
                .label("read here")
                .secondary(span(text, "heap_free(p)"), "freed here")
                .secondary(span(text, "heap_allocate(8)"), "allocated here")
                .note("a fact\nof two lines")
                .help("advice");
        insta::assert_snapshot!(render(&sources(text), &diagnostic, false), @"
        error[use-after-free]: the block `p` is used
         --> t.pseudo:7:11
          |
        2 |     p = heap_allocate(8)
          |         ---------------- allocated here
        3 |     heap_free(p)
          |     ------------ freed here
        ...
        7 |     print(read_from(p))
          |           ^^^^^^^^^^^^ read here
          |
          = note: a fact
                  of two lines
          = help: advice
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_its_label() {
        let text = format!("x = {}+ wrong +{}\n", "1 + ".repeat(100_000), " 1 +".repeat(100_000));
        let diagnostic = Diagnostic::error(ErrorKind::UnknownName, span(&text, "wrong"), "no `wrong`").label("here");
        let rendered = render(&sources(&text), &diagnostic, false);
        assert!(rendered.len() < 1000, "{}", rendered.len());
        insta::assert_snapshot!(rendered, @"
        error[unknown-name]: no `wrong`
         --> t.pseudo:1:400007
          |
        1 | … + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + + wrong + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 +...
          |                                                               ^^^^^ here
        ");
    }

    #[test]
    fn a_long_sentence_is_cut() {
        let text = "é".repeat(1_000_000);
        let diagnostic = Diagnostic::error(ErrorKind::UnknownName, Span::new(0, text.len() as u32), text.as_str())
            .label(text.as_str())
            .note(text.as_str())
            .help(text.as_str());
        let rendered = render(&sources(&text), &diagnostic, false);
        assert!(rendered.len() < 5 * SENTENCE_BYTES, "{}", rendered.len());
        assert!(rendered.contains("é …\n"), "{rendered}");
    }

    #[test]
    fn a_byte_order_mark_moves_no_column() {
        let text = "\u{feff}x = y\n";
        let diagnostic = Diagnostic::error(ErrorKind::UnknownName, span(text, "y"), "no `y`");
        insta::assert_snapshot!(render(&sources(text), &diagnostic, false), @"
        error[unknown-name]: no `y`
         --> t.pseudo:1:5
          |
        1 | x = y
          |     ^
        ");
    }

    #[test]
    fn the_end_of_a_line_and_of_the_file_can_be_blamed() {
        let text = "x = \ny = (";
        let end = Diagnostic::error(ErrorKind::SyntaxError, Span::new(4, 4), "no expression").label("expected here");
        insta::assert_snapshot!(render(&sources(text), &end, false), @"
        error[syntax-error]: no expression
         --> t.pseudo:1:5
          |
        1 | x = 
          |     ^ expected here
        ");
        let file = Diagnostic::error(ErrorKind::SyntaxError, Span::new(10, 10), "never closed");
        insta::assert_snapshot!(render(&sources(text), &file, false), @"
        error[syntax-error]: never closed
         --> t.pseudo:2:6
          |
        2 | y = (
          |      ^
        ");
    }

    #[test]
    fn far_apart_labels_get_excerpts_of_their_own() {
        let text = format!("first = 1\n{}second = 2\n", "\n".repeat(1000));
        let diagnostic = Diagnostic::error(ErrorKind::DuplicateName, span(&text, "second"), "twice")
            .label("again")
            .secondary(span(&text, "first"), "first");
        insta::assert_snapshot!(render(&sources(&text), &diagnostic, false), @"
        error[duplicate-name]: twice
            --> t.pseudo:1002:1
             |
        1002 | second = 2
             | ^^^^^^ again
             |
            ::: t.pseudo:1:1
             |
           1 | first = 1
             | ----- first
        ");
    }

    #[test]
    fn escapes_in_the_program_do_not_reach_the_terminal() {
        let text = "x = \"\u{1b}[2J\" \u{202e}y";
        let diagnostic = Diagnostic::error(ErrorKind::SyntaxError, span(text, "y"), "\u{1b}[2J").note("\u{1b}[2J");
        let rendered = render(&sources(text), &diagnostic, false);
        assert!(!rendered.contains(['\u{1b}', '\u{202e}']), "{rendered:?}");
    }

    #[test]
    fn a_long_list_ends_in_a_count() {
        let text = "y\n";
        let one = Diagnostic::warning(span(text, "y"), "odd");
        let mut all = vec![one; 102];
        all.push(Diagnostic::error(ErrorKind::SyntaxError, span(text, "y"), "wrong"));
        let rendered = render_all(&sources(text), &all, false);
        assert!(rendered.ends_with("and 2 more warnings\n"));
        assert!(rendered.contains("wrong"), "an error is hidden behind warnings");
    }
}
