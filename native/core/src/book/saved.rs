//! A book in a checkpoint: its levels, best first, so that equal books have equal bytes.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BOOK_LEVELS_MAX, Book, Side};
use crate::event::Level;

impl Serialize for Book {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let side = |side| {
            let mut levels = Vec::with_capacity(self.levels(side));
            self.copy_to(side, &mut levels);
            levels
        };
        (side(Side::Bid), side(Side::Ask)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Book {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (bids, asks) = <(Vec<Level>, Vec<Level>)>::deserialize(deserializer)?;
        if bids.len().max(asks.len()) > BOOK_LEVELS_MAX {
            return Err(D::Error::custom("a side of a book has too many levels"));
        }
        let mut book = Self::new();
        book.load(&bids, &asks);
        Ok(book)
    }
}
