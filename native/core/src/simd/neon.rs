//! The path for ARM64: 64 bytes of index, or four levels, at a time. Every ARM64 host has NEON, so the compiler may use it
//! everywhere in this file, and of its instructions only those that touch memory are unsafe.

use std::arch::aarch64::*;

use super::levels::{self, Block, Unfit, bytes, position, walk};
use super::spelling::{LANE, Spelling};
use super::{Indexed, SLACK, flatten};
use crate::event::Level;

/// A different bit for each of eight bytes, twice.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

/// What the digits of a number count among their two, of twos among their four, of fours among their eight.
const TENS: [u8; 16] = [10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1];
const HUNDREDS: [u8; 8] = [100, 1, 100, 1, 100, 1, 100, 1];
const TEN_THOUSANDS: [u16; 4] = [10_000, 1, 10_000, 1];

/// How far each byte of a lane is from the lane's end, plus one.
const FROM_END: [u8; LANE] = [16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1];

/// The two bits that are a level's in [`Unfit::free`], of which the lower one is used.
const FREE: [u16; 4] = [1 << 0, 1 << 2, 1 << 4, 1 << 6];

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the array is as long as the vector.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// See [`super::Parser::index`].
///
/// # Safety
///
/// `quotes` is longer than the frame by `SLACK`.
#[target_feature(enable = "neon")]
pub unsafe fn index(frame: &[u8], quotes: &mut [u16]) -> Option<usize> {
    debug_assert!(quotes.len() >= frame.len() + SLACK);
    let bits = load(&BITS);
    let (quote, escape) = (vdupq_n_u8(b'"'), vdupq_n_u8(b'\\'));
    let (mut least, mut most, mut escapes) = (vdupq_n_u8(b' '), vdupq_n_u8(b' '), vdupq_n_u8(0));
    let mut count = 0;
    let (blocks, rest) = frame.as_chunks::<64>();
    let mut tail = [b' '; 64];
    tail[..rest.len()].copy_from_slice(rest);
    for (number, block) in blocks.iter().chain([&tail]).enumerate() {
        let mut found = [bits; 4];
        let (quarters, _) = block.as_chunks::<16>();
        for (found, quarter) in found.iter_mut().zip(quarters) {
            let bytes = load(quarter);
            least = vminq_u8(least, bytes);
            most = vmaxq_u8(most, bytes);
            escapes = vorrq_u8(escapes, vceqq_u8(bytes, escape));
            *found = vandq_u8(vceqq_u8(bytes, quote), bits);
        }
        // Sums of eight neighbours, each a bit of its own, are the mask.
        let halves = (vpaddq_u8(found[0], found[1]), vpaddq_u8(found[2], found[3]));
        let quarters = vpaddq_u8(halves.0, halves.1);
        let mask = vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(quarters, quarters)));
        // SAFETY: `count` is at most the block's start, and `SLACK` entries lie beyond the frame's length.
        count += unsafe { flatten(mask, 64 * number as u16, quotes.as_mut_ptr().add(count)) };
    }
    let clean = vminvq_u8(least) >= 0x20 && vmaxvq_u8(most) < 0x80 && vmaxvq_u8(escapes) == 0;
    clean.then_some(count)
}

/// See [`super::Indexed::levels`].
pub fn levels<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: every ARM64 host has the instructions.
    unsafe { walk::<Neon<ROW>>(indexed, first, exponents, out) }
}

/// One spelling.
struct Column {
    bias: uint8x16_t,
    most: uint8x16_t,
    shuffle: uint8x16_t,
}

struct Neon<const ROW: usize> {
    price: Column,
    qty: Column,
    /// For each quote of two levels, the least distance to the next, and the greatest.
    least: uint16x8_t,
    most: uint16x8_t,
}

impl Column {
    #[inline]
    #[target_feature(enable = "neon")]
    fn new(spelling: &Spelling) -> Self {
        Self { bias: load(&spelling.bias), most: load(&spelling.most), shuffle: load(&spelling.shuffle) }
    }

