//! A journal driven step by step, and what its files must say afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tickring_core::input::{Input, Stamped};

use super::simulated::Simulated;
use crate::flush::Turn;
use crate::found::Item;
use crate::gap::{Gap, GapCause};
use crate::journal::{Parts, begin};
use crate::keeper::Helper;
use crate::reader::Reader;
use crate::record::Kind;
use crate::settings::{Mode, Settings};
use crate::storage::Storage;
use crate::writer::Append;

/// A journal whose threads are the test.
pub struct Rig {
    pub parts: Parts,
    now: Instant,
    /// Inputs that were refused, by number.
    pub shed: Vec<u64>,
    pub appended: u64,
}

pub fn settings() -> Settings {
    Settings {
        segment_bytes: 16 << 10,
        buffer_bytes: 32 << 10,
        reserve_bytes: 16 << 10,
        compress: false,
        ..Settings::default()
    }
}

/// The bytes of the input with this number, the same in every test.
pub fn payload(sequence: u64) -> Vec<u8> {
    let mut state = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let length = 10 + (state >> 33) % 900;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}

/// Receive time of the input with this number.
pub const fn time(sequence: u64) -> u64 {
    1_000_000 + sequence * 1_000
}

impl Rig {
    pub fn open(disk: &Simulated, settings: &Settings) -> Result<Self, crate::JournalError> {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let parts = begin(&storage, settings, Helper::Inline)?;
        let appended = parts.writer.next_sequence() - 1;
        Ok(Self { parts, now: Instant::now(), shed: Vec::new(), appended })
    }

    /// Appends the next input: a frame, or every seventh time a tick.
    pub fn append(&mut self) -> Append {
        let sequence = self.parts.writer.next_sequence();
        let bytes = payload(sequence);
        let input = if sequence.is_multiple_of(7) { Input::Tick } else { Input::Frame { connection: 3, bytes: &bytes } };
        let done = self.parts.writer.append(&Stamped { ts_recv: time(sequence), input }, sequence, 0);
        assert_eq!(done.sequence, sequence);
        if !done.kept {
            self.shed.push(sequence);
        }
        self.appended = sequence;
        done
    }

    /// One turn of the flush thread, a quarter of a second later.
    pub fn turn(&mut self) -> Turn {
        self.now += Duration::from_millis(250);
        self.parts.flusher.turn(self.now)
    }

    pub fn durable(&self) -> u64 {
        self.parts.shared.durable()
    }

    /// Appends `count` inputs with a turn after each third.
    pub fn work(&mut self, count: u64) {
        for index in 0..count {
            self.append();
            if index % 3 == 2 {
                self.turn();
            }
        }
    }

    pub fn drain(&mut self) {
        for _ in 0..1_000 {
            if self.turn() != Turn::Progress {
                return;
            }
        }
        panic!("a thousand turns made progress without an end");
    }

    /// Closes as the flush thread does.
    pub fn close(mut self) -> Result<(), crate::JournalError> {
        self.drain();
        self.parts.writer.settle();
        self.drain();
        let missing = self.parts.writer.missing();
        drop(self.parts.writer);
        self.parts.flusher.close(missing)
    }
}

/// What a journal holds: inputs by number, gaps.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub inputs: BTreeMap<u64, Vec<u8>>,
    pub gaps: Vec<Gap>,
    pub last: u64,
}

/// Reads everything strictly, and checks that numbers are contiguous and payloads those of [`payload`].
pub fn read(disk: &Simulated) -> Held {
    let mut reader = Reader::new(Arc::new(disk.clone()), Mode::Strict).unwrap();
    let mut held = Held { last: 0, ..Held::default() };
    let mut first = true;
    while let Some(item) = reader.next().unwrap() {
        let Item::Record(record) = item else { panic!("{item:?}") };
        let head = record.head;
        if head.kind == Kind::Gap {
            let gap = Gap::read(record.payload).unwrap();
            assert!(first || gap.first == held.last + 1, "{gap:?} after {}", held.last);
            held.gaps.push(gap);
            held.last = gap.last;
        } else if head.kind.is_input() {
            assert!(first || head.sequence == held.last + 1, "input {} after {}", head.sequence, held.last);
            let expected = if head.kind == Kind::Tick { Vec::new() } else { payload(head.sequence) };
            assert_eq!(record.payload, expected, "input {}", head.sequence);
            assert_eq!(head.ts_recv, time(head.sequence));
            held.inputs.insert(head.sequence, record.payload.to_vec());
            held.last = head.sequence;
        }
        first = false;
    }
    held
}

/// Recovers, appends some more, and reads all: the prefix holds everything acknowledged, and gaps are exactly what was shed.
pub fn check(disk: &Simulated, acknowledged: u64, appended: u64, shed: &[u64]) -> Held {
    let before = read(disk);
    assert!(before.last >= acknowledged, "{} is acknowledged, {} is there", acknowledged, before.last);
    assert!(before.last <= appended);
    let mut rig = Rig::open(disk, &settings()).unwrap();
    assert_eq!(rig.parts.recovered.damage, []);
    // Memory may have held more than the disk, of which nothing was acknowledged.
    let kept = rig.parts.recovered.last_sequence;
    assert!((acknowledged..=before.last).contains(&kept), "{kept} is kept of {}, {acknowledged} is acknowledged", before.last);
    rig.work(10);
    let last = rig.appended;
    rig.close().unwrap();
    let after = read(disk);
    assert_eq!(after.last, last);
    // What the last life gave up may be gone by now.
    let first = after.inputs.keys().next().map_or(0, |first| *first);
    assert!(before.inputs.range(first..=kept).all(|input| after.inputs.get(input.0) == Some(input.1)));
    for gap in &after.gaps {
        if gap.cause != GapCause::Closed {
            assert!((gap.first..=gap.last).all(|sequence| shed.contains(&sequence)), "{gap:?} was not shed");
        }
    }
    assert!(shed.iter().all(|sequence| !before.inputs.contains_key(sequence)), "what was shed is there");
    after
}
