//! Finer values than the exponents give: the instrument's exponents become finer, never coarser, and everything kept for it
//! is multiplied to match. Checked as a whole before anything changes.

use super::entry::Entry;
use super::{Machine, Output, refuse};
use crate::book::level_fits;
use crate::error::Code;
use crate::event::Level;
use crate::input::Instrument;
use crate::sink::Sink;
use crate::venue::{Convert, LevelText, Reject, convert_levels};

/// Price and quantity exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exponents {
    pub(super) price: i8,
    pub(super) qty: i8,
}

impl Exponents {
    pub(super) fn of(definition: &Instrument) -> Self {
        Self { price: definition.price_exponent, qty: definition.qty_exponent }
    }

    /// Both, price first.
    pub(super) const fn pair(self) -> (i8, i8) {
        (self.price, self.qty)
    }

    /// Factors that bring mantissas of `self` to `finer`; `None` if they do not fit 64 bits.
    pub(super) fn factors(self, finer: Self) -> Option<(i64, i64)> {
        let power = |from: i8, to: i8| 10_i64.checked_pow(u32::try_from(i16::from(from) - i16::from(to)).ok()?);
        Some((power(self.price, finer.price)?, power(self.qty, finer.qty)?))
    }
}

/// Repeats a conversion with finer exponents until it succeeds; returns the exponents that it took.
pub(super) fn convert_finer<T>(
    mut exponents: Exponents,
    mut convert: impl FnMut(Exponents) -> Result<T, Convert>,
) -> Result<(Exponents, T), Reject> {
    loop {
        match convert(exponents) {
            Ok(value) => return Ok((exponents, value)),
            Err(Convert::Reject(reject)) => return Err(reject),
            Err(Convert::Finer { price_exponent, qty_exponent }) => {
                let finer = Exponents { price: exponents.price.min(price_exponent), qty: exponents.qty.min(qty_exponent) };
                if finer == exponents {
                    // The venue's conversion contradicts itself; without this line it would never end.
                    return Err(refuse(Code::NumberPrecision));
                }
                exponents = finer;
            }
        }
    }
}

impl Machine {
    /// Converts the levels of a message of this instrument into the scratch vectors.
    pub(super) fn convert_sides(&mut self, slot: u32, bids: LevelText<'_>, asks: LevelText<'_>) -> Result<Exponents, Reject> {
        let exponents = Exponents::of(&self.entries[slot as usize].definition);
        let scratch = &mut self.scratch;
        let (exponents, ()) = convert_finer(exponents, |at| {
            convert_levels(bids, at.price, at.qty, &mut scratch.bids)?;
            convert_levels(asks, at.price, at.qty, &mut scratch.asks)
        })?;
        Ok(exponents)
    }

    /// Makes the exponents of an instrument finer, or changes nothing.
    pub(super) fn widen<S: Sink>(&mut self, slot: u32, to: Exponents, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let entry = &mut self.entries[slot as usize];
        if to == Exponents::of(&entry.definition) {
            return Ok(());
        }
        rescale(entry, to)?;
        entry.definition.change_count = entry.definition.change_count.saturating_add(1);
        // A reader may prefer a full book over multiplying the levels that it holds.
        entry.snapshot_due = 0;
        self.counters.widened += 1;
        out.instrument(slot, &entry.definition);
        self.touch(slot);
        Ok(())
    }
}

/// Whether everything kept for an instrument has room at these exponents.
pub(super) fn fits(entry: &Entry, to: Exponents) -> bool {
    let Some((price, qty)) = Exponents::of(&entry.definition).factors(to) else { return false };
    let trade = Level { price: entry.last_trade.price, qty: entry.last_trade.qty };
    let steps = Level { price: entry.definition.tick_size, qty: entry.definition.lot_size };
    level_fits(trade, price, qty)
        && level_fits(steps, price, qty)
        && entry.book.fits(price, qty)
        && entry.sync.fits(price, qty)
        && entry.stats.fits(price, qty)
        && entry.frontier.iter().flatten().all(|known| known.checked_mul(price).is_some())
        && entry.shared.as_ref().is_none_or(|shared| shared.fits(price, qty))
}

/// Brings everything kept for an instrument to finer exponents, or changes nothing.
pub(super) fn rescale(entry: &mut Entry, to: Exponents) -> Result<(), Reject> {
    let range = refuse(Code::NumberRange);
    let (price, qty) = Exponents::of(&entry.definition).factors(to).filter(|_| fits(entry, to)).ok_or(range)?;
    entry.book.rescale(price, qty);
    entry.sync.rescale(price, qty);
    entry.stats.rescale(price, qty);
    for known in entry.frontier.iter_mut().flatten() {
        *known *= price;
    }
    if let Some(checks) = &mut entry.checks {
        checks.rescale(to.price, price, qty);
    }
    if let Some(shared) = &mut entry.shared {
        shared.rescale(price, qty);
    }
    entry.last_trade.price *= price;
    entry.last_trade.qty *= qty;
    entry.definition.tick_size *= price;
    entry.definition.lot_size *= qty;
    (entry.definition.price_exponent, entry.definition.qty_exponent) = (to.price, to.qty);
    Ok(())
}
