//! Blocks, and the writer's link to its reader: lines of text there and back, and shared cache lines meanwhile.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::sync::atomic::Ordering::Acquire;

use serde_json::Value;

use crate::Fallible;
use crate::lines::{Line, Lines};
use crate::transport::Sending;

/// What a block measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Visible − due on an absolute schedule.
    Open,
    /// There and back: the acknowledgement comes by a bare cache line, whatever the transport.
    Closed,
    /// As fast as they come, none lost.
    Flood,
    /// CPU time of the writer for a message, with computing in between.
    Paced,
}

/// One block.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub kind: Kind,
    size: u64,
    pub count: u64,
    /// ns between two messages of an open loop.
    pub interval: u64,
    /// Number of the block, for the reader to say that it has begun.
    pub generation: u64,
}

impl Block {
    /// From `block KIND SIZE COUNT INTERVAL [GENERATION]`.
    pub fn parse(line: &str) -> Fallible<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        let ["block", kind, rest @ ..] = &words[..] else { return Err(format!("no block: {line}").into()) };
        let kind = match *kind {
            "open" => Kind::Open,
            "closed" => Kind::Closed,
            "flood" => Kind::Flood,
            "paced" => Kind::Paced,
            other => return Err(format!("no kind of block is named {other}").into()),
        };
        let numbers = rest.iter().map(|word| word.parse()).collect::<Result<Vec<u64>, _>>()?;
        let [size @ (64 | 256), count, interval, generation @ ..] = &numbers[..] else {
            return Err(format!("block KIND 64|256 COUNT INTERVAL, not {line}").into());
        };
        Ok(Self {
            kind,
            size: *size,
            count: *count,
            interval: *interval,
            generation: generation.first().copied().unwrap_or_default(),
        })
    }

    fn line(&self) -> String {
        let Self { kind, size, count, interval, generation } = self;
        format!("block {} {size} {count} {interval} {generation}\n", format!("{kind:?}").to_lowercase())
    }

    /// Index into both sizes.
    pub const fn large(&self) -> usize {
        (self.size == 256) as usize
    }
}

/// To the reader.
pub struct Link {
    lines: Lines,
    commands: Box<dyn Write>,
    results: Box<dyn BufRead>,
    generation: u64,
}

impl Link {
    /// To a process.
    pub fn new(lines: Lines, commands: Box<dyn Write>, results: Box<dyn BufRead>) -> Self {
        Self { lines, commands, results, generation: 0 }
    }

    /// Waits until the reader has said that it is there.
    pub fn greet(&mut self) -> Fallible<()> {
        self.result().map(drop)
    }

    /// To a thread that does not run yet, and its two ends.
    pub fn of_thread(lines: Lines) -> Fallible<(Self, PipeReader, PipeWriter)> {
        let (commands, to) = std::io::pipe()?;
        let (from, results) = std::io::pipe()?;
        Ok((Self::new(lines, Box::new(to), Box::new(BufReader::new(from))), commands, results))
    }

    fn result(&mut self) -> Fallible<Value> {
        let mut line = String::new();
        if self.results.read_line(&mut line)? == 0 {
            return Err("the reader ended".into());
        }
        let value: Value = serde_json::from_str(&line)?;
        match value.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.into()),
            None => Ok(value),
        }
    }

    /// One block: what both ends know of it.
    pub fn run(&mut self, block: &Block, sending: &mut dyn Sending) -> Fallible<Value> {
        self.generation += 1;
        let block = Block { generation: self.generation, ..*block };
        self.commands.write_all(block.line().as_bytes())?;
        self.commands.flush()?;
        // Acquire: pairs with the reader's Release store, after which it polls.
        while self.lines.word(Line::Ready, 0).load(Acquire) < self.generation {
            std::thread::yield_now();
        }
        let mut answer = sending.block(&block, &self.lines)?;
        let seen = self.result()?;
        if let (Some(answer), Some(seen)) = (answer.as_object_mut(), seen.as_object()) {
            answer.extend(seen.clone());
        }
        Ok(answer)
    }
}
