//! Walks a frame that is spelled exactly as expected, from one quote to the next. Whatever else is legal JSON for the same
//! message is left to the scanner: every method answers `None` then.

use crate::event::Level;
use crate::json::{Kind, Value};
use crate::simd::{Indexed, Side};
use crate::venue::{DecimalText, Spelled};

/// A place in an indexed frame: a byte, and the first quote at or behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a, 'i> {
    indexed: &'i Indexed<'a, 'i>,
    frame: &'a [u8],
    quotes: &'i [u16],
    at: usize,
    quote: usize,
}

const fn quotes_in(text: &[u8]) -> usize {
    let (mut count, mut index) = (0, 0);
    while index < text.len() {
        count += (text[index] == b'"') as usize;
        index += 1;
    }
    count
}

/// Bytes of the JSON number that a text begins with.
#[inline(always)]
fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text.get(from..)?.iter().position(|byte| !byte.is_ascii_digit()).filter(|count| *count > 0);
    let sign = usize::from(text.first()? == &b'-');
    let whole = digits(sign)?;
    if whole > 1 && text.get(sign)? == &b'0' {
        return None;
    }
    let mut end = sign + whole;
    if text.get(end)? == &b'.' {
        end += 1 + digits(end + 1)?;
    }
    if matches!(text.get(end)?, b'e' | b'E') {
        end += 1 + usize::from(matches!(text.get(end + 1)?, b'+' | b'-'));
        end += digits(end)?;
    }
    Some(end)
}

impl<'a, 'i> Shape<'a, 'i> {
    /// At the frame's first byte.
    pub(super) fn new(indexed: &'i Indexed<'a, 'i>) -> Self {
        Self { indexed, frame: indexed.frame(), quotes: indexed.quotes(), at: 0, quote: 0 }
    }

    /// Somewhere inside, known from another frame.
    pub(super) fn at_quote(indexed: &'i Indexed<'a, 'i>, at: usize, quote: usize) -> Self {
        Self { at, quote, ..Self::new(indexed) }
    }

    /// Ordinal of the first quote at or behind it.
    pub(super) const fn quote(&self) -> usize {
        self.quote
    }

