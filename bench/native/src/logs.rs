//! The journal as one log among others: `logs tickring|control append|each|batch FOLDER`. Each line of stdin is `block COUNT`, answered by
//! what that many records cost in ns, or `check`, after which there is no block: how many records are found again.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use serde_json::{Value, json};
use tickring_journal::{Disk, Durability, Item, Kind, Mode, Reader};

use crate::clock::{monotonic_ns, process_cpu_ns};
use crate::histogram::new_histogram;
use crate::journal::{BUFFER_BYTES, FRAME_BYTES, Log, blank, direct_pass};
use crate::options::Options;

/// Most records of a block that is not batched: they must fit into the buffer.
const COUNT_MAX: u64 = 10_000;

/// A write of the control of batches.
const BLOCK_BYTES: usize = 1 << 20;

/// A record begins with its number, from 0.
type Frame = [u8; FRAME_BYTES];

fn number(frame: &mut Frame, value: u64) {
    frame[..8].copy_from_slice(&value.to_le_bytes());
}

fn blank_frame() -> Frame {
    std::array::from_fn(|index| b' ' + (index % 64) as u8)
}

/// What a block does.
enum Work {
    Append(Log),
    Each(Log),
    Batch(Log),
    Copy(Vec<u8>),
    Synced(File),
    Direct(File),
}

/// A log of one work, and how many records it was given.
struct Contender {
    work: Work,
    folder: PathBuf,
    /// In turns: one that was numbered just now would be loaded before its store is done.
    frames: [Frame; 2],
    given: u64,
}

impl Contender {
    fn open(name: &str, work: &str, folder: &Path) -> Result<Self, Box<dyn Error>> {
        std::fs::create_dir_all(folder)?;
        let log = |durability| Log::open(folder, durability, None);
        let file = |bytes, flags| blank(&folder.join("file"), bytes, flags);
        let work = match (name, work) {
            ("tickring", "append") => Work::Append(log(Durability::None)?),
            ("tickring", "each") => Work::Each(log(Durability::Fsync)?),
            ("tickring", "batch") => Work::Batch(log(Durability::Batch)?),
            ("control", "append") => Work::Copy(vec![b'x'; BUFFER_BYTES]),
            ("control", "each") => Work::Synced(file(BUFFER_BYTES, OFlags::empty())?),
            ("control", "batch") => Work::Direct(file(4 * BUFFER_BYTES, OFlags::DIRECT)?),
            _ => return Err(format!("there is no {work} of {name}").into()),
        };
        Ok(Self { work, folder: folder.to_owned(), frames: [blank_frame(); 2], given: 0 })
    }

    /// Times each record, from one reading of the clock to the next, so that no store drains between two of them untimed. What comes
    /// after the last one counts as CPU time only.
    fn each(&mut self, count: u64) -> Result<Value, Box<dyn Error>> {
        let mut all = new_histogram()?;
        let (cpu, start, mut last) = (process_cpu_ns(), monotonic_ns(), 0);
        let mut before = start;
        number(&mut self.frames[self.given as usize % 2], self.given);
        for _ in 0..count {
            let frame = &self.frames[self.given as usize % 2];
            // Where a file or the buffer ends it begins again.
            let at = self.given as usize % (BUFFER_BYTES / FRAME_BYTES) * FRAME_BYTES;
            match &mut self.work {
                Work::Append(log) => last = log.append_frame(frame)?,
                Work::Each(log) => {
                    let sequence = log.append_frame(frame)?;
                    log.wait(sequence)?;
                }
                Work::Copy(target) => {
                    target[at..at + FRAME_BYTES].copy_from_slice(frame);
                    std::hint::black_box(&target);
                }
                Work::Synced(file) => {
                    rustix::io::pwrite(&*file, frame, at as u64)?;
                    rustix::fs::fdatasync(&*file)?;
                }
                Work::Batch(_) | Work::Direct(_) => return Err("a batch has no single records".into()),
            }
            self.given += 1;
            number(&mut self.frames[self.given as usize % 2], self.given);
            let now = monotonic_ns();
            all.saturating_record((now - before).max(1));
            before = now;
        }
        if let Work::Append(log) = &self.work {
            log.wait(last)?;
        }
        let each = |ns: u64| ns as f64 / count as f64;
        let [p50, p99] = [0.5, 0.99].map(|share| all.value_at_quantile(share));
        Ok(json!({ "p50": p50, "p99": p99, "mean": each(before - start), "cpu": each(process_cpu_ns() - cpu) }))
    }

