//! Numbers and names of venues and sources.

use serde::{Deserialize, Serialize};

/// Makes the numbers, the lists and the names from one line a venue.
macro_rules! venues {
    (
        wire { $($(#[$wire_meta:meta])* $wire:ident = $wire_number:literal, $wire_name:literal;)+ }
        sources { $($(#[$meta:meta])* $source:ident = $number:literal, $name:literal;)+ }
    ) => {
        /// Numbers of the venues; part of the ABI, never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(into = "u16", try_from = "u16")]
        #[repr(u16)]
        pub enum VenueId {
            $($(#[$wire_meta])* $wire = $wire_number,)+
            $($(#[$meta])* $source = $number,)+
        }

        impl VenueId {
            /// Every venue with a wire of its own.
            pub const ALL: &[Self] = &[$(Self::$wire),+];

            /// Every source whose data arrives as canonical frames.
            pub const SOURCES: &[Self] = &[$(Self::$source),+];

            /// The name used in configuration, topics and paths.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$wire => $wire_name,)+
                    $(Self::$source => $name,)+
                }
            }
        }
    };
}

venues! {
    wire {
        /// Binance spot.
        BinanceSpot = 1, "binance-spot";
        /// Binance USDT-margined futures.
        BinanceUsdm = 2, "binance-usdm";
        /// Binance coin-margined futures.
        BinanceCoinm = 3, "binance-coinm";
        /// Bybit futures settled in stable coins.
        BybitLinear = 4, "bybit-linear";
        /// Bybit spot.
        BybitSpot = 5, "bybit-spot";
        /// Bybit futures settled in the coin.
        BybitInverse = 6, "bybit-inverse";
        /// Deribit.
        Deribit = 13, "deribit";
        /// OKX spot.
        OkxSpot = 10, "okx-spot";
        /// OKX perpetual futures.
        OkxSwap = 11, "okx-swap";
        /// OKX futures that expire.
        OkxFutures = 12, "okx-futures";
        /// Kraken spot.
        KrakenSpot = 20, "kraken-spot";
        /// Kraken futures.
        KrakenFutures = 21, "kraken-futures";
        /// Coinbase Advanced Trade.
        Coinbase = 14, "coinbase";
        /// Backpack.
        Backpack = 15, "backpack";
    }
    sources {
        /// Whatever is handed in over the gateway.
        Internal = 100, "internal";
        /// Interactive Brokers.
        Ibkr = 101, "ibkr";
        /// Alpha Vantage.
        AlphaVantage = 102, "alpha_vantage";
        /// Federal Reserve Economic Data.
        Fred = 103, "fred";
        /// Yahoo Finance.
        Yahoo = 104, "yahoo";
        /// Made-up data.
        Mock = 105, "mock";
        /// What is derived from several venues.
        View = 110, "view";
    }
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
    /// All of both.
    pub fn every() -> impl Iterator<Item = Self> {
        Self::ALL.iter().chain(Self::SOURCES).copied()
    }

    /// The venue with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::every().find(|venue| *venue as u16 == number)
    }
}
