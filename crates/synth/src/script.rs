//! Reads the script of the planted intrusion: names, actors, steps and calls.
//!
//! Owns the form of `intrusion.txt`, which explains itself. The story is data, so that a call can be
//! added in a few lines; the tests prove that nothing in the file is misread.

use crate::accounts::REGIONS;
use crate::catalog::call::{Access, CALL, Call, Failure, Host};
use crate::plot::{Name, SCRIPT, draw};
use crate::principals::Principal;
use crate::rng::mix3;
use crate::sessions::{Network, Session, Tls};
use crate::template::Template;

/// Additional data of a storage call that states none.
const S3_DATA: &str = r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<num:0:900>,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64:76>","bytesTransferredOut":<num:0:900>}"#;

/// Somebody who calls.
#[derive(Debug)]
struct Actor {
    name: &'static str,
    address: &'static str,
    agent: &'static str,
    network: &'static str,
    arn: &'static str,
    identity: &'static str,
}

/// A step of the intrusion.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Second of the day it begins.
    start: i64,
    /// Seconds from one event to the next.
    gap: i64,
    /// Whether repetitions of its calls matter least.
    pub(crate) bulk: bool,
    /// Events in the script.
    events: i64,
}

/// A call, made once or several times in a row.
#[derive(Debug)]
pub(crate) struct ScriptedCall {
    /// Index of the step.
    pub(crate) step: usize,
    /// Index of the actor.
    pub(crate) actor: usize,
    /// Index of the region.
    pub(crate) region: usize,
    pub(crate) times: u32,
    /// The actor whose session begins here.
    opens: Option<&'static str>,
    /// When its step begins, the seconds between events, and its place in the step.
    at: (i64, i64, i64),
    pub(crate) call: Call,
    pub(crate) failure: Option<Failure>,
}

impl ScriptedCall {
    /// Returns the second of the day of a repetition. Irregular by rule, not by chance, because the
    /// sessions that begin here must know it.
    pub(crate) fn second(&self, repetition: u32) -> i64 {
        let (start, gap, first) = self.at;
        let place = first + i64::from(repetition);
        start + place * gap + place * place * 7 % gap
    }
}

/// The whole script.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) names: Vec<Name>,
    actors: Vec<Actor>,
    pub(crate) steps: Vec<Step>,
    pub(crate) calls: Vec<ScriptedCall>,
}

/// A line with the lines that belong to it.
struct Block {
    line: &'static str,
    fields: Vec<(&'static str, &'static str)>,
}

impl Block {
    fn field(&self, name: &str) -> &'static str {
        self.fields.iter().find(|(field, _)| *field == name).map_or("", |(_, text)| text)
    }
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line.strip_prefix("  ").and_then(|field| field.split_once(' ')), blocks.last_mut()) {
            (Some(field), Some(block)) => block.fields.push(field),
            _ => blocks.push(Block { line, fields: Vec::new() }),
        }
    }
    blocks
}

impl Script {
    /// Reads the script. A line that means nothing is passed over; a test proves that there is none.
    pub(crate) fn read() -> Self {
        let mut script = Self::default();
        for block in blocks() {
            let words: Vec<&str> = block.line.split(' ').collect();
            match words[..] {
                ["name", name, list, ..] => script.names.push(Name {
                    name,
                    list: (list != "-").then_some(list),
                    pattern: block.line.splitn(4, ' ').last().unwrap_or_default(),
                }),
                ["actor", name, address, agent, network] => script.actors.push(Actor {
                    name,
                    address,
                    agent,
                    network,
                    arn: block.field("arn"),
                    identity: block.field("identity"),
                }),
                ["step", name, start, gap, ref rest @ ..] => script.steps.push(Step {
                    name,
                    start: second_of_day(start),
                    gap: gap.parse().unwrap_or(1),
                    bulk: rest.contains(&"bulk"),
                    events: 0,
                }),
                ["do", actor, source, name, access, ref rest @ ..] => {
                    script.read_call(&block, [actor, source, name, access], rest);
                }
                _ => {}
            }
        }
        script
    }

