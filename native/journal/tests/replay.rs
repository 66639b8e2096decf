//! Live and replay are one: recordings through a machine with a journal, then the journal alone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../core/tests/machine_recording/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod machine_recording;
#[allow(dead_code, reason = "other tests use the rest")]
mod replayed;

use std::time::{Duration, Instant};

use machine_recording::{Recording, captures};
use replayed::{Folder, Live, delta, leave_checkpoints, settings, small_market};
use tickring_core::input::{Input, Stamped};
use tickring_core::machine::canonical_text;
use tickring_core::sink::Discard;
use tickring_core::venue::VenueId;
use tickring_journal::{
    CheckpointName, Checkpointer, GapCause, Kind, Replay, ReplayOptions, Report, Settings, Spacing, verify,
};

const CASES: [(VenueId, &str, &[&str]); 4] = [
    (VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"]),
    (VenueId::BinanceUsdm, "ETHUSDT", &["usdm/ethusdt_20240808.gz"]),
    (VenueId::BinanceSpot, "BTCUSDT", &["spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz"]),
    (VenueId::BinanceSpot, "ETHUSDT", &["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"]),
];

fn proven(folder: &Folder) -> Report {
    let report = verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap();
    assert_eq!(report.difference, None);
    assert_eq!((report.passed, report.inexact, &report.gaps[..], &report.damage[..]), (0, 0, &[][..], &[][..]));
    report
}

fn text(machine: &tickring_core::machine::Machine) -> String {
    let definition = machine.instrument(0).unwrap();
    let mut text = String::new();
    canonical_text(machine.book(0).unwrap(), definition.price_exponent, definition.qty_exponent, &mut text);
    text
}

#[test]
fn a_replayed_recording_gives_what_the_live_machine_gave() {
    let Some(captures) = captures() else { return };
    for (venue, symbol, files) in CASES {
        let folder = Folder::new();
        let mut live = Live::open(&folder, &settings());
        Recording::load(&captures, files).replay_with(venue, symbol, |input| assert!(live.input(input).kept));
        let (machine, digests) = live.close();
        for _ in 0..2 {
            let report = proven(&folder);
            assert_eq!((report.inputs, report.spans.len()), (machine.counters().inputs, 1), "{symbol}");
            // The first inputs of all come before anything was put out.
            assert!(report.inputs - report.spans[0].compared <= 3, "{:?}", report.spans);
            assert_eq!((report.spans[0].digest, &report.instruments[..]), (digests.shard(), digests.instruments()), "{symbol}");
        }
        let replay = Replay::at(folder.storage(), ReplayOptions::default(), u64::MAX).unwrap();
        assert!(replay.is_exact());
        assert_eq!(text(replay.machine().unwrap()), text(&machine), "{symbol}");
        println!("{venue:?} {symbol}: {} inputs, digest {:016x}", machine.counters().inputs, digests.shard());
    }
}

#[test]
fn the_first_input_that_gives_something_else_is_named_with_its_place_and_events() {
    for wrong in [5_u64, 50, 299] {
        let folder = Folder::new();
        let mut live = Live::open(&folder, &Settings { compress: false, ..settings() });
        let (mut frames, mut expected) = (0, None);
        small_market(
            |stamped| match stamped.input {
                Input::Frame { connection, .. } if frames == wrong => {
                    // What a changed rule does: this frame was understood differently.
                    let other = delta(frames, 77);
                    let bytes = other.as_bytes();
                    let taken_for = Stamped { ts_recv: stamped.ts_recv, input: Input::Frame { connection, bytes } };
                    expected = Some((live.input_other(stamped, &taken_for).sequence, stamped.ts_recv));
                    frames += 1;
                }
                Input::Frame { .. } => {
                    live.input(stamped);
                    frames += 1;
                }
                _ => assert!(live.input(stamped).kept),
            },
            301,
        );
        live.close();
        let report = verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap();
        let found = report.difference.unwrap();
        let (sequence, ts_recv) = expected.unwrap();
        assert_eq!(
            (found.head.sequence, found.head.ts_recv, found.head.kind, found.head.connection),
            (sequence, ts_recv, Kind::Frame, 1)
        );
        assert_ne!(found.recorded, found.replayed);
        assert!(found.events.iter().any(|event| event.contains("BookDelta")), "{:?}", found.events);
        // The record that stands there is the one that is named.
        let bytes = std::fs::read(folder.path().join(found.segment.file())).unwrap();
        let at = found.offset as usize + 24;
        assert_eq!(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()), sequence);
    }
}

#[test]
fn behind_a_gap_nothing_is_called_exact_until_the_next_checkpoint() {
    let folder = Folder::new();
    // Longer payloads than half of this are shed.
    let mut live = Live::open(&folder, &Settings { buffer_bytes: 64 << 10, ..settings() });
    let (mut count, mut shed) = (0, 0);
    small_market(
        |stamped| {
            assert!(live.input(stamped).kept);
            count += 1;
            if count == 100 {
                let bytes = vec![b' '; 40_000];
                let lost =
                    live.input(&Stamped { ts_recv: stamped.ts_recv, input: Input::Frame { connection: 1, bytes: &bytes } });
                assert!(!lost.kept);
                shed = lost.sequence;
            }
            if count == 130 || count == 160 {
                live.checkpoint(stamped.ts_recv);
            }
        },
        300,
    );
    let (machine, digests) = live.close();
    let report = verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap();
    assert_eq!(report.difference, None);
    assert_eq!(report.gaps.len(), 1);
    assert_eq!((report.gaps[0].cause, report.gaps[0].first, report.gaps[0].last), (GapCause::TooLong, shed, shed));
    // The first checkpoint is taken, the second one compared.
    assert_eq!((report.inexact, report.checkpoints, report.spans.len()), (30, 1, 2));
    assert_eq!((report.spans[0].last, report.spans[1].first), (shed - 1, shed + 30));
    assert_eq!(report.spans[1].digest, digests.shard());
    let replay = Replay::at(folder.storage(), ReplayOptions::default(), u64::MAX).unwrap();
    assert!(replay.is_exact());
    assert_eq!(text(replay.machine().unwrap()), text(&machine));
    let between = Replay::at(folder.storage(), ReplayOptions::default(), replay.head().unwrap().ts_recv / 3 + 1_000).unwrap();
    assert_eq!(between.machine().unwrap().frame_seq(), between.head().unwrap().sequence);
}

