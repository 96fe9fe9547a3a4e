//! The dashboards that come with the program: files of TOML in `managed/`.
//!
//! A statement there names its values where they stand (`$EventDataStoreId$`, `'$StartTime$'`); a widget has `?` in
//! their places, as AWS's widgets do.

use super::kept::{HIGHLIGHTS, Widget};
use super::values::{NAMES, STORE};
use crate::server::aws::call::broken;
use rust_embed::RustEmbed;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use traillake_aws_wire::error::ServiceError;

#[derive(RustEmbed)]
#[folder = "src/server/aws/dashboards/managed/"]
#[include = "*.toml"]
struct Files;

/// A dashboard that comes with the program.
#[derive(Debug)]
pub(super) struct Managed {
    pub(super) name: String,
    pub(super) widgets: Vec<Widget>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    widgets: Vec<Described>,
}

/// A widget as a file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    /// The end of its alias, which stays the same when its statement gets better.
    alias: String,
    title: String,
    /// `Table`, `BarChart`, `LineChart` or `PieChart`.
    view: String,
    /// The columns of the axes, and the one that tells lines apart.
    x: Option<String>,
    y: Option<String>,
    series: Option<String>,
    statement: String,
}

/// Returns the dashboards by name.
///
/// # Errors
/// When a file is wrong, which a test excludes.
pub(super) fn managed() -> Result<&'static [Managed], ServiceError> {
    static MANAGED: OnceLock<Result<Vec<Managed>, String>> = OnceLock::new();
    let read = MANAGED.get_or_init(read).as_ref();
    read.map(Vec::as_slice).map_err(broken)
}

fn read() -> Result<Vec<Managed>, String> {
    let files = Files::iter().filter_map(|path| Some((Files::get(&path)?, path)));
    let dashboard = |(file, path): (rust_embed::EmbeddedFile, _)| {
        let text = String::from_utf8_lossy(&file.data);
        let file: File = toml::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        let widgets = file.widgets.into_iter().map(|widget| widget.of(&file.name)).collect();
        Ok(Managed { name: file.name, widgets })
    };
    let mut all = files.map(dashboard).collect::<Result<Vec<_>, String>>()?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

impl Described {
    fn of(self, dashboard: &str) -> Widget {
        let Self { alias, title, view, x, y, series, statement } = self;
        let properties = [
            ("Title", Some(title)),
            ("View", Some(view)),
            ("XAxisColumn", x),
            ("YAxisColumn", y),
            ("FilterColumn", series),
        ];
        let named = properties.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
        let view_properties: BTreeMap<String, String> = named.collect();
        // The store of the highlights is the default one, whose name that is.
        let names: Vec<_> =
            NAMES.into_iter().filter(|name| dashboard != HIGHLIGHTS || *name != STORE).collect();
        let (query_statement, query_parameters) = with_places(statement.trim(), &names);
        let query_alias = format!("{dashboard}.{alias}");
        Widget { query_alias, query_statement, query_parameters, view_properties }
    }
}

/// Puts `?` in the places of names, and returns them in order.
fn with_places(statement: &str, names: &[&str]) -> (String, Vec<String>) {
    let (mut sql, mut parameters, mut rest) = (String::new(), Vec::new(), statement);
    while let Some((at, name)) =
        names.iter().filter_map(|name| Some((rest.find(name)?, *name))).min()
    {
        sql.push_str(&rest[..at]);
        sql.push('?');
        parameters.push(name.to_owned());
        rest = &rest[at + name.len()..];
    }
    sql.push_str(rest);
    (sql, parameters)
}

#[cfg(test)]
mod tests {
    use super::super::values::{END, START};
    use super::*;

    fn is_of_a_time(widget: &Widget) -> bool {
        [START, END].iter().all(|name| widget.query_parameters.iter().any(|known| known == name))
    }

    #[test]
    fn every_file_is_a_dashboard() {
        let all = read().unwrap();
        assert_eq!(all.len(), Files::iter().count());
        let names: Vec<_> = all.iter().map(|managed| managed.name.as_str()).collect();
        assert_eq!(names.len(), 16, "fifteen, and the highlights: {names:?}");
        assert!(names.contains(&HIGHLIGHTS) && names.contains(&"AWSCloudTrail-Overview"));
        let mut aliases = Vec::new();
        for widget in all.iter().flat_map(|managed| &managed.widgets) {
            assert!(is_of_a_time(widget), "{}", widget.query_alias);
            assert!(!aliases.contains(&&widget.query_alias), "{} is twice", widget.query_alias);
            assert!((1..=10).contains(&widget.query_parameters.len()), "{}", widget.query_alias);
            aliases.push(&widget.query_alias);
        }
        assert!(all.iter().all(|managed| managed.widgets.len() >= 5), "widgets are missing");
    }

    #[test]
    fn places_are_in_the_order_of_names() {
        let sql = "SELECT f('$Period$') FROM $EventDataStoreId$ WHERE a > '$StartTime$' AND b > '$StartTime$'";
        let (statement, names) = with_places(sql, &NAMES);
        assert_eq!(statement, "SELECT f('?') FROM ? WHERE a > '?' AND b > '?'");
        assert_eq!(names, ["$Period$", "$EventDataStoreId$", "$StartTime$", "$StartTime$"]);
        assert_eq!(with_places("FROM $EventDataStoreId$", &[START]).0, "FROM $EventDataStoreId$");
    }
}
