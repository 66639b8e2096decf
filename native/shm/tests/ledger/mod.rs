//! What one reader read and lost, checked record by record: nothing torn, nothing twice, nothing missing without a word.
#![allow(dead_code, clippy::unwrap_used)]

use tickring_shm::{Poll, Reader, Record};

use crate::support::number_of;

/// How the records ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing more was published.
    Empty,
    /// A record is half written.
    Stalled,
}

/// The account of one reader.
#[derive(Debug)]
pub struct Ledger {
    pub reader: Reader,
    /// Sequence that has to come next; `None` while nothing is expected.
    pub next: Option<u64>,
    pub read: u64,
    pub lost: u64,
    record: Record,
}

impl Ledger {
    pub fn new(reader: Reader) -> Self {
        Self { next: reader.next_sequence(), reader, read: 0, lost: 0, record: Record::default() }
    }

    /// As [`Self::new`], from the oldest record on.
    pub fn oldest(mut reader: Reader) -> Self {
        reader.seek_oldest();
        Self::new(reader)
    }

    /// Reads until caught up. Every record's content must be its sequence's, and every sequence the next one.
    pub fn drain(&mut self) -> End {
        loop {
            match self.reader.poll(&mut self.record) {
                Poll::Record => {
                    let record = &self.record;
                    if record.epoch_start().is_none() {
                        assert_eq!(number_of(record), record.sequence, "the content of another record");
                    }
                    assert!(self.next.is_none_or(|next| next == record.sequence), "{} after {:?}", record.sequence, self.next);
                    self.next = Some(record.sequence + 1);
                    self.read += 1;
                }
                Poll::Lapped { lost } => {
                    assert!(lost > 0, "a loss of nothing");
                    self.next = self.next.map(|next| next + lost);
                    self.lost += lost;
                }
                Poll::Empty => return End::Empty,
                Poll::Stalled => return End::Stalled,
            }
        }
    }

    /// Goes on in the newest generation, and reads it.
    pub fn follow(&mut self) {
        self.reader.reopen().unwrap();
        assert_eq!(self.drain(), End::Empty, "the new writer is not within a record");
    }
}
