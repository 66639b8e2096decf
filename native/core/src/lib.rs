//! The market-data state machine: typed inputs in, events out.
//!
//! Pure by contract: no I/O, clock, thread, or allocation per event after warm-up. Time enters only with inputs, so that
//! live, replay and backtest run the same code and give the same events byte for byte. See `native/core/README.md`.
#![deny(unsafe_code)]

pub mod audit;
pub mod bars;
pub mod book;
#[cfg(not(feature = "broken"))]
mod broken;
#[cfg(feature = "broken")]
pub mod broken;
pub mod counters;
pub mod decimal;
pub mod digest;
pub mod error;
pub mod event;
pub mod input;
pub mod json;
pub mod machine;
pub mod rhythm;
#[allow(unsafe_code, reason = "vector instructions; see the module")]
pub mod simd;
pub mod sink;
pub mod stats;
pub mod sync;
pub mod validate;
pub mod venue;
