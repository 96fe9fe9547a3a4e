//! Chooses who makes a call of one account and region.
//!
//! Follows docs/events.md, section "Who": senders by their share of the volume, pollers that stay the
//! same from slot to slot, readers that are robots or, in office hours, people in sessions of many
//! calls.

use crate::accounts::{REGIONS, place};
use crate::catalog::call::{Call, Caller};
use crate::plan::{Plan, Unit};
use crate::population::{Account, World};
use crate::principals::Principal;
use crate::rng::{Rng, mix3};
use crate::roles::Client;
use crate::sessions::Session;

/// Who makes a call: a principal and one of its sessions.
pub(crate) type Actor<'a> = (&'a Principal, &'a Session);

/// The possible callers of one unit.
#[derive(Debug)]
pub(crate) struct Callers<'a> {
    world: &'a World,
    account: &'a Account,
    /// Seed of the order in which hosts poll, the same for all slots.
    polling_seed: u64,
    office: bool,
    /// The person who reads at the moment, and how many calls are left.
    reading: Option<(Actor<'a>, u32)>,
}

impl<'a> Callers<'a> {
    pub(crate) fn new(plan: &'a Plan, unit: &Unit) -> Self {
        Self {
            world: &plan.world,
            account: &plan.world.accounts[unit.account],
            polling_seed: mix3(plan.seed, 0x9011, place(unit.account, unit.region) as u64),
            office: plan.calendar.office_hours(unit.slot, REGIONS[unit.region].2),
            reading: None,
        }
    }

    /// Returns a principal with any of its sessions.
    #[inline]
    pub(crate) fn actor(&self, principal: usize, rng: &mut Rng) -> Actor<'a> {
        let caller = &self.world.principals[principal];
        (caller, &caller.sessions[rng.below(caller.sessions.len() as u32) as usize])
    }

    #[inline]
    fn one_of(&self, principals: &[usize], rng: &mut Rng) -> Actor<'a> {
        self.actor(principals[rng.below(principals.len() as u32) as usize], rng)
    }

    /// Returns a sending host.
    #[inline]
    pub(crate) fn sender(&self, rng: &mut Rng) -> Actor<'a> {
        self.one_of(&self.account.senders, rng)
    }

    /// Returns the poller of a number: the same in every slot, so that it keeps polling.
    pub(crate) fn poller(&self, number: u64) -> Actor<'a> {
        let pollers = &self.account.pollers;
        let dice = mix3(self.polling_seed, 1, number);
        let caller = &self.world.principals[pollers[dice as usize % pollers.len()]];
        (caller, &caller.sessions[(dice >> 40) as usize % caller.sessions.len()])
    }

    /// Returns the host of a number that runs a daemon (only daemons report telemetry).
    pub(crate) fn daemon(&self, number: u64) -> Actor<'a> {
        let tries = (0..8).map(|attempt| self.poller(number * 8 + attempt));
        let mut daemons = tries.filter(|(caller, _)| caller.client == Some(Client::Daemon));
        daemons.next().unwrap_or_else(|| self.poller(number))
    }

    /// Returns who reads next: 15 % of the reads are people's, 5 to 60 calls at a time.
    pub(crate) fn reader(&mut self, rng: &mut Rng) -> Actor<'a> {
        if let Some((actor, left)) = self.reading {
            self.reading = (left > 1).then_some((actor, left - 1));
            return actor;
        }
        if self.office && rng.chance(38_000) {
            let set = usize::from(rng.chance(300_000));
            let person = self.actor(self.account.people[set], rng);
            self.reading = Some((person, rng.between(5, 60)));
        }
        self.one_of(&self.account.robots, rng)
    }

    /// Returns the caller of an event that is not X-Ray's.
    pub(crate) fn of(&self, call: &Call, rng: &mut Rng) -> Actor<'a> {
        let account = self.account;
        let mut dice = rng.below(100);
        let chosen = call.callers.iter().find(|(_, share)| {
            let hit = dice < *share;
            dice = dice.wrapping_sub(*share);
            hit
        });
        match chosen.map_or(Caller::App, |(caller, _)| *caller) {
            Caller::App => self.one_of(&account.apps, rng),
            Caller::Invoked => self.one_of(&account.invoked, rng),
            Caller::Service => match call.source {
                "s3" => self.one_of(&account.services[3..6], rng),
                "kms" => self.one_of(&account.services, rng),
                _ => self.one_of(&account.services[..3], rng),
            },
            Caller::User => self.one_of(&account.users, rng),
            Caller::Person if self.office => self.one_of(&account.people, rng),
            // At night nobody of the staff signs in; a tool's user does.
            Caller::Person if call.source == "signin" => self.one_of(&account.users, rng),
            // At night and on weekends the pipeline does what people do by day.
            Caller::Person | Caller::Pipeline => self.actor(account.pipeline, rng),
            Caller::Root => self.actor(account.root, rng),
            Caller::Federated => self.actor(account.federated, rng),
            Caller::Workforce => self.actor(account.workforce, rng),
            Caller::Foreign => self.actor(account.foreign, rng),
            Caller::Scanner => self.actor(account.scanner, rng),
        }
    }
}
