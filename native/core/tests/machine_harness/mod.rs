//! What the tests of the machine share: a reader that believes nothing, and a writer of venue frames.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use tickring_core::book::{Book, canonical_text};
use tickring_core::digest::{Digested, Digests};
use tickring_core::event::{Body, Event, Gap, Header, LEVELS_PER_EVENT_MAX, State, Stats24h, Status, Trade, flag};
use tickring_core::event::{Quote, VenueBar};
use tickring_core::input::{Input, Instrument, Request, Stamped, Symbol, TradingState};
use tickring_core::machine::{Machine, MachineConfig, Outcome};
use tickring_core::sink::{Discard, Latest, Sink};
use tickring_core::venue::VenueId;

pub const START_NS: u64 = 1_723_161_253_000_000_000;
pub const MS: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    Trade(Trade),
    Quote(Quote),
    Delta { prev: u64, last: u64, parts: u16 },
    Snapshot { last: u64, parts: u16 },
    Stats(Stats24h),
    Instrument(Instrument),
    Status(Status),
    Gap(Gap),
    Figure(Body<'static>),
    Bar(VenueBar),
}

/// One side of a reader's book: price → quantity.
type SideMap = BTreeMap<i64, i64>;

/// A book folded from events alone.
#[derive(Clone, Debug, Default)]
pub struct FoldedBook {
    pub bids: SideMap,
    pub asks: SideMap,
    pub last_update_id: u64,
    pub exponents: (i8, i8),
    next_part: u16,
}

/// The parts of [`Latest`] that tests look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatestSeen {
    pub flags: u16,
    pub last_update_id: u64,
    pub best_bid: Option<(i64, i64)>,
    pub best_ask: Option<(i64, i64)>,
    pub trade: Trade,
    pub stats: Stats24h,
}

/// A sink that folds books as a reader of the ring would, and checks the form of the stream as it goes.
#[derive(Debug, Default)]
pub struct Reader {
    pub books: HashMap<u32, FoldedBook>,
    pub seen: Vec<(Header, Seen)>,
    pub latest: HashMap<u32, LatestSeen>,
    pub definitions: HashMap<u32, Instrument>,
    pub levels: usize,
    frame_seq: u64,
    next_index: u32,
    ended: bool,
}

impl Reader {
    fn check_header(&mut self, header: &Header) {
        if header.frame_seq == self.frame_seq {
            assert!(!self.ended, "no event follows the one flagged last");
        } else {
            assert!(self.frame_seq == 0 || self.ended, "the last event of every input is flagged");
            assert!(header.frame_seq > self.frame_seq);
            (self.frame_seq, self.next_index, self.ended) = (header.frame_seq, 0, false);
        }
        assert_eq!(header.index, self.next_index);
        self.next_index += 1;
        self.ended = header.flags & flag::LAST != 0;
        assert_eq!(header.ts_event == 0, header.flags & flag::NO_TS_EVENT != 0);
    }

    fn fold(&mut self, event: &Event<'_>) {
        let (change, snapshot) = match event.body {
            Body::BookSnapshot(change) => (change, true),
            Body::BookDelta(change) => (change, false),
            _ => return,
        };
        let book = self.books.entry(event.header.instrument).or_default();
        assert!(change.bids.len() + change.asks.len() <= LEVELS_PER_EVENT_MAX);
        self.levels += change.bids.len() + change.asks.len();
        assert_eq!(change.part, book.next_part, "parts come in order");
        let ends = change.part + 1 == change.parts;
        assert_eq!(event.header.flags & flag::MORE == 0, ends);
        book.next_part = if ends { 0 } else { change.part + 1 };
        if change.part == 0 {
            if snapshot {
                book.bids.clear();
                book.asks.clear();
            } else {
                assert_eq!(change.prev_update_id, book.last_update_id, "a delta follows what was published before it");
                assert!(change.last_update_id >= change.prev_update_id, "ids go back by a snapshot alone");
            }
        }
        for (side, levels) in [(&mut book.bids, change.bids), (&mut book.asks, change.asks)] {
            for level in levels {
                if level.qty == 0 {
                    side.remove(&level.price);
                } else {
                    side.insert(level.price, level.qty);
                }
            }
        }
        if ends {
            book.last_update_id = change.last_update_id;
        }
    }

