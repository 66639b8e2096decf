//! Records of a journal, one by one.

use napi::bindgen_prelude::{BigInt, Buffer};
use napi_derive::napi;
use tickring_core::input::Input;
use tickring_journal::{Damage, Gap, Head, Item, JournalError, Kind, Reader, Record, Seek, SegmentName};

use crate::convert::{InstrumentDefinition, Nanos};
use crate::failure::{Result, guard};
use crate::journals::{JournalDamage, JournalGap, failed, hexadecimal, mode, storage};

/// Most bytes of payloads that one call gives.
const BYTES_MAX: usize = 8 << 20;

/// The name of a kind of record.
pub fn kind_name(kind: Kind) -> String {
    let name = match kind {
        Kind::Frame => "frame",
        Kind::RestBody => "rest_body",
        Kind::RestTrades => "rest_trades",
        Kind::Connect => "connect",
        Kind::Disconnect => "disconnect",
        Kind::Subscribe => "subscribe",
        Kind::Unsubscribe => "unsubscribe",
        Kind::Ack => "ack",
        Kind::Instrument => "instrument",
        Kind::Rules => "rules",
        Kind::SnapshotRequest => "snapshot_request",
        Kind::Tick => "tick",
        Kind::Configuration => "configuration",
        Kind::Gap => "gap",
        Kind::Checkpoint => "checkpoint",
        Kind::Mark => "mark",
        Kind::Seal => "seal",
    };
    name.to_owned()
}

/// One record of a journal.
#[napi(object)]
pub struct JournalRecord {
    pub kind: String,
    pub epoch: BigInt,
    pub sequence: BigInt,
    pub ts_recv: BigInt,
    pub ts_mono: BigInt,
    pub connection: u32,
    pub instrument: u32,
    /// Digest of all that was put out before it, 16 hexadecimal digits; absent where none was kept.
    pub outputs: Option<String>,
    pub file: String,
    pub offset: f64,
    pub payload: Buffer,
    /// Of `connect`: number of the venue.
    pub venue: Option<u32>,
    /// Of `disconnect`: number of `DISCONNECT_REASON`.
    pub reason: Option<u32>,
    /// Of `subscribe`: bits of `CHANNEL`.
    pub channels: Option<u32>,
    /// Of `ack`.
    pub accepted: Option<bool>,
    /// Of `instrument`.
    pub definition: Option<InstrumentDefinition>,
    /// Of `gap`.
    pub gap: Option<JournalGap>,
    /// Where the kind is `damage`: instead of all else.
    pub damage: Option<JournalDamage>,
}

impl JournalRecord {
    fn of(head: &Head, payload: &[u8], (segment, offset): (SegmentName, u64)) -> Self {
        Self {
            kind: kind_name(head.kind),
            epoch: head.epoch.into(),
            sequence: head.sequence.into(),
            ts_recv: head.ts_recv.into(),
            ts_mono: head.ts_mono.into(),
            connection: head.connection.into(),
            instrument: head.instrument,
            outputs: (head.outputs != 0).then(|| hexadecimal(head.outputs)),
            file: segment.file(),
            offset: offset as f64,
            payload: payload.to_vec().into(),
            venue: None,
            reason: None,
            channels: None,
            accepted: None,
            definition: None,
            gap: (head.kind == Kind::Gap).then(|| Gap::read(payload)).flatten().map(|gap| JournalGap::from(&gap)),
            damage: None,
        }
    }

    fn told(damage: &Damage) -> Self {
        let head = Head {
            length: 0,
            kind: Kind::Mark,
            flags: 0,
            connection: 0,
            stream: 0,
            epoch: 0,
            sequence: damage.first,
            ts_recv: 0,
            ts_mono: 0,
            synced: 0,
            instrument: 0,
            outputs: 0,
        };
        let place = (SegmentName { index: 0, first_sequence: 0, packed: false }, damage.from);
        let damage = JournalDamage::from(damage);
        Self { kind: "damage".to_owned(), file: damage.file.clone(), damage: Some(damage), ..Self::of(&head, &[], place) }
    }

    fn explain(mut self, record: &Record<'_>) -> std::result::Result<Self, JournalError> {
        let mut room = None;
        match record.input(&mut room)?.map(|stamped| stamped.input) {
            Some(Input::Connect { venue, .. }) => self.venue = Some(venue.into()),
            Some(Input::Disconnect { reason, .. }) => self.reason = Some(u32::from(reason as u8)),
            Some(Input::Subscribe { channels, .. }) => self.channels = Some(channels.into()),
            Some(Input::Ack { accepted, .. }) => self.accepted = Some(accepted),
            Some(Input::Instrument(definition)) => self.definition = Some(definition.into()),
            _ => {}
        }
        Ok(self)
    }
}

/// Gives the records of a shard's journal in order.
#[napi]
pub struct JournalReader {
    reader: Reader,
}

#[napi]
impl JournalReader {
    /// `salvage`: damage is given as a record, and it goes on behind it; else it is an error.
    ///
    /// # Errors
    ///
    /// `JOURNAL_*`.
    #[napi(constructor)]
    pub fn new(folder: String, salvage: Option<bool>) -> Result<Self> {
        guard(|| {
            let reader = Reader::new(storage(&folder)?, mode(salvage.unwrap_or(false)));
            Ok(Self { reader: reader.map_err(|error| failed(&error))? })
        })
    }

    /// Goes to the first record received at this time or later; `false` if there is none.
    ///
    /// # Errors
    ///
    /// `JOURNAL_*`.
    #[napi]
    pub fn seek_time(&mut self, #[napi(ts_arg_type = "bigint")] ts: Nanos) -> Result<bool> {
        guard(|| {
            let found = self.reader.seek_time(ts.0).map_err(|error| failed(&error))?;
            Ok(found == Seek::Found)
        })
    }

    /// The next records, `most` of them or some megabytes; none at the end.
    ///
    /// # Errors
    ///
    /// `JOURNAL_*`.
    #[napi]
    pub fn next(&mut self, most: u32) -> Result<Vec<JournalRecord>> {
        guard(|| {
            let mut records = Vec::new();
            let mut bytes = 0;
            while records.len() < most as usize && bytes < BYTES_MAX {
                let found = match self.reader.next().map_err(|error| failed(&error))? {
                    None => break,
                    Some(Item::Damage(damage)) => {
                        records.push(JournalRecord::told(&damage));
                        continue;
                    }
                    Some(Item::Record(record)) => {
                        bytes += record.payload.len();
                        let none = (SegmentName { index: 0, first_sequence: 0, packed: false }, 0);
                        JournalRecord::of(&record.head, record.payload, none).explain(&record)
                    }
                };
                let mut record = found.map_err(|error| failed(&error))?;
                if let Some((segment, offset)) = self.reader.place() {
                    (record.file, record.offset) = (segment.file(), offset as f64);
                }
                records.push(record);
            }
            Ok(records)
        })
    }
}
