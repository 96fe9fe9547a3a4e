//! Text measured in columns of a terminal, cut and broken into lines.

use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Returns how many columns a terminal takes for `text`.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    c.width().unwrap_or_default()
}

/// Returns the longest beginning of `text` that is at most `room` columns wide.
pub(super) fn prefix(text: &str, room: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += char_width(*c);
        used > room
    });
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// Returns `text`, or as much of it as fits with `…` after it.
pub(super) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    format!("{}…", prefix(text, room.saturating_sub(1)))
}

/// Returns `text` with spaces after it up to `room` columns.
pub(super) fn padded(text: &str, room: usize) -> String {
    format!("{text}{:1$}", "", room.saturating_sub(width(text)))
}

/// Breaks `text` into lines of at most `room` columns, after a space where there is one in the
/// second half. Returns the bytes of each line.
pub(super) fn wrap(text: &str, room: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let mut rest = line;
        while width(rest) > room {
            let fits = prefix(rest, room).len();
            // A character that is wider than the room stands alone.
            let fits = fits.max(rest.chars().next().map_or(1, char::len_utf8));
            let space = rest.get(..fits).and_then(|line| line.rfind(' ')).map(|at| at + 1);
            let end = space.filter(|at| *at > fits / 2).unwrap_or(fits);
            lines.push(start..start + end);
            start += end;
            rest = rest.get(end..).unwrap_or_default();
        }
        lines.push(start..start + rest.len());
        start += rest.len() + 1;
    }
    lines
}

/// Returns a number with a comma after every three digits.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("a漢é\u{301}"), 4);
        assert_eq!(prefix("漢漢漢", 5), "漢漢");
        assert_eq!(cut("漢漢漢", 5), "漢漢…");
        assert_eq!((cut("abc", 3).as_str(), padded("漢", 3).as_str()), ("abc", "漢 "));
    }

    #[test]
    fn lines_break_behind_spaces() {
        let lines =
            |text, room| wrap(text, room).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(lines("one two three", 9), ["one two ", "three"]);
        assert_eq!(lines("a bcdefghij\n\nk", 6), ["a bcde", "fghij", "", "k"]);
        assert_eq!(lines("漢a", 1), ["漢", "a"]);
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1_234, 1_048_576].map(thousands),
            ["0", "12", "123", "1,234", "1,048,576"]
        );
    }

    proptest! {
        #[test]
        fn no_character_is_lost(text in "[a 漢\n\u{301}]{0,60}", room in 2usize..9) {
            let lines: Vec<_> = wrap(&text, room).into_iter().map(|at| &text[at]).collect();
            prop_assert_eq!(lines.concat(), text.replace('\n', ""));
            prop_assert!(lines.iter().all(|line| width(line) <= room));
        }
    }
}
