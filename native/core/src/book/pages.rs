//! The ticks behind the window: sparse, but much used. Pages of 64 ticks are found by an array, and a page keeps only the
//! cells that it has, in order, with a bit for each: the bits before a tick count its place. So a look-up neither searches nor
//! hashes, and memory is bounded by the number of pages.

/// Pages behind the window.
pub(super) const PAGES: usize = 4_096;

/// Ticks of a page.
pub(super) const PAGE: u32 = 64;

/// Ticks of all pages.
pub(super) const REACH: u32 = PAGES as u32 * PAGE;

/// Cells of the smallest run; each further size has twice as many, up to a page.
const SMALLEST: usize = 4;

/// Sizes of runs.
const SIZES: usize = 5;

/// Cells that are moved together.
const FEW: usize = 8;

/// No run.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, Default)]
struct Page {
    /// Which ticks have a cell.
    bits: u64,
    /// First cell.
    run: u32,
    /// Which size the run is.
    size: u32,
}

/// A place in the order of cells, best first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    page: usize,
    /// Ticks of that page that are still to come.
    bits: u64,
}

/// Cells of the ticks below `start`.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// First tick above those here, a multiple of [`PAGE`], at least [`REACH`].
    start: u32,
    /// Number of each page in the order of ticks, 0 for none. Empty until the first cell comes.
    directory: Vec<u16>,
    /// By number; the first one is no page.
    pages: Vec<Page>,
    free_pages: Vec<u16>,
    cells: Vec<u32>,
    /// First free run of each size; its first cell names the next one.
    free_runs: [u32; SIZES],
    len: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            start: REACH,
            directory: Vec::new(),
            pages: Vec::new(),
            free_pages: Vec::new(),
            cells: Vec::new(),
            free_runs: [NONE; SIZES],
            len: 0,
        }
    }
}

impl Pages {
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Empties the pages and keeps their room.
    pub(super) fn clear(&mut self) {
        self.directory.fill(0);
        self.pages.truncate(1);
        self.free_pages.clear();
        self.cells.clear();
        self.free_runs = [NONE; SIZES];
        self.len = 0;
    }

