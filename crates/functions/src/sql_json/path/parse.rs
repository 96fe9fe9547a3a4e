//! Reads a path's text.

use super::scan::{Kind, Word, unexpected, words};
use super::value::Value;
use super::{Expression, METHODS, Operator, Path, Predicate};
use crate::compare::Comparison;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

const PRIMARY: &str = "{'+', '(', '$', '@', 'false', 'last', '-', 'null', 'true', DECIMAL_VALUE, \
                       DOUBLE_VALUE, INTEGER_VALUE, STRING, NAMED_VARIABLE}";
const AFTER_PATH: &str = "{<EOF>, '+', '*', '/', '%', '.', '..', '[', '?', '-'}";
const CLOSING: &str = "{'+', '*', '/', '%', '.', '..', '[', '?', ')', '-'}";
const CLOSING_FILTER: &str = "{'+', '*', '/', '%', '.', '..', '[', '?', ')', '&&', '||', '-'}";

/// The digits of the least integer, which has no positive counterpart.
const MIN_BIGINT_DIGITS: &str = "9223372036854775808";

/// The deepest nesting of a path.
const MAX_DEPTH: usize = 100;

/// Reads a path whose text begins at `at` in the statement.
pub(super) fn parse(text: &str, variables: &[String], at: Position) -> SqlResult<Path> {
    let mut parser = Parser { text, words: words(text), next: 0, variables, start: at, depth: 0 };
    let lax = if parser.take("lax") {
        true
    } else if parser.take("strict") {
        false
    } else {
        return parser.unexpected("{'lax', 'strict'}");
    };
    let root = parser.expression()?;
    if parser.peek().kind != Kind::End {
        return parser.unexpected(AFTER_PATH);
    }
    Ok(Path { lax, prefix: Vec::new(), root })
}

struct Parser<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    next: usize,
    variables: &'a [String],
    start: Position,
    depth: usize,
}

/// What is in parentheses inside a filter; what follows decides which of both.
enum Either {
    Expression(Expression),
    Predicate(Predicate),
}

const END: Word<'static> = Word { kind: Kind::End, text: "<EOF>", from: 0 };

