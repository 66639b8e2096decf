//! Wall-clock stamps from the CPU's cycle counter: 10 ns a reading, where the kernel's clock takes 25 (its vDSO waits for all
//! earlier instructions first, so that a stamp here may be early by what the CPU runs ahead, some tens of ns).
//!
//! The counter is used only where the kernel itself keeps time with it, and is held against the kernel's clocks every
//! [`ANCHOR_EVERY_NS`]: the wall clock gives the position, the monotonic clock (which never steps) the rate. Between two anchors
//! a stamp is off by what the rate is off, some tens of ns, and a step of the wall clock shows at the next anchor. A rate that
//! moves by more than 0.1 % is no clock (a migrated machine, say): from then on the kernel's clock is read each time.

use std::sync::OnceLock;
use std::time::Duration;

use crate::process::{monotonic_ns, wall_ns};

/// How long an anchor serves.
const ANCHOR_EVERY_NS: u64 = 50_000_000;
/// How long the first measurement of the rate takes, once in a process.
const FIRST_LOOK: Duration = Duration::from_millis(2);
/// A rate is in ns a cycle, shifted by this.
const RATE_BITS: u32 = 32;
/// Greatest change of the rate between two looks, as a share: 1 / 1000. NTP slews by half of it at most.
const RATE_CHANGE_SHARE: u64 = 1_000;
/// A look at counter and clock counts if they were read within so many ns of each other.
const LOOK_NS_MAX: u64 = 2_000;
/// Tries to get such a look: an interrupt may come between the readings.
const LOOK_TRIES: usize = 8;
/// Looks of which the narrowest is taken.
const LOOKS: usize = 3;

/// Gives the time in ns since the UNIX epoch.
#[derive(Clone, Debug)]
pub struct Clock {
    anchor: Option<Anchor>,
}

/// The counter and a clock of the kernel at the same moment.
#[derive(Clone, Copy, Debug)]
struct Look {
    cycles: u64,
    ns: u64,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    wall: Look,
    monotonic: Look,
    rate: u64,
    /// For how many cycles this anchor serves.
    span: u64,
}

impl Clock {
    /// The kernel's clock, read at each stamp.
    #[must_use]
    pub const fn system() -> Self {
        Self { anchor: None }
    }

    /// The cycle counter, or the kernel's clock where the counter cannot be trusted. The first call in a process takes 2 ms.
    #[must_use]
    pub fn counter() -> Self {
        static FIRST: OnceLock<Option<Anchor>> = OnceLock::new();
        Self { anchor: *FIRST.get_or_init(Anchor::first) }
    }

    /// Reads the counter as [`Self::counter`] does, and always gives `ns`: so that instructions can be counted that do not depend
    /// on when they are counted.
    #[must_use]
    pub const fn standing(ns: u64) -> Self {
        let look = Look { cycles: 0, ns };
        Self { anchor: Some(Anchor { wall: look, monotonic: look, rate: 0, span: u64::MAX }) }
    }

    /// The kernel's clock that never steps, ns since boot.
    #[must_use]
    pub fn monotonic() -> u64 {
        monotonic_ns()
    }

    /// Whether stamps come from the counter.
    #[must_use]
    pub const fn is_counter(&self) -> bool {
        self.anchor.is_some()
    }

    /// Time in ns since the UNIX epoch. Like the kernel's own it can step back, when that one does.
    ///
    /// Cost: 10 ns; 1 us every 50 ms. No allocation, no system call.
    #[inline]
    pub fn now(&mut self) -> u64 {
        let Some(anchor) = &self.anchor else { return wall_ns() };
        let passed = counter::read().wrapping_sub(anchor.wall.cycles);
        if passed < anchor.span { anchor.after(passed) } else { self.anchor_again() }
    }

    #[cold]
    fn anchor_again(&mut self) -> u64 {
        let Some(anchor) = &self.anchor else { return wall_ns() };
        let (Some(monotonic), Some(wall)) = (look(monotonic_ns), look(wall_ns)) else { return wall_ns() };
        self.anchor = rate(anchor.monotonic, monotonic)
            .filter(|rate| rate.abs_diff(anchor.rate) <= anchor.rate / RATE_CHANGE_SHARE)
            .map(|rate| Anchor::new(wall, monotonic, rate));
        wall.ns
    }
}

impl Anchor {
    fn first() -> Option<Self> {
        if !counter::is_trusted() {
            return None;
        }
        let before = look(monotonic_ns)?;
        std::thread::sleep(FIRST_LOOK);
        let monotonic = look(monotonic_ns)?;
        Some(Self::new(look(wall_ns)?, monotonic, rate(before, monotonic)?))
    }

    const fn new(wall: Look, monotonic: Look, rate: u64) -> Self {
        Self { wall, monotonic, rate, span: (ANCHOR_EVERY_NS << RATE_BITS) / rate }
    }

