//! The columns of the table `event_data_store`, in the documented order of CloudTrail Lake.
//!
//! This is the one list: the Arrow schema, the shredder's layout, name resolution and `DESCRIBE`
//! derive from it. Names are those of the Lake's printed schema, in lower case; `json` is the
//! spelling in an event record. See `docs/events.md`.

use arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use std::sync::{Arc, LazyLock};

/// The type of a column or struct field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `varchar`; scalars of other JSON types as their text, nested values as compact JSON.
    Text,
    /// `boolean`; also from the strings `"true"` and `"false"` in any case.
    Boolean,
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
    /// Name in an event record, as CloudTrail spells it; empty for what traillake derives.
    pub json: &'static str,
    /// Type.
    pub data_type: Type,
}

const fn field(name: &'static str, json: &'static str, data_type: Type) -> Field {
    Field { name, json, data_type }
}

const fn text(name: &'static str, json: &'static str) -> Field {
    field(name, json, Type::Text)
}

/// Column that holds the record as it came.
pub const EVENT_JSON: &str = "eventjson";
/// Column that holds base64 of the SHA-256 of [`EVENT_JSON`].
pub const EVENT_JSON_CHECKSUM: &str = "eventjsonchecksum";
/// Column that files are sorted and partitioned by.
pub const EVENT_TIME: &str = "eventtime";

/// Whether a record has a member of this name, in any case of letters.
pub fn is_member(name: &[u8]) -> bool {
    !name.is_empty() && COLUMNS.iter().any(|c| c.json.as_bytes().eq_ignore_ascii_case(name))
}

/// The 34 documented columns and `eventcontext`.
pub static COLUMNS: &[Field] = &[
    text("eventversion", "eventVersion"),
    field("useridentity", "userIdentity", Type::Struct(USER_IDENTITY)),
    field(EVENT_TIME, "eventTime", Type::Timestamp),
    text("eventsource", "eventSource"),
    text("eventname", "eventName"),
    text("awsregion", "awsRegion"),
    text("sourceipaddress", "sourceIPAddress"),
    text("useragent", "userAgent"),
    text("errorcode", "errorCode"),
    text("errormessage", "errorMessage"),
    field("requestparameters", "requestParameters", Type::Map),
    field("responseelements", "responseElements", Type::Map),
    field("additionaleventdata", "additionalEventData", Type::Map),
    text("requestid", "requestID"),
    text("eventid", "eventID"),
    field("readonly", "readOnly", Type::Boolean),
    field("resources", "resources", Type::StructList(RESOURCE)),
    text("eventtype", "eventType"),
    text("apiversion", "apiVersion"),
    field("managementevent", "managementEvent", Type::Boolean),
    text("recipientaccountid", "recipientAccountId"),
    text("sharedeventid", "sharedEventID"),
    text("annotation", "annotation"),
    text("vpcendpointid", "vpcEndpointId"),
    text("vpcendpointaccountid", "vpcEndpointAccountId"),
    field("serviceeventdetails", "serviceEventDetails", Type::Map),
    field("addendum", "addendum", Type::Map),
    field("edgedevicedetails", "edgeDeviceDetails", Type::Map),
    field("insightdetails", "insightDetails", Type::Map),
    text("eventcategory", "eventCategory"),
    field("tlsdetails", "tlsDetails", Type::Struct(TLS_DETAILS)),
    text("sessioncredentialfromconsole", "sessionCredentialFromConsole"),
    text(EVENT_JSON, ""),
    text(EVENT_JSON_CHECKSUM, ""),
    field("eventcontext", "eventContext", Type::Struct(EVENT_CONTEXT)),
];

static USER_IDENTITY: &[Field] = &[
    text("type", "type"),
    text("principalid", "principalId"),
    text("arn", "arn"),
    text("accountid", "accountId"),
    text("accesskeyid", "accessKeyId"),
    text("username", "userName"),
    field("sessioncontext", "sessionContext", Type::Struct(SESSION_CONTEXT)),
    field("onbehalfof", "onBehalfOf", Type::Struct(ON_BEHALF_OF)),
    field("inscopeof", "inScopeOf", Type::Struct(IN_SCOPE_OF)),
    text("invokedby", "invokedBy"),
    text("identityprovider", "identityProvider"),
];

