//! The writing side of a shard: one thread, one file, never waiting for anybody.

use std::marker::PhantomData;
use std::time::Duration;

use tickring_core::counters::{InstrumentCounters, JournalCounters, ShardCounters};
use tickring_core::event::{Body, Event, Header as EventHeader, flag};
use tickring_core::input::Instrument;
use tickring_core::sink::{Latest, Sink};

use crate::clock::Clock;
use crate::codec::{Content, RecordWords, Stamps, compact_book, compact_slot, encode};
use crate::error::ShmError;
use crate::files::{CURRENT, Directory, Trust};
use crate::handout::{Handout, SOCKET};
use crate::images::{At, Images};
use crate::layout::{
    INSTRUMENT_COUNTER_WORDS, JOURNAL_COUNTERS_AT, POSITION_MAX, RECORD_WORDS_MAX, RING_COUNTERS, SLOT_WORDS, SPAN_MAX,
    STATE_CLOSED, header,
};
use crate::levels::LevelWords;
use crate::mapping::Area;
use crate::metrics::{self, HistogramCopy, Stage};
use crate::options::{EpochSeed, SegmentOptions, check_epoch, header_for, next_generation, previous};
use crate::payload::{EpochReason, EpochStart};
use crate::process::wall_ns;
use crate::ring::RingWriter;
use crate::segment::Segment;
use crate::sync::Words;
use crate::tables;
use crate::waiting::Waker;

mod stages;

pub use stages::TIMED_EVERY;

use stages::Cuts;

/// Publishes a shard. Bound to the thread that made it; hold an [`crate::EngineLock`] around all writers of a name.
#[derive(Debug)]
pub struct Writer {
    ring: RingWriter<Area, SLOT_WORDS>,
    segment: Segment,
    sequence: u64,
    frame_seq: u64,
    clock: Clock,
    ts_out: u64,
    stamp_due: bool,
    cuts: Cuts,
    heartbeat: u64,
    records: u64,
    wide: u64,
    refused: u64,
    latest_refused: u64,
    words: Box<RecordWords>,
    levels: Box<LevelWords>,
    images: Images,
    waker: Option<Waker>,
    handout: Option<Handout>,
    not_send: PhantomData<*const ()>,
}

impl Writer {
    /// Makes a new generation of the shard's segment, makes it current, and publishes [`EpochStart`] as its first record.
    /// The writer before must have ended.
    ///
    /// # Errors
    ///
    /// [`ShmError::NoSpace`] with the room left; [`ShmError::Argument`] and [`ShmError::Name`] for options out of range;
    /// [`ShmError::Permission`] if the directories are not ours alone; [`ShmError::Io`].
    pub fn create(options: &SegmentOptions) -> Result<Self, ShmError> {
        Self::create_with(options, &EpochSeed::default())
    }

    /// As [`Self::create`], with what a journal knows of the epoch before.
    ///
    /// # Errors
    ///
    /// As [`Self::create`].
    pub fn create_with(options: &SegmentOptions, seed: &EpochSeed) -> Result<Self, ShmError> {
        options.check()?;
        let trust = Trust::in_self();
        let directory = Directory::shard(&options.root, &options.name, options.shard, trust, true)?;
        let previous = previous(&directory, trust);
        check_epoch(options.epoch, previous.as_ref())?;
        // Without files there are no numbers to go on from.
        let generation = if options.hardened { options.epoch } else { next_generation(&directory)? };
        let header = header_for(options, seed, previous.as_ref(), generation);
        let (segment, fd) = Segment::create(&directory, header, options.hardened)?;
        let mut writer = Self::over(segment);
        let reason = match &previous {
            None => EpochReason::First,
            Some(previous) if previous.closed => EpochReason::Restart,
            Some(_) => EpochReason::Crash,
        };
        writer.ts_out = if seed.started == 0 { wall_ns() } else { seed.started };
        writer.start(EpochStart { prev_epoch: options.prev_epoch, last_durable: seed.last_durable, reason });
        if options.hardened {
            writer.handout = Some(Handout::start(&directory, &fd)?);
            directory.remove_before(u64::MAX, &[CURRENT])?;
        } else {
            Segment::name(&directory, header.generation, &fd)?;
            directory.set_current(header.generation)?;
            directory.remove_before(header.generation, &[SOCKET])?;
        }
        Ok(writer)
    }

