//! Digests, checksums and HMAC.

use super::{bytes1, mix};
use crate::call::Call;
use crate::registry::{Eval, Registry};
use arrow::array::ArrayRef;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("crc32", "(varbinary) -> bigint", |call| {
        call.map1(|bytes: &[u8]| Ok(i64::from(crc32fast::hash(bytes))))
    });
    let digests: [(&'static str, Eval); 8] = [
        ("md5", |call| hashed(call, |bytes| Md5::digest(bytes).into())),
        ("sha1", |call| hashed(call, |bytes| Sha1::digest(bytes).into())),
        ("sha256", |call| hashed(call, |bytes| Sha256::digest(bytes).into())),
        ("sha512", |call| hashed(call, |bytes| Sha512::digest(bytes).into())),
        ("xxhash64", |call| {
            hashed(call, |bytes| twox_hash::XxHash64::oneshot(0, bytes).to_be_bytes())
        }),
        ("murmur3", |call| hashed(call, mix::murmur3)),
        ("spooky_hash_v2_32", |call| {
            hashed(call, |bytes| (mix::spooky(bytes) as u32).to_be_bytes())
        }),
        ("spooky_hash_v2_64", |call| hashed(call, |bytes| mix::spooky(bytes).to_be_bytes())),
    ];
    for (name, eval) in digests {
        registry.add(name, "(varbinary) -> varbinary", eval);
    }
    let keyed: [(&'static str, Eval); 4] = [
        ("hmac_md5", signed::<Hmac<Md5>>),
        ("hmac_sha1", signed::<Hmac<Sha1>>),
        ("hmac_sha256", signed::<Hmac<Sha256>>),
        ("hmac_sha512", signed::<Hmac<Sha512>>),
    ];
    for (name, eval) in keyed {
        registry.add(name, "(varbinary, varbinary) -> varbinary", eval);
    }
}

fn hashed<const N: usize>(call: &Call<'_>, hash: impl Fn(&[u8]) -> [u8; N]) -> SqlResult<ArrayRef> {
    bytes1(call, |bytes, out| {
        out.extend_from_slice(&hash(bytes));
        Ok(())
    })
}

/// Authenticates the first argument with the key in the second.
fn signed<M: Mac + KeyInit>(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (bytes, keys) = (call.column::<&[u8]>(0)?, call.column::<&[u8]>(1)?);
    call.each_bytes(|row, out| {
        let (Some(bytes), Some(key)) = (bytes.get(row), keys.get(row)) else { return Ok(false) };
        if key.is_empty() {
            return Err(SqlError::argument("Empty key"));
        }
        let mut mac = <M as KeyInit>::new_from_slice(key)
            .map_err(|error| SqlError::internal(error.to_string()))?;
        mac.update(bytes);
        out.extend_from_slice(&mac.finalize().into_bytes());
        Ok(true)
    })
}
