//! Which steps a side's prices and quantities are counted in. Found from the levels themselves: definitions may be missing or
//! late, and venues keep levels of a former tick size. A wrong choice costs speed, never a level.

use super::scale::LOTS_MAX;
use super::steps::{STEP_MAX, Step, divisor};
use super::window::WINDOW;
use crate::event::Level;

/// Levels whose fit decides first. Changes are near the best price.
const NEAREST: usize = 512;

/// Levels whose fit decides between steps that fit those equally.
const NEAR: usize = 4_096;

/// Levels of a group that proposes a step; one odd level spoils its own group alone.
const GROUP: usize = 16;

/// Groups, from the best level on.
const GROUPS: usize = 6;

/// The steps that fit most of the best levels. Proposed are those held, the greatest that all levels share, and the greatest
/// that a group shares. Levels come best first, or nearly so.
pub(super) fn survey(levels: impl Iterator<Item = Level> + Clone, held: Option<(Step, Step)>) -> (Step, Step) {
    let levels = levels.filter(|level| level.qty != 0);
    let best = levels.clone().next().map_or(0, |level| level.price);
    let price = |level: Level| level.price.unsigned_abs();
    let qty = |level: Level| level.qty.unsigned_abs();
    let (tick, lot) = held.unzip();
    let tick = choose(levels.clone(), tick, price, |level, size| level.price.abs_diff(best) / size < WINDOW as u64);
    // A lot without its factors 2 spares a rotation for each level, and costs range that is there.
    let lot =
        choose(levels, lot, qty, |level, size| level.qty >= 0 && qty(level) / (size >> size.trailing_zeros()) <= LOTS_MAX);
    (tick, lot.odd())
}

/// The step of the most fitting levels. Of equals the one held, so that steps come to rest; else the greatest.
fn choose(
    levels: impl Iterator<Item = Level> + Clone,
    held: Option<Step>,
    value: impl Fn(Level) -> u64,
    holds: impl Fn(Level, u64) -> bool,
) -> Step {
    let mut proposed = [0; GROUPS + 1];
    for (at, level) in levels.clone().enumerate() {
        proposed[0] = divisor(value(level), proposed[0]);
        if at < GROUP * GROUPS {
            let group = &mut proposed[1 + at / GROUP];
            *group = divisor(value(level), *group);
        }
    }
    proposed.sort_unstable_by(|left, right| right.cmp(left));
    let usable = |size: &u64| (1..=STEP_MAX).contains(size);
    let mut chosen = None;
    let mut before = 0;
    for size in held.map(Step::size).into_iter().chain(proposed).filter(usable) {
        if size == std::mem::replace(&mut before, size) {
            continue;
        }
        let fits = |level: &Level| value(*level).is_multiple_of(size) && holds(*level, size);
        let fitting = levels.clone().take(NEAR).enumerate().filter(|(_, level)| fits(level));
        let count = fitting.fold((0, 0), |(nearest, near), (at, _)| (nearest + u32::from(at < NEAREST), near + 1));
        if chosen.is_none_or(|(most, _)| count > most) {
            chosen = Some((count, size));
        }
    }
    Step::new(chosen.map_or(0, |(_, size)| size))
}
