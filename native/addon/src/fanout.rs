//! The gateway's view: messages per topic, each built once for all clients.

use std::path::Path;

use napi::bindgen_prelude::{BigInt, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use crate::convert::narrow;
use crate::failure::{Result, closed, guard, shm};
use tickring_wire::Encoding;

/// A topic that clients can subscribe to.
#[napi(object)]
pub struct Topic {
    pub id: u32,
    pub name: String,
    pub instrument: u32,
}

/// State of one shard's ring as the fan-out sees it.
#[napi(object)]
pub struct ShardStatus {
    pub shard: u32,
    #[napi(ts_type = "'live' | 'stalled' | 'dead' | 'closed' | 'away'")]
    pub state: String,
    pub epoch: BigInt,
    pub lag: f64,
}

/// Reads all shards of an engine, keeps their books and builds each message once per topic and encoding.
#[napi]
pub struct Fanout {
    inner: Option<tickring_wire::Fanout>,
}

#[napi]
impl Fanout {
    /// Never fails because no engine is there: shards are picked up as they appear.
    ///
    /// # Errors
    ///
    /// `SHM_NAME` when the name cannot be one.
    #[napi(constructor)]
    pub fn new(root: String, name: String) -> Result<Self> {
        guard(|| {
            let inner = tickring_wire::Fanout::open(Path::new(&root), &name).map_err(|error| shm(&error))?;
            Ok(Self { inner: Some(inner) })
        })
    }

    /// All topics known so far.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn topics(&mut self) -> Result<Vec<Topic>> {
        let topics = self.open()?.topics();
        Ok(topics.map(|topic| Topic { id: topic.id, name: topic.name.to_owned(), instrument: topic.instrument }).collect())
    }

    /// Changes when `topics()` does.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn version(&mut self) -> Result<u32> {
        Ok(self.open()?.version())
    }

    /// Whether anybody wants a topic in an encoding (0 FlatBuffers, 1 JSON); messages are only built where someone does.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn interest(&mut self, topic: u32, encoding: u32, on: bool) -> Result<()> {
        let encoding = to_encoding(encoding)?;
        self.open()?.interest(topic, encoding, on);
        Ok(())
    }

    /// Fills `out` with messages: u32 length, u32 topic, u8 encoding, 3 bytes 0, the message, padded to 8. Returns the bytes
    /// used; 0 when there is nothing new. Never blocks.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `SHARD_POISONED` after a caught panic.
    #[napi]
    pub fn poll(&mut self, mut out: Uint8ArraySlice<'_>) -> Result<u32> {
        // SAFETY: JavaScript runs nothing before this synchronous call returns, so nobody else touches the buffer.
        let out = unsafe { out.as_mut() };
        guard(|| Ok(u32::try_from(self.open()?.poll(out)).unwrap_or(u32::MAX)))
    }

    /// The full state of a topic at its last sequence; null while it is unknown.
    ///
    /// # Errors
    ///
    /// `CLOSED`, `ARGUMENT_RANGE`.
    #[napi]
    pub fn snapshot(&mut self, topic: u32, encoding: u32) -> Result<Option<Uint8Array>> {
        guard(|| {
            let encoding = to_encoding(encoding)?;
            Ok(self.open()?.snapshot(topic, encoding).map(|bytes| Uint8Array::new(bytes.to_vec())))
        })
    }

    /// Instruments whose book is unknown: the engine should publish a full book of them.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn wanted_snapshots(&mut self) -> Result<Vec<u32>> {
        Ok(self.open()?.wanted_snapshots())
    }

    /// Records lost by being lapped, all shards.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn lost(&mut self) -> Result<BigInt> {
        Ok(self.open()?.lost().into())
    }

    /// State of every shard.
    ///
    /// # Errors
    ///
    /// `CLOSED`.
    #[napi]
    pub fn status(&mut self) -> Result<Vec<ShardStatus>> {
        let shards = self.open()?.status();
        Ok(shards
            .into_iter()
            .map(|shard| ShardStatus {
                shard: shard.shard.into(),
                state: shard.state.to_owned(),
                epoch: shard.epoch.into(),
                lag: shard.lag as f64,
            })
            .collect())
    }

    /// Unmaps everything. Idempotent.
    #[napi]
    pub fn close(&mut self) {
        self.inner = None;
    }

    fn open(&mut self) -> Result<&mut tickring_wire::Fanout> {
        self.inner.as_mut().ok_or_else(|| closed("fan-out"))
    }
}

fn to_encoding(number: u32) -> Result<Encoding> {
    let number: u8 = narrow("encoding", number)?;
    Encoding::from_number(number).ok_or_else(|| {
        crate::failure::fail(tickring_core::error::Code::ArgumentRange, format!("encoding {number} is neither 0 nor 1"))
    })
}
