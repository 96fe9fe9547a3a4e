//! The plan of a trail: which events exist, and in which account, region and slot they are.
//!
//! Owns the small sequential part of the work: quotas, stories, permutations, and the list of [`Unit`]s.
//! Everything after it is independent per unit. Memory is a few dozen bytes per log file.
//!
//! A slot of ten minutes is too short for a small trail to fill in every account and region, so a
//! trail is made of as many slots as give files of some hundred events, *sampled* along the rate
//! curve for each group of accounts and region; from about 10 million events a month on, busy places
//! have all their slots.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::accounts::{ACCOUNTS, GROUP_SIZE, GROUPS, REGIONS, place};
use crate::catalog::Catalog;
use crate::catalog::xray::{CALLS, WRITE_FLOOR, changes_settings};
use crate::clock::Calendar;
use crate::options::SynthOptions;
use crate::planner::{PlannedEvent, Planner};
use crate::population::World;
use crate::rng::{Rng, mix, mix3};
use crate::shares::{QuotaPermutation, divide, divide_with_floors};
use crate::{changes, intrusion, stories};

/// Pools of events, each with its own permutation.
pub(crate) const SENDS: usize = 0;
pub(crate) const READS: usize = 1;
pub(crate) const GENERAL: usize = 2;
/// The first calls of the X-Ray catalogue are the senders'.
const SENDER_CALLS: usize = 4;
/// Events of the three files of one group, region and slot, on average.
const EVENTS_PER_SLOT: u64 = 1500;
/// Weights of all slots of one group and region together.
const SLOT_WEIGHT: u64 = 1_000_000_000;

/// The events of one account and region in one slot; they become one file, or several when many.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unit {
    pub(crate) account: usize,
    pub(crate) region: usize,
    pub(crate) slot: u32,
    /// First position and number of positions of each pool.
    pub(crate) positions: [(u64, u64); 3],
    /// Sending calls of the whole group of accounts in this region and slot.
    pub(crate) group_sends: u64,
    /// How many of its events are delivered twice.
    pub(crate) duplicates: u64,
    /// Planned events: positions in [`Plan::planned`].
    pub(crate) planned: std::ops::Range<usize>,
}

impl Unit {
    /// Returns the number of events without planned ones and second copies.
    pub(crate) fn bulk(&self) -> u64 {
        self.positions.iter().map(|(_, count)| count).sum()
    }
}

/// Everything decided before the first file.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) calendar: Calendar,
    pub(crate) catalog: Catalog,
    pub(crate) world: World,
    pub(crate) permutations: [QuotaPermutation; 3],
    pub(crate) units: Vec<Unit>,
    pub(crate) planned: Vec<PlannedEvent>,
    /// The stories' entries of the answer key.
    pub(crate) stories: Vec<Value>,
}

impl Plan {
    /// Makes the plan of checked options.
    pub(crate) fn new(options: &SynthOptions) -> Self {
        let seed = mix(options.seed, 0x7ea1_1a4e);
        let calendar = Calendar::new(options.start, options.days);
        let catalog = Catalog::new();
        let world = World::new(seed);
        let xray = options.xray_events();
        let mut general = options.events - options.duplicates() - xray;

        let mut planner = Planner {
            world: &world,
            catalog: &catalog,
            calendar,
            seed,
            quotas: quotas(xray),
            planned: Vec::new(),
            quiet: Vec::new(),
        };
        let mut stories = if xray > 0 { stories::plant(&mut planner) } else { Vec::new() };
        if options.events >= intrusion::MIN_EVENTS
            && let Some((story, taken)) = intrusion::plant(&mut planner, general)
        {
            stories.push(story);
            general -= taken;
        }
        changes::plan(&mut planner);
        let Planner { quotas, mut planned, quiet, .. } = planner;
        planned.sort_by_key(|event| (event.account, event.region, event.slot));

        let bulk: Vec<(usize, u64)> = quotas
            .iter()
            .enumerate()
            .map(|(kind, left)| (kind, if changes_settings(&CALLS[kind].0) { 0 } else { *left }))
            .collect();
        let weights: Vec<u64> = catalog.kinds[catalog.xray_kinds..]
            .iter()
            .map(|kind| u64::from(kind.call.weight))
            .collect();
        let other: Vec<(usize, u64)> = divide(general, &weights)
            .into_iter()
            .enumerate()
            .map(|(at, count)| (catalog.xray_kinds + at, count))
            .collect();
        let permutations = [
            QuotaPermutation::new(&bulk[..SENDER_CALLS], mix(seed, 0xdec0)),
            QuotaPermutation::new(&bulk[SENDER_CALLS..], mix(seed, 0xdec1)),
            QuotaPermutation::new(&other, mix(seed, 0xdec2)),
        ];
        let units = {
            let layout = Layout { world: &world, calendar, seed, permutations: &permutations };
            let mut units = layout.units(&planned, &quiet);
            place_duplicates(&mut units, options.duplicates());
            units
        };
        Self { seed, calendar, catalog, world, permutations, units, planned, stories }
    }
}

