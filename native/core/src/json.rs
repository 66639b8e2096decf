//! A scalar JSON scanner: validates the whole grammar, allocates nothing, recurses nowhere, and gives out byte ranges.

use crate::error::Code;
use crate::venue::Reject;

mod escape;
#[cfg(test)]
mod tests;

pub use escape::unescape;

/// Deepest nesting of arrays and objects.
pub const DEPTH_MAX: u32 = 32;

/// Longest frame in bytes.
pub const FRAME_BYTES_MAX: usize = 8 << 20;

/// Longest REST body in bytes: a depth snapshot of 10^6 levels, or a listing of all instruments.
pub const BODY_BYTES_MAX: usize = 64 << 20;

/// What kind of value stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; the range excludes the quotes, escapes are still there.
    String,
    /// A number as JSON spells it.
    Number,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `null`.
    Null,
    /// An object with its braces.
    Object,
    /// An array with its brackets.
    Array,
}

/// A value's kind and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its kind.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Value {
    /// The bytes of the value.
    #[must_use]
    pub fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Checks size and encoding of a whole input.
///
/// # Errors
///
/// [`Code::FrameTooLarge`], [`Code::FrameNotUtf8`].
pub fn check(bytes: &[u8], size_max: usize) -> Result<(), Reject> {
    if bytes.len() > size_max {
        return Err(Reject { code: Code::FrameTooLarge, offset: size_max });
    }
    let text = std::str::from_utf8(bytes);
    text.map(|_| ()).map_err(|error| Reject { code: Code::FrameNotUtf8, offset: error.valid_up_to() })
}

/// Reads values from a position on.
#[derive(Clone, Copy, Debug)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Scanner<'a> {
    /// Scans `bytes` from `position`.
    #[must_use]
    pub const fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// The one value of the input, with nothing but white space around it.
    ///
    /// # Errors
    ///
    /// [`Code::FrameNotJson`], [`Code::FrameTooDeep`].
    pub fn root(mut self) -> Result<Value, Reject> {
        let value = self.value()?;
        self.space();
        if self.position == self.bytes.len() { Ok(value) } else { Err(self.bad()) }
    }

    /// The next value, validated, whatever it is.
    ///
    /// # Errors
    ///
    /// As [`Self::root`].
    pub fn value(&mut self) -> Result<Value, Reject> {
        self.space();
        let start = self.position;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            _ => return self.scalar(),
        };
        self.container()?;
        Ok(Value { kind, start, end: self.position })
    }

    /// Walks over a whole array or object. `stack` has a bit per open container: 1 for an object.
    fn container(&mut self) -> Result<(), Reject> {
        let mut stack: u64 = 0;
        let mut depth = 0_u32;
        loop {
            // A value is due.
            self.space();
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    self.position += 1;
                    if depth == DEPTH_MAX {
                        return Err(Reject { code: Code::FrameTooDeep, offset: self.position - 1 });
                    }
                    stack = stack << 1 | u64::from(open == b'{');
                    depth += 1;
                    self.space();
                    if self.peek() != Some(closer(stack)) {
                        if stack & 1 == 1 {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => {
                    self.scalar()?;
                }
            }
            // A value is done, or an empty container is at its end: close what closes, or step to the next value.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                self.space();
                match self.peek() {
                    Some(b',') => {
                        self.position += 1;
                        if stack & 1 == 1 {
                            self.space();
                            self.key()?;
                        }
                        break;
                    }
                    Some(byte) if byte == closer(stack) => {
                        self.position += 1;
                        stack >>= 1;
                        depth -= 1;
                    }
                    _ => return Err(self.bad()),
                }
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<Value, Reject> {
        if self.peek() != Some(b'"') {
            return Err(self.bad());
        }
        let key = self.string()?;
        self.space();
        self.take(b':')?;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<Value, Reject> {
        let start = self.position;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b't') => self.literal(b"true", Kind::True),
            Some(b'f') => self.literal(b"false", Kind::False),
            Some(b'n') => self.literal(b"null", Kind::Null),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Ok(Value { kind: Kind::Number, start, end: self.position })
            }
            _ => Err(self.bad()),
        }
    }

    fn literal(&mut self, text: &[u8], kind: Kind) -> Result<Value, Reject> {
        let start = self.position;
        for byte in text {
            self.take(*byte)?;
        }
        Ok(Value { kind, start, end: self.position })
    }

    fn number(&mut self) -> Result<(), Reject> {
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Reject> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.bad());
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Value, Reject> {
        self.take(b'"')?;
        let start = self.position;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(Value { kind: Kind::String, start, end: self.position - 1 });
                }
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.position += 1,
                // A control character, or the end.
                _ => return Err(self.bad()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Reject> {
        self.position += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.position += 1,
            Some(b'u') => {
                self.position += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.bad());
                    }
                    self.position += 1;
                }
            }
            _ => return Err(self.bad()),
        }
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> Result<(), Reject> {
        if self.peek() != Some(byte) {
            return Err(self.bad());
        }
        self.position += 1;
        Ok(())
    }

    fn bad(&self) -> Reject {
        Reject { code: Code::FrameNotJson, offset: self.position.min(self.bytes.len()) }
    }
}

fn closer(stack: u64) -> u8 {
    if stack & 1 == 1 { b'}' } else { b']' }
}

/// Walks the members of an object at `start`; `each` gets the key (without quotes, escapes still there) and the validated
/// value. Returns the position behind the object.
///
/// # Errors
///
/// As [`Scanner::root`], and those of `each`.
pub fn each_member<'a>(
    bytes: &'a [u8],
    start: usize,
    mut each: impl FnMut(&'a [u8], Value) -> Result<(), Reject>,
) -> Result<usize, Reject> {
    let mut scanner = Scanner::at(bytes, start);
    scanner.take(b'{')?;
    scanner.space();
    if scanner.peek() == Some(b'}') {
        return Ok(scanner.position + 1);
    }
    loop {
        scanner.space();
        let key = scanner.key()?;
        let value = scanner.value()?;
        each(key.of(bytes), value)?;
        scanner.space();
        if scanner.peek() == Some(b',') {
            scanner.position += 1;
            continue;
        }
        scanner.take(b'}')?;
        return Ok(scanner.position);
    }
}

/// Walks the elements of an array at `start`, as [`each_member`] does an object's members.
///
/// # Errors
///
/// As [`each_member`].
pub fn each_element(bytes: &[u8], start: usize, mut each: impl FnMut(Value) -> Result<(), Reject>) -> Result<usize, Reject> {
    let mut scanner = Scanner::at(bytes, start);
    scanner.take(b'[')?;
    scanner.space();
    if scanner.peek() == Some(b']') {
        return Ok(scanner.position + 1);
    }
    loop {
        let value = scanner.value()?;
        each(value)?;
        scanner.space();
        if scanner.peek() == Some(b',') {
            scanner.position += 1;
            continue;
        }
        scanner.take(b']')?;
        return Ok(scanner.position);
    }
}
