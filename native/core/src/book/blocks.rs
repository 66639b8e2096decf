//! A sorted map of plain numbers in blocks: what fits no tick or no cell. No hashing, so no input makes it slow: a look-up is two
//! binary searches without branches, an insertion moves less than one block and now and then the list of blocks.

/// Entries a block.
pub(super) const BLOCK: usize = 64;

/// Blocks this full or less, together with a neighbour, become one.
const MERGE_MAX: usize = BLOCK / 2;

/// What a key or value must be.
pub(super) trait Number: Copy + Ord + Default + std::fmt::Debug {
    /// Pads the keys of a block.
    const MAX: Self;
}

impl Number for u32 {
    const MAX: Self = Self::MAX;
}

impl Number for i64 {
    const MAX: Self = Self::MAX;
}

/// Where a block's entries are.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u32,
    len: u32,
}

/// Position of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    block: usize,
    entry: usize,
}

/// Ascending keys with their values.
#[derive(Clone, Debug)]
pub(super) struct Blocks<K, V> {
    /// Greatest key of each block, ascending.
    last: Vec<K>,
    /// The blocks in the same order.
    places: Vec<Place>,
    /// By slot; behind a block's entries stands [`Number::MAX`].
    keys: Vec<[K; BLOCK]>,
    values: Vec<[V; BLOCK]>,
    free: Vec<u32>,
    len: usize,
}

impl<K, V> Default for Blocks<K, V> {
    fn default() -> Self {
        Self { last: Vec::new(), places: Vec::new(), keys: Vec::new(), values: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<K: Number, V: Number> Blocks<K, V> {
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Empties the map and keeps its room.
    pub(super) fn clear(&mut self) {
        self.last.clear();
        self.places.clear();
        self.keys.clear();
        self.values.clear();
        self.free.clear();
        self.len = 0;
    }

    /// Takes over another map and keeps the room of this one.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.last.clone_from(&other.last);
        self.places.clone_from(&other.places);
        self.keys.clone_from(&other.keys);
        self.values.clone_from(&other.values);
        self.free.clone_from(&other.free);
        self.len = other.len;
    }

    /// The position of the first key that is not below `key`, and whether it is `key`. Behind the last block if there is none.
    #[inline]
    fn find(&self, key: K) -> (Position, bool) {
        let block = self.last.partition_point(|last| *last < key);
        let Some(place) = self.places.get(block) else { return (Position { block, entry: 0 }, false) };
        let keys = &self.keys[place.slot as usize];
        let entry = keys.partition_point(|held| *held < key);
        (Position { block, entry }, entry < place.len as usize && keys.get(entry) == Some(&key))
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        let (at, found) = self.find(key);
        found.then(|| self.values[self.places[at.block].slot as usize][at.entry])
    }

    /// Least key.
    pub(super) fn first_key(&self) -> Option<K> {
        self.places.first().map(|place| self.keys[place.slot as usize][0])
    }

    /// Greatest key.
    #[inline]
    pub(super) fn last_key(&self) -> Option<K> {
        self.last.last().copied()
    }

    /// Sets the value of a key; gives the one before.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (at, found) = self.find(key);
        if found {
            let held = &mut self.values[self.places[at.block].slot as usize][at.entry];
            return Some(std::mem::replace(held, value));
        }
        self.len += 1;
        let at = self.make_room(at);
        let place = &mut self.places[at.block];
        let (slot, len) = (place.slot as usize, place.len as usize);
        place.len += 1;
        let keys = &mut self.keys[slot];
        keys.copy_within(at.entry..len, at.entry + 1);
        keys[at.entry] = key;
        self.last[at.block] = keys[len];
        let values = &mut self.values[slot];
        values.copy_within(at.entry..len, at.entry + 1);
        values[at.entry] = value;
        None
    }

    /// Removes a key; gives its value.
    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let (at, found) = self.find(key);
        if !found {
            return None;
        }
        self.len -= 1;
        let place = &mut self.places[at.block];
        let (slot, len) = (place.slot as usize, place.len as usize);
        place.len -= 1;
        let keys = &mut self.keys[slot];
        keys.copy_within(at.entry + 1..len, at.entry);
        keys[len - 1] = K::MAX;
        let values = &mut self.values[slot];
        let value = values[at.entry];
        values.copy_within(at.entry + 1..len, at.entry);
        if len == 1 {
            self.drop_block(at.block);
            return Some(value);
        }
        self.last[at.block] = keys[len - 2];
        if len <= MERGE_MAX {
            self.merge(at.block);
        }
        Some(value)
    }