    fn read_call(
        &mut self,
        block: &Block,
        [actor, source, name, access]: [&'static str; 4],
        options: &[&'static str],
    ) {
        let actor = self.actors.iter().position(|known| known.name == actor);
        let number = self.steps.len().saturating_sub(1);
        let (Some(actor), Some(step)) = (actor, self.steps.last_mut()) else { return };
        let option = |head: &str| options.iter().find_map(|option| option.strip_prefix(head));
        let access = match access {
            "write" => Access::WriteManagement,
            "get" => Access::ReadData,
            "put" => Access::WriteData,
            "network" => Access::Network,
            _ => Access::ReadManagement,
        };
        let request = block.field("request");
        let bucket_host =
            request.split_once("\"Host\":\"").and_then(|(_, host)| host.split_once('"'));
        let host = match (source, bucket_host) {
            ("s3", Some((host, _))) => Host::Named(host),
            ("iam" | "route53", _) => Host::Global,
            ("signin", _) => Host::SignIn,
            _ => Host::Regional,
        };
        let event_type = match (source, access) {
            (_, Access::Network) => "AwsVpceEvent",
            ("signin", _) => "AwsConsoleSignIn",
            _ => CALL.event_type,
        };
        let additional = match (source, block.field("additional")) {
            ("s3", "") => S3_DATA,
            (_, text) => text,
        };
        let failure = block.field("error").split_once(' ').map(|(code, message)| Failure {
            code: if code == "-" { "" } else { code },
            message,
            per_mille: 0,
            keeps_request: true,
        });
        let times = option("x").and_then(|times| times.parse().ok()).unwrap_or(1);
        let region = option("in=").unwrap_or(REGIONS[0].0);
        self.calls.push(ScriptedCall {
            step: number,
            actor,
            region: REGIONS.iter().position(|known| known.0 == region).unwrap_or(0),
            times,
            opens: option("opens="),
            at: (step.start, step.gap, step.events),
            call: Call {
                source,
                name,
                access,
                request,
                response: block.field("response"),
                additional,
                resources: block.field("resources"),
                event_type,
                host,
                shared: options.contains(&"shared"),
                ..CALL
            },
            failure,
        });
        step.events += i64::from(times);
    }

    /// Returns the texts of the names, with what is drawn from the seed.
    pub(crate) fn texts(&self, seed: u64) -> Vec<String> {
        let texts = self.names.iter().enumerate();
        texts.map(|(number, name)| draw(name.pattern, mix3(seed, 0x1417, number as u64))).collect()
    }

    /// Returns the actors as principals, with one session each. `texts` are those of [`Self::texts`].
    pub(crate) fn principals(&self, texts: &[String]) -> Vec<Principal> {
        let text = |name: &str| {
            let number = self.names.iter().position(|known| known.name == name);
            number.map_or_else(|| name.to_owned(), |number| texts[number].clone())
        };
        let session = |actor: &Actor| {
            let opened = self.calls.iter().find(|call| call.opens == Some(actor.name));
            let endpoint = actor.network == "endpoint";
            Session {
                name: actor.name.to_owned(),
                // Makes `Session::created` return the second of the call that opened the session.
                seed: opened.map_or(0, |call| (-1 - call.second(0)).rem_euclid(21_600) as u64),
                mfa: false,
                console: actor.network == "console",
                agent: text(actor.agent),
                address: text(actor.address),
                network: if endpoint { Network::Endpoint } else { Network::Public },
                tls: if endpoint { Tls::None } else { Tls::V13 },
            }
        };
        let principal = |actor: &Actor| Principal {
            identity: Template::new(actor.identity),
            arn: Template::new(actor.arn),
            sessions: vec![session(actor)],
            client: None,
            old_daemon: false,
        };
        self.actors.iter().map(principal).collect()
    }
}

/// Returns the second of the day of a time such as `03:40`.
fn second_of_day(time: &str) -> i64 {
    let part = |text: &str| text.parse::<i64>().unwrap_or(0);
    time.split_once(':').map_or(0, |(hour, minute)| part(hour) * 3600 + part(minute) * 60)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_means_something() {
        let script = Script::read();
        for block in blocks() {
            let words: Vec<&str> = block.line.split(' ').collect();
            let known: &[&str] = match words[..] {
                ["name", _, _, _, ..] => &[],
                ["actor", _, _, _, "public" | "console" | "endpoint"] => &["arn", "identity"],
                ["step", ..] => &[],
                [
                    "do",
                    actor,
                    _,
                    _,
                    "read" | "write" | "get" | "put" | "network",
                    ref rest @ ..,
                ] => {
                    assert!(script.actors.iter().any(|known| known.name == actor), "{actor}");
                    for option in rest {
                        let sound = match option.split_once('=') {
                            Some(("in", region)) => REGIONS.iter().any(|known| known.0 == region),
                            Some(("opens", actor)) => {
                                script.actors.iter().any(|known| known.name == actor)
                            }
                            _ => option[1..].parse::<u32>().is_ok() || *option == "shared",
                        };
                        assert!(sound, "{option}");
                    }
                    &["request", "response", "resources", "additional", "error"]
                }
                _ => panic!("{}", block.line),
            };
            assert!(block.fields.iter().all(|(field, _)| known.contains(field)), "{}", block.line);
        }
        let calls = blocks().iter().filter(|block| block.line.starts_with("do ")).count();
        assert_eq!(script.calls.len(), calls);
        assert!(script.steps.iter().all(|step| step.events > 0 && step.gap > 1));
    }

    #[test]
    fn every_name_is_used_and_drawn_anew_for_another_seed() {
        let script = Script::read();
        let (one, other) = (script.texts(1), script.texts(2));
        for (number, name) in script.names.iter().enumerate() {
            let placeholder = format!("<plot:{}>", name.name);
            let actors = || script.actors.iter();
            let used = SCRIPT.contains(&placeholder)
                || actors().any(|actor| [actor.address, actor.agent].contains(&name.name));
            assert!(used, "{}", name.name);
            assert_eq!(one[number] != other[number], name.pattern.contains('{'), "{}", name.name);
        }
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), one.len());
    }

    #[test]
    fn the_events_follow_each_other_in_one_night() {
        let script = Script::read();
        let times: Vec<i64> = script
            .calls
            .iter()
            .flat_map(|call| (0..call.times).map(|repetition| call.second(repetition)))
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(times[times.len() - 1] - times[0] < 5 * 3600);
        assert!(times[times.len() - 1] < 6 * 3600);
    }

    #[test]
    fn bodies_are_json() {
        for call in Script::read().calls {
            let call = call.call;
            for text in [call.request, call.response, call.additional, call.resources] {
                // Whatever a placeholder writes, a 1 may stand for it, in a text or as a number.
                let mut plain = text.replace("<sensitiveDataRemoved>", "");
                while let Some((head, tail)) = plain.split_once('<') {
                    plain = format!("{head}1{}", tail.split_once('>').unwrap().1);
                }
                let sound =
                    plain.is_empty() || serde_json::from_str::<serde_json::Value>(&plain).is_ok();
                assert!(sound, "{} {text}", call.name);
            }
        }
    }
}
