//! Counts this thread's allocations, so that "none" is a figure and not a belief.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator with counters.
#[derive(Debug)]
pub struct Counting;

/// Allocations, and bytes held more than before.
fn note(count: u64, bytes: i64) {
    COUNT.with(|total| total.set(total.get() + count));
    BYTES.with(|total| total.set(total.get() + bytes));
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

// SAFETY: every call goes to the system's allocator unchanged, which keeps the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: the caller keeps the contract of `alloc`, handed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, handed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -signed(layout.size()));
        // SAFETY: the caller keeps the contract of `dealloc`; `pointer` came from `System` through this allocator.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(1, signed(new_size) - signed(layout.size()));
        // SAFETY: the caller keeps the contract of `realloc`; `pointer` came from `System` through this allocator.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

/// Allocations and re-allocations of this thread during `act`.
pub fn count(act: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    act();
    COUNT.with(Cell::get) - before
}

/// Bytes that this thread has asked for and not given back.
pub fn live_bytes() -> i64 {
    BYTES.with(Cell::get)
}
