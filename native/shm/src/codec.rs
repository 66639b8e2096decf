//! Events to the words of a ring record. Nothing is ever rounded: what does not fit the compact form takes the wide one.

use tickring_core::event::{Body, BookChange, Gap, Header, Kind, Level, Quote, Stats24h, Status, Trade, flag};
use tickring_core::input::Instrument;

use crate::figures;
use crate::layout::{BOOK_HEAD_WORDS, LEVELS_MAX, RECORD_HEAD_WORDS, RECORD_WORDS_MAX, SLOT_BODY_WORDS, WIDE_WORDS};
use crate::levels::{BookRecord, LevelWords};
use crate::payload::EpochStart;
use crate::ring::span_bits;

/// Bits of a quantity in a compact quote.
pub(crate) const QTY_BITS: u32 = 48;
/// Most µs between `ts_event` and `ts_recv` in a compact record.
pub(crate) const EVENT_US_MAX: u64 = 1 << 30;
/// `ts_out − ts_recv` of a compact record is below this many ns.
pub(crate) const OUT_NS_END: u64 = 1 << 24;

/// What a record says: a core event's body, or the writer's own first record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    /// A core event.
    Body(&'a Body<'a>),
    /// The first record of an epoch.
    EpochStart(EpochStart),
}

impl Content<'_> {
    const fn kind(&self) -> Kind {
        match self {
            Self::Body(body) => body.kind(),
            Self::EpochStart(_) => Kind::EpochStart,
        }
    }
}

/// What the writer adds to an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamps {
    /// When it reaches the ring, ns.
    pub ts_out: u64,
    /// Its number.
    pub sequence: u64,
    /// Input number of the record before.
    pub prev_frame_seq: u64,
    /// Flags of the writer's own.
    pub flags: u16,
}

/// The words of a slot, but for its commit word.
pub(crate) type SlotWords = [u64; SLOT_BODY_WORDS];

/// The words of one record, reused for all.
pub(crate) type RecordWords = [u64; RECORD_WORDS_MAX];

/// The slot of a trade or a quote, but for its commit word, where stamps and quantities fit the compact form.
#[inline]
pub(crate) fn compact_slot(header: &Header, body: &Body<'_>, stamps: &Stamps) -> Option<SlotWords> {
    let payload = match body {
        Body::Trade(trade) => trade_words(trade),
        Body::Quote(quote) => compact_quote(quote)?,
        _ => return None,
    };
    let mut words = compact_head(header, body.kind(), payload, stamps)?;
    words[0] |= span_bits(1);
    Some(words)
}

/// The record of a book, where its stamps and levels fit the compact form and a record. `room` is for its levels.
#[inline]
pub(crate) fn compact_book<'a>(
    header: &Header,
    body: &Body<'_>,
    stamps: &Stamps,
    room: &'a mut LevelWords,
) -> Option<BookRecord<'a>> {
    let (Body::BookDelta(book) | Body::BookSnapshot(book)) = body else { return None };
    let head = compact_head(header, body.kind(), book_words(book)?, stamps)?;
    BookRecord::new(head, book.bids, book.asks, room)
}

/// Head and payload of a compact record.
#[inline]
fn compact_head(header: &Header, kind: Kind, payload: [u64; 3], stamps: &Stamps) -> Option<SlotWords> {
    let stamp = compact_stamp(header, stamps)?;
    let [kind, received, numbers] = head_words(header, kind, (header.flags & !flag::WIDE) | stamps.flags, stamps);
    Some([kind, received, numbers, stamp, payload[0], payload[1], payload[2]])
}

/// Writes a record that has no compact form of its own above into `words` and returns how many; `None` if it has more levels than a record
/// may.
pub(crate) fn encode(header: &Header, content: Content<'_>, stamps: &Stamps, words: &mut RecordWords) -> Option<usize> {
    // A quote or a book comes here if something of it does not fit: then all of it is in full.
    let has_compact_payload = matches!(content.kind(), Kind::Quote | Kind::BookDelta | Kind::BookSnapshot);
    let stamp = compact_stamp(header, stamps).filter(|_| !has_compact_payload);
    let wide = if stamp.is_none() { flag::WIDE } else { 0 };
    let flags = (header.flags & !flag::WIDE) | wide | stamps.flags;
    words[..RECORD_HEAD_WORDS - 1].copy_from_slice(&head_words(header, content.kind(), flags, stamps));
    words[3] = stamp.unwrap_or_default();
    let mut payload = RECORD_HEAD_WORDS;
    if stamp.is_none() {
        words[4] = header.ts_event;
        words[5] = stamps.ts_out;
        words[6] = u64::from(header.index) | (header.frame_seq >> 32) << 32;
        payload += WIDE_WORDS;
    }
    Some(payload + encode_payload(content, &mut words[payload..])?)
}

/// The words of every record before its stamp word.
#[inline]
fn head_words(header: &Header, kind: Kind, flags: u16, stamps: &Stamps) -> [u64; RECORD_HEAD_WORDS - 1] {
    [
        kind as u64 | u64::from(flags) << 16 | u64::from(header.instrument) << 32,
        header.ts_recv,
        low_half(stamps.sequence) | header.frame_seq << 32,
    ]
}

const fn low_half(value: u64) -> u64 {
    value & 0xffff_ffff
}

