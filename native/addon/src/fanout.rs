//! The gateway's view: messages per topic, each built once for all clients.

use std::path::Path;

use napi::bindgen_prelude::{BigInt, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use crate::failure::{Result, Status, closed, guard, shm};
use tickring_core::bars::{Bar, Minute, Timeframe};
use tickring_core::decimal;
use tickring_wire::{Encoding, Rung, SkipReason};

/// A topic that clients can subscribe to.
#[napi(object)]
pub struct Topic {
    pub id: u32,
    pub name: String,
    pub instrument: u32,
}

/// State of one shard's ring as the fan-out sees it.
#[napi(object)]
pub struct ShardStatus {
    pub shard: u32,
    #[napi(ts_type = "'live' | 'stalled' | 'dead' | 'closed' | 'away'")]
    pub state: String,
    pub epoch: BigInt,
    pub lag: f64,
}

/// A candle; prices and quantity are mantissas.
#[napi(object)]
pub struct Candle {
    /// ns since the UNIX epoch.
    pub start: BigInt,
    pub open: BigInt,
    pub high: BigInt,
    pub low: BigInt,
    pub close: BigInt,
    pub volume: BigInt,
    /// 0 for an interval without trades, whose prices are the close before it.
    pub count: BigInt,
    /// Trades among them that came after it was closed.
    pub late: u32,
    pub closed: bool,
    /// Trades of the interval may be missing.
    pub partial: bool,
}

impl From<Bar> for Candle {
    fn from(bar: Bar) -> Self {
        Self {
            start: bar.start.into(),
            open: bar.open.into(),
            high: bar.high.into(),
            low: bar.low.into(),
            close: bar.close.into(),
            volume: bar.volume.into(),
            count: bar.count.into(),
            late: bar.late,
            closed: bar.closed,
            partial: bar.partial,
        }
    }
}

/// Candles of an instrument.
#[napi(object)]
pub struct Candles {
    pub price_exponent: i8,
    pub qty_exponent: i8,
    pub candles: Vec<Candle>,
    /// Spans in which trades may be missing, from and to in ns, oldest first; the last is open where to is 2^64 - 1.
    pub holes: Vec<Vec<BigInt>>,
}

/// A minute as its venue counts it, decimals as it wrote them.
#[napi(object)]
pub struct VenueMinute {
    /// ns since the UNIX epoch.
    pub start: BigInt,
    pub open: String,
    pub high: String,
    pub low: String,
    pub close: String,
    pub volume: String,
    /// Number of trades; 0 where the venue does not tell it, or there was none.
    pub count: u32,
}

impl VenueMinute {
    /// Itself at these exponents; `None` where they are too coarse for it, or where it is no number.
    fn at(&self, price_exponent: i8, qty_exponent: i8) -> Option<Minute> {
        let number = |text: &str, exponent| decimal::parse(text.as_bytes()).ok()?.at(exponent).ok();
        let price = |text: &str| number(text, price_exponent);
        let volume = number(&self.volume, qty_exponent)?;
        Some(Minute {
            start: self.start.get_u64().1,
            open: price(&self.open)?,
            high: price(&self.high)?,
            low: price(&self.low)?,
            close: price(&self.close)?,
            volume,
            count: if volume == 0 { 0 } else { self.count.max(1).into() },
        })
    }
}

/// Trades that came late for their candles.
#[napi(object)]
pub struct LateTrades {
    pub late: f64,
    pub left_out: f64,
}

/// Reads all shards of an engine, keeps their books and builds each message once per topic and encoding.
#[napi]
pub struct Fanout {
    inner: Option<tickring_wire::Fanout>,
}

#[napi]
impl Fanout {
    /// Never fails because no engine is there: shards are picked up as they appear.
    ///
    /// # Errors
    ///
    /// `SHM_NAME` when the name cannot be one.
    #[napi(constructor)]
    pub fn new(root: String, name: String) -> Result<Self> {
        guard(|| {
            let inner = tickring_wire::Fanout::open(Path::new(&root), &name).map_err(|error| shm(&error))?;
            Ok(Self { inner: Some(inner) })
        })
    }

    /// All topics known so far.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn topics(&mut self) -> Result<Vec<Topic>> {
        let topics = self.open()?.topics();
        Ok(topics.map(|topic| Topic { id: topic.id, name: topic.name.to_owned(), instrument: topic.instrument }).collect())
    }

    /// Changes when `topics()` does.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn version(&mut self) -> Result<u32> {
        Ok(self.open()?.version())
    }

    /// Whether anybody wants a topic in an encoding (0 FlatBuffers, 1 JSON, 2 MessagePack, 3 the older JSON) and on a rung (0 full,
    /// 1 coalesced, 2 top, 3 best); messages are only built where someone does.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn interest(&mut self, topic: u32, encoding: u32, rung: u32, on: bool) -> Result<()> {
        let (encoding, rung) = (to_encoding(encoding)?, to_rung(rung)?);
        self.open()?.interest(topic, encoding, rung, on);
        Ok(())
    }

    /// Fills `out` with messages: u32 length, u32 topic, u8 encoding, u8 rung, 2 bytes 0, the message, padded to 8. Returns the bytes
    /// used; 0 when there is nothing new. Never blocks.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED` after a caught panic.
    #[napi]
    pub fn poll(&mut self, mut out: Uint8ArraySlice<'_>) -> Result<u32> {
        // SAFETY: JavaScript runs nothing before this synchronous call returns, so nobody else touches the buffer.
        let out = unsafe { out.as_mut() };
        guard(|| Ok(u32::try_from(self.open()?.poll(out)).unwrap_or(u32::MAX)))
    }

    /// The full state of a topic at its last sequence; null while it is unknown.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn snapshot(&mut self, topic: u32, encoding: u32, rung: u32) -> Result<Option<Uint8Array>> {
        guard(|| {
            let (encoding, rung) = (to_encoding(encoding)?, to_rung(rung)?);
            Ok(self.open()?.snapshot(topic, encoding, rung).map(|bytes| Uint8Array::new(bytes.to_vec())))
        })
    }

    /// The newest `count` candles of an instrument, oldest first and without a break, 100 at most; null for an instrument that is not
    /// known. `timeframe`: `1s`, `1m`, `5m`, `15m`, `1h`, `4h` or `1d`.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn candles(&mut self, instrument: u32, timeframe: String, count: u32) -> Result<Option<Candles>> {
        guard(|| {
            let timeframe = Timeframe::from_name(&timeframe).ok_or_else(|| {
                crate::failure::fail(tickring_core::error::Code::ArgumentRange, format!("timeframe {timeframe} is none"))
            })?;
            Ok(self.open()?.bars(instrument).map(|candles| Candles {
                price_exponent: candles.price_exponent,
                qty_exponent: candles.qty_exponent,
                candles: candles.bars.candles(timeframe, count as usize).into_iter().map(Candle::from).collect(),
                holes: candles.bars.missing(timeframe).iter().map(|hole| vec![hole.from.into(), hole.to.into()]).collect(),
            }))
        })
    }

    /// Takes over minutes of an instrument as its venue counts them, oldest first and without a break: in all candles of a minute and
    /// longer they take the place of our trades. False, with nothing changed, where one of them is not over, contradicts itself or has
    /// more decimals than the instrument, where our part of it is no longer known, and for an instrument that is not known.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn settle(&mut self, instrument: u32, minutes: Vec<VenueMinute>) -> Result<bool> {
        guard(|| {
            let fanout = self.open()?;
            let Some((price_exponent, qty_exponent)) = fanout.bars(instrument).map(|of| (of.price_exponent, of.qty_exponent))
            else {
                return Ok(false);
            };
            let minutes: Option<Vec<Minute>> = minutes.iter().map(|minute| minute.at(price_exponent, qty_exponent)).collect();
            Ok(minutes.is_some_and(|minutes| fanout.settle(instrument, &minutes)))
        })
    }

    /// Trades that came when one of their candles was closed, and candles that one came too late for, of all instruments.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn late_trades(&mut self) -> Result<LateTrades> {
        let (late, left_out) = self.open()?.late_trades();
        Ok(LateTrades { late: late as f64, left_out: left_out as f64 })
    }

    /// The messages of a topic after a number, each after its length (u32, little-endian); null where they are not all kept
    /// or have more than `bytes_max` bytes together.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn replay(&mut self, topic: u32, encoding: u32, after: f64, bytes_max: u32) -> Result<Option<Uint8Array>> {
        guard(|| {
            let encoding = to_encoding(encoding)?;
            Ok(self.open()?.replay(topic, encoding, after as u64, bytes_max as usize).map(Uint8Array::new))
        })
    }

    /// A notice that the messages `from ..= to` of a topic were passed over, both 0 where nobody can know them; `reason` as in
    /// `wire.fbs`: 1 slow client, 6 resume.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn skipped(&mut self, topic: u32, encoding: u32, reason: u32, from: f64, to: f64) -> Result<Option<Uint8Array>> {
        guard(|| {
            let encoding = to_encoding(encoding)?;
            let reason = match reason {
                1 => SkipReason::SlowClient,
                6 => SkipReason::Resume,
                _ => return Err(range("reason", reason, "1 nor 6")),
            };
            let notice = self.open()?.skipped(topic, encoding, reason, from as u64, to as u64);
            Ok(notice.map(|bytes| Uint8Array::new(bytes.to_vec())))
        })
    }

    /// Number of a topic's last message; 0 where it has none.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn seq(&mut self, topic: u32) -> Result<f64> {
        Ok(self.open()?.seq(topic).unwrap_or(0) as f64)
    }

    /// Instruments whose book is unknown: the engine should publish a full book of them.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn wanted_snapshots(&mut self) -> Result<Vec<u32>> {
        Ok(self.open()?.wanted_snapshots())
    }

    /// Records lost by being lapped, all shards.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn lost(&mut self) -> Result<BigInt> {
        Ok(self.open()?.lost().into())
    }

    /// State of every shard.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn status(&mut self) -> Result<Vec<ShardStatus>> {
        let shards = self.open()?.status();
        Ok(shards
            .into_iter()
            .map(|shard| ShardStatus {
                shard: shard.shard.into(),
                state: shard.state.to_owned(),
                epoch: shard.epoch.into(),
                lag: shard.lag as f64,
            })
            .collect())
    }

    /// Unmaps everything. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        self.inner = None;
    }

    fn open(&mut self) -> Result<&mut tickring_wire::Fanout> {
        self.inner.as_mut().ok_or_else(|| closed("fan-out"))
    }
}

fn to_encoding(number: u32) -> Result<Encoding> {
    u8::try_from(number).ok().and_then(Encoding::from_number).ok_or_else(|| range("encoding", number, "0, 1, 2 nor 3"))
}

fn to_rung(number: u32) -> Result<Rung> {
    u8::try_from(number).ok().and_then(Rung::from_number).ok_or_else(|| range("rung", number, "0, 1, 2 nor 3"))
}

fn range(what: &str, number: u32, allowed: &str) -> napi::Error<Status> {
    crate::failure::fail(tickring_core::error::Code::ArgumentRange, format!("{what} {number} is neither {allowed}"))
}
