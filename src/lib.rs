//! lib
pub mod columnar;
pub mod envelope;
pub mod event;
pub mod json;
pub mod shred;
pub mod store;
