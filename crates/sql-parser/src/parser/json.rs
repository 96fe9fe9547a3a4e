//! The SQL/JSON forms.

use super::super::ast::{
    ExprKind, JsonArray, JsonBehavior, JsonFormat, JsonInput, JsonObject, JsonPathCall,
    JsonPathKind, JsonReturning, JsonWrapper,
};
use super::Parser;
use traillake_sql_types::error::SqlResult;

impl Parser<'_> {
    fn json_input(&mut self) -> SqlResult<JsonInput> {
        let expr = self.expr()?;
        Ok(JsonInput { expr, format: self.format_json()? })
    }

    fn format_json(&mut self) -> SqlResult<Option<JsonFormat>> {
        if !self.words(&["FORMAT", "JSON"]) {
            return Ok(None);
        }
        let encoding =
            if self.word("ENCODING") { Some(self.ident()?.value.to_uppercase()) } else { None };
        Ok(Some(JsonFormat { encoding }))
    }

    /// `RETURNING type`, if it comes next.
    fn returning(&mut self) -> SqlResult<Option<JsonReturning>> {
        if !self.word("RETURNING") {
            return Ok(None);
        }
        let kind = self.type_name()?;
        Ok(Some(JsonReturning { kind, format: self.format_json()? }))
    }

    /// `JSON_EXISTS(...)`, `JSON_VALUE(...)`, `JSON_QUERY(...)`.
    pub(super) fn json_path(&mut self, word: &str) -> SqlResult<ExprKind> {
        let kind = match word {
            "JSON_EXISTS" => JsonPathKind::Exists,
            "JSON_VALUE" => JsonPathKind::Value,
            _ => JsonPathKind::Query,
        };
        self.at += 2;
        let input = self.json_input()?;
        self.expect(",")?;
        let path_at = self.here();
        let path = self.string()?;
        // A path may have a name, which nothing uses.
        if self.word("AS") {
            self.ident()?;
        }
        let mut passing = Vec::new();
        if self.word("PASSING") {
            passing = self.list(|parser| {
                let input = parser.json_input()?;
                parser.expect_word("AS")?;
                Ok((input, parser.ident()?))
            })?;
        }
        let mut call = JsonPathCall {
            kind,
            input,
            path,
            path_at,
            passing,
            returning: None,
            on_empty: None,
            on_error: None,
            wrapper: JsonWrapper::Without,
            keep_quotes: None,
        };
        call.returning = self.returning()?;
        self.json_wrapper(&mut call)?;
        while let Some(behavior) = self.json_behavior()? {
            self.expect_word("ON")?;
            if self.word("EMPTY") {
                call.on_empty = Some(behavior);
            } else {
                self.expect_word("ERROR")?;
                call.on_error = Some(behavior);
                break;
            }
        }
        self.expect(")")?;
        Ok(ExprKind::JsonPath(Box::new(call)))
    }

    fn json_wrapper(&mut self, call: &mut JsonPathCall) -> SqlResult<()> {
        if self.is_word("WITHOUT") || self.is_word("WITH") {
            let with = self.is_word("WITH");
            self.skip();
            let conditional = self.word("CONDITIONAL");
            if !conditional {
                self.word("UNCONDITIONAL");
            }
            self.word("ARRAY");
            self.expect_word("WRAPPER")?;
            call.wrapper = match (with, conditional) {
                (false, _) => JsonWrapper::Without,
                (true, true) => JsonWrapper::Conditional,
                (true, false) => JsonWrapper::Unconditional,
            };
        }
        if self.is_word("KEEP") || self.is_word("OMIT") {
            call.keep_quotes = Some(self.is_word("KEEP"));
            self.skip();
            self.expect_word("QUOTES")?;
            self.words(&["ON", "SCALAR", "STRING"]);
        }
        Ok(())
    }

    fn json_behavior(&mut self) -> SqlResult<Option<JsonBehavior>> {
        let simple = [
            ("ERROR", JsonBehavior::Error),
            ("NULL", JsonBehavior::Null),
            ("TRUE", JsonBehavior::True),
            ("FALSE", JsonBehavior::False),
            ("UNKNOWN", JsonBehavior::Unknown),
        ];
        for (word, behavior) in simple {
            if self.word(word) {
                return Ok(Some(behavior));
            }
        }
        if self.word("EMPTY") {
            if self.word("OBJECT") {
                return Ok(Some(JsonBehavior::EmptyObject));
            }
            self.word("ARRAY");
            return Ok(Some(JsonBehavior::EmptyArray));
        }
        if self.word("DEFAULT") {
            return Ok(Some(JsonBehavior::Default(self.expr()?)));
        }
        Ok(None)
    }

    /// `NULL ON NULL` or `ABSENT ON NULL`, if said.
    fn on_null(&mut self) -> Option<bool> {
        if self.words(&["NULL", "ON", "NULL"]) {
            return Some(true);
        }
        self.words(&["ABSENT", "ON", "NULL"]).then_some(false)
    }

    /// `JSON_OBJECT(...)`.
    pub(super) fn json_object(&mut self) -> SqlResult<ExprKind> {
        self.at += 2;
        let mut object = JsonObject {
            members: Vec::new(),
            null_on_null: true,
            unique_keys: false,
            returning: None,
        };
        let empty = self.is_symbol(")")
            || self.is_word("RETURNING")
            || self.is_words(&["NULL", "ON", "NULL"])
            || self.is_words(&["ABSENT", "ON", "NULL"])
            || self.is_words(&["WITH", "UNIQUE"])
            || self.is_words(&["WITHOUT", "UNIQUE"]);
        if !empty {
            object.members = self.list(|parser| {
                let keyword = parser.is_word("KEY") && !parser.is_symbol_at(1, ":");
                parser.at += usize::from(keyword);
                let key = parser.expr()?;
                if !parser.symbol(":") {
                    parser.expect_word("VALUE")?;
                }
                Ok((key, parser.json_input()?))
            })?;
        }
        object.null_on_null = self.on_null().unwrap_or(true);
        if self.words(&["WITH", "UNIQUE"]) {
            object.unique_keys = true;
            self.word("KEYS");
        } else if self.words(&["WITHOUT", "UNIQUE"]) {
            self.word("KEYS");
        }
        object.returning = self.returning()?;
        self.expect(")")?;
        Ok(ExprKind::JsonObject(Box::new(object)))
    }

    /// `JSON_ARRAY(...)`.
    pub(super) fn json_array(&mut self) -> SqlResult<ExprKind> {
        self.at += 2;
        let mut array = JsonArray { elements: Vec::new(), null_on_null: false, returning: None };
        let empty = self.is_symbol(")")
            || self.is_word("RETURNING")
            || self.is_words(&["NULL", "ON", "NULL"])
            || self.is_words(&["ABSENT", "ON", "NULL"]);
        if !empty {
            array.elements = self.list(Self::json_input)?;
        }
        array.null_on_null = self.on_null().unwrap_or(false);
        array.returning = self.returning()?;
        self.expect(")")?;
        Ok(ExprKind::JsonArray(Box::new(array)))
    }
}
