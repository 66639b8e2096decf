//! What a new writer is told, what it finds of the one before, and the header that follows from both.

use std::path::PathBuf;

use tickring_core::counters::JournalCounters;

use crate::error::ShmError;
use crate::files::{Directory, Trust, check_name};
use crate::header::{Header, Shape, check_shape, plan};
use crate::layout::JOURNAL_COUNTERS_AT;
use crate::process::{Identity, monotonic_ns, wall_ns};
use crate::segment::Segment;
use crate::sync::Words;

/// What a shard's segment is to be.
#[derive(Clone, Debug)]
pub struct SegmentOptions {
    /// Directory of all engines, normally [`crate::DEFAULT_ROOT`].
    pub root: PathBuf,
    /// Name of the engine.
    pub name: String,
    /// Number of the shard.
    pub shard: u16,
    /// This writer's epoch: not 0, and another one at every start.
    pub epoch: u64,
    /// Epoch of the writer before; 0 where there was none.
    pub prev_epoch: u64,
    /// Bytes of the ring: a power of two, 64 KiB to 16 GiB.
    pub ring_bytes: u64,
    /// Bytes for images of whole books, a multiple of 4096; 0 for none. A level takes 8, and while an image is being replaced both
    /// stand there.
    pub books_bytes: u64,
    /// Slots of the instrument tables, 1 to 65,536.
    pub instruments_max: u32,
    /// Levels a side in the latest table, 1 to 1,000.
    pub depth: u16,
    /// Publish in sealed memory that is handed out over a socket, instead of in a file. A new writer then knows nothing of the one
    /// before: sequences begin anew, unless an [`EpochSeed`] says otherwise.
    pub hardened: bool,
}

impl SegmentOptions {
    /// Checks name, sizes and epoch, without touching anything.
    ///
    /// # Errors
    ///
    /// [`ShmError::Name`], or [`ShmError::Argument`] for the first value out of range.
    pub fn check(&self) -> Result<(), ShmError> {
        check_name(&self.name)?;
        check_shape(&self.shape())?;
        check_epoch(self.epoch, None)
    }

    const fn shape(&self) -> Shape {
        let Self { ring_bytes, books_bytes, instruments_max: instruments, depth, .. } = *self;
        Shape { ring_bytes, books_bytes, instruments, depth }
    }
}

/// What a durable record of the epoch before adds to what the segment before says by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct EpochSeed {
    /// Sequence of the first record. `None` continues the segment before, or begins at 1.
    pub first_sequence: Option<u64>,
    /// Last input of the epoch before known to be on disk; 0 where none is.
    pub last_durable: u64,
    /// When the epoch starts by the clock that the writer will be given, ns since the UNIX epoch; 0: now.
    pub started: u64,
}

/// Number of the last input of which readers of the writer before have seen something, a record or a figure: whoever counts inputs
/// on goes on behind it. 0 where there was no writer, its segment cannot be read, or it was [`SegmentOptions::hardened`] and is gone.
#[must_use]
pub fn last_input(options: &SegmentOptions) -> u64 {
    let trust = Trust::in_self();
    let directory = Directory::shard(&options.root, &options.name, options.shard, trust, false);
    let segment = directory.and_then(|directory| Segment::open_current(&directory, trust));
    segment.map_or(0, |segment| segment.last().frame_seq.max(segment.counters.get(JOURNAL_APPENDED)))
}

/// Word of the counters that says the number of the last input, as of the writer's last tick.
const JOURNAL_APPENDED: usize = JOURNAL_COUNTERS_AT + 2;
const _: () = assert!(matches!(JournalCounters::TABLE[2].0.as_bytes(), b"journal_appended"));

/// What is known of the writer before.
#[derive(Debug)]
pub(crate) struct Previous {
    pub(crate) epoch: u64,
    pub(crate) lineage: u64,
    pub(crate) last_sequence: u64,
    pub(crate) closed: bool,
}

/// What the segment before says, if it can be read.
pub(crate) fn previous(directory: &Directory, trust: Trust) -> Option<Previous> {
    let segment = Segment::open_current(directory, trust).ok()?;
    Some(Previous {
        epoch: segment.header.epoch,
        lineage: segment.header.lineage,
        last_sequence: segment.last().sequence,
        closed: segment.is_closed(),
    })
}

/// Refuses an epoch that readers could not tell from the one before.
pub(crate) fn check_epoch(epoch: u64, previous: Option<&Previous>) -> Result<(), ShmError> {
    if epoch == 0 || previous.is_some_and(|previous| previous.epoch == epoch) {
        return Err(ShmError::Argument {
            what: "epoch",
            value: epoch,
            limit: "above 0 and other than that of the writer before",
        });
    }
    Ok(())
}

/// Number of the next file.
pub(crate) fn next_generation(directory: &Directory) -> Result<u64, ShmError> {
    Ok(directory.generations()?.into_iter().max().unwrap_or(0) + 1)
}

/// The header of a new writer's segment.
pub(crate) fn header_for(options: &SegmentOptions, seed: &EpochSeed, previous: Option<&Previous>, generation: u64) -> Header {
    let (areas, file_size) = plan(&options.shape());
    let follows = previous.map_or(1, |previous| previous.last_sequence.saturating_add(1));
    let first_sequence = seed.first_sequence.unwrap_or(follows).max(1);
    // Sequences of both segments belong to one run only if none of them is given twice.
    let lineage = previous.filter(|_| first_sequence >= follows).map_or(options.epoch, |previous| previous.lineage);
    Header {
        epoch: options.epoch,
        prev_epoch: options.prev_epoch,
        generation,
        shard: options.shard,
        depth: options.depth,
        writer: Identity::of_this_process(),
        created_wall: wall_ns(),
        created_mono: monotonic_ns(),
        first_sequence,
        lineage,
        file_size,
        areas,
    }
}
