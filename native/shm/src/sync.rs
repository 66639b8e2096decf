//! Atomics of the protocols: `core`'s, or under `cfg(loom)` those of the model checker.

use crate::broken;

#[cfg(not(loom))]
pub use core::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(loom)]
pub use loom::sync::atomic::{AtomicU64, Ordering, fence};

/// Words that two sides share: of a mapping, or of a plain vector in tests and under the model checker.
pub trait Words {
    /// The `count` words from index `first` on.
    ///
    /// # Panics
    ///
    /// If they are not all inside the area: every index is computed from checked lengths, so this is a bug, never data.
    fn run(&self, first: usize, count: usize) -> &[AtomicU64];

    /// Loads with Relaxed order.
    #[inline]
    fn get(&self, index: usize) -> u64 {
        self.run(index, 1)[0].load(Ordering::Relaxed)
    }

    /// Stores with Relaxed order.
    #[inline]
    fn set(&self, index: usize, value: u64) {
        self.run(index, 1)[0].store(value, Ordering::Relaxed);
    }

    /// Loads, and orders everything after it behind the store that it read.
    ///
    /// A Relaxed load and an Acquire fence, not an Acquire load: readers map their memory read-only, where Rust promises
    /// plain loads for Relaxed alone (`core::sync::atomic`, "Atomic accesses to read-only memory", read 2026-11).
    #[inline]
    fn get_acquire(&self, index: usize) -> u64 {
        let value = self.get(index);
        // Acquire: pairs with the Release store (or fence) before the value read.
        broken::fence("words: fence behind a load", Ordering::Acquire);
        value
    }

    /// Stores with Release order.
    #[inline]
    fn set_release(&self, index: usize, value: u64) {
        // Release: pairs with `get_acquire` of a reader.
        self.run(index, 1)[0].store(value, broken::release("words: Release of a store"));
    }
}

#[cfg(not(loom))]
impl Words for std::sync::Arc<[AtomicU64]> {
    fn run(&self, first: usize, count: usize) -> &[AtomicU64] {
        &self[first..first + count]
    }
}

#[cfg(loom)]
impl Words for loom::sync::Arc<Vec<AtomicU64>> {
    fn run(&self, first: usize, count: usize) -> &[AtomicU64] {
        &self[first..first + count]
    }
}
