//! Looking at several cells at once, with what every host of an architecture has.

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi32, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32, _mm_set1_epi32, _mm_setr_epi32,
        _mm_setzero_si128,
    };

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn matching(keys: &[u32; 8], key: u32) -> u32 {
        let wanted = _mm_set1_epi32(key.cast_signed());
        let (low, high) = (_mm_cmpeq_epi32(four(keys, 0), wanted), _mm_cmpeq_epi32(four(keys, 4), wanted));
        _mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128())).cast_unsigned()
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn four<const N: usize>(cells: &[u32; N], at: usize) -> __m128i {
        let [a, b, c, d] = [cells[at], cells[at + 1], cells[at + 2], cells[at + 3]].map(u32::cast_signed);
        _mm_setr_epi32(a, b, c, d)
    }
}

/// Which of the keys are this one: a bit each.
#[inline]
#[cfg(target_arch = "x86_64")]
pub fn matching(keys: &[u32; 8], key: u32) -> u32 {
    // SAFETY: every x86-64 has SSE2.
    unsafe { sse2::matching(keys, key) }
}

/// Which of the keys are this one: a bit each.
#[inline]
#[cfg(not(target_arch = "x86_64"))]
pub fn matching(keys: &[u32; 8], key: u32) -> u32 {
    keys.iter().enumerate().fold(0, |mask, (index, held)| mask | u32::from(*held == key) << index)
}

/// Asks the memory for the line in which a value begins. A hint: changes nothing.
#[inline(always)]
#[cfg(target_arch = "x86_64")]
pub fn prefetch<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

    // SAFETY: a prefetch touches no memory; every x86-64 has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
}

/// Asks the memory for the line in which a value begins. A hint: changes nothing.
#[inline(always)]
#[cfg(target_arch = "aarch64")]
pub fn prefetch<T>(value: &T) {
    // SAFETY: a prefetch touches no memory.
    unsafe { std::arch::asm!("prfm pldl1keep, [{}]", in(reg) value, options(nostack, preserves_flags, readonly)) }
}

/// Asks the memory for the line in which a value begins: here nothing can.
#[inline(always)]
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn prefetch<T>(_: &T) {}

/// Most places that [`Finder::highest`] finds.
pub const HIGHEST_MAX: usize = 32;

/// Room for them, and for the rest of the last word.
pub type Places = [u16; HIGHEST_MAX + 64];

/// How this host finds the highest bits.
#[derive(Clone, Copy, Debug)]
pub struct Finder(Found);

/// What was found to be available: only [`Finder::detect`] makes one.
#[derive(Clone, Copy, Debug)]
enum Found {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Bmi,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Finder {
    /// The fastest way of this host.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if super::avx512::is_available() {
            return Self(Found::Avx512);
        } else if super::avx2::is_available() {
            return Self(Found::Bmi);
        }
        Self(Found::Plain)
    }

    /// The `most` highest set bits, at most [`HIGHEST_MAX`], of words that go down from the last: writes their places and gives
    /// their number, which is more where the last word looked at has more.
    #[inline]
    pub fn highest(self, words: &[u64], most: usize, places: &mut Places) -> usize {
        let most = most.min(HIGHEST_MAX);
        match self.0 {
            Found::Plain => highest_of(words, most, places),
            // SAFETY: `Found` says that the host has the instructions.
            #[cfg(target_arch = "x86_64")]
            Found::Bmi => unsafe { highest_by_bmi(words, most, places) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Found::Avx512 => unsafe { super::avx512::highest(words, most, places) },
        }
    }
}

/// See [`Finder::highest`].
///
/// # Safety
///
/// The host has these instructions.
#[inline]
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,lzcnt,popcnt")]
unsafe fn highest_by_bmi(words: &[u64], most: usize, places: &mut Places) -> usize {
    highest_of(words, most, places)
}

#[inline(always)]
fn highest_of(words: &[u64], most: usize, places: &mut Places) -> usize {
    const STEP: usize = 8;
    let mut count = 0;
    for (word, bits) in words.iter().enumerate().rev() {
        let (mut bits, found) = (*bits, bits.count_ones() as usize);
        let mut stored = 0;
        while stored < found {
            let Some(step) = places.get_mut(count + stored..count + stored + STEP) else { return count };
            // Some at a time, without a branch for each: what is too much is overwritten or does not count.
            for place in step {
                let bit = 63 - bits.leading_zeros().min(63);
                *place = (64 * word) as u16 + bit as u16;
                bits &= !(1 << bit);
            }
            stored += STEP;
        }
        count += found;
        if count >= most {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_highest_bits_are_those_of_one_by_one(
            words in prop::collection::vec(prop_oneof![3 => Just(0), 1 => Just(u64::MAX), 2 => Just(1), 2 => Just(1 << 63), 4 => any::<u64>()], 1..12),
            most in 0_usize..40
        ) {
            let expected: Vec<u16> =
                (0..64 * words.len()).rev().filter(|at| words[at / 64] >> (at % 64) & 1 == 1).map(|at| at as u16).collect();
            let most = most.min(HIGHEST_MAX);
            #[cfg(target_arch = "x86_64")]
            let bmi = crate::simd::CodePath::Avx2.is_available().then_some(Found::Bmi);
            #[cfg(not(target_arch = "x86_64"))]
            let bmi = None;
            for finder in [Some(Finder::detect().0), Some(Found::Plain), bmi].into_iter().flatten().map(Finder) {
                let mut places = [0; HIGHEST_MAX + 64];
                let count = finder.highest(&words, most, &mut places);
                prop_assert!(count >= most.min(expected.len()) && count <= expected.len());
                prop_assert_eq!(&places[..count], &expected[..count]);
            }
        }

        #[test]
        fn the_mask_is_that_of_one_by_one(
            keys in prop::array::uniform8(prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(1 << 31), Just(0xffff), any::<u32>()])
        ) {
            for key in keys.iter().chain(&[0, 1, 7]) {
                let mask = matching(&keys, *key);
                prop_assert_eq!(mask, (0..8).filter(|index| keys[*index] == *key).map(|index| 1 << index).sum::<u32>());
            }
        }
    }
}
