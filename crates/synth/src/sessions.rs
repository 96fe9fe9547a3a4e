//! Sessions: names, user agents, addresses, TLS.
//!
//! Follows docs/events.md, sections "User agents", "Source IPs" and "Who". Addresses come from 10/8 and
//! the documentation ranges. Runs once per trail, so it formats freely.

use crate::json::{hex16, push_hex};
use crate::rng::Rng;
use crate::roles::{Client, DAEMON_VERSIONS, OLD_DAEMON_VERSION, Place, SenderRole};

/// How a session reaches AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// Through an interface endpoint: private address and an endpoint id.
    Endpoint,
    /// Over the internet.
    Public,
    /// Called by an AWS service: neither an endpoint nor TLS details.
    Service,
}

/// TLS of a session's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    V10,
    V12,
    V13,
}

/// One session of a principal: a host, a task, a function, a person at a console.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) name: String,
    /// Seed of everything derived from the session: key ids, sampler ids, rhythm.
    pub(crate) seed: u64,
    pub(crate) mfa: bool,
    /// True when the credentials come from the console.
    pub(crate) console: bool,
    pub(crate) agent: String,
    pub(crate) address: String,
    pub(crate) network: Network,
    pub(crate) tls: Tls,
}

impl Session {
    /// Returns when the session in use at `epoch` was created; credentials last six hours.
    #[inline]
    pub(crate) fn created(&self, epoch: i64) -> i64 {
        let phase = (self.seed % 21_600) as i64;
        epoch - 1 - (epoch + phase).rem_euclid(21_600)
    }
}

/// The forty people.
pub(crate) const PEOPLE: usize = 40;
const FIRST_NAMES: [&str; 10] =
    ["alice", "bob", "carla", "dmitri", "elena", "farid", "grace", "hiro", "ines", "jonas"];
const LAST_NAMES: [&str; 4] = ["miller", "okafor", "rossi", "tanaka"];

const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
];
/// SDKs of programs.
pub(crate) const SDKS: [&str; 5] = [
    "aws-sdk-java/2.30.18 Linux/6.1.127 OpenJDK_64-Bit_Server_VM/21.0.6+7-LTS Java/21.0.6",
    "Boto3/1.36.24 md/Botocore#1.36.24 ua/2.0 os/linux#6.1.127 lang/python#3.12.9 exec-env/AWS_Lambda_python3.12",
    "aws-sdk-js/3.750.0 ua/2.1 os/linux#6.1.127 lang/js md/nodejs#22.13.1",
    "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.1 md/GOARCH#arm64",
    "aws-sdk-rust/1.3.4 os/linux lang/rust/1.85.0",
];
/// What the SDK samplers call themselves when they poll through the daemon's local proxy.
const POLL_AGENTS: [&str; 4] =
    ["Java/21.0.6", "node", "python-requests/2.32.3", "Go-http-client/1.1"];
/// The deployment pipeline.
pub(crate) const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.10.5 (+https://www.terraform.io) terraform-provider-aws/5.87.0 aws-sdk-go-v2/1.36.1 os/linux lang/go#1.23.6";
/// The command line.
pub(crate) const CLI: &str =
    "aws-cli/2.24.7 md/awscrt#0.23.8 ua/2.0 os/linux#6.1.127 md/arch#x86_64 lang/python#3.12.9";
/// What the command line adds when it sends segments.
const CLI_SENDS: &str = " md/command#xray.put-trace-segments";

/// Returns a browser, for sign-ins of those who otherwise use tools.
pub(crate) fn browser(session: &Session) -> &'static str {
    BROWSERS[(session.seed >> 7) as usize % BROWSERS.len()]
}

/// Returns what polls of a session carry as user agent.
pub(crate) fn poll_agent(session: &Session) -> &'static str {
    POLL_AGENTS[(session.seed >> 9) as usize % POLL_AGENTS.len()]
}

/// Returns the user agent of an X-Ray daemon; since 3.6 the SDK's stands before it.
pub(crate) fn daemon_agent(version: &str, environment: &str) -> String {
    let own = format!("xray-agent/xray-daemon/{version} exec-env/{environment} OS/linux-amd64");
    if version.starts_with("3.3") {
        return own;
    }
    format!(
        "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.2 md/GOOS#linux md/GOARCH#amd64 \
         api/xray#1.31.2 {own}"
    )
}

