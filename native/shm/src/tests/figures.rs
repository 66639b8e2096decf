//! Any figure and any bar.

use proptest::prelude::*;
use tickring_core::event::{Body, Funding, Liquidation, MarketState, OpenInterest, ReferencePrice, Side, VenueBar};

pub(super) fn figure() -> impl Strategy<Value = Body<'static>> {
    let number = || (any::<i64>(), -18..=0_i8);
    let sides = prop::sample::select(Side::ALL);
    prop_oneof![
        number().prop_map(|(price, exponent)| Body::MarkPrice(ReferencePrice { price, exponent })),
        number().prop_map(|(price, exponent)| Body::IndexPrice(ReferencePrice { price, exponent })),
        (number(), any::<(u32, u64)>()).prop_map(|((rate, exponent), (interval_s, next_ts))| {
            Body::Funding(Funding { rate, exponent, interval_s, next_ts })
        }),
        (number(), number()).prop_map(|((qty, qty_exponent), (value, value_exponent))| {
            Body::OpenInterest(OpenInterest { qty, value, qty_exponent, value_exponent })
        }),
        (number(), number(), any::<u64>(), sides).prop_map(|((price, price_exponent), (qty, qty_exponent), id, side)| {
            Body::Liquidation(Liquidation { price, qty, id, price_exponent, qty_exponent, side })
        }),
        prop::sample::select(MarketState::ALL).prop_map(Body::TradingStatus),
    ]
}

pub(super) fn bar() -> impl Strategy<Value = VenueBar> {
    let exponents = || -18..=0_i8;
    (any::<([i64; 6], [u64; 3])>(), (exponents(), exponents(), exponents()), any::<bool>()).prop_map(
        |(([open, high, low, close, volume, turnover], [count, start_ts, interval_ns]), exponents, closed)| VenueBar {
            open,
            high,
            low,
            close,
            volume,
            turnover,
            count,
            start_ts,
            interval_ns,
            price_exponent: exponents.0,
            qty_exponent: exponents.1,
            turnover_exponent: exponents.2,
            closed,
        },
    )
}
