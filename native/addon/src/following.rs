//! What stands behind a `RingReader`: the reader, and what it keeps between calls. Shared by the class and its poller.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use napi_derive::napi;
use tickring_core::error::Code;
use tickring_shm::{LatestCopy, Liveness, Merged, Next, Reader};

use crate::books::Books;
use crate::failure::{Result, closed, fail, shm};

/// Pseudo record: records were overwritten before they were read; payload word 0 is their number.
#[napi]
pub const KIND_LAPPED: u32 = 255;
/// Pseudo record: the engine started a new segment; payload words are the old and the new epoch.
#[napi]
pub const KIND_GENERATION: u32 = 254;
/// Pseudo record: the writer is in another state than before; payload word 0 is its number in `WRITER_STATES`.
#[napi]
pub const KIND_WRITER: u32 = 253;

/// Bytes of a canonical record before its payload.
const HEADER_BYTES: usize = 56;
/// Byte of a record where its shard stands; `Record::encode` leaves 0 there.
const SHARD_AT: usize = 5;

/// Records that one call copies at most, whatever the caller asks: a call stays well under 1 ms.
const BATCH_MAX: u32 = 4096;

/// How often a reader of all shards looks for new ones, while it is idle.
const RESCAN_EVERY: Duration = Duration::from_secs(1);

/// A reader as its class, its books and its poller hold it.
pub struct Following {
    merged: Option<Merged>,
    /// When new shards were looked for; `None` for a reader of one shard.
    scanned: Option<Instant>,
    latest: Box<LatestCopy>,
    /// Shard of a record that did not fit the caller's buffer.
    held: Option<u8>,
    /// Shard and slot by instrument id.
    slots: HashMap<u32, (u16, u32)>,
    books: Books,
    /// State of each shard's writer that was told last.
    writers: Vec<WriterState>,
}

/// How a writer is doing, as `KIND_WRITER` numbers it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WriterState {
    Live = 1,
    Stalled = 2,
    Dead = 3,
    Closed = 4,
}

impl Following {
    /// All shards, or one.
    ///
    /// # Errors
    ///
    /// As `RingReader`'s constructor.
    pub fn open(root: &Path, name: &str, shard: Option<u8>, owner: Option<u32>) -> Result<Self> {
        let merged = match (shard.map(u16::from), owner) {
            (None, None) => Merged::open(root, name),
            (None, Some(uid)) => Merged::open_owned_by(root, name, uid),
            (Some(shard), None) => Reader::open(root, name, shard).map(Merged::of),
            (Some(shard), Some(uid)) => Reader::open_owned_by(root, name, shard, uid).map(Merged::of),
        };
        let merged = merged.map_err(|error| shm(&error))?;
        if let Some(shard) = merged.shards().find(|shard| *shard > u16::from(u8::MAX)) {
            return Err(fail(Code::ArgumentRange, format!("shard {shard} exceeds {}", u8::MAX)));
        }
        Ok(Self {
            merged: Some(merged),
            scanned: shard.is_none().then(Instant::now),
            latest: Box::default(),
            held: None,
            slots: HashMap::new(),
            books: Books::default(),
            writers: Vec::new(),
        })
    }

