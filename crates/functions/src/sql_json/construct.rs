//! `JSON_OBJECT` and `JSON_ARRAY`, and JSON text as bytes.

use super::operand::{KeptTypes, Operand, Options, not_json};
use super::path::Item;
use crate::call::Call;
use crate::json::item::Node;
use crate::json::text;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("$json_object", "(K, V, varchar) -> varchar", object).takes_null();
    registry.add("$json_array", "(V, varchar) -> varchar", array).takes_null();
    registry.add("$json_decode", "(varbinary, varchar) -> varchar", |call| {
        call.text2(|bytes: &[u8], encoding: &str, out| {
            decode(bytes, encoding, out);
            Ok(())
        })
    });
    registry.add("$json_encode", "(varchar, varchar) -> varbinary", |call| {
        let (text, encoding) = (call.column::<&str>(0)?, call.column::<&str>(1)?);
        call.each_bytes(|row, out| match (text.get(row), encoding.get(row)) {
            (Some(text), Some(encoding)) => {
                encode(text, encoding, out);
                Ok(true)
            }
            _ => Ok(false),
        })
    });
}

/// Appends a value as JSON; false for a NULL.
fn write(operand: &Operand, row: usize, out: &mut String) -> SqlResult<()> {
    match operand.get(row).map_err(|_| not_json())? {
        None => out.push_str("null"),
        Some(Item::Json(node)) => node.write(out),
        Some(item) => item.into_json().unwrap_or(Node::Null).write(out),
    }
    Ok(())
}

fn array(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let options = Options::of(call, 1)?;
    let absent = options.get("null") == Some("absent");
    let values = Operand::of(call, 0, &options.json(), KeptTypes::Scalars)?;
    call.each_text(|row, out| {
        out.push('[');
        let mut first = true;
        for value in values.iter().filter(|value| !(absent && value.is_null(row))) {
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            write(value, row, out)?;
        }
        out.push(']');
        Ok(true)
    })
}

fn object(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let options = Options::of(call, 2)?;
    let absent = options.get("null") == Some("absent");
    let unique = options.has("unique");
    let keys = Operand::of(call, 0, &[], KeptTypes::Text)?;
    let values = Operand::of(call, 1, &options.json(), KeptTypes::Scalars)?;
    let members: Vec<(&Operand, &Operand)> = keys.iter().zip(&values).collect();
    let mut order = HashOrder::default();
    call.each_text(|row, out| {
        order.clear();
        for (at, (key, value)) in members.iter().enumerate() {
            if key.is_null(row) {
                return Err(SqlError::argument(
                    "null value passed for JSON object key to JSON_OBJECT function",
                ));
            }
            if absent && value.is_null(row) {
                continue;
            }
            if !order.insert(key.text(row), at, |at| members[at].0.text(row)) {
                return Err(twice(unique));
            }
        }
        out.push('{');
        for (written, at) in order.places().enumerate() {
            if written > 0 {
                out.push(',');
            }
            let (key, value) = members[at];
            text::quote(key.text(row), out);
            out.push(':');
            write(value, row, out)?;
        }
        out.push('}');
        Ok(true)
    })
}

fn twice(unique: bool) -> SqlError {
    if unique {
        return SqlError::argument("duplicate key passed to JSON_OBJECT function");
    }
    let message = "cannot construct a JSON object with duplicate key";
    SqlError::new(Code::NotSupported, message)
}

/// The order that Java's `HashMap` brings keys into, which is the order of Trino's objects.
#[derive(Debug, Default)]
struct HashOrder {
    /// Hash and place of each key.
    keys: Vec<(u32, usize)>,
    capacity: u32,
}

const FIRST_CAPACITY: u32 = 16;
/// A bucket longer than this makes a small table grow.
const LONG_BUCKET: usize = 8;
const SMALL_TABLE: u32 = 64;

impl HashOrder {
    fn clear(&mut self) {
        self.keys.clear();
        self.capacity = FIRST_CAPACITY;
    }

    /// Adds a key; false if it is there.
    fn insert<'k>(&mut self, key: &str, at: usize, known: impl Fn(usize) -> &'k str) -> bool {
        let hash = key
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        let hash = hash ^ hash >> 16;
        let mut in_bucket = 0;
        for (other, place) in &self.keys {
            if *other == hash && known(*place) == key {
                return false;
            }
            in_bucket += usize::from((other ^ hash) & (self.capacity - 1) == 0);
        }
        self.keys.push((hash, at));
        let full = self.keys.len() as u64 > u64::from(self.capacity) * 3 / 4;
        if full || (in_bucket > LONG_BUCKET && self.capacity < SMALL_TABLE) {
            self.capacity = self.capacity.saturating_mul(2);
        }
        true
    }

    /// Returns the places of the keys.
    fn places(&mut self) -> impl Iterator<Item = usize> {
        let mask = self.capacity - 1;
        // Keys of one bucket stay in the order in which they came.
        self.keys.sort_by_key(|(hash, _)| hash & mask);
        self.keys.iter().map(|(_, at)| *at)
    }
}

fn units<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.chunks(N).map(|chunk| chunk.try_into().unwrap_or([0xff; N]))
}

/// Appends the text that bytes are; bytes that are not text become U+FFFD.
fn decode(bytes: &[u8], encoding: &str, out: &mut String) {
    match encoding {
        "UTF16" => {
            let units = units::<2>(bytes).map(u16::from_le_bytes);
            out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        "UTF32" => {
            let points = units::<4>(bytes).map(u32::from_le_bytes);
            out.extend(points.map(|c| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        _ => out.push_str(&String::from_utf8_lossy(bytes)),
    }
}

fn encode(text: &str, encoding: &str, out: &mut Vec<u8>) {
    match encoding {
        "UTF16" => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        "UTF32" => out.extend(text.chars().flat_map(|c| u32::from(c).to_le_bytes())),
        _ => out.extend_from_slice(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_a_hash_map() {
        for (keys, order) in [
            ("key_1 key_2", "key_2 key_1"),
            ("zebra apple mango kiwi fig", "zebra apple kiwi fig mango"),
            ("é😀 user name id", "é😀 name id user"),
            ("Aa BB AaAa BBBB AaBB BBAa", "Aa BB AaAa BBBB AaBB BBAa"),
            (
                "one two three four five six seven eight nine ten eleven twelve thirteen fourteen \
                 fifteen",
                "nine fifteen six one seven two three thirteen eight fourteen four twelve",
            ),
        ] {
            let keys: Vec<&str> = keys.split(' ').collect();
            let mut hashed = HashOrder::default();
            hashed.clear();
            for (at, key) in keys.iter().enumerate() {
                assert!(hashed.insert(key, at, |at| keys[at]));
            }
            assert!(!hashed.insert(keys[0], 99, |at| keys[at]));
            let got: Vec<&str> = hashed.places().map(|at| keys[at]).collect();
            assert!(got.join(" ").starts_with(order), "{}", got.join(" "));
        }
    }

    #[test]
    fn bytes_are_text_in_three_encodings() {
        for encoding in ["UTF8", "UTF16", "UTF32"] {
            let (mut bytes, mut text) = (Vec::new(), String::new());
            encode("[\"é😀\"]", encoding, &mut bytes);
            decode(&bytes, encoding, &mut text);
            assert_eq!(text, "[\"é😀\"]", "{encoding}");
        }
        let mut text = String::new();
        decode(b"[1\xff", "UTF16", &mut text);
        assert_eq!(text, "\u{315b}\u{ffff}");
    }
}
