//! The types of Trino's SQL: what they are called, how they coerce, and how their values lie in Arrow arrays.
//!
//! Whoever plans a query types every expression with these; what runs it sees only the Arrow types of
//! [`arrow`](mod@self::arrow). Names and rules are those of Trino 476.
//!
//! # Example
//!
//! ```
//! use traillake_sql_types::Type;
//! use traillake_sql_types::arrow::{arrow_type, type_of};
//! use traillake_sql_types::coercion::{coerces, common_type};
//!
//! // An integer meets a decimal: the result has room for all integers.
//! assert_eq!(common_type(&Type::Integer, &Type::Decimal(5, 2)), Some(Type::Decimal(12, 2)));
//! assert!(coerces(&Type::Integer, &Type::Bigint) && !coerces(&Type::Bigint, &Type::Integer));
//!
//! // A map of text to numbers: its name in SQL, and how it lies.
//! let kind = Type::map(Type::VARCHAR, Type::Double);
//! assert_eq!(kind.to_string(), "map(varchar, double)");
//! assert_eq!(type_of(&arrow_type(&kind)), Some(kind));
//! ```
//!
//! # A tour
//!
//! * [`Type`], [`RowField`]: the types, and their names;
//! * [`coercion`]: which become which by themselves;
//! * [`arrow`](mod@self::arrow): their values in Arrow arrays;
//! * [`zone`]: time zones, and timestamps with one;
//! * [`error`]: what goes wrong, as Trino names it, and where.

pub mod arrow;
pub mod coercion;
pub mod error;
pub mod zone;

use std::fmt;
use std::sync::Arc;

/// A type of Trino's SQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of a bare `NULL`, which coerces to every other.
    Unknown,
    /// `boolean`.
    Boolean,
    /// `tinyint`, 8 bits.
    Tinyint,
    /// `smallint`, 16 bits.
    Smallint,
    /// `integer`, 32 bits.
    Integer,
    /// `bigint`, 64 bits.
    Bigint,
    /// `real`, 32 bits.
    Real,
    /// `double`, 64 bits.
    Double,
    /// `decimal(precision, scale)`, precision 1 to 38.
    Decimal(u8, u8),
    /// `varchar(n)`, n in code points, or unbounded.
    Varchar(Option<u32>),
    /// `char(n)`, padded with spaces when compared.
    Char(u32),
    /// `varbinary`.
    Varbinary,
    /// `json`.
    Json,
    /// `date`.
    Date,
    /// `time(p)`, p digits of a second.
    Time(u8),
    /// `timestamp(p)`.
    Timestamp(u8),
    /// `timestamp(p) with time zone`; every value has its own zone.
    TimestampTz(u8),
    /// `interval day to second`, milliseconds.
    IntervalDay,
    /// `interval year to month`, months.
    IntervalYear,
    /// `uuid`.
    Uuid,
    /// `ipaddress`.
    IpAddress,
    /// `array(T)`.
    Array(Arc<Type>),
    /// `map(K, V)`.
    Map(Arc<Type>, Arc<Type>),
    /// `row(name T, ...)`.
    Row(Arc<[RowField]>),
    /// The type of a lambda: parameters and result. No column has it.
    Function(Arc<[Type]>, Arc<Type>),
}

/// A field of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowField {
    /// Its name, if it has one, as declared.
    pub name: Option<String>,
    /// Its type.
    pub data_type: Type,
}

impl RowField {
    /// A field without a name.
    pub fn anonymous(data_type: Type) -> Self {
        Self { name: None, data_type }
    }

    /// A field with a name.
    pub fn named(name: impl Into<String>, data_type: Type) -> Self {
        Self { name: Some(name.into()), data_type }
    }
}

/// The most digits of a decimal.
pub const MAX_PRECISION: u8 = 38;

/// The most characters of a type that a message spells out.
const LONGEST_TOLD: usize = 60;

impl Type {
    /// Returns its name for a message: what is within is left out of one that is too long to read.
    pub fn brief(&self) -> String {
        let whole = self.to_string();
        if whole.len() <= LONGEST_TOLD {
            return whole;
        }
        match self {
            Self::Array(item) => format!("array({})", item.brief()),
            Self::Map(key, value) => format!("map({}, {})", key.brief(), value.brief()),
            Self::Row(_) => "row(...)".to_owned(),
            _ => whole,
        }
    }

