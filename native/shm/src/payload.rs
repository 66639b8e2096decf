//! What the payload words of each kind mean: one table, which the codec follows, the tests check and TypeScript is printed
//! from.

use tickring_core::event::Kind;

/// A part of a payload word, or a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Payload word that holds it, from 0.
    pub word: usize,
    /// Lowest bit.
    pub shift: u32,
    /// Number of bits.
    pub bits: u32,
    /// Whether it is a two's complement number.
    pub signed: bool,
}

const fn part(name: &'static str, word: usize, shift: u32, bits: u32) -> Field {
    Field { name, word, shift, bits, signed: false }
}

const fn unsigned(name: &'static str, word: usize) -> Field {
    part(name, word, 0, 64)
}

const fn signed(name: &'static str, word: usize) -> Field {
    Field { name, word, shift: 0, bits: 64, signed: true }
}

const fn exponent(name: &'static str, word: usize, shift: u32) -> Field {
    Field { name, word, shift, bits: 8, signed: true }
}

const TRADE: &[Field] = &[signed("price", 0), signed("qty", 1), unsigned("trade_id", 2)];

const QUOTE: &[Field] = &[signed("bid_price", 0), signed("bid_qty", 1), signed("ask_price", 2), signed("ask_qty", 3)];

const BOOK: &[Field] = &[
    unsigned("prev_update_id", 0),
    unsigned("last_update_id", 1),
    part("part", 2, 0, 16),
    part("parts", 2, 16, 16),
    part("bid_count", 2, 32, 16),
    part("ask_count", 2, 48, 16),
];

const STATS_24H: &[Field] =
    &[signed("open", 0), signed("high", 1), signed("low", 2), signed("close", 3), signed("volume", 4), unsigned("count", 5)];

const INSTRUMENT: &[Field] = &[
    part("venue", 0, 0, 16),
    part("state", 0, 16, 8),
    exponent("price_exponent", 0, 24),
    exponent("qty_exponent", 0, 32),
    part("symbol_size", 0, 40, 8),
    signed("tick_size", 1),
    signed("lot_size", 2),
    part("change_count", 3, 0, 32),
    unsigned("symbol", 4),
];

const STATUS: &[Field] =
    &[part("state", 0, 0, 8), part("connection", 0, 16, 16), part("code", 0, 32, 16), unsigned("detail", 1)];

const GAP: &[Field] = &[part("stream", 0, 0, 8), part("reason", 0, 8, 8), unsigned("first", 1), unsigned("last", 2)];

const EPOCH_START: &[Field] = &[unsigned("prev_epoch", 0), unsigned("last_durable", 1), part("reason", 2, 0, 8)];

const REFERENCE_PRICE: &[Field] = &[signed("price", 0), exponent("exponent", 1, 0)];

const FUNDING: &[Field] =
    &[signed("rate", 0), unsigned("next_ts", 1), exponent("exponent", 2, 0), part("interval_s", 2, 32, 32)];

const OPEN_INTEREST: &[Field] =
    &[signed("qty", 0), signed("value", 1), exponent("qty_exponent", 2, 0), exponent("value_exponent", 2, 8)];

const LIQUIDATION: &[Field] = &[
    signed("price", 0),
    signed("qty", 1),
    unsigned("id", 2),
    exponent("price_exponent", 3, 0),
    exponent("qty_exponent", 3, 8),
    part("side", 3, 16, 8),
];

const BAR: &[Field] = &[
    signed("open", 0),
    signed("high", 1),
    signed("low", 2),
    signed("close", 3),
    signed("volume", 4),
    signed("turnover", 5),
    unsigned("count", 6),
    unsigned("start_ts", 7),
    unsigned("interval_ns", 8),
    exponent("price_exponent", 9, 0),
    exponent("qty_exponent", 9, 8),
    exponent("turnover_exponent", 9, 16),
    part("closed", 9, 24, 8),
];

const TRADING_STATUS: &[Field] = &[part("state", 0, 0, 8)];

/// Words of a kind's payload; books add two words a level, bids before asks, price before quantity.
#[must_use]
pub const fn words(kind: Kind) -> usize {
    match kind {
        Kind::Trade | Kind::BookDelta | Kind::BookSnapshot | Kind::Gap | Kind::EpochStart => 3,
        Kind::Funding | Kind::OpenInterest => 3,
        Kind::Quote | Kind::Liquidation => 4,
        Kind::Stats24h => 6,
        Kind::Bar => 10,
        Kind::Instrument => 12,
        Kind::Status | Kind::MarkPrice | Kind::IndexPrice => 2,
        Kind::TradingStatus => 1,
    }
}

/// Fields of a kind's payload. An instrument's `symbol` is eight words of bytes, zero padded, beginning at its word.
#[must_use]
pub const fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Trade => TRADE,
        Kind::Quote => QUOTE,
        Kind::BookDelta | Kind::BookSnapshot => BOOK,
        Kind::Stats24h => STATS_24H,
        Kind::Instrument => INSTRUMENT,
        Kind::Status => STATUS,
        Kind::Gap => GAP,
        Kind::EpochStart => EPOCH_START,
        Kind::MarkPrice | Kind::IndexPrice => REFERENCE_PRICE,
        Kind::Funding => FUNDING,
        Kind::OpenInterest => OPEN_INTEREST,
        Kind::Liquidation => LIQUIDATION,
        Kind::TradingStatus => TRADING_STATUS,
        Kind::Bar => BAR,
    }
}

/// Why a writer epoch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EpochReason {
    /// First writer of this name since the machine started, or the ring before could not be read.
    First = 1,
    /// The writer before ended in order.
    Restart = 2,
    /// The writer before died.
    Crash = 3,
}

impl EpochReason {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::First, Self::Restart, Self::Crash];

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Restart => "restart",
            Self::Crash => "crash",
        }
    }
}

/// First record of a writer epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// Epoch of the writer before, 0 for none.
    pub prev_epoch: u64,
    /// Last input of that epoch known to be on disk, 0 where none is: later records of it were seen, but are not durable.
    pub last_durable: u64,
    /// Why.
    pub reason: EpochReason,
}

/// FNV-1a over everything that gives words their meaning; two builds that differ in it do not read each other's files.
#[must_use]
pub fn schema_hash() -> u64 {
    use crate::layout::RING_COUNTERS;
    use crate::metrics::Stage;
    use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};

    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    // What the table below does not show.
    const COMPACT: &str =
        "quote: 3 words; book: base price, then i32 distance and u32 quantity a word; image: the same, or price and quantity";
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    add(COMPACT);
    for &kind in Kind::ALL {
        add(&format!("{}={}", kind as u8, kind.name()));
        for field in fields(kind) {
            add(&format!("{} {} {} {} {}", field.name, field.word, field.shift, field.bits, field.signed));
        }
    }
    for (name, _) in
        RING_COUNTERS.iter().chain(ShardCounters::TABLE).chain(JournalCounters::TABLE).chain(InstrumentCounters::TABLE)
    {
        add(name);
    }
    for stage in Stage::ALL {
        add(stage.name());
    }
    hash
}
