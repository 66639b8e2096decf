//! A client that joins at any moment holds the engine's book after every message.
#![allow(clippy::unwrap_used)]

mod engine;

use engine::{Client, Engine, NAME, Root, drain, instrument, topic, unframe};
use proptest::prelude::*;
use tickring_core::event::Level;
use tickring_wire::{Encoding, Fanout, OUT_SIZE_MIN, Rung};

const ID: u32 = 7;
const OTHER: u32 = 8;

#[derive(Clone, Debug)]
enum Step {
    Delta {
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        part_levels: usize,
    },
    OtherDelta {
        price: i64,
    },
    Snapshot {
        part_levels: usize,
    },
    Resync {
        price: i64,
    },
    Trade,
    /// Enough to lap a fan-out that is not polled meanwhile.
    Burst {
        trades: u64,
    },
    Poll {
        out_size: usize,
        times: usize,
    },
    Drain,
    Join,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let side = || prop::collection::vec((1..400_i64, 0..5_i64), 0..60);
    let step = prop_oneof![
        8 => (side(), side(), 1..64_usize).prop_map(|(bids, asks, part_levels)| Step::Delta { bids, asks, part_levels }),
        3 => (1..9_i64).prop_map(|price| Step::OtherDelta { price }),
        1 => (1..64_usize).prop_map(|part_levels| Step::Snapshot { part_levels }),
        1 => (1..400_i64).prop_map(|price| Step::Resync { price }),
        2 => Just(Step::Trade),
        1 => (500..1_500_u64).prop_map(|trades| Step::Burst { trades }),
        4 => (OUT_SIZE_MIN..3 * OUT_SIZE_MIN, 1..3_usize).prop_map(|(out_size, times)| Step::Poll { out_size, times }),
        2 => Just(Step::Drain),
        2 => Just(Step::Join),
    ];
    prop::collection::vec(step, 1..120)
}

fn to_levels(pairs: &[(i64, i64)]) -> Vec<Level> {
    pairs.iter().map(|&(price, qty)| Level { price, qty }).collect()
}

struct World {
    engine: Engine,
    fanout: Fanout,
    book: u32,
    clients: Vec<Client>,
    update_id: u64,
}

impl World {
    fn new(root: &Root) -> Self {
        let mut engine = Engine::start(root, 0, 10);
        for id in [ID, OTHER] {
            engine.define(&instrument(id));
            engine.snapshot(id, 64);
        }
        let mut fanout = Fanout::open(root.path(), NAME).unwrap();
        drain(&mut fanout, OUT_SIZE_MIN);
        let book = topic(&fanout, "book.binance-usdm.SYM7");
        fanout.interest(book, Encoding::FlatBuffers, Rung::Full, true);
        Self { engine, fanout, book, clients: Vec::new(), update_id: 0 }
    }

    /// Every client that holds a book holds the engine's book of that update id.
    fn check(&mut self, framed: &[u8]) {
        for received in unframe(framed) {
            assert_eq!(received.topic, self.book);
            for client in &mut self.clients {
                if client.follow(&received.flat())
                    && let Some((last, sides)) = &client.book
                {
                    assert_eq!(Some(sides), self.engine.history.get(&(ID, *last)));
                }
            }
        }
    }

    fn poll(&mut self, out_size: usize) -> usize {
        let mut out = vec![0; out_size];
        let used = self.fanout.poll(&mut out);
        self.check(&out[..used]);
        for client in self.clients.iter_mut().filter(|client| client.must_join_again()) {
            if let Some(snapshot) = self.fanout.snapshot(self.book, Encoding::FlatBuffers, Rung::Full) {
                *client = Client::join(snapshot);
            }
        }
        used
    }

    fn step(&mut self, step: &Step) {
        self.update_id += 3;
        match step {
            Step::Delta { bids, asks, part_levels } => {
                self.engine.delta(ID, self.update_id, &to_levels(bids), &to_levels(asks), *part_levels);
            }
            Step::OtherDelta { price } => {
                self.engine.delta(OTHER, self.update_id, &to_levels(&[(*price, 1)]), &[], 64);
            }
            Step::Snapshot { part_levels } => self.engine.snapshot(ID, *part_levels),
            Step::Resync { price } => {
                let book = self.engine.books.entry(ID).or_default();
                book.0 = self.update_id;
                book.1.0.clear();
                book.1.apply(&to_levels(&[(*price, 9)]), &[]);
                self.engine.snapshot(ID, 64);
            }
            Step::Trade => self.engine.trade(ID, self.update_id),
            Step::Burst { trades } => (0..*trades).for_each(|id| self.engine.trade(ID, id)),
            Step::Poll { out_size, times } => {
                for _ in 0..*times {
                    self.poll(*out_size);
                }
            }
            Step::Drain => while self.poll(1 << 20) > 0 {},
            Step::Join => {
                if let Some(snapshot) = self.fanout.snapshot(self.book, Encoding::FlatBuffers, Rung::Full) {
                    self.clients.push(Client::join(snapshot));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn client_holds_the_engines_book_after_every_message(steps in steps()) {
        let root = Root::new();
        let mut world = World::new(&root);
        for step in &steps {
            world.step(step);
            if let Step::Join = step {
                for client in &world.clients {
                    if let Some((last, sides)) = &client.book {
                        prop_assert_eq!(Some(sides), world.engine.history.get(&(ID, *last)));
                    }
                }
            }
        }
        // Laps are possible on the way; in the end a requested snapshot brings everybody to the engine's present book.
        while world.poll(1 << 20) > 0 {}
        for id in world.fanout.wanted_snapshots() {
            world.engine.snapshot(id, 64);
        }
        while world.poll(1 << 20) > 0 {}
        let last_seq = world.fanout.topics().find(|topic| topic.id == world.book).unwrap().seq;
        for client in &world.clients {
            prop_assert_eq!(client.seq, last_seq);
            prop_assert_eq!(client.book.as_ref(), world.engine.books.get(&ID));
        }
    }
}
