//! Messages over a stream: a Unix socket as it is, brokers with what their protocols put around a message. The reader blocks, as
//! programs do that read sockets.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use crate::transport::{Receiving, Rx, Sending, Tx, parts, words};
use crate::{Both, Fallible};

/// Longest wait of one poll.
pub const POLL_MAX: Duration = Duration::from_millis(100);

/// Between messages of NATS, and the beginning of no message.
const PING: &[u8] = b"PING\r\n";

/// Sends messages with something before and behind each.
pub struct StreamSends<S, const W: usize> {
    stream: S,
    frame: Vec<u8>,
    before: usize,
    /// Reads and forgets what the broker answers.
    answers: fn(&mut S) -> Fallible<()>,
}

impl<S: Write, const W: usize> StreamSends<S, W> {
    /// Over a connected stream.
    pub fn new(stream: S, before: &str, behind: &str, answers: fn(&mut S) -> Fallible<()>) -> Self {
        let mut frame = before.as_bytes().to_vec();
        frame.extend([0; 256].iter().take(W * 8));
        frame.extend(behind.as_bytes());
        Self { stream, frame, before: before.len(), answers }
    }
}

impl<S: Write, const W: usize> Tx for StreamSends<S, W> {
    const IS_LOSSY: bool = false;

    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        let message = words::<W>(due, number);
        for (bytes, word) in self.frame[self.before..].chunks_exact_mut(8).zip(message) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        self.stream.write_all(&self.frame)?;
        (self.answers)(&mut self.stream)
    }
}

/// Reads them. Its read timeout is [`POLL_MAX`].
pub struct StreamReceives<S, const W: usize> {
    stream: S,
    buffer: Vec<u8>,
    filled: usize,
    before: usize,
    behind: usize,
}

impl<S: Read, const W: usize> StreamReceives<S, W> {
    /// Over a connected stream, with so many bytes before and behind each message.
    pub fn new(stream: S, before: usize, behind: usize) -> Self {
        Self { stream, buffer: vec![0; 1 << 18], filled: 0, before, behind }
    }
}

impl<S: Read, const W: usize> Rx for StreamReceives<S, W> {
    const IDLE_MAX: u32 = 1;

    fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => return Err("the other end closed the connection".into()),
            Ok(bytes) => self.filled += bytes,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        let size = self.before + W * 8 + self.behind;
        let (mut at, mut count) = (0, 0);
        loop {
            // A broker of NATS asks once whether we live; the next time is an hour later.
            if self.buffer[at..self.filled].starts_with(PING) {
                at += PING.len();
            }
            let Some(frame) = self.buffer[..self.filled].get(at..at + size) else { break };
            let mut message = [0; W];
            for (word, bytes) in message.iter_mut().zip(frame[self.before..].as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            let (due, number) = parts(&message);
            each(due, number);
            at += size;
            count += 1;
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(count)
    }

    /// Every message of a block is read in the block.
    fn begin(&mut self) -> Fallible<()> {
        Ok(())
    }
}

/// Listens until the reader is there.
struct UnixSends<const W: usize> {
    listener: UnixListener,
    sends: Option<StreamSends<UnixStream, W>>,
}

impl<const W: usize> Tx for UnixSends<W> {
    const IS_LOSSY: bool = false;

    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        self.sends.as_mut().ok_or("no reader")?.send(due, number)
    }

    fn attached(&mut self) -> Fallible<()> {
        let (stream, _) = self.listener.accept()?;
        self.sends = Some(StreamSends::new(stream, "", "", |_| Ok(())));
        Ok(())
    }
}

/// The writing ends.
pub fn unix_writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    let listen = |name| UnixListener::bind(folder.join(name));
    Ok([
        Box::new(UnixSends::<8> { listener: listen("socket-64")?, sends: None }),
        Box::new(UnixSends::<32> { listener: listen("socket-256")?, sends: None }),
    ])
}

/// The reading ends.
pub fn unix_readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    let connect = |name| -> Fallible<UnixStream> {
        let stream = UnixStream::connect(folder.join(name))?;
        stream.set_read_timeout(Some(POLL_MAX))?;
        Ok(stream)
    };
    Ok([
        Box::new(StreamReceives::<_, 8>::new(connect("socket-64")?, 0, 0)),
        Box::new(StreamReceives::<_, 32>::new(connect("socket-256")?, 0, 0)),
    ])
}
