//! The ring protocol on bare words: groups of slots, committed tail slots first and the first slot last. Knows spans and
//! positions, not what records say. Checked by `model/ring_model.py` (view-based model with mutants) and `tests/loom.rs`.
//!
//! `S` is the number of words of a slot: 8 in the file, fewer under the model checker. A record is a run of words; the first
//! slot takes the first `S − 1` of them after its commit word, each tail slot the next `S − 1`. The first word of a record
//! carries its span in bits 8..16.

use crate::broken::{broken, fence, release};
use crate::layout::{COMMIT_EPOCH_SHIFT, COMMIT_TAIL, POSITION_MAX, header};
use crate::sync::{AtomicU64, Ordering, Words};

/// Bit of the record's first word at which the span begins.
pub const SPAN_SHIFT: u32 = 8;

/// A span at its place in the record's first word.
#[inline]
pub(crate) const fn span_bits(span: usize) -> u64 {
    (span as u64) << SPAN_SHIFT
}

/// What is the same for every access to one ring.
#[derive(Clone, Debug)]
pub struct Geometry {
    mask: u64,
    epoch: u64,
}

impl Geometry {
    /// A ring of `slots` (a power of two) written in `epoch`.
    #[must_use]
    pub fn new(slots: u64, epoch: u64) -> Self {
        let epoch = if broken("ring: epoch in the commit word") { 0 } else { epoch };
        Self { mask: slots - 1, epoch: epoch << COMMIT_EPOCH_SHIFT }
    }

    /// Number of slots.
    #[must_use]
    pub const fn slots(&self) -> u64 {
        self.mask + 1
    }

    const fn slot<const S: usize>(&self, position: u64) -> usize {
        (position & self.mask) as usize * S
    }

    const fn writing(&self, position: u64, tail: bool) -> u64 {
        self.epoch | if tail { COMMIT_TAIL } else { 0 } | (2 * position + 1)
    }

    const fn committed(&self, position: u64, tail: bool) -> u64 {
        self.writing(position, tail) + 1
    }
}

/// The writing side. One per ring, ever: a new writer takes a new file.
#[derive(Debug)]
pub struct RingWriter<W, const S: usize> {
    ring: W,
    head: W,
    geometry: Geometry,
    position: u64,
}

impl<W: Words, const S: usize> RingWriter<W, S> {
    /// Starts at position 0 of zeroed words.
    pub const fn new(ring: W, head: W, geometry: Geometry) -> Self {
        Self { ring, head, geometry, position: 0 }
    }

    /// Position of the next record.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Publishes one record and returns its span; `None` if this generation has no position left for it.
    ///
    /// `words[0]` gets the span written into it. Never waits, never reads what another side writes.
    #[inline]
    pub fn publish(&mut self, words: &mut [u64], sequence: u64, frame_seq: u64) -> Option<u64> {
        let span = words.len().div_ceil(S - 1);
        *words.first_mut()? |= span_bits(span);
        self.publish_record(span, &Plain::<S>(words), sequence, frame_seq)
    }

    /// As [`Self::publish`], for a record of `span` slots that hands over its words itself, the span among them.
    #[inline]
    pub fn publish_record(&mut self, span: usize, record: &impl Record, sequence: u64, frame_seq: u64) -> Option<u64> {
        let first = self.position;
        let next = first + span as u64;
        if span == 0 || next > POSITION_MAX {
            return None;
        }
        let left = self.geometry.slots() - (first & self.geometry.mask);
        if span as u64 <= left {
            let slots = self.slots(first, span);
            self.write(slots, slots[1..].iter(), |offset| &slots[offset], record);
        } else {
            self.write_round(left as usize, span, record);
        }
        self.position = next;
        let head = self.head.run(0, header::HEAD_FRAME_SEQ + 1);
        if broken("head: position stored last") {
            head[header::HEAD_POSITION].store(next, Ordering::Release);
        }
        head[header::HEAD_SEQUENCE].store(sequence, Ordering::Relaxed);
        head[header::HEAD_FRAME_SEQ].store(frame_seq, Ordering::Relaxed);
        // Release: pairs with `get_acquire` in `RingReader::head`.
        head[header::HEAD_POSITION].store(next, release("head: Release of the position"));
        Some(span as u64)
    }

    /// Writes a record that goes on at the beginning of the ring.
    #[cold]
    fn write_round(&self, left: usize, span: usize, record: &impl Record) {
        let (end, start) = (self.slots(self.position, left), self.slots(0, span - left));
        let slot = |offset: usize| end.get(offset).unwrap_or_else(|| &start[offset - left]);
        self.write(end, end[1..].iter().chain(start), slot, record);
    }

