//! The sound and the stem of words: `soundex`, `word_stem`.

use crate::registry::Registry;
use rust_stemmers::{Algorithm, Stemmer};
use std::sync::LazyLock;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("soundex", "(varchar) -> varchar(4)", |call| call.text1(soundex));
    registry.add("word_stem", "(varchar(x)) -> varchar(x)", |call| {
        call.text1(|word: &str, out| {
            out.push_str(&ENGLISH.stem(word));
            Ok(())
        })
    });
    registry.add("word_stem", "(varchar(x), varchar(2)) -> varchar(x)", |call| {
        let mut last: Option<(&str, Stemmer)> = None;
        call.text2(|word: &str, language: &str, out| {
            if last.as_ref().is_none_or(|(known, _)| *known != language) {
                last = Some((language, stemmer(language)?));
            }
            if let Some((_, stemmer)) = &last {
                out.push_str(&stemmer.stem(word));
            }
            Ok(())
        })
    });
}

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

fn stemmer(language: &str) -> SqlResult<Stemmer> {
    Ok(Stemmer::create(match language {
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "tr" => Algorithm::Turkish,
        _ => return Err(SqlError::argument(format!("Unknown stemmer language: {language}"))),
    }))
}

/// The digits of the letters A to Z.
const CODES: &[u8; 26] = b"01230120022455012623010202";

/// American Soundex: the first letter and up to three digits of the following ones.
fn soundex(text: &str, out: &mut String) -> SqlResult<()> {
    let letters = text.chars().filter(|c| c.is_alphabetic() && c.len_utf16() == 1);
    let mut letters = letters.flat_map(char::to_uppercase);
    let Some(first) = letters.next() else { return Ok(()) };
    let mut last = code(first)?;
    out.push(first);
    let mut missing = 3;
    for letter in letters {
        // Equal digits on both sides of H and W are one; vowels make them two.
        if matches!(letter, 'H' | 'W') {
            continue;
        }
        let digit = code(letter)?;
        if digit != b'0' && digit != last {
            out.push(char::from(digit));
            missing -= 1;
            if missing == 0 {
                return Ok(());
            }
        }
        last = digit;
    }
    out.extend(std::iter::repeat_n('0', missing));
    Ok(())
}

fn code(letter: char) -> SqlResult<u8> {
    let index = i64::from(letter as u32) - i64::from(b'A');
    let known = usize::try_from(index).ok().and_then(|index| CODES.get(index));
    known.copied().ok_or_else(|| {
        SqlError::argument(format!("The character is not mapped: {letter} (index={index})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_sound_alike() {
        for (word, want) in [
            ("Robert", "R163"),
            ("Tymczak", "T522"),
            ("Ashcraft", "A261"),
            ("hw", "H000"),
            ("a b", "A100"),
            ("ß", "S000"),
            ("123", ""),
            ("bcdlmné", "B234"),
        ] {
            let mut out = String::new();
            soundex(word, &mut out).unwrap();
            assert_eq!(out, want, "{word}");
        }
        assert!(soundex("é", &mut String::new()).is_err());
    }

    #[test]
    fn stems() {
        for (language, word, want) in
            [("en", "generally", "general"), ("de", "laufenden", "laufend"), ("pt", "ã", "ã")]
        {
            assert_eq!(stemmer(language).unwrap().stem(word), want);
        }
        assert!(stemmer("xx").is_err());
    }
}
