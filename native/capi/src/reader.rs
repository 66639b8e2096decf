//! Polling, waiting, following: `tkr_poll` to `tkr_read_info`.

use std::ffi::c_int;
use std::time::Duration;

use tickring_shm::{Liveness, Poll, Reader, Waiting};

use crate::abi::*;
use crate::failure::{Failure, guard};
use crate::open::{Source, tkr_reader, tkr_record};
use crate::places::{Places, borrow};

impl tkr_reader {
    /// The next record into the bytes of a `tkr_record`; `None` for a reader that cannot be polled.
    fn poll(&mut self, out: &mut [u8]) -> Option<c_int> {
        let reader = self.source.own()?;
        if self.due > 0 {
            self.lost = std::mem::take(&mut self.due);
            return Some(TKR_LAPPED);
        }
        Some(match reader.poll(&mut self.record) {
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
        })
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
        reader.poll(&mut record.bytes).ok_or_else(Source::refusal)
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
            result = reader.poll(&mut record.bytes).ok_or_else(Source::refusal)?;
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
    unsafe { with_reader(reader, |reader| Ok(reader.source.get_mut().reopen().map(|()| TKR_OK)?)) }
}

impl tkr_reader {
    fn seek(&mut self, seek: impl FnOnce(&mut Reader)) -> Result<c_int, Failure> {
        seek(self.source.own().ok_or_else(Source::refusal)?);
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

/// Waits for a record. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `how` is NULL or a `tkr_waiting`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_wait(reader: *mut tkr_reader, how: *const tkr_waiting, timeout_ns: u64) -> c_int {
    let wait = |reader: &mut tkr_reader| {
        // SAFETY: NULL or a struct of this type, by this function's contract.
        let how = unsafe { waiting(how) }?;
        let due = reader.due > 0;
        let reader = reader.source.own().ok_or_else(Source::refusal)?;
        Ok(if due || reader.wait(&how, Duration::from_nanos(timeout_ns)) { TKR_OK } else { TKR_EMPTY })
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, wait) }
}

/// How to wait; as by default for NULL.
///
/// # Safety
///
/// Unless NULL or misaligned, it is a `tkr_waiting`.
pub(crate) unsafe fn waiting(how: *const tkr_waiting) -> Result<Waiting, Failure> {
    if how.is_null() {
        return Ok(Waiting::default());
    }
    // SAFETY: as this function's caller promises; it is read alone.
    let how = unsafe { borrow(how.cast_mut(), "how") }?;
    if how.flags & !TKR_WAIT_BLOCK != 0 {
        return Err(Failure::argument(format!("how.flags {:#x} has bits that this version does not know", how.flags)));
    }
    let [spin, yielding, sleep] = [how.spin_ns, how.yield_ns, how.sleep_ns].map(Duration::from_nanos);
    Ok(Waiting { spin, yielding, sleep, block: how.flags & TKR_WAIT_BLOCK != 0 })
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
            epoch: reader.source.get().epoch(),
            newer_epoch: 0,
            final_sequence: 0,
        };
        match reader.source.get_mut().liveness() {
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
        let reader = reader.source.get();
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
