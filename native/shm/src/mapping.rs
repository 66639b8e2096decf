//! The one place with `unsafe`: maps a file and lends its words as atomics. Nothing else of this crate sees a pointer.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

use crate::layout::WORD_SIZE;
use crate::sync::{AtomicU64, Words};

/// A shared mapping of a whole file; unmapped when the last [`Area`] of it is gone.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<c_void>,
    size: usize,
}

// SAFETY: the mapping belongs to no thread: `base` is only handed out through `Area`, which makes atomics of it, and
// `munmap` may be called from any thread. Kept by this module.
unsafe impl Send for Mapping {}
// SAFETY: as above; a shared `Mapping` gives nothing but its size and addresses to `Area`.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `size` bytes of the file, for reading alone unless `writable`.
    ///
    /// Never executable. A writer's mapping is not inherited by a forked child, which could not know that it must not write.
    pub(crate) fn new(fd: BorrowedFd<'_>, size: usize, writable: bool) -> Result<Arc<Self>, Errno> {
        let protection = if writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        // SAFETY: a null hint lets the kernel choose free addresses, so no memory of this process is replaced; the result is
        // used through atomics alone. The kernel keeps it.
        let address = unsafe { mmap(std::ptr::null_mut(), size, protection, MapFlags::SHARED, fd, 0) }?;
        let base = NonNull::new(address).ok_or(Errno::NOMEM)?;
        let mapping = Self { base, size };
        if writable {
            // SAFETY: the range is exactly the mapping made above, and DONTFORK changes nothing in this process.
            unsafe { madvise(mapping.base.as_ptr(), size, Advice::LinuxDontFork) }?;
        }
        Ok(Arc::new(mapping))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `base` and `size` are those of `mmap`, and every `Area` holds an `Arc` of this, so no reference into the
        // range is left. Kept by `Area`.
        let result = unsafe { munmap(self.base.as_ptr(), self.size) };
        debug_assert!(result.is_ok(), "invariant: a mapping is unmapped once, whole");
    }
}

/// A run of words of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    first: NonNull<u64>,
    count: usize,
    /// Keeps the words mapped.
    mapping: Arc<Mapping>,
}

// SAFETY: an area is a pair of numbers and an `Arc` of a mapping that is itself `Send` and `Sync`; its words are only reached
// as atomics. Kept by `Area::run`.
unsafe impl Send for Area {}

impl Area {
    /// The `size` bytes from `offset` on; `None` unless both are whole words and lie within the mapping.
    pub(crate) fn new(mapping: &Arc<Mapping>, offset: usize, size: usize) -> Option<Self> {
        let end = offset.checked_add(size)?;
        if !offset.is_multiple_of(WORD_SIZE) || !size.is_multiple_of(WORD_SIZE) || end > mapping.size {
            return None;
        }
        // SAFETY: `offset` is at most the mapping's size, checked above, so the address stays within it or at its end.
        let first = unsafe { mapping.base.byte_add(offset) };
        Some(Self { first: first.cast(), count: size / WORD_SIZE, mapping: Arc::clone(mapping) })
    }

    /// The `count` words from word `first` on.
    ///
    /// # Panics
    ///
    /// If they are not all within this area; both are constants of the layout.
    pub(crate) fn part(&self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.count, "invariant: a part lies within its area");
        // SAFETY: `first` is at most `count`, checked above, and the area lies within the mapping.
        let first = unsafe { self.first.add(first) };
        Self { first, count, mapping: Arc::clone(&self.mapping) }
    }

    /// The low half of a word that is only ever used by halves.
    ///
    /// # Panics
    ///
    /// As [`Words::run`].
    pub(crate) fn half(&self, index: usize) -> &AtomicU32 {
        let word: *const AtomicU64 = &raw const self.run(index, 1)[0];
        // SAFETY: the word lies within the mapping and outlives the result, as `run` says; its first four bytes are its low half, for
        // the file is little-endian. No access to it has eight bytes while another process can see it: the layout names it a
        // futex, and the writer zeroes it before the file has a name.
        unsafe { &*word.cast::<AtomicU32>() }
    }

    /// Number of words.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }
}

impl Words for Area {
    #[inline]
    fn run(&self, first: usize, count: usize) -> &[AtomicU64] {
        let inside = first.checked_add(count).is_some_and(|end| end <= self.count);
        assert!(inside, "invariant: words {first} to {} of an area of {}", first.wrapping_add(count), self.count);
        // SAFETY: `first` is at most the area's length, checked above, and the area lies within the mapping, checked by `new`.
        let words = unsafe { self.first.add(first) };
        // SAFETY: the words are aligned (`new` takes whole words from a page-aligned base) and mapped for as long as `self`
        // holds the `Arc`; every access to them in this process is atomic, because this is the only way to them, and other
        // processes are held to the same by the protocol. Read-only mappings see Relaxed loads alone (`Words::get_acquire`).
        unsafe { std::slice::from_raw_parts(words.cast::<AtomicU64>().as_ptr(), count) }
    }
}