/// The stamp word, where every stamp fits it. Looked at together, for they nearly always do.
#[inline]
fn compact_stamp(header: &Header, stamps: &Stamps) -> Option<u64> {
    let out_ns = stamps.ts_out.wrapping_sub(header.ts_recv);
    // The high half of frame_seq is restored from the record before, or from the head line.
    let step = header.frame_seq.wrapping_sub(stamps.prev_frame_seq);
    let event_us = header.ts_event / 1000;
    let near = event_us.abs_diff(header.ts_recv / 1000) < EVENT_US_MAX;
    let event_fits = if header.flags & flag::NO_TS_EVENT != 0 { header.ts_event == 0 } else { near };
    let fits =
        (out_ns < OUT_NS_END) & (step < 1 << 31) & (header.index < 256) & (event_us * 1000 == header.ts_event) & event_fits;
    fits.then_some(low_half(event_us) | out_ns << 32 | u64::from(header.index) << 56)
}

/// A quote in three words, where it fits.
#[inline]
fn compact_quote(quote: &Quote) -> Option<[u64; 3]> {
    let spread = i32::try_from(quote.ask_price.checked_sub(quote.bid_price)?).ok()?;
    let spread = u64::from(spread.cast_unsigned());
    let qty = |qty: i64| u64::try_from(qty).ok().filter(|qty| qty >> QTY_BITS == 0);
    Some([
        quote.bid_price.cast_unsigned(),
        qty(quote.bid_qty)? | (spread & 0xffff) << QTY_BITS,
        qty(quote.ask_qty)? | (spread >> 16) << QTY_BITS,
    ])
}

/// Writes the payload words in full; `None` if it has more levels than a record may.
pub(crate) fn encode_payload(content: Content<'_>, words: &mut [u64]) -> Option<usize> {
    let body = match content {
        Content::Body(body) => body,
        Content::EpochStart(start) => {
            return Some(put(words, &[start.prev_epoch, start.last_durable, start.reason as u64]));
        }
    };
    Some(match body {
        Body::Trade(trade) => put(words, &trade_words(trade)),
        Body::Quote(quote) => put(words, &quote_words(quote)),
        Body::BookDelta(book) | Body::BookSnapshot(book) => return encode_book(book, words),
        Body::Stats24h(stats) => put(words, &stats_words(stats)),
        Body::Instrument(instrument) => put(words, &instrument_words(instrument)),
        Body::Status(status) => put(words, &status_words(status)),
        Body::Gap(gap) => put(words, &gap_words(gap)),
        figure => return figures::encode(figure, words),
    })
}

#[inline]
pub(crate) fn put(words: &mut [u64], values: &[u64]) -> usize {
    words[..values.len()].copy_from_slice(values);
    values.len()
}

const fn trade_words(trade: &Trade) -> [u64; 3] {
    [trade.price.cast_unsigned(), trade.qty.cast_unsigned(), trade.trade_id]
}

pub(crate) const fn quote_words(quote: &Quote) -> [u64; 4] {
    [
        quote.bid_price.cast_unsigned(),
        quote.bid_qty.cast_unsigned(),
        quote.ask_price.cast_unsigned(),
        quote.ask_qty.cast_unsigned(),
    ]
}

pub(crate) const fn stats_words(stats: &Stats24h) -> [u64; 6] {
    [
        stats.open.cast_unsigned(),
        stats.high.cast_unsigned(),
        stats.low.cast_unsigned(),
        stats.close.cast_unsigned(),
        stats.volume.cast_unsigned(),
        stats.count,
    ]
}

/// Eight words of the symbol's bytes, zero padded, after four words of the rest.
pub(crate) fn instrument_words(instrument: &Instrument) -> [u64; 12] {
    let symbol = instrument.symbol.as_bytes();
    let mut words = [0; 12];
    words[0] = u64::from(instrument.venue)
        | (instrument.state as u64) << 16
        | u64::from(instrument.price_exponent.cast_unsigned()) << 24
        | u64::from(instrument.qty_exponent.cast_unsigned()) << 32
        | (symbol.len() as u64) << 40;
    words[1] = instrument.tick_size.cast_unsigned();
    words[2] = instrument.lot_size.cast_unsigned();
    words[3] = u64::from(instrument.change_count);
    for (word, bytes) in words[4..].iter_mut().zip(symbol.chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_le_bytes(padded);
    }
    words
}

fn status_words(status: &Status) -> [u64; 2] {
    let code = status.code.map_or(0, |code| code as u64);
    [status.state as u64 | u64::from(status.connection) << 16 | code << 32, status.detail]
}

const fn gap_words(gap: &Gap) -> [u64; 3] {
    [gap.stream as u64 | (gap.reason as u64) << 8, gap.first, gap.last]
}

/// The payload words of a book before its levels; `None` if it has more than a record may.
#[inline]
fn book_words(book: &BookChange<'_>) -> Option<[u64; BOOK_HEAD_WORDS]> {
    if book.bids.len() + book.asks.len() > LEVELS_MAX {
        return None;
    }
    let counts = (book.bids.len() as u64) << 32 | (book.asks.len() as u64) << 48;
    Some([book.prev_update_id, book.last_update_id, u64::from(book.part) | u64::from(book.parts) << 16 | counts])
}

fn encode_book(book: &BookChange<'_>, words: &mut [u64]) -> Option<usize> {
    let mut used = put(words, &book_words(book)?);
    used += put_levels(&mut words[used..], book.bids);
    used += put_levels(&mut words[used..], book.asks);
    Some(used)
}

/// Two words a level, price first; returns the words used.
fn put_levels(words: &mut [u64], levels: &[Level]) -> usize {
    let (pairs, _) = words.as_chunks_mut::<2>();
    for (pair, level) in pairs.iter_mut().zip(levels) {
        *pair = [level.price.cast_unsigned(), level.qty.cast_unsigned()];
    }
    2 * levels.len()
}
