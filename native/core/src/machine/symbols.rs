//! Which slot a venue's symbol has.

use std::collections::HashMap;

use super::entry::Entry;
use crate::venue::VenueId;

/// Slot by the venue's spelling. The standard hash (`SipHash`, keyed): symbols come from outside.
pub(super) type SlotsBySymbol = HashMap<Box<[u8]>, u32>;

/// Tables of all venues. Sources grow theirs as they need it: they are no hot path.
pub(super) fn symbol_tables(room: usize) -> Vec<(VenueId, SlotsBySymbol)> {
    let exchanges = VenueId::ALL.iter().map(|venue| (*venue, HashMap::with_capacity(room)));
    exchanges.chain(VenueId::SOURCES.iter().map(|source| (*source, HashMap::new()))).collect()
}

/// The slot of a symbol, which is often `last`.
#[inline]
pub(super) fn slot_of(
    entries: &[Entry],
    symbols: &[(VenueId, SlotsBySymbol)],
    venue: VenueId,
    last: u32,
    symbol: &[u8],
) -> Option<u32> {
    match entries.get(last as usize) {
        Some(entry) if entry.venue == venue && entry.definition.symbol.as_bytes() == symbol && !entry.removed => Some(last),
        _ => symbols.iter().find(|(of, _)| *of == venue)?.1.get(symbol).copied(),
    }
}
