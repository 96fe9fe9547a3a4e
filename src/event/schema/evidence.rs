//! Evidence of AWS Audit Manager.

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
    field("eventdata", "eventData", Type::Struct(EVIDENCE)),
    text(EVENT_JSON, ""),
    text(EVENT_JSON_CHECKSUM, ""),
];

static EVIDENCE: &[Field] = &[
    field("attributes", "attributes", Type::Map),
    text("awsaccountid", "awsAccountId"),
    text("awsorganization", "awsOrganization"),
    text("compliancecheck", "complianceCheck"),
    text("datasource", "dataSource"),
    text("eventname", "eventName"),
    text("eventsource", "eventSource"),
    text("evidenceawsaccountid", "evidenceAwsAccountId"),
    text("evidencebytype", "evidenceByType"),
    text("iamid", "iamId"),
    text("evidenceid", "evidenceId"),
    field("time", "time", Type::Timestamp),
    text("assessmentid", "assessmentId"),
    text("controlsetid", "controlSetId"),
    text("controlid", "controlId"),
    text("controlname", "controlName"),
    text("controldomainname", "controlDomainName"),
    text("frameworkname", "frameworkName"),
    text("frameworkid", "frameworkId"),
    text("service", "service"),
    text("servicecategory", "serviceCategory"),
    text("resourcearn", "resourceArn"),
    text("resourcetype", "resourceType"),
    text("evidencefolderid", "evidenceFolderId"),
    text("description", "description"),
    text("manualevidences3resourcepath", "manualEvidenceS3ResourcePath"),
    text("evidencefoldername", "evidenceFolderName"),
    text("resourcecompliancecheck", "resourceComplianceCheck"),
];
