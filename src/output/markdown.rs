//! A table in GitHub's Markdown. Nothing in a cell is markup: no link, no mention, no HTML.

use super::{AnswerWriter, OutputError, value, visible};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

pub(super) struct MarkdownWriter<'a> {
    out: &'a mut dyn Write,
    types: Vec<Type>,
}

impl<'a> MarkdownWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, types: Vec::new() }
    }
}

/// Appends text with everything escaped that Markdown would take for markup.
fn escape_into(text: &str, out: &mut String) {
    for (at, line) in text.split('\n').enumerate() {
        out.push_str(if at == 0 { "" } else { "<br>" });
        let line = visible(line);
        for (at, c) in line.char_indices() {
            let before = |end: &str| line.get(..at).is_some_and(|text| text.ends_with(end));
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                // GitHub looks for names and addresses in what is rendered: a comment parts them.
                '@' => out.push_str("@<!-- -->"),
                // GitHub makes links of bare addresses.
                ':' if line.get(at..).is_some_and(|rest| rest.starts_with("://")) => {
                    out.push_str("\\:");
                }
                '.' if before("www") => out.push_str("\\."),
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
}

impl AnswerWriter for MarkdownWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        let mut text = String::from("|");
        for label in labels {
            text.push(' ');
            escape_into(label, &mut text);
            text.push_str(" |");
        }
        text.push_str("\n|");
        for data_type in types {
            text.push_str(if data_type.is_numeric() { " ---: |" } else { " --- |" });
        }
        Ok(writeln!(self.out, "{text}")?)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let (mut text, mut line) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            line.push('|');
            for (column, data_type) in batch.columns().iter().zip(&self.types) {
                line.push(' ');
                if value::is_null(column, row) {
                    line.push_str("*NULL*");
                } else {
                    text.clear();
                    value::text_into(column, row, data_type, &mut text)?;
                    escape_into(&text, &mut line);
                }
                line.push_str(" |");
            }
            line.push('\n');
            self.out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), OutputError> {
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        for (text, want) in [
            ("arn:aws:iam::1:user/a-b.c", "arn:aws:iam::1:user/a-b.c"),
            ("a|b\\|c", r"a\|b\\\|c"),
            ("[x](http://e.vil) www.e.vil", r"\[x\](http\://e.vil) www\.e.vil"),
            ("<img src=x>&amp;", "&lt;img src=x&gt;&amp;amp;"),
            ("`a` **b** ~~c~~ _d_ #1", r"\`a\` \*\*b\*\* \~\~c\~\~ \_d\_ \#1"),
            ("me@e.vil\nx\u{1b}", r"me@<!-- -->e.vil<br>x\\u{1b}"),
        ] {
            let mut out = String::new();
            escape_into(text, &mut out);
            assert_eq!(out, want);
        }
    }
}
