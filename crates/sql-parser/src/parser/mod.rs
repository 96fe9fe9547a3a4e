//! The parser: what all its parts use, and whole statements.

mod expr;
mod json;
mod query;
mod types;

use super::ast::{Expr, ExprKind, Given, Ident, Like, Name, Statement};
use super::lexer::{Token, TokenKind, tokens, unescape};
use crate::ParameterValues;
use crate::keywords::is_reserved;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// Deepest nesting of a statement.
const MAX_DEPTH: usize = 500;

/// What is written as a chain nests in the tree: `a + b + c`, `a.b.c`, joins.
#[derive(Debug, Clone, Copy)]
struct Chain {
    links: &'static str,
    /// The most links of long chains in a statement.
    most: usize,
}

/// Links of a chain that count for nothing: statements may have any number of short chains.
const SHORT_CHAIN: usize = 8;
const OPERATORS: Chain = Chain { links: "operators, fields and subscripts", most: 5_000 };
const UNIONS: Chain = Chain { links: "unions", most: 1_000 };
/// Several rules of the optimizer look at each join below a join; INTERSECT and EXCEPT are joins.
const JOINS: Chain = Chain { links: "joins", most: 250 };

/// Parses one statement; a semicolon may end it. `parameters` has the values of `$name`.
pub fn parse_statement(text: &str, parameters: &ParameterValues) -> SqlResult<Statement> {
    let mut parser = Parser::new(text, parameters)?;
    let statement = parser.statement()?;
    parser.symbol(";");
    parser.end()?;
    Ok(statement)
}

/// Parses one expression. `parameters` has the values of `$name`.
pub fn parse_expression(text: &str, parameters: &ParameterValues) -> SqlResult<Expr> {
    let mut parser = Parser::new(text, parameters)?;
    let expression = parser.expr()?;
    parser.end()?;
    Ok(expression)
}

