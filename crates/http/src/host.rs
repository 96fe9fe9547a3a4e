//! The `Host` header: a name or an address, and a port that does not matter here (RFC 9110, section 7.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// In lower case, without the dot of the root.
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// The value of a `Host` header; `None` if it is none.
    pub(crate) fn from_header(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (host, port) = split_port(text)?;
        is_port(port).then(|| Self::parse(host))?
    }

    /// A name or an address alone, one of IPv6 with or without brackets.
    pub(crate) fn from_name(text: &str) -> Option<Self> {
        let address = text.parse().ok().map(Self::Address);
        address.or_else(|| Self::parse(text))
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let fits = name.len() <= 253 && name.split('.').all(label);
        fits.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    /// Whether no other machine can be meant: what RFC 6761 (section 6.3) reserves, 127.0.0.0/8 and ::1.
    /// Short forms such as `127.1` are names, as other software may look them up.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address.is_loopback(),
        }
    }
}

/// The host, and what follows its colon.
fn split_port(text: &str) -> Option<(&str, &str)> {
    let name = match text.find(']') {
        Some(end) => end + 1,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(name);
    if rest.is_empty() { Some((host, "")) } else { Some((host, rest.strip_prefix(':')?)) }
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn loopback(value: &str) -> Option<bool> {
        Host::from_header(value.as_bytes()).map(|host| host.is_loopback())
    }

    #[test]
    fn loopback_names_and_addresses_are_known() {
        for value in [
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "a.b.localhost:65535",
            "127.0.0.1:80",
            "127.255.0.9",
            "[::1]",
            "[::1]:443",
            "[0:0:0:0:0:0:0:1]",
            "localhost:",
        ] {
            assert_eq!(loopback(value), Some(true), "{value}");
        }
        for value in [
            "evil.test",
            "localhost.evil.test",
            "notlocalhost",
            "127.0.0.1.evil.test",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",
            "[::]",
            "[::ffff:10.0.0.1]",
            "10.0.0.1:127",
        ] {
            assert_eq!(loopback(value), Some(false), "{value}");
        }
        for value in [
            "",
            ":80",
            "[::1",
            "::1",
            "[127.0.0.1]",
            "localhost:x",
            "localhost:65536",
            "a b",
            "localhost:+1",
            "u@localhost",
            "localhost/",
            ".localhost",
            "a..localhost",
            "localhost..",
            "[::1]x",
            "[::1%25lo]",
            "lo\u{e9}alhost",
            "localhost, evil.test",
            "localhost#",
        ] {
            assert_eq!(loopback(value), None, "{value}");
        }
    }

    #[test]
    fn names_are_taken_with_and_without_brackets() {
        assert_eq!(Host::from_name("::1"), Host::from_name("[::1]"));
        assert_eq!(Host::from_name("Lake.Example."), Some(Host::Name("lake.example".to_owned())));
        for wrong in ["https://lake", "lake:80", "lake/x", "", "*.lake"] {
            assert_eq!(Host::from_name(wrong), None, "{wrong}");
        }
    }

    /// What a browser looks up for a name: nothing but these leads here without asking anybody.
    fn plainly_loopback(text: &str) -> bool {
        let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let name =
            if name.len() < text.len() { name.strip_suffix(':').unwrap_or(text) } else { text };
        let name = name.strip_suffix(':').unwrap_or(name).to_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name);
        name == "localhost"
            || name.ends_with(".localhost")
            || name.starts_with("127.") && name.split('.').count() == 4
            || name.starts_with('[') && name.ends_with(']')
    }

    proptest! {
        #[test]
        fn no_value_passes_that_is_not_plainly_loopback(
            value in r"(\[|evil|localhost|127|0|\.|:|1|@|%|/| |\]|::1|\PC){0,8}"
        ) {
            if loopback(&value) == Some(true) {
                prop_assert!(plainly_loopback(&value), "{value:?}");
            }
        }

        #[test]
        fn any_bytes_are_judged_without_a_panic(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Host::from_header(&value);
        }

        #[test]
        fn every_name_below_another_zone_is_foreign(
            name in "([a-z0-9_-]{1,9}\\.){0,3}[a-z0-9-]{1,9}", zone in "[a-z]{2,8}", port in any::<u16>()
        ) {
            prop_assume!(zone != "localhost");
            prop_assert_eq!(loopback(&format!("{name}.{zone}:{port}")), Some(false));
            prop_assert_eq!(loopback(&format!("{name}.localhost:{port}")), Some(true));
        }

        #[test]
        fn addresses_are_loopback_as_the_standard_library_has_it(bytes in any::<[u8; 4]>(), six in any::<[u8; 16]>()) {
            let (four, six) = (Ipv4Addr::from(bytes), Ipv6Addr::from(six));
            prop_assert_eq!(loopback(&four.to_string()), Some(bytes[0] == 127));
            prop_assert_eq!(loopback(&format!("[{six}]:1")), Some(six == Ipv6Addr::LOCALHOST));
        }
    }
}
