//! Generates the events of one unit, and cuts them into files.
//!
//! Follows docs/events.md, sections "Who", "Time" and "Sizes": who calls, when within the slot, and
//! what goes wrong. A unit needs nothing but the plan and its own number.

use crate::accounts::{GROUP_SIZE, place};
use crate::callers::{Actor, Callers};
use crate::catalog::{DENIED, Fault, INVALID, Kind, THROTTLED};
use crate::clock::SLOT_SECONDS;
use crate::plan::{GENERAL, Plan, READS, SENDS, Unit};
use crate::record::{Body, Draft, Era};
use crate::render::RenderContext;
use crate::rng::{Rng, mix3};
use crate::roles::Client;
use crate::sends;
use crate::sessions::{browser, poll_agent};
use crate::shares::QuotaDraws;
use crate::tally::Tally;
use crate::traces::{TracePool, age};

/// Most events of one file.
const FILE_EVENTS: u64 = 1000;
/// One in so many events was amended later (0.02 %).
const AMENDED_EVERY: u64 = 5000;

/// Buffers a worker keeps from unit to unit.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The JSON of the file at hand.
    pub(crate) json: Vec<u8>,
    request: Vec<u8>,
    response: Vec<u8>,
    /// Records to be delivered again, one after the other, with where each ends.
    copies: Vec<u8>,
    copy_ends: Vec<(usize, usize, Option<usize>)>,
}

/// One unit being generated.
pub(crate) struct Maker<'a> {
    plan: &'a Plan,
    number: usize,
    unit: &'a Unit,
    rng: Rng,
    draws: [QuotaDraws<'a>; 3],
    left: [u64; 3],
    planned: std::ops::Range<usize>,
    copies_wanted: u64,
    copies_placed: usize,
    traces: TracePool,
    slot_start: i64,
    /// Seconds of the slot in which calls are throttled.
    storm: std::ops::Range<u32>,
    /// Second of the slot when new tasks start and all ask for the rules.
    deployment: Option<u32>,
    polls: u64,
    reports: u64,
    denials: u64,
    callers: Callers<'a>,
    /// Which of every [`AMENDED_EVERY`] positions is amended; small enough for the smallest trail.
    amended_at: u64,
}

/// A record that was written.
struct Written {
    kind: usize,
    code: Option<usize>,
    event_id: [u64; 2],
}

/// One call to be written.
struct Call<'a> {
    kind: usize,
    number: u64,
    actor: Actor<'a>,
    /// Milliseconds since the start of the slot.
    now_ms: u32,
    fault: Option<usize>,
    agent: Option<&'a str>,
}

impl<'a> Maker<'a> {
    /// Starts the unit of a number.
    pub(crate) fn new(plan: &'a Plan, number: usize) -> Self {
        let unit = &plan.units[number];
        let number_of = |account| place(account, unit.region) as u64;
        let seed = mix3(plan.seed ^ 0x0417, number_of(unit.account), u64::from(unit.slot));
        let mut rng = Rng::new(seed);
        let group = number_of(unit.account / GROUP_SIZE);
        let slot_start = plan.calendar.slot_start(unit.slot);
        let calls = |sends: u64| (sends * 2 / 3).min(u64::from(u32::MAX)) as u32;
        let storm = if rng.chance(26_000) {
            let length = rng.between(120, 480);
            let start = rng.below(SLOT_SECONDS as u32 - length);
            start..start + length
        } else {
            0..0
        };
        let deployment = rng.chance(50_000).then(|| rng.below(480));
        Self {
            plan,
            number,
            unit,
            amended_at: plan.seed % AMENDED_EVERY.min(plan.permutations[SENDS].total().max(1)),
            draws: [SENDS, READS, GENERAL]
                .map(|pool| plan.permutations[pool].draws_from(unit.positions[pool].0)),
            left: unit.positions.map(|(_, count)| count),
            planned: unit.planned.clone(),
            copies_wanted: unit.duplicates,
            copies_placed: 0,
            traces: TracePool::new(
                mix3(plan.seed ^ 0x6407, group, u64::from(unit.slot)),
                unit.account,
                slot_start,
                calls(unit.group_sends),
                calls(unit.positions[SENDS].1),
            ),
            slot_start,
            storm,
            deployment,
            polls: 0,
            reports: 0,
            denials: 0,
            callers: Callers::new(plan, unit),
            rng,
        }
    }

    /// Returns the number of files of the unit. Second copies need a second file to be in.
    pub(crate) fn files(&self) -> u64 {
        let events = self.unit.bulk() + self.unit.planned.len() as u64;
        events.div_ceil(FILE_EVENTS).max(1 + u64::from(self.unit.duplicates > 0))
    }

