//! Where one instrument's book stands against the venue's numbering, and the deltas that wait for a snapshot. The venue's
//! own rules are in `venue`; what is done about a verdict is in `machine`. The table of states is in `native/core/README.md`.

use serde::{Deserialize, Serialize};

use crate::book::{Book, level_fits};
use crate::event::Level;
use crate::venue::{DeltaIds, Follow, Join, VenueId};

#[cfg(test)]
mod tests;

/// Most deltas that wait for a snapshot.
pub const BUFFERED_DELTAS_MAX: usize = 10_000;

/// Most bytes that the levels of waiting deltas may take.
pub const BUFFERED_BYTES_MAX: usize = 8 << 20;

/// Most levels that wait for a snapshot, and so most levels that one delta may have.
pub const BUFFERED_LEVELS_MAX: usize = BUFFERED_BYTES_MAX / size_of::<Level>();

/// How long a snapshot may lead the stream: if the deltas that arrive are older than the snapshot for longer, it belongs to
/// another numbering and a new one is fetched.
pub const SNAPSHOT_LEAD_NS_MAX: u64 = 10_000_000_000;

/// How long an answer to a snapshot request is awaited before it is asked for again.
pub const SNAPSHOT_PATIENCE_NS: u64 = 60_000_000_000;

/// The same where the stream itself brings the snapshot: nothing is fetched, and a lost or malformed one is not sent again.
pub const STREAM_PATIENCE_NS: u64 = 10_000_000_000;

/// The phases of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// No connection carries the book.
    Idle,
    /// Deltas wait for a snapshot.
    Buffering,
    /// A snapshot newer than all deltas waits, aside, for the first delta that follows it.
    Loaded,
    /// The book follows the venue.
    Live,
}

/// A delta that waits. Its levels are mantissas already: a malformed delta is refused when it arrives, not when it is replayed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// Update ids.
    pub ids: DeltaIds,
    /// Venue's time, ns.
    pub ts_event: u64,
    /// Event flags known when it arrived.
    pub flags: u16,
    start: u32,
    bids: u32,
    asks: u32,
}

/// Deltas in order of arrival, without a hole between them. Bounded by count and by bytes; keeps its memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Buffer {
    deltas: Vec<Waiting>,
    levels: Vec<Level>,
    /// Deltas before this one were dropped.
    head: usize,
}

impl Buffer {
    /// Appends a delta; `false`, and no change, when there is no room.
    #[must_use]
    pub fn push(&mut self, ids: DeltaIds, ts_event: u64, flags: u16, bids: &[Level], asks: &[Level]) -> bool {
        let start = self.levels.len();
        if self.deltas.len() == BUFFERED_DELTAS_MAX || start + bids.len() + asks.len() > BUFFERED_LEVELS_MAX {
            return false;
        }
        self.levels.extend_from_slice(bids);
        self.levels.extend_from_slice(asks);
        let narrow = |count: usize| u32::try_from(count).expect("invariant: the buffer holds fewer than 2^32 levels");
        self.deltas.push(Waiting {
            ids,
            ts_event,
            flags,
            start: narrow(start),
            bids: narrow(bids.len()),
            asks: narrow(asks.len()),
        });
        true
    }

    /// The waiting deltas, oldest first.
    #[must_use]
    pub fn deltas(&self) -> &[Waiting] {
        &self.deltas[self.head..]
    }

    /// Bid and ask levels of a waiting delta.
    #[must_use]
    pub fn levels(&self, delta: &Waiting) -> (&[Level], &[Level]) {
        let start = delta.start as usize;
        let middle = start + delta.bids as usize;
        (&self.levels[start..middle], &self.levels[middle..middle + delta.asks as usize])
    }

    /// Drops the oldest `count` deltas.
    pub fn drop_oldest(&mut self, count: usize) {
        self.head += count;
        if self.head == self.deltas.len() {
            self.clear();
        }
    }

    /// Whether every waiting delta has its levels, and no more wait than may.
    pub(crate) fn is_whole(&self) -> bool {
        let has_levels = |delta: &Waiting| {
            let end = u64::from(delta.start) + u64::from(delta.bids) + u64::from(delta.asks);
            end <= self.levels.len() as u64
        };
        let few = self.deltas.len() <= BUFFERED_DELTAS_MAX && self.levels.len() <= BUFFERED_LEVELS_MAX;
        few && self.head <= self.deltas.len() && self.deltas.iter().all(has_levels)
    }

    /// Drops all and keeps the memory.
    pub fn clear(&mut self) {
        self.deltas.clear();
        self.levels.clear();
        self.head = 0;
    }

