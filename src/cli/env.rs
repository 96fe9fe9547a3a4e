//! Every environment variable that traillake reads. `NO_COLOR` is read by the terminal library.

/// Folder of the lake.
pub(super) const LAKE: &str = "TRAILLAKE_DIR";

/// Folder of the user's saved queries.
pub(super) const QUERIES: &str = "TRAILLAKE_QUERIES";
