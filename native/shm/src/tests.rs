//! Round trips of every kind through the words of a slot group, and of the canonical form.
#![allow(clippy::unwrap_used)]

mod figures;

use proptest::prelude::*;
use tickring_core::error::Code;
use tickring_core::event::{
    Body, BookChange, Event, Gap, GapReason, GapStream, Header, Kind, LEVELS_PER_EVENT_MAX, Level, Quote, State, Stats24h,
    Status, Trade, VenueBar, flag,
};
use tickring_core::input::{Instrument, Symbol, TradingState};

use crate::canonical::EventEncoder;
use crate::codec::{Content, Stamps, compact_book, compact_slot, encode};
use crate::decode::{Decoded, Near, decode};
use crate::layout::{COPY_WORDS, RECORD_WORDS_MAX, SLOT_BODY_WORDS};
use crate::payload::{self, EpochReason, EpochStart};
use crate::record::{CANONICAL_HEAD_SIZE, CANONICAL_SIZE_MAX, Record};
use crate::ring::{Record as _, span_bits};

/// Noon of some day in 2026, ns.
const NOON: u64 = 1_795_262_400_000_000_000;

/// Owned content of an event.
#[derive(Clone, Debug)]
enum Owned {
    Trade(Trade),
    Quote(Quote),
    Book { snapshot: bool, ids: (u64, u64), part: (u16, u16), bids: Vec<Level>, asks: Vec<Level> },
    Stats(Stats24h),
    Instrument(Instrument),
    Status(Status),
    Gap(Gap),
    Figure(Body<'static>),
    Bar(VenueBar),
}

impl Owned {
    fn with_body<T>(&self, instrument: u32, use_body: impl FnOnce(&Body<'_>) -> T) -> T {
        match self {
            Self::Trade(trade) => use_body(&Body::Trade(*trade)),
            Self::Quote(quote) => use_body(&Body::Quote(*quote)),
            Self::Book { snapshot, ids, part, bids, asks } => {
                let (prev_update_id, last_update_id) = *ids;
                let change = BookChange { prev_update_id, last_update_id, part: part.0, parts: part.1, bids, asks };
                use_body(&if *snapshot { Body::BookSnapshot(change) } else { Body::BookDelta(change) })
            }
            Self::Stats(stats) => use_body(&Body::Stats24h(*stats)),
            Self::Instrument(definition) => use_body(&Body::Instrument(&Instrument { id: instrument, ..*definition })),
            Self::Status(status) => use_body(&Body::Status(*status)),
            Self::Gap(gap) => use_body(&Body::Gap(*gap)),
            Self::Figure(body) => use_body(body),
            Self::Bar(bar) => use_body(&Body::Bar(bar)),
        }
    }
}

fn level() -> impl Strategy<Value = Level> {
    (any::<i64>(), any::<i64>()).prop_map(|(price, qty)| Level { price, qty })
}

fn quote() -> impl Strategy<Value = Quote> {
    let tight =
        (any::<i32>(), -70_000_i64..70_000, 0..1_i64 << 48, 0..1_i64 << 48).prop_map(|(bid, spread, bid_qty, ask_qty)| Quote {
            bid_price: i64::from(bid),
            bid_qty,
            ask_price: i64::from(bid) + spread,
            ask_qty,
        });
    let any =
        any::<[i64; 4]>().prop_map(|[bid_price, bid_qty, ask_price, ask_qty]| Quote { bid_price, bid_qty, ask_price, ask_qty });
    prop_oneof![tight, any]
}

fn instrument() -> impl Strategy<Value = Instrument> {
    let symbol = "[A-Z0-9€]{1,20}".prop_map(|text| Symbol::new(&text).unwrap());
    (symbol, any::<(u16, i8, i8, i64, i64, bool, u32)>()).prop_map(
        |(symbol, (venue, price, qty, tick, lot, trades, changes))| Instrument {
            id: 0,
            venue,
            symbol,
            price_exponent: price,
            qty_exponent: qty,
            tick_size: tick,
            lot_size: lot,
            state: if trades { TradingState::Trading } else { TradingState::Halted },
            change_count: changes,
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    let code = prop::option::of(prop::sample::select(Code::ALL));
    (prop::sample::select(State::ALL), any::<u16>(), code, any::<u64>()).prop_map(|(state, connection, code, detail)| Status {
        state,
        connection,
        code,
        detail,
    })
}

fn gap() -> impl Strategy<Value = Gap> {
    let reasons =
        [GapReason::Sequence, GapReason::Disconnect, GapReason::Rollback, GapReason::BufferFull, GapReason::Quarantined];
    let streams = prop::sample::select(vec![GapStream::Book, GapStream::Trade]);
    (streams, prop::sample::select(reasons.to_vec()), any::<u64>(), any::<u64>())
        .prop_map(|(stream, reason, first, last)| Gap { stream, reason, first, last })
}

fn book() -> impl Strategy<Value = Owned> {
    let levels = prop::collection::vec(level(), 0..=LEVELS_PER_EVENT_MAX);
    (any::<bool>(), any::<(u64, u64)>(), any::<(u16, u16)>(), levels, any::<prop::sample::Index>()).prop_map(
        |(snapshot, ids, part, mut bids, cut)| {
            let asks = bids.split_off(cut.index(bids.len() + 1));
            Owned::Book { snapshot, ids, part, bids, asks }
        },
    )
}

fn content() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<(i64, i64, u64)>().prop_map(|(price, qty, trade_id)| Owned::Trade(Trade { price, qty, trade_id })),
        quote().prop_map(Owned::Quote),
        book(),
        any::<([i64; 5], u64)>().prop_map(|([open, high, low, close, volume], count)| {
            Owned::Stats(Stats24h { open, high, low, close, volume, count })
        }),
        instrument().prop_map(Owned::Instrument),
        status().prop_map(Owned::Status),
        gap().prop_map(Owned::Gap),
        figures::figure().prop_map(Owned::Figure),
        figures::bar().prop_map(Owned::Bar),
    ]
}

/// Headers that fit the compact form, that just do not, and that are nowhere near.
fn header() -> impl Strategy<Value = Header> {
    let near = (0..3_000_u64, -2_000_000_i64..2_000_000, prop_oneof![9 => Just(0), 1 => 0..1000_u64])
        .prop_map(|(recv, skew, ns)| (NOON + recv, (NOON / 1000).wrapping_add_signed(skew) * 1000 + ns));
    let edge = (0..3_u64, any::<bool>()).prop_map(|(us, before)| {
        let far = ((1 << 30) - 1 + us) * 1000;
        (NOON, if before { NOON - far } else { NOON + far })
    });
    let stamps = prop_oneof![6 => near, 1 => edge, 1 => any::<(u64, u64)>()];
    let flags = (any::<u16>(), any::<bool>()).prop_map(|(flags, dated)| {
        let flags = flags & !flag::WIDE;
        if dated { flags & !flag::NO_TS_EVENT } else { flags | flag::NO_TS_EVENT }
    });
    let index = prop_oneof![9 => 0..257_u32, 1 => any::<u32>()];
    (any::<u32>(), flags, stamps, any::<u64>(), index).prop_map(|(instrument, flags, (ts_recv, dated), frame_seq, index)| {
        let ts_event = if flags & flag::NO_TS_EVENT != 0 { 0 } else { dated };
        Header { instrument, flags, ts_event, ts_recv, frame_seq, index }
    })
}

/// What a reader gets from what a writer writes, and the number of slots in between.
fn through_slots(header: &Header, content: Content<'_>, stamps: &Stamps) -> (Record, u64) {
    // What another lap left in the rest of the slots.
    let mut copy = [0xdead_beef_dead_beef; COPY_WORDS];
    let mut room = Box::default();
    let mut put = |offset: usize, body: &[u64]| copy[offset * SLOT_BODY_WORDS..][..SLOT_BODY_WORDS].copy_from_slice(body);
    let span = if let Content::Body(body) = content
        && let Some(words) = compact_slot(header, body, stamps)
    {
        put(0, &words);
        1
    } else if let Content::Body(body) = content
        && let Some(book) = compact_book(header, body, stamps, &mut room)
    {
        book.store(put);
        book.span()
    } else {
        let mut words = [0; RECORD_WORDS_MAX];
        let len = encode(header, content, stamps, &mut words).unwrap();
        words[0] |= span_bits(len.div_ceil(SLOT_BODY_WORDS));
        copy[..len].copy_from_slice(&words[..len]);
        len.div_ceil(SLOT_BODY_WORDS)
    } as u64;
    let near = Near { sequence: stamps.sequence - 1, frame_seq: stamps.prev_frame_seq };
    let mut record = Record::default();
    assert_eq!(decode(&copy, span, near, &mut record), Decoded::Record);
    (record, span)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_record_comes_back_as_it_was(
        header in header(),
        owned in content(),
        out_after in prop_oneof![6 => 0..1_u64 << 24, 1 => 0..1_u64 << 25, 1 => any::<u64>()],
        sequence in 1..=u64::MAX,
        step in prop_oneof![9 => 0..1000_u64, 1 => 0..1_u64 << 33, 1 => any::<u64>()],
    ) {
        let prev_frame_seq = header.frame_seq.wrapping_sub(step);
        let stamps = Stamps { ts_out: header.ts_recv.wrapping_add(out_after), sequence, prev_frame_seq, flags: 0 };
        owned.with_body(header.instrument, |body| {
            let (record, span) = through_slots(&header, Content::Body(body), &stamps);
            prop_assert_eq!(record.kind, body.kind());
            prop_assert_eq!(record.sequence, sequence);
            prop_assert_eq!(record.ts_out, stamps.ts_out);
            let back = Header {
                instrument: record.instrument,
                flags: record.flags,
                ts_event: record.ts_event,
                ts_recv: record.ts_recv,
                frame_seq: record.frame_seq,
                index: record.index,
            };
            prop_assert_eq!(back, header);
            match *body {
                Body::Trade(trade) => prop_assert_eq!(record.trade(), Some(trade)),
                Body::Quote(quote) => prop_assert_eq!(record.quote(), Some(quote)),
                Body::BookDelta(book) | Body::BookSnapshot(book) => prop_assert_eq!(record.book(), Some(book)),
                Body::Stats24h(stats) => prop_assert_eq!(record.stats(), Some(stats)),
                Body::Instrument(instrument) => prop_assert_eq!(record.instrument_definition(), Some(*instrument)),
                Body::Status(status) => prop_assert_eq!(record.status(), Some(status)),
                Body::Gap(gap) => prop_assert_eq!(record.gap(), Some(gap)),
                Body::MarkPrice(price) => prop_assert_eq!(record.mark_price(), Some(price)),
                Body::IndexPrice(price) => prop_assert_eq!(record.index_price(), Some(price)),
                Body::Funding(funding) => prop_assert_eq!(record.funding(), Some(funding)),
                Body::OpenInterest(interest) => prop_assert_eq!(record.open_interest(), Some(interest)),
                Body::Liquidation(liquidation) => prop_assert_eq!(record.liquidation(), Some(liquidation)),
                Body::TradingStatus(state) => prop_assert_eq!(record.trading_status(), Some(state)),
                Body::Bar(bar) => prop_assert_eq!(record.bar(), Some(*bar)),
            }
            check_canonical(&record)?;
            check_without_ring(&header, *body, record)?;
            prop_assert!(span <= 38);
            Ok(())
        })?;
    }

    #[test]
    fn decoding_never_panics_on_arbitrary_slots(words in prop::collection::vec(any::<u64>(), COPY_WORDS), kind in 0..22_u64,
        span in 1..=38_u64)
    {
        let mut words = words;
        words[0] = (words[0] & !0xff) | kind;
        let mut record = Record::default();
        if decode(&words, span, Near { sequence: 1, frame_seq: 1 }, &mut record) == Decoded::Record {
            check_canonical(&record)?;
        }
    }
}

/// An event that went through no ring is the same bytes, but for what the ring gives.
fn check_without_ring(header: &Header, body: Body<'_>, record: Record) -> Result<(), TestCaseError> {
    let (mut direct, mut bytes) = (b"before".to_vec(), [0; CANONICAL_SIZE_MAX]);
    let event = Event { header: *header, body };
    prop_assert!(EventEncoder::default().append(&event, 7, &mut direct));
    let size = Record { sequence: 0, ts_out: header.ts_recv, ..record }.encode(&mut bytes).unwrap();
    bytes[5] = 7;
    prop_assert_eq!(&direct[6..], &bytes[..size]);
    Ok(())
}

/// The canonical form holds every field of the table at its place.
fn check_canonical(record: &Record) -> Result<(), TestCaseError> {
    let mut bytes = [0; CANONICAL_SIZE_MAX];
    let size = record.encode(&mut bytes).unwrap();
    prop_assert_eq!(size, CANONICAL_HEAD_SIZE + 8 * record.payload_len());
    prop_assert_eq!(u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize, size);
    prop_assert_eq!((bytes[4], bytes[5]), (record.kind as u8, 0));
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let stamps = [record.sequence, record.frame_seq, record.ts_event, record.ts_recv, record.ts_out];
    prop_assert_eq!([16, 24, 32, 40, 48].map(word), stamps);
    let field = |name: &str| {
        let field = payload::fields(record.kind).iter().find(|field| field.name == name).unwrap();
        let raw = word(CANONICAL_HEAD_SIZE + 8 * field.word) << (64 - field.bits - field.shift);
        if field.signed { raw.cast_signed() >> (64 - field.bits) } else { (raw >> (64 - field.bits)).cast_signed() }
    };
    if let Some(quote) = record.quote() {
        let values = [quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty];
        prop_assert_eq!(["bid_price", "bid_qty", "ask_price", "ask_qty"].map(field), values);
    }
    if let Some(book) = record.book() {
        let counts = [usize::from(book.part), usize::from(book.parts), book.bids.len(), book.asks.len()];
        prop_assert_eq!(["part", "parts", "bid_count", "ask_count"].map(field), counts.map(|count| count as i64));
    }
    if let Some(instrument) = record.instrument_definition() {
        let small = [i64::from(instrument.venue), instrument.state as i64, i64::from(instrument.price_exponent)];
        prop_assert_eq!(["venue", "state", "price_exponent"].map(field), small);
        let rest = [i64::from(instrument.qty_exponent), instrument.symbol.as_bytes().len() as i64, instrument.tick_size];
        prop_assert_eq!(["qty_exponent", "symbol_size", "tick_size"].map(field), rest);
    }
    if let Some(status) = record.status() {
        prop_assert_eq!(["state", "connection"].map(field), [status.state as i64, i64::from(status.connection)]);
        if let Some(code) = status.code {
            prop_assert_eq!(field("code"), code as i64);
        }
    }
    if let Some(gap) = record.gap() {
        prop_assert_eq!(["stream", "reason"].map(field), [gap.stream as i64, gap.reason as i64]);
    }
    prop_assert!(record.encode(&mut bytes[..size - 1]).is_none());

    let (mut back, mut again) = (Record::default(), [0; CANONICAL_SIZE_MAX]);
    prop_assert!(back.decode(&bytes[..size]));
    prop_assert_eq!(back.encode(&mut again), Some(size));
    prop_assert_eq!(&again[..size], &bytes[..size]);
    prop_assert!(!back.decode(&bytes[..size - 1]));
    bytes[0] ^= 8;
    prop_assert!(!back.decode(&bytes));
    Ok(())
}

#[test]
fn trade_and_quote_take_one_slot() {
    let header =
        Header { instrument: 7, flags: flag::LAST, ts_event: NOON - 3_000_000, ts_recv: NOON, frame_seq: 99, index: 3 };
    let stamps = Stamps { ts_out: NOON + 900, sequence: 5, prev_frame_seq: 98, flags: 0 };
    let trade = Body::Trade(Trade { price: 6_543_210_000_000, qty: 1, trade_id: u64::MAX });
    assert_eq!(through_slots(&header, Content::Body(&trade), &stamps).1, 1);
    let quote = Quote { bid_price: 6_543_210_000_000, bid_qty: 1 << 47, ask_price: 6_543_210_100_000, ask_qty: 0 };
    assert_eq!(through_slots(&header, Content::Body(&Body::Quote(quote)), &stamps).1, 1);
    let wide = Quote { bid_qty: 1 << 48, ..quote };
    assert_eq!(through_slots(&header, Content::Body(&Body::Quote(wide)), &stamps).1, 2);
}

#[test]
fn books_take_one_word_a_level_where_all_fit_and_two_where_one_does_not() {
    let header =
        Header { instrument: 7, flags: flag::LAST, ts_event: NOON - 3_000_000, ts_recv: NOON, frame_seq: 99, index: 3 };
    let stamps = Stamps { ts_out: NOON + 900, sequence: 5, prev_frame_seq: 98, flags: 0 };
    let slots = |bids: &[Level], asks: &[Level]| {
        let book = BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 1, bids, asks };
        let (record, slots) = through_slots(&header, Content::Body(&Body::BookDelta(book)), &stamps);
        assert_eq!(record.book(), Some(book));
        slots
    };
    let levels: Vec<_> = (0..68).map(|number| Level { price: 6_169_000 - 10 * number, qty: 1 << 31 }).collect();
    assert_eq!(slots(&levels[..34], &levels[34..]), 11);
    assert_eq!(slots(&[], &[]), 1);
    assert_eq!(slots(&[], &levels[..1]), 2);
    let wide = Level { price: 1, qty: 1 << 32 };
    assert_eq!(slots(&levels[..33], &[&levels[34..], &[wide]].concat()), 21);
}

#[test]
fn longest_record_takes_38_slots_and_a_longer_one_is_refused() {
    let header = Header { instrument: 7, flags: 0, ts_event: 1, ts_recv: NOON, frame_seq: 99, index: 0 };
    let stamps = Stamps { ts_out: NOON, sequence: 5, prev_frame_seq: 98, flags: 0 };
    let levels = [Level { price: 1, qty: 2 }; LEVELS_PER_EVENT_MAX + 1];
    let change = |bids| BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 1, bids, asks: &levels[..64] };
    assert_eq!(through_slots(&header, Content::Body(&Body::BookDelta(change(&levels[..64]))), &stamps).1, 38);
    let mut words = [0; RECORD_WORDS_MAX];
    let long = Body::BookDelta(change(&levels[..65]));
    assert!(compact_book(&header, &long, &stamps, &mut Box::default()).is_none());
    assert_eq!(encode(&header, Content::Body(&long), &stamps, &mut words), None);
}