    /// The digits of a number, right-aligned at the wanted exponent, and a nonzero byte for each that is not as spelled. The
    /// number has one character less than `distance`; its first must not be the digit zero if it has one less than `longer`.
    #[inline]
    #[target_feature(enable = "neon")]
    fn digits(&self, text: uint8x16_t, distance: uint8x16_t, longer: uint8x16_t) -> (uint8x16_t, uint8x16_t) {
        let from_end = load(&FROM_END);
        let own = vcgtq_u8(distance, from_end);
        let first = vceqq_u8(longer, vaddq_u8(from_end, vdupq_n_u8(1)));
        let digits = vandq_u8(vsubq_u8(text, self.bias), own);
        // All ones is minus one, which makes a zero too large; what was too large stays so, a ten (the colon) among it.
        let checked = vmaxq_u8(digits, vaddq_u8(digits, first));
        (vqtbl1q_u8(digits, self.shuffle), vqsubq_u8(checked, self.most))
    }
}

/// Numbers of sixteen digits each.
#[inline]
#[target_feature(enable = "neon")]
fn values(price: uint8x16_t, qty: uint8x16_t) -> uint64x2_t {
    let tens = load(&TENS);
    let twos = vpaddq_u8(vmulq_u8(price, tens), vmulq_u8(qty, tens));
    // SAFETY: the array is as long as the vector.
    let hundreds = unsafe { vld1_u8(HUNDREDS.as_ptr()) };
    let fours = vpaddq_u16(vmull_u8(vget_low_u8(twos), hundreds), vmull_u8(vget_high_u8(twos), hundreds));
    // SAFETY: as above.
    let ten_thousands = unsafe { vld1_u16(TEN_THOUSANDS.as_ptr()) };
    let eights = vpaddq_u32(vmull_u16(vget_low_u16(fours), ten_thousands), vmull_u16(vget_high_u16(fours), ten_thousands));
    // The high eight digits of price and quantity, then the low ones.
    let (low, high) = (vget_low_u32(eights), vget_high_u32(eights));
    vmlal_n_u32(vmovl_u32(vuzp2_u32(low, high)), vuzp1_u32(low, high), 100_000_000)
}

/// A bit for each of 16 numbers, that it is zero.
#[inline]
#[target_feature(enable = "neon")]
fn zeros(low: uint16x8_t, high: uint16x8_t) -> u32 {
    let bytes = vcombine_u8(vmovn_u16(vceqzq_u16(low)), vmovn_u16(vceqzq_u16(high)));
    let bits = vandq_u8(bytes, load(&BITS));
    u32::from(vaddv_u8(vget_low_u8(bits))) | u32::from(vaddv_u8(vget_high_u8(bits))) << 8
}

/// The bytes that end at a quote.
///
/// # Safety
///
/// `quotes` has that many entries, and this one is at least 16 and inside the frame.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn text(frame: &[u8], quotes: *const u16, entry: usize) -> uint8x16_t {
    // SAFETY: the caller's.
    let end = unsafe { position(quotes, entry) };
    // SAFETY: the caller's: 16 bytes of the frame stand before the quote.
    unsafe { bytes(frame, end - LANE) }
}

/// For the quotes of two levels, how far it is to the next.
struct Distances {
    /// As they are.
    all: uint16x8_t,
    /// The low bytes; lengths beyond a byte are unfit anyway.
    bytes: uint8x16_t,
    /// The same, zero where a number is as short as it can be: longer ones begin with another digit than zero.
    longer: uint8x16_t,
}

impl Distances {
    /// # Safety
    ///
    /// `quotes` has `2 × ROW + 1` entries.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn of<const ROW: usize>(block: &Neon<ROW>, quotes: *const u16) -> Self {
        // SAFETY: the caller's.
        let opens = unsafe { two_rows::<ROW>(quotes) };
        // SAFETY: the caller's.
        let behind = unsafe { quotes.add(1) };
        // SAFETY: the caller's.
        let ends = unsafe { two_rows::<ROW>(behind) };
        let all = vsubq_u16(ends, opens);
        let longer = vbicq_u16(all, vceqq_u16(all, block.least));
        Self { all, bytes: vreinterpretq_u8_u16(all), longer: vreinterpretq_u8_u16(longer) }
    }

    /// All ones for each that is allowed.
    #[inline]
    #[target_feature(enable = "neon")]
    fn within<const ROW: usize>(&self, block: &Neon<ROW>) -> uint16x8_t {
        vandq_u16(vcgeq_u16(self.all, block.least), vcleq_u16(self.all, block.most))
    }
}

/// Four positions of each of two rows.
///
/// # Safety
///
/// `quotes` has `2 × ROW` entries.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn two_rows<const ROW: usize>(quotes: *const u16) -> uint16x8_t {
    // SAFETY: the caller's.
    let low = unsafe { vld1_u16(quotes) };
    // SAFETY: the caller's.
    let second = unsafe { quotes.add(ROW) };
    // SAFETY: the caller's.
    let high = unsafe { vld1_u16(second) };
    vcombine_u16(low, high)
}

