//! CloudTrail Insights events.
//!
//! The Lake has them flat; log files of a trail have what is particular in `insightDetails`, and numbers one level
//! deeper in `statistics`. Both forms fill the same columns.

use super::{EVENT_JSON, EVENT_JSON_CHECKSUM, EVENT_TIME, Field, Type, field, text};

pub(super) static COLUMNS: &[Field] = &[
    text("eventversion", "eventVersion"),
    text("eventcategory", "eventCategory"),
    text("eventtype", "eventType"),
    text("eventid", "eventID"),
    field(EVENT_TIME, "eventTime", Type::Timestamp),
    text("awsregion", "awsRegion"),
    text("recipientaccountid", "recipientAccountId"),
    text("sharedeventid", "sharedEventID"),
    field("addendum", "addendum", Type::Map),
    text("insightsource", "insightSource"),
    text("insightstate", "insightState").also(&["insightDetails.state"]),
    text("insighteventsource", "insightEventSource").also(&["insightDetails.eventSource"]),
    text("insighteventname", "insightEventName").also(&["insightDetails.eventName"]),
    text("insighterrorcode", "insightErrorCode").also(&["insightDetails.errorCode"]),
    text("insighttype", "insightType").also(&["insightDetails.insightType"]),
    field("insightcontext", "insightContext", Type::Struct(INSIGHT_CONTEXT))
        .also(&["insightDetails.insightContext"]),
    text(EVENT_JSON, ""),
    text(EVENT_JSON_CHECKSUM, ""),
];

static INSIGHT_CONTEXT: &[Field] = &[
    field("baselineaverage", "baselineAverage", Type::Double)
        .also(&["statistics.baseline.average"]),
    field("insightaverage", "insightAverage", Type::Double).also(&["statistics.insight.average"]),
    field("baselineduration", "baselineDuration", Type::Integer)
        .also(&["statistics.baselineDuration"]),
    field("insightduration", "insightDuration", Type::Integer)
        .also(&["statistics.insightDuration"]),
    field("attributions", "attributions", Type::StructList(ATTRIBUTION)),
];

/// `insightvalue` to `baselineaverage` are of events before 2025-06-23, the lists of those since.
static ATTRIBUTION: &[Field] = &[
    text("attribute", "attribute"),
    text("insightvalue", "insightValue"),
    field("insightaverage", "insightAverage", Type::Double),
    text("baselinevalue", "baselineValue"),
    field("baselineaverage", "baselineAverage", Type::Double),
    field("insight", "insight", Type::StructList(VALUE)),
    field("baseline", "baseline", Type::StructList(VALUE)),
];

static VALUE: &[Field] = &[text("value", "value"), field("average", "average", Type::Double)];
