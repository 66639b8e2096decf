//! The whole state of a machine as bytes, and back: replay goes on from there as if every input before it had been applied.
//!
//! Left out is what changes no output: caches, memory kept for reuse, and requests that wait for the engine (their answers are
//! inputs; whoever goes on live starts with new connections). The form changes with the structures: a checkpoint of another
//! [`VERSION`] is refused, and replay starts further back.

use std::error::Error;
use std::fmt;

use super::audit::Auditing;
use super::entry::Entry;
use super::view::View;
use super::{Connection, Machine, MachineConfig, SlotsBySymbol};
use crate::book::Book;
use crate::counters::ShardCounters;
use crate::sync::Phase;
use crate::venue::VenueId;

/// Version of the form. A change of any structure in it needs the next one; `tests/machine_checkpoint.rs` notices.
const VERSION: u32 = 12;

/// What of a configuration changes output.
type Limits = (u64, u32, u64);

/// Everything but version and limits, in this order. The symbols of a venue are sorted, so that equal machines have equal bytes.
type Parts<E, C, A, V> = (u64, E, Vec<(VenueId, Vec<(Vec<u8>, u32)>)>, C, ShardCounters, (u32, u32), u64, A, V);

/// Why bytes are no checkpoint of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// Of another version, which the bytes name.
    Version(u32),
    /// Of a machine whose configuration gives other output.
    Config,
    /// Cut, damaged, or inconsistent; what was being read.
    Malformed(&'static str),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "the checkpoint has version {version}, this program reads {VERSION}"),
            Self::Config => f.write_str("the checkpoint is of a machine with another configuration"),
            Self::Malformed(what) => write!(f, "the checkpoint is damaged: {what}"),
        }
    }
}

impl Error for RestoreError {}

fn limits(config: &MachineConfig) -> Limits {
    (config.snapshot_interval_ns, config.instruments_max, config.frame_bytes_max as u64)
}

impl MachineConfig {
    /// What saved bytes say of their machine's configuration, which is all that changes output; the rest is that of `self`.
    ///
    /// # Errors
    ///
    /// Bytes of another version, or cut.
    pub fn of_saved(self, bytes: &[u8]) -> Result<Self, RestoreError> {
        let (limits, _) = saved_limits(bytes)?;
        let (snapshot_interval_ns, instruments_max, frame_bytes_max) = limits;
        let frame_bytes_max = usize::try_from(frame_bytes_max).map_err(|_| RestoreError::Malformed("its configuration"))?;
        Ok(Self { snapshot_interval_ns, instruments_max, frame_bytes_max, ..self })
    }
}

/// Checks the version and takes what of the configuration stands behind it.
fn saved_limits(bytes: &[u8]) -> Result<(Limits, &[u8]), RestoreError> {
    let malformed = |what| move |_: postcard::Error| RestoreError::Malformed(what);
    let (version, bytes) = postcard::take_from_bytes::<u32>(bytes).map_err(malformed("its version"))?;
    if version != VERSION {
        return Err(RestoreError::Version(version));
    }
    postcard::take_from_bytes::<Limits>(bytes).map_err(malformed("its configuration"))
}

impl Machine {
    /// An empty machine whose first input has the number after `last`.
    #[must_use]
    pub fn numbered_after(config: MachineConfig, last: u64) -> Self {
        Self { frame_seq: last, ..Self::new(config) }
    }

    /// Goes on as if the last input had had this number: those between are missing.
    pub const fn skip_to(&mut self, last: u64) {
        self.frame_seq = last;
    }

    /// Appends the state to `out`: some 10 bytes a level and 15 KB of 24-hour figures an instrument. Sorts and allocates.
    pub fn save(&self, out: &mut Vec<u8>) {
        let symbols = self.symbols.iter().map(|(venue, slots)| {
            let mut slots: Vec<_> = slots.iter().map(|(symbol, slot)| (symbol.to_vec(), *slot)).collect();
            slots.sort_unstable();
            (*venue, slots)
        });
        let parts: Parts<&[Entry], &[Connection], &Auditing, &[View]> = (
            self.frame_seq,
            &self.entries,
            symbols.filter(|(_, slots)| !slots.is_empty()).collect(),
            &self.connections,
            self.counters,
            (self.snapshot_cursor, self.survey_turn),
            self.window,
            &self.auditing,
            &self.views,
        );
        let written = postcard::to_io(&(VERSION, limits(&self.config), parts), out);
        written.expect("invariant: memory takes what is written, and no structure has a length that is unknown");
    }

