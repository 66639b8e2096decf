//! Fan-out: ring records of all shards of an engine in, messages per topic out, each built once for all clients.
//!
//! Topics, sequence rules and encodings are described in `native/wire/README.md`; the FlatBuffers schema is
//! `src/model/wire.fbs`.
#![deny(unsafe_code)]

mod candles;
mod conflation;
mod fanout;
mod feed;
mod flat;
mod json;
mod json_text;
mod known;
mod members;
mod message;
mod msgpack;
mod parts;
mod publisher;
mod shard;
mod topic;
mod window;

/// Printed by `scripts/codegen-wire.mjs`; style and unsafe code are the compiler's.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block, clippy::unwrap_used)]
#[allow(missing_docs, unsafe_code, unsafe_op_in_unsafe_fn, unused_qualifications, unused_imports, dead_code)]
#[rustfmt::skip]
#[path = "generated/wire.rs"]
mod generated;

/// Readers and builders of the FlatBuffers messages.
pub mod fbs {
    pub use crate::generated::tickring::wire::*;
}

pub use fanout::{Candles, Fanout, OUT_SIZE_MIN, ShardStatus};
pub use flat::FlatEncoder;
pub use json::JsonEncoder;
pub use message::{Body, Encoding, FLAGS_SHOWN, Head, Origin, Rung, Sides, SkipReason, ValidDepth};
pub use msgpack::MsgPackEncoder;
pub use publisher::{FRAME_ALIGNMENT, FRAME_HEAD_SIZE, frame_size};
pub use topic::Topic;
