//! MessagePack encoder: the members of the JSON encoding, with integers as integers. Prices and quantities are mantissas.
//!
//! Formats by <https://github.com/msgpack/msgpack/blob/master/spec.md>, read 2026-11-21; every integer in its shortest form.

use crate::members::{Members, write_message};
use crate::message::{Body, Head};

const NIL: u8 = 0xc0;
const BOOLEAN: [u8; 2] = [0xc2, 0xc3];
const UINT: [u8; 4] = [0xcc, 0xcd, 0xce, 0xcf];
const INT: [u8; 4] = [0xd0, 0xd1, 0xd2, 0xd3];
const STRING: [u8; 3] = [0xd9, 0xda, 0xdb];
const ARRAY: [u8; 2] = [0xdc, 0xdd];
const MAP: [u8; 2] = [0xde, 0xdf];

/// Writes messages as MessagePack (`tickring.msgpack.v1`).
#[derive(Debug, Default)]
pub struct MsgPackEncoder {
    pack: Pack,
}

impl MsgPackEncoder {
    /// Encodes one message; the bytes are valid until the next call.
    ///
    /// Cost: no allocation once the buffer has held a message of that size.
    pub fn encode(&mut self, head: &Head<'_>, body: &Body<'_>) -> &[u8] {
        self.pack.out.clear();
        write_message(&mut self.pack, head, body);
        &self.pack.out
    }

    /// The message encoded last.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.pack.out
    }
}

#[derive(Debug, Default)]
struct Pack {
    out: Vec<u8>,
}

impl Pack {
    fn uint(&mut self, value: u64) {
        if let Ok(byte) = u8::try_from(value) {
            if byte >= 0x80 {
                self.out.push(UINT[0]);
            }
            self.out.push(byte);
        } else if let Ok(value) = u16::try_from(value) {
            self.out.push(UINT[1]);
            self.out.extend_from_slice(&value.to_be_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.out.push(UINT[2]);
            self.out.extend_from_slice(&value.to_be_bytes());
        } else {
            self.out.push(UINT[3]);
            self.out.extend_from_slice(&value.to_be_bytes());
        }
    }

    fn int(&mut self, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            self.uint(value);
        } else if let Ok(byte) = i8::try_from(value) {
            if byte < -32 {
                self.out.push(INT[0]);
            }
            self.out.extend_from_slice(&byte.to_be_bytes());
        } else if let Ok(value) = i16::try_from(value) {
            self.out.push(INT[1]);
            self.out.extend_from_slice(&value.to_be_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.out.push(INT[2]);
            self.out.extend_from_slice(&value.to_be_bytes());
        } else {
            self.out.push(INT[3]);
            self.out.extend_from_slice(&value.to_be_bytes());
        }
    }

    /// A length: within the first byte below `short_max`, else in 16 or 32 bits.
    fn length(&mut self, length: usize, short: u8, short_max: usize, [wide, wider]: [u8; 2]) {
        if length < short_max {
            self.out.push(short | u8::try_from(length).unwrap_or(0));
        } else if let Ok(length) = u16::try_from(length) {
            self.out.push(wide);
            self.out.extend_from_slice(&length.to_be_bytes());
        } else {
            self.out.push(wider);
            self.out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
    }

    fn string(&mut self, text: &str) {
        if let Some(length) = u8::try_from(text.len()).ok().filter(|length| *length >= 32) {
            self.out.extend_from_slice(&[STRING[0], length]);
        } else {
            self.length(text.len(), 0xa0, 32, [STRING[1], STRING[2]]);
        }
        self.out.extend_from_slice(text.as_bytes());
    }
}

impl Members for Pack {
    fn open(&mut self, members: u32) {
        self.length(members as usize, 0x80, 16, MAP);
    }

    fn close(&mut self) {}

    fn member(&mut self, name: &str) {
        self.string(name);
    }

    fn name(&mut self, name: &str, value: &str) {
        self.string(name);
        self.string(value);
    }

    fn names<'n>(&mut self, name: &str, values: impl Iterator<Item = &'n str> + Clone) {
        self.string(name);
        self.length(values.clone().count(), 0x90, 16, ARRAY);
        values.for_each(|value| self.string(value));
    }

    fn null(&mut self, name: &str) {
        self.string(name);
        self.out.push(NIL);
    }

    fn number(&mut self, name: &str, value: u64) {
        self.id(name, value);
    }

    fn id(&mut self, name: &str, value: u64) {
        self.string(name);
        self.uint(value);
    }

    fn boolean(&mut self, name: &str, value: bool) {
        self.string(name);
        self.out.push(BOOLEAN[usize::from(value)]);
    }

    fn exponent(&mut self, name: &str, value: i8) {
        self.string(name);
        self.int(i64::from(value));
    }

    fn decimal(&mut self, name: &str, mantissa: i64, _exponent: i8) {
        self.string(name);
        self.int(mantissa);
    }

    fn decimal_pairs(&mut self, name: &str, pairs: impl ExactSizeIterator<Item = [(i64, i8); 2]>) {
        self.string(name);
        self.length(pairs.len(), 0x90, 16, ARRAY);
        for [(first, _), (second, _)] in pairs {
            self.length(2, 0x90, 16, ARRAY);
            self.int(first);
            self.int(second);
        }
    }
}
