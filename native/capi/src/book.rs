//! Books that a reader builds: `tkr_book_open` to `tkr_book_hash`.

use std::ffi::c_int;

use tickring_core::book::Side;
use tickring_core::event::{Kind, Level};
use tickring_shm::{Applied, BookBuilder, BookState, Record};

use crate::abi::*;
use crate::failure::{Failure, guard};
use crate::open::{tkr_reader, tkr_record};
use crate::places::{Places, borrow};
use crate::tables::check_slot;

/// Where kind and instrument stand in a record.
const KIND: usize = 4;
const INSTRUMENT: std::ops::Range<usize> = 8..12;

/// A book being built. C holds a pointer to it and looks at nothing inside.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct tkr_book {
    builder: BookBuilder,
    /// Records of this book's instrument are decoded here.
    own: Record,
    /// Records of others tell their instrument and no more.
    other: Record,
}

/// Makes a book. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_open(reader: *mut tkr_reader, slot: u32, out: *mut *mut tkr_book) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        out.put([std::ptr::null_mut()]);
        // SAFETY: open and used by this thread alone, by this function's contract.
        let reader = unsafe { borrow(reader, "reader") }?;
        check_slot(reader, slot)?;
        let builder = BookBuilder::new(reader.source.get(), slot);
        out.put([Box::into_raw(Box::new(tkr_book { builder, own: Record::default(), other: Record::default() }))]);
        Ok(TKR_OK)
    })
}

/// Closes a book; NULL is nothing.
///
/// # Safety
///
/// `book` is NULL or came from `tkr_book_open`, and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_close(book: *mut tkr_book) {
    guard(|| {
        if !book.is_null() && book.is_aligned() {
            // SAFETY: `tkr_book_open` made it from a box, and by this function's contract it was not closed before.
            drop(unsafe { Box::from_raw(book) });
        }
        Ok(TKR_OK)
    });
}

/// Takes a record. See `tickring.h`.
///
/// # Safety
///
/// `book` and `reader` are NULL or open and used by this thread alone; `record` is one that the reader has polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_apply(book: *mut tkr_book, reader: *mut tkr_reader, record: *const tkr_record) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let book = unsafe { borrow(book, "book") }?;
        // SAFETY: as above.
        let reader = unsafe { borrow(reader, "reader") }?;
        // SAFETY: a record, by this function's contract; it is read alone.
        let record = unsafe { borrow(record.cast_mut(), "record") }?;
        let tkr_book { builder, own, other } = book;
        let record = decoded(record, builder, own, other)?;
        Ok(match builder.apply(reader.source.get(), record) {
            Applied::Nothing => TKR_UNCHANGED,
            Applied::Changed => TKR_CHANGED,
            Applied::Rebuilt => TKR_REBUILT,
            Applied::Lost => TKR_LOST,
        })
    })
}

/// The record for the builder: all of it where the builder will look at it.
fn decoded<'a>(
    record: &tkr_record,
    builder: &BookBuilder,
    own: &'a mut Record,
    other: &'a mut Record,
) -> Result<&'a Record, Failure> {
    let mut instrument = [0; 4];
    instrument.copy_from_slice(&record.bytes[INSTRUMENT]);
    let instrument = u32::from_le_bytes(instrument);
    if instrument != builder.instrument() && record.bytes[KIND] != Kind::Instrument as u8 {
        other.instrument = instrument;
        return Ok(other);
    }
    if own.decode(&record.bytes) {
        return Ok(own);
    }
    Err(Failure::argument(format!("record of kind {} is none that a poll has copied", record.bytes[KIND])))
}

/// Builds the book anew. See `tickring.h`.
///
/// # Safety
///
/// `book` and `reader` are NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_join(book: *mut tkr_book, reader: *mut tkr_reader) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let book = unsafe { borrow(book, "book") }?;
        // SAFETY: as above.
        let reader = unsafe { borrow(reader, "reader") }?;
        Ok(if book.builder.join(reader.source.get()) { TKR_OK } else { TKR_NONE })
    })
}

/// Copies what the book is. See `tickring.h`.
///
/// # Safety
///
/// `book` is NULL or open and used by this thread alone; `out` has room for one, `bids` and `asks` for `capacity` each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_read(
    book: *const tkr_book,
    out: *mut tkr_book_info,
    bids: *mut tkr_level,
    asks: *mut tkr_level,
    capacity: usize,
) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract; it is read alone.
        let builder = &unsafe { borrow(book.cast_mut(), "book") }?.builder;
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        // SAFETY: room for `capacity`, by this function's contract.
        let bids = unsafe { Places::new(bids, capacity, "bids") }?;
        // SAFETY: as above.
        let asks = unsafe { Places::new(asks, capacity, "asks") }?;
        let (price_exponent, qty_exponent) = builder.exponents();
        out.put([tkr_book_info {
            state: match builder.state() {
                BookState::Waiting => TKR_BOOK_WAITING,
                BookState::Live => TKR_BOOK_LIVE,
                BookState::Stale => TKR_BOOK_STALE,
            },
            slot: builder.slot(),
            instrument: builder.instrument(),
            price_exponent,
            qty_exponent,
            reserved: [0; 2],
            last_update_id: builder.last_update_id(),
            sequence: builder.sequence(),
            // Memory ends long before 2^32 levels.
            bid_levels: builder.book().levels(Side::Bid) as u32,
            ask_levels: builder.book().levels(Side::Ask) as u32,
            bid_count: copy(builder, Side::Bid, bids),
            ask_count: copy(builder, Side::Ask, asks),
            joins: builder.joins(),
            checks: builder.checks(),
            failures: builder.failures(),
        }]);
        Ok(TKR_OK)
    })
}

/// Copies the best levels of a side; gives their number.
fn copy(builder: &BookBuilder, side: Side, mut places: Places<'_, tkr_level>) -> u32 {
    let most = places.capacity();
    let each = |place, level: Level| places.put_at(place, tkr_level { price: level.price, qty: level.qty });
    builder.book().each_top(side, most, each) as u32
}

/// Hash of a book. See `tickring.h`.
///
/// # Safety
///
/// `book` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_book_hash(book: *const tkr_book) -> u64 {
    let mut hash = 0;
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract; it is read alone.
        hash = unsafe { borrow(book.cast_mut(), "book") }?.builder.book().hash();
        Ok(TKR_OK)
    });
    hash
}
