//! Expressions of a wanted type.

use super::functions::{Bindings, Function};
use super::generator::{Column, Generator, Place};
use super::literals::quoted;
use traillake::engine::types::Type;

/// JSON paths, a line each.
const PATHS: &str = include_str!("paths.txt");

const COMPARISONS: &[&str] =
    &["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"];

impl Generator {
    /// An expression that most often has this type.
    pub(super) fn expression(&mut self, kind: &Type, depth: usize) -> String {
        if let Type::Function(parameters, result) = kind {
            return self.lambda(parameters, result);
        }
        if depth == 0 || !self.grow() {
            return self.leaf(kind);
        }
        let below = depth - 1;
        match self.below(64) {
            0..=9 => self.leaf(kind),
            10..=24 => self.call(kind, below),
            25..=39 => self.typical(kind, below),
            40..=42 => {
                let from = self.near(kind);
                let cast = self.pick(&["CAST", "TRY_CAST", "TRY_CAST", "TRY_CAST"]);
                format!("{cast}({} AS {kind})", self.expression(&from, below))
            }
            43 => format!("TRY({})", self.expression(kind, below)),
            44..=47 => self.conditional(kind, below),
            48..=50 => self.taken(kind, below),
            51..=52 if !self.place.in_lambda || self.errs(5) => {
                format!("({})", self.query(std::slice::from_ref(kind)))
            }
            53..=56 if self.place.rows.is_some() || self.errs(10) => self.aggregate(kind, below),
            57..=60 if self.place.windows || self.errs(10) => self.window(kind, below),
            61 if self.errs(2) => {
                let other = self.kind(1);
                self.expression(&other, below)
            }
            62 => {
                // More deeply nested than most.
                let times = 1 + self.below(40);
                format!("{}{}{}", "(".repeat(times), self.leaf(kind), ")".repeat(times))
            }
            _ => self.call(kind, below),
        }
    }

    fn leaf(&mut self, kind: &Type) -> String {
        let fitting: Vec<Column> =
            self.place.columns.iter().filter(|column| column.kind == *kind).cloned().collect();
        if !fitting.is_empty() && !self.one_in(4) {
            return fitting[self.below(fitting.len())].sql.clone();
        }
        if self.errs(15) && !self.place.columns.is_empty() {
            let at = self.below(self.place.columns.len());
            return self.place.columns[at].sql.clone();
        }
        self.literal(kind)
    }

    /// A type whose values can often be cast to `kind`.
    fn near(&mut self, kind: &Type) -> Type {
        if self.errs(5) {
            return self.kind(1);
        }
        match kind {
            Type::Array(item) => Type::array(self.near(item)),
            Type::Map(key, value) => Type::map((**key).clone(), self.near(value)),
            Type::Row(_) | Type::Unknown => kind.clone(),
            Type::Varchar(_) => self.kind(0),
            Type::Timestamp(_) | Type::TimestampTz(_) | Type::Date => {
                [Type::Date, Type::Timestamp(3), Type::TimestampTz(6), Type::VARCHAR][self.below(4)]
                    .clone()
            }
            _ if kind.is_numeric() => {
                let all = [
                    Type::Bigint,
                    Type::Double,
                    Type::Decimal(9, 2),
                    Type::VARCHAR,
                    Type::Json,
                    Type::Boolean,
                ];
                all[self.below(6)].clone()
            }
            Type::Varbinary => Type::VARCHAR,
            _ => [Type::VARCHAR, kind.clone()][self.below(2)].clone(),
        }
    }

    fn conditional(&mut self, kind: &Type, depth: usize) -> String {
        let one = self.expression(kind, depth);
        let two = self.expression(kind, depth);
        match self.below(6) {
            0 => format!("IF({}, {one}, {two})", self.predicate(depth)),
            1 => format!("IF({}, {one})", self.predicate(depth)),
            2 => format!("COALESCE({one}, {two})"),
            3 => format!("NULLIF({one}, {two})"),
            4 => format!("CASE WHEN {} THEN {one} ELSE {two} END", self.predicate(depth)),
            _ => {
                let operand = self.orderable();
                let (a, b) = (self.expression(&operand, depth), self.leaf(&operand));
                format!("CASE {a} WHEN {b} THEN {one} WHEN NULL THEN NULL ELSE {two} END")
            }
        }
    }

