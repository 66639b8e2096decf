//! All shards of an engine: which there are, and their records in the order of their times.

use std::path::{Path, PathBuf};

use crate::error::ShmError;
use crate::files::{self, Trust};
use crate::reader::{Poll, Reader};
use crate::record::Record;

/// Names of the engines that publish, or have published, under a root that this user or root owns; in order.
///
/// # Errors
///
/// [`ShmError::NotFound`] without a root; [`ShmError::Permission`], [`ShmError::Io`] if it cannot be listed.
pub fn engines(root: &Path) -> Result<Vec<String>, ShmError> {
    files::engines(root, Trust::in_self())
}

/// Numbers of an engine's shards, in order.
///
/// # Errors
///
/// As [`engines`], and [`ShmError::Name`].
pub fn shards(root: &Path, name: &str) -> Result<Vec<u16>, ShmError> {
    files::shards(root, name, Trust::in_self())
}

/// Outcome of [`Merged::poll`].
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// All shards are caught up with.
    Empty,
    /// The record with the earliest `ts_out` of those that are there.
    Record(u16, &'a Record),
    /// This shard lapped its reader; see [`Poll::Lapped`].
    Lapped {
        /// The shard.
        shard: u16,
        /// Number of records lost.
        lost: u64,
    },
    /// This shard's next slot has been half written for more than 50 µs: ask its reader for [`Reader::liveness`].
    Stalled(u16),
}

/// A shard's reader and the record that was read ahead.
#[derive(Debug)]
struct Lane {
    shard: u16,
    reader: Reader,
    record: Box<Record>,
    is_held: bool,
}

/// Reads several shards as one. Records of one shard keep their order; those of different shards come by `ts_out` as far as they are
/// there when asked for: nothing is waited for, so a record may follow one that is some µs younger.
#[derive(Debug)]
pub struct Merged {
    root: PathBuf,
    name: String,
    trust: Trust,
    lanes: Vec<Lane>,
    /// Lane whose record was given out last.
    given: Option<usize>,
}

impl Merged {
    /// Opens all shards that an engine of this user, or of root, has published so far.
    ///
    /// # Errors
    ///
    /// As [`Reader::open`]; [`ShmError::NotFound`] if the engine has published none.
    pub fn open(root: &Path, name: &str) -> Result<Self, ShmError> {
        Self::open_trusting(root, name, Trust::in_self())
    }

