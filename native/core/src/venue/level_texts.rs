//! The texts that checksums are made of, kept from one message to the next: few levels change with each, and to write a number takes
//! longer than to copy it. What comes out depends on what is kept in nothing but time.

use crc32fast::Hasher;

use super::CHECKSUM_LEVELS_MAX;
use super::number_text::{NUMBER_BYTES_MAX, NumberText};
use crate::book::Side;
use crate::event::Level;

/// Room for the text of a level: two numbers with a separator each.
const ROW_BYTES: usize = 2 * (NUMBER_BYTES_MAX + 1);

/// Room for the text of a side, and for what a store may reach beyond.
const SIDE_BYTES: usize = (CHECKSUM_LEVELS_MAX + 1) * ROW_BYTES;

/// The text of the best levels of a side.
pub(super) type SideText = NumberText<SIDE_BYTES>;

/// A side's best levels, their text, and where that of each one ends.
#[derive(Clone, Debug, Default)]
struct Told {
    levels: [Level; CHECKSUM_LEVELS_MAX],
    ends: [u16; CHECKSUM_LEVELS_MAX],
    count: usize,
    text: SideText,
}

impl Told {
    fn clear(&mut self) {
        self.count = 0;
        self.text.truncate(0);
    }

    fn levels(&self) -> &[Level] {
        self.levels.get(..self.count).unwrap_or_default()
    }

    /// Becomes the text of these levels of a side, what it can of that of the last ones.
    #[inline]
    fn make(
        &mut self,
        side: Side,
        levels: &[Level],
        last: &Self,
        write: &impl Fn(&mut SideText, Level) -> Option<()>,
    ) -> Option<()> {
        let is_better = |held: &Level, level: &Level| match side {
            Side::Bid => held.price > level.price,
            Side::Ask => held.price < level.price,
        };
        let held = last.levels();
        self.clear();
        // Rows of the last ones from `next` on are not better than the level at `place`.
        let (mut place, mut next) = (0, 0);
        while let Some(level) = levels.get(place) {
            while held.get(next).is_some_and(|held| is_better(held, level)) {
                next += 1;
            }
            let pairs = held.get(next..)?.iter().zip(levels.get(place..)?);
            let run = pairs.take_while(|(held, level)| held == level).count();
            let (start, from) = (self.text.len(), last.start(next));
            match run {
                0 => write(&mut self.text, *level)?,
                1 => self.text.copy::<ROW_BYTES, _>(&last.text, from, last.start(next + 1) - from)?,
                _ => self.text.append(last.text.bytes().get(from..last.start(next + run))?)?,
            }
            if run == 0 {
                *self.levels.get_mut(place)? = *level;
                *self.ends.get_mut(place)? = u16::try_from(self.text.len()).ok()?;
                place += 1;
                continue;
            }
            self.levels.get_mut(place..place + run)?.copy_from_slice(held.get(next..next + run)?);
            let (moved, ends) = ((start as u16).wrapping_sub(from as u16), last.ends.get(next..next + run)?);
            for (end, was) in self.ends.get_mut(place..place + run)?.iter_mut().zip(ends) {
                *end = was.wrapping_add(moved);
            }
            (place, next) = (place + run, next + run);
        }
        self.count = levels.len();
        Some(())
    }

    /// Where the text of a level begins; that of one behind the last, where the whole ends.
    #[inline]
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| usize::from(*end))
    }
}

/// What the last checksum of a book was made of, and what it was.
#[derive(Clone, Debug, Default)]
pub struct LevelTexts {
    /// By side.
    told: [Box<Told>; 2],
    /// What the side that was made last was before: a box, so that two change places as pointers.
    last: Box<Told>,
    /// Exponents and decimals of the last one.
    spelling: ((i8, i8), (u8, u8)),
    /// Of the last one, as far as no level has changed since: of the asks alone, and of both.
    asks: Option<Hasher>,
    both: Option<u32>,
    /// Of no text: a new one asks what the processor can.
    none: Hasher,
    joined: NumberText<{ 2 * SIDE_BYTES }>,
}

fn hashed(before: &Hasher, text: &[u8]) -> Hasher {
    let mut hasher = before.clone();
    hasher.update(text);
    hasher
}

/// Whether these are the same levels: without a branch for each, for mostly they are.
#[inline]
fn are_same(held: &[Level], levels: &[Level]) -> bool {
    let differ = |held: &Level, level: &Level| (held.price ^ level.price) | (held.qty ^ level.qty);
    let pairs = held.iter().zip(levels);
    held.len() == levels.len() && pairs.fold(0, |differs, (held, level)| differs | differ(held, level)) == 0
}

impl LevelTexts {
    /// The CRC-32 of all asks and of the bids behind them. `None` if there is no room, or if `write` gives it, which appends a level.
    #[inline]
    pub(super) fn asks_first(
        &mut self,
        (bids, asks): (&[Level], &[Level]),
        spelling: ((i8, i8), (u8, u8)),
        write: impl Fn(&mut SideText, Level) -> Option<()>,
    ) -> Option<u32> {
        self.spell(spelling);
        self.tell(Side::Ask, asks, &write)?;
        self.tell(Side::Bid, bids, &write)?;
        if self.both.is_none() {
            let [bids, asks] = [Side::Bid, Side::Ask].map(|side| self.told[side as usize].text.bytes());
            let mut hasher = match &self.asks {
                Some(asks) => asks.clone(),
                None => self.asks.insert(hashed(&self.none, asks)).clone(),
            };
            hasher.update(bids);
            self.both = Some(hasher.finalize());
        }
        self.both
    }