    /// From the first append until all are durable.
    fn batch(&mut self, count: u64) -> Result<Value, Box<dyn Error>> {
        let (cpu, start) = (process_cpu_ns(), monotonic_ns());
        let mut records = count as f64;
        match &mut self.work {
            Work::Batch(log) => {
                let mut last = 0;
                for index in 0..count {
                    number(&mut self.frames[0], self.given);
                    self.given += 1;
                    last = log.append_frame(&self.frames[0])?;
                    // Now and then.
                    if index % 64 == 0 {
                        log.keep_room(last)?;
                    }
                }
                log.wait(last)?;
            }
            Work::Direct(file) => {
                let blocks = (count as usize * FRAME_BYTES).div_ceil(BLOCK_BYTES);
                let memory = vec![b'x'; BLOCK_BYTES + 4096];
                let aligned = memory.as_ptr().align_offset(4096);
                direct_pass(&*file, &memory[aligned..aligned + BLOCK_BYTES], blocks * BLOCK_BYTES)?;
                records = (blocks * BLOCK_BYTES) as f64 / FRAME_BYTES as f64;
            }
            _ => return Err("this work is no batch".into()),
        }
        let [mean, cpu] = [monotonic_ns() - start, process_cpu_ns() - cpu].map(|ns| ns as f64 / records);
        Ok(json!({ "mean": mean, "cpu": cpu }))
    }

    fn block(&mut self, count: &str) -> Result<Value, Box<dyn Error>> {
        let is_batch = matches!(self.work, Work::Batch(_) | Work::Direct(_));
        let most = if is_batch { 5 * COUNT_MAX } else { COUNT_MAX };
        let count = count.parse().ok().filter(|count| (1..=most).contains(count));
        let count = count.ok_or_else(|| format!("a block has 1 to {most} records"))?;
        if is_batch { self.batch(count) } else { self.each(count) }
    }

    /// Closes the journal, reads it anew and compares every record.
    fn check(self) -> Result<Value, Box<dyn Error>> {
        let (Work::Append(log) | Work::Each(log) | Work::Batch(log)) = self.work else {
            return Err("a control keeps nothing".into());
        };
        log.close()?;
        let mut reader = Reader::new(Arc::new(Disk::open(&self.folder, false)?), Mode::Strict)?;
        let (mut frame, mut found) = (blank_frame(), 0);
        while let Some(item) = reader.next()? {
            let Item::Record(record) = item else { return Err(format!("{item:?}").into()) };
            if record.head.kind == Kind::Frame {
                number(&mut frame, found);
                if record.payload != frame {
                    return Err(format!("record {found} is not what was appended").into());
                }
                found += 1;
            }
        }
        Ok(json!({ "records": found }))
    }
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let [name, work, folder] = options.rest.as_slice() else {
        return Err("usage: logs tickring|control append|each|batch FOLDER".into());
    };
    let mut contender = Contender::open(name, work, Path::new(folder))?;
    let mut output = std::io::stdout().lock();
    let mut say = |answer: &Value| writeln!(output, "{answer}").and_then(|()| output.flush());
    say(&json!({ "names": [name] }))?;
    let error = |error: Box<dyn Error>| json!({ "error": error.to_string() });
    for line in std::io::stdin().lock().lines() {
        match line?.split_once(' ') {
            Some(("block", count)) => say(&contender.block(count).unwrap_or_else(error))?,
            _ => return Ok(say(&contender.check().unwrap_or_else(error))?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_again_and_a_foreign_one_is_told() -> Result<(), Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("tickring-bench-logs-{}", std::process::id()));
        let open = |part: &str| Contender::open("tickring", "each", &folder.join(part));
        let mut whole = open("whole")?;
        assert!(whole.block("0").is_err());
        whole.block("3")?;
        whole.block("2")?;
        assert_eq!(whole.check()?, json!({ "records": 5 }));

        let mut foreign = open("foreign")?;
        foreign.block("3")?;
        foreign.given = 7;
        foreign.block("1")?;
        let error = foreign.check().expect_err("record 3 has another number");
        assert_eq!(error.to_string(), "record 3 is not what was appended");
        Ok(std::fs::remove_dir_all(&folder)?)
    }
}
