//! The ring reader for JavaScript: copies validated records into the caller's buffer, never exposes shared memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use napi::bindgen_prelude::{BigInt, BigInt64Array, Float64Array, Uint8ArraySlice};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::event::{Level, flag};
use tickring_shm::{LatestCopy, Liveness, Poll, Reader, Record, Stage};

use crate::convert::{InstrumentDefinition, narrow};
use crate::failure::{Result, closed, fail, guard, shm};

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

/// How the writer is doing, judged by this process's own clock.
#[napi(object)]
pub struct ReaderStatus {
    #[napi(ts_type = "'live' | 'stalled' | 'dead' | 'closed' | 'superseded'")]
    pub state: String,
    pub epoch: BigInt,
    /// Slots read so far in this epoch.
    pub position: BigInt,
    /// Sequence of the next record; absent until one was read.
    pub sequence: Option<BigInt>,
    /// Slots written and not yet read.
    pub lag: f64,
    /// Time since the heartbeat was last seen to move, ms; absent once the writer is dead, closed or superseded.
    pub heartbeat_age_ms: Option<f64>,
}

/// Last trade of an instrument.
#[napi(object)]
pub struct LatestTrade {
    pub price: BigInt,
    pub qty: BigInt,
    pub id: BigInt,
    pub ts_event: BigInt,
    pub flags: u32,
}

/// 24-hour figures of an instrument.
#[napi(object)]
pub struct LatestStats {
    pub open: BigInt,
    pub high: BigInt,
    pub low: BigInt,
    pub close: BigInt,
    pub volume: BigInt,
    pub count: BigInt,
    pub partial: bool,
}

/// Newest state of an instrument. `bids` and `asks` are price, quantity pairs, best first.
#[napi(object)]
pub struct LatestView {
    pub instrument: u32,
    pub flags: u32,
    pub ts_event: BigInt,
    pub ts_recv: BigInt,
    pub last_update_id: BigInt,
    pub price_exponent: i32,
    pub qty_exponent: i32,
    pub bids: BigInt64Array,
    pub asks: BigInt64Array,
    pub bid_levels: u32,
    pub ask_levels: u32,
    pub trade: Option<LatestTrade>,
    pub stats: Option<LatestStats>,
}

/// A latency histogram of the writer; bucket bounds as in `src/native/layout.ts`.
#[napi(object)]
pub struct Histogram {
    pub counts: Float64Array,
    pub count: BigInt,
    pub sum: BigInt,
}

/// Reads one shard's segment of an engine in another process.
#[napi]
pub struct RingReader {
    reader: Option<Reader>,
    record: Box<Record>,
    latest: Box<LatestCopy>,
    /// A record that did not fit the caller's buffer.
    held: bool,
    /// Slot by instrument id.
    slots: HashMap<u32, u32>,
}

#[napi]
impl RingReader {
    /// Joins at the newest record.
    ///
    /// # Errors
    ///
    /// `SHM_NOT_FOUND` while no engine has published; other `SHM_*` when the segment is unusable.
    #[napi(constructor)]
    pub fn new(root: String, name: String, shard: u32) -> Result<Self> {
        guard(|| {
            let root = PathBuf::from(root);
            let reader = Reader::open(Path::new(&root), &name, narrow("shard", shard)?).map_err(|error| shm(&error))?;
            Ok(Self {
                reader: Some(reader),
                record: Box::default(),
                latest: Box::default(),
                held: false,
                slots: HashMap::new(),
            })
        })
    }

    /// Copies up to `max` records in canonical form into `out`; returns how many. Besides the engine's records there are
    /// `KIND_LAPPED` and `KIND_GENERATION`. No allocation, no syscall while records are there.
    ///
    /// # Errors
    ///
    /// `CLOSED`; `ARGUMENT_RANGE` when `out` is smaller than one record; `SHM_*` when the new segment is unusable.
    #[napi]
    pub fn poll(&mut self, mut out: Uint8ArraySlice<'_>, max: u32) -> Result<u32> {
        // SAFETY: JavaScript runs nothing before this synchronous call returns, so nobody else touches the buffer.
        let out = unsafe { out.as_mut() };
        guard(|| {
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
        })
    }