    /// The unbounded varchar.
    pub const VARCHAR: Self = Self::Varchar(None);

    /// `array(item)`.
    pub fn array(item: Type) -> Self {
        Self::Array(Arc::new(item))
    }

    /// `map(key, value)`.
    pub fn map(key: Type, value: Type) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// A row of fields without names.
    pub fn row(kinds: impl IntoIterator<Item = Type>) -> Self {
        Self::Row(kinds.into_iter().map(RowField::anonymous).collect())
    }

    /// Whether it is one of the four integer types.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Tinyint | Self::Smallint | Self::Integer | Self::Bigint)
    }

    /// Whether it is a number.
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Real | Self::Double | Self::Decimal(..))
    }

    /// Whether it is `varchar` of any length.
    pub fn is_varchar(&self) -> bool {
        matches!(self, Self::Varchar(_))
    }

    /// Whether `=`, DISTINCT and GROUP BY take it.
    pub fn is_comparable(&self) -> bool {
        match self {
            Self::Array(item) => item.is_comparable(),
            Self::Map(key, value) => key.is_comparable() && value.is_comparable(),
            Self::Row(fields) => fields.iter().all(|field| field.data_type.is_comparable()),
            Self::Function(..) => false,
            _ => true,
        }
    }

    /// Whether `<` and ORDER BY take it.
    pub fn is_orderable(&self) -> bool {
        match self {
            Self::Array(item) => item.is_orderable(),
            Self::Row(fields) => fields.iter().all(|field| field.data_type.is_orderable()),
            Self::Map(..) | Self::Function(..) | Self::Json => false,
            _ => true,
        }
    }

    /// The types inside a container.
    pub fn children(&self) -> Vec<&Type> {
        match self {
            Self::Array(item) => vec![item],
            Self::Map(key, value) => vec![key, value],
            Self::Row(fields) => fields.iter().map(|field| &field.data_type).collect(),
            Self::Function(parameters, result) => {
                parameters.iter().chain(std::iter::once(&**result)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether the type, or one inside it, passes `test`.
    pub fn any(&self, test: &impl Fn(&Type) -> bool) -> bool {
        test(self) || self.children().into_iter().any(|child| child.any(test))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Boolean => f.write_str("boolean"),
            Self::Tinyint => f.write_str("tinyint"),
            Self::Smallint => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::Bigint => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Varchar(None) => f.write_str("varchar"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varbinary => f.write_str("varbinary"),
            Self::Json => f.write_str("json"),
            Self::Date => f.write_str("date"),
            Self::Time(precision) => write!(f, "time({precision})"),
            Self::Timestamp(precision) => write!(f, "timestamp({precision})"),
            Self::TimestampTz(precision) => write!(f, "timestamp({precision}) with time zone"),
            Self::IntervalDay => f.write_str("interval day to second"),
            Self::IntervalYear => f.write_str("interval year to month"),
            Self::Uuid => f.write_str("uuid"),
            Self::IpAddress => f.write_str("ipaddress"),
            Self::Array(item) => write!(f, "array({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => {
                f.write_str("row(")?;
                for (at, field) in fields.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    if let Some(name) = &field.name {
                        write!(f, "\"{}\" ", name.replace('"', "\"\""))?;
                    }
                    write!(f, "{}", field.data_type)?;
                }
                f.write_str(")")
            }
            Self::Function(parameters, result) => {
                f.write_str("function(")?;
                for parameter in parameters.iter() {
                    write!(f, "{parameter},")?;
                }
                write!(f, "{result})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_spelled_as_trino_spells_them() {
        let row = Type::Row(
            [RowField::named("a", Type::Bigint), RowField::anonymous(Type::Varchar(Some(3)))]
                .into(),
        );
        for (kind, text) in [
            (Type::TimestampTz(3), "timestamp(3) with time zone"),
            (Type::Decimal(10, 2), "decimal(10,2)"),
            (Type::map(Type::VARCHAR, Type::array(Type::Integer)), "map(varchar, array(integer))"),
            (row, "row(\"a\" bigint, varchar(3))"),
        ] {
            assert_eq!(kind.to_string(), text);
        }
    }
}
