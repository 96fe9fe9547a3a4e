//! Reads values of each type from JSON text.

use super::scalar::{self, ConversionError, shown};
use crate::builder::{list, map, row};
use crate::json::lexer::{Lexer, Token};
use crate::json::text::{self, NonBmpEscaping};
use crate::json::{Canonical, Order};
use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, PrimitiveArray, StringArray, new_null_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::SqlResult;

/// Collects the values of a type.
#[derive(Debug)]
pub(super) enum Reader {
    Boolean(Vec<Option<bool>>),
    Tinyint(Vec<Option<i8>>),
    Smallint(Vec<Option<i16>>),
    Integer(Vec<Option<i32>>),
    Bigint(Vec<Option<i64>>),
    Real(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Decimal { values: Vec<Option<i128>>, precision: u8, scale: u8 },
    Varchar { texts: Texts, limit: Option<u32> },
    Json { texts: Texts, form: Canonical },
    Array(Ends, Box<Self>),
    Map(Ends, Box<Self>, Box<Self>, KeySet),
    Row(Fields),
}

/// Texts one after another.
#[derive(Debug, Default)]
pub(super) struct Texts {
    text: String,
    ends: Vec<usize>,
    valid: Vec<bool>,
}

impl Texts {
    fn push(&mut self, valid: bool) {
        self.ends.push(self.text.len());
        self.valid.push(valid);
    }

    fn get(&self, at: usize) -> &str {
        let from = at.checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or_default();
        let to = self.ends.get(at).copied().unwrap_or_default();
        self.text.get(from..to).unwrap_or_default()
    }

    fn truncate(&mut self, length: usize) {
        self.ends.truncate(length);
        self.valid.truncate(length);
        self.text.truncate(self.ends.last().copied().unwrap_or_default());
    }

    fn finish(self) -> SqlResult<ArrayRef> {
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        for end in self.ends {
            offsets.push(i32::try_from(end).map_err(|_| too_much())?);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let bytes = Buffer::from_vec(self.text.into_bytes());
        let nulls = Some(NullBuffer::from(self.valid));
        Ok(Arc::new(StringArray::try_new(offsets, bytes, nulls)?))
    }
}

fn too_much() -> traillake_sql_types::error::SqlError {
    use traillake_sql_types::error::{Code, SqlError};
    let message = "The values of a batch of rows exceed 2 GiB";
    SqlError::new(Code::ExceededFunctionMemoryLimit, message)
}

/// Where arrays and maps end among their elements.
#[derive(Debug, Default)]
pub(super) struct Ends {
    ends: Vec<usize>,
    valid: Vec<bool>,
}

impl Ends {
    fn push(&mut self, end: usize, valid: bool) {
        self.ends.push(end);
        self.valid.push(valid);
    }

    fn last(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    fn truncate(&mut self, length: usize) {
        self.ends.truncate(length);
        self.valid.truncate(length);
    }

    fn offsets(&self) -> SqlResult<Vec<i32>> {
        let ends = std::iter::once(&0).chain(&self.ends);
        ends.map(|end| i32::try_from(*end).map_err(|_| too_much())).collect()
    }
}

/// The keys of the map that is being read.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    places: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

/// The fields of a row.
#[derive(Debug)]
pub(super) struct Fields {
    fields: Vec<Reader>,
    names: Vec<Option<String>>,
    valid: Vec<bool>,
}

impl Fields {
    /// Returns the field that a member of an object is: the last of that name.
    fn find(&self, name: &str) -> Option<usize> {
        let lower = name.to_lowercase();
        self.names.iter().rposition(|known| known.as_deref() == Some(&*lower))
    }
}

impl Reader {
    /// Returns a reader, unless JSON is never a value of the type.
    pub(super) fn new(data_type: &Type) -> Option<Self> {
        Some(match data_type {
            Type::Boolean => Self::Boolean(Vec::new()),
            Type::Tinyint => Self::Tinyint(Vec::new()),
            Type::Smallint => Self::Smallint(Vec::new()),
            Type::Integer => Self::Integer(Vec::new()),
            Type::Bigint => Self::Bigint(Vec::new()),
            Type::Real => Self::Real(Vec::new()),
            Type::Double => Self::Double(Vec::new()),
            Type::Decimal(precision, scale) => {
                Self::Decimal { values: Vec::new(), precision: *precision, scale: *scale }
            }
            Type::Varchar(limit) => Self::Varchar { texts: Texts::default(), limit: *limit },
            Type::Json => {
                let form = Canonical::new(Order::Kept, NonBmpEscaping::Plain);
                Self::Json { texts: Texts::default(), form }
            }
            Type::Array(item) => Self::Array(Ends::default(), Box::new(Self::new(item)?)),
            Type::Map(key, value) => {
                let keys = Self::new(key).filter(Self::is_key)?;
                let values = Self::new(value)?;
                let seen = KeySet::default();
                Self::Map(Ends::default(), Box::new(keys), Box::new(values), seen)
            }
            Type::Row(fields) => Self::Row(Fields {
                fields: fields
                    .iter()
                    .map(|field| Self::new(&field.data_type))
                    .collect::<Option<_>>()?,
                names: fields.iter().map(|field| field.name.clone()).collect(),
                valid: Vec::new(),
            }),
            _ => return None,
        })
    }

