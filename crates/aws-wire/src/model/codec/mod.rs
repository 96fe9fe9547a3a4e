//! Inputs from requests, and outputs as answers, in each protocol.

pub(super) mod form;
mod xml;

use super::Operation;
use super::shape::Shape;
use crate::error::{Protocol, ServiceError};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Map, Value};

impl Operation {
    /// Reads the input of a request: of JSON from the body, with the members that stand in the query; of STS from the
    /// form in the body. An empty body is an empty input. Nothing is checked yet.
    ///
    /// # Errors
    /// The body is no JSON or no object, or no form, or is not UTF-8.
    pub fn input(&self, query: Option<&str>, body: &[u8]) -> Result<Value, ServiceError> {
        if self.protocol() == Protocol::Query {
            let form = form::parse(body).map_err(|what| self.unreadable(what.to_owned()))?;
            let empty = || Value::Object(Map::new());
            let input = self.definition.input;
            return Ok(input.map_or_else(empty, |input| form.input(&self.service.shapes, input)));
        }
        let mut input = self.json(body)?;
        if let (Some(members), Some(shape)) = (input.as_object_mut(), self.definition.input) {
            self.take_query(members, shape, query.unwrap_or_default())?;
        }
        Ok(input)
    }

    fn json(&self, body: &[u8]) -> Result<Value, ServiceError> {
        if body.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        let text = std::str::from_utf8(body)
            .map_err(|_| self.unreadable("The body is not UTF-8.".to_owned()))?;
        let value: Value = serde_json::from_str(text)
            .map_err(|error| self.unreadable(format!("The body is no JSON: {error}.")))?;
        match value {
            Value::Object(_) => Ok(value),
            _ => Err(self.unreadable("The body is no JSON object.".to_owned())),
        }
    }

    /// What belongs in the query is not looked for in the body.
    fn take_query(
        &self,
        members: &mut Map<String, Value>,
        shape: usize,
        query: &str,
    ) -> Result<(), ServiceError> {
        let Shape::Structure(known) = &self.service.shapes[shape] else { return Ok(()) };
        let placed = known.iter().filter_map(|member| Some((member, member.query.as_ref()?)));
        let mut placed = placed.peekable();
        if placed.peek().is_none() {
            return Ok(());
        }
        let query = form::parse(query.as_bytes());
        let query = query.map_err(|what| self.unreadable(what.to_owned()))?;
        for (member, parameter) in placed {
            members.remove(&member.name);
            if let Some(value) = query.get(parameter) {
                members.insert(member.name.clone(), Value::from(value));
            }
        }
        Ok(())
    }

    /// Writes an answer with status 200. The output is taken to be one that
    /// [`check_output`](Self::check_output) accepts.
    #[must_use]
    pub fn answer(&self, output: &Value, request_id: &str) -> Response<Vec<u8>> {
        let (kind, body) = match self.protocol() {
            Protocol::Query => ("text/xml", xml::answer(self, output, request_id)),
            Protocol::RestJson => ("application/json", output.to_string()),
            _ => ("application/x-amz-json-1.1", output.to_string()),
        };
        let mut response = Response::new(body.into_bytes());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), id);
        }
        response
    }
}
