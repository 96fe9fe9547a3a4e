//! ORC's tree of types, and what it is in Arrow.
//!
//! Columns are numbered in pre-order from the root, 0, which is a struct of the table's columns.

use crate::error::OrcError;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use orc_rust::proto;
use proto::r#type::Kind as ProtoKind;
use std::sync::Arc;

/// How deep types may be nested: what readers accept without risk to their stack.
const MAX_DEPTH: usize = 64;

/// Seconds from 1970 to 2015, from which timestamps are counted.
pub(crate) const ORC_EPOCH_SECONDS: i64 = 1_420_070_400;

/// A type of ORC, without what is inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `boolean`
    Boolean,
    /// `tinyint`
    Byte,
    /// `smallint`
    Short,
    /// `int`
    Int,
    /// `bigint`
    Long,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `string`, `varchar(n)` or `char(n)`
    String,
    /// `binary`
    Binary,
    /// `date`
    Date,
    /// `timestamp`: a wall clock without zone
    Timestamp,
    /// `timestamp with local time zone`: a point in time
    TimestampInstant,
    /// `decimal(precision, scale)`, precision at most 38
    Decimal(u8, u8),
    /// `struct`, its members in order
    Struct,
    /// `array`, one member
    List,
    /// `map`, two members: key and value
    Map,
}

/// A column of an ORC file: its type, and the columns inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its number, the index into the footer's types and statistics.
    pub id: usize,
    /// The number of the last column inside it; its own if there is none.
    pub last: usize,
    /// Its name in the struct it belongs to; empty for members of lists and maps, and for the root.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Names and values that its type carries, by name.
    pub attributes: Vec<(String, String)>,
    /// The columns directly inside it.
    pub children: Vec<Column>,
}

impl Column {
    /// Returns the root of the tree of types in a file's footer.
    ///
    /// # Errors
    /// When the types are not a tree in pre-order with a struct as root, or one is not supported.
    pub(crate) fn from_footer(types: &[proto::Type]) -> Result<Self, OrcError> {
        let root = Self::from_types(types, 0, String::new(), 0)?;
        if root.kind != Kind::Struct {
            return Err(OrcError::Unsupported("a file whose root is not a struct".to_owned()));
        }
        Ok(root)
    }

