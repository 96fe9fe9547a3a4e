//! Signatures of functions, and how actual arguments bind to them, as Trino's `FunctionBinder` does.
//!
//! A signature is text: `(array(T), function(T, boolean)) -> array(T)`. A capital letter is a type
//! variable; `C` stands for comparable types and `O` for orderable ones, any other for all. A small
//! letter in parentheses is a number: `decimal(p,s)`, `varchar(x)`, `timestamp(p)`. The last
//! parameter may repeat: `varchar...`.

use std::collections::HashMap;
use traillake_sql_types::coercion::{coerces, common_type, decimal_of_integer, same_but_names};
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::{RowField, Type};

/// A type with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formal {
    /// This type.
    Fixed(Type),
    /// Any type, the same wherever the letter stands.
    Variable(char),
    /// `decimal(p,s)`.
    Decimal(Number, Number),
    /// `varchar(x)`.
    Varchar(Number),
    /// `char(x)`.
    Char(Number),
    /// `time(p)`.
    Time(Number),
    /// `timestamp(p)`.
    Timestamp(Number),
    /// `timestamp(p) with time zone`.
    TimestampTz(Number),
    /// `array(T)`.
    Array(Box<Formal>),
    /// `map(K,V)`.
    Map(Box<Formal>, Box<Formal>),
    /// `row(name T, ...)`.
    Row(Vec<(Option<String>, Formal)>),
    /// `function(T, ..., R)`: the types of a lambda's parameters, and of its result.
    Function(Vec<Formal>, Box<Formal>),
}

/// A number of a type: fixed, or bound by an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// This number.
    Fixed(u32),
    /// Any number, the same wherever the letter stands.
    Variable(char),
}

/// A parsed signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The types of the parameters.
    pub parameters: Vec<Formal>,
    /// Whether the last parameter may come any number of times, none included.
    pub variadic: bool,
    /// The type of the result.
    pub result: Formal,
}

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

    /// Returns the parameter that the argument at `at` binds to.
    pub fn parameter(&self, at: usize) -> Option<&Formal> {
        match self.parameters.get(at) {
            Some(formal) => Some(formal),
            None if self.variadic => self.parameters.last(),
            None => None,
        }
    }

    /// Whether it takes this number of arguments.
    pub fn takes(&self, arguments: usize) -> bool {
        if self.variadic {
            arguments + 1 >= self.parameters.len()
        } else {
            arguments == self.parameters.len()
        }
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

    fn take(&mut self, token: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.take(token).then_some(())
    }

    fn word(&mut self) -> Option<&'a str> {
        self.space();
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
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
        let fixed = |data_type| Some(Formal::Fixed(data_type));
        match name {
            "unknown" => fixed(Type::Unknown),
            "boolean" => fixed(Type::Boolean),
            "tinyint" => fixed(Type::Tinyint),
            "smallint" => fixed(Type::Smallint),
            "integer" => fixed(Type::Integer),
            "bigint" => fixed(Type::Bigint),
            "real" => fixed(Type::Real),
            "double" => fixed(Type::Double),
            "varbinary" => fixed(Type::Varbinary),
            "json" => fixed(Type::Json),
            "date" => fixed(Type::Date),
            "uuid" => fixed(Type::Uuid),
            "ipaddress" => fixed(Type::IpAddress),
            "interval" => match (self.word()?, self.word()?, self.word()?) {
                ("day", "to", "second") => fixed(Type::IntervalDay),
                ("year", "to", "month") => fixed(Type::IntervalYear),
                _ => None,
            },
            "varchar" if !self.take("(") => fixed(Type::VARCHAR),
            "varchar" => {
                let length = self.number()?;
                self.expect(")")?;
                Some(Formal::Varchar(length))
            }
            "char" => {
                self.expect("(")?;
                let length = self.number()?;
                self.expect(")")?;
                Some(Formal::Char(length))
            }
            "decimal" => {
                self.expect("(")?;
                let precision = self.number()?;
                self.expect(",")?;
                let scale = self.number()?;
                self.expect(")")?;
                Some(Formal::Decimal(precision, scale))
            }
            "time" | "timestamp" => {
                self.expect("(")?;
                let precision = self.number()?;
                self.expect(")")?;
                Some(match name {
                    "time" => Formal::Time(precision),
                    _ if self.take("with time zone") => Formal::TimestampTz(precision),
                    _ => Formal::Timestamp(precision),
                })
            }
            "array" => {
                self.expect("(")?;
                let item = self.formal()?;
                self.expect(")")?;
                Some(Formal::Array(Box::new(item)))
            }
            "map" => {
                self.expect("(")?;
                let key = self.formal()?;
                self.expect(",")?;
                let value = self.formal()?;
                self.expect(")")?;
                Some(Formal::Map(Box::new(key), Box::new(value)))
            }
            "row" => {
                self.expect("(")?;
                let mut fields = Vec::new();
                loop {
                    let start = self.at;
                    // A name, if another word follows.
                    let name = self.word()?.to_owned();
                    self.space();
                    let named = self.text[self.at..].starts_with(|c: char| c.is_ascii_alphabetic());
                    if !named {
                        self.at = start;
                    }
                    fields.push((named.then_some(name), self.formal()?));
                    if !self.take(",") {
                        break;
                    }
                }
                self.expect(")")?;
                Some(Formal::Row(fields))
            }
            "function" => {
                self.expect("(")?;
                let mut types = vec![self.formal()?];
                while self.take(",") {
                    types.push(self.formal()?);
                }
                self.expect(")")?;
                let result = types.pop()?;
                Some(Formal::Function(types, Box::new(result)))
            }
            _ => None,
        }
    }
}

