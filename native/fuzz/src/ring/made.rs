//! Events made from bytes, as a writer is given them and as a reader must give them back.

use std::time::{SystemTime, UNIX_EPOCH};

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_core::event::{
    Body, BookChange, Event, Funding, Gap, GapReason, GapStream, Header, Level, Liquidation, MarketState, OpenInterest, Quote,
    ReferencePrice, Side, State, Stats24h, Status, Trade, VenueBar, flag,
};
use tickring_core::input::{Instrument, Symbol, TradingState};
use tickring_shm::Record;

/// An event that owns what it says.
#[derive(Clone, Debug)]
pub(super) struct Made {
    header: Header,
    body: Owned,
}

#[derive(Clone, Debug)]
pub(super) enum Owned {
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

impl<'a> Arbitrary<'a> for Made {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        // The compact form holds what reached the ring within 16 ms; the writer takes that time from the clock.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        let ts_recv = if u.ratio(7, 8)? { now - u64::from(u16::arbitrary(u)?) } else { u64::arbitrary(u)? };
        let no_event = u.ratio(1, 4)?;
        let ts_event = match u.int_in_range(0..=3_u8)? {
            _ if no_event => 0,
            0 => u64::arbitrary(u)?,
            1 => ts_recv,
            _ => (ts_recv / 1_000 * 1_000).saturating_sub(u64::from(u32::arbitrary(u)?) * 1_000),
        };
        let flags = u16::arbitrary(u)? & !(flag::WIDE | flag::NO_TS_EVENT) | if no_event { flag::NO_TS_EVENT } else { 0 };
        let index = if u.ratio(7, 8)? { u32::from(u8::arbitrary(u)?) } else { u32::arbitrary(u)? };
        let header = Header { instrument: u32::arbitrary(u)?, flags, ts_event, ts_recv, frame_seq: 0, index };
        Ok(Self { header, body: Owned::arbitrary(u)? })
    }
}

impl<'a> Arbitrary<'a> for Owned {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=8_u8)? {
            7 => Self::Figure(figure(u)?),
            8 => Self::Bar(bar(u)?),
            0 => Self::Trade(Trade { price: i64::arbitrary(u)?, qty: i64::arbitrary(u)?, trade_id: u64::arbitrary(u)? }),
            1 => Self::Quote(quote(u)?),
            2 => {
                let bids = (0..u.int_in_range(0..=64)?).map(|_| level(u)).collect::<Result<_>>()?;
                let asks = (0..u.int_in_range(0..=64)?).map(|_| level(u)).collect::<Result<_>>()?;
                let (ids, part) = (<(u64, u64)>::arbitrary(u)?, <(u16, u16)>::arbitrary(u)?);
                Self::Book { snapshot: bool::arbitrary(u)?, ids, part, bids, asks }
            }
            3 => {
                let [open, high, low, close, volume] = <[i64; 5]>::arbitrary(u)?;
                Self::Stats(Stats24h { open, high, low, close, volume, count: u64::arbitrary(u)? })
            }
            4 => Self::Instrument(instrument(u)?),
            5 => Self::Status(Status {
                state: *u.choose(State::ALL)?,
                connection: u16::arbitrary(u)?,
                code: if u.ratio(1, 2)? { Some(*u.choose(tickring_core::error::Code::ALL)?) } else { None },
                detail: u64::arbitrary(u)?,
            }),
            _ => {
                use GapReason::{BufferFull, Disconnect, Quarantined, Rollback, Sequence};
                Self::Gap(Gap {
                    stream: *u.choose(&[GapStream::Book, GapStream::Trade])?,
                    reason: *u.choose(&[Sequence, Disconnect, Rollback, BufferFull, Quarantined])?,
                    first: u64::arbitrary(u)?,
                    last: u64::arbitrary(u)?,
                })
            }
        })
    }
}

