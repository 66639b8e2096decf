//! Opening, polling, following: `tkr_open` to `tkr_read_info`.

use std::ffi::{OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tickring_shm::{DEFAULT_ROOT, LatestCopy, Liveness, Poll, Reader, Record};

use crate::abi::*;
use crate::failure::{Failure, guard};
use crate::places::{Places, borrow, text};

/// An open reader. C holds a pointer to it and looks at nothing inside.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct tkr_reader {
    pub(crate) reader: Reader,
    pub(crate) latest: LatestCopy,
    record: Record,
    /// What the lap told last has lost.
    lost: u64,
    /// Lost in a lap that ended a batch and is still to be told; 0 for none.
    due: u64,
}

/// A record as C sees it: the bytes of [`Record::encode`], member for member.
#[derive(Debug)]
#[allow(non_camel_case_types)]
#[repr(C, align(8))]
pub struct tkr_record {
    pub(crate) bytes: [u8; RECORD_SIZE],
}

/// Opens a shard. See `tickring.h`.
///
/// # Safety
///
/// Strings end with a zero byte; `options` is NULL or has the bytes that its `struct_size` says; `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_open(
    root: *const c_char,
    name: *const c_char,
    shard: u32,
    options: *const tkr_options,
    out: *mut *mut tkr_reader,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        out.put([std::ptr::null_mut()]);
        let root = if root.is_null() {
            Path::new(DEFAULT_ROOT)
        } else {
            // SAFETY: not NULL, and ends with a zero byte, by this function's contract.
            Path::new(OsStr::from_bytes(unsafe { text(root, "root") }?.to_bytes()))
        };
        // SAFETY: ends with a zero byte, by this function's contract.
        let name = unsafe { text(name, "name") }?.to_string_lossy();
        let number = u16::try_from(shard).map_err(|_| Failure::argument(format!("shard {shard} exceeds {}", u16::MAX)))?;
        // SAFETY: NULL or as long as it says, by this function's contract.
        let owner = unsafe { owner(options) }?;
        let reader = match owner {
            Some(uid) => Reader::open_owned_by(root, &name, number, uid),
            None => Reader::open(root, &name, number),
        }?;
        let opened = tkr_reader { reader, latest: LatestCopy::default(), record: Record::default(), lost: 0, due: 0 };
        out.put([Box::into_raw(Box::new(opened))]);
        Ok(TKR_OK)
    })
}

/// Whose files the options trust; `None` for this process's user.
///
/// # Safety
///
/// Unless NULL or misaligned, the struct has the bytes that its `struct_size` says.
unsafe fn owner(options: *const tkr_options) -> Result<Option<u32>, Failure> {
    if options.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function's caller promises; it is read alone.
    let options = unsafe { borrow(options.cast_mut(), "options") }?;
    let size = size_of::<tkr_options>();
    if (options.struct_size as usize) < size {
        return Err(Failure::argument(format!("options.struct_size {} is below {size}", options.struct_size)));
    }
    if options.flags & !TKR_OPEN_OWNED_BY != 0 {
        return Err(Failure::argument(format!("options.flags {:#x} has bits that this version does not know", options.flags)));
    }
    Ok((options.flags & TKR_OPEN_OWNED_BY != 0).then_some(options.owner_uid))
}

/// Closes a reader; NULL is nothing.
///
/// # Safety
///
/// `reader` is NULL or came from `tkr_open`, and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_close(reader: *mut tkr_reader) {
    guard(|| {
        if !reader.is_null() && reader.is_aligned() {
            // SAFETY: `tkr_open` made it from a box, and by this function's contract it was not closed before.
            drop(unsafe { Box::from_raw(reader) });
        }
        Ok(TKR_OK)
    });
}

impl tkr_reader {
    /// The next record into the bytes of a `tkr_record`.
    #[inline]
    fn poll(&mut self, out: &mut [u8]) -> c_int {
        if self.due > 0 {
            self.lost = std::mem::take(&mut self.due);
            return TKR_LAPPED;
        }
        match self.reader.poll(&mut self.record) {
            Poll::Record => {
                self.record.encode(out);
                TKR_RECORD
            }
            Poll::Empty => TKR_EMPTY,
            Poll::Lapped { lost } => {
                self.lost = lost;
                TKR_LAPPED
            }
            Poll::Stalled => TKR_STALLED,
        }
    }
}

/// Copies the next record. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `record` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_poll(reader: *mut tkr_reader, record: *mut tkr_record) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let reader = unsafe { borrow(reader, "reader") }?;
        // SAFETY: room for one record, by this function's contract.
        let record = unsafe { borrow(record, "record") }?;
        Ok(reader.poll(&mut record.bytes))
    })
}

