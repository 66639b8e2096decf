//! Records in order, across segments, from any place on.

use std::io;
use std::sync::Arc;

use crate::error::JournalError;
use crate::found::{Damage, Item, Place, Step, lost_before};
use crate::record::{Kind, Record};
use crate::scan::{follows, next_record};
use crate::segment::{Chain, HEADER_BYTES, Header, SegmentName, segments};
use crate::settings::Mode;
use crate::source::{Source, read_header};
use crate::storage::Storage;

/// Reads a journal, also one that is being written.
pub struct Reader {
    pub(crate) storage: Arc<dyn Storage>,
    mode: Mode,
    pub(crate) names: Vec<SegmentName>,
    /// Place in `names`.
    pub(crate) position: usize,
    pub(crate) source: Option<Source>,
    /// Where the segment ends, if something says so.
    end: Option<u64>,
    /// What its successor says of it.
    digest: Option<[u8; 32]>,
    /// Digest so far, if it was read from its beginning.
    pub(crate) chain: Option<Chain>,
    pub(crate) offset: u64,
    /// Number of the last record, `None` before the first.
    pub(crate) last: Option<u64>,
    /// A record that a search found and nobody was given yet, or that was put back.
    pub(crate) held: Option<u64>,
    /// Where the record stands that was given last.
    given: u64,
    /// Nothing beyond this number is given.
    limit: u64,
    pub(crate) ended: bool,
}

impl Reader {
    /// A reader at the first record.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, and what [`Reader::next`] gives.
    pub fn new(storage: Arc<dyn Storage>, mode: Mode) -> Result<Self, JournalError> {
        let mut reader = Self {
            storage,
            mode,
            names: Vec::new(),
            position: 0,
            source: None,
            end: None,
            digest: None,
            chain: None,
            offset: 0,
            last: None,
            held: None,
            given: 0,
            limit: u64::MAX,
            ended: false,
        };
        reader.list()?;
        Ok(reader)
    }

    /// Segments there are, oldest first.
    #[must_use]
    pub fn segments(&self) -> &[SegmentName] {
        &self.names
    }

    /// Header block of a segment.
    ///
    /// # Errors
    ///
    /// `JOURNAL_IO`, `JOURNAL_DAMAGED`, `JOURNAL_VERSION`.
    pub fn header(&self, name: SegmentName) -> Result<Header, JournalError> {
        read_header(&*self.storage, name)
    }

    /// Number of the last record given, `None` before the first.
    #[must_use]
    pub const fn last_sequence(&self) -> Option<u64> {
        self.last
    }

    /// File and offset of the record given last.
    #[must_use]
    pub fn place(&self) -> Option<(SegmentName, u64)> {
        self.source.as_ref().map(|source| (source.name, self.given))
    }

    /// Gives inputs up to this number and waits there. For the journal of a living writer this is what it has said to be durable: what is
    /// only written may be gone after a power cut, and other inputs would then take its numbers. What is no input and carries the number
    /// itself is given once a higher one is allowed.
    pub const fn set_limit(&mut self, sequence: u64) {
        self.limit = sequence;
    }

    /// The record given last is given again by the next call.
    pub const fn put_back(&mut self) {
        self.held = Some(self.given);
    }

    pub(crate) fn list(&mut self) -> Result<(), JournalError> {
        let files = self.storage.list().map_err(JournalError::io("list", "the journal"))?;
        let current = self.source.as_ref().map(|source| source.name.index);
        self.names = segments(files.iter().map(|(name, _)| name.as_str()));
        if let Some(index) = current {
            self.position = self.names.partition_point(|name| name.index < index);
        }
        Ok(())
    }

