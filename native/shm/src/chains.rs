//! Long values, one a row: words in a chain of chunks, and a row that says where the chain begins. A new value goes into chunks
//! that no row names; then the row is switched, and only then are the chunks of the value before used again.
//!
//! Rows are seqlocks. `C` is the number of words of a chunk: 512 in the file, fewer under the model checker. The first word
//! of a chunk is the number of the next one. Checked by `model/ring_model.py` and `tests/loom.rs`.

use crate::layout::NO_CHUNK;
use crate::seqlock;
use crate::sync::{Ordering, Words};

/// The writing side. One per area, ever.
#[derive(Debug)]
pub struct ChainWriter<W, const C: usize> {
    chunks: W,
    /// The chunk behind each chunk: what shared memory says is for readers.
    next: Box<[u32]>,
    /// Chunks in no chain.
    free: Vec<u32>,
}

impl<W: Words, const C: usize> ChainWriter<W, C> {
    /// Starts with `count` chunks, all of them free.
    #[must_use]
    pub fn new(chunks: W, count: u32) -> Self {
        let next = vec![NO_CHUNK; count as usize].into();
        Self { chunks, next, free: (0..count).rev().collect() }
    }

    /// Whether a value of so many words has room.
    #[must_use]
    pub const fn has_room(&self, words: usize) -> bool {
        words.div_ceil(C - 1) <= self.free.len()
    }

    /// Stores the words that `fill` puts, which no row names yet; gives the first chunk of their chain, [`NO_CHUNK`] without words.
    /// What is beyond the room is left out.
    #[inline]
    pub fn store(&mut self, fill: impl FnOnce(&mut Filling<'_, W, C>)) -> u32 {
        // No fence of its own: these chunks were free at first, or left a row by `switch`, and the Release fence of that
        // `seqlock::write` stands between the row's odd version and the stores below. So whoever reads one of them finds the row
        // changed.
        let mut filling = Filling { writer: self, first: NO_CHUNK, last: NO_CHUNK, at: C };
        fill(&mut filling);
        let (first, last) = (filling.first, filling.last);
        self.link(last, NO_CHUNK);
        first
    }

    /// Makes `next` the chunk behind `chunk`.
    fn link(&mut self, chunk: u32, next: u32) {
        if let Some(after) = self.next.get_mut(chunk as usize) {
            *after = next;
            self.chunks.set(chunk as usize * C, u64::from(next));
        }
    }

    /// Lets the chunks of a chain be used again. Its row must name another one by now.
    pub fn free(&mut self, first: u32) {
        let mut chunk = first;
        while let Some(next) = self.next.get(chunk as usize) {
            self.free.push(chunk);
            chunk = *next;
        }
    }
}

/// A chain being written.
#[derive(Debug)]
pub struct Filling<'a, W, const C: usize> {
    writer: &'a mut ChainWriter<W, C>,
    first: u32,
    last: u32,
    /// Place in the last chunk.
    at: usize,
}

impl<W: Words, const C: usize> Filling<'_, W, C> {
    /// Stores the next word.
    #[inline]
    pub fn put(&mut self, word: u64) {
        if self.at == C && !self.grow() {
            return;
        }
        self.writer.chunks.set(self.last as usize * C + self.at, word);
        self.at += 1;
    }

    #[cold]
    fn grow(&mut self) -> bool {
        let Some(chunk) = self.writer.free.pop() else { return false };
        self.writer.link(self.last, chunk);
        (self.first, self.last) = (if self.first == NO_CHUNK { chunk } else { self.first }, chunk);
        self.at = 1;
        true
    }
}

/// Copies the words of a chain that begins at `first` into `out`, exactly as many as it holds; `false` if the chain ends before.
/// What was copied counts only if the row still stands: call it within [`seqlock::read_with`].
pub fn copy<W: Words, const C: usize>(chunks: &W, count: u32, first: u32, out: &mut [u64]) -> bool {
    let mut chunk = first;
    for part in out.chunks_mut(C - 1) {
        // Bounded before it is used: it may be torn, or a lie.
        if chunk >= count {
            return false;
        }
        let words = chunks.run(chunk as usize * C, 1 + part.len());
        for (copied, word) in part.iter_mut().zip(&words[1..]) {
            *copied = word.load(Ordering::Relaxed);
        }
        chunk = words[0].load(Ordering::Relaxed) as u32;
    }
    true
}

/// Switches a row to a value; see [`seqlock::write`].
pub fn switch<W: Words>(rows: &W, row: usize, values: &[u64]) {
    seqlock::write(rows, row, values.len(), |words| {
        for (word, value) in words.iter().zip(values) {
            word.store(*value, Ordering::Relaxed);
        }
    });
}
