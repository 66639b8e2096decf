//! One shard: the state machine and its ring, driven by typed inputs. One object a worker thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use napi::bindgen_prelude::{BigInt, Env, Function};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::input::{DisconnectReason, Input};
use tickring_core::machine::{Machine, MachineConfig, canonical_text};
use tickring_shm::{Clock, EpochSeed, Stage, Writer, last_input};

use crate::convert::{InstrumentDefinition, Nanos, ShardRequest, narrow};
use crate::driver::{Driver, SharedDriver};
use crate::entry::{self, Call, out_of_range};
use crate::failure::{self, Result, fail, guard};
use crate::journalling::{JournalStatus, Journalling};
use crate::lines::{Handover, LineFigures};
use crate::rules::ValidationRules;
use crate::shard_options::{ShardOptions, code_path};

/// Bits 0..23 of an input's return value: events published.
#[napi]
pub const EVENTS_MASK: i32 = 0xff_ffff;
/// `requests()` has something.
#[napi]
pub const REQUESTS_BIT: i32 = 1 << 24;
/// The input was quarantined; `rejection()` says why.
#[napi]
pub const REJECTED_BIT: i32 = 1 << 25;

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

/// The state machine and ring of one shard. Inputs return bits (see `EVENTS_MASK`), or a negative code number once the
/// shard is closed, or poisoned by a caught panic: rebuild it then.
#[napi]
pub struct Shard {
    driver: SharedDriver,
}

#[napi]
impl Shard {
    /// # Errors
    ///
    /// `SHM_*` when the segment cannot be made; `JOURNAL_*` when the journal cannot be opened; `ARGUMENT_RANGE`.
    #[napi(constructor)]
    pub fn new(mut options: ShardOptions) -> Result<Self> {
        guard(|| {
            let snapshot_interval_ns = options.snapshot_interval_ns()?;
            let wake_interval = Duration::from_micros(options.wake_interval_us.unwrap_or(0).into());
            let kept = options.journal.take();
            let segment = options.into_segment()?;
            let config = MachineConfig {
                depth: usize::from(segment.depth),
                snapshot_interval_ns,
                instruments_max: segment.instruments_max,
                code_path: code_path()?,
                ..MachineConfig::default()
            };
            let publishes = !segment.root.as_os_str().is_empty();
            let journal = match &kept {
                Some(kept) => {
                    // Numbers go on behind those that readers have seen, on disk or not.
                    let first = if publishes { last_input(&segment) + 1 } else { 1 };
                    Some(Box::new(Journalling::open(kept, &config, (segment.shard, segment.epoch, first))?))
                }
                None => None,
            };
            let (before, began) = journal.as_ref().map_or((0, 0), |journal| (journal.before(), journal.began()));
            let ring = if publishes {
                let seed = EpochSeed { last_durable: before, ..EpochSeed::default() };
                let mut writer = Writer::create_with(&segment, &seed).map_err(|error| failure::shm(&error))?;
                writer.use_clock(Clock::counter());
                if !wake_interval.is_zero() {
                    writer.start_waker(wake_interval).map_err(|error| failure::shm(&error))?;
                }
                Some(Box::new(writer))
            } else {
                None
            };
            let machine = Machine::numbered_after(config, began);
            Ok(Self { driver: Rc::new(RefCell::new(Driver::new(machine, ring, journal))) })
        })
    }