    /// As [`Self::open`], for an engine of another user, given by its uid.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_owned_by(root: &Path, name: &str, uid: u32) -> Result<Self, ShmError> {
        Self::open_trusting(root, name, Trust::in_user(uid))
    }

    fn open_trusting(root: &Path, name: &str, trust: Trust) -> Result<Self, ShmError> {
        let mut merged = Self { root: root.into(), name: name.into(), trust, lanes: Vec::new(), given: None };
        if merged.open_new()? == 0 {
            return Err(ShmError::NotFound { path: root.join(name).join("shard-0").join("current") });
        }
        Ok(merged)
    }

    /// Reads this shard alone, until a rescan finds others.
    #[must_use]
    pub fn of(reader: Reader) -> Self {
        let (root, name, trust) = reader.place();
        let lane = Lane { shard: reader.shard(), reader, record: Box::default(), is_held: false };
        Self { root, name, trust, lanes: vec![lane], given: None }
    }

    /// Opens shards that have begun to publish since, at their oldest records: none is passed over. Gives their number.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn rescan(&mut self) -> Result<usize, ShmError> {
        let before = self.lanes.len();
        let opened = self.open_new();
        // Some may have been opened before one failed.
        self.lanes[before..].iter_mut().for_each(|lane| lane.reader.seek_oldest());
        opened
    }

    fn open_new(&mut self) -> Result<usize, ShmError> {
        let before = self.lanes.len();
        for shard in files::shards(&self.root, &self.name, self.trust)? {
            if self.lanes.iter().any(|lane| lane.shard == shard) {
                continue;
            }
            match Reader::open_trusting(&self.root, &self.name, shard, self.trust) {
                Ok(reader) => self.lanes.push(Lane { shard, reader, record: Box::default(), is_held: false }),
                // Its writer has only just begun.
                Err(ShmError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.lanes.len() - before)
    }

    /// The next record of any shard.
    ///
    /// Cost: a poll of each shard, no allocation, no system call.
    pub fn poll(&mut self) -> Next<'_> {
        if let Some(given) = self.given.take() {
            self.lanes[given].is_held = false;
        }
        let mut stalled = None;
        let mut earliest: Option<(u64, usize)> = None;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            if !lane.is_held {
                match lane.reader.poll(&mut lane.record) {
                    Poll::Record => lane.is_held = true,
                    Poll::Empty => continue,
                    Poll::Lapped { lost } => return Next::Lapped { shard: lane.shard, lost },
                    Poll::Stalled => {
                        stalled = Some(lane.shard);
                        continue;
                    }
                }
            }
            let key = (lane.record.ts_out, index);
            earliest = Some(earliest.map_or(key, |earliest| earliest.min(key)));
        }
        self.given = earliest.map(|(_, index)| index);
        match (self.given, stalled) {
            (Some(index), _) => Next::Record(self.lanes[index].shard, &self.lanes[index].record),
            (None, Some(shard)) => Next::Stalled(shard),
            (None, None) => Next::Empty,
        }
    }

    /// The record that the last poll gave, with its shard and reader: what a [`crate::BookBuilder`] takes. The reader stands behind it.
    #[must_use]
    pub fn given(&self) -> Option<(u16, &Reader, &Record)> {
        let lane = &self.lanes[self.given?];
        Some((lane.shard, &lane.reader, &lane.record))
    }

    /// Goes back to the oldest records that still stand; see [`Reader::seek_oldest`].
    pub fn seek_oldest(&mut self) {
        self.seek(Reader::seek_oldest);
    }

    /// Goes behind the newest records of all shards; see [`Reader::seek_newest`].
    pub fn seek_newest(&mut self) {
        self.seek(Reader::seek_newest);
    }

    fn seek(&mut self, seek: impl Fn(&mut Reader)) {
        self.given = None;
        for lane in &mut self.lanes {
            lane.is_held = false;
            seek(&mut lane.reader);
        }
    }

    /// Whether a poll would find something: a record read ahead that was not given out, or one in a ring.
    pub(crate) fn has_next(&self) -> bool {
        let is_due = |(index, lane): (usize, &Lane)| lane.is_held && self.given != Some(index) || lane.reader.has_next();
        self.lanes.iter().enumerate().any(is_due)
    }

    /// The reader, where there is one shard.
    pub(crate) fn only(&self) -> Option<&Reader> {
        if let [lane] = &self.lanes[..] { Some(&lane.reader) } else { None }
    }

    /// Numbers of the shards.
    pub fn shards(&self) -> impl Iterator<Item = u16> + '_ {
        self.lanes.iter().map(|lane| lane.shard)
    }

    /// The readers of all shards, for what changes them.
    pub fn readers_mut(&mut self) -> impl Iterator<Item = &mut Reader> + '_ {
        self.lanes.iter_mut().map(|lane| &mut lane.reader)
    }

    /// The reader of a shard, for its tables and for a [`crate::BookBuilder`]. It is at most one record ahead of what was given out.
    #[must_use]
    pub fn reader(&self, shard: u16) -> Option<&Reader> {
        self.lanes.iter().find(|lane| lane.shard == shard).map(|lane| &lane.reader)
    }

    /// As [`Self::reader`], for what changes it: liveness, reopening.
    pub fn reader_mut(&mut self, shard: u16) -> Option<&mut Reader> {
        self.lanes.iter_mut().find(|lane| lane.shard == shard).map(|lane| &mut lane.reader)
    }
}
