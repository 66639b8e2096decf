//! The path for x86-64 with AVX2: 64 bytes of index in two halves, or two levels, at a time.

use std::arch::x86_64::*;

use super::levels::{self, Block, Unfit, bytes, position, walk};
use super::spelling::{LANE, Spelling};
use super::{Indexed, SLACK, flatten};
use crate::event::Level;

/// Whether this host has all that the functions below ask for.
pub fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

/// See [`super::Parser::index`].
///
/// # Safety
///
/// [`is_available`]; `quotes` is longer than the frame by `SLACK`.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub unsafe fn index(frame: &[u8], quotes: &mut [u16]) -> Option<usize> {
    debug_assert!(quotes.len() >= frame.len() + SLACK);
    let quote = _mm256_set1_epi8(b'"'.cast_signed());
    let escape = _mm256_set1_epi8(b'\\'.cast_signed());
    let mut every = _mm256_setzero_si256();
    let mut least = _mm256_set1_epi8(0x20);
    let mut escapes = _mm256_setzero_si256();
    let mut count = 0;
    let (blocks, rest) = frame.as_chunks::<64>();
    let mut tail = [b' '; 64];
    tail[..rest.len()].copy_from_slice(rest);
    for (number, block) in blocks.iter().chain([&tail]).enumerate() {
        // SAFETY: a block is as long as two vectors.
        let halves: [__m256i; 2] = unsafe { bytes(block, 0) };
        let mut mask = 0;
        for (half, bytes) in halves.into_iter().enumerate() {
            every = _mm256_or_si256(every, bytes);
            least = _mm256_min_epu8(least, bytes);
            escapes = _mm256_or_si256(escapes, _mm256_cmpeq_epi8(bytes, escape));
            let found = _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, quote)).cast_unsigned();
            mask |= u64::from(found) << (32 * half);
        }
        // SAFETY: `count` is at most the block's start, and `SLACK` entries lie beyond the frame's length.
        let to = unsafe { quotes.as_mut_ptr().add(count) };
        // SAFETY: as above.
        count += unsafe { flatten(mask, 64 * number as u16, to) };
    }
    let control = _mm256_cmpeq_epi8(least, _mm256_set1_epi8(0x20));
    let clean =
        _mm256_movemask_epi8(control) == -1 && _mm256_testz_si256(escapes, escapes) == 1 && _mm256_movemask_epi8(every) == 0;
    clean.then_some(count)
}

/// See [`super::Indexed::levels`].
///
/// # Safety
///
/// [`is_available`].
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub unsafe fn levels<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's.
    unsafe { walk::<Avx2<ROW>>(indexed, first, exponents, out) }
}

/// One spelling in both lanes.
#[derive(Clone, Copy)]
struct Column {
    bias: __m256i,
    most: __m256i,
    shuffle: __m256i,
}

struct Avx2<const ROW: usize> {
    price: Column,
    qty: Column,
    /// For each quote, the least distance to the next, and the greatest.
    least: __m128i,
    most: __m128i,
}

impl Column {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(spelling: &Spelling) -> Self {
        // SAFETY: the array is as long as the vector.
        let lanes = |bytes: &[u8; LANE]| _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
        Self { bias: lanes(&spelling.bias), most: lanes(&spelling.most), shuffle: lanes(&spelling.shuffle) }
    }

    /// The digits of two numbers, each right-aligned in its lane at the wanted exponent, and a nonzero byte for each that is
    /// not as spelled. `own` are the bytes of each lane that belong to its number, `first` those that must not be the digit
    /// zero; both all ones.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn digits(&self, text: __m256i, own: __m256i, first: __m256i) -> (__m256i, __m256i) {
        let digits = _mm256_and_si256(_mm256_sub_epi8(text, self.bias), own);
        // All ones is minus one, which makes a zero too large; what was too large stays so, a ten (the colon) among it.
        let checked = _mm256_max_epu8(digits, _mm256_add_epi8(digits, first));
        (_mm256_shuffle_epi8(digits, self.shuffle), _mm256_subs_epu8(checked, self.most))
    }
}

/// The bytes that end at two places of the frame, a lane each.
///
/// # Safety
///
/// Each place is at least 16 and inside the frame.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn gather<const ROW: usize>(frame: &[u8], quotes: *const u16, offset: usize) -> __m256i {
    let lane = |level: usize| {
        // SAFETY: the caller's.
        let end = unsafe { position(quotes, ROW * level + offset) };
        // SAFETY: the caller's: 16 bytes lie between the frame's start and the place.
        unsafe { bytes::<__m128i>(frame, end - LANE) }
    };
    _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1)
}

/// Sixteen digits a lane to numbers of four digits.
#[inline]
#[target_feature(enable = "avx2")]
fn fours(digits: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a));
    _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001_0064))
}

