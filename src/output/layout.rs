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

/// Behind what a long name may be broken: an ARN, a path, a URL, JSON.
pub(super) const SEPARATORS: [char; 11] = ['/', ':', ',', ';', '=', '&', '?', '|', '-', '}', ']'];

/// Breaks `text` into lines of at most `room` columns: at a space, which is not shown then, else behind a
/// separator, and within a word only if the word has no room in a line. Returns the bytes of each line.
pub(super) fn wrap(text: &str, room: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let mut rest = line;
        while width(rest) > room {
            let fits = prefix(rest, room).len();
            // A character that is wider than the room stands alone.
            let fits = fits.max(rest.chars().next().map_or(1, char::len_utf8));
            let end = line_end(rest, fits, room);
            lines.push(start..start + end);
            let next = end + usize::from(rest[end..].starts_with(' '));
            start += next;
            rest = &rest[next..];
        }
        lines.push(start..start + rest.len());
        start += rest.len() + 1;
    }
    lines
}

/// Returns where a line ends of which so many bytes fit.
fn line_end(rest: &str, fits: usize, room: usize) -> usize {
    if rest[fits..].starts_with(' ') {
        return fits;
    }
    let line = &rest[..fits];
    let indent = line.len() - line.trim_start_matches(' ').len();
    let space = line.rfind(' ').filter(|at| *at > indent);
    let separator = line.rfind(SEPARATORS).map(|at| at + 1);
    // Early breaks are for what is whole then.
    let worth = |at: &usize, is_end: fn(char) -> bool| {
        let next = rest[*at..].trim_start_matches(' ');
        let end = next.find(is_end).unwrap_or(next.len());
        *at > fits / 2 || width(&next[..end]) <= room
    };
    space
        .filter(|at| worth(at, |c| c == ' '))
        .or(separator.filter(|at| worth(at, |c| c == ' ' || SEPARATORS.contains(&c))))
        .unwrap_or(fits)
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
    fn lines_break_between_words() {
        let lines =
            |text, room| wrap(text, room).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(lines("one two three", 9), ["one two", "three"]);
        assert_eq!(lines("one two three", 3), ["one", "two", "thr", "ee"]);
        assert_eq!(lines("a CreateRole b", 11), ["a", "CreateRole", "b"]);
        assert_eq!(lines("a bcdefghij\n\nk", 6), ["a bcde", "fghij", "", "k"]);
        assert_eq!(lines("  a bcdef", 6), ["  a", "bcdef"]);
        assert_eq!(lines("漢a", 1), ["漢", "a"]);
    }

    #[test]
    fn long_names_break_behind_separators() {
        let lines =
            |text, room| wrap(text, room).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(
            lines("arn:aws:iam::123456789012:role/Administrator", 14),
            ["arn:aws:iam::", "123456789012:", "role/", "Administrator"]
        );
        assert_eq!(lines("red/abcdefghijk", 10), ["red/abcdef", "ghijk"]);
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
        fn no_character_is_lost(text in "[a /漢\n\u{301}]{0,60}", room in 2usize..9) {
            let lines: Vec<_> = wrap(&text, room).into_iter().map(|at| &text[at]).collect();
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(['\n', ' '], ""));
            prop_assert!(lines.iter().all(|line| width(line) <= room));
        }

        #[test]
        fn words_that_have_room_are_whole(words in prop::collection::vec("[a-z]{1,8}", 1..20), room in 8usize..20) {
            let text = words.join(" ");
            let lines: Vec<_> = wrap(&text, room).into_iter().map(|at| &text[at]).collect();
            prop_assert_eq!(lines.join(" "), text);
        }
    }
}