    /// Makes a block for an entry that belongs at `at` have room; gives where it belongs then.
    #[cold]
    fn grow(&mut self, at: Position) -> Position {
        let Position { block, entry } = at;
        if entry == BLOCK || (entry == 0 && block == 0) {
            // Sorted input fills its blocks to the brim.
            let block = if entry == 0 { 0 } else { block + 1 };
            self.add_block(block);
            return Position { block, entry: 0 };
        }
        let from = self.places[block].slot as usize;
        self.add_block(block + 1);
        let to = self.places[block + 1].slot as usize;
        let half = BLOCK / 2;
        let (keys, values) = (self.keys[from], self.values[from]);
        self.keys[to][..half].copy_from_slice(&keys[half..]);
        self.values[to][..half].copy_from_slice(&values[half..]);
        self.keys[from][half..].fill(K::MAX);
        self.last[block] = keys[half - 1];
        self.last[block + 1] = keys[BLOCK - 1];
        (self.places[block].len, self.places[block + 1].len) = (half as u32, half as u32);
        if entry <= half { at } else { Position { block: block + 1, entry: entry - half } }
    }

    #[inline]
    fn make_room(&mut self, at: Position) -> Position {
        let mut at = at;
        if at.block == self.places.len() {
            // Above all others: behind the entries of the last block.
            match self.places.last() {
                Some(place) => at = Position { block: at.block - 1, entry: place.len as usize },
                None => {
                    self.add_block(0);
                    return at;
                }
            }
        }
        if self.places[at.block].len as usize == BLOCK { self.grow(at) } else { at }
    }

    fn add_block(&mut self, block: usize) {
        let slot = self.free.pop().unwrap_or_else(|| {
            // An eighth at a time: doubling would waste more memory than it saves time.
            if self.keys.len() == self.keys.capacity() {
                let more = self.keys.len() / 8 + 4;
                self.keys.reserve_exact(more);
                self.values.reserve_exact(more);
            }
            self.keys.push([K::MAX; BLOCK]);
            self.values.push([V::default(); BLOCK]);
            u32::try_from(self.keys.len() - 1).expect("invariant: fewer blocks than levels")
        });
        self.last.insert(block, K::MAX);
        self.places.insert(block, Place { slot, len: 0 });
    }

    #[cold]
    fn drop_block(&mut self, block: usize) {
        self.last.remove(block);
        let place = self.places.remove(block);
        self.keys[place.slot as usize].fill(K::MAX);
        self.free.push(place.slot);
    }

    /// Joins a block that has become small with a neighbour, if both fit well into one.
    #[cold]
    fn merge(&mut self, block: usize) {
        let len = |at: usize| self.places.get(at).map_or(BLOCK, |place| place.len as usize);
        let left = if len(block) + len(block + 1) <= MERGE_MAX {
            block
        } else if block > 0 && len(block - 1) + len(block) <= MERGE_MAX {
            block - 1
        } else {
            return;
        };
        let (to, from) = (self.places[left], self.places[left + 1]);
        let (start, count) = (to.len as usize, from.len as usize);
        let (keys, values) = (self.keys[from.slot as usize], self.values[from.slot as usize]);
        self.keys[to.slot as usize][start..start + count].copy_from_slice(&keys[..count]);
        self.values[to.slot as usize][start..start + count].copy_from_slice(&values[..count]);
        self.places[left].len += from.len;
        self.last[left] = self.last[left + 1];
        self.drop_block(left + 1);
    }

    /// All entries, by ascending key.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (K, V)> + Clone + '_ {
        self.places.iter().flat_map(|place| {
            let (slot, len) = (place.slot as usize, place.len as usize);
            self.keys[slot][..len].iter().copied().zip(self.values[slot][..len].iter().copied())
        })
    }
}
