//! A feed gives what a whole replay gives, once, wherever it is broken off and whatever happens to the files meanwhile.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests use the rest")]
mod replayed;

use std::time::{Duration, Instant};

use replayed::{Folder, Live, leave_checkpoints, settings, small_market};
use tickring_core::event::Event;
use tickring_core::input::{Input, Instrument, Stamped};
use tickring_core::machine::TOLD_AGAIN;
use tickring_core::sink::{Latest, Sink};
use tickring_journal::{
    Batch, Cause, Checkpointer, Cursor, Disk, Feed, FeedSink, GapCause, Missing, Mode, Prune, Replay, ReplayOptions, Settings,
    Spacing, Step, cursors_folder,
};

/// Events as text, which holds all of them.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    most: usize,
}

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        self.lines.push(format!("{event:?}"));
    }

    fn latest(&mut self, _: u32, _: &Latest<'_>) {}

    fn instrument(&mut self, _: u32, _: &Instrument) {}
}

impl FeedSink for Lines {
    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= self.most
    }
}

fn whole_replay(folder: &Folder) -> Vec<String> {
    let mut replay = Replay::new(folder.storage(), ReplayOptions::default()).unwrap();
    let mut lines = Lines::default();
    let mut all = Vec::new();
    while replay.step(u64::MAX, &mut lines).unwrap() != Step::End {
        let epoch = replay.epoch().unwrap_or_default();
        all.extend(lines.lines.drain(..).map(|line| format!("{epoch} {line}")));
    }
    all
}

/// A sink that dies as often as is wanted: what it took since it kept its cursor is then gone.
struct Reader<'a> {
    folder: &'a Folder,
    feed: Feed,
    kept: (Cursor, usize),
    lines: Vec<String>,
    missing: Vec<Missing>,
    dice: u64,
}

impl<'a> Reader<'a> {
    fn new(folder: &'a Folder, cursor: Option<Cursor>) -> Self {
        let feed = Feed::new(folder.storage(), ReplayOptions::default(), cursor.clone());
        let kept = (cursor.unwrap_or_default(), 0);
        Self { folder, feed, kept, lines: Vec::new(), missing: Vec::new(), dice: 7 }
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % below
    }

    fn batch(&mut self, limit: u64, most: usize) -> Batch {
        let mut sink = Lines { lines: Vec::new(), most };
        let batch = self.feed.batch(limit, &mut sink).unwrap();
        assert!(batch.missing.is_empty() || batch.cursor.place() > self.kept.0.place());
        self.missing.extend(&batch.missing);
        self.lines.extend(sink.lines.iter().map(|line| format!("{} {line}", batch.epoch)));
        batch
    }

    /// To the end, dying on the way about each `lives` batches.
    fn run(&mut self, lives: u64) {
        loop {
            let most = self.roll(40) as usize;
            let batch = self.batch(u64::MAX, most);
            if self.roll(3) == 0 {
                self.keep(batch.cursor);
            }
            if lives > 0 && self.roll(lives) == 0 {
                self.die();
            } else if batch.is_end {
                break;
            }
        }
    }

    fn keep(&mut self, cursor: Cursor) {
        let cursors = Disk::open(&cursors_folder(self.folder.path()), true).unwrap();
        cursor.write(&cursors, "test").unwrap();
        self.kept = (Cursor::read(&cursors, "test").unwrap().unwrap(), self.lines.len());
    }

    fn die(&mut self) {
        let (cursor, length) = self.kept.clone();
        self.lines.truncate(length);
        self.feed = Feed::new(self.folder.storage(), ReplayOptions::default(), Some(cursor).filter(|cursor| cursor.epoch > 0));
    }
}

/// Three writers, many segments, which are compressed.
fn market(folder: &Folder, frames: u64) {
    for _ in 0..3 {
        let mut live = Live::open(folder, &Settings { segment_bytes: 64 << 10, ..settings() });
        small_market(|stamped| assert!(live.input(stamped).kept), frames);
        live.close();
    }
}

