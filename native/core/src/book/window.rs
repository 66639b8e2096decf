//! The ticks around the best price: a cell each, and a bit for each cell that holds a level.

/// Ticks of the window, a multiple of 64.
pub(super) const WINDOW: usize = 8_192;

/// Cells and bits.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Quantity in lots, [`WIDE`], or 0 where no level is.
    pub(super) cells: [u32; WINDOW],
    /// Which cells are not 0.
    pub(super) bits: [u64; WINDOW / 64],
}

impl Window {
    pub(super) fn boxed() -> Box<Self> {
        Box::new(Self { cells: [0; WINDOW], bits: [0; WINDOW / 64] })
    }

    pub(super) fn clear(&mut self) {
        self.cells.fill(0);
        self.bits.fill(0);
    }

    /// Sets a cell; gives the one before.
    pub(super) fn swap(&mut self, index: usize, cell: u32) -> u32 {
        let (word, bit) = (index / 64, 1 << (index % 64));
        if cell == 0 {
            self.bits[word] &= !bit;
        } else {
            self.bits[word] |= bit;
        }
        std::mem::replace(&mut self.cells[index], cell)
    }

    /// Makes the tick that was at `by` (a multiple of 64) the first one; what has no place is forgotten.
    pub(super) fn shift(&mut self, by: i64) {
        let distance = usize::try_from(by.unsigned_abs()).unwrap_or(WINDOW).min(WINDOW);
        let (words, kept) = (distance / 64, WINDOW - distance);
        if by > 0 {
            self.cells.copy_within(distance..WINDOW, 0);
            self.cells[kept..].fill(0);
            self.bits.copy_within(words..WINDOW / 64, 0);
            self.bits[kept / 64..].fill(0);
        } else {
            self.cells.copy_within(..kept, distance);
            self.cells[..distance].fill(0);
            self.bits.copy_within(..kept / 64, words);
            self.bits[..words].fill(0);
        }
    }
}
