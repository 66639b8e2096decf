//! Opening and closing: `tkr_open`, `tkr_close`, and what a reader is.

use std::ffi::{OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::NonNull;

use tickring_shm::{DEFAULT_ROOT, LatestCopy, Merged, Reader, Record};

use crate::abi::*;
use crate::failure::{Failure, guard};
use crate::places::{Places, borrow, text};

/// Whose reader it is.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Source {
    /// Its own.
    Own(Reader),
    /// One of a `tkr_merged`, which stands until it is closed and this with it.
    Lane(NonNull<Merged>, u16),
}

impl Source {
    #[inline]
    pub(crate) fn get(&self) -> &Reader {
        match self {
            Self::Own(reader) => reader,
            Self::Lane(merged, shard) => {
                // SAFETY: `tkr_merged` keeps it for as long as its lanes, of which this is one, and lends it to nobody between
                // calls; a call uses one of them alone, since all belong to one thread.
                let merged = unsafe { merged.as_ref() };
                merged.reader(*shard).expect("invariant: an open shard stays open")
            }
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut Reader {
        match self {
            Self::Own(reader) => reader,
            Self::Lane(merged, shard) => {
                // SAFETY: as in `get`.
                let merged = unsafe { merged.as_mut() };
                merged.reader_mut(*shard).expect("invariant: an open shard stays open")
            }
        }
    }

    /// The reader, for what would take records away from others; refuses with [`Self::refusal`] where it is a lane.
    #[inline]
    pub(crate) fn own(&mut self) -> Option<&mut Reader> {
        match self {
            Self::Own(reader) => Some(reader),
            Self::Lane(..) => None,
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn refusal() -> Failure {
        Failure::argument("reader of a shard is polled through its tkr_merged")
    }
}

/// An open reader. C holds a pointer to it and looks at nothing inside.
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct tkr_reader {
    pub(crate) source: Source,
    pub(crate) latest: LatestCopy,
    pub(crate) record: Record,
    /// What the lap told last has lost.
    pub(crate) lost: u64,
    /// Lost in a lap that ended a batch and is still to be told; 0 for none.
    pub(crate) due: u64,
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
        // SAFETY: NULL, or ends with a zero byte, by this function's contract.
        let root = unsafe { root_of(root) }?;
        // SAFETY: ends with a zero byte, by this function's contract.
        let name = unsafe { text(name, "name") }?.to_string_lossy();
        let number = u16::try_from(shard).map_err(|_| Failure::argument(format!("shard {shard} exceeds {}", u16::MAX)))?;
        // SAFETY: NULL or as long as it says, by this function's contract.
        let owner = unsafe { owner(options) }?;
        let reader = match owner {
            Some(uid) => Reader::open_owned_by(root, &name, number, uid),
            None => Reader::open(root, &name, number),
        }?;
        let opened = tkr_reader::new(Source::Own(reader));
        out.put([Box::into_raw(Box::new(opened))]);
        Ok(TKR_OK)
    })
}

/// The directory of all engines.
///
/// # Safety
///
/// Unless NULL, it ends with a zero byte and stays unchanged during the call.
pub(crate) unsafe fn root_of<'a>(root: *const c_char) -> Result<&'a Path, Failure> {
    if root.is_null() {
        return Ok(Path::new(DEFAULT_ROOT));
    }
    // SAFETY: as this function's caller promises.
    Ok(Path::new(OsStr::from_bytes(unsafe { text(root, "root") }?.to_bytes())))
}

/// Whose files the options trust; `None` for this process's user.
///
/// # Safety
///
/// Unless NULL or misaligned, the struct has the bytes that its `struct_size` says.
pub(crate) unsafe fn owner(options: *const tkr_options) -> Result<Option<u32>, Failure> {
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
        // SAFETY: open, by this function's contract; it is read alone.
        if let Ok(tkr_reader { source: Source::Own(_), .. }) = unsafe { borrow(reader, "reader") } {
            // SAFETY: `tkr_open` made it from a box, and by this function's contract it was not closed before.
            drop(unsafe { Box::from_raw(reader) });
        }
        Ok(TKR_OK)
    });
}

impl tkr_reader {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, latest: LatestCopy::default(), record: Record::default(), lost: 0, due: 0 }
    }
}
