//! What the machine knows of one instrument.

use serde::{Deserialize, Serialize};

use super::missed::Holes;
use super::shared::Shared;
use crate::audit::Difference;
use crate::book::{Book, Touch};
use crate::counters::InstrumentCounters;
use crate::event::{Trade, flag};
use crate::input::{Instrument, channel};
use crate::rhythm::{Heard, Rhythm};
use crate::simd::CodePath;
use crate::stats::RollingStats;
use crate::sync::{Phase, Sync};
use crate::validate::Checks;
use crate::venue::{LevelTexts, VenueId};

use super::figures::Figures;

/// Index into [`Entry::lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Book = 0,
    Trade = 1,
    Quote = 2,
    MarkPrice = 3,
    Funding = 4,
    OpenInterest = 5,
    Liquidation = 6,
    Status = 7,
    Kline = 8,
}

impl Channel {
    pub(super) const ALL: [Self; 9] = [
        Self::Book,
        Self::Trade,
        Self::Quote,
        Self::MarkPrice,
        Self::Funding,
        Self::OpenInterest,
        Self::Liquidation,
        Self::Status,
        Self::Kline,
    ];

    /// Those whose silence is told: of the others hours may pass without a word.
    pub(super) const WITH_RHYTHM: [Self; 3] = [Self::Book, Self::Trade, Self::Quote];

    /// Whether its messages have no ids that would tell a repeated one.
    pub(super) const fn is_of_figures(self) -> bool {
        !matches!(self, Self::Book | Self::Trade | Self::Quote)
    }

    pub(super) const fn bit(self) -> u16 {
        match self {
            Self::Book => channel::BOOK,
            Self::Trade => channel::TRADE,
            Self::Quote => channel::QUOTE,
            Self::MarkPrice => channel::MARK_PRICE,
            Self::Funding => channel::FUNDING,
            Self::OpenInterest => channel::OPEN_INTEREST,
            Self::Liquidation => channel::LIQUIDATION,
            Self::Status => channel::STATUS,
            Self::Kline => channel::KLINE,
        }
    }
}

/// One numbering of trades: plain ids and aggregate ids count apart.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct TradeTrack {
    /// Newest id and its venue time, ns.
    pub(super) last: Option<(u64, u64)>,
    /// None has arrived since the connection was replaced.
    pub(super) reconnected: bool,
    /// Numbers that were missed and may still come.
    pub(super) holes: Holes,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) definition: Instrument,
    pub(super) venue: VenueId,
    pub(super) removed: bool,
    /// Connection that carries each channel, where several do the one subscribed last; 0 for none.
    pub(super) lines: [u16; Channel::ALL.len()],
    /// Messages of each channel.
    pub(super) heard: [Heard; Channel::WITH_RHYTHM.len()],
    pub(super) rhythms: [Rhythm; Channel::WITH_RHYTHM.len()],

    /// The serving book. Its update id is `counters.last_update_id`.
    pub(super) book: Book,
    /// Venue's time of its last change, ns; 0 where unknown.
    pub(super) book_ts_event: u64,
    pub(super) sync: Sync,
    /// Whether its best prices meet.
    pub(super) touch: Touch,
    /// Since when the live book has been crossed after every message, ns.
    pub(super) crossed_since: Option<u64>,
    /// When it was last rebuilt for that, ns.
    pub(super) crossed_resync_at: Option<u64>,
    /// Worst bid and ask known, where a fetched book ended there: of worse prices only those that changed since are in the book.
    pub(super) frontier: [Option<i64>; 2],
    /// Before this time no further copy is asked for to know more, ns.
    pub(super) top_up_due: u64,
    /// The market came near to the end of what is known.
    pub(super) is_near_end: bool,
    /// What the last audit found different.
    pub(super) suspects: Vec<Difference>,
    /// When the next periodic snapshot is due, ns.
    pub(super) snapshot_due: u64,

    /// Plain, aggregated.
    pub(super) tracks: [TradeTrack; 2],
    pub(super) last_trade: Trade,
    pub(super) last_trade_ts_event: u64,
    pub(super) last_trade_flags: u16,
    /// Update id and venue time, ns, of the newest quote of the present connection.
    pub(super) quote_id: Option<(u64, u64)>,
    pub(super) figures: Figures,

    pub(super) stats: RollingStats,
    /// Which of the two trade streams the figures count: the first seen. Both together would count each trade twice.
    pub(super) stats_track: Option<bool>,
    /// Before this time no further Stats24h event, ns.
    pub(super) stats_due: u64,
    /// Since when the figures were whole before the holes of the tracks, ns.
    pub(super) covered_before: Option<u64>,
    /// Some of what was missed will not come any more.
    pub(super) lost_trades: bool,

    /// Rules and what they need, where there are any.
    pub(super) checks: Option<Box<Checks>>,

    /// Where a venue proves its books by checksums.
    #[serde(skip)]
    pub(super) checksum_texts: Option<Box<LevelTexts>>,

    /// While several connections carry a channel.
    pub(super) shared: Option<Box<Shared>>,
    pub(super) counters: InstrumentCounters,
    #[serde(skip)]
    pub(super) touched: bool,
}