    fn from_types(
        types: &[proto::Type],
        id: usize,
        name: String,
        depth: usize,
    ) -> Result<Self, OrcError> {
        let wrong =
            |what: String| OrcError::Unsupported(format!("type {id} of the footer: {what}"));
        let this = types.get(id).ok_or_else(|| wrong("missing".to_owned()))?;
        if depth > MAX_DEPTH {
            return Err(wrong(format!("nesting deeper than {MAX_DEPTH}")));
        }
        let kind = match this.kind() {
            ProtoKind::Boolean => Kind::Boolean,
            ProtoKind::Byte => Kind::Byte,
            ProtoKind::Short => Kind::Short,
            ProtoKind::Int => Kind::Int,
            ProtoKind::Long => Kind::Long,
            ProtoKind::Float => Kind::Float,
            ProtoKind::Double => Kind::Double,
            ProtoKind::String | ProtoKind::Varchar | ProtoKind::Char => Kind::String,
            ProtoKind::Binary => Kind::Binary,
            ProtoKind::Date => Kind::Date,
            ProtoKind::Timestamp => Kind::Timestamp,
            ProtoKind::TimestampInstant => Kind::TimestampInstant,
            ProtoKind::Decimal => match (this.precision(), this.scale()) {
                // Hive 0.11 wrote neither.
                (0, 0) => Kind::Decimal(38, 10),
                (precision @ 1..=38, scale) if scale <= precision => {
                    Kind::Decimal(precision as u8, scale as u8)
                }
                (precision, scale) => return Err(wrong(format!("decimal({precision}, {scale})"))),
            },
            ProtoKind::Struct => Kind::Struct,
            ProtoKind::List => Kind::List,
            ProtoKind::Map => Kind::Map,
            ProtoKind::Union => return Err(wrong("uniontype".to_owned())),
        };
        let members = match kind {
            Kind::Struct => this.field_names.len(),
            Kind::List => 1,
            Kind::Map => 2,
            _ => 0,
        };
        if this.subtypes.len() != members {
            return Err(wrong(format!("{} members, not {members}", this.subtypes.len())));
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let pairs = this.attributes.iter();
        let attributes = pairs.map(|pair| (text(&pair.key), text(&pair.value))).collect();
        let mut children = Vec::with_capacity(members);
        let mut last = id;
        for (at, subtype) in this.subtypes.iter().enumerate() {
            if *subtype as usize != last + 1 {
                return Err(wrong(format!("its member {at} is type {subtype}, out of order")));
            }
            let name = this.field_names.get(at).cloned().unwrap_or_default();
            let child = Self::from_types(types, last + 1, name, depth + 1)?;
            last = child.last;
            children.push(child);
        }
        Ok(Self { id, last, name, kind, attributes, children })
    }

    /// Returns the root for an Arrow schema. Views, dictionaries, and large or fixed-size kinds
    /// become what ORC has, the metadata of fields attributes of their types.
    ///
    /// # Errors
    /// When ORC has no such type: unsigned integers, times, intervals, unions and their like.
    pub(crate) fn from_arrow(schema: &Schema) -> Result<Self, OrcError> {
        Self::from_data_type(0, "", &DataType::Struct(schema.fields().clone()), 0)
    }

    fn from_data_type(
        id: usize,
        name: &str,
        data_type: &DataType,
        depth: usize,
    ) -> Result<Self, OrcError> {
        let unsupported = || OrcError::Unsupported(format!("column {name:?} of type {data_type}"));
        if depth > MAX_DEPTH {
            return Err(unsupported());
        }
        let mut inside: Vec<&FieldRef> = Vec::new();
        let kind = match data_type {
            DataType::Boolean => Kind::Boolean,
            DataType::Int8 => Kind::Byte,
            DataType::Int16 => Kind::Short,
            DataType::Int32 => Kind::Int,
            DataType::Int64 => Kind::Long,
            DataType::Float32 => Kind::Float,
            DataType::Float64 => Kind::Double,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::String,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Kind::Binary,
            DataType::Date32 => Kind::Date,
            DataType::Timestamp(_, None) => Kind::Timestamp,
            DataType::Timestamp(_, Some(_)) => Kind::TimestampInstant,
            DataType::Decimal128(precision @ 1..=38, scale @ 0..) if *scale as u8 <= *precision => {
                Kind::Decimal(*precision, *scale as u8)
            }
            DataType::Dictionary(_, values) => {
                return Self::from_data_type(id, name, values, depth + 1);
            }
            DataType::Struct(fields) => {
                inside.extend(fields);
                Kind::Struct
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                inside.push(item);
                Kind::List
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(entry) if entry.len() == 2 => {
                    inside.extend(entry);
                    Kind::Map
                }
                _ => return Err(unsupported()),
            },
            _ => return Err(unsupported()),
        };
        let mut last = id;
        let mut children = Vec::with_capacity(inside.len());
        for field in inside {
            let mut child =
                Self::from_data_type(last + 1, field.name(), field.data_type(), depth + 1)?;
            let metadata = field.metadata().iter();
            child.attributes =
                metadata.map(|(name, value)| (name.clone(), value.clone())).collect();
            child.attributes.sort_unstable();
            last = child.last;
            children.push(child);
        }
        if kind != Kind::Struct {
            children.iter_mut().for_each(|child| child.name.clear());
        }
        Ok(Self { id, last, name: name.to_owned(), kind, attributes: Vec::new(), children })
    }

    /// Returns the types of a footer: this column's and those of all inside it, in pre-order.
    pub(crate) fn to_footer(&self) -> Vec<proto::Type> {
        let mut types = Vec::new();
        self.add_types(&mut types);
        types
    }

    fn add_types(&self, types: &mut Vec<proto::Type>) {
        let mut this = proto::Type {
            subtypes: self.children.iter().map(|child| child.id as u32).collect(),
            attributes: self.attributes.iter().map(string_pair).collect(),
            ..proto::Type::default()
        };
        let kind = match self.kind {
            Kind::Boolean => ProtoKind::Boolean,
            Kind::Byte => ProtoKind::Byte,
            Kind::Short => ProtoKind::Short,
            Kind::Int => ProtoKind::Int,
            Kind::Long => ProtoKind::Long,
            Kind::Float => ProtoKind::Float,
            Kind::Double => ProtoKind::Double,
            Kind::String => ProtoKind::String,
            Kind::Binary => ProtoKind::Binary,
            Kind::Date => ProtoKind::Date,
            Kind::Timestamp => ProtoKind::Timestamp,
            Kind::TimestampInstant => ProtoKind::TimestampInstant,
            Kind::Decimal(precision, scale) => {
                this.precision = Some(precision.into());
                this.scale = Some(scale.into());
                ProtoKind::Decimal
            }
            Kind::Struct => {
                this.field_names = self.children.iter().map(|child| child.name.clone()).collect();
                ProtoKind::Struct
            }
            Kind::List => ProtoKind::List,
            Kind::Map => ProtoKind::Map,
        };
        this.set_kind(kind);
        types.push(this);
        self.children.iter().for_each(|child| child.add_types(types));
    }

    /// Returns the Arrow type that the column is read as by default: `Utf8`, nanoseconds for both
    /// timestamps (the one with zone in UTC), `Decimal128`, `List` and `Map`, everything nullable
    /// but the keys of maps.
    pub fn data_type(&self) -> DataType {
        let fields = || self.children.iter().map(|child| child.field()).collect::<Fields>();
        match self.kind {
            Kind::Boolean => DataType::Boolean,
            Kind::Byte => DataType::Int8,
            Kind::Short => DataType::Int16,
            Kind::Int => DataType::Int32,
            Kind::Long => DataType::Int64,
            Kind::Float => DataType::Float32,
            Kind::Double => DataType::Float64,
            Kind::String => DataType::Utf8,
            Kind::Binary => DataType::Binary,
            Kind::Date => DataType::Date32,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Kind::TimestampInstant => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Kind::Decimal(precision, scale) => DataType::Decimal128(precision, scale as i8),
            Kind::Struct => DataType::Struct(fields()),
            Kind::List => match self.children.first() {
                Some(item) => DataType::List(Arc::new(Field::new("item", item.data_type(), true))),
                None => DataType::Null,
            },
            Kind::Map => {
                let names = [("key", false), ("value", true)];
                let entry: Fields = self
                    .children
                    .iter()
                    .zip(names)
                    .map(|(child, (name, nullable))| Field::new(name, child.data_type(), nullable))
                    .collect();
                let entries = Field::new("entries", DataType::Struct(entry), false);
                DataType::Map(Arc::new(entries), false)
            }
        }
    }

    fn field(&self) -> Field {
        Field::new(&self.name, self.data_type(), true)
    }

    /// Returns the value of an attribute of its type.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns the Arrow schema that the file is read as by default; `self` is its root. Attributes are no part of
    /// it: files with others are the same table.
    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.children.iter().map(|c| c.field()).collect::<Fields>()))
    }

    /// Returns the column that `path`, names of struct members from here on, leads to.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        path.into_iter().try_fold(self, |column, name| {
            (column.kind == Kind::Struct)
                .then(|| column.children.iter().find(|child| child.name == name))?
        })
    }
}

