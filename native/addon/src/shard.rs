//! One shard: the state machine and its ring, driven by typed inputs. One object a worker thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::event::Event;
use tickring_core::input::{DisconnectReason, Input, Instrument, Stamped};
use tickring_core::machine::{Machine, MachineConfig, canonical_text};
use tickring_core::sink::{Latest, Sink};
use tickring_core::venue::Reject;
use tickring_shm::{SegmentOptions, Stage, Writer};

use crate::convert::{InstrumentDefinition, Nanos, ShardRequest, narrow, to_u64, unsigned};
use crate::failure::{self, Result, closed, fail, guard, panic_text};

/// Bits 0..23 of an input's return value: events published.
#[napi]
pub const EVENTS_MASK: i32 = 0xff_ffff;
/// `requests()` has something.
#[napi]
pub const REQUESTS_BIT: i32 = 1 << 24;
/// The input was quarantined; `rejection()` says why.
#[napi]
pub const REJECTED_BIT: i32 = 1 << 25;

/// How to make a shard.
#[napi(object)]
pub struct ShardOptions {
    /// Root of shared memory; absent for replay, which publishes nowhere.
    pub root: Option<String>,
    pub name: String,
    pub shard: u32,
    pub epoch: BigInt,
    pub prev_epoch: BigInt,
    pub ring_bytes: f64,
    pub instruments_max: u32,
    pub depth: u32,
    pub snapshot_interval_ms: f64,
}

/// Why the last input was quarantined.
#[napi(object)]
pub struct Rejection {
    pub code: String,
    /// Byte offset in the input.
    pub offset: f64,
    pub message: String,
}

/// Receive → ring latency so far, ns.
#[napi(object)]
pub struct LatencyPercentiles {
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    pub count: f64,
}

/// A full book in canonical text.
#[napi(object)]
pub struct BookText {
    pub last_update_id: BigInt,
    pub in_sync: bool,
    pub text: String,
}

enum Output {
    Ring(Box<Writer>),
    Nowhere,
}

impl Sink for Output {
    fn event(&mut self, event: &Event<'_>) {
        if let Self::Ring(writer) = self {
            writer.event(event);
        }
    }

    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        if let Self::Ring(writer) = self {
            writer.latest(slot, latest);
        }
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        if let Self::Ring(writer) = self {
            writer.instrument(slot, instrument);
        }
    }
}

struct Running {
    machine: Machine,
    output: Output,
}

impl Running {
    fn publish_counters(&mut self) {
        let Output::Ring(writer) = &mut self.output else { return };
        writer.heartbeat();
        writer.put_counters(self.machine.counters());
        for slot in 0..self.machine.instruments_len() {
            if let Some(counters) = self.machine.instrument_counters(slot) {
                writer.put_instrument_counters(slot, counters);
            }
        }
    }
}

/// The state machine and ring of one shard. Inputs return bits (see `EVENTS_MASK`), or a negative code number once the
/// shard is poisoned by a caught panic: rebuild it then.
#[napi]
pub struct Shard {
    running: Option<Running>,
    poisoned: bool,
    rejection: Option<Reject>,
}

#[napi]
impl Shard {
    /// # Errors
    ///
    /// `SHM_*` when the segment cannot be made; `ARGUMENT_RANGE`.
    #[napi(constructor)]
    pub fn new(options: ShardOptions) -> Result<Self> {
        guard(|| {
            let machine = Machine::new(MachineConfig {
                depth: narrow("depth", options.depth)?,
                snapshot_interval_ns: to_u64("snapshotIntervalMs", options.snapshot_interval_ms)? * 1_000_000,
                instruments_max: options.instruments_max,
                ..MachineConfig::default()
            });
            let output = match options.root {
                None => Output::Nowhere,
                Some(root) => {
                    let segment = SegmentOptions {
                        root: PathBuf::from(root),
                        name: options.name,
                        shard: narrow("shard", options.shard)?,
                        epoch: unsigned("epoch", &options.epoch)?,
                        prev_epoch: unsigned("prevEpoch", &options.prev_epoch)?,
                        ring_bytes: to_u64("ringBytes", options.ring_bytes)?,
                        instruments_max: options.instruments_max,
                        depth: narrow("depth", options.depth)?,
                    };
                    Output::Ring(Box::new(Writer::create(&segment).map_err(|error| failure::shm(&error))?))
                }
            };
            Ok(Self { running: Some(Running { machine, output }), poisoned: false, rejection: None })
        })
    }

