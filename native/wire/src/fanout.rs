//! All shards of an engine as one stream of framed messages.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tickring_core::bars::{Bars, Minute};
use tickring_core::error::Code;
use tickring_shm::{Reader, ShmError};

use crate::feed::Feed;
use crate::message::{Encoding, Rung, SkipReason};
use crate::shard::Shard;
use crate::topic::Topic;

/// How often the engine's directory is looked through for new shards.
const DISCOVER_EVERY: Duration = Duration::from_millis(250);
/// How often the engine's counts of what is known of its books are read; it counts every few seconds.
const SURVEY_EVERY: Duration = Duration::from_millis(250);
/// Records taken from one shard before it is the next one's turn.
const TURN_RECORDS: usize = 64;
/// Work of one poll: a record costs 1, a message built [`MESSAGE_COST`]; about a millisecond together.
const POLL_COST_MAX: u64 = 8_192;
const MESSAGE_COST: u64 = 8;
/// Least bytes of the buffer given to [`Fanout::poll`]: any message but those with levels fits.
pub const OUT_SIZE_MIN: usize = 4_096;

/// State of one shard's ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStatus {
    /// Its number.
    pub shard: u16,
    /// `live`, `stalled`, `dead`, `closed`, or `away` where nothing can be read.
    pub state: &'static str,
    /// Writer epoch; 0 where nothing can be read.
    pub epoch: u64,
    /// Ring slots published and not read yet.
    pub lag: u64,
    /// Why nothing can be read.
    pub code: Option<Code>,
}

/// The candles of an instrument, and what their mantissas mean.
#[derive(Clone, Copy, Debug)]
pub struct Candles<'a> {
    /// Price = mantissa × 10^this.
    pub price_exponent: i8,
    /// Quantity = mantissa × 10^this.
    pub qty_exponent: i8,
    /// The candles.
    pub bars: &'a Bars,
}

/// One poll: what it has filled and what it may still do.
struct Work<'o> {
    out: &'o mut [u8],
    used: usize,
    cost: u64,
}

impl Work<'_> {
    /// Moves what was built to the gateway's buffer.
    fn take(&mut self, feed: &mut Feed) {
        self.used += feed.publisher.take(&mut self.out[self.used..]);
    }

    fn goes_on(&self, feed: &Feed) -> bool {
        self.cost < POLL_COST_MAX && !feed.publisher.is_full()
    }
}

impl Shard {
    /// Takes up to [`TURN_RECORDS`] records. Returns whether there were any.
    fn turn(&mut self, feed: &mut Feed, work: &mut Work<'_>, now: Instant) -> bool {
        for taken in 0..TURN_RECORDS {
            let built = feed.publisher.built;
            let any = self.step(feed, now);
            work.take(feed);
            work.cost += u64::from(any) + MESSAGE_COST * (feed.publisher.built - built);
            if !any {
                return taken > 0;
            }
            if !work.goes_on(feed) {
                break;
            }
        }
        true
    }
}

/// Follows all shards of an engine, keeps their books and builds each message once per topic and encoding.
pub struct Fanout {
    root: PathBuf,
    name: String,
    shards: Vec<Shard>,
    /// Shards whose segment could not be opened, and why.
    refused: Vec<(u16, Code)>,
    feed: Feed,
    /// Index of the shard whose turn it is.
    turn: usize,
    discovered: Option<Instant>,
    surveyed: Option<Instant>,
}

impl Fanout {
    /// Follows the engine `name` under `root`. It need not run: shards are picked up as they appear.
    ///
    /// # Errors
    ///
    /// [`ShmError::Name`] when the name cannot be one.
    pub fn open(root: &Path, name: &str) -> Result<Self, ShmError> {
        if let Err(error @ ShmError::Name { .. }) = Reader::open(root, name, 0) {
            return Err(error);
        }
        let mut fanout = Self {
            root: root.into(),
            name: name.into(),
            shards: Vec::new(),
            refused: Vec::new(),
            feed: Feed::default(),
            turn: 0,
            discovered: None,
            surveyed: None,
        };
        fanout.discover(Instant::now());
        Ok(fanout)
    }

