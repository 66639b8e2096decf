//! Now and then a ladder looks whether its steps and the place of its window are still right.

use super::super::pages::{PAGE, REACH};
use super::super::scale::Scale;
use super::super::steps::Step;
use super::super::survey::survey;
use super::super::window::WINDOW;
use super::Ladder;
use crate::event::Level;

/// The window moves when the best levels have left this part of it. Far from [`HOME`] on both sides, so that a price that
/// swings does not make the window swing with it.
const SETTLED: std::ops::Range<u64> = WINDOW as u64 / 2..WINDOW as u64 / 64 * 63;

/// The window follows this level, not the best: a single odd price does not draw it away.
const ANCHOR_RANK: usize = 8;

/// Where no other steps are found to fit better, that number doubles until it is this.
const SURVEY_AFTER_MAX: usize = 1 << 14;

impl Ladder {
    /// Looks whether the steps and the place of the window are still right.
    #[cold]
    pub(super) fn review(&mut self) {
        if self.misfit_count >= self.survey_after {
            let Scale { tick: held_tick, lot: held_lot, .. } = self.scale;
            let (tick, lot) = survey(self.walk(), Some((held_tick, held_lot)));
            self.misfit_count = 0;
            self.survey_after = (self.survey_after * 2).min(SURVEY_AFTER_MAX).max(self.len / 8);
            if (tick, lot) != (held_tick, held_lot) {
                return self.rebuild(tick, lot);
            }
        }
        self.far_count = 0;
        let Some(anchor) = self.walk().take(ANCHOR_RANK).last() else { return };
        let anchor = self.scale.tick_near(anchor.price ^ self.turn);
        let start = self.start_for(anchor);
        if start != self.start && !SETTLED.contains(&u64::from(anchor.wrapping_sub(self.start))) {
            self.move_window(start);
        }
    }

    /// Takes other steps: the one thing besides growth that allocates.
    fn rebuild(&mut self, tick: Step, lot: Step) {
        let levels: Vec<Level> = self.walk().collect();
        self.clear();
        let Some(anchor) = levels.iter().take(ANCHOR_RANK).next_back() else { return };
        self.place_window(anchor.price ^ self.turn, tick, lot);
        levels.iter().rev().for_each(|level| self.put(level.price ^ self.turn, level.qty));
        (self.far_count, self.misfit_count) = (0, 0);
        self.settle();
    }

    /// Moves the window and the pages behind it; each level goes where it belongs from now on.
    fn move_window(&mut self, start: u32) {
        let Some(mut window) = self.window.take() else { return };
        let (before, lowest) = (self.start, start - REACH);
        let up = start > before;
        let stays = |tick: u32| (tick.wrapping_sub(start) as usize) < WINDOW;
        let far = &mut self.far;
        if up {
            self.behind.move_to(start, |tick, cell| {
                far.insert(tick, cell);
            });
        }
        for (word, bits) in window.bits.iter().enumerate() {
            let first = before + word as u32 * PAGE;
            let mut bits = if stays(first) { 0 } else { *bits };
            while bits != 0 {
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                let (tick, cell) = (first + bit, window.cells[word * 64 + bit as usize]);
                if up && tick >= lowest {
                    self.behind.set((tick - lowest) as usize, cell);
                } else {
                    far.insert(tick, cell);
                }
            }
        }
        window.shift(i64::from(start) - i64::from(before));
        if !up {
            self.behind.move_to(start, |tick, cell| {
                if stays(tick) {
                    window.swap((tick - start) as usize, cell)
                } else {
                    far.insert(tick, cell).unwrap_or(0)
                };
            });
        }
        self.set_start(start);
        self.window = Some(window);
        self.recall();
        self.top = WINDOW / 64 - 1;
        self.settle();
    }

    /// Brings home far levels that the window or the pages reach now.
    fn recall(&mut self) {
        let Some(window) = &mut self.window else { return };
        let (start, lowest) = (self.start, self.behind.lowest());
        while let Some((tick, cell)) = self.far.entry(self.far.seek(lowest)) {
            if tick < start {
                self.behind.set((tick - lowest) as usize, cell);
            } else if ((tick - start) as usize) < WINDOW {
                window.swap((tick - start) as usize, cell);
            } else {
                break;
            }
            self.far.remove(tick);
        }
    }
}