    /// One WebSocket message, exactly as received. `length` bytes of `frame` count.
    #[napi]
    pub fn ingest(&mut self, connection: u32, frame: &[u8], length: u32, ts_recv: Nanos) -> i32 {
        let Some(bytes) = frame.get(..length as usize) else { return out_of_range() };
        let Ok(connection) = u16::try_from(connection) else { return out_of_range() };
        self.timed(ts_recv, Input::Frame { connection, bytes })
    }

    /// Body of a REST depth snapshot.
    #[napi]
    pub fn depth_snapshot(&mut self, instrument: u32, body: &[u8], length: u32, ts_recv: Nanos) -> i32 {
        let Some(bytes) = body.get(..length as usize) else { return out_of_range() };
        self.input(ts_recv, &Input::DepthSnapshot { instrument, bytes })
    }

    /// A connection is open; `venue` is the venue's number.
    #[napi]
    pub fn connect(&mut self, connection: u32, venue: u32, ts_recv: Nanos) -> i32 {
        let (Ok(connection), Ok(venue)) = (u16::try_from(connection), u16::try_from(venue)) else { return out_of_range() };
        self.input(ts_recv, &Input::Connect { connection, venue })
    }

    /// A connection ended; `reason` is a number of `DISCONNECT_REASON`.
    #[napi]
    pub fn disconnect(&mut self, connection: u32, reason: u32, ts_recv: Nanos) -> i32 {
        let reason = u8::try_from(reason).ok().and_then(DisconnectReason::from_number);
        let (Ok(connection), Some(reason)) = (u16::try_from(connection), reason) else { return out_of_range() };
        self.input(ts_recv, &Input::Disconnect { connection, reason })
    }

    /// These channels (bits of `CHANNEL`) of an instrument are being asked for on this connection.
    #[napi]
    pub fn subscribe(&mut self, connection: u32, instrument: u32, channels: u32, ts_recv: Nanos) -> i32 {
        let (Ok(connection), Ok(channels)) = (u16::try_from(connection), u8::try_from(channels)) else { return out_of_range() };
        self.input(ts_recv, &Input::Subscribe { connection, instrument, channels })
    }

    /// The instrument leaves the shard.
    #[napi]
    pub fn unsubscribe(&mut self, instrument: u32, ts_recv: Nanos) -> i32 {
        self.input(ts_recv, &Input::Unsubscribe { instrument })
    }

    /// The venue's answer to a subscription, or its absence.
    #[napi]
    pub fn ack(&mut self, connection: u32, instrument: u32, accepted: bool, ts_recv: Nanos) -> i32 {
        let Ok(connection) = u16::try_from(connection) else { return out_of_range() };
        self.input(ts_recv, &Input::Ack { connection, instrument, accepted })
    }

    /// A new or changed instrument definition.
    ///
    /// # Errors
    ///
    /// `INSTRUMENT_INVALID`, `VENUE_UNKNOWN`, `ARGUMENT_RANGE` when the definition cannot be expressed.
    #[napi]
    pub fn instrument(&mut self, definition: InstrumentDefinition, ts_recv: Nanos) -> Result<i32> {
        let instrument = definition.to_core()?;
        Ok(self.input(ts_recv, &Input::Instrument(&instrument)))
    }

    /// A reader asked for a full book on the ring.
    #[napi]
    pub fn publish_snapshot(&mut self, instrument: u32, ts_recv: Nanos) -> i32 {
        self.input(ts_recv, &Input::PublishSnapshot { instrument })
    }

    /// Time passes; also moves the ring's heartbeat and copies the counters to shared memory. Every 100 ms.
    #[napi]
    pub fn tick(&mut self, ts_recv: Nanos) -> i32 {
        let result = self.input(ts_recv, &Input::Tick);
        if result >= 0
            && let Some(running) = &mut self.running
        {
            running.publish_counters();
        }
        result
    }

