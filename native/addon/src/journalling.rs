//! A shard's journal: each input is appended before it is applied, with the digest of what came out before it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use tickring_core::counters::JournalCounters;
use tickring_core::digest::Digests;
use tickring_core::error::Code;
use tickring_core::input::{Input, Stamped};
use tickring_core::machine::{Machine, MachineConfig};
use tickring_journal::{
    Checkpointer, Disk, Durability, Journal, JournalError, Mode, Retention, Settings, Spacing, Stamp, State, Writer,
    configuration, save,
};
use tickring_shm::Clock;

use crate::convert::{to_u64, unsigned};
use crate::failure::{Result, fail};

/// A shard waits so long for its first record to be durable: numbers are on disk before anybody sees them.
const FIRST_RECORD: Duration = Duration::from_secs(2);
/// A record without a long payload, and more than its head and padding.
const RECORD_BYTES: usize = 256;
/// How long the input of a recording waits for room; then it is shed as a live one.
const ROOM_WAIT: Duration = Duration::from_millis(1);
const ROOM_TRIES: u32 = 60_000;
/// How a closed journal is told.
const CLOSED: u64 = 3;
/// Ticks between two attempts to write a checkpoint behind a gap.
const CHECKPOINT_EVERY: u32 = 10;

/// Where and how a shard keeps its journal.
#[napi(object)]
pub struct JournalOptions {
    /// Folder of this shard alone; made if need be.
    pub folder: String,
    /// `none`, `batch` or `fsync`.
    pub durability: String,
    pub segment_bytes: f64,
    /// Memory for inputs that wait for the disk.
    pub buffer_bytes: f64,
    /// Bytes kept; 0: no limit.
    pub retain_bytes: f64,
    /// Age kept, ms; 0: no limit.
    pub retain_ms: f64,
    /// With less than this free on the disk, old segments go although a sink needs them.
    pub disk_floor_bytes: f64,
    /// Whether sealed segments are compressed.
    pub compress: bool,
    /// What is done about damage in the last segment: `strict`, `point-in-time` or `salvage`.
    pub recovery: String,
    /// Names of the sinks whose cursors say what must not be deleted.
    pub sinks: Option<Vec<String>>,
    /// Inputs are those of a recording that begins at this time, ns since the UNIX epoch: stamps are its own, and instead of shedding an
    /// input its caller waits for the disk. Absent: live.
    pub recorded_from: Option<BigInt>,
}

/// What the journal found when it was opened, and how it does.
#[napi(object)]
pub struct JournalStatus {
    /// In the order of `JOURNAL_COUNTERS`.
    pub counters: Vec<BigInt>,
    /// The last error of the disk; null where there was none.
    pub failure: Option<String>,
    /// What recovery found amiss, a line each.
    pub recovered: Vec<String>,
}

fn named<T: Copy>(what: &str, value: &str, known: &[(&str, T)]) -> Result<T> {
    let found = known.iter().find(|(name, _)| *name == value).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        fail(Code::ArgumentRange, format!("{what} {value} is none of {}", names.join(", ")))
    })
}

