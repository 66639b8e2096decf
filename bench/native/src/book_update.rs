//! PERFORMANCE row 4: levels of a recording, parsed beforehand, into the book: the ladder, a sorted vector, a `BTreeMap`, and
//! a thousand ladders in turns, which no cache holds.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;

use serde_json::json;
use tickring_core::book::{Book, Side, canonical_text};
use tickring_core::event::{Body, Event, Level};
use tickring_core::input::{Input, Instrument, Stamped, channel};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_core::simd::CodePath;
use tickring_core::sink::{Latest, Sink};
use tickring_core::venue::VenueId;

use crate::alloc;
use crate::blocks::{self, Size, Work, median};
use crate::clock::cpu_ns;
use crate::corpus::{Corpus, ItemKind, sha256_hex};
use crate::options::Options;
use crate::rig::definition;
use crate::sparse_book;

/// Books that are updated in turns.
const BOOKS: usize = 1_000;

/// Deltas that a pass brings to each of them: deltas differ in size, and a small one costs more a level.
const DELTAS: usize = 64;

/// Levels a side in the latest slot.
const DEPTH: usize = 20;

/// Levels of one message.
#[derive(Debug, Default)]
struct Change {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// Collects the levels of a recording: the snapshot that the book begins with, and the deltas after it.
#[derive(Debug, Default)]
struct Levels {
    snapshot: Option<Change>,
    deltas: Vec<Change>,
    open: Change,
}

impl Sink for Levels {
    fn event(&mut self, event: &Event<'_>) {
        let (Body::BookSnapshot(change) | Body::BookDelta(change)) = event.body else { return };
        self.open.bids.extend(change.bids);
        self.open.asks.extend(change.asks);
        if change.part + 1 < change.parts {
            return;
        }
        let whole = std::mem::take(&mut self.open);
        if matches!(event.body, Body::BookSnapshot(_)) {
            self.snapshot = Some(whole);
            self.deltas.clear();
        } else {
            self.deltas.push(whole);
        }
    }

    fn instrument(&mut self, _: u32, _: &Instrument) {}

    fn latest(&mut self, _: u32, _: &Latest<'_>) {}
}

/// What a book must do to take part.
trait Contender: Default {
    fn load(&mut self, change: &Change);
    fn update(&mut self, change: &Change);
    /// Best bid and ask: what a venue's message is good for.
    fn best(&self) -> (Option<Level>, Option<Level>);
    fn levels(&self) -> Change;
}

impl Contender for Book {
    fn load(&mut self, change: &Change) {
        Self::load(self, &change.bids, &change.asks);
    }

    fn update(&mut self, change: &Change) {
        self.apply_all(&change.bids, &change.asks);
    }

    fn best(&self) -> (Option<Level>, Option<Level>) {
        (self.best_bid(), self.best_ask())
    }

    fn levels(&self) -> Change {
        Change { bids: self.bids().collect(), asks: self.asks().collect() }
    }
}

/// Sorted vectors, best level last; asks by the complement of their price.
#[derive(Debug, Default)]
struct Sorted([Vec<Level>; 2]);

impl Sorted {
    fn set(side: &mut Vec<Level>, level: Level) {
        match (side.binary_search_by_key(&level.price, |held| held.price), level.qty) {
            (Ok(at), 0) => drop(side.remove(at)),
            (Ok(at), qty) => side[at].qty = qty,
            (Err(_), 0) => {}
            (Err(at), _) => side.insert(at, level),
        }
    }
}

fn turned(level: Level) -> Level {
    Level { price: !level.price, ..level }
}

impl Contender for Sorted {
    fn load(&mut self, change: &Change) {
        self.0.iter_mut().for_each(Vec::clear);
        self.update(change);
    }

    fn update(&mut self, change: &Change) {
        let [bids, asks] = &mut self.0;
        change.bids.iter().for_each(|level| Self::set(bids, *level));
        change.asks.iter().for_each(|level| Self::set(asks, turned(*level)));
    }

    fn best(&self) -> (Option<Level>, Option<Level>) {
        (self.0[0].last().copied(), self.0[1].last().copied().map(turned))
    }