    /// The CRC-32 of the best bid, the best ask, the next ones and so on, without the last byte; else the same.
    #[inline]
    pub(super) fn in_turns(
        &mut self,
        (bids, asks): (&[Level], &[Level]),
        spelling: ((i8, i8), (u8, u8)),
        write: impl Fn(&mut SideText, Level) -> Option<()>,
    ) -> Option<u32> {
        self.spell(spelling);
        self.tell(Side::Bid, bids, &write)?;
        self.tell(Side::Ask, asks, &write)?;
        if let Some(both) = self.both {
            return Some(both);
        }
        self.joined.truncate(0);
        let most = bids.len().max(asks.len());
        let mut starts = [0; 2];
        for place in 0..most {
            for (told, start) in self.told.iter().zip(&mut starts) {
                let Some(end) = told.ends.get(place).filter(|_| place < told.count).copied() else { continue };
                let end = usize::from(end);
                self.joined.copy::<ROW_BYTES, _>(&told.text, *start, end - *start)?;
                *start = end;
            }
        }
        let joined = self.joined.bytes();
        let text = joined.get(..joined.len().saturating_sub(1)).unwrap_or_default();
        self.both = Some(hashed(&self.none, text).finalize());
        self.both
    }

    /// Forgets texts that were spelled in another way.
    fn spell(&mut self, spelling: ((i8, i8), (u8, u8))) {
        if self.spelling != spelling {
            self.spelling = spelling;
            self.told.iter_mut().for_each(|told| told.clear());
            (self.asks, self.both) = (None, None);
        }
    }

    /// Makes the text of a side's best levels, if any has changed.
    #[inline]
    fn tell(&mut self, side: Side, levels: &[Level], write: &impl Fn(&mut SideText, Level) -> Option<()>) -> Option<()> {
        if are_same(self.told[side as usize].levels(), levels) {
            return Some(());
        }
        self.both = None;
        if side == Side::Ask {
            self.asks = None;
        }
        let told = &mut self.told[side as usize];
        std::mem::swap(told, &mut self.last);
        let made = told.make(side, levels, &self.last, write);
        if made.is_none() {
            // What was made so far is of no levels that anything tells.
            told.clear();
        }
        made
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::venue::VenueId;
    use proptest::prelude::*;

    #[test]
    fn as_many_numbers_as_a_side_has_find_room() {
        let mut text = SideText::default();
        for _ in 0..2 * CHECKSUM_LEVELS_MAX {
            text.decimal(i64::MAX, -18).unwrap();
            text.byte(b':').unwrap();
        }
        assert_eq!(text.decimal(1, 1), None);
    }

    #[test]
    fn a_level_that_cannot_be_written_leaves_nothing_behind() {
        let level = |price, qty| Level { price, qty };
        // The checksum is of no decimals: half a unit has none.
        let of = |texts: &mut LevelTexts, bids: &[Level], asks: &[Level]| {
            VenueId::KrakenSpot.checksum(texts, (bids, asks), (-1, -1), (0, 0))
        };
        let (good, bad) = ([level(100, 10), level(90, 20)], [level(100, 10), level(95, 10), level(90, 20)]);
        let mut kept = LevelTexts::default();
        let expected = of(&mut kept, &good, &good);
        assert!(expected.is_some());
        for (bids, asks) in [(&bad[..], &good[..]), (&good, &bad), (&[], &bad)] {
            assert_eq!(of(&mut kept, bids, asks), None);
            assert_eq!(of(&mut kept, &good, &good), expected);
        }
        assert_eq!(of(&mut kept, &[], &bad), None);
        assert_eq!(of(&mut kept, &[], &[]), Some(0));
    }

    /// Levels of a side, best first, of few prices and quantities, so that books one after the other have much in common.
    fn side(side: Side) -> impl Strategy<Value = Vec<Level>> {
        proptest::collection::btree_map(1_i64..40, prop_oneof![1_i64..4, Just(i64::MAX)], 0..CHECKSUM_LEVELS_MAX).prop_map(
            move |levels| {
                let levels = levels.into_iter().map(|(price, qty)| Level { price, qty });
                if side == Side::Bid { levels.rev().collect() } else { levels.collect() }
            },
        )
    }

    proptest! {
        #[test]
        fn texts_of_the_last_book_change_no_checksum(
            books in proptest::collection::vec((side(Side::Bid), side(Side::Ask), -2_i8..=0, 0_u8..4), 1..20)
        ) {
            for venue in [VenueId::OkxSwap, VenueId::KrakenSpot] {
                let mut kept = LevelTexts::default();
                for (bids, asks, exponent, decimals) in &books {
                    let of = |texts: &mut LevelTexts| {
                        venue.checksum(texts, (bids, asks), (*exponent, *exponent), (*decimals, *decimals))
                    };
                    prop_assert_eq!(of(&mut kept), of(&mut LevelTexts::default()));
                }
            }
        }
    }
}
