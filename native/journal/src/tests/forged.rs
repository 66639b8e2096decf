//! F48: bytes that look like records and are none.

use tickring_core::input::{Input, Stamped};

use super::rig::{Rig, settings};
use super::simulated::Simulated;
use crate::scan::{Tail, prefix};
use crate::segment::{HEADER_BYTES, Header};
use crate::{HEAD_BYTES, Kind};

fn one_segment(disk: &Simulated) -> (String, Vec<u8>) {
    disk.files().into_iter().find(|(name, _)| name.ends_with(".seg")).unwrap()
}

fn written(count: u64) -> (Vec<u8>, Header, usize) {
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.work(count);
    rig.drain();
    let (name, bytes) = one_segment(&disk);
    let header = Header::read(&bytes, &name).unwrap();
    let end = prefix(&bytes, &header, None).end as usize;
    (bytes, header, end)
}

#[test]
fn f48_a_tail_of_zeros_is_a_clean_end() {
    let (bytes, header, end) = written(12);
    let found = prefix(&bytes, &header, None);
    assert_eq!((found.last_sequence, found.tail), (Some(12), Tail::Clean));
    assert!(end < bytes.len());
}

#[test]
fn f48_stale_bytes_of_a_recycled_segment_are_no_records() {
    let (mut bytes, header, end) = written(12);
    let (stale, _, stale_end) = written(20);
    // The same inputs at the same offsets, of another life of the file.
    assert!(stale_end > end);
    bytes[end..stale_end].copy_from_slice(&stale[end..stale_end]);
    let found = prefix(&bytes, &header, None);
    assert_eq!((found.end, found.last_sequence, found.tail), (end as u64, Some(12), Tail::Torn));
}

#[test]
fn f48_an_old_record_moved_or_written_again_is_none() {
    let (mut bytes, header, end) = written(12);
    let record = bytes[HEADER_BYTES..HEADER_BYTES + 400].to_vec();
    bytes[end..end + 400].copy_from_slice(&record);
    let found = prefix(&bytes, &header, None);
    assert_eq!((found.end, found.tail), (end as u64, Tail::Torn));
}

#[test]
fn f48_a_record_inside_a_payload_is_not_found_when_a_search_passes_it() {
    // A stranger sends what a later record of this very segment would look like but for what he cannot know: salt and offset.
    let (genuine, _, _) = written(3);
    let forged = &genuine[HEADER_BYTES..HEADER_BYTES + 2 * HEAD_BYTES];
    let disk = Simulated::default();
    let mut rig = Rig::open(&disk, &settings()).unwrap();
    rig.append();
    rig.turn();
    let frame: Vec<u8> = forged.iter().copied().cycle().take(4_000).collect();
    rig.parts.writer.append(&Stamped { ts_recv: 1, input: Input::Frame { connection: 1, bytes: &frame } }, 1, 0);
    rig.turn();
    let (name, mut bytes) = one_segment(&disk);
    let header = Header::read(&bytes, &name).unwrap();
    let end = prefix(&bytes, &header, None).end;
    // The last record is torn at its first byte; a search must not stop inside its payload.
    let start = end as usize - (HEAD_BYTES + 4_000);
    bytes[start] ^= 1;
    let found = prefix(&bytes, &header, None);
    assert_eq!((found.end, found.tail), (start as u64, Tail::Torn));
}

#[test]
fn a_payload_full_of_heads_exhausts_the_search_and_counts_as_damage() {
    let (bytes, header, end) = written(3);
    let mut head = bytes[HEADER_BYTES..HEADER_BYTES + HEAD_BYTES].to_vec();
    // Each looks as if it were long and written much later.
    head[4..8].copy_from_slice(&8_000_u32.to_le_bytes());
    head[8] = Kind::Frame as u8;
    head[48..52].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut bytes = bytes;
    let room = bytes.len() - end;
    let filling: Vec<u8> = head.iter().copied().cycle().take(room).collect();
    bytes[end..].copy_from_slice(&filling);
    let found = prefix(&bytes, &header, None);
    assert_eq!(found.end, end as u64);
    assert!(matches!(found.tail, Tail::Damaged { .. }), "{:?}", found.tail);
}
