//! The shared-memory segment of a shard: ring, latest table, instrument table, counters; one writer, any number of readers.
//!
//! The layout is drawn in `native/shm/README.md` and numbered in [`layout`]; the protocol is in [`ring`] and [`seqlock`].
//!
//! ```no_run
//! use std::path::Path;
//! use tickring_shm::{DEFAULT_ROOT, Poll, Reader, Record};
//!
//! let mut reader = Reader::open(Path::new(DEFAULT_ROOT), "market_data_shm", 0)?;
//! let mut record = Record::default();
//! loop {
//!     match reader.poll(&mut record) {
//!         Poll::Record => println!("{} {:?}", record.sequence, record.trade()),
//!         Poll::Lapped { lost } => eprintln!("lost {lost} records"),
//!         Poll::Empty | Poll::Stalled => std::thread::yield_now(),
//!     }
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), tickring_shm::ShmError>(())
//! ```
#![deny(unsafe_code)]

mod broken;
pub mod chains;
pub mod layout;
pub mod ring;
pub mod seqlock;
pub mod sync;

// Everything else needs real memory: the model checker sees the protocols alone.
#[cfg(not(loom))]
mod budget;
#[cfg(not(loom))]
mod builder;
#[cfg(not(loom))]
mod canonical;
#[cfg(not(loom))]
mod clock;
#[cfg(not(loom))]
mod codec;
#[cfg(not(loom))]
mod crc32c;
#[cfg(not(loom))]
mod decode;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
mod figures;
#[cfg(not(loom))]
mod files;
#[cfg(not(loom))]
mod handout;
#[cfg(not(loom))]
mod header;
#[cfg(not(loom))]
mod image;
#[cfg(not(loom))]
mod images;
#[cfg(not(loom))]
mod levels;
#[cfg(not(loom))]
mod liveness;
#[cfg(not(loom))]
mod lock;
#[cfg(not(loom))]
mod mapping;
#[cfg(not(loom))]
mod merged;
#[cfg(not(loom))]
pub mod metrics;
#[cfg(not(loom))]
mod options;
#[cfg(not(loom))]
pub mod payload;
#[cfg(not(loom))]
mod process;
#[cfg(not(loom))]
mod reader;
#[cfg(not(loom))]
pub mod record;
#[cfg(not(loom))]
mod segment;
#[cfg(not(loom))]
mod tables;
#[cfg(all(test, not(loom)))]
mod tests;
#[cfg(not(loom))]
mod waiting;
#[cfg(not(loom))]
mod writer;

#[cfg(not(loom))]
pub use self::{
    budget::{BUDGET_MAX, HostBudget, Taken, budget_clock},
    builder::{Applied, BookBuilder, BookState},
    canonical::EventEncoder,
    clock::Clock,
    error::ShmError,
    files::{DEFAULT_ROOT, NAME_SIZE_MAX},
    liveness::{CURRENT_EVERY, DEAD_AFTER, Liveness, STALLED_AFTER},
    lock::EngineLock,
    merged::{Merged, Next, engines, shards},
    metrics::{CountersCopy, HistogramCopy, Stage},
    options::{EpochSeed, SegmentOptions, last_input},
    payload::{EpochReason, EpochStart},
    reader::{Poll, Reader},
    record::Record,
    tables::{InstrumentCopy, LatestCopy},
    waiting::Waiting,
    writer::{TIMED_EVERY, Writer},
};
