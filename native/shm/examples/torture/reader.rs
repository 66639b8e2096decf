//! One reader: follows every generation to an orderly end, checks every word, and prints what it counted.

use std::path::Path;
use std::time::{Duration, Instant};

use tickring_shm::{LatestCopy, Liveness, Poll, Reader, Record};

use crate::content::{ROWS, definition, is_whole, mix};
use crate::states::States;
use crate::{NAME, hunt};

/// More of a silence is not counted between two polls: a process that was stopped did not poll.
const SILENCE_STEP_MAX: Duration = Duration::from_millis(10);

/// What a reader counted. Every reader program, of any language, prints this as one line of JSON with these names.
#[derive(Debug, Default)]
pub struct Counts {
    /// Sequence that it expected first, and the one that it expects next.
    pub first: u64,
    pub next: u64,
    pub delivered: u64,
    pub lost: u64,
    /// Records, or rows of a table, with a word that is not theirs.
    pub torn: u64,
    /// Records that did not follow the one before, nor a loss that was told.
    pub unexplained: u64,
    pub laps: u64,
    pub stalls: u64,
    pub generations: u64,
    /// Rows of the instrument table, and latest states and whole books, that were looked at.
    pub rows: u64,
    pub states: u64,
    /// Longest time that it polled and got nothing.
    pub silence_ms: u64,
}

impl Counts {
    pub fn to_json(&self) -> String {
        format!(
            "{{\"first\":{},\"next\":{},\"delivered\":{},\"lost\":{},\"torn\":{},\"unexplained\":{},\"laps\":{},\"stalls\":{},\
             \"generations\":{},\"rows\":{},\"states\":{},\"silence_ms\":{}}}",
            self.first,
            self.next,
            self.delivered,
            self.lost,
            self.torn,
            self.unexplained,
            self.laps,
            self.stalls,
            self.generations,
            self.rows,
            self.states,
            self.silence_ms
        )
    }
}

struct Follower {
    reader: Reader,
    record: Record,
    states: States,
    latest: LatestCopy,
    counts: Counts,
    silence: Duration,
    looked: Instant,
}

/// Reads until the writer ended in order and all is read.
pub fn run(root: &Path, seed: u64) -> Counts {
    let reader = hunt("a segment to read", || Reader::open(root, NAME, 0).ok());
    let next = reader.next_sequence().unwrap_or_default();
    let counts = Counts { first: next, next, generations: 1, ..Counts::default() };
    let mut follower = Follower {
        reader,
        record: Record::default(),
        states: States::new(),
        latest: LatestCopy::default(),
        counts,
        silence: Duration::ZERO,
        looked: Instant::now(),
    };
    for polls in 1_u64.. {
        if polls.is_multiple_of(1 << 12) {
            follower.disturb(mix(seed ^ polls));
        }
        if follower.poll() && follower.wait() {
            break;
        }
    }
    follower.counts
}

impl Follower {
    /// Takes the next record; `true` if there is none.
    fn poll(&mut self) -> bool {
        let counts = &mut self.counts;
        match self.reader.poll(&mut self.record) {
            Poll::Record => {
                let record = &self.record;
                if counts.next == 0 {
                    (counts.first, counts.next) = (record.sequence, record.sequence);
                }
                counts.unexplained += u64::from(record.sequence != counts.next);
                counts.next = record.sequence + 1;
                counts.delivered += 1;
                if record.epoch_start().is_none() && !is_whole(record) {
                    counts.torn += 1;
                    eprintln!("torn: {record:?}");
                }
            }
            Poll::Lapped { lost } => {
                counts.lost += lost;
                counts.laps += 1;
                counts.next += lost;
            }
            Poll::Stalled => {
                counts.stalls += 1;
                return true;
            }
            Poll::Empty => return true,
        }
        self.silence = Duration::ZERO;
        false
    }

    /// Nothing to read: goes on in the next generation, if there is one; `true` at the orderly end.
    #[cold]
    fn wait(&mut self) -> bool {
        let now = Instant::now();
        self.silence += (now - self.looked).min(SILENCE_STEP_MAX);
        self.looked = now;
        self.counts.silence_ms = self.counts.silence_ms.max(self.silence.as_millis() as u64);
        match self.reader.liveness() {
            Liveness::Closed { final_sequence } => return self.counts.next == final_sequence + 1,
            Liveness::Superseded { .. } => {
                // What was published between the last poll and this look is read first.
                while !self.poll() {}
                let generation = self.reader.generation();
                if self.reader.reopen().is_ok() && self.reader.generation() != generation {
                    self.counts.generations += 1;
                }
            }
            _ => std::thread::yield_now(),
        }
        false
    }

    /// Gives the processor away, or sleeps until it must have been lapped; looks at the tables.
    fn disturb(&mut self, random: u64) {
        if let Some(row) = self.reader.instrument(random as u32 % ROWS) {
            self.counts.rows += 1;
            if row.instrument != definition(row.instrument.id) {
                self.counts.torn += 1;
                eprintln!("torn: {row:?}");
            }
        }
        let (there, torn) = self.states.look(&self.reader, random >> 8, &mut self.latest);
        self.counts.states += there;
        self.counts.torn += torn;
        match (random >> 32) % 64 {
            0 => std::thread::sleep(Duration::from_micros((random >> 40) % 3_000)),
            1..8 => std::thread::yield_now(),
            _ => {}
        }
    }
}
