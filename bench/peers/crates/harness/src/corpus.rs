//! The frames, as `prepare.ts` wrote them: the same bytes for every language.

use std::error::Error;
use std::path::Path;

use serde_json::Value;

/// Bytes behind the last frame that may be read: some parsers read whole vectors.
const PADDING: usize = 4_096;

/// One frame within the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// When it was received, ns since the UNIX epoch.
    pub ts_recv: u64,
    start: usize,
    len: usize,
}

/// Price and quantity as the venue spells them.
pub type TextLevel = (String, String);

/// A snapshot, and the deltas that follow it without a hole. The first delta joins the snapshot.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The venue's spelling in lower case.
    pub symbol: String,
    bytes: Vec<u8>,
    /// In the order of arrival.
    pub frames: Vec<Frame>,
    /// The REST body.
    pub snapshot: String,
    /// Update id of the snapshot.
    pub last_update_id: u64,
    /// Levels of the snapshot.
    pub bids: Vec<TextLevel>,
    /// Levels of the snapshot.
    pub asks: Vec<TextLevel>,
}

fn levels(value: &Value) -> Result<Vec<TextLevel>, Box<dyn Error>> {
    let rows = value.as_array().ok_or("snapshot: a side is no array")?;
    let text = |cell: &Value| cell.as_str().map(str::to_owned);
    rows.iter()
        .map(|row| text(&row[0]).zip(text(&row[1])).ok_or_else(|| format!("snapshot: {row} is no level").into()))
        .collect()
}

impl Corpus {
    /// Reads `DIRECTORY/SYMBOL.frames` (u64 receive time, u32 length, bytes; little-endian) and `SYMBOL.snapshot.json`.
    pub fn load(directory: &Path, symbol: &str) -> Result<Self, Box<dyn Error>> {
        let mut bytes = std::fs::read(directory.join(format!("{symbol}.frames")))?;
        let mut frames = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let head: [u8; 12] = bytes.get(at..at + 12).ok_or("frames: the last head is cut off")?.try_into()?;
            let ts_recv = u64::from_le_bytes(head[..8].try_into()?);
            let len = u32::from_le_bytes(head[8..].try_into()?) as usize;
            frames.push(Frame { ts_recv, start: at + 12, len });
            at += 12 + len;
        }
        if at != bytes.len() || frames.len() < 2 {
            return Err(format!("frames: {} frames end at {at} of {} bytes", frames.len(), bytes.len()).into());
        }
        bytes.resize(at + PADDING, 0);
        let snapshot = std::fs::read_to_string(directory.join(format!("{symbol}.snapshot.json")))?;
        let body: Value = serde_json::from_str(&snapshot)?;
        Ok(Self {
            symbol: symbol.to_owned(),
            bytes,
            frames,
            last_update_id: body["lastUpdateId"].as_u64().ok_or("snapshot: no lastUpdateId")?,
            bids: levels(&body["bids"])?,
            asks: levels(&body["asks"])?,
            snapshot,
        })
    }

    /// Bytes of a frame.
    #[inline]
    pub fn bytes(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.start..frame.start + frame.len]
    }

    /// The same without the wrapper of a combined stream, for peers that subscribe to plain streams.
    pub fn unwrapped(mut self) -> Result<Self, Box<dyn Error>> {
        let mark = b"\"data\":";
        for frame in &mut self.frames {
            let bytes = &self.bytes[frame.start..frame.start + frame.len];
            let at = bytes.windows(mark.len()).position(|window| window == mark).ok_or("a frame has no data member")?;
            let skip = at + mark.len();
            frame.start += skip;
            frame.len -= skip + 1;
        }
        Ok(self)
    }
}