    /// Goes back to the oldest record that is still there.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn seek_oldest(&mut self) -> Result<()> {
        self.held = false;
        self.open()?.seek_oldest();
        Ok(())
    }

    /// How the writer is doing.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn status(&mut self) -> Result<ReaderStatus> {
        guard(|| {
            let reader = self.open()?;
            let (state, age) = match reader.liveness() {
                Liveness::Live { age } => ("live", Some(age)),
                Liveness::Stalled { age } => ("stalled", Some(age)),
                Liveness::Dead => ("dead", None),
                Liveness::Closed { .. } => ("closed", None),
                Liveness::Superseded { .. } => ("superseded", None),
            };
            Ok(ReaderStatus {
                state: state.to_owned(),
                epoch: reader.epoch().into(),
                position: reader.position().into(),
                sequence: reader.next_sequence().map(BigInt::from),
                lag: reader.lag() as f64,
                heartbeat_age_ms: age.map(|age| age.as_secs_f64() * 1000.0),
            })
        })
    }

    /// Newest state of an instrument; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn latest(&mut self, instrument: u32) -> Result<Option<LatestView>> {
        guard(|| {
            let reader = self.reader.as_ref().ok_or_else(|| closed("ring reader"))?;
            let Some(slot) = slot_of(&mut self.slots, reader, instrument) else { return Ok(None) };
            Ok(reader.latest(slot, &mut self.latest).then(|| latest_view(&self.latest)))
        })
    }

    /// The instruments of the shard.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn instruments(&mut self) -> Result<Vec<InstrumentDefinition>> {
        guard(|| Ok(self.open()?.instruments().iter().map(|copy| InstrumentDefinition::from(&copy.instrument)).collect()))
    }

    /// Shard counters in the order of `SHARD_COUNTERS`.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn counters(&mut self) -> Result<Vec<BigInt>> {
        Ok(self.open()?.counters().shard.into_iter().map(BigInt::from).collect())
    }

    /// Counters of an instrument in the order of `INSTRUMENT_COUNTERS`; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn instrument_counters(&mut self, instrument: u32) -> Result<Option<Vec<BigInt>>> {
        let reader = self.reader.as_ref().ok_or_else(|| closed("ring reader"))?;
        let Some(slot) = slot_of(&mut self.slots, reader, instrument) else { return Ok(None) };
        Ok(reader.instrument_counters(slot).map(|values| values.into_iter().map(BigInt::from).collect()))
    }

    /// A latency histogram by its stage number; null if there is no such stage.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn histogram(&mut self, stage: u32) -> Result<Option<Histogram>> {
        let Some(stage) = Stage::ALL.iter().copied().find(|known| *known as u32 == stage) else { return Ok(None) };
        let copy = self.open()?.histogram(stage);
        let counts: Vec<f64> = copy.buckets.iter().map(|count| *count as f64).collect();
        Ok(Some(Histogram { counts: counts.into(), count: copy.count.into(), sum: copy.sum.into() }))
    }

    /// Unmaps the segment. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        self.reader = None;
    }

    fn open(&mut self) -> Result<&mut Reader> {
        self.reader.as_mut().ok_or_else(|| closed("ring reader"))
    }
}

/// Slot of an instrument in the shard's tables. A slot keeps its instrument for as long as the segment lives; what the cache
/// says is checked all the same, because segments change.
fn slot_of(slots: &mut HashMap<u32, u32>, reader: &Reader, instrument: u32) -> Option<u32> {
    let holds = |slot: &u32| reader.instrument(*slot).is_some_and(|copy| copy.instrument.id == instrument);
    if let Some(slot) = slots.get(&instrument).copied().filter(holds) {
        return Some(slot);
    }
    *slots = reader.instruments().iter().map(|copy| (copy.instrument.id, copy.slot)).collect();
    slots.get(&instrument).copied()
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

fn pairs(levels: &[Level]) -> BigInt64Array {
    BigInt64Array::new(levels.iter().flat_map(|level| [level.price, level.qty]).collect())
}

fn latest_view(latest: &LatestCopy) -> LatestView {
    let trade = (latest.trade.trade_id != 0 || latest.trade.qty != 0).then(|| LatestTrade {
        price: latest.trade.price.into(),
        qty: latest.trade.qty.into(),
        id: latest.trade.trade_id.into(),
        ts_event: latest.trade_ts_event.into(),
        flags: latest.trade_flags.into(),
    });
    let stats = (latest.stats.count != 0).then(|| LatestStats {
        open: latest.stats.open.into(),
        high: latest.stats.high.into(),
        low: latest.stats.low.into(),
        close: latest.stats.close.into(),
        volume: latest.stats.volume.into(),
        count: latest.stats.count.into(),
        partial: latest.flags & flag::PARTIAL != 0,
    });
    LatestView {
        instrument: latest.instrument,
        flags: latest.flags.into(),
        ts_event: latest.ts_event.into(),
        ts_recv: latest.ts_recv.into(),
        last_update_id: latest.last_update_id.into(),
        price_exponent: latest.price_exponent.into(),
        qty_exponent: latest.qty_exponent.into(),
        bids: pairs(&latest.bids),
        asks: pairs(&latest.asks),
        bid_levels: latest.bid_levels,
        ask_levels: latest.ask_levels,
        trade,
        stats,
    }
}
