//! The engine that the C programs read: publishes what they ask for.

mod scenes;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tickring_core::book::Book;
use tickring_core::counters::{InstrumentCounters, ShardCounters};
use tickring_core::error::Code;
use tickring_core::event::{Body, BookChange, Event, Gap, GapReason, GapStream, Header, Level, Quote, State};
use tickring_core::event::{Funding, Liquidation, MarketState, OpenInterest, ReferencePrice, Side, VenueBar};
use tickring_core::event::{Stats24h, Status, Trade, flag};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::layout::{HEADER_SIZE, SLOT_SIZE, header};
use tickring_shm::{SegmentOptions, Stage, Writer};

use crate::support::engine::Engine as Market;
use crate::support::{NAME, SLOTS, options};

const TS_RECV: u64 = 1_700_000_000_000_000_500;

/// The engine of one program, with three broken ones beside it.
pub struct Engine {
    options: SegmentOptions,
    writer: Option<Writer>,
    second: Option<Writer>,
    frame_seq: u64,
    book: Book,
    last_update_id: u64,
    /// Another engine, with a market.
    market: Option<Market>,
    market_epoch: u64,
}

impl Engine {
    /// `hardened`: in memory without a name, handed out over a socket.
    pub fn new(root: &Path, hardened: bool) -> Self {
        for name in ["corrupt", "version", "writable"] {
            drop(Writer::create(&SegmentOptions { name: name.into(), ..options(root, 1) }).unwrap());
        }
        let file = |name: &str| root.join(name).join("shard-0/ring.0000000000000001");
        File::options().write(true).open(file("corrupt")).unwrap().set_len(100).unwrap();
        set_major(&file("version"), 99);
        fs::set_permissions(root.join("writable/shard-0"), fs::Permissions::from_mode(0o770)).unwrap();
        let options = SegmentOptions { hardened, ..options(root, 1) };
        Self {
            writer: Some(Writer::create(&options).unwrap()),
            second: None,
            options,
            frame_seq: 99,
            book: Book::new(),
            last_update_id: 0,
            market: None,
            market_epoch: 0,
        }
    }

