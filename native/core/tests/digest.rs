//! Digests of events: whatever differs gives another one, and what is the same gives the same for ever.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use tickring_core::digest::{Digested, Digests, event, then};
use tickring_core::error::Code;
use tickring_core::event::{
    Body, BookChange, Event, Gap, GapReason, GapStream, Header, Level, Quote, State, Stats24h, Status, Trade,
};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Discard, Sink};

/// Bits of each member of a header, in the order of `head`.
const HEAD_BITS: [u32; 6] = [32, 16, 64, 64, 64, 32];

fn head(words: [u64; 6]) -> Header {
    let [instrument, flags, ts_event, ts_recv, frame_seq, index] = words;
    Header { instrument: instrument as u32, flags: flags as u16, ts_event, ts_recv, frame_seq, index: index as u32 }
}

fn levels(words: &[u64]) -> Vec<Level> {
    words.chunks_exact(2).map(|pair| Level { price: pair[0] as i64, qty: pair[1] as i64 }).collect()
}

/// Bits of each member of a body, and what makes the body of them.
struct Form {
    bits: Vec<u32>,
    digest: fn(Header, &[u64]) -> u64,
}

fn book(header: Header, words: &[u64], snapshot: bool) -> u64 {
    let [prev_update_id, last_update_id, part, parts] = words[..4] else { panic!("a book has four words and its levels") };
    let (bids, asks) = (levels(&words[4..18]), levels(&words[18..]));
    let change =
        BookChange { prev_update_id, last_update_id, part: part as u16, parts: parts as u16, bids: &bids, asks: &asks };
    event(&Event { header, body: if snapshot { Body::BookSnapshot(change) } else { Body::BookDelta(change) } })
}

fn forms() -> Vec<Form> {
    // Seven bids and five asks: a round of four lanes and a rest.
    let of_book = || [vec![64, 64, 16, 16], vec![64; 2 * 12]].concat();
    vec![
        Form {
            bits: vec![64; 3],
            digest: |header, words| {
                let body = Body::Trade(Trade { price: words[0] as i64, qty: words[1] as i64, trade_id: words[2] });
                event(&Event { header, body })
            },
        },
        Form {
            bits: vec![64; 4],
            digest: |header, words| {
                let [bid_price, bid_qty, ask_price, ask_qty] = [0, 1, 2, 3].map(|at: usize| words[at] as i64);
                event(&Event { header, body: Body::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty }) })
            },
        },
        Form { bits: of_book(), digest: |header, words| book(header, words, false) },
        Form { bits: of_book(), digest: |header, words| book(header, words, true) },
        Form {
            bits: vec![64; 6],
            digest: |header, words| {
                let [open, high, low, close, volume] = [0, 1, 2, 3, 4].map(|at: usize| words[at] as i64);
                let body = Body::Stats24h(Stats24h { open, high, low, close, volume, count: words[5] });
                event(&Event { header, body })
            },
        },
        Form {
            bits: vec![32, 16, 8, 8, 64, 64, 32],
            digest: |header, words| {
                let definition = Instrument {
                    id: words[0] as u32,
                    venue: words[1] as u16,
                    symbol: Symbol::new("BTCUSDT").unwrap(),
                    price_exponent: words[2] as i8,
                    qty_exponent: words[3] as i8,
                    tick_size: words[4] as i64,
                    lot_size: words[5] as i64,
                    state: TradingState::Trading,
                    change_count: words[6] as u32,
                };
                event(&Event { header, body: Body::Instrument(&definition) })
            },
        },
        Form {
            bits: vec![16, 64],
            digest: |header, words| {
                let status = Status { state: State::Live, connection: words[0] as u16, code: None, detail: words[1] };
                event(&Event { header, body: Body::Status(status) })
            },
        },
        Form {
            bits: vec![64, 64],
            digest: |header, words| {
                let gap = Gap { stream: GapStream::Book, reason: GapReason::Sequence, first: words[0], last: words[1] };
                event(&Event { header, body: Body::Gap(gap) })
            },
        },
    ]
}

/// Numbers that mean nothing, the same in every run.
fn noise(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed ^ *seed >> 29
}

#[test]
fn every_bit_of_every_member_counts() {
    let (mut seed, mut seen, mut made) = (1, HashSet::new(), 0);
    for (number, form) in forms().iter().enumerate() {
        // Zeros too: a word that is multiplied must not swallow the other.
        for zeros in [true, false] {
            let mut word = |bits: u32| if zeros { 0 } else { noise(&mut seed) >> (64 - bits) };
            let header: [u64; 6] = HEAD_BITS.map(&mut word);
            let body: Vec<u64> = form.bits.iter().map(|bits| word(*bits)).collect();
            let mut add = |header: [u64; 6], body: &[u64]| {
                made += 1;
                assert!(seen.insert((form.digest)(head(header), body)), "form {number}, {header:?}, {body:?}");
            };
            add(header, &body);
            for (at, bits) in HEAD_BITS.into_iter().enumerate() {
                for bit in 0..bits {
                    let mut other = header;
                    other[at] ^= 1 << bit;
                    add(other, &body);
                }
            }
            for (at, bits) in form.bits.iter().enumerate() {
                for bit in 0..*bits {
                    let mut other = body.clone();
                    other[at] ^= 1 << bit;
                    add(header, &other);
                }
            }
        }
    }
    assert_eq!(seen.len(), made);
    assert!(made > 13_000, "{made}");
}

