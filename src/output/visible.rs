//! Text that cannot harm a terminal.

use std::borrow::Cow;

/// Returns `text` with control characters, bidirectional overrides and other invisible directions
/// shown as `\u{1b}`; line feeds and tabs as `\n` and `\t`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Returns JSON with what [`visible`] shows escaped in JSON's own way, so that it stays what it is.
/// Line feeds and tabs are left alone: in strings they are escaped already.
pub fn visible_json(json: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(json) else { return Cow::Borrowed(json) };
    let escaped = |c: char| is_hidden(c) && !matches!(c, '\n' | '\t');
    if !text.chars().any(escaped) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // All of them are in the first plane.
        if escaped(c) { shown.push_str(&format!("\\u{:04x}", u32::from(c))) } else { shown.push(c) }
    }
    Cow::Owned(shown.into_bytes())
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_what_it_is() {
        let json = "{\"a\":\"\u{9b}31m\u{7f}\u{202e}\\u001b\"}\n";
        let shown = visible_json(json.as_bytes());
        assert_eq!(
            std::str::from_utf8(&shown).unwrap(),
            "{\"a\":\"\\u009b31m\\u007f\\u202e\\u001b\"}\n"
        );
        let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
        assert_eq!(value(&shown), value(json.as_bytes()));
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(visible("plain é 漢"), "plain é 漢");
        assert_eq!(
            visible("\u{1b}[31mred\n\u{202e}gnp.exe\u{7}"),
            r"\u{1b}[31mred\n\u{202e}gnp.exe\u{7}"
        );
    }
}