#[test]
fn a_feed_that_dies_anywhere_gives_each_event_of_a_whole_replay_once() {
    let folder = Folder::new();
    market(&folder, 1_500);
    let expected = whole_replay(&folder);
    assert!(expected.len() > 4_000);
    let mut once = Reader::new(&folder, None);
    once.run(0);
    assert_eq!((once.lines == expected, &once.missing[..]), (true, &[][..]));
    for checkpoints in [false, true] {
        assert!(!checkpoints || leave_checkpoints(&folder, 20_000) > 5);
        let mut reader = Reader::new(&folder, None);
        reader.dice = 11 + u64::from(checkpoints);
        reader.run(12);
        assert_eq!(reader.lines.len(), expected.len());
        assert!(reader.lines == expected);
        assert_eq!(reader.missing, []);
        // The journal is needed from the last checkpoint on, or from where the writer began.
        let Cursor { from, sequence, .. } = reader.batch(u64::MAX, 1).cursor;
        assert!(from > sequence / 2 && (!checkpoints || sequence - from < 1_000), "{from} {sequence}");
    }
}

#[test]
fn a_cursor_behind_any_input_goes_on_with_the_next_and_knows_the_instruments() {
    let folder = Folder::new();
    market(&folder, 40);
    let expected = whole_replay(&folder);
    let mut reader = Reader::new(&folder, None);
    loop {
        let batch = reader.batch(u64::MAX, 1);
        if batch.is_end {
            break;
        }
        let mut later = Reader::new(&folder, Some(batch.cursor));
        let mut first = later.batch(u64::MAX, 1);
        while first.definitions.is_none() && !first.is_end {
            first = later.batch(u64::MAX, 1);
        }
        later.run(0);
        assert!(later.lines == expected[reader.lines.len()..], "{} lines", reader.lines.len());
        let told =
            expected[..reader.lines.len()].iter().rev().find(|line| line.contains("Instrument(") || line.starts_with("no"));
        assert!(told.is_none() || later.lines.is_empty() || first.definitions.is_some());
    }
    assert!(reader.lines == expected);
}

#[test]
fn a_feed_follows_a_writer_over_its_segments_and_goes_no_further_than_what_is_durable() {
    let folder = Folder::new();
    let mut live = Live::open(&folder, &Settings { segment_bytes: 64 << 10, ..settings() });
    let mut reader = Reader::new(&folder, None);
    let mut count = 0;
    small_market(
        |stamped| {
            assert!(live.input(stamped).kept);
            count += 1;
            if count % 37 == 0 {
                let durable = live.journal.durable();
                let batch = reader.batch(durable, 10_000);
                assert!(batch.cursor.sequence <= durable);
            }
        },
        4_000,
    );
    live.settle();
    let last = live.writer.next_sequence() - 1;
    let give_up = Instant::now() + Duration::from_secs(60);
    while reader.batch(live.journal.durable(), 10_000).cursor.sequence < last {
        assert!(Instant::now() < give_up);
    }
    live.close();
    assert!(reader.lines == whole_replay(&folder));
    assert_eq!(reader.missing, []);
}

/// A shard that sheds an input, and writes a checkpoint later.
fn with_gap(folder: &Folder, lost_at: u64, checkpoint_at: u64) -> u64 {
    let mut live = Live::open(folder, &Settings { buffer_bytes: 64 << 10, ..settings() });
    let (mut count, mut shed) = (0, 0);
    small_market(
        |stamped| {
            assert!(live.input(stamped).kept);
            count += 1;
            if count == lost_at {
                let bytes = vec![b' '; 40_000];
                let input = Input::Frame { connection: 1, bytes: &bytes };
                shed = live.input(&Stamped { ts_recv: stamped.ts_recv, input }).sequence;
            }
            if count == checkpoint_at {
                live.checkpoint(stamped.ts_recv);
            }
        },
        300,
    );
    live.close();
    shed
}

#[test]
fn what_the_journal_lacks_is_told_once_and_the_state_behind_it_is_told_anew() {
    let folder = Folder::new();
    let shed = with_gap(&folder, 100, 130);
    let gap = Missing { cause: Cause::Gap(GapCause::TooLong), first: shed, last: shed };
    let mut once = Reader::new(&folder, None);
    once.run(0);
    assert_eq!(once.missing, [gap]);
    let told_again = |lines: &[String]| lines.iter().filter(|line| line.contains(&TOLD_AGAIN.to_string())).count();
    assert_eq!(told_again(&once.lines), 1, "the definition");
    let without: Vec<_> = once.lines.iter().filter(|line| !line.contains("index: 21474836")).cloned().collect();
    assert!(without == whole_replay(&folder));
    for dice in 0..100 {
        let mut reader = Reader::new(&folder, None);
        reader.dice = dice;
        reader.run(10);
        assert!(reader.lines == once.lines, "{dice}");
        assert!(!reader.missing.is_empty() && reader.missing.iter().all(|missing| *missing == gap), "{:?}", reader.missing);
    }
}

