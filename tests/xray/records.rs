//! Records made in tests: a usual one, and what is changed in it.

use serde_json::{Value, json};

pub(crate) const ONE: &str = "111122223333";
pub(crate) const TWO: &str = "444455556666";
pub(crate) const THREE: &str = "999988887777";

/// A record in the making.
#[derive(Debug, Clone)]
pub(crate) struct Record(Value);

/// A call of X-Ray as it usually is.
pub(crate) fn call(operation: &str) -> Record {
    event("xray.amazonaws.com", operation)
}

/// A call of any service as it usually is: by a role, at the beginning of 2026-03-05.
pub(crate) fn event(source: &str, operation: &str) -> Record {
    let reads = ["Get", "List", "BatchGet", "Describe", "Start", "Filter"];
    Record(json!({
        "eventVersion": "1.11",
        "userIdentity": role(ONE, "svc", "s"),
        "eventTime": "2026-03-05T00:00:00Z",
        "eventSource": source,
        "eventName": operation,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "10.0.0.1",
        "userAgent": "aws-sdk-go-v2/1.36.3 os/linux lang/go#1.25",
        "requestParameters": null,
        "responseElements": null,
        "requestID": "1",
        "readOnly": reads.iter().any(|word| operation.starts_with(word)),
        "eventType": "AwsApiCall",
        "managementEvent": false,
        "recipientAccountId": ONE,
        "eventCategory": "Data",
        "tlsDetails": { "tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256" },
    }))
}

/// Segments sent, of these traces.
pub(crate) fn sends(ids: &[&str]) -> Record {
    let documents: Vec<_> = ids.iter().map(|id| format!("trace_id:{id}")).collect();
    call("PutTraceSegments").asks(json!({ "traceSegmentDocuments": documents }))
}

impl Record {
    pub(crate) fn set(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0[member] = value.into();
        self
    }

    pub(crate) fn without(mut self, members: &[&str]) -> Self {
        for member in members {
            self.0.as_object_mut().unwrap().remove(*member);
        }
        self
    }

    /// `05T00:00:00` is a moment in March 2026.
    pub(crate) fn at(self, moment: &str) -> Self {
        self.set("eventTime", format!("2026-03-{moment}Z"))
    }

    pub(crate) fn by(self, identity: Value) -> Self {
        self.set("userIdentity", identity)
    }

    pub(crate) fn asks(self, parameters: Value) -> Self {
        self.set("requestParameters", parameters)
    }

    pub(crate) fn answers(self, elements: Value) -> Self {
        self.set("responseElements", elements)
    }

    pub(crate) fn fails(self, code: &str) -> Self {
        self.set("errorCode", code).set("errorMessage", format!("{code}: no"))
    }

    pub(crate) fn account(self, account: &str) -> Self {
        self.set("recipientAccountId", account)
    }

    pub(crate) fn region(self, region: &str) -> Self {
        self.set("awsRegion", region)
    }

    pub(crate) fn from(self, address: &str) -> Self {
        self.set("sourceIPAddress", address)
    }

    pub(crate) fn agent(self, agent: &str) -> Self {
        self.set("userAgent", agent)
    }

    pub(crate) fn over(self, endpoint: &str) -> Self {
        self.set("vpcEndpointId", endpoint)
    }
}

/// A session of a role.
pub(crate) fn role(account: &str, name: &str, session: &str) -> Value {
    let id = format!("AROA{name}{account}");
    json!({
        "type": "AssumedRole",
        "principalId": format!("{id}:{session}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": id,
                "arn": format!("arn:aws:iam::{account}:role/{name}"),
                "accountId": account,
                "userName": name,
            },
            "attributes": { "creationDate": "2026-03-01T00:00:00Z", "mfaAuthenticated": "false" },
        },
    })
}

pub(crate) fn user(account: &str, name: &str) -> Value {
    json!({
        "type": "IAMUser",
        "principalId": format!("AIDA{name}"),
        "arn": format!("arn:aws:iam::{account}:user/{name}"),
        "accountId": account,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": name,
    })
}

/// Somebody of the directory of IAM Identity Center, who has no ARN.
pub(crate) fn person(account: &str, user: &str) -> Value {
    json!({
        "type": "IdentityCenterUser",
        "accountId": account,
        "onBehalfOf": {
            "userId": user,
            "identityStoreArn": format!("arn:aws:identitystore::{account}:identitystore/d-1"),
        },
    })
}

/// The records as texts; those without an id get one, which rises.
pub(crate) fn texts(records: Vec<Record>) -> Vec<String> {
    let numbered = records.into_iter().zip(1..);
    let named = numbered.map(|(record, number): (Record, u32)| match record.0.get("eventID") {
        Some(_) => record.0,
        None => record.set("eventID", format!("bbbb{number:04}-0000-4000-8000-000000000000")).0,
    });
    named.map(|record| record.to_string()).collect()
}
