//! The signatures of functions as SHOW FUNCTIONS prints them.

use std::collections::HashMap;
use traillake::engine::types::{RowField, Type};

/// A type in a signature.
#[derive(Debug, Clone)]
pub(super) struct Term {
    name: String,
    arguments: Vec<Term>,
}

/// A function for certain types of arguments.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<Term>,
    pub(super) variadic: bool,
    result: Term,
    pub(super) aggregate: bool,
}

/// Types that variables of a signature stand for.
pub(super) type Bindings = HashMap<String, Type>;

#[derive(Debug)]
pub(super) struct Functions(Vec<Function>);

impl Functions {
    /// Of rows: name, result, arguments, kind.
    pub(super) fn of(rows: impl Iterator<Item = [String; 4]>) -> Self {
        let function = |[name, result, parameters, kind]: [String; 4]| {
            let variadic = parameters.contains("...");
            let text = format!("all({})", parameters.replace("...", ""));
            let mut parameters = Term::parse(&mut &*text).arguments;
            parameters.retain(|parameter| !parameter.name.is_empty());
            let result = Term::parse(&mut &*result);
            Function { name, parameters, variadic, result, aggregate: kind == "aggregate" }
        };
        // Windows and special forms are drawn by the grammar.
        let plain = |[.., kind]: &[String; 4]| matches!(kind.as_str(), "scalar" | "aggregate");
        Self(rows.filter(plain).map(function).collect())
    }

    /// Those that give `kind`, with what that binds.
    pub(super) fn giving(&self, kind: &Type, aggregate: bool) -> Vec<(Function, Bindings)> {
        let fits = |function: &&Function| function.aggregate == aggregate;
        let bind = |function: &Function| {
            let mut bindings = Bindings::new();
            function.result.binds(kind, &mut bindings).then(|| (function.clone(), bindings))
        };
        self.0.iter().filter(fits).filter_map(bind).collect()
    }
}

impl Term {
    fn parse(text: &mut &str) -> Self {
        let end = text.find(['(', ')', ',']).unwrap_or(text.len());
        let mut name = text[..end].trim().to_owned();
        *text = &text[end..];
        let mut arguments = Vec::new();
        if text.starts_with('(') {
            while !text.is_empty() && !text.starts_with(')') {
                *text = &text[1..];
                arguments.push(Self::parse(text));
            }
            *text = text.get(1..).unwrap_or("");
            let end = text.find([')', ',']).unwrap_or(text.len());
            name.push_str(&text[..end]);
            *text = &text[end..];
        }
        Self { name, arguments }
    }

    fn is_variable(&self) -> bool {
        self.name.len() == 1 && self.name.starts_with(|c: char| c.is_ascii_uppercase())
    }

    /// Whether `kind` is of this type, with what variables must stand for then.
    fn binds(&self, kind: &Type, bindings: &mut Bindings) -> bool {
        if self.is_variable() {
            let fits = match &*self.name {
                "C" => kind.is_comparable(),
                "O" => kind.is_orderable(),
                _ => true,
            };
            return fits && bindings.entry(self.name.clone()).or_insert(kind.clone()) == kind;
        }
        let mut all = |kinds: Vec<&Type>| {
            self.arguments.len() == kinds.len()
                && self.arguments.iter().zip(kinds).all(|(term, kind)| term.binds(kind, bindings))
        };
        match (&*self.name, kind) {
            ("decimal", Type::Decimal(..)) | ("varchar", Type::Varchar(_)) => true,
            ("char", Type::Char(_)) | ("time", Type::Time(_)) => true,
            ("timestamp", Type::Timestamp(_)) => true,
            ("timestamp with time zone", Type::TimestampTz(_)) => true,
            ("array", Type::Array(_)) | ("map", Type::Map(..)) => all(kind.children()),
            ("row", Type::Row(_)) => all(kind.children()),
            (name, kind) => self.arguments.is_empty() && name == kind.to_string(),
        }
    }

    /// The type, where `draw` gives what is not bound yet.
    pub(super) fn kind(&self, bindings: &mut Bindings, draw: &mut dyn FnMut() -> Type) -> Type {
        if self.is_variable() {
            return bindings.entry(self.name.clone()).or_insert_with(draw).clone();
        }
        let kinds = |bindings: &mut Bindings, draw: &mut dyn FnMut() -> Type| -> Vec<Type> {
            self.arguments.iter().map(|term| term.kind(bindings, draw)).collect()
        };
        match &*self.name {
            "varchar" if !self.arguments.is_empty() => {
                Type::Varchar(self.arguments[0].name.parse().ok())
            }
            "boolean" => Type::Boolean,
            "tinyint" => Type::Tinyint,
            "smallint" => Type::Smallint,
            "integer" => Type::Integer,
            "bigint" => Type::Bigint,
            "real" => Type::Real,
            "double" => Type::Double,
            "decimal" => Type::Decimal(12, 3),
            "char" => Type::Char(5),
            "varbinary" => Type::Varbinary,
            "json" => Type::Json,
            "date" => Type::Date,
            "time" => Type::Time(6),
            "timestamp" => Type::Timestamp(6),
            "timestamp with time zone" => Type::TimestampTz(3),
            "interval day to second" => Type::IntervalDay,
            "interval year to month" => Type::IntervalYear,
            "uuid" => Type::Uuid,
            "ipaddress" => Type::IpAddress,
            "array" => Type::array(self.arguments[0].kind(bindings, draw)),
            "map" => {
                let key = self.arguments[0].kind(bindings, draw);
                Type::map(key, self.arguments[1].kind(bindings, draw))
            }
            "row" => {
                Type::Row(kinds(bindings, draw).into_iter().map(RowField::anonymous).collect())
            }
            "function" => {
                let mut kinds = kinds(bindings, draw);
                let result = kinds.pop().unwrap_or(Type::Unknown);
                Type::Function(kinds.into(), result.into())
            }
            _ => Type::VARCHAR,
        }
    }
}
