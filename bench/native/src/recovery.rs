//! How long a journal takes to open after a crash: recovery, the first new segment, the threads.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tickring_core::input::{Input, Stamped};
use tickring_journal::{Journal, SegmentName, Settings, Writer};

use crate::clock::monotonic_ns;
use crate::histogram::{encode, new_histogram};
use crate::journal::in_folder;
use crate::options::Options;

const FRAME_BYTES: usize = 1_200;
const PATIENCE: Duration = Duration::from_secs(60);
/// Most inputs that wait for the disk.
const WAITING_MAX: u64 = 2_000;

/// The subcommand: `recovery [DIRECTORY]`, where files may be written.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    in_folder(options, measure)
}

/// Appends so many bytes of records. As long as the journal is open its last segment is not sealed, as a crash leaves it.
fn fill(folder: &Path, settings: &Settings, bytes: u64) -> Result<(Journal, Writer, u64), Box<dyn Error>> {
    let (journal, mut writer, _) = Journal::open(folder, settings)?;
    let frame: Vec<u8> = (0..FRAME_BYTES).map(|index| b' ' + (index % 64) as u8).collect();
    let mut last = 0;
    for index in 0..bytes / (FRAME_BYTES as u64 + 64) {
        let done = writer.append(&Stamped { ts_recv: index, input: Input::Frame { connection: 1, bytes: &frame } }, index, 0);
        if !done.kept {
            return Err("an append was shed: the disk does not keep up with the bench".into());
        }
        last = done.sequence;
        if last - journal.durable() > WAITING_MAX && !journal.wait_durable(last, PATIENCE) {
            return Err("nothing is durable after a minute".into());
        }
    }
    if !journal.wait_durable(last, PATIENCE) {
        return Err("the last input is not durable after a minute".into());
    }
    Ok((journal, writer, last))
}

/// Segments of a folder, by name.
fn segments(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().and_then(|name| SegmentName::parse(name.to_str()?)).is_some() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The journal as the crash left it, in a folder of its own.
fn copy(segments: &[PathBuf], to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir(to)?;
    let (last, sealed) = segments.split_last().ok_or("the journal has no segment")?;
    let name = |path: &Path| path.file_name().map(|name| to.join(name)).ok_or("a segment has a name");
    for path in sealed {
        fs::hard_link(path, name(path)?)?;
    }
    fs::copy(last, name(last)?)?;
    fs::File::open(name(last)?)?.sync_all()?;
    Ok(())
}

fn measure(options: &Options, folder: &Path) -> Result<serde_json::Value, Box<dyn Error>> {
    let (bytes, segment_bytes, rounds) = if options.smoke { (1 << 20, 256 << 10, 3) } else { (1 << 30, 64 << 20, 40) };
    // The last segment is nearly full: the most that recovery reads.
    let bytes = bytes - segment_bytes / 16;
    let reserve_bytes = Settings::default().reserve_bytes.min(segment_bytes);
    let settings = Settings { compress: false, segment_bytes, reserve_bytes, buffer_bytes: 16 << 20, ..Settings::default() };
    let filled = folder.join("filled");
    let (live, live_writer, last) = fill(&filled, &settings, bytes)?;
    let segments = segments(&filled)?;
    let mut histogram = new_histogram()?;
    let mut times = Vec::new();
    for round in 0..rounds {
        let copied = folder.join(format!("round-{round}"));
        copy(&segments, &copied)?;
        let start = monotonic_ns();
        let (journal, writer, recovered) = Journal::open(&copied, &settings)?;
        let ns = monotonic_ns() - start;
        if recovered.last_sequence != last || !recovered.damage.is_empty() {
            return Err(format!("recovery found {recovered:?} where {last} was the last input").into());
        }
        histogram.saturating_record(ns);
        times.push(ns as f64 / 1e6);
        journal.close(writer)?;
        fs::remove_dir_all(&copied)?;
    }
    live.close(live_writer)?;
    Ok(json!({ "blocks": { "recovery": times }, "recovery_hdr": encode(&histogram)?, "segments": segments.len() }))
}