    fn rescale(&mut self, definition: &Instrument) {
        let book = self.books.entry(definition.id).or_default();
        let exponents = (definition.price_exponent, definition.qty_exponent);
        if book.exponents != (0, 0) && book.exponents != exponents {
            let factor = |from: i8, to: i8| 10_i64.pow(u32::try_from(from - to).unwrap());
            let (price, qty) = (factor(book.exponents.0, exponents.0), factor(book.exponents.1, exponents.1));
            for side in [&mut book.bids, &mut book.asks] {
                *side = side.iter().map(|(held, quantity)| (held * price, quantity * qty)).collect();
            }
        }
        book.exponents = exponents;
    }

    /// Asserts that the folded book is the machine's.
    pub fn assert_holds(&self, machine: &Machine, slot: u32) {
        let (book, definition) = (machine.book(slot).unwrap(), machine.instrument(slot).unwrap());
        let folded = self.books.get(&definition.id).cloned().unwrap_or_default();
        let pairs = |level: tickring_core::event::Level| (level.price, level.qty);
        assert_eq!(folded.bids.into_iter().rev().collect::<Vec<_>>(), book.bids().map(pairs).collect::<Vec<_>>());
        assert_eq!(folded.asks.into_iter().collect::<Vec<_>>(), book.asks().map(pairs).collect::<Vec<_>>());
        assert_eq!(folded.last_update_id, machine.instrument_counters(slot).unwrap().last_update_id);
    }

    pub fn gaps(&self) -> Vec<Gap> {
        self.seen.iter().filter_map(|(_, seen)| if let Seen::Gap(gap) = seen { Some(*gap) } else { None }).collect()
    }

    pub fn states(&self) -> Vec<State> {
        let state = |(_, seen): &(Header, Seen)| if let Seen::Status(status) = seen { Some(status.state) } else { None };
        self.seen.iter().filter_map(state).collect()
    }

    pub fn bodies(&self) -> Vec<Seen> {
        self.seen.iter().map(|(_, seen)| *seen).collect()
    }
}

impl Sink for Reader {
    fn event(&mut self, event: &Event<'_>) {
        self.check_header(&event.header);
        self.fold(event);
        let seen = match event.body {
            Body::Trade(trade) => Seen::Trade(trade),
            Body::Quote(quote) => Seen::Quote(quote),
            Body::BookDelta(change) => {
                Seen::Delta { prev: change.prev_update_id, last: change.last_update_id, parts: change.parts }
            }
            Body::BookSnapshot(change) => Seen::Snapshot { last: change.last_update_id, parts: change.parts },
            Body::Stats24h(stats) => Seen::Stats(stats),
            Body::Status(status) => {
                // What comes back later is numbered anew.
                if status.state == State::Removed {
                    self.books.entry(event.header.instrument).or_default().last_update_id = 0;
                }
                Seen::Status(status)
            }
            Body::Gap(gap) => Seen::Gap(gap),
            Body::MarkPrice(price) => Seen::Figure(Body::MarkPrice(price)),
            Body::IndexPrice(price) => Seen::Figure(Body::IndexPrice(price)),
            Body::Funding(funding) => Seen::Figure(Body::Funding(funding)),
            Body::OpenInterest(interest) => Seen::Figure(Body::OpenInterest(interest)),
            Body::Liquidation(liquidation) => Seen::Figure(Body::Liquidation(liquidation)),
            Body::TradingStatus(state) => Seen::Figure(Body::TradingStatus(state)),
            Body::Bar(bar) => Seen::Bar(*bar),
            Body::Instrument(definition) => {
                assert_eq!(self.definitions.get(&definition.id), Some(definition), "the sink was told before the event");
                self.rescale(definition);
                Seen::Instrument(*definition)
            }
        };
        self.seen.push((event.header, seen));
    }

