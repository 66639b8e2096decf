//! Cells of the ticks outside the window: an open hash table, of which a bucket is a cache line. No branch depends on whether a
//! tick is there; a removed one keeps its place until room is short. There is no order: who wants one sorts.

use crate::simd::lanes::{matching, prefetch};

const LANES: usize = 8;

/// Buckets of the first table.
const BUCKETS_MIN: usize = 8;

/// Buckets in which a tick may stand, from its home on. With three of four lanes used, no ticks but chosen ones need more.
const SEARCH_MAX: usize = 16;

/// Key of a free lane; no tick is this high.
pub(super) const NO_TICK: u32 = u32::MAX;

/// Free lanes stand behind the others; a bucket without one sends the search to the next bucket.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Bucket {
    ticks: [u32; LANES],
    cells: [u32; LANES],
}

const FREE: Bucket = Bucket { ticks: [NO_TICK; LANES], cells: [0; LANES] };

/// Cells by tick.
#[derive(Clone, Debug)]
pub(super) struct Far {
    buckets: Vec<Bucket>,
    /// Buckets that ticks are sent to; those behind take what does not fit the last ones, so that no search begins anew.
    homes: u64,
    /// Odd. Another one as soon as ticks meet in a few buckets.
    factor: u64,
    /// Lanes that are not free.
    used: usize,
    /// Most of them, lest searches become long.
    used_max: usize,
    /// Cells that are not 0.
    len: usize,
}

impl Default for Far {
    fn default() -> Self {
        Self { buckets: Vec::new(), homes: 0, factor: 0x9e37_79b9_7f4a_7c15, used: 0, used_max: 0, len: 0 }
    }
}

impl Far {
    #[inline]
    fn home(&self, tick: u32) -> usize {
        let hash = u64::from(tick).wrapping_mul(self.factor) >> 32;
        ((hash * self.homes) >> 32) as usize
    }

    /// Cells that are not 0.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Asks the memory for the bucket of a tick.
    #[inline]
    pub(super) fn prefetch(&self, tick: u32) {
        if let Some(bucket) = self.buckets.get(self.home(tick)) {
            prefetch(bucket);
        }
    }

    /// Empties the table and keeps its room.
    pub(super) fn clear(&mut self) {
        self.buckets.fill(FREE);
        (self.used, self.len) = (0, 0);
    }

    /// Takes over another table and keeps the room of this one. What the other one has room for is not taken over if it holds
    /// little: the book of a small instrument may come from one that held a large one before.
    pub(super) fn copy_from(&mut self, other: &Self) {
        if self.buckets.len() >= other.buckets.len() || other.len < other.used_max / 4 {
            self.clear();
            other.cells().for_each(|(tick, cell)| {
                self.set(tick, cell);
            });
        } else {
            self.clone_from(other);
        }
    }

    /// Sets the cell of a tick, 0 for none; gives the one before.
    #[inline]
    pub(super) fn set(&mut self, tick: u32, cell: u32) -> u32 {
        let home = self.home(tick);
        let end = (home + SEARCH_MAX).min(self.buckets.len());
        for bucket in self.buckets.get_mut(home..end).unwrap_or_default() {
            let (found, free) = (matching(&bucket.ticks, tick), matching(&bucket.ticks, NO_TICK));
            // Numbers instead of branches: whether a tick is there is a coin toss.
            let fresh = u32::from(found == 0);
            let lanes = found | (free & fresh.wrapping_neg());
            if lanes == 0 {
                continue;
            }
            let lane = lanes.trailing_zeros() as usize % LANES;
            let none = fresh & u32::from(cell == 0);
            bucket.ticks[lane] = tick | none.wrapping_neg();
            let before = std::mem::replace(&mut bucket.cells[lane], cell);
            self.len = self.len + usize::from(cell != 0) - usize::from(before != 0);
            self.used += (fresh & !none) as usize;
            if self.used > self.used_max {
                self.make_room();
            }
            return before;
        }
        if cell == 0 {
            return 0;
        }
        // Where memory lies differs from process to process: nobody can choose prices that meet again.
        self.factor = (self.factor ^ self.buckets.as_ptr().addr() as u64).wrapping_mul(0xd6e8_feb8_6659_fd93) | 1;
        self.grow();
        self.set(tick, cell)
    }

    /// The cell of a tick, 0 for none.
    pub(super) fn get(&self, tick: u32) -> u32 {
        let home = self.home(tick);
        let end = (home + SEARCH_MAX).min(self.buckets.len());
        for bucket in self.buckets.get(home..end).unwrap_or_default() {
            let (found, free) = (matching(&bucket.ticks, tick), matching(&bucket.ticks, NO_TICK));
            if found != 0 {
                return bucket.cells[found.trailing_zeros() as usize % LANES];
            }
            if free != 0 {
                break;
            }
        }
        0
    }

