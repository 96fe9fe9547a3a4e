//! Binds actual arguments to signatures, as Trino's `FunctionBinder` does.

use super::{Formal, MAX_CHAR_LENGTH, Number, Signature};
use std::collections::HashMap;
use traillake_sql_types::coercion::{coerces, common_type, decimal_of_integer, same_but_names};
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::{MAX_PRECISION, RowField, Type};

/// An argument of a call.
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

/// Analyzes the lambda at an argument's place for parameters of these types, and returns the type of
/// its result.
pub type AnalyzeLambda<'a> = &'a mut dyn FnMut(usize, &[Type]) -> SqlResult<Type>;

/// How often arguments are bound before they are given up as ever wider.
const MAX_ROUNDS: usize = 8;

impl Signature {
    /// Binds arguments; `lambdas` analyzes those that are lambdas. `None` if the function does not take
    /// them.
    ///
    /// # Errors
    /// Those of `lambdas`.
    pub fn bind(&self, actual: &[Actual], lambdas: AnalyzeLambda<'_>) -> SqlResult<Option<Bound>> {
        if !self.takes(actual.len()) {
            return Ok(None);
        }
        let mut binding = Binding {
            signature: self,
            variables: Variables::default(),
            lambda_results: HashMap::new(),
        };
        // Binding an argument may widen a variable that an earlier one used: go on until nothing does.
        for _ in 0..MAX_ROUNDS {
            let before = binding.variables.clone();
            let Some(unbound) = binding.round(actual, &mut *lambdas)? else { return Ok(None) };
            if binding.variables == before {
                if unbound.is_empty() {
                    break;
                }
                binding.variables.default_to_unknown(unbound);
            }
        }
        let all = self.parameters.iter().chain([&self.result]).collect();
        binding.variables.default_to_unknown(all);
        Ok(binding.bound(actual))
    }
}

/// A call's arguments while they are bound.
struct Binding<'s> {
    signature: &'s Signature,
    variables: Variables,
    /// The types that lambdas return, by the places of their arguments.
    lambda_results: HashMap<usize, Type>,
}

impl<'s> Binding<'s> {
    /// Binds each argument once; returns what parameters of lambdas are not bound yet, or `None` if
    /// an argument does not fit.
    fn round(
        &mut self,
        actual: &[Actual],
        lambdas: AnalyzeLambda<'_>,
    ) -> SqlResult<Option<Vec<&'s Formal>>> {
        let mut unbound = Vec::new();
        for (at, argument) in actual.iter().enumerate() {
            let Some(formal) = self.signature.parameter(at) else { return Ok(None) };
            let fits = match (argument, formal) {
                (Actual::Value(_), Formal::Function(..)) => false,
                (Actual::Value(data_type), _) => self.variables.unify(formal, data_type),
                (Actual::Lambda(arity), Formal::Function(parameters, result)) => {
                    match self.variables.resolve_all(parameters) {
                        Some(types) if types.len() == *arity => {
                            let returned = lambdas(at, &types)?;
                            let fits = self.variables.unify(result, &returned);
                            self.lambda_results.insert(at, returned);
                            fits
                        }
                        Some(_) => false,
                        None => {
                            unbound.extend(parameters); // a later argument may bind them
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
        Ok(Some(unbound))
    }

    /// Returns the bound types, if all arguments can become theirs.
    fn bound(&self, actual: &[Actual]) -> Option<Bound> {
        let types = (0..actual.len())
            .map(|at| self.variables.resolve(self.signature.parameter(at)?))
            .collect::<Option<Vec<_>>>()?;
        let result = self.variables.resolve(&self.signature.result)?;
        // The result of a lambda is not coerced; of texts, the length may differ.
        let lambdas_fit = self.lambda_results.iter().all(|(at, result)| match types.get(*at) {
            Some(Type::Function(_, wanted)) => {
                (result.is_varchar() && wanted.is_varchar()) || same_but_names(result, wanted)
            }
            _ => true,
        });
        if !lambdas_fit {
            return None;
        }
        let mut coerced = 0;
        for (argument, data_type) in actual.iter().zip(&types) {
            if let Actual::Value(actual) = argument {
                let same = same_but_names(actual, data_type)
                    || matches!((actual, data_type), (Type::Varchar(_), Type::Varchar(None)));
                if !same && !coerces(actual, data_type) {
                    return None;
                }
                coerced += usize::from(!same);
            }
        }
        Some(Bound { types, result, coerced })
    }
}

/// The types and numbers that the letters of a signature stand for.
#[derive(Default, Clone, PartialEq)]
struct Variables {
    types: HashMap<char, Type>,
    numbers: HashMap<char, u32>,
}

impl Variables {
    /// Makes variables unknown that no argument binds to a type: all that use them are NULL or empty.
    fn default_to_unknown(&mut self, mut open: Vec<&Formal>) {
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

    /// Widens the variables of `formal` so that it takes `actual`; returns whether it can.
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
            (Formal::Variable(name), _) => self.variable(*name, actual),
            (Formal::Decimal(precision, scale), _) => decimal_of_integer(actual)
                .is_some_and(|actual| self.decimal(*precision, *scale, actual)),
            (Formal::Varchar(length), Type::Varchar(actual)) => {
                self.number(*length, actual.unwrap_or(u32::MAX))
            }
            (Formal::Char(length), Type::Char(actual)) => self.number(*length, *actual),
            (Formal::Char(length), Type::Varchar(actual)) => {
                self.number(*length, actual.unwrap_or(MAX_CHAR_LENGTH))
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
                    && formals
                        .iter()
                        .zip(fields.iter())
                        .all(|((_, f), a)| self.unify(f, &a.data_type))
            }
            _ => false,
        }
    }

    /// Widens a type variable to hold `actual`; returns whether it can.
    fn variable(&mut self, name: char, actual: &Type) -> bool {
        let data_type = match self.types.get(&name) {
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
        self.types.insert(name, data_type);
        fits
    }

    /// Widens a precision and a scale to hold `actual`; returns whether they can.
    fn decimal(&mut self, precision: Number, scale: Number, actual: (u8, u8)) -> bool {
        let (mut p, mut s) = (u32::from(actual.0), u32::from(actual.1));
        // A variable that two arguments share takes the decimal that holds both.
        if let (Some(known_p), Some(known_s)) = (self.known(precision), self.known(scale))
            && matches!(precision, Number::Variable(_))
        {
            let whole = (known_p - known_s).max(p - s);
            s = s.max(known_s);
            p = (whole + s).min(MAX_PRECISION.into());
        }
        self.number(precision, p) && self.number(scale, s)
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
                        Some(RowField { name: name.clone(), data_type: self.resolve(formal)? })
                    })
                    .collect::<Option<_>>()?,
            ),
            Formal::Function(parameters, result) => {
                Type::Function(self.resolve_all(parameters)?.into(), self.resolve(result)?.into())
            }
        })
    }

    fn resolve_all(&self, formals: &[Formal]) -> Option<Vec<Type>> {
        formals.iter().map(|formal| self.resolve(formal)).collect()
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