    /// The words of `count` slots that stand in a row.
    #[inline]
    fn slots(&self, position: u64, count: usize) -> &[[AtomicU64; S]] {
        self.ring.run(self.geometry.slot::<S>(position), count * S).as_chunks().0
    }

    /// Writes a record into the slots of its group: the first of `first`, then the `tail`; `slot` gives each of them.
    #[inline]
    fn write<'a>(
        &self,
        first: &[[AtomicU64; S]],
        tail: impl DoubleEndedIterator<Item = &'a [AtomicU64; S]> + Clone,
        slot: impl Fn(usize) -> &'a [AtomicU64; S],
        record: &impl Record,
    ) {
        let mut commit = self.geometry.writing(self.position, false);
        if !broken("ring: mark on the first slot") {
            first[0][0].store(commit, Ordering::Relaxed);
        }
        commit |= COMMIT_TAIL;
        for slot in tail.clone() {
            commit += 2;
            if !broken("ring: marks on tail slots") {
                slot[0].store(commit, Ordering::Relaxed);
            }
        }
        // Release fence: pairs with the Acquire fence of `RingReader::read` behind its copy. Whoever read a payload word
        // stored below finds at least the odd commit words above.
        fence("ring: fence behind the marks", Ordering::Release);
        record.store(|offset, body| {
            // Both lengths are constant where it matters, so that the compiler needs no loop.
            for (word, value) in slot(offset)[1..].iter().zip(body) {
                word.store(*value, Ordering::Relaxed);
            }
        });
        commit += 1;
        if broken("ring: first slot committed last") {
            first[0][0].store(self.geometry.committed(self.position, false), Ordering::Release);
        }
        // Tail slots first: whoever sees the first slot committed sees the whole group committed.
        for slot in tail.rev() {
            // Release: pairs with the Acquire fence of `RingReader::read` behind its first look.
            slot[0].store(commit, release("ring: Release of tail commits"));
            commit -= 2;
        }
        // Release: as above.
        first[0][0].store(commit & !COMMIT_TAIL, release("ring: Release of the first commit"));
    }
}

/// The words of a record, slot by slot.
pub trait Record {
    /// Hands over the words of each slot, commit words left out, with the slot's number from 0.
    fn store(&self, put: impl FnMut(usize, &[u64]));
}

/// The words of one slot, but for its commit word.
impl<const N: usize> Record for [u64; N] {
    #[inline]
    fn store(&self, mut put: impl FnMut(usize, &[u64])) {
        put(0, self);
    }
}

/// A record that is a run of words.
struct Plain<'a, const S: usize>(&'a [u64]);

impl<const S: usize> Record for Plain<'_, S> {
    #[inline]
    fn store(&self, mut put: impl FnMut(usize, &[u64])) {
        let bodies = self.0.chunks_exact(S - 1);
        let rest = (bodies.len(), bodies.remainder());
        for (offset, body) in bodies.enumerate() {
            put(offset, body);
        }
        if !rest.1.is_empty() {
            put(rest.0, rest.1);
        }
    }
}

/// What stands at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing yet.
    Empty,
    /// The writer is at it, or died there.
    Writing,
    /// A record of this many slots, copied out.
    Record(u64),
    /// The inside of a record, or a first slot that contradicts itself.
    NoRecord,
    /// A later record stands there.
    Overwritten,
}

/// The head line, as far as it can be known at once: `sequence` and `frame_seq` belong to `position` or to the next record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of slots published.
    pub position: u64,
    /// Sequence of the last record.
    pub sequence: u64,
    /// Input number of the last record.
    pub frame_seq: u64,
}

/// The reading side: stateless, any number of them.
#[derive(Debug)]
pub struct RingReader<W, const S: usize> {
    ring: W,
    head: W,
    geometry: Geometry,
}

impl<W: Words, const S: usize> RingReader<W, S> {
    /// Reads a ring.
    pub const fn new(ring: W, head: W, geometry: Geometry) -> Self {
        Self { ring, head, geometry }
    }

    /// Number of slots.
    pub const fn slots(&self) -> u64 {
        self.geometry.slots()
    }

    /// Reads the head line. Costs a transfer of the line that the writer stores to on every record: for joining, after a
    /// lap, and for lag, never to poll.
    pub fn head(&self) -> Head {
        let position = self.head.get_acquire(header::HEAD_POSITION);
        Head {
            position: position.min(POSITION_MAX),
            sequence: self.head.get(header::HEAD_SEQUENCE),
            frame_seq: self.head.get(header::HEAD_FRAME_SEQ),
        }
    }

