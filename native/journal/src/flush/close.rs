//! The end of a journal: what the disk does not take becomes a gap.

use super::{Flusher, copy};
use crate::error::JournalError;
use crate::gap::{GAP_BYTES, Gap, GapCause};
use crate::keeper::Job;
use crate::record::{HEAD_BYTES, Head, Kind, append_record, record_bytes, synced_units, u32_at};
use crate::settings::Durability;
use crate::status::State;
use crate::storage::write_all;

impl Flusher {
    /// Writes a gap for what still waits, `also` included, and seals the segment.
    pub fn close(&mut self, also: Option<Gap>) -> Result<(), JournalError> {
        let missing = self.left(also);
        if let Some(gap) = missing {
            self.write_gap(gap);
        }
        if self.settings.durability == Durability::None {
            self.sync_unsynced();
        }
        if let Some(open) = self.open.take().filter(|open| !open.is_empty()) {
            let ended = self.ended(open);
            self.helper.ask(Job::Seal(Box::new(ended)));
        }
        self.helper.ask(Job::Stop);
        self.shared.set_state(State::Closed);
        missing.map_or(Ok(()), |gap| Err(JournalError::Unwritten { first: gap.first, last: gap.last }))
    }

    /// All inputs that still wait, as one gap.
    fn left(&mut self, also: Option<Gap>) -> Option<Gap> {
        let waiting = self.consumer.slots();
        let chunk = self.consumer.read_chunk(waiting).ok()?;
        let (first, second) = chunk.as_slices();
        let (mut at, mut missing) = (0, None);
        let mut bytes = [0; HEAD_BYTES];
        while at + HEAD_BYTES <= waiting {
            copy(first, second, at, &mut bytes);
            at += record_bytes(u32_at(&bytes, 4) as usize);
            let Some(head) = Head::peek(&bytes).filter(|head| head.kind.is_input() || head.kind == Kind::Gap) else { continue };
            let gap = missing.get_or_insert(Gap {
                cause: GapCause::Closed,
                first: self.last + 1,
                last: head.sequence,
                bytes: 0,
                ts_first: head.ts_recv,
                ts_last: head.ts_recv,
            });
            gap.last = head.sequence;
            gap.bytes += u64::from(head.length);
            gap.ts_last = head.ts_recv;
        }
        match (missing, also) {
            (Some(gap), Some(also)) => {
                Some(Gap { last: also.last, bytes: gap.bytes + also.bytes, ts_last: also.ts_last, ..gap })
            }
            (one, other) => one.or(other),
        }
    }

    fn write_gap(&mut self, gap: Gap) {
        let Some(open) = &mut self.open else { return };
        let head = Head {
            length: GAP_BYTES as u32,
            kind: Kind::Gap,
            flags: 0,
            connection: 0,
            stream: self.settings.stream,
            epoch: self.epoch,
            sequence: gap.last,
            ts_recv: gap.ts_last,
            ts_mono: 0,
            synced: synced_units(open.synced),
            instrument: 0,
            outputs: 0,
        };
        if open.end + head.record_bytes() as u64 > open.header.capacity {
            return;
        }
        self.stage.clear();
        append_record(&mut self.stage, &head, &gap.to_bytes(), open.header.salt, open.end);
        match write_all(&*open.file, &self.stage, open.end).and_then(|()| open.file.sync()) {
            Ok(()) => self.last = open.note_group(&self.stage, self.last),
            Err(error) => self.shared.fail(format!("could not write the last gap: {error}")),
        }
    }
}
