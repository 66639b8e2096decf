//! Looking at several cells at once: with what every host of an architecture has, but for [`Finder`].

use super::CodePath;

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

/// Finds the highest bits of words; only [`Finder::of`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Finder(());

impl Finder {
    /// That of a code path: one where it is faster than bit by bit, and the host has it.
    pub fn of(path: CodePath) -> Option<Self> {
        (path == CodePath::Avx512 && path.is_available()).then_some(Self(()))
    }

    /// The `most` highest set bits, at most [`HIGHEST_MAX`], of words that go down from the last: writes their places and gives
    /// their number, which is more where the last word looked at has more.
    #[inline]
    pub fn highest(self, words: &[u64], most: usize, places: &mut Places) -> usize {
        // SAFETY: `of` found the instructions.
        #[cfg(target_arch = "x86_64")]
        return unsafe { super::avx512::highest(words, most.min(HIGHEST_MAX), places) };
        #[cfg(not(target_arch = "x86_64"))]
        {
            let _ = (words, most, places);
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_path_without_avx512_finds_bit_by_bit() {
        for path in CodePath::ALL {
            assert_eq!(Finder::of(*path).is_some(), *path == CodePath::Avx512 && path.is_available(), "{}", path.name());
        }
    }

    proptest! {
        #[test]
        fn the_highest_bits_are_those_of_one_by_one(
            words in prop::collection::vec(prop_oneof![3 => Just(0), 1 => Just(u64::MAX), 2 => Just(1), 2 => Just(1 << 63), 4 => any::<u64>()], 1..12),
            most in 0_usize..40
        ) {
            let expected: Vec<u16> =
                (0..64 * words.len()).rev().filter(|at| words[at / 64] >> (at % 64) & 1 == 1).map(|at| at as u16).collect();
            let most = most.min(HIGHEST_MAX);
            if let Some(finder) = Finder::of(CodePath::Avx512) {
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
