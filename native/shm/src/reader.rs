//! The reading side: maps read-only, copies, checks, decodes from its copy; tells a slow caller exactly what it lost.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::decode::{self, Decoded, Near};
use crate::error::ShmError;
use crate::files::{Directory, Trust};
use crate::layout::{COPY_WORDS, SLOT_WORDS, SPAN_MAX, header};
use crate::liveness::{CURRENT_EVERY, Liveness, Pulse};
use crate::mapping::Area;
use crate::record::Record;
use crate::ring::{Found, RingReader};
use crate::segment::Segment;
use crate::sync::Words;

/// Longest wait for a slot that is being written.
const STALL_AFTER: Duration = Duration::from_micros(50);
/// Looks at the slot between two looks at the clock.
const SPINS: usize = 64;
/// How often one poll starts again behind a writer that laps it meanwhile.
const RESTARTS_MAX: usize = 16;

/// Outcome of [`Reader::poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Caught up.
    Empty,
    /// The next record was copied.
    Record,
    /// Exactly `lost` records were overwritten before they were read; the next poll goes on behind them. Books fed by this
    /// ring must be rebuilt: from the latest table, or the next snapshot record.
    Lapped {
        /// Number of records lost.
        lost: u64,
    },
    /// The next slot has been half written for more than 50 µs: ask [`Reader::liveness`].
    Stalled,
}

/// Reads one shard. Any number of readers may exist; none can hold up the writer.
#[derive(Debug)]
pub struct Reader {
    root: PathBuf,
    name: String,
    shard: u16,
    trust: Trust,
    segment: Segment,
    ring: RingReader<Area, SLOT_WORDS>,
    cursor: u64,
    /// Sequence of the next record, where it is known.
    expected: Option<u64>,
    near: Near,
    stalled_at: Option<u64>,
    skipped: u64,
    breaks: u64,
    pulse: Pulse,
    current_checked: Instant,
    superseded: Option<u64>,
    copy: Box<[u64; COPY_WORDS]>,
}

impl Reader {
    /// Opens a shard that this user, or root, publishes. The first poll finds what is published after this call.
    ///
    /// # Errors
    ///
    /// [`ShmError::NotFound`] if nobody has published; [`ShmError::Permission`] if a file's type, owner, mode or links are
    /// not a segment's; [`ShmError::Version`] and [`ShmError::Corrupt`] for files that are no segment of this build.
    pub fn open(root: &Path, name: &str, shard: u16) -> Result<Self, ShmError> {
        Self::open_trusting(root, name, shard, Trust::in_self())
    }

