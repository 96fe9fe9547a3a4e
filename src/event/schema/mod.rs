//! The columns of event data stores, one list for each category of events.
//!
//! Everything else derives from these lists: the Arrow schema, the shredder's layout, name resolution,
//! `DESCRIBE`, field ids. Order and names are those of the Lake's printed schemas, in lower case; `json` is the
//! spelling in a record. See `docs/events.md`.

mod activity;
mod cloudtrail;
mod configuration;
mod evidence;
pub mod field_ids;
pub mod hidden;
mod insight;

use super::RecordForm;
use arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};

/// The category of events that a store holds; each has a schema of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventSchema {
    /// Management, data and network activity events.
    #[default]
    CloudTrail,
    /// CloudTrail Insights events.
    Insight,
    /// Configuration items of AWS Config.
    ConfigurationItem,
    /// Evidence of AWS Audit Manager.
    Evidence,
    /// Events from outside AWS.
    ActivityAuditLog,
}

/// Every category, in the order that help shows them.
pub const SCHEMAS: [EventSchema; 5] = [
    EventSchema::CloudTrail,
    EventSchema::Insight,
    EventSchema::ConfigurationItem,
    EventSchema::Evidence,
    EventSchema::ActivityAuditLog,
];

/// The Arrow schemas of the categories.
struct ArrowSchemas {
    /// What is shredded, for each [`RecordForm`].
    shredded: [SchemaRef; 2],
    with_ids: SchemaRef,
    /// Data files, for each [`RecordForm`].
    stored: [SchemaRef; 2],
    table: SchemaRef,
    /// All columns of tables and files.
    all: SchemaRef,
}

static ARROW: LazyLock<[ArrowSchemas; SCHEMAS.len()]> = LazyLock::new(|| {
    SCHEMAS.map(|schema| {
        let schema_of = |fields: Fields| Arc::new(Schema::new(fields));
        let (plain, with_ids) =
            (arrow_fields(schema.columns()), field_ids::with_ids(schema.columns()));
        let found = field_ids::of_hidden(hidden::STORED);
        let derived = Fields::from(hidden::derived().to_vec());
        let derived_with_ids = both(&without_records(&with_ids), &field_ids::of_derived());
        let table = both(&plain, &arrow_fields(hidden::COLUMNS));
        ArrowSchemas {
            stored: [both(&with_ids, &found), both(&derived_with_ids, &found)].map(schema_of),
            all: schema_of(both(&table, &derived)),
            table: schema_of(table),
            shredded: [plain.clone(), both(&without_records(&plain), &derived)].map(schema_of),
            with_ids: schema_of(with_ids),
        }
    })
});

fn both(fields: &Fields, more: &Fields) -> Fields {
    fields.iter().chain(more).cloned().collect()
}

/// Whether all members of a struct in a file are members of the struct in a schema; other types are not compared. Some
/// categories have columns of the same names.
fn is_of(there: &DataType, wanted: &DataType) -> bool {
    match (there, wanted) {
        (DataType::Struct(there), DataType::Struct(wanted)) => {
            there.iter().all(|member| wanted.find(member.name()).is_some())
        }
        _ => true,
    }
}

/// Leaves out the columns with the records' text.
fn without_records(fields: &Fields) -> Fields {
    let is_record = |name: &str| [EVENT_JSON, EVENT_JSON_CHECKSUM].contains(&name);
    fields.iter().filter(|field| !is_record(field.name())).cloned().collect()
}

