//! The process whose calls to the disk fail: it appends all the same, and says what it was told.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tickring_core::input::{Input, Stamped};
use tickring_journal::{Journal, Settings, State, Writer};

use crate::kills::witness::payload;

/// Inputs of a life.
const INPUTS: u64 = 96;
/// How it ends where the journal could not be opened, or not be closed in order.
pub const NOT_OPENED: i32 = 7;
pub const UNWRITTEN: i32 = 8;
/// A sync that takes longer hangs.
const HANG: Duration = Duration::from_millis(300);
/// Inputs that are appended meanwhile: more than the buffer holds.
const MEANWHILE: u64 = 300;

/// What it was told, for whoever started it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub appended: u64,
    pub acknowledged: u64,
    pub shed: u64,
    pub during_hang: u64,
    pub degraded: bool,
}

impl Told {
    pub fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("told")).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap_or(0);
        Self { appended: next(), acknowledged: next(), shed: next(), during_hang: next(), degraded: next() != 0 }
    }

    fn write(&self, folder: &Path) {
        let Self { appended, acknowledged, shed, during_hang, degraded } = self;
        let text = format!("{appended} {acknowledged} {shed} {during_hang} {}", u8::from(*degraded));
        fs::write(folder.join("told"), text).unwrap();
    }
}

fn append(writer: &mut Writer) -> u64 {
    let sequence = writer.next_sequence();
    let bytes = payload(sequence);
    writer.append(&Stamped { ts_recv: sequence, input: Input::Frame { connection: 1, bytes: &bytes } }, sequence, 0);
    sequence
}

/// Appends; the status to end with.
pub fn live(folder: &Path) -> i32 {
    let settings = Settings {
        segment_bytes: 16 << 10,
        buffer_bytes: 64 << 10,
        reserve_bytes: 16 << 10,
        interval: Duration::from_micros(50),
        compress: true,
        ..Settings::default()
    };
    let Ok((journal, mut writer, _)) = Journal::open(&folder.join("journal"), &settings) else { return NOT_OPENED };
    let mut told = Told::default();
    for index in 0..INPUTS {
        told.appended = append(&mut writer);
        if index % 4 == 3 && !journal.wait_durable(told.appended, HANG) && told.during_hang == 0 {
            // It hangs, or refuses for good: what has no room is shed, and nothing here waits.
            let stood = journal.durable();
            for _ in 0..MEANWHILE {
                told.appended = append(&mut writer);
            }
            told.during_hang = if journal.durable() == stood { MEANWHILE } else { 0 };
            told.degraded = is_degraded(&journal);
        }
        told.acknowledged = journal.durable();
    }
    told.shed = journal.status().shed_inputs;
    let closed = journal.close(writer);
    told.write(folder);
    if closed.is_ok() { 0 } else { UNWRITTEN }
}

fn is_degraded(journal: &Journal) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while journal.status().state != State::Degraded {
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}
