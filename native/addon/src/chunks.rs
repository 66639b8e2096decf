//! Socket chunks → frames → the shard: one call a chunk, whatever it holds. One object a connection.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::{BufferSlice, Env, Function, Uint8Array};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_websocket::{CONTROL_BYTES_MAX, Item, Limits, Opcode, Reader, Replies, Utf8, encode};

use crate::driver::SharedDriver;
use crate::entry::{self, Call, out_of_range};
use crate::failure::{Result, fail};
use crate::probe::SharedProbe;
use crate::shard::{EVENTS_MASK, REJECTED_BIT, REQUESTS_BIT, Shard};

/// The chunk is not used up: look at the other bits, then call again with `SocketFrames.position`.
#[napi]
pub const MORE_BIT: i32 = 1 << 26;
/// `SocketFrames.reply()` has something to send.
#[napi]
pub const REPLY_BIT: i32 = 1 << 27;
/// The connection is over: `SocketFrames.ending()` says why.
#[napi]
pub const ENDED_BIT: i32 = 1 << 28;
/// At least one message was handed on.
#[napi]
pub const MESSAGE_BIT: i32 = 1 << 29;

/// What takes the frames of a connection.
pub trait FrameSink {
    /// One message; returns bits as inputs do.
    fn frame(&mut self, connection: u16, bytes: &[u8], ts_recv: u64) -> i32;

    /// The receive time of what is here now, ns since the UNIX epoch.
    fn now(&mut self) -> u64;
}

/// Why a connection is over, in WebSocket's terms.
#[napi(object)]
pub struct SocketEnding {
    /// Code that the server sent, or with which it was failed; 1005 if it sent none.
    pub code: u32,
    /// The server's reason, or what it did wrong.
    pub text: String,
    /// The server broke the protocol.
    pub is_violation: bool,
}

/// State of one connection from the first byte behind its handshake.
struct Stream {
    connection: u16,
    reader: Reader,
    replies: Replies,
    /// Where the running chunk was left, and when it arrived.
    position: usize,
    ts_recv: u64,
    is_amid_chunk: bool,
    messages: u64,
    /// The message that was refused last.
    refused: Vec<u8>,
    ending: Option<SocketEnding>,
    is_closed: bool,
}

impl Stream {
    /// Everything in `chunk` from `position` on, or up to the first thing that JavaScript must look at.
    fn receive(&mut self, sink: &mut impl FrameSink, chunk: &[u8], position: usize) -> i32 {
        if self.is_closed {
            return -i32::from(Code::Closed as u16);
        }
        if !self.is_amid_chunk || position != self.position {
            self.ts_recv = sink.now();
        }
        self.is_amid_chunk = false;
        let mut at = position;
        let (mut events, mut bits) = (0, 0);
        loop {
            match self.reader.next(chunk, &mut at) {
                Ok(None) => break,
                Ok(Some(Item::Message { bytes, .. })) => {
                    self.messages += 1;
                    let result = sink.frame(self.connection, bytes, self.ts_recv);
                    if result < 0 {
                        return result;
                    }
                    events += result & EVENTS_MASK;
                    bits |= MESSAGE_BIT | result & !EVENTS_MASK;
                    if result & (REQUESTS_BIT | REJECTED_BIT) != 0 {
                        if result & REJECTED_BIT != 0 {
                            self.refused.clear();
                            self.refused.extend_from_slice(bytes);
                        }
                        self.is_amid_chunk = at < chunk.len();
                        break;
                    }
                }
                Ok(Some(Item::Ping(payload))) => self.replies.pong(payload),
                Ok(Some(Item::Pong(_))) => {}
                Ok(Some(Item::Close(close))) => {
                    self.replies.close(close.code);
                    let code = close.code.unwrap_or(1005).into();
                    self.ending = Some(SocketEnding { code, text: close.reason.to_owned(), is_violation: false });
                }
                Err(violation) => {
                    self.replies.close(Some(violation.close_code()));
                    let code = violation.close_code().into();
                    self.ending = Some(SocketEnding { code, text: violation.to_string(), is_violation: true });
                }
            }
        }
        self.position = at;
        let more = if self.is_amid_chunk { MORE_BIT } else { 0 };
        let reply = if self.replies.is_empty() { 0 } else { REPLY_BIT };
        let ended = if self.ending.is_some() { ENDED_BIT } else { 0 };
        events.min(EVENTS_MASK) | bits | more | reply | ended
    }
}

/// Where the frames of a connection go.
#[derive(Clone)]
enum Target {
    Shard(SharedDriver),
    Probe(SharedProbe),
}

/// Frames of one connection, from the first byte behind its handshake.
#[napi]
pub struct SocketFrames {
    target: Target,
    stream: Rc<RefCell<Stream>>,
}

impl SocketFrames {
    fn new(target: Target, connection: u32, utf8: Utf8) -> Result<Self> {
        let connection = crate::convert::narrow("connection", connection)?;
        let stream = Stream {
            connection,
            reader: Reader::new(Limits { utf8, ..Limits::default() }),
            replies: Replies::default(),
            position: 0,
            ts_recv: 0,
            is_amid_chunk: false,
            messages: 0,
            refused: Vec::new(),
            ending: None,
            is_closed: false,
        };
        Ok(Self { target, stream: Rc::new(RefCell::new(stream)) })
    }

