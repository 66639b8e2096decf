//! A record to the byte; README.md draws it.

/// Bytes of a record before its payload.
pub const HEAD_BYTES: usize = 64;

/// Longest payload: twice the longest frame, so that whatever the engine accepts has room.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;

/// No number is higher, so that none overflows by counting on.
pub(crate) const SEQUENCE_MAX: u64 = 1 << 62;

/// Records and segments begin at multiples of this.
pub(crate) const ALIGN: usize = 8;

/// Kinds below this number are inputs: they take the next number of the shard.
const INPUTS_END: u8 = 32;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal;)+) => {
        /// What a record holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Kind { $($(#[doc = $doc])+ $variant = $number,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The kind with this number, if there is one.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

kinds! {
    /// A WebSocket message as received.
    Frame = 1;
    /// Body of a REST depth snapshot as received.
    RestBody = 2;
    /// A connection is open.
    Connect = 3;
    /// A connection ended.
    Disconnect = 4;
    /// Channels were asked for.
    Subscribe = 5;
    /// An instrument leaves the shard.
    Unsubscribe = 6;
    /// The venue's answer to a subscription.
    Ack = 7;
    /// A definition.
    Instrument = 8;
    /// A reader asked for a full book.
    SnapshotRequest = 9;
    /// Time passes.
    Tick = 10;
    /// Configuration that changes output.
    Configuration = 11;
    /// Body of a REST answer with trades as received.
    RestTrades = 12;
    /// Rules of validation of an instrument.
    Rules = 13;
    /// Inputs that are not in the journal.
    Gap = 32;
    /// Part of the state machine's state.
    Checkpoint = 33;
    /// Text for people and tools.
    Mark = 34;
    /// End and index of a segment.
    Seal = 35;
}

impl Kind {
    /// Whether the record takes the next number of the shard.
    #[must_use]
    pub const fn is_input(self) -> bool {
        (self as u8) < INPUTS_END
    }
}

/// Bits of [`Head::flags`].
pub mod flag {
    /// First record of a checkpoint.
    pub const FIRST: u8 = 1;
    /// Last record of a checkpoint.
    pub const LAST: u8 = 2;
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the payload.
    pub length: u32,
    /// What it holds.
    pub kind: Kind,
    /// Bits of [`flag`].
    pub flags: u8,
    /// Connection that it came from, 0 where none.
    pub connection: u16,
    /// Shard.
    pub stream: u32,
    /// Epoch of the writer.
    pub epoch: u64,
    /// Number of the input; of the input before it for other kinds, of its last for a gap.
    pub sequence: u64,
    /// When it reached us, ns since the UNIX epoch.
    pub ts_recv: u64,
    /// The same by the monotonic clock.
    pub ts_mono: u64,
    /// Offset / 8 in the segment before which everything was durable when this record was written.
    pub synced: u32,
    /// Instrument that it is about, 0 where none or unknown.
    pub instrument: u32,
    /// Digest of all that the shard put out before this input (`tickring_core::digest`); 0 where nothing was, or none is kept.
    pub outputs: u64,
}

impl Head {
    /// Bytes of the whole record.
    #[must_use]
    pub const fn record_bytes(&self) -> usize {
        record_bytes(self.length as usize)
    }

    /// The head with an empty check.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEAD_BYTES] {
        let mut out = [0; HEAD_BYTES];
        out[4..8].copy_from_slice(&self.length.to_le_bytes());
        out[8] = self.kind as u8;
        out[9] = self.flags;
        out[10..12].copy_from_slice(&self.connection.to_le_bytes());
        out[12..16].copy_from_slice(&self.stream.to_le_bytes());
        out[16..24].copy_from_slice(&self.epoch.to_le_bytes());
        out[24..32].copy_from_slice(&self.sequence.to_le_bytes());
        out[32..40].copy_from_slice(&self.ts_recv.to_le_bytes());
        out[40..48].copy_from_slice(&self.ts_mono.to_le_bytes());
        out[48..52].copy_from_slice(&self.synced.to_le_bytes());
        out[52..56].copy_from_slice(&self.instrument.to_le_bytes());
        out[56..64].copy_from_slice(&self.outputs.to_le_bytes());
        out
    }

    /// Reads a head without believing it; `None` where kind or length cannot be.
    #[must_use]
    pub fn peek(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD_BYTES] = bytes.get(..HEAD_BYTES)?.try_into().ok()?;
        let (length, sequence) = (u32_at(bytes, 4), u64_at(bytes, 24));
        if length as usize > PAYLOAD_BYTES_MAX || sequence > SEQUENCE_MAX {
            return None;
        }
        Some(Self {
            length,
            kind: Kind::from_number(bytes[8])?,
            flags: bytes[9],
            connection: u16::from_le_bytes([bytes[10], bytes[11]]),
            stream: u32_at(bytes, 12),
            epoch: u64_at(bytes, 16),
            sequence,
            ts_recv: u64_at(bytes, 32),
            ts_mono: u64_at(bytes, 40),
            synced: u32_at(bytes, 48),
            instrument: u32_at(bytes, 52),
            outputs: u64_at(bytes, 56),
        })
    }
}