    /// Whether the name of a member can be a value of this type.
    fn is_key(&self) -> bool {
        !matches!(self, Self::Json { .. } | Self::Array(..) | Self::Map(..) | Self::Row(_))
    }

    fn len(&self) -> usize {
        match self {
            Self::Boolean(values) => values.len(),
            Self::Tinyint(values) => values.len(),
            Self::Smallint(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Bigint(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Decimal { values, .. } => values.len(),
            Self::Varchar { texts, .. } | Self::Json { texts, .. } => texts.ends.len(),
            Self::Array(ends, _) | Self::Map(ends, ..) => ends.ends.len(),
            Self::Row(fields) => fields.valid.len(),
        }
    }

    /// Takes all but the first `length` values back.
    pub(super) fn truncate(&mut self, length: usize) {
        match self {
            Self::Boolean(values) => values.truncate(length),
            Self::Tinyint(values) => values.truncate(length),
            Self::Smallint(values) => values.truncate(length),
            Self::Integer(values) => values.truncate(length),
            Self::Bigint(values) => values.truncate(length),
            Self::Real(values) => values.truncate(length),
            Self::Double(values) => values.truncate(length),
            Self::Decimal { values, .. } => values.truncate(length),
            Self::Varchar { texts, .. } | Self::Json { texts, .. } => texts.truncate(length),
            Self::Array(ends, item) => {
                ends.truncate(length);
                item.truncate(ends.last());
            }
            Self::Map(ends, keys, values, _) => {
                ends.truncate(length);
                keys.truncate(ends.last());
                values.truncate(ends.last());
            }
            Self::Row(fields) => {
                fields.valid.truncate(length);
                fields.fields.iter_mut().for_each(|field| field.truncate(length));
            }
        }
    }

    /// Adds a NULL.
    pub(super) fn null(&mut self) {
        match self {
            Self::Boolean(values) => values.push(None),
            Self::Tinyint(values) => values.push(None),
            Self::Smallint(values) => values.push(None),
            Self::Integer(values) => values.push(None),
            Self::Bigint(values) => values.push(None),
            Self::Real(values) => values.push(None),
            Self::Double(values) => values.push(None),
            Self::Decimal { values, .. } => values.push(None),
            Self::Varchar { texts, .. } | Self::Json { texts, .. } => texts.push(false),
            Self::Array(ends, _) | Self::Map(ends, ..) => ends.push(ends.last(), false),
            Self::Row(fields) => {
                fields.fields.iter_mut().for_each(Self::null);
                fields.valid.push(false);
            }
        }
    }

    /// Adds what the whole of `json` is, an array, map or row.
    pub(super) fn document(&mut self, json: &str) -> Result<(), ConversionError> {
        let mut lexer = Lexer::new(json);
        match lexer.next()? {
            Some(token) => self.read(token, &mut lexer)?,
            None => {
                let shape = if matches!(self, Self::Map(..)) { "object" } else { "array" };
                let why = format!("Expected a json {shape}, but got null");
                return Err(ConversionError::Because(why));
            }
        }
        expect_end(&mut lexer)
    }

    /// Adds what the whole of `json` is, a scalar.
    pub(super) fn scalar(&mut self, json: &str) -> Result<(), ConversionError> {
        let mut lexer = Lexer::new(json);
        let token = lexer.expect()?;
        match self {
            Self::Smallint(values) => values.push(scalar::integer(token)?),
            _ => self.read(token, &mut lexer)?,
        }
        expect_end(&mut lexer)
    }

    /// Adds the value that begins with `token`.
    fn read<'a>(&mut self, token: Token<'a>, lexer: &mut Lexer<'a>) -> Result<(), ConversionError> {
        match self {
            Self::Boolean(values) => values.push(scalar::boolean(token)?),
            Self::Tinyint(values) => values.push(scalar::integer(token)?),
            Self::Smallint(values) => values.push(scalar::small_inside(token)?),
            Self::Integer(values) => values.push(scalar::integer(token)?),
            Self::Bigint(values) => values.push(scalar::integer(token)?),
            Self::Real(values) => values.push(scalar::real(token)?),
            Self::Double(values) => values.push(scalar::double(token)?),
            Self::Decimal { values, precision, scale } => {
                values.push(scalar::decimal(token, *precision, *scale)?);
            }
            Self::Varchar { texts, limit } => {
                let valid = scalar::varchar(token, *limit, &mut texts.text)?;
                texts.push(valid);
            }
            Self::Json { texts, form } => {
                form.value(token, lexer, &mut texts.text)?;
                texts.push(true);
            }
            _ if token == Token::Null => self.null(),
            Self::Array(ends, item) => {
                if token != Token::ArrayStart {
                    return Err(instead("array", token));
                }
                loop {
                    match lexer.expect()? {
                        Token::ArrayEnd => break,
                        token => item.read(token, lexer)?,
                    }
                }
                ends.push(item.len(), true);
            }
            Self::Map(ends, keys, values, seen) => {
                if token != Token::ObjectStart {
                    return Err(instead("object", token));
                }
                seen.places.clear();
                let mut twice = false;
                while let name @ Token::Name(_) = lexer.expect()? {
                    keys.read(name, lexer)?;
                    twice |= !seen.add(keys);
                    let token = lexer.expect()?;
                    values.read(token, lexer)?;
                }
                if twice {
                    let why = "Duplicate map keys are not allowed".to_owned();
                    return Err(ConversionError::Because(why));
                }
                ends.push(values.len(), true);
            }
            Self::Row(fields) => match token {
                Token::ArrayStart => fields.of_array(lexer)?,
                Token::ObjectStart => fields.of_object(lexer)?,
                other => return Err(instead("array or object", other)),
            },
        }
        Ok(())
    }

    /// Adds to `out` what equal keys have in common.
    fn hash(&self, at: usize, hasher: &DefaultHashBuilder) -> u64 {
        match self {
            Self::Boolean(values) => hasher.hash_one(values.get(at)),
            Self::Tinyint(values) => hasher.hash_one(values.get(at)),
            Self::Smallint(values) => hasher.hash_one(values.get(at)),
            Self::Integer(values) => hasher.hash_one(values.get(at)),
            Self::Bigint(values) => hasher.hash_one(values.get(at)),
            Self::Decimal { values, .. } => hasher.hash_one(values.get(at)),
            Self::Real(values) => hasher.hash_one(canonical_bits(values.get(at), f64::from)),
            Self::Double(values) => hasher.hash_one(canonical_bits(values.get(at), |value| value)),
            Self::Varchar { texts, .. } => hasher.hash_one(texts.get(at)),
            _ => 0,
        }
    }

    fn same(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Boolean(values) => values.get(a) == values.get(b),
            Self::Tinyint(values) => values.get(a) == values.get(b),
            Self::Smallint(values) => values.get(a) == values.get(b),
            Self::Integer(values) => values.get(a) == values.get(b),
            Self::Bigint(values) => values.get(a) == values.get(b),
            Self::Decimal { values, .. } => values.get(a) == values.get(b),
            Self::Real(values) => {
                canonical_bits(values.get(a), f64::from) == canonical_bits(values.get(b), f64::from)
            }
            Self::Double(values) => {
                canonical_bits(values.get(a), |v| v) == canonical_bits(values.get(b), |v| v)
            }
            Self::Varchar { texts, .. } => texts.get(a) == texts.get(b),
            _ => false,
        }
    }

