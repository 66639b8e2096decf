//! The ring reader for JavaScript: copies validated records into the caller's buffer, never exposes shared memory.

use std::cell::{RefCell, RefMut};
use std::path::Path;
use std::rc::Rc;

use napi::bindgen_prelude::{BigInt, BigInt64Array, Env, Float64Array, Function, Uint8ArraySlice};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::event::flag;
use tickring_shm::{LatestCopy, Liveness, Stage};

use crate::books::{RingBook, pairs};
use crate::convert::{InstrumentDefinition, narrow};
use crate::entry;
use crate::failure::{Result, fail, guard, shm};
use crate::following::Following;

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
    /// Slots written and not yet read; above `slots` the reader has been lapped.
    pub lag: f64,
    /// Slots of the ring.
    pub slots: f64,
    /// Time since the heartbeat was last seen to move, ms; absent once the writer is dead, closed or superseded.
    pub heartbeat_age_ms: Option<f64>,
    /// Sequence of the last record of a writer that has closed; absent in every other state.
    pub final_sequence: Option<BigInt>,
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

/// What a latency histogram of the writer says, ns.
#[napi(object)]
pub struct HistogramSummary {
    pub count: BigInt,
    pub sum: BigInt,
    pub max: BigInt,
    /// The value that each share of all values does not exceed, to 1/64.
    pub percentiles: Vec<BigInt>,
}

/// Names of the engines that publish, or have published, below a root.
///
/// # Errors
///
/// `SHM_NOT_FOUND` without a root; `SHM_PERMISSION`, `SHM_IO` if it cannot be listed.
#[napi]
pub fn ring_engines(root: String) -> Result<Vec<String>> {
    guard(|| tickring_shm::engines(Path::new(&root)).map_err(|error| shm(&error)))
}

/// Numbers of an engine's shards.
///
/// # Errors
///
/// As `ringEngines`; `SHM_NAME` for what is no engine's name.
#[napi]
pub fn ring_shards(root: String, name: String) -> Result<Vec<u16>> {
    guard(|| tickring_shm::shards(Path::new(&root), &name).map_err(|error| shm(&error)))
}

/// Reads the segments of an engine in another process: all its shards, merged by `ts_out`, or one.
#[napi]
pub struct RingReader {
    following: Rc<RefCell<Following>>,
}

#[napi]
impl RingReader {
    /// Joins at the newest record; without a shard, at that of each, and finds those that appear later. Files of this user and of
    /// root are trusted, or those of the user `owner` (a uid) and of root.
    ///
    /// # Errors
    ///
    /// `SHM_NOT_FOUND` while no engine has published; other `SHM_*` when the segment is unusable.
    #[napi(constructor)]
    pub fn new(root: String, name: String, shard: Option<u32>, owner: Option<u32>) -> Result<Self> {
        guard(|| {
            let shard = shard.map(|shard| narrow("shard", shard)).transpose()?;
            let following = Following::open(Path::new(&root), &name, shard, owner)?;
            Ok(Self { following: Rc::new(RefCell::new(following)) })
        })
    }

