//! How a reader waits for the next record: spin, yield, sleep, or block until the engine's waker calls. The writer takes no part in
//! it: a thread beside it watches the head.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::thread::futex;

use crate::layout::header;
use crate::mapping::Area;
use crate::merged::Merged;
use crate::reader::Reader;
use crate::sync::Words;

/// A blocked reader looks for itself this often, should the waker have died.
const BLOCK_AT_MOST: Duration = Duration::from_millis(250);
/// Looks at the slot between two looks at the clock.
const SPINS: usize = 64;

/// What [`Reader::wait`] does, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Looks without pause for so long: some tens of ns behind the writer, at the price of a core.
    pub spin: Duration,
    /// Then gives its turn away between looks for so long: as fast on an idle core.
    pub yielding: Duration,
    /// Then sleeps so long between looks; the kernel adds about 50 µs to short ones.
    pub sleep: Duration,
    /// Blocks instead of sleeping, where the engine has a waker: some tens of µs behind it, at no price.
    pub block: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        let micros = Duration::from_micros;
        Self { spin: micros(50), yielding: micros(200), sleep: micros(50), block: true }
    }
}

impl Waiting {
    /// Looks without pause.
    #[must_use]
    pub const fn spinning() -> Self {
        Self { spin: Duration::MAX, yielding: Duration::ZERO, sleep: Duration::ZERO, block: false }
    }
}

impl Waiting {
    /// Waits until something is there, at most for `timeout`; `waker` is the reader whose engine's waker may be blocked for.
    fn until(&self, timeout: Duration, is_there: impl Fn() -> bool, waker: Option<&Reader>) -> bool {
        let start = Instant::now();
        loop {
            for _ in 0..SPINS {
                if is_there() {
                    return true;
                }
                std::hint::spin_loop();
            }
            let waited = start.elapsed();
            let Some(left) = timeout.checked_sub(waited).filter(|left| !left.is_zero()) else { return is_there() };
            if waited < self.spin {
                continue;
            }
            let waker = waker.filter(|reader| self.block && reader.segment().control.get(header::WAKER) != 0);
            if waited < self.spin.saturating_add(self.yielding) {
                std::thread::yield_now();
            } else if let Some(reader) = waker {
                reader.block(left.min(BLOCK_AT_MOST));
            } else {
                std::thread::sleep(self.sleep.min(left));
            }
        }
    }
}

impl Merged {
    /// Waits until there is something to [`Merged::poll`], as [`Reader::wait`] does; nobody can block for the wakers of several
    /// shards at once, so a reader of more than one sleeps instead.
    pub fn wait(&self, how: &Waiting, timeout: Duration) -> bool {
        how.until(timeout, || self.has_next(), self.only())
    }
}

impl Reader {
    /// Waits until there is something to [`Reader::poll`], at most for `timeout`; `false` if there is nothing then: ask
    /// [`Reader::liveness`] why.
    pub fn wait(&self, how: &Waiting, timeout: Duration) -> bool {
        how.until(timeout, || self.has_next(), Some(self))
    }

    /// Blocks until the waker calls, unless there is something already.
    fn block(&self, timeout: Duration) {
        let calls = self.segment().control.half(header::WAKE);
        // Acquire: pairs with the Release of `watch`. Whoever sees a call sees the records that were the reason for it.
        let seen = calls.load(Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Acquire);
        if self.has_next() {
            return;
        }
        let timeout = futex::Timespec { tv_sec: 0, tv_nsec: i64::from(timeout.subsec_nanos()) };
        // Called meanwhile, interrupted, late: all of them mean to look again.
        let _ = futex::wait(calls, futex::Flags::empty(), seen, Some(&timeout));
    }
}

/// The thread that calls blocked readers; stops when dropped.
#[derive(Debug)]
pub(crate) struct Waker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Waker {
    /// Watches the head, every `interval`.
    ///
    /// # Errors
    ///
    /// What the system says when it has no thread left.
    pub(crate) fn start(control: Area, interval: Duration) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let watch = move || watch(&control, interval, &stopped);
        let thread = std::thread::Builder::new().name("tickring-waker".into()).spawn(watch)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // Relaxed: a flag by itself.
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn watch(control: &Area, interval: Duration, stop: &AtomicBool) {
    let calls: &AtomicU32 = control.half(header::WAKE);
    let mut seen = 0;
    control.set(header::WAKER, u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX));
    while !stop.load(Ordering::Relaxed) {
        // Acquire: what is published up to here is visible to whoever is called for it.
        let head = control.get_acquire(header::HEAD + header::HEAD_POSITION);
        if head != seen {
            seen = head;
            calls.fetch_add(1, Ordering::Release);
            let _ = futex::wake(calls, futex::Flags::empty(), i32::MAX.cast_unsigned());
        }
        std::thread::park_timeout(interval);
    }
    control.set(header::WAKER, 0);
    // Nobody is to wait for a call that will not come.
    calls.fetch_add(1, Ordering::Release);
    let _ = futex::wake(calls, futex::Flags::empty(), i32::MAX.cast_unsigned());
}
