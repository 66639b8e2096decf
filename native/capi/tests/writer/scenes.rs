//! Scenes of the conformance suite: values at the ends of their ranges, a market with books, ends of a writer.

use tickring_core::book::Book;
use tickring_core::event::{Body, BookChange, Event, Gap, GapReason, GapStream, Header, Level, Quote, State};
use tickring_core::event::{MarketState, Stats24h, Status, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::Sink;
use tickring_shm::{SegmentOptions, Writer};

use crate::support::engine::Engine as Market;

/// Name of the engine with a market.
const MARKET: &str = "market";

impl super::Engine {
    /// Does what the suite asks for.
    pub(super) fn act_in_scene(&mut self, request: &str) {
        let words: Vec<&str> = request.split(' ').collect();
        match words[..] {
            ["extremes"] => self.publish_extremes(),
            ["close", "second"] => self.second.take().unwrap().close(),
            ["die"] => self.writer = None,
            ["market"] => self.open_market(),
            ["market", "close"] => self.market.take().unwrap().writer.close(),
            ["snapshot", levels] => self.market().snapshot(0, levels.parse().unwrap()),
            ["delta", levels] => self.market().delta(0, levels.parse().unwrap(), 300),
            ["deltas", count] => (0..count.parse().unwrap()).for_each(|_| self.market().delta(0, 10, 300)),
            ["widen"] => self.market().widen(),
            ["stale"] => self.market().status(0, State::Resync, false),
            ["live"] => self.market().status(0, State::Live, false),
            ["removed"] => {
                let market = self.market();
                (market.books[0], market.flags[0]) = ((Book::new(), 0), flag::STALE);
                market.snapshot_of(0, flag::STALE, State::Removed);
                market.flags[0] = 0;
            }
            ["trades", count] => (0..count.parse().unwrap()).for_each(|_| self.market().trade(0)),
            _ => panic!("no such request: {request:?}"),
        }
    }

    fn market(&mut self) -> &mut Market {
        self.market.as_mut().unwrap()
    }

    /// A new one, or the next generation.
    fn open_market(&mut self) {
        self.market = None;
        self.market_epoch += 1;
        let (epoch, prev_epoch) = (self.market_epoch, self.market_epoch - 1);
        let options = SegmentOptions { name: MARKET.into(), shard: 0, epoch, prev_epoch, ..self.options.clone() };
        self.market = Some(Market::new(&options, 2));
    }

    /// Every kind at the ends of its ranges, compact and wide.
    fn publish_extremes(&mut self) {
        let (low, high) = (i64::MIN, i64::MAX);
        let trade = |price, qty, trade_id| Body::Trade(Trade { price, qty, trade_id });
        let quote = |bid_price, bid_qty, ask_price, ask_qty| Body::Quote(Quote { bid_price, bid_qty, ask_price, ask_qty });
        for body in [trade(low, high, u64::MAX), trade(high, low, 0), trade(-1, 0, 1), quote(low, high, high, low)] {
            self.publish_at(u64::MAX, 0, body);
        }
        // The last that is compact, and the first that is not.
        let (qty, spread) = ((1 << 48) - 1, i64::from(i32::MAX));
        for body in [quote(5, qty, 5 + spread, qty), quote(5, qty + 1, 5, 1), quote(5, 1, 6 + spread, 1), quote(9, 1, 2, 1)] {
            self.publish(body);
        }
        self.publish_books();
        let ends = Stats24h { open: low, high, low: -1, close: 0, volume: high, count: u64::MAX };
        self.publish_at(0, flag::NO_TS_EVENT, Body::Stats24h(ends));
        let definition = Instrument {
            id: 77,
            venue: 1,
            symbol: Symbol::new("БТК-€-買い-🚀").unwrap(),
            price_exponent: -128,
            qty_exponent: 126,
            tick_size: low,
            lot_size: high,
            state: TradingState::Trading,
            change_count: u32::MAX,
        };
        self.publish(Body::Instrument(&definition));
        for state in State::ALL {
            let detail = u64::MAX - *state as u64;
            self.publish(Body::Status(Status { state: *state, connection: u16::MAX, code: None, detail }));
        }
        for reason in [GapReason::Sequence, GapReason::Disconnect, GapReason::BufferFull, GapReason::Quarantined] {
            self.publish(Body::Gap(Gap { stream: GapStream::Book, reason, first: 0, last: u64::MAX }));
        }
        self.publish_figures();
        for state in MarketState::ALL {
            self.publish_at(0, flag::NO_TS_EVENT, Body::TradingStatus(*state));
        }
        // Beyond what the compact form of stamps holds: the index, then a step of the input's number.
        self.publish_next(0, u32::MAX, trade(1, 2, 3));
        self.frame_seq += 1 << 40;
        self.publish_next(0, 255, trade(1, 2, 3));
    }

    /// Whole books and changes: without levels, as long as can be, of several parts.
    fn publish_books(&mut self) {
        let near: Vec<Level> = (0..128).map(|away| Level { price: 1_000_000 - away, qty: away }).collect();
        let far: Vec<Level> = (0..128).map(|away| Level { price: i64::MIN + away, qty: i64::MAX - away }).collect();
        let none = &[][..];
        let shapes = [
            (0, 1, none, none),
            (0, 3, &near, none),
            (1, 3, none, &near),
            (2, 3, &far[..64], &near[..64]),
            (u16::MAX - 1, u16::MAX, &far[..1], &far[1..]),
        ];
        for (part, parts, bids, asks) in shapes {
            let change = BookChange { prev_update_id: u64::MAX - 1, last_update_id: u64::MAX, part, parts, bids, asks };
            self.publish(Body::BookDelta(change));
            self.publish(Body::BookSnapshot(change));
        }
    }

    /// An event with this time of the venue.
    fn publish_at(&mut self, ts_event: u64, flags: u16, body: Body<'_>) {
        self.frame_seq += 1;
        let ts_recv = super::TS_RECV;
        let header = Header { instrument: u32::MAX, flags, ts_event, ts_recv, frame_seq: self.frame_seq, index: 0 };
        self.writer().event(&Event { header, body });
    }

    /// The heartbeat of every writer there is.
    pub(super) fn beat(&mut self) {
        let market = self.market.as_mut().map(|market| &mut market.writer);
        self.writer.iter_mut().chain(&mut self.second).chain(market).for_each(Writer::heartbeat);
    }
}
