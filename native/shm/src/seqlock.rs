//! One writer, any number of readers, the newest value only: an even version means at rest, an odd one being written.
//! Checked by `model/ring_model.py` and `tests/loom.rs`.

use crate::broken::{broken, fence};
use crate::sync::{AtomicU64, Ordering, Words};

/// How often a reader tries again when the writer gets in its way.
pub const TRIES_MAX: usize = if cfg!(loom) { 2 } else { 1_000 };

/// Writes a value of `len` words behind the version word `first`: `store` stores them, Relaxed, in any order and as often as it
/// likes.
#[inline]
pub fn write<W: Words>(words: &W, first: usize, len: usize, store: impl FnOnce(&[AtomicU64])) {
    let version = words.get(first);
    if !broken("seqlock: mark") {
        words.set(first, version.wrapping_add(1));
    }
    // Release fence: pairs with the Acquire fence of `read`. Whoever reads a word stored below finds at least the odd version.
    fence("seqlock: fence behind the mark", Ordering::Release);
    store(words.run(first + 1, len));
    words.set_release(first, version.wrapping_add(2));
}

/// Copies a value whose version word is `first` into `copy`, without the version; `false` if it was never written, or is
/// being written all the time (or for ever, by a writer that died).
#[inline]
pub fn read<W: Words>(words: &W, first: usize, copy: &mut [u64]) -> bool {
    read_with(words, first, copy, None::<fn(&[u64])>)
}

/// As [`read`], with what the value points at: `more` copies that from words which are stored before the value is, and stored
/// again only behind the value that replaces it. It may be called several times, and what it copied counts only if this gives
/// `true`.
#[inline]
pub fn read_with<W: Words>(words: &W, first: usize, copy: &mut [u64], mut more: Option<impl FnMut(&[u64])>) -> bool {
    for _ in 0..TRIES_MAX {
        let version = words.get_acquire(first);
        if version == 0 && !broken("seqlock: never written") {
            return false;
        }
        if version & 1 == 0 || broken("seqlock: odd means being written") {
            let values = words.run(first + 1, copy.len());
            for (copied, word) in copy.iter_mut().zip(values) {
                *copied = word.load(Ordering::Relaxed);
            }
            // Acquire fence: pairs with the Release fence of `write`.
            fence("seqlock: fence behind the copy", Ordering::Acquire);
            if words.get(first) == version || broken("seqlock: check") {
                let Some(more) = &mut more else { return true };
                more(copy);
                // Acquire fence: as above, for words that were stored behind the Release fence of the next `write`.
                fence("seqlock: fence behind more", Ordering::Acquire);
                if words.get(first) == version || broken("seqlock: check behind more") {
                    return true;
                }
            }
        }
        pause();
    }
    false
}

#[cfg(not(loom))]
fn pause() {
    std::hint::spin_loop();
}

#[cfg(loom)]
fn pause() {
    loom::thread::yield_now();
}
