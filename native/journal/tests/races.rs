//! Readers and strangers beside a writer that compresses its segments and makes new ones of the old: nothing that goes is an error, and
//! nothing that somebody keeps changes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests use the rest")]
mod replayed;

use std::sync::atomic::{AtomicBool, Ordering};

use replayed::{Folder, Live, settings, small_market};
use tickring_journal::{Header, Item, Journal, Mode, Reader, Replay, ReplayOptions, Settings, check};

/// What a stranger to the writer does, until it is told to end; how often.
fn repeat(ending: &AtomicBool, mut what: impl FnMut(u64)) -> u64 {
    let mut count = 0;
    while !ending.load(Ordering::Acquire) {
        count += 1;
        what(count);
    }
    count
}

#[test]
fn searches_find_their_place_while_segments_go_and_come() {
    let folder = Folder::new();
    let shape = Settings { segment_bytes: 32 << 10, compress: true, ..settings() };
    let mut live = Live::open(&folder, &shape);
    small_market(|stamped| assert!(live.input(stamped).kept), 500);
    live.settle();
    let ending = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let times = scope.spawn(|| {
            repeat(&ending, |turn| {
                let mut reader = Reader::new(folder.storage(), Mode::Strict).unwrap();
                reader.seek_time(turn % 700 * 1_000).unwrap();
                if let Some(Item::Damage(damage)) = reader.next().unwrap() {
                    panic!("{damage:?}");
                }
            })
        });
        let states = scope.spawn(|| {
            repeat(&ending, |turn| {
                Replay::at(folder.storage(), ReplayOptions::default(), turn % 700 * 1_000).unwrap();
            })
        });
        let checks = scope.spawn(|| {
            repeat(&ending, |_| {
                let found = check(folder.storage(), |_| true).unwrap();
                assert_eq!(found.damage, []);
            })
        });
        for _ in 0..40 {
            small_market(|stamped| assert!(live.input(stamped).kept), 700);
        }
        ending.store(true, Ordering::Release);
        for counted in [times, states, checks] {
            assert!(counted.join().unwrap() > 0);
        }
    });
    live.close();
}

/// A file that a stranger has locked is an error after a while, and nothing that a reader or a new writer waits for for ever.
#[test]
fn a_file_that_a_stranger_has_locked_is_an_error_that_says_so() {
    let folder = Folder::new();
    let live = Live::open(&folder, &settings());
    live.close();
    let name = Reader::new(folder.storage(), Mode::Strict).unwrap().segments()[0].file();
    let stranger = std::fs::File::open(folder.path().join(&name)).unwrap();
    stranger.lock().unwrap();
    let error = Reader::new(folder.storage(), Mode::Strict).unwrap().next().unwrap_err();
    assert_eq!(error.code().name(), "JOURNAL_IO");
    assert!(error.to_string().contains(&format!("open {name}: somebody else has locked it")), "{error}");
    let opened = Journal::open(folder.path(), &settings());
    assert_eq!(opened.map(|_| ()).unwrap_err().to_string(), error.to_string());
    drop(stranger);
    assert!(Reader::new(folder.storage(), Mode::Strict).unwrap().next().unwrap().is_some());
}

/// Who keeps a journal by further names of its files (`cp -al`) has what stood in them.
#[test]
fn a_segment_that_has_another_name_is_not_written_over() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let shape = Settings { segment_bytes: 32 << 10, compress: true, ..settings() };
    let mut live = Live::open(&folder, &shape);
    let mut linked = std::collections::BTreeMap::new();
    for _ in 0..300 {
        small_market(|stamped| assert!(live.input(stamped).kept), 30);
        live.settle();
        for name in Reader::new(folder.storage(), Mode::Strict).unwrap().segments().iter().filter(|name| !name.packed) {
            let (from, to) = (folder.path().join(name.file()), copy.path().join(name.file()));
            if std::fs::hard_link(from, &to).is_ok() {
                linked.insert(to, name.first_sequence);
            }
        }
    }
    live.close();
    assert!(linked.len() > 20, "only {}", linked.len());
    for (path, first) in linked {
        let bytes = std::fs::read(&path).unwrap();
        let header = Header::read(&bytes, "a link").unwrap();
        assert_eq!(header.first_sequence, first, "{}", path.display());
    }
}
