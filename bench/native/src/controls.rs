//! What this machine can do at best, measured in the same run: gaps of the clock, a cache line there and back, bytes touched,
//! copied, written to the page cache and past it.

use std::error::Error;
use std::hint::black_box;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use serde_json::{Value, json};
use tickring_shm::Writer;

use crate::blocks::{self, Size, Work};
use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::message::{Sender, Shape};
use crate::options::{Options, pin, two_cores};
use crate::pair::Peer;
use crate::rig::Root;
use crate::ring_one_way::Pair;
use crate::whole_path::{copy_pass, touch_pass};

/// Bytes of one write past the page cache.
const DIRECT_BYTES: usize = 1 << 20;

/// Bytes of one write to the page cache, as a journal appends them.
const APPEND_BYTES: usize = 1_200;

/// A spinning core looks at the clock every 5 us of an absolute schedule: how late it is, is what the machine took away.
fn hiccup(seconds: f64) -> Result<String, Box<dyn Error>> {
    let mut late = new_histogram()?;
    let start = monotonic_ns();
    let count = (seconds * 1e9 / 5_000.0) as u64;
    for index in 0..count {
        let due = start + index * 5_000;
        let mut now = monotonic_ns();
        while now < due {
            now = monotonic_ns();
        }
        late.saturating_record((now - due).max(1));
    }
    encode(&late)
}

fn write_pass(file: impl AsFd, bytes: &[u8], count: u64) -> Result<(u64, u64), Box<dyn Error>> {
    let start = monotonic_ns();
    for index in 0..count {
        rustix::io::pwrite(&file, bytes, index * bytes.len() as u64)?;
    }
    Ok((monotonic_ns() - start, count))
}

/// ns of an append to the page cache, and of a write past it; `Null` with the reason where the file system has none.
fn files(directory: &Path, size: Size) -> Result<Value, Box<dyn Error>> {
    let path = directory.join(format!("tickring-bench-{}", std::process::id()));
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
    let mode = Mode::RUSR | Mode::WUSR;
    let cached = rustix::fs::open(&path, flags, mode)?;
    let direct = rustix::fs::open(&path, OFlags::RDWR | OFlags::DIRECT, mode);
    std::fs::remove_file(&path)?;
    let append = vec![0x20; APPEND_BYTES];
    write_pass(&cached, &append, 2_000)?;
    // Aligned as O_DIRECT wants it: a part of a larger piece of memory.
    let memory = vec![0x20_u8; DIRECT_BYTES + 4096];
    let aligned = memory.as_ptr().align_offset(4096);
    let block = &memory[aligned..aligned + DIRECT_BYTES];
    // Some file systems, tmpfs among them, open a file so and refuse the first write.
    let direct = direct.and_then(|file| rustix::io::pwrite(&file, block, 0).map(|_| file));
    let mut works = vec![Work::new("page_cache_1200", || write_pass(&cached, &append, 2_000).unwrap_or((1, 0)))];
    if let Ok(direct) = &direct {
        works.push(Work::new("o_direct_1m", move || write_pass(direct, block, 8).unwrap_or((1, 0))));
    }
    let direct_error = direct.as_ref().err().map(ToString::to_string);
    let series = blocks::run(&mut works, size);
    let named: serde_json::Map<_, _> = works.iter().zip(&series).map(|(work, ns)| (work.name.to_owned(), json!(ns))).collect();
    Ok(json!({ "blocks": named, "o_direct_error": direct_error }))
}

fn ping_pong(smoke: bool, reading: usize, writing: usize) -> Result<Value, Box<dyn Error>> {
    let root = Root::create()?;
    let sender = Sender::new(Writer::create(&root.segment(1, 1))?);
    let mut pair = Pair { sender, peer: Peer::start(&root, 0, reading)? };
    pin(writing)?;
    let mut all = new_histogram()?;
    let mut medians = Vec::new();
    for _ in 0..if smoke { 2 } else { 30 } {
        medians.push(pair.closed(false, Shape::Small, if smoke { 1 } else { 50_000_000 }, &mut all)?);
    }
    Ok(json!({ "blocks": medians, "hdr": encode(&all)? }))
}

/// The subcommand: `controls [DIRECTORY]`, where files may be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (writing, reading) = two_cores()?;
    let size = if options.smoke { Size::SMOKE } else { Size::FULL };
    let corpus = options.load()?;
    let round_trip = ping_pong(options.smoke, reading, writing)?;
    let pinned = options.pin();
    let hiccup = hiccup(if options.smoke { 0.02 } else { 3.0 })?;
    let mut target = vec![0; 64 << 20];
    let mut works = [
        Work::new("touch", || touch_pass(&corpus)),
        Work::new("copy", || copy_pass(&corpus, &mut target)),
        Work::new("clock", || {
            let start = monotonic_ns();
            for _ in 0..10_000 {
                black_box(monotonic_ns());
            }
            (monotonic_ns() - start, 10_000)
        }),
    ];
    let series = blocks::run(&mut works, size);
    let memory: serde_json::Map<_, _> = works.iter().zip(&series).map(|(work, ns)| (work.name.to_owned(), json!(ns))).collect();
    let directory = options.rest.first().map_or_else(std::env::temp_dir, Into::into);
    let size = Size { blocks: if options.smoke { 2 } else { 30 }, block_ns: size.block_ns.min(20_000_000) };
    let report = json!({
        "ping_pong": round_trip,
        "hiccup_hdr": hiccup,
        "memory": memory,
        "files": files(&directory, size)?,
        "corpus": corpus.describe(0),
        "pinned": pinned,
    });
    println!("{report}");
    Ok(())
}
