//! Reference prices, funding, open interest, liquidations, states of markets and bars of venues: to payload words, and back.

use tickring_core::event::{Body, Funding, Kind, Liquidation, MarketState, OpenInterest, ReferencePrice, Side, VenueBar};
use tickring_core::input::DECIMALS_MAX;

use crate::codec::put;
use crate::record::Record;

const fn byte(exponent: i8) -> u64 {
    exponent.cast_unsigned() as u64
}

/// Writes the payload words of one of these; `None` of another body.
pub(crate) fn encode(body: &Body<'_>, words: &mut [u64]) -> Option<usize> {
    Some(match body {
        Body::MarkPrice(of) | Body::IndexPrice(of) => put(words, &[of.price.cast_unsigned(), byte(of.exponent)]),
        Body::Funding(of) => {
            let rest = byte(of.exponent) | u64::from(of.interval_s) << 32;
            put(words, &[of.rate.cast_unsigned(), of.next_ts, rest])
        }
        Body::OpenInterest(of) => {
            let exponents = byte(of.qty_exponent) | byte(of.value_exponent) << 8;
            put(words, &[of.qty.cast_unsigned(), of.value.cast_unsigned(), exponents])
        }
        Body::Liquidation(of) => {
            let rest = byte(of.price_exponent) | byte(of.qty_exponent) << 8 | (of.side as u64) << 16;
            put(words, &[of.price.cast_unsigned(), of.qty.cast_unsigned(), of.id, rest])
        }
        Body::TradingStatus(state) => put(words, &[*state as u64]),
        Body::Bar(of) => {
            let exponents = byte(of.price_exponent) | byte(of.qty_exponent) << 8 | byte(of.turnover_exponent) << 16;
            let numbers = [of.open, of.high, of.low, of.close, of.volume, of.turnover].map(i64::cast_unsigned);
            let used = put(words, &numbers);
            used + put(&mut words[used..], &[of.count, of.start_ts, of.interval_ns, exponents | u64::from(of.closed) << 24])
        }
        _ => return None,
    })
}

/// An exponent with which decimal text can be written.
fn exponent(word: u64) -> Option<i8> {
    let exponent = (word as u8).cast_signed();
    (-(DECIMALS_MAX.cast_signed())..=0).contains(&exponent).then_some(exponent)
}

impl Record {
    /// The mark price, if it is one.
    #[must_use]
    pub fn mark_price(&self) -> Option<ReferencePrice> {
        self.reference_price(Kind::MarkPrice)
    }

    /// The index price, if it is one.
    #[must_use]
    pub fn index_price(&self) -> Option<ReferencePrice> {
        self.reference_price(Kind::IndexPrice)
    }

    fn reference_price(&self, kind: Kind) -> Option<ReferencePrice> {
        let [price, rest, ..] = self.fixed;
        if self.kind != kind {
            return None;
        }
        Some(ReferencePrice { price: price.cast_signed(), exponent: exponent(rest)? })
    }

    /// The funding, if it is one.
    #[must_use]
    pub fn funding(&self) -> Option<Funding> {
        let [rate, next_ts, rest, ..] = self.fixed;
        if self.kind != Kind::Funding {
            return None;
        }
        Some(Funding { rate: rate.cast_signed(), exponent: exponent(rest)?, interval_s: (rest >> 32) as u32, next_ts })
    }

    /// The open interest, if it is one.
    #[must_use]
    pub fn open_interest(&self) -> Option<OpenInterest> {
        let [qty, value, rest, ..] = self.fixed;
        if self.kind != Kind::OpenInterest {
            return None;
        }
        let (qty_exponent, value_exponent) = (exponent(rest)?, exponent(rest >> 8)?);
        Some(OpenInterest { qty: qty.cast_signed(), value: value.cast_signed(), qty_exponent, value_exponent })
    }

    /// The liquidation, if it is one.
    #[must_use]
    pub fn liquidation(&self) -> Option<Liquidation> {
        let [price, qty, id, rest, ..] = self.fixed;
        if self.kind != Kind::Liquidation {
            return None;
        }
        let (price_exponent, qty_exponent) = (exponent(rest)?, exponent(rest >> 8)?);
        let side = Side::from_number((rest >> 16) as u8)?;
        Some(Liquidation { price: price.cast_signed(), qty: qty.cast_signed(), id, price_exponent, qty_exponent, side })
    }

    /// The venue's bar, if it is one.
    #[must_use]
    pub fn bar(&self) -> Option<VenueBar> {
        let [open, high, low, close, volume, turnover, count, start_ts, interval_ns, rest, ..] = self.fixed;
        if self.kind != Kind::Bar {
            return None;
        }
        let [open, high, low, close, volume, turnover] = [open, high, low, close, volume, turnover].map(u64::cast_signed);
        Some(VenueBar {
            open,
            high,
            low,
            close,
            volume,
            turnover,
            count,
            start_ts,
            interval_ns,
            price_exponent: exponent(rest)?,
            qty_exponent: exponent(rest >> 8)?,
            turnover_exponent: exponent(rest >> 16)?,
            closed: match (rest >> 24) as u8 {
                0 => false,
                1 => true,
                _ => return None,
            },
        })
    }

    /// The state of the market, if it is one.
    #[must_use]
    pub fn trading_status(&self) -> Option<MarketState> {
        (self.kind == Kind::TradingStatus).then(|| MarketState::from_number(self.fixed[0] as u8)).flatten()
    }
}