    fn over(segment: Segment) -> Self {
        Self {
            ring: RingWriter::new(segment.ring.clone(), segment.head(), segment.geometry()),
            sequence: segment.header.first_sequence - 1,
            frame_seq: 0,
            clock: Clock::system(),
            ts_out: 0,
            stamp_due: true,
            cuts: Cuts::default(),
            heartbeat: 0,
            records: 0,
            wide: 0,
            refused: 0,
            latest_refused: 0,
            words: Box::new([0; RECORD_WORDS_MAX]),
            levels: Box::default(),
            images: segment.images(),
            waker: None,
            handout: None,
            segment,
            not_send: PhantomData,
        }
    }

    fn start(&mut self, start: EpochStart) {
        let flags = flag::NO_TS_EVENT | flag::LAST;
        let header = EventHeader { instrument: 0, flags, ts_event: 0, ts_recv: self.ts_out, frame_seq: 0, index: 0 };
        let stamps = self.stamps(0);
        let published = self.publish_full(&header, Content::EpochStart(start), &stamps);
        self.count(published, header.frame_seq);
        self.heartbeat();
    }

    /// Stamps from now on with this clock; a writer begins with the kernel's.
    pub fn use_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Starts a thread that wakes blocked readers, looking every `interval` whether something was published. Publishing costs
    /// as much as before; it stops with the writer.
    ///
    /// # Errors
    ///
    /// [`ShmError::Io`] if the system has no thread left.
    pub fn start_waker(&mut self, interval: Duration) -> Result<(), ShmError> {
        let failed = |source| ShmError::Io { action: "start the waker of", path: "ring".into(), source };
        self.waker = None;
        self.waker = Some(Waker::start(self.segment.control.clone(), interval).map_err(failed)?);
        Ok(())
    }

    /// The time on the writer's clock, ns since the UNIX epoch.
    #[inline]
    pub fn now(&mut self) -> u64 {
        self.clock.now()
    }

    /// Says that a new input begins: its first record takes the clock, the others of the input share that `ts_out`. Needed
    /// only where an input's first event has another index than 0.
    #[inline]
    pub fn begin_input(&mut self) {
        self.stamp_due = true;
        if self.cuts.is_timed {
            self.cut_began();
        }
    }

    /// Shows readers that the publishing loop turns, and copies the writer's own counters out. Call it from that loop, at
    /// least every 100 ms, never from a timer of its own.
    pub fn heartbeat(&mut self) {
        self.heartbeat += 1;
        self.segment.control.set_release(header::HEARTBEAT, self.heartbeat);
        let Images { written, levels, refused, .. } = self.images;
        let ring = [self.records, self.ring.position(), self.wide, self.refused, self.latest_refused];
        let own = [ring[0], ring[1], ring[2], ring[3], ring[4], written, levels, refused];
        put(&self.segment.counters, 0, &own);
    }

    /// Copies the shard's counters out.
    pub fn put_counters(&mut self, counters: &ShardCounters) {
        put(&self.segment.counters, RING_COUNTERS.len(), &counters.values());
    }

    /// Copies the journal's figures out.
    pub fn put_journal_counters(&mut self, counters: &JournalCounters) {
        put(&self.segment.counters, JOURNAL_COUNTERS_AT, &counters.values());
    }

    /// Copies an instrument's counters out; counted and refused if the slot is beyond the table.
    pub fn put_instrument_counters(&mut self, slot: u32, counters: &InstrumentCounters) {
        if self.has_slot(slot) {
            put(&self.segment.instrument_counters, slot as usize * INSTRUMENT_COUNTER_WORDS, &counters.values());
        }
    }

    /// Adds a latency in ns to a stage's histogram.
    #[inline]
    pub fn record_latency(&mut self, stage: Stage, ns: u64) {
        metrics::record(&self.segment.histograms, stage, ns);
    }

    /// Copies a stage's histogram.
    #[must_use]
    pub fn histogram(&self, stage: Stage) -> HistogramCopy {
        HistogramCopy::read(&self.segment.histograms, stage)
    }

