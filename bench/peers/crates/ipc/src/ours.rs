//! Tickring: a quote (one slot of 64 bytes) and a delta of ten levels (four slots), encoded and decoded.

use std::path::Path;

use tickring_shm::{Poll, Reader, Record, SegmentOptions, Writer};

use crate::clock::monotonic_ns;
use crate::message::{Sender, Shape, due_of};
use crate::transport::{CAPACITY, Receiving, Rx, Sending, Tx};
use crate::{Both, Fallible};

const SHAPES: [Shape; 2] = [Shape::Small, Shape::Large];
/// Name of the engine that this pretends to be, before the shape's.
const NAME: &str = "peers";
/// Holds the moment from which due times count: quantities of compact quotes are below 2^48.
const BASE: &str = "base";

struct Sends {
    sender: Sender,
    shape: Shape,
    base: u64,
}

struct Receives {
    reader: Reader,
    record: Box<Record>,
    shape: Shape,
    base: u64,
    /// Number of the last record before the block.
    before: u64,
}

fn name(shape: Shape) -> String {
    format!("{NAME}-{}", shape.name())
}

/// The writing ends.
pub fn writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    let base = monotonic_ns();
    std::fs::write(folder.join(BASE), base.to_string())?;
    let writer = |shape: Shape| -> Fallible<Box<dyn Sending>> {
        let writer = Writer::create(&SegmentOptions {
            root: folder.to_path_buf(),
            name: name(shape),
            shard: 0,
            epoch: 1,
            prev_epoch: 0,
            ring_bytes: CAPACITY as u64 * 64 * shape.span(),
            books_bytes: 0,
            instruments_max: 1,
            depth: 1,
            hardened: false,
        })?;
        Ok(Box::new(Sends { sender: Sender::new(writer), shape, base }))
    };
    Ok([writer(SHAPES[0])?, writer(SHAPES[1])?])
}

/// The reading ends.
pub fn readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    let base = std::fs::read_to_string(folder.join(BASE))?.parse()?;
    let reader = |shape: Shape| -> Fallible<Box<dyn Receiving>> {
        let reader = Reader::open(folder, &name(shape), 0)?;
        Ok(Box::new(Receives { reader, record: Box::default(), shape, base, before: 0 }))
    };
    Ok([reader(SHAPES[0])?, reader(SHAPES[1])?])
}

impl Tx for Sends {
    const IS_LOSSY: bool = true;

    #[inline]
    fn send(&mut self, due: u64, _: u64) -> Fallible<()> {
        self.sender.send(self.shape, due.saturating_sub(self.base));
        Ok(())
    }
}

impl Rx for Receives {
    #[inline]
    fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
        match self.reader.poll(&mut self.record) {
            Poll::Record => {
                let due = due_of(self.shape, &self.record).ok_or("a record of another kind")?;
                each(self.base + due, self.record.frame_seq - self.before);
                Ok(1)
            }
            // The next record's number shows the hole.
            Poll::Lapped { .. } | Poll::Empty | Poll::Stalled => Ok(0),
        }
    }

    fn begin(&mut self) -> Fallible<()> {
        while self.poll(|_, _| ())? > 0 {}
        self.before = self.record.frame_seq;
        Ok(())
    }
}
