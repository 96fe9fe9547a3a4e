//! Expressions.

use super::super::ast::{
    Arithmetic, Bound, Call, Comparison, Current, Expr, ExprKind, Frame, FrameUnit, Given, Ident,
    Name, Over, Overflow, TypeName, TypeNameKind, Window,
};
use super::super::lexer::TokenKind;
use super::{OPERATORS, Parser};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> SqlResult<Expr> {
        self.deeper(Self::or)
    }

    fn or(&mut self) -> SqlResult<Expr> {
        self.terms("OR", Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> SqlResult<Expr> {
        self.terms("AND", Self::not, ExprKind::And)
    }

    /// Terms with a word between them: one is itself, several are made one. Thousands of them are no
    /// deeper than two.
    fn terms(
        &mut self,
        word: &str,
        term: fn(&mut Self) -> SqlResult<Expr>,
        made: fn(Vec<Expr>) -> ExprKind,
    ) -> SqlResult<Expr> {
        let at = self.here();
        let first = term(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.word(word) {
            terms.push(term(self)?);
        }
        Ok(Expr { kind: made(terms), at })
    }

    fn not(&mut self) -> SqlResult<Expr> {
        let at = self.here();
        if self.word("NOT") {
            let value = boxed(self.deeper(Self::not)?);
            return Ok(Expr { kind: ExprKind::Not(value), at });
        }
        let value = self.value()?;
        self.predicate(value)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let TokenKind::Symbol(symbol) = self.peek() else { return None };
        let operator = match *symbol {
            "=" => Comparison::Equal,
            "<>" | "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.skip();
        Some(operator)
    }

    /// What may follow a value: a comparison, BETWEEN, IN, LIKE, IS.
    fn predicate(&mut self, value: Expr) -> SqlResult<Expr> {
        let at = self.here();
        if let Some(operator) = self.comparison() {
            let all = self.is_word("ALL");
            let quantified = all || self.is_word("ANY") || self.is_word("SOME");
            if quantified && self.is_symbol_at(1, "(") {
                self.at += 2;
                let query = Box::new(self.query()?);
                self.expect(")")?;
                let value = boxed(value);
                return Ok(Expr { kind: ExprKind::Quantified { operator, all, value, query }, at });
            }
            let right = boxed(self.value()?);
            return Ok(Expr {
                kind: ExprKind::Compare { operator, left: boxed(value), right },
                at,
            });
        }
        if self.word("IS") {
            let negated = self.word("NOT");
            let kind = if self.word("NULL") {
                ExprKind::IsNull(boxed(value))
            } else if self.words(&["DISTINCT", "FROM"]) {
                ExprKind::IsDistinct { left: boxed(value), right: boxed(self.value()?) }
            } else {
                return self.expected("'DISTINCT', 'NOT', 'NULL'");
            };
            return Ok(negate_if(negated, Expr { kind, at }));
        }
        let negated = self.is_word("NOT")
            && ["BETWEEN", "IN", "LIKE"].iter().any(|word| self.is_word_at(1, word));
        self.at += usize::from(negated);
        let kind = if self.word("BETWEEN") {
            let low = boxed(self.value()?);
            self.expect_word("AND")?;
            ExprKind::Between { value: boxed(value), low, high: boxed(self.value()?) }
        } else if self.word("IN") {
            self.expect("(")?;
            let kind = if self.begins_query_here() {
                let query = Box::new(self.query()?);
                ExprKind::InQuery { value: boxed(value), query }
            } else {
                ExprKind::InList { value: boxed(value), list: self.list(Self::expr)? }
            };
            self.expect(")")?;
            kind
        } else if self.word("LIKE") {
            let pattern = boxed(self.value()?);
            let escape = if self.word("ESCAPE") { Some(boxed(self.value()?)) } else { None };
            ExprKind::Like { value: boxed(value), pattern, escape }
        } else {
            return Ok(value);
        };
        Ok(negate_if(negated, Expr { kind, at }))
    }

    /// Whether a query begins here: one in parentheses may also be an expression.
    fn begins_query_here(&self) -> bool {
        ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| self.is_word(word))
    }

    /// `||` binds weaker than arithmetic.
    fn value(&mut self) -> SqlResult<Expr> {
        let (mut left, mut links) = (self.sum()?, 0);
        loop {
            let at = self.here();
            if !self.symbol("||") {
                return Ok(left);
            }
            self.link(&mut links, OPERATORS)?;
            let right = self.sum()?;
            left = function("concat", vec![left, right], at);
        }
    }

    fn sum(&mut self) -> SqlResult<Expr> {
        let (mut left, mut links) = (self.product()?, 0);
        loop {
            let at = self.here();
            let operator = if self.symbol("+") {
                Arithmetic::Add
            } else if self.symbol("-") {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            self.link(&mut links, OPERATORS)?;
            let right = boxed(self.product()?);
            left = Expr { kind: ExprKind::Arithmetic { operator, left: boxed(left), right }, at };
        }
    }

    fn product(&mut self) -> SqlResult<Expr> {
        let (mut left, mut links) = (self.unary()?, 0);
        loop {
            let at = self.here();
            let operator = if self.symbol("*") {
                Arithmetic::Multiply
            } else if self.symbol("/") {
                Arithmetic::Divide
            } else if self.symbol("%") {
                Arithmetic::Modulus
            } else {
                return Ok(left);
            };
            self.link(&mut links, OPERATORS)?;
            let right = boxed(self.unary()?);
            left = Expr { kind: ExprKind::Arithmetic { operator, left: boxed(left), right }, at };
        }
    }

    fn unary(&mut self) -> SqlResult<Expr> {
        let at = self.here();
        let number = matches!(
            self.peek_at(1),
            TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::Double(_)
        );
        if self.is_symbol("-") && !number {
            self.skip();
            let value = boxed(self.deeper(Self::unary)?);
            return Ok(Expr { kind: ExprKind::Negate(value), at });
        }
        if self.symbol("+") {
            return self.deeper(Self::unary);
        }
        let (mut value, mut links) = (self.primary()?, 0);
        loop {
            let at = self.here();
            if !self.words(&["AT", "TIME", "ZONE"]) {
                return Ok(value);
            }
            self.link(&mut links, OPERATORS)?;
            let zone = boxed(self.primary()?);
            value = Expr { kind: ExprKind::AtTimeZone { value: boxed(value), zone }, at };
        }
    }

    /// A primary expression with its subscripts and fields.
    pub(super) fn primary(&mut self) -> SqlResult<Expr> {
        let (mut base, mut links) = (self.primary_start()?, 0);
        loop {
            let at = base.at;
            if self.symbol("[") {
                self.link(&mut links, OPERATORS)?;
                let index = boxed(self.value()?);
                self.expect("]")?;
                base = Expr { kind: ExprKind::Subscript { base: boxed(base), index }, at };
            } else if self.is_symbol(".") && self.is_ident_at(1) {
                self.link(&mut links, OPERATORS)?;
                self.skip();
                let name = self.ident()?;
                base = Expr { kind: ExprKind::Field { base: boxed(base), name }, at };
            } else {
                return Ok(base);
            }
        }
    }

    fn primary_start(&mut self) -> SqlResult<Expr> {
        let at = self.here();
        let simple = |kind| Ok(Expr { kind, at });
        match self.peek().clone() {
            TokenKind::String(_) | TokenKind::Unicode(_) => {
                simple(ExprKind::String(self.string()?))
            }
            TokenKind::Binary(bytes) => {
                self.skip();
                simple(ExprKind::Binary(bytes))
            }
            TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::Double(_) => {
                self.numeric("")
            }
            TokenKind::Symbol("-") => {
                self.skip();
                self.numeric("-").map(|expr| Expr { at, ..expr })
            }
            TokenKind::Symbol("?") => {
                self.skip();
                simple(ExprKind::Parameter)
            }
            TokenKind::Symbol("$") => simple(self.parameter()?),
            TokenKind::Symbol("(") => self.parentheses(at),
            TokenKind::Symbol("[") => {
                self.skip();
                simple(ExprKind::Array(self.array_items()?))
            }
            TokenKind::Quoted(_) => self.named(at),
            TokenKind::Word(word) => match self.special(&word.to_ascii_uppercase(), at)? {
                Some(expr) => Ok(expr),
                None if self.is_ident_at(0) => self.named(at),
                None => self.expected("<expression>"),
            },
            _ => self.expected("<expression>"),
        }
    }

    /// The elements of an array, and the bracket behind them.
    fn array_items(&mut self) -> SqlResult<Vec<Expr>> {
        let items = if self.is_symbol("]") { Vec::new() } else { self.list(Self::expr)? };
        self.expect("]")?;
        Ok(items)
    }

    fn numeric(&mut self, sign: &str) -> SqlResult<Expr> {
        let at = self.here();
        let kind = match self.peek() {
            TokenKind::Integer(text) => {
                let signed = format!("{sign}{text}");
                match signed.parse() {
                    Ok(value) => ExprKind::Integer(value),
                    Err(_) => {
                        let message = format!("Invalid numeric literal: {signed}");
                        return Err(SqlError::new(Code::Syntax, message).at(at));
                    }
                }
            }
            TokenKind::Decimal(text) => ExprKind::Decimal(format!("{sign}{text}")),
            TokenKind::Double(text) => {
                let value = text.parse::<f64>().unwrap_or(f64::INFINITY);
                ExprKind::Double(if sign.is_empty() { value } else { -value })
            }
            _ => return self.expected("<number>"),
        };
        self.skip();
        Ok(Expr { kind, at })
    }

    /// The text behind the name of a type; a parameter that says a moment says one of times and days.
    fn text_of(&mut self, type_name: &Ident) -> SqlResult<String> {
        if !self.is_symbol("$") {
            return self.string();
        }
        let start = self.at;
        let moment = match self.parameter()? {
            ExprKind::Given(Given { time, .. }) => time,
            _ => None,
        };
        match (moment, type_name.lower().as_str()) {
            (Some(moment), "timestamp") => Ok(moment),
            (Some(moment), "date") => Ok(moment.chars().take_while(|c| *c != ' ').collect()),
            _ => {
                self.at = start;
                self.string()
            }
        }
    }

    /// The value of `$name`.
    pub(super) fn parameter(&mut self) -> SqlResult<ExprKind> {
        let at = self.here();
        self.expect("$")?;
        let TokenKind::Word(name) = self.peek().clone() else {
            return self.expected("<parameter name>");
        };
        self.skip();
        self.parameters.get(&name.to_lowercase()).cloned().ok_or_else(|| {
            let message = format!("no value is given for ${name}");
            SqlError::new(Code::InvalidParameterUsage, message).at(at)
        })
    }

    /// `(x)`, `(x, y)` as a row, a subquery, or the parameters of a lambda.
    fn parentheses(&mut self, at: Position) -> SqlResult<Expr> {
        if let Some(arrow) = self.lambda_arrow() {
            self.skip();
            let mut parameters = Vec::new();
            if !self.is_symbol(")") {
                parameters = self.list(Self::ident)?;
            }
            self.expect(")")?;
            debug_assert!(self.at == arrow);
            self.expect("->")?;
            let body = boxed(self.expr()?);
            return Ok(Expr { kind: ExprKind::Lambda { parameters, body }, at });
        }
        let is_query = self.is_query_at(self.at);
        self.skip();
        if is_query {
            let query = Box::new(self.query()?);
            self.expect(")")?;
            return Ok(Expr { kind: ExprKind::Subquery(query), at });
        }
        let mut items = self.list(Self::expr)?;
        self.expect(")")?;
        if items.len() == 1 {
            return Ok(items.remove(0));
        }
        let fields = items.into_iter().map(|item| (None, item)).collect();
        Ok(Expr { kind: ExprKind::Row(fields), at })
    }

    /// Where the arrow stands if a parameter list of a lambda begins here.
    fn lambda_arrow(&self) -> Option<usize> {
        let mut ahead = 1;
        if !self.is_symbol_at(ahead, ")") {
            loop {
                if !self.is_ident_at(ahead) {
                    return None;
                }
                ahead += 1;
                if !self.is_symbol_at(ahead, ",") {
                    break;
                }
                ahead += 1;
            }
        }
        let arrow = self.is_symbol_at(ahead, ")") && self.is_symbol_at(ahead + 1, "->");
        arrow.then_some(self.at + ahead + 1)
    }

    /// Forms that begin with a keyword.
    fn special(&mut self, word: &str, at: Position) -> SqlResult<Option<Expr>> {
        let call = self.is_symbol_at(1, "(");
        let simple = |kind| Ok(Some(Expr { kind, at }));
        match word {
            "NULL" => {
                self.skip();
                simple(ExprKind::Null)
            }
            "TRUE" | "FALSE" => {
                self.skip();
                simple(ExprKind::Boolean(word == "TRUE"))
            }
            "CASE" => {
                self.skip();
                simple(self.case()?)
            }
            "CAST" | "TRY_CAST" if call => {
                self.at += 2;
                let value = boxed(self.expr()?);
                self.expect_word("AS")?;
                let kind = self.type_name()?;
                self.expect(")")?;
                simple(ExprKind::Cast { value, kind, safe: word == "TRY_CAST" })
            }
            "EXISTS" => {
                self.skip();
                self.expect("(")?;
                let query = Box::new(self.query()?);
                self.expect(")")?;
                simple(ExprKind::Exists(query))
            }
            "ARRAY" if self.is_symbol_at(1, "[") => {
                self.at += 2;
                simple(ExprKind::Array(self.array_items()?))
            }
            "ROW" if call => {
                self.at += 2;
                let fields = self.list(|parser| {
                    let expr = parser.expr()?;
                    let named = parser.word("AS") || parser.is_ident_at(0);
                    let name = if named { Some(parser.ident()?) } else { None };
                    Ok((name, expr))
                })?;
                self.expect(")")?;
                simple(ExprKind::Row(fields))
            }
            "INTERVAL"
                if self.is_text_at(1)
                    || ((self.is_symbol_at(1, "-") || self.is_symbol_at(1, "+"))
                        && self.is_text_at(2)) =>
            {
                self.skip();
                simple(self.interval()?)
            }
            "EXTRACT" if call => {
                self.at += 2;
                let field = self.ident()?;
                self.expect_word("FROM")?;
                let value = boxed(self.expr()?);
                self.expect(")")?;
                simple(ExprKind::Extract { field, value })
            }
            "TRIM" if call => self.trim(at).map(Some),
            "SUBSTRING" if call => self.substring(at).map(Some),
            "POSITION" if call => self.position(at),
            "NORMALIZE" if call => {
                self.at += 2;
                let mut arguments = vec![self.value()?];
                if self.symbol(",") {
                    let known = ["NFC", "NFD", "NFKC", "NFKD"];
                    let Some(form) = known.iter().find(|form| self.is_word(form)) else {
                        return self.expected("'NFC', 'NFD', 'NFKC', 'NFKD'");
                    };
                    let at = self.here();
                    self.skip();
                    let kind = ExprKind::String((*form).to_owned());
                    arguments.push(Expr { kind, at });
                }
                self.expect(")")?;
                Ok(Some(function("normalize", arguments, at)))
            }
            "LISTAGG" if call => self.listagg(at).map(Some),
            "GROUPING" if call => {
                self.at += 2;
                let columns = if self.is_symbol(")") { Vec::new() } else { self.list(Self::expr)? };
                self.expect(")")?;
                simple(ExprKind::Grouping(columns))
            }
            "CURRENT_DATE" | "CURRENT_TIME" | "CURRENT_TIMESTAMP" | "LOCALTIME"
            | "LOCALTIMESTAMP" | "CURRENT_USER" | "CURRENT_CATALOG" | "CURRENT_SCHEMA"
            | "CURRENT_PATH" => {
                self.skip();
                let what = match word {
                    "CURRENT_DATE" => Current::Date,
                    "CURRENT_TIME" => Current::Time,
                    "CURRENT_TIMESTAMP" => Current::Timestamp,
                    "LOCALTIME" => Current::LocalTime,
                    "LOCALTIMESTAMP" => Current::LocalTimestamp,
                    "CURRENT_USER" => Current::User,
                    "CURRENT_CATALOG" => Current::Catalog,
                    "CURRENT_SCHEMA" => Current::Schema,
                    _ => Current::Path,
                };
                let mut precision = None;
                if self.is_symbol("(") && matches!(self.peek_at(1), TokenKind::Integer(_)) {
                    self.skip();
                    precision = Some(u8::try_from(self.number()?).unwrap_or(u8::MAX));
                    self.expect(")")?;
                }
                simple(ExprKind::Current { what, precision })
            }
            "JSON_EXISTS" | "JSON_VALUE" | "JSON_QUERY" if call => {
                let kind = self.json_path(word)?;
                simple(kind)
            }
            "JSON_OBJECT" if call => {
                let kind = self.json_object()?;
                simple(kind)
            }
            "JSON_ARRAY" if call => {
                let kind = self.json_array()?;
                simple(kind)
            }
            "DOUBLE"
                if self.is_word_at(1, "PRECISION")
                    && matches!(self.peek_at(2), TokenKind::String(_)) =>
            {
                let kind = self.type_name()?;
                simple(ExprKind::Typed { kind, text: self.string()? })
            }
            _ => Ok(None),
        }
    }

    /// A name, a call, a lambda of one parameter, or a typed literal.
    fn named(&mut self, at: Position) -> SqlResult<Expr> {
        if self.is_symbol_at(1, "->") {
            let parameters = vec![self.ident()?];
            self.skip();
            let body = boxed(self.expr()?);
            return Ok(Expr { kind: ExprKind::Lambda { parameters, body }, at });
        }
        if self.is_text_at(1) {
            let name = self.ident()?;
            let kind = TypeNameKind::Generic { name: name.lower(), parameters: Vec::new() };
            let text = self.text_of(&name)?;
            return Ok(Expr { kind: ExprKind::Typed { kind: TypeName { kind, at }, text }, at });
        }
        // A call's name may have several parts.
        let mut ahead = 1;
        while self.is_symbol_at(ahead, ".") && self.is_ident_at(ahead + 1) {
            ahead += 2;
        }
        if self.is_symbol_at(ahead, "(") {
            return self.call(at);
        }
        let name = self.ident()?;
        Ok(Expr { kind: ExprKind::Name(name), at })
    }

    fn call(&mut self, at: Position) -> SqlResult<Expr> {
        let name = self.name()?;
        self.expect("(")?;
        let mut call = Call {
            name,
            distinct: false,
            arguments: Vec::new(),
            star: false,
            order: Vec::new(),
            filter: None,
            ignore_nulls: None,
            over: None,
            overflow: None,
        };
        if self.is_symbol("*") && self.is_symbol_at(1, ")") {
            self.skip();
            call.star = true;
        } else {
            call.distinct = self.word("DISTINCT");
            if !call.distinct && self.is_word("ALL") && !self.is_symbol_at(1, ",") {
                self.skip();
            }
            if !self.is_symbol(")") && !self.is_words(&["ORDER", "BY"]) {
                call.arguments = self.list(Self::expr)?;
            }
            call.order = self.order_by()?;
        }
        self.expect(")")?;
        self.call_end(&mut call)?;
        Ok(Expr { kind: ExprKind::Call(Box::new(call)), at })
    }

    /// FILTER, null treatment and OVER.
    fn call_end(&mut self, call: &mut Call) -> SqlResult<()> {
        if self.is_word("FILTER") && self.is_symbol_at(1, "(") {
            self.at += 2;
            self.expect_word("WHERE")?;
            call.filter = Some(self.expr()?);
            self.expect(")")?;
        }
        if self.words(&["IGNORE", "NULLS"]) {
            call.ignore_nulls = Some(true);
        } else if self.words(&["RESPECT", "NULLS"]) {
            call.ignore_nulls = Some(false);
        }
        if self.is_word("OVER") && (self.is_symbol_at(1, "(") || self.is_ident_at(1)) {
            self.skip();
            call.over = Some(if self.is_symbol("(") {
                Over::Window(self.window()?)
            } else {
                Over::Named(self.ident()?)
            });
        }
        Ok(())
    }

    pub(super) fn window(&mut self) -> SqlResult<Window> {
        let at = self.here();
        self.expect("(")?;
        let clause = ["PARTITION", "ORDER", "ROWS", "RANGE", "GROUPS"];
        let begins_clause =
            clause.iter().any(|word| self.is_word(word)) && !self.is_symbol_at(1, ")");
        let named = self.is_ident_at(0) && !begins_clause;
        let base = if named { Some(self.ident()?) } else { None };
        let partition =
            if self.words(&["PARTITION", "BY"]) { self.list(Self::expr)? } else { Vec::new() };
        let order = self.order_by()?;
        let frame_at = self.here();
        let unit =
            [("ROWS", FrameUnit::Rows), ("RANGE", FrameUnit::Range), ("GROUPS", FrameUnit::Groups)]
                .into_iter()
                .find_map(|(word, unit)| self.word(word).then_some(unit));
        let frame = match unit {
            Some(unit) => {
                let (start, end) = if self.word("BETWEEN") {
                    let start = self.bound()?;
                    self.expect_word("AND")?;
                    (start, Some(self.bound()?))
                } else {
                    (self.bound()?, None)
                };
                Some(Frame { unit, start, end, at: frame_at })
            }
            None => None,
        };
        self.expect(")")?;
        Ok(Window { base, partition, order, frame, at })
    }

    fn bound(&mut self) -> SqlResult<Bound> {
        if self.words(&["UNBOUNDED", "PRECEDING"]) {
            return Ok(Bound::UnboundedPreceding);
        }
        if self.words(&["UNBOUNDED", "FOLLOWING"]) {
            return Ok(Bound::UnboundedFollowing);
        }
        if self.words(&["CURRENT", "ROW"]) {
            return Ok(Bound::CurrentRow);
        }
        let offset = boxed(self.expr()?);
        if self.word("PRECEDING") {
            return Ok(Bound::Preceding(offset));
        }
        self.expect_word("FOLLOWING")?;
        Ok(Bound::Following(offset))
    }

    fn case(&mut self) -> SqlResult<ExprKind> {
        let operand = if self.is_word("WHEN") { None } else { Some(boxed(self.expr()?)) };
        let mut whens = Vec::new();
        while self.word("WHEN") {
            let when = self.expr()?;
            self.expect_word("THEN")?;
            whens.push((when, self.expr()?));
        }
        if whens.is_empty() {
            return self.expected("'WHEN'");
        }
        let otherwise = if self.word("ELSE") { Some(boxed(self.expr()?)) } else { None };
        self.expect_word("END")?;
        Ok(ExprKind::Case { operand, whens, otherwise })
    }

    fn interval(&mut self) -> SqlResult<ExprKind> {
        let negative = self.symbol("-");
        if !negative {
            self.symbol("+");
        }
        let text = self.string()?;
        let start = self.interval_field()?;
        let end = if self.word("TO") { Some(self.interval_field()?) } else { None };
        Ok(ExprKind::Interval { negative, text, start, end })
    }

    fn trim(&mut self, at: Position) -> SqlResult<Expr> {
        self.at += 2;
        let side = ["LEADING", "TRAILING", "BOTH"].into_iter().find(|side| {
            // A column may be called so.
            self.is_word(side) && !self.is_symbol_at(1, ")") && !self.is_symbol_at(1, ",")
        });
        self.at += usize::from(side.is_some());
        let name = match side {
            Some("LEADING") => "ltrim",
            Some("TRAILING") => "rtrim",
            _ => "trim",
        };
        if self.word("FROM") {
            let value = self.value()?;
            self.expect(")")?;
            return Ok(function(name, vec![value], at));
        }
        let first = self.value()?;
        let arguments = if self.word("FROM") {
            vec![self.value()?, first]
        } else if self.symbol(",") {
            vec![first, self.value()?]
        } else {
            vec![first]
        };
        self.expect(")")?;
        Ok(function(name, arguments, at))
    }

    fn substring(&mut self, at: Position) -> SqlResult<Expr> {
        self.at += 2;
        let mut arguments = vec![self.value()?];
        if self.word("FROM") {
            arguments.push(self.value()?);
            if self.word("FOR") {
                arguments.push(self.value()?);
            }
        } else {
            while self.symbol(",") {
                arguments.push(self.value()?);
            }
        }
        self.expect(")")?;
        Ok(function("substring", arguments, at))
    }

    fn position(&mut self, at: Position) -> SqlResult<Option<Expr>> {
        self.at += 2;
        let needle = self.value()?;
        self.expect_word("IN")?;
        let text = self.value()?;
        self.expect(")")?;
        Ok(Some(function("strpos", vec![text, needle], at)))
    }

    fn listagg(&mut self, at: Position) -> SqlResult<Expr> {
        let name = Ident { value: "listagg".to_owned(), quoted: false, at };
        self.at += 2;
        let distinct = self.word("DISTINCT");
        if !distinct {
            self.word("ALL");
        }
        let mut arguments = vec![self.expr()?];
        if self.symbol(",") {
            let at = self.here();
            arguments.push(Expr { kind: ExprKind::String(self.string()?), at });
        } else {
            arguments.push(Expr { kind: ExprKind::String(String::new()), at });
        }
        let mut overflow = None;
        if self.words(&["ON", "OVERFLOW"]) {
            if self.word("TRUNCATE") {
                let text = matches!(self.peek(), TokenKind::String(_) | TokenKind::Unicode(_));
                let filler = if text { Some(self.string()?) } else { None };
                let count = self.word("WITH");
                if !count {
                    self.expect_word("WITHOUT")?;
                }
                self.expect_word("COUNT")?;
                overflow = Some(Overflow { filler, count });
            } else {
                self.expect_word("ERROR")?;
            }
        }
        self.expect(")")?;
        self.expect_word("WITHIN")?;
        self.expect_word("GROUP")?;
        self.expect("(")?;
        let order = self.order_by()?;
        if order.is_empty() {
            return self.expected("'ORDER'");
        }
        self.expect(")")?;
        let mut call = Call {
            name: Name { parts: vec![name], at },
            distinct,
            arguments,
            star: false,
            order,
            filter: None,
            ignore_nulls: None,
            over: None,
            overflow,
        };
        self.call_end(&mut call)?;
        Ok(Expr { kind: ExprKind::Call(Box::new(call)), at })
    }
}

fn negate_if(negated: bool, expr: Expr) -> Expr {
    if !negated {
        return expr;
    }
    let at = expr.at;
    Expr { kind: ExprKind::Not(boxed(expr)), at }
}

/// A call of a function by a plain name.
pub(super) fn function(name: &str, arguments: Vec<Expr>, at: Position) -> Expr {
    let name = Ident { value: name.to_owned(), quoted: false, at };
    let call = Call {
        name: Name { parts: vec![name], at },
        distinct: false,
        arguments,
        star: false,
        order: Vec::new(),
        filter: None,
        ignore_nulls: None,
        over: None,
        overflow: None,
    };
    Expr { kind: ExprKind::Call(Box::new(call)), at }
}
