//! The protocols alone, between threads, in a ring of a few slots: what takes a process a minute of laps happens here all the
//! time. Laps are counted in thousands of millions, and a build that lacks a part of the protocol is found out within a second.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Instant;

use tickring_shm::layout::SLOT_WORDS;
use tickring_shm::ring::{Found, Geometry, RingReader, RingWriter};
use tickring_shm::seqlock;

use crate::content::mix;

/// Longest record in slots; the mean is half of it and a half.
const SPAN_MAX: u64 = 4;
/// A reader that was lapped goes on in the newer half, where the last record has to be.
pub const SLOTS_MIN: u64 = 2 * SPAN_MAX;
const BODY: usize = SLOT_WORDS - 1;
/// Words of a table's row, behind its version.
const ROW: usize = 8;
/// Records between two writes of the row, and polls between two looks at it.
const ROW_EVERY: u64 = 16;
/// A broken build need not go on behind so many.
const WRONG_MAX: u64 = 1;

type Shared = Arc<[AtomicU64]>;

/// Memory of both sides.
#[derive(Clone)]
struct Memory {
    slots: u64,
    ring: Shared,
    head: Shared,
    row: Shared,
    done: Arc<AtomicBool>,
    /// Every reader has looked at the row before it is written for the first time.
    begun: Arc<Barrier>,
}

#[derive(Default)]
struct Counts {
    delivered: u64,
    lost: u64,
    torn: u64,
    rows: u64,
}

fn span_of(sequence: u64) -> u64 {
    1 + mix(sequence) % SPAN_MAX
}

/// The words of a record, but for the span in the first one.
fn fill(sequence: u64, words: &mut [u64]) {
    (0..).zip(words.iter_mut()).for_each(|(index, word)| *word = mix(sequence.wrapping_add(index)));
    words[0] &= !0xffff;
    words[1] = sequence;
}

/// Publishes records while readers copy them. Prints the counts as a line of JSON; whether all of them are right.
pub fn run(slots: u64, records: u64, readers: usize) -> bool {
    let zeros = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect::<Shared>();
    let memory = Memory {
        slots,
        ring: zeros(slots as usize * SLOT_WORDS),
        head: zeros(16),
        row: zeros(1 + ROW),
        done: Arc::new(AtomicBool::new(false)),
        begun: Arc::new(Barrier::new(readers + 1)),
    };
    let started = Instant::now();
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            let memory = memory.clone();
            std::thread::spawn(move || read(&memory, records))
        })
        .collect();
    let written = write(&memory, records);
    let counts: Vec<Counts> = readers.into_iter().map(|reader| reader.join().expect("a reader failed")).collect();
    let sum = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    let inexact = counts.iter().filter(|counts| counts.torn == 0 && counts.delivered + counts.lost != records).count();
    let torn = sum(|counts| counts.torn);
    println!(
        "{{\"records\":{records},\"ring_slots\":{slots},\"seconds\":{:.1},\"laps\":{},\"readers\":{},\"delivered\":{},\"lost\":{},\
         \"rows\":{},\"torn\":{torn},\"inexact\":{inexact}}}",
        started.elapsed().as_secs_f64(),
        written / slots,
        counts.len(),
        sum(|counts| counts.delivered),
        sum(|counts| counts.lost),
        sum(|counts| counts.rows),
    );
    torn == 0 && inexact == 0
}

/// Returns the number of slots written.
fn write(memory: &Memory, records: u64) -> u64 {
    let (ring, head) = (Arc::clone(&memory.ring), Arc::clone(&memory.head));
    let mut writer = RingWriter::<Shared, SLOT_WORDS>::new(ring, head, Geometry::new(memory.slots, 1));
    let mut words = [0; SPAN_MAX as usize * BODY];
    memory.begun.wait();
    for sequence in 1..=records {
        let words = &mut words[..span_of(sequence) as usize * BODY];
        fill(sequence, words);
        writer.publish(words, sequence, sequence).expect("positions are left");
        if sequence.is_multiple_of(ROW_EVERY) {
            seqlock::write(&memory.row, 0, ROW, |row| {
                row[0].store(sequence, Ordering::Relaxed);
                (1..).zip(&row[1..]).for_each(|(index, word)| word.store(mix(sequence + index), Ordering::Relaxed));
            });
        }
        if sequence.is_multiple_of(1 << 16) && memory.done.load(Ordering::Relaxed) {
            break;
        }
    }
    memory.done.store(true, Ordering::Release);
    writer.position()
}

fn read(memory: &Memory, records: u64) -> Counts {
    let (ring, head) = (Arc::clone(&memory.ring), Arc::clone(&memory.head));
    let reader = RingReader::<Shared, SLOT_WORDS>::new(ring, head, Geometry::new(memory.slots, 1));
    let (mut copy, mut whole, mut row) = ([0; SPAN_MAX as usize * BODY], [0; SPAN_MAX as usize * BODY], [0; ROW]);
    let (mut counts, mut position, mut next) = (Counts::default(), 0, 1);
    look(memory, &mut row, &mut counts);
    memory.begun.wait();
    for polls in 0_u64.. {
        if next > records || counts.torn >= WRONG_MAX {
            break;
        }
        // Looked at before the ring: what was published until then is found below.
        let done = memory.done.load(Ordering::Acquire);
        match reader.read(position, &mut copy) {
            Found::Record(span) => {
                let sequence = copy[1];
                let words = &mut whole[..span_of(sequence) as usize * BODY];
                fill(sequence, words);
                words[0] |= span_of(sequence) << 8;
                if sequence < next || span != span_of(sequence) || copy[..span as usize * BODY] != *words {
                    counts.torn += 1;
                    eprintln!("torn: record {sequence} of {span} slots at {position}, {next} was expected");
                }
                counts.delivered += 1;
                counts.lost += sequence.saturating_sub(next);
                (position, next) = (position + span, sequence.max(next) + 1);
            }
            Found::Overwritten | Found::NoRecord => {
                let head = reader.head();
                let from = head.position.saturating_sub(memory.slots / 2).max(position + 1);
                position = reader.find_record(from, head.position).unwrap_or_else(|| head.position.max(from));
            }
            Found::Empty | Found::Writing if done => break,
            Found::Empty | Found::Writing => {}
        }
        if polls.is_multiple_of(ROW_EVERY) {
            look(memory, &mut row, &mut counts);
        }
    }
    if counts.torn >= WRONG_MAX {
        memory.done.store(true, Ordering::Relaxed);
    }
    counts
}

/// Reads the row of the table.
fn look(memory: &Memory, row: &mut [u64; ROW], counts: &mut Counts) {
    if !seqlock::read(&memory.row, 0, row) {
        return;
    }
    counts.rows += 1;
    if (1..).zip(&row[1..]).any(|(index, word)| *word != mix(row[0].wrapping_add(index))) {
        counts.torn += 1;
        eprintln!("torn: row {row:x?}");
    }
}
