//! Who is in the trail: every principal of every account, and the keys and endpoints of accounts.
//!
//! Follows docs/events.md, "A synthetic generator that looks real", section Who. The population is the
//! same for every seed except for its identifiers.

use crate::accounts::{ACCOUNTS, GROUP_SIZE, GROUPS, MONITORING, REGIONS, SECURITY, place};
use crate::principals::{self, Builder, Principal};
use crate::rng::{mix, mix3};
use crate::roles::{Client, Place, SENDERS, ZIPF};
use crate::script::Script;
use crate::sessions::Tls;

/// Weights of X-Ray reads and of everything else by account; sending follows the roles.
const READ_WEIGHTS: [u32; 12] = [16, 6, 4, 12, 3, 2, 8, 2, 2, 34, 9, 2];
const GENERAL_WEIGHTS: [u32; 12] = [20, 14, 11, 9, 8, 7, 6, 5, 4, 5, 7, 4];

/// The principals of one account, by what they do. All lists are indices into `World::principals`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    /// 1,024 sender roles, each as often as its share of the account's volume.
    pub(crate) senders: Vec<usize>,
    /// Sender roles whose hosts poll for sampling targets.
    pub(crate) pollers: Vec<usize>,
    /// The state machine role that is denied every poll, in the accounts that have one.
    pub(crate) denied: Option<usize>,
    pub(crate) robots: Vec<usize>,
    pub(crate) people: Vec<usize>,
    pub(crate) pipeline: usize,
    pub(crate) apps: Vec<usize>,
    pub(crate) invoked: Vec<usize>,
    pub(crate) services: Vec<usize>,
    pub(crate) users: Vec<usize>,
    pub(crate) root: usize,
    pub(crate) federated: usize,
    pub(crate) workforce: usize,
    pub(crate) foreign: usize,
    pub(crate) scanner: usize,
    pub(crate) send_weight: u64,
    pub(crate) read_weight: u64,
    pub(crate) general_weight: u64,
}

/// The principals that occur in planted stories only (indices into `World::principals`).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cast {
    /// A partner's role from outside, which fetches traces.
    pub(crate) partner: usize,
    /// The role whose sampling is switched off.
    pub(crate) blinded: usize,
    /// The role that still speaks TLS 1.0.
    pub(crate) antique: usize,
    /// The role that goes silent.
    pub(crate) silent: usize,
}

/// Everybody and everything events refer to.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    pub(crate) cast: Cast,
    pub(crate) accounts: Vec<Account>,
    pub(crate) principals: Vec<Principal>,
    /// First of the intruders among the principals.
    pub(crate) intruders: usize,
    /// What the names of the intrusion's script stand for.
    pub(crate) plot: Vec<String>,
    endpoints: Vec<String>,
}

