//! The write-ahead log of one shard: what enters the state machine, as received, numbered, checked. `native/journal/README.md`
//! draws the bytes and says what survives what.

#![forbid(unsafe_code)]

mod check;
mod checkpoint;
mod checkpoint_file;
mod cursor;
mod ends;
mod error;
mod feed;
mod flush;
mod found;
mod gap;
mod index;
mod input;
mod journal;
mod keeper;
mod pack;
mod prune;
mod reader;
mod record;
mod recover;
mod replay;
mod rules;
mod scan;
mod seek;
mod segment;
mod settings;
mod source;
mod state;
mod status;
mod storage;
mod writer;

pub use check::{Check, Range, check};
pub use checkpoint::CheckpointParts;
pub use checkpoint_file::{CheckpointHead, CheckpointName};
pub use cursor::{Cursor, Sinks, cursors_folder, hold_sink};
pub use error::JournalError;
pub use feed::{Batch, Cause, Feed, FeedSink, Missing};
pub use found::{Damage, Item, Seek};
pub use gap::{Gap, GapCause};
pub use index::{Entry, Index, Places};
pub use input::Room;
pub use journal::Journal;
pub use prune::{Prune, prunable, prune};
pub use reader::Reader;
pub use record::{HEAD_BYTES, Head, Kind, PAYLOAD_BYTES_MAX, Record, append_record, flag, record_bytes};
pub use recover::Recovered;
pub use replay::{Checkpointer, Difference, Replay, ReplayOptions, Report, Spacing, Span, Step, verify};
pub use segment::{HEADER_BYTES, Header, Link, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, SegmentName};
pub use settings::{Durability, Mode, Retention, Settings};
pub use state::{configuration, restore, restore_as_saved, save};
pub use status::{Durable, State, Status};
pub use storage::{Disk, Hold, Storage, StorageFile};
pub use writer::{Append, Stamp, Writer};

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
