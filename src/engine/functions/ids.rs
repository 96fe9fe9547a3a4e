//! Identifiers and network addresses: `uuid`, and `contains` for a network and an address.

use super::registry::Registry;
use crate::engine::sql_error::{SqlError, SqlResult};
use std::net::IpAddr;
use std::str::FromStr;

pub(super) fn register(registry: &mut Registry) {
    registry
        .add("uuid", "() -> uuid", |call| call.each(|_| Ok(Some(*uuid::Uuid::new_v4().as_bytes()))))
        .volatile();
    registry.add("contains", "(varchar, ipaddress) -> boolean", |call| {
        let mut last: Option<(&str, Network)> = None;
        call.map2(|cidr: &str, address: &[u8]| {
            if last.as_ref().is_none_or(|(known, _)| *known != cidr) {
                last = Some((cidr, Network::parse(cidr)?));
            }
            let address: [u8; 16] = address
                .try_into()
                .map_err(|_| SqlError::internal("an ipaddress without 16 bytes"))?;
            Ok(last.as_ref().is_some_and(|(_, network)| network.contains(address)))
        })
    });
}

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    /// The address, IPv4 mapped into IPv6.
    address: u128,
    /// The bits of an address that tell whether it is in the network.
    mask: u128,
}

impl Network {
    /// Reads a network in CIDR notation.
    fn parse(cidr: &str) -> SqlResult<Self> {
        let invalid = || SqlError::argument("Invalid CIDR");
        let (address, prefix) = cidr.split_once('/').ok_or_else(invalid)?;
        let address = parse_address(address)
            .ok_or_else(|| SqlError::argument("Invalid network IP address"))?;
        let prefix: i32 = prefix
            .parse()
            .map_err(|_| SqlError::argument(format!("For input string: \"{prefix}\"")))?;
        let prefix =
            u32::try_from(prefix).map_err(|_| SqlError::argument("Invalid prefix length"))?;
        // An IPv4 address that is written as an IPv6 one is one of IPv6.
        let (address, bits) = match address {
            IpAddr::V4(address) => (address.to_ipv6_mapped(), 32),
            IpAddr::V6(address) => (address, 128),
        };
        if prefix > bits {
            return Err(invalid());
        }
        let mask = match bits - prefix {
            128 => 0,
            free => u128::MAX << free,
        };
        let address = address.to_bits();
        if bits == 32 && address & !mask != 0 {
            return Err(invalid());
        }
        Ok(Self { address: address & mask, mask })
    }

    fn contains(self, address: [u8; 16]) -> bool {
        u128::from_be_bytes(address) & self.mask == self.address
    }
}

/// Reads an address as Guava's `InetAddresses` does: a zone goes.
fn parse_address(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((address, zone)) if !zone.is_empty() && address.contains(':') => address,
        _ => text,
    };
    IpAddr::from_str(address).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (cidr, address, want) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::ffff:7f00:1/128", "127.0.0.1", true),
            ("::ffff:10.0.0.1/8", "::1", true),
            ("2001:abcd::1/60", "2001:abcd::2", true),
            ("170.187.0.0/16", "::ffff:aabb:203", true),
        ] {
            let network = Network::parse(cidr).unwrap();
            let octets = match parse_address(address).unwrap() {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            };
            assert_eq!(network.contains(octets), want, "{cidr} {address}");
        }
    }

    #[test]
    fn texts_that_are_no_network() {
        for (cidr, message) in [
            ("10.0.0.0", "Invalid CIDR"),
            ("10.0.0.1/8", "Invalid CIDR"),
            ("10.0.0.0/33", "Invalid CIDR"),
            ("x/8", "Invalid network IP address"),
            ("0.0.0.0/-1", "Invalid prefix length"),
            ("10.0.0.0/", "For input string: \"\""),
        ] {
            assert_eq!(Network::parse(cidr).unwrap_err().message, message, "{cidr}");
        }
    }
}
