//! How the columns of a table share the width of a terminal.

use super::layout::{SEPARATORS, width};

/// Columns of a terminal that a column needs to be readable; `… (+1,048,576)` has room in it.
pub(super) const MIN_COLUMN_WIDTH: usize = 14;

/// Widths that a text needs: of its longest line, of its longest word, and of the longest part of a word that
/// is not broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Need {
    line: usize,
    word: usize,
    part: usize,
}

impl Need {
    /// Measures a text.
    fn of(text: &str) -> Self {
        let widest = |end: &dyn Fn(char) -> bool| {
            text.split_inclusive(end)
                .map(|part| width(part.trim_end_matches([' ', '\n'])))
                .max()
                .unwrap_or_default()
        };
        let is_blank = |c: char| c == ' ' || c == '\n';
        Self {
            line: widest(&|c| c == '\n'),
            word: widest(&is_blank),
            part: widest(&|c| is_blank(c) || SEPARATORS.contains(&c)),
        }
    }
}

/// What a column needs: its label is never broken.
pub(super) struct Column {
    label: usize,
    values: Need,
}

impl Column {
    /// A column with this label, whose longest line is so wide.
    pub(super) fn of(label: &str, line: usize) -> Self {
        let need = Need::of(label);
        Self { label: need.word, values: Need { line, ..need } }
    }

    /// Adds what a value needs.
    pub(super) fn add(&mut self, value: &str) {
        let (need, values) = (Need::of(value), &mut self.values);
        values.word = values.word.max(need.word);
        values.part = values.part.max(need.part);
    }

    /// The width in which no line is broken more than a narrow column must, if `word` may not be.
    fn width(&self, word: usize) -> usize {
        word.max(self.label).max(MIN_COLUMN_WIDTH).min(self.values.line)
    }
}

/// Shares `room` between columns so that lines are broken between words; if that cannot be, long words between their
/// parts; and within a part only if it takes half of the room. Returns nothing if there is not enough room.
pub(super) fn share(columns: &[Column], room: usize) -> Option<Vec<usize>> {
    let widths = |of: &dyn Fn(&Column) -> usize| columns.iter().map(of).collect::<Vec<_>>();
    let whole = widths(&|column| column.values.line);
    let words = widths(&|column| column.width(column.values.word));
    let parts = widths(&|column| {
        let part = column.values.part;
        column.width(if part > room / 2 { 0 } else { part })
    });
    between(&words, &whole, room).or_else(|| between(&parts, &words, room))
}

/// Returns widths between the least and the most that fill `room`: those that have less than their most are alike, as far
/// as they may be.
fn between(least: &[usize], most: &[usize], room: usize) -> Option<Vec<usize>> {
    let at_level = |level: usize| {
        least.iter().zip(most).map(move |(least, most)| level.clamp(*least, (*most).max(*least)))
    };
    let fits = |level: &usize| at_level(*level).sum::<usize>() <= room;
    let level = (0..=room).take_while(fits).last()?;
    Some(at_level(level).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_needs_room_for_its_words_and_their_parts() {
        let need = Need::of("iam:CreateRole by\nbob  in eu-central-1");
        assert_eq!(need, Need { line: 20, word: 14, part: 10 });
    }

    fn columns(needs: &[(usize, usize, usize)]) -> Vec<Column> {
        let column = |(line, word, part): &(usize, usize, usize)| Column {
            label: 4,
            values: Need { line: *line, word: *word, part: *part },
        };
        needs.iter().map(column).collect()
    }

    #[test]
    fn narrow_columns_get_what_they_need() {
        let text = |line| (line, 6, 6);
        for (needs, room, want) in [
            (vec![text(5), text(10)], 15, Some(vec![5, 10])),
            (vec![text(5), text(90), text(40)], 45, Some(vec![5, 20, 20])),
            (vec![text(5), text(90), text(40)], 32, None),
            (vec![], 0, Some(vec![])),
        ] {
            assert_eq!(share(&columns(&needs), room), want, "{needs:?}");
        }
    }

    #[test]
    fn words_are_whole_as_long_as_there_is_room() {
        // A name takes from a text; a long name is broken between its parts; nothing is broken within one.
        for (needs, room, want) in [
            (vec![(25, 25, 25), (90, 6, 6)], 45, Some(vec![25, 20])),
            (vec![(25, 25, 25), (60, 60, 12)], 60, Some(vec![25, 35])),
            (vec![(25, 25, 25), (60, 60, 12)], 50, Some(vec![25, 25])),
            (vec![(25, 25, 25), (25, 25, 25), (25, 25, 25)], 74, None),
            (vec![(25, 25, 20), (900, 900, 900)], 45, Some(vec![22, 22])),
        ] {
            assert_eq!(share(&columns(&needs), room), want, "{needs:?} in {room}");
        }
    }
}
