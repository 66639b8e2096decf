//! The control: every byte of a frame is read, nothing else.

use std::hint::black_box;

use tickring_peer_harness::{Contender, Corpus, Top};

#[derive(Default)]
pub struct Touch(u64);

impl Contender for Touch {
    fn begin(&mut self, _corpus: &Corpus) {}

    #[inline]
    fn frame(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<64>();
        let mut sums = [0_u64; 8];
        for block in blocks {
            let (words, _) = block.as_chunks::<8>();
            sums.iter_mut().zip(words).for_each(|(sum, word)| *sum ^= u64::from_le_bytes(*word));
        }
        let rest = rest.iter().fold(0, |sum, byte| sum ^ u64::from(*byte));
        self.0 ^= sums.iter().fold(rest, |sum, word| sum ^ word);
        black_box(self.0);
    }

    fn top(&self) -> Option<Top> {
        None
    }
}
