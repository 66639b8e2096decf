//! N-API surface of the native crates: converts types and errors, decides nothing. See `native/addon/README.md`.
#![allow(missing_docs, reason = "napi's macros generate undocumented items; the public ones are documented in binding.d.ts")]

mod books;
mod budget;
mod chunks;
mod convert;
mod cursors;
mod driver;
mod entry;
mod failure;
mod fanout;
mod feed;
mod following;
mod journal_records;
mod journalling;
mod journals;
mod lines;
mod lock;
mod past_books;
mod probe;
mod reader;
mod rejected;
mod replays;
mod rules;
mod shard;
mod shard_options;
mod verified;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

pub use crate::chunks::websocket_frame;
use crate::convert::Listing;
pub use crate::cursors::{journal_cursor, journal_cursors, keep_cursor};
use crate::failure::{Result, fail, guard};
pub use crate::journals::{check_journal, journal_segments, prune_journal};
pub use crate::past_books::journal_book_at;
pub use crate::reader::{ring_engines, ring_shards};
pub use crate::verified::verify_replay;

/// Version of the addon; equal to the package's.
#[napi]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Reads a venue's instrument listing (the body of its REST answer).
///
/// # Errors
///
/// `VENUE_UNKNOWN`, or the code of the place where the body stops making sense.
#[napi]
pub fn parse_listings(venue: u32, body: Uint8Array) -> Result<Vec<Listing>> {
    guard(|| {
        let venue = convert::venue(venue)?;
        let listings = venue
            .parse_listings(&body)
            .map_err(|reject| fail(reject.code, format!("{} instrument listing, byte {}", venue.name(), reject.offset)))?;
        Ok(listings.into_iter().map(Listing::from).collect())
    })
}
