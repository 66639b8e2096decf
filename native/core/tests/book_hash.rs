//! What the hash of a book tells apart: every change of one level, and what a faulty reader makes of two.

use proptest::prelude::*;
use tickring_core::book::{Book, Side, level_hash};
use tickring_core::event::Level;

/// Prices and quantities as venues have them, and at the ends of their types.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![1_i64..200_000, 1_i64..i64::MAX, (0_u32..63).prop_map(|bit| 1 << bit)]
}

fn level() -> impl Strategy<Value = Level> {
    (number(), number()).prop_map(|(price, qty)| Level { price, qty })
}

proptest! {
    #[test]
    fn one_flipped_bit_of_a_level_changes_the_hash(level in level(), ask in any::<bool>(), bit in 0_u32..128) {
        let side = if ask { Side::Ask } else { Side::Bid };
        let flip = |number: i64, bit: u32| if bit < 64 { number ^ 1_i64.rotate_left(bit) } else { number };
        let other = Level { price: flip(level.price, bit), qty: flip(level.qty, bit.wrapping_sub(64)) };
        prop_assert_ne!(level_hash(side, level), level_hash(side, other));
    }

    #[test]
    fn the_other_side_has_another_hash(level in level()) {
        prop_assert_ne!(level_hash(Side::Bid, level), level_hash(Side::Ask, level));
    }

    #[test]
    fn neither_sums_of_swapped_and_shifted_levels_nor_missing_ones_are_the_same(a in level(), b in level(), by in 1_i64..1_000) {
        prop_assume!(a.price != b.price && a.qty != b.qty);
        let sum = |levels: &[(Side, Level)]| levels.iter().fold(0, |sum: u64, (side, level)| sum.wrapping_add(level_hash(*side, *level)));
        let (bid, ask) = (Side::Bid, Side::Ask);
        let held = sum(&[(bid, a), (bid, b)]);
        let moved = |level: Level, by: i64| Level { price: level.price.wrapping_add(by), ..level };
        for (what, other) in [
            ("one on the other side", sum(&[(bid, a), (ask, b)])),
            ("both on the other side", sum(&[(ask, a), (ask, b)])),
            ("prices moved apart", sum(&[(bid, moved(a, by)), (bid, moved(b, -by))])),
            ("one twice", sum(&[(bid, a), (bid, a)])),
            ("one missing", sum(&[(bid, a)])),
            ("none", 0),
        ] {
            prop_assert!(held != other, "{what}: {a:?} {b:?}");
        }
        let swapped = sum(&[(bid, Level { qty: b.qty, ..a }), (bid, Level { qty: a.qty, ..b })]);
        prop_assert!(held != swapped, "swapped quantities: {a:?} {b:?}");
    }

    #[test]
    fn the_order_of_changes_does_not_matter(levels in proptest::collection::vec(level(), 0..60)) {
        let (mut there, mut back) = (Book::new(), Book::new());
        let mut last: Vec<Level> = Vec::new();
        for level in &levels {
            last.retain(|held| held.price != level.price);
            last.push(*level);
            there.apply(Side::Bid, *level);
        }
        last.iter().rev().for_each(|level| back.apply(Side::Bid, *level));
        prop_assert_eq!(there.hash(), back.hash());
        last.iter().for_each(|level| there.apply(Side::Bid, Level { qty: 0, ..*level }));
        prop_assert_eq!(there.hash(), 0);
    }
}
