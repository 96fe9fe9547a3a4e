//! Reads the text of signatures.

use super::{Formal, Number, Signature};
use traillake_sql_types::Type;

impl Signature {
    /// Parses a signature; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        reader.expect("(")?;
        let mut parameters = Vec::new();
        let mut variadic = false;
        while !reader.take(")") {
            parameters.push(reader.formal()?);
            variadic = reader.take("...");
            if !reader.take(",") {
                reader.expect(")")?;
                break;
            }
        }
        reader.expect("->")?;
        let result = reader.formal()?;
        reader.space();
        (reader.at == text.len()).then_some(Self { parameters, variadic, result })
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Returns what is left, from the next word or sign.
    fn rest(&mut self) -> &'a str {
        self.space();
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.take(token).then_some(())
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    fn in_parentheses<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.expect("(")?;
        let inside = read(self)?;
        self.expect(")")?;
        Some(inside)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = vec![read(self)?];
        while self.take(",") {
            items.push(read(self)?);
        }
        Some(items)
    }

    fn number(&mut self) -> Option<Number> {
        let word = self.word()?;
        match word.parse() {
            Ok(number) => Some(Number::Fixed(number)),
            Err(_) => Some(Number::Variable(word.chars().next()?)),
        }
    }

    fn formal(&mut self) -> Option<Formal> {
        let name = self.word()?;
        if name.len() == 1 {
            return name.chars().next().map(Formal::Variable);
        }
        match name {
            "varchar" if self.rest().starts_with('(') => {
                self.in_parentheses(Self::number).map(Formal::Varchar)
            }
            "char" => self.in_parentheses(Self::number).map(Formal::Char),
            "time" => self.in_parentheses(Self::number).map(Formal::Time),
            "timestamp" => {
                let precision = self.in_parentheses(Self::number)?;
                let zoned = self.take("with time zone");
                Some(if zoned { Formal::TimestampTz } else { Formal::Timestamp }(precision))
            }
            "decimal" => self.in_parentheses(|reader| {
                let precision = reader.number()?;
                reader.expect(",")?;
                Some(Formal::Decimal(precision, reader.number()?))
            }),
            "array" => self.in_parentheses(Self::formal).map(|item| Formal::Array(Box::new(item))),
            "map" => self.in_parentheses(|reader| {
                let key = reader.formal()?;
                reader.expect(",")?;
                Some(Formal::Map(Box::new(key), Box::new(reader.formal()?)))
            }),
            "row" => self.in_parentheses(|reader| reader.list(Self::field)).map(Formal::Row),
            "function" => {
                let mut types = self.in_parentheses(|reader| reader.list(Self::formal))?;
                let result = types.pop()?;
                Some(Formal::Function(types, Box::new(result)))
            }
            "interval" => match (self.word()?, self.word()?, self.word()?) {
                ("day", "to", "second") => Some(Formal::Fixed(Type::IntervalDay)),
                ("year", "to", "month") => Some(Formal::Fixed(Type::IntervalYear)),
                _ => None,
            },
            name => fixed(name).map(Formal::Fixed),
        }
    }

    /// Reads a field of a row: the first word is its name if another word follows.
    fn field(&mut self) -> Option<(Option<String>, Formal)> {
        let start = self.at;
        let name = self.word()?.to_owned();
        let named = self.rest().starts_with(|c: char| c.is_ascii_alphabetic());
        if !named {
            self.at = start;
        }
        Some((named.then_some(name), self.formal()?))
    }
}

/// Returns the type that a word is.
fn fixed(name: &str) -> Option<Type> {
    Some(match name {
        "unknown" => Type::Unknown,
        "boolean" => Type::Boolean,
        "tinyint" => Type::Tinyint,
        "smallint" => Type::Smallint,
        "integer" => Type::Integer,
        "bigint" => Type::Bigint,
        "real" => Type::Real,
        "double" => Type::Double,
        "varchar" => Type::VARCHAR,
        "varbinary" => Type::Varbinary,
        "json" => Type::Json,
        "date" => Type::Date,
        "uuid" => Type::Uuid,
        "ipaddress" => Type::IpAddress,
        _ => return None,
    })
}
