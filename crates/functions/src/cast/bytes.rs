//! Casts to `varbinary`, `uuid` and `ipaddress`, and the latter two as text.

use super::{each, no_cast};
use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};
use uuid::Uuid;

/// Casts to `varbinary`.
pub(super) fn to_varbinary(array: &ArrayRef, from: &Type) -> SqlResult<ArrayRef> {
    match from {
        Type::Varchar(_) => {
            let text = cast(array, &DataType::Utf8)?;
            Ok(cast(&text, &DataType::Binary)?)
        }
        Type::Uuid | Type::IpAddress => Ok(cast(array, &DataType::Binary)?),
        _ => Err(no_cast(from, &Type::Varbinary)),
    }
}

/// Casts to `uuid`.
pub(super) fn to_uuid(array: &ArrayRef, from: &Type, safe: bool) -> SqlResult<ArrayRef> {
    let to = &Type::Uuid;
    match from {
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            uuid_of_text(text)
                .ok_or_else(|| SqlError::cast(format!("Cannot cast value to UUID: {text}")))
        }),
        Type::Varbinary => each(array, to, safe, |bytes: &[u8]| {
            <[u8; 16]>::try_from(bytes)
                .map_err(|_| SqlError::cast(format!("Invalid UUID binary length: {}", bytes.len())))
        }),
        _ => Err(no_cast(from, to)),
    }
}

/// Reads `12151fd2-7586-11e9-8f9e-2a86e4085a59`, and nothing shorter.
fn uuid_of_text(text: &str) -> Option<[u8; 16]> {
    const LENGTH: usize = 36;
    (text.len() == LENGTH).then(|| Uuid::try_parse(text).ok()).flatten().map(Uuid::into_bytes)
}

/// Appends a uuid.
pub(super) fn write_uuid(bytes: &[u8], out: &mut String) {
    let bytes = <[u8; 16]>::try_from(bytes).unwrap_or_default();
    let mut buffer = Uuid::encode_buffer();
    out.push_str(Uuid::from_bytes(bytes).hyphenated().encode_lower(&mut buffer));
}

/// Casts to `ipaddress`.
pub(super) fn to_ipaddress(array: &ArrayRef, from: &Type, safe: bool) -> SqlResult<ArrayRef> {
    let to = &Type::IpAddress;
    match from {
        Type::Varchar(_) => each(array, to, safe, |text: &str| {
            address_of_text(text)
                .ok_or_else(|| SqlError::cast(format!("Cannot cast value to IPADDRESS: {text}")))
        }),
        Type::Varbinary => each(array, to, safe, |bytes: &[u8]| {
            if let Ok(four) = <[u8; 4]>::try_from(bytes) {
                return Ok(Ipv4Addr::from(four).to_ipv6_mapped().octets());
            }
            <[u8; 16]>::try_from(bytes).map_err(|_| {
                SqlError::cast(format!("Invalid IP address binary length: {}", bytes.len()))
            })
        }),
        _ => Err(no_cast(from, to)),
    }
}

/// Reads an IPv4 or IPv6 address; the name of an interface is left out.
fn address_of_text(text: &str) -> Option<[u8; 16]> {
    if let Ok(four) = text.parse::<Ipv4Addr>() {
        return Some(four.to_ipv6_mapped().octets());
    }
    let address = match text.split_once('%') {
        Some((address, interface)) if !interface.is_empty() => address,
        _ => text,
    };
    address.parse::<Ipv6Addr>().ok().map(|six| six.octets())
}

/// Appends an address, as one of four bytes if it is mapped from there.
pub(super) fn write_ipaddress(bytes: &[u8], out: &mut String) {
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).unwrap_or_default());
    // Writing to a string has no error.
    let _ = match address.to_ipv4_mapped() {
        Some(four) => write!(out, "{four}"),
        None => write!(out, "{address}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, want) in [
            ("1.2.3.4", Some("1.2.3.4")),
            ("::ffff:1.2.3.4", Some("1.2.3.4")),
            ("::FFFF:102:304", Some("1.2.3.4")),
            ("::1.2.3.4", Some("::102:304")),
            ("2001:db8:0:0:1:0:0:1", Some("2001:db8::1:0:0:1")),
            ("2001:db8:0:1:1:1:1:1", Some("2001:db8:0:1:1:1:1:1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("01.2.3.4", None),
            ("1.2.3", None),
            ("1.2.3.4 ", None),
            ("", None),
        ] {
            let got = address_of_text(text).map(|bytes| {
                let mut out = String::new();
                write_ipaddress(&bytes, &mut out);
                out
            });
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }

    #[test]
    fn uuids() {
        let text = "12151FD2-7586-11e9-8f9e-2a86e4085a59";
        let mut out = String::new();
        write_uuid(&uuid_of_text(text).unwrap(), &mut out);
        assert_eq!(out, text.to_lowercase());
        assert_eq!(uuid_of_text("12151fd2758611e98f9e2a86e4085a59"), None);
        assert_eq!(uuid_of_text("1-2-3-4-5"), None);
    }
}
