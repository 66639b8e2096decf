//! The levels of a ladder in their order: the window has one, the rest is sorted when it is asked for.

use super::{Ladder, Level, WIDE, WINDOW, WORD};
use crate::simd::lanes::{HIGHEST_MAX, Places};

/// Levels of a round of [`Ladder::each_top_anywhere`].
const ROUND: usize = 128;

impl Ladder {
    /// The best level.
    #[inline]
    pub(in super::super) fn best(&self) -> Option<Level> {
        if let Some(window) = self.window.as_deref().filter(|_| self.ahead.is_empty())
            && let Some(bit) = window.bits[self.top].checked_ilog2()
        {
            let place = self.top * WORD + bit as usize;
            let level = self.level_of(self.start + place as u32, window.cells[place]);
            if self.leads(level.price ^ self.turn) {
                return Some(level);
            }
        }
        let mut best = None;
        self.each_top(1, |_, level| best = Some(level));
        best
    }

    /// Hands over at most `most` of the best levels, best first, each with its place; gives their number.
    #[inline]
    pub(in super::super) fn each_top(&self, most: usize, mut each: impl FnMut(usize, Level)) -> usize {
        let (count, height) = self.each_on_tick(most, &mut each);
        // The others are worse, and so are odd ones but for a few.
        if (count == most || count == self.len) && self.leads(height) {
            return count;
        }
        self.each_top_anywhere(most, each)
    }

    /// The same of the levels whose order is known, odd ones left out; gives their number and the height of the last one.
    #[inline(always)]
    fn each_on_tick(&self, most: usize, each: &mut impl FnMut(usize, Level)) -> (usize, i64) {
        let mut count = 0;
        let mut height = self.scale.origin;
        for (tick, cell) in self.ahead.iter().rev().take(most) {
            let level = self.level_of(tick, cell);
            each(count, level);
            (count, height) = (count + 1, level.price ^ self.turn);
        }
        if let Some(window) = self.window.as_deref() {
            let scale = self.scale;
            let (base, tick) = (scale.height_of(self.start), scale.tick.size());
            let wanted = most - count;
            let mut hand_over = |place: usize, cell: u32| {
                height = base + (place as u64 * tick).cast_signed();
                let qty = if cell == WIDE { self.wide_qty(self.start + place as u32) } else { scale.qty_of(cell) };
                each(count, Level { price: height ^ self.turn, qty });
                count += 1;
            };
            if let Some(finder) = self.finder.filter(|_| wanted <= HIGHEST_MAX) {
                let mut places: Places = [0; HIGHEST_MAX + WORD];
                let found = finder.highest(&window.bits[..=self.top], wanted, &mut places);
                for place in places.iter().take(found.min(wanted)) {
                    let place = usize::from(*place) % WINDOW;
                    hand_over(place, window.cells[place]);
                }
            } else {
                window.each_best(self.top, wanted, hand_over);
            }
        }
        if count < most {
            for (tick, cell) in self.front.iter().rev().take(most - count) {
                let level = self.level_of(tick, cell);
                each(count, level);
                (count, height) = (count + 1, level.price ^ self.turn);
            }
        }
        (count, height)
    }

    /// Whether no odd level is better than one of this height.
    #[inline]
    fn leads(&self, height: i64) -> bool {
        self.odd.last_key().is_none_or(|odd| odd < height)
    }

    /// [`Self::each_top`] where the best levels are not all in the window: those of two orders as one, where both are known, else in
    /// rounds, each of which looks at all levels.
    #[cold]
    fn each_top_anywhere(&self, most: usize, mut each: impl FnMut(usize, Level)) -> usize {
        let mut round = [Level::default(); ROUND];
        if most <= ROUND {
            let (count, _) = self.each_on_tick(most, &mut |place, level| round[place] = level);
            if count == most || count + self.odd.len() == self.len {
                return self.each_merged(&round[..count], most, each);
            }
        }
        let (mut count, mut below) = (0, None);
        while count < most {
            let wanted = (most - count).min(ROUND);
            let found = self.select(below, &mut round[..wanted]);
            for level in &round[..found] {
                each(count, *level);
                count += 1;
                below = Some(level.price ^ self.turn);
            }
            if found < wanted {
                break;
            }
        }
        count
    }

    /// Hands over the best of these levels, best first, and of the odd ones.
    fn each_merged(&self, on_tick: &[Level], most: usize, mut each: impl FnMut(usize, Level)) -> usize {
        let (mut on_tick, mut odd) = (on_tick.iter().copied().peekable(), self.odd.iter().rev().peekable());
        let mut count = 0;
        while count < most {
            let takes_odd = match (on_tick.peek(), odd.peek()) {
                (Some(level), Some((height, _))) => *height > level.price ^ self.turn,
                (on_tick, _) => on_tick.is_none(),
            };
            let next = if takes_odd {
                odd.next().map(|(height, qty)| Level { price: height ^ self.turn, qty })
            } else {
                on_tick.next()
            };
            let Some(level) = next else { break };
            each(count, level);
            count += 1;
        }
        count
    }

    /// The best levels below a height, best first, as many as there is room for; gives their number.
    #[cold]
    fn select(&self, below: Option<i64>, out: &mut [Level]) -> usize {
        let height = |level: Level| level.price ^ self.turn;
        let mut count = 0;
        for level in self.levels() {
            let full = count == out.len();
            if below.is_some_and(|below| height(level) >= below)
                || out.last().is_none_or(|last| full && height(*last) >= height(level))
            {
                continue;
            }
            count += usize::from(!full);
            let at = out[..count - 1].partition_point(|held| height(*held) > height(level));
            out.copy_within(at..count - 1, at + 1);
            out[at] = level;
        }
        count
    }

    /// All levels: those of the window best first, then the others in any order.
    pub(in super::super) fn levels(&self) -> impl Iterator<Item = Level> + Clone + '_ {
        self.near().chain(self.elsewhere())
    }

    /// Those of the window, best first.
    fn near(&self) -> impl Iterator<Item = Level> + Clone + '_ {
        let places = self.window.iter().flat_map(|window| window.levels());
        places.map(|(place, cell)| self.level_of(self.start + place as u32, cell))
    }

    /// Those outside, in any order; what is sorted comes best first, so that [`Self::select`] has little to move.
    fn elsewhere(&self) -> impl Iterator<Item = Level> + Clone + '_ {
        let far = self.ahead.iter().rev().chain(self.behind.cells()).map(|(tick, cell)| self.level_of(tick, cell));
        let odd = self.odd.iter().rev().map(|(height, qty)| Level { price: height ^ self.turn, qty });
        far.chain(odd)
    }

    /// Replaces `out` by all levels, best first.
    pub(in super::super) fn copy_to(&self, out: &mut Vec<Level>) {
        let order = |level: &Level| !(level.price ^ self.turn);
        out.clear();
        out.extend(self.near());
        let near = out.len();
        out.extend(self.elsewhere());
        out[near..].sort_unstable_by_key(order);
        if near > 0 && !(self.ahead.is_empty() && self.leads(out[near - 1].price ^ self.turn)) {
            out.sort_unstable_by_key(order);
        }
    }
}