    /// All topics known so far, in the order of their ids.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.feed.topics.iter()
    }

    /// Changes when [`Self::topics`] does.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.feed.topics.len()).unwrap_or(u32::MAX)
    }

    /// Says whether anybody listens to a topic in an encoding and on a rung; messages are only built where somebody does. Topics
    /// not known are ignored.
    pub fn interest(&mut self, topic: u32, encoding: Encoding, rung: Rung, on: bool) {
        self.feed.interest(topic, encoding, rung, on);
    }

    /// Reads the rings in turn and fills `out` with frames (see [`crate::frame_size`]). Returns the bytes used, 0 when there is
    /// nothing new. What does not fit waits for the next call, and no ring is read on meanwhile. Never blocks, and ends after
    /// a bounded amount of work.
    ///
    /// `out` holds at least [`OUT_SIZE_MIN`] bytes and should not get smaller from call to call: a message too large for it is
    /// told as skipped (`too_large`). Nothing is read into a buffer below that size.
    pub fn poll(&mut self, out: &mut [u8]) -> usize {
        if out.len() < OUT_SIZE_MIN {
            return 0;
        }
        let now = Instant::now();
        self.discover(now);
        self.survey(now);
        self.feed.publisher.frame_size_max = out.len();
        let mut work = Work { out, used: 0, cost: 0 };
        work.take(&mut self.feed);
        self.feed.tell_all(now);
        work.take(&mut self.feed);
        let mut idle = 0;
        while idle < self.shards.len() && work.goes_on(&self.feed) {
            self.turn = (self.turn + 1) % self.shards.len();
            let any = self.shards[self.turn].turn(&mut self.feed, &mut work, now);
            idle = if any { 0 } else { idle + 1 };
        }
        work.used
    }

    /// The state behind a topic now, as one message with `prev_seq == seq ==` the topic's last number: whole book, last trade
    /// or last quote. A client that got it ignores messages up to that `seq` and goes on with `prev_seq == seq`. `None` while
    /// the state is not known.
    pub fn snapshot(&mut self, topic: u32, encoding: Encoding, rung: Rung) -> Option<&[u8]> {
        let shards = &self.shards;
        self.feed.snapshot(topic, encoding, rung, |number| is_away(shards, number))
    }

    /// The candles of an instrument; `None` for one that is not known.
    #[must_use]
    pub fn bars(&self, instrument: u32) -> Option<Candles<'_>> {
        self.feed.candles(instrument)
    }

    /// Takes over minutes of an instrument as its venue counts them, see [`Bars::settle`]; `false` as well for one that is not known.
    pub fn settle(&mut self, instrument: u32, minutes: &[Minute]) -> bool {
        self.feed.settle(instrument, minutes)
    }

    /// Trades that came when one of their candles was closed, and candles that one came too late for; of all instruments.
    #[must_use]
    pub fn late_trades(&self) -> (u64, u64) {
        self.feed
            .entries
            .iter()
            .fold((0, 0), |(late, left_out), entry| (late + entry.bars.late(), left_out + entry.bars.left_out()))
    }

    /// The messages of a topic after number `after` up to its last one, each after its length (u32, little-endian): what a client
    /// that comes back has missed. `None` where they are not all kept or have more than `bytes_max` bytes together, and where there
    /// never was such a number.
    #[must_use]
    pub fn replay(&self, topic: u32, encoding: Encoding, after: u64, bytes_max: usize) -> Option<Vec<u8>> {
        self.feed.publisher.replay(self.feed.topics.get(topic as usize)?, encoding, after, bytes_max)
    }

    /// A notice for one client of a topic that it lost the messages `from..=to`; both 0 where nobody can know them.
    pub fn skipped(&mut self, topic: u32, encoding: Encoding, reason: SkipReason, from: u64, to: u64) -> Option<&[u8]> {
        self.feed.skipped(topic, encoding, reason, from, to)
    }

    /// Number of a topic's last message.
    #[must_use]
    pub fn seq(&self, topic: u32) -> Option<u64> {
        self.feed.topics.get(topic as usize).map(|topic| topic.seq)
    }

    /// Instruments whose book is unknown and that the engine should be asked for now. Each is named again, at growing
    /// intervals from 1 s to 60 s, until its book has come.
    pub fn wanted_snapshots(&mut self) -> Vec<u32> {
        let shards = &self.shards;
        self.feed.wanted(Instant::now(), |number| is_away(shards, number))
    }

    /// Records lost by being lapped, or by a restart, in all shards together.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.shards.iter().map(|shard| shard.lost).sum()
    }

    /// Messages built so far, in all encodings together.
    #[must_use]
    pub fn built(&self) -> u64 {
        self.feed.publisher.built
    }

    /// State of every shard, by number.
    #[must_use]
    pub fn status(&self) -> Vec<ShardStatus> {
        let open = self.shards.iter().map(|shard| ShardStatus {
            shard: shard.number,
            state: shard.state,
            epoch: shard.epoch(),
            lag: shard.lag(),
            code: None,
        });
        let refused =
            self.refused.iter().map(|&(shard, code)| ShardStatus { shard, state: "away", epoch: 0, lag: 0, code: Some(code) });
        let mut all: Vec<_> = open.chain(refused).collect();
        all.sort_unstable_by_key(|status| status.shard);
        all
    }

    /// Looks how far the engine knows its books.
    fn survey(&mut self, now: Instant) {
        if self.surveyed.is_none_or(|at| now.saturating_duration_since(at) >= SURVEY_EVERY) {
            self.surveyed = Some(now);
            self.shards.iter().for_each(|shard| shard.survey(&mut self.feed));
        }
    }

    /// Opens shards that have appeared since.
    fn discover(&mut self, now: Instant) {
        if self.discovered.is_some_and(|at| now.saturating_duration_since(at) < DISCOVER_EVERY) {
            return;
        }
        self.discovered = Some(now);
        self.refused.clear();
        for number in self.shard_numbers() {
            if self.shards.iter().all(|shard| shard.number != number) {
                match Shard::open(&self.root, &self.name, number, &mut self.feed, now) {
                    Ok(shard) => self.shards.push(shard),
                    Err(error) => self.refused.push((number, error.code())),
                }
            }
        }
    }

    /// Numbers of the directories `shard-<number>`, ascending.
    fn shard_numbers(&self) -> Vec<u16> {
        let Ok(directory) = std::fs::read_dir(self.root.join(&self.name)) else {
            return Vec::new();
        };
        let number = |entry: std::fs::DirEntry| entry.file_name().to_str()?.strip_prefix("shard-")?.parse().ok();
        let mut numbers: Vec<u16> = directory.filter_map(Result::ok).filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }
}

fn is_away(shards: &[Shard], number: u16) -> bool {
    shards.iter().any(|shard| shard.number == number && shard.away)
}
