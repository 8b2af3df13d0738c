//! Whether a line stands where the lines of its block stand, and what to say if it does not.

use super::BlockBuilder;
use crate::kind::ErrorKind;
use crate::source::{Diagnostic, Source, Span};
use crate::syntax::layout::Indentation;

impl BlockBuilder<'_> {
    /// Checks a line against the block that it has come to. `dedented_from` is the body that ended with it;
    /// of a quiet line nothing is said here.
    pub(super) fn check_indentation(
        &mut self,
        indentation: Indentation,
        dedented_from: Option<Indentation>,
        is_quiet: bool,
    ) {
        let column = indentation.column;
        let top = self.top();
        let Some(body) = top.body else {
            top.body = Some(indentation);
            if let Some(header) = top.indentation.filter(|header| self.mixes_blanks(indentation, *header)) {
                self.report_mixed_blanks(indentation, header.span);
            }
            return;
        };
        let is_stray = top.stray_column == Some(column);
        let was_reported = top.mixed_blanks_reported;
        if self.mixes_blanks(indentation, body) {
            let top = self.top();
            top.stray_column = Some(column);
            top.mixed_blanks_reported = true;
            if !was_reported {
                self.report_mixed_blanks(indentation, body.span);
            }
            return;
        }
        if column == body.column || is_stray {
            return;
        }
        let top = self.top();
        top.stray_column = Some(column);
        if is_quiet {
            return;
        }
        if column < body.column || dedented_from.is_some() {
            self.report_misfit(indentation, dedented_from);
        } else {
            let span = first_visible(self.source, indentation.span);
            let error =
                Diagnostic::error(ErrorKind::SyntaxError, span, "this line is indented, but no header opens a block")
                    .secondary(first_visible(self.source, body.span), "the lines of this block are indented like this")
                    .help("indent it like the line above, or end the line above with `:` if it is a header");
            self.errors.push(error);
        }
    }

    /// Reports a line that is left of the block before it and level with no other; the columns where it
    /// could stand are shown.
    fn report_misfit(&mut self, indentation: Indentation, dedented_from: Option<Indentation>) {
        let bodies = self.open.iter().filter_map(|open| open.body).chain(dedented_from);
        let mut columns: Vec<String> = bodies.map(|body| (body.column + 1).to_string()).collect();
        columns.dedup();
        let are = if columns.len() == 1 { "the open block is at column" } else { "the open blocks are at columns" };
        let message = format!("no open block has lines at column {}", indentation.column + 1);
        let mut error =
            Diagnostic::error(ErrorKind::SyntaxError, first_visible(self.source, indentation.span), message)
                .label(format!("{are} {}", columns.join(", ")))
                .help("indent the line exactly as the others of the block to which it belongs");
        if let Some(deeper) = dedented_from {
            error = error.secondary(first_visible(self.source, deeper.span), "this block ended");
        }
        self.errors.push(error);
    }

    /// Whether one line has tabs where the other has spaces, so that how they compare depends on how
    /// wide one takes a tab.
    fn mixes_blanks(&self, one: Indentation, other: Indentation) -> bool {
        let blanks = |indentation: Indentation| self.source.slice(indentation.span).chars().map(|c| c == '\t');
        blanks(one).zip(blanks(other)).any(|(one, other)| one != other)
    }

    fn report_mixed_blanks(&mut self, indentation: Indentation, other: Span) {
        let describe = |span: Span| {
            let blanks = self.source.slice(span);
            let tabs = blanks.matches('\t').count();
            let spaces = blanks.chars().count() - tabs;
            let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
            match (tabs, spaces) {
                (0, spaces) => count(spaces, "space"),
                (tabs, 0) => count(tabs, "tab"),
                _ => format!("{} and {}", count(tabs, "tab"), count(spaces, "space")),
            }
        };
        let (here, there) = (describe(indentation.span), describe(other));
        let error = Diagnostic::error(
            ErrorKind::SyntaxError,
            first_visible(self.source, indentation.span),
            "tabs and spaces are mixed inconsistently",
        )
        .label(format!("indented with {here}"))
        .secondary(first_visible(self.source, other), format!("indented with {there}"))
        .help("indent all lines of a body with the same blanks: a tab counts to the next multiple of 4 columns");
        self.errors.push(error);
    }
}

/// What to underline of an indentation: the blanks, or the first character where there are none.
fn first_visible(source: &Source, blanks: Span) -> Span {
    if blanks.start < blanks.end && source.slice(blanks).starts_with(char::is_whitespace) {
        return blanks;
    }
    let rest = source.slice(Span::new(blanks.start, source.base + source.text.len() as u32));
    let length = rest.chars().next().map_or(0, char::len_utf8);
    Span::new(blanks.start, blanks.start + length as u32)
}
