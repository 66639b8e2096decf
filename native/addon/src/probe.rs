//! A stand-in for a shard: counts and digests the frames that reach it. Tests compare ways of receiving by it, and benches
//! measure receiving alone.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::{Env, Function};
use napi_derive::napi;

use crate::chunks::{FrameSink, SocketFrames};
use crate::entry::{self, out_of_range};
use crate::failure::Result;

/// A probe as its class and its entry points hold it.
pub type SharedProbe = Rc<RefCell<Probe>>;

/// FNV-1a, 64 bits.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// What has arrived.
pub struct Probe {
    digests: bool,
    frames: u64,
    bytes: u64,
    digest: u64,
}

impl FrameSink for Probe {
    #[inline]
    fn frame(&mut self, _: u16, bytes: &[u8], _: u64) -> i32 {
        self.frames += 1;
        self.bytes += bytes.len() as u64;
        if self.digests {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
            for byte in length.iter().chain(bytes) {
                self.digest = (self.digest ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
            }
        }
        1
    }

    /// Nobody looks at it.
    fn now(&mut self) -> u64 {
        0
    }
}

/// Counts and digests frames instead of parsing them.
#[napi]
pub struct FrameProbe {
    probe: SharedProbe,
}

#[napi]
impl FrameProbe {
    /// `digests`: also digest length and bytes of each frame, in their order.
    #[napi(constructor)]
    #[must_use]
    pub fn new(digests: bool) -> Self {
        Self { probe: Rc::new(RefCell::new(Probe { digests, frames: 0, bytes: 0, digest: FNV_OFFSET })) }
    }

    /// As `Shard.ingester`.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending.
    #[napi(ts_return_type = "(connection: number, frame: Uint8Array, length: number, tsRecv?: bigint) => number")]
    pub fn ingester(&self, env: Env) -> Result<Function<'static, (), i32>> {
        let probe = Rc::clone(&self.probe);
        entry::bind(&env, "ingest", move |call| {
            let frame = call.bytes(1).zip(call.number(2)).and_then(|(bytes, length)| bytes.get(..length as usize));
            frame.map_or_else(out_of_range, |bytes| probe.borrow_mut().frame(0, bytes, 0))
        })
    }

    /// As `Shard.socket`, where the reader itself may check that text is UTF-8.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE` for a connection beyond 65,535.
    #[napi]
    pub fn socket(&self, connection: u32, checks_utf8: bool) -> Result<SocketFrames> {
        SocketFrames::to_probe(Rc::clone(&self.probe), connection, checks_utf8)
    }

    /// Frames so far.
    #[napi(getter)]
    #[must_use]
    pub fn frames(&self) -> f64 {
        self.probe.borrow().frames as f64
    }

    /// Their bytes.
    #[napi(getter)]
    #[must_use]
    pub fn bytes(&self) -> f64 {
        self.probe.borrow().bytes as f64
    }

    /// Their digest, 16 hexadecimal digits.
    #[napi(getter)]
    #[must_use]
    pub fn digest(&self) -> String {
        format!("{:016x}", self.probe.borrow().digest)
    }
}
