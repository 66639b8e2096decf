//! Schedules and memory contents that would give a reader a wrong book, or none for ever.
#![allow(clippy::unwrap_used)]

mod support;

use support::engine::Engine;
use support::{NAME, Root, SLOTS, options};
use tickring_core::book::Book;
use tickring_core::event::{Level, State, flag};
use tickring_shm::layout::CHUNK_SIZE;
use tickring_shm::{Applied, BookBuilder, BookState, Poll, Reader, Record, SegmentOptions};

fn open(root: &Root) -> Reader {
    Reader::open(root.path(), NAME, 0).unwrap()
}

/// Reads on to the newest record.
fn follow(reader: &mut Reader, builder: &mut BookBuilder) {
    let mut record = Record::default();
    loop {
        match reader.poll(&mut record) {
            Poll::Record => drop(builder.apply(reader, &record)),
            Poll::Lapped { .. } => {}
            Poll::Empty => return,
            Poll::Stalled => panic!("nobody is writing"),
        }
    }
}

/// Lets records of another instrument pass until these many slots are written.
fn pass(engine: &mut Engine, slot: u32, slots: u64) {
    let end = engine.writer.position() + slots;
    while engine.writer.position() < end {
        engine.trade(slot);
    }
}

#[test]
fn quiet_book_whose_units_became_finer_is_imaged_in_them() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 100);
    engine.widen();
    // Its image is too old now, though no level changed since.
    pass(&mut engine, 1, SLOTS);
    engine.assert_equal(&BookBuilder::new(&open(&root), 0));
    engine.delta(0, 10, 100);
    engine.assert_equal(&BookBuilder::new(&open(&root), 0));
}

#[test]
fn quiet_book_whose_update_id_alone_moved_on_can_be_joined() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 100);
    engine.publish_delta(0, &[], &[]);
    pass(&mut engine, 1, SLOTS);
    engine.delta(0, 10, 100);
    engine.assert_equal(&BookBuilder::new(&open(&root), 0));
}

#[test]
fn units_that_changed_behind_an_image_are_no_failure_of_its_check() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 10);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    // Until a delta says that an image follows it.
    let mut record = Record::default();
    while record.flags & flag::IMAGE == 0 {
        engine.delta(0, 30, 10);
        while record.flags & flag::IMAGE == 0 && reader.poll(&mut record) == Poll::Record {
            builder.apply(&reader, &record);
        }
    }
    engine.widen();
    pass(&mut engine, 1, SLOTS / 8 * 7);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
    assert_eq!((builder.failures(), builder.joins()), (0, 1));
}

#[test]
fn builder_keeps_its_instrument_when_a_new_generation_gives_it_another_slot() {
    let root = Root::new();
    let mut engine = Engine::with_ids(&options(root.path(), 1), &[1, 2, 3]);
    engine.snapshot(0, 50);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    drop(engine);
    let mut engine = Engine::with_ids(&options(root.path(), 2), &[3, 2]);
    engine.snapshot(0, 30);
    engine.snapshot(1, 40);
    reader.reopen().unwrap();
    follow(&mut reader, &mut builder);
    assert_eq!((builder.instrument(), builder.state()), (1, BookState::Waiting), "it is not there yet");
    // Defined behind the others.
    engine.ids.push(1);
    engine.books.push(Default::default());
    engine.flags.push(0);
    engine.define(2);
    engine.snapshot(2, 20);
    engine.delta(2, 10, 100);
    follow(&mut reader, &mut builder);
    assert_eq!((builder.instrument(), builder.slot()), (1, 2));
    engine.assert_equal(&builder);
}

#[test]
fn image_of_another_instrument_than_the_table_names_is_not_taken() {
    let root = Root::new();
    let mut engine = Engine::with_ids(&options(root.path(), 1), &[1, 2]);
    engine.snapshot(0, 50);
    engine.ids[0] = 9;
    engine.define(0);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    assert_eq!((builder.instrument(), builder.state()), (9, BookState::Waiting));
    engine.snapshot(0, 20);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
}

#[test]
fn lap_before_the_first_poll_of_a_sought_record_breaks_the_book() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 100);
    let mut reader = open(&root);
    reader.seek_oldest();
    let mut builder = BookBuilder::new(&reader, 0);
    let from = reader.next_sequence().expect("the oldest record stands");
    // Of the records that are lost, only the new units concern this book.
    engine.widen();
    pass(&mut engine, 1, 2 * SLOTS);
    engine.delta(0, 10, 100);
    let mut record = Record::default();
    let (mut lost, mut read) = (0, 0);
    loop {
        match reader.poll(&mut record) {
            Poll::Record => {
                read += 1;
                builder.apply(&reader, &record);
            }
            Poll::Lapped { lost: more } => lost += more,
            _ => break,
        }
    }
    engine.assert_equal(&builder);
    assert_eq!(lost + read, engine.writer.sequence() - from + 1, "each record is read or counted");
}

