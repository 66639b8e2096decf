//! Failures on their way to C: a number, and a sentence kept for the thread. Panics end here.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tickring_shm::ShmError;

use crate::abi::{TKR_ERROR_ARGUMENT, TKR_ERROR_INTERNAL};

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// What a call fails with.
#[derive(Debug)]
pub(crate) struct Failure {
    result: c_int,
    text: String,
}

impl Failure {
    /// An argument that cannot be used: `text` names it, its value and the limit.
    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self { result: TKR_ERROR_ARGUMENT, text: text.into() }
    }
}

impl From<ShmError> for Failure {
    fn from(error: ShmError) -> Self {
        Self { result: -(error.code() as c_int), text: error.to_string() }
    }
}

/// Runs the body of an exported function: keeps the sentence of a failure, stops a panic.
#[inline]
pub(crate) fn guard(body: impl FnOnce() -> Result<c_int, Failure>) -> c_int {
    let mut result = TKR_ERROR_INTERNAL;
    // Not as what the closure returns: that place is shared with the panic's pointer, written as 4 bytes and read as 8, for which a
    // processor waits longer than a poll takes.
    let told = catch_unwind(AssertUnwindSafe(|| result = body().unwrap_or_else(keep)));
    told.map_or_else(caught, |()| result)
}

#[cold]
#[inline(never)]
fn caught(panic: Box<dyn Any + Send>) -> c_int {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = format!("a fault of this library was caught: {}", said.unwrap_or("no text"));
    // Dropping what was thrown may throw again.
    std::mem::forget(panic);
    keep(Failure { result: TKR_ERROR_INTERNAL, text })
}

#[cold]
#[inline(never)]
fn keep(failure: Failure) -> c_int {
    // Paths and names may hold anything but a zero byte; a text that holds one is cut there.
    let mut bytes = failure.text.into_bytes();
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    let text = CString::new(bytes).unwrap_or_default();
    // A thread that is ending may have none any more.
    let _ = LAST.try_with(|last| last.replace(text));
    failure.result
}

/// The last failure's sentence, until the next failure of this thread.
pub(crate) fn last() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn said() -> String {
        // SAFETY: `last` gives a string that stands until the next failure of this thread.
        unsafe { CStr::from_ptr(last()) }.to_string_lossy().into_owned()
    }

    #[test]
    fn panic_ends_as_a_result_with_its_text() {
        assert_eq!(guard(|| panic!("of {}", 1)), TKR_ERROR_INTERNAL);
        assert_eq!(said(), "a fault of this library was caught: of 1");
        assert_eq!(guard(|| std::panic::panic_any(1_u8)), TKR_ERROR_INTERNAL);
        assert_eq!(said(), "a fault of this library was caught: no text");
    }

    #[test]
    fn sentence_stays_until_the_next_failure_of_its_thread() {
        assert_eq!(guard(|| Err(Failure::argument("first"))), TKR_ERROR_ARGUMENT);
        assert_eq!(guard(|| Ok(7)), 7);
        let elsewhere = std::thread::spawn(said).join().expect("the thread ends");
        assert_eq!((said(), elsewhere), ("first".to_owned(), String::new()));
    }

    #[test]
    fn sentence_is_cut_at_a_zero_byte() {
        guard(|| Err(Failure::argument("before\0after")));
        assert_eq!(said(), "before");
    }
}