#[test]
fn each_writer_begins_with_an_empty_machine() {
    let folder = Folder::new();
    let mut digests = Vec::new();
    for _ in 0..3 {
        let mut live = Live::open(&folder, &settings());
        small_market(|stamped| assert!(live.input(stamped).kept), 50);
        digests.push(live.close().1.shard());
    }
    let report = proven(&folder);
    assert_eq!(report.spans.iter().map(|span| span.digest).collect::<Vec<_>>(), digests);
    assert_eq!(report.spans.iter().map(|span| span.epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(report.spans[0].last + 1, report.spans[1].first);
}

#[test]
fn a_checkpoint_of_inputs_that_the_journal_does_not_hold_is_not_taken() {
    let folder = Folder::new();
    let mut live = Live::open(&folder, &settings());
    small_market(|stamped| assert!(live.input(stamped).kept), 3_000);
    live.close();
    assert!(leave_checkpoints(&folder, 1_000) > 3);
    let names = CheckpointName::list(&*folder.storage()).unwrap();
    let middle = names[names.len() / 2];
    let options = ReplayOptions::default();
    let expected = Replay::at(folder.storage(), options, middle.ts_latest).unwrap();
    let digest = |replay: &Replay| replay.digests().map(|digests| digests.shard());
    // Of another epoch, later than all.
    let (head, mut state) = middle.read(&*folder.storage()).unwrap().unwrap();
    let forged = CheckpointName { sequence: middle.sequence + 1, ts_latest: middle.ts_latest };
    let write = |epoch, state: &[u8]| {
        tickring_journal::CheckpointHead { name: forged, epoch, ..head }.write(&*folder.storage(), state).unwrap();
        let found = Replay::at(folder.storage(), options, middle.ts_latest).unwrap();
        assert_eq!((digest(&found), found.is_exact()), (digest(&expected), true));
        forged.remove(&*folder.storage()).unwrap();
    };
    write(head.epoch + 1, &state);
    // Of no journal.
    state.truncate(state.len() / 2);
    write(head.epoch, &state);
    let beyond = CheckpointName { sequence: u64::MAX, ts_latest: 0 };
    tickring_journal::CheckpointHead { name: beyond, ..head }.write(&*folder.storage(), &state).unwrap();
    let found = Replay::at(folder.storage(), options, middle.ts_latest).unwrap();
    assert_eq!(digest(&found), digest(&expected));
}

#[test]
fn checkpoints_are_left_behind_a_writer_while_it_writes() {
    let folder = Folder::new();
    let mut live = Live::open(&folder, &settings());
    let checkpointer = Checkpointer::start(folder.storage(), live.journal.watch(), 1, Spacing::new(20_000)).unwrap();
    small_market(|stamped| assert!(live.input(stamped).kept), 3_000);
    live.settle();
    let give_up = Instant::now() + Duration::from_secs(60);
    while CheckpointName::list(&*folder.storage()).unwrap().len() < 3 {
        assert!(Instant::now() < give_up, "no three checkpoints after a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
    checkpointer.stop();
    let (machine, digests) = live.close();
    // Each of them goes on to where the live machine came.
    for name in CheckpointName::list(&*folder.storage()).unwrap() {
        assert!(name.read(&*folder.storage()).unwrap().is_some());
        let mut replay = Replay::at(folder.storage(), ReplayOptions::default(), name.ts_latest).unwrap();
        replay.run_to(u64::MAX, &mut Discard).unwrap();
        assert_eq!(replay.digests().unwrap().shard(), digests.shard());
        assert_eq!(text(replay.machine().unwrap()), text(&machine));
    }
}

#[test]
fn a_journal_whose_beginning_was_given_up_is_proven_from_its_oldest_checkpoint() {
    let folder = Folder::new();
    let mut live = Live::open(&folder, &Settings { segment_bytes: 64 << 10, compress: false, ..settings() });
    small_market(|stamped| assert!(live.input(stamped).kept), 3_000);
    let (_, digests) = live.close();
    // Far apart, but one in each segment.
    assert!(leave_checkpoints(&folder, u64::MAX) > 3);
    let gone = tickring_journal::prune(folder.path(), &tickring_journal::Prune { before: None, bytes: Some(100_000) }).unwrap();
    assert!(!gone.is_empty());
    let report = verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap();
    let span = report.spans.last().unwrap();
    assert_eq!((report.difference, report.spans.len(), span.digest), (None, 1, digests.shard()));
    assert!(span.compared > 0 && report.passed > 0 && span.last - span.first == span.compared, "{span:?}");
    // Without one nothing is known, and that is said.
    for name in CheckpointName::list(&*folder.storage()).unwrap() {
        name.remove(&*folder.storage()).unwrap();
    }
    let report = verify(folder.storage(), ReplayOptions::default(), |_| true).unwrap();
    assert_eq!((report.spans.len(), report.inputs), (0, 0));
    assert!(report.passed > span.compared);
}
