//! Names of types, and units of intervals.

use super::super::ast::{Ident, TypeName, TypeNameKind, TypeParameter};
use super::super::lexer::TokenKind;
use super::{OPERATORS, Parser};
use traillake_sql_types::error::SqlResult;

const INTERVAL_UNITS: [&str; 6] = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];

impl Parser<'_> {
    pub(super) fn type_name(&mut self) -> SqlResult<TypeName> {
        let (mut kind, mut links) = (self.deeper(Self::type_inside)?, 0);
        // `bigint ARRAY`
        while self.word("ARRAY") {
            self.link(&mut links, OPERATORS)?;
            if self.symbol("[") {
                self.number()?;
                self.expect("]")?;
            }
            let at = kind.at;
            let parameters = vec![TypeParameter::Type(kind)];
            kind = TypeName {
                kind: TypeNameKind::Generic { name: "array".to_owned(), parameters },
                at,
            };
        }
        Ok(kind)
    }

    fn type_inside(&mut self) -> SqlResult<TypeName> {
        let at = self.here();
        let made = |kind| Ok(TypeName { kind, at });
        if self.is_word("ROW") && self.is_symbol_at(1, "(") {
            self.at += 2;
            let fields = self.list(Self::row_field)?;
            self.expect(")")?;
            return made(TypeNameKind::Row(fields));
        }
        if self.is_word("INTERVAL") {
            self.skip();
            let start = self.interval_field()?;
            if self.word("TO") {
                self.interval_field()?;
            }
            return made(match start.as_str() {
                "year" | "month" => TypeNameKind::IntervalYear,
                _ => TypeNameKind::IntervalDay,
            });
        }
        let timestamp = self.is_word("TIMESTAMP");
        if timestamp || (self.is_word("TIME") && !self.is_word_at(1, "ZONE")) {
            self.skip();
            let mut precision = None;
            if self.symbol("(") {
                precision = Some(self.number()?);
                self.expect(")")?;
            }
            let zone = self.words(&["WITH", "TIME", "ZONE"]);
            if !zone {
                self.words(&["WITHOUT", "TIME", "ZONE"]);
            }
            return made(TypeNameKind::DateTime { timestamp, precision, zone });
        }
        if self.words(&["DOUBLE", "PRECISION"]) {
            let name = "double".to_owned();
            return made(TypeNameKind::Generic { name, parameters: Vec::new() });
        }
        let name = self.ident()?.lower();
        let mut parameters = Vec::new();
        let close = if self.symbol("(") {
            Some(")")
        } else if matches!(name.as_str(), "array" | "map") && self.symbol("<") {
            Some(">")
        } else {
            None
        };
        if let Some(close) = close {
            parameters = self.list(|parser| match parser.peek() {
                TokenKind::Integer(_) => parser.number().map(TypeParameter::Number),
                _ => parser.type_name().map(TypeParameter::Type),
            })?;
            self.expect(close)?;
        }
        made(TypeNameKind::Generic { name, parameters })
    }

    /// `name type` or `type`: a name is one if a type can follow it.
    fn row_field(&mut self) -> SqlResult<(Option<Ident>, TypeName)> {
        let start = self.at;
        if self.is_ident_at(0)
            && !self.is_words(&["DOUBLE", "PRECISION"])
            && !self.begins_interval()
            && let Ok(name) = self.ident()
            && (self.is_ident_at(0) && !self.is_word("ARRAY")
                || self.is_word("ARRAY") && self.is_symbol_at(1, "("))
            && !self.is_words(&["WITH", "TIME"])
            && let Ok(kind) = self.type_name()
        {
            return Ok((Some(name), kind));
        }
        self.at = start;
        Ok((None, self.type_name()?))
    }

    /// A unit of an interval, in lower case.
    pub(super) fn interval_field(&mut self) -> SqlResult<String> {
        for field in INTERVAL_UNITS {
            if self.word(field) {
                return Ok(field.to_lowercase());
            }
        }
        self.expected("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'")
    }

    /// Whether the type of an interval follows; `interval` may be a name, too.
    fn begins_interval(&self) -> bool {
        let unit = |at| INTERVAL_UNITS.iter().any(|unit| self.is_word_at(at, unit));
        self.is_word("INTERVAL") && unit(1) && self.is_word_at(2, "TO") && unit(3)
    }
}
