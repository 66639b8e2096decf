//! From prices and quantities to ticks and lots, and back.

use super::steps::{Count, OddCount, Step};

/// The cell of a quantity that is no number of lots, or too many: a map of its own holds it.
pub(super) const WIDE: u32 = u32::MAX;

/// Most lots that a cell holds.
pub(super) const LOTS_MAX: u64 = WIDE as u64 - 1;

/// Most ticks: the last 32-bit number is none ([`super::far::NO_TICK`]).
const TICKS_MAX: i128 = 1 << 31;

/// Steps of a ladder and where its ticks begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scale {
    pub(super) tick: Step,
    pub(super) lot: Step,
    /// Height of tick 0.
    pub(super) origin: i64,
    /// Ticks that exist: room for the window to move, at most [`TICKS_MAX`].
    pub(super) ticks: u64,
    /// Most lots that a cell holds.
    pub(super) lots_max: u64,
}

impl Scale {
    /// Steps of these sizes, the ticks around a height.
    pub(super) fn around(height: i64, turn: i64, tick: Step, lot: Step) -> Self {
        let size = i128::from(tick.size());
        let ticks = ((1_i128 << 62) / size).min(TICKS_MAX);
        let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX) - ticks * size);
        let lowest = (i128::from(height) - ticks / 2 * size).clamp(low, high);
        // `turn` is the height of price 0, of which ticks are counted.
        let origin = lowest + (i128::from(turn) - lowest).rem_euclid(size);
        let lots_max = (i64::MAX as u64 / lot.size()).min(LOTS_MAX);
        let origin = i64::try_from(origin).expect("invariant: clamped to 64 bits");
        Self { tick, lot, origin, ticks: ticks as u64, lots_max }
    }

    /// The same for prices, given what turns heights into them and where the window begins.
    pub(super) fn gauge(&self, turn: i64, start: u32) -> Gauge {
        // Heights of asks fall as prices rise: !price - zero = -(price - !zero).
        let from = |zero: i64| if turn == 0 { self.tick.from(zero) } else { self.tick.down_from(!zero) };
        let (tick, place) = (from(self.origin), from(self.height_of(start)));
        Gauge { place, tick, lot: self.lot.odd_count(), lots_max: self.lots_max }
    }

    /// The tick of a height, if there is one.
    #[inline]
    pub(super) fn tick_of(&self, height: i64) -> Option<u32> {
        let tick = self.tick.from(self.origin).count(height);
        (tick < self.ticks).then_some(tick as u32)
    }

    /// The last tick not above a height, or the nearest one.
    pub(super) fn tick_near(&self, height: i64) -> u32 {
        let ticks = (i128::from(height) - i128::from(self.origin)).div_euclid(i128::from(self.tick.size()));
        ticks.clamp(0, i128::from(self.ticks) - 1) as u32
    }

    #[inline]
    pub(super) fn height_of(&self, tick: u32) -> i64 {
        self.origin.wrapping_add((u64::from(tick) * self.tick.size()).cast_signed())
    }

    #[inline]
    pub(super) fn qty_of(&self, lots: u32) -> i64 {
        (u64::from(lots) * self.lot.size()).cast_signed()
    }
}

/// Where the levels of a message go: from price to tick and from quantity to lots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauge {
    /// Ticks from the window's first; right for those of the window, too many for all others.
    pub(super) place: Count,
    pub(super) tick: Count,
    pub(super) lot: OddCount,
    pub(super) lots_max: u64,
}
