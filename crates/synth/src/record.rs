//! Writes one record: the envelope all events share, field by field as CloudTrail orders them.
//!
//! Follows docs/events.md, "Event record format".

use crate::catalog::call::Access;
use crate::catalog::{Fault, Kind};
use crate::clock::push_iso;
use crate::json::push_uuid;
use crate::render::RenderContext;
use crate::rng::{Rng, mix};
use crate::sessions::{Network, Tls};
use crate::template::Template;

/// Where a body comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body<'a> {
    /// The catalogue's template.
    Usual,
    /// JSON text.
    Text(&'a [u8]),
}

/// Oddities of single records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// As written today.
    Present,
    /// As version 1.05 wrote it: without category, resources, TLS and the two flags.
    V105,
    /// With this text for a time (which strict parsers refuse).
    OddTime(&'static str),
}

/// One record to write.
#[derive(Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) context: RenderContext<'a>,
    pub(crate) event_id: [u64; 2],
    pub(crate) fault: Option<&'a Fault>,
    pub(crate) request: Body<'a>,
    pub(crate) response: Body<'a>,
    /// A user agent other than the session's.
    pub(crate) agent: Option<&'a str>,
    /// Whether the event was amended after its first delivery.
    pub(crate) amended: bool,
    pub(crate) era: Era,
}

