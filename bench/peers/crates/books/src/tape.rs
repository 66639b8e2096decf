//! simd-json by its tape: nothing is deserialized that is not needed.

use std::hint::black_box;

use simd_json::prelude::*;
use tickring_peer_harness::{Contender, Corpus, Top};

use crate::depth::{Number, Sequence};
use crate::order_books::OrderBook;
use crate::parsers::loaded;

pub struct Tape<B> {
    copy: Vec<u8>,
    buffers: simd_json::Buffers,
    tape: Option<simd_json::Tape<'static>>,
    book: B,
    sequence: Sequence,
}

impl<B: Default> Default for Tape<B> {
    fn default() -> Self {
        Self {
            copy: Vec::new(),
            buffers: simd_json::Buffers::default(),
            tape: Some(simd_json::Tape::null()),
            book: B::default(),
            sequence: Sequence::default(),
        }
    }
}

fn walk<B: OrderBook>(tape: &simd_json::Tape<'_>, book: &mut B, sequence: &mut Sequence) -> Option<()> {
    let root = tape.as_value();
    let data = root.get("data")?;
    let id = |name: &str| data.get(name)?.as_u64();
    sequence.check(id("U")?, id("u")?, id("pu")?);
    for (name, bid) in [("b", true), ("a", false)] {
        for level in data.get(name)?.as_array()?.iter() {
            let level = level.as_array()?;
            let mut cells = level.iter();
            let mut number = || i64::read(cells.next()?.into_string()?);
            let (price, qty) = (number()?, number()?);
            book.set(bid, price, qty);
        }
    }
    black_box(book.best());
    Some(())
}

impl<B: OrderBook> Contender for Tape<B> {
    fn begin(&mut self, corpus: &Corpus) {
        self.book = loaded(corpus);
        self.sequence = Sequence::after(corpus.last_update_id);
    }

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        // The tape borrows the copy; emptied, its memory serves the next frame.
        let mut tape = self.tape.take().expect("invariant: put back after every frame").reset();
        self.copy.clear();
        self.copy.extend_from_slice(bytes);
        simd_json::fill_tape(&mut self.copy, &mut self.buffers, &mut tape).expect("invariant: frames are valid");
        walk(&tape, &mut self.book, &mut self.sequence).expect("invariant: frames are depth messages");
        self.tape = Some(tape.reset());
    }

    fn top(&self) -> Option<Top> {
        Some(self.book.top())
    }
}