#[test]
fn where_files_are_gone_the_exact_loss_is_told_and_the_feed_goes_on_from_the_next_checkpoint() {
    let folder = Folder::new();
    let mut live = Live::open(&folder, &Settings { segment_bytes: 64 << 10, compress: false, ..settings() });
    small_market(|stamped| assert!(live.input(stamped).kept), 3_000);
    live.close();
    let expected = whole_replay(&folder);
    let mut early = Reader::new(&folder, None);
    let behind = early.batch(u64::MAX, 100).cursor;
    assert!(leave_checkpoints(&folder, 20_000) > 3);
    let gone = tickring_journal::prune(folder.path(), &Prune { before: None, bytes: Some(150_000) }).unwrap();
    assert!(gone.len() > 1);
    let replay = Replay::new(folder.storage(), ReplayOptions::default()).unwrap();
    let oldest = replay.checkpoint_from(0).unwrap().unwrap().sequence;
    let mut reader = Reader::new(&folder, Some(behind.clone()));
    reader.run(0);
    let [removed, unknown] = reader.missing[..] else { panic!("{:?}", reader.missing) };
    assert_eq!((removed.cause, removed.first), (Cause::Removed, behind.sequence + 1));
    assert_eq!((unknown.cause, unknown.first), (Cause::StateUnknown, removed.last + 1));
    assert!(unknown.last >= oldest);
    // From there on all is as ever.
    let after = expected.iter().position(|line| line.contains(&format!("frame_seq: {}", unknown.last + 1))).unwrap();
    let rest: Vec<_> = reader.lines.iter().filter(|line| !line.contains("index: 21474836")).cloned().collect();
    assert!(rest == expected[after..], "{} {}", rest.len(), expected.len() - after);
    assert!(reader.lines.len() > rest.len());
    // One that was read while the files went has them open or is told the same.
    early.run(0);
    assert!(early.lines.len() > rest.len());
}

#[test]
fn retention_waits_for_the_cursor_of_a_sink_and_for_no_other() {
    let folder = Folder::new();
    let retention = tickring_journal::Retention { bytes: Some(100 << 10), ..Default::default() };
    let shape = Settings { segment_bytes: 64 << 10, compress: false, retention, ..settings() };
    let sinks = vec!["test".to_owned()];
    let mut live = Live::open_for(&folder, &shape, sinks);
    let checkpointer = Checkpointer::start(folder.storage(), live.journal.watch(), 1, Spacing::new(20_000)).unwrap();
    small_market(|stamped| assert!(live.input(stamped).kept), 3_000);
    let oldest = || tickring_journal::Reader::new(folder.storage(), Mode::Salvage).unwrap().segments()[0].first_sequence;
    assert_eq!(oldest(), 1, "the sink has taken nothing");
    let mut reader = Reader::new(&folder, None);
    let give_up = Instant::now() + Duration::from_secs(60);
    // Old segments go when the next one begins, once the sink has come far enough.
    while oldest() == 1 {
        assert!(Instant::now() < give_up, "nothing went after a minute");
        small_market(|stamped| assert!(live.input(stamped).kept), 500);
        live.settle();
        let batch = reader.batch(live.journal.durable(), usize::MAX);
        std::thread::sleep(Duration::from_millis(10));
        reader.keep(batch.cursor);
        assert!(oldest() <= reader.kept.0.from);
    }
    checkpointer.stop();
    live.close();
    reader.die();
    reader.run(0);
    assert_eq!(reader.missing, []);
}

#[test]
fn a_cursor_of_another_journal_is_an_error_and_the_next_call_tries_again() {
    let folder = Folder::new();
    market(&folder, 20);
    let ahead = Cursor { epoch: 9, sequence: 5, ..Cursor::default() };
    let mut feed = Feed::new(folder.storage(), ReplayOptions::default(), Some(ahead));
    for _ in 0..2 {
        let mut sink = Lines { lines: Vec::new(), most: 10 };
        let error = feed.batch(u64::MAX, &mut sink).unwrap_err();
        assert_eq!(error.code().name(), "JOURNAL_DAMAGED");
        assert!(error.to_string().contains("it is of epoch 9, and the journal ends with epoch 3"), "{error}");
        assert!(sink.lines.is_empty());
    }
}
