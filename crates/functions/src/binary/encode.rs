//! Bytes as text: hex, base 32 and base 64.

use super::bytes1;
use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// Appends what a text decodes to.
type Decode = fn(&[u8], &mut Vec<u8>) -> SqlResult<()>;

pub(super) fn register(registry: &mut Registry) {
    registry.add("to_hex", "(varbinary) -> varchar", |call| {
        call.text1(|bytes: &[u8], out| {
            out.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit));
            Ok(())
        })
    });
    registry.add("to_base64", "(varbinary) -> varchar", |call| {
        call.text1(|bytes: &[u8], out| {
            STANDARD.encode_string(bytes, out);
            Ok(())
        })
    });
    registry.add("to_base64url", "(varbinary) -> varchar", |call| {
        call.text1(|bytes: &[u8], out| {
            URL_SAFE.encode_string(bytes, out);
            Ok(())
        })
    });
    registry.add("to_base32", "(varbinary) -> varchar", |call| {
        call.text1(|bytes: &[u8], out| {
            base32(bytes, out);
            Ok(())
        })
    });
    for signature in ["(varchar(x)) -> varbinary", "(varbinary) -> varbinary"] {
        registry.add("from_hex", signature, |call| decoded(call, from_hex));
        registry.add("from_base32", signature, |call| decoded(call, from_base32));
        registry.add("from_base64", signature, |call| {
            decoded(call, |text, out| from_base64(text, b"+/", out))
        });
        registry.add("from_base64url", signature, |call| {
            decoded(call, |text, out| from_base64(text, b"-_", out))
        });
    }
}

fn decoded(call: &Call<'_>, decode: Decode) -> SqlResult<ArrayRef> {
    if *call.argument_type(0) == Type::Varbinary {
        return bytes1(call, decode);
    }
    let column = call.column::<&str>(0)?;
    call.each_bytes(|row, out| match column.get(row) {
        Some(text) => decode(text.as_bytes(), out).map(|()| true),
        None => Ok(false),
    })
}

fn hex_digit(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

fn from_hex(text: &[u8], out: &mut Vec<u8>) -> SqlResult<()> {
    if !text.len().is_multiple_of(2) {
        return Err(SqlError::argument(format!("invalid input length {}", text.len())));
    }
    for pair in text.chunks_exact(2) {
        let mut byte = 0;
        for digit in pair {
            byte = byte << 4 | hex_value(*digit)?;
        }
        out.push(byte);
    }
    Ok(())
}

fn hex_value(digit: u8) -> SqlResult<u8> {
    let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(|| {
        // Java widens a byte with its sign, to a number and to a character.
        let number = i16::from(digit.cast_signed());
        let character = char::from_u32(u32::from(number.cast_unsigned())).unwrap_or('?');
        SqlError::argument(format!("not a hexadecimal digit: \"{character}\" = {number}"))
    })
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn base32(bytes: &[u8], out: &mut String) {
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let bits = bits << (8 * (5 - chunk.len()));
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..8 {
            let digit = bits >> (35 - 5 * at) & 31;
            out.push(if at < digits { char::from(BASE32[digit as usize]) } else { '=' });
        }
    }
}

fn from_base32(text: &[u8], out: &mut Vec<u8>) -> SqlResult<()> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&text[..end]);
    let length = text.encode_utf16().count();
    if !matches!(length % 8, 0 | 2 | 4 | 5 | 7) {
        return Err(SqlError::argument(format!("Invalid input length {length}")));
    }
    let (mut bits, mut known) = (0_u32, 0);
    for character in text.chars() {
        let digit = match character {
            'A'..='Z' => character as u32 - u32::from(b'A'),
            '2'..='7' => character as u32 - u32::from(b'2') + 26,
            '!'..='~' => {
                return Err(SqlError::argument(format!("Unrecognized character: {character}")));
            }
            _ => {
                let code = character as u32;
                return Err(SqlError::argument(format!("Unrecognized character: 0x{code:x}")));
            }
        };
        bits = bits << 5 | digit;
        known += 5;
        if known >= 8 {
            known -= 8;
            out.push((bits >> known & 0xff) as u8);
        }
    }
    Ok(())
}

