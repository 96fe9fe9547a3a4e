//! Bodies of the calls a sending host makes: segments, sampler polls, telemetry.
//!
//! Follows docs/events.md, sections "Per operation, as it shows up", "Client rhythm" and "Sizes". The
//! documents of `PutTraceSegments` are not logged; each list entry is `trace_id:` and the id, one per
//! segment, so an id repeats.

use crate::json::{hex16, push_hex, push_number};
use crate::rng::{Rng, mix, mix3};
use crate::sessions::Session;
use crate::traces::{Burst, TracePool};

/// Most segment documents one call carries.
const BATCH_SIZE: u32 = 50;
/// The answer of a call whose segments were all taken.
pub(crate) const ALL_PROCESSED: &[u8] = b"{\"unprocessedTraceSegments\":[]}";

/// Returns the number of documents in one call: 35 % one, 5 % a full batch.
#[inline]
fn documents(rng: &mut Rng) -> u32 {
    match rng.below(100) {
        0..35 => 1,
        35..75 => rng.between(2, 5),
        75..90 => rng.between(6, 20),
        90..95 => rng.between(21, 49),
        _ => BATCH_SIZE,
    }
}

/// Appends the request of a `PutTraceSegments` call made at `now_ms` of the slot; returns the number
/// of documents.
#[inline]
pub(crate) fn write_segments(
    out: &mut Vec<u8>,
    pool: &TracePool,
    burst: Burst,
    now_ms: u32,
    rng: &mut Rng,
) -> u32 {
    let count = documents(rng);
    out.extend_from_slice(b"{\"traceSegmentDocuments\":[");
    let mut item = *b"\"trace_id:1-00000000-000000000000000000000000\",";
    let mut left = count;
    while left > 0 {
        item[10..45].copy_from_slice(&pool.draw(burst, now_ms, rng));
        // Segments of one trace within a call: geometric, each further one with 40 %.
        let mut dice = rng.word();
        loop {
            out.extend_from_slice(&item);
            left -= 1;
            if left == 0 || dice % 5 > 1 {
                break;
            }
            dice >>= 3;
        }
    }
    out.pop();
    out.extend_from_slice(b"]}");
    count
}

/// Appends the answer to a call of `count` documents some of which were refused.
pub(crate) fn write_unprocessed(out: &mut Vec<u8>, count: u32, rng: &mut Rng) {
    const CODES: [&str; 3] = ["InvalidSegment", "SegmentTooLarge", "MissingId"];
    out.extend_from_slice(b"{\"unprocessedTraceSegments\":[");
    for refused in 0..rng.between(1, count.clamp(1, 3)) {
        if refused > 0 {
            out.push(b',');
        }
        let code = if rng.below(10) < 7 { "InvalidTraceId" } else { CODES[rng.below(3) as usize] };
        out.extend_from_slice(b"{\"id\":\"");
        out.extend_from_slice(&hex16(rng.word()));
        out.extend_from_slice(b"\",\"errorCode\":\"");
        out.extend_from_slice(code.as_bytes());
        out.extend_from_slice(b"\",\"message\":\"Invalid segment. ErrorCode: ");
        out.extend_from_slice(code.as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"]}");
}

/// Appends the request of a `GetSamplingTargets` poll by one of a host's two sampler processes.
pub(crate) fn write_targets(
    out: &mut Vec<u8>,
    session: &Session,
    process: u64,
    epoch: i64,
    rng: &mut Rng,
) {
    const RULES: [&str; 4] = ["Default", "checkout-5pct", "payments-all", "health-0"];
    let rules = match rng.below(100) {
        0..60 => 1,
        60..95 => rng.between(2, 4),
        _ => rng.between(5, 25),
    };
    let client = [mix3(session.seed, 0xc11e, process), mix3(session.seed, 0xc11f, process)];
    out.extend_from_slice(b"{\"samplingStatisticsDocuments\":[");
    for number in 0..rules {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"ruleName\":\"");
        match RULES.get(number as usize) {
            Some(rule) => out.extend_from_slice(rule.as_bytes()),
            None => {
                out.extend_from_slice(b"route-");
                push_number(out, u64::from(number));
            }
        }
        out.extend_from_slice(b"\",\"clientID\":\"");
        push_hex(out, client, 24);
        let requests = rng.between(1, 240);
        out.extend_from_slice(b"\",\"timestamp\":");
        push_number(out, epoch.max(0) as u64);
        out.extend_from_slice(b",\"requestCount\":");
        push_number(out, u64::from(requests));
        out.extend_from_slice(b",\"sampledCount\":");
        push_number(out, u64::from(1 + requests / 20));
        out.extend_from_slice(b",\"borrowCount\":");
        push_number(out, u64::from(rng.below(3)));
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
}

/// Appends the request of a `PutTelemetryRecords` call: mostly one record, for one minute.
pub(crate) fn write_telemetry(out: &mut Vec<u8>, session: &Session, epoch: i64, rng: &mut Rng) {
    let records = if rng.below(20) == 0 { rng.between(2, 10) } else { 1 };
    out.extend_from_slice(b"{\"telemetryRecords\":[");
    for number in 0..records {
        if number > 0 {
            out.push(b',');
        }
        let received = rng.between(3, 900);
        let rejected = if rng.below(30) == 0 { rng.between(1, 5) } else { 0 };
        let spilled = if rng.below(40) == 0 { rng.between(1, 60) } else { 0 };
        out.extend_from_slice(b"{\"timestamp\":");
        push_number(out, (epoch - i64::from(60 * (records - number - 1))).max(0) as u64);
        let counts: [(&[u8], u32); 4] = [
            (b",\"segmentsReceivedCount\":", received),
            (b",\"segmentsSentCount\":", received.saturating_sub(rejected + spilled)),
            (b",\"segmentsSpilloverCount\":", spilled),
            (b",\"segmentsRejectedCount\":", rejected),
        ];
        for (name, count) in counts {
            out.extend_from_slice(name);
            push_number(out, u64::from(count));
        }
        out.extend_from_slice(b",\"backendConnectionErrors\":{\"timeoutCount\":");
        push_number(out, u64::from(rng.below(40) / 39));
        out.extend_from_slice(b",\"connectionRefusedCount\":0,\"hTTPCode4XXCount\":");
        push_number(out, u64::from(rejected));
        out.extend_from_slice(b",\"hTTPCode5XXCount\":0,\"unknownHostCount\":0,\"otherCount\":0}}");
    }
    out.extend_from_slice(b"],\"hostname\":\"");
    match session.address.strip_prefix("10.") {
        Some(rest) => {
            out.extend_from_slice(b"ip-10-");
            out.extend(rest.bytes().map(|byte| if byte == b'.' { b'-' } else { byte }));
        }
        None => {
            out.extend_from_slice(b"host-");
            push_hex(out, [mix(session.seed, 2), 0], 6);
        }
    }
    out.push(b'"');
    if session.name.starts_with("i-") {
        out.extend_from_slice(b",\"eC2InstanceId\":\"");
        out.extend_from_slice(session.name.as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b",\"resourceARN\":\"\"}");
}
