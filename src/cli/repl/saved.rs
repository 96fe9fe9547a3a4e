//! Saved queries: what the REPL asks of them.

/// Returns the names of all saved queries, and what each is about.
pub(super) fn saved_names() -> Vec<(String, String)> {
    Vec::new()
}

/// Returns the SQL of a saved query with its parameters filled in.
///
/// # Errors
/// Says what is wrong with the name or the parameters.
pub(super) fn saved_sql(name: &str, _parameters: &[(String, String)]) -> Result<String, String> {
    match saved_names() {
        names if names.is_empty() => Err("no saved queries".to_owned()),
        names => {
            let names = names.into_iter().map(|(name, _)| name).collect();
            Err(format!("there is no saved query {name:?}{}", crate::engine::nearest(name, names)))
        }
    }
}