/// Returns how many events each X-Ray call gets.
fn quotas(xray: u64) -> Vec<u64> {
    if xray == 0 {
        return vec![0; CALLS.len()];
    }
    let weights: Vec<u64> = CALLS.iter().map(|(_, share)| *share).collect();
    // What the stories need of each call in the smallest trail.
    let floor = |name: &str| match name {
        "PutTraceSegments" => 40,
        "BatchGetTraces" => 4,
        "GetTraceSummaries" | "GetSamplingTargets" => 3,
        "GetEncryptionConfig" => 2,
        "PutTelemetryRecords" | "GetSamplingRules" | "GetGroups" => 1,
        _ => 0,
    };
    let floors: Vec<u64> = CALLS
        .iter()
        .map(|(call, _)| if changes_settings(call) { WRITE_FLOOR } else { floor(call.name) })
        .collect();
    divide_with_floors(xray, &weights, &floors)
}

/// Lays events out in space and time.
struct Layout<'a> {
    world: &'a World,
    calendar: Calendar,
    seed: u64,
    permutations: &'a [QuotaPermutation; 3],
}

impl Layout<'_> {
    /// Returns an account's weights in the three pools.
    fn account_weights(&self, account: usize) -> [u64; 3] {
        let account = &self.world.accounts[account];
        [account.send_weight, account.read_weight, account.general_weight]
    }

    /// Returns the units, ordered by account, region and slot.
    fn units(&self, planned: &[PlannedEvent], quiet: &[(usize, usize, u32)]) -> Vec<Unit> {
        let mut weights = self.sampled_slots();
        let lightest = weights.values().copied().min().unwrap_or(SLOT_WEIGHT);
        for event in planned {
            // A story's slot gets a little ordinary traffic, too.
            let place = (event.account, event.region, event.slot);
            weights.entry(place).or_insert(lightest / 8);
        }
        for place in quiet {
            weights.insert(*place, 0);
        }
        let mut units: Vec<Unit> = weights
            .iter()
            .map(|((account, region, slot), _)| Unit {
                account: *account,
                region: *region,
                slot: *slot,
                ..Unit::default()
            })
            .collect();
        for (pool, permutation) in self.permutations.iter().enumerate() {
            let weigh = |((account, region, _), weight): (&(usize, usize, u32), &u64)| {
                let share = u128::from(self.account_weights(*account)[pool]);
                share * u128::from(REGIONS[*region].1) * u128::from(*weight)
            };
            let sum: u128 = weights.iter().map(weigh).sum();
            let mut passed = 0;
            let mut assigned = 0;
            for (unit, entry) in units.iter_mut().zip(&weights) {
                passed += weigh(entry) >> 20;
                let upto = (passed * u128::from(permutation.total()) / (sum >> 20).max(1)) as u64;
                unit.positions[pool] = (assigned, upto.saturating_sub(assigned));
                assigned = assigned.max(upto);
            }
            // Rounding down above may leave a few positions; the last unit with any takes them.
            let missing = permutation.total() - assigned;
            if let Some(unit) = units.iter_mut().rev().find(|unit| unit.positions[pool].1 > 0) {
                unit.positions[pool].1 += missing;
            }
        }
        attach_planned(&mut units, planned);
        count_group_sends(&mut units);
        units.retain(|unit| unit.bulk() > 0 || !unit.planned.is_empty());
        units
    }

    /// Returns the weight of every account, region and slot that has ordinary traffic.
    fn sampled_slots(&self) -> BTreeMap<(usize, usize, u32), u64> {
        let totals = self.permutations.each_ref().map(QuotaPermutation::total);
        let sums: [u64; 3] = std::array::from_fn(|pool| {
            (0..ACCOUNTS.len()).map(|account| self.account_weights(account)[pool]).sum()
        });
        // Expected events of each group and region, in hundredths.
        let mut expected = Vec::new();
        for group in 0..GROUPS {
            let accounts = group * GROUP_SIZE..(group + 1) * GROUP_SIZE;
            let events: u64 = (0..3)
                .map(|pool| {
                    let own: u64 =
                        accounts.clone().map(|account| self.account_weights(account)[pool]).sum();
                    (u128::from(totals[pool]) * u128::from(own) / u128::from(sums[pool].max(1)))
                        as u64
                })
                .sum();
            expected.extend(REGIONS.iter().map(|(_, share, _)| events * u64::from(*share)));
        }
        let wanted = (totals.iter().sum::<u64>() / EVENTS_PER_SLOT).max(1);
        let mut weights = BTreeMap::new();
        for (at, slots) in divide(wanted, &expected).into_iter().enumerate() {
            let (group, region) = (at / REGIONS.len(), at % REGIONS.len());
            for (slot, weight) in self.slots_of(group, region, slots) {
                for account in group * GROUP_SIZE..(group + 1) * GROUP_SIZE {
                    weights.insert((account, region, slot), weight);
                }
            }
        }
        weights
    }

    /// Chooses `wanted` slots of a group and region along the rate curve, with their weights.
    fn slots_of(&self, group: usize, region: usize, wanted: u64) -> Vec<(u32, u64)> {
        let slots = self.calendar.slots();
        let place_seed = mix3(self.seed, 0x510, place(group, region) as u64);
        let rate = |slot| self.calendar.rate(slot, REGIONS[region].2, place_seed);
        let total: u64 = (0..slots).map(rate).sum::<u64>().max(1);
        if wanted * 3 >= u64::from(slots) * 2 {
            return (0..slots).map(|slot| (slot, rate(slot) * SLOT_WEIGHT / total)).collect();
        }
        // One slot in each of `wanted` stretches of equal expected traffic.
        let mut rng = Rng::new(place_seed);
        let mut chosen = Vec::with_capacity(wanted as usize);
        let (mut slot, mut passed) = (0, rate(0));
        for stretch in 0..wanted {
            let inside = u64::from(rng.below(1 << 20));
            let target = (u128::from(total) * u128::from((stretch << 20) + inside)
                / u128::from(wanted << 20)) as u64;
            while passed <= target && slot + 1 < slots {
                slot += 1;
                passed += rate(slot);
            }
            let noise = 800 + u64::from(rng.below(400));
            let weight = SLOT_WEIGHT / wanted * noise / 1000;
            match chosen.last_mut() {
                Some((last, sum)) if *last == slot => *sum += weight,
                _ => chosen.push((slot, weight)),
            }
        }
        chosen
    }
}