/// With exponents that decimal text can be written with: others are no records of this build.
pub(crate) fn figure(u: &mut Unstructured<'_>) -> Result<Body<'static>> {
    let (price_exponent, qty_exponent) = (u.int_in_range(-18..=0)?, u.int_in_range(-18..=0)?);
    let [price, qty] = <[i64; 2]>::arbitrary(u)?;
    let reference = ReferencePrice { price, exponent: price_exponent };
    Ok(match u.int_in_range(0..=5_u8)? {
        0 => Body::MarkPrice(reference),
        1 => Body::IndexPrice(reference),
        2 => {
            let (interval_s, next_ts) = <(u32, u64)>::arbitrary(u)?;
            Body::Funding(Funding { rate: price, exponent: price_exponent, interval_s, next_ts })
        }
        3 => Body::OpenInterest(OpenInterest { qty, value: price, qty_exponent, value_exponent: price_exponent }),
        4 => {
            let (id, side) = (u64::arbitrary(u)?, *u.choose(Side::ALL)?);
            Body::Liquidation(Liquidation { price, qty, id, price_exponent, qty_exponent, side })
        }
        _ => Body::TradingStatus(*u.choose(MarketState::ALL)?),
    })
}

/// With exponents as above.
pub(crate) fn bar(u: &mut Unstructured<'_>) -> Result<VenueBar> {
    let [open, high, low, close, volume, turnover] = <[i64; 6]>::arbitrary(u)?;
    let [count, start_ts, interval_ns] = <[u64; 3]>::arbitrary(u)?;
    Ok(VenueBar {
        open,
        high,
        low,
        close,
        volume,
        turnover,
        count,
        start_ts,
        interval_ns,
        price_exponent: u.int_in_range(-18..=0)?,
        qty_exponent: u.int_in_range(-18..=0)?,
        turnover_exponent: u.int_in_range(-18..=0)?,
        closed: bool::arbitrary(u)?,
    })
}

pub(super) fn level(u: &mut Unstructured<'_>) -> Result<Level> {
    Ok(Level { price: i64::arbitrary(u)?, qty: i64::arbitrary(u)? })
}

/// Quotes around the edges of the compact form: 48 bits of quantity, 32 of spread.
fn quote(u: &mut Unstructured<'_>) -> Result<Quote> {
    let bid_price = if u.ratio(1, 2)? { i64::from(i32::arbitrary(u)?) } else { i64::arbitrary(u)? };
    let spread = if u.ratio(1, 2)? { i64::from(i8::arbitrary(u)?) } else { i64::arbitrary(u)? };
    let mut qty = || -> Result<i64> {
        Ok(match u.int_in_range(0..=2_u8)? {
            0 => (1_i64 << 48) - 1 + i64::from(u.int_in_range(-2..=2_i8)?),
            1 => i64::from(u32::arbitrary(u)?),
            _ => i64::arbitrary(u)? >> u.int_in_range(0..=60_u32)?,
        })
    };
    let (bid_qty, ask_qty) = (qty()?, qty()?);
    Ok(Quote { bid_price, bid_qty, ask_price: bid_price.wrapping_add(spread), ask_qty })
}

fn instrument(u: &mut Unstructured<'_>) -> Result<Instrument> {
    let symbol =
        *u.choose(&["A", "BTCUSDT", "币安人生USDT", "0123456789012345678901234567890123456789012345678901234567890123"])?;
    Ok(Instrument {
        id: 0,
        venue: u16::arbitrary(u)?,
        symbol: Symbol::new(symbol).expect("short enough"),
        price_exponent: i8::arbitrary(u)?,
        qty_exponent: i8::arbitrary(u)?,
        tick_size: i64::arbitrary(u)?,
        lot_size: i64::arbitrary(u)?,
        state: *u.choose(&[TradingState::Trading, TradingState::Halted])?,
        change_count: u32::arbitrary(u)?,
    })
}

impl Made {
    pub(super) fn with_event(&self, frame_seq: u64, publish: impl FnOnce(&Event<'_>)) {
        let header = Header { frame_seq, ..self.header };
        let id = header.instrument;
        match &self.body {
            Owned::Trade(trade) => publish(&Event { header, body: Body::Trade(*trade) }),
            Owned::Quote(quote) => publish(&Event { header, body: Body::Quote(*quote) }),
            Owned::Book { snapshot, ids, part, bids, asks } => {
                let change =
                    BookChange { prev_update_id: ids.0, last_update_id: ids.1, part: part.0, parts: part.1, bids, asks };
                publish(&Event { header, body: if *snapshot { Body::BookSnapshot(change) } else { Body::BookDelta(change) } });
            }
            Owned::Stats(stats) => publish(&Event { header, body: Body::Stats24h(*stats) }),
            Owned::Instrument(held) => {
                publish(&Event { header, body: Body::Instrument(&Instrument { id, ..*held }) });
            }
            Owned::Status(status) => publish(&Event { header, body: Body::Status(*status) }),
            Owned::Gap(gap) => publish(&Event { header, body: Body::Gap(*gap) }),
            Owned::Figure(body) => publish(&Event { header, body: *body }),
            Owned::Bar(bar) => publish(&Event { header, body: Body::Bar(bar) }),
        }
    }

    pub(super) fn assert_is(&self, record: &Record, frame_seq: u64) {
        let header = &self.header;
        assert_eq!((record.instrument, record.flags, record.index), (header.instrument, header.flags, header.index));
        assert_eq!((record.ts_event, record.ts_recv, record.frame_seq), (header.ts_event, header.ts_recv, frame_seq));
        match &self.body {
            Owned::Trade(trade) => assert_eq!(record.trade(), Some(*trade)),
            Owned::Quote(quote) => assert_eq!(record.quote(), Some(*quote)),
            Owned::Book { ids, part, bids, asks, .. } => {
                let book = record.book().expect("a book");
                assert_eq!((book.prev_update_id, book.last_update_id, (book.part, book.parts)), (ids.0, ids.1, *part));
                assert_eq!((book.bids, book.asks), (&bids[..], &asks[..]));
            }
            Owned::Stats(stats) => assert_eq!(record.stats(), Some(*stats)),
            Owned::Instrument(held) => {
                let expected = Instrument { id: header.instrument, ..*held };
                assert_eq!(record.instrument_definition(), Some(expected));
            }
            Owned::Status(status) => assert_eq!(record.status(), Some(*status)),
            Owned::Gap(gap) => assert_eq!(record.gap(), Some(*gap)),
            Owned::Figure(body) => match *body {
                Body::MarkPrice(of) => assert_eq!(record.mark_price(), Some(of)),
                Body::IndexPrice(of) => assert_eq!(record.index_price(), Some(of)),
                Body::Funding(of) => assert_eq!(record.funding(), Some(of)),
                Body::OpenInterest(of) => assert_eq!(record.open_interest(), Some(of)),
                Body::Liquidation(of) => assert_eq!(record.liquidation(), Some(of)),
                Body::TradingStatus(of) => assert_eq!(record.trading_status(), Some(of)),
                other => panic!("{other:?} is no figure"),
            },
            Owned::Bar(bar) => assert_eq!(record.bar(), Some(*bar)),
        }
    }
}
