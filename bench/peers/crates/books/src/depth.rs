//! A depth message as serde reads it into types that a careful user would write: numbers converted while parsing, no strings.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use tickring_peer_harness::Corpus;

/// Decimals of [`Fixed`].
pub const DECIMALS: u32 = 8;

/// Wrapper of a combined stream.
#[derive(serde::Deserialize)]
pub struct Wrapper<N> {
    /// The message.
    #[serde(bound = "N: Number")]
    pub data: Depth<N>,
}

/// `depthUpdate`.
#[derive(serde::Deserialize)]
pub struct Depth<N> {
    #[serde(rename = "E")]
    pub ts_sent: i64,
    #[serde(rename = "T")]
    pub ts_event: i64,
    #[serde(rename = "U")]
    pub first: u64,
    #[serde(rename = "u")]
    pub last: u64,
    #[serde(rename = "pu")]
    pub prev: u64,
    #[serde(rename = "b", bound = "N: Number")]
    pub bids: Vec<(Text<N>, Text<N>)>,
    #[serde(rename = "a", bound = "N: Number")]
    pub asks: Vec<(Text<N>, Text<N>)>,
}

/// All messages of a corpus, parsed beforehand.
pub fn parsed<N: Number>(corpus: &Corpus) -> Vec<Depth<N>> {
    let read = |frame| sonic_rs::from_slice::<Wrapper<N>>(corpus.bytes(frame)).expect("invariant: frames are valid").data;
    corpus.frames.iter().map(read).collect()
}

/// What a JSON string with a decimal becomes.
pub trait Number: Copy {
    /// `None` if the text is no number.
    fn read(text: &str) -> Option<Self>;
}

/// Integer of 10^-8.
impl Number for i64 {
    #[inline]
    fn read(text: &str) -> Option<Self> {
        let (mut value, mut decimals, mut after_dot) = (0_i64, 0_u32, 0_u32);
        for byte in text.bytes() {
            if byte == b'.' {
                after_dot = 1;
                continue;
            }
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
            decimals += after_dot;
        }
        Some(value * 10_i64.pow(DECIMALS.checked_sub(decimals)?))
    }
}

impl Number for f64 {
    #[inline]
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A number that stands as a string in the JSON.
#[derive(Clone, Copy)]
pub struct Text<N>(pub N);

impl<'de, N: Number> Deserialize<'de> for Text<N> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<N>(PhantomData<N>);
        impl<N: Number> Visitor<'_> for Reader<N> {
            type Value = Text<N>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a decimal number in a string")
            }
            #[inline]
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<N>, E> {
                N::read(text).map(Text).ok_or_else(|| E::custom("no decimal number"))
            }
        }
        deserializer.deserialize_str(Reader(PhantomData))
    }
}

/// The venue's rule: the first delta spans the snapshot, each further one names its predecessor.
#[derive(Clone, Copy, Default)]
pub struct Sequence {
    last: u64,
    joined: bool,
}

impl Sequence {
    /// After a snapshot.
    pub fn after(last_update_id: u64) -> Self {
        Self { last: last_update_id, joined: false }
    }

    /// Panics at a hole: a run with one measures nothing.
    #[inline]
    pub fn check(&mut self, first: u64, last: u64, prev: u64) {
        let follows = if self.joined { prev == self.last } else { first <= self.last && self.last <= last };
        assert!(follows, "a hole before update id {first}");
        (self.last, self.joined) = (last, true);
    }
}