    /// The function that takes WebSocket messages, exactly as received: get it once, call it for each. The first `length` bytes
    /// of `frame` count, or all. Without `tsRecv`, or with `0n`, the addon stamps the receive time. Returns bits as all inputs
    /// do, and `-ARGUMENT_RANGE` for arguments that it cannot take.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending.
    #[napi(ts_return_type = "(connection: number, frame: Uint8Array, length?: number, tsRecv?: bigint) => number")]
    pub fn ingester(&self, env: Env) -> Result<Function<'static, (), i32>> {
        let driver = Rc::clone(&self.driver);
        entry::bind(&env, "ingest", move |call| ingest(&driver, call).unwrap_or_else(out_of_range))
    }

    /// Body of a REST depth snapshot.
    #[napi]
    pub fn depth_snapshot(
        &self,
        instrument: u32,
        body: &[u8],
        length: u32,
        #[napi(ts_arg_type = "bigint")] ts_recv: Nanos,
    ) -> i32 {
        let Some(bytes) = body.get(..length as usize) else { return out_of_range() };
        self.input(&ts_recv, Input::DepthSnapshot { instrument, bytes })
    }

    /// Body of a REST answer with trades that were missed; of length 0 where the venue gave none.
    #[napi]
    pub fn trades(&self, instrument: u32, body: &[u8], length: u32, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> i32 {
        let Some(bytes) = body.get(..length as usize) else { return out_of_range() };
        self.input(&ts_recv, Input::Trades { instrument, bytes })
    }

    /// A connection is open; `venue` is the venue's number.
    ///
    /// # Errors
    ///
    /// `VENUE_UNKNOWN`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn connect(&self, connection: u32, venue: u32, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> Result<i32> {
        let (connection, venue) = (narrow("connection", connection)?, crate::convert::venue(venue)? as u16);
        Ok(self.input(&ts_recv, Input::Connect { connection, venue }))
    }

    /// A connection ended; `reason` is a number of `DISCONNECT_REASON`.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`.
    #[napi]
    pub fn disconnect(&self, connection: u32, reason: u32, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> Result<i32> {
        let connection = narrow("connection", connection)?;
        let known = u8::try_from(reason).ok().and_then(DisconnectReason::from_number);
        let reason =
            known.ok_or_else(|| fail(Code::ArgumentRange, format!("disconnect reason {reason} is outside 1 ..= 5")))?;
        Ok(self.input(&ts_recv, Input::Disconnect { connection, reason }))
    }

    /// These channels (bits of `CHANNEL`) of an instrument are being asked for on this connection.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`.
    #[napi]
    pub fn subscribe(
        &self,
        connection: u32,
        instrument: u32,
        channels: u32,
        #[napi(ts_arg_type = "bigint")] ts_recv: Nanos,
    ) -> Result<i32> {
        let (connection, channels) = (narrow("connection", connection)?, narrow("channels", channels)?);
        Ok(self.input(&ts_recv, Input::Subscribe { connection, instrument, channels }))
    }

    /// The instrument leaves the shard.
    #[napi]
    pub fn unsubscribe(&self, instrument: u32, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> i32 {
        self.input(&ts_recv, Input::Unsubscribe { instrument })
    }

    /// The venue's answer to a subscription, or its absence.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`.
    #[napi]
    pub fn ack(
        &self,
        connection: u32,
        instrument: u32,
        accepted: bool,
        #[napi(ts_arg_type = "bigint")] ts_recv: Nanos,
    ) -> Result<i32> {
        let connection = narrow("connection", connection)?;
        Ok(self.input(&ts_recv, Input::Ack { connection, instrument, accepted }))
    }

    /// A new or changed instrument definition.
    ///
    /// # Errors
    ///
    /// `INSTRUMENT_INVALID`, `VENUE_UNKNOWN`, `ARGUMENT_RANGE` when the definition cannot be expressed.
    #[napi]
    pub fn instrument(&self, definition: InstrumentDefinition, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> Result<i32> {
        let instrument = definition.to_core()?;
        Ok(self.input(&ts_recv, Input::Instrument(&instrument)))
    }

    /// Rules that events of the instrument are looked at with from now on.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE` when a bound is no price.
    #[napi]
    pub fn rules(
        &self,
        instrument: u32,
        rules: ValidationRules,
        #[napi(ts_arg_type = "bigint")] ts_recv: Nanos,
    ) -> Result<i32> {
        let rules = rules.to_core()?;
        Ok(self.input(&ts_recv, Input::Rules { instrument, rules: &rules }))
    }

    /// A reader asked for a full book on the ring.
    #[napi]
    pub fn publish_snapshot(&self, instrument: u32, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> i32 {
        self.input(&ts_recv, Input::PublishSnapshot { instrument })
    }

    /// Time passes; also moves the ring's heartbeat and copies the counters to shared memory. Every 100 ms.
    #[napi]
    pub fn tick(&self, #[napi(ts_arg_type = "bigint")] ts_recv: Nanos) -> i32 {
        self.driver.borrow_mut().tick(ts_recv.0)
    }

    /// Takes what the state machine asks for.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn requests(&self) -> Result<Vec<ShardRequest>> {
        let mut driver = self.driver.borrow_mut();
        let machine = &mut driver.healthy_mut()?.machine;
        Ok(std::iter::from_fn(|| machine.take_request()).map(ShardRequest::from).collect())
    }

    /// Number of a connection and least delay of its messages since the last call, ns (our receive time less the venue's), in turns.
    #[napi]
    pub fn delays(&self) -> Vec<f64> {
        let mut found = Vec::new();
        if let Ok(driver) = self.driver.borrow_mut().healthy_mut() {
            driver.machine.take_delays(|connection, delay| found.extend([f64::from(connection), delay as f64]));
        }
        found
    }

    /// Why the last input was quarantined; null if it was not.
    #[napi]
    #[must_use]
    pub fn rejection(&self) -> Option<Rejection> {
        self.driver.borrow().rejection().map(|rejected| Rejection {
            code: rejected.reject.code.name().to_owned(),
            offset: rejected.reject.offset as f64,
            message: rejected.to_string(),
        })
    }

    /// Shard counters in the order of `SHARD_COUNTERS`.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn counters(&self) -> Result<Vec<BigInt>> {
        let driver = self.driver.borrow();
        Ok(driver.healthy()?.machine.counters().values().into_iter().map(BigInt::from).collect())
    }

    /// How the journal does; null where none is kept.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn journal_status(&self) -> Result<Option<JournalStatus>> {
        Ok(self.driver.borrow().healthy()?.journal.as_ref().map(|journal| journal.status()))
    }

    /// Counters of an instrument in the order of `INSTRUMENT_COUNTERS`; null if the shard does not hold it.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn instrument_counters(&self, instrument: u32) -> Result<Option<Vec<BigInt>>> {
        let driver = self.driver.borrow();
        let machine = &driver.healthy()?.machine;
        let counters = machine.slot(instrument).and_then(|slot| machine.instrument_counters(slot));
        Ok(counters.map(|counters| counters.values().into_iter().map(BigInt::from).collect()))
    }

    /// How far a connection has come that is to take over what others carry: streams that others have brought something of since it was
    /// subscribed and it nothing that joins; streams that nobody has brought anything of; instruments of which something waits for
    /// another connection. All 0: the others may be closed, and nothing is lost.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`, `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn handover(&self, connection: u32) -> Result<Handover> {
        let driver = self.driver.borrow();
        let of = driver.healthy()?.machine.handover(narrow("connection", connection)?);
        Ok(Handover { behind: of.behind, quiet: of.quiet, held: of.held })
    }

    /// What a connection brought while several carried its streams.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`, `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn line_figures(&self, connection: u32) -> Result<LineFigures> {
        let driver = self.driver.borrow();
        let figures = driver.healthy()?.machine.line_figures(narrow("connection", connection)?).unwrap_or_default();
        let [firsts, repeats, leads, lead_ns] = figures.map(|figure| figure as f64);
        Ok(LineFigures { firsts, repeats, leads, lead_ns })
    }

    /// Receive → ring latency since the start.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED`.
    #[napi]
    pub fn latency_percentiles(&self) -> Result<LatencyPercentiles> {
        let driver = self.driver.borrow();
        let Some(writer) = &driver.healthy()?.output.ring else {
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
    pub fn book_text(&self, instrument: u32) -> Result<Option<BookText>> {
        guard(|| {
            let driver = self.driver.borrow();
            let machine = &driver.healthy()?.machine;
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
    pub fn close(&self) {
        self.driver.borrow_mut().close();
    }

    /// What entry points share with this class.
    pub(crate) fn shared(&self) -> SharedDriver {
        Rc::clone(&self.driver)
    }

    fn input(&self, ts_recv: &Nanos, input: Input<'_>) -> i32 {
        self.driver.borrow_mut().input(ts_recv.0, input)
    }
}

/// Arguments: connection, frame, and perhaps length and receive time. `None` if they are unusable.
#[inline]
fn ingest(driver: &RefCell<Driver>, call: &Call<'_>) -> Option<i32> {
    let connection = u16::try_from(call.number(0)?).ok()?;
    let frame = call.bytes(1)?;
    let frame = if call.has(2) { frame.get(..call.number(2)? as usize)? } else { frame };
    Some(driver.borrow_mut().frame(connection, frame, call.nanos(3)?))
}