    /// A value out of an array, map or row.
    fn taken(&mut self, kind: &Type, depth: usize) -> String {
        let index = Type::Bigint;
        match self.below(4) {
            0 => {
                let array = self.expression(&Type::array(kind.clone()), depth);
                let at = if self.one_in(6) { self.leaf(&index) } else { "1".to_owned() };
                format!("{array}[{at}]")
            }
            1 => {
                let key = self.orderable();
                let map = self.expression(&Type::map(key.clone(), kind.clone()), depth);
                format!("{map}[{}]", self.leaf(&key))
            }
            2 => {
                let other = self.kind(0);
                let value = self.expression(kind, depth);
                format!("CAST(ROW({value}, {}) AS row(x {kind}, y {other})).x", self.leaf(&other))
            }
            _ => format!("ROW(1, {})[2]", self.expression(kind, depth)),
        }
    }

    pub(super) fn lambda(&mut self, parameters: &[Type], result: &Type) -> String {
        let mut place =
            Place { in_lambda: true, columns: self.place.columns.clone(), ..Place::default() };
        let names: Vec<_> = parameters.iter().map(|_| self.name("x")).collect();
        let known = names.iter().zip(parameters);
        place
            .columns
            .extend(known.map(|(sql, kind)| Column { sql: sql.clone(), kind: kind.clone() }));
        let body = self.within(place, |g| g.expression(result, 2));
        format!("({}) -> {body}", names.join(", "))
    }

    fn bound(&mut self, function: &Function, mut bindings: Bindings, depth: usize) -> Vec<String> {
        let mut terms = function.parameters.clone();
        if function.variadic {
            let extra = self.below(3);
            terms.extend(std::iter::repeat_n(terms[terms.len() - 1].clone(), extra));
        }
        let mut arguments = Vec::new();
        for term in terms {
            let kind = term.kind(&mut bindings, &mut || self.kind(1));
            arguments.push(self.expression(&kind, depth));
        }
        arguments
    }

    /// A call of a scalar function.
    fn call(&mut self, kind: &Type, depth: usize) -> String {
        let mut known = self.functions.giving(kind, false);
        if known.is_empty() {
            return self.typical(kind, depth);
        }
        let (function, bindings) = known.swap_remove(self.below(known.len()));
        let mut arguments = self.bound(&function, bindings, depth);
        if self.errs(30) {
            arguments.pop();
        }
        format!("{}({})", function.name, arguments.join(", "))
    }

    fn aggregate_call(&mut self, kind: &Type, depth: usize) -> String {
        let mut known = self.functions.giving(kind, true);
        if known.is_empty() {
            return format!("arbitrary({})", self.expression(kind, depth));
        }
        let (function, bindings) = known.swap_remove(self.below(known.len()));
        let arguments = self.bound(&function, bindings, depth).join(", ");
        let arguments =
            if function.name == "listagg" { format!("{arguments}, ','") } else { arguments };
        let distinct = if self.one_in(6) { "DISTINCT " } else { "" };
        let order = if self.one_in(5) { self.order(depth) } else { String::new() };
        match &*function.name {
            "count" if self.one_in(2) => "count(*)".to_owned(),
            "listagg" => {
                let value = self.expression(&Type::VARCHAR, depth);
                format!("listagg({distinct}{value}, '-') WITHIN GROUP (ORDER BY {value})")
            }
            name => format!("{name}({distinct}{arguments}{order})"),
        }
    }

    /// An aggregate over the group.
    fn aggregate(&mut self, kind: &Type, depth: usize) -> String {
        let columns = self.place.rows.clone().unwrap_or_default();
        let place = Place { columns, ..Place::default() };
        self.within(place, |g| {
            let call = g.aggregate_call(kind, depth);
            let filter = if g.one_in(6) {
                format!(" FILTER (WHERE {})", g.predicate(depth))
            } else {
                String::new()
            };
            format!("{call}{filter}")
        })
    }

