//! The control: a bare message in shared memory, no ring. The next one overwrites it.

use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::lines::{Line, Lines};
use crate::transport::{Receiving, Rx, Sending, Tx, parts, words};
use crate::{Both, Fallible};

/// Word of the due time: its own one is taken.
const DUE: usize = 2;

/// Word 0 is stored last, and is the number since the start: block numbers would repeat.
struct Bare<const W: usize> {
    lines: Lines,
    /// Messages sent, or number of the last one seen.
    last: u64,
}

fn open<const W: usize>(folder: &Path, create: bool) -> Fallible<Bare<W>> {
    let lines = Lines::open(&folder.join(format!("bare-{W}")), create)?;
    Ok(Bare { lines, last: 0 })
}

/// The writing ends.
pub fn writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    Ok([Box::new(open::<8>(folder, true)?), Box::new(open::<32>(folder, true)?)])
}

/// The reading ends.
pub fn readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    Ok([Box::new(open::<8>(folder, false)?), Box::new(open::<32>(folder, false)?)])
}

impl<const W: usize> Tx for Bare<W> {
    const IS_LOSSY: bool = true;
    const HOLDS_ONE: bool = true;

    #[inline]
    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        let message = words::<W>(due, number);
        for (index, word) in message.into_iter().enumerate().skip(1) {
            self.lines.word(Line::Bare, index).store(word, Relaxed);
        }
        self.lines.word(Line::Bare, DUE).store(due, Relaxed);
        self.last += 1;
        self.lines.word(Line::Bare, 0).store(self.last, Release);
        Ok(())
    }
}

impl<const W: usize> Rx for Bare<W> {
    #[inline]
    fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
        // Acquire: pairs with the Release store of `send`, after all other words.
        let first = self.lines.word(Line::Bare, 0).load(Acquire);
        if first == self.last {
            return Ok(0);
        }
        self.last = first;
        let mut message = [0; W];
        for (index, word) in message.iter_mut().enumerate().skip(1) {
            *word = self.lines.word(Line::Bare, index).load(Relaxed);
        }
        message[0] = message[DUE];
        let (due, number) = parts(&message);
        each(due, number);
        Ok(1)
    }
}