#[test]
fn waiting_builder_joins_with_the_next_image() {
    let root = Root::new();
    let options = SegmentOptions { books_bytes: 2 * CHUNK_SIZE as u64, ..options(root.path(), 1) };
    let mut engine = Engine::new(&options, 2);
    engine.snapshot(0, 100);
    // Two chunks, where one is left.
    engine.snapshot(1, 300);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 1);
    assert_eq!(builder.state(), BookState::Waiting);
    // Gives its own up, since it does not fit either.
    engine.snapshot(0, 3_000);
    for _ in 0..SLOTS {
        engine.delta(1, 1, 10);
        follow(&mut reader, &mut builder);
    }
    engine.assert_equal(&builder);
    assert_eq!(builder.joins(), 1);
}

#[test]
fn snapshot_in_units_of_its_place_is_not_shown_in_newer_ones() {
    let root = Root::new();
    let mut engine = Engine::new(&SegmentOptions { books_bytes: 0, ..options(root.path(), 1) }, 1);
    let mut reader = open(&root);
    engine.snapshot(0, 50);
    let old = engine.exponent;
    engine.widen();
    // The table says the new units, the reader is before the snapshot in the old ones.
    let mut builder = BookBuilder::new(&reader, 0);
    let mut record = Record::default();
    while reader.poll(&mut record) == Poll::Record {
        builder.apply(&reader, &record);
        let coarse = builder.book().best_bid().is_some_and(|level| level.price < 100_000);
        assert!(!coarse || builder.exponents().0 == old, "{:?} at {:?}", builder.exponents(), builder.book().best_bid());
    }
    engine.snapshot(0, 50);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
}

#[test]
fn book_of_a_removed_instrument_is_none_whether_followed_or_joined() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 2);
    engine.snapshot(0, 50);
    engine.books[0] = (Book::new(), 0);
    engine.flags[0] = flag::STALE;
    engine.snapshot_of(0, flag::STALE, State::Removed);
    let waits = |builder: &BookBuilder| assert_eq!((builder.state(), builder.book().is_empty()), (BookState::Waiting, true));
    waits(&BookBuilder::new(&open(&root), 0));
    pass(&mut engine, 1, SLOTS);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    waits(&builder);
    engine.flags[0] = 0;
    engine.snapshot(0, 20);
    follow(&mut reader, &mut builder);
    engine.assert_equal(&builder);
}

#[test]
fn image_that_says_no_book_is_not_followed_by_what_came_before_it() {
    let root = Root::new();
    let mut engine = Engine::new(&options(root.path(), 1), 1);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    engine.snapshot(0, 20);
    engine.widen();
    engine.books[0].0 = Book::new();
    engine.flags[0] = flag::STALE;
    engine.snapshot_of(0, flag::STALE, State::Removed);
    let mut record = Record::default();
    while reader.poll(&mut record) == Poll::Record {
        builder.apply(&reader, &record);
        assert_eq!((builder.state(), builder.book().is_empty()), (BookState::Waiting, true), "{record:?}");
    }
}

#[test]
fn half_of_a_delta_is_never_shown() {
    let root = Root::new();
    let mut engine = Engine::new(&SegmentOptions { ring_bytes: 1 << 20, ..options(root.path(), 1) }, 1);
    engine.snapshot(0, 100);
    let mut reader = open(&root);
    let mut builder = BookBuilder::new(&reader, 0);
    let mut record = Record::default();
    for _ in 0..20 {
        let before: Vec<Level> = builder.book().bids().chain(builder.book().asks()).collect();
        engine.delta(0, 200, 900);
        assert_eq!(reader.poll(&mut record), Poll::Record);
        assert_eq!(builder.apply(&reader, &record), Applied::Nothing);
        assert!(builder.book().bids().chain(builder.book().asks()).eq(before), "half a delta");
        // A reader that joins here is at the same place.
        let mut joined = BookBuilder::new(&reader, 0);
        assert_eq!(reader.poll(&mut record), Poll::Record);
        assert_eq!(builder.apply(&reader, &record), Applied::Changed);
        joined.apply(&reader, &record);
        engine.assert_equal(&builder);
        engine.assert_equal(&joined);
    }
}