/// Price and quantity of a level, and a nonzero byte for each character that is not as spelled. `PRICE` and `QTY` are the bytes
/// of the distances that are the level's.
///
/// # Safety
///
/// `quotes` has four entries, of which the second and the fourth are at least 16 and inside the frame.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn level<const ROW: usize, const PRICE: i32, const QTY: i32>(
    block: &Neon<ROW>,
    frame: &[u8],
    quotes: *const u16,
    distances: &Distances,
) -> (uint64x2_t, uint8x16_t) {
    let Distances { bytes, longer, .. } = *distances;
    // SAFETY: the caller's.
    let (price, qty) = (unsafe { text(frame, quotes, 1) }, unsafe { text(frame, quotes, 3) });
    let (price, price_unfit) = block.price.digits(price, vdupq_laneq_u8::<PRICE>(bytes), vdupq_laneq_u8::<PRICE>(longer));
    let (qty, qty_unfit) = block.qty.digits(qty, vdupq_laneq_u8::<QTY>(bytes), vdupq_laneq_u8::<QTY>(longer));
    (values(price, qty), vorrq_u8(price_unfit, qty_unfit))
}

/// A half of four 128-bit words that is nonzero where any of their bytes is: the greatest of each four bytes, then of all.
#[inline]
#[target_feature(enable = "neon")]
fn any(words: [uint8x16_t; 4]) -> uint16x4_t {
    let pairs = (vpmaxq_u8(words[0], words[1]), vpmaxq_u8(words[2], words[3]));
    let fours = vreinterpretq_u32_u8(vpmaxq_u8(pairs.0, pairs.1));
    vmovn_u32(vtstq_u32(fours, fours))
}

impl<const ROW: usize> Block for Neon<ROW> {
    const LEVELS: usize = 4;
    const ROW: usize = ROW;

    #[inline(always)]
    unsafe fn new(price: &Spelling, qty: &Spelling) -> Self {
        // SAFETY: every ARM64 host has the instructions.
        unsafe { prepare(price, qty) }
    }

    #[inline(always)]
    unsafe fn convert(&self, frame: &[u8], quotes: *const u16, out: *mut Level) -> Unfit {
        // SAFETY: the caller's.
        unsafe { convert(self, frame, quotes, out) }
    }

    unsafe fn mended(
        indexed: &Indexed<'_, '_>,
        first: usize,
        columns: (&Spelling, &Spelling),
        exponents: (i8, i8),
        out: &mut Vec<Level>,
    ) -> Option<(usize, usize)> {
        // SAFETY: the caller's.
        unsafe { mended::<ROW>(indexed, first, columns, exponents, out) }
    }
}

/// See [`Block::mended`].
///
/// # Safety
///
/// As there.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn mended<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    columns: (&Spelling, &Spelling),
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's.
    unsafe { levels::mended::<Neon<ROW>>(indexed, first, columns, exponents, out) }
}

/// See [`Block::new`].
#[inline]
#[target_feature(enable = "neon")]
fn prepare<const ROW: usize>(price: &Spelling, qty: &Spelling) -> Neon<ROW> {
    // Distances are lengths plus one; from price to quantity it is 2, from a level to the next 4, to another text 2.
    let behind: u64 = if ROW == 4 { 4 } else { 2 };
    let quads = |price: u16, qty: u16| {
        let quad = u64::from(price + 1) | 2 << 16 | u64::from(qty + 1) << 32 | behind << 48;
        vreinterpretq_u16_u64(vdupq_n_u64(quad))
    };
    Neon {
        price: Column::new(price),
        qty: Column::new(qty),
        least: quads(price.length_min, qty.length_min),
        most: quads(price.length_max, qty.length_max),
    }
}

