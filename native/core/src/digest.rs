//! One number for all that a shard put out, and one for each of its instruments: live and replay are equal where these are.
//!
//! A digest covers every member of every event in order. Ring positions, `ts_out` and what else a sink adds are not events and
//! do not count. It finds accidents, not forgery: words are multiplied to 128 bits and folded.

use std::collections::HashMap;

use crate::event::{Body, BookChange, Event, Level};
use crate::input::Instrument;
use crate::sink::{Latest, Sink};

/// Fractions of the square roots of 2, 3, 5 and 7.
const ROOTS: [u64; 4] = [0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1];

/// Lanes whose multiplications do not wait for each other.
const LANES: usize = 4;

/// Digest of an instrument that nothing was said about, and of a shard that said nothing.
pub const NOTHING: u64 = 0;

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a ^ ROOTS[0]) as u128 * (b ^ ROOTS[1]) as u128;
    product as u64 ^ (product >> 64) as u64
}

/// `digest` and one more event's.
#[inline]
#[must_use]
pub const fn then(digest: u64, event: u64) -> u64 {
    fold(digest.rotate_left(32) ^ event, digest ^ ROOTS[2])
}

#[inline]
fn words<const N: usize>(start: u64, words: [u64; N]) -> u64 {
    words.into_iter().fold(start, |digest, word| fold(digest, word ^ ROOTS[3]))
}

#[inline]
fn side(start: u64, levels: &[Level]) -> u64 {
    let mut lanes = ROOTS.map(|root| root ^ start);
    let mut rest = levels.chunks_exact(LANES);
    for four in &mut rest {
        for (lane, level) in lanes.iter_mut().zip(four) {
            *lane = fold(*lane ^ level.price as u64, level.qty as u64 ^ *lane >> 1);
        }
    }
    for (lane, level) in lanes.iter_mut().zip(rest.remainder()) {
        *lane = fold(*lane ^ level.price as u64, level.qty as u64 ^ *lane >> 1);
    }
    words(levels.len() as u64, lanes)
}

#[inline]
fn change(start: u64, change: &BookChange<'_>) -> u64 {
    let parts = u64::from(change.part) | u64::from(change.parts) << 16;
    let digest = words(start, [change.prev_update_id, change.last_update_id, parts]);
    side(side(digest, change.bids), change.asks)
}

#[cold]
fn instrument(start: u64, definition: &Instrument) -> u64 {
    let Instrument { id, venue, symbol, price_exponent, qty_exponent, tick_size, lot_size, state, change_count } = definition;
    let exponents = u64::from(*price_exponent as u8) | u64::from(*qty_exponent as u8) << 8 | u64::from(*state as u8) << 16;
    let text = symbol.as_bytes();
    let ids = u64::from(*id) | u64::from(*venue) << 32;
    let digest =
        words(start, [ids, exponents, *tick_size as u64, *lot_size as u64, u64::from(*change_count), text.len() as u64]);
    text.iter().fold(digest, |digest, byte| words(digest, [u64::from(*byte)]))
}

