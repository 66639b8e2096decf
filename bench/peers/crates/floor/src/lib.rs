// The crate's root is the prototype's own, so that its paths hold; empty where it is absent.
#![allow(warnings, clippy::all, clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]

#[cfg(floor)]
include!(env!("TICKRING_FLOOR_SOURCE"));

/// Whether the prototype was found.
pub const PRESENT: bool = cfg!(floor);
