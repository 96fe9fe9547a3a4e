//! AWS's wire protocols.

mod digest;
pub mod error;
pub mod keys;
pub mod model;
pub mod page_token;
pub mod signature;