    /// All readers.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn merged(&mut self) -> Result<&mut Merged> {
        self.merged.as_mut().ok_or_else(|| closed("ring reader"))
    }

    /// The reader of a shard; the first where none is named.
    ///
    /// # Errors
    ///
    /// `CLOSED`; `ARGUMENT_RANGE` for a shard that is not read.
    pub fn reader(&mut self, shard: Option<u32>) -> Result<&mut Reader> {
        let merged = self.merged()?;
        let shards: Vec<u16> = merged.shards().collect();
        let wanted = shard.map_or(shards.first().copied(), |shard| u16::try_from(shard).ok());
        let unknown = || fail(Code::ArgumentRange, format!("shard {} is none of {shards:?}", shard.unwrap_or_default()));
        wanted.and_then(|shard| merged.reader_mut(shard)).ok_or_else(unknown)
    }

    /// Begins to follow an instrument's book; gives its shard and its place there, if a shard holds it.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn follow_book(&mut self, instrument: u32) -> Result<Option<(u16, usize)>> {
        let mut books = std::mem::take(&mut self.books);
        let place = self.place_of(instrument);
        let followed = place.map(|place| place.map(|(reader, slot)| (reader.shard(), books.follow(reader, instrument, slot))));
        self.books = books;
        followed
    }

    /// The books that are followed.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn books(&mut self) -> Result<&Books> {
        self.merged()?;
        Ok(&self.books)
    }

    /// Goes back to the oldest records that are still there.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn seek_oldest(&mut self) -> Result<()> {
        self.held = None;
        self.merged()?.seek_oldest();
        Ok(())
    }

    /// Goes behind the newest records.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn seek_newest(&mut self) -> Result<()> {
        self.held = None;
        self.merged()?.seek_newest();
        Ok(())
    }

    /// Reader and slot of an instrument. A slot keeps its instrument for as long as the segment lives; what the cache says is
    /// checked all the same, because segments change.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn place_of(&mut self, instrument: u32) -> Result<Option<(&Reader, u32)>> {
        let merged = self.merged.as_ref().ok_or_else(|| closed("ring reader"))?;
        let holds = |(shard, slot): &(u16, u32)| {
            let row = merged.reader(*shard).and_then(|reader| reader.instrument(*slot));
            row.is_some_and(|copy| copy.instrument.id == instrument)
        };
        if !self.slots.get(&instrument).is_some_and(holds) {
            let rows = merged.shards().filter_map(|shard| merged.reader(shard));
            let rows = rows.flat_map(|reader| reader.instruments().into_iter().map(|copy| (reader.shard(), copy)));
            self.slots = rows.map(|(shard, copy)| (copy.instrument.id, (shard, copy.slot))).collect();
        }
        let place = self.slots.get(&instrument);
        Ok(place.and_then(|&(shard, slot)| Some((merged.reader(shard)?, slot))))
    }

    /// Copies the newest state of an instrument; `None` while there is none.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    pub fn latest(&mut self, instrument: u32) -> Result<Option<&LatestCopy>> {
        let mut latest = std::mem::take(&mut self.latest);
        let place = self.place_of(instrument);
        let is_there = place.map(|place| place.is_some_and(|(reader, slot)| reader.latest(slot, &mut latest)));
        self.latest = latest;
        Ok(is_there?.then_some(&*self.latest))
    }

    /// Unmaps the segments.
    pub fn close(&mut self) {
        self.merged = None;
        self.books = Books::default();
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
            let merged = self.merged.as_mut().ok_or_else(|| closed("ring reader"))?;
            if self.held.is_none() {
                match merged.poll() {
                    Next::Record(shard, _) => self.held = Some(shard.to_le_bytes()[0]),
                    Next::Lapped { shard, lost } => {
                        used += pseudo(&mut out[used..], KIND_LAPPED, shard, &[lost]);
                        count += 1;
                        continue;
                    }
                    Next::Empty | Next::Stalled(_) => {
                        let size = self.look(&mut out[used..])?;
                        if size == 0 {
                            break;
                        }
                        used += size;
                        count += 1;
                        continue;
                    }
                }
                if let Some((_, reader, record)) = merged.given() {
                    self.books.apply(reader, record);
                }
            }
            let Some((_, _, record)) = merged.given() else { break };
            let Some(size) = record.encode(&mut out[used..]) else { break };
            out[used + SHARD_AT] = self.held.take().unwrap_or_default();
            used += size;
            count += 1;
        }
        if count == 0 && self.held.is_some() {
            return Err(fail(Code::ArgumentRange, format!("a buffer of {} bytes does not hold one record", out.len())));
        }
        Ok(count)
    }

    /// Nothing is new: looks at the writers, moves to a segment that replaced the one being read, finds new shards. Writes what there
    /// is to tell, one thing a call; gives its size, 0 for nothing.
    fn look(&mut self, out: &mut [u8]) -> Result<usize> {
        let Self { merged: Some(merged), writers, scanned, .. } = self else { return Ok(0) };
        if scanned.is_some_and(|at| at.elapsed() >= RESCAN_EVERY) {
            *scanned = Some(Instant::now());
            merged.rescan().map_err(|error| shm(&error))?;
        }
        for (index, reader) in merged.readers_mut().enumerate() {
            if index == writers.len() {
                writers.push(WriterState::Live);
            }
            let state = match reader.liveness() {
                Liveness::Superseded { .. } => match reopen(reader)? {
                    Some(epochs) => {
                        writers[index] = WriterState::Live;
                        return Ok(pseudo(out, KIND_GENERATION, reader.shard(), &epochs));
                    }
                    None => continue,
                },
                Liveness::Live { .. } => WriterState::Live,
                Liveness::Stalled { .. } => WriterState::Stalled,
                Liveness::Dead => WriterState::Dead,
                Liveness::Closed { .. } => WriterState::Closed,
            };
            if std::mem::replace(&mut writers[index], state) != state {
                return Ok(pseudo(out, KIND_WRITER, reader.shard(), &[state as u64]));
            }
        }
        Ok(0)
    }
}

/// Moves to the segment that replaced this one: old and new epoch, `None` if it is not there yet.
fn reopen(reader: &mut Reader) -> Result<Option<[u64; 2]>> {
    let before = reader.epoch();
    match reader.reopen() {
        Ok(()) => Ok(Some([before, reader.epoch()])),
        // The next segment may vanish between the look and the opening; the next idle poll looks again.
        Err(error) if error.code() == Code::ShmNotFound => Ok(None),
        Err(error) => Err(shm(&error)),
    }
}

/// Writes a pseudo record; the caller left room for the header and two words.
fn pseudo(out: &mut [u8], kind: u32, shard: u16, words: &[u64]) -> usize {
    let size = HEADER_BYTES + words.len() * 8;
    out[..HEADER_BYTES].fill(0);
    out[..4].copy_from_slice(&u32::try_from(size).unwrap_or_default().to_le_bytes());
    out[4] = kind.to_le_bytes()[0];
    out[SHARD_AT] = shard.to_le_bytes()[0];
    for (chunk, word) in out[HEADER_BYTES..size].chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    size
}
