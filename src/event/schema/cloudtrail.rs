//! Management, data and network activity events.

use super::{EVENT_JSON, EVENT_JSON_CHECKSUM, EVENT_TIME, Field, Type, field, text};

/// The 34 documented columns and `eventcontext`.
pub(super) static COLUMNS: &[Field] = &[
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

/// The Lake's page spells the last one `credentiaisissuedto`; see [`FIELD_ALIASES`](super::FIELD_ALIASES).
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
