//! The ticks around the best price: a cell each, and a bit for each cell that holds a level.

use crate::simd::lanes::prefetch;

/// Ticks of the window, a multiple of [`WORD`].
pub(super) const WINDOW: usize = 8_192;

/// Ticks whose bits make a word.
pub(super) const WORD: usize = 64;

/// Cells and bits.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Quantity in lots, [`super::scale::WIDE`], or 0 where no level is.
    pub(super) cells: [u32; WINDOW],
    /// Which cells are not 0.
    pub(super) bits: [u64; WINDOW / WORD],
}

impl Window {
    pub(super) fn boxed() -> Box<Self> {
        Box::new(Self { cells: [0; WINDOW], bits: [0; WINDOW / WORD] })
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(0);
        self.bits.fill(0);
    }

    #[inline]
    pub(super) fn prefetch(&self, index: usize) {
        prefetch(&self.cells[index]);
        prefetch(&self.bits[index / WORD]);
    }

    /// Sets a cell; gives the one before.
    pub(super) fn swap(&mut self, index: usize, cell: u32) -> u32 {
        let (word, bit) = (index / WORD, 1 << (index % WORD));
        if cell == 0 {
            self.bits[word] &= !bit;
        } else {
            self.bits[word] |= bit;
        }
        std::mem::replace(&mut self.cells[index], cell)
    }

    /// Hands over the places and cells of at most `most` levels, best first; no word above `top` has a bit.
    #[inline]
    pub(super) fn each_best(&self, top: usize, most: usize, mut each: impl FnMut(usize, u32)) {
        let mut left = most;
        for word in (0..=top).rev() {
            let mut bits = self.bits[word];
            while bits != 0 {
                if left == 0 {
                    return;
                }
                left -= 1;
                let bit = bits.ilog2();
                bits ^= 1 << bit;
                let place = word * WORD + bit as usize;
                each(place, self.cells[place]);
            }
        }
    }

    /// All levels with their places, best first.
    pub(super) fn levels(&self) -> impl Iterator<Item = (usize, u32)> + Clone + '_ {
        let words = self.bits.iter().enumerate().rev().filter(|(_, bits)| **bits != 0);
        let places = words.flat_map(|(word, bits)| {
            let mut bits = *bits;
            std::iter::from_fn(move || {
                let bit = bits.checked_ilog2()?;
                bits ^= 1 << bit;
                Some(word * WORD + bit as usize)
            })
        });
        places.map(|place| (place, self.cells[place]))
    }

    /// Makes the tick that was at `by` (a multiple of [`WORD`]) the first one; what has no place is forgotten.
    pub(super) fn shift(&mut self, by: i64) {
        let distance = usize::try_from(by.unsigned_abs()).unwrap_or(WINDOW).min(WINDOW);
        let (words, kept) = (distance / WORD, WINDOW - distance);
        if by > 0 {
            self.cells.copy_within(distance..WINDOW, 0);
            self.cells[kept..].fill(0);
            self.bits.copy_within(words..WINDOW / WORD, 0);
            self.bits[kept / WORD..].fill(0);
        } else {
            self.cells.copy_within(..kept, distance);
            self.cells[..distance].fill(0);
            self.bits.copy_within(..kept / WORD, words);
            self.bits[..words].fill(0);
        }
    }
}
