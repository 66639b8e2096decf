//! The worst levels, in their order: kept from the first time that somebody asks for the worst one. Some venues do not say that a level
//! has left the depth of a book, so the worst one leaves with almost every message.

use super::{Ladder, Level};

/// Levels that a new rear takes. Each one looks at all levels, after which so many must go before the next.
const TAKEN: usize = 64;

/// A rear that has grown beyond this is given up for a new one.
const REAR_MAX: usize = 256;

impl Ladder {
    /// The price of the worst level.
    pub(in super::super) fn worst(&mut self) -> Option<i64> {
        if self.rear.is_empty() {
            self.take_rear();
        }
        self.rear.last().map(|height| height ^ self.turn)
    }

    fn take_rear(&mut self) {
        let mut heights = std::mem::take(&mut self.rear);
        heights.extend(self.levels().map(|level| level.price ^ self.turn));
        (self.rear_to, self.keeps_ends) = (Some(i64::MAX), true);
        if heights.len() > TAKEN {
            let (_, highest, _) = heights.select_nth_unstable(TAKEN - 1);
            self.rear_to = Some(*highest);
            heights.truncate(TAKEN);
        }
        heights.sort_unstable_by(|height, other| other.cmp(height));
        self.rear = heights;
    }

    /// Takes over the levels of a message, for there is a rear that has all levels up to this height.
    pub(super) fn follow_behind(&mut self, to: i64, levels: &[Level]) {
        for level in levels {
            let height = level.price ^ self.turn;
            if height > to {
                continue;
            }
            let at = self.rear.partition_point(|held| *held > height);
            let is_held = self.rear.get(at) == Some(&height);
            if level.qty == 0 && is_held {
                self.rear.remove(at);
            } else if level.qty != 0 && !is_held {
                self.rear.insert(at, height);
            }
            if self.rear.len() > REAR_MAX {
                return self.drop_rear();
            }
        }
    }

    /// Forgets them.
    pub(super) fn drop_rear(&mut self) {
        self.rear.clear();
        self.rear_to = None;
    }
}