fn string_pair((name, value): &(String, String)) -> proto::StringPair {
    proto::StringPair { key: Some(name.clone()), value: Some(value.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_survive_the_footer_and_stay_out_of_the_arrow_schema() {
        let with = |field: Field, id: &str| {
            let id = ("id".to_owned(), id.to_owned());
            field.with_metadata([("a".to_owned(), "b".to_owned()), id].into())
        };
        let item = Arc::new(with(Field::new("item", DataType::Utf8, true), "2"));
        let schema = Schema::new(vec![with(Field::new("l", DataType::List(item), true), "1")]);
        let root = Column::from_arrow(&schema).unwrap();
        let back = Column::from_footer(&root.to_footer()).unwrap();
        assert_eq!(back, root);
        let list = back.find(["l"]).unwrap();
        assert_eq!(
            (list.attribute("id"), list.children[0].attribute("id")),
            (Some("1"), Some("2"))
        );
        assert_eq!(list.attributes.first(), Some(&("a".to_owned(), "b".to_owned())));
        assert_eq!((root.attribute("id"), list.attribute("x")), (None, None));
        assert!(back.arrow_schema().field(0).metadata().is_empty());
    }

    #[test]
    fn types_survive_the_footer() {
        let text = || Arc::new(Field::new("item", DataType::Utf8, true));
        let entry = Fields::from(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", DataType::List(text()), true),
        ]);
        let entries = Arc::new(Field::new("entries", DataType::Struct(entry), false));
        let schema = Schema::new(vec![
            Field::new("n", DataType::Int64, true),
            Field::new("m", DataType::Map(entries, false), true),
            Field::new("d", DataType::Decimal128(20, 3), true),
        ]);
        let root = Column::from_arrow(&schema).unwrap();
        let types = root.to_footer();
        assert_eq!(types.len(), 7);
        assert_eq!(Column::from_footer(&types).unwrap(), root);
        assert_eq!(*root.arrow_schema(), schema);
        assert_eq!(root.find(["d"]).map(|c| (c.id, c.last)), Some((6, 6)));
        assert_eq!(root.find(["m"]).map(|c| (c.id, c.last)), Some((2, 5)));
        assert_eq!(root.find(["m", "key"]), None);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let mut types = Column::from_arrow(&Schema::new(vec![
            Field::new("a", DataType::Int64, true),
            Field::new("b", DataType::Int64, true),
        ]))
        .unwrap()
        .to_footer();
        assert!(Column::from_footer(&types[..2]).is_err());
        assert!(Column::from_footer(&types[1..]).is_err());
        types[0].subtypes = vec![0, 1];
        assert!(Column::from_footer(&types).is_err());
        assert!(Column::from_footer(&[]).is_err());
    }
}