/// What stands at an argument's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actual {
    /// An expression of this type.
    Value(Type),
    /// A lambda of this many parameters, whose result depends on their types.
    Lambda(usize),
}

/// A signature with its variables bound.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The type that each argument becomes.
    pub types: Vec<Type>,
    /// The type of the result.
    pub result: Type,
    /// How many arguments are not of their type yet.
    pub coerced: usize,
}

/// The most code points of a `char`.
const MAX_CHAR: u32 = 65_536;

#[derive(Default, Clone, PartialEq)]
struct Variables {
    types: HashMap<char, Type>,
    numbers: HashMap<char, u32>,
}

/// Analyzes the lambda at an argument's place for parameters of these types; gives its result's type.
pub type Lambdas<'a> = &'a mut dyn FnMut(usize, &[Type]) -> SqlResult<Type>;

impl Signature {
    /// Binds arguments; `lambdas` analyzes those that are lambdas. `None`: the function does not take them.
    ///
    /// # Errors
    /// Those of `lambdas`.
    pub fn bind(&self, actual: &[Actual], lambdas: Lambdas<'_>) -> SqlResult<Option<Bound>> {
        if !self.takes(actual.len()) {
            return Ok(None);
        }
        let mut variables = Variables::default();
        let mut lambda_results: HashMap<usize, Type> = HashMap::new();
        // Binding an argument may widen a variable that an earlier one used: go on until nothing does.
        for _ in 0..8 {
            let before = variables.clone();
            let mut waiting = Vec::new();
            for (at, argument) in actual.iter().enumerate() {
                let Some(formal) = self.parameter(at) else { return Ok(None) };
                let fits = match (argument, formal) {
                    (Actual::Value(_), Formal::Function(..)) => false,
                    (Actual::Value(data_type), _) => variables.unify(formal, data_type),
                    (Actual::Lambda(arity), Formal::Function(parameters, result)) => {
                        let types: Option<Vec<_>> =
                            parameters.iter().map(|p| variables.resolve(p)).collect();
                        match types {
                            Some(types) if types.len() == *arity => {
                                let data_type = lambdas(at, &types)?;
                                let fits = variables.unify(result, &data_type);
                                lambda_results.insert(at, data_type);
                                fits
                            }
                            Some(_) => false,
                            None => {
                                waiting.extend(parameters); // a later argument may bind it
                                true
                            }
                        }
                    }
                    (Actual::Lambda(_), _) => false,
                };
                if !fits {
                    return Ok(None);
                }
            }
            if variables == before {
                if waiting.is_empty() {
                    break;
                }
                // What no argument tells but NULL.
                variables.open_is_unknown(waiting);
            }
        }
        variables.open_is_unknown(self.parameters.iter().chain([&self.result]).collect());
        let types = (0..actual.len())
            .map(|at| self.parameter(at).and_then(|formal| variables.resolve(formal)))
            .collect::<Option<Vec<_>>>();
        let (Some(types), Some(result)) = (types, variables.resolve(&self.result)) else {
            return Ok(None);
        };
        // The result of a lambda is not coerced; of texts, the length may differ.
        for (at, result) in lambda_results {
            if let Some(Type::Function(_, wanted)) = types.get(at) {
                let texts = result.is_varchar() && wanted.is_varchar();
                if !(texts || same_but_names(&result, wanted)) {
                    return Ok(None);
                }
            }
        }
        let mut coerced = 0;
        for (argument, data_type) in actual.iter().zip(&types) {
            if let Actual::Value(actual) = argument {
                let same = same_but_names(actual, data_type)
                    || matches!((actual, data_type), (Type::Varchar(_), Type::Varchar(None)));
                if !same && !coerces(actual, data_type) {
                    return Ok(None);
                }
                coerced += usize::from(!same);
            }
        }
        Ok(Some(Bound { types, result, coerced }))
    }
}

