//! What the journal costs the worker, how fast the disk takes it, and how long an acknowledgement takes.

use std::error::Error;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use hdrhistogram::Histogram;
use rustix::fs::{Mode, OFlags};
use serde_json::json;
use tickring_core::input::{Input, Stamped};
use tickring_journal::{Durability, Journal, Retention, Settings, Writer};

use crate::blocks::median;
use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::options::Options;

/// A frame.
pub const FRAME_BYTES: usize = 1_200;

/// A record of it, for what is copied and written beside it.
const RECORD_BYTES: usize = 1_264;

/// Appends of one pass; their records are a quarter of a megabyte.
const APPENDS: usize = 200;

pub const BUFFER_BYTES: usize = 16 << 20;

/// What a journal keeps here: three segments.
const KEPT: Option<u64> = Some(192 << 20);

/// Bytes of one acknowledged write.
const ACK_BYTES: usize = 64 << 10;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Log {
    journal: Journal,
    writer: Writer,
}

impl Log {
    /// One that keeps so many bytes, or all.
    pub fn open(folder: &Path, durability: Durability, bytes: Option<u64>) -> Result<Self, Box<dyn Error>> {
        let retention = Retention { bytes, ..Retention::default() };
        let settings = Settings { durability, buffer_bytes: BUFFER_BYTES, compress: false, retention, ..Settings::default() };
        let (journal, writer, _) = Journal::open(folder, &settings)?;
        Ok(Self { journal, writer })
    }

    /// One in which syncs go in groups.
    pub fn open_batch(folder: &Path) -> Result<Self, Box<dyn Error>> {
        Self::open(folder, Durability::Batch, KEPT)
    }

    /// Appends a frame; its number.
    pub fn append_frame(&mut self, bytes: &[u8]) -> Result<u64, Box<dyn Error>> {
        self.append(&Stamped { ts_recv: 1, input: Input::Frame { connection: 1, bytes } }, 0)
    }

    /// Appends an input; its number. An error if it was shed.
    #[inline]
    pub fn append(&mut self, stamped: &Stamped<'_>, outputs: u64) -> Result<u64, Box<dyn Error>> {
        let done = self.writer.append(stamped, 1, outputs);
        if done.kept { Ok(done.sequence) } else { Err("an append was shed: the disk does not keep up with the bench".into()) }
    }

    /// Waits until the input is durable.
    pub fn wait(&self, sequence: u64) -> Result<(), Box<dyn Error>> {
        if self.journal.wait_durable(sequence, PATIENCE) {
            return Ok(());
        }
        Err(format!("input {sequence} is not durable after a minute: {:?}", self.journal.status()).into())
    }

    /// Waits until half of the buffer is free, or appends are shed. Without spinning, which would take a core from the disk's threads.
    pub fn keep_room(&self, last: u64) -> Result<(), Box<dyn Error>> {
        self.wait(last.saturating_sub((BUFFER_BYTES / 2 / RECORD_BYTES) as u64))
    }

    /// Brings everything to the disk.
    pub fn close(self) -> Result<(), Box<dyn Error>> {
        Ok(self.journal.close(self.writer)?)
    }

    /// ns an append, each of them also in `all`.
    fn append_pass(&mut self, frame: &[u8], all: &mut Histogram<u64>) -> Result<f64, Box<dyn Error>> {
        let start = monotonic_ns();
        let (mut last, mut before) = (0, start);
        for _ in 0..APPENDS {
            last = self.append_frame(frame)?;
            let now = monotonic_ns();
            all.saturating_record((now - before).max(1));
            before = now;
        }
        let ns = (before - start) as f64 / APPENDS as f64;
        self.wait(last)?;
        Ok(ns)
    }

    /// GB/s of records from the first append until the last is durable.
    fn durable_pass(&mut self, frame: &[u8], bytes: usize) -> Result<f64, Box<dyn Error>> {
        let start = monotonic_ns();
        let mut last = 0;
        for index in 0..bytes / RECORD_BYTES {
            last = self.append_frame(frame)?;
            // Now and then.
            if index % 64 == 0 {
                self.keep_room(last)?;
            }
        }
        self.wait(last)?;
        Ok((bytes / RECORD_BYTES * RECORD_BYTES) as f64 / (monotonic_ns() - start) as f64)
    }

    /// ns from an append of 64 KiB until it is durable.
    fn ack_pass(&mut self, bytes: &[u8], count: usize, all: &mut Histogram<u64>) -> Result<f64, Box<dyn Error>> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let start = monotonic_ns();
            let sequence = self.append_frame(bytes)?;
            self.wait(sequence)?;
            let ns = monotonic_ns() - start;
            all.saturating_record(ns.max(1));
            times.push(ns as f64);
        }
        Ok(median(&mut times))
    }
}