    /// First and last update id that wait.
    #[must_use]
    pub fn span(&self) -> Option<(u64, u64)> {
        let deltas = self.deltas();
        Some((deltas.first()?.ids.first, deltas.last()?.ids.last))
    }
}

/// A proven snapshot, kept aside while the old book serves.
#[derive(Debug, Serialize, Deserialize)]
pub struct Aside {
    /// The snapshot's book.
    pub book: Book,
    /// Its update id.
    pub update_id: u64,
    /// Venue's time, ns; 0 where it gave none.
    pub ts_event: u64,
    /// When it reached us, ns.
    pub ts_recv: u64,
}

/// What a snapshot is to a delta, also where it comes in the stream: then the rule for deltas that follow each other says it.
#[must_use]
pub fn join(venue: VenueId, snapshot_id: u64, delta: &DeltaIds) -> Join {
    if !venue.snapshots_in_stream() {
        return venue.join(snapshot_id, delta);
    }
    if delta.last <= snapshot_id {
        return Join::Older;
    }
    let snapshot = DeltaIds { first: snapshot_id, last: snapshot_id, prev: None, ts_sent: 0 };
    match venue.follow(&snapshot, delta) {
        Follow::Gap { .. } => Join::SnapshotTooOld,
        Follow::Apply | Follow::Duplicate | Follow::Rollback => Join::Apply,
    }
}

/// What a snapshot is to the deltas that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It follows nothing that waits: fetch another.
    TooOld,
    /// `older` deltas are part of it; the next one, if any, follows it.
    Joins {
        /// Deltas that the snapshot contains.
        older: usize,
    },
}

/// Synchronization of one book.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sync {
    /// Where the book stands.
    pub phase: Phase,
    /// Ids of the delta received last, applied or not. Survives disconnects: it is what the next gap is counted from.
    pub tail: Option<DeltaIds>,
    /// No delta has arrived since the connection was replaced.
    pub reconnected: bool,
    /// Ids were lost since the book was live last.
    pub gapped: bool,
    /// Deltas that wait for a snapshot.
    pub buffer: Buffer,
    /// The snapshot of [`Phase::Loaded`].
    pub aside: Option<Aside>,
    /// When a snapshot was asked for, ns, while no answer came.
    pub asked_at: Option<u64>,
    /// The request waits in the queue, not yet taken by the engine.
    #[serde(skip)]
    pub queued: bool,
    /// The answer under way was asked for before the venue restarted its ids.
    pub discard_answer: bool,
    /// When the book was last not the one of the venue's checksum, ns.
    pub mismatch_at: Option<u64>,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            phase: Phase::Idle,
            tail: None,
            reconnected: false,
            gapped: false,
            buffer: Buffer::default(),
            aside: None,
            asked_at: None,
            queued: false,
            discard_answer: false,
            mismatch_at: None,
        }
    }
}

impl Sync {
    /// The venue's verdict on a delta, given the one received last.
    #[must_use]
    pub fn follow(&self, venue: VenueId, ids: &DeltaIds) -> Follow {
        self.tail.map_or(Follow::Apply, |tail| venue.follow(&tail, ids))
    }

    /// What a snapshot with this id is to the waiting deltas.
    #[must_use]
    pub fn fit(&self, venue: VenueId, snapshot_id: u64) -> Fit {
        let mut older = 0;
        for delta in self.buffer.deltas() {
            match join(venue, snapshot_id, &delta.ids) {
                Join::Older => older += 1,
                Join::Apply => break,
                Join::SnapshotTooOld => return Fit::TooOld,
            }
        }
        Fit::Joins { older }
    }

    /// Whether the book that waits aside has this id.
    #[must_use]
    pub fn is_aside_at(&self, update_id: u64) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.update_id == update_id)
    }

    /// Starts over: what waits is dropped, the old book is no longer followed.
    pub fn restart(&mut self) {
        self.phase = Phase::Buffering;
        self.buffer.clear();
    }

    /// Whether every waiting mantissa keeps within `i64` under these factors.
    #[must_use]
    pub fn fits(&self, price_factor: i64, qty_factor: i64) -> bool {
        self.buffer.levels.iter().all(|level| level_fits(*level, price_factor, qty_factor))
            && self.aside.as_ref().is_none_or(|aside| aside.book.fits(price_factor, qty_factor))
    }

    /// Multiplies every waiting mantissa. Call [`Self::fits`] before.
    pub fn rescale(&mut self, price_factor: i64, qty_factor: i64) {
        for level in &mut self.buffer.levels {
            *level = Level { price: level.price * price_factor, qty: level.qty * qty_factor };
        }
        if let Some(aside) = &mut self.aside {
            aside.book.rescale(price_factor, qty_factor);
        }
    }
}