impl JournalOptions {
    fn settings(&self, shard: u16, epoch: u64, first_sequence: u64) -> Result<Settings> {
        let bytes = to_u64("journal.retainBytes", self.retain_bytes)?;
        let ms = to_u64("journal.retainMs", self.retain_ms)?;
        let durability = [("none", Durability::None), ("batch", Durability::Batch), ("fsync", Durability::Fsync)];
        let modes = [("strict", Mode::Strict), ("point-in-time", Mode::PointInTime), ("salvage", Mode::Salvage)];
        let buffer_bytes = to_u64("journal.bufferBytes", self.buffer_bytes)?;
        let segment_bytes = to_u64("journal.segmentBytes", self.segment_bytes)?;
        Ok(Settings {
            stream: u32::from(shard),
            epoch,
            first_sequence,
            segment_bytes,
            // The reserve is a segment, and no longer than the others.
            reserve_bytes: Settings::default().reserve_bytes.min(segment_bytes),
            buffer_bytes: usize::try_from(buffer_bytes)
                .map_err(|_| fail(Code::ArgumentRange, format!("journal.bufferBytes {buffer_bytes} is no size")))?,
            durability: named("journal.durability", &self.durability, &durability)?,
            retention: Retention {
                bytes: (bytes > 0).then_some(bytes),
                age: (ms > 0).then(|| Duration::from_millis(ms)),
                disk_floor: to_u64("journal.diskFloorBytes", self.disk_floor_bytes)?,
            },
            compress: self.compress,
            mode: named("journal.recovery", &self.recovery, &modes)?,
            // No feed waits for a disk.
            begins_degraded: true,
            ..Settings::default()
        })
    }
}

fn failed(error: &JournalError) -> napi::Error<crate::failure::Status> {
    fail(error.code(), error.to_string())
}

/// The journal of a shard in use.
pub struct Journalling {
    journal: Journal,
    writer: Writer,
    recovered: Vec<String>,
    /// Last input of the writers before that is on disk.
    before: u64,
    /// Number of the configuration, behind which the machine counts on.
    began: u64,
    /// What the monotonic clock is behind the wall clock, ns, as of the last tick.
    mono_behind: u64,
    /// Inputs were shed, and replay needs the whole state to go on behind them.
    owes_checkpoint: bool,
    ticks: u32,
    /// Of a recording: the receive time of its last input.
    recorded: Option<u64>,
    /// Longer inputs never have room.
    input_bytes_max: usize,
    /// Live, checkpoints are left beside the segments by a thread that replays what is durable.
    checkpointer: Option<Checkpointer>,
}

impl Journalling {
    /// Opens the journal and appends the configuration.
    ///
    /// # Errors
    ///
    /// `JOURNAL_*`, `ARGUMENT_RANGE`.
    pub fn open(
        options: &JournalOptions,
        config: &MachineConfig,
        (shard, epoch, first_sequence): (u16, u64, u64),
    ) -> Result<Self> {
        let settings = options.settings(shard, epoch, first_sequence)?;
        let recorded = options.recorded_from.as_ref().map(|from| unsigned("journal.recordedFrom", from)).transpose()?;
        let sinks = options.sinks.clone().unwrap_or_default();
        let opened = Journal::open_for(Path::new(&options.folder), &settings, sinks);
        let (journal, writer, recovered) = opened.map_err(|error| failed(&error))?;
        let torn = recovered
            .torn
            .iter()
            .map(|(file, from, to)| format!("{file}: bytes {from} to {to} were never acknowledged and are left out"));
        let damage =
            recovered.damage.iter().map(|damage| format!("{}: {} from byte {}", damage.file, damage.what, damage.from));
        let mut this = Self {
            recovered: torn.chain(damage).collect(),
            before: recovered.last_sequence,
            began: 0,
            mono_behind: 0,
            owes_checkpoint: false,
            ticks: 0,
            recorded,
            input_bytes_max: settings.buffer_bytes / 2,
            checkpointer: None,
            journal,
            writer,
        };
        this.look_at_clocks();
        let stamp = this.stamp();
        this.began = this.writer.append_configuration(&configuration(config), stamp).sequence;
        let _ = this.journal.wait_durable(this.began, FIRST_RECORD);
        if this.recorded.is_none() {
            let started = Disk::open(Path::new(&options.folder), false)
                .and_then(|disk| Checkpointer::start(Arc::new(disk), this.journal.watch(), this.began, Spacing::default()));
            this.checkpointer = Some(started.map_err(|error| failed(&error))?);
        }
        Ok(this)
    }

    /// Last input of the writers before that is on disk.
    pub const fn before(&self) -> u64 {
        self.before
    }

