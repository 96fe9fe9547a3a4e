//! Bytes as UTF-8 text: `from_utf8`.

use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("from_utf8", "(varbinary) -> varchar", |call| {
        call.text1(|bytes: &[u8], out| {
            repair(bytes, Some('\u{fffd}'), out);
            Ok(())
        })
    });
    registry.add("from_utf8", "(varbinary, varchar(x)) -> varchar", with_text);
    registry.add("from_utf8", "(varbinary, bigint) -> varchar", with_code);
}

fn with_text(call: &Call<'_>) -> SqlResult<ArrayRef> {
    call.text2(|bytes: &[u8], replacement: &str, out| {
        let mut chars = replacement.chars();
        let character = chars.next();
        if chars.next().is_some() {
            return Err(SqlError::argument(
                "Replacement character string must empty or a single character",
            ));
        }
        repair(bytes, character, out);
        Ok(())
    })
}

fn with_code(call: &Call<'_>) -> SqlResult<ArrayRef> {
    call.text2(|bytes: &[u8], code: i64, out| {
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        let character =
            character.ok_or_else(|| SqlError::argument("Invalid replacement character"))?;
        repair(bytes, Some(character), out);
        Ok(())
    })
}

/// Appends the text in `bytes`, with `replacement` for bytes that are not UTF-8.
fn repair(bytes: &[u8], replacement: Option<char>, out: &mut String) {
    let mut rest = bytes;
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return;
            }
            Err(error) => error,
        };
        let (valid, invalid) = rest.split_at(error.valid_up_to());
        out.push_str(std::str::from_utf8(valid).unwrap_or_default());
        out.extend(replacement);
        rest = invalid.get(invalid_length(invalid)..).unwrap_or_default();
    }
}

/// Returns how many bytes at the start of `bytes` are replaced together: a whole sequence that
/// is not a code point, or as much of one as there is.
fn invalid_length(bytes: &[u8]) -> usize {
    let wanted = match bytes.first() {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        Some(0xf8..=0xfb) => 5,
        Some(0xfc..=0xfd) => 6,
        _ => return 1,
    };
    let following = bytes.iter().skip(1).take(wanted - 1);
    1 + following.take_while(|byte| matches!(byte, 0x80..=0xbf)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_replaced_as_one() {
        for (bytes, want) in [
            (&b"X\xbf"[..], "X#"),
            (b"X\xf0\x90\x80\x80", "X\u{10000}"),
            (b"\xf0\x90\x90X", "#X"),
            (b"\xed\xa0\x80", "#"),
            (b"\xc0\xaf", "#"),
            (b"\xf4\x90\x80\x80", "#"),
            (b"\xe2\x82X", "#X"),
            (b"\xff\xfe", "##"),
        ] {
            let mut out = String::new();
            repair(bytes, Some('#'), &mut out);
            assert_eq!(out, want, "{bytes:x?}");
        }
    }
}
