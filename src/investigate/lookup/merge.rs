//! Makes one page of what several stores have for it.
//!
//! Of a store that has more than a page, nothing is known behind the last event that it gave. So a page ends there at the
//! latest, and what follows begins there: pages are exact, and now and then a page is short.

use super::token::Position;
use crate::investigate::{Row, text};
use std::cmp::{Ordering, Reverse};

/// A page, and where the next one begins, if there is one.
pub(super) struct Merged {
    pub(super) rows: Vec<Row>,
    pub(super) next: Option<Position>,
}

/// An event, and by what it has its place among all.
struct Found {
    time: String,
    key: String,
    checksum: String,
    /// The number of its table.
    table: usize,
    row: Row,
}

impl Found {
    fn new(table: usize, row: Row) -> Self {
        let of = |label| text(&row, label);
        Self { time: of("time"), key: of("key"), checksum: of("checksum"), table, row }
    }

    /// Its place alone.
    fn without_row(&self) -> Self {
        let Self { time, key, checksum, table, .. } = self;
        let (time, key, checksum) = (time.clone(), key.clone(), checksum.clone());
        Self { time, key, checksum, table: *table, row: Row::new() }
    }

    /// The newest first, those without a time last.
    fn order(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }

    fn place(&self) -> (bool, Reverse<&str>, &str, &str) {
        (self.time.is_empty(), Reverse(&self.time), &self.key, &self.checksum)
    }

    fn is_same_event(&self, other: &Self) -> bool {
        self.time == other.time && self.key == other.key
    }

    fn is_at(&self, position: &Position) -> bool {
        self.time == position.time.as_deref().unwrap_or_default() && self.key == position.key
    }
}

/// Returns the number of the table that an event is taken from, of which `copies` are all that is known.
fn owner(copies: &[Found], tables: &[String], position: Option<&Position>) -> usize {
    match position.filter(|position| copies.iter().any(|copy| copy.is_at(position))) {
        // The table that it was taken from may be gone: then nothing of it is left.
        Some(taken) => tables.iter().position(|t| *t == taken.table).unwrap_or(usize::MAX),
        None => copies.iter().map(|copy| copy.table).min().unwrap_or_default(),
    }
}

/// Merges the events that each of `tables` has behind `position`, in the order of pages: as many as a page has and one more,
/// or all. An event that is in several tables is that of the first one, or of the one that the page before took it from.
pub(super) fn merge(
    found: Vec<Vec<Row>>,
    tables: &[String],
    position: Option<&Position>,
    max_results: usize,
) -> Merged {
    let lists = found.into_iter().enumerate().map(|(table, rows)| {
        rows.into_iter().map(|row| Found::new(table, row)).collect::<Vec<_>>()
    });
    let lists: Vec<_> = lists.collect();
    let ends = lists.iter().filter(|list| list.len() > max_results).filter_map(|list| list.last());
    let end = ends.min_by(|a, b| a.order(b));
    let end = end.map(Found::without_row);
    let mut all: Vec<_> = lists.into_iter().flatten().collect();
    all.sort_by(Found::order);
    // Also what is behind the end tells whose an event is.
    let owners: Vec<usize> = all
        .chunk_by(Found::is_same_event)
        .flat_map(|copies| {
            let owner = owner(copies, tables, position);
            copies.iter().map(move |_| owner)
        })
        .collect();
    let is_known =
        |found: &Found| end.as_ref().is_none_or(|end| found.order(end) != Ordering::Greater);
    let known = all.partition_point(is_known);
    all.truncate(known);
    let end_owner = known.checked_sub(1).and_then(|last| owners.get(last).copied());
    let kept = all.into_iter().zip(owners).filter(|(found, owner)| found.table == *owner);
    let mut kept: Vec<_> = kept.map(|(found, _)| found).collect();
    let next = if kept.len() > max_results {
        kept.truncate(max_results);
        kept.last().map(|last| (last, last.table))
    } else {
        // The end is the last of all, and so are its owners.
        end.as_ref().zip(end_owner)
    };
    let next = next.map(|(found, owner)| Position {
        time: Some(found.time.clone()).filter(|time| !time.is_empty()),
        key: found.key.clone(),
        checksum: found.checksum.clone(),
        table: tables.get(owner).or(position.map(|p| &p.table)).cloned().unwrap_or_default(),
    });
    Merged { rows: kept.into_iter().map(|found| found.row).collect(), next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Time, key and checksum of an event.
    type Event = (&'static str, &'static str, &'static str);

    fn row((time, key, checksum): &Event) -> Row {
        [("time", *time), ("key", *key), ("checksum", *checksum)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(label, text)| (label.to_owned(), text.into()))
            .collect()
    }

    fn place(
        (time, key, checksum): &Event,
    ) -> (bool, Reverse<&'static str>, &'static str, &'static str) {
        (time.is_empty(), Reverse(*time), key, checksum)
    }

    /// What a table has behind a position.
    fn ask(table: &[Event], position: Option<&Position>, most: usize) -> Vec<Row> {
        let is_behind = |event: &&Event| {
            position.is_none_or(|position| {
                let time = position.time.as_deref().unwrap_or_default();
                let (no_time, at, key, checksum) = place(event);
                (no_time, at, key, checksum)
                    > (time.is_empty(), Reverse(time), &position.key, &position.checksum)
            })
        };
        table.iter().filter(is_behind).take(most).map(row).collect()
    }

    /// All events by pages of so many.
    fn pages(tables: &[Vec<Event>], most: usize) -> Vec<Row> {
        let names: Vec<_> = (0..tables.len()).map(|n| format!("t{n}")).collect();
        let (mut all, mut position) = (Vec::new(), None);
        for _ in 0..1_000 {
            let found = tables.iter().map(|t| ask(t, position.as_ref(), most + 1)).collect();
            let merged = merge(found, &names, position.as_ref(), most);
            assert!(merged.rows.len() <= most);
            all.extend(merged.rows);
            match merged.next {
                None => return all,
                next => {
                    assert_ne!(next, position);
                    position = next;
                }
            }
        }
        panic!("pages do not end");
    }

    /// What all pages together must be.
    fn model(tables: &[Vec<Event>]) -> Vec<Row> {
        let (mut seen, mut all) = (HashSet::new(), Vec::new());
        for table in tables {
            let new: Vec<_> = table.iter().filter(|e| !seen.contains(&(e.0, e.1))).collect();
            seen.extend(new.iter().map(|e| (e.0, e.1)));
            all.extend(new);
        }
        all.sort_by_key(place);
        all.iter().map(row).collect()
    }

    #[test]
    fn pages_of_every_length_have_every_event_once() {
        let (times, keys, checksums) = (["3", "2", "1", ""], ["a", "b", "c"], ["x", "y", "z"]);
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..300 {
            let tables: Vec<Vec<Event>> = (0..=random(4))
                .map(|_| {
                    let often = 1 + random(4);
                    let mut table = Vec::new();
                    for time in times {
                        for key in keys {
                            for checksum in checksums {
                                if random(5) < often {
                                    table.push((time, key, checksum));
                                }
                            }
                        }
                    }
                    table.sort_by_key(place);
                    table
                })
                .collect();
            for most in [1, 2, 3, 7, 50] {
                assert_eq!(pages(&tables, most), model(&tables), "{most}: {tables:?}");
            }
        }
    }
}
