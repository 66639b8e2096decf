//! The parent's side of a reading process.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use rustix::process::{Pid, Signal, kill_process};

use crate::lines::{Line, Lines};
use crate::message::Shape;
use crate::rig::Root;

/// What the child is told to do.
#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// Acknowledge this many bare messages.
    EchoBare(Shape, u64),
    /// Acknowledge this many records.
    EchoRing(Shape, u64),
    /// As `EchoBare`, with due times (ns after `base`) into the histogram.
    StampBare(Shape, u64, u64),
    /// As `EchoRing`, with due times (ns after `base`) into the histogram.
    StampRing(Shape, u64, u64),
    /// Take this many records as fast as they come.
    Take(u64),
    /// Take records until told to stop; being lapped is no error.
    Follow,
    /// Take the records of this many inputs; the due time is their receive time, odd for those of the reference size, less what
    /// the wall clock is ahead of the monotonic one.
    Frames(u64, u64),
    /// Print and forget the histograms.
    Report,
    /// Exit.
    Stop,
}

impl Command {
    /// As words: number and arguments.
    const fn words(self) -> [u64; 4] {
        match self {
            Self::EchoBare(shape, count) => [1, shape as u64, count, 0],
            Self::EchoRing(shape, count) => [2, shape as u64, count, 0],
            Self::StampBare(shape, count, base) => [3, shape as u64, count, base],
            Self::StampRing(shape, count, base) => [4, shape as u64, count, base],
            Self::Take(count) => [5, 0, count, 0],
            Self::Follow => [6, 0, 0, 0],
            Self::Frames(count, ahead) => [7, 0, count, ahead],
            Self::Report => [8, 0, 0, 0],
            Self::Stop => [9, 0, 0, 0],
        }
    }

    /// From words.
    pub fn from_words([number, shape, count, base]: [u64; 4]) -> Option<Self> {
        let shape = Shape::from_number(shape)?;
        Some(match number {
            1 => Self::EchoBare(shape, count),
            2 => Self::EchoRing(shape, count),
            3 => Self::StampBare(shape, count, base),
            4 => Self::StampRing(shape, count, base),
            5 => Self::Take(count),
            6 => Self::Follow,
            7 => Self::Frames(count, base),
            8 => Self::Report,
            9 => Self::Stop,
            _ => return None,
        })
    }
}

/// A reading process.
#[derive(Debug)]
pub struct Peer {
    /// Lines shared with it.
    pub lines: Lines,
    child: Child,
    output: BufReader<ChildStdout>,
    commands: u64,
    /// Messages sent to it that it acknowledges.
    pub sent: u64,
}

impl Peer {
    /// Starts one on `core`, over the ring below `root`. `index` tells several apart.
    pub fn start(root: &Root, index: usize, core: usize) -> Result<Self, Box<dyn Error>> {
        let path = root.path().join(format!("lines-{index}"));
        let lines = Lines::open(&path, true)?;
        let mut child = std::process::Command::new(std::env::current_exe()?)
            .arg("peer")
            .args([root.path(), &path])
            .args(["--core", &core.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("no output of the reading process")?);
        let mut peer = Self { lines, child, output, commands: 0, sent: 0 };
        peer.tell(Command::EchoBare(Shape::Small, 0))?;
        peer.wait()?;
        Ok(peer)
    }

    /// Gives a command and waits until the child has begun it.
    pub fn tell(&mut self, command: Command) -> Result<(), Box<dyn Error>> {
        for (index, word) in command.words().into_iter().enumerate() {
            self.lines.word(Line::Command, 1 + index).store(word, Relaxed);
        }
        self.commands += 1;
        self.lines.word(Line::Command, 0).store(self.commands, Release);
        self.await_word(Line::Ready, 1, self.commands)
    }

    /// Waits until the child has finished the last command.
    pub fn wait(&mut self) -> Result<(), Box<dyn Error>> {
        self.await_word(Line::Ready, 0, self.commands)
    }

    /// Ends a `Follow`.
    pub fn release(&mut self) -> Result<(), Box<dyn Error>> {
        self.lines.word(Line::Until, 0).store(self.commands, Release);
        self.wait()
    }

    /// Stops the child where it stands, or lets it go on.
    pub fn halt(&self, stops: bool) -> Result<(), Box<dyn Error>> {
        let signal = if stops { Signal::STOP } else { Signal::CONT };
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Waits until the child has acknowledged all that was sent.
    #[inline]
    pub fn await_ack(&mut self) -> Result<(), Box<dyn Error>> {
        self.await_word(Line::Ack, 0, self.sent)
    }

    /// Messages acknowledged.
    #[inline]
    pub fn acked(&self) -> u64 {
        self.lines.word(Line::Ack, 0).load(Acquire)
    }

    #[inline]
    fn await_word(&mut self, line: Line, index: usize, value: u64) -> Result<(), Box<dyn Error>> {
        let mut spins = 0_u64;
        // Acquire: pairs with the child's Release store after its work.
        while self.lines.word(line, index).load(Acquire) < value {
            spins += 1;
            if spins.is_multiple_of(1 << 20)
                && let Some(status) = self.child.try_wait()?
            {
                return Err(format!("the reading process ended: {status}").into());
            }
            std::hint::spin_loop();
        }
        Ok(())
    }

    /// The child's histograms and counts since the last report.
    pub fn report(&mut self) -> Result<serde_json::Value, Box<dyn Error>> {
        self.tell(Command::Report)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        self.wait()?;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may be spinning on a message that never comes. What fails here has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
