//! The walk over `[["price","qty"],…]` by its quotes. Four quotes are a level, eight where each row has two more texts; what stands
//! between them is compared with the one spelling that is known here, and the numbers are converted a block at a time.

use super::scalar;
use super::spelling::Spelling;
use super::{Indexed, PADDING};
use crate::event::Level;

/// Most levels of a block.
const BLOCK_LEVELS_MAX: usize = 4;

/// Quotes of a row, at most.
const ROW_MAX: usize = 8;

const _: () = assert!(ROW_MAX * BLOCK_LEVELS_MAX < PADDING);

/// What is not as prepared for in a block of levels; all zero where everything is.
#[derive(Clone, Copy, Debug)]
pub struct Unfit {
    /// 16 bits a level: characters of its numbers.
    pub text: u64,
    /// 4 bits a level: the price's length, the distance to the quantity, the quantity's length, the distance to the next level.
    pub lengths: u32,
    /// 2 bits a level, of which the lower says that its price is zero.
    pub free: u32,
}

impl Unfit {
    /// Whether anything is unfit in the first `levels` levels, the distance behind the last of them aside.
    #[inline(always)]
    const fn among(&self, levels: usize) -> bool {
        let text = self.text << (64 - 16 * levels);
        let lengths = self.lengths << (33 - 4 * levels);
        let free = self.free << (32 - 2 * levels);
        text != 0 || lengths != 0 || free != 0
    }

    /// Whether anything is unfit in this level.
    const fn is_at(&self, level: usize) -> bool {
        let text = self.text >> (16 * level) & 0xffff;
        let lengths = self.lengths >> (4 * level) & 0xf;
        let free = self.free >> (2 * level) & 0x3;
        text != 0 || lengths != 0 || free != 0
    }
}

/// Converts a few levels at a time.
pub trait Block: Sized {
    /// Levels of a block.
    const LEVELS: usize;
    /// Quotes of a row: 4, or 8 where two more texts follow price and quantity.
    const ROW: usize;

    /// Prepares for columns spelled like this.
    ///
    /// # Safety
    ///
    /// The host has the instructions.
    unsafe fn new(price: &Spelling, qty: &Spelling) -> Self;

    /// Converts the levels whose quotes begin at `quotes`, storing [`Self::LEVELS`] at `out`.
    ///
    /// # Safety
    ///
    /// The host has the instructions. `quotes` points to `ROW × LEVELS + 1` readable positions, of which the second and the
    /// fourth of each row are at least 16 and inside the frame; `out` to room for `LEVELS`.
    unsafe fn convert(&self, frame: &[u8], quotes: *const u16, out: *mut Level) -> Unfit;

    /// [`mended`] with the instructions of this path, for columns spelled like this.
    ///
    /// # Safety
    ///
    /// As there.
    unsafe fn mended(
        indexed: &Indexed<'_, '_>,
        first: usize,
        columns: (&Spelling, &Spelling),
        exponents: (i8, i8),
        out: &mut Vec<Level>,
    ) -> Option<(usize, usize)>;
}

