//! The hot path: an input into the buffer that the flush thread drains. No lock, syscall, allocation or wait.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::thread::Thread;

use rtrb::Producer;
use tickring_core::input::Stamped;

use crate::gap::{GAP_BYTES, Gap, GapCause};
use crate::input::parts;
use crate::record::{ALIGN, HEAD_BYTES, Head, Kind, flag, record_bytes};
use crate::status::Shared;

/// Most bytes in one record of a checkpoint.
const CHECKPOINT_PART: usize = 256 << 10;

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    /// Number of the input.
    pub sequence: u64,
    /// Whether the journal has it; if not, a gap will say so.
    pub kept: bool,
}

/// Where and when a record that is no input of core comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// ns since the UNIX epoch.
    pub ts_recv: u64,
    /// Monotonic ns.
    pub ts_mono: u64,
    /// Instrument that it is about, 0 where none.
    pub instrument: u32,
    /// Bits of [`crate::flag`].
    pub flags: u8,
}

/// The one writer of a journal; it belongs to the worker.
pub struct Writer {
    producer: Producer<u8>,
    shared: Arc<Shared>,
    /// The flush thread, where appends wake it.
    wake: Option<Thread>,
    stream: u32,
    epoch: u64,
    next: u64,
    payload_bytes_max: usize,
    missing: Option<Gap>,
}

impl Writer {
    pub(crate) fn new(
        producer: Producer<u8>,
        shared: Arc<Shared>,
        (stream, epoch, next): (u32, u64, u64),
        payload_bytes_max: usize,
        missing: Option<Gap>,
    ) -> Self {
        Self { producer, shared, wake: None, stream, epoch, next, payload_bytes_max, missing }
    }

    pub(crate) fn wake(&mut self, thread: Thread) {
        self.wake = Some(thread);
    }

    /// Number that the next input takes.
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Epoch of this writer.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Appends an input, which takes the next number in any case. `outputs` is the digest of what the shard put out before it, so
    /// that a replay that differs can be told which input it was; 0 where none is kept.
    ///
    /// Cost: one copy. Outcome: `kept` is false where the buffer is full or the payload too long; the next append that
    /// finds room tells the gap first.
    pub fn append(&mut self, stamped: &Stamped<'_>, ts_mono: u64, outputs: u64) -> Append {
        let parts = parts(&stamped.input);
        let payload = parts.payload();
        let head = self.head(parts.kind, stamped.ts_recv, ts_mono);
        self.input(Head { connection: parts.connection, instrument: parts.instrument, outputs, ..head }, payload)
    }

    /// Appends configuration that changes output: an input as well.
    pub fn append_configuration(&mut self, payload: &[u8], stamp: Stamp) -> Append {
        let head = self.head(Kind::Configuration, stamp.ts_recv, stamp.ts_mono);
        self.input(Head { instrument: stamp.instrument, flags: stamp.flags, ..head }, payload)
    }

    /// Appends a part of a checkpoint; `false` where there is no room for it.
    pub fn checkpoint(&mut self, payload: &[u8], stamp: Stamp) -> bool {
        self.note(Kind::Checkpoint, payload, stamp)
    }

    /// Appends a whole checkpoint, in as many parts as it takes; `false` where there is no room for all of them: then nothing of it
    /// is appended.
    pub fn whole_checkpoint(&mut self, bytes: &[u8], stamp: Stamp) -> bool {
        let part_bytes = CHECKPOINT_PART.min(self.payload_bytes_max);
        let parts = bytes.len().div_ceil(part_bytes).max(1);
        if !self.room_for(bytes.len() + parts * record_bytes(ALIGN)) {
            return false;
        }
        for part in 0..parts {
            let payload = &bytes[part * part_bytes..bytes.len().min((part + 1) * part_bytes)];
            let (first, last) = (part == 0, part + 1 == parts);
            let flags = if first { flag::FIRST } else { 0 } | if last { flag::LAST } else { 0 };
            let put = self.checkpoint(payload, Stamp { flags, ..stamp });
            debug_assert!(put, "room was counted before");
        }
        true
    }

    /// Whether a gap is still to be told, or this many bytes have no room.
    pub fn is_behind(&mut self, bytes: usize) -> bool {
        self.missing.is_some() || !self.room_for(bytes)
    }

    /// Appends text for people and tools; `false` where there is no room for it.
    pub fn mark(&mut self, text: &str, stamp: Stamp) -> bool {
        self.note(Kind::Mark, text.as_bytes(), stamp)
    }

