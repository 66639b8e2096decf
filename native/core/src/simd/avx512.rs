//! The path for x86-64 with AVX-512 VBMI2: 64 bytes of index, or four levels, at a time.

use std::arch::x86_64::*;

use super::lanes::Places;
use super::levels::{self, Block, Unfit, bytes, position, walk};
use super::spelling::{LANE, Spelling};
use super::{Indexed, SLACK};
use crate::event::Level;

/// Whether this host has all that the functions below ask for.
pub fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

const IOTA: [u8; 64] = {
    let mut iota = [0; 64];
    let mut index = 0;
    while index < 64 {
        iota[index] = index as u8;
        index += 1;
    }
    iota
};

/// See [`super::Parser::index`].
///
/// # Safety
///
/// [`is_available`]; `quotes` is longer than the frame by `SLACK`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub unsafe fn index(frame: &[u8], quotes: &mut [u16]) -> Option<usize> {
    debug_assert!(quotes.len() >= frame.len() + SLACK);
    // SAFETY: the array is as long as the vector.
    let iota = unsafe { _mm512_loadu_si512(IOTA.as_ptr().cast()) };
    let quote = _mm512_set1_epi8(b'"'.cast_signed());
    let escape = _mm512_set1_epi8(b'\\'.cast_signed());
    let mut every = _mm512_setzero_si512();
    let mut least = _mm512_set1_epi8(0x20);
    let mut escapes = 0;
    let mut count = 0;
    let mut start = 0;
    while start < frame.len() {
        let rest = frame.len() - start;
        // SAFETY: `start` is inside the frame.
        let from = unsafe { frame.as_ptr().add(start) };
        let block = if rest >= 64 {
            // SAFETY: 64 bytes remain.
            unsafe { _mm512_loadu_si512(from.cast()) }
        } else {
            let blanks = _mm512_set1_epi8(b' '.cast_signed());
            // SAFETY: the mask allows the bytes that remain, and no other is touched.
            unsafe { _mm512_mask_loadu_epi8(blanks, (1 << rest) - 1, from.cast()) }
        };
        every = _mm512_or_si512(every, block);
        least = _mm512_min_epu8(least, block);
        escapes |= _mm512_cmpeq_epi8_mask(block, escape);
        let mask = _mm512_cmpeq_epi8_mask(block, quote);
        let packed = _mm512_maskz_compress_epi8(mask, iota);
        let base = _mm512_set1_epi16(start as i16);
        // SAFETY: `count` is at most `start`, and `SLACK` entries lie beyond the frame's length.
        let to = unsafe { quotes.as_mut_ptr().add(count) };
        let low = _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed)));
        // SAFETY: 32 entries, see above.
        unsafe { _mm512_storeu_si512(to.cast(), low) };
        let found = mask.count_ones() as usize;
        if found > 32 {
            let high = _mm512_add_epi16(base, _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(packed, 1)));
            // SAFETY: entries 32 to 63, see above.
            let to = unsafe { to.add(32) };
            // SAFETY: as above.
            unsafe { _mm512_storeu_si512(to.cast(), high) };
        }
        count += found;
        start += 64;
    }
    let control = _mm512_cmplt_epu8_mask(least, _mm512_set1_epi8(0x20));
    (control | escapes | _mm512_movepi8_mask(every) == 0).then_some(count)
}

/// See [`super::Indexed::levels`].
///
/// # Safety
///
/// [`is_available`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub unsafe fn levels<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's.
    unsafe { walk::<Avx512<ROW>>(indexed, first, exponents, out) }
}

