//! The ring: what a writer publishes comes back whole, and whatever stands in the shared memory, a reader neither panics nor hangs.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use arbitrary::{Arbitrary, Result, Unstructured};
use tickring_core::book::Book;
use tickring_core::event::{Level, Stats24h, Trade};
use tickring_core::sink::{Latest, Sink};
use tickring_shm::record::CANONICAL_SIZE_MAX;
use tickring_shm::{Poll, Reader, Record, SegmentOptions, Stage, Writer};

mod made;

pub(crate) use made::{bar, figure};

use made::{Made, level};

pub(crate) const NAME: &str = "fuzz";
/// Slots of the smallest ring.
const SLOTS: u64 = 1_024;
const PAGE: u64 = 4_096;

/// A published segment without a name any more: nothing is left behind when the process is ended.
struct Rig {
    writer: Writer,
    reader: Reader,
    file: File,
    /// Bytes of the file.
    size: u64,
    record: Record,
}

/// A directory that goes away with its value, also on a panic.
pub(crate) struct Root(pub(crate) PathBuf);

impl Root {
    pub(crate) fn new() -> Self {
        let path = PathBuf::from(format!("/dev/shm/tickring-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn file(&self, generation: u64) -> PathBuf {
        self.0.join(NAME).join("shard-0").join(format!("ring.{generation:016}"))
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn options(root: &Root) -> SegmentOptions {
    SegmentOptions {
        root: root.0.clone(),
        name: NAME.into(),
        shard: 0,
        epoch: 1,
        prev_epoch: 0,
        ring_bytes: SLOTS * 64,
        books_bytes: 1 << 16,
        instruments_max: 4,
        depth: 5,
        hardened: false,
    }
}

impl Rig {
    fn new() -> Self {
        let root = Root::new();
        let writer = Writer::create(&options(&root)).expect("/dev/shm has room for a small ring");
        let reader = Reader::open(&root.0, NAME, 0).expect("just published");
        let file = OpenOptions::new().read(true).write(true).open(root.file(1)).expect("just published");
        let size = file.metadata().expect("an open file").len();
        Self { writer, reader, file, size, record: Record::default() }
    }

    /// Polls until caught up. A bound, so that a reader that runs in a circle is found out.
    fn drain(&mut self, mut each: impl FnMut(&Record)) -> u64 {
        let mut lost = 0;
        for _ in 0..4 * SLOTS {
            match self.reader.poll(&mut self.record) {
                Poll::Record => each(&self.record),
                Poll::Lapped { lost: more } => lost += more,
                Poll::Empty | Poll::Stalled => return lost,
            }
        }
        panic!("{} polls did not catch up with a ring of {SLOTS} slots", 4 * SLOTS);
    }
}

thread_local! {
    /// A segment costs system calls to make: one serves many inputs, for a writer can go on for ever.
    static SOUND: RefCell<Rig> = RefCell::new(Rig::new());
}

/// Events of any content, in batches with laps between them: each is read as it was written, or counted as lost.
pub fn round_trip(bytes: &[u8]) {
    SOUND.with_borrow_mut(|rig| {
        let mut u = Unstructured::new(bytes);
        rig.reader.seek_newest();
        let _ = batches(&mut u, rig);
    });
}

fn batches(u: &mut Unstructured<'_>, rig: &mut Rig) -> Result<()> {
    let mut frame_seq = u64::from(u32::arbitrary(u)?);
    while !u.is_empty() {
        let (before, refused) = (rig.writer.sequence(), rig.writer.refused());
        let mut written = Vec::new();
        // The batches after this one may lap the ring: 1,024 slots, at most 38 a record.
        let batch = if u.ratio(1, 16)? { 1_100 } else { u.int_in_range(1..=20)? };
        for _ in 0..batch {
            frame_seq += u.int_in_range(0..=3)?;
            let made = Made::arbitrary(u)?;
            written.push((rig.writer.sequence() + 1, frame_seq, made.clone()));
            made.with_event(frame_seq, |event| rig.writer.event(event));
        }
        assert_eq!(rig.writer.sequence() - before, batch as u64, "each event takes a sequence");
        assert_eq!(rig.writer.refused(), refused, "none has more levels than a record may");
        let mut read = 0;
        let lost = rig.drain(|record| {
            read += 1;
            let (_, frame_seq, made) = &written[usize::try_from(record.sequence - before - 1).expect("a small number")];
            made.assert_is(record, *frame_seq);
        });
        assert_eq!(read + lost, batch as u64, "{lost} told as lost and {read} read");
    }
    Ok(())
}

/// A memory that somebody scribbles on between polls.
pub fn hostile(bytes: &[u8]) {
    let mut rig = Rig::new();
    let mut u = Unstructured::new(bytes);
    for step in 1_u32.. {
        if u.is_empty() || scribble(&mut u, &mut rig).is_err() {
            break;
        }
        if step.is_multiple_of(4) {
            look(&mut rig);
        }
    }
    look(&mut rig);
    for stage in Stage::ALL {
        let _ = rig.reader.histogram(*stage);
    }
}

fn scribble(u: &mut Unstructured<'_>, rig: &mut Rig) -> Result<()> {
    let offset = match u.int_in_range(0..=9_u8)? {
        0 | 1 => {
            let made = Made::arbitrary(u)?;
            made.with_event(u64::from(u32::arbitrary(u)?), |event| rig.writer.event(event));
            return Ok(());
        }
        2 => {
            rig.reader.seek_oldest();
            return Ok(());
        }
        // The head line and the heartbeat, the commit words, the words of a slot, and anything behind the header.
        3 => 512 + 8 * u.int_in_range(0..=63_u64)?,
        4 | 5 => PAGE + 64 * u.int_in_range(0..=31_u64)?,
        6 | 7 => PAGE + 8 * u.int_in_range(0..=255_u64)?,
        _ => PAGE + u.int_in_range(0..=rig.size - PAGE - 8)?,
    };
    let word = match u.int_in_range(0..=3_u8)? {
        0 => u64::arbitrary(u)?,
        // A commit word that looks sound: epoch 1, this or an earlier lap, tail or not.
        1 => 1 << 48 | u64::from(bool::arbitrary(u)?) << 47 | (2 * u64::from(u16::arbitrary(u)?) + 2),
        // A head word of a record: any kind, any span.
        2 => u64::from(u8::arbitrary(u)? % 14) | u64::from(u8::arbitrary(u)?) << 8 | u64::from(u16::arbitrary(u)?) << 16,
        _ => *u.choose(&[0, u64::MAX, 1, u64::MAX >> 1, 1 << 63])?,
    };
    rig.file.write_all_at(&word.to_le_bytes(), offset).expect("the file stands");
    Ok(())
}

/// Everything that a reader may ask.
fn look(rig: &mut Rig) {
    let mut out = [0; CANONICAL_SIZE_MAX];
    rig.drain(|record| {
        let size = record.encode(&mut out).expect("the largest record fits");
        assert!(size <= out.len() && record.payload_len() * 8 < size);
        use_all(record);
    });
    let reader = &mut rig.reader;
    for slot in [0, 1, 3, 4, u32::MAX] {
        let mut latest = tickring_shm::LatestCopy::default();
        let _ = reader.latest(slot, &mut latest);
        let _ = reader.instrument(slot);
        let _ = reader.instrument_counters(slot);
    }
    let _ = (reader.counters(), reader.liveness(), reader.lag());
}

fn use_all(record: &Record) {
    let bodies = [
        record.trade().is_some(),
        record.quote().is_some(),
        record.book().is_some(),
        record.stats().is_some(),
        record.instrument_definition().is_some(),
        record.status().is_some(),
        record.gap().is_some(),
        record.epoch_start().is_some(),
        record.mark_price().is_some(),
        record.index_price().is_some(),
        record.funding().is_some(),
        record.open_interest().is_some(),
        record.liquidation().is_some(),
        record.trading_status().is_some(),
        record.bar().is_some(),
    ];
    assert_eq!(bodies.iter().filter(|is| **is).count(), 1, "a record is one thing: {record:?}");
}

/// A published segment with its name, and the part of its header that the checksum covers.
struct Named {
    root: Root,
    /// Keeps the segment open.
    _writer: Writer,
    file: File,
    page: [u8; 496],
}

impl Named {
    fn new() -> Self {
        let root = Root::new();
        let writer = Writer::create(&options(&root)).expect("/dev/shm has room for a small ring");
        let file = OpenOptions::new().read(true).write(true).open(root.file(1)).expect("just published");
        let mut page = [0; 496];
        file.read_exact_at(&mut page, 0).expect("a page");
        Self { root, _writer: writer, file, page }
    }
}

thread_local! {
    /// One serves all inputs, as above: each writes the whole header anew.
    static NAMED: Named = Named::new();
}

/// The header of a file that is not to be trusted, its checksum made to fit: refused, or read without harm.
pub fn header(bytes: &[u8]) {
    NAMED.with(|named| {
        let mut page = named.page;
        let mut u = Unstructured::new(bytes);
        let _ = change_words(&mut u, &mut page);
        named.file.write_all_at(&page, 0).expect("the file stands");
        named.file.write_all_at(&u64::from(crc32c(&page)).to_le_bytes(), 496).expect("the file stands");
        let Ok(mut reader) = Reader::open(&named.root.0, NAME, 0) else { return };
        let mut record = Record::default();
        reader.seek_oldest();
        for _ in 0..100 {
            let _ = reader.poll(&mut record);
        }
        let mut latest = tickring_shm::LatestCopy::default();
        for slot in [0, 3, 4, u32::MAX] {
            let _ = reader.latest(slot, &mut latest);
            let _ = reader.instrument(slot);
        }
    });
}

fn change_words(u: &mut Unstructured<'_>, page: &mut [u8; 496]) -> Result<()> {
    while !u.is_empty() {
        let at = 8 * u.int_in_range(0..=61_usize)?;
        let held = u64::from_le_bytes(page[at..at + 8].try_into().expect("eight bytes"));
        let value = match u.int_in_range(0..=3_u8)? {
            0 => u64::arbitrary(u)?,
            1 => held.wrapping_add_signed(i64::from(i8::arbitrary(u)?)),
            2 => held ^ 1 << u.int_in_range(0..=63_u32)?,
            _ => held.wrapping_mul(u64::from(u8::arbitrary(u)?)),
        };
        page[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    Ok(())
}

/// CRC32C bit by bit, written apart from the crate's own.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1)))
    })
}

/// The newest state of an instrument comes back as it was written.
pub fn latest(bytes: &[u8]) {
    SOUND.with_borrow_mut(|rig| {
        let mut u = Unstructured::new(bytes);
        let _ = latest_round(&mut u, rig);
    });
}

fn latest_round(u: &mut Unstructured<'_>, rig: &mut Rig) -> Result<()> {
    // Venues send no negative quantity, and a book has no room for one.
    let level = |u: &mut _| level(u).map(|level| Level { qty: level.qty & i64::MAX, ..level });
    let bids: Vec<Level> = (0..u.int_in_range(0..=9)?).map(|_| level(u)).collect::<Result<_>>()?;
    let asks: Vec<Level> = (0..u.int_in_range(0..=9)?).map(|_| level(u)).collect::<Result<_>>()?;
    let mut book = Book::new();
    book.load(&bids, &asks);
    let slot = u.int_in_range(0..=3_u32)?;
    let [open, high, low, close, volume] = <[i64; 5]>::arbitrary(u)?;
    let written = Latest {
        instrument: u.int_in_range(1..=u32::MAX)?,
        flags: u16::arbitrary(u)?,
        ts_event: u64::arbitrary(u)?,
        ts_recv: u64::arbitrary(u)?,
        frame_seq: u64::arbitrary(u)?,
        last_update_id: u64::arbitrary(u)?,
        price_exponent: i8::arbitrary(u)?,
        qty_exponent: i8::arbitrary(u)?,
        book: &book,
        depth: u.int_in_range(0..=100)?,
        trade: Trade { price: i64::arbitrary(u)?, qty: i64::arbitrary(u)?, trade_id: u64::arbitrary(u)? },
        trade_ts_event: u64::arbitrary(u)?,
        trade_flags: u16::arbitrary(u)?,
        stats: Stats24h { open, high, low, close, volume, count: u64::arbitrary(u)? },
    };
    rig.writer.latest(slot, &written);
    let mut copy = tickring_shm::LatestCopy::default();
    assert!(rig.reader.latest(slot, &mut copy), "nobody writes now");
    let most = written.depth.min(usize::from(rig.reader.depth()));
    assert!(copy.bids.iter().copied().eq(book.bids().take(most)), "{copy:?} of {book:?}");
    assert!(copy.asks.iter().copied().eq(book.asks().take(most)), "{copy:?} of {book:?}");
    assert_eq!((copy.bid_levels as usize, copy.ask_levels as usize), (book.bids().len(), book.asks().len()));
    Ok(())
}