/// Gives every unit its planned events; both lists are in the same order.
fn attach_planned(units: &mut [Unit], planned: &[PlannedEvent]) {
    let mut at = 0;
    for unit in units {
        let first = at;
        let here = (unit.account, unit.region, unit.slot);
        while planned.get(at).is_some_and(|event| (event.account, event.region, event.slot) == here)
        {
            at += 1;
        }
        unit.planned = first..at;
    }
}

/// Sums the sending calls of each group of accounts, region and slot.
fn count_group_sends(units: &mut [Unit]) {
    let mut sums: BTreeMap<(usize, usize, u32), u64> = BTreeMap::new();
    let place = |unit: &Unit| (unit.account / GROUP_SIZE, unit.region, unit.slot);
    for unit in units.iter() {
        *sums.entry(place(unit)).or_default() += unit.positions[SENDS].1;
    }
    for unit in units {
        unit.group_sends = sums.get(&place(unit)).copied().unwrap_or_default();
    }
}

/// Decides which units deliver events twice: batches of some twenty, in every twentieth unit, and if
/// that is too little, more.
fn place_duplicates(units: &mut [Unit], mut wanted: u64) {
    let few_planned = |unit: &&mut Unit| unit.planned.len() as u64 * 4 <= unit.bulk();
    for (every, batch) in [(20, 20), (20, u64::MAX), (1, u64::MAX)] {
        for unit in units.iter_mut().filter(few_planned).skip(every / 2).step_by(every) {
            // The first of the unit's two files holds the originals; half of it may come again.
            let room = (unit.bulk() / 4).min(batch);
            let more = room.saturating_sub(unit.duplicates).min(wanted);
            unit.duplicates += more;
            wanted -= more;
        }
    }
    // Only a trail of very few units comes here.
    for unit in units.iter_mut().filter(few_planned) {
        let more = (unit.bulk() / 2).saturating_sub(unit.duplicates).min(wanted);
        unit.duplicates += more;
        wanted -= more;
    }
}
