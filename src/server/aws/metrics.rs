//! How often an operation was called, or failed, in each period: counts of distinct events over all stores of CloudTrail
//! events.
//!
//! Periods begin at multiples of their length since 1970 UTC, and so counts of short periods add up to those of long
//! ones. An event that lies in several stores counts once.

use super::Api;
use super::call::{Call, broken, millis, object};
use crate::engine::parameters::Parameters;
use crate::event::EventSchema;
use crate::investigate::Row;
use crate::saved::parameters::{ParameterType, bind};
use crate::store::StoreId;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// The lengths of periods that there are, in seconds; the last one is the default.
const PERIODS: [i64; 3] = [60, 300, 3_600];
/// Values of a page where the request does not say how many.
const PAGE: u32 = 21_600;
/// Days before now where the request does not say from when.
const DAYS: i64 = 90;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    trail_name: Option<String>,
    event_source: String,
    event_name: String,
    insight_type: String,
    error_code: Option<String>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    period: Option<i64>,
    data_type: Option<String>,
    max_results: Option<u32>,
}

/// What is counted on a page.
struct Counted {
    /// Milliseconds since 1970 UTC, from which on.
    from: i64,
    /// Before which.
    to: i64,
    /// Seconds.
    period: i64,
    most: u32,
}

impl Counted {
    /// The seconds at which the period of a moment begins.
    fn begin(&self, millis: i64) -> i64 {
        millis.div_euclid(1_000 * self.period) * self.period
    }
}

pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    if let Some(trail) = &input.trail_name {
        // What trails record is what is counted: the calls of all stores.
        api.trail(&call, trail)?;
    }
    check_error_code(&call, &input)?;
    let period = input.period.unwrap_or(PERIODS[2]);
    if !PERIODS.contains(&period) {
        return Err(call.invalid("Period is 60, 300 or 3600."));
    }
    let now = api.lake.now();
    let ago = || (now - Duration::days(DAYS)).timestamp_millis();
    let mut from = input.start_time.map_or_else(ago, millis);
    let mut to = input.end_time.map_or_else(|| now.timestamp_millis(), millis);
    // Pages are of one range, though the time goes on between them.
    if let Some(position) = call.position(&api.tokens)?
        && let Some((next, end)) = position.split_first_chunk()
        && let Ok(end) = end.try_into()
    {
        (from, to) = (i64::from_be_bytes(*next), i64::from_be_bytes(end));
    }
    if from > to {
        return Err(call.invalid("StartTime is after EndTime."));
    }
    let most = input.max_results.unwrap_or(PAGE);
    let counted = Counted { from, to, period, most };
    let fills = input.data_type.as_deref() == Some("FillWithZeros");
    let (counts, next) = match fills {
        true => with_zeros(api, &call, &input, &counted).await?,
        false => without_zeros(api, &call, &input, &counted).await?,
    };
    let token = next.map(|next| {
        let position = [(next * 1_000).to_be_bytes(), to.to_be_bytes()].concat();
        call.token(&api.tokens, &position)
    });
    let (timestamps, values): (Vec<i64>, Vec<u64>) = counts.into_iter().unzip();
    Ok(object([
        ("EventSource", json!(input.event_source)),
        ("EventName", json!(input.event_name)),
        ("InsightType", json!(input.insight_type)),
        ("ErrorCode", json!(input.error_code)),
        ("Timestamps", json!(timestamps)),
        ("Values", json!(values)),
        ("NextToken", json!(token.transpose()?)),
    ]))
}

fn check_error_code(call: &Call, input: &Input) -> Result<(), ServiceError> {
    match (input.insight_type.as_str(), &input.error_code) {
        ("ApiErrorRateInsight", None) => {
            Err(call.invalid("ApiErrorRateInsight is about an ErrorCode: give one."))
        }
        ("ApiCallRateInsight", Some(_)) => {
            Err(call.invalid("ErrorCode is for ApiErrorRateInsight."))
        }
        _ => Ok(()),
    }
}

/// Periods by the second at which they begin, and how many events they have.
type Counts = Vec<(i64, u64)>;

