//! Tokens by which clients ask for the next page.
//!
//! A token holds where the next page begins, and for which operation and parameters; a signature keeps clients
//! from making their own. So a server has nothing to remember, and the same token gives the same page.

mod parameters;
#[cfg(test)]
mod tests;

pub use parameters::Parameters;

use crate::digest::hmac_sha256;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use subtle::ConstantTimeEq;

/// Most characters that a token has; the model allows no more.
pub const MAX_CHARS: usize = 1_000;

/// The first byte: how the others are to be read.
const VERSION: u8 = 1;

/// Bytes of the signature at the end.
const MAC: usize = 32;

/// Comes before what is signed, so that the key may serve other purposes, too.
const PURPOSE: &[u8] = b"page token\0";

/// Why there is no page for a token, or no token for a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageTokenError {
    /// It was not made here, or not with this key, or was changed.
    #[error("the token is invalid")]
    Invalid,
    /// It was made for another operation.
    #[error("the token is one of another operation")]
    OtherOperation,
    /// It was made for other parameters.
    #[error("the token was reused with different parameters")]
    OtherParameters,
    /// The position is too long to be told in a token.
    #[error("a position of {0} bytes does not fit in a token")]
    TooLong(usize),
}

/// Makes and reads tokens with one key.
#[derive(Clone)]
pub struct PageTokens {
    key: Vec<u8>,
}

impl fmt::Debug for PageTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageTokens(***)")
    }
}

impl PageTokens {
    /// Takes a secret key of any length; 32 random bytes are right. Tokens are valid as long as the key stays.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: key.to_vec() }
    }

    /// Makes the token of the page that begins at `position`, which may be any bytes.
    ///
    /// # Errors
    /// The token would be longer than [`MAX_CHARS`]: there is room for some 650 bytes.
    pub fn issue(
        &self,
        operation: &str,
        parameters: &Parameters,
        position: &[u8],
    ) -> Result<String, PageTokenError> {
        let too_long = || PageTokenError::TooLong(position.len());
        let length = u8::try_from(operation.len()).map_err(|_| too_long())?;
        let mut bytes = vec![VERSION, length];
        bytes.extend_from_slice(operation.as_bytes());
        bytes.extend_from_slice(parameters.hash());
        bytes.extend_from_slice(position);
        let mac = self.mac(&bytes);
        bytes.extend_from_slice(&mac);
        let token = URL_SAFE_NO_PAD.encode(bytes);
        if token.len() > MAX_CHARS { Err(too_long()) } else { Ok(token) }
    }

    /// Returns where the page begins.
    ///
    /// # Errors
    /// The token was not made by [`issue`](Self::issue) with this key, operation and parameters. Clients are told
    /// `InvalidNextTokenException`, where the operation lists it.
    pub fn read(
        &self,
        operation: &str,
        parameters: &Parameters,
        token: &str,
    ) -> Result<Vec<u8>, PageTokenError> {
        if token.len() > MAX_CHARS {
            return Err(PageTokenError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageTokenError::Invalid)?;
        let (signed, mac) = bytes.split_last_chunk::<MAC>().ok_or(PageTokenError::Invalid)?;
        if !bool::from(self.mac(signed).ct_eq(mac)) {
            return Err(PageTokenError::Invalid);
        }
        let [VERSION, length, rest @ ..] = signed else { return Err(PageTokenError::Invalid) };
        let (name, rest) =
            rest.split_at_checked(usize::from(*length)).ok_or(PageTokenError::Invalid)?;
        if name != operation.as_bytes() {
            return Err(PageTokenError::OtherOperation);
        }
        let position = rest.strip_prefix(parameters.hash());
        position.map(<[u8]>::to_vec).ok_or(PageTokenError::OtherParameters)
    }

    fn mac(&self, signed: &[u8]) -> [u8; MAC] {
        hmac_sha256(&self.key, &[PURPOSE, signed].concat())
    }
}