    /// Returns the values as an array of their type.
    pub(super) fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        fn natives<T: ArrowPrimitiveType>(values: Vec<Option<T::Native>>) -> ArrayRef {
            Arc::new(values.into_iter().collect::<PrimitiveArray<T>>())
        }
        Ok(match (self, data_type) {
            (Self::Boolean(values), _) => Arc::new(BooleanArray::from(values)),
            (Self::Tinyint(values), _) => natives::<Int8Type>(values),
            (Self::Smallint(values), _) => natives::<Int16Type>(values),
            (Self::Integer(values), _) => natives::<Int32Type>(values),
            (Self::Bigint(values), _) => natives::<Int64Type>(values),
            (Self::Real(values), _) => natives::<Float32Type>(values),
            (Self::Double(values), _) => natives::<Float64Type>(values),
            (Self::Decimal { values, precision, scale }, _) => Arc::new(
                Decimal128Array::from(values).with_precision_and_scale(precision, scale as i8)?,
            ),
            (Self::Varchar { texts, .. } | Self::Json { texts, .. }, _) => texts.finish()?,
            (Self::Array(ends, item), Type::Array(inner)) => {
                list(ends.offsets()?, item.finish(inner)?, ends.valid, data_type)?
            }
            (Self::Map(ends, keys, values, _), Type::Map(key, value)) => {
                let (keys, values) = (keys.finish(key)?, values.finish(value)?);
                map(ends.offsets()?, keys, values, ends.valid, data_type)?
            }
            (Self::Row(fields), Type::Row(row_fields)) => {
                let length = fields.valid.len();
                let columns = fields.fields.into_iter().zip(row_fields.iter());
                let columns = columns.map(|(field, of)| field.finish(&of.data_type));
                let columns = columns.collect::<SqlResult<Vec<_>>>()?;
                row(columns, length, Some(NullBuffer::from(fields.valid)), data_type)?
            }
            (other, data_type) => new_null_array(&arrow_type(data_type), other.len()),
        })
    }
}

/// Returns the bits of a number, the same for both zeros and for all NaNs.
fn canonical_bits<T: Copy>(value: Option<&Option<T>>, wide: impl Fn(T) -> f64) -> Option<u64> {
    let value = wide((*value?)?);
    Some(if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() })
}

impl KeySet {
    /// Adds the last of the keys; false if it was there.
    fn add(&mut self, keys: &Reader) -> bool {
        let at = keys.len() - 1;
        let hash = keys.hash(at, &self.hasher);
        if self.places.find(hash, |other| keys.same(*other, at)).is_some() {
            return false;
        }
        let hasher = &self.hasher;
        self.places.insert_unique(hash, at, |at| keys.hash(*at, hasher));
        true
    }
}

impl Fields {
    fn of_array<'a>(&mut self, lexer: &mut Lexer<'a>) -> Result<(), ConversionError> {
        for field in &mut self.fields {
            let token = lexer.expect()?;
            field.read(token, lexer)?;
        }
        match lexer.expect()? {
            Token::ArrayEnd => {
                self.valid.push(true);
                Ok(())
            }
            other => {
                let why = format!("Expected json array ending, but got {}", shown(other));
                Err(ConversionError::Because(why))
            }
        }
    }

