//! The head of the depth delta read last on a connection. Deltas of one stream differ, up to their levels, in little more than
//! the last digits of their numbers: where everything else is the same, those digits are all that is left to read.

use super::DepthHead;
use super::binance::Dialect;
use super::binance_indexed::{Numbers, Opening, depth_head_of};
use super::shape::Shape;
use crate::input::SYMBOL_BYTES_MAX;
use crate::simd::{Indexed, LAST_DIGITS};

/// Longest head that is kept, bytes.
const HEAD_BYTES_MAX: usize = 256;

const WORDS: usize = HEAD_BYTES_MAX / 8;

/// 10 to the power of [`LAST_DIGITS`].
const LAST_DIGITS_END: u64 = 100_000_000;

/// What a head must be like to be read by its last digits.
#[derive(Clone, Debug)]
struct Pattern {
    dialect: Dialect,
    wrapped: bool,
    /// Bytes up to the levels, and quotes.
    length: usize,
    quotes: usize,
    symbol: (usize, usize),
    /// The head, the last digits of its numbers and what follows it left out.
    words: [u64; WORDS],
    /// All ones where nothing is left out.
    mask: [u64; WORDS],
    /// Where the last digits of each number begin, and what those before are worth.
    places: [usize; 5],
    worth: [u64; 5],
}

/// The head of the delta read last, if the one before it was about the same symbol: to keep a head takes longer than to read
/// one, which connections of many symbols are spared.
#[derive(Clone, Debug)]
pub struct KnownHead {
    pattern: Option<Box<Pattern>>,
    symbol: [u8; SYMBOL_BYTES_MAX],
    symbol_size: usize,
}

impl Default for KnownHead {
    fn default() -> Self {
        Self { pattern: None, symbol: [0; SYMBOL_BYTES_MAX], symbol_size: 0 }
    }
}

impl KnownHead {
    /// Reads everything before the levels, if only the last digits differ from the head that is known.
    #[inline]
    pub(super) fn open<'a, 'i>(&self, dialect: Dialect, indexed: &'i Indexed<'a, 'i>) -> Option<Opening<'a, 'i>> {
        let pattern = self.pattern.as_deref().filter(|pattern| pattern.dialect == dialect)?;
        let frame = indexed.frame();
        let (words, _) = frame.get(..pattern.length.next_multiple_of(8))?.as_chunks::<8>();
        let known = pattern.words.iter().zip(&pattern.mask);
        let difference = words
            .iter()
            .zip(known)
            .fold(0, |difference, (word, (known, mask))| difference | (u64::from_ne_bytes(*word) & mask) ^ known);
        if difference != 0 {
            return None;
        }
        // The quotes are those of the known head: none of the bytes left out is one, if they are digits.
        let mut numbers = indexed.last_digits(&pattern.places)?;
        for (number, worth) in numbers.iter_mut().zip(pattern.worth) {
            *number += worth;
        }
        let head = depth_head_of(dialect, frame.get(pattern.symbol.0..pattern.symbol.1)?, numbers)?;
        Some(Opening { head, shape: Shape::at_quote(indexed, pattern.length, pattern.quotes), wrapped: pattern.wrapped })
    }

    /// Takes note of a head that was read by its members.
    #[cold]
    pub(super) fn note(&mut self, dialect: Dialect, frame: &[u8], opening: &Opening<'_, '_>, numbers: &Numbers) {
        let DepthHead { symbol, .. } = opening.head;
        let known = self.symbol.get_mut(..symbol.len());
        let Some(known) = known else { return };
        if self.symbol_size == symbol.len() && known == symbol {
            self.pattern = Pattern::of(dialect, frame, opening, numbers).map(Box::new);
        } else {
            known.copy_from_slice(symbol);
            self.symbol_size = symbol.len();
        }
    }
}

impl Pattern {
    fn of(dialect: Dialect, frame: &[u8], opening: &Opening<'_, '_>, numbers: &Numbers) -> Option<Self> {
        let length = opening.shape.at();
        let head = frame.get(..length).filter(|head| head.len() <= HEAD_BYTES_MAX)?;
        let (mut text, mut mask) = ([0; HEAD_BYTES_MAX], [0; HEAD_BYTES_MAX]);
        mask.get_mut(..length)?.fill(0xff);
        let (mut places, mut worth) = ([0; 5], [0; 5]);
        for (index, ((start, end), value)) in numbers.spans.into_iter().zip(numbers.values).enumerate() {
            // One digit before them at least: it is not zero, and need not be looked at again.
            let place = end.checked_sub(LAST_DIGITS).filter(|place| *place > start)?;
            mask.get_mut(place..end)?.fill(0);
            (places[index], worth[index]) = (place, value - value % LAST_DIGITS_END);
        }
        for ((text, byte), mask) in text.iter_mut().zip(head).zip(mask) {
            *text = byte & mask;
        }
        let symbol = opening.head.symbol.as_ptr().addr().checked_sub(frame.as_ptr().addr())?;
        let words = |bytes: [u8; HEAD_BYTES_MAX]| {
            let mut words = [0; WORDS];
            words.iter_mut().zip(bytes.as_chunks().0).for_each(|(word, bytes)| *word = u64::from_ne_bytes(*bytes));
            words
        };
        Some(Self {
            dialect,
            wrapped: opening.wrapped,
            length,
            quotes: opening.shape.quote(),
            symbol: (symbol, symbol + opening.head.symbol.len()),
            words: words(text),
            mask: words(mask),
            places,
            worth,
        })
    }
}