impl<const ROW: usize> Block for Avx2<ROW> {
    const LEVELS: usize = 2;
    const ROW: usize = ROW;

    #[inline(always)]
    unsafe fn new(price: &Spelling, qty: &Spelling) -> Self {
        // SAFETY: the caller's.
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
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn mended<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    columns: (&Spelling, &Spelling),
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's.
    unsafe { levels::mended::<Avx2<ROW>>(indexed, first, columns, exponents, out) }
}

/// See [`Block::new`].
#[inline]
#[target_feature(enable = "avx2")]
fn prepare<const ROW: usize>(price: &Spelling, qty: &Spelling) -> Avx2<ROW> {
    // Distances are lengths plus one; from price to quantity it is 2, from a level to the next 4, to another text 2.
    let behind: u64 = if ROW == 4 { 4 } else { 2 };
    let quads = |price: u16, qty: u16| {
        let quad = u64::from(price + 1) | 2 << 16 | u64::from(qty + 1) << 32 | behind << 48;
        _mm_set1_epi64x(quad.cast_signed())
    };
    Avx2 {
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
// Without the attribute that names the instructions, which the compiler does not let stand beside this one: inlined into
// `levels`, it is compiled with them. Not inlined, it would load its constants again for every block.
#[inline(always)]
#[allow(clippy::multiple_unsafe_ops_per_block, reason = "each instruction would be a block of its own")]
unsafe fn convert<const ROW: usize>(block: &Avx2<ROW>, frame: &[u8], quotes: *const u16, out: *mut Level) -> Unfit {
    // SAFETY: the caller's, for the instructions; for memory see each access.
    unsafe {
        let (opens, ends) = if ROW == 4 {
            // SAFETY: 8 positions and the one behind them are readable.
            (_mm_loadu_si128(quotes.cast()), _mm_loadu_si128(quotes.add(1).cast()))
        } else {
            // SAFETY: four positions of each row, and the one behind them, are readable.
            let four = |at: usize| quotes.add(at).cast::<i64>().read_unaligned();
            (_mm_set_epi64x(four(ROW), four(0)), _mm_set_epi64x(four(ROW + 1), four(1)))
        };
        let distances = _mm_sub_epi16(ends, opens);
        let (above, below) = (_mm_subs_epu16(distances, block.most), _mm_subs_epu16(block.least, distances));
        let within = _mm_cmpeq_epi16(_mm_or_si128(above, below), _mm_setzero_si128());
        let within = _mm_movemask_epi8(_mm_packs_epi16(within, _mm_setzero_si128()));
        let lengths = !within.cast_unsigned() & 0xff;
        // A number longer than need be begins with another digit than zero. Lengths beyond a lane are unfit anyway.
        let shortest = _mm_cmpeq_epi16(distances, block.least);
        let longer = _mm256_broadcastsi128_si256(_mm_andnot_si128(shortest, distances));
        let distances = _mm256_broadcastsi128_si256(distances);
        let of_price = _mm256_set_epi64x(0x0808_0808_0808_0808, 0x0808_0808_0808_0808, 0, 0);
        let of_qty = _mm256_add_epi8(of_price, _mm256_set1_epi8(4));
        // How far each byte is from the end of its lane, plus one; distances are lengths plus one.
        let from_end = _mm256_broadcastsi128_si256(_mm_set_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
        let next = _mm256_add_epi8(from_end, _mm256_set1_epi8(1));
        let own = |of| _mm256_cmpgt_epi8(_mm256_shuffle_epi8(distances, of), from_end);
        let first = |of| _mm256_cmpeq_epi8(_mm256_shuffle_epi8(longer, of), next);
        // SAFETY: the caller's: closing quotes are at least 16 and inside the frame.
        let (price_text, qty_text) = (gather::<ROW>(frame, quotes, 1), gather::<ROW>(frame, quotes, 3));
        let (price, price_unfit) = block.price.digits(price_text, own(of_price), first(of_price));
        let (qty, qty_unfit) = block.qty.digits(qty_text, own(of_qty), first(of_qty));
        // Each 128 bits: price and quantity as numbers of eight digits, the high ones first.
        let eights = _mm256_packus_epi32(fours(price), fours(qty));
        let eights = _mm256_madd_epi16(eights, _mm256_set1_epi32(0x0001_2710));
        let high = _mm256_mul_epu32(eights, _mm256_set1_epi64x(100_000_000));
        let values = _mm256_add_epi64(high, _mm256_srli_epi64::<32>(eights));
        // SAFETY: room for two levels, which are two such numbers each.
        _mm256_storeu_si256(out.cast(), values);
        let zero = _mm256_setzero_si256();
        let free = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(values, zero))).cast_unsigned() & 0b0101;
        let fit = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_or_si256(price_unfit, qty_unfit), zero));
        Unfit { text: u64::from(!fit.cast_unsigned()), lengths, free }
    }
}