/// Copies up to `count_max` records. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `records` has room for `count_max`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_poll_batch(
    reader: *mut tkr_reader,
    records: *mut tkr_record,
    count_max: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        count.put([0]);
        // SAFETY: open and used by this thread alone, by this function's contract.
        let reader = unsafe { borrow(reader, "reader") }?;
        if count_max == 0 || count_max > isize::MAX as usize / RECORD_SIZE {
            return Err(Failure::argument(format!("count_max {count_max} is not 1 to {}", isize::MAX as usize / RECORD_SIZE)));
        }
        // SAFETY: room for the first record, by this function's contract.
        unsafe { borrow(records, "records") }?;
        // SAFETY: neither NULL nor misaligned, checked above; room for `count_max`, by this function's contract.
        let records = unsafe { std::slice::from_raw_parts_mut(records, count_max) };
        let told = reader.lost;
        let mut copied = 0;
        let mut result = TKR_RECORD;
        for record in records {
            result = reader.poll(&mut record.bytes);
            if result != TKR_RECORD {
                break;
            }
            copied += 1;
        }
        if copied > 0 {
            if result == TKR_LAPPED {
                reader.due = std::mem::replace(&mut reader.lost, told);
            }
            result = TKR_RECORD;
        }
        count.put([copied]);
        Ok(result)
    })
}

/// Records lost in the last lap. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_lost(reader: *const tkr_reader) -> u64 {
    let mut lost = 0;
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract; it is read alone.
        lost = unsafe { borrow(reader.cast_mut(), "reader") }?.lost;
        Ok(TKR_OK)
    });
    lost
}

/// Moves to the oldest record. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_seek_oldest(reader: *mut tkr_reader) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, |reader| reader.seek(Reader::seek_oldest)) }
}

/// Moves behind the newest record. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_seek_newest(reader: *mut tkr_reader) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, |reader| reader.seek(Reader::seek_newest)) }
}

/// Opens the current generation. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_reopen(reader: *mut tkr_reader) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, |reader| Ok(reader.reader.reopen().map(|()| TKR_OK)?)) }
}

impl tkr_reader {
    fn seek(&mut self, seek: impl FnOnce(&mut Reader)) -> Result<c_int, Failure> {
        seek(&mut self.reader);
        // What was expected is forgotten, and with it the lap.
        self.due = 0;
        Ok(TKR_OK)
    }
}

/// Runs `body` with the reader.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone.
pub(crate) unsafe fn with_reader(
    reader: *mut tkr_reader,
    body: impl FnOnce(&mut tkr_reader) -> Result<c_int, Failure>,
) -> c_int {
    // SAFETY: as this function's caller promises.
    guard(|| body(unsafe { borrow(reader, "reader") }?))
}

/// How the writer is doing. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_check_liveness(reader: *mut tkr_reader, out: *mut tkr_liveness) -> c_int {
    let look = |reader: &mut tkr_reader| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        let mut told = tkr_liveness {
            state: TKR_WRITER_DEAD,
            reserved: 0,
            age_ns: u64::MAX,
            epoch: reader.reader.epoch(),
            newer_epoch: 0,
            final_sequence: 0,
        };
        match reader.reader.liveness() {
            Liveness::Live { age } => {
                (told.state, told.age_ns) = (TKR_WRITER_LIVE, u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
            }
            Liveness::Stalled { age } => {
                (told.state, told.age_ns) = (TKR_WRITER_STALLED, u64::try_from(age.as_nanos()).unwrap_or(u64::MAX));
            }
            Liveness::Dead => {}
            Liveness::Closed { final_sequence } => {
                (told.state, told.final_sequence) = (TKR_WRITER_CLOSED, final_sequence);
            }
            Liveness::Superseded { epoch } => (told.state, told.newer_epoch) = (TKR_WRITER_SUPERSEDED, epoch),
        }
        out.put([told]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, look) }
}

/// Where a reader stands. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_info(reader: *mut tkr_reader, out: *mut tkr_info) -> c_int {
    let look = |reader: &mut tkr_reader| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        let reader = &reader.reader;
        let info = tkr_info {
            epoch: reader.epoch(),
            generation: reader.generation(),
            position: reader.position(),
            next_sequence: reader.next_sequence().unwrap_or(0),
            lag: reader.lag(),
            slots: reader.slots(),
            skipped: reader.skipped(),
            writer_pid: reader.writer_pid(),
            instrument_slots: reader.instruments_max(),
            depth: u32::from(reader.depth()),
            reserved: [0; 9],
        };
        out.put([info]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, look) }
}
