//! Who we are, in a way that outlives the reuse of a pid: (pid, start time, boot id).

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// The identity of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    /// Field 22 of `/proc/<pid>/stat`; 0 where it cannot be read.
    pub(crate) start_ticks: u64,
    /// The kernel's boot id; 0 where it cannot be read.
    pub(crate) boot_id: [u64; 2],
}

impl Identity {
    pub(crate) fn of_this_process() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            pid: std::process::id(),
            start_ticks: parse_start_ticks(&stat).unwrap_or_default(),
            boot_id: parse_boot_id(&boot_id).unwrap_or_default(),
        }
    }
}

/// Field 22; the name in field 2 may hold spaces and parentheses, so counting starts behind the last of them.
fn parse_start_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

fn parse_boot_id(text: &str) -> Option<[u64; 2]> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let half = |range| u64::from_str_radix(digits.get(range)?, 16).ok();
    (digits.len() == 32).then_some([half(0..16)?, half(16..32)?])
}

/// Wall-clock time, ns since the UNIX epoch. No system call: read through the vDSO.
#[inline]
pub(crate) fn wall_ns() -> u64 {
    nanoseconds(ClockId::Realtime)
}

/// Monotonic time, ns since boot.
pub(crate) fn monotonic_ns() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

#[inline]
fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// Wall-clock time in whole seconds.
pub(crate) fn wall_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_is_found_behind_a_hostile_process_name() {
        let stat = "42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(parse_start_ticks(stat), Some(4711));
    }

    #[test]
    fn this_process_has_an_identity() {
        let identity = Identity::of_this_process();
        assert_eq!(identity.pid, std::process::id());
        assert_ne!(identity.start_ticks, 0);
        assert_ne!(identity.boot_id, [0, 0]);
    }
}