impl Entry {
    pub(super) fn new(definition: Instrument, venue: VenueId, path: CodePath) -> Self {
        Self {
            definition,
            venue,
            removed: false,
            lines: [0; Channel::ALL.len()],
            heard: [Heard::default(); Channel::WITH_RHYTHM.len()],
            rhythms: [Rhythm::default(); Channel::WITH_RHYTHM.len()],
            book: Book::on(path),
            book_ts_event: 0,
            sync: Sync::default(),
            touch: Touch::Apart,
            crossed_since: None,
            crossed_resync_at: None,
            frontier: [None; 2],
            top_up_due: 0,
            is_near_end: false,
            suspects: Vec::new(),
            snapshot_due: 0,
            tracks: [TradeTrack::default(); 2],
            last_trade: Trade::default(),
            last_trade_ts_event: 0,
            last_trade_flags: 0,
            quote_id: None,
            figures: Figures::default(),
            stats: RollingStats::default(),
            stats_track: None,
            stats_due: 0,
            covered_before: None,
            lost_trades: false,
            checks: None,
            checksum_texts: None,
            shared: None,
            counters: InstrumentCounters::default(),
            touched: false,
        }
    }

    /// Forgets the venue's state and keeps definition, counters and memory. The sync's aside book must be saved before.
    pub(super) fn reset(&mut self) {
        self.lines = [0; Channel::ALL.len()];
        self.shared = None;
        for channel in Channel::WITH_RHYTHM {
            self.end_rhythm(channel);
        }
        self.book.clear();
        self.suspects.clear();
        (self.frontier, self.top_up_due, self.is_near_end) = ([None; 2], 0, false);
        self.book_ts_event = 0;
        let mut buffer = std::mem::take(&mut self.sync.buffer);
        buffer.clear();
        // `queued` is about the queue of requests, which still holds it.
        self.sync = Sync { buffer, queued: self.sync.queued, ..Sync::default() };
        (self.touch, self.crossed_since, self.crossed_resync_at) = (Touch::Apart, None, None);
        self.tracks = [TradeTrack::default(); 2];
        (self.last_trade, self.last_trade_ts_event, self.last_trade_flags) = (Trade::default(), 0, 0);
        (self.quote_id, self.figures) = (None, Figures::default());
        self.stats.reset();
        (self.stats_track, self.stats_due) = (None, 0);
        (self.covered_before, self.lost_trades) = (None, false);
        self.checks = self.checks.as_ref().map(|checks| Box::new(Checks::new(*checks.rules(), self.definition.price_exponent)));
        let counters = &mut self.counters;
        (counters.channels, counters.in_sync, counters.last_update_id) = (0, 0, 0);
    }

    /// What checksums of its books are written by.
    pub(super) const fn spelling(&self) -> (VenueId, (i8, i8)) {
        (self.venue, (self.definition.price_exponent, self.definition.qty_exponent))
    }

    pub(super) fn is_live(&self) -> bool {
        self.sync.phase == Phase::Live
    }

    /// Flags of the serving book, and of the figures.
    pub(super) fn latest_flags(&self) -> u16 {
        let stale = if self.is_proven() { 0 } else { flag::STALE };
        let partial = if self.stats.is_partial() { flag::PARTIAL } else { 0 };
        debug_assert_eq!(self.touch, self.book.touch(), "kept with each change of the book");
        stale | partial | touch_flags(self.touch)
    }
}

pub(super) fn touch_flags(touch: Touch) -> u16 {
    match touch {
        Touch::Apart => 0,
        Touch::Locked => flag::LOCKED,
        Touch::Crossed => flag::CROSSED,
    }
}

/// Most that the venue's time may differ from our receive time before it is flagged, ns.
const TS_DIFFERENCE_NS_MAX: u64 = 60_000_000_000;

/// [`flag::BAD_TS`] if the venue's time is implausible. It never decides anything else about a message.
pub(super) fn ts_flags(ts_event: u64, ts_recv: u64) -> u16 {
    if ts_event.abs_diff(ts_recv) > TS_DIFFERENCE_NS_MAX { flag::BAD_TS } else { 0 }
}

/// Whether something that has begun cannot have begun yet.
pub(super) fn is_ahead(start_ts: u64, ts_recv: u64) -> bool {
    start_ts > ts_recv.saturating_add(TS_DIFFERENCE_NS_MAX)
}

/// Whether a time may tell, beside the one before, what is old: it is plausible, or neither is, as where a clock is off for long. One
/// implausible time alone tells nothing.
pub(super) fn may_order(ts: u64, before: u64, ts_recv: u64) -> bool {
    ts_flags(ts, ts_recv) == 0 || ts_flags(before, ts_recv) != 0
}