static SESSION_CONTEXT: &[Field] = &[
    field("attributes", "attributes", Type::Struct(SESSION_ATTRIBUTES)),
    field("sessionissuer", "sessionIssuer", Type::Struct(SESSION_ISSUER)),
    field("webidfederationdata", "webIdFederationData", Type::Struct(WEB_ID_FEDERATION)),
    text("sourceidentity", "sourceIdentity"),
    text("ec2roledelivery", "ec2RoleDelivery"),
    text("ec2issuedinvpc", "ec2IssuedInVpc"),
];

static SESSION_ATTRIBUTES: &[Field] = &[
    field("creationdate", "creationDate", Type::Timestamp),
    text("mfaauthenticated", "mfaAuthenticated"),
];

static SESSION_ISSUER: &[Field] = &[
    text("type", "type"),
    text("principalid", "principalId"),
    text("arn", "arn"),
    text("accountid", "accountId"),
    text("username", "userName"),
];

static WEB_ID_FEDERATION: &[Field] =
    &[text("federatedprovider", "federatedProvider"), field("attributes", "attributes", Type::Map)];

static ON_BEHALF_OF: &[Field] =
    &[text("userid", "userId"), text("identitystorearn", "identityStoreArn")];

/// The Lake's page spells the last one `credentiaisissuedto`; see [`FIELD_ALIASES`].
static IN_SCOPE_OF: &[Field] = &[
    text("sourcearn", "sourceArn"),
    text("sourceaccount", "sourceAccount"),
    text("issuertype", "issuerType"),
    text("credentialsissuedto", "credentialsIssuedTo"),
];

static RESOURCE: &[Field] = &[
    text("accountid", "accountId"),
    text("type", "type"),
    text("arn", "ARN"),
    text("arnprefix", "ARNPrefix"),
];

static TLS_DETAILS: &[Field] = &[
    text("tlsversion", "tlsVersion"),
    text("ciphersuite", "cipherSuite"),
    text("clientprovidedhostheader", "clientProvidedHostHeader"),
];

static EVENT_CONTEXT: &[Field] = &[
    field("requestcontext", "requestContext", Type::Map),
    field("tagcontext", "tagContext", Type::Struct(TAG_CONTEXT)),
];

static TAG_CONTEXT: &[Field] = &[
    field("resourcetags", "resourceTags", Type::StructList(RESOURCE_TAGS)),
    field("principaltags", "principalTags", Type::Map),
];

static RESOURCE_TAGS: &[Field] = &[text("arn", "arn"), field("tags", "tags", Type::Map)];

/// Other spellings of field names that SQL accepts: the documentation's own typing error.
pub static FIELD_ALIASES: &[(&str, &str)] = &[("credentiaisissuedto", "credentialsissuedto")];

static ARROW: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(Schema::new(arrow_fields(COLUMNS))));

/// Returns the table's Arrow schema: `Utf8`, `Boolean`, `Timestamp(ms)` without zone (UTC), `Map`,
/// `Struct` and `List`, every field nullable.
pub fn arrow_schema() -> SchemaRef {
    Arc::clone(&ARROW)
}

/// Returns the Arrow schema of some of the table's columns, in this order.
///
/// # Errors
/// When the table has no such column.
pub fn arrow_columns(names: &[&str]) -> Result<SchemaRef, ArrowError> {
    let at = names.iter().map(|name| ARROW.index_of(name)).collect::<Result<Vec<_>, _>>()?;
    ARROW.project(&at).map(Arc::new)
}

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
        for field in fields {
            assert_eq!(field.name, field.name.to_ascii_lowercase());
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
        check(COLUMNS);
        assert_eq!(COLUMNS.len(), 35);
        assert_eq!(arrow_schema().fields().len(), 35);
    }
}
