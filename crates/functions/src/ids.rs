//! Identifiers and network addresses: `uuid`, and what networks contain.

use crate::builder::{ArrayBuilder, IntoBuilder, end_of, list};
use crate::registry::Registry;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    registry
        .add("uuid", "() -> uuid", |call| call.each(|_| Ok(Some(*uuid::Uuid::new_v4().as_bytes()))))
        .volatile();
    registry.add("contains", "(varchar, ipaddress) -> boolean", |call| {
        let mut last: Option<(&str, Network)> = None;
        call.map2(|cidr: &str, address: &[u8]| {
            if last.as_ref().is_none_or(|(known, _)| *known != cidr) {
                last = Some((cidr, Network::parse(cidr)?));
            }
            let address = bits(address)?;
            Ok(last.as_ref().is_some_and(|(_, network)| network.contains(address)))
        })
    });
    prefixes(registry);
}

/// Functions over networks, which are those of Presto: Trino 476 has none. A network is text here; in
/// Presto it has a type of its own.
fn prefixes(registry: &mut Registry) {
    registry.add("ip_prefix", "(ipaddress, bigint) -> varchar", |call| {
        call.text2(|address: &[u8], length: i64, out: &mut String| {
            Network::around(bits(address)?, length)?.print(out);
            Ok(())
        })
    });
    registry.add("ip_prefix", "(varchar, bigint) -> varchar", |call| {
        call.text2(|address: &str, length: i64, out: &mut String| {
            let parsed = parse_address(address).ok_or_else(|| {
                SqlError::cast(format!("Cannot cast value to IPADDRESS: {address}"))
            })?;
            Network::around(mapped(parsed), length)?.print(out);
            Ok(())
        })
    });
    registry.add("ip_subnet_min", "(varchar) -> ipaddress", |call| {
        call.map1(|cidr: &str| Ok(Network::parse(cidr)?.address.to_be_bytes()))
    });
    registry.add("ip_subnet_max", "(varchar) -> ipaddress", |call| {
        call.map1(|cidr: &str| Ok(Network::parse(cidr)?.last().to_be_bytes()))
    });
    registry.add("ip_subnet_range", "(varchar) -> array(ipaddress)", |call| {
        let cidrs = call.column::<&str>(0)?;
        let mut ends = <[u8; 16]>::builder(2 * call.rows());
        let (mut offsets, mut valid) = (vec![0], Vec::with_capacity(call.rows()));
        for row in 0..call.rows() {
            let cidr = cidrs.get(row);
            valid.push(cidr.is_some());
            if let Some(cidr) = cidr {
                let network = Network::parse(cidr)?;
                network.address.to_be_bytes().append_to(&mut ends);
                network.last().to_be_bytes().append_to(&mut ends);
            }
            let given = valid.iter().filter(|valid| **valid).count();
            offsets.push(end_of(2 * given)?);
        }
        list(offsets, ends.finish(&Type::IpAddress)?, valid, call.result())
    });
    registry.add("is_subnet_of", "(varchar, ipaddress) -> boolean", |call| {
        call.map2(|cidr: &str, address: &[u8]| Ok(Network::parse(cidr)?.contains(bits(address)?)))
    });
    registry.add("is_subnet_of", "(varchar, varchar) -> boolean", |call| {
        call.map2(|outer: &str, inner: &str| {
            let (outer, inner) = (Network::parse(outer)?, Network::parse(inner)?);
            Ok(outer.contains(inner.address) && outer.mask & inner.mask == outer.mask)
        })
    });
}

/// The bits of an ipaddress.
fn bits(address: &[u8]) -> SqlResult<u128> {
    let octets =
        address.try_into().map_err(|_| SqlError::internal("an ipaddress must have 16 bytes"))?;
    Ok(u128::from_be_bytes(octets))
}

/// The bits of an address, IPv4 mapped into IPv6.
fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Addresses with a common prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    /// The address, IPv4 mapped into IPv6.
    address: u128,
    /// The bits of an address that decide whether it is in the network.
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
        let mask = mask(bits - prefix);
        let address = address.to_bits();
        if bits == 32 && address & !mask != 0 {
            return Err(invalid());
        }
        Ok(Self { address: address & mask, mask })
    }

    /// The network of `length` bits that an address is in: of at most 32 for one of IPv4.
    fn around(address: u128, length: i64) -> SqlResult<Self> {
        let of_v4 = Ipv6Addr::from_bits(address).to_ipv4_mapped().is_some();
        let most: u32 = if of_v4 { 32 } else { 128 };
        let length = u32::try_from(length).ok().filter(|length| *length <= most);
        let length = length.ok_or_else(|| {
            let version = if of_v4 { "IPv4" } else { "IPv6" };
            SqlError::argument(format!("{version} subnet size must be in range [0, {most}]"))
        })?;
        let mask = mask(most - length);
        Ok(Self { address: address & mask, mask })
    }

    fn contains(self, address: u128) -> bool {
        address & self.mask == self.address
    }

    /// The last address, the broadcast address.
    fn last(self) -> u128 {
        self.address | !self.mask
    }

    /// Writes the network in CIDR notation.
    fn print(self, out: &mut String) {
        let ones = self.mask.count_ones();
        let address = Ipv6Addr::from_bits(self.address);
        match address.to_ipv4_mapped().filter(|_| ones >= 96) {
            Some(address) => out.push_str(&format!("{address}/{}", ones - 96)),
            None => out.push_str(&format!("{address}/{ones}")),
        }
    }
}

/// The mask of all bits but so many at the end.
fn mask(free: u32) -> u128 {
    u128::MAX.checked_shl(free).unwrap_or(0)
}

/// Reads an address as Guava's `InetAddresses` does: a zone is left out.
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
            let address = parse_address(address).unwrap();
            assert_eq!(network.contains(mapped(address)), want, "{cidr} {address}");
        }
    }

    #[test]
    fn networks_around_addresses() {
        for (address, length, want) in [
            ("10.1.2.3", 8, "10.0.0.0/8"),
            ("10.1.2.3", 32, "10.1.2.3/32"),
            ("10.1.2.3", 0, "0.0.0.0/0"),
            ("2001:db8::ff", 64, "2001:db8::/64"),
            ("::1", 0, "::/0"),
        ] {
            let mut text = String::new();
            let network = Network::around(mapped(parse_address(address).unwrap()), length).unwrap();
            network.print(&mut text);
            assert_eq!(text, want);
            assert_eq!(Network::parse(&text).unwrap(), network);
        }
        assert!(Network::around(mapped(parse_address("10.1.2.3").unwrap()), 33).is_err());
    }

    #[test]
    fn malformed_networks_are_errors() {
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
