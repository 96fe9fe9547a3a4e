//! How well saved queries fit what somebody asks in words of their own.
//!
//! A word counts the more, the fewer queries have it in what is said of them, and where it stands: in the title most, in
//! the SQL least. A query that has every word of the question in its title has a relevance of 1.

use super::SavedQuery;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Words that say nothing of what is asked.
const EMPTY_WORDS: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "did",
    "display", "do", "does", "each", "event", "find", "for", "from", "get", "give", "had", "has",
    "have", "how", "i", "in", "into", "is", "it", "list", "many", "me", "my", "of", "on", "or",
    "our", "please", "query", "see", "show", "tell", "than", "that", "the", "their", "there",
    "these", "they", "this", "to", "was", "we", "were", "what", "when", "where", "which", "who",
    "whom", "whose", "why", "will", "with", "you",
];
/// Letters that two words of one stem share at least.
const COMMON_LETTERS: usize = 4;
/// What a word counts that another one begins with.
const BEGINS: f64 = 0.7;
const IN_TITLE: f64 = 1.0;
const IN_NAME: f64 = 0.9;
const IN_QUESTION: f64 = 0.7;
const IN_SQL: f64 = 0.4;
/// How much of the relevance a title has to say: what it says beside the question makes it fit less.
const TITLE_SHARE: f64 = 0.1;

/// Returns the queries that have a word of `question` somewhere, each with its words, with their relevance above 0 and up
/// to 1: the most relevant first, those that are as relevant by name.
pub(super) fn ranked<'a>(
    queries: impl Iterator<Item = (&'a SavedQuery, &'a Texts)>,
    question: &str,
) -> Vec<(f64, &'a SavedQuery)> {
    let wanted = words(question);
    let queries: Vec<_> = queries.collect();
    let weights: Vec<_> = wanted.iter().map(|word| (word, weight(word, &queries))).collect();
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let relevance = |texts: &Texts| {
        let found: f64 = weights.iter().map(|(word, weight)| weight * texts.has(word)).sum();
        let share = 1.0 - TITLE_SHARE + TITLE_SHARE * texts.share_of_title(&wanted);
        found / whole * share
    };
    let found = queries.iter().map(|(query, texts)| (relevance(texts), *query));
    let mut found: Vec<_> = found.filter(|(relevance, _)| *relevance > 0.0).collect();
    found.sort_by(|(a, one), (b, other)| {
        b.partial_cmp(a).unwrap_or(Ordering::Equal).then_with(|| one.name.cmp(&other.name))
    });
    found
}

/// What a word of the question counts.
fn weight(word: &str, all: &[(&SavedQuery, &Texts)]) -> f64 {
    let with = all.iter().filter(|(_, texts)| texts.tells(word)).count();
    (1.0 + all.len() as f64 / (1.0 + with as f64)).ln()
}

/// The words of a query by where they stand.
#[derive(Debug)]
pub(super) struct Texts {
    title: BTreeSet<String>,
    name: BTreeSet<String>,
    question: BTreeSet<String>,
    sql: BTreeSet<String>,
}

impl Texts {
    pub(super) fn of(query: &SavedQuery) -> Self {
        let question = format!("{} {}", query.question, query.techniques.join(" "));
        Self {
            title: words(&query.title),
            name: words(&query.name),
            question: words(&question),
            sql: words(&query.sql),
        }
    }

    /// Whether the word is in what is said of the query.
    fn tells(&self, word: &str) -> bool {
        [&self.title, &self.name, &self.question].iter().any(|words| words.contains(word))
    }

    /// What the word counts here, 0 to 1.
    fn has(&self, word: &str) -> f64 {
        let places = [
            (&self.title, IN_TITLE),
            (&self.name, IN_NAME),
            (&self.question, IN_QUESTION),
            (&self.sql, IN_SQL),
        ];
        places.iter().map(|(words, weight)| weight * likeness(words, word)).fold(0.0, f64::max)
    }