/// See [`Block::convert`].
///
/// # Safety
///
/// As there.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn convert<const ROW: usize>(block: &Neon<ROW>, frame: &[u8], quotes: *const u16, out: *mut Level) -> Unfit {
    // SAFETY: the caller's: entries of four rows and one more.
    let steps = [0, ROW, 2 * ROW, 3 * ROW].map(|entry| unsafe { quotes.add(entry) });
    // SAFETY: two rows and an entry from the first level on.
    let low = unsafe { Distances::of(block, steps[0]) };
    // SAFETY: two rows and an entry from the third level on.
    let high = unsafe { Distances::of(block, steps[2]) };
    // SAFETY: the caller's; so for the next three.
    let first = unsafe { level::<ROW, 0, 4>(block, frame, steps[0], &low) };
    // SAFETY: as above.
    let second = unsafe { level::<ROW, 8, 12>(block, frame, steps[1], &low) };
    // SAFETY: as above.
    let third = unsafe { level::<ROW, 0, 4>(block, frame, steps[2], &high) };
    // SAFETY: as above.
    let fourth = unsafe { level::<ROW, 8, 12>(block, frame, steps[3], &high) };
    for (number, (values, _)) in [first, second, third, fourth].into_iter().enumerate() {
        // SAFETY: the caller's: room for four levels.
        let place = unsafe { out.add(number) };
        // SAFETY: a level is two such numbers.
        unsafe { vst1q_u64(place.cast(), values) };
    }
    let prices = (vzip1q_u64(first.0, second.0), vzip1q_u64(third.0, fourth.0));
    let zero = vcombine_u32(vmovn_u64(vceqzq_u64(prices.0)), vmovn_u64(vceqzq_u64(prices.1)));
    // SAFETY: the array is as long as the vector.
    let free = unsafe { vld1_u16(FREE.as_ptr()) };
    let free = vaddv_u16(vand_u16(vmovn_u32(zero), free));
    let text = any([first.1, second.1, third.1, fourth.1]);
    Unfit {
        text: vget_lane_u64::<0>(vreinterpret_u64_u16(text)),
        lengths: zeros(low.within(block), high.within(block)),
        free: u32::from(free),
    }
}

/// The walk takes a block that it is told is unfit number by number, so whole frames read the same however much is said to be.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{PADDING, scalar};

    /// Four levels with these numbers and a fifth: what is unfit in the four, and their values.
    fn converted(levels: [(&str, &str); 4]) -> (Unfit, [Level; 4]) {
        let rows: String = levels.iter().map(|(price, qty)| format!("[\"{price}\",\"{qty}\"],")).collect();
        let frame = format!("{:16}[{rows}[\"1.00\",\"1.000\"]]", "");
        let mut quotes = vec![0; frame.len() + SLACK + PADDING];
        assert_eq!(scalar::index(frame.as_bytes(), &mut quotes), Some(20));
        let (price, qty) = (Spelling::of(b"1.00", -2).unwrap(), Spelling::of(b"1.000", -3).unwrap());
        let mut out = [Level::default(); 4];
        // SAFETY: `scalar::index` found 20 quotes inside the frame, behind 16 bytes; there is room for four levels.
        let unfit = unsafe { convert(&prepare::<4>(price, qty), frame.as_bytes(), quotes.as_ptr(), out.as_mut_ptr()) };
        (unfit, out)
    }

    const GOOD: (&str, &str) = ("64012.40", "0.000");

    #[test]
    fn levels_as_spelled_are_fit_and_exact() {
        let (unfit, levels) = converted([GOOD, ("0.01", "1.250"), ("999999999999.99", "99999999999.999"), ("7.00", "12.003")]);
        assert_eq!((unfit.text, unfit.lengths, unfit.free), (0, 0, 0));
        let expected = [(6_401_240, 0), (1, 1_250), (99_999_999_999_999, 99_999_999_999_999), (700, 12_003)];
        assert_eq!(levels, expected.map(|(price, qty)| Level { price, qty }));
    }

    #[test]
    fn what_is_unfit_is_told_at_its_level_alone() {
        for at in 0..4 {
            let with = |level| {
                let mut levels = [GOOD; 4];
                levels[at] = level;
                let (Unfit { text, lengths, free }, _) = converted(levels);
                assert_eq!(text & !(0xffff << (16 * at)), 0);
                (text != 0, lengths >> (4 * at), free >> (2 * at))
            };
            for level in [("64012,40", "0.000"), ("6x.40", "0.000"), ("1.00", "1.00:"), ("1.00", "/.000"), ("1.000", "1.000")] {
                assert_eq!(with(level), (true, 0, 0), "{level:?} at {at}");
            }
            // Longer than need be, and too short to have a digit before the point.
            assert_eq!(with(("064012.40", "0.000")), (true, 0, 0));
            assert_eq!(with(("1.00", "01.000")), (true, 0, 0));
            assert_eq!(with((".40", "0.000")).1, 0b0001);
            assert_eq!(with(("1.00", "123456789012.000")).1, 0b0100);
            assert_eq!(with(("0.00", "0.000")), (false, 0, 1));
        }
    }
}