/// A file of zeros to write over, as a segment is.
pub fn blank(path: &Path, bytes: usize, flags: OFlags) -> Result<File, Box<dyn Error>> {
    std::fs::write(path, vec![0; bytes])?;
    let file = rustix::fs::open(path, OFlags::RDWR | flags, Mode::empty())?;
    rustix::fs::fsync(&file)?;
    Ok(file.into())
}

pub fn direct_pass(file: impl AsFd, block: &[u8], bytes: usize) -> Result<f64, Box<dyn Error>> {
    let start = monotonic_ns();
    for at in (0..bytes).step_by(block.len()) {
        rustix::io::pwrite(&file, block, at as u64)?;
    }
    rustix::fs::fdatasync(&file)?;
    Ok(bytes as f64 / (monotonic_ns() - start) as f64)
}

fn sync_pass(file: impl AsFd, bytes: &[u8], count: usize) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::with_capacity(count);
    for index in 0..count {
        let start = monotonic_ns();
        rustix::io::pwrite(&file, bytes, (index * bytes.len()) as u64)?;
        rustix::fs::fdatasync(&file)?;
        times.push((monotonic_ns() - start) as f64);
    }
    Ok(median(&mut times))
}

fn copy_pass(frame: &[u8], target: &mut [u8], at: &mut usize) -> f64 {
    let start = monotonic_ns();
    for _ in 0..APPENDS {
        if *at + RECORD_BYTES > target.len() {
            *at = 0;
        }
        target[*at..*at + frame.len()].copy_from_slice(frame);
        *at += RECORD_BYTES;
    }
    std::hint::black_box(&target);
    (monotonic_ns() - start) as f64 / APPENDS as f64
}

/// The subcommand: `journal [DIRECTORY]`, where files may be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    in_folder(options, measure)
}

/// Measures with a folder of its own, which goes afterwards, and prints what was found.
pub fn in_folder(
    options: &Options,
    measure: impl FnOnce(&Options, &Path) -> Result<serde_json::Value, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let root = options.rest.first().map_or_else(std::env::temp_dir, Into::into);
    let folder = root.join(format!("tickring-bench-journal-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let result = measure(options, &folder);
    std::fs::remove_dir_all(&folder)?;
    println!("{}", result?);
    Ok(())
}

fn measure(options: &Options, folder: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let (blocks, passes, bytes, acks) = if options.smoke { (2, 2, 2 << 20, 3) } else { (30, 20, 64 << 20, 30) };
    let frame: Vec<u8> = (0..FRAME_BYTES).map(|index| b' ' + (index % 64) as u8).collect();
    let large = vec![b'x'; ACK_BYTES - 64];
    let mut batch = Log::open_batch(&folder.join("batch"))?;
    let mut fsync = Log::open(&folder.join("fsync"), Durability::Fsync, KEPT)?;
    let synced = blank(&folder.join("synced"), ACK_BYTES * acks, OFlags::empty())?;
    // Some file systems, tmpfs among them, know no O_DIRECT.
    let memory = vec![b'x'; (1 << 20) + 4096];
    let aligned = memory.as_ptr().align_offset(4096);
    let block = &memory[aligned..aligned + (1 << 20)];
    let direct = blank(&folder.join("direct"), bytes, OFlags::DIRECT).and_then(|file| {
        direct_pass(&file, block, bytes)?;
        Ok(file)
    });
    let mut target = vec![0; BUFFER_BYTES];
    let (mut appends, mut acknowledgements) = (new_histogram()?, new_histogram()?);
    let mut series = std::collections::BTreeMap::<&str, Vec<f64>>::new();
    let mut at = 0;
    for round in 0..=blocks {
        let (mut append_ns, mut copy_ns) = (Vec::new(), Vec::new());
        for _ in 0..passes {
            append_ns.push(batch.append_pass(&frame, &mut appends)?);
            copy_ns.push(copy_pass(&frame, &mut target, &mut at));
        }
        let mut found = vec![("append", median(&mut append_ns)), ("memcpy", median(&mut copy_ns))];
        found.push(("durable", batch.durable_pass(&frame, bytes)?));
        if let Ok(direct) = &direct {
            found.push(("direct", direct_pass(direct, block, bytes)?));
        }
        found.push(("ack", fsync.ack_pass(&large, acks, &mut acknowledgements)?));
        found.push(("sync", sync_pass(&synced, &large, acks)?));
        // The first round warms what can be warmed.
        if round > 0 {
            found.into_iter().for_each(|(name, value)| series.entry(name).or_default().push(value));
        }
    }
    batch.close()?;
    fsync.close()?;
    Ok(json!({
        "blocks": series,
        "append_hdr": encode(&appends)?,
        "ack_hdr": encode(&acknowledgements)?,
        "o_direct_error": direct.err().map(|error| error.to_string()),
    }))
}
