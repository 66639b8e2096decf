//! Books of the past, from journals.

use napi::Task;
use napi::bindgen_prelude::{AsyncTask, BigInt, BigInt64Array, Env};
use napi_derive::napi;
use tickring_core::book::Side;
use tickring_core::event::Level;
use tickring_core::input::Instrument;
use tickring_core::machine::{Machine, canonical_text};
use tickring_core::venue::VenueId;
use tickring_journal::Replay;

use crate::books::pairs;
use crate::convert::{InstrumentDefinition, Nanos};
use crate::failure::{Result, guard};
use crate::journals::{failed, options, storage};

/// A book of the past.
#[napi(object)]
pub struct JournalBook {
    pub instrument: InstrumentDefinition,
    /// The venue's update id.
    pub last_update_id: BigInt,
    /// Whether the engine had proven it.
    pub in_sync: bool,
    /// Whether the replay is what was live to the byte; not so between a gap of the journal and the next checkpoint.
    pub exact: bool,
    /// Number of the last input before that instant, epoch of its writer, and the latest receive time.
    pub sequence: BigInt,
    pub epoch: BigInt,
    pub ts_latest: BigInt,
    /// Price, quantity pairs (mantissas), best first.
    pub bids: BigInt64Array,
    pub asks: BigInt64Array,
    /// Both sides in canonical text.
    pub text: String,
}

/// A book as it is found, before JavaScript gets it.
pub struct FoundBook {
    definition: Instrument,
    last_update_id: u64,
    in_sync: bool,
    exact: bool,
    sequence: u64,
    epoch: u64,
    ts_latest: u64,
    sides: [Vec<Level>; 2],
    text: String,
}

impl FoundBook {
    /// The book of a slot.
    pub fn of(replay: &Replay, slot: u32) -> Option<Self> {
        let machine = replay.machine()?;
        let (book, definition) = (machine.book(slot)?, *machine.instrument(slot)?);
        let counters = machine.instrument_counters(slot).copied().unwrap_or_default();
        let mut text = String::new();
        canonical_text(book, definition.price_exponent, definition.qty_exponent, &mut text);
        let side = |side| {
            let mut levels = vec![Level { price: 0, qty: 0 }; book.levels(side)];
            let count = book.top(side, &mut levels);
            levels.truncate(count);
            levels
        };
        Some(Self {
            definition,
            last_update_id: counters.last_update_id,
            in_sync: counters.in_sync == 1,
            exact: replay.is_exact(),
            sequence: machine.frame_seq(),
            epoch: replay.epoch().unwrap_or_default(),
            ts_latest: replay.ts_latest(),
            sides: [side(Side::Bid), side(Side::Ask)],
            text,
        })
    }
}

impl From<FoundBook> for JournalBook {
    fn from(found: FoundBook) -> Self {
        let [bids, asks] = &found.sides;
        Self {
            instrument: InstrumentDefinition::from(&found.definition),
            last_update_id: found.last_update_id.into(),
            in_sync: found.in_sync,
            exact: found.exact,
            sequence: found.sequence.into(),
            epoch: found.epoch.into(),
            ts_latest: found.ts_latest.into(),
            bids: pairs(bids),
            asks: pairs(asks),
            text: found.text,
        }
    }
}

/// The slot of a symbol, of one venue or of any.
fn slot_of(machine: &Machine, symbol: &str, venue: Option<VenueId>) -> Option<u32> {
    (0..machine.instruments_len()).find(|slot| {
        machine.instrument(*slot).is_some_and(|definition| {
            definition.symbol.as_str() == symbol && venue.is_none_or(|venue| definition.venue == venue as u16)
        })
    })
}

/// A book, or why there is none: an error that leaves a task would lose its code.
#[napi(object)]
pub struct JournalBookAnswer {
    pub book: Option<JournalBook>,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// Replays on a thread of the pool.
pub struct BookTask {
    folder: String,
    symbol: String,
    venue: Option<VenueId>,
    ts: u64,
}

impl BookTask {
    fn find(&self) -> Result<Option<FoundBook>> {
        guard(|| {
            let replay = Replay::at(storage(&self.folder)?, options(true, false)?, self.ts);
            let replay = replay.map_err(|error| failed(&error))?;
            let slot = replay.machine().and_then(|machine| slot_of(machine, &self.symbol, self.venue));
            Ok(slot.and_then(|slot| FoundBook::of(&replay, slot)))
        })
    }
}

impl Task for BookTask {
    type Output = std::result::Result<Option<FoundBook>, (String, String)>;
    type JsValue = JournalBookAnswer;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(self.find().map_err(|error| (error.status.as_ref().to_owned(), error.reason.clone())))
    }

    fn resolve(&mut self, _: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        Ok(match output {
            Ok(found) => JournalBookAnswer { book: found.map(Into::into), code: None, message: None },
            Err((code, message)) => JournalBookAnswer { book: None, code: Some(code), message: Some(message) },
        })
    }
}

/// The book of a symbol in a shard's journal as it was at this time, from the nearest checkpoint; null where the shard did not have it.
///
/// # Errors
///
/// `VENUE_UNKNOWN`.
#[napi(ts_return_type = "Promise<JournalBookAnswer>")]
pub fn journal_book_at(
    folder: String,
    symbol: String,
    venue: Option<u32>,
    #[napi(ts_arg_type = "bigint")] ts: Nanos,
) -> Result<AsyncTask<BookTask>> {
    let venue = venue.map(crate::convert::venue).transpose()?;
    Ok(AsyncTask::new(BookTask { folder, symbol, venue, ts: ts.0 }))
}