    /// Number of ring slots used so far.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.ring.position()
    }

    /// Sequence of the last record.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// This writer's epoch.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.segment.header.epoch
    }

    /// Records refused so far. Each took a sequence, so that readers are told of it as a loss.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Whether positions run out and a new writer with a new epoch is due: after 2^46 slots.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.position() + SPAN_MAX as u64 > POSITION_MAX
    }

    /// Ends the segment in order: readers see it closed, with its last sequence. A writer that is dropped instead leaves it
    /// open, like one that died.
    pub fn close(mut self) {
        self.heartbeat();
        self.segment.control.set(header::FINAL_SEQUENCE, self.sequence);
        self.segment.control.set_release(header::STATE, STATE_CLOSED);
    }

    fn has_slot(&mut self, slot: u32) -> bool {
        let known = slot < self.segment.instruments_max();
        self.latest_refused += u64::from(!known);
        known
    }

    /// Takes the next sequence.
    #[inline]
    fn stamps(&mut self, flags: u16) -> Stamps {
        self.sequence += 1;
        Stamps { ts_out: self.ts_out, sequence: self.sequence, prev_frame_seq: self.frame_seq, flags }
    }

    /// Counts a record that has the input number, published or not.
    #[inline]
    fn count(&mut self, published: Option<u64>, frame_seq: u64) {
        if published.is_some() {
            self.frame_seq = frame_seq;
            self.records += 1;
        } else {
            self.refused += 1;
        }
    }

    /// Publishes what has no short way: rare kinds, and records of which something does not fit the compact form. Takes copies, so
    /// that what has the short way need not be in memory for this.
    #[cold]
    #[inline(never)]
    fn publish_event(&mut self, header: EventHeader, body: Body<'_>, stamps: Stamps) -> Option<u64> {
        self.publish_full(&header, Content::Body(&body), &stamps)
    }

    fn publish_full(&mut self, header: &EventHeader, content: Content<'_>, stamps: &Stamps) -> Option<u64> {
        let len = encode(header, content, stamps, &mut self.words)?;
        let span = self.ring.publish(&mut self.words[..len], self.sequence, header.frame_seq)?;
        self.wide += u64::from((self.words[0] >> 16) as u16 & flag::WIDE != 0);
        Some(span)
    }
}

impl Sink for Writer {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        if self.stamp_due || event.header.index == 0 {
            self.ts_out = self.clock.now();
            self.stamp_due = false;
            self.images.begin_input();
            if self.cuts.is_timed {
                (self.cuts.ts_event, self.cuts.ts_recv) = (event.header.ts_event, event.header.ts_recv);
            }
        }
        let flags = match &event.body {
            Body::BookDelta(change) => self.images.delta(&event.header, change),
            Body::BookSnapshot(_) => self.images.snapshot(event.header.instrument),
            _ => 0,
        };
        let stamps = self.stamps(flags);
        let Event { header, body } = event;
        let published = match body {
            Body::Trade(_) | Body::Quote(_) => compact_slot(header, body, &stamps)
                .map(|words| self.ring.publish_record(1, &words, stamps.sequence, header.frame_seq)),
            Body::BookDelta(_) | Body::BookSnapshot(_) => compact_book(header, body, &stamps, &mut self.levels)
                .map(|book| self.ring.publish_record(book.span(), &book, stamps.sequence, header.frame_seq)),
            _ => None,
        };
        let published = published.unwrap_or_else(|| self.publish_event(*header, *body, stamps));
        self.count(published, header.frame_seq);
    }

    #[inline]
    fn parsed(&mut self) {
        if self.cuts.is_timed {
            self.cut_parsed();
        }
    }

    fn lead(&mut self, ns: u64) {
        self.record_latency(Stage::LineLead, ns);
    }

    #[inline]
    fn latest(&mut self, slot: u32, latest: &Latest<'_>) {
        if self.has_slot(slot) {
            let depth = self.segment.header.depth;
            tables::write_latest(&self.segment.latest, slot, depth, latest, self.sequence);
            self.images.changed(slot, latest, At { position: self.ring.position(), sequence: self.sequence });
        }
    }

    #[inline]
    fn wanted(&mut self) -> Option<u32> {
        self.images.too_old(self.ring.position())
    }

    fn again(&mut self, slot: u32, latest: &Latest<'_>) {
        self.images.refresh(slot, latest, At { position: self.ring.position(), sequence: self.sequence });
    }

    fn instrument(&mut self, slot: u32, instrument: &Instrument) {
        if self.has_slot(slot) {
            tables::write_instrument(&self.segment.instruments, slot, instrument);
        }
    }
}

fn put(area: &Area, first: usize, values: &[u64]) {
    for (index, value) in values.iter().enumerate() {
        area.set(first + index, *value);
    }
}