impl EventSchema {
    /// Returns the category's name: AWS's `eventCategory`, and `CloudTrail` for the three that share a schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloudTrail => "CloudTrail",
            Self::Insight => "Insight",
            Self::ConfigurationItem => "ConfigurationItem",
            Self::Evidence => "Evidence",
            Self::ActivityAuditLog => "ActivityAuditLog",
        }
    }

    /// Reads the name of a category, in any case of letters.
    pub fn from_name(name: &str) -> Option<Self> {
        SCHEMAS.into_iter().find(|schema| schema.name().eq_ignore_ascii_case(name))
    }

    /// Returns what the events are called.
    pub fn events(self) -> &'static str {
        match self {
            Self::CloudTrail => "CloudTrail events",
            Self::Insight => "Insights events",
            Self::ConfigurationItem => "configuration items",
            Self::Evidence => "evidence",
            Self::ActivityAuditLog => "events from outside AWS",
        }
    }

    /// Returns the columns.
    pub fn columns(self) -> &'static [Field] {
        match self {
            Self::CloudTrail => cloudtrail::COLUMNS,
            Self::Insight => insight::COLUMNS,
            Self::ConfigurationItem => configuration::COLUMNS,
            Self::Evidence => evidence::COLUMNS,
            Self::ActivityAuditLog => activity::COLUMNS,
        }
    }

    /// Returns the Arrow schema of the columns: `Utf8`, `Boolean`, `Int32`, `Float64`, `Timestamp(ms)` without zone
    /// (UTC), `Map`, `Struct` and `List`, every field nullable.
    pub fn arrow(self) -> SchemaRef {
        self.arrow_shredded(RecordForm::Plain)
    }

    /// Returns the Arrow schema of what is shredded: [`Self::arrow`], or with derived records what stands for their text
    /// behind the other columns.
    pub fn arrow_shredded(self, form: RecordForm) -> SchemaRef {
        Arc::clone(&ARROW[self as usize].shredded[form as usize])
    }

    /// Returns the Arrow schema for files that are written: [`Self::arrow`], with a field id for each field.
    pub fn arrow_with_ids(self) -> SchemaRef {
        Arc::clone(&ARROW[self as usize].with_ids)
    }

    /// Returns the Arrow schema for data files: [`Self::arrow_shredded`] with field ids, and behind it the hidden columns.
    pub fn arrow_stored(self, form: RecordForm) -> SchemaRef {
        Arc::clone(&ARROW[self as usize].stored[form as usize])
    }

    /// Returns the Arrow schema of the table that queries see: [`Self::arrow`], and behind it the hidden columns.
    pub fn arrow_table(self) -> SchemaRef {
        Arc::clone(&ARROW[self as usize].table)
    }

    /// Returns the Arrow schema of some columns of the table or of its files, in this order.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn arrow_columns(self, names: &[&str]) -> Result<SchemaRef, ArrowError> {
        let all = &ARROW[self as usize].all;
        let at = names.iter().map(|name| all.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        all.project(&at).map(Arc::new)
    }

    /// Returns the Arrow schema of those columns that a data file with the columns `there` has.
    ///
    /// # Errors
    /// When it lacks a column that no version of the form left out.
    pub fn arrow_in(self, there: &Schema) -> Result<SchemaRef, ArrowError> {
        let form = RecordForm::of_columns(there);
        let hidden = hidden::STORED.iter().map(|field| field.name);
        let hidden = hidden.filter(|name| there.index_of(name).is_ok());
        let shredded = self.arrow_shredded(form);
        let columns = shredded.fields().iter().map(|field| field.name().as_str());
        self.arrow_columns(&columns.chain(hidden).collect::<Vec<_>>())
    }

    /// Returns the category whose events lie in files with these columns.
    pub fn of_columns(columns: &Schema) -> Option<Self> {
        let form = RecordForm::of_columns(columns);
        let has = |field: &Arc<ArrowField>| {
            let there = columns.field_with_name(field.name());
            there.is_ok_and(|there| is_of(there.data_type(), field.data_type()))
        };
        SCHEMAS.into_iter().find(|schema| schema.arrow_shredded(form).fields().iter().all(has))
    }

    /// Whether a record has a member of this name, in any case of letters.
    pub fn is_member(self, name: &[u8]) -> bool {
        let is_in = |fields: &[Field]| fields.iter().any(|field| field.is_named(name));
        is_in(self.columns()) || self.payload().is_some_and(is_in)
    }

    /// Returns the fields of `eventData`, where other records than the Lake's consist of these alone.
    fn payload(self) -> Option<&'static [Field]> {
        let wrapped = matches!(self, Self::ConfigurationItem | Self::ActivityAuditLog);
        self.columns().iter().find_map(|column| match column.data_type {
            Type::Struct(fields) if wrapped && column.name == EVENT_DATA => Some(fields),
            _ => None,
        })
    }

    /// Returns the column, or the member of one, by which events are known: the id that their source gave them.
    pub fn identity(self) -> &'static str {
        match self {
            Self::ActivityAuditLog => "eventdata.uid",
            _ => "eventid",
        }
    }
}

