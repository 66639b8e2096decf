//! Engines and their shards: `tkr_list_engines` to `tkr_merged_reader`.

use std::ffi::{c_char, c_int};
use std::ptr::NonNull;
use std::time::Duration;

use tickring_shm::{Merged, Next, engines, shards};

use crate::abi::*;
use crate::failure::guard;
use crate::open::{Source, owner, root_of, tkr_reader, tkr_record};
use crate::places::{Places, borrow, text};
use crate::reader::waiting;

/// Lists engines. See `tickring.h`.
///
/// # Safety
///
/// `root` is NULL or ends with a zero byte; `names` has room for `capacity`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_list_engines(
    root: *const c_char,
    names: *mut tkr_name,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        count.put([0]);
        // SAFETY: room for `capacity`, by this function's contract.
        let mut names = unsafe { Places::new(names, capacity, "names") }?;
        // SAFETY: NULL, or ends with a zero byte, by this function's contract.
        let found = engines(unsafe { root_of(root) }?)?;
        names.put(found.iter().map(|name| {
            let mut text = [0; size_of::<tkr_name>()];
            // An engine's name is at most 64 bytes, so that a zero follows.
            for (to, from) in text.iter_mut().zip(name.bytes()) {
                *to = from.cast_signed() as c_char;
            }
            tkr_name { text }
        }));
        count.put([found.len()]);
        Ok(TKR_OK)
    })
}

/// Lists shards. See `tickring.h`.
///
/// # Safety
///
/// `root` is NULL or ends with a zero byte, as does `name`; `numbers` has room for `capacity`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_list_shards(
    root: *const c_char,
    name: *const c_char,
    numbers: *mut u16,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        count.put([0]);
        // SAFETY: room for `capacity`, by this function's contract.
        let mut numbers = unsafe { Places::new(numbers, capacity, "shards") }?;
        // SAFETY: ends with a zero byte, by this function's contract.
        let name = unsafe { text(name, "name") }?.to_string_lossy();
        // SAFETY: NULL, or ends with a zero byte, by this function's contract.
        let found = shards(unsafe { root_of(root) }?, &name)?;
        numbers.put(found.iter().copied());
        count.put([found.len()]);
        Ok(TKR_OK)
    })
}

/// All shards of an engine. C holds a pointer to it and looks at nothing inside.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct tkr_merged {
    /// Shared with `lanes`, which reach their readers through it.
    merged: NonNull<Merged>,
    /// Boxed, for C holds pointers to them.
    #[allow(clippy::vec_box)]
    lanes: Vec<(u16, Box<tkr_reader>)>,
}

impl Drop for tkr_merged {
    fn drop(&mut self) {
        self.lanes.clear();
        // SAFETY: `tkr_merged_open` made it from a box, and the lanes, which alone had copies of the pointer, are gone.
        drop(unsafe { Box::from_raw(self.merged.as_ptr()) });
    }
}

impl tkr_merged {
    /// The readers, none of whose lanes is in use: one call of the one thread at a time.
    fn merged(&mut self) -> &mut Merged {
        // SAFETY: it stands until `drop`, and lanes use it only within a call of theirs, which this one is not.
        unsafe { self.merged.as_mut() }
    }

    fn add_lanes(&mut self) {
        let pointer = self.merged;
        let shards: Vec<_> = self.merged().shards().collect();
        for shard in shards {
            if self.lanes.iter().all(|(known, _)| *known != shard) {
                self.lanes.push((shard, Box::new(tkr_reader::new(Source::Lane(pointer, shard)))));
            }
        }
    }

    fn lane(&mut self, shard: u16) -> Option<&mut tkr_reader> {
        self.lanes.iter_mut().find(|(known, _)| *known == shard).map(|(_, lane)| &mut **lane)
    }
}

/// Opens all shards. See `tickring.h`.
///
/// # Safety
///
/// As for `tkr_open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_open(
    root: *const c_char,
    name: *const c_char,
    options: *const tkr_options,
    out: *mut *mut tkr_merged,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        out.put([std::ptr::null_mut()]);
        // SAFETY: NULL, or ends with a zero byte, by this function's contract.
        let root = unsafe { root_of(root) }?;
        // SAFETY: ends with a zero byte, by this function's contract.
        let name = unsafe { text(name, "name") }?.to_string_lossy();
        // SAFETY: NULL or as long as it says, by this function's contract.
        let merged = match unsafe { owner(options) }? {
            Some(uid) => Merged::open_owned_by(root, &name, uid),
            None => Merged::open(root, &name),
        }?;
        let mut opened = Box::new(tkr_merged { merged: NonNull::from(Box::leak(Box::new(merged))), lanes: Vec::new() });
        opened.add_lanes();
        out.put([Box::into_raw(opened)]);
        Ok(TKR_OK)
    })
}

