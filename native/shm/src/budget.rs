//! What a venue grants an address in a span of time, counted for all processes of the host in one small file.
//!
//! ```text
//! <root>/.budget/<key>.<window ms>.<boot id>   0600, 4 KiB, one a venue's host and kind of budget
//!   word 0   magic, stored last       word 2   width of a bucket, ns
//!   word 1   buckets                  word 3   nobody asks before, monotonic ns
//!   word 16… buckets: number u40 │ amount u24; a bucket's number is its time divided by the width
//! ```
//!
//! Every amount is added first and judged afterwards, and taken back if it was too much: so two processes never grant what is
//! left to both. A process that dies in between costs the others that amount until the window has passed, and nothing else.
//!
//! Whoever uses a file holds a shared lock on it, which ends with the process. Whoever makes one removes those that nobody holds and
//! that have nothing left to tell.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use crate::error::ShmError;
use crate::files::{Directory, Trust, check_name, io};
use crate::layout::WORD_SIZE;
use crate::mapping::{Area, Mapping};
use crate::process::{Identity, monotonic_ns};
use crate::segment::reserve;
use crate::sync::Words;

const DIRECTORY: &str = ".budget";
const FILE_MODE: u32 = 0o600;
const FILE_SIZE: usize = 4096;
/// `TKBUDGT1`: another layout gets another one.
const MAGIC: u64 = u64::from_le_bytes(*b"TKBUDGT1");

mod word {
    pub(super) const MAGIC: usize = 0;
    pub(super) const BUCKETS: usize = 1;
    pub(super) const WIDTH: usize = 2;
    pub(super) const CLOSED_UNTIL: usize = 3;
    pub(super) const FIRST: usize = 16;
}

/// A window is so many buckets and a part of one; twice as many are kept, so that a bucket is old before its place is used again.
const WINDOW_BUCKETS: u64 = 64;
const BUCKETS: u64 = 2 * WINDOW_BUCKETS;
const WORDS: usize = word::FIRST + BUCKETS as usize;
const _: () = assert!(WORDS * WORD_SIZE <= FILE_SIZE);

const AMOUNT_BITS: u32 = 24;
/// Most that a bucket counts, and the highest limit.
pub const BUDGET_MAX: u64 = (1 << AMOUNT_BITS) - 1;
/// Shortest and longest window.
const WINDOW_MIN: Duration = Duration::from_secs(1);
const WINDOW_MAX: Duration = Duration::from_hours(24);
/// No venue closes itself to an address for longer; a word that says more is damaged.
const CLOSED_MAX: Duration = Duration::from_hours(8 * 24);
/// How often opening is tried while others create and remove, and the pause in between.
const OPEN_TRIES_MAX: usize = 64;
const OPEN_AGAIN: Duration = Duration::from_millis(1);

/// What came of asking for an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It may be used now. The number says when it was taken, for [`HostBudget::settle`] and [`HostBudget::give_back`].
    Granted(u64),
    /// Not before so long, ns; others may be faster even then.
    Wait(u64),
}

/// A budget of one venue that all processes of this user share. Times are monotonic ns since boot.
pub struct HostBudget {
    words: Box<dyn Words + Send>,
    width: u64,
    /// Holds the lock.
    _file: Option<OwnedFd>,
}

impl std::fmt::Debug for HostBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBudget").field("width", &self.width).finish_non_exhaustive()
    }
}