/// Digest of one event.
#[inline]
#[must_use]
pub fn event(event: &Event<'_>) -> u64 {
    let header = &event.header;
    let head = u64::from(header.instrument) | u64::from(header.flags) << 32 | u64::from(event.body.kind() as u8) << 48;
    let start = words(head, [header.ts_event, header.ts_recv, header.frame_seq, u64::from(header.index)]);
    match &event.body {
        Body::Trade(trade) => words(start, [trade.price as u64, trade.qty as u64, trade.trade_id]),
        Body::Quote(quote) => {
            words(start, [quote.bid_price, quote.bid_qty, quote.ask_price, quote.ask_qty].map(|of| of as u64))
        }
        Body::BookDelta(delta) => change(start, delta),
        Body::BookSnapshot(snapshot) => change(start, snapshot),
        Body::Stats24h(stats) => {
            let prices = [stats.open, stats.high, stats.low, stats.close, stats.volume].map(|of| of as u64);
            words(words(start, prices), [stats.count])
        }
        Body::Instrument(definition) => instrument(start, definition),
        Body::Status(status) => {
            let code = status.code.map_or(0, |code| code as u16);
            let state = u64::from(status.state as u8) | u64::from(status.connection) << 8 | u64::from(code) << 24;
            words(start, [state, status.detail])
        }
        Body::MarkPrice(price) | Body::IndexPrice(price) => words(start, [price.price as u64, price.exponent as u64]),
        Body::Funding(funding) => {
            let rest = u64::from(funding.exponent as u8) | u64::from(funding.interval_s) << 32;
            words(start, [funding.rate as u64, funding.next_ts, rest])
        }
        Body::OpenInterest(interest) => {
            let exponents = u64::from(interest.qty_exponent as u8) | u64::from(interest.value_exponent as u8) << 8;
            words(start, [interest.qty as u64, interest.value as u64, exponents])
        }
        Body::Liquidation(of) => {
            let rest = u64::from(of.price_exponent as u8) | u64::from(of.qty_exponent as u8) << 8 | (of.side as u64) << 16;
            words(start, [of.price as u64, of.qty as u64, of.id, rest])
        }
        Body::TradingStatus(state) => words(start, [*state as u64]),
        Body::Bar(bar) => {
            let prices = [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover].map(|of| of as u64);
            let exponents = [bar.price_exponent, bar.qty_exponent, bar.turnover_exponent].map(|of| u64::from(of as u8));
            let rest = exponents[0] | exponents[1] << 8 | exponents[2] << 16 | u64::from(bar.closed) << 24;
            words(words(start, prices), [bar.count, bar.start_ts, bar.interval_ns, rest])
        }
        Body::Gap(gap) => words(start, [u64::from(gap.stream as u8) | u64::from(gap.reason as u8) << 8, gap.first, gap.last]),
    }
}

/// Running digests of a shard and of its instruments.
#[derive(Clone, Debug, Default)]
pub struct Digests {
    shard: u64,
    /// By number, in the order in which they were first heard of.
    instruments: Vec<(u32, u64)>,
    numbers: HashMap<u32, usize>,
    /// The one that the last event was about.
    last: usize,
}

impl Digests {
    /// Digest of all events so far.
    #[inline]
    #[must_use]
    pub const fn shard(&self) -> u64 {
        self.shard
    }

    /// Instrument ids with the digests of their events, in the order in which they were first heard of. Events about no instrument
    /// (connections) have the id 0.
    #[must_use]
    pub fn instruments(&self) -> &[(u32, u64)] {
        &self.instruments
    }

    /// Goes on where others stopped.
    #[must_use]
    pub fn resume(shard: u64, instruments: &[(u32, u64)]) -> Self {
        let numbers = instruments.iter().enumerate().map(|(number, (id, _))| (*id, number)).collect();
        Self { shard, instruments: instruments.to_vec(), numbers, last: 0 }
    }

    /// Adds an event. Allocates for an instrument's first one only.
    #[inline]
    pub fn add(&mut self, of: &Event<'_>) {
        let digest = event(of);
        self.shard = then(self.shard, digest);
        let id = of.header.instrument;
        if self.instruments.get(self.last).is_none_or(|(last, _)| *last != id) {
            self.last = self.number(id);
        }
        let (_, of_instrument) = &mut self.instruments[self.last];
        *of_instrument = then(*of_instrument, digest);
    }

    fn number(&mut self, id: u32) -> usize {
        *self.numbers.entry(id).or_insert_with(|| {
            self.instruments.push((id, NOTHING));
            self.instruments.len() - 1
        })
    }
}

/// A sink that digests what it hands on.
#[derive(Debug)]
pub struct Digested<'a, S> {
    /// Where it goes on.
    pub sink: &'a mut S,
    /// Digests so far.
    pub digests: &'a mut Digests,
}

impl<S: Sink> Sink for Digested<'_, S> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        self.digests.add(event);
        self.sink.event(event);
    }

    #[inline]
    fn parsed(&mut self) {
        self.sink.parsed();
    }

    #[inline]
    fn lead(&mut self, ns: u64) {
        self.sink.lead(ns);
    }

    #[inline]
    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        self.sink.latest(slot, latest);
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        self.sink.instrument(slot, instrument);
    }

    #[inline]
    fn wanted(&mut self) -> Option<u32> {
        self.sink.wanted()
    }

    fn again(&mut self, slot: u32, latest: &Latest<'_>) {
        self.sink.again(slot, latest);
    }
}
