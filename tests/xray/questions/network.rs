//! Questions about where calls come from, and how they are protected on the way.

use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::{
    addresses, count, distinct, first, group, is_address, is_service, last, least, operations,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::cmp::Reverse;
use std::net::IpAddr;

const NETWORKS: &str = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,203.0.113.0/24";

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// The bits of an address, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// Whether a network such as `10.0.0.0/8` holds an address.
fn holds(network: &str, wanted: IpAddr) -> bool {
    let (base, length) = network.trim().split_once('/').unwrap();
    let ((base, width), (wanted, other)) = (bits(address(base).unwrap()), bits(wanted));
    let apart = (base ^ wanted).checked_shr(width - length.parse::<u32>().unwrap());
    width == other && apart.unwrap_or(0) == 0
}

pub(super) fn calls_from_outside(trail: &Trail, params: &Params) -> Vec<Row> {
    let networks = params.text("networks", NETWORKS);
    let outside = |call: &&Call| {
        let address = call.address.as_deref().and_then(address);
        address.is_some_and(|address| !networks.split(',').any(|network| holds(network, address)))
    };
    let calls = trail.window(params).into_iter().filter(outside);
    let mut found = Vec::new();
    for ((address, role), calls) in group(calls, |call| (&call.address, &call.role)) {
        let row = row! {
            address: address,
            calls: calls.len(),
            principal: role,
            operations: operations(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        };
        found.push(((Reverse(calls.len()), address, role.is_none(), role), row));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, row)| row).take(params.limit(100)).collect()
}

/// Whether a call comes from an address, over no endpoint.
fn over_internet(call: &&Call) -> bool {
    call.endpoint.is_none() && is_address(call)
}

fn endpoints(calls: &[&Call]) -> usize {
    distinct(calls.iter().map(|call| call.endpoint.as_deref()))
}

pub(super) fn endpoint_bypass(trail: &Trail, params: &Params) -> Vec<Row> {
    let known = trail.window(params).into_iter().filter(|call| call.role.is_some());
    let mut rows = Vec::new();
    for (role, calls) in group(known, |call| &call.role) {
        let internet: Vec<_> = calls.iter().copied().filter(over_internet).collect();
        let endpoint = count(&calls, |call| call.endpoint.is_some());
        if !internet.is_empty() && endpoint > 0 {
            rows.push(row! {
                role: role,
                over_internet: internet.len(),
                over_endpoint: endpoint,
                endpoints: endpoints(&calls),
                last_over_internet: last(&internet),
            });
        }
    }
    rows
}

pub(super) fn outside_endpoints(trail: &Trail, params: &Params) -> Vec<Row> {
    let known = trail.window(params).into_iter().filter(|call| call.account.is_some());
    let mut rows = Vec::new();
    for (account, calls) in group(known, |call| &call.account) {
        let there = endpoints(&calls);
        if there == 0 {
            continue;
        }
        let outside = calls.into_iter().filter(over_internet);
        for ((role, address), calls) in group(outside, |call| (&call.role, &call.address)) {
            rows.push(row! {
                account: account,
                principal: role,
                address: address,
                calls: calls.len(),
                operations: operations(&calls),
                first_seen: first(&calls),
                last_seen: last(&calls),
                account_endpoints: there,
            });
        }
    }
    rows
}

/// The number of a version such as `TLSv1.2`.
fn version(tls: &str) -> f64 {
    tls.replace("TLSv", "").parse().unwrap_or(0.0)
}

pub(super) fn outdated_tls(trail: &Trail, params: &Params) -> Vec<Row> {
    let least_version = params.number("version", 1.2);
    let outdated = |call: &&Call| {
        call.address.as_deref().is_some_and(|address| address != "AWS Internal")
            && !is_service(&call.address)
            && call.tls.as_deref().is_none_or(|tls| version(tls) < least_version)
    };
    let calls = trail.window(params).into_iter().filter(outdated);
    let answer = |((role, tls), calls): ((&Option<String>, &Option<String>), Vec<&Call>)| {
        let seen: Time = last(&calls);
        row! {
            principal: role,
            calls: calls.len(),
            tls_version: tls.as_deref().unwrap_or("(none)"),
            addresses: addresses(&calls),
            user_agent: least(calls.iter().map(|call| call.agent.as_deref())),
            last_seen: seen,
        }
    };
    group(calls, |call| (&call.role, &call.tls)).into_iter().map(answer).collect()
}

#[test]
fn networks_hold_their_addresses() {
    for (network, text, want) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("0.0.0.0/0", "11.0.0.1", true),
        ("2001:db8::/32", "2001:db8:1::5", true),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ("10.0.0.0/8", "2001:db8::1", false),
    ] {
        assert_eq!(holds(network, address(text).unwrap()), want, "{network} {text}");
    }
}
