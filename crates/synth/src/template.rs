//! A tiny template language for the JSON pieces of records.
//!
//! Owns compiling a template such as `{"bucketName":"<pick:bucket>"}` once at start; `render.rs` writes
//! it for one event. The catalogue of API calls (`catalog/`) stays readable as JSON, and the hot path
//! is a walk over a few precomputed byte runs.
//!
//! A placeholder stands in angle brackets. Within one event the same placeholder gives the same
//! text everywhere (the bucket in `requestParameters` is the bucket in `resources`), except `num`,
//! `b64` and `serial`, which are drawn again each time:
//!
//! | placeholder | writes |
//! |---|---|
//! | `account`, `region`, `ip` | account id, region, source address of the event |
//! | `hex:K:N`, `uuid:K`, `id:K:N` | N hex digits, a UUID, N characters of A-Z2-7 of the event's id K (0 to 3) |
//! | `pick:LIST`, `pick:LIST:K` | an entry of a list of `words.rs`, choice number K |
//! | `num:LOW:HIGH` | a decimal number |
//! | `b64:N`, `serial:N` | N characters of base64, of A-Z2-7 |
//! | `iso:S`, `spoken:S`, `epoch:S` | the event time plus S seconds in three forms |
//! | `session`, `asia`, `created`, `mfa` | the caller's session: name, key id, creation time, MFA flag |
//! | `key` | one of the account's KMS key ids |
//! | `caller` | the caller's ARN |
//! | `traces` | a JSON list of trace ids |
//! | `plot:NAME` | what a name of the planted intrusion stands for (`intrusion.txt`) |

use crate::plot;
use crate::words;

/// What stands in a template: text, or a placeholder of the table above.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(Box<[u8]>),
    Account,
    Region,
    Ip,
    Hex(usize, usize),
    Uuid(usize),
    Id(usize, usize),
    Pick(&'static [&'static str], u32),
    Number(u32, u32),
    Base64(usize),
    Serial(usize),
    Iso(i64),
    Spoken(i64),
    Epoch(i64),
    Session,
    AccessKey,
    Created,
    Mfa,
    Key,
    Caller,
    Traces,
    Plot(usize),
}

/// A compiled template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Compiles a template. Text in angle brackets that is not a placeholder is kept as it stands; a
    /// test proves that the catalogue has none.
    pub(crate) fn new(source: &str) -> Self {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some(open) = rest.find('<') {
            text.push_str(&rest[..open]);
            let tail = &rest[open..];
            let found =
                tail.find('>').and_then(|close| Some((placeholder(&tail[1..close])?, close)));
            match found {
                Some((piece, close)) => {
                    flush(&mut text, &mut pieces);
                    pieces.push(piece);
                    rest = &tail[close + 1..];
                }
                None => {
                    text.push('<');
                    rest = &tail[1..];
                }
            }
        }
        text.push_str(rest);
        flush(&mut text, &mut pieces);
        Self { pieces }
    }

    /// Returns what it consists of, in order.
    #[inline]
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns true when the template writes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn placeholders(&self) -> usize {
        let text = |piece: &&Piece| matches!(piece, Piece::Text(_));
        self.pieces.len() - self.pieces.iter().filter(text).count()
    }
}

fn flush(text: &mut String, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.as_bytes().into()));
        text.clear();
    }
}

/// Returns the piece of one placeholder (the text between the brackets), or nothing if unknown.
fn placeholder(name: &str) -> Option<Piece> {
    let mut parts = name.split(':');
    let head = parts.next()?;
    let arguments: Vec<&str> = parts.collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<i64>().ok());
    let size = |at: usize| number(at).and_then(|value| usize::try_from(value).ok());
    let word = |at: usize| size(at).filter(|word| *word < 4);
    let small = |at: usize| number(at).and_then(|value| u32::try_from(value).ok());
    Some(match (head, arguments.len()) {
        ("account", 0) => Piece::Account,
        ("region", 0) => Piece::Region,
        ("ip", 0) => Piece::Ip,
        ("session", 0) => Piece::Session,
        ("asia", 0) => Piece::AccessKey,
        ("created", 0) => Piece::Created,
        ("mfa", 0) => Piece::Mfa,
        ("key", 0) => Piece::Key,
        ("caller", 0) => Piece::Caller,
        ("traces", 0) => Piece::Traces,
        ("hex", 2) => Piece::Hex(word(0)?, size(1)?),
        ("uuid", 1) => Piece::Uuid(word(0)?),
        ("id", 2) => Piece::Id(word(0)?, size(1)?),
        ("pick", 1) => Piece::Pick(words::list(arguments[0])?, 0),
        ("pick", 2) => Piece::Pick(words::list(arguments[0])?, small(1)?),
        ("num", 2) => Piece::Number(small(0)?, small(1)?),
        ("b64", 1) => Piece::Base64(size(0)?),
        ("serial", 1) => Piece::Serial(size(0)?),
        ("iso", 1) => Piece::Iso(number(0)?),
        ("spoken", 1) => Piece::Spoken(number(0)?),
        ("epoch", 1) => Piece::Epoch(number(0)?),
        ("plot", 1) => Piece::Plot(plot::number(arguments[0])?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_brackets_stay_as_text() {
        let template = Template::new("a<b <nothing> <num:5:5>");
        assert_eq!(template.pieces.len(), 2);
        assert!(
            matches!(&template.pieces[0], Piece::Text(text) if text.as_ref() == b"a<b <nothing> ")
        );
    }

    #[test]
    fn every_documented_placeholder_compiles() {
        for name in [
            "account",
            "region",
            "ip",
            "hex:1:17",
            "uuid:3",
            "id:0:16",
            "pick:bucket",
            "pick:bucket:2",
            "num:1:9",
            "b64:76",
            "serial:16",
            "iso:0",
            "spoken:-60",
            "epoch:60",
            "session",
            "asia",
            "created",
            "mfa",
            "key",
            "caller",
            "traces",
            "plot:foreign",
        ] {
            assert!(placeholder(name).is_some(), "{name}");
        }
        assert!(placeholder("uuid:4").is_none());
        assert!(placeholder("pick:nolist").is_none());
    }
}