    /// Copies the record at `position` into `copy`, which bounds the span. Only on [`Found::Record`] does `copy` hold one.
    #[inline]
    pub fn read(&self, position: u64, copy: &mut [u64]) -> Found {
        let slot = self.geometry.slot::<S>(position);
        let expected = self.geometry.committed(position, false);
        let commit = self.ring.get(slot);
        if commit != expected {
            return self.classify(commit, position);
        }
        // Acquire: pairs with the Release store of the first slot's commit word in `RingWriter::publish`.
        fence("ring: fence behind the first look", Ordering::Acquire);
        copy[0] = self.ring.get(slot + 1);
        // Bounded before it is used: it may be torn, or a lie.
        let span = (copy[0] >> SPAN_SHIFT) & 0xff;
        let fits = span > 0 && span <= self.geometry.slots() && span as usize * (S - 1) <= copy.len();
        let fits = fits || broken("ring: bound of the span");
        if fits {
            copy_slots::<W, S>(&self.ring, &self.geometry, position, span, copy);
        }
        // Acquire fence: pairs with the Release fence of `RingWriter::publish`, so that the words copied above are older
        // than any overwriting that the loads below do not show.
        fence("ring: fence behind the copy", Ordering::Acquire);
        for offset in 0..if fits { span } else { 1 } {
            let position = position + offset;
            let changed = self.ring.get(self.geometry.slot::<S>(position)) != self.geometry.committed(position, offset > 0);
            if changed && !broken(if offset == 0 { "ring: check of the first slot" } else { "ring: check of tail slots" }) {
                return Found::Overwritten;
            }
        }
        if fits { Found::Record(span) } else { Found::NoRecord }
    }

    /// Whether there is nothing at `position` yet.
    #[inline]
    pub fn is_empty_at(&self, position: u64) -> bool {
        let commit = self.ring.get(self.geometry.slot::<S>(position));
        commit != self.geometry.committed(position, false) && self.classify(commit, position) == Found::Empty
    }

    /// First word and span of the record at `position`, where it stands; costs one line, whatever its span.
    #[inline]
    pub fn peek(&self, position: u64) -> Option<(u64, u64)> {
        let slot = self.geometry.slot::<S>(position);
        let committed = self.geometry.committed(position, false);
        if self.ring.get(slot) != committed {
            return None;
        }
        // Both fences as in `read`.
        fence("ring: fence behind the look of a peek", Ordering::Acquire);
        let word = self.ring.get(slot + 1);
        fence("ring: fence behind the word of a peek", Ordering::Acquire);
        let span = (word >> SPAN_SHIFT) & 0xff;
        let stands = self.ring.get(slot) == committed || broken("ring: check of a peek");
        (stands && span > 0).then_some((word, span))
    }

    /// First position from `from` on, below `to`, at which a record begins and still stands.
    pub fn find_record(&self, from: u64, to: u64) -> Option<u64> {
        (from..to)
            .find(|&position| self.ring.get(self.geometry.slot::<S>(position)) == self.geometry.committed(position, false))
    }

    /// Last position below `before` at which a record begins, at most `span_max` slots back.
    pub fn find_record_before(&self, before: u64, span_max: u64) -> Option<u64> {
        let mut positions = before.saturating_sub(span_max)..before;
        positions
            .rfind(|&position| self.ring.get(self.geometry.slot::<S>(position)) == self.geometry.committed(position, false))
    }

    /// Why the commit word of a first slot is not the expected one.
    #[cold]
    fn classify(&self, commit: u64, position: u64) -> Found {
        if commit == 0 {
            return Found::Empty;
        }
        if commit == self.geometry.committed(position, true) {
            return Found::NoRecord;
        }
        // Another epoch cannot stand in this file; if it does, nothing at this position can be read.
        if commit & !(COMMIT_TAIL | (COMMIT_TAIL - 1)) != self.geometry.epoch {
            return Found::Overwritten;
        }
        match (commit & (COMMIT_TAIL - 1)).cmp(&(2 * position + 1)) {
            std::cmp::Ordering::Less => Found::Empty,
            std::cmp::Ordering::Equal => Found::Writing,
            std::cmp::Ordering::Greater => Found::Overwritten,
        }
    }
}

/// Copies the bodies of a group, word by word.
#[inline]
fn copy_slots<W: Words, const S: usize>(ring: &W, geometry: &Geometry, position: u64, span: u64, copy: &mut [u64]) {
    // The first word is in the copy already; reading it again could show another span.
    let (first, tail) = copy.split_at_mut(S - 1);
    let slot = geometry.slot::<S>(position);
    for (copied, word) in first.iter_mut().zip(ring.run(slot + 1, S - 1)).skip(1) {
        *copied = word.load(Ordering::Relaxed);
    }
    for (body, position) in tail.chunks_exact_mut(S - 1).zip(position + 1..position + span) {
        let slot = geometry.slot::<S>(position);
        for (copied, word) in body.iter_mut().zip(ring.run(slot + 1, S - 1)) {
            *copied = word.load(Ordering::Relaxed);
        }
    }
}
