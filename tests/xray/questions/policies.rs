//! What a resource policy allows.

use crate::xray::json;
use fancy_regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A policy document that could be read.
pub(super) struct Policy {
    /// Whether it allows everyone something.
    pub(super) everyone: bool,
    /// The accounts that it allows something.
    accounts: BTreeSet<String>,
}

/// The account of a principal: twelve digits alone, or in the ARN of an identity.
fn account(principal: &str) -> Option<String> {
    static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:arn:aws[^:]*:(?:iam|sts)::([0-9]{12}):.*|([0-9]{12}))$").unwrap()
    });
    let found = ACCOUNT.captures(principal).unwrap()?;
    Some(found.get(1).or(found.get(2))?.as_str().to_owned())
}

/// The texts of a text, or of an array of them.
fn texts(value: &str) -> Vec<String> {
    match json::texts(value) {
        Some(list) => list.into_iter().flatten().collect(),
        None => json::scalar(value).into_iter().collect(),
    }
}

impl Policy {
    /// Reads a document; nothing if it is no JSON object.
    pub(super) fn read(document: &str) -> Option<Self> {
        let members = json::members(document)?;
        let mut policy = Self { everyone: false, accounts: BTreeSet::new() };
        let statement = members.get("Statement").copied().unwrap_or("null");
        for statement in json::elements(statement).unwrap_or_else(|| vec![statement]) {
            policy.add(statement);
        }
        Some(policy)
    }

    fn add(&mut self, statement: &str) {
        if json::at(statement, &["Effect"]).as_deref() != Some("Allow") {
            return;
        }
        let members = json::members(statement).unwrap();
        let principal = members.get("Principal").copied().unwrap_or("null");
        let aws = json::members(principal).and_then(|kinds| kinds.get("AWS").copied());
        let named = texts(aws.unwrap_or("null"));
        self.everyone |= members.contains_key("NotPrincipal")
            || json::scalar(principal).as_deref() == Some("*")
            || named.iter().any(|name| name == "*");
        self.accounts.extend(named.iter().filter_map(|name| account(name)));
    }

    /// The accounts that it allows something, but for this one.
    pub(super) fn others(&self, own: Option<&str>) -> String {
        let others = self.accounts.iter().map(String::as_str);
        others.filter(|account| Some(*account) != own).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn policies_are_read() {
    let read = |text: &str| {
        Policy::read(text).map(|policy| (policy.everyone, policy.others(Some("111122223333"))))
    };
    let allow = |principal: &str| {
        read(&format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal}}}]}}"#))
    };
    assert_eq!(allow("\"*\""), Some((true, String::new())));
    assert_eq!(allow(r#"{"AWS":["444455556666","*"]}"#), Some((true, "444455556666".to_owned())));
    let arns = r#"{"AWS":["arn:aws-cn:iam::999988887777:root","111122223333"]}"#;
    assert_eq!(allow(arns), Some((false, "999988887777".to_owned())));
    assert_eq!(
        read(r#"{"Statement":{"Effect":"Allow","NotPrincipal":{}}}"#),
        Some((true, "".into()))
    );
    assert_eq!(read("[1]"), None);
}