/// Parses expressions with commas between. `parameters` has the values of `$name`.
pub fn parse_expressions(text: &str, parameters: &ParameterValues) -> SqlResult<Vec<Expr>> {
    let mut parser = Parser::new(text, parameters)?;
    let expressions = parser.list(Parser::expr)?;
    parser.end()?;
    Ok(expressions)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Of each opening parenthesis, the place of the one that closes it.
    closing: Vec<Option<usize>>,
    at: usize,
    depth: usize,
    /// Links of long chains that were read, each counted as so many operators as weigh as much.
    links: usize,
    parameters: &'a ParameterValues,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, parameters: &'a ParameterValues) -> SqlResult<Self> {
        let tokens = tokens(text)?;
        let closing = closing_parentheses(&tokens);
        Ok(Self { text, tokens, closing, at: 0, depth: 0, links: 0, parameters })
    }

    fn peek(&self) -> &TokenKind {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &TokenKind {
        match self.tokens.get(self.at + ahead) {
            Some(token) => &token.kind,
            None => &TokenKind::End,
        }
    }

    fn here(&self) -> Position {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get(self.at.min(last)).map_or(Position { line: 1, column: 1 }, |t| t.at)
    }

    fn skip(&mut self) {
        self.at += 1;
    }

    /// Fails at the present token.
    fn expected<T>(&self, what: &str) -> SqlResult<T> {
        let last = self.tokens.len().saturating_sub(1);
        let found = match self.tokens.get(self.at.min(last)) {
            Some(token) if token.kind != TokenKind::End => &self.text[token.span.0..token.span.1],
            _ => "<EOF>",
        };
        let message = format!("mismatched input '{found}'. Expecting: {what}");
        Err(SqlError::new(Code::Syntax, message).at(self.here()))
    }

    fn end(&self) -> SqlResult<()> {
        if *self.peek() == TokenKind::End { Ok(()) } else { self.expected("<EOF>") }
    }

    /// Guards recursion.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<T> {
        if self.depth >= MAX_DEPTH {
            let message =
                format!("statement is too large: it is nested more than {MAX_DEPTH} deep");
            return Err(SqlError::new(Code::StatementTooLarge, message).at(self.here()));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(256 << 10, 4 << 20, || f(self));
        self.depth -= 1;
        result
    }

    /// Guards a loop that puts what it has made into what it makes next; `links` is its own count.
    fn link(&mut self, links: &mut usize, chain: Chain) -> SqlResult<()> {
        *links += 1;
        if *links <= SHORT_CHAIN {
            return Ok(());
        }
        self.links += OPERATORS.most / chain.most;
        if self.links <= OPERATORS.most {
            return Ok(());
        }
        let Chain { links, most } = chain;
        let message = format!("statement is too large: it has chains of more than {most} {links}");
        Err(SqlError::new(Code::StatementTooLarge, message).at(self.here()))
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), TokenKind::Word(w) if w.eq_ignore_ascii_case(word))
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn is_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, word)| self.is_word_at(at, word))
    }

    /// Takes a word if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let found = self.is_words(words);
        self.at += if found { words.len() } else { 0 };
        found
    }

    fn expect_word(&mut self, word: &str) -> SqlResult<()> {
        if self.word(word) { Ok(()) } else { self.expected(&format!("'{word}'")) }
    }

    fn is_symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        matches!(self.peek_at(ahead), TokenKind::Symbol(s) if *s == symbol)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.is_symbol_at(0, symbol)
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> SqlResult<()> {
        if self.symbol(symbol) { Ok(()) } else { self.expected(&format!("'{symbol}'")) }
    }

    /// Whether a name comes at a place: quoted, or a word that is not reserved.
    fn is_ident_at(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            TokenKind::Quoted(_) => true,
            TokenKind::Word(word) => !is_reserved(word),
            _ => false,
        }
    }

    fn ident(&mut self) -> SqlResult<Ident> {
        if !self.is_ident_at(0) {
            return self.expected("<identifier>");
        }
        let at = self.here();
        let ident = match self.peek() {
            TokenKind::Quoted(value) => Ident { value: value.clone(), quoted: true, at },
            TokenKind::Word(value) => Ident { value: value.clone(), quoted: false, at },
            _ => return self.expected("<identifier>"),
        };
        self.skip();
        Ok(ident)
    }

    fn name(&mut self) -> SqlResult<Name> {
        let at = self.here();
        let mut parts = vec![self.ident()?];
        while self.is_symbol(".") && self.is_ident_at(1) {
            self.skip();
            parts.push(self.ident()?);
        }
        Ok(Name { parts, at })
    }

    fn idents(&mut self) -> SqlResult<Vec<Ident>> {
        self.expect("(")?;
        let idents = self.list(Self::ident)?;
        self.expect(")")?;
        Ok(idents)
    }

    /// One or more, with commas between.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> SqlResult<T>) -> SqlResult<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.symbol(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A string, `U&''` with its escapes resolved.
    fn string(&mut self) -> SqlResult<String> {
        match self.peek().clone() {
            TokenKind::String(text) => {
                self.skip();
                Ok(text)
            }
            TokenKind::Unicode(text) => {
                let at = self.here();
                self.skip();
                let mut escape = '\\';
                if self.word("UESCAPE") {
                    let TokenKind::String(text) = self.peek().clone() else {
                        return self.expected("<string>");
                    };
                    let mut chars = text.chars();
                    escape = match (chars.next(), chars.next()) {
                        (Some(c), None)
                            if !(c.is_ascii_hexdigit()
                                || "+\"'".contains(c)
                                || c.is_whitespace()) =>
                        {
                            c
                        }
                        _ => {
                            let message = format!("Invalid Unicode escape character: {text}");
                            return Err(SqlError::new(Code::Syntax, message).at(at));
                        }
                    };
                    self.skip();
                }
                unescape(&text, escape)
                    .map_err(|message| SqlError::new(Code::Syntax, message).at(at))
            }
            TokenKind::Symbol("$") => match self.parameter()? {
                ExprKind::String(text) => Ok(text),
                ExprKind::Given(Given { text, .. }) => Ok(text),
                _ => self.expected("<string>"),
            },
            _ => self.expected("<string>"),
        }
    }

    /// Whether a string comes at a place, or a parameter, whose value may be one.
    fn is_text_at(&self, ahead: usize) -> bool {
        matches!(
            self.peek_at(ahead),
            TokenKind::String(_) | TokenKind::Unicode(_) | TokenKind::Symbol("$")
        )
    }

    fn number(&mut self) -> SqlResult<u64> {
        match self.peek() {
            TokenKind::Integer(text) => match text.parse() {
                Ok(number) => {
                    self.skip();
                    Ok(number)
                }
                Err(_) => self.expected("<integer>"),
            },
            _ => self.expected("<integer>"),
        }
    }

    /// Whether what is in the parenthesis at a place is a query, and no expression or relation. It is told from what
    /// follows the parentheses inside: to try one and then the other would double the work at each level.
    fn is_query_at(&self, open: usize) -> bool {
        let mut inside = open + 1;
        while let Some(TokenKind::Symbol("(")) = self.kind_at(inside) {
            let Some(close) = self.closing.get(inside).copied().flatten() else { return false };
            if self.kind_at(close + 1) != Some(&TokenKind::Symbol(")")) {
                return self.continues_query_at(close + 1);
            }
            inside += 1;
        }
        let begins = |word: &str| self.is_word_at(inside.saturating_sub(self.at), word);
        ["SELECT", "WITH", "VALUES"].into_iter().any(begins)
            || begins("TABLE") && self.kind_at(inside + 1) != Some(&TokenKind::Symbol("("))
    }

    fn kind_at(&self, place: usize) -> Option<&TokenKind> {
        self.tokens.get(place).map(|token| &token.kind)
    }

    /// Whether at a place stands what follows a query in parentheses, as a part of a longer one.
    fn continues_query_at(&self, place: usize) -> bool {
        let ahead = place.saturating_sub(self.at);
        let reserved = ["UNION", "INTERSECT", "EXCEPT", "ORDER"];
        reserved.iter().any(|word| self.is_word_at(ahead, word)) || self.begins_limit_at(ahead)
    }

    fn statement(&mut self) -> SqlResult<Statement> {
        if self.is_word("EXPLAIN") {
            self.skip();
            let analyze = self.word("ANALYZE");
            self.word("VERBOSE");
            if self.symbol("(") {
                while !self.symbol(")") {
                    if *self.peek() == TokenKind::End {
                        return self.expected("')'");
                    }
                    self.skip();
                }
            }
            let statement = Box::new(self.deeper(Self::statement)?);
            return Ok(Statement::Explain { analyze, statement });
        }
        if self.word("SHOW") {
            return self.show();
        }
        if self.word("DESCRIBE") || self.word("DESC") {
            return Ok(Statement::ShowColumns { table: self.name()?, like: None });
        }
        if let TokenKind::Word(word) = self.peek() {
            let verb = word.to_ascii_uppercase();
            if WRITES.contains(&verb.as_str()) {
                return Err(SqlError::new(Code::AccessDenied, verb).at(self.here()));
            }
        }
        Ok(Statement::Query(Box::new(self.query()?)))
    }

    fn show(&mut self) -> SqlResult<Statement> {
        if self.word("TABLES") {
            let schema = self.from(Self::name)?;
            return Ok(Statement::ShowTables { schema, like: self.like()? });
        }
        if self.word("COLUMNS") {
            if !self.word("FROM") {
                self.expect_word("IN")?;
            }
            let table = self.name()?;
            return Ok(Statement::ShowColumns { table, like: self.like()? });
        }
        if self.word("FUNCTIONS") {
            let schema = self.from(Self::name)?;
            return Ok(Statement::ShowFunctions { schema, like: self.like()? });
        }
        if self.word("SCHEMAS") {
            let catalog = self.from(Self::ident)?;
            return Ok(Statement::ShowSchemas { catalog, like: self.like()? });
        }
        if self.word("CATALOGS") {
            return Ok(Statement::ShowCatalogs { like: self.like()? });
        }
        self.expected("'CATALOGS', 'COLUMNS', 'FUNCTIONS', 'SCHEMAS', 'TABLES'")
    }

    /// What SHOW looks into, if that is said.
    fn from<T>(&mut self, name: impl FnOnce(&mut Self) -> SqlResult<T>) -> SqlResult<Option<T>> {
        if self.word("FROM") || self.word("IN") { name(self).map(Some) } else { Ok(None) }
    }

    fn like(&mut self) -> SqlResult<Option<Like>> {
        if !self.word("LIKE") {
            return Ok(None);
        }
        let pattern = self.string()?;
        let escape = if self.word("ESCAPE") { Some(self.string()?) } else { None };
        Ok(Some(Like { pattern, escape }))
    }
}