    /// Takes what the state machine asks for.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn requests(&mut self) -> Result<Vec<ShardRequest>> {
        let machine = &mut self.healthy()?.machine;
        Ok(std::iter::from_fn(|| machine.take_request()).map(ShardRequest::from).collect())
    }

    /// Why the last input was quarantined; null if it was not.
    #[napi]
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        self.rejection.map(|reject| Rejection {
            code: reject.code.name().to_owned(),
            offset: reject.offset as f64,
            message: format!("{} at byte {}", reject.code.meaning(), reject.offset),
        })
    }

    /// Shard counters in the order of `SHARD_COUNTERS`.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn counters(&mut self) -> Result<Vec<BigInt>> {
        Ok(self.healthy()?.machine.counters().values().into_iter().map(BigInt::from).collect())
    }

    /// Counters of an instrument in the order of `INSTRUMENT_COUNTERS`; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn instrument_counters(&mut self, instrument: u32) -> Result<Option<Vec<BigInt>>> {
        let machine = &self.healthy()?.machine;
        let counters = machine.slot(instrument).and_then(|slot| machine.instrument_counters(slot));
        Ok(counters.map(|counters| counters.values().into_iter().map(BigInt::from).collect()))
    }

    /// Receive → ring latency since the start.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn latency_percentiles(&mut self) -> Result<LatencyPercentiles> {
        let Output::Ring(writer) = &self.healthy()?.output else {
            return Ok(LatencyPercentiles { p50: 0.0, p99: 0.0, p999: 0.0, count: 0.0 });
        };
        let histogram = writer.histogram(Stage::ReceiveToRing);
        let at = |quantile: f64| histogram.quantile(quantile) as f64;
        Ok(LatencyPercentiles { p50: at(0.5), p99: at(0.99), p999: at(0.999), count: histogram.count as f64 })
    }

    /// The serving book in canonical text; null if the shard does not hold the instrument.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn book_text(&mut self, instrument: u32) -> Result<Option<BookText>> {
        guard(|| {
            let machine = &self.healthy()?.machine;
            let Some(slot) = machine.slot(instrument) else { return Ok(None) };
            let (Some(book), Some(definition)) = (machine.book(slot), machine.instrument(slot)) else { return Ok(None) };
            let counters = machine.instrument_counters(slot).copied().unwrap_or_default();
            let mut text = String::new();
            canonical_text(book, definition.price_exponent, definition.qty_exponent, &mut text);
            Ok(Some(BookText { last_update_id: counters.last_update_id.into(), in_sync: counters.in_sync == 1, text }))
        })
    }

    /// Marks the ring closed and lets go of everything. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        if self.poisoned {
            return;
        }
        running.publish_counters();
        if let Output::Ring(writer) = running.output {
            writer.close();
        }
    }

    fn healthy(&mut self) -> Result<&mut Running> {
        if self.poisoned {
            return Err(fail(Code::ShardPoisoned, "the shard caught a panic and must be rebuilt"));
        }
        self.running.as_mut().ok_or_else(|| closed("shard"))
    }

    /// A frame: also measures receive → ring.
    fn timed(&mut self, ts_recv: Nanos, input: Input<'_>) -> i32 {
        let started = Instant::now();
        let result = self.input(ts_recv, &input);
        if result >= 0
            && let Some(Running { output: Output::Ring(writer), .. }) = &mut self.running
        {
            writer.record_latency(Stage::ReceiveToRing, u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        result
    }

    fn input(&mut self, ts_recv: Nanos, input: &Input<'_>) -> i32 {
        if self.poisoned {
            return -i32::from(Code::ShardPoisoned as u16);
        }
        let Some(running) = &mut self.running else { return -i32::from(Code::Closed as u16) };
        let ts_recv = if ts_recv.0 == 0 { now() } else { ts_recv.0 };
        let stamped = Stamped { ts_recv, input: *input };
        if let Output::Ring(writer) = &mut running.output {
            writer.begin_input();
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| running.machine.apply(&stamped, &mut running.output)));
        match outcome {
            Ok(outcome) => {
                self.rejection = outcome.rejected;
                let events = i32::try_from(outcome.events).unwrap_or(EVENTS_MASK).min(EVENTS_MASK);
                let requests = if outcome.requests_pending { REQUESTS_BIT } else { 0 };
                let rejected = if outcome.rejected.is_some() { REJECTED_BIT } else { 0 };
                events | requests | rejected
            }
            Err(payload) => {
                self.poisoned = true;
                // The ring is left open: readers see a generation without heartbeat until the rebuilt shard publishes its own.
                eprintln!("tickring: shard poisoned: {}", panic_text(payload.as_ref()));
                -i32::from(Code::ShardPoisoned as u16)
            }
        }
    }
}

fn out_of_range() -> i32 {
    -i32::from(Code::ArgumentRange as u16)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
