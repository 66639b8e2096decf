//! What stands behind a `RingReader`: the reader, and what it keeps between calls. Shared by the class and its poller.

use std::collections::HashMap;

use napi_derive::napi;
use tickring_core::error::Code;
use tickring_shm::{LatestCopy, Liveness, Poll, Reader, Record};

use crate::failure::{Result, closed, fail, shm};

/// Pseudo record: records were overwritten before they were read; payload word 0 is their number.
#[napi]
pub const KIND_LAPPED: u32 = 255;
/// Pseudo record: the engine started a new segment; payload words are the old and the new epoch.
#[napi]
pub const KIND_GENERATION: u32 = 254;

/// Bytes of a canonical record before its payload.
const HEADER_BYTES: usize = 56;

/// Records that one call copies at most, whatever the caller asks: a call stays well under 1 ms.
const BATCH_MAX: u32 = 4096;

/// A reader as its class and its poller hold it.
pub struct Following {
    reader: Option<Reader>,
    record: Box<Record>,
    latest: Box<LatestCopy>,
    /// A record that did not fit the caller's buffer.
    held: bool,
    /// Slot by instrument id.
    slots: HashMap<u32, u32>,
}

impl Following {
    pub fn new(reader: Reader) -> Self {
        Self { reader: Some(reader), record: Box::default(), latest: Box::default(), held: false, slots: HashMap::new() }
    }

    /// The reader.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn open(&mut self) -> Result<&mut Reader> {
        self.reader.as_mut().ok_or_else(|| closed("ring reader"))
    }

    /// Goes back to the oldest record that is still there.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn seek_oldest(&mut self) -> Result<()> {
        self.held = false;
        self.open()?.seek_oldest();
        Ok(())
    }

    /// Slot of an instrument in the shard's tables. A slot keeps its instrument for as long as the segment lives; what the
    /// cache says is checked all the same, because segments change.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn slot_of(&mut self, instrument: u32) -> Result<Option<u32>> {
        let reader = self.reader.as_ref().ok_or_else(|| closed("ring reader"))?;
        let holds = |slot: &u32| reader.instrument(*slot).is_some_and(|copy| copy.instrument.id == instrument);
        if let Some(slot) = self.slots.get(&instrument).copied().filter(holds) {
            return Ok(Some(slot));
        }
        self.slots = reader.instruments().iter().map(|copy| (copy.instrument.id, copy.slot)).collect();
        Ok(self.slots.get(&instrument).copied())
    }

    /// Copies a slot of the latest table; `None` while it holds nothing.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn latest(&mut self, slot: u32) -> Result<Option<&LatestCopy>> {
        let reader = self.reader.as_ref().ok_or_else(|| closed("ring reader"))?;
        Ok(reader.latest(slot, &mut self.latest).then_some(&*self.latest))
    }

    /// Unmaps the segment.
    pub fn close(&mut self) {
        self.reader = None;
    }

    /// See `RingReader.poll`.
    ///
    /// # Errors
    ///
    /// As there.
    #[inline]
    pub fn poll(&mut self, out: &mut [u8], max: u32) -> Result<u32> {
        let mut used = 0;
        let mut count = 0;
        while count < max.min(BATCH_MAX) {
            if out.len() - used < HEADER_BYTES + 16 {
                break;
            }
            if !self.held {
                let reader = self.reader.as_mut().ok_or_else(|| closed("ring reader"))?;
                match reader.poll(&mut self.record) {
                    Poll::Record => self.held = true,
                    Poll::Lapped { lost } => {
                        used += pseudo(&mut out[used..], KIND_LAPPED, &[lost]);
                        count += 1;
                        continue;
                    }
                    Poll::Empty | Poll::Stalled => {
                        let Some(epochs) = follow(reader)? else { break };
                        used += pseudo(&mut out[used..], KIND_GENERATION, &epochs);
                        count += 1;
                        continue;
                    }
                }
            }
            let Some(size) = self.record.encode(&mut out[used..]) else { break };
            self.held = false;
            used += size;
            count += 1;
        }
        if count == 0 && self.held {
            return Err(fail(Code::ArgumentRange, format!("a buffer of {} bytes does not hold one record", out.len())));
        }
        Ok(count)
    }
}

/// Moves to the segment that replaced this one, if there is one: old and new epoch.
fn follow(reader: &mut Reader) -> Result<Option<[u64; 2]>> {
    let Liveness::Superseded { .. } = reader.liveness() else { return Ok(None) };
    let before = reader.epoch();
    match reader.reopen() {
        Ok(()) => Ok(Some([before, reader.epoch()])),
        // The next segment may vanish between the look and the opening; the next idle poll looks again.
        Err(error) if error.code() == Code::ShmNotFound => Ok(None),
        Err(error) => Err(shm(&error)),
    }
}

/// Writes a pseudo record; the caller left room for the header and two words.
fn pseudo(out: &mut [u8], kind: u32, words: &[u64]) -> usize {
    let size = HEADER_BYTES + words.len() * 8;
    out[..HEADER_BYTES].fill(0);
    out[..4].copy_from_slice(&u32::try_from(size).unwrap_or_default().to_le_bytes());
    out[4] = kind.to_le_bytes()[0];
    for (chunk, word) in out[HEADER_BYTES..size].chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    size
}
