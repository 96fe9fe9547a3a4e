//! Joins that only ask whether a row of a scan has a partner, as IN, EXISTS and joins with distinct values make them.
//!
//! The keys of the other side are collected once, and become a filter of the scan. So a text that is stored with a
//! dictionary is looked up once for each stripe that has it, no row is put together for a join to drop it, and few keys
//! tell which stripes need not be read. `rule` finds the joins for which that can be done, `exec` does it, `member` is the
//! filter. Where there are very many keys, hardly a text has a dictionary, and DataFusion's join does it, for which `collected`
//! gives the keys.

mod collected;
mod exec;
mod member;
mod rule;

pub(super) use exec::SemiJoinExec;
pub(super) use member::Member;
pub(in crate::engine) use rule::{CollectedSemiJoins, SemiJoins};
