//! The primitives of the frame parser that run on vectors: an index of quotes, and decimal text to mantissas several numbers
//! at a time; and the few of the book (`lanes`). The only module of the crate that may use `unsafe`.
//!
//! Every code path answers alike, bit for bit, or does not answer: `None` means "not the spelling that I know", never "wrong",
//! and the scalar scanner then reads the frame from its beginning. So what is accepted here must be accepted there, with the
//! same values; `tests/parse_paths.rs` and the fuzz targets hold the two against each other.

use crate::event::Level;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod lanes;
mod levels;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
mod spelling;

/// Longest frame that is indexed, bytes: positions take 16 bits. Longer ones go to the scalar scanner.
pub const INDEXED_BYTES_MAX: usize = u16::MAX as usize;

/// Shortest: below it there is nothing to win, and a vector that ends inside a frame may begin before it.
const INDEXED_BYTES_MIN: usize = 64;

/// Digits that [`Indexed::last_digits`] reads.
pub const LAST_DIGITS: usize = 8;

/// Entries behind the last quote, all equal to it, so that a whole step may be read from any quote.
const PADDING: usize = 40;

/// Entries that one block may store beyond the count.
const SLACK: usize = 64;

/// Which instructions parser and book use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePath {
    /// Plain Rust.
    Scalar,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64, with VBMI2.
    Avx512,
    /// 128-bit vectors of ARM64.
    Neon,
}

impl CodePath {
    /// Every path, whether this host has it or not.
    pub const ALL: &[Self] = &[Self::Scalar, Self::Avx2, Self::Avx512, Self::Neon];

    /// The name used in configuration and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// The path with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|path| path.name() == name)
    }

    /// Whether this host can run it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::is_available(),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            _ => false,
        }
    }

    /// The fastest path of this host.
    #[must_use]
    pub fn detect() -> Self {
        [Self::Avx512, Self::Avx2, Self::Neon].into_iter().find(|path| path.is_available()).unwrap_or(Self::Scalar)
    }
}

/// A path that was found to be available: only [`Parser::new`] makes one, which the dispatch below relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proven(CodePath);

/// Makes quote indexes; its memory serves all frames.
#[derive(Debug)]
pub struct Parser {
    path: Proven,
    quotes: Box<[u16]>,
}

/// A frame and where its quotes stand.
#[derive(Clone, Copy, Debug)]
pub struct Indexed<'a, 'q> {
    path: Proven,
    frame: &'a [u8],
    /// Ascending, each inside the frame: `count` quotes, then `PADDING` repetitions of the last.
    quotes: &'q [u16],
    count: usize,
}

/// Where the levels of one side ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Ordinal of the next quote.
    pub quote: usize,
    /// Byte behind the array's closing bracket.
    pub end: usize,
}

impl Parser {
    /// A parser on this path, or on the scalar one where the host lacks it.
    #[must_use]
    pub fn new(path: CodePath) -> Self {
        let path = if path.is_available() { path } else { CodePath::Scalar };
        Self { path: Proven(path), quotes: vec![0; INDEXED_BYTES_MAX + SLACK + PADDING].into() }
    }

    /// The path in use.
    #[must_use]
    pub const fn path(&self) -> CodePath {
        self.path.0
    }