impl Variables {
    /// What no argument told stays of unknown type: all that bind it are NULL or empty.
    fn open_is_unknown(&mut self, mut open: Vec<&Formal>) {
        while let Some(formal) = open.pop() {
            match formal {
                Formal::Variable(name) => {
                    self.types.entry(*name).or_insert(Type::Unknown);
                }
                Formal::Array(item) => open.push(item),
                Formal::Map(key, value) => open.extend([&**key, &**value]),
                Formal::Row(fields) => open.extend(fields.iter().map(|(_, formal)| formal)),
                Formal::Function(parameters, result) => {
                    open.extend(parameters);
                    open.push(result);
                }
                _ => {}
            }
        }
    }

    /// Makes `formal` take `actual`; answers whether it can.
    fn unify(&mut self, formal: &Formal, actual: &Type) -> bool {
        if *actual == Type::Unknown {
            match formal {
                Formal::Variable(name) => {
                    self.types.entry(*name).or_insert(Type::Unknown);
                }
                // A bare NULL is as short as text can be.
                Formal::Varchar(length) => return self.number(*length, 0),
                _ => {}
            }
            return true;
        }
        match (formal, actual) {
            (Formal::Fixed(data_type), _) => coerces(actual, data_type),
            (Formal::Variable(name), _) => {
                let data_type = match self.types.get(name) {
                    Some(known) => match common_type(known, actual) {
                        Some(common) => common,
                        None => return false,
                    },
                    None => actual.clone(),
                };
                let fits = match name {
                    'C' => data_type.is_comparable(),
                    'O' => data_type.is_orderable(),
                    _ => true,
                };
                self.types.insert(*name, data_type);
                fits
            }
            (Formal::Decimal(precision, scale), _) => match decimal_of_integer(actual) {
                Some((p, s)) => {
                    // A variable that two arguments share takes the decimal that holds both.
                    let (kp, ks) = (self.known(*precision), self.known(*scale));
                    let (mut p, mut s) = (u32::from(p), u32::from(s));
                    if let (Some(kp), Some(ks)) = (kp, ks)
                        && matches!(precision, Number::Variable(_))
                    {
                        let whole = (kp - ks).max(p - s);
                        s = s.max(ks);
                        p = (whole + s).min(38);
                    }
                    self.number(*precision, p) && self.number(*scale, s)
                }
                None => false,
            },
            (Formal::Varchar(length), Type::Varchar(actual)) => {
                self.number(*length, actual.unwrap_or(u32::MAX))
            }
            (Formal::Char(length), Type::Char(actual)) => self.number(*length, *actual),
            (Formal::Char(length), Type::Varchar(actual)) => {
                self.number(*length, actual.unwrap_or(MAX_CHAR))
            }
            (Formal::Time(p), Type::Time(actual))
            | (Formal::Timestamp(p), Type::Timestamp(actual))
            | (Formal::TimestampTz(p), Type::TimestampTz(actual) | Type::Timestamp(actual)) => {
                self.number(*p, u32::from(*actual))
            }
            (Formal::Timestamp(p) | Formal::TimestampTz(p), Type::Date) => self.number(*p, 0),
            (Formal::Array(formal), Type::Array(actual)) => self.unify(formal, actual),
            (Formal::Map(key, value), Type::Map(k, v)) => {
                self.unify(key, k) && self.unify(value, v)
            }
            (Formal::Row(formals), Type::Row(fields)) => {
                formals.len() == fields.len()
                    && formals.iter().zip(fields.iter()).all(|((_, f), a)| self.unify(f, &a.kind))
            }
            _ => false,
        }
    }

    fn known(&self, number: Number) -> Option<u32> {
        match number {
            Number::Fixed(value) => Some(value),
            Number::Variable(name) => self.numbers.get(&name).copied(),
        }
    }

    /// Makes a number at least `value`; a fixed one must hold it.
    fn number(&mut self, number: Number, value: u32) -> bool {
        match number {
            Number::Fixed(fixed) => value <= fixed,
            Number::Variable(name) => {
                let known = self.numbers.entry(name).or_insert(value);
                *known = (*known).max(value);
                true
            }
        }
    }

