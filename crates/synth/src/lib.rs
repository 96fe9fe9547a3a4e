//! A seeded generator of realistic AWS CloudTrail logs.
//!
//! [`write_trail`] fills a directory with gzip files in the layout of a trail, half of the events
//! X-Ray's, and writes `answer-key.json` beside them: planted stories, ten of X-Ray and one of an
//! intrusion, and the totals a query can be checked against. The same options give the same bytes on
//! any machine and any number of threads.
//!
//! # Example
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use traillake_synth::{SynthOptions, write_trail};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let out = dir.path().join("trail");
//! let options = SynthOptions { events: 2_000, seed: 7, ..SynthOptions::default() };
//! let cancel = AtomicBool::new(false);
//! let report = write_trail(&options, &out, &cancel, &|events| println!("{events} so far"))?;
//! assert_eq!(report.events, 2_000);
//! // Some events are delivered twice, as CloudTrail does now and then.
//! assert_eq!(report.distinct_events, 1_998);
//!
//! let key: serde_json::Value =
//!     serde_json::from_slice(&std::fs::read(out.join("answer-key.json"))?)?;
//! assert_eq!(key["totals"]["xrayEvents"]["distinct"], 999);
//! assert_eq!(key["stories"][10]["title"], "An intrusion");
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! The way of an event, and the module of each station:
//!
//! 1. `options`: what is asked for, and its limits;
//! 2. `population` with `accounts`, `roles`, `principals`, `sessions`: accounts, regions, who calls;
//! 3. `catalog`: what is called, as templates (`template` with `words`; `render` writes them);
//! 4. `plan` with `shares`, `clock`: exact quotas, and which slots of time have traffic; `planner` with
//!    `stories`, `intrusion` (read by `script` and `plot`), `changes`: the events placed one by one;
//! 5. `unit` with `callers`, `sends`, `traces`: the events of one account, region and slot; `record`
//!    writes one, byte by byte (`json`);
//! 6. `trail`: files, compression, threads; `tally` and `answer_key`: what was written.
//!
//! Stations 1 to 4 are sequential and small; 5 and 6 run on all threads, each unit from its own
//! sub-seed (`rng`). Shares, sizes and rhythms follow `docs/events.md` of the repository, "A synthetic
//! generator that looks real".

mod accounts;
mod answer_key;
mod callers;
mod catalog;
mod changes;
mod clock;
mod intrusion;
mod json;
mod options;
mod plan;
mod plot;
mod population;
mod principals;
mod record;
mod render;
mod rng;
mod roles;
mod script;
mod sends;
mod sessions;
mod shares;
mod planner;
mod stories;
mod tally;
mod template;
mod traces;
mod trail;
mod unit;
mod words;

pub use intrusion::intrusion_steps;
pub use options::{MAX_DAYS, MAX_EVENTS, MIN_EVENTS, SynthError, SynthOptions, SynthReport};
pub use trail::write_trail;
