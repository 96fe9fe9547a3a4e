//! Field ids, by which Apache Iceberg knows columns in data files.
//!
//! They are what Iceberg gives the fields of a new table with the same columns: those of a struct one after the
//! other, then what is inside each of them. So a table that is made from a list of columns fits the files that were
//! written by it. Fields that were added later take the numbers after, as `ALTER TABLE ADD COLUMN` does, and
//! those before keep theirs.

use super::{Field, Type, arrow_type, map_entries};
use arrow::datatypes::{DataType, Field as ArrowField, FieldRef, Fields};
use std::sync::Arc;

/// The metadata key of an Arrow field's id, as Parquet and its readers spell it.
const FIELD_ID: &str = "PARQUET:field_id";

/// The id of a field, and those of the fields inside it; 0 before it has one.
#[derive(Default)]
struct Numbered {
    id: i32,
    inside: Vec<Numbered>,
}

impl Numbered {
    fn give(&mut self, next: &mut i32) {
        if self.id == 0 {
            self.id = *next;
            *next += 1;
        }
    }
}

/// Returns the Arrow fields of `columns` with their ids.
pub(super) fn with_ids(columns: &[Field]) -> Fields {
    let mut numbered = Vec::new();
    let mut next = 1;
    for addition in 0..=latest_addition(columns) {
        number(columns, addition, &mut numbered, &mut next);
    }
    fields(columns, &numbered)
}

/// The id of the first hidden column, far behind those that columns will get. A reader that knows a table by ids passes
/// over it; some refuse files in which a column has none.
const FIRST_HIDDEN_ID: i32 = 1_000_000_001;

/// The same for the columns that stand for the records' text, so that each list can be added to.
const FIRST_DERIVED_ID: i32 = 1_000_001_001;

/// Returns the id of a field that has one.
pub fn field_id(field: &ArrowField) -> Option<u16> {
    field.metadata().get(FIELD_ID)?.parse().ok()
}

/// Returns the Arrow fields of the columns that stand for the records' text, with their ids.
pub(super) fn of_derived() -> Fields {
    let with_id = |(id, field)| with_id(field, &Numbered { id, inside: Vec::new() });
    (FIRST_DERIVED_ID..).zip(super::hidden::derived()).map(with_id).collect()
}

/// Returns the Arrow fields of hidden columns with their ids.
pub(super) fn of_hidden(columns: &[Field]) -> Fields {
    let ids = FIRST_HIDDEN_ID..;
    let numbered: Vec<_> =
        ids.zip(columns).map(|(id, _)| Numbered { id, inside: Vec::new() }).collect();
    fields(columns, &numbered)
}

fn latest_addition(fields: &[Field]) -> u16 {
    let of = |field: &Field| match field.data_type {
        Type::Struct(inner) | Type::StructList(inner) => field.added.max(latest_addition(inner)),
        _ => field.added,
    };
    fields.iter().map(of).max().unwrap_or_default()
}

/// Gives ids to fields that came with `addition` or before and have none yet.
fn number(fields: &[Field], addition: u16, numbered: &mut Vec<Numbered>, next: &mut i32) {
    numbered.resize_with(fields.len(), Numbered::default);
    let there = |(field, _): &(&Field, &mut Numbered)| field.added <= addition;
    for (_, node) in fields.iter().zip(numbered.iter_mut()).filter(there) {
        node.give(next);
    }
    for (field, node) in fields.iter().zip(numbered).filter(there) {
        let inside = &mut node.inside;
        match field.data_type {
            Type::Struct(inner) => number(inner, addition, inside, next),
            Type::StructList(inner) => {
                inside.resize_with(1, Numbered::default);
                inside[0].give(next);
                number(inner, addition, &mut inside[0].inside, next);
            }
            Type::Map => {
                inside.resize_with(2, Numbered::default);
                inside.iter_mut().for_each(|part| part.give(next));
            }
            Type::Text | Type::Boolean | Type::Integer | Type::Double | Type::Timestamp => {}
        }
    }
}

fn fields(fields: &[Field], numbered: &[Numbered]) -> Fields {
    let with_id = |(field, node): (&Field, &Numbered)| {
        with_id(ArrowField::new(field.name, data_type(field.data_type, &node.inside), true), node)
    };
    fields.iter().zip(numbered).map(with_id).collect()
}

fn with_id(field: ArrowField, node: &Numbered) -> FieldRef {
    Arc::new(field.with_metadata([(FIELD_ID.to_owned(), node.id.to_string())].into()))
}

