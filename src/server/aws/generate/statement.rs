//! Saved queries as statements that stand alone: for one store, with values in the place of parameters.

use super::time_range::TimeRange;
use crate::engine::text::{CURRENT_STORE, Edit, Edited};
use crate::engine::{PieceKind, pieces, view_names};
use crate::saved::SavedQuery;
use crate::saved::parameters::literal;
use crate::store::StoreId;
use chrono::{DateTime, Utc};

/// The longest statement that StartQuery takes, in characters.
const MOST_CHARACTERS: usize = 10_000;

/// What a statement is made for.
pub(in crate::server::aws) struct Wanted {
    pub(super) store: StoreId,
    /// Whether it is the store over which views are.
    pub(super) is_default: bool,
    pub(super) range: TimeRange,
    /// The moment from which times ago count.
    pub(super) now: DateTime<Utc>,
}

impl Wanted {
    /// Returns the statement of a query. `None` for one that needs a value which it does not have, that cannot be kept
    /// within the times that are wanted, or that reads other stores.
    pub(in crate::server::aws) fn statement(&self, query: &SavedQuery) -> Option<String> {
        let (mut edits, mut dollar): (Vec<Edit>, _) = (Vec::new(), None);
        let mut bounded = (false, false);
        for piece in pieces(&query.sql).filter(|piece| piece.kind != PieceKind::Comment) {
            let written = query.sql.get(piece.span.clone())?;
            let before = dollar.take();
            match piece.kind {
                PieceKind::Word if before == Some(piece.span.start) => {
                    bounded.0 |= written.eq_ignore_ascii_case("from");
                    bounded.1 |= written.eq_ignore_ascii_case("to");
                    edits.push((piece.span.start - 1..piece.span.end, self.value(query, written)?));
                }
                PieceKind::Word if written.eq_ignore_ascii_case(CURRENT_STORE) => {
                    edits.push((piece.span, self.store.to_string()));
                }
                PieceKind::Word if view_names().any(|name| written.eq_ignore_ascii_case(name)) => {
                    self.is_default.then_some(())?;
                }
                _ if written == "$" => dollar = Some(piece.span.end),
                _ => {}
            }
        }
        let is_within =
            (bounded.0 || self.range.from.is_none()) && (bounded.1 || self.range.to.is_none());
        let statement = Edited::new(&query.sql, edits).sql;
        (is_within && statement.chars().count() <= MOST_CHARACTERS).then_some(statement)
    }

    /// Returns the value of a parameter as SQL spells it.
    fn value(&self, query: &SavedQuery, name: &str) -> Option<String> {
        let parameter = query.parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name))?;
        let moment = match name.to_lowercase().as_str() {
            "from" => self.range.from,
            "to" => self.range.to,
            _ => None,
        };
        let moment = moment.map(|moment| moment.to_rfc3339());
        let text = moment.as_deref().or(parameter.default.as_deref())?;
        literal(&parameter.name, parameter.data_type, Some(text), self.now).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::Origin;

    fn wanted(prompt: &str) -> Wanted {
        let now = DateTime::from_timestamp(1_795_885_200, 0).unwrap();
        let store = StoreId::parse("5ff44e8c-e1bf-4832-b679-d4d3d9268255").unwrap();
        let range = TimeRange::read(prompt, now).0;
        Wanted { store, is_default: false, range, now }
    }

    fn query(parameters: &str, sql: &str) -> SavedQuery {
        let text = format!("/*\ntitle = \"T\"\nquestion = \"Q\"\n{parameters}*/\n{sql}");
        SavedQuery::parse("a/b", &text, Origin::Shipped).unwrap()
    }

    #[test]
    fn tables_and_parameters_are_replaced_and_nothing_else() {
        let limit = "[parameters.limit]\ntype = \"bigint\"\ndefault = \"5\"\nabout = \"Most\"\n";
        let sql = "SELECT 'event_data_store', '$from', \"event_data_store\".x -- event_data_store\n\
            FROM event_data_store WHERE eventTime >= $from AND eventTime < $to LIMIT $limit";
        let statement = wanted("since 2026-03-01").statement(&query(limit, sql)).unwrap();
        assert_eq!(
            statement,
            "SELECT 'event_data_store', '$from', \"event_data_store\".x -- event_data_store\n\
            FROM 5ff44e8c-e1bf-4832-b679-d4d3d9268255 WHERE eventTime >= TIMESTAMP '2026-03-01 00:00:00.000' \
            AND eventTime < TIMESTAMP '9999-12-31 00:00:00.000' LIMIT 5"
        );
    }

    #[test]
    fn what_does_not_fit_is_no_candidate() {
        let name = "[parameters.name]\ntype = \"varchar\"\nabout = \"Name\"\n";
        let needs = query(name, "SELECT 1 FROM event_data_store WHERE eventName = $name");
        assert_eq!(wanted("").statement(&needs), None);
        let timeless = query("", "SELECT 1 FROM event_data_store");
        assert!(wanted("").statement(&timeless).is_some());
        assert_eq!(wanted("yesterday").statement(&timeless), None);
        let view = query("", "SELECT 1 FROM xray_events");
        assert_eq!(wanted("").statement(&view), None);
        assert!(Wanted { is_default: true, ..wanted("") }.statement(&view).is_some());
        let long = query("", &format!("SELECT '{}'", "x".repeat(MOST_CHARACTERS)));
        assert_eq!(wanted("").statement(&long), None);
    }
}