    /// Writes the records of one file (of [`Self::files`]) into `scratch.json`; returns how many.
    pub(crate) fn write_file(
        &mut self,
        file: u64,
        scratch: &mut Scratch,
        tally: &mut Tally,
    ) -> u64 {
        let files = self.files();
        let events = self.unit.bulk() + self.unit.planned.len() as u64;
        let mut due = events * (file + 1) / files - events * file / files;
        if file == 0 {
            scratch.copies.clear();
            scratch.copy_ends.clear();
        }
        let mut copies_due = if file + 1 == files { scratch.copy_ends.len() as u64 } else { 0 };
        scratch.json.clear();
        scratch.json.extend_from_slice(b"{\"Records\":[");
        let total = due + copies_due;
        while due + copies_due > 0 {
            // Interleave at random, so that a file is unordered and mixed.
            if copies_due > 0 && u64::from(self.rng.below((due + copies_due) as u32)) < copies_due {
                self.place_copy(scratch, tally);
                copies_due -= 1;
            } else {
                self.write_event(scratch, tally, file + 1 == files);
                due -= 1;
            }
            scratch.json.push(b',');
        }
        scratch.json.pop();
        scratch.json.extend_from_slice(b"]}");
        total
    }

    fn place_copy(&mut self, scratch: &mut Scratch, tally: &mut Tally) {
        let start = match self.copies_placed {
            0 => 0,
            placed => scratch.copy_ends[placed - 1].0,
        };
        let (end, kind, code) = scratch.copy_ends[self.copies_placed];
        self.copies_placed += 1;
        scratch.json.extend_from_slice(&scratch.copies[start..end]);
        tally.count_copy(kind, code);
    }

    /// Writes one event of whichever pool the dice choose.
    fn write_event(&mut self, scratch: &mut Scratch, tally: &mut Tally, last_file: bool) {
        let [sends, reads, general] = self.left;
        let bulk = sends + reads + general;
        // Where events come twice, planned ones wait for the last file: only originals of ordinary
        // events may come again, or a story's numbers would depend on deduplication.
        let hold = self.unit.duplicates > 0 && !last_file && bulk > 0;
        let open = if hold { bulk } else { bulk + self.planned.len() as u64 };
        let dice = u64::from(self.rng.below(open as u32));
        if dice >= bulk {
            let event = &self.plan.planned[self.planned.start];
            self.planned.start += 1;
            scratch.json.extend_from_slice(&event.record);
            tally.count(event.kind, event.code);
            tally.old_daemon += u64::from(event.old_daemon);
            return;
        }
        let start = scratch.json.len();
        let written = if dice < sends {
            self.left[SENDS] -= 1;
            self.write_send(scratch, tally)
        } else if dice < sends + reads {
            self.left[READS] -= 1;
            self.write_read(scratch, tally)
        } else {
            self.left[GENERAL] -= 1;
            self.write_general(scratch, tally)
        };
        tally.count(written.kind, written.code);
        if self.copies_wanted > 0 && !last_file {
            self.copies_wanted -= 1;
            scratch.copies.extend_from_slice(&scratch.json[start..]);
            scratch.copy_ends.push((scratch.copies.len(), written.kind, written.code));
            tally.note_duplicate(self.number, written.event_id);
        }
    }

    /// Writes a call of a sending host.
    fn write_send(&mut self, scratch: &mut Scratch, tally: &mut Tally) -> Written {
        let (number, kind) = self.draws[SENDS].draw();
        let Scratch { json, request, response, .. } = scratch;
        request.clear();
        let mut call = Call {
            kind,
            number,
            actor: self.callers.sender(&mut self.rng),
            now_ms: 0,
            fault: None,
            agent: None,
        };
        let mut answer = Body::Usual;
        match kind {
            0 => {
                let burst = self.traces.burst(&mut self.rng);
                call.now_ms = (burst.start_ms + age(&mut self.rng)).min(599_000);
                let rng = &mut self.rng;
                let count = sends::write_segments(request, &self.traces, burst, call.now_ms, rng);
                answer = Body::Text(sends::ALL_PROCESSED);
                if self.rng.below(1000) < 4 {
                    response.clear();
                    sends::write_unprocessed(response, count, &mut self.rng);
                    answer = Body::Text(response);
                }
            }
            1 => {
                let (poller, turn) = (self.polls / 60, self.polls % 60);
                self.polls += 1;
                call.actor = self.callers.poller(poller);
                call.agent = Some(poll_agent(call.actor.1));
                call.now_ms = self.beat(call.actor.1.seed, 10, turn);
                let epoch = self.slot_start + i64::from(call.now_ms / 1000);
                sends::write_targets(request, call.actor.1, poller % 2, epoch, &mut self.rng);
            }
            2 => {
                let (host, turn) = (self.reports / 10, self.reports % 10);
                self.reports += 1;
                call.actor = self.callers.daemon(host);
                call.now_ms = self.beat(call.actor.1.seed, 60, turn);
                let epoch = self.slot_start + i64::from(call.now_ms / 1000);
                sends::write_telemetry(request, call.actor.1, epoch, &mut self.rng);
            }
            _ => self.ask_for_rules(&mut call),
        }
        if call.fault.is_none() && self.is_throttled(call.now_ms) {
            call.fault = Some(THROTTLED);
        }
        let hosts_own = call.actor.0.old_daemon && call.agent.is_none();
        tally.old_daemon += u64::from(hosts_own);
        let body = if request.is_empty() { Body::Usual } else { Body::Text(request) };
        self.write(json, tally, &call, body, answer)
    }

