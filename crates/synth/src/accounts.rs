//! The accounts and regions of a trail.
//!
//! Follows docs/events.md, "A synthetic generator that looks real", section Who: twelve accounts (nine
//! workloads in three groups that share traces, one monitoring, one security, one sandbox) and four
//! regions weighted 55/25/12/8. Account ids are the documentation's three and obviously invented ones.

/// Account ids: nine workloads, then monitoring, security, sandbox.
pub(crate) const ACCOUNTS: [&str; 12] = [
    "111122223333",
    "444455556666",
    "123456789012",
    "222233334444",
    "333344445555",
    "555566667777",
    "666677778888",
    "777788889999",
    "888899990000",
    "100010001000",
    "200020002000",
    "300030003000",
];
/// Index of the monitoring account, where most traces are read.
pub(crate) const MONITORING: usize = 9;
/// Index of the security account.
pub(crate) const SECURITY: usize = 10;
/// Accounts of one group; the groups are consecutive runs of [`ACCOUNTS`].
pub(crate) const GROUP_SIZE: usize = 3;
/// Number of groups.
pub(crate) const GROUPS: usize = 4;

/// Region name, share in percent, hours from UTC. The last one only an intruder uses.
pub(crate) const REGIONS: [(&str, u32, i32); 5] = [
    ("us-east-1", 55, -5),
    ("eu-west-1", 25, 0),
    ("us-west-2", 12, -8),
    ("ap-southeast-1", 8, 8),
    ("ap-south-2", 0, 5),
];
/// Regions with ordinary traffic.
const OWN_REGIONS: usize = 4;

/// Returns the number of a region of an account, or of a group of accounts, for sub-seeds.
pub(crate) fn place(account: usize, region: usize) -> usize {
    // The intruder's region comes after those of all accounts.
    let behind = if region < OWN_REGIONS { 0 } else { ACCOUNTS.len() * OWN_REGIONS };
    account * OWN_REGIONS + region + behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_have_twelve_digits_and_differ() {
        let ids: std::collections::BTreeSet<_> = ACCOUNTS.iter().collect();
        assert_eq!(ids.len(), 12);
        assert!(ids.iter().all(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())));
    }
}