    /// All cells but those that are 0, with their ticks, in any order.
    pub(super) fn cells(&self) -> impl Iterator<Item = (u32, u32)> + Clone + '_ {
        let lanes = self.buckets.iter().flat_map(|bucket| bucket.ticks.iter().copied().zip(bucket.cells));
        lanes.filter(|(_, cell)| *cell != 0)
    }

    /// Keeps the cells that `keep` wants.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u32, u32) -> bool) {
        for bucket in &mut self.buckets {
            for (tick, cell) in bucket.ticks.iter().zip(&mut bucket.cells) {
                if *cell != 0 && !keep(*tick, *cell) {
                    *cell = 0;
                    self.len -= 1;
                }
            }
        }
    }

    /// Frees the lanes of removed ticks; takes more memory if that frees few.
    #[cold]
    fn make_room(&mut self) {
        if self.len > self.used_max / 8 * 7 {
            return self.grow();
        }
        for bucket in &mut self.buckets {
            let held = std::mem::replace(bucket, FREE);
            let lanes = held.ticks.into_iter().zip(held.cells).filter(|(_, cell)| *cell != 0);
            for (lane, (tick, cell)) in lanes.enumerate() {
                (bucket.ticks[lane], bucket.cells[lane]) = (tick, cell);
            }
        }
        self.used = self.len;
        // What had no room at home may have now, and must not stand behind a free lane. Going upwards, each finds its place
        // at or before the one it had.
        for at in 0..self.buckets.len() {
            if self.buckets[at].ticks.iter().any(|tick| *tick != NO_TICK && self.home(*tick) != at) {
                let held = std::mem::replace(&mut self.buckets[at], FREE);
                for (tick, cell) in held.ticks.into_iter().zip(held.cells).filter(|(tick, _)| *tick != NO_TICK) {
                    let put = self.put(tick, cell);
                    debug_assert!(put, "invariant: the lane that it had is free");
                }
            }
        }
    }

    /// Puts a tick that is not there into the first free lane; `false` if there is none.
    fn put(&mut self, tick: u32, cell: u32) -> bool {
        let home = self.home(tick);
        for bucket in self.buckets.iter_mut().skip(home).take(SEARCH_MAX) {
            let free = matching(&bucket.ticks, NO_TICK);
            if free != 0 {
                let lane = free.trailing_zeros() as usize % LANES;
                (bucket.ticks[lane], bucket.cells[lane]) = (tick, cell);
                return true;
            }
        }
        false
    }

    /// Takes memory for half as much more.
    #[cold]
    fn grow(&mut self) {
        let before = std::mem::take(&mut self.buckets);
        let homes = (self.homes as usize * 3 / 2).max(BUCKETS_MIN);
        self.buckets = vec![FREE; homes + SEARCH_MAX];
        self.homes = homes as u64;
        self.used_max = homes * LANES / 4 * 3;
        self.used = self.len;
        let mut without_room = Vec::new();
        for bucket in before {
            for (tick, cell) in bucket.ticks.into_iter().zip(bucket.cells).filter(|(_, cell)| *cell != 0) {
                if !self.put(tick, cell) {
                    without_room.push((tick, cell));
                }
            }
        }
        self.used -= without_room.len();
        self.len = self.used;
        for (tick, cell) in without_room {
            self.set(tick, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn assert_equal(far: &Far, model: &BTreeMap<u32, u32>) {
        assert_eq!(far.cells().collect::<BTreeMap<_, _>>(), *model);
        assert!(model.iter().all(|(tick, cell)| far.get(*tick) == *cell));
        assert!((0..40).all(|tick| far.get(tick) == model.get(&tick).copied().unwrap_or(0)));
        assert_eq!(far.len, model.len());
        let used = far.buckets.iter().flat_map(|bucket| bucket.ticks).filter(|tick| *tick != NO_TICK).count();
        assert_eq!(far.used, used);
    }

    proptest! {
        #[test]
        fn any_changes_give_what_a_sorted_map_gives(
            changes in prop::collection::vec((prop_oneof![0_u32..40, 0_u32..3_000, any::<u32>()], 0_u32..3), 0..3_000),
            dropped in 0_u32..3
        ) {
            let (mut far, mut model) = (Far::default(), BTreeMap::new());
            for (tick, cell) in changes.into_iter().map(|(tick, cell)| (tick.min(NO_TICK - 1), cell)) {
                let before = if cell == 0 { model.remove(&tick) } else { model.insert(tick, cell) };
                prop_assert_eq!(far.set(tick, cell), before.unwrap_or(0));
            }
            assert_equal(&far, &model);
            let mut copy = Far::default();
            copy.copy_from(&far);
            far.retain(|tick, _| tick % 3 != dropped);
            model.retain(|tick, _| tick % 3 != dropped);
            assert_equal(&far, &model);
            copy.copy_from(&far);
            assert_equal(&copy, &model);
        }
    }

    #[test]
    fn ticks_that_meet_in_one_bucket_are_spread_by_another_factor() {
        let mut far = Far::default();
        (0..10_000).for_each(|tick| assert_eq!(far.set(tick, 1), 0));
        let (factor, homes, home) = (far.factor, far.homes, far.home(1 << 20));
        let mut model: BTreeMap<u32, u32> = (0..10_000).map(|tick| (tick, 1)).collect();
        let meeting: Vec<u32> =
            (1 << 20..u32::MAX).filter(|tick| far.home(*tick) == home).take(SEARCH_MAX * LANES + 1).collect();
        for tick in meeting {
            far.set(tick, 7);
            model.insert(tick, 7);
        }
        assert_ne!((far.factor, far.homes), (factor, homes));
        assert_equal(&far, &model);
    }

    #[test]
    fn a_copy_takes_room_for_what_there_is_not_for_what_there_was() {
        let mut far = Far::default();
        (0..1_000_000).for_each(|tick| assert_eq!(far.set(tick, 1), 0));
        far.clear();
        (0..1_000).for_each(|tick| assert_eq!(far.set(7 * tick, 1), 0));
        let mut copy = Far::default();
        copy.copy_from(&far);
        assert_equal(&copy, &(0..1_000).map(|tick| (7 * tick, 1)).collect());
        assert!(copy.buckets.len() < 1_000, "{} buckets", copy.buckets.len());
    }

    #[test]
    fn ticks_that_come_and_go_need_no_more_room() {
        let mut far = Far::default();
        for tick in 0..200_000 {
            far.set(tick, 1);
            far.set(tick.wrapping_sub(500), 0);
        }
        assert_eq!(far.len, 500);
        assert!(far.buckets.len() < 200, "{} buckets", far.buckets.len());
    }
}