    fn note(&mut self, kind: Kind, payload: &[u8], stamp: Stamp) -> bool {
        let head = self.head(kind, stamp.ts_recv, stamp.ts_mono);
        let head = Head { instrument: stamp.instrument, flags: stamp.flags, sequence: self.next - 1, ..head };
        payload.len() <= self.payload_bytes_max && self.push(head, payload)
    }

    /// Tells a gap that is still to be told, if there is room; `true` when none is left.
    pub fn settle(&mut self) -> bool {
        if self.missing.is_some() && self.room_for(0) {
            self.push_gap();
        }
        self.missing.is_none()
    }

    const fn head(&self, kind: Kind, ts_recv: u64, ts_mono: u64) -> Head {
        Head {
            length: 0,
            kind,
            flags: 0,
            connection: 0,
            stream: self.stream,
            epoch: self.epoch,
            sequence: self.next,
            ts_recv,
            ts_mono,
            synced: 0,
            instrument: 0,
            outputs: 0,
        }
    }

    fn input(&mut self, head: Head, payload: &[u8]) -> Append {
        let sequence = self.next;
        self.next += 1;
        if payload.len() > self.payload_bytes_max {
            self.shed(GapCause::TooLong, head, payload.len());
            return Append { sequence, kept: false };
        }
        let kept = self.push(head, payload);
        if !kept {
            self.shed(GapCause::BufferFull, head, payload.len());
        }
        Append { sequence, kept }
    }

    /// Whether a record of so many bytes has room, and before it the gap that is to be told.
    fn room_for(&mut self, bytes: usize) -> bool {
        let needed = bytes + if self.missing.is_some() { record_bytes(GAP_BYTES) } else { 0 };
        self.producer.cached_slots() >= needed || self.producer.slots() >= needed
    }

    fn push(&mut self, head: Head, payload: &[u8]) -> bool {
        if !self.room_for(record_bytes(payload.len())) {
            return false;
        }
        if self.missing.is_some() {
            self.push_gap();
        }
        self.put(Head { length: payload.len() as u32, ..head }, payload);
        true
    }

    #[cold]
    fn push_gap(&mut self) {
        if let Some(gap) = self.missing.take() {
            let head = Head { sequence: gap.last, length: GAP_BYTES as u32, ..self.head(Kind::Gap, gap.ts_last, 0) };
            self.put(head, &gap.to_bytes());
        }
    }

    fn put(&mut self, head: Head, payload: &[u8]) {
        let mut chunk = self.producer.write_chunk(head.record_bytes()).expect("invariant: room was counted before");
        let (first, second) = chunk.as_mut_slices();
        place(first, second, 0, &head.to_bytes());
        place(first, second, HEAD_BYTES, payload);
        // Padding is zeros already.
        chunk.commit_all();
        if let Some(thread) = &self.wake {
            // SeqCst fence: pairs with the one of the flush thread between `asleep` and its look at the buffer. One of the
            // two sees what the other wrote.
            fence(Ordering::SeqCst);
            if self.shared.asleep.load(Ordering::Relaxed) {
                thread.unpark();
            }
        }
    }

    #[cold]
    fn shed(&mut self, cause: GapCause, head: Head, bytes: usize) {
        let gap = self.missing.get_or_insert(Gap {
            cause,
            first: head.sequence,
            last: head.sequence,
            bytes: 0,
            ts_first: head.ts_recv,
            ts_last: head.ts_recv,
        });
        gap.last = head.sequence;
        gap.bytes += bytes as u64;
        gap.ts_last = head.ts_recv;
        // Relaxed: counters with this one writer.
        self.shared.shed_inputs.fetch_add(1, Ordering::Relaxed);
        self.shared.shed_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The gap that is still to be told.
    pub(crate) const fn missing(&self) -> Option<Gap> {
        self.missing
    }
}

/// Copies into two halves of a ring as if they were one.
fn place(first: &mut [u8], second: &mut [u8], at: usize, bytes: &[u8]) {
    let split = first.len().saturating_sub(at).min(bytes.len());
    let (head, tail) = bytes.split_at(split);
    if split > 0 {
        first[at..at + split].copy_from_slice(head);
    }
    if !tail.is_empty() {
        let from = at + split - first.len();
        second[from..from + tail.len()].copy_from_slice(tail);
    }
}