impl Draft<'_> {
    /// Appends the record.
    #[inline]
    pub(crate) fn write(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        let (kind, context) = (self.kind, &self.context);
        let present = self.era != Era::V105;
        out.extend_from_slice(b"{\"eventVersion\":\"");
        out.extend_from_slice(match (present, context.ids[3] >> 59) {
            (false, _) => b"1.05",
            (true, 0..=3) => b"1.10",
            (true, 4..=5) => b"1.09",
            (true, _) => b"1.11",
        });
        out.extend_from_slice(b"\",\"userIdentity\":");
        context.caller.identity.write(out, context, rng);
        out.extend_from_slice(b",\"eventTime\":\"");
        match self.era {
            Era::OddTime(text) => out.extend_from_slice(text.as_bytes()),
            _ => push_iso(out, context.epoch),
        }
        out.extend_from_slice(&kind.after_time);
        out.extend_from_slice(context.world.region_name(context.region));
        out.extend_from_slice(b"\",\"sourceIPAddress\":\"");
        out.extend_from_slice(context.session.address.as_bytes());
        let network = kind.call.access == Access::Network;
        if !network {
            out.extend_from_slice(b"\",\"userAgent\":\"");
            out.extend_from_slice(self.agent.unwrap_or(&context.session.agent).as_bytes());
        }
        out.push(b'"');
        self.write_error(out, rng);
        if !network {
            self.write_bodies(out, rng);
        }
        out.extend_from_slice(b",\"requestID\":\"");
        if kind.call.source == "s3" {
            super::json::push_base32(out, [context.ids[3], mix(context.ids[3], 9)], 16);
        } else {
            push_uuid(out, [mix(context.ids[0], 6), mix(context.ids[0], 7)]);
        }
        out.extend_from_slice(b"\",\"eventID\":\"");
        push_uuid(out, self.event_id);
        out.push(b'"');
        if present {
            out.extend_from_slice(kind.read_only);
            optional(out, b",\"resources\":", &kind.resources, context, rng);
            out.extend_from_slice(&kind.before_recipient);
        } else {
            out.extend_from_slice(b",\"eventType\":\"AwsApiCall\",\"recipientAccountId\":\"");
        }
        out.extend_from_slice(context.world.account_id(context.account));
        out.push(b'"');
        if kind.call.shared {
            out.extend_from_slice(b",\"sharedEventID\":\"");
            push_uuid(out, [mix(self.event_id[0], 3), context.ids[1]]);
            out.push(b'"');
        }
        if present {
            self.write_tail(out, rng);
        }
        out.push(b'}');
    }

    fn write_error(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        if let Some(fault) = self.fault {
            if !fault.code.is_empty() {
                out.extend_from_slice(b",\"errorCode\":\"");
                out.extend_from_slice(fault.code.as_bytes());
                out.push(b'"');
            }
            if !fault.message.is_empty() {
                out.extend_from_slice(b",\"errorMessage\":\"");
                fault.message.write(out, &self.context, rng);
                out.push(b'"');
            }
        }
    }

    /// Writes the request and the answer.
    fn write_bodies(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        let (kind, context) = (self.kind, &self.context);
        out.extend_from_slice(b",\"requestParameters\":");
        match self.request {
            _ if self.fault.is_some_and(|fault| !fault.keeps_request) => {
                out.extend_from_slice(b"null");
            }
            Body::Text(text) => out.extend_from_slice(text),
            Body::Usual => or_null(out, &kind.request, context, rng),
        }
        out.extend_from_slice(b",\"responseElements\":");
        match self.response {
            _ if self.fault.is_some() => out.extend_from_slice(match kind.call.name {
                "ConsoleLogin" => b"{\"ConsoleLogin\":\"Failure\"}",
                _ => b"null",
            }),
            Body::Text(text) => out.extend_from_slice(text),
            Body::Usual => or_null(out, &kind.response, context, rng),
        }
        optional(out, b",\"additionalEventData\":", &kind.additional, context, rng);
    }

    fn write_tail(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        let (kind, context) = (self.kind, &self.context);
        if context.session.network == Network::Endpoint {
            out.extend_from_slice(b",\"vpcEndpointId\":\"");
            out.extend_from_slice(context.world.endpoint(context.account, context.region));
            out.push(b'"');
            if kind.call.access == Access::Network {
                out.extend_from_slice(b",\"vpcEndpointAccountId\":\"");
                out.extend_from_slice(context.world.account_id(context.account));
                out.push(b'"');
            }
        }
        out.extend_from_slice(b",\"eventCategory\":\"");
        out.extend_from_slice(kind.category);
        out.push(b'"');
        if self.amended {
            let late = context.ids[2] & 1 == 0;
            out.extend_from_slice(if late {
                b",\"addendum\":{\"reason\":\"DELIVERY_DELAY\",\"originalRequestID\":\""
            } else {
                b",\"addendum\":{\"reason\":\"UPDATED_DATA\",\"updatedFields\":\"responseElements\",\"originalRequestID\":\""
            });
            push_uuid(out, [mix(context.ids[0], 11), context.ids[2]]);
            out.extend_from_slice(b"\",\"originalEventID\":\"");
            push_uuid(out, [mix(context.ids[0], 12), mix(context.ids[2], 13)]);
            out.extend_from_slice(b"\"}");
        }
        let tls: &[u8] = match context.session.tls {
            Tls::None => b"",
            Tls::V10 => b"TLSv1\",\"cipherSuite\":\"ECDHE-RSA-AES128-SHA",
            Tls::V12 => b"TLSv1.2\",\"cipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256",
            Tls::V13 => b"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256",
        };
        if !tls.is_empty() {
            out.extend_from_slice(b",\"tlsDetails\":{\"tlsVersion\":\"");
            out.extend_from_slice(tls);
            out.extend_from_slice(b"\",\"clientProvidedHostHeader\":\"");
            kind.host.write(out, context, rng);
            out.extend_from_slice(b"\"}");
        }
        if context.session.console {
            out.extend_from_slice(b",\"sessionCredentialFromConsole\":\"true\"");
        }
    }
}

#[inline]
fn or_null(out: &mut Vec<u8>, body: &Template, context: &RenderContext<'_>, rng: &mut Rng) {
    if body.is_empty() {
        out.extend_from_slice(b"null");
    } else {
        body.write(out, context, rng);
    }
}

#[inline]
fn optional(
    out: &mut Vec<u8>,
    name: &[u8],
    body: &Template,
    context: &RenderContext<'_>,
    rng: &mut Rng,
) {
    if !body.is_empty() {
        out.extend_from_slice(name);
        body.write(out, context, rng);
    }
}
