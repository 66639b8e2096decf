//! Words of a private copy back to a [`Record`]. Everything is checked against the span and the limits first.

use tickring_core::event::{Kind, flag};

use crate::codec::{OUT_NS_END, QTY_BITS};
use crate::layout::{RECORD_HEAD_WORDS, SLOT_BODY_WORDS, WIDE_WORDS};
use crate::levels::unpack;
use crate::payload;
use crate::record::Record;

/// Numbers near those of the record, which give its high halves back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Near {
    /// A sequence less than 2^31 away.
    pub sequence: u64,
    /// An input number less than 2^31 away.
    pub frame_seq: u64,
}

/// What a copy turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A record.
    Record,
    /// A record whose kind, state or reason a newer minor version added.
    Unknown,
    /// No writer of this layout writes that.
    Malformed,
}

/// The full sequence of the record in `copy`.
pub(crate) fn sequence(copy: &[u64], near: Near) -> u64 {
    restore(copy[2] as u32, near.sequence)
}

/// Number of the input that a record came from.
#[inline]
pub(crate) fn frame_seq(copy: &[u64], near: Near) -> u64 {
    let low = copy[2] >> 32;
    if copy[0] >> 16 & u64::from(flag::WIDE) != 0 { low | (copy[6] >> 32) << 32 } else { restore(low as u32, near.frame_seq) }
}

/// Whom a record is about, by its first word.
#[inline]
pub(crate) const fn instrument_of(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The number with these low 32 bits that is nearest to `near`.
fn restore(low: u32, near: u64) -> u64 {
    let step = low.wrapping_sub(near as u32).cast_signed();
    near.wrapping_add_signed(i64::from(step))
}

/// Fills `record` from the `span` slots in `copy`.
#[inline]
pub(crate) fn decode(copy: &[u64], span: u64, near: Near, record: &mut Record) -> Decoded {
    let Some(kind) = Kind::from_number(copy[0] as u8) else { return Decoded::Unknown };
    let flags = (copy[0] >> 16) as u16;
    let wide = flags & flag::WIDE != 0;
    let used = &copy[..span as usize * SLOT_BODY_WORDS];
    let payload_at = RECORD_HEAD_WORDS + if wide { WIDE_WORDS } else { 0 };
    let Some(payload) = used.get(payload_at..) else { return Decoded::Malformed };

    record.kind = kind;
    record.flags = flags & !flag::WIDE;
    record.instrument = instrument_of(copy[0]);
    record.ts_recv = copy[1];
    record.sequence = sequence(copy, near);
    record.frame_seq = frame_seq(copy, near);
    if wide {
        record.ts_event = copy[4];
        record.ts_out = copy[5];
        record.index = copy[6] as u32;
    } else {
        record.index = (copy[3] >> 56) as u32;
        record.ts_out = copy[1].wrapping_add((copy[3] >> 32) & (OUT_NS_END - 1));
        let no_event = flags & flag::NO_TS_EVENT != 0;
        record.ts_event = if no_event { 0 } else { restore(copy[3] as u32, copy[1] / 1000).wrapping_mul(1000) };
    }
    let words = match kind {
        Kind::Quote if !wide => unpack_quote(payload, record),
        Kind::BookDelta | Kind::BookSnapshot if !wide => unpack_book(payload, record),
        _ => copy_payload(payload, record),
    };
    match words {
        // The group has exactly the slots that its words need; numbers may be of a newer minor version.
        Some(words) if (payload_at + words).div_ceil(SLOT_BODY_WORDS) as u64 == span => {
            if record.is_sound() {
                Decoded::Record
            } else {
                Decoded::Unknown
            }
        }
        _ => Decoded::Malformed,
    }
}

/// The inverse of the compact quote; returns the words used.
fn unpack_quote(payload: &[u64], record: &mut Record) -> Option<usize> {
    let &[bid_price, bid, ask, ..] = payload else { return None };
    let spread = ((bid >> QTY_BITS | (ask >> QTY_BITS) << 16) as u32).cast_signed();
    let qty = (1 << QTY_BITS) - 1;
    record.fixed[..4].copy_from_slice(&[bid_price, bid & qty, bid_price.wrapping_add_signed(i64::from(spread)), ask & qty]);
    (record.bid_count, record.ask_count) = (0, 0);
    Some(3)
}

/// The inverse of the compact book; returns the words used.
fn unpack_book(payload: &[u64], record: &mut Record) -> Option<usize> {
    let words = payload::words(record.kind);
    record.fixed[..words].copy_from_slice(payload.get(..words)?);
    let (bids, asks) = Record::level_counts(record.kind, &record.fixed[..words])?;
    (record.bid_count, record.ask_count) = (bids, asks);
    if bids + asks == 0 {
        return Some(words);
    }
    let (base, levels) = payload.get(words..=words + bids + asks)?.split_first()?;
    for (level, word) in record.levels.iter_mut().zip(levels) {
        *level = unpack(*word, base.cast_signed());
    }
    Some(words + 1 + bids + asks)
}

/// Copies a payload in full form; returns the words used.
fn copy_payload(payload: &[u64], record: &mut Record) -> Option<usize> {
    let words = payload::words(record.kind);
    record.fixed[..words].copy_from_slice(payload.get(..words)?);
    let (bids, asks) = Record::level_counts(record.kind, &record.fixed[..words])?;
    let levels = payload.get(words..words + 2 * (bids + asks))?;
    for (level, pair) in record.levels.iter_mut().zip(levels.chunks_exact(2)) {
        level.price = pair[0].cast_signed();
        level.qty = pair[1].cast_signed();
    }
    (record.bid_count, record.ask_count) = (bids, asks);
    Some(words + 2 * (bids + asks))
}
