//! A writer that is killed between any two instructions of what it does to shared memory, or between any two system calls of
//! its start: whoever reads on finds nothing torn, does not hang, and counts exactly, and the next writer goes on from there
//! (T3). The test runs itself again as the victim.
//!
//! `TICKRING_KILLS_PER_STEP` asks for that many kills in each step of a protocol, instead of some.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used)]

mod ledger;
mod stepper;
mod support;
mod tables;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ledger::{End, Ledger};
use stepper::everywhere::{At, kill_everywhere, survey};
use stepper::{Stepped, Unit, marker, trace_me};
use support::{NAME, Root, SLOTS, options, publish};
use tables::{Content, Look, Table, Value};
use tickring_shm::layout::{HEADER_SIZE, SLOT_SIZE, WORD_SIZE, header};
use tickring_shm::{Liveness, Reader, Writer};

const ACT: &str = "TICKRING_TEST_ROLE";
const ROOT: &str = "TICKRING_TEST_ROOT";
const NUMBER: &str = "TICKRING_TEST_NUMBER";
/// The command line of an emulator, which cannot trace what it runs.
const RUNNER: &str = "TICKRING_TEST_RUNNER";

/// Not a test of its own: what the victim does, between markers.
#[test]
fn role_of_a_victim() {
    let Ok(act) = std::env::var(ACT) else { return };
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let number: u64 = std::env::var(NUMBER).unwrap().parse().unwrap();
    trace_me();
    if act == "start" {
        marker();
        let _writer = Writer::create(&options(&root, number)).unwrap();
        marker();
        return;
    }
    let mut writer = Writer::create(&options(&root, 1)).unwrap();
    marker();
    while writer.sequence() + 1 < number {
        let next = writer.sequence() + 1;
        publish(&mut writer, next);
    }
    if act == "publish" {
        marker();
        publish(&mut writer, number);
    } else {
        let table = Table::ALL.into_iter().find(|table| table.name() == act).expect("an act");
        table.begin(&mut writer);
        let [old, new] = [1, 2].map(Content::new);
        table.write(&mut writer, &old);
        marker();
        table.write(&mut writer, &new);
    }
    marker();
}

/// The victim, standing at its first marker; `None`, with a word why, where it cannot be traced.
fn victim(root: &Root, act: &str, number: u64) -> Option<Stepped> {
    let emulated = std::env::var_os(RUNNER).is_some();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "role_of_a_victim", "--nocapture"]).stdout(Stdio::null());
    command.env(ACT, act).env(ROOT, root.path()).env(NUMBER, number.to_string());
    let child = if emulated { None } else { Stepped::start(&mut command) };
    if child.is_none() {
        assert!(emulated || std::env::var_os("CI").is_none(), "children cannot be traced here");
        eprintln!("SKIPPED: children cannot be traced here");
    }
    child
}

/// How far a killed writer had got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Before,
    Marked,
    Filling,
    Committed,
    Published,
}

/// The file that a victim publishes in.
fn ring(root: &Root) -> PathBuf {
    root.shard().join("ring.0000000000000001")
}

/// Looks at the words of one group, apart from any reader.
struct Probe {
    file: File,
    target: Target,
    position: u64,
    before: Vec<u64>,
}

impl Probe {
    /// Looks at where the record will stand that is published next.
    fn new(root: &Root, target: Target) -> Self {
        let file = File::open(ring(root)).unwrap();
        let mut probe = Self { file, target, position: 0, before: Vec::new() };
        probe.position = probe.words((header::HEAD + header::HEAD_POSITION) * WORD_SIZE, 1)[0];
        probe.before = probe.group();
        probe
    }

    fn words(&self, offset: usize, count: usize) -> Vec<u64> {
        let mut bytes = vec![0; count * WORD_SIZE];
        self.file.read_exact_at(&mut bytes, offset as u64).unwrap();
        bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
    }

    /// Offset of a slot of the group.
    fn slot(&self, number: u64) -> usize {
        HEADER_SIZE + ((self.position + number) % SLOTS) as usize * SLOT_SIZE
    }

    fn group(&self) -> Vec<u64> {
        (0..self.target.span).flat_map(|number| self.words(self.slot(number), SLOT_SIZE / WORD_SIZE)).collect()
    }

    fn state(&self) -> State {
        if self.words((header::HEAD + header::HEAD_POSITION) * WORD_SIZE, 1)[0] != self.position {
            return State::Published;
        }
        let now = self.group();
        if now[0] == self.before[0] {
            return State::Before;
        }
        if now[0] & 1 == 0 {
            return State::Committed;
        }
        let is_body = |word: usize| !word.is_multiple_of(SLOT_SIZE / WORD_SIZE);
        let filled = (0..now.len()).any(|word| is_body(word) && now[word] != self.before[word]);
        if filled { State::Filling } else { State::Marked }
    }
}

