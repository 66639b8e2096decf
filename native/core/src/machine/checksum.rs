//! Venues that prove a book by its checksum, some of them instead of numbering its messages.

use super::entry::Channel;
use super::{Machine, Output};
use crate::book::{Book, Side};
use crate::counters::ShardCounters;
use crate::error::Code;
use crate::event::Level;
use crate::sink::Sink;
use crate::sync::STREAM_PATIENCE_NS;
use crate::venue::{Checksum, DeltaIds, DepthHead, LevelTexts, VenueId};

/// Whether a book of the venue, at these exponents, is the one that the venue tells of, where the message tells of it. `texts`: the
/// instrument's.
pub(super) fn proves(
    counters: &mut ShardCounters,
    texts: &mut Option<Box<LevelTexts>>,
    (venue, exponents): (VenueId, (i8, i8)),
    book: &mut Book,
    checksum: Checksum,
) -> bool {
    let Some(crc) = checksum.crc else { return true };
    counters.checksums += 1;
    let levels = book.heads(venue.checksum_levels());
    venue.checksum(texts.get_or_insert_default(), levels, exponents, checksum.decimals) == Some(crc)
}

/// Drops the worst levels beyond the venue's depth, and tells readers to: their removals join those of the message.
pub(super) fn drop_beyond(book: &mut Book, side: Side, most: usize, told: &mut Vec<Level>) {
    for _ in most..book.levels(side) {
        let Some(price) = book.worst(side) else { return };
        let removal = Level { price, qty: 0 };
        told.push(removal);
        book.apply(side, removal);
    }
}

impl Machine {
    /// Counts a message that the venue does not number. One of a connection that does not carry the book is dropped: no number
    /// would tell it from a repetition.
    pub(super) fn number<'a>(&mut self, slot: u32, head: &DepthHead<'a>, takes_over: bool) -> Option<DepthHead<'a>> {
        let entry = &mut self.entries[slot as usize];
        if entry.lines[Channel::Book as usize] != self.subject.connection && !takes_over {
            entry.counters.duplicates += 1;
            self.counters.duplicates += 1;
            return None;
        }
        let sync = &mut entry.sync;
        // What was missed while no connection was open has no ids that a Gap could name.
        sync.gapped |= sync.reconnected;
        let prev = sync.tail.map_or(0, |tail| tail.last);
        // The venue may have numbered the one before, with any number.
        let next = prev.saturating_add(1);
        let ids = DeltaIds { first: next, last: next, prev: Some(prev), ts_sent: head.ids.ts_sent };
        Some(DepthHead { ids, ..*head })
    }

    /// Whether the book that waits aside is the one that the venue tells of.
    pub(super) fn proves_aside(&mut self, slot: u32, checksum: Checksum) -> bool {
        let entry = &mut self.entries[slot as usize];
        let by = entry.spelling();
        let aside = entry.sync.aside.as_mut().expect("invariant: the whole book was set aside");
        proves(&mut self.counters, &mut entry.checksum_texts, by, &mut aside.book, checksum)
    }

    /// Something was lost or misread, and nobody knows since when: the book is built anew. What comes again within a short time
    /// comes always, so the venue is not asked at once then.
    pub(super) fn resync_mismatch<S: Sink>(&mut self, slot: u32, out: &mut Output<'_, S>) {
        self.counters.checksum_mismatches += 1;
        let sync = &mut self.entries[slot as usize].sync;
        sync.gapped = true;
        let before = sync.mismatch_at.replace(out.ts_recv);
        self.spare_books.extend(sync.aside.take().map(|aside| aside.book));
        self.begin_resync(slot, Some(Code::ChecksumMismatch), out);
        if before.is_some_and(|at| out.ts_recv.saturating_sub(at) < STREAM_PATIENCE_NS) {
            self.entries[slot as usize].sync.asked_at = Some(out.ts_recv);
        } else {
            self.request_snapshot(slot, out.ts_recv);
        }
    }
}
