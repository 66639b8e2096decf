//! JSON crates, each by the entry point that its documents recommend for bytes.

use std::hint::black_box;

use serde::de::DeserializeOwned;
use tickring_peer_harness::{Contender, Corpus, Top};

use crate::depth::{Number, Sequence, Wrapper};
use crate::order_books::OrderBook;

/// Bytes of JSON to a value.
pub trait Parser {
    fn parse<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> T;
}

pub struct SerdeJson;

impl Parser for SerdeJson {
    #[inline]
    fn parse<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> T {
        serde_json::from_slice(bytes).expect("invariant: frames of the corpus are valid")
    }
}

pub struct SonicRs;

impl Parser for SonicRs {
    #[inline]
    fn parse<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> T {
        sonic_rs::from_slice(bytes).expect("invariant: frames of the corpus are valid")
    }
}

/// It parses in place, so that the frame is copied first.
#[derive(Default)]
pub struct SimdJson {
    copy: Vec<u8>,
    buffers: simd_json::Buffers,
}

impl Parser for SimdJson {
    #[inline]
    fn parse<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> T {
        self.copy.clear();
        self.copy.extend_from_slice(bytes);
        simd_json::serde::from_slice_with_buffers(&mut self.copy, &mut self.buffers)
            .expect("invariant: frames of the corpus are valid")
    }
}

/// Parses into numbers, keeps nothing.
pub struct ParseOnly<P>(pub P);

impl<P: Parser> Contender for ParseOnly<P> {
    fn begin(&mut self, _corpus: &Corpus) {}

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        let wrapper: Wrapper<i64> = self.0.parse(bytes);
        black_box((&wrapper.data.bids, &wrapper.data.asks));
    }

    fn top(&self) -> Option<Top> {
        None
    }
}

/// Parses, checks the sequence, keeps the book, looks at its best prices.
pub struct Keep<P, B> {
    parser: P,
    book: B,
    sequence: Sequence,
}

impl<P, B: OrderBook> Keep<P, B> {
    pub fn new(parser: P) -> Self {
        Self { parser, book: B::default(), sequence: Sequence::default() }
    }
}

/// The book of the corpus' snapshot.
pub fn loaded<B: OrderBook>(corpus: &Corpus) -> B {
    let mut book = B::default();
    let number = |text: &str| i64::read(text).expect("invariant: the snapshot holds numbers");
    corpus.bids.iter().for_each(|(price, qty)| book.set(true, number(price), number(qty)));
    corpus.asks.iter().for_each(|(price, qty)| book.set(false, number(price), number(qty)));
    book
}

impl<P: Parser, B: OrderBook> Contender for Keep<P, B> {
    fn begin(&mut self, corpus: &Corpus) {
        self.book = loaded(corpus);
        self.sequence = Sequence::after(corpus.last_update_id);
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        let Wrapper { data } = self.parser.parse::<Wrapper<i64>>(bytes);
        self.sequence.check(data.first, data.last, data.prev);
        data.bids.iter().for_each(|(price, qty)| self.book.set(true, price.0, qty.0));
        data.asks.iter().for_each(|(price, qty)| self.book.set(false, price.0, qty.0));
        black_box((data.ts_sent, data.ts_event, self.book.best()));
    }

    fn top(&self) -> Option<Top> {
        Some(self.book.top())
    }
}
