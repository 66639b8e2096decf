//! Kinds of records.

/// Record kinds. Numbers are part of the ABI and never reused; those absent here are kept for the kinds of the design
/// that have no payload yet (9 IndexPoint, 10 Heartbeat, 18 Greeks, 19 News, 21 Checkpoint).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// One trade print.
    Trade = 1,
    /// Best bid and ask as the venue publishes them.
    Quote = 2,
    /// Price levels that changed.
    BookDelta = 3,
    /// The whole book.
    BookSnapshot = 4,
    /// A bar as the venue counts it.
    Bar = 5,
    /// Rolling 24-hour figures from our trades.
    Stats24h = 6,
    /// Definition of an instrument: sent at start and whenever it changes.
    Instrument = 7,
    /// State of a connection, subscription or book.
    Status = 8,
    /// Venue ids that were never received.
    Gap = 11,
    /// First record of a writer epoch.
    EpochStart = 12,
    /// Funding rate.
    Funding = 13,
    /// Contracts that are open.
    OpenInterest = 14,
    /// An order that closes a position without margin.
    Liquidation = 15,
    /// The price that positions are valued at.
    MarkPrice = 16,
    /// The price of the underlying.
    IndexPrice = 17,
    /// Whether the market trades.
    TradingStatus = 20,
}

impl Kind {
    /// Every kind with a payload.
    pub const ALL: &[Self] = &[
        Self::Trade,
        Self::Quote,
        Self::BookDelta,
        Self::BookSnapshot,
        Self::Bar,
        Self::Stats24h,
        Self::Instrument,
        Self::Status,
        Self::Gap,
        Self::EpochStart,
        Self::Funding,
        Self::OpenInterest,
        Self::Liquidation,
        Self::MarkPrice,
        Self::IndexPrice,
        Self::TradingStatus,
    ];

    /// The kind with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| *kind as u8 == number)
    }

    /// The name printed to other languages and by `tickring read`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::Quote => "quote",
            Self::BookDelta => "book_delta",
            Self::BookSnapshot => "book_snapshot",
            Self::Bar => "bar",
            Self::Stats24h => "stats_24h",
            Self::Instrument => "instrument",
            Self::Status => "status",
            Self::Gap => "gap",
            Self::EpochStart => "epoch_start",
            Self::Funding => "funding",
            Self::OpenInterest => "open_interest",
            Self::Liquidation => "liquidation",
            Self::MarkPrice => "mark_price",
            Self::IndexPrice => "index_price",
            Self::TradingStatus => "trading_status",
        }
    }
}
