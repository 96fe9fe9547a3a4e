//! Aliases of widgets, by which their queries are started and found: `<dashboard>.<widget>`.

use super::kept::Widget;
use super::values::{Values, places};
use crate::engine::parameters::Parameters;
use crate::server::aws::Api;
use crate::server::aws::call::Call;
use traillake_aws_wire::error::ServiceError;

/// Stands before the names of dashboards that do not begin with a letter, as aliases must. Names have no dots.
const LETTER: &str = "d.";

/// Makes the alias of a widget.
pub(super) fn of(dashboard: &str, widget: &str) -> String {
    let has_letter = dashboard.starts_with(|first: char| first.is_ascii_alphabetic());
    format!("{}{dashboard}.{widget}", if has_letter { "" } else { LETTER })
}

/// Returns the dashboard that an alias names.
fn dashboard_of(alias: &str) -> Option<&str> {
    let (dashboard, _) = alias.strip_prefix(LETTER).unwrap_or(alias).split_once('.')?;
    Some(dashboard)
}

impl Api {
    fn widget(&self, alias: &str) -> Result<Option<Widget>, ServiceError> {
        let Some(name) = dashboard_of(alias) else { return Ok(None) };
        let dashboard = self.find_dashboard(name)?;
        let widgets = dashboard.into_iter().flat_map(|dashboard| dashboard.widgets);
        Ok(widgets.into_iter().find(|widget| widget.query_alias == alias))
    }

    /// Returns the statement of a widget's alias, with values for its `?`, in order.
    pub(in crate::server::aws) fn statement_of(
        &self,
        call: &Call,
        alias: &str,
        texts: &[String],
    ) -> Result<(String, Parameters), ServiceError> {
        let missing = || call.invalid(format!("No widget of a dashboard has the alias {alias}."));
        let widget = self.widget(alias)?.ok_or_else(missing)?;
        let places = places(&widget.query_statement, &widget.query_parameters);
        if places != texts.len() {
            let text = format!(
                "{alias} takes {places} QueryParameters ({}), and {} are given.",
                widget.query_parameters.join(", "),
                texts.len()
            );
            return Err(call.invalid(text));
        }
        let values = Values::at(self.lake.now()).with(texts);
        Ok((widget.query_statement, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_begin_with_a_letter_and_name_their_dashboard() {
        for (dashboard, alias) in [
            ("Team-a_1", "Team-a_1.2"),
            ("9lives", "d.9lives.2"),
            ("_x-", "d._x-.2"),
            ("ddd", "ddd.2"),
        ] {
            assert_eq!(of(dashboard, "2"), alias);
            assert_eq!(dashboard_of(alias), Some(dashboard));
        }
        assert_eq!(dashboard_of("nothing"), None);
    }
}
