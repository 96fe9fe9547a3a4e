//! The words of the grammar: one list for the parser and for those who type.

/// What a word is to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Statements can hold it, and it is no name unless quoted.
    ReservedKeyword,
    /// Statements can hold it; it is a name where one can stand.
    Keyword,
    /// It is no name unless quoted: it is called like a function, or begins what is not taken.
    Reserved,
}

/// Every word, in order.
const WORDS: &[(&str, Use)] = &[
    ("ALL", Use::Keyword),
    ("ALTER", Use::Reserved),
    ("ANALYZE", Use::Keyword),
    ("AND", Use::ReservedKeyword),
    ("ANY", Use::Keyword),
    ("ARRAY", Use::Keyword),
    ("AS", Use::ReservedKeyword),
    ("ASC", Use::Keyword),
    ("AT", Use::Keyword),
    ("BETWEEN", Use::ReservedKeyword),
    ("BY", Use::ReservedKeyword),
    ("CASE", Use::ReservedKeyword),
    ("CAST", Use::Reserved),
    ("COLUMNS", Use::Keyword),
    ("CONSTRAINT", Use::Reserved),
    ("CREATE", Use::Reserved),
    ("CROSS", Use::ReservedKeyword),
    ("CUBE", Use::ReservedKeyword),
    ("CURRENT", Use::Keyword),
    ("CURRENT_CATALOG", Use::Reserved),
    ("CURRENT_DATE", Use::ReservedKeyword),
    ("CURRENT_PATH", Use::Reserved),
    ("CURRENT_ROLE", Use::Reserved),
    ("CURRENT_SCHEMA", Use::Reserved),
    ("CURRENT_TIME", Use::ReservedKeyword),
    ("CURRENT_TIMESTAMP", Use::ReservedKeyword),
    ("CURRENT_USER", Use::Reserved),
    ("DATE", Use::Keyword),
    ("DAY", Use::Keyword),
    ("DEALLOCATE", Use::Reserved),
    ("DELETE", Use::Reserved),
    ("DESC", Use::Keyword),
    ("DESCRIBE", Use::ReservedKeyword),
    ("DISTINCT", Use::ReservedKeyword),
    ("DROP", Use::Reserved),
    ("ELSE", Use::ReservedKeyword),
    ("END", Use::ReservedKeyword),
    ("ESCAPE", Use::ReservedKeyword),
    ("EXCEPT", Use::ReservedKeyword),
    ("EXECUTE", Use::Reserved),
    ("EXISTS", Use::ReservedKeyword),
    ("EXPLAIN", Use::Keyword),
    ("EXTRACT", Use::Reserved),
    ("FALSE", Use::ReservedKeyword),
    ("FETCH", Use::Keyword),
    ("FILTER", Use::Keyword),
    ("FIRST", Use::Keyword),
    ("FOLLOWING", Use::Keyword),
    ("FOR", Use::Reserved),
    ("FROM", Use::ReservedKeyword),
    ("FULL", Use::ReservedKeyword),
    ("FUNCTIONS", Use::Keyword),
    ("GROUP", Use::ReservedKeyword),
    ("GROUPING", Use::Reserved),
    ("GROUPS", Use::Keyword),
    ("HAVING", Use::ReservedKeyword),
    ("HOUR", Use::Keyword),
    ("IGNORE", Use::Keyword),
    ("IN", Use::ReservedKeyword),
    ("INNER", Use::ReservedKeyword),
    ("INSERT", Use::Reserved),
    ("INTERSECT", Use::ReservedKeyword),
    ("INTERVAL", Use::Keyword),
    ("INTO", Use::Reserved),
    ("IS", Use::ReservedKeyword),
    ("JOIN", Use::ReservedKeyword),
    ("JSON_ARRAY", Use::Reserved),
    ("JSON_EXISTS", Use::Reserved),
    ("JSON_OBJECT", Use::Reserved),
    ("JSON_QUERY", Use::Reserved),
    ("JSON_TABLE", Use::Reserved),
    ("JSON_VALUE", Use::Reserved),
    ("LAST", Use::Keyword),
    ("LATERAL", Use::Keyword),
    ("LEFT", Use::ReservedKeyword),
    ("LIKE", Use::ReservedKeyword),
    ("LIMIT", Use::Keyword),
    ("LISTAGG", Use::Reserved),
    ("LOCALTIME", Use::ReservedKeyword),
    ("LOCALTIMESTAMP", Use::ReservedKeyword),
    ("MAP", Use::Keyword),
    ("MINUTE", Use::Keyword),
    ("MONTH", Use::Keyword),
    ("NATURAL", Use::ReservedKeyword),
    ("NEXT", Use::Keyword),
    ("NORMALIZE", Use::Reserved),
    ("NOT", Use::ReservedKeyword),
    ("NULL", Use::ReservedKeyword),
    ("NULLS", Use::Keyword),
    ("OFFSET", Use::Keyword),
    ("ON", Use::ReservedKeyword),
    ("ONLY", Use::Keyword),
    ("OR", Use::ReservedKeyword),
    ("ORDER", Use::ReservedKeyword),
    ("ORDINALITY", Use::Keyword),
    ("OUTER", Use::ReservedKeyword),
    ("OVER", Use::Keyword),
    ("PARTITION", Use::Keyword),
    ("PRECEDING", Use::Keyword),
    ("PREPARE", Use::Reserved),
    ("RANGE", Use::Keyword),
    ("RECURSIVE", Use::ReservedKeyword),
    ("RESPECT", Use::Keyword),
    ("RIGHT", Use::ReservedKeyword),
    ("ROLLUP", Use::ReservedKeyword),
    ("ROW", Use::Keyword),
    ("ROWS", Use::Keyword),
    ("SECOND", Use::Keyword),
    ("SELECT", Use::ReservedKeyword),
    ("SETS", Use::Keyword),
    ("SHOW", Use::Keyword),
    ("SKIP", Use::Reserved),
    ("SOME", Use::Keyword),
    ("TABLE", Use::ReservedKeyword),
    ("TABLES", Use::Keyword),
    ("TABLESAMPLE", Use::Keyword),
    ("THEN", Use::ReservedKeyword),
    ("TIES", Use::Keyword),
    ("TIME", Use::Keyword),
    ("TIMESTAMP", Use::Keyword),
    ("TRIM", Use::Reserved),
    ("TRUE", Use::ReservedKeyword),
    ("UESCAPE", Use::Reserved),
    ("UNBOUNDED", Use::Keyword),
    ("UNION", Use::ReservedKeyword),
    ("UNNEST", Use::ReservedKeyword),
    ("USING", Use::ReservedKeyword),
    ("VALUES", Use::ReservedKeyword),
    ("WHEN", Use::ReservedKeyword),
    ("WHERE", Use::ReservedKeyword),
    ("WINDOW", Use::Keyword),
    ("WITH", Use::ReservedKeyword),
    ("WITHIN", Use::Keyword),
    ("YEAR", Use::Keyword),
    ("ZONE", Use::Keyword),
];

