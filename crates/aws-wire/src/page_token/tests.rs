//! Tokens come back as they were made, and only so.

use super::{MAX_CHARS, PageTokenError, PageTokens, Parameters};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tokens() -> PageTokens {
    PageTokens::new(b"a key of the lake")
}

fn parameters() -> Parameters {
    Parameters::of(&json!({"QueryId": "1"}), &[])
}

#[test]
fn tokens_are_bound_to_operation_parameters_and_key() {
    let (ours, asked) = (tokens(), parameters());
    let token = ours.issue("ListQueries", &asked, b"17").unwrap();
    assert_eq!(ours.read("ListQueries", &asked, &token).unwrap(), b"17");
    let other = ours.read("ListImports", &asked, &token);
    assert_eq!(other, Err(PageTokenError::OtherOperation));
    let other = Parameters::of(&json!({"QueryId": "2"}), &[]);
    let other = ours.read("ListQueries", &other, &token);
    assert_eq!(other, Err(PageTokenError::OtherParameters));
    let other = PageTokens::new(b"another key").read("ListQueries", &asked, &token);
    assert_eq!(other, Err(PageTokenError::Invalid));
}

#[test]
fn nonsense_is_no_token() {
    let long = "A".repeat(100_000);
    for token in ["", "A", "AAAA", "====", "a b", "ä", "djE.djE", &long, &long[..1000]] {
        let read = tokens().read("ListQueries", &parameters(), token);
        assert_eq!(read, Err(PageTokenError::Invalid), "{token:.20}");
    }
}

/// Nothing that can be written in another way is another token for the same page.
#[test]
fn tokens_are_written_in_one_way() {
    let token = tokens().issue("ListQueries", &parameters(), b"17").unwrap();
    for other in [format!("{token}="), format!(" {token}"), format!("{token}\n")] {
        let read = tokens().read("ListQueries", &parameters(), &other);
        assert_eq!(read, Err(PageTokenError::Invalid));
    }
}

#[test]
fn positions_have_a_bound() {
    let longest = (0..MAX_CHARS)
        .rev()
        .find(|bytes| tokens().issue("GetQueryResults", &parameters(), &vec![7; *bytes]).is_ok());
    let longest = longest.unwrap();
    assert!(longest >= 650, "{longest}");
    let token = tokens().issue("GetQueryResults", &parameters(), &vec![7; longest]).unwrap();
    assert!(token.len() > MAX_CHARS - 4);
    let refused = tokens().issue("GetQueryResults", &parameters(), &vec![7; longest + 1]);
    assert_eq!(refused, Err(PageTokenError::TooLong(longest + 1)));
    let refused = tokens().issue(&"x".repeat(256), &parameters(), b"");
    assert_eq!(refused, Err(PageTokenError::TooLong(0)));
}

#[test]
fn parameters_are_the_same_however_they_are_written() {
    let hash = |input: Value| Parameters::of(&input, &["MaxResults"]);
    let one = hash(json!({"A": [1, {"x": 1, "y": null}], "B": "b", "MaxResults": 5}));
    let same = hash(json!({"B": "b", "NextToken": "t", "C": null, "A": [1, {"x": 1}]}));
    assert_eq!(one, same);
    for other in [
        json!({"A": [1, {"x": 1}]}),
        json!({"A": [1, {"x": "1"}], "B": "b"}),
        json!({"A": [{"x": 1}, 1], "B": "b"}),
        json!({"A": [[1, {"x": 1}]], "B": "b"}),
        json!({"A": [1, {"x": 1, "NextToken": "t"}], "B": "b"}),
    ] {
        assert_ne!(one, hash(other.clone()), "{other}");
    }
    // The text of one member does not pass for two.
    assert_ne!(hash(json!({"A": "1\",\"B\":\"2"})), hash(json!({"A": "1", "B": "2"})));
}

#[test]
fn debug_does_not_show_the_key() {
    assert_eq!(format!("{:?}", tokens()), "PageTokens(***)");
}

proptest! {
    #[test]
    fn positions_come_back(
        operation in "[A-Z][a-zA-Z]{0,40}",
        position in proptest::collection::vec(any::<u8>(), 0..600),
        key in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let ours = PageTokens::new(&key);
        let token = ours.issue(&operation, &parameters(), &position).unwrap();
        prop_assert!((4..=MAX_CHARS).contains(&token.len()));
        prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(ours.read(&operation, &parameters(), &token), Ok(position));
    }

    #[test]
    fn changed_tokens_are_refused(
        position in proptest::collection::vec(any::<u8>(), 0..30),
        at in any::<prop::sample::Index>(),
        char in "[A-Za-z0-9_-]",
    ) {
        let token = tokens().issue("ListQueries", &parameters(), &position).unwrap();
        let at = at.index(token.len());
        let changed = format!("{}{char}{}", &token[..at], &token[at + 1..]);
        prop_assume!(changed != token);
        let read = tokens().read("ListQueries", &parameters(), &changed);
        prop_assert_eq!(read, Err(PageTokenError::Invalid));
    }

    #[test]
    fn shortened_tokens_are_refused(position in proptest::collection::vec(any::<u8>(), 0..30)) {
        let token = tokens().issue("ListQueries", &parameters(), &position).unwrap();
        for end in 0..token.len() {
            let read = tokens().read("ListQueries", &parameters(), &token[..end]);
            prop_assert_eq!(read, Err(PageTokenError::Invalid));
        }
    }
}
