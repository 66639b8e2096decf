//! Numbers and names of venues and sources.

use serde::{Deserialize, Serialize};

/// Numbers of the venues; part of the ABI, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
#[repr(u16)]
pub enum VenueId {
    /// Binance spot.
    BinanceSpot = 1,
    /// Binance USDT-margined futures.
    BinanceUsdm = 2,
    /// Binance coin-margined futures.
    BinanceCoinm = 3,
    /// Bybit futures settled in stable coins.
    BybitLinear = 4,
    /// Bybit spot.
    BybitSpot = 5,
    /// Bybit futures settled in the coin.
    BybitInverse = 6,
    /// OKX spot.
    OkxSpot = 10,
    /// OKX perpetual futures.
    OkxSwap = 11,
    /// OKX futures that expire.
    OkxFutures = 12,
    /// Deribit.
    Deribit = 13,
    /// Kraken spot.
    KrakenSpot = 20,
    /// Kraken futures.
    KrakenFutures = 21,
    /// Coinbase Advanced Trade.
    Coinbase = 14,
    /// Backpack.
    Backpack = 15,
    /// Whatever is handed in over the gateway.
    Internal = 100,
    /// Interactive Brokers.
    Ibkr = 101,
    /// Alpha Vantage.
    AlphaVantage = 102,
    /// Federal Reserve Economic Data.
    Fred = 103,
    /// Yahoo Finance.
    Yahoo = 104,
    /// Made-up data.
    Mock = 105,
    /// What is derived from several venues.
    View = 110,
}

impl From<VenueId> for u16 {
    fn from(venue: VenueId) -> Self {
        venue as Self
    }
}

impl TryFrom<u16> for VenueId {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or("no venue has this number")
    }
}

impl VenueId {
    /// Every venue with a wire of its own.
    pub const ALL: &[Self] = &[
        Self::BinanceSpot,
        Self::BinanceUsdm,
        Self::BinanceCoinm,
        Self::BybitLinear,
        Self::BybitSpot,
        Self::BybitInverse,
        Self::Deribit,
        Self::OkxSpot,
        Self::OkxSwap,
        Self::OkxFutures,
        Self::KrakenSpot,
        Self::KrakenFutures,
        Self::Coinbase,
        Self::Backpack,
    ];

    /// Every source whose data arrives as canonical frames.
    pub const SOURCES: &[Self] =
        &[Self::Internal, Self::Ibkr, Self::AlphaVantage, Self::Fred, Self::Yahoo, Self::Mock, Self::View];

    /// All of both.
    pub fn every() -> impl Iterator<Item = Self> {
        Self::ALL.iter().chain(Self::SOURCES).copied()
    }

    /// The venue with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::every().find(|venue| *venue as u16 == number)
    }

    /// The name used in configuration, topics and paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BinanceSpot => "binance-spot",
            Self::BinanceUsdm => "binance-usdm",
            Self::BinanceCoinm => "binance-coinm",
            Self::BybitLinear => "bybit-linear",
            Self::BybitSpot => "bybit-spot",
            Self::BybitInverse => "bybit-inverse",
            Self::Deribit => "deribit",
            Self::OkxSpot => "okx-spot",
            Self::OkxSwap => "okx-swap",
            Self::OkxFutures => "okx-futures",
            Self::KrakenSpot => "kraken-spot",
            Self::KrakenFutures => "kraken-futures",
            Self::Coinbase => "coinbase",
            Self::Backpack => "backpack",
            Self::Internal => "internal",
            Self::Ibkr => "ibkr",
            Self::AlphaVantage => "alpha_vantage",
            Self::Fred => "fred",
            Self::Yahoo => "yahoo",
            Self::Mock => "mock",
            Self::View => "view",
        }
    }
}