    fn latest(&mut self, _: u32, latest: &Latest<'_>) {
        let best = |level: Option<tickring_core::event::Level>| level.map(|level| (level.price, level.qty));
        let seen = LatestSeen {
            flags: latest.flags,
            last_update_id: latest.last_update_id,
            best_bid: best(latest.book.best_bid()),
            best_ask: best(latest.book.best_ask()),
            trade: latest.trade,
            stats: latest.stats,
        };
        self.latest.insert(latest.instrument, seen);
    }

    fn instrument(&mut self, _: u32, definition: &Instrument) {
        self.definitions.insert(definition.id, *definition);
    }
}

/// A machine, its reader and a clock; and a second machine, restored now and then from what the first one saved, that has to do the
/// same.
pub struct Rig {
    pub machine: Machine,
    pub reader: Reader,
    pub now: u64,
    config: MachineConfig,
    twin: Machine,
}

/// Inputs from one restored twin to the next, after the first ones, each of which has a new one.
const TWIN_INPUTS: u64 = 7;
const TWINS_AT_FIRST: u64 = 50;

/// A machine's checkpoint.
pub fn saved(machine: &Machine) -> Vec<u8> {
    let mut bytes = Vec::new();
    machine.save(&mut bytes);
    bytes
}

/// What is restored from it.
pub fn restored(config: MachineConfig, machine: &Machine) -> Machine {
    let bytes = saved(machine);
    let twin = Machine::restore(config, &bytes).unwrap();
    assert!(bytes == saved(&twin), "a restored machine saves the same bytes");
    twin
}

pub const BTC: u32 = 7;

impl Rig {
    pub fn new(config: MachineConfig) -> Self {
        let machine = || Machine::new(config);
        Self { machine: machine(), reader: Reader::default(), now: START_NS, config, twin: machine() }
    }

    /// One spot instrument, [`BTC`], subscribed to everything on connection 1.
    pub fn started() -> Self {
        let mut rig = Self::new(MachineConfig::default());
        rig.define(&definition(BTC, VenueId::BinanceSpot, "BTCUSDT"));
        rig.connect();
        rig
    }

    pub fn connect(&mut self) {
        self.input(Input::Connect { connection: 1, venue: VenueId::BinanceSpot as u16 });
        self.input(Input::Subscribe { connection: 1, instrument: BTC, channels: 7 });
    }

    pub fn define(&mut self, definition: &Instrument) -> Outcome {
        self.input(Input::Instrument(definition))
    }

    pub fn input(&mut self, input: Input<'_>) -> Outcome {
        let follows = self.twin.frame_seq() == self.machine.frame_seq();
        let inputs = self.twin.frame_seq();
        if !follows || inputs < TWINS_AT_FIRST || inputs.is_multiple_of(TWIN_INPUTS) {
            assert!(!follows || saved(&self.twin) == saved(&self.machine), "what was restored stays the same");
            self.twin = restored(self.config, &self.machine);
        }
        let before = self.reader.seen.len();
        let (input, [mut digests, mut of_twin]) = (Stamped { ts_recv: self.now, input }, [(); 2].map(|()| Digests::default()));
        let mut sink = Digested { sink: &mut self.reader, digests: &mut digests };
        let outcome = self.machine.apply(&input, &mut sink);
        assert!(outcome.events as usize == self.reader.seen.len() - before && (outcome.events == 0 || self.reader.ended));
        let same = self.twin.apply(&input, &mut Digested { sink: &mut Discard, digests: &mut of_twin });
        assert_eq!((same.events, same.rejected), (outcome.events, outcome.rejected), "what was restored does the same");
        assert_eq!(of_twin.shard(), digests.shard(), "what was restored tells the same");
        outcome
    }

    pub fn frame(&mut self, text: &str) -> Outcome {
        self.input(Input::Frame { connection: 1, bytes: text.as_bytes() })
    }

    pub fn snapshot(&mut self, text: &str) -> Outcome {
        self.input(Input::DepthSnapshot { instrument: BTC, bytes: text.as_bytes() })
    }

