//! A second reader of the format, written from README.md alone. It believes nothing and forgives nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

const HEADER: usize = 4096;
const HEAD: usize = 64;

/// What the writer puts into the input with this number.
pub fn payload(sequence: u64) -> Vec<u8> {
    let mut state = sequence.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1;
    let length = 8 + (state >> 40) % 700;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn half(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// CRC32C a bit at a time, by a table.
struct Crc([u32; 256]);

impl Crc {
    fn new() -> Self {
        let mut table = [0; 256];
        for (index, entry) in table.iter_mut().enumerate() {
            *entry = (0..8).fold(index as u32, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 });
        }
        Self(table)
    }

    fn masked(&self, parts: &[&[u8]]) -> u32 {
        let crc = parts
            .iter()
            .flat_map(|part| part.iter())
            .fold(!0_u32, |crc, &byte| crc >> 8 ^ self.0[((crc ^ u32::from(byte)) & 0xff) as usize]);
        let crc = !crc;
        crc.rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

struct Segment {
    bytes: Vec<u8>,
    prev: u64,
    prev_end: u64,
    prev_digest: [u8; 32],
    floor: u64,
    first: u64,
}

/// The plain form of a compressed segment.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let footer = bytes.len() - 24;
    assert_eq!(&bytes[footer + 16..], b"TKRZSTD1");
    let pieces = half(bytes, footer + 8) as usize;
    let table = footer - (pieces + 1) * 8;
    let mut plain = Vec::new();
    for piece in 0..pieces {
        let (from, to) = (word(bytes, table + piece * 8) as usize, word(bytes, table + piece * 8 + 8) as usize);
        plain.extend(zstd::bulk::decompress(&bytes[from..to], 256 << 10).unwrap());
    }
    assert_eq!(plain.len() as u64, word(bytes, footer));
    assert_eq!(plain[..HEADER], bytes[..HEADER]);
    plain
}

fn segment(crc: &Crc, path: &Path, index: u64) -> Segment {
    let bytes = fs::read(path).unwrap();
    let bytes = if path.extension().is_some_and(|extension| extension == "zseg") { unpacked(&bytes) } else { bytes };
    let name = path.display();
    assert!(bytes.len() >= HEADER && &bytes[..8] == b"TKRJRNL1", "{name} is no segment");
    assert_eq!(half(&bytes, HEADER - 4), crc.masked(&[&bytes[..HEADER - 4]]), "header of {name}");
    assert_eq!(word(&bytes, 16), index, "index of {name}");
    Segment {
        prev: word(&bytes, 64),
        prev_end: word(&bytes, 72),
        prev_digest: bytes[80..112].try_into().unwrap(),
        floor: word(&bytes, 112),
        first: word(&bytes, 40),
        bytes,
    }
}

/// Walks the records of a segment up to `end`, or to the first that is none; where it got, the last input, the digest, and how many
/// inputs are in gaps.
fn walk(crc: &Crc, segment: &Segment, end: Option<u64>) -> (u64, u64, [u8; 32], u64) {
    let bytes = &segment.bytes;
    let (salt, epoch) = (&bytes[24..32], word(bytes, 32));
    let (mut at, mut last, mut missing) = (HEADER, segment.first - 1, 0);
    let mut digest = Sha256::new_with_prefix(&bytes[..HEADER]);
    while end.is_none_or(|end| (at as u64) < end) && at + HEAD <= bytes.len() {
        let length = half(bytes, at + 4) as usize;
        let after = (at + HEAD + length).next_multiple_of(8);
        let is_whole = after <= bytes.len();
        let check = if is_whole { crc.masked(&[salt, &(at as u64).to_le_bytes(), &bytes[at + 4..after]]) } else { 0 };
        if !is_whole || check != half(bytes, at) {
            assert!(end.is_none(), "a byte before the end is wrong, at {at}");
            break;
        }
        assert_eq!(word(bytes, at + 16), epoch);
        if bytes[at + 8] == 35 {
            break;
        }
        let held = &bytes[at + HEAD..at + HEAD + length];
        if bytes[at + 8] == 32 {
            assert_eq!(word(held, 8), last + 1, "first input of the gap at {at}");
            missing += word(held, 16) - last;
            last = word(held, 16);
        } else {
            assert_eq!(bytes[at + 8], 1, "only frames were written");
            last += 1;
            assert_eq!(held, payload(last), "payload of {last}");
        }
        assert_eq!(word(bytes, at + 24), last, "number at {at}");
        digest.update(&bytes[at..at + 4]);
        at = after;
    }
    (at as u64, last, digest.finalize().into(), missing)
}

/// What a journal holds: its last input, and how many of those up to it are in gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub last: u64,
    pub missing: u64,
}

/// What the journal in this folder holds; panics if anything in it is not as it must be.
pub fn held(folder: &Path) -> Held {
    let crc = Crc::new();
    let Ok(entries) = fs::read_dir(folder.join("journal")) else { return Held::default() };
    let mut paths = BTreeMap::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".seg") || name.ends_with(".zseg") {
            let index: u64 = name[..12].parse().unwrap();
            // Where both stand, the compressed one counts.
            if name.ends_with(".zseg") || !paths.contains_key(&index) {
                paths.insert(index, path);
            }
        }
    }
    let segments: BTreeMap<u64, Segment> = paths.iter().map(|(&index, path)| (index, segment(&crc, path, index))).collect();
    let Some((&newest, _)) = segments.last_key_value() else { return Held::default() };
    let (_, last, _, mut missing) = walk(&crc, &segments[&newest], None);
    let mut index = newest;
    loop {
        let this = &segments[&index];
        let Some(prev) = segments.get(&this.prev) else {
            assert!(this.prev == 0 || this.prev < segments[&newest].floor, "segment {} is missing", this.prev);
            return Held { last, missing };
        };
        let (end, before, digest, more) = walk(&crc, prev, Some(this.prev_end));
        assert_eq!((end, before + 1), (this.prev_end, this.first), "end of segment {}", this.prev);
        assert_eq!(digest, this.prev_digest, "digest of segment {}", this.prev);
        missing += more;
        index = this.prev;
    }
}
