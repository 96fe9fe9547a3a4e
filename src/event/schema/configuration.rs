//! Configuration items of AWS Config.
//!
//! Other spellings are those of Config's own files (`awsAccountId`, `configurationStateId`) and of
//! `get-resource-config-history` (`version`, `relationshipName`).

use super::{EVENT_JSON, EVENT_JSON_CHECKSUM, EVENT_TIME, Field, Type, field, text};

pub(super) static COLUMNS: &[Field] = &[
    text("eventversion", "eventVersion"),
    text("eventcategory", "eventCategory"),
    text("eventtype", "eventType"),
    text("eventid", "eventID"),
    field(EVENT_TIME, "eventTime", Type::Timestamp),
    text("awsregion", "awsRegion"),
    text("recipientaccountid", "recipientAccountId"),
    field("addendum", "addendum", Type::Map),
    field("eventdata", "eventData", Type::Struct(CONFIGURATION_ITEM)),
    text(EVENT_JSON, ""),
    text(EVENT_JSON_CHECKSUM, ""),
];

static CONFIGURATION_ITEM: &[Field] = &[
    text("configurationitemversion", "configurationItemVersion").also(&["version"]),
    text("configurationitemcapturetime", "configurationItemCaptureTime"),
    text("configurationitemstatus", "configurationItemStatus"),
    text("configurationitemstateid", "configurationItemStateId").also(&["configurationStateId"]),
    text("accountid", "accountId").also(&["awsAccountId"]),
    text("resourcetype", "resourceType"),
    text("resourceid", "resourceId"),
    text("resourcename", "resourceName"),
    text("arn", "ARN"),
    text("awsregion", "awsRegion"),
    text("availabilityzone", "availabilityZone"),
    text("resourcecreationtime", "resourceCreationTime"),
    field("configuration", "configuration", Type::Map),
    field("supplementaryconfiguration", "supplementaryConfiguration", Type::Map),
    text("relatedevents", "relatedEvents"),
    field("relationships", "relationships", Type::StructList(RELATIONSHIP)),
    field("tags", "tags", Type::Map),
];

static RELATIONSHIP: &[Field] = &[
    text("name", "name").also(&["relationshipName"]),
    text("resourcetype", "resourceType"),
    text("resourceid", "resourceId"),
    text("resourcename", "resourceName"),
];