    fn levels(&self) -> Change {
        let [bids, asks] = &self.0;
        Change { bids: bids.iter().rev().copied().collect(), asks: asks.iter().rev().copied().map(turned).collect() }
    }
}

/// The standard library's map, a side each.
#[derive(Debug, Default)]
struct Tree([BTreeMap<i64, i64>; 2]);

impl Contender for Tree {
    fn load(&mut self, change: &Change) {
        self.0.iter_mut().for_each(BTreeMap::clear);
        self.update(change);
    }

    fn update(&mut self, change: &Change) {
        for (side, levels) in self.0.iter_mut().zip([&change.bids, &change.asks]) {
            for level in levels {
                if level.qty == 0 {
                    side.remove(&level.price);
                } else {
                    side.insert(level.price, level.qty);
                }
            }
        }
    }

    fn best(&self) -> (Option<Level>, Option<Level>) {
        let level = |(price, qty): (&i64, &i64)| Level { price: *price, qty: *qty };
        (self.0[0].last_key_value().map(level), self.0[1].first_key_value().map(level))
    }

    fn levels(&self) -> Change {
        let level = |(price, qty): (&i64, &i64)| Level { price: *price, qty: *qty };
        Change { bids: self.0[0].iter().rev().map(level).collect(), asks: self.0[1].iter().map(level).collect() }
    }
}

/// The levels of the corpus, in the mantissas of the venue's listing.
fn levels_of(corpus: &Corpus) -> Result<Levels, Box<dyn Error>> {
    let (mut levels, listed) = (Levels::default(), definition(1, "BTCUSDT"));
    let mut machine = Machine::new(MachineConfig { snapshot_interval_ns: 0, ..MachineConfig::default() });
    let ts_recv = corpus.items.first().ok_or("the corpus is empty")?.ts_recv;
    let mut apply = |ts_recv, input| machine.apply(&Stamped { ts_recv, input }, &mut levels);
    apply(ts_recv, Input::Instrument(&listed));
    apply(ts_recv, Input::Connect { connection: 1, venue: VenueId::BinanceUsdm as u16 });
    apply(ts_recv, Input::Subscribe { connection: 1, instrument: 1, channels: channel::BOOK });
    for item in &corpus.items {
        let bytes = corpus.bytes(item);
        let input = match item.kind {
            ItemKind::Frame => Input::Frame { connection: 1, bytes },
            ItemKind::Snapshot => Input::DepthSnapshot { instrument: 1, bytes },
        };
        apply(item.ts_recv, input);
    }
    Ok(levels)
}

fn count(changes: &[Change]) -> u64 {
    changes.iter().map(|change| (change.bids.len() + change.asks.len()) as u64).sum()
}

/// All deltas after the snapshot, and the best prices after each.
fn pass<C: Contender>(book: &mut C, snapshot: &Change, deltas: &[Change]) -> (u64, u64) {
    book.load(snapshot);
    let start = cpu_ns();
    for delta in deltas {
        book.update(delta);
        black_box(book.best());
    }
    (cpu_ns() - start, count(deltas))
}

/// The same, and the levels of a latest slot after each.
fn top_pass(book: &mut Book, snapshot: &Change, deltas: &[Change]) -> (u64, u64) {
    book.load(&snapshot.bids, &snapshot.asks);
    let mut out = [Level::default(); DEPTH];
    let start = cpu_ns();
    for delta in deltas {
        book.apply_all(&delta.bids, &delta.asks);
        black_box((book.best_bid(), book.best_ask()));
        for side in [Side::Bid, Side::Ask] {
            black_box(book.top(side, &mut out));
            black_box(&out);
        }
    }
    (cpu_ns() - start, count(deltas))
}

/// One delta to each book of many, in an order that no prefetcher guesses.
struct Turns {
    books: Vec<Book>,
    order: Vec<usize>,
    next: usize,
}

impl Turns {
    fn new(count: usize, snapshot: &Change, path: CodePath) -> Self {
        let mut order: Vec<_> = (0..count).collect();
        let mut random = 20_261_121_u64;
        for at in (1..count).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        let mut books: Vec<_> = (0..count).map(|_| Book::on(path)).collect();
        books.iter_mut().for_each(|book| book.load(&snapshot.bids, &snapshot.asks));
        Self { books, order, next: 0 }
    }

