//! The typed inputs of the state machine as payloads.

use tickring_core::input::{DisconnectReason, Input, Instrument, Stamped, Symbol, TradingState};
use tickring_core::validate::Rules;

use crate::error::JournalError;
use crate::record::{Kind, Record, u16_at, u32_at, u64_at};

/// Bytes of a definition before its symbol.
const DEFINITION_BYTES: usize = 28;

/// A payload that is no bytes of its own: at most a definition with the longest symbol.
const SMALL_BYTES: usize = DEFINITION_BYTES + tickring_core::input::SYMBOL_BYTES_MAX;

/// Where what an input borrows is kept while it is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    definition: Option<Instrument>,
    rules: Option<Rules>,
}

/// An input taken apart as a record holds it.
pub(crate) struct Parts<'a> {
    pub kind: Kind,
    pub connection: u16,
    pub instrument: u32,
    bytes: &'a [u8],
    small: [u8; SMALL_BYTES],
    small_bytes: usize,
}

impl<'a> Parts<'a> {
    fn of(kind: Kind, connection: u16, instrument: u32, bytes: &'a [u8]) -> Self {
        Self { kind, connection, instrument, bytes, small: [0; SMALL_BYTES], small_bytes: 0 }
    }

    fn with(mut self, small: &[u8]) -> Self {
        self.small[..small.len()].copy_from_slice(small);
        self.small_bytes = small.len();
        self
    }

    pub fn payload(&self) -> &[u8] {
        if self.small_bytes > 0 { &self.small[..self.small_bytes] } else { self.bytes }
    }
}

/// Takes an input apart; nothing is copied but what is a few bytes.
pub(crate) fn parts<'a>(input: &Input<'a>) -> Parts<'a> {
    match *input {
        Input::Frame { connection, bytes } => Parts::of(Kind::Frame, connection, 0, bytes),
        Input::DepthSnapshot { instrument, bytes } => Parts::of(Kind::RestBody, 0, instrument, bytes),
        Input::Trades { instrument, bytes } => Parts::of(Kind::RestTrades, 0, instrument, bytes),
        Input::Connect { connection, venue } => Parts::of(Kind::Connect, connection, 0, &[]).with(&venue.to_le_bytes()),
        Input::Disconnect { connection, reason } => Parts::of(Kind::Disconnect, connection, 0, &[]).with(&[reason as u8]),
        Input::Subscribe { connection, instrument, channels } => {
            // One byte where it says all: as journals of before the ninth channel have it.
            let bytes = channels.to_le_bytes();
            let length = if bytes[1] == 0 { 1 } else { 2 };
            Parts::of(Kind::Subscribe, connection, instrument, &[]).with(&bytes[..length])
        }
        Input::Unsubscribe { instrument } => Parts::of(Kind::Unsubscribe, 0, instrument, &[]),
        Input::Ack { connection, instrument, accepted } => {
            Parts::of(Kind::Ack, connection, instrument, &[]).with(&[u8::from(accepted)])
        }
        Input::Instrument(definition) => definition_parts(definition),
        Input::Rules { instrument, rules } => Parts::of(Kind::Rules, 0, instrument, &[]).with(&crate::rules::bytes(rules)),
        Input::PublishSnapshot { instrument } => Parts::of(Kind::SnapshotRequest, 0, instrument, &[]),
        Input::Tick => Parts::of(Kind::Tick, 0, 0, &[]),
    }
}

fn definition_parts(definition: &Instrument) -> Parts<'static> {
    let mut parts = Parts::of(Kind::Instrument, 0, definition.id, &[]);
    let symbol = definition.symbol.as_bytes();
    let out = &mut parts.small;
    out[..2].copy_from_slice(&definition.venue.to_le_bytes());
    out[2] = definition.state as u8;
    out[3] = symbol.len() as u8;
    out[4..5].copy_from_slice(&definition.price_exponent.to_le_bytes());
    out[5..6].copy_from_slice(&definition.qty_exponent.to_le_bytes());
    out[8..16].copy_from_slice(&definition.tick_size.to_le_bytes());
    out[16..24].copy_from_slice(&definition.lot_size.to_le_bytes());
    out[24..28].copy_from_slice(&definition.change_count.to_le_bytes());
    out[DEFINITION_BYTES..DEFINITION_BYTES + symbol.len()].copy_from_slice(symbol);
    parts.small_bytes = DEFINITION_BYTES + symbol.len();
    parts
}

