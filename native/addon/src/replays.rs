//! A journal replayed step by step, as fast as JavaScript asks for it: into a ring under a name of its own, or nowhere.

use std::collections::HashSet;
use std::path::PathBuf;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use tickring_core::event::Event;
use tickring_core::input::Instrument;
use tickring_core::sink::{Discard, Latest, Sink};
use tickring_core::venue::VenueId;
use tickring_journal::{Replay, Spacing, Step};
use tickring_shm::layout::CHUNK_SIZE;
use tickring_shm::{Clock, EpochSeed, SegmentOptions, Writer};

use crate::convert::{Nanos, narrow, to_u64, unsigned};
use crate::failure::{self, Result, closed, guard};
use crate::journals::{failed, hexadecimal, options, storage};
use crate::past_books::{FoundBook, JournalBook};
use crate::verified::{InstrumentDigest, digests};

/// The ring that a replay publishes to.
#[napi(object)]
pub struct ReplayRing {
    pub root: String,
    pub name: String,
    pub shard: u32,
    /// Another one than that of any writer before; each writer of the journal takes the next.
    pub epoch: BigInt,
    pub ring_bytes: f64,
    pub books_bytes: f64,
    pub instruments_max: u32,
    pub depth: u32,
}

/// How to replay.
#[napi(object)]
pub struct JournalReplayOptions {
    /// The folder of one shard.
    pub folder: String,
    /// Damage is passed; else it is an error.
    pub salvage: bool,
    /// What was received up to this time is applied and not told, ns since the UNIX epoch; absent: all is told.
    pub from: Option<BigInt>,
    /// Of the instruments, only these, as `SYMBOL` or `venue:SYMBOL`; absent: all.
    pub symbols: Option<Vec<String>>,
    /// Absent: it publishes nowhere.
    pub ring: Option<ReplayRing>,
    /// Leaves checkpoints so many bytes of payloads apart beside the segments; absent: none.
    pub checkpoint_bytes: Option<f64>,
}

/// Where a replay got.
#[napi(object)]
pub struct ReplayProgress {
    /// `more`: as many records as asked for were read; `reached`: the next input is later than asked for; `end`: there is no more now.
    #[napi(ts_type = "'more' | 'reached' | 'end'")]
    pub state: String,
    /// When the next input was received, where the state is `reached`.
    pub next_ts: Option<BigInt>,
    /// Latest receive time so far.
    pub ts_latest: BigInt,
    pub records: f64,
    pub frames: f64,
    /// Events told.
    pub events: f64,
    pub gaps: f64,
    pub damage: f64,
    /// Inputs before which nothing was known of the shard.
    pub passed: f64,
    pub checkpoints: f64,
}

/// What was told so far.
#[napi(object)]
pub struct ReplayDigests {
    /// Of all events since the last writer began.
    pub shard: String,
    pub instruments: Vec<InstrumentDigest>,
}

/// The sink: stamps `ts_out` with the time at which the input was received, which is all the clock there is.
struct Tape {
    writer: Option<Box<Writer>>,
    /// Instruments that are wanted, by the names asked for; `None` wants all.
    symbols: Option<Vec<String>>,
    wanted: HashSet<u32>,
    /// Nothing is told yet.
    silent: bool,
    /// The input whose events were told last.
    frame_seq: u64,
    events: u64,
    /// Nothing was told to this writer.
    fresh: bool,
}

impl Tape {
    fn wants(&self, instrument: u32) -> bool {
        !self.silent && (self.symbols.is_none() || instrument == 0 || self.wanted.contains(&instrument))
    }

    fn note(&mut self, definition: &Instrument) {
        let Some(symbols) = &self.symbols else { return };
        let symbol = definition.symbol.as_str();
        let venue = VenueId::from_number(definition.venue).map_or("", VenueId::name);
        let asked = |name: &String| match name.split_once(':') {
            Some((of, rest)) if of == venue => rest == symbol,
            _ => name == symbol,
        };
        if symbols.iter().any(asked) {
            self.wanted.insert(definition.id);
        }
    }
}

