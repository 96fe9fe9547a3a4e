//! What all parts of a statement are drawn with: chance, size, names in sight.

use super::functions::Functions;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use std::rc::Rc;
use traillake::engine::types::{RowField, Type};

/// A column that an expression may name.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) sql: String,
    pub(super) kind: Type,
}

/// What may stand at a place in a statement.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub(super) columns: Vec<Column>,
    /// What the arguments of an aggregate may name, where aggregates may stand.
    pub(super) rows: Option<Vec<Column>>,
    pub(super) windows: bool,
    /// Names of windows in the WINDOW clause.
    pub(super) named_windows: usize,
    pub(super) in_lambda: bool,
}

/// Draws statements; equal seeds give equal ones.
pub(super) struct Generator {
    rng: Xoshiro256PlusPlus,
    pub(super) functions: Rc<Functions>,
    /// How many more nodes the statement may have.
    fuel: usize,
    names: usize,
    /// Whether the statement is to be well typed, and not to fail at once.
    sound: bool,
    pub(super) place: Place,
    /// Named queries in sight.
    pub(super) named: Vec<(String, Vec<(String, Type)>)>,
}

impl Generator {
    pub(super) fn new(seed: u64, functions: Rc<Functions>) -> Self {
        Self {
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            functions,
            fuel: 0,
            names: 0,
            sound: true,
            place: Place::default(),
            named: Vec::new(),
        }
    }

    /// A whole statement.
    pub(super) fn statement(&mut self) -> String {
        self.fuel = [3, 5, 8, 12, 20, 60][self.below(6)];
        self.sound = !self.one_in(5);
        let kinds = self.kinds();
        let sql = match self.below(40) {
            0 => format!("EXPLAIN {}", self.query(&kinds)),
            1 => self
                .pick(&[
                    "SHOW FUNCTIONS LIKE 'a%'",
                    "SHOW TABLES",
                    "SHOW SCHEMAS",
                    "DESCRIBE event_data_store",
                    "SELECT * FROM information_schema.columns",
                    "TABLE event_data_store",
                ])
                .to_string(),
            2..=14 => format!("SELECT {}", self.expression(&kinds[0], 4)),
            _ => self.query(&kinds),
        };
        if self.one_in(12) { self.mutated(&sql) } else { sql }
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.rng.random_range(0..bound.max(1))
    }

    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Whether something wrong is due, about once in so many places of a statement that may fail.
    pub(super) fn errs(&mut self, times: usize) -> bool {
        !self.sound && self.one_in(times)
    }

    pub(super) fn pick<'a, T: ?Sized + 'a>(&mut self, from: &'a [&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// One of the words of a text.
    pub(super) fn word<'a>(&mut self, words: &'a str) -> &'a str {
        let words = words.split_whitespace();
        let at = self.below(words.clone().count());
        words.clone().nth(at).unwrap_or_default()
    }

    /// Takes fuel; `false` when there is none and only a leaf may grow.
    pub(super) fn grow(&mut self) -> bool {
        let left = self.fuel > 0;
        self.fuel = self.fuel.saturating_sub(1);
        left
    }

    /// A name that no other has.
    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub(super) fn join(
        &mut self,
        count: usize,
        separator: &str,
        mut one: impl FnMut(&mut Self) -> String,
    ) -> String {
        let all: Vec<_> = (0..count).map(|_| one(self)).collect();
        all.join(separator)
    }

    /// Runs `draw` where other names are in sight.
    pub(super) fn within<T>(&mut self, place: Place, draw: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.place, place);
        let drawn = draw(self);
        self.place = outer;
        drawn
    }

    /// Types of some columns.
    pub(super) fn kinds(&mut self) -> Vec<Type> {
        let count = 1 + self.below(3);
        (0..count).map(|_| self.kind(2)).collect()
    }

    /// A type, nested up to `depth` deep.
    pub(super) fn kind(&mut self, depth: usize) -> Type {
        let bound = if depth == 0 { 21 } else { 27 };
        match self.below(bound) {
            0 => Type::Boolean,
            1 => Type::Tinyint,
            2 => Type::Smallint,
            3 | 4 => Type::Integer,
            5 | 6 => Type::Bigint,
            7 => Type::Real,
            8 => Type::Double,
            9 => {
                let precision = 1 + self.below(38);
                let scale = self.below(precision + 1);
                Type::Decimal(precision as u8, scale as u8)
            }
            10 | 11 => Type::VARCHAR,
            12 => Type::Varchar(Some(self.below(12) as u32)),
            13 => Type::Char(self.below(8) as u32 + 1),
            14 => Type::Varbinary,
            15 => Type::Json,
            16 => Type::Date,
            17 => Type::Timestamp(self.precision()),
            18 => Type::TimestampTz(self.precision()),
            19 => match self.below(3) {
                0 => Type::Time(self.precision()),
                1 => Type::IntervalDay,
                _ => Type::IntervalYear,
            },
            20 => match self.below(3) {
                0 => Type::Uuid,
                1 => Type::IpAddress,
                _ => Type::Unknown,
            },
            21..=23 => Type::array(self.kind(depth - 1)),
            24 => Type::map(self.kind(depth - 1), self.kind(depth - 1)),
            _ => {
                let count = 1 + self.below(3);
                let mut field = |at: usize| match self.below(2) {
                    0 => RowField::anonymous(self.kind(depth - 1)),
                    _ => RowField::named(format!("f{at}"), self.kind(depth - 1)),
                };
                Type::Row((0..count).map(&mut field).collect())
            }
        }
    }

    /// A type of values that have an order.
    pub(super) fn orderable(&mut self) -> Type {
        let kind = self.kind(1);
        if kind.is_orderable() || self.errs(2) { kind } else { Type::Bigint }
    }

    fn precision(&mut self) -> u8 {
        if self.errs(9) { 12 } else { [0, 1, 3, 3, 4, 6, 7, 9][self.below(8)] }
    }
}