impl World {
    /// Builds the population of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut builder = Builder::new(seed);
        let mut accounts: Vec<Account> =
            (0..ACCOUNTS.len()).map(|index| people_and_robots(&mut builder, index)).collect();
        let mut volume = vec![Vec::new(); ACCOUNTS.len()];
        for (rank, role) in SENDERS.iter().enumerate() {
            let home = rank % (GROUP_SIZE * (GROUPS - 1));
            let principal = builder.sender(home, rank);
            volume[home].push((principal, ZIPF[rank]));
            accounts[home].send_weight += u64::from(ZIPF[rank]);
            if matches!(role.client, Client::Daemon | Client::Sdk) {
                accounts[home].pollers.push(principal);
            }
            if role.place == Place::States {
                accounts[home].denied = Some(principal);
            }
        }
        for (account, volume) in accounts.iter_mut().zip(&volume) {
            account.senders = by_share(volume, 1024);
            if account.pollers.is_empty() {
                account.pollers = volume.iter().map(|(principal, _)| *principal).collect();
            }
        }
        let cast = Cast {
            partner: builder.outside("999900009999", "partner-analytics", "export-job"),
            blinded: builder.story_role(0, "booking-task", 3, Tls::V13),
            antique: builder.story_role(3, "pos-terminal-bridge", 2, Tls::V10),
            silent: builder.story_role(5, "coupon-engine-task", 4, Tls::V12),
        };
        let endpoint = |place: u64| {
            let digits = crate::json::hex16(mix3(seed, 0xe4d0, place));
            format!("vpce-0{}", String::from_utf8_lossy(&digits))
        };
        let places = place(ACCOUNTS.len(), REGIONS.len()) as u64;
        let script = Script::read();
        let plot = script.texts(seed);
        let mut principals = builder.principals;
        let intruders = principals.len();
        principals.extend(script.principals(&plot));
        Self {
            seed,
            cast,
            accounts,
            principals,
            intruders,
            plot,
            endpoints: (0..places).map(endpoint).collect(),
        }
    }

    /// Returns an account's id.
    #[inline]
    pub(crate) fn account_id(&self, account: usize) -> &'static [u8] {
        ACCOUNTS[account].as_bytes()
    }

    /// Returns a region's name.
    #[inline]
    pub(crate) fn region_name(&self, region: usize) -> &'static [u8] {
        REGIONS[region].0.as_bytes()
    }

    /// Returns the interface endpoint of an account and region.
    #[inline]
    pub(crate) fn endpoint(&self, account: usize, region: usize) -> &[u8] {
        self.endpoints[place(account, region)].as_bytes()
    }

    /// Returns the two words of one of the six KMS keys of an account and region.
    #[inline]
    pub(crate) fn key(&self, account: usize, region: usize, choice: u64) -> [u64; 2] {
        let place = place(account, region) as u64;
        let key = mix3(self.seed ^ 0x6b_6d73, place, choice % 6);
        [key, mix(key, 1)]
    }
}

/// Returns `size` entries, each principal as often as its share of the summed weights.
fn by_share(volume: &[(usize, u32)], size: usize) -> Vec<usize> {
    let total: u64 = volume.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut table = Vec::with_capacity(size);
    let mut passed = 0;
    for (principal, weight) in volume {
        passed += u64::from(*weight);
        table.resize((passed * size as u64 / total.max(1)) as usize, *principal);
    }
    table
}

/// Builds the principals every account has.
fn people_and_robots(builder: &mut Builder, index: usize) -> Account {
    let robots = match index {
        MONITORING => vec!["grafana-traces", "grafana-canary"],
        SECURITY => vec!["posture-scanner"],
        0 | 3 | 6 => vec!["datadog-integration"],
        1 | 4 => vec!["trace-archiver"],
        _ => vec!["cost-usage-reader"],
    };
    Account {
        robots: robots.into_iter().map(|name| builder.robot(index, name)).collect(),
        people: principals::PERMISSION_SETS.iter().map(|set| builder.people(index, set)).collect(),
        pipeline: builder.pipeline(index),
        apps: principals::APPS.iter().map(|name| builder.app(index, name)).collect(),
        invoked: principals::INVOKERS.iter().map(|by| builder.invoked(index, by)).collect(),
        services: principals::SERVICES.iter().map(|name| builder.service(name)).collect(),
        users: principals::USERS.iter().map(|name| builder.user(index, name)).collect(),
        root: builder.root(index),
        federated: builder.federated(index),
        workforce: builder.workforce(index),
        foreign: builder.foreign(),
        scanner: builder.robot(index, "config-recorder"),
        read_weight: u64::from(READ_WEIGHTS[index]),
        general_weight: u64::from(GENERAL_WEIGHTS[index]),
        ..Account::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_sends_and_nobody_else() {
        let world = World::new(1);
        for (index, account) in world.accounts.iter().enumerate() {
            assert_eq!(account.senders.len(), if index < 9 { 1024 } else { 0 });
        }
        let top = world.accounts[0].senders.iter().filter(|p| **p == world.accounts[0].senders[0]);
        assert!(top.count() > 700);
    }
}