    fn of_object<'a>(&mut self, lexer: &mut Lexer<'a>) -> Result<(), ConversionError> {
        if self.names.first().is_some_and(Option::is_none) {
            let why = "Cannot cast a JSON object to anonymous row type. \
                       Input must be a JSON array.";
            return Err(ConversionError::Because(why.to_owned()));
        }
        let length = self.valid.len();
        while let Token::Name(name) = lexer.expect()? {
            let token = lexer.expect()?;
            let name = text::unescaped(name);
            let Some(at) = self.find(&name) else {
                lexer.skip(token)?;
                continue;
            };
            let field = &mut self.fields[at];
            if field.len() > length {
                let why = format!("Duplicate field: {}", name.to_lowercase());
                return Err(ConversionError::Because(why));
            }
            field.read(token, lexer)?;
        }
        for field in &mut self.fields {
            if field.len() == length {
                field.null();
            }
        }
        self.valid.push(true);
        Ok(())
    }
}

fn instead(expected: &str, token: Token<'_>) -> ConversionError {
    ConversionError::Because(format!("Expected a json {expected}, but got {}", shown(token)))
}

/// Checks that nothing follows the value.
fn expect_end(lexer: &mut Lexer<'_>) -> Result<(), ConversionError> {
    match lexer.next()? {
        None => Ok(()),
        Some(token) => Err(ConversionError::Trailing(shown(token))),
    }
}
