//! Records that prove themselves: every word follows from the record's sequence.
//!
//! With `m = mix(sequence)`, all modulo 2^64: the last three bits of the sequence choose a trade (0 to 3), a quote (4, 5), a book
//! (6) or a wide trade (7). A trade has price `m >> 1`, quantity and id `sequence`. A quote bids `m >> 1` and asks
//! `sequence % 1000` more, quantities `sequence` and `m >> 17`. A book has the update ids `sequence` and `m`, and levels whose
//! number is `level_count`, half of them bids; level `i` has price `(m >> 33) + i` and quantity `(m + i) % 2^32`.

use tickring_core::event::{Body, BookChange, Event, Header, Level, Quote, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::Sink;
use tickring_shm::layout::LEVELS_MAX;
use tickring_shm::{Record, Writer};

/// Rows of the instrument table in use.
pub const ROWS: u32 = 4;

/// Scrambles a number, so that words of two records never agree by accident.
#[inline]
pub fn mix(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// Few levels in most books, as many as a record may have in some.
fn level_count(sequence: u64) -> usize {
    let mixed = mix(sequence) as usize;
    if mixed.is_multiple_of(16) { (mixed >> 4) % (LEVELS_MAX + 1) } else { (mixed >> 4) % 8 }
}

fn level(mixed: u64, index: u64) -> Level {
    Level { price: (mixed >> 33) as i64 + index as i64, qty: i64::from(mixed.wrapping_add(index) as u32) }
}

fn trade(sequence: u64) -> Trade {
    Trade { price: (mix(sequence) >> 1) as i64, qty: sequence as i64, trade_id: sequence }
}

fn quote(sequence: u64) -> Quote {
    let bid_price = (mix(sequence) >> 1) as i64;
    let ask_price = bid_price.wrapping_add((sequence % 1_000) as i64);
    Quote { bid_price, bid_qty: sequence as i64, ask_price, ask_qty: (mix(sequence) >> 17) as i64 }
}

/// Not whole µs, so that the wide form is needed, for one in eight.
fn ts_event(sequence: u64, ts_recv: u64) -> u64 {
    (ts_recv / 1_000 - sequence % 1_000) * 1_000 + u64::from(sequence % 8 == 7)
}

/// Publishes the writer's next record.
pub fn publish(writer: &mut Writer, ts_recv: u64, levels: &mut [Level; LEVELS_MAX]) {
    let sequence = writer.sequence() + 1;
    let mixed = mix(sequence);
    let header = Header {
        instrument: mixed as u32,
        flags: sequence as u16 & (flag::LAST | flag::STALE | flag::CROSSED),
        ts_event: ts_event(sequence, ts_recv),
        ts_recv,
        frame_seq: sequence,
        index: 0,
    };
    let body = match sequence % 8 {
        0..4 | 7 => Body::Trade(trade(sequence)),
        4 | 5 => Body::Quote(quote(sequence)),
        _ => {
            let count = level_count(sequence);
            (0..).zip(&mut levels[..count]).for_each(|(index, place)| *place = level(mixed, index));
            let (bids, asks) = levels[..count].split_at(count / 2);
            let ids = (sequence, mixed);
            Body::BookDelta(BookChange { prev_update_id: ids.0, last_update_id: ids.1, part: 0, parts: 1, bids, asks })
        }
    };
    writer.event(&Event { header, body });
}

/// Whether every word of the record is that of its sequence.
pub fn is_whole(record: &Record) -> bool {
    let sequence = record.sequence;
    let body = match sequence % 8 {
        0..4 | 7 => record.trade() == Some(trade(sequence)),
        4 | 5 => record.quote() == Some(quote(sequence)),
        _ => record.book().is_some_and(|book| {
            let mixed = mix(sequence);
            let count = level_count(sequence);
            (book.prev_update_id, book.last_update_id, book.bids.len()) == (sequence, mixed, count / 2)
                && book.bids.iter().chain(book.asks).copied().eq((0..count as u64).map(|index| level(mixed, index)))
        }),
    };
    body && record.frame_seq == sequence
        && record.instrument == mix(sequence) as u32
        && record.flags & (flag::LAST | flag::STALE | flag::CROSSED)
            == sequence as u16 & (flag::LAST | flag::STALE | flag::CROSSED)
        && record.ts_event == ts_event(sequence, record.ts_recv)
}

/// A row of the instrument table all of whose words follow from its id.
pub fn definition(id: u32) -> Instrument {
    let mixed = mix(id.into());
    Instrument {
        id,
        venue: mixed as u16,
        symbol: Symbol::new(&format!("{mixed:016x}")).expect("16 letters"),
        price_exponent: mixed as i8,
        qty_exponent: (mixed >> 8) as i8,
        tick_size: mixed as i64,
        lot_size: (mixed >> 16) as i64,
        state: TradingState::Trading,
        change_count: (mixed >> 24) as u32,
    }
}