/// A record to be killed in: its number and span, behind more than a lap of others.
fn find(wanted: impl Fn(u64, u64, bool) -> bool) -> Target {
    let root = Root::new();
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    loop {
        let (number, position) = (writer.sequence() + 1, writer.position());
        publish(&mut writer, number);
        let span = writer.position() - position;
        let wraps = position / SLOTS != (writer.position() - 1) / SLOTS;
        if position > SLOTS && wanted(number, span, wraps) {
            return Target { number, span };
        }
    }
}

/// The record that a victim is killed in: its number, and its span.
#[derive(Clone, Copy)]
struct Target {
    number: u64,
    span: u64,
}

/// Kills a writer that publishes the record, some steps into a state, and has readers and a new writer go on.
fn kill_in_state(target: Target, at: At<State>) {
    let root = Root::new();
    let mut child = victim(&root, "publish", target.number).unwrap();
    let reader = || Reader::open(root.path(), NAME, 0).unwrap();
    let mut lapped = Ledger::new(reader());
    child.run_to_marker();
    let (mut caught_up, mut asleep) = (Ledger::new(reader()), Ledger::new(reader()));
    let mut at_oldest = Ledger::oldest(reader());
    let probe = Probe::new(&root, target);
    if at.state > State::Before {
        child.run_to_store(&ring(&root), probe.slot(0) / WORD_SIZE);
    }
    at.step_to(&mut child, Unit::Instruction, || probe.state());
    child.kill();
    let state = probe.state();
    let committed = u64::from(state >= State::Committed);
    let next = target.number + committed;
    let inside = state == State::Marked || state == State::Filling;
    for ledger in [&mut caught_up, &mut lapped, &mut at_oldest] {
        let end = ledger.drain();
        assert_eq!(end == End::Stalled, inside, "{end:?} behind a writer killed in {state:?}, {at:?}");
        assert_eq!(ledger.next, Some(next), "{state:?}");
    }
    assert_eq!((caught_up.read, caught_up.lost), (committed, 0));
    assert!(lapped.lost > 0);
    assert_eq!(lapped.read + lapped.lost, next - 2, "all but the record that began the epoch");
    go_on(&root, next, &mut [&mut caught_up, &mut lapped, &mut at_oldest, &mut asleep]);
    assert_eq!((asleep.lost, caught_up.lost), (committed, 0), "what they left unread in the old generation");
}

/// Starts another writer, which has to begin at sequence `next`, and lets readers follow it.
fn go_on(root: &Root, next: u64, readers: &mut [&mut Ledger]) {
    let mut writer = Writer::create(&options(root.path(), 99)).unwrap();
    assert_eq!(writer.sequence(), next, "the sequence of the new writer's first record");
    for number in next + 1..next + 4 {
        publish(&mut writer, number);
    }
    let mut new = Ledger::oldest(Reader::open(root.path(), NAME, 0).unwrap());
    assert_eq!((new.drain(), new.read, new.next), (End::Empty, 4, Some(next + 4)));
    writer.close();
    for ledger in readers {
        ledger.follow();
        assert_eq!(ledger.next, Some(next + 4));
        assert_eq!(ledger.reader.liveness(), Liveness::Closed { final_sequence: next + 3 });
    }
    let mut files: Vec<_> = root.shard().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
}

fn kill_in_record(title: &str, wanted: impl Fn(u64, u64, bool) -> bool) {
    let target = find(wanted);
    let root = Root::new();
    let Some(mut child) = victim(&root, "publish", target.number) else { return };
    child.run_to_marker();
    let probe = Probe::new(&root, target);
    let survey = survey(&mut child, Unit::Instruction, || probe.state());
    kill_everywhere(title, &survey, |at| kill_in_state(target, at));
}

#[test]
fn writer_killed_within_a_small_record_leaves_nothing_torn() {
    kill_in_record("a record of one slot", |number, span, _| number % 3 == 1 && span == 1);
}

#[test]
fn writer_killed_within_a_wide_record_leaves_nothing_torn() {
    kill_in_record("a wide record of two slots", |number, span, _| number % 7 == 0 && span == 2);
}

#[test]
fn writer_killed_within_a_group_leaves_nothing_torn() {
    kill_in_record("a book of three slots", |number, span, wraps| number % 3 == 0 && span == 3 && !wraps);
}

#[test]
fn writer_killed_within_a_group_across_the_end_of_the_ring_leaves_nothing_torn() {
    kill_in_record("a book across the end of the ring", |_, span, wraps| (3..8).contains(&span) && wraps);
}

