//! One side of a book: a window of ticks around the best price, one cell a tick, and maps for what lies outside.
//!
//! Prices are kept as heights: the price of a bid, the complement of the price of an ask. So the best level of either side
//! is the highest, and there is one program for both.

use super::blocks::Blocks;
use super::far::{Far, NO_TICK};
use super::scale::{Gauge, Scale, WIDE};
use super::steps::Step;
use super::survey::survey;
use super::wide::Wide;
use super::window::{WINDOW, WORD, Window};
use crate::event::Level;
use crate::simd::CodePath;
use crate::simd::lanes::Finder;

mod front;
mod head;
mod order;
mod rear;
mod review;

use front::WANTED;

/// Where in the window the best levels are put: most of it lies behind them, the rest is headroom.
const HOME: u64 = WINDOW as u64 / 8 * 7;

/// Levels outside the window between two looks whether the window stands well. Moving it costs as much as some hundred of them.
const REVIEW_AFTER: u32 = 256;

/// Levels that the steps do not fit between two looks at the steps: so many, and an eighth of the book, since a look reads
/// all of it.
const SURVEY_AFTER: usize = 64;

/// One side of a book.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    /// What turns a price into its height and back: 0 for bids, all ones for asks.
    turn: i64,
    /// Number of levels.
    len: usize,
    scale: Scale,
    /// First tick of the window, a multiple of [`WORD`].
    start: u32,
    /// Follows from scale and start.
    gauge: Gauge,
    finder: Option<Finder>,
    /// No word of the window above this one has a bit.
    top: usize,
    /// Absent until the first level comes.
    window: Option<Box<Window>>,
    /// Levels before the window, few and seldom: lots by tick.
    ahead: Blocks<u32, u32>,
    /// Levels behind it: lots by tick.
    behind: Far,
    /// The best of `behind`: all from the tick `front_from` on, where the window holds few levels.
    front: Blocks<u32, u32>,
    front_from: u32,
    /// Heights of the worst levels, the worst one last: all up to the height `rear_to`. None where nobody asks for them.
    rear: Vec<i64>,
    rear_to: Option<i64>,
    /// The best levels, best first: all from the height `head_to` on. None where nobody asks for them.
    head: Vec<Level>,
    head_to: Option<i64>,
    /// Whether there is, or was, a rear or a head.
    keeps_ends: bool,
    /// Quantities of levels, in the window or far, that are no number of lots or too many, by tick.
    wide: Wide,
    /// Levels whose price is no tick: quantity by height.
    odd: Blocks<i64, i64>,
    /// Levels outside the window since the last review.
    far_count: u32,
    /// Levels that do not fit the steps since the last survey.
    misfit_count: usize,
    /// How many of them call for the next survey.
    survey_after: usize,
}

