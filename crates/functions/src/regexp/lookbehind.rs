//! What a look-behind may contain: what has a fixed length, or alternatives that each have one.

use super::tree::{Assertion, Group, Node};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Fails for what Joni does not accept.
pub(super) fn check(node: &Node, negative: bool) -> SqlResult<()> {
    let fixed = match inner(node) {
        Node::Alternatives(branches) => branches.iter().all(|branch| length(branch).is_some()),
        node => length(node).is_some(),
    };
    if fixed && is_allowed(node, negative) {
        return Ok(());
    }
    Err(SqlError::argument("invalid pattern in look-behind"))
}

/// Returns the content of groups that do not capture.
fn inner(node: &Node) -> &Node {
    match node {
        Node::Group(Group::Plain, node) => inner(node),
        node => node,
    }
}

fn is_allowed(node: &Node, negative: bool) -> bool {
    match node {
        Node::Backreference { .. } => false,
        Node::Assertion(assertion) => !matches!(assertion, Assertion::LastLineEnd | Assertion::End),
        Node::Group(Group::Capturing, node) => !negative && is_allowed(node, negative),
        Node::Group(Group::Plain | Group::Behind | Group::NotBehind, node) => {
            is_allowed(node, negative)
        }
        Node::Group(..) => false,
        Node::Sequence(nodes) | Node::Alternatives(nodes) => {
            nodes.iter().all(|node| is_allowed(node, negative))
        }
        Node::Repeat { node, .. } => is_allowed(node, negative),
        _ => true,
    }
}

/// Returns how many characters a node matches, if that is fixed.
fn length(node: &Node) -> Option<usize> {
    match node {
        Node::Empty | Node::Assertion(_) => Some(0),
        Node::Never | Node::Char { .. } | Node::Any { .. } | Node::Class { .. } => Some(1),
        Node::Backreference { .. } => None,
        Node::Group(Group::Plain | Group::Option | Group::Capturing | Group::Atomic, node) => {
            length(node)
        }
        Node::Group(..) => Some(0),
        Node::Sequence(nodes) => nodes.iter().map(length).sum(),
        Node::Alternatives(branches) => {
            let mut lengths = branches.iter().map(length);
            let first = lengths.next()??;
            lengths.all(|length| length == Some(first)).then_some(first)
        }
        Node::Repeat { node, least, most, .. } => {
            (*most == Some(*least)).then_some(())?;
            length(node)?.checked_mul(*least as usize)
        }
    }
}