    pub fn delta(&mut self, first: u64, last: u64, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> Outcome {
        let frame = spot_depth("BTCUSDT", self.now, first, last, bids, asks);
        self.frame(&frame)
    }

    pub fn tick(&mut self, after_ns: u64) -> Outcome {
        self.now += after_ns;
        self.input(Input::Tick)
    }

    /// All but audits, which come with time alone.
    pub fn take_requests(&mut self) -> Vec<Request> {
        let all = std::iter::from_fn(|| self.machine.take_request());
        all.filter(|request| !matches!(request, Request::Audit { .. })).collect()
    }

    /// Whether an audit is wanted; forgets every other request.
    pub fn takes_audit(&mut self) -> bool {
        std::iter::from_fn(|| self.machine.take_request()).any(|request| request == Request::Audit { instrument: BTC })
    }

    /// Brings the book to life at update id 100: bid 99 × 1, ask 101 × 1.
    pub fn live() -> Self {
        let mut rig = Self::started();
        rig.delta(100, 100, &[], &[]);
        rig.take_requests();
        rig.snapshot(&depth_body(99, &[("99", "1")], &[("101", "1")]));
        assert!(rig.is_live());
        rig.reader.seen.clear();
        rig
    }

    pub fn is_live(&self) -> bool {
        self.machine.instrument_counters(0).unwrap().in_sync == 1
    }

    pub fn text(&self) -> String {
        let definition = self.machine.instrument(0).unwrap();
        text_of(self.machine.book(0).unwrap(), definition)
    }
}

pub fn text_of(book: &Book, definition: &Instrument) -> String {
    let mut text = String::new();
    canonical_text(book, definition.price_exponent, definition.qty_exponent, &mut text);
    text
}

pub fn definition(id: u32, venue: VenueId, symbol: &str) -> Instrument {
    Instrument {
        id,
        venue: venue as u16,
        symbol: Symbol::new(symbol).unwrap(),
        price_exponent: -2,
        qty_exponent: -3,
        tick_size: 1,
        lot_size: 1,
        state: TradingState::Trading,
        change_count: 0,
    }
}

fn levels(pairs: &[(&str, &str)]) -> String {
    let mut text = String::from("[");
    for (index, (price, qty)) in pairs.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(text, r#"{comma}["{price}","{qty}"]"#).unwrap();
    }
    text.push(']');
    text
}

pub fn depth_body(id: u64, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> String {
    format!(r#"{{"lastUpdateId":{id},"bids":{},"asks":{}}}"#, levels(bids), levels(asks))
}

pub fn spot_depth(symbol: &str, now: u64, first: u64, last: u64, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> String {
    let (ms, lower) = (now / MS, symbol.to_lowercase());
    let (bids, asks) = (levels(bids), levels(asks));
    format!(
        r#"{{"stream":"{lower}@depth@100ms","data":{{"e":"depthUpdate","E":{ms},"s":"{symbol}","U":{first},"u":{last},"b":{bids},"a":{asks}}}}}"#
    )
}

#[allow(clippy::too_many_arguments, reason = "the members of one message")]
pub fn usdm_depth(
    symbol: &str,
    now: u64,
    (first, last, prev): (u64, u64, u64),
    bids: &[(&str, &str)],
    asks: &[(&str, &str)],
) -> String {
    let (ms, lower) = (now / MS, symbol.to_lowercase());
    let (bids, asks) = (levels(bids), levels(asks));
    format!(
        r#"{{"stream":"{lower}@depth@0ms","data":{{"e":"depthUpdate","E":{ms},"T":{ms},"s":"{symbol}","U":{first},"u":{last},"pu":{prev},"b":{bids},"a":{asks}}}}}"#
    )
}

pub fn spot_trade(now: u64, id: u64, price: &str, qty: &str) -> String {
    let ms = now / MS;
    format!(
        r#"{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{ms},"s":"BTCUSDT","t":{id},"p":"{price}","q":"{qty}","T":{ms},"m":false,"M":true}}}}"#
    )
}

pub fn spot_quote(id: u64, bid: &str, ask: &str) -> String {
    format!(r#"{{"stream":"btcusdt@bookTicker","data":{{"u":{id},"s":"BTCUSDT","b":"{bid}","B":"1","a":"{ask}","A":"2"}}}}"#)
}