    /// Lets a task ask for the sampling rules, or a state machine that may not.
    fn ask_for_rules(&mut self, call: &mut Call<'a>) {
        let account = &self.plan.world.accounts[self.unit.account];
        match account.denied {
            // About 0.12 % of all X-Ray events: polls of these roles, once a minute, are denied.
            Some(denied) if self.rng.chance(270_000) => {
                call.actor = self.callers.actor(denied, &mut self.rng);
                call.now_ms = ((self.denials % 10 * 60 + 43) * 1000) as u32;
                call.fault = Some(DENIED);
                self.denials += 1;
            }
            _ => {
                call.now_ms = match self.deployment {
                    Some(second) => (second + self.rng.below(90)) * 1000,
                    None => self.rng.below(SLOT_SECONDS as u32 * 1000),
                };
                if matches!(call.actor.0.client, Some(Client::Daemon | Client::Sdk)) {
                    call.agent = Some(poll_agent(call.actor.1));
                }
            }
        }
    }

    /// Writes a call of somebody who reads traces or looks at settings.
    fn write_read(&mut self, scratch: &mut Scratch, tally: &mut Tally) -> Written {
        let (number, kind) = self.draws[READS].draw();
        let actor = self.callers.reader(&mut self.rng);
        let now_ms = self.rng.below(SLOT_SECONDS as u32 * 1000);
        let fault = if self.is_throttled(now_ms) {
            Some(THROTTLED)
        } else {
            self.rng.chance(4000).then_some(INVALID)
        };
        let call = Call { kind, number, actor, now_ms, fault, agent: None };
        self.write(&mut scratch.json, tally, &call, Body::Usual, Body::Usual)
    }

    /// Writes an event that is not X-Ray's.
    fn write_general(&mut self, scratch: &mut Scratch, tally: &mut Tally) -> Written {
        let (number, kind) = self.draws[GENERAL].draw();
        let described = &self.plan.catalog.kinds[kind];
        let actor = self.callers.of(&described.call, &mut self.rng);
        let agent = (described.call.source == "signin").then(|| browser(actor.1));
        let mut dice = self.rng.below(1000);
        let fault = described.faults.iter().position(|fault| {
            let hit = dice < fault.per_mille;
            dice = dice.wrapping_sub(fault.per_mille);
            hit
        });
        let now_ms = self.rng.below(SLOT_SECONDS as u32 * 1000);
        let call = Call { kind, number, actor, now_ms, fault, agent };
        self.write(&mut scratch.json, tally, &call, Body::Usual, Body::Usual)
    }

    /// Writes the record of a call.
    #[inline]
    fn write(
        &mut self,
        json: &mut Vec<u8>,
        tally: &mut Tally,
        call: &Call<'a>,
        request: Body<'_>,
        response: Body<'_>,
    ) -> Written {
        let plan = self.plan;
        let kind: &Kind = &plan.catalog.kinds[call.kind];
        let rng = &mut self.rng;
        let event_id = [rng.word(), rng.word()];
        let fault: Option<&Fault> = call.fault.map(|at| &kind.faults[at]);
        let amended = call.number % AMENDED_EVERY == self.amended_at;
        tally.amended += u64::from(amended);
        let draft = Draft {
            kind,
            context: RenderContext {
                world: &plan.world,
                account: self.unit.account,
                region: self.unit.region,
                epoch: self.slot_start + i64::from(call.now_ms / 1000),
                caller: call.actor.0,
                session: call.actor.1,
                ids: [rng.word(), rng.word(), rng.word(), rng.word()],
                traces: self.traces,
            },
            event_id,
            fault,
            request,
            response,
            agent: call.agent,
            amended,
            era: Era::Present,
        };
        draft.write(json, rng);
        Written { kind: call.kind, code: fault.map(|fault| fault.code_index), event_id }
    }

    /// Returns whether a call at this time is throttled: 35 % within the unit's storm.
    #[inline]
    fn is_throttled(&mut self, now_ms: u32) -> bool {
        self.storm.contains(&(now_ms / 1000)) && self.rng.chance(350_000)
    }

    /// Returns the time of a poller's turn: a fixed phase, every `period` seconds, 10 % jitter.
    fn beat(&mut self, seed: u64, period: u32, turn: u64) -> u32 {
        let phase = (seed % u64::from(period * 1000)) as u32;
        let regular = phase + period * 1000 * turn as u32;
        let jitter = self.rng.below(period * 200);
        (regular + jitter).saturating_sub(period * 100).min(599_999)
    }
}
