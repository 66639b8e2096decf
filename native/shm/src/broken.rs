//! Parts of the protocol that a build for tests can leave out, by name, to show that each of them is missed: under
//! `--cfg loom` or `--cfg tickring_broken`, the variable `TICKRING_BROKEN` holds names with commas between them. In every other
//! build all of this is constant, and gone.
//!
//! `tests/loom.rs` reads the names out of the sources, so a part that is named here has to be missed by some test.

use crate::sync::{self, Ordering};

/// Whether this build lacks the part.
#[cfg(not(any(loom, tickring_broken)))]
#[inline(always)]
pub(crate) const fn broken(_part: &str) -> bool {
    false
}

/// Whether this build lacks the part.
#[cfg(any(loom, tickring_broken))]
pub(crate) fn broken(part: &str) -> bool {
    static LACKING: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("TICKRING_BROKEN").ok());
    LACKING.as_ref().is_some_and(|names| names.split(',').any(|name| name == part))
}

/// A fence of this order, where this build has it.
#[inline(always)]
pub(crate) fn fence(part: &str, order: Ordering) {
    if !broken(part) {
        sync::fence(order);
    }
}

/// The order of a store that is Release, where this build has it.
#[inline(always)]
pub(crate) fn release(part: &str) -> Ordering {
    if broken(part) { Ordering::Relaxed } else { Ordering::Release }
}
