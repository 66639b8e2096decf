//! The data path allocates nothing per message after warm-up.
#![allow(clippy::unwrap_used)]

mod engine;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use engine::{Engine, NAME, Root, drain, instrument};
use tickring_core::event::Level;
use tickring_wire::{Encoding, Fanout, Rung};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting by thread.
struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract of the trait.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and all memory comes from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `realloc`, and all memory comes from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn polling_allocates_nothing_after_warm_up() {
    let root = Root::new();
    let mut engine = Engine::start(&root, 0, 10);
    engine.define(&instrument(7));
    engine.snapshot(7, 64);
    let mut fanout = Fanout::open(root.path(), NAME).unwrap();
    drain(&mut fanout, 1 << 16);
    for topic in 0..fanout.version() {
        Encoding::ALL.into_iter().for_each(|encoding| fanout.interest(topic, encoding, Rung::Full, true));
    }
    let mut out = vec![0; 1 << 16];
    let rounds = (1..=20_u64).map(|round| {
        for id in 0..50 {
            let level = Level { price: i64::try_from(id % 20 + 1).unwrap(), qty: i64::try_from(round).unwrap() };
            engine.delta(7, round * 100 + id, &[level], &[level], 1);
            engine.trade(7, round * 100 + id);
        }
        let before = ALLOCATIONS.get();
        let mut bytes = 0;
        loop {
            let used = fanout.poll(&mut out);
            bytes += used;
            if used == 0 {
                break;
            }
        }
        assert!(bytes > 100 * 2 * 200, "every change and trade in both encodings");
        ALLOCATIONS.get() - before
    });
    // Looking for new shards, four times a second, may fall in a round; the first one warms up.
    let fewest = rounds.skip(1).min();
    assert_eq!(fewest, Some(0));
}