    /// A call over a window.
    fn window(&mut self, kind: &Type, depth: usize) -> String {
        let place = Place { windows: false, rows: None, ..self.place.clone() };
        let named = self.place.named_windows;
        self.within(place, |g| {
            let value = g.expression(kind, depth);
            let nulls = *g.pick(&[&"", &"", &" IGNORE NULLS", &" RESPECT NULLS"]);
            let call = match (g.below(9), kind) {
                (0..=2, Type::Bigint) => g
                    .pick(&["row_number()", "rank()", "dense_rank()", "ntile(3)", "count(*)"])
                    .to_owned(),
                (0..=2, Type::Double) => g.pick(&["percent_rank()", "cume_dist()"]).to_owned(),
                (3, _) => format!("first_value({value}){nulls}"),
                (4, _) => format!("last_value({value}){nulls}"),
                (5, _) => format!("nth_value({value}, {}){nulls}", g.leaf(&Type::Bigint)),
                (6, _) => format!("lag({value}, {}){nulls}", g.below(3)),
                (7, _) => {
                    format!("lead({value}, {}, {}){nulls}", g.leaf(&Type::Bigint), g.leaf(kind))
                }
                _ => g.aggregate_call(kind, depth),
            };
            match g.below(4) {
                0 if named > 0 => format!("{call} OVER w{}", g.below(named)),
                1 if named > 0 => format!("{call} OVER (w0 {})", g.frame()),
                _ => format!("{call} OVER ({})", g.window_parts(depth)),
            }
        })
    }

    pub(super) fn window_parts(&mut self, depth: usize) -> String {
        let mut parts = String::new();
        if self.one_in(2) {
            let kind = self.orderable();
            parts.push_str(&format!("PARTITION BY {}", self.expression(&kind, depth)));
        }
        let ordered = !self.one_in(3);
        if ordered {
            parts.push_str(&self.order(depth));
        }
        if ordered && self.one_in(2) {
            parts.push_str(&self.frame());
        }
        parts
    }

    fn frame(&mut self) -> String {
        let offset = |g: &mut Self| match g.below(6) {
            0 => g.leaf(&Type::Bigint),
            1 if g.errs(2) => g.leaf(&Type::VARCHAR),
            at => (at / 2).to_string(),
        };
        let unit = self.pick(&["ROWS", "ROWS", "RANGE", "GROUPS"]);
        let (a, b) = (offset(self), offset(self));
        match self.below(9) {
            0 => format!(" {unit} {a} PRECEDING"),
            1 => format!(" {unit} BETWEEN {a} PRECEDING AND {b} PRECEDING"),
            2 => format!(" {unit} BETWEEN {a} PRECEDING AND {b} FOLLOWING"),
            3 => format!(" {unit} BETWEEN {a} FOLLOWING AND {b} FOLLOWING"),
            4 => format!(" {unit} BETWEEN CURRENT ROW AND {a} FOLLOWING"),
            5 => format!(" {unit} BETWEEN {a} FOLLOWING AND UNBOUNDED FOLLOWING"),
            6 if self.errs(1) => format!(" {unit} BETWEEN UNBOUNDED FOLLOWING AND {a} PRECEDING"),
            7 => format!(" {unit} BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"),
            _ => format!(" {unit} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"),
        }
    }