impl HostBudget {
    /// Opens the host's budget under this key, or makes it. Windows of another length are other budgets.
    ///
    /// # Errors
    ///
    /// [`ShmError::Name`], [`ShmError::Argument`] for a window outside 1 s to a day, and what the file or its directory are
    /// refused for; [`ShmError::Corrupt`] for a file of another shape.
    pub fn open(root: &Path, key: &str, window: Duration) -> Result<Self, ShmError> {
        check_name(key)?;
        let width = width_of(window)?;
        let trust = Trust::in_self();
        let directory = Directory::root(root, trust, true)?.child(DIRECTORY, trust, true)?;
        // Times of another boot mean nothing.
        let [high, low] = Identity::of_this_process().boot_id;
        let boot = format!(".{:016x}", high ^ low);
        let name = format!("{key}.{}{boot}", window.as_millis());
        for _ in 0..OPEN_TRIES_MAX {
            match open(&directory, &name, trust) {
                Ok(Some(file)) => return Self::over(file, width, &directory.path_of(&name)),
                // Somebody is about to remove it.
                Ok(None) => std::thread::sleep(OPEN_AGAIN),
                Err(ShmError::NotFound { .. }) => {
                    remove_idle(&directory, trust, &boot);
                    match create(&directory, &name, width) {
                        // Another process was faster.
                        Err(ShmError::Io { source, .. }) if source.raw_os_error() == Some(Errno::EXIST.raw_os_error()) => {}
                        created => return created,
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(ShmError::NotFound { path: directory.path_of(&name) })
    }

    /// A budget of this process alone.
    ///
    /// # Errors
    ///
    /// [`ShmError::Argument`] for a window outside 1 s to a day.
    pub fn alone(window: Duration) -> Result<Self, ShmError> {
        let words: Arc<[AtomicU64]> = (0..WORDS).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { words: Box::new(words), width: width_of(window)?, _file: None })
    }

    fn over(file: OwnedFd, width: u64, path: &Path) -> Result<Self, ShmError> {
        let words = map(&file, path)?;
        let found = [words.get_acquire(word::MAGIC), words.get(word::BUCKETS), words.get(word::WIDTH)];
        let wanted = [MAGIC, BUCKETS, width];
        if found != wanted {
            let what = format!("magic, buckets and width are {found:?}, not {wanted:?}");
            return Err(ShmError::Corrupt { path: path.into(), what });
        }
        Ok(Self { words: Box::new(words), width, _file: Some(file) })
    }

    /// Takes an amount where it leaves the window, with all that others took, within `limit`.
    #[must_use]
    pub fn take(&self, amount: u64, limit: u64, now: u64) -> Taken {
        let closed = self.closed_for(now);
        if closed > 0 {
            return Taken::Wait(closed);
        }
        // Whoever sees that there is no room does not disturb those who still look.
        let wait = self.wait(amount, limit, now);
        if wait > 0 {
            return Taken::Wait(wait);
        }
        let number = self.add(amount, now / self.width);
        let wait = self.wait(0, limit, now);
        if wait == 0 {
            return Taken::Granted(number);
        }
        self.subtract(amount, number);
        Taken::Wait(wait)
    }

    /// A request is over: the venue counted it at any time since it was granted, so it counts from now.
    pub fn settle(&self, amount: u64, granted: u64, now: u64) {
        let number = now / self.width;
        if number == granted {
            return;
        }
        // In this order, and read from the oldest bucket on: whoever looks meanwhile sees it twice, never not at all.
        self.add(amount, number);
        self.subtract(amount, granted);
    }

    /// An amount was not used after all.
    pub fn give_back(&self, amount: u64, granted: u64) {
        self.subtract(amount, granted);
    }

    /// The venue says that so much is used in its present span: what is missing here is of others.
    pub fn used(&self, total: u64, now: u64) {
        let number = now / self.width;
        let total = total.min(BUDGET_MAX);
        loop {
            let place = self.place(number);
            // SeqCst: as in `add`. A bucket that changed since is read again, so that two who hear the same do not both add it.
            let old = place.load(Ordering::SeqCst);
            let known = self.sum(now);
            if total <= known {
                return;
            }
            let new = Bucket::read(old).plus(total - known, number).word();
            if place.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return;
            }
        }
    }

    /// Nobody takes anything for so long, ns.
    pub fn close_for(&self, duration: u64, now: u64) {
        let until = now.saturating_add(duration.min(nanoseconds(CLOSED_MAX)));
        // SeqCst: pairs with the load in `closed_for`.
        self.words.run(word::CLOSED_UNTIL, 1)[0].fetch_max(until, Ordering::SeqCst);
    }

    /// How long nobody takes anything, ns.
    #[must_use]
    pub fn closed_for(&self, now: u64) -> u64 {
        // SeqCst: pairs with the maximum in `close_for`.
        let until = self.words.run(word::CLOSED_UNTIL, 1)[0].load(Ordering::SeqCst);
        let left = until.saturating_sub(now);
        if left > nanoseconds(CLOSED_MAX) { 0 } else { left }
    }

    /// What was taken within the window.
    #[must_use]
    pub fn sum(&self, now: u64) -> u64 {
        self.live(now).map(|bucket| bucket.amount).sum()
    }

    /// How long until so much more fits, ns; 0 if it does.
    fn wait(&self, amount: u64, limit: u64, now: u64) -> u64 {
        let mut excess = (self.sum(now) + amount).saturating_sub(limit);
        if excess == 0 {
            return 0;
        }
        for bucket in self.live(now) {
            excess = excess.saturating_sub(bucket.amount);
            if excess == 0 {
                return ((bucket.number + WINDOW_BUCKETS + 1) * self.width).saturating_sub(now).max(1);
            }
        }
        // More than the whole limit, or others gave back meanwhile.
        self.width
    }

    /// Buckets that the window touches, oldest first.
    fn live(&self, now: u64) -> impl Iterator<Item = Bucket> {
        let newest = now / self.width;
        let oldest = newest.saturating_sub(WINDOW_BUCKETS);
        // One beyond: another processor's clock may have been read later.
        (oldest..=newest + 1)
            .map(|number| (number, Bucket::read(self.place(number).load(Ordering::SeqCst))))
            .filter_map(|(number, bucket)| (bucket.number == number).then_some(bucket))
    }

    fn place(&self, number: u64) -> &AtomicU64 {
        &self.words.run(word::FIRST + (number % BUCKETS) as usize, 1)[0]
    }

    fn add(&self, amount: u64, number: u64) -> u64 {
        let add = |old| Some(Bucket::read(old).plus(amount, number).word());
        // SeqCst, as every access to a bucket: of two who add and then look, at least one sees the other.
        let _ = self.place(number).fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        number
    }

    fn subtract(&self, amount: u64, number: u64) {
        let subtract = |old| {
            let bucket = Bucket::read(old);
            let left = Bucket { amount: bucket.amount.saturating_sub(amount), ..bucket };
            (bucket.number == number).then(|| left.word())
        };
        // SeqCst: as in `add`. A bucket that is another by now is out of the window.
        let _ = self.place(number).fetch_update(Ordering::SeqCst, Ordering::SeqCst, subtract);
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    number: u64,
    amount: u64,
}

impl Bucket {
    const fn read(word: u64) -> Self {
        Self { number: word >> AMOUNT_BITS, amount: word & BUDGET_MAX }
    }

    const fn word(self) -> u64 {
        self.number << AMOUNT_BITS | self.amount
    }

    /// With this amount more; whatever stood in the place of another number is old, or was never ours.
    fn plus(self, amount: u64, number: u64) -> Self {
        let before = if self.number == number { self.amount } else { 0 };
        Self { number, amount: (before + amount).min(BUDGET_MAX) }
    }
}

/// Monotonic time of this host, ns since boot: what [`HostBudget`]'s calls are to be given.
#[must_use]
pub fn budget_clock() -> u64 {
    monotonic_ns()
}

const fn nanoseconds(duration: Duration) -> u64 {
    // All are limits of this file, below 584 years.
    duration.as_nanos() as u64
}

fn width_of(window: Duration) -> Result<u64, ShmError> {
    if window < WINDOW_MIN || window > WINDOW_MAX {
        let value = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        return Err(ShmError::Argument { what: "window in ms", value, limit: "1000 to 86400000" });
    }
    Ok(nanoseconds(window).div_ceil(WINDOW_BUCKETS))
}

/// The file, locked; `None` where somebody removes it, or just did.
fn open(directory: &Directory, name: &str, trust: Trust) -> Result<Option<OwnedFd>, ShmError> {
    let path = directory.path_of(name);
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory.fd(), name, flags, Mode::empty()).map_err(io("open", &path))?;
    directory.check_file(file.as_fd(), name, trust)?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(errno) => return Err(io("lock", &path)(errno)),
    }
    let stat = rustix::fs::fstat(&file).map_err(io("inspect", &path))?;
    if stat.st_size != FILE_SIZE as i64 {
        let what = format!("it has {} bytes, a budget has {FILE_SIZE}", stat.st_size);
        return Err(ShmError::Corrupt { path, what });
    }
    Ok((stat.st_nlink > 0).then_some(file))
}

/// Made whole without a name, then named, unless another process named its own meanwhile.
fn create(directory: &Directory, name: &str, width: u64) -> Result<HostBudget, ShmError> {
    let path = directory.path_of(name);
    let mode = Mode::from_raw_mode(FILE_MODE);
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory.fd(), ".", flags, mode).map_err(io("create", &path))?;
    reserve(&file, FILE_SIZE as u64, &path)?;
    let words = map(&file, &path)?;
    words.set(word::BUCKETS, BUCKETS);
    words.set(word::WIDTH, width);
    words.set_release(word::MAGIC, MAGIC);
    rustix::fs::fchmod(&file, mode).map_err(io("set the mode of", &path))?;
    flock(&file, FlockOperation::NonBlockingLockShared).map_err(io("lock", &path))?;
    directory.link(&file, name)?;
    Ok(HostBudget { words: Box::new(words), width, _file: Some(file) })
}