/// See [`Indexed::levels`]. Returns the number of levels and the byte behind the array.
///
/// # Safety
///
/// The host has the instructions of `B`.
#[inline(always)]
pub unsafe fn walk<B: Block>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    let Indexed { frame, quotes, count, .. } = *indexed;
    let text = |open: usize| frame.get(usize::from(*quotes.get(open)?) + 1..usize::from(*quotes.get(open + 1)?));
    let open = usize::from(*quotes.get(first)?);
    // The vectors of the first number begin inside the frame.
    if open < 16 || frame.get(open - 2..open)? != b"[[" {
        return None;
    }
    let (price, qty) = (text(first)?, text(first + 2)?);
    // What no lane can hold is converted one by one. No other spelling may stand in for it: integers would fit that of integers.
    let (Some(price), Some(qty)) = (Spelling::of(price, exponents.0), Spelling::of(qty, exponents.1)) else {
        return match B::ROW {
            4 => one_by_one::<4>(indexed, first, exponents, out),
            _ => one_by_one::<8>(indexed, first, exponents, out),
        };
    };
    out.clear();
    let levels_max = (count.checked_sub(first)?).div_ceil(B::ROW);
    out.reserve(levels_max + BLOCK_LEVELS_MAX);
    if B::ROW > 4 {
        // Venues of such rows write numbers without needless zeros: hardly any message is spelled evenly.
        // SAFETY: the caller's, and the room was reserved.
        return unsafe { B::mended(indexed, first, (price, qty), exponents, out) };
    }
    // SAFETY: the caller's.
    let block = unsafe { B::new(price, qty) };
    let mut done = 0;
    // What is wrong with a level waits until the end: the loop turns on the brackets alone, which are known long before.
    let mut wrong = 0;
    while done < levels_max {
        // SAFETY: `first + ROW * done` is below the count, behind which `PADDING` entries stand.
        let step = unsafe { quotes.as_ptr().add(first + B::ROW * done) };
        // SAFETY: room for `levels_max + BLOCK_LEVELS_MAX` was reserved.
        let place = unsafe { out.as_mut_ptr().add(done) };
        // SAFETY: entries ascend from `open`, which is at least 16, and lie inside the frame; see above for the rest.
        let unfit = unsafe { block.convert(frame, step, place) };
        let (mut commas, mut rows) = (0, 0);
        for level in 0..B::LEVELS {
            // SAFETY: within the entries named above.
            let quotes = unsafe { step.add(B::ROW * level) };
            // SAFETY: as above.
            let (comma, row) = unsafe { seams::<B>(frame, quotes) };
            commas |= comma;
            rows |= row;
        }
        if rows == 0 {
            done += B::LEVELS;
            wrong |= unfit.text | u64::from(unfit.lengths | unfit.free | commas);
            continue;
        }
        let (mut levels, mut row) = (0, 0);
        while row == 0 && levels < B::LEVELS {
            // SAFETY: as above.
            let quotes = unsafe { step.add(B::ROW * levels) };
            // SAFETY: as above.
            let seam = unsafe { seams::<B>(frame, quotes) };
            wrong |= u64::from(seam.0);
            (row, levels) = (seam.1, levels + 1);
        }
        done += levels;
        let last = quotes.get(first + B::ROW * done - 1).filter(|_| first + B::ROW * done <= count)?;
        let end = usize::from(*last) + 3;
        let ended = frame.get(end - 2..end)? == b"]]";
        if !ended || wrong != 0 || unfit.among(levels) {
            // SAFETY: the caller's, and room for `levels_max + BLOCK_LEVELS_MAX` was reserved.
            return unsafe { B::mended(indexed, first, (price, qty), exponents, out) };
        }
        // SAFETY: so many are written.
        unsafe { out.set_len(done) };
        return Some((done, end));
    }
    None
}

/// The same where some levels are spelled otherwise, as a removed one is `"0"` at some venues: those are converted one by one.
///
/// # Safety
///
/// The host has the instructions of `B`; `out` has room for a block more than the levels that the quotes from `first` on may be;
/// the quote `first` is at 16 at least.
#[inline(always)]
pub unsafe fn mended<B: Block>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    columns: (&Spelling, &Spelling),
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    let Indexed { frame, quotes, count, .. } = *indexed;
    // SAFETY: the caller's.
    let block = unsafe { B::new(columns.0, columns.1) };
    let mut done = 0;
    while first + B::ROW * (done + 1) <= count {
        // SAFETY: `first + ROW * done` is below the count, behind which `PADDING` entries stand.
        let step = unsafe { quotes.as_ptr().add(first + B::ROW * done) };
        // SAFETY: as many levels are done as quotes allow at most.
        let place = unsafe { out.as_mut_ptr().add(done) };
        // SAFETY: entries ascend from the first, which is at least 16, and lie inside the frame.
        let unfit = unsafe { block.convert(frame, step, place) };
        for level in 0..B::LEVELS {
            let at = first + B::ROW * (done + level);
            if at + B::ROW > count {
                return None;
            }
            let enclosing = quotes.get(at..)?.first_chunk::<4>()?.map(usize::from);
            let (row_end, next) = row_end(frame, quotes, at, B::ROW)?;
            if unfit.is_at(level) {
                let mended = scalar::level_apart(frame, enclosing, exponents)?;
                // SAFETY: within the block that was stored.
                let place = unsafe { place.add(level) };
                // SAFETY: as above.
                unsafe { place.write(mended) };
            }
            match frame.get(row_end..row_end + 4)? {
                b"\"],[" if next == row_end + 4 => {}
                [b'"', b']', b']', _] => {
                    let levels = done + level + 1;
                    // SAFETY: so many are written.
                    unsafe { out.set_len(levels) };
                    return Some((levels, row_end + 3));
                }
                _ => return None,
            }
        }
        done += B::LEVELS;
    }
    None
}

