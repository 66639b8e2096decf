//! The frames that are measured: a recording, or a file of the same form that the harness has made.

use std::error::Error;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The recording that PERFORMANCE names, below the folder of captures.
const DEFAULT: &str = "binance/hftbacktest/usdm/btcusdt_20240808.gz";

const NS_PER_MS: u64 = 1_000_000;

/// Digits of a time in ms, from 2001 to 2286.
const TIME_DIGITS: usize = 13;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A WebSocket message.
    Frame,
    /// A REST depth snapshot, at the place where it arrived.
    Snapshot,
}

/// One line of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// When it arrived, ns since the UNIX epoch.
    pub ts_recv: u64,
    start: usize,
    len: usize,
}

/// Frames in the order in which they arrived, all in one piece of memory.
#[derive(Debug)]
pub struct Corpus {
    bytes: Vec<u8>,
    /// Its items.
    pub items: Vec<Item>,
    /// Name of the file.
    pub source: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// SHA-256 as hexadecimal text.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the recordings are.
pub fn captures() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures");
    std::env::var_os("TICKRING_CAPTURES").map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

impl Corpus {
    /// Depth frames and snapshots of lines `<receive ns> <frame>`, plain or gzipped; `None` is the recorded BTCUSDT futures feed.
    pub fn load(path: Option<&str>) -> Result<Self, Box<dyn Error>> {
        Self::load_some(path, false)
    }

    /// As [`Self::load`], with all other frames too.
    pub fn load_all(path: Option<&str>) -> Result<Self, Box<dyn Error>> {
        Self::load_some(path, true)
    }

    fn load_some(path: Option<&str>, all: bool) -> Result<Self, Box<dyn Error>> {
        let path = path.map_or_else(|| captures().join(DEFAULT), PathBuf::from);
        let packed = std::fs::read(&path)
            .map_err(|error| format!("no recording at {} ({error}): give --corpus or TICKRING_CAPTURES", path.display()))?;
        let mut text = String::new();
        if path.extension().is_some_and(|extension| extension == "gz") {
            flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text)?;
        } else {
            text = String::from_utf8(packed.clone())?;
        }
        let (bytes, items) = packed_items(&text, all)?;
        Ok(Self { bytes, items, source: name_of(&path), sha256: sha256_hex(&packed) })
    }

    /// Lines of the same form that were made here.
    pub fn from_text(source: &str, text: &str) -> Result<Self, Box<dyn Error>> {
        let (bytes, items) = packed_items(text, false)?;
        Ok(Self { bytes, items, source: source.to_owned(), sha256: sha256_hex(text.as_bytes()) })
    }

    /// Moves all times, those in the frames too, so that the first item arrives now: a feed whose venue and receiver are years
    /// apart would take the form of ring records that live feeds never take.
    pub fn bring_to(&mut self, now_ns: u64) {
        let Some(first) = self.items.first() else { return };
        let by_ms = (now_ns / NS_PER_MS).wrapping_sub(first.ts_recv / NS_PER_MS);
        for item in &mut self.items {
            item.ts_recv = item.ts_recv.wrapping_add(by_ms.wrapping_mul(NS_PER_MS));
            let bytes = &mut self.bytes[item.start..item.start + item.len];
            for key in [b"\"E\":", b"\"T\":"] {
                let at = bytes.windows(key.len()).position(|window| window == key).map(|at| at + key.len());
                let Some(digits) = at.and_then(|at| bytes.get_mut(at..at + TIME_DIGITS)) else { continue };
                let Some(ms) = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u64>().ok()) else { continue };
                let text = format!("{:013}", ms.wrapping_add(by_ms));
                if text.len() == TIME_DIGITS {
                    digits.copy_from_slice(text.as_bytes());
                }
            }
        }
    }

    /// Writes lines of that form.
    pub fn write(&self, output: &mut impl Write) -> std::io::Result<()> {
        for item in &self.items {
            write!(output, "{} ", item.ts_recv)?;
            output.write_all(self.bytes(item))?;
            output.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Bytes of an item.
    #[inline]
    pub fn bytes(&self, item: &Item) -> &[u8] {
        &self.bytes[item.start..item.start + item.len]
    }

    /// Bytes of an item, to be changed in place.
    pub fn bytes_mut(&mut self, item: &Item) -> &mut [u8] {
        &mut self.bytes[item.start..item.start + item.len]
    }

    /// For reports: the frames from `first` on.
    pub fn describe(&self, first: usize) -> serde_json::Value {
        let items = &self.items[first..];
        let bytes: usize = items.iter().map(|item| item.len).sum();
        serde_json::json!({ "source": self.source, "sha256": self.sha256, "frames": items.len(), "bytes": bytes })
    }

    /// Keeps the first `count` items.
    pub fn truncate(&mut self, count: usize) {
        self.items.truncate(count);
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Depth frames and snapshots one behind the other. A live frame lies in a buffer that was written just now; one that is
/// fetched from the middle of a large file would cost its first bytes' way from memory.
fn packed_items(text: &str, all: bool) -> Result<(Vec<u8>, Vec<Item>), Box<dyn Error>> {
    let (mut bytes, mut items) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let (ts, frame) = line.split_once(' ').ok_or("a line has no space between time and frame")?;
        let kind = if frame.starts_with(r#"{"lastUpdateId""#) {
            ItemKind::Snapshot
        } else if all || frame.contains(r#""depthUpdate""#) {
            ItemKind::Frame
        } else {
            continue;
        };
        items.push(Item { kind, ts_recv: ts.parse()?, start: bytes.len(), len: frame.len() });
        bytes.extend_from_slice(frame.as_bytes());
    }
    Ok((bytes, items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_frames_and_snapshots_move_with_the_first_arrival() {
        let text = "1723161256300123456 {\"lastUpdateId\":9,\"E\":1723161256299,\"T\":1723161256298,\"bids\":[],\"asks\":[]}\n\
                    1723161256400123456 {\"e\":\"depthUpdate\",\"E\":1723161256399,\"T\":1723161256398,\"s\":\"X\"}\n";
        let mut corpus = Corpus::from_text("made", text).expect("two lines");
        corpus.bring_to(1_800_000_000_000_000_000);
        let times: Vec<_> = corpus.items.iter().map(|item| item.ts_recv).collect();
        assert_eq!(times, [1_800_000_000_000_123_456, 1_800_000_000_100_123_456]);
        let frame = std::str::from_utf8(corpus.bytes(&corpus.items[1])).expect("ASCII");
        assert_eq!(frame, "{\"e\":\"depthUpdate\",\"E\":1800000000099,\"T\":1800000000098,\"s\":\"X\"}");
        let snapshot = std::str::from_utf8(corpus.bytes(&corpus.items[0])).expect("ASCII");
        assert!(snapshot.contains("\"E\":1799999999999,\"T\":1799999999998"), "{snapshot}");
    }
}