    fn share_of_title(&self, wanted: &BTreeSet<String>) -> f64 {
        let shared = self.title.iter().filter(|word| likeness(wanted, word) > 0.0).count();
        shared as f64 / self.title.len().max(1) as f64
    }
}

/// Whether a word is among others, or has the beginning of one.
fn likeness(words: &BTreeSet<String>, word: &str) -> f64 {
    if words.contains(word) {
        return 1.0;
    }
    let begins = |long: &str, short: &str| short.len() >= COMMON_LETTERS && long.starts_with(short);
    if words.iter().any(|known| begins(known, word) || begins(word, known)) { BEGINS } else { 0.0 }
}

/// Returns the stems of a text's words, those of `camelCase` apart, without those that say nothing.
fn words(text: &str) -> BTreeSet<String> {
    let mut apart = String::with_capacity(text.len() + 16);
    let mut before_is_small = false;
    for c in text.chars() {
        if before_is_small && c.is_uppercase() {
            apart.push(' ');
        }
        before_is_small = c.is_lowercase();
        apart.extend(c.to_lowercase());
    }
    let says = |word: &&str| !word.is_empty() && !EMPTY_WORDS.contains(word);
    let stems = apart.split(|c: char| !c.is_alphanumeric()).filter(says).map(stem);
    stems.filter(says).map(str::to_owned).collect()
}

/// Returns a word without the endings of plural and tense, roughly: what matters is that forms of one word meet.
fn stem(word: &str) -> &str {
    for ending in ["ings", "ing", "ies", "ed", "es", "s", "e", "y"] {
        let is_plural = ending != "s" || !word.ends_with("ss");
        if let Some(stem) = word.strip_suffix(ending).filter(|_| is_plural)
            && stem.chars().count() >= COMMON_LETTERS
        {
            return stem;
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !word.ends_with("ss") => stem,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::Library;

    fn first(library: &Library, question: &str) -> (f64, String) {
        let found = library.ranked(question);
        let (relevance, query) = found.first().unwrap();
        (*relevance, query.name.clone())
    }

    #[test]
    fn every_query_is_found_by_its_title() {
        let library = Library::load(None).unwrap();
        let says_something = |query: &&SavedQuery| !words(&query.title).is_empty();
        assert!(library.iter().filter(says_something).count() > 230);
        for query in library.iter().filter(says_something) {
            let (relevance, name) = first(&library, &query.title);
            assert!(relevance > 0.99, "{}: {relevance}", query.name);
            let same = words(&library.get(&name).unwrap().title) == words(&query.title);
            assert!(name == query.name || same, "{} is found as {name}", query.name);
        }
    }

    #[test]
    fn questions_find_what_answers_them() {
        let library = Library::load(None).unwrap();
        for (question, name) in [
            (
                "Show me failed console logins by address",
                "security/console-login-failures-by-address",
            ),
            ("Which services are used the most?", "operations/top-services"),
            ("errors by error code", "operations/errors-by-code"),
            ("who deleted backups", "security/backups-destroyed"),
            ("which key pairs were created", "security/key-pairs-made"),
        ] {
            assert_eq!(first(&library, question).1, name, "{question}");
        }
    }

    #[test]
    fn what_no_query_has_finds_nothing() {
        let library = Library::load(None).unwrap();
        for question in ["zebras", "the of and", "", "?!"] {
            assert_eq!(library.ranked(question).len(), 0, "{question}");
        }
        let found = library.ranked("root user");
        assert!(found.len() > 1 && found.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        assert!(found.iter().all(|(relevance, _)| *relevance > 0.0 && *relevance <= 1.0));
    }

    #[test]
    fn forms_of_a_word_meet() {
        for (one, other) in [
            ("failed", "fails"),
            ("buckets", "bucket"),
            ("policies", "policy"),
            ("deleting", "delete"),
            ("addresses", "address"),
            ("keys", "key"),
        ] {
            assert_eq!(words(one), words(other), "{one} {other}");
        }
        assert_eq!(words("ConsoleLogin"), words("console login"));
    }
}
