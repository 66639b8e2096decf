//! Recorded feeds through the real state machine: readers that join at random moments, and one that follows all along, have its
//! books.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../core/tests/machine_recording/mod.rs"]
mod machine_recording;
mod support;

use machine_recording::{Recording, captures};
use support::engine::Numbers;
use support::{NAME, Root, options};
use tickring_core::event::{Event, flag};
use tickring_core::input::Instrument;
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::sink::{Latest, Sink};
use tickring_core::venue::VenueId;
use tickring_shm::{Applied, BookBuilder, BookState, Poll, Reader, Record, SegmentOptions, Writer};

/// Inputs between two readers, on average.
const APART: u64 = 150;

/// A writer, and readers that look at what it wrote whenever the machine shows a book.
struct Watched<'a> {
    writer: Writer,
    root: &'a Root,
    numbers: Numbers,
    following: Reader,
    follower: Option<BookBuilder>,
    record: Record,
    joined: u64,
    changed: u64,
}

fn assert_is(builder: &BookBuilder, latest: &Latest<'_>) {
    let state = if latest.flags & flag::STALE == 0 { BookState::Live } else { BookState::Stale };
    assert_eq!((builder.state(), builder.last_update_id()), (state, latest.last_update_id));
    assert_eq!(builder.exponents(), (latest.price_exponent, latest.qty_exponent));
    assert!(builder.book() == latest.book, "books differ at update id {}", latest.last_update_id);
}

impl Watched<'_> {
    fn look(&mut self, slot: u32, latest: &Latest<'_>) {
        // What the machine has before the venue's first book is none.
        let has_book = latest.flags & flag::STALE == 0 || !latest.book.is_empty();
        if has_book && self.numbers.below(APART) == 0 {
            let builder = BookBuilder::new(&Reader::open(self.root.path(), NAME, 0).unwrap(), slot);
            assert_is(&builder, latest);
            self.joined += 1;
        }
        let follower = self.follower.get_or_insert_with(|| BookBuilder::new(&self.following, slot));
        while self.following.poll(&mut self.record) == Poll::Record {
            let applied = follower.apply(&self.following, &self.record);
            // Built once: from the first image, or the first full book.
            assert!(applied != Applied::Lost && follower.joins() <= 1, "it missed nothing");
            self.changed += u64::from(applied == Applied::Changed);
        }
        if has_book && self.numbers.below(APART) == 0 {
            assert_is(follower, latest);
        }
    }
}

impl Sink for Watched<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.writer.event(event);
    }

    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        self.writer.latest(slot, latest);
        self.look(slot, latest);
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        self.writer.instrument(slot, instrument);
    }

    fn wanted(&mut self) -> Option<u32> {
        self.writer.wanted()
    }

    fn again(&mut self, slot: u32, latest: &Latest<'_>) {
        self.writer.again(slot, latest);
    }
}

fn assert_readers_have_the_books(venue: VenueId, symbol: &str, files: &[&str], ring_bytes: u64) {
    let Some(captures) = captures() else { return };
    let root = Root::new();
    let options = SegmentOptions { ring_bytes, books_bytes: 1 << 20, ..options(root.path(), 1) };
    let mut machine = Machine::new(MachineConfig { depth: 5, ..MachineConfig::default() });
    let writer = Writer::create(&options).unwrap();
    let mut watched = Watched {
        writer,
        root: &root,
        numbers: Numbers(ring_bytes),
        following: Reader::open(root.path(), NAME, 0).unwrap(),
        follower: None,
        record: Record::default(),
        joined: 0,
        changed: 0,
    };
    Recording::load(&captures, files).replay(&mut machine, &mut watched, venue, symbol);
    let Watched { writer, follower, joined, changed, following, .. } = &mut watched;
    writer.heartbeat();
    let follower = follower.as_ref().unwrap();
    let images = following.ring_counters()[5];
    println!(
        "{symbol}, ring of {ring_bytes} B: {joined} joined, {changed} changes followed, {images} images, {} checks",
        follower.checks()
    );
    assert!(*joined > 20 && *changed > 1_000 && images > 2, "{joined} joined, {changed} changes, {images} images");
    assert!(follower.checks() > 0, "no hash was ever compared");
    assert_eq!(follower.failures(), 0);
    assert!(follower.book() == machine.book(0).unwrap());
}

#[test]
fn readers_of_the_recorded_futures_feed_have_the_machine_s_book() {
    assert_readers_have_the_books(VenueId::BinanceUsdm, "BTCUSDT", &["usdm/btcusdt_20240808.gz"], 4 << 20);
}

#[test]
fn readers_of_the_recorded_spot_feed_on_a_small_ring_have_the_machine_s_book() {
    let files = ["spot/ethusdt_20240808.gz", "spot/ethusdt_20240809.gz"];
    assert_readers_have_the_books(VenueId::BinanceSpot, "ETHUSDT", &files, 1 << 18);
}
