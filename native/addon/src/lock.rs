//! The lock that makes an engine the only one under its name.

use std::path::Path;

use napi_derive::napi;

use crate::failure::{Result, guard, shm};

/// Held by the engine's main thread for as long as the process lives.
#[napi]
pub struct EngineLock {
    inner: Option<tickring_shm::EngineLock>,
}

#[napi]
impl EngineLock {
    /// # Errors
    ///
    /// `SHM_HELD` with the holder's pid and start time; other `SHM_*` when the directory is unusable.
    #[napi(constructor)]
    pub fn new(root: String, name: String) -> Result<Self> {
        guard(|| {
            let inner = tickring_shm::EngineLock::acquire(Path::new(&root), &name).map_err(|error| shm(&error))?;
            Ok(Self { inner: Some(inner) })
        })
    }

    /// Lets the name go. Idempotent.
    #[napi]
    pub fn release(&mut self) {
        self.inner = None;
    }
}