    /// Takes over other pages and keeps the room of these.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.directory.clone_from(&other.directory);
        self.pages.clone_from(&other.pages);
        self.free_pages.clone_from(&other.free_pages);
        self.cells.clone_from(&other.cells);
        (self.start, self.free_runs, self.len) = (other.start, other.free_runs, other.len);
    }

    /// The lowest tick that belongs here.
    pub(super) const fn lowest(&self) -> u32 {
        self.start - REACH
    }

    /// Sets the cell of the tick that lies `index` above [`Self::lowest`], 0 for none; gives the one before.
    #[inline]
    pub(super) fn set(&mut self, index: usize, cell: u32) -> u32 {
        let (page, bit) = (index / PAGE as usize, index as u32 % PAGE);
        let number = self.directory.get(page).copied().unwrap_or(0);
        let Some(found) = self.pages.get(usize::from(number)) else { return self.add_page(page, bit, cell) };
        let mask = 1 << bit;
        let at = found.run as usize + (found.bits & (mask - 1)).count_ones() as usize;
        if found.bits & mask == 0 {
            if number == 0 {
                return self.add_page(page, bit, cell);
            }
            if cell != 0 {
                self.insert(usize::from(number), mask, at, cell);
            }
            return 0;
        }
        if cell != 0 {
            return std::mem::replace(&mut self.cells[at], cell);
        }
        self.remove(page, usize::from(number), mask, at)
    }

    fn insert(&mut self, number: usize, mask: u64, at: usize, cell: u32) {
        let Page { bits, run, size } = self.pages[number];
        let len = bits.count_ones() as usize;
        let mut at = at;
        if len == SMALLEST << size {
            at = at - run as usize + self.grow(number);
        }
        let page = &mut self.pages[number];
        page.bits |= mask;
        self.len += 1;
        let count = page.run as usize + len - at;
        if let Some(few) = few(&mut self.cells, at, count) {
            let held = *few;
            few[0] = cell;
            for lane in 1..FEW {
                few[lane] = if lane <= count { held[lane - 1] } else { held[lane] };
            }
        } else {
            self.cells.copy_within(at..at + count, at + 1);
            self.cells[at] = cell;
        }
    }

    fn remove(&mut self, page: usize, number: usize, mask: u64, at: usize) -> u32 {
        let cell = self.cells[at];
        self.len -= 1;
        let found = &mut self.pages[number];
        let end = found.run as usize + found.bits.count_ones() as usize;
        found.bits ^= mask;
        if found.bits == 0 {
            self.drop_page(page);
            return cell;
        }
        let count = end - at - 1;
        if let Some(few) = few(&mut self.cells, at, count) {
            let held = *few;
            for lane in 0..FEW - 1 {
                few[lane] = if lane < count { held[lane + 1] } else { held[lane] };
            }
        } else {
            self.cells.copy_within(at + 1..end, at);
        }
        cell
    }

    /// Gives a page twice the room; returns where its cells begin.
    #[cold]
    fn grow(&mut self, number: usize) -> usize {
        let Page { run, size, .. } = self.pages[number];
        let (from, len) = (run as usize, SMALLEST << size);
        let to = self.take_run(size as usize + 1);
        self.cells.copy_within(from..from + len, to as usize);
        self.free_run(run, size);
        let page = &mut self.pages[number];
        (page.run, page.size) = (to, size + 1);
        to as usize
    }

    fn add_page(&mut self, page: usize, bit: u32, cell: u32) -> u32 {
        if cell == 0 {
            return 0;
        }
        if self.directory.is_empty() {
            self.directory.resize(PAGES, 0);
        }
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let run = self.take_run(0);
        self.cells[run as usize] = cell;
        let held = Page { bits: 1 << bit, run, size: 0 };
        let number = if let Some(number) = self.free_pages.pop() {
            self.pages[usize::from(number)] = held;
            number
        } else {
            reserve(&mut self.pages, 1);
            self.pages.push(held);
            (self.pages.len() - 1) as u16
        };
        self.directory[page] = number;
        self.len += 1;
        0
    }

    fn drop_page(&mut self, page: usize) {
        let number = std::mem::take(&mut self.directory[page]);
        let Page { run, size, .. } = std::mem::take(&mut self.pages[usize::from(number)]);
        self.free_run(run, size);
        self.free_pages.push(number);
    }

    fn take_run(&mut self, size: usize) -> u32 {
        let run = self.free_runs[size];
        if run != NONE {
            self.free_runs[size] = self.cells[run as usize];
            return run;
        }
        let run = self.cells.len();
        reserve(&mut self.cells, SMALLEST << size);
        self.cells.resize(run + (SMALLEST << size), 0);
        run as u32
    }

    fn free_run(&mut self, run: u32, size: u32) {
        self.cells[run as usize] = std::mem::replace(&mut self.free_runs[size as usize], run);
    }

    /// Lets the ticks here end at another start. Cells that have no place any more are handed over, in any order.
    pub(super) fn move_to(&mut self, start: u32, mut displaced: impl FnMut(u32, u32)) {
        let (before, lowest) = (self.lowest(), start - REACH);
        self.start = start;
        if self.directory.is_empty() {
            return;
        }
        for page in 0..PAGES {
            let number = usize::from(self.directory[page]);
            let first = before + page as u32 * PAGE;
            if number == 0 || (lowest..start).contains(&first) {
                continue;
            }
            let Page { mut bits, run, .. } = self.pages[number];
            for at in run as usize.. {
                if bits == 0 {
                    break;
                }
                displaced(first + bits.trailing_zeros(), self.cells[at]);
                bits &= bits - 1;
                self.len -= 1;
            }
            self.drop_page(page);
        }
        let by = (lowest.abs_diff(before) / PAGE).min(PAGES as u32) as usize;
        if lowest > before {
            self.directory.copy_within(by.., 0);
            self.directory[PAGES - by..].fill(0);
        } else {
            self.directory.copy_within(..PAGES - by, by);
            self.directory[..by].fill(0);
        }
    }

    /// The best cell.
    pub(super) fn first(&self) -> Cursor {
        let mut cursor = Cursor { page: 0, bits: 0 };
        if !self.is_empty() {
            cursor.page = PAGES - 1;
            cursor.bits = self.bits(PAGES - 1);
            self.settle(&mut cursor);
        }
        cursor
    }

    /// Tick and cell under a cursor; none at the end.
    #[inline]
    pub(super) fn under(&self, cursor: Cursor) -> Option<(u32, u32)> {
        let bit = cursor.bits.checked_ilog2()?;
        let page = &self.pages[usize::from(self.directory[cursor.page])];
        let at = page.run + (page.bits & ((1 << bit) - 1)).count_ones();
        Some((self.lowest() + cursor.page as u32 * PAGE + bit, self.cells[at as usize]))
    }

    /// The cell after the one under the cursor.
    #[inline]
    pub(super) fn next(&self, cursor: &mut Cursor) {
        cursor.bits ^= 1 << (63 - cursor.bits.leading_zeros());
        self.settle(cursor);
    }

    fn bits(&self, page: usize) -> u64 {
        self.pages[usize::from(self.directory[page])].bits
    }

    fn settle(&self, cursor: &mut Cursor) {
        while cursor.bits == 0 && cursor.page > 0 {
            cursor.page -= 1;
            cursor.bits = self.bits(cursor.page);
        }
    }
}

/// The cells from `at` on, if `count` of them can be moved by one without a branch for each: most pages have few.
#[inline]
fn few(cells: &mut [u32], at: usize, count: usize) -> Option<&mut [u32; FEW]> {
    if count < FEW { cells.get_mut(at..at + FEW)?.as_mut_array() } else { None }
}

/// Room for some more, an eighth at a time: doubling would waste more memory than it saves time.
fn reserve<T>(held: &mut Vec<T>, more: usize) {
    if held.len() + more > held.capacity() {
        held.reserve_exact(more + held.len() / 8 + 32);
    }
}