    /// Frames for a test's probe; `checks_utf8` as [`Utf8::Check`].
    pub fn to_probe(probe: SharedProbe, connection: u32, checks_utf8: bool) -> Result<Self> {
        Self::new(Target::Probe(probe), connection, if checks_utf8 { Utf8::Check } else { Utf8::Receiver })
    }
}

#[napi]
impl SocketFrames {
    /// The function that takes what the socket read: get it once, call it for each chunk. Bytes `from .. to` of `chunk` count. All
    /// frames of a chunk have one receive time, stamped here. Returns bits as inputs of a shard do, and the four of this file;
    /// it stops behind a message that leaves a request or was refused, so that those are looked at in their order.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending.
    #[napi(ts_return_type = "(chunk: Uint8Array, from: number, to: number) => number")]
    pub fn receiver(&self, env: Env) -> Result<Function<'static, (), i32>> {
        let stream = Rc::clone(&self.stream);
        match self.target.clone() {
            Target::Shard(driver) => entry::bind(&env, "receive", move |call| {
                receive(&mut stream.borrow_mut(), &mut *driver.borrow_mut(), call).unwrap_or_else(out_of_range)
            }),
            Target::Probe(probe) => entry::bind(&env, "receive", move |call| {
                receive(&mut stream.borrow_mut(), &mut *probe.borrow_mut(), call).unwrap_or_else(out_of_range)
            }),
        }
    }

    /// Where the running chunk was left.
    #[napi(getter)]
    #[must_use]
    pub fn position(&self) -> u32 {
        u32::try_from(self.stream.borrow().position).unwrap_or(u32::MAX)
    }

    /// Messages that arrived.
    #[napi(getter)]
    #[must_use]
    pub fn messages(&self) -> f64 {
        self.stream.borrow().messages as f64
    }

    /// The next frame that the protocol owes the server, masked with `mask`; null if there is none.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending.
    #[napi]
    pub fn reply<'env>(&self, env: &'env Env, mask: u32) -> Result<Option<BufferSlice<'env>>> {
        let mut bytes = Vec::new();
        if !self.stream.borrow_mut().replies.take(mask.to_le_bytes(), &mut bytes) {
            return Ok(None);
        }
        buffer(env, &bytes).map(Some)
    }

    /// Why the connection is over; null if it is not.
    #[napi]
    #[must_use]
    pub fn ending(&self) -> Option<SocketEnding> {
        let stream = self.stream.borrow();
        let SocketEnding { code, text, is_violation } = stream.ending.as_ref()?;
        Some(SocketEnding { code: *code, text: text.clone(), is_violation: *is_violation })
    }

    /// Takes the message that was refused last.
    ///
    /// # Errors
    ///
    /// `CLOSED` when the thread is ending.
    #[napi]
    pub fn refused<'env>(&self, env: &'env Env) -> Result<BufferSlice<'env>> {
        let bytes = std::mem::take(&mut self.stream.borrow_mut().refused);
        buffer(env, &bytes)
    }

    /// Lets go of the memory; the function answers `-CLOSED` from now on. Idempotent.
    #[napi]
    pub fn close(&self) {
        let mut stream = self.stream.borrow_mut();
        stream.is_closed = true;
        stream.reader = Reader::new(Limits::default());
        stream.refused = Vec::new();
    }
}

#[napi]
impl Shard {
    /// Reads a connection's socket on behalf of this shard, from the first byte behind the handshake. Text is checked by the
    /// parser, which keeps the bytes of a frame that is no UTF-8.
    ///
    /// # Errors
    ///
    /// `ARGUMENT_RANGE` for a connection beyond 65,535.
    #[napi]
    pub fn socket(&self, connection: u32) -> Result<SocketFrames> {
        SocketFrames::new(Target::Shard(self.shared()), connection, Utf8::Receiver)
    }
}

/// One frame as a client sends it: whole and masked. `mask` must not be predictable.
///
/// # Errors
///
/// `ARGUMENT_RANGE` for an opcode that is reserved, or a control frame of more than 125 bytes.
#[napi]
pub fn websocket_frame<'env>(env: &'env Env, opcode: u32, payload: Uint8Array, mask: u32) -> Result<BufferSlice<'env>> {
    let known = u8::try_from(opcode).ok().and_then(Opcode::from_number);
    let known = known.ok_or_else(|| fail(Code::ArgumentRange, format!("opcode {opcode} is reserved")))?;
    if known.is_control() && payload.len() > CONTROL_BYTES_MAX {
        let message = format!("control frame length {} exceeds {CONTROL_BYTES_MAX}", payload.len());
        return Err(fail(Code::ArgumentRange, message));
    }
    let mut bytes = Vec::new();
    encode(known, &payload, mask.to_le_bytes(), &mut bytes);
    buffer(env, &bytes)
}

#[inline]
fn receive(stream: &mut Stream, sink: &mut impl FrameSink, call: &Call<'_>) -> Option<i32> {
    let chunk = call.bytes(0)?;
    let from = call.number(1)? as usize;
    let chunk = chunk.get(..call.number(2)? as usize)?;
    (from <= chunk.len()).then(|| stream.receive(sink, chunk, from))
}

fn buffer<'env>(env: &'env Env, bytes: &[u8]) -> Result<BufferSlice<'env>> {
    BufferSlice::copy_from(env, bytes).map_err(|error| fail(Code::Closed, error.reason.clone()))
}