/// The closing quote of a row and the quote behind it, if commas part its texts. The row's quotes lie below the count.
#[inline(always)]
fn row_end(frame: &[u8], quotes: &[u16], at: usize, row: usize) -> Option<(usize, usize)> {
    let row_quotes = quotes.get(at..=at + row)?;
    for pair in row_quotes.get(1..row - 1)?.chunks_exact(2) {
        if frame.get(usize::from(pair[0])..=usize::from(pair[1]))? != b"\",\"" {
            return None;
        }
    }
    Some((usize::from(*row_quotes.get(row - 1)?), usize::from(*row_quotes.get(row)?)))
}

/// How what stands before the level's quantity, and before each text behind it, differs from `",`, and what stands before the next
/// level from `"],[`. As every quote is known, the quotes in them are those that close the texts before.
///
/// # Safety
///
/// `quotes` points to `ROW + 1` positions, of at least 16 and inside the frame.
#[inline(always)]
unsafe fn seams<B: Block>(frame: &[u8], quotes: *const u16) -> (u32, u32) {
    let mut difference = 0;
    for text in 1..B::ROW / 2 {
        // SAFETY: the caller's.
        let open = unsafe { position(quotes, 2 * text) };
        // SAFETY: the caller's.
        let comma: [u8; 2] = unsafe { bytes(frame, open - 2) };
        difference |= u16::from_le_bytes(comma) ^ const { u16::from_le_bytes(*b"\",") };
    }
    // SAFETY: the caller's.
    let next = unsafe { position(quotes, B::ROW) };
    // SAFETY: the caller's.
    let row: [u8; 4] = unsafe { bytes(frame, next - 4) };
    (u32::from(difference), u32::from_le_bytes(row) ^ const { u32::from_le_bytes(*b"\"],[") })
}

/// The position of a quote.
///
/// # Safety
///
/// `quotes` points to more than `index` positions.
#[inline(always)]
pub unsafe fn position(quotes: *const u16, index: usize) -> usize {
    // SAFETY: the caller's.
    let place = unsafe { quotes.add(index) };
    // Volatile: the compiler would take the position out of the vector that was loaded from the same place, two steps and the one
    // port of shuffles, instead of loading it.
    // SAFETY: the caller's.
    usize::from(unsafe { place.read_volatile() })
}

/// What stands at a place of the frame. `T` must be a type that any bytes make a value of: an array of bytes, or a vector.
///
/// # Safety
///
/// The frame has as many bytes from `at` on.
#[inline(always)]
pub unsafe fn bytes<T: Copy>(frame: &[u8], at: usize) -> T {
    // SAFETY: the caller's.
    let place = unsafe { frame.as_ptr().add(at) };
    // SAFETY: the caller's.
    unsafe { place.cast::<T>().read_unaligned() }
}

/// The same level by level: the path without vectors, and for numbers of several spellings.
pub fn one_by_one<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    let Indexed { frame, quotes, count, .. } = *indexed;
    out.clear();
    let open = usize::from(*quotes.get(first)?);
    if frame.get(open.checked_sub(2)?..open)? != b"[[" {
        return None;
    }
    let mut at = first;
    while at + ROW <= count {
        let [price_open, price_end, qty_open, qty_end] = quotes.get(at..)?.first_chunk::<4>()?.map(usize::from);
        out.push(scalar::level(frame.get(price_open + 1..price_end)?, frame.get(qty_open + 1..qty_end)?, exponents)?);
        let (row_end, next) = row_end(frame, quotes, at, ROW)?;
        match frame.get(row_end..row_end + 4)? {
            b"\"],[" if next == row_end + 4 => at += ROW,
            [b'"', b']', b']', _] => return Some((out.len(), row_end + 3)),
            _ => return None,
        }
    }
    None
}