fn use_of(word: &str) -> Option<Use> {
    let upper = word.to_ascii_uppercase();
    let at = WORDS.binary_search_by(|(known, _)| (*known).cmp(upper.as_str())).ok()?;
    WORDS.get(at).map(|(_, r#use)| *r#use)
}

/// Whether a word is no name unless quoted.
pub(crate) fn is_reserved(word: &str) -> bool {
    matches!(use_of(word), Some(Use::ReservedKeyword | Use::Reserved))
}

/// Whether statements can hold a word as a keyword, in whatever case.
pub fn is_keyword(word: &str) -> bool {
    matches!(use_of(word), Some(Use::ReservedKeyword | Use::Keyword))
}

/// Returns the keywords that statements can hold, in upper case and in order.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(|(_, r#use)| *r#use != Use::Reserved).map(|(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_order_and_found_in_any_case() {
        assert!(WORDS.is_sorted_by_key(|(word, _)| *word));
        assert!(is_keyword("select") && is_reserved("Select"));
        assert!(is_keyword("ROWS") && !is_reserved("rows"));
        assert!(!is_keyword("cast") && is_reserved("cast"));
        assert!(!is_keyword("eventName") && !is_reserved("eventName"));
        assert_eq!(keywords().next(), Some("ALL"));
    }
}
