//! Places single events by plan: the small sequential part of a trail.
//!
//! Owns the planned events (stories and setting changes), rendered at once because they are few, and
//! the quotas they are taken from, so that planted events do not change the shares of their calls.

use crate::catalog::Catalog;
use crate::clock::Calendar;
use crate::json::uuid_text;
use crate::population::World;
use crate::record::{Body, Draft, Era};
use crate::render::RenderContext;
use crate::rng::{Rng, mix, mix3};
use crate::traces::TracePool;

/// A planned event, ready to be put into the file of its account, region and slot.
#[derive(Debug)]
pub(crate) struct PlannedEvent {
    pub(crate) account: usize,
    pub(crate) region: usize,
    pub(crate) slot: u32,
    pub(crate) kind: usize,
    /// Index of the error code, if the call failed.
    pub(crate) code: Option<usize>,
    /// Whether an old daemon sent it.
    pub(crate) old_daemon: bool,
    pub(crate) record: Vec<u8>,
}

/// A call for which an event is planned.
#[derive(Debug, Clone)]
pub(crate) struct PlannedCall {
    /// The name of the event.
    pub(crate) name: &'static str,
    pub(crate) account: usize,
    pub(crate) region: usize,
    /// Event time in seconds since 1970.
    pub(crate) epoch: i64,
    pub(crate) principal: usize,
    pub(crate) session: usize,
    /// Position in the faults of the call.
    pub(crate) fault: Option<usize>,
    /// Request and response other than the catalogue's.
    pub(crate) request: Option<Vec<u8>>,
    pub(crate) response: Option<Vec<u8>>,
    pub(crate) era: Era,
}

/// Makes planned events, out of the quotas of their calls.
pub(crate) struct Planner<'a> {
    pub(crate) world: &'a World,
    pub(crate) catalog: &'a Catalog,
    pub(crate) calendar: Calendar,
    pub(crate) seed: u64,
    /// Events left of each X-Ray call.
    pub(crate) quotas: Vec<u64>,
    pub(crate) planned: Vec<PlannedEvent>,
    /// Account, region and slot where nothing but planned events may be.
    pub(crate) quiet: Vec<(usize, usize, u32)>,
}

impl Planner<'_> {
    /// Returns a stream for the next planned event.
    pub(crate) fn rng(&self) -> Rng {
        Rng::new(mix3(self.seed, 0x57a6e, self.planned.len() as u64))
    }

    /// Returns how many events of a call are left.
    pub(crate) fn left(&self, call: &str) -> u64 {
        self.quotas[self.catalog.xray(call)]
    }

    /// Returns the trace ids for a planned event; nobody shares them.
    pub(crate) fn traces(&self, epoch: i64) -> TracePool {
        let seed = mix3(self.seed, 0x7ace, self.planned.len() as u64);
        TracePool::new(seed, 0, epoch, 1, 1)
    }

    /// Takes an event from the quota of an X-Ray call.
    pub(crate) fn take(&mut self, kind: usize) {
        self.quotas[kind] = self.quotas[kind].saturating_sub(1);
    }

    /// Makes an event of an X-Ray call and returns its event id.
    pub(crate) fn plan_xray(&mut self, call: &PlannedCall) -> String {
        let kind = self.catalog.xray(call.name);
        self.take(kind);
        self.plan(kind, call)
    }

    /// Makes an event of any kind, whose quota is the caller's affair, and returns its event id.
    pub(crate) fn plan(&mut self, kind_index: usize, call: &PlannedCall) -> String {
        let number = self.planned.len() as u64;
        let mut rng = Rng::new(mix3(self.seed, 0xac7, number));
        let kind = &self.catalog.kinds[kind_index];
        let caller = &self.world.principals[call.principal];
        let session = &caller.sessions[call.session % caller.sessions.len()];
        let event_id = [mix3(self.seed, 0xe1d, number), mix(self.seed, number)];
        let fault = call.fault.map(|at| &kind.faults[at]);
        let draft = Draft {
            kind,
            context: RenderContext {
                world: self.world,
                account: call.account,
                region: call.region,
                epoch: call.epoch,
                caller,
                session,
                ids: [rng.word(), rng.word(), rng.word(), rng.word()],
                traces: self.traces(call.epoch),
            },
            event_id,
            fault,
            request: call.request.as_deref().map_or(Body::Usual, Body::Text),
            response: call.response.as_deref().map_or(Body::Usual, Body::Text),
            agent: None,
            amended: false,
            era: call.era,
        };
        let mut record = Vec::with_capacity(1500);
        draft.write(&mut record, &mut rng);
        self.planned.push(PlannedEvent {
            account: call.account,
            region: call.region,
            slot: self.calendar.slot_of(call.epoch),
            kind: kind_index,
            code: fault.map(|fault| fault.code_index),
            old_daemon: caller.old_daemon,
            record,
        });
        uuid_text(event_id)
    }
}
