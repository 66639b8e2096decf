//! Now and then a ladder looks whether its steps and the place of its window are still right.

use super::super::scale::Scale;
use super::super::steps::Step;
use super::super::survey::survey;
use super::super::window::{WINDOW, WORD};
use super::Ladder;
use crate::event::Level;

/// The window moves when the best levels have left this part of it. Far from [`super::HOME`] on both sides, so that a price
/// that swings does not make the window swing with it.
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
            let (tick, lot) = survey(self.levels(), Some((held_tick, held_lot)));
            self.misfit_count = 0;
            self.survey_after = (self.survey_after * 2).min(SURVEY_AFTER_MAX).max(self.len / 8);
            if (tick, lot) != (held_tick, held_lot) {
                return self.rebuild(tick, lot);
            }
        }
        self.far_count = 0;
        let Some(anchor) = self.anchor() else { return };
        let start = self.start_for(anchor);
        if start != self.start && !SETTLED.contains(&u64::from(anchor.wrapping_sub(self.start))) {
            self.move_window(start);
        }
    }

    /// The tick that the window follows.
    fn anchor(&self) -> Option<u32> {
        let mut anchor = None;
        self.each_top(ANCHOR_RANK, |_, level| anchor = Some(level.price ^ self.turn));
        anchor.map(|height| self.scale.tick_near(height))
    }

    /// Takes other steps: the one thing besides growth that allocates.
    fn rebuild(&mut self, tick: Step, lot: Step) {
        let mut levels: Vec<Level> = Vec::new();
        self.copy_to(&mut levels);
        self.clear();
        let Some(anchor) = levels.iter().take(ANCHOR_RANK).next_back() else { return };
        self.place_window(anchor.price ^ self.turn, tick, lot);
        levels.iter().for_each(|level| self.put(level.price ^ self.turn, level.qty));
        (self.far_count, self.misfit_count) = (0, 0);
        self.settle();
    }

    /// Moves the window; each level goes where it belongs from now on.
    fn move_window(&mut self, start: u32) {
        let Some(mut window) = self.window.take() else { return };
        self.drop_front();
        let before = self.start;
        let stays = |tick: u32| (tick.wrapping_sub(start) as usize) < WINDOW;
        // What is ahead now may not be then; it is put where it belongs below.
        for (tick, cell) in self.ahead.iter() {
            self.behind.set(tick, cell);
        }
        self.ahead.clear();
        for (place, cell) in window.levels() {
            let tick = before + place as u32;
            if !stays(tick) {
                self.behind.set(tick, cell);
            }
        }
        window.shift(i64::from(start) - i64::from(before));
        self.behind.retain(|tick, cell| {
            if stays(tick) {
                window.swap((tick - start) as usize, cell);
            } else if tick > start {
                self.ahead.insert(tick, cell);
            }
            tick < start
        });
        self.set_start(start);
        self.top = WINDOW / WORD - 1;
        self.window = Some(window);
        self.settle();
    }
}