impl Record<'_> {
    fn unusable(&self, what: &str) -> JournalError {
        let what = format!("{what} of {} bytes as {:?}", self.payload.len(), self.head.kind);
        JournalError::Record { sequence: self.head.sequence, what }
    }

    fn definition(&self) -> Option<Instrument> {
        let bytes = self.payload;
        let state = TradingState::from_number(*bytes.get(2)?)?;
        let symbol = bytes.get(DEFINITION_BYTES..)?;
        if symbol.len() != usize::from(bytes[3]) {
            return None;
        }
        Some(Instrument {
            id: self.head.instrument,
            venue: u16_at(bytes, 0),
            symbol: Symbol::new(std::str::from_utf8(symbol).ok()?)?,
            price_exponent: i8::from_le_bytes([bytes[4]]),
            qty_exponent: i8::from_le_bytes([bytes[5]]),
            tick_size: u64_at(bytes, 8).cast_signed(),
            lot_size: u64_at(bytes, 16).cast_signed(),
            state,
            change_count: u32_at(bytes, 24),
        })
    }

    /// The input that the record holds; `None` where it is none of core's (configuration, gap, checkpoint, mark, seal).
    /// A definition, or rules, are put into `room`, since inputs borrow theirs.
    ///
    /// # Errors
    ///
    /// `JOURNAL_RECORD` if the payload is none of its kind.
    pub fn input<'a>(&'a self, room: &'a mut Option<Room>) -> Result<Option<Stamped<'a>>, JournalError> {
        let (connection, instrument, bytes) = (self.head.connection, self.head.instrument, self.payload);
        let input = match (self.head.kind, bytes) {
            (Kind::Frame, _) => Input::Frame { connection, bytes },
            (Kind::RestBody, _) => Input::DepthSnapshot { instrument, bytes },
            (Kind::RestTrades, _) => Input::Trades { instrument, bytes },
            (Kind::Connect, &[low, high]) => Input::Connect { connection, venue: u16::from_le_bytes([low, high]) },
            (Kind::Disconnect, &[number]) => {
                let reason = DisconnectReason::from_number(number).ok_or_else(|| self.unusable("reason"))?;
                Input::Disconnect { connection, reason }
            }
            (Kind::Subscribe, &[channels]) => Input::Subscribe { connection, instrument, channels: channels.into() },
            (Kind::Subscribe, &[low, high]) => {
                Input::Subscribe { connection, instrument, channels: u16::from_le_bytes([low, high]) }
            }
            (Kind::Unsubscribe, []) => Input::Unsubscribe { instrument },
            (Kind::Ack, &[accepted @ 0..=1]) => Input::Ack { connection, instrument, accepted: accepted == 1 },
            (Kind::Instrument, _) => {
                let definition = self.definition().ok_or_else(|| self.unusable("definition"))?;
                Input::Instrument(room.insert(Room::default()).definition.insert(definition))
            }
            (Kind::Rules, _) => {
                let rules = crate::rules::read(bytes).ok_or_else(|| self.unusable("rules"))?;
                Input::Rules { instrument, rules: room.insert(Room::default()).rules.insert(rules) }
            }
            (Kind::SnapshotRequest, []) => Input::PublishSnapshot { instrument },
            (Kind::Tick, []) => Input::Tick,
            (Kind::Configuration | Kind::Gap | Kind::Checkpoint | Kind::Mark | Kind::Seal, _) => return Ok(None),
            _ => return Err(self.unusable("payload")),
        };
        Ok(Some(Stamped { ts_recv: self.head.ts_recv, input }))
    }
}
