//! For measuring in turns with other programs: the frames of each row as a file for all of them, and our own blocks by name.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::path::Path;

use serde_json::json;
use tickring_core::simd::CodePath;

use super::recording::{Input, Part, Recording, Spelling};
use super::{ROWS, Row, pass};
use crate::blocks::median;
use crate::corpus::captures;

/// Rows whose recordings are there.
fn rows() -> impl Iterator<Item = (&'static Row, std::path::PathBuf)> {
    let path = |row: &Row| captures().join(format!("cryptofeed_v3/{}.jsonl.zst", row.file));
    // Binary frames are no text, and the other programs read none of this venue.
    let text = ROWS.iter().filter(|row| row.spelling != Spelling::SbeOfJson);
    text.map(move |row| (row, path(row))).filter(|(_, path)| path.exists())
}

/// Writes `NAME.jsonl` of each row into a folder: connections with their addresses, fetched books, frames, and which of them count.
pub fn write_frames(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for (row, path) in rows() {
        let mut text = String::new();
        for step in Recording::load(&path, row, Part::All)?.steps {
            let line = match &step.input {
                Input::Connect { connection, address, .. } => json!({ "conn": connection, "address": address }),
                Input::Body { symbol, bytes, .. } => json!({ "symbol": symbol, "book": String::from_utf8_lossy(bytes) }),
                Input::Frame { connection, bytes } => {
                    let (ts, data) = (step.ts_recv as f64 / 1e9, String::from_utf8_lossy(bytes));
                    json!({ "conn": connection, "ts": ts, "counts": step.counts, "data": data })
                }
            };
            writeln!(text, "{line}")?;
        }
        std::fs::write(folder.join(format!("{}.jsonl", row.name)), text)?;
    }
    Ok(())
}

/// Answers `block NAME NS` with ns a frame of the whole machine, until stdin ends.
pub fn serve(code_path: CodePath) -> Result<(), Box<dyn Error>> {
    let mut recordings = Vec::new();
    for (row, path) in rows() {
        recordings.push((row.name, Recording::load(&path, row, Part::All)?));
    }
    let names: Vec<_> = recordings.iter().map(|(name, _)| *name).collect();
    println!("{}", json!({ "names": names }));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (name, ns) = line.strip_prefix("block ").and_then(|rest| rest.rsplit_once(' ')).ok_or("no block")?;
        let (_, recording) = recordings.iter().find(|(known, _)| *known == name).ok_or("no such row")?;
        let (mut passes, mut spent, wanted) = (Vec::new(), 0, ns.parse::<u64>()?);
        while passes.is_empty() || spent < wanted {
            let (ns, _) = pass(recording, recording.whole(), code_path)?;
            spent += ns;
            passes.push(ns as f64 / recording.frames as f64);
        }
        let count = passes.len();
        println!("{}", json!({ "ns_per_frame": median(&mut passes), "passes": count }));
        std::io::stdout().flush()?;
    }
    Ok(())
}