impl<'a> Parser<'a> {
    fn peek(&self) -> &Word<'a> {
        self.words.get(self.next).or(self.words.last()).unwrap_or(&END)
    }

    fn unexpected<T>(&self, expected: &str) -> SqlResult<T> {
        unexpected(self.text, self.peek(), expected, self.start)
    }

    /// Whether the next word is this sign or word with a meaning.
    fn is(&self, text: &str) -> bool {
        let word = self.peek();
        matches!(word.kind, Kind::Sign | Kind::Name) && word.text == text
    }

    fn take(&mut self, text: &str) -> bool {
        let is = self.is(text);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, text: &str) -> SqlResult<()> {
        if self.take(text) { Ok(()) } else { self.unexpected(&format!("'{text}'")) }
    }

    fn close(&mut self, expected: &str) -> SqlResult<()> {
        if self.take(")") { Ok(()) } else { self.unexpected(expected) }
    }

    fn take_kind(&mut self, kind: Kind) -> Option<&'a str> {
        let word = self.peek();
        if word.kind != kind {
            return None;
        }
        let text = word.text;
        self.next += 1;
        Some(text)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<T> {
        if self.depth >= MAX_DEPTH {
            return Err(SqlError::new(Code::Syntax, "the JSON path is nested too deeply"));
        }
        self.depth += 1;
        let out = read(self);
        self.depth -= 1;
        out
    }

    fn expression(&mut self) -> SqlResult<Expression> {
        self.deeper(|parser| {
            let first = parser.product()?;
            parser.sum_after(first)
        })
    }

    fn sum_after(&mut self, mut left: Expression) -> SqlResult<Expression> {
        loop {
            let operator = if self.take("+") {
                Operator::Add
            } else if self.take("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = Expression::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> SqlResult<Expression> {
        let first = self.signed()?;
        self.product_after(first)
    }

    fn product_after(&mut self, mut left: Expression) -> SqlResult<Expression> {
        loop {
            let operator = if self.take("*") {
                Operator::Multiply
            } else if self.take("/") {
                Operator::Divide
            } else if self.take("%") {
                Operator::Modulus
            } else {
                return Ok(left);
            };
            left = Expression::Binary(operator, Box::new(left), Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> SqlResult<Expression> {
        let negate = self.take("-");
        if negate && self.peek().kind == Kind::Integer && self.peek().text == MIN_BIGINT_DIGITS {
            self.next += 1;
            return self.accessors(Expression::Literal(Value::number(i64::MIN)));
        }
        if negate || self.take("+") {
            let base = Box::new(self.deeper(Self::signed)?);
            return Ok(Expression::Sign { negate, base });
        }
        let primary = self.primary()?;
        self.accessors(primary)
    }

    fn primary(&mut self) -> SqlResult<Expression> {
        if let Some(name) = self.take_kind(Kind::Variable) {
            return self.variable(name);
        }
        if let Some(text) = self.take_kind(Kind::Text) {
            return Ok(Expression::Literal(Value::text(unquoted(text))));
        }
        for kind in [Kind::Integer, Kind::Decimal, Kind::Double] {
            if let Some(number) = self.take_kind(kind) {
                return literal(kind, number).map(Expression::Literal);
            }
        }
        if self.take("(") {
            let inner = self.expression()?;
            self.close(CLOSING)?;
            return Ok(inner);
        }
        for (word, expression) in [
            ("$", Expression::Context),
            ("@", Expression::Current),
            ("last", Expression::Last),
            ("null", Expression::Null),
            ("true", Expression::Literal(Value::Boolean(true))),
            ("false", Expression::Literal(Value::Boolean(false))),
        ] {
            if self.take(word) {
                return Ok(expression);
            }
        }
        self.unexpected(PRIMARY)
    }

    fn variable(&self, word: &str) -> SqlResult<Expression> {
        let name = word.strip_prefix('$').unwrap_or(word);
        if let Some(at) = self.variables.iter().position(|known| known == name) {
            return Ok(Expression::Variable(at));
        }
        let similar = self.variables.iter().any(|known| known.eq_ignore_ascii_case(name));
        let hint = if similar {
            format!(". Try quoting \"{name}\" in the PASSING clause to match case")
        } else {
            String::new()
        };
        let message = format!("no value passed for parameter {name}{hint}");
        Err(SqlError::new(Code::InvalidPath, message).at(self.start))
    }

    fn accessors(&mut self, mut base: Expression) -> SqlResult<Expression> {
        loop {
            if self.take(".") {
                base = self.member(base)?;
            } else if self.take("..") {
                match self.name() {
                    Some(name) => base = Expression::Descendants(Box::new(base), name),
                    None => return self.unexpected("{IDENTIFIER, STRING}"),
                }
            } else if self.take("[") {
                let places = self.places()?;
                base = Expression::Elements(Box::new(base), places);
            } else if self.take("?") {
                self.expect("(")?;
                let predicate = self.predicate()?;
                self.close(CLOSING_FILTER)?;
                base = Expression::Filter(Box::new(base), Box::new(predicate));
            } else {
                return Ok(base);
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        match self.take_kind(Kind::Text) {
            Some(text) => Some(unquoted(text)),
            None => self.take_kind(Kind::Name).map(str::to_owned),
        }
    }

    fn member(&mut self, base: Expression) -> SqlResult<Expression> {
        let base = Box::new(base);
        if self.take("*") {
            return Ok(Expression::Member(base, None));
        }
        let word = self.peek();
        let method = METHODS.iter().find(|(name, _)| word.kind == Kind::Name && *name == word.text);
        let called = self.words.get(self.next + 1).is_some_and(|word| word.text == "(");
        if let Some((_, method)) = method.filter(|_| called) {
            self.next += 2;
            if *method == super::Method::Datetime {
                self.take_kind(Kind::Text);
            }
            self.expect(")")?;
            return Ok(Expression::Method(base, *method));
        }
        match self.name() {
            Some(name) => Ok(Expression::Member(base, Some(name))),
            None => self.unexpected("{'*', IDENTIFIER, STRING}"),
        }
    }

    fn places(&mut self) -> SqlResult<Vec<(Expression, Option<Expression>)>> {
        if self.take("*") {
            self.expect("]")?;
            return Ok(Vec::new());
        }
        let mut places = Vec::new();
        loop {
            let from = self.expression()?;
            let to = if self.take("to") { Some(self.expression()?) } else { None };
            places.push((from, to));
            if !self.take(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(places)
    }

    fn predicate(&mut self) -> SqlResult<Predicate> {
        match self.either()? {
            Either::Predicate(predicate) => Ok(predicate),
            Either::Expression(_) => {
                self.unexpected("{'==', '<>', '!=', '<', '>', '<=', '>=', 'like_regex', 'starts'}")
            }
        }
    }

    /// Reads a predicate or an expression.
    fn either(&mut self) -> SqlResult<Either> {
        self.deeper(|parser| {
            let mut left = parser.conjunction()?;
            while parser.is("||") {
                let Either::Predicate(first) = left else { return Ok(left) };
                parser.take("||");
                let Either::Predicate(second) = parser.conjunction()? else {
                    return parser.unexpected("a comparison");
                };
                left = Either::Predicate(Predicate::Or(Box::new(first), Box::new(second)));
            }
            Ok(left)
        })
    }

    fn conjunction(&mut self) -> SqlResult<Either> {
        let mut left = self.condition()?;
        while self.is("&&") {
            let Either::Predicate(first) = left else { return Ok(left) };
            self.take("&&");
            let Either::Predicate(second) = self.condition()? else {
                return self.unexpected("a comparison");
            };
            left = Either::Predicate(Predicate::And(Box::new(first), Box::new(second)));
        }
        Ok(left)
    }

    fn condition(&mut self) -> SqlResult<Either> {
        if self.take("!") {
            let inner = if self.is("exists") || self.is("(") {
                self.delimited()?
            } else {
                return self.unexpected("{'(', 'exists'}");
            };
            return match inner {
                Either::Predicate(inner) => Ok(Either::Predicate(Predicate::Not(Box::new(inner)))),
                Either::Expression(_) => self.unexpected("a comparison"),
            };
        }
        let left = match self.delimited_or_expression()? {
            Either::Expression(left) => left,
            predicate => return Ok(predicate),
        };
        let comparison = [
            ("==", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let comparison = comparison.into_iter().find(|(sign, _)| self.is(sign));
        if let Some((sign, comparison)) = comparison {
            self.take(sign);
            let right = self.expression()?;
            return Ok(Either::Predicate(Predicate::Compare(comparison, left, right)));
        }
        if self.take("starts") {
            self.expect("with")?;
            let initial = if let Some(text) = self.take_kind(Kind::Text) {
                Expression::Literal(Value::text(unquoted(text)))
            } else if let Some(name) = self.take_kind(Kind::Variable) {
                self.variable(name)?
            } else {
                return self.unexpected("{STRING, NAMED_VARIABLE}");
            };
            return Ok(Either::Predicate(Predicate::StartsWith(left, initial)));
        }
        if self.take("like_regex") {
            if self.take_kind(Kind::Text).is_none() {
                return self.unexpected("STRING");
            }
            if self.take("flag") && self.take_kind(Kind::Text).is_none() {
                return self.unexpected("STRING");
            }
            return Ok(Either::Predicate(Predicate::LikeRegex(left)));
        }
        Ok(Either::Expression(left))
    }

    /// `exists(...)` or something in parentheses.
    fn delimited(&mut self) -> SqlResult<Either> {
        let exists = self.take("exists");
        self.expect("(")?;
        if exists {
            let inner = self.expression()?;
            self.close(CLOSING)?;
            return Ok(Either::Predicate(Predicate::Exists(inner)));
        }
        let inner = self.either()?;
        self.close(CLOSING_FILTER)?;
        Ok(inner)
    }

    fn delimited_or_expression(&mut self) -> SqlResult<Either> {
        if !self.is("exists") && !self.is("(") {
            return self.expression().map(Either::Expression);
        }
        match self.delimited()? {
            Either::Predicate(inner) => {
                if self.take("is") {
                    self.expect("unknown")?;
                    return Ok(Either::Predicate(Predicate::IsUnknown(Box::new(inner))));
                }
                Ok(Either::Predicate(inner))
            }
            // The parentheses were the beginning of an expression.
            Either::Expression(inner) => {
                let base = self.accessors(inner)?;
                let product = self.product_after(base)?;
                self.sum_after(product).map(Either::Expression)
            }
        }
    }
}

/// Takes the quotes off.
fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).replace("\"\"", "\"")
}

fn literal(kind: Kind, text: &str) -> SqlResult<Value> {
    match kind {
        Kind::Integer => Value::integer(text).ok_or_else(|| {
            let message = format!("Invalid numeric literal: {text}");
            SqlError::new(Code::Syntax, message).at(Position { line: 1, column: 1 })
        }),
        Kind::Decimal => Value::decimal(text).ok_or_else(|| {
            let message = format!("'{text}' is not a valid DECIMAL literal");
            SqlError::new(Code::InvalidLiteral, message)
        }),
        _ => Ok(Value::Double(text.parse().unwrap_or(f64::NAN))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Position = Position { line: 1, column: 1 };

    #[test]
    fn parentheses_are_expressions_or_predicates() {
        for path in [
            "lax $ ? ((@ + 1) * 2 == 4)",
            "lax $ ? (((@ + 1)) == 2)",
            "lax $ ? (((@ == 2)))",
            "strict $ ? (! exists(@ ? (@ > 1)) && (@ < 3) is unknown || @.a starts with \"x\")",
            "lax $ ? ((@).a[0] - 1 > -(2))",
            "lax $ ? ((@ > 1) is unknown || @ == 1)",
            "lax $.type.size().\"a b\"..c[1, 2 to last - 1][*].*",
            "lax - -$.a + 1.5.ceiling()",
        ] {
            assert!(parse(path, &[], START).is_ok(), "{path}");
        }
    }

    #[test]
    fn errors_have_their_place() {
        for (path, column, message) in [
            ("certainly", 2, "mismatched input 'certainly' expecting {'lax', 'strict'}"),
            ("lax $.a == 1", 10, "mismatched input '=='"),
            ("lax $ ? (@ == 1 == 2)", 18, "mismatched input '=='"),
            ("lax $ ? (!@ == 1)", 12, "mismatched input '@' expecting {'(', 'exists'}"),
            ("lax $ ? (@)", 12, "mismatched input ')'"),
            ("lax 1.type()", 8, "mismatched input 'type'"),
            ("lax $.", 8, "mismatched input '<EOF>'"),
            ("lax $x", 1, "no value passed for parameter x"),
            ("lax exists($)", 6, "mismatched input 'exists'"),
        ] {
            let error = parse(path, &[], START).unwrap_err();
            assert!(error.message.starts_with(message), "{path}: {error}");
            assert_eq!(error.at, Some(Position { line: 1, column }), "{path}");
        }
        let deep = format!("lax {}1{}", "(".repeat(500), ")".repeat(500));
        assert!(parse(&deep, &[], START).is_err());
    }
}
