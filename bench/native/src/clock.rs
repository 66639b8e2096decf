//! Clocks: one that all processes share, and one cheap enough to put around a single frame.

use rustix::time::{ClockId, clock_gettime};

fn read(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default()
}

/// `CLOCK_MONOTONIC`, the same in every process.
pub fn monotonic_ns() -> u64 {
    read(ClockId::Monotonic)
}

/// `CLOCK_REALTIME`.
pub fn wall_ns() -> u64 {
    read(ClockId::Realtime)
}

/// CPU time of this thread: what the work took, whoever else had the core meanwhile. A system call: for whole passes only.
pub fn cpu_ns() -> u64 {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of all threads.
pub fn process_cpu_ns() -> u64 {
    read(ClockId::ProcessCPUTime)
}

/// Counter around one frame: all earlier instructions have ended when it is read, no later one has begun.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn ticks() -> u64 {
    use std::arch::x86_64::{__rdtscp, _mm_lfence};
    let mut core = 0;
    // SAFETY: every x86-64 processor of the last fifteen years has the instruction; it only writes to `core`.
    let now = unsafe { __rdtscp(&raw mut core) };
    // SAFETY: part of the baseline (SSE2); touches no memory.
    unsafe { _mm_lfence() };
    now
}

/// Elsewhere the shared clock has to do.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub fn ticks() -> u64 {
    monotonic_ns()
}

/// What a tick is worth, and what reading it twice costs.
#[derive(Clone, Copy, Debug)]
pub struct TickScale {
    /// ns in one tick.
    pub ns_per_tick: f64,
    /// Least ticks between two readings with nothing in between.
    pub overhead: u64,
}

impl TickScale {
    /// Measures for 50 ms.
    pub fn measure() -> Self {
        let (clock, counter) = (monotonic_ns(), ticks());
        while monotonic_ns() < clock + 50_000_000 {}
        let ns_per_tick = (monotonic_ns() - clock) as f64 / (ticks() - counter).max(1) as f64;
        let overhead = (0..10_000).map(|_| ticks().abs_diff(ticks())).min().unwrap_or_default();
        Self { ns_per_tick, overhead }
    }

    /// ns of a span of ticks, the cost of reading taken off; at least 1, which a histogram needs.
    pub fn ns(&self, span: u64) -> u64 {
        (span.saturating_sub(self.overhead) as f64 * self.ns_per_tick).round().max(1.0) as u64
    }
}
