//! `lower`, `upper` and `normalize`.

use super::padded;
use crate::call::Call;
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};
use unicode_normalization::UnicodeNormalization;

pub(super) fn register(registry: &mut Registry) {
    for signature in ["(varchar(x)) -> varchar(x)", "(char(x)) -> char(x)"] {
        registry
            .add("lower", signature, |call| {
                call.text1(|text: &str, out| {
                    fold(text, out, u8::to_ascii_lowercase, lower);
                    Ok(())
                })
            })
            .fails(Failure::Never);
        registry
            .add("upper", signature, |call| {
                call.text1(|text: &str, out| {
                    fold(text, out, u8::to_ascii_uppercase, upper);
                    Ok(())
                })
            })
            .fails(Failure::Never);
        registry.add("reverse", signature, reverse).fails(Failure::Never);
    }
    registry.add("normalize", "(varchar(x), varchar(y)) -> varchar", |call| {
        call.text2(|text: &str, form: &str, out| normalize(text, form, out))
    });
    registry.add("normalize", "(varchar(x)) -> varchar", |call| {
        call.text1(|text: &str, out| normalize(text, "NFC", out))
    });
}

/// Appends `text` with each code point mapped.
fn fold(text: &str, out: &mut String, ascii: fn(&u8) -> u8, other: fn(char) -> char) {
    if text.is_ascii() {
        out.extend(text.bytes().map(|byte| char::from(ascii(&byte))));
    } else {
        out.extend(text.chars().map(other));
    }
}

/// Returns the one lower-case letter of a code point: Unicode's simple mapping.
fn lower(letter: char) -> char {
    if letter == 'İ' {
        return 'i';
    }
    single(letter.to_lowercase(), letter)
}

/// Returns the one upper-case letter of a code point: Unicode's simple mapping.
fn upper(letter: char) -> char {
    let titled = match letter {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return single(letter.to_uppercase(), letter),
    };
    char::from_u32(letter as u32 + titled).unwrap_or(letter)
}

/// Returns the only item, or `otherwise`.
fn single(mut mapped: impl Iterator<Item = char>, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => otherwise,
    }
}

fn reverse(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text1(|text: &str, out| {
        out.extend(padded(text, data_type).chars().rev());
        Ok(())
    })
}

fn normalize(text: &str, form: &str, out: &mut String) -> SqlResult<()> {
    if text.is_ascii() {
        out.push_str(text);
        return Ok(());
    }
    match form {
        "NFC" => out.extend(text.nfc()),
        "NFD" => out.extend(text.nfd()),
        "NFKC" => out.extend(text.nfkc()),
        "NFKD" => out.extend(text.nfkd()),
        _ => {
            return Err(SqlError::argument(
                "Normalization form must be one of [NFD, NFC, NFKD, NFKC]",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_stays_one_letter() {
        for (letter, want) in
            [('ß', 'ß'), ('ŉ', 'ŉ'), ('ǆ', 'Ǆ'), ('ᾳ', 'ᾼ'), ('ᾀ', 'ᾈ'), ('é', 'É')]
        {
            assert_eq!(upper(letter), want);
        }
        for (letter, want) in [('İ', 'i'), ('Σ', 'σ'), ('É', 'é'), ('x', 'x')] {
            assert_eq!(lower(letter), want);
        }
    }
}