impl std::fmt::Display for EventSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a column or struct field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `varchar`; scalars of other JSON types as their text, nested values as compact JSON.
    Text,
    /// `boolean`; also from the strings `"true"` and `"false"` in any case.
    Boolean,
    /// `integer`, of 32 bits; also from text. A number with a fraction does not fit.
    Integer,
    /// `double`; also from text.
    Double,
    /// `timestamp(3)` in UTC.
    Timestamp,
    /// `map(varchar, varchar)`, one level; values as in [`Type::Text`]. This and the following also
    /// from a string that holds the JSON text of the value.
    Map,
    /// `row(...)`.
    Struct(&'static [Field]),
    /// `array(row(...))`; also from a single object.
    StructList(&'static [Field]),
}

/// A column of the table, or a field of a struct in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name in SQL, lower case.
    pub name: &'static str,
    /// Name in a record, as AWS spells it; empty for what traillake derives.
    pub json: &'static str,
    /// Other places in a record that give its value: names, or paths from the object that the field belongs to
    /// (`statistics.baseline.average`).
    pub also: &'static [&'static str],
    /// Type.
    pub data_type: Type,
    /// How many times the list had been added to when this field came: 0 for the first ones. Field ids depend on it.
    pub added: u16,
}

impl Field {
    const fn also(self, places: &'static [&'static str]) -> Self {
        Self { also: places, ..self }
    }

    fn is_named(&self, name: &[u8]) -> bool {
        let first = |path: &'static str| path.split('.').next().unwrap_or_default();
        let mut names = std::iter::once(self.json).chain(self.also.iter().map(|path| first(path)));
        names.any(|own| !own.is_empty() && own.as_bytes().eq_ignore_ascii_case(name))
    }
}

const fn field(name: &'static str, json: &'static str, data_type: Type) -> Field {
    Field { name, json, also: &[], data_type, added: 0 }
}

const fn text(name: &'static str, json: &'static str) -> Field {
    field(name, json, Type::Text)
}

/// Column that holds the record as it came.
pub const EVENT_JSON: &str = "eventjson";
/// Column that holds base64 of the SHA-256 of [`EVENT_JSON`].
pub const EVENT_JSON_CHECKSUM: &str = "eventjsonchecksum";
/// Column that files are sorted and partitioned by, in every category.
pub const EVENT_TIME: &str = "eventtime";
/// Column for what another service, or somebody outside AWS, has recorded.
const EVENT_DATA: &str = "eventdata";

/// Other spellings of field names that SQL accepts: the documentation's own typing errors.
pub static FIELD_ALIASES: &[(&str, &str)] =
    &[("credentiaisissuedto", "credentialsissuedto"), ("errormssage", "errormessage")];

/// Returns the Arrow fields of `fields`.
pub fn arrow_fields(fields: &[Field]) -> Fields {
    fields.iter().map(|f| ArrowField::new(f.name, arrow_type(f.data_type), true)).collect()
}

/// Returns the entry struct of the table's maps: `key` is never null, `value` may be.
pub fn map_entries() -> Arc<ArrowField> {
    let entries = Fields::from(vec![
        ArrowField::new("key", DataType::Utf8, false),
        ArrowField::new("value", DataType::Utf8, true),
    ]);
    Arc::new(ArrowField::new("entries", DataType::Struct(entries), false))
}

