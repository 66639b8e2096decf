//! Counting in steps: prices in ticks, quantities in lots, by one multiplication.

/// Largest step that is used; a larger one would leave too few ticks within 64 bits for pages and window to move.
pub(super) const STEP_MAX: u64 = 1 << 42;

/// A step size and how to divide by it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    size: u64,
    /// Inverse of the odd part of `size` modulo 2^64.
    inverse: u64,
    /// Number of factors 2 in `size`.
    shift: u32,
}

impl Default for Step {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Step {
    /// A step of this size; of 1 where the size is 0 or above [`STEP_MAX`].
    pub(super) fn new(size: u64) -> Self {
        let size = if size == 0 || size > STEP_MAX { 1 } else { size };
        let shift = size.trailing_zeros();
        let odd = size >> shift;
        // Newton's iteration: 5 correct bits to begin with, twice as many each time.
        let mut inverse = odd.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        }
        Self { size, inverse, shift }
    }

    pub(super) const fn size(self) -> u64 {
        self.size
    }

    /// The same without its factors 2.
    pub(super) fn odd(self) -> Self {
        Self::new(self.size >> self.shift)
    }

    /// Counts steps of an odd size upwards from 0.
    pub(super) const fn odd_count(self) -> OddCount {
        debug_assert!(self.shift == 0, "a step of an odd size");
        OddCount(self.inverse)
    }

    /// Counts steps upwards from a value.
    pub(super) const fn from(self, zero: i64) -> Count {
        let factor = self.inverse;
        Count { factor, addend: (zero.cast_unsigned()).wrapping_mul(factor).wrapping_neg(), shift: self.shift }
    }

    /// Counts steps downwards from a value.
    pub(super) const fn down_from(self, zero: i64) -> Count {
        let factor = self.inverse.wrapping_neg();
        Count { factor, addend: (zero.cast_unsigned()).wrapping_mul(factor).wrapping_neg(), shift: self.shift }
    }
}

/// How many steps a value lies from another one, if it is a whole number.
///
/// The function is a bijection of 64-bit values that takes each distance `n · size` below 2^64 to `n`. So a result not above
/// `u64::MAX / size` proves that the distance is that many steps; of no other value the result is that small.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    factor: u64,
    addend: u64,
    shift: u32,
}

impl Count {
    #[inline]
    pub(super) const fn count(self, value: i64) -> u64 {
        value.cast_unsigned().wrapping_mul(self.factor).wrapping_add(self.addend).rotate_right(self.shift)
    }
}

/// [`Count`] from 0 for a step without a factor 2.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OddCount(u64);

impl OddCount {
    #[inline]
    pub(super) const fn count(self, value: i64) -> u64 {
        value.cast_unsigned().wrapping_mul(self.0)
    }
}

/// Greatest common divisor; of 0 and x it is x.
pub(super) fn divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}
