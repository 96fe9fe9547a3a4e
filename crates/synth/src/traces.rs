//! Trace ids, and which calls share them.
//!
//! Follows docs/events.md, "A synthetic generator that looks real", section Sizes: 70 % of the ids
//! occur in one call, 25 % in two to six, 5 % in seven and more; some occur in several accounts.
//! There is no table of live traces: requests come in *bursts*, about 24 sending calls each, and a
//! burst's shared ids are a function of (group of accounts, region, slot, burst). So every account of
//! the group computes the same ids on its own, in any order, and a reader can ask for ids that
//! another account sent.

use crate::json::{hex8, hex16};
use crate::rng::{Rng, mix, mix3};

/// Length of a trace id: `1-`, 8 hex digits, `-`, 24 hex digits.
pub(crate) const TRACE_ID_LENGTH: usize = 35;

/// Sending calls of one burst, on average.
const CALLS_PER_BURST: u32 = 24;
/// Ids per burst that many calls share, across the accounts of the group.
const WIDE_IDS: u32 = 2;
/// Ids per burst that a few calls share; this many of them ...
const NARROW_IDS: u32 = 16;
/// ... across accounts.
const NARROW_ACROSS: u32 = 2;

/// Quantiles of a segment's age at arrival in milliseconds: log-normal, median 1.4 s, p99 45 s.
const AGES: [u32; 128] = [
    26, 48, 64, 80, 94, 108, 122, 135, 149, 162, 176, 189, 203, 217, 230, 245, 259, 273, 288, 303,
    318, 333, 349, 365, 381, 397, 414, 431, 448, 466, 484, 502, 521, 540, 560, 580, 600, 621, 642,
    664, 686, 709, 732, 756, 780, 805, 831, 857, 884, 911, 939, 968, 998, 1028, 1059, 1091, 1124,
    1157, 1192, 1227, 1264, 1301, 1340, 1380, 1421, 1463, 1506, 1551, 1597, 1645, 1694, 1744, 1797,
    1851, 1907, 1965, 2025, 2087, 2151, 2218, 2287, 2359, 2434, 2511, 2592, 2676, 2764, 2856, 2951,
    3051, 3156, 3265, 3380, 3500, 3627, 3760, 3901, 4049, 4206, 4372, 4548, 4735, 4935, 5147, 5375,
    5620, 5883, 6167, 6474, 6808, 7173, 7574, 8015, 8504, 9051, 9665, 10363, 11162, 12090, 13184,
    14495, 16106, 18146, 20836, 24605, 30419, 41161, 74074,
];

/// Returns an age at arrival in milliseconds.
#[inline]
pub(crate) fn age(rng: &mut Rng) -> u32 {
    AGES[(rng.word() >> 57) as usize]
}

/// The text of a trace id.
pub(crate) type TraceId = [u8; TRACE_ID_LENGTH];

#[inline]
fn trace_id(first: u32, high: u64, low: u64) -> TraceId {
    let mut text = [b'-'; TRACE_ID_LENGTH];
    text[0] = b'1';
    text[2..10].copy_from_slice(&hex8(first));
    text[11..27].copy_from_slice(&hex16(high));
    text[27..].copy_from_slice(&hex8(low as u32));
    text
}

/// One burst of requests within a slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Burst {
    number: u32,
    /// Start in milliseconds after the start of the slot.
    pub(crate) start_ms: u32,
}

/// The shared trace ids of one account, region and slot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TracePool {
    group_seed: u64,
    account_seed: u64,
    slot_start: i64,
    bursts: u32,
    own_ids: u32,
}

impl TracePool {
    /// Returns the pool of an account whose group makes `group_calls` sending calls in the slot,
    /// `own_calls` of them by the account itself. `group_seed` must be that of (group, region, slot).
    pub(crate) fn new(
        group_seed: u64,
        account: usize,
        slot_start: i64,
        group_calls: u32,
        own_calls: u32,
    ) -> Self {
        let own_ids = u64::from(NARROW_IDS - NARROW_ACROSS) * u64::from(own_calls)
            / u64::from(group_calls.max(1));
        Self {
            group_seed,
            account_seed: mix3(group_seed, 0xacc0, account as u64),
            slot_start,
            bursts: (group_calls / CALLS_PER_BURST).max(1),
            own_ids: (own_ids as u32).max(1),
        }
    }