    /// The byte at which it stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Steps over exactly this text.
    #[inline(always)]
    pub(super) fn literal<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let found: &[u8; N] = self.frame.get(self.at..)?.first_chunk()?;
        if found != text {
            return None;
        }
        self.at += N;
        self.quote += quotes_in(text);
        Some(())
    }

    /// What stands before the next quote, to which it steps.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let end = usize::from(*self.quotes.get(self.quote)?);
        let text = self.frame.get(self.at..end)?;
        self.at = end;
        Some(text)
    }

    /// Where a value without quotes stands that a comma and a quote follow. Steps to the comma.
    #[inline(always)]
    pub(super) fn bare(&mut self) -> Option<(usize, usize)> {
        let end = usize::from(*self.quotes.get(self.quote)?).checked_sub(1)?;
        let start = std::mem::replace(&mut self.at, end);
        Some((start, end))
    }

    /// Where a value without quotes stands that this text follows, which ends with a quote. Steps to the text.
    #[inline(always)]
    pub(super) fn before<const N: usize>(&mut self, text: &[u8; N]) -> Option<(usize, usize)> {
        let end = (usize::from(*self.quotes.get(self.quote)?) + 1).checked_sub(text.len())?;
        let start = std::mem::replace(&mut self.at, end);
        Some((start, end))
    }

    /// Where a value without quotes stands that ends the frame, but for one brace. Steps behind all.
    #[inline(always)]
    pub(super) fn last(&mut self) -> Option<(usize, usize)> {
        let (b'}', rest) = self.frame.split_last()? else { return None };
        let start = std::mem::replace(&mut self.at, self.frame.len());
        (self.quote == self.quotes.len()).then_some((start, rest.len()))
    }

    /// Converts an array of levels and steps behind it.
    #[inline(always)]
    pub(super) fn levels(&mut self, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<()> {
        self.side(out, |indexed, quote, out| indexed.levels(quote, exponents, out))
    }

    /// The same where each row has two more texts.
    #[inline(always)]
    pub(super) fn wide_levels(&mut self, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<()> {
        self.side(out, |indexed, quote, out| indexed.wide_levels(quote, exponents, out))
    }

    #[inline(always)]
    fn side(
        &mut self,
        out: &mut Vec<Level>,
        convert: impl Fn(&Indexed<'a, 'i>, usize, &mut Vec<Level>) -> Option<Side>,
    ) -> Option<()> {
        if self.frame.get(self.at..self.at + 2)? == b"[]" {
            out.clear();
            self.at += 2;
            return Some(());
        }
        // The first quote of the array stands behind its brackets, or this is no such array.
        if usize::from(*self.quotes.get(self.quote)?) != self.at + 2 {
            return None;
        }
        let side = convert(self.indexed, self.quote, out)?;
        (self.at, self.quote) = (side.end, side.quote);
        Some(())
    }

    /// Converts an array of `["new",price,quantity]`, with JSON numbers, and steps behind it.
    #[inline(always)]
    pub(super) fn actions(&mut self, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<()> {
        out.clear();
        if self.literal(b"[]").is_some() {
            return Some(());
        }
        self.literal(b"[[\"")?;
        loop {
            let deletes = match self.text()? {
                b"new" | b"change" => false,
                b"delete" => true,
                _ => return None,
            };
            self.literal(b"\",")?;
            let (price, end) = self.indexed.number(self.at, exponents.0)?;
            self.at = end;
            self.literal(b",")?;
            let (qty, end) = self.indexed.number(self.at, exponents.1)?;
            self.at = end;
            if price == 0 {
                return None;
            }
            out.push(Level { price, qty: if deletes { 0 } else { qty } });
            if self.literal(b"],[\"").is_none() {
                return self.literal(b"]]");
            }
        }
    }

    /// Converts an array of `{"price":price,"qty":quantity}`, with JSON numbers, and steps behind it. Gives the digits behind the points
    /// of the first row, if there is one.
    #[inline(always)]
    pub(super) fn named_levels(&mut self, exponents: (i8, i8), out: &mut Vec<Level>) -> Option<Option<(u8, u8)>> {
        out.clear();
        if self.literal(b"[]").is_some() {
            return Some(None);
        }
        let decimals = |text: &[u8]| {
            let behind = text.iter().rev().position(|byte| *byte == b'.').unwrap_or_default();
            u8::try_from(behind).unwrap_or(u8::MAX)
        };
        let mut first = None;
        self.literal(b"[{\"price\":")?;
        loop {
            let price_at = self.at;
            let (price, price_end) = self.indexed.number(price_at, exponents.0)?;
            self.at = price_end;
            self.literal(b",\"qty\":")?;
            let qty_at = self.at;
            let (qty, qty_end) = self.indexed.number(qty_at, exponents.1)?;
            self.at = qty_end;
            if price == 0 {
                return None;
            }
            out.push(Level { price, qty });
            if first.is_none() {
                first = Some((decimals(self.frame.get(price_at..price_end)?), decimals(self.frame.get(qty_at..qty_end)?)));
            }
            if self.literal(b"},{\"price\":").is_none() {
                self.literal(b"}]")?;
                return Some(first);
            }
        }
    }

    /// Converts `price,"qty":quantity`, with JSON numbers, and steps behind it.
    #[inline(always)]
    pub(super) fn own_level(&mut self, exponents: (i8, i8)) -> Option<Level> {
        let (price, end) = self.indexed.number(self.at, exponents.0)?;
        self.at = end;
        self.literal(b",\"qty\":")?;
        let (qty, end) = self.indexed.number(self.at, exponents.1)?;
        self.at = end;
        (price != 0).then_some(Level { price, qty })
    }

    /// The mantissa of the decimal text before the next quote, to which it steps.
    #[inline(always)]
    pub(super) fn mantissa(&mut self, exponent: i8) -> Option<i64> {
        let start = self.at;
        let end = start + self.text()?.len();
        self.indexed.decimal((start, end), exponent)
    }

    /// The frame.
    pub(super) const fn frame(&self) -> &'a [u8] {
        self.frame
    }

    /// A JSON number, to whose end it steps.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Option<DecimalText<'a>> {
        let offset = self.at;
        self.at += number_length(self.frame.get(offset..)?)?;
        Some(DecimalText { bytes: self.frame.get(offset..self.at)?, offset, spelled: Spelled::Number })
    }

    /// Walks an object whose values are plain, or objects of plain values, and steps behind it. `each` gets the key of the inner object,
    /// where it is of one, a key and its value; objects come after what is in them.
    #[inline(always)]
    pub(super) fn plain_object(&mut self, mut each: impl FnMut(Option<&'a [u8]>, &'a [u8], Value)) -> Option<()> {
        let mut outer: Option<(&'a [u8], usize)> = None;
        self.literal(b"{\"")?;
        loop {
            let key = self.text()?;
            self.literal(b"\":")?;
            let mut start = self.at;
            let kind = match self.frame.get(start)? {
                b'"' => {
                    self.literal(b"\"")?;
                    start = self.at;
                    self.text()?;
                    Kind::String
                }
                b'{' if outer.is_none() => {
                    self.literal(b"{\"")?;
                    outer = Some((key, start));
                    continue;
                }
                b't' => self.literal(b"true").map(|()| Kind::True)?,
                b'f' => self.literal(b"false").map(|()| Kind::False)?,
                b'n' => self.literal(b"null").map(|()| Kind::Null)?,
                _ => {
                    self.at += number_length(self.frame.get(start..)?)?;
                    Kind::Number
                }
            };
            each(outer.map(|(key, _)| key), key, Value { kind, start, end: self.at });
            if kind == Kind::String {
                self.literal(b"\"")?;
            }
            while self.literal(b"}").is_some() {
                let Some((key, start)) = outer.take() else { return Some(()) };
                each(None, key, Value { kind: Kind::Object, start, end: self.at });
            }
            self.literal(b",\"")?;
        }
    }

    /// Walks the members of an object at its opening brace, and steps behind it. `each` gets the key, the value and this walk,
    /// which stands at the value of an array that is not empty and must be stepped behind it; other arrays and objects are
    /// none of the spelling that is known here.
    #[inline(always)]
    pub(super) fn members(&mut self, mut each: impl FnMut(&'a [u8], Value, &mut Self) -> Option<()>) -> Option<()> {
        self.literal(b"{")?;
        loop {
            self.literal(b"\"")?;
            let key = self.text()?;
            self.literal(b"\":")?;
            let value = self.value()?;
            each(key, value, self)?;
            match self.frame.get(self.at)? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Walks what is left of an object behind one of its members, and steps behind it. Values may be objects of plain values.
    /// `each` gets the key.
    pub(super) fn rest(&mut self, mut each: impl FnMut(&'a [u8]) -> Option<()>) -> Option<()> {
        while *self.frame.get(self.at)? == b',' {
            self.literal(b",\"")?;
            let key = self.text()?;
            self.literal(b"\":")?;
            each(key)?;
            if self.frame.get(self.at)? == &b'{' {
                self.members(|_, value, _| (value.kind != Kind::Array).then_some(()))?;
            } else if self.value()?.kind == Kind::Array {
                return None;
            }
        }
        self.literal(b"}")
    }

    /// Steps behind a value, or stays at an array of arrays.
    #[inline(always)]
    fn value(&mut self) -> Option<Value> {
        let start = self.at;
        match self.frame.get(start)? {
            b'"' => {
                self.literal(b"\"")?;
                let text = self.text()?;
                self.literal(b"\"")?;
                Some(Value { kind: Kind::String, start: start + 1, end: start + 1 + text.len() })
            }
            b'[' => Some(Value { kind: Kind::Array, start, end: start }),
            _ => {
                let rest = self.frame.get(start..)?;
                let length = rest.iter().position(|byte| matches!(byte, b',' | b'}'))?;
                self.at += length;
                let kind = match rest.get(..length)? {
                    b"true" => Kind::True,
                    b"false" => Kind::False,
                    b"null" => Kind::Null,
                    [b'0'] => Kind::Number,
                    [b'1'..=b'9', digits @ ..] | [b'-', b'1'..=b'9', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                        Kind::Number
                    }
                    _ => return None,
                };
                Some(Value { kind, start, end: self.at })
            }
        }
    }

    /// The bytes of a value.
    pub(super) fn value_text(&self, value: Value) -> &'a [u8] {
        value.of(self.frame)
    }

    /// Whether nothing follows.
    #[inline(always)]
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.frame.len()
    }

    /// The integers at these places.
    #[inline(always)]
    pub(super) fn integers<const N: usize>(&self, spans: &[(usize, usize); N]) -> Option<[u64; N]> {
        self.indexed.integers(spans)
    }
}