    /// The time so many cycles after the anchor; below `span` the product stays under 2^58.
    #[inline]
    const fn after(&self, cycles: u64) -> u64 {
        self.wall.ns + ((cycles * self.rate) >> RATE_BITS)
    }
}

/// Counter and clock as near to each other as they can be read; `None` if nothing near enough was had.
fn look(clock: fn() -> u64) -> Option<Look> {
    let mut best: Option<(u64, Look)> = None;
    for attempt in 0..LOOK_TRIES {
        let (before, ns, after) = (counter::read(), clock(), counter::read());
        let width = after.checked_sub(before)?;
        if best.is_none_or(|(narrowest, _)| width < narrowest) {
            best = Some((width, Look { cycles: before + width / 2, ns }));
        }
        // A cycle is a third of a ns, or more: as ns this is the cautious side.
        if attempt + 1 >= LOOKS && best.is_some_and(|(width, _)| width < LOOK_NS_MAX) {
            break;
        }
    }
    best.filter(|(width, _)| *width < LOOK_NS_MAX).map(|(_, look)| look)
}

/// ns a cycle between two looks, shifted; `None` if the counter stood still or the rate is absurd.
fn rate(from: Look, to: Look) -> Option<u64> {
    let cycles = to.cycles.checked_sub(from.cycles).filter(|cycles| *cycles > 0)?;
    let ns = to.ns.checked_sub(from.ns)?;
    let rate = (u128::from(ns) << RATE_BITS) / u128::from(cycles);
    // 100 MHz to 100 GHz.
    u64::try_from(rate).ok().filter(|rate| (1 << RATE_BITS) / 100 <= *rate && *rate <= 10 << RATE_BITS)
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "reading the TSC is an intrinsic")]
mod counter {
    use std::fs::read_to_string;

    /// Linux keeps time with the TSC only after it has found it constant, never halting and equal on all cores.
    pub(super) fn is_trusted() -> bool {
        const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        read_to_string(SOURCE).is_ok_and(|source| source.trim() == "tsc")
    }

    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: the instruction is part of every x86-64; a kernel that forbids it to programs (PR_SET_TSC) does so on the
        // program's own demand, and does not give it the TSC as its vDSO clock either.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
}

/// Elsewhere the kernel's clock serves: nobody has measured another there yet.
#[cfg(not(target_arch = "x86_64"))]
mod counter {
    pub(super) const fn is_trusted() -> bool {
        false
    }

    pub(super) const fn read() -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counter's own error and that of its rate, far beyond both.
    const OFF_NS_MAX: u64 = 100_000;

    #[test]
    fn stamps_lie_between_two_readings_of_the_kernels_clock() {
        for mut clock in [Clock::system(), Clock::counter()] {
            for _ in 0..20_000 {
                let before = wall_ns();
                let now = clock.now();
                let after = wall_ns();
                assert!(before <= now + OFF_NS_MAX && now <= after + OFF_NS_MAX, "{before} {now} {after} {clock:?}");
            }
            let Some(anchor) = clock.anchor else { continue };
            // An anchor that has run out is replaced, and the rate moves little.
            std::thread::sleep(Duration::from_nanos(ANCHOR_EVERY_NS));
            let (before, now, after) = (wall_ns(), clock.now(), wall_ns());
            assert!(before <= now + OFF_NS_MAX && now <= after + OFF_NS_MAX, "{before} {now} {after} {clock:?}");
            assert_ne!(clock.anchor.map(|later| later.wall.cycles), Some(anchor.wall.cycles), "{clock:?}");
        }
    }

    #[test]
    fn a_counter_whose_rate_has_moved_is_given_up_for_the_kernels_clock() {
        let mut clock = Clock::counter();
        let Some(anchor) = clock.anchor else {
            eprintln!("skipped: the kernel here does not keep time with the cycle counter");
            return;
        };
        std::thread::sleep(FIRST_LOOK);
        clock.anchor = Some(Anchor { rate: anchor.rate + anchor.rate / 500, span: 0, ..anchor });
        let (before, now, after) = (wall_ns(), clock.now(), wall_ns());
        assert!(before <= now + OFF_NS_MAX && now <= after + OFF_NS_MAX, "{before} {now} {after}");
        assert!(!clock.is_counter());
        let (before, now, after) = (wall_ns(), clock.now(), wall_ns());
        assert!(before <= now && now <= after);
    }

    #[test]
    fn a_counter_that_stands_still_or_runs_backwards_has_no_rate() {
        let look = |cycles, ns| Look { cycles, ns };
        assert_eq!(rate(look(5, 0), look(5, 10)), None);
        assert_eq!(rate(look(5, 0), look(4, 10)), None);
        assert_eq!(rate(look(0, 10), look(5, 9)), None);
        assert_eq!(rate(look(0, 0), look(1 << 40, 10)), None);
        assert_eq!(rate(look(0, 0), look(10, 10)), Some(1 << RATE_BITS));
        assert_eq!(rate(look(0, 0), look(3_000, 1_000)), Some((1 << RATE_BITS) / 3));
    }
}
