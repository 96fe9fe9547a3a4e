//! lib
pub mod envelope;
pub mod event;
pub mod json;
pub mod shred;
