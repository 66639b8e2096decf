//! Socket chunks → messages. A message that lies whole within a chunk is handed on where it lies; any other is put together
//! in one bounded buffer that is used again and again.

use crate::header::{HEADER_BYTES_MAX, Header};
use crate::{CONTROL_BYTES_MAX, CloseFrame, Opcode, Violation};

/// Capacity that the buffer keeps between messages.
const KEEP_BYTES: usize = 256 << 10;

/// Who checks that text is UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf8 {
    /// The reader: text that is none fails the connection with 1007 (RFC 6455 §8.1).
    Check,
    /// Whoever receives the messages, and would otherwise do it a second time.
    Receiver,
}

/// What a server may do to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message.
    pub message_bytes_max: usize,
    /// Most frames that one message may come in.
    pub fragments_max: u32,
    /// Who checks text.
    pub utf8: Utf8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_bytes_max: 8 << 20, fragments_max: 16 << 10, utf8: Utf8::Check }
    }
}

/// Type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes.
    Binary,
}

/// What a chunk held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A message.
    Message {
        /// Its type.
        kind: Kind,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// The server wants a pong with the same bytes.
    Ping(&'a [u8]),
    /// A sign of life.
    Pong(&'a [u8]),
    /// The server closes; nothing behind it counts.
    Close(CloseFrame<'a>),
}

/// Where a step left what it found.
enum Step {
    /// The chunk is used up.
    Starved,
    /// On to the next step.
    Onward,
    /// A message from here in the chunk.
    Whole { kind: Kind, from: usize, to: usize },
    /// A message in the buffer.
    Assembled { kind: Kind },
    /// A control frame in its own buffer.
    Control { opcode: Opcode },
}

/// A frame whose payload has not arrived in full.
struct Open {
    opcode: Opcode,
    fin: bool,
    remaining: u64,
}

/// A message that came in several frames so far.
struct Unfinished {
    kind: Kind,
    fragments: u32,
}

/// Reads one connection from its first byte after the handshake. Allocates only when a message spans chunks or frames and
/// does not fit the buffer yet.
pub struct Reader {
    limits: Limits,
    head: [u8; HEADER_BYTES_MAX],
    head_length: usize,
    open: Option<Open>,
    message: Option<Unfinished>,
    buffer: Vec<u8>,
    /// The buffer's message was handed out.
    is_spent: bool,
    control: [u8; CONTROL_BYTES_MAX],
    control_length: usize,
    is_over: bool,
}

impl Reader {
    /// A reader for a fresh connection.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            head: [0; HEADER_BYTES_MAX],
            head_length: 0,
            open: None,
            message: None,
            buffer: Vec::new(),
            is_spent: false,
            control: [0; CONTROL_BYTES_MAX],
            control_length: 0,
            is_over: false,
        }
    }

    /// Whether a close frame or a violation ended the stream.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Bytes of memory that the buffer holds.
    #[must_use]
    pub fn buffer_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// The next item of `chunk` from `at` on, and moves `at` behind it; `None` once the chunk is used up. Give the same chunk
    /// until then. Frames may begin and end anywhere in it.
    ///
    /// # Errors
    ///
    /// [`Violation`]; the stream is over then, and whatever follows is swallowed.
    #[inline]
    pub fn next<'a>(&'a mut self, chunk: &'a [u8], at: &mut usize) -> Result<Option<Item<'a>>, Violation> {
        if self.is_spent {
            self.reclaim();
        }
        loop {
            if self.is_over {
                *at = chunk.len();
                return Ok(None);
            }
            match self.step(chunk, at) {
                Ok(Step::Onward) => {}
                Ok(Step::Starved) => return Ok(None),
                Ok(Step::Whole { kind, from, to }) => {
                    let bytes = &chunk[from..to];
                    return self.checked(kind, bytes).map(|()| Some(Item::Message { kind, bytes }));
                }
                Ok(Step::Assembled { kind }) => {
                    self.is_spent = true;
                    return self.assembled(kind).map(Some);
                }
                Ok(Step::Control { opcode }) => return self.control(opcode).map(Some),
                Err(violation) => {
                    self.is_over = true;
                    return Err(violation);
                }
            }
        }
    }

    #[inline]
    fn step(&mut self, chunk: &[u8], at: &mut usize) -> Result<Step, Violation> {
        if let Some(open) = &mut self.open {
            let rest = &chunk[*at..];
            let taken = usize::try_from(open.remaining).unwrap_or(usize::MAX).min(rest.len());
            open.remaining -= taken as u64;
            let is_whole = open.remaining == 0;
            let (opcode, fin) = (open.opcode, open.fin);
            *at += taken;
            if opcode.is_control() {
                self.control[self.control_length..self.control_length + taken].copy_from_slice(&rest[..taken]);
                self.control_length += taken;
            } else {
                self.append(&rest[..taken]);
            }
            return Ok(if is_whole { self.finish(opcode, fin) } else { Step::Starved });
        }
        let Some(header) = self.header(chunk, at)? else { return Ok(Step::Starved) };
        self.begin(header, chunk, at)
    }

    /// The next frame's head, wherever the chunks cut it.
    #[inline]
    fn header(&mut self, chunk: &[u8], at: &mut usize) -> Result<Option<Header>, Violation> {
        if self.head_length == 0
            && let Some((header, size)) = Header::parse(&chunk[*at..])?
        {
            *at += size;
            return Ok(Some(header));
        }
        while let Some(&byte) = chunk.get(*at) {
            *at += 1;
            self.head[self.head_length] = byte;
            self.head_length += 1;
            if let Some((header, _)) = Header::parse(&self.head[..self.head_length])? {
                self.head_length = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// A frame begins: the rules of §5.4 and our limits.
    #[inline]
    fn begin(&mut self, header: Header, chunk: &[u8], at: &mut usize) -> Result<Step, Violation> {
        let Header { opcode, fin, length } = header;
        let kind = match opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            Opcode::Continuation => match &mut self.message {
                None => return Err(Violation::ContinuationAlone),
                Some(message) => {
                    message.fragments += 1;
                    if message.fragments > self.limits.fragments_max {
                        return Err(Violation::FragmentsTooMany { limit: self.limits.fragments_max });
                    }
                    message.kind
                }
            },
            Opcode::Close | Opcode::Ping | Opcode::Pong => {
                self.control_length = 0;
                self.open = Some(Open { opcode, fin, remaining: length });
                return Ok(Step::Onward);
            }
        };
        if opcode != Opcode::Continuation && self.message.is_some() {
            return Err(Violation::MessageUnfinished);
        }
        let limit = self.limits.message_bytes_max;
        // Only a message in fragments has bytes in the buffer here.
        let total = length.saturating_add(self.buffer.len() as u64);
        if total > limit as u64 {
            return Err(Violation::MessageTooLong { length: total, limit });
        }
        if opcode != Opcode::Continuation {
            let rest = chunk.len() - *at;
            if fin && length <= rest as u64 {
                let from = *at;
                *at += length as usize;
                return Ok(Step::Whole { kind, from, to: *at });
            }
            self.message = Some(Unfinished { kind, fragments: 1 });
        }
        self.open = Some(Open { opcode, fin, remaining: length });
        Ok(Step::Onward)
    }

    fn finish(&mut self, opcode: Opcode, fin: bool) -> Step {
        self.open = None;
        if opcode.is_control() {
            return Step::Control { opcode };
        }
        match self.message.take_if(|_| fin) {
            Some(Unfinished { kind, .. }) => Step::Assembled { kind },
            None => Step::Onward,
        }
    }

    /// Room grows with what has arrived, never with what was announced, and never beyond the limit.
    fn append(&mut self, bytes: &[u8]) {
        let needed = self.buffer.len() + bytes.len();
        if needed > self.buffer.capacity() {
            let capacity = needed.next_power_of_two().min(self.limits.message_bytes_max).max(needed);
            self.buffer.reserve_exact(capacity - self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    #[cold]
    fn reclaim(&mut self) {
        self.is_spent = false;
        self.buffer.clear();
        self.buffer.shrink_to(KEEP_BYTES);
    }

    #[inline]
    fn checked(&mut self, kind: Kind, bytes: &[u8]) -> Result<(), Violation> {
        if self.limits.utf8 == Utf8::Receiver || kind == Kind::Binary {
            return Ok(());
        }
        std::str::from_utf8(bytes).map(|_| ()).map_err(|error| {
            self.is_over = true;
            Violation::TextNotUtf8 { offset: error.valid_up_to() }
        })
    }

    fn assembled(&mut self, kind: Kind) -> Result<Item<'_>, Violation> {
        let buffer = std::mem::take(&mut self.buffer);
        let checked = self.checked(kind, &buffer);
        self.buffer = buffer;
        checked.map(|()| Item::Message { kind, bytes: &self.buffer })
    }

    fn control(&mut self, opcode: Opcode) -> Result<Item<'_>, Violation> {
        let payload = &self.control[..self.control_length];
        match opcode {
            Opcode::Ping => Ok(Item::Ping(payload)),
            Opcode::Close => {
                self.is_over = true;
                CloseFrame::parse(payload).map(Item::Close)
            }
            _ => Ok(Item::Pong(payload)),
        }
    }
}