/// Returns the element field of a list of structs.
pub fn list_item(fields: &[Field]) -> Arc<ArrowField> {
    Arc::new(ArrowField::new("item", DataType::Struct(arrow_fields(fields)), true))
}

fn arrow_type(data_type: Type) -> DataType {
    match data_type {
        Type::Text => DataType::Utf8,
        Type::Boolean => DataType::Boolean,
        Type::Integer => DataType::Int32,
        Type::Double => DataType::Float64,
        Type::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
        Type::Map => DataType::Map(map_entries(), false),
        Type::Struct(fields) => DataType::Struct(arrow_fields(fields)),
        Type::StructList(fields) => DataType::List(list_item(fields)),
    }
}

/// Returns a type as SQL spells it.
pub fn sql_type(data_type: Type) -> String {
    let row = |fields: &[Field]| {
        let fields: Vec<_> =
            fields.iter().map(|f| format!("{} {}", f.name, sql_type(f.data_type))).collect();
        format!("row({})", fields.join(", "))
    };
    match data_type {
        Type::Text => "varchar".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Double => "double".to_owned(),
        Type::Timestamp => "timestamp(3)".to_owned(),
        Type::Map => "map(varchar, varchar)".to_owned(),
        Type::Struct(fields) => row(fields),
        Type::StructList(fields) => format!("array({})", row(fields)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[Field]) {
        for (at, field) in fields.iter().enumerate() {
            assert_eq!(field.name, field.name.to_ascii_lowercase());
            assert!(fields[..at].iter().all(|other| other.name != field.name), "{}", field.name);
            if !field.json.is_empty() {
                assert_eq!(field.json.to_ascii_lowercase(), field.name);
            }
            if let Type::Struct(inner) | Type::StructList(inner) = field.data_type {
                check(inner);
            }
        }
    }

    #[test]
    fn names_are_the_json_names_in_lower_case() {
        for (schema, columns) in SCHEMAS.into_iter().zip([35, 18, 11, 11, 12]) {
            check(schema.columns());
            assert_eq!(schema.columns().len(), columns, "{schema}");
            assert_eq!(schema.arrow().fields().len(), columns);
        }
    }

    #[test]
    fn every_category_has_what_a_store_needs() {
        for schema in SCHEMAS {
            for name in
                [EVENT_TIME, "eventid", "recipientaccountid", EVENT_JSON, EVENT_JSON_CHECKSUM]
            {
                assert!(
                    schema.columns().iter().any(|column| column.name == name),
                    "{schema} {name}"
                );
            }
            let mut fields = schema.columns();
            let mut found = None;
            for name in schema.identity().split('.') {
                found = fields.iter().find(|field| field.name == name);
                if let Some(Field { data_type: Type::Struct(inner), .. }) = found {
                    fields = inner;
                }
            }
            assert_eq!(found.map(|field| field.data_type), Some(Type::Text), "{schema}");
            assert_eq!(EventSchema::from_name(&schema.name().to_uppercase()), Some(schema));
        }
    }

    #[test]
    fn files_tell_their_category_in_every_form() {
        for schema in SCHEMAS {
            for form in crate::event::RECORD_FORMS {
                let columns = schema.arrow_stored(form);
                assert_eq!(EventSchema::of_columns(&columns), Some(schema), "{form}");
            }
        }
    }

    #[test]
    fn members_are_known_in_every_form_of_a_record() {
        for (schema, name, known) in [
            (EventSchema::CloudTrail, "EVENTname", true),
            (EventSchema::CloudTrail, "metadata", false),
            (EventSchema::CloudTrail, "", false),
            (EventSchema::Insight, "insightState", true),
            (EventSchema::Insight, "insightDetails", true),
            (EventSchema::Insight, "state", false),
            (EventSchema::ConfigurationItem, "awsAccountId", true),
            (EventSchema::ActivityAuditLog, "UID", true),
            (EventSchema::Evidence, "evidenceId", false),
        ] {
            assert_eq!(schema.is_member(name.as_bytes()), known, "{schema} {name}");
        }
    }
}