/// Decodes base 64 as Java does: padding may be missing, bits left over do not matter. `last` are
/// the digits 62 and 63.
fn from_base64(text: &[u8], last: &[u8; 2], out: &mut Vec<u8>) -> SqlResult<()> {
    let wrong_end = || SqlError::argument("Input byte array has wrong 4-byte ending unit");
    if text.len() == 1 {
        let message = "Input byte[] should at least have 2 bytes for base64 bytes";
        return Err(SqlError::argument(message));
    }
    let (mut bits, mut digits, mut at) = (0_u32, 0, 0);
    while let Some(byte) = text.get(at).copied() {
        at += 1;
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'=' => {
                let dangling = digits == 2 && text.get(at) != Some(&b'=');
                if digits == 0 || dangling {
                    return Err(wrong_end());
                }
                at += usize::from(digits == 2);
                break;
            }
            _ if byte == last[0] => 62,
            _ if byte == last[1] => 63,
            _ => return Err(illegal(byte)),
        };
        bits = bits << 6 | u32::from(digit);
        digits += 1;
        if digits == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, digits) = (0, 0);
        }
    }
    match digits {
        0 => {}
        2 => out.push((bits >> 4 & 0xff) as u8),
        3 => out.extend_from_slice(&(bits >> 2 & 0xffff).to_be_bytes()[2..]),
        _ => return Err(SqlError::argument("Last unit does not have enough valid bits")),
    }
    if at < text.len() {
        let message = format!("Input byte array has incorrect ending byte at {at}");
        return Err(SqlError::argument(message));
    }
    Ok(())
}

fn illegal(byte: u8) -> SqlError {
    let number = byte.cast_signed();
    let sign = if number < 0 { "-" } else { "" };
    SqlError::argument(format!("Illegal base64 character {sign}{:x}", number.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(decode: Decode, text: &str, want: Result<&[u8], &str>) {
        let mut out = Vec::new();
        let got = decode(text.as_bytes(), &mut out).map(|()| out).map_err(|error| error.message);
        assert_eq!(got, want.map(<[u8]>::to_vec).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn base64_as_java_reads_it() {
        let standard: Decode = |text, out| from_base64(text, b"+/", out);
        check(standard, "", Ok(b""));
        check(standard, "YQ", Ok(b"a"));
        check(standard, "YR==", Ok(b"a"));
        check(standard, "YWI=", Ok(b"ab"));
        check(standard, "YWI", Ok(b"ab"));
        check(standard, "YQ=", Err("Input byte array has wrong 4-byte ending unit"));
        check(standard, "YQ===", Err("Input byte array has incorrect ending byte at 4"));
        check(standard, "YWJjYQ==YQ==", Err("Input byte array has incorrect ending byte at 8"));
        check(standard, "é", Err("Illegal base64 character -3d"));
        check(standard, "YWJjY", Err("Last unit does not have enough valid bits"));
        check(|text, out| from_base64(text, b"-_", out), "-_8", Ok(&[0xfb, 0xff]));
    }

    #[test]
    fn base32_and_back() {
        for text in ["", "a", "ab", "abc", "abcd", "abcde", "hello world"] {
            let mut out = String::new();
            base32(text.as_bytes(), &mut out);
            assert_eq!(out.len() % 8, 0);
            check(from_base32, &out, Ok(text.as_bytes()));
        }
        check(from_base32, "M", Err("Invalid input length 1"));
        check(from_base32, "M1", Err("Unrecognized character: 1"));
        check(from_base32, "MF=GG===", Err("Unrecognized character: ="));
    }

    #[test]
    fn hex() {
        check(from_hex, "aF", Ok(&[0xaf]));
        check(from_hex, "f", Err("invalid input length 1"));
        check(from_hex, "f/", Err("not a hexadecimal digit: \"/\" = 47"));
        check(from_hex, "é", Err("not a hexadecimal digit: \"\u{ffc3}\" = -61"));
    }
}