/// A writer that is killed while it writes a value of a table leaves the old value, none, or the new one, whole.
fn kill_in_table(table: Table) {
    let start = |root: &Root| {
        let mut child = victim(root, table.name(), 10)?;
        child.run_to_marker();
        Some((child, Look::new(root, table)))
    };
    let root = Root::new();
    let Some((mut child, mut look)) = start(&root) else { return };
    let survey = survey(&mut child, Unit::Instruction, || look.value());
    assert_eq!((survey.first(), survey.last()), (Some(&Value::Old), Some(&Value::New)));
    kill_everywhere(&format!("a value of the {} table", table.name()), &survey, |at| {
        let root = Root::new();
        let (mut child, mut look) = start(&root).unwrap();
        if at.state > Value::Old {
            child.run_to_store(&ring(&root), table.version_word(&ring(&root)));
        }
        at.step_to(&mut child, Unit::Instruction, || look.value());
        child.kill();
        assert_eq!(look.value(), at.state);
        let mut writer = Writer::create(&options(root.path(), 2)).unwrap();
        look = Look::new(&root, table);
        assert_eq!(look.value(), Value::None, "a new generation begins with empty tables");
        table.begin(&mut writer);
        table.write(&mut writer, &Content::new(3));
        assert_eq!(look.value(), Value::New);
    });
}

#[test]
fn writer_killed_within_a_definition_leaves_it_old_unreadable_or_new() {
    kill_in_table(Table::Instruments);
}

#[test]
fn writer_killed_within_a_latest_state_leaves_it_old_unreadable_or_new() {
    kill_in_table(Table::Latest);
}

#[test]
fn writer_killed_within_an_image_of_a_book_leaves_it_old_unreadable_or_new() {
    kill_in_table(Table::Books);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    OldIsCurrent,
    NewIsNamed,
    NewIsCurrent,
}

fn start_state(root: &Root) -> Start {
    let named = root.shard().join("ring.0000000000000002").exists();
    match (Reader::open(root.path(), NAME, 0).unwrap().generation(), named) {
        (1, false) => Start::OldIsCurrent,
        (1, true) => Start::NewIsNamed,
        _ => Start::NewIsCurrent,
    }
}

/// A generation of ten records, and a reader that stands behind the sixth.
fn old_generation(root: &Root) -> Ledger {
    let mut writer = Writer::create(&options(root.path(), 1)).unwrap();
    (2..=6).for_each(|number| publish(&mut writer, number));
    let reader = Ledger::new(Reader::open(root.path(), NAME, 0).unwrap());
    (7..=10).for_each(|number| publish(&mut writer, number));
    reader
}

/// What a writer does before its file has a name is seen by nobody, and afterwards only its system calls are.
#[test]
fn writer_killed_within_its_start_leaves_the_old_generation_or_the_new_one() {
    let root = Root::new();
    old_generation(&root);
    let Some(mut child) = victim(&root, "start", 2) else { return };
    let survey = survey(&mut child, Unit::SystemCall, || start_state(&root));
    kill_everywhere("the start of a writer", &survey, |at| {
        let root = Root::new();
        let mut asleep = old_generation(&root);
        let mut caught_up = Ledger::new(Reader::open(root.path(), NAME, 0).unwrap());
        let mut child = victim(&root, "start", 2).unwrap();
        at.step_to(&mut child, Unit::SystemCall, || start_state(&root));
        child.kill();
        let state = start_state(&root);
        let started = u64::from(state == Start::NewIsCurrent);
        let mut new = Ledger::oldest(Reader::open(root.path(), NAME, 0).unwrap());
        assert_eq!((new.drain(), new.next), (End::Empty, Some(11 + started)));
        assert_eq!((caught_up.drain(), caught_up.read, caught_up.lost), (End::Empty, 0, 0));
        go_on(&root, 11 + started, &mut [&mut asleep, &mut caught_up, &mut new]);
        assert_eq!((asleep.lost, caught_up.lost), (4 + started, started), "what they left unread in dead generations");
    });
}

#[test]
fn writer_killed_within_a_record_is_told_as_stalled_then_dead() {
    let root = Root::new();
    let target = find(|_, span, wraps| span == 3 && !wraps);
    let Some(mut child) = victim(&root, "publish", target.number) else { return };
    child.run_to_marker();
    let mut ledger = Ledger::new(Reader::open(root.path(), NAME, 0).unwrap());
    let probe = Probe::new(&root, target);
    At { state: State::Filling, offset: 0 }.step_to(&mut child, Unit::Instruction, || probe.state());
    child.kill();
    let mut seen = Vec::new();
    let start = Instant::now();
    while seen.last() != Some(&"dead") {
        assert!(start.elapsed() < Duration::from_secs(120), "a dead writer is never told: {seen:?}");
        assert_eq!(ledger.drain(), End::Stalled);
        let name = match ledger.reader.liveness() {
            Liveness::Live { .. } => "live",
            Liveness::Stalled { .. } => "stalled",
            Liveness::Dead => "dead",
            other => panic!("{other:?}"),
        };
        if seen.last() != Some(&name) {
            seen.push(name);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(seen, ["live", "stalled", "dead"]);
    go_on(&root, target.number, &mut [&mut ledger]);
}
