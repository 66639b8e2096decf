//! A reader's books, built from images and the ring, beside the books that the writer was given.
#![allow(clippy::unwrap_used)]

mod support;

use support::engine::Engine;
use support::{NAME, Root, SLOTS, options};
use tickring_core::book::Side;
use tickring_core::event::{Kind, Level, State};
use tickring_shm::{Applied, BookBuilder, BookState, Poll, Reader, Record, SegmentOptions};

/// Reads on to the newest record; gives what became of each.
fn follow(reader: &mut Reader, builder: &mut BookBuilder) -> Vec<Applied> {
    let (mut record, mut all) = (Record::default(), Vec::new());
    loop {
        match reader.poll(&mut record) {
            Poll::Record => all.push(builder.apply(reader, &record)),
            Poll::Lapped { .. } => {}
            Poll::Empty => return all,
            Poll::Stalled => panic!("nobody is writing"),
        }
    }
}

fn open(root: &Root) -> Reader {
    Reader::open(root.path(), NAME, 0).unwrap()
}

fn larger(root: &Root) -> SegmentOptions {
    SegmentOptions { ring_bytes: 1 << 20, books_bytes: 1 << 22, ..options(root.path(), 1) }
}

#[test]
fn a_reader_that_joins_at_any_moment_has_the_book_of_that_moment() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 3);
    for slot in 0..3 {
        engine.snapshot(slot, 300 * u64::from(slot));
    }
    let mut following = open(&root);
    let mut followers: Vec<_> = (0..3).map(|slot| BookBuilder::new(&following, slot)).collect();
    let mut record = Record::default();
    for step in 0..4_000_u64 {
        let slot = [0, 1, 1, 2][(step % 4) as usize];
        match step % 61 {
            0 => engine.trade(slot),
            20 => engine.delta(slot, 20, 90_000),
            30 => engine.delta(slot, 200, 900),
            _ => engine.delta(slot, step % 40, [20, 60, 300][(step % 3) as usize]),
        }
        if step % 1_999 == 1_000 {
            engine.snapshot(slot, 100);
        }
        if step == 2_500 {
            engine.widen();
        }
        if step % 7 == 0 {
            let reader = open(&root);
            for slot in 0..3 {
                engine.assert_equal(&BookBuilder::new(&reader, slot));
            }
        }
        while following.poll(&mut record) == Poll::Record {
            for builder in &mut followers {
                assert!(!matches!(builder.apply(&following, &record), Applied::Rebuilt | Applied::Lost), "step {step}");
            }
        }
        followers.iter().for_each(|builder| engine.assert_equal(builder));
    }
    let checks: Vec<_> = followers.iter().map(|builder| (builder.checks(), builder.failures(), builder.joins())).collect();
    assert!(checks.iter().all(|(checks, failures, joins)| *checks > 0 && *failures == 0 && *joins == 1), "{checks:?}");
}

/// N3: no whole book passes by, whoever follows or joins, and the image behind the next delta says that the book is the engine's.
#[test]
fn a_book_told_by_its_differences_is_followed_joined_and_checked() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 2);
    engine.snapshot(0, 400);
    engine.snapshot(1, 30);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    for round in 0..200_u64 {
        let (checks, levels) = (builder.checks(), 1 + (round * round) % 500);
        engine.swap(0, levels, round % 5);
        let joined = open(&root);
        engine.assert_equal(&BookBuilder::new(&joined, 0));
        let mut record = Record::default();
        let mut states = Vec::new();
        while reader.poll(&mut record) == Poll::Record {
            assert!(matches!(builder.apply(&reader, &record), Applied::Nothing | Applied::Changed), "round {round}");
            assert_ne!((record.kind, record.instrument), (Kind::BookSnapshot, 1));
            states.push(builder.state());
        }
        assert!(states.starts_with(&[BookState::Stale]) && states.ends_with(&[BookState::Live]), "{states:?}");
        engine.assert_equal(&builder);
        engine.delta(0, 2, 3_000);
        engine.delta(1, 5, 300);
        engine.delta(0, 2, 3_000);
        follow(&mut reader, &mut builder);
        engine.assert_equal(&builder);
        assert_eq!((builder.checks(), builder.failures(), builder.joins()), (checks + 1, 0, 1), "round {round}");
    }
}

/// The old book of a reader that is not the engine's: what differs does not set it right, and its check finds that.
#[test]
fn a_wrong_old_book_is_found_behind_the_differences() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 1);
    engine.snapshot(0, 100);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    // The engine's book is another one from here on, and no record says so.
    engine.books[0].0.apply(Side::Bid, Level { price: 99_000, qty: 77_777 });
    engine.swap(0, 20, 2);
    follow(&mut reader, &mut builder);
    engine.delta(0, 2, 300);
    engine.delta(0, 2, 300);
    assert!(follow(&mut reader, &mut builder).contains(&Applied::Rebuilt));
    assert_eq!((builder.checks(), builder.failures(), builder.joins()), (1, 1, 2));
    engine.assert_equal(&builder);
}