/// Finds, for each opening parenthesis, the one that closes it.
fn closing_parentheses(tokens: &[Token]) -> Vec<Option<usize>> {
    let (mut closing, mut open) = (vec![None; tokens.len()], Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Symbol("(") => open.push(at),
            TokenKind::Symbol(")") => {
                if let Some(opened) = open.pop() {
                    closing[opened] = Some(at);
                }
            }
            _ => {}
        }
    }
    closing
}

/// Verbs of statements that do more than read.
const WRITES: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "CALL",
    "COMMENT",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DENY",
    "DROP",
    "EXECUTE",
    "GRANT",
    "INSERT",
    "MERGE",
    "PREPARE",
    "REFRESH",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SET",
    "START",
    "TRUNCATE",
    "UPDATE",
    "USE",
    "VACUUM",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_all_kinds() {
        for sql in [
            "SELECT 1",
            "SELECT a.b[1].c AS x, count(*) FILTER (WHERE a > 1) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);",
            "WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) FROM t",
            "SELECT * FROM (a CROSS JOIN b) JOIN c USING (x, y) LEFT JOIN LATERAL (SELECT 1) ON TRUE",
            "SELECT x FROM t CROSS JOIN UNNEST(a, b) WITH ORDINALITY AS u (c, d, n)",
            "SELECT transform(a, x -> x + 1), reduce(a, 0, (s, x) -> s + x, s -> s)",
            "SELECT CAST(r AS row(a bigint, array(varchar(3)))), DATE '2020-01-01', INTERVAL -'1' DAY TO HOUR",
            "VALUES (1, 'a'), (2, U&'\\0041') ORDER BY 1 DESC NULLS FIRST OFFSET 1 ROW FETCH FIRST 2 ROWS WITH TIES",
            "SELECT 1 FROM t GROUP BY GROUPING SETS ((a, b), ROLLUP (c), ()) HAVING max(d) >= ALL (SELECT 1)",
            "TABLE t UNION ALL (SELECT 1 LIMIT ALL) EXCEPT SELECT 2",
            "SELECT JSON_VALUE(a, 'lax $.x' PASSING b AS \"B\" RETURNING bigint DEFAULT 0 ON EMPTY ERROR ON ERROR)",
            "SELECT JSON_OBJECT('a' : 1, KEY 'b' VALUE 2 NULL ON NULL), JSON_ARRAY(1, 2 ABSENT ON NULL)",
            "SELECT TRIM(LEADING 'x' FROM y), x NOT LIKE 'a' ESCAPE '\\', a IS NOT DISTINCT FROM b, NOT a = ANY (SELECT 1)",
            "SELECT listagg(a, ',' ON OVERFLOW TRUNCATE '..' WITH COUNT) WITHIN GROUP (ORDER BY a)",
            "SHOW COLUMNS FROM t LIKE 'a'",
            "SHOW FUNCTIONS IN a.b LIKE 'a#_%' ESCAPE '#'",
            "SHOW SCHEMAS FROM a",
            "EXPLAIN ANALYZE SELECT 1",
        ] {
            if let Err(error) = parse_statement(sql, &ParameterValues::new()) {
                panic!("{sql}: {error}");
            }
        }
    }

    /// LIMIT may be an alias, but not before a number, whoever gives it.
    #[test]
    fn a_limit_may_be_a_parameter() {
        let values = ParameterValues::from([("n".to_owned(), ExprKind::Integer(5))]);
        for sql in ["SELECT a FROM t LIMIT $n", "SELECT a FROM t AS u OFFSET $n LIMIT $n"] {
            assert!(parse_statement(sql, &values).is_ok(), "{sql}");
        }
    }

    /// What stands in parentheses was parsed as an expression, then as a query, at each of their levels.
    #[test]
    fn nested_queries_in_parentheses_are_parsed_once() {
        let nest =
            |open: &str, close: &str| format!("SELECT {}1{}", open.repeat(30), close.repeat(30));
        for (sql, sound) in [
            (nest("((SELECT ", ") UNION SELECT 1)"), true),
            (nest("((SELECT ", ") + 1)"), true),
            (nest("1 FROM ((SELECT ", ") AS a CROSS JOIN t)"), true),
            (nest("1 FROM ((SELECT ", ") LIMIT 1)"), true),
            (nest("((SELECT ", ")"), false),
            (nest("(((SELECT a.b, f(", ") UNION"), false),
            (nest("1 FROM ((SELECT ", ""), false),
            ("(".repeat(400), false),
        ] {
            let parsed = parse_statement(&sql, &ParameterValues::new());
            assert_eq!(parsed.is_ok(), sound, "{sql}");
        }
    }

    #[test]
    fn a_parenthesis_is_a_query_or_not() {
        for sql in [
            "SELECT ((SELECT 1))",
            "SELECT ((SELECT 1), 2)",
            "SELECT (((SELECT 1) ORDER BY 1) LIMIT 1)",
            "SELECT ((SELECT 1) IN (1))",
            "SELECT * FROM ((SELECT 1) limit)",
            "SELECT * FROM ((SELECT 1))",
            "SELECT * FROM (TABLE(sequence(1, 2)))",
            "SELECT * FROM ((TABLE t) EXCEPT (TABLE u))",
            "SELECT * FROM ((VALUES 1) AS a (b) JOIN (c) ON true)",
            "SELECT * FROM (((t)))",
        ] {
            assert!(parse_statement(sql, &ParameterValues::new()).is_ok(), "{sql}");
        }
    }

    #[test]
    fn errors_tell_the_place() {
        for (sql, want) in [
            ("SELECT 1 +", "line 1:11: mismatched input '<EOF>'. Expecting: <expression>"),
            ("SELECT FROM t", "line 1:8: mismatched input 'FROM'. Expecting: <expression>"),
            (
                "SELECT a\nFROM t WHERE",
                "line 2:13: mismatched input '<EOF>'. Expecting: <expression>",
            ),
            ("SELECT 1 2", "line 1:10: mismatched input '2'. Expecting: <EOF>"),
        ] {
            assert_eq!(
                parse_statement(sql, &ParameterValues::new()).unwrap_err().to_string(),
                want
            );
        }
    }

    #[test]
    fn statements_are_bounded_in_depth() {
        let parse = |sql: &str| parse_statement(sql, &ParameterValues::new()).map_err(|e| e.code);
        let chain =
            |start: &str, link: &str, count: usize| format!("SELECT {start}{}", link.repeat(count));
        for (start, link, most) in [
            ("1", " + 1", 5_000),
            ("1", " * 1", 5_000),
            ("'a'", " || 'a'", 5_000),
            ("x", ".a", 5_000),
            ("x", "[1]", 5_000),
            ("x", " AT TIME ZONE 'UTC'", 5_000),
            ("CAST(1 AS int", " ARRAY", 5_000),
            ("1", " UNION SELECT 1", 1_000),
            ("1", " INTERSECT SELECT 1", 250),
            ("1", " EXCEPT SELECT 1", 250),
            ("1 FROM t", ", t", 250),
            ("1 FROM t", " CROSS JOIN t", 250),
            ("1 FROM t", " JOIN t ON true", 250),
        ] {
            let end = if link == " ARRAY" { ")" } else { "" };
            let sound = chain(start, link, most) + end;
            assert!(parse(&sound).is_ok(), "{link}");
            let too_long = Err(Code::StatementTooLarge);
            assert_eq!(
                parse(&(chain(start, link, most + 9) + end)).map(|_| ()),
                too_long,
                "{link}"
            );
            assert_eq!(parse(&chain(start, link, 100_000)).map(|_| ()), too_long, "{link}");
        }
        let deep = format!("SELECT {}1{}", "(".repeat(2_000), ")".repeat(2_000));
        assert_eq!(parse(&deep).map(|_| ()), Err(Code::StatementTooLarge));
        // Short chains are as many as there is room for.
        let wide = chain("1", ", a.b + c.d + e.f", 20_000);
        assert!(parse(&wide).is_ok());
    }
}