    /// Finds every quote of a frame; `None` if the frame holds a backslash, a control character or anything beyond ASCII, or
    /// is too long or too short. So quotes delimit strings, and no string needs its escapes resolved.
    #[inline]
    pub fn index<'a>(&mut self, frame: &'a [u8]) -> Option<Indexed<'a, '_>> {
        if !(INDEXED_BYTES_MIN..=INDEXED_BYTES_MAX).contains(&frame.len()) {
            return None;
        }
        let count = match self.path.0 {
            // SAFETY: `Proven` says that the host has the instructions; the length is checked above, and `new` made the array
            // longer than any such frame by `SLACK`.
            #[cfg(target_arch = "x86_64")]
            CodePath::Avx512 => unsafe { avx512::index(frame, &mut self.quotes) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            CodePath::Avx2 => unsafe { avx2::index(frame, &mut self.quotes) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            CodePath::Neon => unsafe { neon::index(frame, &mut self.quotes) },
            _ => scalar::index(frame, &mut self.quotes),
        }?;
        let last = *self.quotes.get(count.checked_sub(1)?)?;
        self.quotes.get_mut(count..count + PADDING)?.fill(last);
        Some(Indexed { path: self.path, frame, quotes: &self.quotes, count })
    }
}

impl<'a, 'q> Indexed<'a, 'q> {
    /// The frame.
    #[must_use]
    pub const fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// Positions of the quotes.
    #[must_use]
    pub fn quotes(&self) -> &'q [u16] {
        self.quotes.get(..self.count).unwrap_or_default()
    }

    /// Converts `[["price","qty"],…]`, whose first quote has this ordinal, replacing `out`. `None` for any other spelling, for
    /// a price of zero, and for what does not fit the exponents.
    #[inline]
    pub fn levels(&self, first: usize, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<Side> {
        self.rows::<4>(first, exponents, out)
    }

    /// The same where two more texts stand in each row, which mean nothing: `[["price","qty","…","…"],…]`.
    #[inline]
    pub fn wide_levels(&self, first: usize, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<Side> {
        self.rows::<8>(first, exponents, out)
    }

    /// Rows of so many quotes.
    #[inline]
    fn rows<const ROW: usize>(&self, first: usize, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<Side> {
        let (levels, end) = match self.path.0 {
            // SAFETY: `Proven` says that the host has the instructions.
            #[cfg(target_arch = "x86_64")]
            CodePath::Avx512 => unsafe { avx512::levels::<ROW>(self, first, exponents, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            CodePath::Avx2 => unsafe { avx2::levels::<ROW>(self, first, exponents, out) },
            #[cfg(target_arch = "aarch64")]
            CodePath::Neon => neon::levels::<ROW>(self, first, exponents, out),
            _ => levels::one_by_one::<ROW>(self, first, exponents, out),
        }?;
        Some(Side { quote: first + ROW * levels, end })
    }

    /// Reads [`LAST_DIGITS`] digits at each of these places; `None` if one is none.
    #[inline]
    #[must_use]
    pub fn last_digits<const N: usize>(&self, places: &[usize; N]) -> Option<[u64; N]> {
        let mut values = [0; N];
        let mut fits = true;
        for (value, place) in values.iter_mut().zip(places) {
            let (digits, are_digits) = scalar::eight_digits(u64::from_le_bytes(*self.frame.get(*place..)?.first_chunk()?), 8);
            *value = digits;
            fits &= are_digits;
        }
        fits.then_some(values)
    }

    /// The mantissa of plain decimal text, `start..end`, at an exponent; `None` for other text, what is negative, and what does not fit.
    #[inline]
    #[must_use]
    pub fn decimal(&self, span: (usize, usize), exponent: i8) -> Option<i64> {
        scalar::decimal(self.frame, span, exponent)
    }

    /// Reads the JSON number that begins at a byte: its mantissa at an exponent, and the byte behind it. `None` for what is no such
    /// number, is negative, or does not fit the exponent.
    #[inline]
    #[must_use]
    pub fn number(&self, at: usize, exponent: i8) -> Option<(i64, usize)> {
        scalar::number(self.frame, at, exponent)
    }

    /// Reads plain JSON integers, each `start..end`; `None` if one is no such number or longer than 16 digits.
    #[inline]
    #[must_use]
    pub fn integers<const N: usize>(&self, spans: &[(usize, usize); N]) -> Option<[u64; N]> {
        let mut values = [0; N];
        for (value, (start, end)) in values.iter_mut().zip(spans) {
            *value = scalar::integer(self.frame, *start, *end)?;
        }
        Some(values)
    }
}

/// Stores the positions of a block's set bits, each plus `base`, and returns their number.
///
/// # Safety
///
/// `to` has room for 64.
#[inline(always)]
unsafe fn flatten(mut mask: u64, base: u16, to: *mut u16) -> usize {
    let found = mask.count_ones() as usize;
    let mut stored = 0;
    while stored < found {
        // Stored in eights, without a branch for each: more positions than bits are overwritten later or do not count.
        for index in 0..8 {
            // SAFETY: `stored` is a multiple of 8 below 64.
            let place = unsafe { to.add(stored + index) };
            // SAFETY: as above.
            unsafe { place.write(base.wrapping_add(mask.trailing_zeros() as u16)) };
            mask &= mask.wrapping_sub(1);
        }
        stored += 8;
    }
    found
}
