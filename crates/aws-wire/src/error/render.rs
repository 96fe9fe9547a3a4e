//! Errors as answers.

use super::{Protocol, ServiceError};
use crate::xml::element;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response};
use serde_json::json;

/// Of the answers of STS, also of its errors.
const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

impl ServiceError {
    /// Makes the whole answer. `request_id` goes into the header and, in XML, into the body.
    ///
    /// JSON names the error twice, in the body's `__type` and in the header `x-amzn-errortype`: botocore
    /// and older SDKs for Go read the one, the SDKs for Rust, JavaScript and Go v2 first the other.
    #[must_use]
    pub fn response(&self, protocol: Protocol, request_id: &str) -> Response<Vec<u8>> {
        let (kind, body) = match protocol {
            Protocol::Json => ("application/x-amz-json-1.1", self.json()),
            Protocol::RestJson => ("application/json", self.json()),
            Protocol::Query => ("text/xml", self.query_xml(request_id)),
            Protocol::S3 => ("application/xml", self.s3_xml(request_id)),
        };
        let mut response = Response::new(body.into_bytes());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let id = if protocol == Protocol::S3 { "x-amz-request-id" } else { "x-amzn-requestid" };
        set(headers, id, request_id);
        if matches!(protocol, Protocol::Json | Protocol::RestJson) {
            set(headers, "x-amzn-errortype", &self.code);
        }
        response
    }

    fn json(&self) -> String {
        json!({"__type": self.code, "message": self.message}).to_string()
    }

    fn query_xml(&self, request_id: &str) -> String {
        let mut xml = format!("<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error>");
        let blamed = if self.is_client_error() { "Sender" } else { "Receiver" };
        element(&mut xml, "Type", blamed);
        element(&mut xml, "Code", &self.code);
        element(&mut xml, "Message", &self.message);
        xml.push_str("</Error>");
        element(&mut xml, "RequestId", request_id);
        xml.push_str("</ErrorResponse>");
        xml
    }

    fn s3_xml(&self, request_id: &str) -> String {
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>".to_owned();
        element(&mut xml, "Code", &self.code);
        element(&mut xml, "Message", &self.message);
        for (name, text) in &self.details {
            element(&mut xml, name, text);
        }
        element(&mut xml, "RequestId", request_id);
        xml.push_str("</Error>");
        xml
    }
}

/// Leaves out what cannot stand in a header; the body has it all the same.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
