//! The records that questions are asked of, and the parameters of a question.

use super::event::{Event, moment};
use super::view::{Call, Trace};

const XRAY: &str = "xray.amazonaws.com";

/// Values given for parameters, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(pub(crate) Vec<(String, String)>);

impl Params {
    pub(crate) fn of(given: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(given.iter().map(own).collect())
    }

    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.given(name).unwrap_or(default)
    }

    pub(crate) fn number(&self, name: &str, default: f64) -> f64 {
        self.given(name).map_or(default, |text| text.parse().unwrap())
    }

    pub(crate) fn whole(&self, name: &str, default: i64) -> i64 {
        self.given(name).map_or(default, |text| text.parse().unwrap())
    }

    /// The most rows that are wanted.
    pub(crate) fn limit(&self, default: i64) -> usize {
        usize::try_from(self.whole("limit", default)).unwrap()
    }

    fn end(&self) -> i64 {
        self.given("to").map_or(i64::MAX, |text| moment(text).unwrap())
    }

    /// Whether a moment is before the end of the window.
    pub(crate) fn before_end(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| time < self.end())
    }

    /// Whether a moment is in the window.
    pub(crate) fn holds(&self, time: Option<i64>) -> bool {
        let from = self.given("from").map_or(i64::MIN, |text| moment(text).unwrap());
        time.is_some_and(|time| time >= from) && self.before_end(time)
    }
}

/// All records.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// Those of X-Ray.
    pub(crate) calls: Vec<Call>,
    /// Those of other services.
    pub(crate) others: Vec<Event>,
}

impl Trail {
    /// Reads texts of records.
    pub(crate) fn of(records: &[String]) -> Self {
        let (mut calls, mut others) = (Vec::new(), Vec::new());
        for record in records {
            let event = Event::read(record);
            if event.is(XRAY) { calls.push(Call::of(event)) } else { others.push(event) }
        }
        Self { calls, others }
    }

    /// The calls of the window.
    pub(crate) fn window(&self, params: &Params) -> Vec<&Call> {
        self.calls.iter().filter(|call| params.holds(call.time)).collect()
    }

    /// Those of the window with these names.
    pub(crate) fn named(&self, names: &[&str], params: &Params) -> Vec<&Call> {
        self.window(params).into_iter().filter(|call| call.calls(names)).collect()
    }

    pub(crate) fn sends(&self, params: &Params) -> Vec<&Call> {
        self.named(&["PutTraceSegments"], params)
    }

    /// The calls before the end of the window, with those before its beginning, in order.
    pub(crate) fn history(&self, params: &Params) -> Vec<&Call> {
        let before = self.calls.iter().filter(|call| params.before_end(call.time));
        let mut calls: Vec<_> = before.collect();
        calls.sort_by_key(|call| call.order());
        calls
    }

    /// The trace ids that calls of the window name.
    pub(crate) fn traces(&self, names: &[&str], params: &Params) -> Vec<Trace<'_>> {
        self.named(names, params).into_iter().flat_map(Call::named).collect()
    }

    /// The events of another service before the end of the window.
    pub(crate) fn of_service(&self, source: &str, params: &Params) -> Vec<&Event> {
        let there = |event: &&Event| event.is(source) && params.before_end(event.time);
        self.others.iter().filter(there).collect()
    }
}
