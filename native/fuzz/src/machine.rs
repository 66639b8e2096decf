//! The state machine under any sequence of inputs: its events have their form, a reader that believes nothing holds the same
//! books, nothing panics, and a second machine says the same.

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_core::book::{BOOK_LEVELS_MAX, Side};
use tickring_core::input::{DisconnectReason, Input, Instrument, TradingState};
use tickring_core::machine::{MachineConfig, REQUESTS_MAX};
use tickring_core::simd::CodePath;
use tickring_core::validate::Rules;
use tickring_core::venue::VenueId;

use crate::machine_harness::{MS, Rig, definition, depth_body, spot_depth, spot_trade, usdm_depth};
use crate::message::Made;
use crate::paths;
use crate::spell::spell;

/// Instruments of the shard, by id: one of each venue, and one that shares the symbol.
const INSTRUMENTS: [(u32, VenueId, &str); 3] =
    [(7, VenueId::BinanceSpot, "BTCUSDT"), (8, VenueId::BinanceUsdm, "BTCUSDT"), (9, VenueId::BinanceSpot, "币安人生USDT")];

/// Any inputs in any order, on every code path: the same events, states and books.
pub fn fuzz(bytes: &[u8]) {
    let mut worlds = paths::available().map(|path| run(bytes, path));
    let first = worlds.next().expect("the scalar path is everywhere").rig;
    for World { rig, .. } in worlds {
        assert_eq!(rig.reader.seen, first.reader.seen);
        assert_eq!(rig.reader.latest, first.reader.latest);
        assert_eq!(rig.machine.counters(), first.machine.counters());
    }
}

fn run(bytes: &[u8], path: CodePath) -> World {
    let mut u = Unstructured::new(bytes);
    let mut world = World::new(path);
    while !u.is_empty() {
        if world.step(&mut u).is_err() {
            break;
        }
    }
    world.check();
    world
}

struct World {
    rig: Rig,
    /// The venue's ids go on from here, so that some messages follow.
    id: u64,
}

impl World {
    fn new(code_path: CodePath) -> Self {
        let config = MachineConfig {
            depth: 5,
            snapshot_interval_ns: 1_000 * MS,
            instruments_max: 4,
            code_path,
            ..MachineConfig::default()
        };
        let mut world = Self { rig: Rig::new(config), id: 1_000 };
        for (id, venue, symbol) in INSTRUMENTS {
            world.rig.define(&definition(id, venue, symbol));
        }
        for (connection, venue) in [(1, VenueId::BinanceSpot), (2, VenueId::BinanceUsdm)] {
            world.rig.input(Input::Connect { connection, venue: venue as u16 });
            for (id, of, _) in INSTRUMENTS.iter().filter(|(_, of, _)| *of == venue) {
                debug_assert_eq!(*of, venue);
                world.rig.input(Input::Subscribe { connection, instrument: *id, channels: 7 });
            }
        }
        world
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        self.rig.now += u64::from(u8::arbitrary(u)?) * MS;
        let rejected = match u.int_in_range(0..=31_u8)? {
            0..=11 => self.delta(u)?,
            12..=15 => self.snapshot(u)?,
            16..=18 => self.message(u)?,
            19 => self.raw(u)?,
            20 => {
                let text = spot_trade(self.rig.now, self.id, "100.5", "2");
                self.rig.input(Input::Frame { connection: 1, bytes: text.as_bytes() }).rejected.is_some()
            }
            _ => self.control(u)?,
        };
        // All or nothing: a refused input is told by one event.
        if rejected {
            assert_eq!(self.rig.reader.states().last(), Some(&tickring_core::event::State::Quarantined));
        }
        if u.ratio(1, 4)? {
            let requests = self.rig.take_requests();
            assert!(requests.len() <= REQUESTS_MAX);
        }
        // What was seen need not be kept: a long run must not look like a leak.
        if self.rig.reader.seen.len() > 10_000 {
            self.rig.reader.seen.clear();
        }
        Ok(())
    }

    /// A delta of the venue's shape: most follow the one before.
    fn delta(&mut self, u: &mut Unstructured<'_>) -> Result<bool> {
        let skipped = if u.ratio(1, 8)? { u64::from(u8::arbitrary(u)?) } else { 0 };
        if u.ratio(1, 40)? {
            self.id /= 2;
        }
        let prev = self.id;
        let first = prev + 1 + skipped;
        let last = first + u64::from(u8::arbitrary(u)? % 4);
        self.id = last;
        let (bids, asks) = (self.levels(u, 90, 12)?, self.levels(u, 95, 12)?);
        let (bids, asks) = (borrowed(&bids), borrowed(&asks));
        let (connection, text) = if u.ratio(1, 2)? {
            (1, spot_depth("BTCUSDT", self.rig.now, first, last, &bids, &asks))
        } else {
            let prev = if u.ratio(1, 16)? { prev + 1 } else { prev };
            (2, usdm_depth("BTCUSDT", self.rig.now, (first, last, prev), &bids, &asks))
        };
        Ok(self.rig.input(Input::Frame { connection, bytes: text.as_bytes() }).rejected.is_some())
    }

