//! What runs: calls of functions, AND and OR that stop early, conditions that stay where they are, windows and their frames.

mod lambda;
mod parts;
mod scalar_call;
mod short_circuit;
mod staying;
pub(crate) mod window_frame;
mod windows;

pub(crate) use lambda::CompiledLambda;
pub use parts::{PartOf, part_of};
pub(crate) use scalar_call::{CallArgument, ScalarCall, call};
pub use short_circuit::short_circuit;
pub(crate) use short_circuit::short_circuit_plan;
pub(crate) use staying::{staying, unmarked};
pub use windows::PartitionedWindowExec;
pub(crate) use windows::{PartitionedWindows, ignoring_nulls};