fn map(file: &OwnedFd, path: &Path) -> Result<Area, ShmError> {
    let mapping = Mapping::new(file.as_fd(), FILE_SIZE, true).map_err(io("map", path))?;
    let outside = || ShmError::Corrupt { path: path.into(), what: "it cannot be mapped whole".into() };
    Area::new(&mapping, 0, WORDS * WORD_SIZE).ok_or_else(outside)
}

/// Removes files of other boots, and those that nobody holds and that would hold nobody up. What cannot be removed stays.
fn remove_idle(directory: &Directory, trust: Trust, boot: &str) {
    for name in directory.names().unwrap_or_default() {
        let Ok(Some(file)) = open(directory, &name, trust) else { continue };
        // Those who open it from now on wait until it is gone, or has been left alone.
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        let is_idle = map(&file, &directory.path_of(&name)).is_ok_and(|words| {
            let width = words.get(word::WIDTH).max(1);
            let budget = HostBudget { words: Box::new(words), width, _file: None };
            let now = monotonic_ns();
            budget.sum(now) == 0 && budget.closed_for(now) == 0
        });
        if is_idle || !name.ends_with(boot) {
            let _ = rustix::fs::unlinkat(directory.fd(), &name, AtFlags::empty());
        }
    }
}

#[cfg(test)]
#[path = "budget/tests.rs"]
mod tests;
