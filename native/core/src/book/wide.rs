//! Quantities that fit no cell, by tick: a sorted map, and before it those of good levels, each where its tick says. In books whose
//! quantities have many decimals nearly every level is one, and the best are asked for most.

use super::blocks::Blocks;
use super::far::NO_TICK;

/// Ticks that two levels in each other's way are apart, or a multiple: the better one has the place. A power of two.
const NEAR: usize = 256;

/// A tick and its quantity.
type Held = (u32, i64);

/// See above.
#[derive(Clone, Debug, Default)]
pub(super) struct Wide {
    all: Blocks<u32, i64>,
    /// Of what is here the map has the same; nothing until the first quantity comes.
    near: Option<Box<[Held; NEAR]>>,
}

impl Wide {
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        if let Some(near) = &mut self.near {
            near.fill((NO_TICK, 0));
        }
    }

    /// Takes over another map and keeps the room of this one.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.all.copy_from(&other.all);
        match (&mut self.near, &other.near) {
            (Some(near), Some(other)) => **near = **other,
            (Some(near), None) => near.fill((NO_TICK, 0)),
            (near, other) => near.clone_from(other),
        }
    }

    #[inline]
    pub(super) fn get(&self, tick: u32) -> Option<i64> {
        match self.near.as_deref().map(|near| near[tick as usize % NEAR]) {
            Some((held, qty)) if held == tick => Some(qty),
            _ => self.all.get(tick),
        }
    }

    pub(super) fn insert(&mut self, tick: u32, qty: i64) {
        let near = self.near.get_or_insert_with(|| Box::new([(NO_TICK, 0); NEAR]));
        let held = &mut near[tick as usize % NEAR];
        if held.0 == NO_TICK || held.0 <= tick {
            *held = (tick, qty);
        }
        self.all.insert(tick, qty);
    }

    pub(super) fn remove(&mut self, tick: u32) {
        if let Some(held) = self.near.as_deref_mut().map(|near| &mut near[tick as usize % NEAR])
            && held.0 == tick
        {
            *held = (NO_TICK, 0);
        }
        self.all.remove(tick);
    }
}
