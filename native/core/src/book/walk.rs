//! All levels of a side in order: the window, the pages behind it, the far levels and the odd ones, merged.

use super::blocks::Position;
use super::ladder::Ladder;
use super::pages::Cursor;
use crate::event::Level;

/// Levels of a ladder, best first.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    ladder: &'a Ladder,
    left: usize,
    word: usize,
    /// Bits of that word that are still to come.
    bits: u64,
    behind: Cursor,
    far: Option<Position>,
    odd: Option<Position>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(ladder: &'a Ladder) -> Self {
        let word = ladder.top_word();
        Self {
            ladder,
            left: ladder.len(),
            word,
            bits: ladder.word(word),
            behind: ladder.behind.first(),
            far: ladder.far.before(ladder.far.end()),
            odd: ladder.odd.before(ladder.odd.end()),
        }
    }

    /// The highest tick of the window that is still to come.
    fn in_window(&mut self) -> Option<u32> {
        while self.bits == 0 {
            self.word = self.word.checked_sub(1)?;
            self.bits = self.ladder.word(self.word);
        }
        Some(self.ladder.tick_at(self.word, 63 - self.bits.leading_zeros()))
    }
}

impl Iterator for Walk<'_> {
    type Item = Level;

    fn next(&mut self) -> Option<Level> {
        let ladder = self.ladder;
        let near = self.in_window();
        // The window lies above the pages.
        let behind = if near.is_none() { ladder.behind.under(self.behind) } else { None };
        let far = self.far.and_then(|at| ladder.far.entry(at));
        let tick = near.max(behind.map(|(tick, _)| tick)).max(far.map(|(tick, _)| tick));
        if let Some((height, qty)) = self.odd.and_then(|at| ladder.odd.entry(at))
            && tick.is_none_or(|tick| ladder.height_of(tick) < height)
        {
            self.odd = self.odd.and_then(|at| ladder.odd.before(at));
            self.left -= 1;
            return Some(Level { price: height ^ ladder.turn, qty });
        }
        let tick = tick?;
        self.left -= 1;
        let cell = match (far, behind) {
            (Some((far, cell)), _) if far == tick => {
                self.far = self.far.and_then(|at| ladder.far.before(at));
                cell
            }
            (_, Some((behind, cell))) if behind == tick => {
                ladder.behind.next(&mut self.behind);
                cell
            }
            _ => {
                self.bits ^= 1 << (63 - self.bits.leading_zeros());
                ladder.cell(tick)
            }
        };
        Some(ladder.level_of(tick, cell))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Walk<'_> {}