/// Bytes of a record with a payload of this length.
#[must_use]
pub const fn record_bytes(length: usize) -> usize {
    (HEAD_BYTES + length).next_multiple_of(ALIGN)
}

/// Offset of the group's beginning as a record's head holds it; segments are at most 1 GiB.
pub(crate) fn synced_units(offset: u64) -> u32 {
    u32::try_from(offset / ALIGN as u64).expect("invariant: a segment is at most 1 GiB")
}

/// A record read from a segment; the payload's bytes are those of the reader's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What stands before the payload.
    pub head: Head,
    /// The payload.
    pub payload: &'a [u8],
    /// The check as it stands there.
    pub check: u32,
}

impl<'a> Record<'a> {
    /// The record at the beginning of `bytes`, if it is the one that was written at `offset` of the segment with this salt.
    #[must_use]
    pub fn read(bytes: &'a [u8], salt: u64, offset: u64) -> Option<Self> {
        let head = Head::peek(bytes)?;
        let whole = bytes.get(..head.record_bytes())?;
        let stored = stored_check(whole);
        let payload = &whole[HEAD_BYTES..HEAD_BYTES + head.length as usize];
        (stored == check(whole, salt, offset)).then_some(Self { head, payload, check: stored })
    }
}

/// Appends a whole record with its check, as it stands at `offset`.
pub fn append_record(out: &mut Vec<u8>, head: &Head, payload: &[u8], salt: u64, offset: u64) {
    let start = out.len();
    out.extend_from_slice(&head.to_bytes());
    out.extend_from_slice(payload);
    out.resize(start + head.record_bytes(), 0);
    stamp(&mut out[start..], salt, offset, head.synced);
}

/// Writes group and check into a record, which begins at `offset`.
pub(crate) fn stamp(record: &mut [u8], salt: u64, offset: u64, synced: u32) {
    record[48..52].copy_from_slice(&synced.to_le_bytes());
    let check = check(record, salt, offset);
    record[..4].copy_from_slice(&check.to_le_bytes());
}

/// The check that stands in a record.
pub(crate) fn stored_check(record: &[u8]) -> u32 {
    u32_at(record, 0)
}

fn check(record: &[u8], salt: u64, offset: u64) -> u32 {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&salt.to_le_bytes());
    place[8..].copy_from_slice(&offset.to_le_bytes());
    masked(crc32c::crc32c_append(crc32c::crc32c(&place), &record[4..]))
}

/// As LevelDB does: a check over bytes that hold checks is weak, so what is stored is no check.
pub(crate) const fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("invariant: two bytes"))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("invariant: four bytes"))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("invariant: eight bytes"))
}