    fn pass(&mut self, snapshot: &Change, deltas: &[Change]) -> (u64, u64) {
        let (mut spent, mut levels) = (0, 0);
        for _ in 0..DELTAS.min(deltas.len()) {
            if self.next == deltas.len() {
                self.next = 0;
                self.books.iter_mut().for_each(|book| book.load(&snapshot.bids, &snapshot.asks));
            }
            let delta = &deltas[self.next];
            self.next += 1;
            let start = cpu_ns();
            for at in &self.order {
                let book = &mut self.books[*at];
                // As the machine does with a book that is not the one before.
                book.prefetch(&delta.bids, &delta.asks);
                book.update(delta);
                black_box(book.best());
            }
            spent += cpu_ns() - start;
            levels += count(std::slice::from_ref(delta)) * self.order.len() as u64;
        }
        (spent, levels.max(1))
    }
}

/// SHA-256 of the book that a contender ends with.
fn sha256<C: Contender>(snapshot: &Change, deltas: &[Change]) -> String {
    let mut contender = C::default();
    contender.load(snapshot);
    deltas.iter().for_each(|delta| contender.update(delta));
    let Change { bids, asks } = contender.levels();
    let mut book = Book::new();
    book.load(&bids, &asks);
    let (mut text, listed) = (String::new(), definition(1, "BTCUSDT"));
    canonical_text(&book, listed.price_exponent, listed.qty_exponent, &mut text);
    sha256_hex(text.as_bytes())
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let Levels { snapshot, deltas, .. } = levels_of(&corpus)?;
    let snapshot = snapshot.ok_or("the book does not come to life within the corpus")?;
    let hashes = [sha256::<Book>(&snapshot, &deltas), sha256::<Sorted>(&snapshot, &deltas), sha256::<Tree>(&snapshot, &deltas)];
    if hashes.iter().any(|hash| *hash != hashes[0]) {
        return Err(format!("ladder, vector and tree end in different books: {hashes:?}").into());
    }
    let path = options.code_path()?;
    let before = alloc::live_bytes();
    let [mut ladder, mut topped, mut sparse] = [(); 3].map(|()| Book::on(path));
    pass(&mut ladder, &snapshot, &deltas);
    let bytes = alloc::live_bytes() - before;
    let allocations = alloc::count(|| {
        pass(&mut ladder, &snapshot, &deltas);
    });
    let (mut sorted, mut tree) = (Sorted::default(), Tree::default());
    let mut turns = Turns::new(if options.smoke { 10 } else { BOOKS }, &snapshot, path);
    let mut works = [
        Work::new("ladder", || pass(&mut ladder, &snapshot, &deltas)),
        Work::new("sorted_vec", || pass(&mut sorted, &snapshot, &deltas)),
        Work::new("btree_map", || pass(&mut tree, &snapshot, &deltas)),
        Work::new("ladder_top", || top_pass(&mut topped, &snapshot, &deltas)),
        Work::new("sparse_top", || sparse_book::pass(&mut sparse)),
        Work::new("thousand", || turns.pass(&snapshot, &deltas)),
    ];
    let series = blocks::run(&mut works, if options.smoke { Size::SMOKE } else { Size::FULL });
    let mut blocks = serde_json::Map::new();
    for (work, ns) in works.iter().zip(&series) {
        eprintln!("{:>10}  {:8.2} ns a unit, median of {} blocks", work.name, median(&mut ns.clone()), ns.len());
        blocks.insert(work.name.to_owned(), json!(ns));
    }
    let (messages, levels) = (deltas.len(), count(&deltas));
    eprintln!("{bytes} B of heap a book, {allocations} allocations in a second pass, {levels} levels in {messages} messages");
    let report = json!({
        "corpus": corpus.describe(0), "pinned": pinned, "blocks": blocks, "messages": messages, "levels": levels,
        "heap": bytes, "allocations": allocations, "book_sha256": hashes[0],
    });
    println!("{report}");
    Ok(())
}