/// See [`super::lanes::Finder::highest`].
///
/// # Safety
///
/// [`is_available`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
pub unsafe fn highest(words: &[u64], most: usize, places: &mut Places) -> usize {
    // SAFETY: the array is as long as the vector.
    let iota = unsafe { _mm512_loadu_si512(IOTA.as_ptr().cast()) };
    let mut count = 0;
    for (word, bits) in words.iter().enumerate().rev() {
        let found = bits.count_ones();
        // In rising order, then turned round.
        let rising = _mm512_maskz_compress_epi8(*bits, iota);
        let turned = _mm512_permutexvar_epi8(_mm512_sub_epi8(_mm512_set1_epi8(found as i8 - 1), iota), rising);
        let base = _mm512_set1_epi16((64 * word) as i16);
        for half in [0, 1] {
            let from = count + 32 * half;
            let Some(to) = places.get_mut(from..from + 32).filter(|_| found as usize > 32 * half) else { break };
            let bytes = if half == 0 { _mm512_castsi512_si256(turned) } else { _mm512_extracti64x4_epi64(turned, 1) };
            let found_places = _mm512_add_epi16(base, _mm512_cvtepu8_epi16(bytes));
            // SAFETY: 32 places.
            unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), found_places) };
        }
        count += found as usize;
        if count >= most {
            break;
        }
    }
    count
}

/// One spelling in all four lanes.
#[derive(Clone, Copy)]
struct Column {
    bias: __m512i,
    most: __m512i,
    shuffle: __m512i,
}

struct Avx512<const ROW: usize> {
    price: Column,
    qty: Column,
    /// For each quote, the least distance to the next, and what may be added to it.
    distance: __m256i,
    spread: __m256i,
}

impl Column {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn new(spelling: &Spelling) -> Self {
        // SAFETY: the array is as long as the vector.
        let lanes = |bytes: &[u8; LANE]| _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) });
        Self { bias: lanes(&spelling.bias), most: lanes(&spelling.most), shuffle: lanes(&spelling.shuffle) }
    }

    /// The digits of four numbers, each right-aligned in its lane at the wanted exponent, and the bytes that are not as
    /// spelled. `own` are the bytes of each lane that belong to its number, `first` those that must not be the digit zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn digits(&self, text: __m512i, own: u64, first: u64) -> (__m512i, u64) {
        let digits = _mm512_maskz_sub_epi8(own, text, self.bias);
        let unfit = _mm512_cmpgt_epu8_mask(digits, self.most) | _mm512_mask_testn_epi8_mask(first, digits, digits);
        (_mm512_shuffle_epi8(digits, self.shuffle), unfit)
    }
}

/// The bytes that end at four places of the frame, a lane each.
///
/// # Safety
///
/// Each place is at least 16 and inside the frame.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn gather<const ROW: usize>(frame: &[u8], quotes: *const u16, offset: usize) -> __m512i {
    let lane = |level: usize| {
        // SAFETY: the caller's.
        let end = unsafe { position(quotes, ROW * level + offset) };
        // SAFETY: the caller's: 16 bytes lie between the frame's start and the place.
        unsafe { bytes::<__m128i>(frame, end - LANE) }
    };
    let low = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(0)), lane(1), 1);
    let high = _mm256_inserti128_si256(_mm256_castsi128_si256(lane(2)), lane(3), 1);
    _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1)
}

/// Sixteen digits a lane to numbers of four digits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn fours(digits: __m512i) -> __m512i {
    let pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(0x010a));
    _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x0001_0064))
}

/// The byte of the 256 bits of lengths that tells the length of each byte's lane: of prices, then of quantities.
const LENGTH_OF: [[u8; 64]; 2] = {
    let mut tables = [[0; 64]; 2];
    let mut index = 0;
    while index < 64 {
        tables[0][index] = (8 * (index / LANE)) as u8;
        tables[1][index] = (8 * (index / LANE) + 4) as u8;
        index += 1;
    }
    tables
};

/// How far each byte is from the end of its lane, plus one, as lengths are here.
const FROM_END: [u8; 64] = {
    let mut distances = [0; 64];
    let mut index = 0;
    while index < 64 {
        distances[index] = (LANE - index % LANE) as u8;
        index += 1;
    }
    distances
};