    /// The machine that was saved, with this configuration.
    ///
    /// # Errors
    ///
    /// Bytes of another version, of a configuration with other output, or none that [`Self::save`] wrote.
    pub fn restore(config: MachineConfig, bytes: &[u8]) -> Result<Self, RestoreError> {
        let malformed = |what| move |_: postcard::Error| RestoreError::Malformed(what);
        let (saved, bytes) = saved_limits(bytes)?;
        let mut machine = Self::new(config);
        if saved != limits(&machine.config) {
            return Err(RestoreError::Config);
        }
        let read = postcard::take_from_bytes::<Parts<Vec<Entry>, Vec<Connection>, Auditing, Vec<View>>>(bytes);
        let (parts, rest) = read.map_err(malformed("its state"))?;
        let (frame_seq, mut entries, symbols, connections, counters, cursor, window, mut auditing, views) = parts;
        if !rest.is_empty() {
            return Err(RestoreError::Malformed("more bytes follow"));
        }
        check(&machine.config, &entries, &connections)?;
        if !auditing.is_whole(entries.len()) {
            return Err(RestoreError::Malformed("an audit of no book"));
        }
        auditing.window.adopt(machine.config.code_path);
        if views.iter().flat_map(View::slots).any(|slot| slot as usize >= entries.len()) {
            return Err(RestoreError::Malformed("a view of no instrument"));
        }
        if !views.iter().all(View::is_whole) {
            return Err(RestoreError::Malformed("a view of no source"));
        }
        for (venue, slots) in symbols {
            let known = machine.symbols.iter_mut().find(|(of, _)| *of == venue);
            let (_, table) = known.ok_or(RestoreError::Malformed("a venue without symbols"))?;
            fill(table, slots, entries.len())?;
        }
        for (slot, entry) in (0..).zip(&mut entries) {
            // The bytes do not say which instructions this host has.
            let levels = std::mem::replace(&mut entry.book, Book::on(machine.config.code_path));
            entry.book.clone_from(&levels);
            machine.slots.insert(entry.definition.id, slot);
        }
        machine.known_heads = connections.iter().map(|_| Default::default()).collect();
        machine.entries.extend(entries);
        machine.connections = connections;
        machine.views = views;
        (machine.frame_seq, machine.counters, machine.snapshot_cursor) = (frame_seq, counters, cursor.0);
        machine.survey_turn = cursor.1;
        (machine.window, machine.auditing) = (window, auditing);
        Ok(machine)
    }
}

fn fill(table: &mut SlotsBySymbol, slots: Vec<(Vec<u8>, u32)>, entries: usize) -> Result<(), RestoreError> {
    for (symbol, slot) in slots {
        if slot as usize >= entries {
            return Err(RestoreError::Malformed("a symbol of no instrument"));
        }
        table.insert(symbol.into(), slot);
    }
    Ok(())
}

/// What the machine takes for granted when it follows its own numbers.
fn check(config: &MachineConfig, entries: &[Entry], connections: &[Connection]) -> Result<(), RestoreError> {
    if entries.len() > config.instruments_max as usize {
        return Err(RestoreError::Malformed("too many instruments"));
    }
    for entry in entries {
        let malformed = |what| Err(RestoreError::Malformed(what));
        if entry.lines.iter().any(|line| *line != 0 && usize::from(*line) >= connections.len()) {
            return malformed("a channel on no connection");
        }
        if entry.shared.as_ref().is_some_and(|shared| !shared.is_whole(connections.len())) {
            return malformed("what waits for another line");
        }
        if !entry.sync.buffer.is_whole() {
            return malformed("a waiting delta without its levels");
        }
        if (entry.sync.phase == Phase::Loaded) != entry.sync.aside.is_some() {
            return malformed("a book without its snapshot");
        }
        if !entry.stats.is_whole() {
            return malformed("24-hour figures of another window");
        }
        if entry.checks.as_ref().is_some_and(|checks| !checks.is_whole()) {
            return malformed("rules that cannot be");
        }
        if entry.touch != entry.book.touch() {
            return malformed("a book that is not what is said of it");
        }
    }
    Ok(())
}
