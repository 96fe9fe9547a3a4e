//! The planted story (k), an intrusion: nine steps in one account, in one night.
//!
//! Follows docs/events.md, section "Planted stories". What happens stands in `intrusion.txt`
//! (`script.rs`); here it is decided how much of it a trail can hold, and what the answer key says.

use serde_json::{Map, Value, json};

use crate::accounts::ACCOUNTS;
use crate::clock::iso_text;
use crate::planner::{PlannedCall, Planner};
use crate::record::Era;
use crate::script::Script;
use crate::stories::day_at;

/// Fewest events of a trail with the story; the others keep the bytes they had before it.
pub(crate) const MIN_EVENTS: u64 = 2000;
/// The account is in no other story.
const ACCOUNT: usize = 7;
/// The story takes at most this part of the general events.
const SHARE: u64 = 4;

const PLANTED: &str = "One night of one account, in nine steps. A password is guessed and the root user signs in, both without a second factor; then reconnaissance, persistence, logging switched off, resources made public or shared with another account, data taken and destroyed, computing power, network, and the account itself. The addresses, keys, users, roles and buckets are in no other event.";

/// Returns the names of the steps of the intrusion, in order, as the answer key has them.
pub fn intrusion_steps() -> Vec<&'static str> {
    Script::read().steps.iter().map(|step| step.name).collect()
}

/// Plants the story into a trail with `general` events that are not X-Ray's; returns its entry for
/// the answer key and how many of them it took.
///
/// Each line of the script comes once before any comes again, and repetitions of the bulk steps come
/// last; what does not fit is left out.
pub(crate) fn plant(planner: &mut Planner<'_>, general: u64) -> Option<(Value, u64)> {
    let catalog = planner.catalog;
    let script = &catalog.script;
    let mut events: Vec<(usize, u32)> = Vec::new();
    for (number, scripted) in script.calls.iter().enumerate() {
        if scripted.call.source != "xray" || planner.left(scripted.call.name) > 0 {
            events.extend((0..scripted.times).map(|repetition| (number, repetition)));
        }
    }
    events.sort_by_key(|(call, repetition)| {
        (*repetition > 0, script.steps[script.calls[*call].step].bulk)
    });
    events.truncate((general / SHARE) as usize);
    events.sort_unstable();
    let midnight = day_at(planner, 850);
    let time = |(call, repetition): (usize, u32)| midnight + script.calls[call].second(repetition);
    let (from, to) = (time(*events.first()?), time(*events.last()?));

    let mut steps = vec![Vec::new(); script.steps.len()];
    let mut taken = 0;
    for event in events {
        let scripted = &script.calls[event.0];
        match scripted.call.source {
            "xray" => planner.take(catalog.xray(scripted.call.name)),
            _ => taken += 1,
        }
        let call = PlannedCall {
            name: scripted.call.name,
            account: ACCOUNT,
            region: scripted.region,
            epoch: time(event),
            principal: planner.world.intruders + scripted.actor,
            session: 0,
            fault: scripted.failure.map(|_| 0),
            request: None,
            response: None,
            era: Era::Present,
        };
        let id = planner.plan(catalog.first_scripted + event.0, &call);
        steps[scripted.step].push(json!({
            "eventName": scripted.call.name,
            "eventSource": format!("{}.amazonaws.com", scripted.call.source),
            "eventID": id,
        }));
    }
    let mut key = Map::new();
    let mut insert = |name: &str, value: Value| key.insert(name.to_owned(), value);
    insert("id", json!("k"));
    insert("title", json!("An intrusion"));
    insert("planted", json!(PLANTED));
    insert("account", json!(ACCOUNTS[ACCOUNT]));
    insert("from", json!(iso_text(from)));
    insert("to", json!(iso_text(to)));
    for list in script.names.iter().filter_map(|name| name.list) {
        let names = script.names.iter().zip(&planner.world.plot);
        let texts = names.filter(|(name, _)| name.list == Some(list)).map(|(_, text)| text);
        insert(list, texts.map(String::as_str).collect());
    }
    let named = || script.steps.iter().map(|step| step.name.to_owned());
    let counts = steps.iter().map(|events| json!(events.len()));
    insert("counts", Value::Object(named().zip(counts).collect()));
    insert("events", Value::Object(named().zip(steps.into_iter().map(Value::Array)).collect()));
    Some((Value::Object(key), taken))
}