impl Ladder {
    pub(super) fn new(turn: i64, path: CodePath) -> Self {
        Self {
            turn,
            len: 0,
            scale: Scale::default(),
            gauge: Gauge::default(),
            start: 0,
            finder: Finder::of(path),
            top: 0,
            window: None,
            ahead: Blocks::default(),
            behind: Far::default(),
            front: Blocks::default(),
            front_from: NO_TICK,
            rear: Vec::new(),
            rear_to: None,
            head: Vec::new(),
            head_to: None,
            keeps_ends: false,
            wide: Wide::default(),
            odd: Blocks::default(),
            far_count: 0,
            misfit_count: 0,
            survey_after: SURVEY_AFTER,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Empties the ladder and keeps its room and steps.
    pub(super) fn clear(&mut self) {
        if let Some(window) = &mut self.window {
            window.clear();
        }
        self.ahead.clear();
        self.behind.clear();
        self.drop_front();
        self.drop_ends();
        self.wide.clear();
        self.odd.clear();
        (self.len, self.top, self.far_count, self.misfit_count) = (0, 0, 0, 0);
    }

    /// Takes over the levels of another ladder of the same side; keeps the room of this one, and its steps where they fit.
    pub(super) fn copy_from(&mut self, other: &Self) {
        let same_steps = (self.scale.tick, self.scale.lot) == (other.scale.tick, other.scale.lot);
        match (&mut self.window, &other.window) {
            (_, None) => return self.clear(),
            (None, Some(window)) => self.window = Some(window.clone()),
            (Some(_), Some(_)) if !same_steps => return self.load(other.levels()),
            (Some(window), Some(other)) => window.clone_from(other),
        }
        self.drop_ends();
        self.ahead.copy_from(&other.ahead);
        self.behind.copy_from(&other.behind);
        self.front.copy_from(&other.front);
        self.front_from = other.front_from;
        self.wide.copy_from(&other.wide);
        self.odd.copy_from(&other.odd);
        (self.len, self.scale, self.gauge, self.start) = (other.len, other.scale, other.gauge, other.start);
        self.top = other.top;
        (self.far_count, self.misfit_count, self.survey_after) = (other.far_count, other.misfit_count, other.survey_after);
    }

    /// Replaces all levels; see [`super::Book::load`].
    pub(super) fn load(&mut self, levels: impl Iterator<Item = Level> + Clone) {
        self.clear();
        let held = self.window.as_ref().map(|_| (self.scale.tick, self.scale.lot));
        let (tick, lot) = survey(levels.clone(), held);
        let kept = levels.clone().filter(|level| level.qty != 0);
        let Some(best) = kept.map(|level| level.price ^ self.turn).max() else { return };
        self.place_window(best, tick, lot);
        levels.for_each(|level| self.put(level.price ^ self.turn, level.qty));
        (self.misfit_count, self.survey_after) = (0, SURVEY_AFTER.max(self.len / 8));
        self.far_count = REVIEW_AFTER;
        self.settle();
    }

    /// Gives an empty ladder its steps and a window that has a height in its home.
    fn place_window(&mut self, height: i64, tick: Step, lot: Step) {
        self.scale = Scale::around(height, self.turn, tick, lot);
        self.set_start(self.start_for(self.scale.tick_near(height)));
        if self.window.is_none() {
            self.window = Some(Window::boxed());
        }
    }

    /// Lets the window begin at a tick; its cells are the caller's business.
    fn set_start(&mut self, start: u32) {
        self.start = start;
        self.gauge = self.scale.gauge(self.turn, start);
    }

    /// Where the window begins that has a tick in its home.
    fn start_for(&self, tick: u32) -> u32 {
        let start = u64::from(tick).saturating_sub(HOME).min(self.scale.ticks - WINDOW as u64);
        start as u32 & !(WORD as u32 - 1)
    }

    /// See [`super::Book::prefetch`].
    pub(super) fn prefetch(&self, levels: &[Level]) {
        let Some(window) = &self.window else { return };
        for level in levels {
            let place = self.gauge.place.count(level.price);
            if place < WINDOW as u64 {
                window.prefetch(place as usize);
            } else {
                self.behind.prefetch(self.gauge.tick.count(level.price) as u32);
            }
        }
    }

    /// Sets the levels of one message, in their order.
    #[inline]
    pub(super) fn apply_all(&mut self, levels: &[Level]) {
        if self.window.is_none() {
            return self.load(levels.iter().copied());
        }
        let mut rest = levels;
        loop {
            // Without wide quantities no cell needs to be asked whether its quantity is one.
            let narrow = self.wide.is_empty();
            let stopped = if narrow { self.apply_in_window::<false>(rest) } else { self.apply_in_window::<true>(rest) };
            let Some(at) = stopped else { break };
            let count = self.apply_elsewhere(&rest[at..]);
            rest = &rest[at + count..];
        }
        if self.front_from != NO_TICK {
            self.follow(levels);
        }
        if self.keeps_ends {
            self.follow_ends(levels);
        }
        self.settle();
    }

    /// Takes over the levels of a message, for there may be a rear or a head.
    #[cold]
    fn follow_ends(&mut self, levels: &[Level]) {
        if let Some(to) = self.head_to {
            self.follow_ahead(to, levels);
        }
        if let Some(to) = self.rear_to {
            self.follow_behind(to, levels);
        }
    }

    /// Forgets rear and head: the levels change as a whole.
    fn drop_ends(&mut self) {
        self.drop_rear();
        self.drop_head();
        self.keeps_ends = false;
    }

    /// Sets levels as long as their ticks are in the window and their quantities in the cells; gives the index of the first
    /// other one. No branch but that one depends on the levels.
    #[inline]
    fn apply_in_window<const WIDE_CELLS: bool>(&mut self, levels: &[Level]) -> Option<usize> {
        let window = self.window.as_deref_mut()?;
        let Gauge { place, lot, lots_max, .. } = self.gauge;
        let (mut len, mut top) = (self.len, self.top);
        let stopped = levels.iter().position(|level| {
            let index = place.count(level.price);
            let lots = lot.count(level.qty);
            if index >= WINDOW as u64 || lots > lots_max {
                return true;
            }
            let index = index as usize;
            let cell = &mut window.cells[index];
            if WIDE_CELLS && *cell == WIDE {
                return true;
            }
            len = len.wrapping_add(usize::from(lots != 0)).wrapping_sub(usize::from(*cell != 0));
            *cell = lots as u32;
            let word = &mut window.bits[index / WORD];
            *word = *word & !(1 << (index % WORD)) | u64::from(lots != 0) << (index % WORD);
            top = top.max(index / WORD);
            false
        });
        (self.len, self.top) = (len, top);
        stopped
    }

    /// Ends a message.
    #[inline]
    fn settle(&mut self) {
        if let Some(window) = &self.window {
            while self.top > 0 && window.bits[self.top] == 0 {
                self.top -= 1;
            }
        }
        if self.far_count >= REVIEW_AFTER || self.misfit_count >= self.survey_after {
            self.review();
        }
        if self.len - self.behind.len() < WANTED {
            self.mind_front();
        }
    }

    /// Sets the first level, wherever it belongs, and those that follow as long as they are not in the window; gives their
    /// number.
    fn apply_elsewhere(&mut self, levels: &[Level]) -> usize {
        let Gauge { tick, lot, lots_max, .. } = self.gauge;
        for (at, level) in levels.iter().enumerate() {
            let (tick, lots) = (tick.count(level.price), lot.count(level.qty));
            let inside = tick.wrapping_sub(u64::from(self.start)) < WINDOW as u64;
            if inside && at > 0 {
                return at;
            }
            if !inside && tick < self.scale.ticks && lots <= lots_max {
                let before = self.put_far(tick as u32, lots as u32);
                if before == WIDE {
                    self.wide.remove(tick as u32);
                }
                continue;
            }
            self.put(level.price ^ self.turn, level.qty);
        }
        levels.len()
    }

    /// Sets a cell outside the window; gives the one before.
    #[inline]
    fn put_far(&mut self, tick: u32, cell: u32) -> u32 {
        self.far_count += 1;
        let before = if tick < self.start {
            self.behind.set(tick, cell)
        } else if cell == 0 {
            self.ahead.remove(tick).unwrap_or(0)
        } else {
            self.ahead.insert(tick, cell).unwrap_or(0)
        };
        self.len = self.len + usize::from(cell != 0) - usize::from(before != 0);
        before
    }

    /// The quantity at a price, 0 where there is no level.
    pub(super) fn qty(&self, price: i64) -> i64 {
        let Some(window) = &self.window else { return 0 };
        let height = price ^ self.turn;
        let Some(tick) = self.scale.tick_of(height) else { return self.odd.get(height).unwrap_or(0) };
        let index = tick.wrapping_sub(self.start) as usize;
        let cell = match index {
            0..WINDOW => window.cells[index],
            _ if tick < self.start => self.behind.get(tick),
            _ => self.ahead.get(tick).unwrap_or(0),
        };
        self.level_of(tick, cell).qty
    }

    /// Sets one level, wherever it belongs.
    fn put(&mut self, height: i64, qty: i64) {
        let Some(tick) = self.scale.tick_of(height) else { return self.put_odd(height, qty) };
        let cell = self.cell_of(qty);
        let index = tick.wrapping_sub(self.start) as usize;
        let before = match &mut self.window {
            Some(window) if index < WINDOW => {
                let before = window.swap(index, cell);
                self.top = self.top.max(index / WORD);
                self.len = self.len + usize::from(cell != 0) - usize::from(before != 0);
                before
            }
            _ => self.put_far(tick, cell),
        };
        if cell == WIDE {
            self.misfit_count += 1;
            self.wide.insert(tick, qty);
        } else if before == WIDE {
            self.wide.remove(tick);
        }
    }

    /// What stands for a quantity in its cell.
    #[inline]
    fn cell_of(&self, qty: i64) -> u32 {
        let lots = self.gauge.lot.count(qty);
        if lots > self.scale.lots_max { WIDE } else { lots as u32 }
    }

    #[cold]
    fn put_odd(&mut self, height: i64, qty: i64) {
        self.misfit_count += 1;
        let before = if qty == 0 { self.odd.remove(height) } else { self.odd.insert(height, qty) };
        self.len = self.len + usize::from(qty != 0) - usize::from(before.is_some());
    }

    /// The level of a tick, given its cell.
    #[inline]
    fn level_of(&self, tick: u32, cell: u32) -> Level {
        let qty = if cell == WIDE { self.wide_qty(tick) } else { self.scale.qty_of(cell) };
        Level { price: self.scale.height_of(tick) ^ self.turn, qty }
    }

    #[cold]
    fn wide_qty(&self, tick: u32) -> i64 {
        self.wide.get(tick).expect("invariant: a quantity that is not in its cell is in the map of wide ones")
    }
}