    /// Does what a program asks for.
    pub fn act(&mut self, request: &str) {
        match request {
            "kinds" => self.publish_kinds(),
            "refused" => (1..=8).for_each(|id| if id == 6 { self.publish_too_long() } else { self.publish_trade(id) }),
            "lap" => (0..5000).for_each(|id| self.publish_trade(id)),
            "tables" => self.fill_tables(),
            "whole book" => self.publish_whole_book(),
            "book change" => self.publish_book_change(),
            "second shard" => {
                self.second = Some(Writer::create(&SegmentOptions { shard: 1, ..self.options.clone() }).unwrap());
            }
            "both shards" => {
                self.publish_trade(1);
                // Readers order shards by this stamp: it must differ.
                std::thread::sleep(std::time::Duration::from_millis(1));
                publish_trade(self.second.as_mut().unwrap(), 1, 2);
                std::thread::sleep(std::time::Duration::from_millis(1));
                self.publish_trade(3);
            }
            "half" => self.half_write(),
            "whole" => self.publish_trade(1),
            "beat" => self.beat(),
            "close" => self.writer.take().unwrap().close(),
            "restart" => {
                let prev_epoch = self.options.epoch;
                self.options = SegmentOptions { epoch: prev_epoch + 1, prev_epoch, ..self.options.clone() };
                self.writer = Some(Writer::create(&self.options).unwrap());
            }
            "remove" => fs::remove_dir_all(self.options.root.join(NAME)).unwrap(),
            other => self.act_in_scene(other),
        }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    fn publish(&mut self, body: Body<'_>) {
        self.publish_with(flag::LAST | flag::STALE, body);
    }

    fn publish_with(&mut self, flags: u16, body: Body<'_>) {
        self.frame_seq += 1;
        self.publish_next(flags, 0, body);
    }

    /// One more event of the input under way.
    fn publish_next(&mut self, flags: u16, index: u32, body: Body<'_>) {
        let ts_event = 1_700_000_000_000_000_001;
        let header = Header { instrument: 77, flags, ts_event, ts_recv: TS_RECV, frame_seq: self.frame_seq, index };
        self.writer().event(&Event { header, body });
    }

    fn publish_trade(&mut self, trade_id: u64) {
        self.frame_seq += 1;
        let frame_seq = self.frame_seq;
        publish_trade(self.writer(), frame_seq, trade_id);
    }

    /// More levels than a record may have: refused, and told to readers as a loss of one.
    fn publish_too_long(&mut self) {
        let levels = [Level { price: 1, qty: 1 }; 129];
        let change = BookChange { prev_update_id: 0, last_update_id: 0, part: 0, parts: 1, bids: &levels, asks: &[] };
        self.publish(Body::BookDelta(change));
        assert_eq!(self.writer().refused(), 1);
    }

    fn publish_kinds(&mut self) {
        let bids = [Level { price: 1000, qty: 5 }, Level { price: 999, qty: i64::MAX }];
        let asks = [Level { price: i64::MIN, qty: 0 }];
        let book = |kind: u64| BookChange {
            prev_update_id: kind * 10,
            last_update_id: kind * 10 + 1,
            part: 1,
            parts: 2,
            bids: &bids,
            asks: &asks,
        };
        self.publish(Body::Trade(Trade { price: -123, qty: 456, trade_id: 789 }));
        self.publish(Body::Quote(Quote { bid_price: 11, bid_qty: 12, ask_price: 13, ask_qty: 14 }));
        self.publish(Body::BookDelta(book(3)));
        self.publish(Body::BookSnapshot(book(4)));
        self.publish(Body::Stats24h(Stats24h { open: 1, high: 2, low: 3, close: 4, volume: 5, count: 6 }));
        self.publish(Body::Instrument(&instrument()));
        let code = Some(Code::FrameNotJson);
        self.publish(Body::Status(Status { state: State::Quarantined, connection: 3, code, detail: 17 }));
        self.publish(Body::Gap(Gap { stream: GapStream::Trade, reason: GapReason::Rollback, first: 40, last: 50 }));
        self.publish_figures();
    }

    fn publish_figures(&mut self) {
        self.publish(Body::MarkPrice(ReferencePrice { price: 21, exponent: -1 }));
        self.publish(Body::IndexPrice(ReferencePrice { price: -22, exponent: -18 }));
        self.publish(Body::Funding(Funding { rate: -23, exponent: -6, interval_s: 28_800, next_ts: 24 }));
        let (qty_exponent, value_exponent) = (-3, -2);
        self.publish(Body::OpenInterest(OpenInterest { qty: 25, value: 26, qty_exponent, value_exponent }));
        let (price_exponent, side) = (-4, Side::Sell);
        self.publish(Body::Liquidation(Liquidation { price: 27, qty: 28, id: 29, price_exponent, qty_exponent, side }));
        self.publish(Body::TradingStatus(MarketState::PostOnly));
        self.publish(Body::Bar(&VenueBar {
            open: 31,
            high: 34,
            low: 30,
            close: 32,
            volume: 35,
            turnover: 36,
            count: 37,
            start_ts: 60_000_000_000,
            interval_ns: 60_000_000_000,
            price_exponent: -1,
            qty_exponent: -3,
            turnover_exponent: -4,
            closed: true,
        }));
    }

    /// Shows the sink the book, as the state machine does after each input that changed it.
    fn show(&mut self) {
        let latest = Latest {
            instrument: 77,
            flags: flag::CROSSED,
            ts_event: 1,
            ts_recv: 2,
            frame_seq: 3,
            last_update_id: self.last_update_id,
            price_exponent: -8,
            qty_exponent: -3,
            book: &self.book,
            depth: 100,
            trade: Trade { price: 5, qty: 6, trade_id: 7 },
            trade_ts_event: 8,
            trade_flags: flag::AGGRESSOR_SELL,
            stats: Stats24h { open: 1, high: 2, low: 3, close: 4, volume: 5, count: 6 },
        };
        self.writer.as_mut().unwrap().latest(2, &latest);
    }

    /// A whole book, proven in sync.
    fn publish_whole_book(&mut self) {
        let (bids, asks) = (levels(&[10, 9, 8]), levels(&[11, 12, 13, 14]));
        self.book.load(&bids, &asks);
        self.last_update_id += 10;
        let id = self.last_update_id;
        let change = BookChange { prev_update_id: id, last_update_id: id, part: 0, parts: 1, bids: &bids, asks: &asks };
        self.publish_with(0, Body::BookSnapshot(change));
        let live = Status { state: State::Live, connection: 1, code: None, detail: id };
        self.publish_next(flag::LAST, 1, Body::Status(live));
        self.show();
    }

    /// The best bid leaves, the best ask grows, a deep bid comes.
    fn publish_book_change(&mut self) {
        let bids = [Level { price: 10, qty: 0 }, Level { price: 3, qty: 30 }];
        let asks = [Level { price: 11, qty: 500 }];
        self.book.apply_all(&bids, &asks);
        let prev_update_id = self.last_update_id;
        self.last_update_id += 1;
        let last_update_id = self.last_update_id;
        let change = BookChange { prev_update_id, last_update_id, part: 0, parts: 1, bids: &bids, asks: &asks };
        self.publish_with(flag::LAST, Body::BookDelta(change));
        self.show();
    }

    fn fill_tables(&mut self) {
        let mut book = Book::new();
        book.load(&levels(&[10, 9]), &levels(&[11, 12, 13, 14, 15, 16, 17]));
        (self.book, self.last_update_id) = (book, 4);
        self.show();
        let writer = self.writer();
        writer.instrument(2, &instrument());
        writer.instrument(1, &Instrument { id: 5, symbol: Symbol::new(&"x".repeat(64)).unwrap(), ..instrument() });
        writer.put_counters(&ShardCounters { inputs: 3, widened: 9, ..ShardCounters::default() });
        writer.put_instrument_counters(1, &InstrumentCounters { trades: 8, ..InstrumentCounters::default() });
        (1..=100).for_each(|us| writer.record_latency(Stage::ReceiveToRing, us * 1000));
        writer.record_latency(Stage::Ring, 700);
        writer.heartbeat();
    }

    /// Leaves the next slot as a writer that died within it would.
    fn half_write(&mut self) {
        let (position, epoch) = (self.writer().position(), self.writer().epoch());
        let path = self.options.root.join(NAME).join("shard-0/ring.0000000000000001");
        let at = HEADER_SIZE as u64 + position % SLOTS * SLOT_SIZE as u64;
        let odd = epoch << 48 | (2 * position + 1);
        File::options().write(true).open(path).unwrap().write_all_at(&odd.to_le_bytes(), at).unwrap();
    }
}

/// A trade in one slot, if this thread is not held up for long.
fn publish_trade(writer: &mut Writer, frame_seq: u64, trade_id: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let (ts_recv, ts_event) = (now.as_nanos() as u64, now.as_micros() as u64 * 1000);
    let header = Header { instrument: 77, flags: flag::LAST, ts_event, ts_recv, frame_seq, index: 0 };
    writer.event(&Event { header, body: Body::Trade(Trade { price: 1, qty: 1, trade_id }) });
}

/// Levels at these prices, ten times as much at each.
fn levels(prices: &[i64]) -> Vec<Level> {
    prices.iter().map(|&price| Level { price, qty: 10 * price }).collect()
}

fn instrument() -> Instrument {
    Instrument {
        id: 77,
        venue: 2,
        symbol: Symbol::new("BTCUSDT").unwrap(),
        price_exponent: -8,
        qty_exponent: -3,
        tick_size: 10,
        lot_size: 20,
        state: TradingState::Halted,
        change_count: 30,
    }
}

/// Writes another major version into a header, with a checksum that fits.
fn set_major(path: &Path, major: u16) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut page = [0; header::CRC * 8];
    file.read_exact_at(&mut page, 0).unwrap();
    page[header::VERSION * 8..][..2].copy_from_slice(&major.to_le_bytes());
    let crc = !page.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1)))
    });
    file.write_all_at(&page, 0).unwrap();
    file.write_all_at(&u64::from(crc).to_le_bytes(), (header::CRC * 8) as u64).unwrap();
}
