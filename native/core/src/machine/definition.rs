//! Instrument definitions.

use super::entry::Entry;
use super::widen::{Exponents, rescale};
use super::{Machine, Output, refuse};
use crate::counters::REMOVED;
use crate::error::Code;
use crate::input::{DECIMALS_MAX, Instrument, TradingState};
use crate::sink::Sink;
use crate::venue::{Reject, VenueId};

impl Machine {
    /// A new or changed definition. Exponents never get coarser than those in force; one that changes nothing is no event.
    pub(super) fn define<S: Sink>(&mut self, given: &Instrument, out: &mut Output<'_, S>) -> Result<(), Reject> {
        let venue = usable(given).ok_or(refuse(Code::InstrumentInvalid))?;
        let mut before = None;
        let slot = match self.slot(given.id) {
            Some(slot) => {
                before = Some(self.entries[slot as usize].definition.state);
                self.subject.slot = Some(slot);
                self.redefine(slot, given)?
            }
            None => Some(self.add(given, venue)?),
        };
        if let Some(slot) = slot {
            out.instrument(slot, &self.entries[slot as usize].definition);
            if let Some(before) = before {
                self.change_market(slot, before, out);
            }
            self.touch(slot);
        }
        Ok(())
    }

    fn add(&mut self, given: &Instrument, venue: VenueId) -> Result<u32, Reject> {
        let slot = self.next_slot();
        let (_, symbols) = self.symbols.iter_mut().find(|(of, _)| *of == venue).ok_or(refuse(Code::VenueUnknown))?;
        // Two live ids for one symbol cannot be told apart in frames.
        let taken = symbols.get(given.symbol.as_bytes()).is_some_and(|other| !self.entries[*other as usize].removed);
        if taken {
            return Err(refuse(Code::InstrumentInvalid));
        }
        if slot >= self.config.instruments_max {
            return Err(refuse(Code::InstrumentTableFull));
        }
        symbols.insert(given.symbol.as_bytes().into(), slot);
        self.slots.insert(given.id, slot);
        let mut entry = Entry::new(*given, venue, self.config.code_path);
        entry.suspend_if(given.state == TradingState::Delisted);
        self.entries.push(entry);
        Ok(slot)
    }

    /// Sends a symbol's frames to this slot again if its instrument was removed; refused while another one has the symbol.
    pub(super) fn claim_symbol(&mut self, slot: u32) -> Result<(), Reject> {
        let Entry { venue, definition, .. } = &self.entries[slot as usize];
        let symbols = self.symbols.iter_mut().find(|(of, _)| of == venue);
        let holder = symbols.and_then(|(_, slots)| slots.get_mut(definition.symbol.as_bytes()));
        let holder = holder.ok_or(refuse(Code::InstrumentInvalid))?;
        if *holder != slot && !self.entries[*holder as usize].removed {
            return Err(refuse(Code::InstrumentInvalid));
        }
        *holder = slot;
        Ok(())
    }

    /// Returns the slot if the definition changed, or came back.
    fn redefine(&mut self, slot: u32, given: &Instrument) -> Result<Option<u32>, Reject> {
        let invalid = refuse(Code::InstrumentInvalid);
        let held = self.entries[slot as usize].definition;
        if given.venue != held.venue || given.symbol != held.symbol {
            return Err(invalid); // Ids are never reused.
        }
        self.claim_symbol(slot)?;
        let entry = &mut self.entries[slot as usize];
        let finest =
            Exponents { price: given.price_exponent.min(held.price_exponent), qty: given.qty_exponent.min(held.qty_exponent) };
        let (price, qty) = Exponents::of(given).factors(finest).ok_or(invalid)?;
        let tick_size = given.tick_size.checked_mul(price).ok_or(invalid)?;
        let lot_size = given.lot_size.checked_mul(qty).ok_or(invalid)?;
        let widens = finest != Exponents::of(&held);
        if widens {
            // The new steps replace the old ones, which need not fit.
            (entry.definition.tick_size, entry.definition.lot_size) = (0, 0);
            if rescale(entry, finest).is_err() {
                entry.definition = held;
                return Err(invalid);
            }
            entry.snapshot_due = 0;
            self.counters.widened += 1;
        }
        let changed = widens || (tick_size, lot_size, given.state) != (held.tick_size, held.lot_size, held.state);
        let returned = std::mem::take(&mut entry.removed);
        entry.counters.channels &= !REMOVED;
        if changed {
            entry.definition.tick_size = tick_size;
            entry.definition.lot_size = lot_size;
            entry.definition.state = given.state;
            entry.definition.change_count = held.change_count.saturating_add(1).max(given.change_count);
        }
        Ok((changed || returned).then_some(slot))
    }
}

/// The venue of a usable definition.
fn usable(given: &Instrument) -> Option<VenueId> {
    let exponents = -(DECIMALS_MAX.cast_signed())..=0;
    let fits = given.id != 0
        && exponents.contains(&given.price_exponent)
        && exponents.contains(&given.qty_exponent)
        && given.tick_size >= 0
        && given.lot_size >= 0;
    VenueId::from_number(given.venue).filter(|_| fits)
}