    /// Number of the configuration, behind which the machine counts on.
    pub const fn began(&self) -> u64 {
        self.began
    }

    /// Appends an input before it is applied.
    #[inline]
    pub fn append(&mut self, stamped: &Stamped<'_>, outputs: u64) {
        let ts_mono = self.mono(stamped.ts_recv);
        if self.recorded.is_some() {
            self.wait_for_room(stamped);
        }
        if !self.writer.append(stamped, ts_mono, outputs).kept {
            self.owes_checkpoint = true;
        }
    }

    /// Of a recording: waits until the input has room, as long as the disk takes anything.
    #[cold]
    fn wait_for_room(&mut self, stamped: &Stamped<'_>) {
        self.recorded = Some(stamped.ts_recv);
        let bytes = match stamped.input {
            Input::Frame { bytes, .. } | Input::DepthSnapshot { bytes, .. } | Input::Trades { bytes, .. } => bytes.len(),
            _ => 0,
        };
        for _ in 0..ROOM_TRIES {
            if bytes > self.input_bytes_max || self.writer.settle() && !self.writer.is_behind(bytes + RECORD_BYTES) {
                return;
            }
            std::thread::sleep(ROOM_WAIT);
        }
    }

    /// Now; of a recording, when its last input was received.
    fn stamp(&self) -> Stamp {
        let ts_recv = self.recorded.unwrap_or_else(|| Clock::system().now());
        Stamp { ts_recv, ts_mono: self.mono(ts_recv), ..Stamp::default() }
    }

    /// One addition: a reading of a second clock would cost more than the copy.
    const fn mono(&self, ts_recv: u64) -> u64 {
        ts_recv.wrapping_sub(self.mono_behind)
    }

    fn look_at_clocks(&mut self) {
        self.mono_behind = Clock::system().now().wrapping_sub(Clock::monotonic());
    }

    /// Time passes. Behind a gap, replay goes on from a checkpoint: it is written once the disk keeps up again.
    pub fn tick(&mut self, machine: &Machine, digests: &Digests) {
        self.look_at_clocks();
        self.ticks = self.ticks.wrapping_add(1);
        if !self.owes_checkpoint || !self.ticks.is_multiple_of(CHECKPOINT_EVERY) {
            return;
        }
        if !self.writer.settle() || self.journal.status().state != State::Normal {
            return;
        }
        let stamp = self.stamp();
        self.owes_checkpoint = !self.writer.whole_checkpoint(&save(machine, digests), stamp);
    }

    /// Figures of this moment.
    pub fn counters(&self) -> JournalCounters {
        let status = self.journal.status();
        JournalCounters {
            journal_state: match status.state {
                State::Normal => 1,
                State::Degraded => 2,
                State::Closed => CLOSED,
            },
            journal_durable: status.durable,
            journal_appended: self.writer.next_sequence() - 1,
            journal_shed: status.shed_inputs,
            journal_shed_bytes: status.shed_bytes,
            journal_bytes: status.bytes,
            journal_groups: status.groups,
            journal_segments: status.segments,
            journal_failures: status.failures,
        }
    }

    /// The same for JavaScript, with texts.
    pub fn status(&self) -> JournalStatus {
        JournalStatus {
            counters: self.counters().values().into_iter().map(Into::into).collect(),
            failure: self.journal.status().failure,
            recovered: self.recovered.clone(),
        }
    }

    /// Brings what waits to the disk; what the disk does not take is told by a gap, and on standard error. Gives the last figures: sinks
    /// go by them until another writer is there.
    pub fn close(mut self) -> JournalCounters {
        let (before, watch) = (self.counters(), self.journal.watch());
        if let Some(checkpointer) = self.checkpointer.take() {
            checkpointer.stop();
        }
        if let Err(error) = self.journal.close(self.writer) {
            eprintln!("tickring: journal: {error}");
        }
        JournalCounters { journal_state: CLOSED, journal_durable: watch.get(), ..before }
    }
}
