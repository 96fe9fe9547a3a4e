//! The background of setting changes: rules, groups, policies changed in the ordinary way.
//!
//! Follows docs/events.md, section "Share of event names": all changes together are 0.02 % of the
//! X-Ray events, at least three of each; the pipeline makes 80 % of them, people the rest, in working
//! hours, several at a time.

use crate::accounts::REGIONS;
use crate::catalog::xray::changes_settings;
use crate::planner::{PlannedCall, Planner};
use crate::record::Era;
use crate::rng::{Rng, mix};

/// Changes of one sitting, at most.
const PER_SITTING: usize = 12;
/// Accounts with ordinary changes. Left out: 1, whose key the stories take away for good.
const CHANGED_ACCOUNTS: [usize; 8] = [0, 2, 3, 4, 5, 6, 7, 8];

/// Plans every change that is left in the quotas.
pub(crate) fn plan(planner: &mut Planner<'_>) {
    let mut calls = Vec::new();
    for (index, kind) in planner.catalog.kinds[..planner.catalog.xray_kinds].iter().enumerate() {
        if changes_settings(&kind.call) {
            calls.extend((0..planner.quotas[index]).map(|_| kind.call.name));
        }
    }
    let mut rng = Rng::new(mix(planner.seed, 0xc4a6e5));
    for at in (1..calls.len()).rev() {
        calls.swap(at, rng.below(at as u32 + 1) as usize);
    }
    for sitting in calls.chunks(PER_SITTING) {
        let account = CHANGED_ACCOUNTS[rng.below(CHANGED_ACCOUNTS.len() as u32) as usize];
        let region = [0, 0, 0, 1, 1, 2][rng.below(6) as usize];
        let start = sitting_start(planner, region, &mut rng);
        let by_pipeline = rng.below(10) < 8;
        let people = planner.world.accounts[account].people[1];
        let principal = if by_pipeline { planner.world.accounts[account].pipeline } else { people };
        let session = rng.below(40) as usize;
        for (number, call) in sitting.iter().enumerate() {
            planner.plan_xray(&PlannedCall {
                name: call,
                account,
                region,
                epoch: start + number as i64 * 11,
                principal,
                session,
                fault: None,
                request: None,
                response: None,
                era: Era::Present,
            });
        }
    }
}

/// Returns a moment in the working hours of a region.
fn sitting_start(planner: &Planner<'_>, region: usize, rng: &mut Rng) -> i64 {
    let calendar = &planner.calendar;
    let mut slot = 0;
    // A span of one Sunday has no working hours; then any slot will do, but never a quiet one.
    for _ in 0..64 {
        let candidate = rng.below(calendar.slots());
        if planner.quiet.iter().any(|place| (place.1, place.2) == (region, candidate)) {
            continue;
        }
        slot = candidate;
        if calendar.office_hours(slot, REGIONS[region].2) {
            break;
        }
    }
    calendar.slot_start(slot) + i64::from(rng.below(400))
}