#[test]
fn a_lapped_reader_builds_its_books_again_by_itself() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 100);
    engine.snapshot(1, 10);
    let mut reader = open(&root);
    let mut builders = [BookBuilder::new(&reader, 0), BookBuilder::new(&reader, 1)];
    for round in 0..200 {
        // The second book never changes: its image must not be forgotten by the ring.
        for _ in 0..round {
            engine.delta(0, 60, 900);
        }
        let lapped = reader.lag() > SLOTS;
        let mut record = Record::default();
        let mut outcomes = Vec::new();
        loop {
            match reader.poll(&mut record) {
                Poll::Record => outcomes.extend(builders.iter_mut().map(|builder| builder.apply(&reader, &record))),
                Poll::Lapped { .. } => {}
                _ => break,
            }
        }
        assert_eq!(outcomes.contains(&Applied::Rebuilt), lapped, "round {round}");
        builders.iter().for_each(|builder| engine.assert_equal(builder));
    }
    assert!(builders[1].joins() > 50, "{} joins", builders[1].joins());
}

#[test]
fn a_book_without_image_comes_with_the_next_full_book() {
    let root = Root::new();
    let mut engine = Engine::new(&SegmentOptions { books_bytes: 0, ..options(root.path(), 1) }, 1);
    engine.snapshot(0, 200);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    engine.delta(0, 10, 100);
    assert_eq!(follow(&mut reader, &mut builder), [Applied::Nothing]);
    assert_eq!((builder.state(), builder.book().is_empty()), (BookState::Waiting, true));
    engine.snapshot(0, 200);
    engine.delta(0, 10, 100);
    assert_eq!(follow(&mut reader, &mut builder).last(), Some(&Applied::Changed));
    engine.assert_equal(&builder);
}

#[test]
fn a_book_that_grows_beyond_the_area_is_refused_and_comes_back() {
    let root = Root::new();
    // Two chunks: 1,022 levels of one word, 510 of two.
    let mut engine = Engine::new(&SegmentOptions { books_bytes: 2 * 4096, ..larger(&root) }, 2);
    engine.snapshot(0, 200);
    engine.snapshot(1, 200);
    let joins = |slot| BookBuilder::new(&open(&root), slot).state() == BookState::Live;
    assert!(joins(0) && joins(1));
    // Needs the room of its own image before; the other one is not touched.
    engine.snapshot(0, 220);
    engine.assert_equal(&BookBuilder::new(&open(&root), 0));
    engine.snapshot(0, 2_000);
    assert!(!joins(0) && joins(1));
    engine.snapshot(0, 20);
    assert!(joins(0) && joins(1));
    engine.writer.heartbeat();
    let counters = open(&root).counters();
    assert_eq!((counters.ring[5], counters.ring[7]), (4, 1), "images, refused");
}

#[test]
fn quantities_and_prices_of_any_size_are_imaged() {
    let root = Root::new();
    let mut engine = Engine::new(&larger(&root), 1);
    engine.snapshot(0, 5);
    let bids = [Level { price: i64::MIN, qty: i64::MAX }, Level { price: 3, qty: 1 << 40 }];
    let asks = [Level { price: i64::MAX, qty: 1 }];
    for _ in 0..200 {
        engine.publish_delta(0, &bids, &asks);
    }
    let reader = open(&root);
    let builder = BookBuilder::new(&reader, 0);
    engine.assert_equal(&builder);
    assert!(builder.sequence() > 100);
}

#[test]
fn a_new_generation_begins_without_books() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 1);
    engine.snapshot(0, 50);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    drop(engine);
    let mut engine = Engine::new(&options(root.path(), 2), 1);
    reader.reopen().unwrap();
    assert_eq!(follow(&mut reader, &mut builder).first(), Some(&Applied::Lost));
    assert_eq!(builder.state(), BookState::Waiting);
    engine.snapshot(0, 50);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
}

#[test]
fn states_follow_the_engine() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 1);
    engine.snapshot(0, 50);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    for (state, known) in [
        (State::Resync, BookState::Stale),
        (State::Live, BookState::Live),
        (State::Stale, BookState::Stale),
        (State::Subscribed, BookState::Stale),
        (State::Live, BookState::Live),
        (State::Removed, BookState::Waiting),
    ] {
        engine.status(0, state, false);
        follow(&mut reader, &mut builder);
        assert_eq!(builder.state(), known, "after {state:?}");
    }
    assert!(builder.book().is_empty());
}