    fn resolve(&self, formal: &Formal) -> Option<Type> {
        let number = |n: &Number| self.known(*n);
        let small = |n: &Number| self.known(*n).and_then(|n| u8::try_from(n).ok());
        Some(match formal {
            Formal::Fixed(data_type) => data_type.clone(),
            Formal::Variable(name) => self.types.get(name)?.clone(),
            Formal::Decimal(p, s) => Type::Decimal(small(p).unwrap_or(1), small(s).unwrap_or(0)),
            Formal::Varchar(length) => {
                Type::Varchar(number(length).filter(|length| *length != u32::MAX))
            }
            Formal::Char(length) => Type::Char(number(length).unwrap_or(1)),
            Formal::Time(p) => Type::Time(small(p).unwrap_or(3)),
            Formal::Timestamp(p) => Type::Timestamp(small(p).unwrap_or(3)),
            Formal::TimestampTz(p) => Type::TimestampTz(small(p).unwrap_or(3)),
            Formal::Array(item) => Type::array(self.resolve(item)?),
            Formal::Map(key, value) => Type::map(self.resolve(key)?, self.resolve(value)?),
            Formal::Row(fields) => Type::Row(
                fields
                    .iter()
                    .map(|(name, formal)| {
                        Some(RowField { name: name.clone(), kind: self.resolve(formal)? })
                    })
                    .collect::<Option<_>>()?,
            ),
            Formal::Function(parameters, result) => Type::Function(
                parameters.iter().map(|p| self.resolve(p)).collect::<Option<_>>()?,
                self.resolve(result)?.into(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(signature: &str, actual: &[Type], want: Option<(&str, usize)>) {
        let actual: Vec<_> = actual.iter().cloned().map(Actual::Value).collect();
        let bound = Signature::parse(signature).unwrap().bind(&actual, &mut |_, _| unreachable!());
        let got = bound.unwrap().map(|bound| (bound.result.to_string(), bound.coerced));
        assert_eq!(
            got,
            want.map(|(data_type, coerced)| (data_type.to_owned(), coerced)),
            "{signature}"
        );
    }

    #[test]
    fn arguments_bind() {
        let ints = Type::array(Type::Integer);
        check("(array(T), T) -> T", &[ints.clone(), Type::Bigint], Some(("bigint", 1)));
        check("(array(T), T) -> T", &[ints.clone(), Type::VARCHAR], None);
        check("(array(T), T) -> T", &[ints.clone(), Type::Unknown], Some(("integer", 1)));
        check("(decimal(p,s)) -> decimal(p,s)", &[Type::Integer], Some(("decimal(10,0)", 1)));
        check(
            "(varchar(x), varchar) -> varchar(x)",
            &[Type::Varchar(Some(2)), Type::Varchar(Some(2))],
            Some(("varchar(2)", 0)),
        );
        check("(varchar...) -> varchar", &[], Some(("varchar", 0)));
        check("(O...) -> O", &[Type::map(Type::Integer, Type::Integer)], None);
        check("(timestamp(p)) -> timestamp(p)", &[Type::Date], Some(("timestamp(0)", 1)));
        check(
            "(map(K,V)) -> array(row(key K, V))",
            &[Type::map(Type::Date, ints)],
            Some(("array(row(\"key\" date, array(integer)))", 0)),
        );
    }

    #[test]
    fn lambdas_of_null_have_a_type_and_are_not_coerced() {
        let actual = [Actual::Value(Type::Unknown), Actual::Lambda(1)];
        let bind = |signature: &str, result: Type| {
            let signature = Signature::parse(signature).unwrap();
            let bound = signature.bind(&actual, &mut |_, _| Ok(result.clone())).unwrap();
            bound.map(|bound| bound.result.to_string())
        };
        let transform = "(array(T), function(T, U)) -> array(U)";
        assert_eq!(bind(transform, Type::Integer).as_deref(), Some("array(integer)"));
        let filter = "(array(T), function(T, boolean)) -> array(T)";
        assert_eq!(bind(filter, Type::Boolean).as_deref(), Some("array(unknown)"));
        assert_eq!(bind(filter, Type::Unknown), None);
    }

    #[test]
    fn lambdas_widen_what_they_feed() {
        let reduce = "(array(T), S, function(S, T, S), function(S, R)) -> R";
        let actual = [
            Actual::Value(Type::array(Type::Bigint)),
            Actual::Value(Type::Integer),
            Actual::Lambda(2),
            Actual::Lambda(1),
        ];
        let mut body = |_: usize, types: &[Type]| Ok(types.last().cloned().unwrap());
        let bound = Signature::parse(reduce).unwrap().bind(&actual, &mut body).unwrap().unwrap();
        assert_eq!((bound.result, &bound.types[1]), (Type::Bigint, &Type::Bigint));
    }
}