    /// Numbers of the shards that are read.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn shards(&self) -> Result<Vec<u32>> {
        guard(|| Ok(self.following().merged()?.shards().map(u32::from).collect()))
    }

    /// Copies up to `max` records in canonical form into `out`; returns how many. Besides the engine's records there are
    /// `KIND_LAPPED`, `KIND_GENERATION` and `KIND_WRITER`. No allocation, no syscall while records are there.
    ///
    /// # Errors
    ///
    /// `CLOSED`; `ARGUMENT_RANGE` when `out` is smaller than one record; `SHM_*` when the new segment is unusable.
    #[napi]
    pub fn poll(&self, mut out: Uint8ArraySlice<'_>, max: u32) -> Result<u32> {
        // SAFETY: JavaScript runs nothing before this synchronous call returns, so nobody else touches the buffer.
        let out = unsafe { out.as_mut() };
        guard(|| self.following.borrow_mut().poll(out, max))
    }

    /// The function that does what `poll` does, for readers that poll without a pause: 64 ns where nothing is new
    /// against 312 (2026-11-21). Get it once.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending. The function throws what `poll` does, and `ARGUMENT_RANGE` for other arguments.
    #[napi(ts_return_type = "(out: Uint8Array, max: number) => number")]
    pub fn poller(&self, env: Env) -> Result<Function<'static, (), i32>> {
        let following = Rc::clone(&self.following);
        entry::bind_throwing(&env, "poll", move |call| {
            guard(|| {
                let unusable = || fail(Code::ArgumentRange, "poll takes a Uint8Array of unshared memory and a number");
                let max = call.number(1).ok_or_else(unusable)?;
                let out = call.bytes_mut(0).ok_or_else(unusable)?;
                // At most `BATCH_MAX`.
                following.borrow_mut().poll(out, max).map(u32::cast_signed)
            })
        })
    }

    /// Goes back to the oldest record that is still there.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn seek_oldest(&self) -> Result<()> {
        self.following().seek_oldest()
    }

    /// Goes behind the newest record.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn seek_newest(&self) -> Result<()> {
        self.following().seek_newest()
    }

    /// How the writer of a shard, or of the first one, is doing.
    ///
    /// # Errors
    ///
    /// `CLOSED`; `ARGUMENT_RANGE` for a shard that is not read.
    #[napi]
    pub fn status(&self, shard: Option<u32>) -> Result<ReaderStatus> {
        guard(|| {
            let mut following = self.following();
            let reader = following.reader(shard)?;
            let (state, age, last) = match reader.liveness() {
                Liveness::Live { age } => ("live", Some(age), None),
                Liveness::Stalled { age } => ("stalled", Some(age), None),
                Liveness::Dead => ("dead", None, None),
                Liveness::Closed { final_sequence } => ("closed", None, Some(final_sequence)),
                Liveness::Superseded { .. } => ("superseded", None, None),
            };
            Ok(ReaderStatus {
                state: state.to_owned(),
                epoch: reader.epoch().into(),
                position: reader.position().into(),
                sequence: reader.next_sequence().map(BigInt::from),
                lag: reader.lag() as f64,
                slots: reader.slots() as f64,
                heartbeat_age_ms: age.map(|age| age.as_secs_f64() * 1000.0),
                final_sequence: last.map(BigInt::from),
            })
        })
    }

    /// Newest state of an instrument; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn latest(&self, instrument: u32) -> Result<Option<LatestView>> {
        guard(|| Ok(self.following().latest(instrument)?.map(latest_view)))
    }

    /// The full-depth book of an instrument, which follows as the reader polls: it holds what the last poll has read. Null if the
    /// shard does not hold the instrument.
    ///
    /// Cost: a copy of the book, and a look at each record since that copy was made, at most half of the ring; then a lookup a
    /// record.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn book(&self, instrument: u32) -> Result<Option<RingBook>> {
        guard(|| {
            let followed = self.following().follow_book(instrument)?;
            Ok(followed.map(|followed| RingBook::new(Rc::clone(&self.following), followed)))
        })
    }

    /// The instruments of a shard, or of the first one.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn instruments(&self, shard: Option<u32>) -> Result<Vec<InstrumentDefinition>> {
        guard(|| {
            Ok(self
                .following()
                .reader(shard)?
                .instruments()
                .iter()
                .map(|copy| InstrumentDefinition::from(&copy.instrument))
                .collect())
        })
    }

    /// Counters of a shard, or of the first one, in the order of `SHARD_COUNTERS`.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn counters(&self, shard: Option<u32>) -> Result<Vec<BigInt>> {
        Ok(self.following().reader(shard)?.shard_counters().into_iter().map(BigInt::from).collect())
    }

    /// Counters of a ring's writer in the order of `RING_COUNTERS`.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn ring_counters(&self, shard: Option<u32>) -> Result<Vec<BigInt>> {
        Ok(self.following().reader(shard)?.ring_counters().into_iter().map(BigInt::from).collect())
    }

    /// Figures of a shard's journal in the order of `JOURNAL_COUNTERS`.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn journal_counters(&self, shard: Option<u32>) -> Result<Vec<BigInt>> {
        Ok(self.following().reader(shard)?.journal_counters().into_iter().map(BigInt::from).collect())
    }

    /// Counters of an instrument in the order of `INSTRUMENT_COUNTERS`; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn instrument_counters(&self, instrument: u32) -> Result<Option<Vec<BigInt>>> {
        let mut following = self.following();
        let Some((reader, slot)) = following.place_of(instrument)? else { return Ok(None) };
        Ok(reader.instrument_counters(slot).map(|values| values.into_iter().map(BigInt::from).collect()))
    }

    /// A latency histogram of a shard, or of the first one, by its stage number; null if there is no such stage.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn histogram(&self, stage: u32, shard: Option<u32>) -> Result<Option<Histogram>> {
        let Some(stage) = Stage::ALL.iter().copied().find(|known| *known as u32 == stage) else { return Ok(None) };
        let copy = self.following().reader(shard)?.histogram(stage);
        let counts: Vec<f64> = copy.buckets.iter().map(|count| *count as f64).collect();
        Ok(Some(Histogram { counts: counts.into(), count: copy.count.into(), sum: copy.sum.into() }))
    }

    /// The sums of such a histogram, with a percentile for each share; null if there is no such stage.
    ///
    /// # Errors
    ///
    /// As `status`.
    #[napi]
    pub fn histogram_summary(&self, stage: u32, shares: Vec<f64>, shard: Option<u32>) -> Result<Option<HistogramSummary>> {
        let Some(stage) = Stage::ALL.iter().copied().find(|known| *known as u32 == stage) else { return Ok(None) };
        let copy = self.following().reader(shard)?.histogram(stage);
        let percentiles = shares.iter().map(|share| copy.quantile(*share).into()).collect();
        Ok(Some(HistogramSummary { count: copy.count.into(), sum: copy.sum.into(), max: copy.max.into(), percentiles }))
    }

    /// Unmaps the segment. Idempotent.
    #[napi]
    pub fn close(&self) {
        self.following().close();
    }

    fn following(&self) -> RefMut<'_, Following> {
        self.following.borrow_mut()
    }
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
