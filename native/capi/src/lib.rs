//! The C interface of the readers, as `native/shm/include/tickring.h` declares it: every function here is one of that header.
//!
//! Nothing unwinds into C, and no argument that is NULL or misaligned is followed. What the caller alone can keep (a reader
//! that is open, on one thread at a time, arrays as long as said) is written in the header and under `# Safety` here.

mod abi;
mod book;
mod failure;
mod merged;
mod open;
mod places;
mod reader;
mod tables;

use std::ffi::{CStr, c_char, c_int};

pub use self::abi::*;
pub use self::book::{tkr_book, tkr_book_apply, tkr_book_close, tkr_book_hash, tkr_book_join, tkr_book_open, tkr_book_read};
pub use self::merged::{
    tkr_list_engines, tkr_list_shards, tkr_merged, tkr_merged_close, tkr_merged_open, tkr_merged_poll, tkr_merged_reader,
    tkr_merged_rescan, tkr_merged_seek_newest, tkr_merged_seek_oldest, tkr_merged_shards, tkr_merged_wait,
};
pub use self::open::{tkr_close, tkr_open, tkr_reader, tkr_record};
pub use self::reader::{
    tkr_check_liveness, tkr_lost, tkr_poll, tkr_poll_batch, tkr_read_info, tkr_reopen, tkr_seek_newest, tkr_seek_oldest,
    tkr_wait,
};
pub use self::tables::{
    tkr_find_instrument, tkr_read_counters, tkr_read_histogram, tkr_read_instrument, tkr_read_instrument_counters,
    tkr_read_latest,
};

/// Version of this build.
const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("invariant: the version has no zero byte"),
};

/// Version of the library, as `0.1.0`.
#[unsafe(no_mangle)]
pub extern "C" fn tkr_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Version of the segments that it reads: major in the upper 16 bits, minor in the lower.
#[unsafe(no_mangle)]
pub extern "C" fn tkr_abi_version() -> u32 {
    u32::from(tickring_shm::layout::ABI_MAJOR) << 16 | u32::from(tickring_shm::layout::ABI_MINOR)
}

/// Bytes of a struct of the header by its name, for callers that cannot include it; 0 for a name that is none.
///
/// # Safety
///
/// `name` is NULL or ends with a zero byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_size_of(name: *const c_char) -> usize {
    let mut size = 0;
    failure::guard(|| {
        // SAFETY: ends with a zero byte unless NULL, by this function's contract.
        size = size_of_struct(unsafe { places::text(name, "name") }?.to_bytes());
        Ok(TKR_OK)
    });
    size
}

/// A sentence on the last call of this thread that failed; empty where none has.
#[unsafe(no_mangle)]
pub extern "C" fn tkr_last_error() -> *const c_char {
    failure::last()
}

/// Name of what a call gave back: `RECORD`, `SHM_NOT_FOUND`.
#[unsafe(no_mangle)]
pub extern "C" fn tkr_result_name(result: c_int) -> *const c_char {
    let name = match result {
        TKR_OK => c"OK",
        TKR_RECORD => c"RECORD",
        TKR_EMPTY => c"EMPTY",
        TKR_LAPPED => c"LAPPED",
        TKR_STALLED => c"STALLED",
        TKR_NONE => c"NONE",
        TKR_ERROR_INTERNAL => c"INTERNAL",
        TKR_UNCHANGED => c"UNCHANGED",
        TKR_CHANGED => c"CHANGED",
        TKR_REBUILT => c"REBUILT",
        TKR_LOST => c"LOST",
        10.. => c"unknown",
        ..0 => code_name(u64::from(result.unsigned_abs())),
    };
    name.as_ptr()
}

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $function:ident($number:ident: $type:ty) = $table:ident;)+) => {
        $($(#[doc = $doc])+
        #[unsafe(no_mangle)]
        pub extern "C" fn $function($number: $type) -> *const c_char {
            $table(u64::from($number)).as_ptr()
        })+
    };
}

names! {
    /// Name of a record's kind.
    tkr_kind_name(kind: u8) = kind_name;
    /// Name of a status record's state.
    tkr_state_name(state: u8) = state_name;
    /// Name of a venue.
    tkr_venue_name(venue: u16) = venue_name;
    /// Name of a code in a status record.
    tkr_code_name(code: u16) = code_name;
    /// Name of a shard's counter.
    tkr_counter_name(index: u32) = counter_name;
    /// Name of an instrument's counter.
    tkr_instrument_counter_name(index: u32) = instrument_counter_name;
    /// Name of a histogram.
    tkr_stage_name(stage: u32) = stage_name;
}
