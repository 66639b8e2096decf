//! What venues say of a market beside its book and its trades: reference prices, funding, open interest, liquidations, and
//! whether it trades; and its own bars.
//!
//! Each number has its own exponent (value = mantissa × 10^exponent, −18 ..= 0): venues write these prices and quantities finer than
//! those of orders, and a mark price must not make a book's exponents finer.

use serde::{Deserialize, Serialize};

/// A mark or index price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferencePrice {
    /// Price mantissa.
    pub price: i64,
    /// Its exponent.
    pub exponent: i8,
}

/// What holders of a perpetual future pay each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funding {
    /// Mantissa of the rate of one interval; negative where sellers pay.
    pub rate: i64,
    /// Its exponent.
    pub exponent: i8,
    /// Length of the interval, s; 0 where the venue does not tell it.
    pub interval_s: u32,
    /// When it is paid next, ns since the UNIX epoch; 0 where the venue does not tell it.
    pub next_ts: u64,
}

/// A bar (kline, candle) as the venue counts it: not from our trades. Each one replaces the one before with the same `start_ts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueBar {
    /// Mantissa of the first price.
    pub open: i64,
    /// Of the highest one.
    pub high: i64,
    /// Of the lowest one.
    pub low: i64,
    /// Of the last one.
    pub close: i64,
    /// Mantissa of the quantity that was traded, in the unit of the venue's quantities.
    pub volume: i64,
    /// Mantissa of what that was worth, in the quote currency (of inverse contracts: the base currency); 0 where the venue does not tell it.
    pub turnover: i64,
    /// Number of trades; 0 where the venue does not tell it.
    pub count: u64,
    /// Beginning of its interval, ns since the UNIX epoch.
    pub start_ts: u64,
    /// Length of its interval, ns.
    pub interval_ns: u64,
    /// Exponent of the four prices.
    pub price_exponent: i8,
    /// Exponent of the volume.
    pub qty_exponent: i8,
    /// Exponent of the turnover.
    pub turnover_exponent: i8,
    /// It is final: its interval is over, and the venue says so or has begun the next one.
    pub closed: bool,
}

/// Contracts that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInterest {
    /// Mantissa of the quantity, in the unit of the venue's quantities.
    pub qty: i64,
    /// Mantissa of what they are worth, in the quote currency; 0 where the venue does not tell it.
    pub value: i64,
    /// Exponent of the quantity.
    pub qty_exponent: i8,
    /// Exponent of the value.
    pub value_exponent: i8,
}

/// An order that the venue placed to close a position that lost its margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Mantissa of the price: the order's, or that of bankruptcy where the venue tells that one.
    pub price: i64,
    /// Mantissa of the quantity.
    pub qty: i64,
    /// The venue's id of the trade; 0 where it tells none.
    pub id: u64,
    /// Exponent of the price.
    pub price_exponent: i8,
    /// Exponent of the quantity.
    pub qty_exponent: i8,
    /// Side of the order.
    pub side: Side,
}

/// Side of a liquidation's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// It buys: somebody was short.
    Buy = 1,
    /// It sells: somebody was long.
    Sell = 2,
}

impl Side {
    /// Both.
    pub const ALL: &[Self] = &[Self::Buy, Self::Sell];

    /// The side with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|side| *side as u8 == number)
    }

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// What may be done in a market, in the venue's words reduced to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum MarketState {
    /// Orders match.
    Trading = 1,
    /// Nothing matches, for a reason that the venue does not name.
    Halt = 2,
    /// Orders are collected for one price.
    Auction = 3,
    /// Listed, and not traded yet.
    PreOpen = 4,
    /// Orders must not take.
    PostOnly = 5,
    /// No orders without a price.
    LimitOnly = 6,
    /// Orders may be taken back alone.
    CancelOnly = 7,
    /// Positions may only become smaller.
    ReduceOnly = 8,
    /// The venue works on it.
    Maintenance = 9,
    /// Being settled or delivered.
    Settling = 10,
    /// Over, for now or for good.
    Closed = 11,
    /// Gone from the venue's list.
    Delisted = 12,
    /// A word that the venue invented later.
    Other = 13,
}

impl MarketState {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::Trading,
        Self::Halt,
        Self::Auction,
        Self::PreOpen,
        Self::PostOnly,
        Self::LimitOnly,
        Self::CancelOnly,
        Self::ReduceOnly,
        Self::Maintenance,
        Self::Settling,
        Self::Closed,
        Self::Delisted,
        Self::Other,
    ];

    /// The state with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| *state as u8 == number)
    }

    /// The name printed to other languages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trading => "trading",
            Self::Halt => "halt",
            Self::Auction => "auction",
            Self::PreOpen => "pre_open",
            Self::PostOnly => "post_only",
            Self::LimitOnly => "limit_only",
            Self::CancelOnly => "cancel_only",
            Self::ReduceOnly => "reduce_only",
            Self::Maintenance => "maintenance",
            Self::Settling => "settling",
            Self::Closed => "closed",
            Self::Delisted => "delisted",
            Self::Other => "other",
        }
    }
}