    /// Opens a shard that another user publishes, given by its uid.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_owned_by(root: &Path, name: &str, shard: u16, uid: u32) -> Result<Self, ShmError> {
        Self::open_trusting(root, name, shard, Trust::in_user(uid))
    }

    pub(crate) fn open_trusting(root: &Path, name: &str, shard: u16, trust: Trust) -> Result<Self, ShmError> {
        let directory = Directory::shard(root, name, shard, trust, false)?;
        let segment = Segment::open_current(&directory, trust)?;
        let now = Instant::now();
        let mut reader = Self {
            root: root.into(),
            name: name.into(),
            shard,
            trust,
            ring: segment.ring_reader(),
            pulse: Pulse::new(segment.control.get(header::HEARTBEAT), now),
            segment,
            cursor: 0,
            expected: None,
            near: Near { sequence: 0, frame_seq: 0 },
            stalled_at: None,
            skipped: 0,
            breaks: 0,
            current_checked: now,
            superseded: None,
            copy: Box::new([0; COPY_WORDS]),
        };
        reader.seek_newest();
        Ok(reader)
    }

    /// Copies the next record into `record` and moves on. `record` is only to be used on [`Poll::Record`].
    ///
    /// Cost: one cache line for a small record; no allocation, no system call.
    #[inline]
    pub fn poll(&mut self, record: &mut Record) -> Poll {
        for _ in 0..RESTARTS_MAX {
            match self.ring.read(self.cursor, &mut self.copy[..]) {
                Found::Record(span) => {
                    if let Some(outcome) = self.take(span, record) {
                        return outcome;
                    }
                }
                Found::Empty => return Poll::Empty,
                Found::Writing => {
                    if !self.wait_for_commit() {
                        return Poll::Stalled;
                    }
                }
                Found::Overwritten | Found::NoRecord => self.restart(),
            }
        }
        Poll::Empty
    }

    /// Whether a poll would find something.
    #[inline]
    pub(crate) fn has_next(&self) -> bool {
        !self.ring.is_empty_at(self.cursor)
    }

    /// Judges the record in the copy; `None` to look on.
    #[inline]
    fn take(&mut self, span: u64, record: &mut Record) -> Option<Poll> {
        let sequence = decode::sequence(&self.copy[..], self.near);
        if let Some(expected) = self.expected
            && sequence > expected
        {
            // Not moved on: the next poll finds the record here, or is lapped again and counts on from it.
            self.expected = Some(sequence);
            self.breaks += 1;
            return Some(Poll::Lapped { lost: sequence - expected });
        }
        let decoded = decode::decode(&self.copy[..], span, self.near, record);
        if decoded == Decoded::Malformed || self.expected.is_some_and(|expected| sequence < expected) {
            // No writer of this layout does that. The sequence of the next good record tells how many were lost.
            self.restart();
            return None;
        }
        self.cursor += span;
        // Saturating: a hostile memory may hold any number.
        self.expected = Some(sequence.saturating_add(1));
        self.near.sequence = sequence;
        if decoded == Decoded::Unknown {
            self.skipped += 1;
            return None;
        }
        self.near.frame_seq = record.frame_seq;
        Some(Poll::Record)
    }

    /// Waits a bounded time for a slot that is being written; `false` if it stays so.
    #[cold]
    fn wait_for_commit(&mut self) -> bool {
        if self.stalled_at == Some(self.cursor) {
            return false;
        }
        let start = Instant::now();
        while start.elapsed() < STALL_AFTER {
            // Looked at after each pause: a pause takes up to 140 cycles, and the writer is done within a few of them.
            for _ in 0..SPINS {
                if self.ring.read(self.cursor, &mut self.copy[..]) != Found::Writing {
                    return true;
                }
                std::hint::spin_loop();
            }
        }
        self.stalled_at = Some(self.cursor);
        false
    }

    /// Goes on at the first record of the newer half: the newest would be lapped again at once, the oldest too.
    #[cold]
    fn restart(&mut self) {
        self.breaks += 1;
        let head = self.ring.head();
        let from = head.position.saturating_sub(self.ring.slots() / 2).max(self.cursor + 1);
        self.cursor = self.ring.find_record(from, head.position).unwrap_or_else(|| head.position.max(from));
        self.near = Near { sequence: head.sequence, frame_seq: head.frame_seq };
    }

    /// Moves to the oldest record that still stands. Forgets what was expected: nothing counts as lost.
    pub fn seek_oldest(&mut self) {
        self.breaks += 1;
        for _ in 0..RESTARTS_MAX {
            let head = self.ring.head();
            let oldest = head.position.saturating_sub(self.ring.slots());
            self.cursor = self.ring.find_record(oldest, head.position).unwrap_or(head.position);
            self.near = Near { sequence: head.sequence, frame_seq: head.frame_seq };
            // The record there tells which sequence comes next, so that a lap before the first poll is counted.
            let found = self.ring.read(self.cursor, &mut self.copy[..]);
            let stands = matches!(found, Found::Record(_));
            self.expected = stands.then(|| decode::sequence(&self.copy[..], self.near));
            if stands || found == Found::Empty {
                return;
            }
        }
    }

    /// Moves behind the newest record. Forgets what was expected: nothing counts as lost.
    pub fn seek_newest(&mut self) {
        self.breaks += 1;
        for _ in 0..RESTARTS_MAX {
            let head = self.ring.head();
            self.cursor = head.position;
            self.near = Near { sequence: head.sequence, frame_seq: head.frame_seq };
            self.expected = None;
            // The record before the cursor tells which sequence comes next, so that a lap before the first poll is counted.
            let Some(position) = self.ring.find_record_before(head.position, SPAN_MAX as u64) else { continue };
            if let Found::Record(span) = self.ring.read(position, &mut self.copy[..]) {
                self.near.sequence = decode::sequence(&self.copy[..], self.near);
                self.expected = Some(self.near.sequence.saturating_add(1));
                self.cursor = position + span;
                return;
            }
        }
    }

    /// Opens the shard's current generation and goes to its first record. Where its sequences continue those read so far,
    /// what the older generation held unread is told as lost by the next poll; read it empty first.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; this reader then stays as it was.
    pub fn reopen(&mut self) -> Result<(), ShmError> {
        let mut next = Self::open_trusting(&self.root, &self.name, self.shard, self.trust)?;
        if next.segment.header == self.segment.header {
            return Ok(());
        }
        next.seek_oldest();
        (next.skipped, next.breaks) = (self.skipped, self.breaks + 1);
        if next.segment.header.lineage == self.segment.header.lineage {
            next.expected = self.expected;
        }
        *self = next;
        Ok(())
    }

    /// State of the writer. Looks at the file system at most every 250 ms; meant for when polls are empty.
    pub fn liveness(&mut self) -> Liveness {
        let now = Instant::now();
        if self.superseded.is_none() && now.saturating_duration_since(self.current_checked) >= CURRENT_EVERY {
            self.current_checked = now;
            self.superseded = self.newer_epoch();
        }
        let judged = self.pulse.judge(self.segment.control.get(header::HEARTBEAT), now);
        if let Some(epoch) = self.superseded {
            Liveness::Superseded { epoch }
        } else if self.segment.is_closed() {
            Liveness::Closed { final_sequence: self.segment.control.get(header::FINAL_SEQUENCE) }
        } else {
            judged
        }
    }

    /// Epoch of another generation, where there is one that can be read.
    fn newer_epoch(&self) -> Option<u64> {
        let directory = Directory::shard(&self.root, &self.name, self.shard, self.trust, false).ok()?;
        Some(self.segment.open_other(&directory, self.trust)?.header.epoch)
    }

    /// Root, name and owner that it was opened with.
    pub(crate) fn place(&self) -> (PathBuf, String, Trust) {
        (self.root.clone(), self.name.clone(), self.trust)
    }

    /// The shard being read.
    #[must_use]
    pub const fn shard(&self) -> u16 {
        self.shard
    }

    /// Epoch of the writer being read.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.segment.header.epoch
    }

    /// Number of the file being read.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.segment.header.generation
    }

    /// Process id of the writer, as it saw itself.
    #[must_use]
    pub const fn writer_pid(&self) -> u32 {
        self.segment.header.writer.pid
    }

    /// Levels a side in the latest table.
    #[must_use]
    pub const fn depth(&self) -> u16 {
        self.segment.header.depth
    }

    /// Number of slots of the latest and instrument tables.
    #[must_use]
    pub fn instruments_max(&self) -> u32 {
        self.segment.instruments_max()
    }

    /// The cursor: position of the next slot to read.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.cursor
    }

    /// Sequence of the next record; `None` until the first one was read.
    #[must_use]
    pub const fn next_sequence(&self) -> Option<u64> {
        self.expected
    }

    /// Number of slots of the ring.
    #[must_use]
    pub const fn slots(&self) -> u64 {
        self.ring.slots()
    }

    /// Slots published and not read yet; above [`Self::slots`] the reader has been lapped. Costs a cache line of the writer.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.ring.head().position.saturating_sub(self.cursor)
    }

    /// Records skipped because a newer version added their kind, state or reason.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How often records were passed over: lapped, sought, another generation.
    #[must_use]
    pub const fn breaks(&self) -> u64 {
        self.breaks
    }

    pub(crate) const fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Sequence of the newest record, or of the one being written.
    pub(crate) fn newest_sequence(&self) -> u64 {
        self.ring.head().sequence
    }

    pub(crate) const fn ring(&self) -> &RingReader<Area, SLOT_WORDS> {
        &self.ring
    }
}