fn sender_agent(role: &SenderRole, old: bool, rng: &mut Rng) -> String {
    let environment = match role.place {
        Place::Ec2 => "UNKNOWN",
        Place::Ecs => ["AWS_ECS_FARGATE", "AWS_ECS_EC2"][rng.below(2) as usize],
        Place::Lambda => "AWS_Lambda_python3.12",
        Place::Eks | Place::States => "UNKNOWN",
    };
    match role.client {
        Client::Daemon if old => daemon_agent(OLD_DAEMON_VERSION, environment),
        Client::Daemon => {
            let total = DAEMON_VERSIONS.iter().map(|(_, weight)| weight).sum();
            let mut dice = rng.below(total);
            let chosen = DAEMON_VERSIONS.iter().find(|(_, weight)| {
                let hit = dice < *weight;
                dice = dice.wrapping_sub(*weight);
                hit
            });
            daemon_agent(chosen.map_or("3.3.14", |(version, _)| version), environment)
        }
        // The doubled spaces are the exporter's: its constants begin with one and are joined by one.
        Client::Collector => format!(
            "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.1 md/GOOS#linux md/GOARCH#amd64 \
             api/xray#1.31.1 xray-otel-exporter/0.119.0  exec-env/{environment}  OS/linux-amd64 {}",
            ["aws-otel-collector/v0.43.0", "otelcol-contrib/0.119.0"][rng.below(2) as usize]
        ),
        Client::Service => role.caller().unwrap_or("lambda.amazonaws.com").to_owned(),
        Client::Sdk => SDKS[rng.below(SDKS.len() as u32) as usize].to_owned(),
        Client::Tool => format!("{CLI}{CLI_SENDS}"),
    }
}

/// Returns a session of a sender role.
pub(crate) fn sender_session(
    role: &SenderRole,
    old: bool,
    number: usize,
    rng: &mut Rng,
) -> Session {
    let name = match role.place {
        Place::Ec2 => instance_id(rng),
        Place::Ecs => {
            let mut task = Vec::new();
            push_hex(&mut task, [rng.word(), rng.word()], 32);
            String::from_utf8_lossy(&task).into_owned()
        }
        Place::Lambda => format!("{}-{}", role.name, ["prod", "canary"][number % 2]),
        Place::Eks if number.is_multiple_of(2) => {
            format!("aws-sdk-java-17724{:08}", rng.below(100_000_000))
        }
        Place::Eks => {
            let hash = hex16(rng.word());
            let hash = String::from_utf8_lossy(&hash);
            format!("{}-{}-{}", role.name, &hash[..9], &hash[9..14])
        }
        Place::States => format!("xray-daemon-17724{:014}", rng.word() % 100_000_000_000_000),
    };
    let agent = sender_agent(role, old, rng);
    match role.caller() {
        Some(service) => service_session(name, service, rng),
        None => {
            let network = if rng.below(100) < 63 { Network::Endpoint } else { Network::Public };
            session(name, agent, network, rng)
        }
    }
}

/// Returns an EC2 instance id.
pub(crate) fn instance_id(rng: &mut Rng) -> String {
    format!("i-0{}", String::from_utf8_lossy(&hex16(rng.word())))
}

/// Returns how a program reaches AWS: mostly through an endpoint.
pub(crate) fn network(rng: &mut Rng) -> Network {
    if rng.below(100) < 60 { Network::Endpoint } else { Network::Public }
}

/// Returns a session with an address that fits its network.
pub(crate) fn session(name: String, agent: String, network: Network, rng: &mut Rng) -> Session {
    let address = match network {
        Network::Endpoint => {
            format!("10.{}.{}.{}", rng.between(16, 31), rng.below(256), rng.between(4, 250))
        }
        // About 2 % of all calls come over IPv6, so one in twenty of the public ones.
        _ if rng.below(20) == 0 => {
            format!("2001:db8:40:{:x}::{:x}", rng.below(4096), rng.between(2, 65_000))
        }
        _ => {
            let net = ["203.0.113", "198.51.100", "192.0.2"][rng.below(3) as usize];
            format!("{net}.{}", rng.between(10, 60))
        }
    };
    let tls = if rng.below(1000) < 724 { Tls::V13 } else { Tls::V12 };
    Session { name, seed: rng.word(), mfa: false, console: false, agent, address, network, tls }
}

/// Returns the session of a service that calls.
pub(crate) fn service_session(name: String, service: &str, rng: &mut Rng) -> Session {
    Session {
        name,
        seed: rng.word(),
        mfa: false,
        console: false,
        agent: service.to_owned(),
        address: service.to_owned(),
        network: Network::Service,
        tls: Tls::None,
    }
}

/// Returns a person's session: three in four at the console, most of them with a second factor.
pub(crate) fn person(number: usize, rng: &mut Rng) -> Session {
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[number / FIRST_NAMES.len() % LAST_NAMES.len()];
    let console = number % 4 != 3;
    let agent = if console { BROWSERS[number % BROWSERS.len()] } else { CLI };
    let name = format!("{first}.{last}@example.com");
    let mut person = session(name, agent.to_owned(), Network::Public, rng);
    if console && number % 13 == 5 {
        "AWS Internal".clone_into(&mut person.address);
        "AWS Internal".clone_into(&mut person.agent);
        person.tls = Tls::None;
    } else {
        person.address = format!("203.0.113.{}", 100 + number);
    }
    person.console = console;
    person.mfa = number % 7 != 2;
    person
}
