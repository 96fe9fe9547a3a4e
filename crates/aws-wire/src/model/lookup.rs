//! Which operation a request is for.

use super::Operation;
use super::codec::form;
use super::parse::parse;
use super::shape::Service;
use crate::error::Protocol;
use std::sync::LazyLock;

pub(super) const TEXTS: [&str; 3] = [
    include_str!("../../model/cloudtrail.model"),
    include_str!("../../model/cloudtrail-data.model"),
    include_str!("../../model/sts.model"),
];

/// A text that is wrong would know no operations; tests read them all.
static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| parse(text).ok()).collect());

/// Returns all operations, service by service.
pub fn operations() -> impl Iterator<Item = Operation> {
    SERVICES.iter().flat_map(|service| {
        service.operations.iter().map(move |definition| Operation { service, definition })
    })
}

/// Finds the operation of a header `X-Amz-Target`.
///
/// SDKs write `CloudTrail_20131101.StartQuery`, or that with a package before it
/// (`com.amazonaws.cloudtrail.v20131101.`): both are taken.
#[must_use]
pub fn operation(target: &str) -> Option<Operation> {
    let (prefix, name) = target.rsplit_once('.')?;
    let prefix = prefix.rsplit('.').next()?;
    operations().find(|operation| {
        operation.service.target.as_deref() == Some(prefix) && operation.name() == name
    })
}

/// Finds the operation that has a method and path of its own, as those of cloudtrail-data have.
#[must_use]
pub fn operation_at(method: &str, path: &str) -> Option<Operation> {
    operations().find(|operation| {
        let http = operation.definition.http.as_ref();
        http.is_some_and(|(m, p)| m == method && p == path)
    })
}

/// Finds the operation that a form names as its `Action`, as requests to STS do. The `Version` must be the
/// service's, if there is one.
#[must_use]
pub fn operation_of_form(body: &[u8]) -> Option<Operation> {
    let form = form::parse(body).ok()?;
    let (action, version) = (form.get("Action")?, form.get("Version"));
    operations().filter(|operation| operation.protocol() == Protocol::Query).find(|operation| {
        operation.name() == action && version.is_none_or(|v| *v == operation.service.version)
    })
}
