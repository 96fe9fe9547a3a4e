//! The catalogue of API calls, compiled for writing.
//!
//! Owns the compiled form ([`Kind`]) of the description of one eventName ([`Call`] in `call.rs`). The
//! calls themselves stand in `xray.rs`, `control.rs` and `data.rs`, those of the intrusion in
//! `intrusion.txt`; their shapes follow docs/events.md. The generator alone uses these lists: nothing
//! else of the program may take them for a list of what can occur.

pub(crate) mod call;
mod control;
mod data;
pub(crate) mod xray;

use crate::script::Script;
use crate::template::Template;
use call::{Access, Call, Failure, Host};

/// A failure ready to write.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    /// Index into [`Catalog::codes`].
    pub(crate) code_index: usize,
    pub(crate) message: Template,
    pub(crate) per_mille: u32,
    pub(crate) keeps_request: bool,
}

/// A call ready to write: the constant stretches of its records are single byte runs.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) call: Call,
    /// From after the event time to before the region.
    pub(crate) after_time: Vec<u8>,
    pub(crate) request: Template,
    pub(crate) response: Template,
    pub(crate) additional: Template,
    pub(crate) resources: Template,
    /// `,"readOnly":...`.
    pub(crate) read_only: &'static [u8],
    /// From the event type to before the recipient account.
    pub(crate) before_recipient: Vec<u8>,
    pub(crate) category: &'static [u8],
    pub(crate) host: Template,
    pub(crate) faults: Vec<Fault>,
}

/// All calls: X-Ray's, the general mix, the intrusion's.
#[derive(Debug)]
pub(crate) struct Catalog {
    pub(crate) kinds: Vec<Kind>,
    /// Error codes by index.
    pub(crate) codes: Vec<&'static str>,
    /// How many of the kinds are X-Ray's.
    pub(crate) xray_kinds: usize,
    /// The script of the intrusion, and which kind is that of its first call.
    pub(crate) script: Script,
    pub(crate) first_scripted: usize,
}

/// Positions of the X-Ray faults in [`Kind::faults`].
pub(crate) const THROTTLED: usize = 0;
pub(crate) const DENIED: usize = 1;
pub(crate) const INVALID: usize = 2;

impl Catalog {
    /// Compiles the catalogue.
    pub(crate) fn new() -> Self {
        let mut codes = Vec::new();
        let xray = xray::CALLS.iter().map(|(call, _)| (call, xray::FAILURES));
        let general = control::CALLS.iter().chain(data::CALLS);
        let general = general.map(|call| (call, call.failures));
        let script = Script::read();
        let scripted = script.calls.iter().map(|call| (&call.call, call.failure.as_slice()));
        let kinds: Vec<Kind> = (xray.chain(general).chain(scripted))
            .map(|(call, failures)| compile(call, failures, &mut codes))
            .collect();
        let first_scripted = kinds.len() - script.calls.len();
        Self { kinds, codes, xray_kinds: xray::CALLS.len(), script, first_scripted }
    }

    /// Returns the index of an X-Ray call; the catalogue's tests prove that the names in use exist.
    pub(crate) fn xray(&self, name: &str) -> usize {
        let named = |kind: &Kind| kind.call.name == name;
        self.kinds[..self.xray_kinds].iter().position(named).unwrap_or(0)
    }
}

fn fault(failure: &Failure, name: &str, codes: &mut Vec<&'static str>) -> Fault {
    let code_index = codes.iter().position(|code| *code == failure.code).unwrap_or_else(|| {
        codes.push(failure.code);
        codes.len() - 1
    });
    Fault {
        code: failure.code,
        code_index,
        message: Template::new(&failure.message.replace("$NAME", name)),
        per_mille: failure.per_mille,
        keeps_request: failure.keeps_request,
    }
}

fn compile(call: &Call, failures: &[Failure], codes: &mut Vec<&'static str>) -> Kind {
    let version = match call.api_version {
        "" => String::new(),
        version => format!(",\"apiVersion\":\"{version}\""),
    };
    let (read, management, category): (Option<bool>, Option<bool>, &[u8]) = match call.access {
        Access::ReadManagement => (Some(true), Some(true), b"Management"),
        Access::WriteManagement => (Some(false), Some(true), b"Management"),
        Access::ReadData => (Some(true), Some(false), b"Data"),
        Access::WriteData => (Some(false), Some(false), b"Data"),
        Access::Network => (None, None, b"NetworkActivity"),
    };
    let management = management.map(|flag| format!(",\"managementEvent\":{flag}"));
    let source = call.source;
    Kind {
        call: *call,
        after_time: format!(
            "\",\"eventSource\":\"{source}.amazonaws.com\",\"eventName\":\"{}\",\"awsRegion\":\"",
            call.name
        )
        .into_bytes(),
        request: Template::new(call.request),
        response: Template::new(call.response),
        additional: Template::new(call.additional),
        resources: Template::new(call.resources),
        read_only: match read {
            None => b"",
            Some(true) => b",\"readOnly\":true",
            Some(false) => b",\"readOnly\":false",
        },
        before_recipient: format!(
            ",\"eventType\":\"{}\"{version}{},\"recipientAccountId\":\"",
            call.event_type,
            management.unwrap_or_default()
        )
        .into_bytes(),
        category,
        host: Template::new(&match call.host {
            Host::Regional => format!("{source}.<region>.amazonaws.com"),
            Host::Global => format!("{source}.amazonaws.com"),
            Host::Bucket => "<pick:bucket>.s3.<region>.amazonaws.com".to_owned(),
            Host::SignIn => "<region>.signin.aws.amazon.com".to_owned(),
            Host::Named(name) => name.to_owned(),
        }),
        faults: failures.iter().map(|failure| fault(failure, call.name, codes)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls() -> impl Iterator<Item = &'static Call> {
        let xray = xray::CALLS.iter().map(|(call, _)| call);
        xray.chain(control::CALLS).chain(data::CALLS)
    }

    #[test]
    fn no_template_has_an_unknown_placeholder() {
        let script = Script::read();
        let scripted = script.calls.iter().map(|call| (&call.call, call.failure.as_slice()));
        for (call, failures) in calls().map(|call| (call, call.failures)).chain(scripted) {
            let mut texts = vec![call.request, call.response, call.additional, call.resources];
            texts.extend(failures.iter().map(|failure| failure.message));
            for text in texts {
                // Every bracket must have become a piece of its own.
                let found = Template::new(text).placeholders();
                // What CloudTrail itself writes instead of a secret has brackets, too.
                let text = text.replace("<sensitiveDataRemoved>", "");
                assert_eq!(found, text.matches('<').count(), "{} {text}", call.name);
            }
        }
    }

    #[test]
    fn callers_add_up_and_weights_sum() {
        for call in calls() {
            let sum: u32 = call.callers.iter().map(|(_, share)| share).sum();
            assert_eq!(sum, 100, "{}", call.name);
        }
        let general: u32 = calls().map(|call| call.weight).sum();
        assert!((10_000..=14_000).contains(&general), "{general}");
    }

    #[test]
    fn names_within_a_service_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for call in calls() {
            assert!(seen.insert((call.source, call.name)), "{}", call.name);
        }
    }
}