/// Closes all shards; NULL is nothing.
///
/// # Safety
///
/// `merged` is NULL or came from `tkr_merged_open`, and neither it nor its readers are used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_close(merged: *mut tkr_merged) {
    guard(|| {
        if !merged.is_null() && merged.is_aligned() {
            // SAFETY: `tkr_merged_open` made it from a box, and by this function's contract it was not closed before.
            drop(unsafe { Box::from_raw(merged) });
        }
        Ok(TKR_OK)
    });
}

/// Copies the next record of any shard. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone; `record` and `shard` have room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_poll(merged: *mut tkr_merged, record: *mut tkr_record, shard: *mut u16) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let merged = unsafe { borrow(merged, "merged") }?;
        // SAFETY: room for one record, by this function's contract.
        let record = unsafe { borrow(record, "record") }?;
        // SAFETY: room for one, by this function's contract.
        let mut shard = unsafe { Places::one(shard, "shard") }?;
        let (lapped, lost) = match merged.merged().poll() {
            Next::Empty => return Ok(TKR_EMPTY),
            Next::Record(of, next) => {
                next.encode(&mut record.bytes);
                shard.put([of]);
                return Ok(TKR_RECORD);
            }
            Next::Stalled(of) => {
                shard.put([of]);
                return Ok(TKR_STALLED);
            }
            Next::Lapped { shard, lost } => (shard, lost),
        };
        shard.put([lapped]);
        if let Some(lane) = merged.lane(lapped) {
            lane.lost = lost;
        }
        Ok(TKR_LAPPED)
    })
}

/// Moves to the oldest records. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_seek_oldest(merged: *mut tkr_merged) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { seek(merged, Merged::seek_oldest) }
}

/// Moves behind the newest records. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_seek_newest(merged: *mut tkr_merged) -> c_int {
    // SAFETY: by this function's contract.
    unsafe { seek(merged, Merged::seek_newest) }
}

/// Moves all shards.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone.
unsafe fn seek(merged: *mut tkr_merged, seek: impl FnOnce(&mut Merged)) -> c_int {
    guard(|| {
        // SAFETY: as this function's caller promises.
        seek(unsafe { borrow(merged, "merged") }?.merged());
        Ok(TKR_OK)
    })
}

/// Waits for a record of any shard. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone; `how` is NULL or a `tkr_waiting`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_wait(merged: *mut tkr_merged, how: *const tkr_waiting, timeout_ns: u64) -> c_int {
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let merged = unsafe { borrow(merged, "merged") }?;
        // SAFETY: NULL or a struct of this type, by this function's contract.
        let how = unsafe { waiting(how) }?;
        Ok(if merged.merged().wait(&how, Duration::from_nanos(timeout_ns)) { TKR_OK } else { TKR_EMPTY })
    })
}

/// Opens new shards. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone; `count` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_rescan(merged: *mut tkr_merged, count: *mut usize) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        count.put([0]);
        // SAFETY: open and used by this thread alone, by this function's contract.
        let merged = unsafe { borrow(merged, "merged") }?;
        let opened = merged.merged().rescan();
        // Some may have been opened before one failed.
        merged.add_lanes();
        count.put([opened?]);
        Ok(TKR_OK)
    })
}

/// Numbers of the open shards. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone; `numbers` has room for `capacity`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_shards(
    merged: *mut tkr_merged,
    numbers: *mut u16,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        count.put([0]);
        // SAFETY: room for `capacity`, by this function's contract.
        let mut numbers = unsafe { Places::new(numbers, capacity, "shards") }?;
        // SAFETY: open and used by this thread alone, by this function's contract.
        let merged = unsafe { borrow(merged, "merged") }?;
        numbers.put(merged.lanes.iter().map(|(shard, _)| *shard));
        count.put([merged.lanes.len()]);
        Ok(TKR_OK)
    })
}

/// The reader of a shard. See `tickring.h`.
///
/// # Safety
///
/// `merged` is NULL or open and used by this thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_merged_reader(merged: *mut tkr_merged, shard: u16) -> *mut tkr_reader {
    let mut reader = std::ptr::null_mut();
    guard(|| {
        // SAFETY: open and used by this thread alone, by this function's contract.
        let merged = unsafe { borrow(merged, "merged") }?;
        if let Some(lane) = merged.lane(shard) {
            reader = lane;
        }
        Ok(TKR_OK)
    });
    reader
}
