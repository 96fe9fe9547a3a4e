//! Events from outside AWS, as `PutAuditEvents` takes them.

use super::{EVENT_JSON, EVENT_JSON_CHECKSUM, EVENT_TIME, Field, Type, field, text};

pub(super) static COLUMNS: &[Field] = &[
    text("eventversion", "eventVersion"),
    text("eventcategory", "eventCategory"),
    text("eventtype", "eventType"),
    text("eventid", "eventID"),
    field(EVENT_TIME, "eventTime", Type::Timestamp),
    text("awsregion", "awsRegion"),
    text("recipientaccountid", "recipientAccountId"),
    field("addendum", "addendum", Type::Struct(ADDENDUM)),
    field("metadata", "metadata", Type::Struct(METADATA)),
    field("eventdata", "eventData", Type::Struct(EVENT_DATA)),
    text(EVENT_JSON, ""),
    text(EVENT_JSON_CHECKSUM, ""),
];

static ADDENDUM: &[Field] = &[
    text("reason", "reason"),
    text("updatedfields", "updatedFields"),
    text("originaluid", "originalUID"),
    text("originaleventid", "originalEventID"),
];

static METADATA: &[Field] =
    &[text("ingestiontime", "ingestionTime"), text("channelarn", "channelARN")];

/// The Lake's page spells one of them `errormssage`; see [`FIELD_ALIASES`](super::FIELD_ALIASES).
static EVENT_DATA: &[Field] = &[
    text("version", "version"),
    field("useridentity", "userIdentity", Type::Struct(USER_IDENTITY)),
    text("useragent", "userAgent"),
    text("eventsource", "eventSource"),
    text("eventname", "eventName"),
    text("eventtime", "eventTime"),
    text("uid", "UID"),
    field("requestparameters", "requestParameters", Type::Map),
    field("responseelements", "responseElements", Type::Map),
    text("errorcode", "errorCode"),
    text("errormessage", "errorMessage"),
    text("sourceipaddress", "sourceIPAddress"),
    text("recipientaccountid", "recipientAccountId"),
    field("additionaleventdata", "additionalEventData", Type::Map),
];

static USER_IDENTITY: &[Field] = &[
    text("type", "type"),
    text("principalid", "principalId"),
    field("details", "details", Type::Map),
];
