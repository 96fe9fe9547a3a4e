//! Views over the current event data store: made of its columns alone, planned in place, so that
//! filters reach the files through them.

/// The views by name, and what each is in SQL. `docs/views.md` tells their columns.
const VIEWS: [(&str, &str); 4] = [
    ("entities", include_str!("entities.sql")),
    ("xray_events", include_str!("xray_events.sql")),
    ("xray_sampling_changes", include_str!("xray_sampling_changes.sql")),
    ("xray_traces", include_str!("xray_traces.sql")),
];

/// Returns the SQL of a view.
pub(super) fn sql(name: &str) -> Option<&'static str> {
    VIEWS.iter().find(|(view, _)| *view == name).map(|(_, sql)| *sql)
}

/// Returns the names of the views.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    VIEWS.iter().map(|(name, _)| *name)
}
