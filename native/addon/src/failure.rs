//! Errors as they cross N-API: `error.code` is the name from the table in `native/core/src/error.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tickring_core::error::Code;
use tickring_shm::ShmError;

/// A code of the table as napi's error status.
pub struct Status(Code);

impl AsRef<str> for Status {
    fn as_ref(&self) -> &str {
        self.0.name()
    }
}

/// Result of every export that can fail.
pub type Result<T> = std::result::Result<T, napi::Error<Status>>;

/// An error with this code.
pub fn fail(code: Code, message: impl Into<String>) -> napi::Error<Status> {
    napi::Error::new(Status(code), message.into())
}

/// The same error, as the boundary spells it.
pub fn shm(error: &ShmError) -> napi::Error<Status> {
    fail(error.code(), error.to_string())
}

/// Use after `close()`.
pub fn closed(what: &str) -> napi::Error<Status> {
    fail(Code::Closed, format!("{what} is closed"))
}

/// Runs an export's body; a panic becomes an error instead of ending the process.
pub fn guard<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(fail(Code::ShardPoisoned, panic_text(payload.as_ref()))))
}

/// What a panic said, for the message of the error that it becomes.
pub fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic without a message".to_owned())
}