    /// The next record, or damage; `None` at the end, which may go on later.
    ///
    /// # Errors
    ///
    /// `JOURNAL_DAMAGED` with [`Mode::Strict`], `JOURNAL_VERSION`, `JOURNAL_IO`.
    #[allow(clippy::should_implement_trait, reason = "it lends what it gives")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, JournalError> {
        let place = match self.held.take() {
            Some(offset) => Place::Record(offset),
            None => self.advance()?,
        };
        match place {
            Place::Record(offset) => {
                self.given = offset;
                Ok(self.found(offset)?.map(Item::Record))
            }
            Place::Damage(damage) => Ok(Some(Item::Damage(damage))),
            Place::End => Ok(None),
        }
    }

    /// Goes to the next record.
    pub(crate) fn advance(&mut self) -> Result<Place, JournalError> {
        loop {
            let all = self.last.is_some_and(|last| last >= self.limit);
            if self.ended || all || self.source.is_none() && !self.enter()? {
                return Ok(Place::End);
            }
            if let Some(damage) = self.hole() {
                return self.tell(damage);
            }
            match self.step()? {
                Step::Record { end } => {
                    let (from, limit) = (self.offset, self.limit);
                    if self.found(from)?.is_none_or(|record| record.head.sequence > limit) {
                        return Ok(Place::End);
                    }
                    self.offset = end;
                    if self.accept(from)? {
                        return Ok(Place::Record(from));
                    }
                }
                Step::End => return Ok(Place::End),
                Step::Next => {
                    if let Some(damage) = self.leave() {
                        return self.tell(damage);
                    }
                }
                Step::Damaged { to, last, what } => {
                    let damage = self.damage(self.offset, to, last, what);
                    self.offset = to;
                    self.chain = None;
                    self.last = last.or(self.last);
                    return self.tell(damage);
                }
            }
        }
    }

    fn damage(&self, from: u64, to: u64, last: Option<u64>, what: String) -> Damage {
        let file = self.source.as_ref().map_or_else(String::new, |source| source.name.file());
        Damage { file, from, to, first: self.last.map_or(0, |last| last + 1), last, what }
    }

    fn tell(&mut self, damage: Damage) -> Result<Place, JournalError> {
        match self.mode {
            Mode::Strict => {
                self.ended = true;
                Err(JournalError::Damaged { file: damage.file, from: damage.from, what: damage.what })
            }
            Mode::PointInTime => {
                self.ended = true;
                Ok(Place::Damage(damage))
            }
            Mode::Salvage => Ok(Place::Damage(damage)),
        }
    }

    /// Opens the segment at `position`, skipping those that no successor names. `false` if there is none.
    pub(crate) fn enter(&mut self) -> Result<bool, JournalError> {
        loop {
            let Some(&name) = self.names.get(self.position) else { return Ok(false) };
            match self.successor(self.position)? {
                Some(header) if header.prev.index < name.index => self.position += 1,
                _ if self.open(name)? => return Ok(true),
                _ => {}
            }
        }
    }

    /// The header of the segment behind this one, if it can be read.
    fn successor(&self, position: usize) -> Result<Option<Header>, JournalError> {
        for name in self.names.iter().skip(position + 1) {
            match read_header(&*self.storage, *name) {
                Ok(header) => return Ok(Some(header)),
                Err(JournalError::Damaged { .. }) => {}
                Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// `false` where it was gone and the list was read again, or where it is damaged and passed.
    fn open(&mut self, name: SegmentName) -> Result<bool, JournalError> {
        match Source::open(&*self.storage, name) {
            Ok(source) => {
                self.chain = Some(Chain::new(&source.block));
                self.offset = HEADER_BYTES as u64;
                self.last = self.last.or(Some(source.header.first_sequence - 1));
                self.source = Some(source);
                self.find_end()?;
                Ok(true)
            }
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.list()?;
                self.position = self.names.partition_point(|other| other.index < name.index);
                Ok(false)
            }
            Err(JournalError::Damaged { .. }) if self.mode == Mode::Salvage => {
                // What is lost shows as a hole before the next segment.
                self.position += 1;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the successor, else the seal, where the segment ends.
    fn find_end(&mut self) -> Result<(), JournalError> {
        self.end = None;
        self.digest = None;
        let successor = self.successor(self.position)?;
        let Some(source) = &mut self.source else { return Ok(()) };
        match successor.filter(|header| header.prev.index == source.name.index) {
            Some(header) => {
                self.end = Some(header.prev.end);
                self.digest = Some(header.prev.digest);
            }
            None => {
                if let Some((index, offset)) = source.index()? {
                    self.end = Some(offset);
                    self.digest = Some(index.digest);
                } else if source.name.packed {
                    // It was sealed, so something of it is damaged.
                    self.end = Some(source.bytes()?);
                }
            }
        }
        Ok(())
    }

    /// Inputs that are missing before the segment that was just opened.
    fn hole(&mut self) -> Option<Damage> {
        let source = self.source.as_ref()?;
        let (first, last) = (source.header.first_sequence, self.last?);
        if self.offset != HEADER_BYTES as u64 || first <= last + 1 {
            return None;
        }
        let damage = self.damage(0, 0, Some(first - 1), format!("inputs {} to {} before it are missing", last + 1, first - 1));
        self.last = Some(first - 1);
        Some(damage)
    }

    fn limit(&self) -> u64 {
        self.end.unwrap_or(u64::MAX)
    }

    pub(crate) fn at(&mut self, offset: u64) -> Result<Option<Record<'_>>, JournalError> {
        let limit = self.limit();
        match &mut self.source {
            Some(source) => source.record(offset, limit),
            None => Ok(None),
        }
    }

    /// As [`Self::at`] for a place that was just looked at: its check is not computed again.
    pub(crate) fn found(&mut self, offset: u64) -> Result<Option<Record<'_>>, JournalError> {
        if self.source.as_ref().is_some_and(|source| source.has(offset)) {
            return Ok(self.source.as_ref().and_then(|source| source.again(offset)));
        }
        self.at(offset)
    }

    fn step(&mut self) -> Result<Step, JournalError> {
        if let Some(end) = self.valid_end()? {
            return Ok(Step::Record { end });
        }
        if self.end.is_none() {
            // Perhaps it was written, or ended, since.
            let Some(source) = &mut self.source else { return Ok(Step::End) };
            source.refresh();
            self.list()?;
            self.find_end()?;
            if let Some(end) = self.valid_end()? {
                return Ok(Step::Record { end });
            }
            if self.end.is_none() {
                return Ok(if self.position + 1 < self.names.len() { Step::Next } else { Step::End });
            }
        }
        if self.offset >= self.limit() {
            return Ok(if self.position + 1 < self.names.len() { Step::Next } else { self.at_seal()? });
        }
        self.damaged()
    }

    /// At the end of a sealed segment without a successor: there may be one by now.
    fn at_seal(&mut self) -> Result<Step, JournalError> {
        self.list()?;
        Ok(if self.position + 1 < self.names.len() { Step::Next } else { Step::End })
    }

    /// End of the record at the reader's place, if it is one that may stand there.
    fn valid_end(&mut self) -> Result<Option<u64>, JournalError> {
        let (offset, last) = (self.offset, self.last);
        let Some(source) = &self.source else { return Ok(None) };
        let header = source.header;
        let Some(record) = self.at(offset)? else { return Ok(None) };
        let head = record.head;
        let ours = head.stream == header.stream && head.epoch == header.epoch && head.kind != Kind::Seal;
        // What was read of a dead segment beyond its end stands again in its successor.
        let again = last.is_some_and(|last| head.sequence <= last);
        let fits = again || last.is_none_or(|last| follows(&head, record.payload, last));
        Ok((ours && fits).then_some(offset + head.record_bytes() as u64))
    }

    /// Takes the record at `from` into digest and number; `false` if it was given before.
    fn accept(&mut self, from: u64) -> Result<bool, JournalError> {
        let last = self.last;
        let Some(record) = self.found(from)? else { return Ok(false) };
        let (head, check) = (record.head, record.check);
        if let Some(chain) = &mut self.chain {
            chain.add(check);
        }
        let numbered = head.kind.is_input() || head.kind == Kind::Gap;
        if last.is_some_and(|last| head.sequence < last || numbered && head.sequence == last) {
            return Ok(false);
        }
        self.last = Some(head.sequence);
        Ok(true)
    }

    fn damaged(&mut self) -> Result<Step, JournalError> {
        let (offset, limit) = (self.offset, self.limit());
        let Some(source) = &mut self.source else { return Ok(Step::End) };
        let bytes = source.read_all(self.end)?;
        let next = next_record(&bytes, &source.header, offset as usize);
        let to = next.unwrap_or(limit);
        let last = match next {
            Some(next) => Record::read(&bytes[next as usize..], source.header.salt, next).map(|record| lost_before(&record)),
            None => None,
        };
        let what = format!("what was durable is damaged from there to byte {to}");
        Ok(Step::Damaged { to, last, what })
    }

    /// Leaves a segment that was read to its end; damage if it is not the one that its successor names.
    fn leave(&mut self) -> Option<Damage> {
        let chain = self.chain.take().map(|chain| chain.digest());
        let exact = self.end == Some(self.offset);
        let differs = exact && self.digest.is_some() && chain.is_some() && chain != self.digest;
        let what = "its records are not those that its digest was made of".to_owned();
        let damage = differs.then(|| self.damage(HEADER_BYTES as u64, self.offset, self.last, what));
        self.source = None;
        self.position += 1;
        damage
    }
}
