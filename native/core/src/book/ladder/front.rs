//! The best levels behind the window, in their order. Only books whose window holds few need them: everywhere else the best
//! levels are in the window, and this is empty.

use super::super::far::NO_TICK;
use super::{Ladder, Level};

/// Window and front together hold at least so many levels, if there are so many: what a latest slot may want.
pub(super) const WANTED: usize = 100;

/// Levels that a new front takes. Each one looks at all levels behind the window, after which so many less [`WANTED`] must go
/// before the next.
const TAKEN: usize = 256;

/// A front that has grown beyond this is given up for a new one.
const FRONT_MAX: usize = 512;

impl Ladder {
    /// Takes over the levels of a message, for there is a front.
    #[cold]
    pub(super) fn follow(&mut self, levels: &[Level]) {
        for level in levels {
            let Some(tick) = self.scale.tick_of(level.price ^ self.turn) else { continue };
            if tick < self.front_from || tick >= self.start {
                continue;
            }
            match self.cell_of(level.qty) {
                0 => self.front.remove(tick),
                cell => self.front.insert(tick, cell),
            };
            if self.front.len() > FRONT_MAX {
                return self.drop_front();
            }
        }
    }

    /// Takes the best levels behind the window where those known are fewer than may be wanted, and there are more.
    #[cold]
    pub(super) fn mind_front(&mut self) {
        let behind = self.behind.len();
        if self.len - behind + self.front.len() >= WANTED || self.front.len() == behind {
            return;
        }
        self.front.clear();
        for (tick, cell) in self.behind.cells() {
            if self.front.len() == TAKEN {
                let lowest = self.front.first_key().unwrap_or(0);
                if tick < lowest {
                    continue;
                }
                self.front.remove(lowest);
            }
            self.front.insert(tick, cell);
        }
        let all = self.front.len() == self.behind.len();
        self.front_from = if all { 0 } else { self.front.first_key().unwrap_or(NO_TICK) };
    }

    /// Forgets them: what is behind the window changes as a whole.
    pub(super) fn drop_front(&mut self) {
        self.front.clear();
        self.front_from = NO_TICK;
    }
}
