//! Dashboards: widgets that ask one statement each, all at once, when somebody wants it or by a schedule.
//!
//! A dashboard of somebody's own is a document (`kept`); those that are always there come with the program (`managed`). A
//! widget's statement is a query like any other, under the widget's alias, with values in the place of `?` (`values`).
//! Whether a refresh still runs is told by its queries alone, so nothing of it survives a kill as running (`refresh`).

mod alias;
mod busy;
mod change;
mod kept;
mod managed;
mod refresh;
mod schedule;
mod show;
mod tend;
mod values;
mod widgets;

pub(super) use busy::Busy;
pub(super) use change::{create, delete, update};
pub(super) use refresh::start;
pub(super) use show::{get, list};
