//! Words of a POSIX shell's command line, as far as quoting and line continuations go.

/// Returns the words of `line`, without their quotes; an error names the quote that is not closed.
///
/// Variables, substitutions and redirections are not interpreted. A line end without a backslash separates words,
/// as printed commands often lack the backslash.
pub(super) fn words(line: &str) -> Result<Vec<String>, char> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => single_quoted(&mut rest, word.get_or_insert_default())?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '\\' => match rest.next() {
                Some('\n') | None => {}
                Some('\r') => drop(rest.next_if_eq(&'\n')),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    // How cmd.exe and PowerShell continue a line.
    words.retain(|word| !matches!(word.as_str(), "^" | "`"));
    Ok(words)
}

fn single_quoted(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), char> {
    loop {
        match rest.next() {
            Some('\'') => return Ok(()),
            Some(c) => word.push(c),
            None => return Err('\''),
        }
    }
}

fn double_quoted(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), char> {
    loop {
        match rest.next() {
            Some('"') => return Ok(()),
            Some('\\') => match rest.next() {
                Some('\n') => {}
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err('"'),
            },
            Some(c) => word.push(c),
            None => return Err('"'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_quotes() {
        for (line, expected) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            (r#"a 'b "c" \d' "e \"f\" \$ \\ \n""#, &["a", r#"b "c" \d"#, r#"e "f" $ \ \n"#]),
            ("a \\\n  b \\\r\n c\nd", &["a", "b", "c", "d"]),
            (r#"--x=' 1 2'"3"\ 4"#, &["--x= 1 23 4"]),
            (r"a \ 'b'", &["a", " b"]),
            ("'' \"\"", &["", ""]),
            ("a ^\nb `\nc", &["a", "b", "c"]),
            ("", &[]),
            ("a\\", &["a"]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        assert_eq!(words("a 'b"), Err('\''));
        assert_eq!(words("a \"b\\"), Err('"'));
    }
}