/// Counts events in the periods that have some. The second is where the next page begins, if there is one.
async fn without_zeros(
    api: &Api,
    call: &Call,
    input: &Input,
    counted: &Counted,
) -> Result<(Counts, Option<i64>), ServiceError> {
    // One more tells whether there is another page.
    let most = u64::from(counted.most) + 1;
    let mut counts = count(api, call, input, counted, most).await?;
    let next = counts.get(counted.most as usize).map(|(at, _)| *at);
    counts.truncate(counted.most as usize);
    Ok((counts, next))
}

/// The same for all periods.
async fn with_zeros(
    api: &Api,
    call: &Call,
    input: &Input,
    counted: &Counted,
) -> Result<(Counts, Option<i64>), ServiceError> {
    let begin = counted.begin(counted.from);
    let behind = begin.saturating_add(counted.period * i64::from(counted.most));
    let to = counted.to.min(behind.saturating_mul(1_000));
    let page = Counted { to, ..*counted };
    let known = count(api, call, input, &page, counted.most.into()).await?;
    let mut known = known.into_iter().peekable();
    let periods = (begin..).step_by(counted.period.unsigned_abs() as usize);
    let counts = periods.take_while(|at| at.saturating_mul(1_000) < to);
    let counts = counts.map(|at| (at, known.next_if(|(known, _)| *known == at).map_or(0, |k| k.1)));
    let counts = counts.collect();
    Ok((counts, (to < counted.to).then_some(behind)))
}

async fn count(
    api: &Api,
    call: &Call,
    input: &Input,
    counted: &Counted,
    most: u64,
) -> Result<Counts, ServiceError> {
    let stores = api
        .queries
        .stores_of(EventSchema::CloudTrail)
        .map_err(|error| api.store_error(call, error))?;
    if stores.is_empty() || counted.from >= counted.to {
        return Ok(Vec::new());
    }
    let sql = statement(&stores, counted.period, input.error_code.is_some(), most);
    let values = values(api.lake.now(), input, counted);
    let values = values.ok_or_else(ServiceError::internal_failure)?;
    let rows = api.queries.rows(sql, values).await;
    let rows = rows.map_err(broken)?;
    let number = |row: &Row, label: &str| row.get(label).and_then(Value::as_i64);
    let counts =
        rows.iter().map(|row| Some((number(row, "at")?, number(row, "events")?.unsigned_abs())));
    counts.collect::<Option<_>>().ok_or_else(ServiceError::internal_failure)
}

/// Counts the events of stores by the second at which their period begins.
fn statement(stores: &[StoreId], period: i64, with_error: bool, most: u64) -> String {
    let error = if with_error { " AND errorCode = $error" } else { "" };
    let of = |store: &StoreId| {
        format!(
            "SELECT coalesce(nullif(eventID, ''), eventJsonChecksum) AS id, eventTime AS time FROM \"{store}\" \
             WHERE eventSource = $source AND eventName = $name AND eventTime >= $from AND eventTime < $to{error}"
        )
    };
    let all = stores.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "SELECT CAST(floor(to_unixtime(time) / {period}) AS bigint) * {period} AS at, count(*) AS events \
         FROM (SELECT id, min(time) AS time FROM ({all}) GROUP BY id) GROUP BY 1 ORDER BY 1 LIMIT {most}"
    )
}

fn values(now: DateTime<Utc>, input: &Input, counted: &Counted) -> Option<Parameters> {
    let mut values = Parameters::at(now);
    let texts = [
        ("source", Some(&input.event_source)),
        ("name", Some(&input.event_name)),
        ("error", input.error_code.as_ref()),
    ];
    for (name, text) in texts {
        bind(&mut values, name, ParameterType::Varchar, text.map(String::as_str)).ok()?;
    }
    for (name, millis) in [("from", counted.from), ("to", counted.to)] {
        let moment = DateTime::from_timestamp_millis(millis)?;
        let moment = moment.to_rfc3339_opts(SecondsFormat::Millis, true);
        bind(&mut values, name, ParameterType::Timestamp, Some(&moment)).ok()?;
    }
    Some(values)
}
