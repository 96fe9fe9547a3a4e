//! What is not on this machine: objects, whose bytes somebody else brings.

use std::fmt::Debug;
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;

/// Brings the bytes of objects. Implemented where the network is known.
pub trait Objects: Debug + Send + Sync {
    /// Says which objects will be read and in which order, each with its size in bytes, so that they can be fetched ahead.
    fn expect(&self, objects: Vec<(String, u64)>);

    /// Opens the object of so many bytes at `address` (`s3://bucket/key`), waiting for it until `stop` is set.
    ///
    /// # Errors
    /// Why it cannot be read, for people; [`FaultKind::Stopped`](super::FaultKind::Stopped) inside when `stop` was set.
    fn open<'s>(
        &'s self,
        address: &str,
        bytes: u64,
        stop: &'s AtomicBool,
    ) -> io::Result<Box<dyn Read + Send + 's>>;
}