    fn levels(&self, u: &mut Unstructured<'_>, base: i64, most: usize) -> Result<Vec<(String, String)>> {
        let mut levels = Vec::new();
        for _ in 0..u.int_in_range(0..=most)? {
            let ticks = base * 100 + i64::from(i8::arbitrary(u)?) * 10;
            let finer = if u.ratio(1, 64)? { "001" } else { "" };
            let qty = u8::arbitrary(u)? % 6;
            levels.push((format!("{}.{:02}{finer}", ticks / 100, ticks % 100), format!("{qty}.5").replace("0.5", "0.000")));
        }
        Ok(levels)
    }

    fn snapshot(&mut self, u: &mut Unstructured<'_>) -> Result<bool> {
        let instrument = u.choose(&INSTRUMENTS)?.0;
        let behind = u64::from(u8::arbitrary(u)? % 16);
        let (bids, asks) = (self.levels(u, 90, 20)?, self.levels(u, 110, 20)?);
        let body = depth_body(self.id.saturating_sub(behind), &borrowed(&bids), &borrowed(&asks));
        let end = if u.ratio(1, 16)? { body.len() - 1 } else { body.len() };
        let input = Input::DepthSnapshot { instrument, bytes: &body.as_bytes()[..end] };
        Ok(self.rig.input(input).rejected.is_some())
    }

    /// A message with any numbers.
    fn message(&mut self, u: &mut Unstructured<'_>) -> Result<bool> {
        let made = Made::arbitrary(u)?;
        let text = spell(u, &made.members)?;
        let connection = if u.ratio(7, 8)? { made.venue as u16 } else { u16::arbitrary(u)? % 4 };
        Ok(self.rig.input(Input::Frame { connection, bytes: text.as_bytes() }).rejected.is_some())
    }

    fn raw(&mut self, u: &mut Unstructured<'_>) -> Result<bool> {
        let length = u.int_in_range(0..=40_usize)?.min(u.len());
        let bytes = u.bytes(length)?;
        let input = if u.ratio(1, 4)? {
            Input::DepthSnapshot { instrument: 7, bytes }
        } else {
            Input::Frame { connection: u.int_in_range(0..=3)?, bytes }
        };
        Ok(self.rig.input(input).rejected.is_some())
    }

    fn control(&mut self, u: &mut Unstructured<'_>) -> Result<bool> {
        let instrument = u.int_in_range(6..=11_u32)?;
        let connection = u.int_in_range(0..=3_u16)?;
        let rules = Rules { completeness_ppm: u32::arbitrary(u)? % 1_000_002, ..Rules::default() };
        let input = match u.int_in_range(0..=10_u8)? {
            0 => Input::Connect { connection, venue: u.int_in_range(0..=3)? },
            1 => Input::Disconnect { connection, reason: DisconnectReason::Error },
            2 | 3 => Input::Subscribe { connection, instrument, channels: u16::arbitrary(u)? },
            4 => Input::Unsubscribe { instrument },
            5 => Input::Ack { connection, instrument, accepted: bool::arbitrary(u)? },
            6 => return self.define(u, instrument),
            7 => Input::PublishSnapshot { instrument },
            8 => Input::Rules { instrument, rules: &rules },
            _ => {
                self.rig.now += u64::from(u16::arbitrary(u)?) * MS;
                Input::Tick
            }
        };
        Ok(self.rig.input(input).rejected.is_some())
    }

    fn define(&mut self, u: &mut Unstructured<'_>, id: u32) -> Result<bool> {
        let (_, venue, symbol) = *u.choose(&INSTRUMENTS)?;
        let symbol = if u.ratio(1, 2)? { symbol } else { "NEWUSDT" };
        let definition = Instrument {
            price_exponent: u.int_in_range(-19..=1)?,
            qty_exponent: u.int_in_range(-19..=1)?,
            tick_size: i64::from(i16::arbitrary(u)?),
            lot_size: i64::from(i16::arbitrary(u)?),
            state: if u.ratio(1, 8)? { TradingState::Halted } else { TradingState::Trading },
            ..definition(id, venue, symbol)
        };
        Ok(self.rig.define(&definition).rejected.is_some())
    }

    fn check(&self) {
        let machine = &self.rig.machine;
        for slot in 0..machine.instruments_len() {
            self.rig.reader.assert_holds(machine, slot);
            let book = machine.book(slot).expect("a slot in use");
            for side in [Side::Bid, Side::Ask] {
                assert!(book.levels(side) <= BOOK_LEVELS_MAX);
            }
            assert!(book.bids().is_sorted_by(|a, b| a.price > b.price) && book.asks().is_sorted_by(|a, b| a.price < b.price));
            assert!(book.bids().chain(book.asks()).all(|level| level.qty > 0 && level.price > 0));
        }
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(price, qty)| (price.as_str(), qty.as_str())).collect()
}
