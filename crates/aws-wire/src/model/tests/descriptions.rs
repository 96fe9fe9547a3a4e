//! The text files: all is read, and says what the reference says.

use super::*;
use crate::error::Protocol;
use crate::model::lookup::TEXTS;
use crate::model::parse::parse;
use crate::model::{operation_at, operation_of_form, operations};
use std::collections::{BTreeMap, HashSet};

/// Shapes, and among them patterns, all of which compile here.
#[test]
fn every_line_of_every_description_is_read() {
    for text in TEXTS {
        let service = parse(text).unwrap();
        let keywords = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
        assert_eq!(service.operations.len(), keywords("operation "));
        let others = keywords("#") + keywords("service ") + keywords("operation ");
        let blocks = text.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).count();
        assert_eq!(service.shapes.len(), blocks - others);
    }
}

#[test]
fn all_operations_are_there() {
    let mut counts = BTreeMap::new();
    for operation in operations() {
        *counts.entry((operation.service(), operation.protocol() as u8)).or_insert(0) += 1;
    }
    let expected = [
        (("cloudtrail", Protocol::Json as u8), 60),
        (("cloudtrail-data", Protocol::RestJson as u8), 1),
        (("sts", Protocol::Query as u8), 3),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let names: HashSet<_> = operations().map(|operation| operation.name()).collect();
    assert_eq!(names.len(), 64);
    assert!(operations().all(|operation| operation.definition.input.is_some()));
}

#[test]
fn both_forms_of_the_target_are_known() {
    let short = operation("CloudTrail_20131101.StartQuery").unwrap();
    let long = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StartQuery";
    assert_eq!(operation(long), Some(short));
    assert_eq!(format!("{short:?}"), "cloudtrail:StartQuery");
    assert_eq!((short.service(), short.protocol()), ("cloudtrail", Protocol::Json));
}

#[test]
fn other_targets_are_not() {
    for target in [
        "",
        ".",
        "StartQuery",
        "CloudTrail_20131101.",
        "CloudTrail_20131101.startQuery",
        "CloudTrail_20131101.StartQuery ",
        "CloudTrail_20131101.PutAuditEvents",
        "CloudTrail_20131102.StartQuery",
        "XCloudTrail_20131101.StartQuery",
        "AWSOrganizationsV20161128.DescribeOrganization",
        "CloudTrail_20131101.x.StartQuery",
    ] {
        assert_eq!(operation(target), None, "{target}");
    }
}

#[test]
fn operations_are_found_by_path_and_by_form() {
    let put = operation_at("POST", "/PutAuditEvents").unwrap();
    assert_eq!((put.name(), put.service()), ("PutAuditEvents", "cloudtrail-data"));
    assert_eq!(operation_at("GET", "/PutAuditEvents"), None);
    assert_eq!(operation_at("POST", "/"), None);
    let assume = operation_of_form(b"Version=2011-06-15&Action=AssumeRole").unwrap();
    assert_eq!((assume.name(), assume.service()), ("AssumeRole", "sts"));
    assert_eq!(operation_of_form(b"Action=AssumeRole"), Some(assume));
    for other in [
        &b"Action=AssumeRole&Version=2010-05-08"[..],
        b"Action=StartQuery",
        b"Action=assumeRole",
        b"Action=",
        b"",
        b"Action=%ff",
        b"\xff",
    ] {
        assert_eq!(operation_of_form(other), None);
    }
}

/// Spot checks against the reference, one of each kind.
#[test]
fn errors_are_those_of_the_reference() {
    let start = cloudtrail("StartQuery");
    assert_eq!(start.errors().len(), 14);
    assert!(start.lists("InvalidQueryStatementException"));
    assert!(!start.lists("InvalidMaxResultsException"));
    assert_eq!(cloudtrail("ListDashboards").errors().len(), 1);
    let lists = |name: &str| operations().filter(|operation| operation.lists(name)).count();
    assert_eq!(lists("OperationNotPermittedException"), 54);
    assert_eq!(lists("InvalidEventCategoryException"), 1);
    let assume = operation_of_form(b"Action=AssumeRole").unwrap();
    assert!(assume.lists("MalformedPolicyDocument"));
}