impl Sink for Tape {
    fn event(&mut self, event: &Event<'_>) {
        let header = &event.header;
        if !self.wants(header.instrument) {
            return;
        }
        self.events += 1;
        let Some(writer) = &mut self.writer else { return };
        self.fresh = false;
        if self.frame_seq != header.frame_seq {
            self.frame_seq = header.frame_seq;
            writer.use_clock(Clock::standing(header.ts_recv));
            writer.begin_input();
        }
        writer.event(event);
    }

    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        if self.wants(latest.instrument)
            && let Some(writer) = &mut self.writer
        {
            writer.latest(slot, latest);
        }
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        self.note(instrument);
        if self.wants(instrument.id)
            && let Some(writer) = &mut self.writer
        {
            writer.instrument(slot, instrument);
        }
    }

    fn wanted(&mut self) -> Option<u32> {
        if self.silent { None } else { self.writer.as_mut()?.wanted() }
    }

    fn again(&mut self, slot: u32, latest: &Latest<'_>) {
        if self.wants(latest.instrument)
            && let Some(writer) = &mut self.writer
        {
            writer.again(slot, latest);
        }
    }
}

struct Playing {
    replay: Replay,
    tape: Tape,
    ring: Option<SegmentOptions>,
    from: Option<u64>,
    spacing: Option<Spacing>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    records: u64,
    frames: u64,
    gaps: u64,
    damage: u64,
    passed: u64,
    checkpoints: u64,
}

/// A replay of one shard's journal.
#[napi]
pub struct JournalReplay {
    playing: Option<Box<Playing>>,
}

impl ReplayRing {
    fn segment(self) -> Result<SegmentOptions> {
        let books_bytes = to_u64("booksBytes", self.books_bytes)?;
        Ok(SegmentOptions {
            root: PathBuf::from(self.root),
            name: self.name,
            shard: narrow("shard", self.shard)?,
            epoch: unsigned("epoch", &self.epoch)?,
            prev_epoch: 0,
            ring_bytes: to_u64("ringBytes", self.ring_bytes)?,
            books_bytes: books_bytes - books_bytes % CHUNK_SIZE as u64,
            instruments_max: self.instruments_max,
            depth: narrow("depth", self.depth)?,
            hardened: false,
        })
    }
}

impl Playing {
    /// For each writer of the journal a ring of its own, as live.
    fn begin_ring(&mut self, ts: u64) -> Result<()> {
        let Some(ring) = &mut self.ring else { return Ok(()) };
        if self.tape.fresh && self.tape.writer.is_some() {
            return Ok(());
        }
        if let Some(writer) = self.tape.writer.take() {
            writer.close();
            (ring.prev_epoch, ring.epoch) = (ring.epoch, ring.epoch + 1);
        }
        let seed = EpochSeed { started: ts, ..EpochSeed::default() };
        let writer = Writer::create_with(ring, &seed).map_err(|error| failure::shm(&error))?;
        self.tape.writer = Some(Box::new(writer));
        self.tape.fresh = true;
        Ok(())
    }

    /// From here on all is told: first what there is.
    fn begin_telling(&mut self) -> Result<()> {
        self.tape.silent = false;
        let ts = self.replay.ts_latest();
        if let Some(machine) = self.replay.machine_mut() {
            machine.show_all(ts, &mut self.tape);
        }
        Ok(())
    }

    fn run(&mut self, until: u64, most: u32) -> Result<&'static str> {
        let mut state = "more";
        for _ in 0..most {
            let bound = self.from.filter(|_| self.tape.silent).unwrap_or(until).min(until);
            let step = self.replay.step(bound, &mut self.tape).map_err(|error| failed(&error))?;
            let head = self.replay.head();
            match step {
                Step::End => {
                    state = "end";
                    break;
                }
                Step::Reached if self.tape.silent && bound < until => {
                    self.begin_telling()?;
                    continue;
                }
                Step::Reached => {
                    state = "reached";
                    break;
                }
                Step::Applied(_) => {
                    self.counts.frames += u64::from(head.is_some_and(|head| head.kind == tickring_journal::Kind::Frame));
                }
                Step::Began => {
                    let ts = head.map_or(0, |head| head.ts_recv);
                    self.begin_ring(ts)?;
                }
                Step::Restored if !self.tape.silent => self.begin_telling()?,
                Step::Gap(_) => self.counts.gaps += 1,
                Step::Damage(_) => self.counts.damage += 1,
                Step::Passed => self.pass(until)?,
                Step::Restored | Step::Checkpoint(_) | Step::Other => {}
            }
            self.counts.records += 1;
            if let Some(spacing) = &mut self.spacing {
                let left = self.replay.save_if_due(spacing).map_err(|error| failed(&error))?;
                self.counts.checkpoints += u64::from(left);
            }
        }
        self.heartbeat();
        Ok(state)
    }

    /// Nothing is known of the machine: retention took its beginning, or all of it that is left is before the first checkpoint.
    fn pass(&mut self, until: u64) -> Result<()> {
        self.counts.passed += 1;
        let here = self.replay.head().map_or(0, |head| head.sequence);
        if self.counts.passed > 1 {
            return Ok(());
        }
        let Some(sequence) = self.replay.begin_oldest(until).map_err(|error| failed(&error))? else { return Ok(()) };
        self.counts.passed += sequence.saturating_sub(here);
        if self.tape.silent { Ok(()) } else { self.begin_telling() }
    }

    fn heartbeat(&mut self) {
        let (Some(writer), Some(machine)) = (&mut self.tape.writer, self.replay.machine()) else { return };
        writer.heartbeat();
        writer.put_counters(machine.counters());
        for slot in 0..machine.instruments_len() {
            if let Some(counters) = machine.instrument_counters(slot) {
                writer.put_instrument_counters(slot, counters);
            }
        }
    }
}