#[test]
fn epoch_start_comes_back_as_it_was() {
    let header = Header { instrument: 0, flags: flag::NO_TS_EVENT, ts_event: 0, ts_recv: NOON, frame_seq: 0, index: 0 };
    for &reason in EpochReason::ALL {
        let start = EpochStart { prev_epoch: 6, last_durable: 1 << 40, reason };
        let stamps = Stamps { ts_out: NOON, sequence: 1, prev_frame_seq: 0, flags: 0 };
        let (record, span) = through_slots(&header, Content::EpochStart(start), &stamps);
        assert_eq!((record.kind, record.epoch_start(), span), (Kind::EpochStart, Some(start), 1));
    }
}

#[test]
fn wrong_span_is_malformed() {
    let header = Header { instrument: 7, flags: 0, ts_event: 0, ts_recv: NOON, frame_seq: 99, index: 0 };
    let stamps = Stamps { ts_out: NOON, sequence: 5, prev_frame_seq: 98, flags: 0 };
    let mut copy = [0; COPY_WORDS];
    let mut words = [0; RECORD_WORDS_MAX];
    let trade = Body::Trade(Trade { price: 1, qty: 1, trade_id: 1 });
    let len = encode(&header, Content::Body(&trade), &stamps, &mut words).unwrap();
    copy[..len].copy_from_slice(&words[..len]);
    let near = Near { sequence: 4, frame_seq: 98 };
    assert_eq!(decode(&copy, 3, near, &mut Record::default()), Decoded::Malformed);
    assert_eq!(decode(&copy, 1, near, &mut Record::default()), Decoded::Malformed);
}