    /// Returns a random burst.
    #[inline]
    pub(crate) fn burst(&self, rng: &mut Rng) -> Burst {
        let number = rng.below(self.bursts);
        let start = mix3(self.group_seed, 0xb0b0, u64::from(number));
        Burst { number, start_ms: (((start >> 32) * 585_000) >> 32) as u32 }
    }

    /// Returns one of the ids a burst shares.
    #[inline]
    fn shared(&self, burst: Burst, owner: u64, id: u32) -> TraceId {
        let high = mix3(owner, u64::from(burst.number), u64::from(id));
        let low = mix(high, 0x1d);
        // One in five ids is a W3C id: its first 8 hex digits are random, no time.
        let first = if (low >> 40).is_multiple_of(5) {
            (low >> 32) as u32
        } else {
            (self.slot_start + i64::from(burst.start_ms / 1000)) as u32
        };
        trace_id(first, high, low)
    }

    /// Draws the id of one trace in a call made at `now_ms` of the slot.
    #[inline]
    pub(crate) fn draw(&self, burst: Burst, now_ms: u32, rng: &mut Rng) -> TraceId {
        let dice = rng.below(1000);
        if dice < 220 {
            self.shared(burst, self.group_seed, rng.below(WIDE_IDS))
        } else if dice < 720 {
            self.shared(burst, self.account_seed, rng.below(self.own_ids))
        } else if dice < 780 {
            self.shared(burst, self.group_seed, WIDE_IDS + rng.below(NARROW_ACROSS))
        } else {
            self.fresh(now_ms, rng)
        }
    }

    /// Returns an id no other call has.
    #[inline]
    pub(crate) fn fresh(&self, now_ms: u32, rng: &mut Rng) -> TraceId {
        let high = rng.word();
        let low = rng.word();
        let dice = (low >> 32) as u32 % 10_000;
        let now = self.slot_start * 1000 + i64::from(now_ms);
        let first = if dice < 2000 {
            (high >> 17) as u32
        } else if dice < 2070 {
            // Batches sent again hours later: 0.3 % of all ids, and only fresh ones can be old.
            ((now / 1000) - 3600 - i64::from(rng.below(36_000))) as u32
        } else if dice < 2080 {
            // Clocks that run ahead: 0.05 % of all ids.
            ((now / 1000) + 1 + i64::from(rng.below(20))) as u32
        } else {
            ((now - i64::from(age(rng))) / 1000) as u32
        };
        trace_id(first, high, low)
    }

    /// Writes a JSON list of one to five plain ids, as a reader asks for them.
    pub(crate) fn write_list(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        let count = match rng.below(10) {
            0..6 => 5,
            6..9 => 1,
            _ => rng.between(2, 4),
        };
        out.push(b'[');
        for position in 0..count {
            if position > 0 {
                out.push(b',');
            }
            let burst = self.burst(rng);
            out.push(b'"');
            out.extend_from_slice(&self.draw(burst, burst.start_ms + 900, rng));
            out.push(b'"');
        }
        out.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_a_group_share_wide_ids_only() {
        let one = TracePool::new(77, 0, 1_772_442_000, 100, 60);
        let two = TracePool::new(77, 1, 1_772_442_000, 100, 40);
        let burst = one.burst(&mut Rng::new(3));
        assert_eq!(one.shared(burst, one.group_seed, 0), two.shared(burst, two.group_seed, 0));
        assert_ne!(one.shared(burst, one.account_seed, 0), two.shared(burst, two.account_seed, 0));
    }

    #[test]
    fn ids_have_the_documented_form() {
        let pool = TracePool::new(5, 2, 1_772_442_000, 10, 10);
        let mut rng = Rng::new(4);
        for _ in 0..200 {
            let burst = pool.burst(&mut rng);
            let id = pool.draw(burst, 1000, &mut rng);
            let text = std::str::from_utf8(&id).unwrap();
            let parts: Vec<&str> = text.split('-').collect();
            assert_eq!((parts[0], parts[1].len(), parts[2].len()), ("1", 8, 24));
            assert!(parts[1..].iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit())));
        }
    }
}