fn at(instrument: u32) -> Header {
    head([u64::from(instrument), 1, 2, 3, 4, 5])
}

#[test]
fn names_states_codes_and_where_a_level_stands_count() {
    let mut seen = HashSet::new();
    let mut add = |body: Body<'_>| assert!(seen.insert(event(&Event { header: at(1), body })), "{body:?}");
    let definition = |text, state| Instrument {
        id: 1,
        venue: 1,
        symbol: Symbol::new(text).unwrap(),
        price_exponent: -1,
        qty_exponent: -3,
        tick_size: 1,
        lot_size: 1,
        state,
        change_count: 0,
    };
    for text in ["A", "B", "AA", "AB", "BA", "A\0"] {
        add(Body::Instrument(&definition(text, TradingState::Trading)));
        add(Body::Instrument(&definition(text, TradingState::Halted)));
    }
    for state in State::ALL {
        for code in [None, Some(Code::Closed), Some(Code::ArgumentRange)] {
            add(Body::Status(Status { state: *state, connection: 1, code, detail: 2 }));
        }
    }
    for stream in [GapStream::Book, GapStream::Trade] {
        for reason in [GapReason::Sequence, GapReason::Disconnect, GapReason::Rollback, GapReason::Quarantined] {
            add(Body::Gap(Gap { stream, reason, first: 1, last: 2 }));
        }
    }
    // The same nine levels, in each order that moves one to the front, cut between the sides at each place.
    let all: Vec<Level> = (1..=9).map(|number| Level { price: number, qty: 10 * number }).collect();
    for front in 0..all.len() {
        let mut moved = all.clone();
        moved[..=front].rotate_right(1);
        for cut in 0..=all.len() {
            let (bids, asks) = moved.split_at(cut);
            add(Body::BookDelta(BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 1, bids, asks }));
        }
    }
    let swapped: Vec<Level> = all.iter().map(|level| Level { price: level.qty, qty: level.price }).collect();
    add(Body::BookDelta(BookChange { prev_update_id: 1, last_update_id: 2, part: 0, parts: 1, bids: &swapped, asks: &[] }));
}

fn trade(instrument: u32, number: u64) -> Event<'static> {
    Event { header: at(instrument), body: Body::Trade(Trade { price: 1, qty: 2, trade_id: number }) }
}

#[test]
fn instruments_have_their_own_and_the_shard_has_all_in_order() {
    let run = |events: &[(u32, u64)]| {
        let mut digests = Digests::default();
        for (instrument, number) in events {
            Digested { sink: &mut Discard, digests: &mut digests }.event(&trade(*instrument, *number));
        }
        digests
    };
    let one = run(&[(7, 1), (0, 1), (9, 1), (7, 2)]);
    let other = run(&[(9, 1), (7, 1), (7, 2), (0, 1)]);
    assert_ne!(one.shard(), other.shard());
    let sorted = |digests: &Digests| {
        let mut of = digests.instruments().to_vec();
        of.sort_unstable();
        of
    };
    assert_eq!(sorted(&one), sorted(&other));
    assert_eq!(one.instruments().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [7, 0, 9]);
    assert_ne!(run(&[(7, 1), (7, 2)]).shard(), run(&[(7, 2), (7, 1)]).shard());
    assert_eq!(then(then(0, event(&trade(7, 1))), event(&trade(7, 2))), run(&[(7, 1), (7, 2)]).shard());

    let mut resumed = Digests::resume(one.shard(), one.instruments());
    let mut on = one.clone();
    for digests in [&mut resumed, &mut on] {
        digests.add(&trade(9, 5));
        digests.add(&trade(11, 5));
    }
    assert_eq!((resumed.shard(), resumed.instruments()), (on.shard(), on.instruments()));
}

#[test]
fn digests_that_were_written_once_stay_readable() {
    let all: Vec<Level> = (1..=9).map(|number| Level { price: number, qty: -10 * number }).collect();
    let change = BookChange { prev_update_id: 1, last_update_id: 2, part: 3, parts: 4, bids: &all[..5], asks: &all[5..] };
    let status = Status { state: State::Quarantined, connection: 3, code: Some(Code::Closed), detail: 8 };
    let digests = [trade(7, 1).body, Body::BookDelta(change), Body::BookSnapshot(change), Body::Status(status)]
        .map(|body| event(&Event { header: at(7), body }));
    assert_eq!(digests, [0x80a4_340c_c764_44b6, 0xfa53_4ada_d1fc_f748, 0x4021_cb9b_f9bb_24e7, 0x5e16_32a0_7f4c_4643]);
    assert_eq!(digests.into_iter().fold(0, then), 0x65c3_b434_e87d_23f3);
}
