//! Every environment variable that traillake reads. `NO_COLOR` is read by the terminal library, those of the AWS CLI by the
//! AWS SDK.

use std::ffi::OsString;

/// Folder of the lake.
pub(super) const LAKE: &str = "TRAILLAKE_DIR";

/// Folder of the user's saved queries.
pub(super) const QUERIES: &str = "TRAILLAKE_QUERIES";

/// Access key of an admin for `serve`, `ID:SECRET`.
pub(super) const KEY: &str = "TRAILLAKE_KEY";

/// Whether statements of other engines are run translated.
pub(super) fn translate() -> bool {
    let wish = std::env::var("TRAILLAKE_TRANSLATE").unwrap_or_default();
    !matches!(wish.to_lowercase().as_str(), "" | "0" | "false" | "off" | "no")
}

/// A fault that a test asks for, in debug builds; see [`crate::store::fault`].
pub(super) fn fault() -> Option<String> {
    std::env::var("TRAILLAKE_FAULT").ok().filter(|_| cfg!(debug_assertions))
}

/// The program that shows long answers, with its arguments, if the user chose one.
pub(super) fn pager() -> Option<OsString> {
    std::env::var_os("PAGER")
}

/// Options that `less` takes unless the user chose some.
pub(super) fn less_options() -> Option<(&'static str, &'static str)> {
    std::env::var_os("LESS").is_none().then_some(("LESS", "FRSX"))
}
