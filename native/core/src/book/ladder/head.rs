//! The best levels, in their order: kept from the first time that somebody asks for them so. Venues that prove each message by a checksum
//! of the best levels change one or two of them with it: to follow those takes less than to find all of them anew.

use super::{Ladder, Level};
use crate::simd::lanes::HIGHEST_MAX;

/// Levels that a new head takes: more than are asked for, so that many must leave before the next. As many as are found at once.
pub(super) const TAKEN: usize = HIGHEST_MAX;

/// A head that has grown beyond this is cut to [`TAKEN`].
const HEAD_MAX: usize = 2 * TAKEN;

/// After a message of more levels a new head takes less time.
const FOLLOWED_MAX: usize = 6;

impl Ladder {
    /// The best levels, best first: `most`, or all that there are. `most` is [`TAKEN`] at most.
    #[inline]
    pub(in super::super) fn head(&mut self, most: usize) -> &[Level] {
        let most = most.min(TAKEN).min(self.len);
        if self.head.len() < most || self.head_to.is_none() {
            self.take_head();
        }
        let head = self.head.get(..most).unwrap_or_default();
        debug_assert!(
            {
                let mut top = [Level::default(); TAKEN];
                self.each_top(most, |place, level| top[place] = level) == most && top[..most] == *head
            },
            "a head that was followed is what would be found anew"
        );
        head
    }

    #[cold]
    fn take_head(&mut self) {
        let mut top = [Level::default(); TAKEN];
        let count = self.each_top(TAKEN, |place, level| top[place] = level);
        let mut head = std::mem::take(&mut self.head);
        head.clear();
        head.reserve(HEAD_MAX + 1);
        head.extend_from_slice(&top[..count]);
        self.head = head;
        let last = self.head.last().filter(|_| count < self.len);
        (self.head_to, self.keeps_ends) = (Some(last.map_or(i64::MIN, |level| level.price ^ self.turn)), true);
    }

    /// Takes over the levels of a message, for there is a head that has all levels from this height on.
    pub(super) fn follow_ahead(&mut self, mut to: i64, levels: &[Level]) {
        if levels.len() > FOLLOWED_MAX {
            return self.drop_head();
        }
        for level in levels {
            let height = level.price ^ self.turn;
            if height < to {
                continue;
            }
            let at = self.head.partition_point(|held| held.price ^ self.turn > height);
            match self.head.get_mut(at).filter(|held| held.price == level.price) {
                Some(held) if level.qty != 0 => *held = *level,
                Some(_) => drop(self.head.remove(at)),
                None if level.qty != 0 => self.head.insert(at, *level),
                None => {}
            }
            if self.head.len() > HEAD_MAX {
                self.head.truncate(TAKEN);
                to = self.head[TAKEN - 1].price ^ self.turn;
                self.head_to = Some(to);
            }
        }
    }

    /// Forgets them.
    pub(super) fn drop_head(&mut self) {
        self.head.clear();
        self.head_to = None;
    }
}