    pub(super) fn order(&mut self, depth: usize) -> String {
        let count = 1 + self.below(2);
        let keys = self.join(count, ", ", |g| {
            let kind = g.orderable();
            let way = g.pick(&["", " ASC", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
            format!("{}{way}", g.expression(&kind, depth.min(1)))
        });
        format!(" ORDER BY {keys}")
    }

    pub(super) fn predicate(&mut self, depth: usize) -> String {
        self.expression(&Type::Boolean, depth.min(2))
    }

    fn comparison(&mut self, depth: usize) -> String {
        let kind = self.orderable();
        let value = self.expression(&kind, depth);
        let not = self.pick(&["", "NOT "]);
        match self.below(9) {
            0 => {
                let (low, high) = (self.leaf(&kind), self.expression(&kind, depth));
                format!("{value} {not}BETWEEN {low} AND {high}")
            }
            1 => {
                let count = 1 + self.below(4);
                format!("{value} {not}IN ({})", self.join(count, ", ", |g| g.leaf(&kind)))
            }
            2 => format!("{value} IS {not}NULL"),
            3 => format!("{value} {not}IN ({})", self.query(&[kind])),
            4 => {
                let (sign, all) =
                    (self.pick(&COMPARISONS[..6]), self.pick(&["ALL", "ANY", "SOME"]));
                format!("{value} {sign} {all} ({})", self.query(&[kind]))
            }
            5 => format!("{not}EXISTS ({})", self.query(&[kind])),
            6 => {
                let (a, b) = (self.kind(0), self.kind(0));
                let (c, d) = (self.leaf(&a), self.expression(&b, depth));
                let sign = self.pick(COMPARISONS);
                format!("({c}, {d}) {sign} ({}, {})", self.leaf(&a), self.leaf(&b))
            }
            _ => format!("{value} {} {}", self.pick(COMPARISONS), self.expression(&kind, depth)),
        }
    }

    /// What is written with syntax of its own.
    fn typical(&mut self, kind: &Type, depth: usize) -> String {
        let own = |g: &mut Self| g.expression(kind, depth);
        match kind {
            Type::Boolean => match self.below(8) {
                0 => format!("NOT {}", own(self)),
                1 => format!("({} AND {})", own(self), own(self)),
                2 => format!("({} OR {})", own(self), own(self)),
                3 => {
                    let escape = self.pick(&["", " ESCAPE '\\'", " ESCAPE 'a'"]);
                    let (a, b) =
                        (self.expression(&Type::VARCHAR, depth), self.leaf(&Type::VARCHAR));
                    format!("{a} LIKE {b}{escape}")
                }
                4 => format!("JSON_EXISTS({}, {})", self.json(depth), self.path()),
                _ => self.comparison(depth),
            },
            Type::Tinyint
            | Type::Smallint
            | Type::Integer
            | Type::Real
            | Type::Double
            | Type::Decimal(..) => self.arithmetic(kind, depth),
            Type::Bigint => {
                let when = [
                    Type::Date,
                    Type::Timestamp(3),
                    Type::TimestampTz(6),
                    Type::Time(3),
                    Type::IntervalDay,
                ];
                let from = &when[self.below(5)];
                match self.below(4) {
                    0 => {
                        let part = self.word("YEAR MONTH DAY HOUR SECOND DOW WEEK TIMEZONE_HOUR");
                        format!("EXTRACT({part} FROM {})", self.expression(from, depth))
                    }
                    1 => format!(
                        "POSITION({} IN {})",
                        self.leaf(&Type::VARCHAR),
                        self.expression(&Type::VARCHAR, depth)
                    ),
                    _ => self.arithmetic(kind, depth),
                }
            }
            Type::Varchar(_) | Type::Char(_) => self.textual(depth),
            Type::Varbinary => format!("{} || {}", own(self), own(self)),
            Type::Json => match self.below(3) {
                0 => format!("json_parse({})", self.json(depth)),
                1 => format!("json_parse({})", self.textual(depth)),
                _ => {
                    let from = self.kind(2);
                    format!("CAST({} AS json)", self.expression(&from, depth))
                }
            },
            Type::Date | Type::Time(_) | Type::Timestamp(_) | Type::TimestampTz(_) => {
                let interval = if self.one_in(3) { Type::IntervalYear } else { Type::IntervalDay };
                let (sign, by) = (self.pick(&["+", "-"]), self.leaf(&interval));
                match self.below(5) {
                    0 => {
                        let now = self.word(
                            "current_date current_timestamp(3) localtime localtimestamp now()",
                        );
                        format!("{now} {sign} {by}")
                    }
                    1 => format!(
                        "{} AT TIME ZONE '{}'",
                        own(self),
                        self.pick(&["UTC", "+05:45", "Asia/Tokyo", "x"])
                    ),
                    2 => format!("date_trunc({}, {})", self.unit(), own(self)),
                    3 => format!(
                        "date_add({}, {}, {})",
                        self.unit(),
                        self.leaf(&Type::Bigint),
                        own(self)
                    ),
                    _ => format!("{} {sign} {by}", own(self)),
                }
            }
            Type::IntervalDay | Type::IntervalYear => match self.below(4) {
                0 => {
                    let when =
                        [Type::Date, Type::Timestamp(3), Type::TimestampTz(6), Type::Time(3)];
                    let from = &when[self.below(4)];
                    format!("{} - {}", self.expression(from, depth), self.leaf(from))
                }
                1 => format!("{} * {}", own(self), self.leaf(&Type::Double)),
                2 => format!("-{}", own(self)),
                _ => format!("{} + {}", own(self), own(self)),
            },
            Type::Array(item) => match self.below(4) {
                0 => format!("{} || {}", own(self), self.expression(item, depth)),
                1 => format!("{} || {}", own(self), own(self)),
                _ => {
                    let count = self.below(4);
                    format!("ARRAY[{}]", self.join(count, ", ", |g| g.expression(item, depth)))
                }
            },
            Type::Map(key, value) => {
                let (keys, values) = (Type::array((**key).clone()), Type::array((**value).clone()));
                format!(
                    "MAP({}, {})",
                    self.expression(&keys, depth),
                    self.expression(&values, depth)
                )
            }
            Type::Row(fields) => {
                let all: Vec<_> =
                    fields.iter().map(|field| self.expression(&field.data_type, depth)).collect();
                format!("CAST(ROW({}) AS {kind})", all.join(", "))
            }
            _ => self.leaf(kind),
        }
    }

    fn unit(&mut self) -> String {
        quoted(self.pick(&["second", "minute", "hour", "day", "week", "month", "year", "x"]))
    }

    fn arithmetic(&mut self, kind: &Type, depth: usize) -> String {
        if self.one_in(8) {
            return format!("-{}", self.expression(kind, depth));
        }
        let sign = self.pick(&["+", "-", "*", "/", "%"]);
        format!("({} {sign} {})", self.expression(kind, depth), self.expression(kind, depth))
    }

    fn textual(&mut self, depth: usize) -> String {
        let text = self.expression(&Type::VARCHAR, depth);
        let any = self.kind(2);
        match self.below(10) {
            0 => format!(
                "TRIM({} {} FROM {text})",
                self.pick(&["LEADING", "TRAILING", "BOTH"]),
                self.leaf(&Type::VARCHAR)
            ),
            1 => format!(
                "SUBSTRING({text} FROM {} FOR {})",
                self.leaf(&Type::Bigint),
                self.leaf(&Type::Bigint)
            ),
            2 => {
                let form = self.pick(&["'%s %s'", "'%s'", "'%2$s%%'", "'%d %s'"]);
                let form = if self.errs(2) { self.leaf(&Type::VARCHAR) } else { form.to_owned() };
                format!("format({form}, {}, {text})", self.expression(&any, depth))
            }
            3 => format!("typeof({})", self.expression(&any, depth)),
            4 => {
                let form = self.pick(&[
                    "",
                    " RETURNING bigint",
                    " DEFAULT 'x' ON EMPTY",
                    " ERROR ON ERROR",
                    " NULL ON EMPTY",
                ]);
                format!("JSON_VALUE({}, {}{form})", self.json(depth), self.path())
            }
            5 => self.json(depth),
            6 => format!("json_format({})", self.expression(&Type::Json, depth)),
            7 => {
                let any = self.kind(0);
                format!("CAST({} AS varchar)", self.expression(&any, depth))
            }
            _ => format!("{text} || {}", self.leaf(&Type::VARCHAR)),
        }
    }

    /// A text that is JSON.
    fn json(&mut self, depth: usize) -> String {
        let any = self.kind(1);
        match self.below(7) {
            0 => format!(
                "JSON_OBJECT({} : {})",
                self.leaf(&Type::VARCHAR),
                self.expression(&any, depth)
            ),
            1 => format!(
                "JSON_ARRAY({}, {} NULL ON NULL)",
                self.leaf(&any),
                self.expression(&any, depth)
            ),
            2 => {
                let form = self.pick(&[
                    "",
                    " WITH WRAPPER",
                    " EMPTY ARRAY ON ERROR",
                    " WITH CONDITIONAL ARRAY WRAPPER",
                    " OMIT QUOTES",
                ]);
                format!("JSON_QUERY({}, {}{form})", self.leaf(&Type::VARCHAR), self.path())
            }
            3 => self.leaf(&Type::VARCHAR),
            _ => self
                .pick(&[
                    "'{\"a\": [1, 2.5, \"x\", null, {\"b\": true}]}'",
                    "'[]'",
                    "'[1e400, {\"a\": -0}]'",
                ])
                .to_owned(),
        }
    }

    fn path(&mut self) -> String {
        let count = PATHS.lines().count();
        let path = PATHS.lines().nth(self.below(count)).unwrap_or_default();
        quoted(path)
    }
}