#[napi]
impl JournalReplay {
    /// # Errors
    ///
    /// `JOURNAL_*`; `SHM_*` when the ring cannot be made; `ARGUMENT_RANGE`.
    #[napi(constructor)]
    pub fn new(options_: JournalReplayOptions) -> Result<Self> {
        guard(|| {
            let JournalReplayOptions { folder, salvage, from, symbols, ring, checkpoint_bytes } = options_;
            let from = from.as_ref().map(|from| unsigned("from", from)).transpose()?;
            let ring = ring.map(ReplayRing::segment).transpose()?;
            if let Some(ring) = &ring {
                ring.check().map_err(|error| failure::shm(&error))?;
            }
            let spacing = checkpoint_bytes.map(|bytes| to_u64("checkpointBytes", bytes)).transpose()?.map(Spacing::new);
            let mut options = options(salvage, true)?;
            options.depth = ring.as_ref().map(|ring| usize::from(ring.depth));
            let mut replay = Replay::new(storage(&folder)?, options).map_err(|error| failed(&error))?;
            let silent = from.is_some();
            let tape = Tape { writer: None, symbols, wanted: HashSet::new(), silent, frame_seq: 0, events: 0, fresh: true };
            if let Some(from) = from {
                replay.begin_before(from).map_err(|error| failed(&error))?;
            }
            let mut playing = Playing { replay, tape, ring, from, spacing, counts: Counts::default() };
            // Readers may come before anything is told, so that they miss nothing.
            playing.replay.step(0, &mut Discard).map_err(|error| failed(&error))?;
            let first = playing.replay.next_ts().unwrap_or_default();
            playing.begin_ring(from.map_or(first, |from| from.max(playing.replay.ts_latest())))?;
            Ok(Self { playing: Some(Box::new(playing)) })
        })
    }

    /// Takes records until an input was received later than `until`, `most` of them at most. To be called at least every 100 ms while a
    /// ring has readers: it shows them that somebody is there.
    ///
    /// # Errors
    ///
    /// `JOURNAL_*`, `SHM_*`, `CLOSED`.
    #[napi]
    pub fn run(&mut self, #[napi(ts_arg_type = "bigint")] until: Nanos, most: u32) -> Result<ReplayProgress> {
        guard(|| {
            let playing = self.playing.as_mut().ok_or_else(|| closed("replay"))?;
            let state = playing.run(until.0, most)?;
            let Playing { replay, tape, counts, .. } = &**playing;
            Ok(ReplayProgress {
                state: state.to_owned(),
                next_ts: replay.next_ts().map(BigInt::from),
                ts_latest: replay.ts_latest().into(),
                records: counts.records as f64,
                frames: counts.frames as f64,
                events: tape.events as f64,
                gaps: counts.gaps as f64,
                damage: counts.damage as f64,
                passed: counts.passed as f64,
                checkpoints: counts.checkpoints as f64,
            })
        })
    }

    /// Digests of what was put out since the last writer began; null where nothing is known.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn digests(&self) -> Result<Option<ReplayDigests>> {
        let playing = self.playing.as_ref().ok_or_else(|| closed("replay"))?;
        Ok(playing
            .replay
            .digests()
            .map(|all| ReplayDigests { shard: hexadecimal(all.shard()), instruments: digests(all.instruments()) }))
    }

    /// All books as they are now.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn books(&self) -> Result<Vec<JournalBook>> {
        guard(|| {
            let playing = self.playing.as_ref().ok_or_else(|| closed("replay"))?;
            let count = playing.replay.machine().map_or(0, tickring_core::machine::Machine::instruments_len);
            Ok((0..count).filter_map(|slot| FoundBook::of(&playing.replay, slot)).map(Into::into).collect())
        })
    }

    /// Ends the ring in order and lets go of everything. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        if let Some(mut playing) = self.playing.take() {
            playing.heartbeat();
            if let Some(writer) = playing.tape.writer.take() {
                writer.close();
            }
        }
    }
}
