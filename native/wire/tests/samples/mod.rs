//! One message of every kind, with values at the edges of what the fields hold.

use tickring_core::bars::{Bar, Timeframe};
use tickring_core::error::Code;
use tickring_core::event::{
    Funding, Gap, GapReason, GapStream, Level, Liquidation, MarketState, OpenInterest, Quote, ReferencePrice, Side, State,
    Stats24h, Status, Trade, VenueBar, flag,
};
use tickring_core::input::TradingState;
use tickring_wire::{Body, Head, Origin, Sides, SkipReason, ValidDepth};

pub const BIDS: &[Level] = &[Level { price: 6_400_010, qty: 1_250 }, Level { price: 6_400_000, qty: 1 }];
pub const ASKS: &[Level] = &[Level { price: 6_400_020, qty: 0 }, Level { price: i64::MAX, qty: i64::MAX }];

/// Of no real book.
pub const HASH: u64 = 0xfedc_ba98_7654_3210;

/// File name, head and body of every sample.
pub fn samples() -> Vec<(&'static str, Head<'static>, Body<'static>)> {
    let sides = Sides { bids: BIDS, asks: ASKS };
    let trade = Trade { price: 6_400_010, qty: 5, trade_id: (1 << 53) + 1 };
    let quote = Quote { bid_price: 1, bid_qty: 2, ask_price: 3, ask_qty: 4 };
    let status = Status { state: State::Quarantined, connection: 3, code: Some(Code::FieldMissing), detail: 17 };
    let live = Status { state: State::Live, connection: 0, code: None, detail: u64::MAX };
    let gap = Gap { stream: GapStream::Trade, reason: GapReason::Disconnect, first: 10, last: 12 };
    let stats = Stats24h { open: 1, high: 6_400_020, low: -5, close: 0, volume: 123_456, count: 9 };
    let instrument = Body::Instrument { tick_size: 10, lot_size: 1, state: TradingState::Halted, change_count: 2 };
    let skipped = Body::Skipped { reason: SkipReason::Lapped, from: 5, to: 9, count: 5 };
    let bar = Bar {
        start: 1_763_700_000_000_000_000,
        open: 6_400_010,
        high: i64::MAX,
        low: -5,
        close: 6_400_020,
        volume: i64::MAX,
        count: (1 << 53) + 1,
        late: 3,
        closed: true,
        partial: true,
    };
    let delta = Body::BookDelta { prev_update_id: 100, last_update_id: u64::MAX, sides, hash: HASH, valid_depth: None };
    let valid_depth = Some(ValidDepth { bids: 2, asks: 1 });
    vec![
        (
            "book-snapshot",
            head("book", flag::STALE | flag::LAST),
            Body::BookSnapshot { last_update_id: 100, sides, hash: HASH, depth: 20, valid_depth },
        ),
        ("book-delta", head("book", flag::RECOVERED | flag::CROSSED), delta),
        ("trade", head("trade", flag::AGGRESSOR_SELL | flag::AGGREGATED), Body::Trade(trade)),
        ("quote", head("quote", flag::NO_TS_EVENT), Body::Quote(quote)),
        ("status", head("book", 0), Body::Status(status)),
        ("status-live", Head { symbol: "\"é\\\u{1}", ..head("book", 0) }, Body::Status(live)),
        ("gap", head("trade", 0), Body::Gap(gap)),
        ("stats-24h", head("book", flag::PARTIAL), Body::Stats24h(stats)),
        ("instrument", head("book", 0), instrument),
        ("skipped", head("trade", 0), skipped),
        ("bar", head("bar", flag::PARTIAL), Body::Bar(Timeframe::M1, bar)),
        ("mark-price", head("mark_price", 0), Body::MarkPrice(ReferencePrice { price: 6_500_115, exponent: -2 })),
        ("index-price", head("mark_price", 0), Body::IndexPrice(ReferencePrice { price: i64::MAX, exponent: -18 })),
        ("funding", head("funding", 0), funding()),
        ("open-interest", head("open_interest", 0), open_interest()),
        ("liquidation", head("liquidation", flag::BAD_TS), liquidation()),
        ("trading-status", head("status", 0), Body::TradingStatus(MarketState::PostOnly)),
        ("kline", head("kline", 0), kline()),
    ]
}

fn kline() -> Body<'static> {
    Body::Kline(VenueBar {
        open: 6_500_000,
        high: i64::MAX,
        low: 0,
        close: 6_500_012,
        volume: 1_234,
        turnover: 8_021_015,
        count: (1 << 53) + 1,
        start_ts: 1_767_225_600_000_000_000,
        interval_ns: 60_000_000_000,
        price_exponent: -2,
        qty_exponent: -3,
        turnover_exponent: -18,
        closed: true,
    })
}

fn funding() -> Body<'static> {
    Body::Funding(Funding { rate: -212, exponent: -6, interval_s: 28_800, next_ts: 1_767_254_400_000_000_000 })
}

fn open_interest() -> Body<'static> {
    Body::OpenInterest(OpenInterest { qty: 68_744_761, value: 446_850_000_091, qty_exponent: -3, value_exponent: -2 })
}

fn liquidation() -> Body<'static> {
    let (price, qty) = (6_491_000, i64::MAX);
    Body::Liquidation(Liquidation { price, qty, id: u64::MAX, price_exponent: -2, qty_exponent: 0, side: Side::Sell })
}

fn head(channel: &str, flags: u16) -> Head<'static> {
    Head {
        topic: match channel {
            "book" => "book.binance-usdm.BTCUSDT",
            "trade" => "trade.binance-usdm.BTCUSDT",
            "bar" => "bar.1m.binance-usdm.BTCUSDT",
            "mark_price" => "mark_price.binance-usdm.BTCUSDT",
            "funding" => "funding.binance-usdm.BTCUSDT",
            "open_interest" => "open_interest.binance-usdm.BTCUSDT",
            "liquidation" => "liquidation.binance-usdm.BTCUSDT",
            "status" => "status.binance-usdm.BTCUSDT",
            "kline" => "kline.binance-usdm.BTCUSDT",
            _ => "quote.binance-usdm.BTCUSDT",
        },
        stream_topic: match channel {
            "trade" => "marketdata.tick.BTCUSDT",
            "quote" => "marketdata.quote.BTCUSDT",
            "bar" => "marketdata.bar.BTCUSDT",
            _ => "",
        },
        venue: "binance-usdm",
        symbol: "BTCUSDT",
        instrument: 7,
        price_exponent: -2,
        qty_exponent: -3,
        prev_seq: 41,
        seq: 42,
        origin: Origin {
            shard: 1,
            epoch: 1_763_700_000_000_000_001,
            sequence: 1_000_001,
            frame_seq: 900_001,
            index: 2,
            flags,
            ts_event: 1_763_700_000_123_000_000,
            ts_recv: 1_763_700_000_124_000_001,
            ts_out: 1_763_700_000_124_000_777,
        },
    }
}