impl<const ROW: usize> Block for Avx512<ROW> {
    const LEVELS: usize = 4;
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
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn mended<const ROW: usize>(
    indexed: &Indexed<'_, '_>,
    first: usize,
    columns: (&Spelling, &Spelling),
    exponents: (i8, i8),
    out: &mut Vec<Level>,
) -> Option<(usize, usize)> {
    // SAFETY: the caller's.
    unsafe { levels::mended::<Avx512<ROW>>(indexed, first, columns, exponents, out) }
}

/// See [`Block::new`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn prepare<const ROW: usize>(price: &Spelling, qty: &Spelling) -> Avx512<ROW> {
    // Distances are lengths plus one; from price to quantity it is 2, from a level to the next 4, to another text 2.
    let behind = if ROW == 4 { 4 } else { 2 };
    let least = [price.length_min + 1, 2, qty.length_min + 1, behind];
    let most = [price.length_max + 1, 2, qty.length_max + 1, behind];
    let quads = |values: [u16; 4]| {
        let [a, b, c, d] = values.map(u64::from);
        _mm256_set1_epi64x((a | b << 16 | c << 32 | d << 48).cast_signed())
    };
    let distance = quads(least);
    Avx512 { price: Column::new(price), qty: Column::new(qty), distance, spread: _mm256_sub_epi16(quads(most), distance) }
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
unsafe fn convert<const ROW: usize>(block: &Avx512<ROW>, frame: &[u8], quotes: *const u16, out: *mut Level) -> Unfit {
    // SAFETY: the caller's, for the instructions; for memory see each access.
    unsafe {
        let (opens, ends) = if ROW == 4 {
            // SAFETY: 16 positions and the one behind them are readable.
            (_mm256_loadu_si256(quotes.cast()), _mm256_loadu_si256(quotes.add(1).cast()))
        } else {
            // SAFETY: four positions of each row, and the one behind them, are readable.
            let four = |at: usize| quotes.add(at).cast::<i64>().read_unaligned();
            let rows = |at: usize| _mm256_set_epi64x(four(3 * ROW + at), four(2 * ROW + at), four(ROW + at), four(at));
            (rows(0), rows(1))
        };
        let distances = _mm256_sub_epi16(ends, opens);
        let excess = _mm256_sub_epi16(distances, block.distance);
        let lengths = u32::from(_mm256_cmpgt_epu16_mask(excess, block.spread));
        // A number longer than need be begins with another digit than zero. Lengths beyond a lane are unfit anyway.
        let longer = _mm256_maskz_mov_epi16(_mm256_cmpgt_epu16_mask(distances, block.distance), distances);
        let (distances, longer) = (_mm512_castsi256_si512(distances), _mm512_castsi256_si512(longer));
        // SAFETY: the arrays are as long as the vectors.
        let load = |bytes: &[u8; 64]| _mm512_loadu_si512(bytes.as_ptr().cast());
        let (of_price, of_qty, from_end) = (load(&LENGTH_OF[0]), load(&LENGTH_OF[1]), load(&FROM_END));
        // Distances are lengths plus one: equal to this count at the byte before the number.
        let own = |of| _mm512_cmplt_epu8_mask(from_end, _mm512_permutexvar_epi8(of, distances));
        let next = _mm512_add_epi8(from_end, _mm512_set1_epi8(1));
        let first = |of| _mm512_cmpeq_epi8_mask(next, _mm512_permutexvar_epi8(of, longer));
        // SAFETY: the caller's: closing quotes are at least 16 and inside the frame.
        let (price_text, qty_text) = (gather::<ROW>(frame, quotes, 1), gather::<ROW>(frame, quotes, 3));
        let (price, price_unfit) = block.price.digits(price_text, own(of_price), first(of_price));
        let (qty, qty_unfit) = block.qty.digits(qty_text, own(of_qty), first(of_qty));
        // Each 128 bits: price and quantity as numbers of eight digits, the high ones first.
        let eights = _mm512_packus_epi32(fours(price), fours(qty));
        let eights = _mm512_madd_epi16(eights, _mm512_set1_epi32(0x0001_2710));
        let high = _mm512_mul_epu32(eights, _mm512_set1_epi64(100_000_000));
        let values = _mm512_add_epi64(high, _mm512_srli_epi64(eights, 32));
        // SAFETY: room for four levels, which are two such numbers each.
        _mm512_storeu_si512(out.cast(), values);
        let free = u32::from(_mm512_testn_epi64_mask(values, values)) & 0b0101_0101;
        Unfit { text: price_unfit | qty_unfit, lengths, free }
    }
}