fn data_type(of: Type, inside: &[Numbered]) -> DataType {
    match (of, inside) {
        (Type::Struct(inner), _) => DataType::Struct(fields(inner, inside)),
        (Type::StructList(inner), [item]) => {
            let data_type = DataType::Struct(fields(inner, &item.inside));
            DataType::List(with_id(ArrowField::new("item", data_type, true), item))
        }
        (Type::Map, _) => {
            let entries = map_entries();
            let DataType::Struct(parts) = entries.data_type() else { return arrow_type(of) };
            let parts =
                parts.iter().zip(inside).map(|(part, node)| with_id((**part).clone(), node));
            let parts = DataType::Struct(parts.collect());
            DataType::Map(Arc::new((*entries).clone().with_data_type(parts)), false)
        }
        _ => arrow_type(of),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SCHEMAS, field, text};
    use super::*;

    /// The ids under the paths of their fields.
    fn listed(fields: &Fields, path: &str, list: &mut Vec<(String, i32)>) {
        for field in fields {
            let path = format!("{path}{}", field.name());
            if let Some(id) = field.metadata().get(FIELD_ID) {
                list.push((path.clone(), id.parse().unwrap()));
            }
            match field.data_type() {
                DataType::Struct(inner) => listed(inner, &format!("{path}."), list),
                DataType::List(inner) | DataType::Map(inner, _) => {
                    listed(&vec![Arc::clone(inner)].into(), &format!("{path}."), list);
                }
                _ => {}
            }
        }
    }

    fn ids(columns: &[Field]) -> Vec<(String, i32)> {
        let mut list = Vec::new();
        listed(&with_ids(columns), "", &mut list);
        list
    }

    /// Files keep their ids for ever: a list that is added to must leave these as they are.
    #[test]
    fn ids_stay() {
        let mut text = String::new();
        for schema in SCHEMAS {
            text.push_str(&format!("{schema}\n"));
            for (path, id) in ids(schema.columns()) {
                text.push_str(&format!("  {id} {path}\n"));
            }
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn ids_of_hidden_columns_stay() {
        let hidden = super::super::hidden::STORED;
        let mut list = Vec::new();
        listed(&of_hidden(hidden), "", &mut list);
        listed(&of_derived(), "", &mut list);
        let wanted = [
            ("$source", 1_000_000_001),
            ("$position", 1_000_000_002),
            ("$delivered", 1_000_000_003),
            ("$shape", 1_000_001_001),
            ("$rest", 1_000_001_002),
            ("$digest", 1_000_001_003),
        ];
        assert!(list.iter().map(|(name, id)| (name.as_str(), *id)).eq(wanted), "{list:?}");
    }

    #[test]
    fn each_field_has_an_id_of_its_own() {
        for schema in SCHEMAS {
            let mut ids: Vec<_> = ids(schema.columns()).into_iter().map(|(_, id)| id).collect();
            ids.sort_unstable();
            assert!(ids.iter().copied().eq(1..=ids.len() as i32), "{schema}");
            let plain: Vec<_> = schema.arrow().fields().iter().map(|f| f.name().clone()).collect();
            let with_ids = schema.arrow_with_ids();
            assert!(with_ids.fields().iter().map(|f| f.name()).eq(&plain), "{schema}");
        }
    }

    #[test]
    fn what_is_added_changes_no_id() {
        static INNER: &[Field] = &[text("a", "a"), text("b", "b")];
        static MORE_INNER: &[Field] =
            &[text("a", "a"), Field { added: 2, ..text("c", "c") }, text("b", "b")];
        let before = [field("s", "s", Type::Struct(INNER)), field("m", "m", Type::Map)];
        let after = [
            field("s", "s", Type::Struct(MORE_INNER)),
            field("m", "m", Type::Map),
            Field { added: 1, ..field("l", "l", Type::StructList(INNER)) },
        ];
        let (before, after) = (ids(&before), ids(&after));
        assert!(before.iter().all(|one| after.contains(one)), "{before:?} {after:?}");
        let id = |path: &str| after.iter().find(|(p, _)| p == path).map(|(_, id)| *id);
        assert_eq!(
            [id("l"), id("l.item"), id("l.item.a"), id("l.item.b"), id("s.c")],
            [Some(7), Some(8), Some(9), Some(10), Some(11)]
        );
    }
}
