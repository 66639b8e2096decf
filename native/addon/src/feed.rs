//! A journal as sinks take it: batches of canonical records, with the cursor behind each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::Task;
use napi::bindgen_prelude::{AsyncTask, BigInt, Buffer, Env};
use napi_derive::napi;
use tickring_core::event::Event;
use tickring_core::input::Instrument;
use tickring_core::sink::{Latest, Sink};
use tickring_journal::{Batch, Cause, Cursor, Feed, FeedSink, Missing};
use tickring_shm::EventEncoder;

use crate::convert::{InstrumentDefinition, Nanos, narrow};
use crate::cursors::{JournalCursor, TaskFailure};
use crate::failure::{Result, closed, guard};
use crate::journals::{cause_name, failed, options, storage};

/// Inputs of which no event is told.
#[napi(object)]
pub struct MissingInputs {
    /// Those of a `JournalGap`; `removed`: retention or somebody else took them; `state_unknown`: they are there, but not what the shard
    /// was before them.
    #[napi(ts_type = "'buffer_full' | 'too_long' | 'closed' | 'damaged' | 'not_durable' | 'removed' | 'state_unknown'")]
    pub cause: String,
    pub first: BigInt,
    pub last: BigInt,
}

impl From<Missing> for MissingInputs {
    fn from(missing: Missing) -> Self {
        let cause = match missing.cause {
            Cause::Gap(cause) => cause_name(cause),
            Cause::Removed => "removed",
            Cause::Damaged => "damaged",
            Cause::StateUnknown => "state_unknown",
        };
        Self { cause: cause.to_owned(), first: missing.first.into(), last: missing.last.into() }
    }
}

/// Events of one writer, and what is missing before them.
#[napi(object)]
pub struct FeedBatch {
    /// Records as `RingReader.poll` gives them, but for `sequence` and `ts_out`, which only a ring has: 0, and `ts_recv`.
    pub bytes: Buffer,
    pub records: u32,
    /// Of their writer.
    pub epoch: BigInt,
    pub missing: Vec<MissingInputs>,
    /// Instruments as they were before the events: given once, where the feed began behind a cursor.
    pub definitions: Option<Vec<InstrumentDefinition>>,
    /// Behind all that; its output is empty.
    pub cursor: JournalCursor,
    /// There is no more now.
    pub is_end: bool,
}

/// A batch, or why there is none: then the next call tries the same again.
#[napi(object)]
pub struct FeedAnswer {
    pub batch: Option<FeedBatch>,
    pub failure: Option<TaskFailure>,
}

/// Keeps events as bytes.
pub struct Bytes {
    bytes: Vec<u8>,
    records: u32,
    shard: u8,
    most: usize,
    encoder: EventEncoder,
}

impl Sink for Bytes {
    fn event(&mut self, event: &Event<'_>) {
        self.records += u32::from(self.encoder.append(event, self.shard, &mut self.bytes));
    }

    fn latest(&mut self, _: u32, _: &Latest<'_>) {}

    fn instrument(&mut self, _: u32, _: &Instrument) {}
}

impl FeedSink for Bytes {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= self.most
    }
}

/// What a feed is made of, and is made of again after an error.
struct Feeding {
    folder: String,
    shard: u8,
    cursor: Option<Cursor>,
    feed: Option<Feed>,
}

/// Shared by the class and its task at work.
struct Shared {
    feeding: Mutex<Feeding>,
    is_closed: AtomicBool,
}

impl Shared {
    /// A feed that panicked goes on behind its last batch.
    fn lock(&self) -> MutexGuard<'_, Feeding> {
        self.feeding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feeding {
    fn batch(&mut self, limit: u64, most: usize) -> Result<(Batch, Bytes)> {
        let feed = match &mut self.feed {
            Some(feed) => feed,
            None => self.feed.insert(Feed::new(storage(&self.folder)?, options(true, false)?, self.cursor.clone())),
        };
        let mut sink = Bytes { bytes: Vec::new(), records: 0, shard: self.shard, most, encoder: EventEncoder::default() };
        let batch = feed.batch(limit, &mut sink).map_err(|error| failed(&error))?;
        Ok((batch, sink))
    }
}

/// One call of [`JournalFeed::next`], on a thread of the pool.
pub struct FeedTask {
    shared: Arc<Shared>,
    limit: u64,
    most: usize,
}

impl Task for FeedTask {
    type Output = std::result::Result<(Batch, Bytes), TaskFailure>;
    type JsValue = FeedAnswer;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let mut feeding = self.shared.lock();
        let is_closed = || self.shared.is_closed.load(Ordering::Acquire);
        let found = if is_closed() { Err(closed("feed")) } else { guard(|| feeding.batch(self.limit, self.most)) };
        if is_closed() {
            feeding.feed = None;
        }
        Ok(found.map_err(Into::into))
    }

    fn resolve(&mut self, _: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(match output {
            Err(failure) => FeedAnswer { batch: None, failure: Some(failure) },
            Ok((batch, sink)) => FeedAnswer {
                failure: None,
                batch: Some(FeedBatch {
                    bytes: sink.bytes.into(),
                    records: sink.records,
                    epoch: batch.epoch.into(),
                    missing: batch.missing.into_iter().map(Into::into).collect(),
                    definitions: batch.definitions.map(|all| all.iter().map(InstrumentDefinition::from).collect()),
                    cursor: batch.cursor.into(),
                    is_end: batch.is_end,
                }),
            },
        })
    }
}

/// The events of one shard's journal behind a cursor, in order. Any number of feeds may read a journal, also while it is written.
#[napi]
pub struct JournalFeed {
    shared: Arc<Shared>,
}

#[napi]
impl JournalFeed {
    /// Begins at the oldest input without a cursor. Nothing is opened before the first call of `next`.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE`.
    #[napi(constructor)]
    pub fn new(folder: String, shard: u32, cursor: Option<JournalCursor>) -> Result<Self> {
        guard(|| {
            let (shard, cursor) = (narrow("shard", shard)?, cursor.map(JournalCursor::take).transpose()?);
            let feeding = Mutex::new(Feeding { folder, shard, cursor, feed: None });
            Ok(Self { shared: Arc::new(Shared { feeding, is_closed: AtomicBool::new(false) }) })
        })
    }

    /// The next events, of inputs up to `limit`: what the writer has said to be durable. About `bytes` of them, a bounded amount of work.
    /// The failures are `JOURNAL_*` and `CLOSED`.
    #[napi(ts_return_type = "Promise<FeedAnswer>")]
    pub fn next(&self, #[napi(ts_arg_type = "bigint")] limit: Nanos, bytes: u32) -> AsyncTask<FeedTask> {
        AsyncTask::new(FeedTask { shared: Arc::clone(&self.shared), limit: limit.0, most: bytes as usize })
    }

    /// Lets go of the files, once a call that is on its way has ended. Idempotent.
    #[napi]
    pub fn close(&self) {
        // Release: pairs with Acquire in the task; a task at work lets go itself.
        self.shared.is_closed.store(true, Ordering::Release);
        if let Ok(mut feeding) = self.shared.feeding.try_lock() {
            feeding.feed = None;
        }
    }
}
