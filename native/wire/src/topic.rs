//! What the fan-out keeps per instrument and per topic.

use std::time::{Duration, Instant};

use tickring_core::bars::{Bars, Timeframe};
use tickring_core::book::{Book, Side, level_hash};
use tickring_core::event::{Level, Quote, Trade};
use tickring_core::input::Instrument;
use tickring_core::venue::VenueId;

use crate::message::{Body, Encoding, Head, Origin, Rung, ValidDepth};

/// First and longest wait before the engine is asked again for the same book.
const ASK_AGAIN_MIN: Duration = Duration::from_secs(1);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(60);

/// A topic among those of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Book,
    Trade,
    Quote,
    MarkPrice,
    Funding,
    OpenInterest,
    Liquidation,
    Status,
    Kline,
    Bar(Timeframe),
}

impl Channel {
    /// Those that say what records said, and so have to say what was missed.
    pub(crate) const OF_RECORDS: [Self; 9] = [
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

    /// Place of the first that has no state of its own in [`Entry`], but one of [`Entry::figures`].
    pub(crate) const FIGURES_FROM: usize = 3;
    /// How many of them there are.
    pub(crate) const FIGURES: usize = Self::OF_RECORDS.len() - Self::FIGURES_FROM;

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::OF_RECORDS.into_iter().chain(Timeframe::ALL.map(Self::Bar))
    }

    /// Its place in the order of ids.
    pub(crate) const fn place(self) -> usize {
        match self {
            Self::Book => 0,
            Self::Trade => 1,
            Self::Quote => 2,
            Self::MarkPrice => 3,
            Self::Funding => 4,
            Self::OpenInterest => 5,
            Self::Liquidation => 6,
            Self::Status => 7,
            Self::Kline => 8,
            Self::Bar(timeframe) => Self::OF_RECORDS.len() + timeframe as usize,
        }
    }

    /// The channel at this place.
    pub(crate) fn at(place: usize) -> Option<Self> {
        Self::all().nth(place)
    }

    fn name(self) -> String {
        match self {
            Self::Book => "book".to_owned(),
            Self::Trade => "trade".to_owned(),
            Self::Quote => "quote".to_owned(),
            Self::MarkPrice => "mark_price".to_owned(),
            Self::Funding => "funding".to_owned(),
            Self::OpenInterest => "open_interest".to_owned(),
            Self::Liquidation => "liquidation".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Kline => "kline".to_owned(),
            Self::Bar(timeframe) => format!("bar.{}", timeframe.name()),
        }
    }
}

/// A topic that clients can subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its number; never changes while the fan-out lives.
    pub id: u32,
    /// `{book|trade|quote|mark_price|funding|open_interest|liquidation|status|kline|bar.{timeframe}}.{venue}.{symbol}`.
    pub name: String,
    /// The instrument that it is about.
    pub instrument: u32,
    /// Number of its last message; 0 before the first.
    pub seq: u64,
    /// Whether somebody listens, by rung and encoding.
    pub(crate) interest: [[bool; Encoding::ALL.len()]; Rung::ALL.len()],
    /// Number of the last message of each rung.
    pub(crate) rung_seq: [u64; Rung::ALL.len()],
    /// Newest message kept for those who resume, by encoding.
    pub(crate) newest: [Option<u64>; Encoding::ALL.len()],
}

impl Topic {
    /// Whether anybody listens.
    pub(crate) fn is_heard(&self) -> bool {
        Rung::ALL.into_iter().any(|rung| self.is_heard_on(rung))
    }

    /// Whether anybody listens on this rung.
    pub(crate) fn is_heard_on(&self, rung: Rung) -> bool {
        self.interest[rung as usize].contains(&true)
    }

    /// Whether anybody listens who does not get every message.
    pub(crate) fn is_conflated(&self) -> bool {
        Rung::ALL.into_iter().skip(1).any(|rung| self.is_heard_on(rung))
    }
}

/// An instrument: its definition, its book and what its topics said last.
pub(crate) struct Entry {
    /// Shard whose ring carries it.
    pub(crate) shard: u16,
    pub(crate) definition: Instrument,
    pub(crate) venue: String,
    /// Index of its book topic; the others follow.
    pub(crate) first_topic: usize,
    pub(crate) book: Book,
    /// Hash of `book`; absent while nobody listens to its changes.
    hash: Option<u64>,
    /// Venue's update id of `book`.
    pub(crate) last_update_id: u64,
    /// Whether `book` is the engine's book as of `book_origin`.
    pub(crate) known: bool,
    pub(crate) book_origin: Origin,
    /// How far the book is known, as the engine counted last, and whether the book's topic has still to be told.
    pub(crate) valid_depth: Option<ValidDepth>,
    pub(crate) is_depth_untold: bool,
    pub(crate) trade: Option<(Trade, Origin)>,
    pub(crate) quote: Option<(Quote, Origin)>,
    /// What the other topics said last.
    pub(crate) figures: [Option<(Body<'static>, Origin)>; Channel::FIGURES],
    pub(crate) bars: Bars,
    /// Whether it left the engine: no book of it will come.
    pub(crate) removed: bool,
    /// What those who do not get every message have not been told yet.
    pub(crate) pending: Pending,
    /// Names of its trades, quotes and candles of a minute in the older shape.
    stream_topics: [String; 3],
    ask: Option<Ask>,
}

/// Changes that the conflated rungs have not told yet.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Prices whose quantity has changed, by side.
    pub(crate) bids: Vec<i64>,
    pub(crate) asks: Vec<i64>,
    /// Whether the book has changed since the best levels were told.
    pub(crate) top: bool,
    /// Whether the quote has changed.
    pub(crate) quote: bool,
    /// Update id of the book that was told last.
    pub(crate) told_update_id: u64,
    /// Hashes of the best levels told last, by rung.
    pub(crate) told_top: [Option<u64>; Rung::ALL.len()],
}

/// When to ask the engine for a full book.
struct Ask {
    due: Instant,
    wait: Duration,
}

impl Entry {
    /// `is_primary`: whether the older shape names it by its symbol alone, as the first of that symbol.
    pub(crate) fn new(shard: u16, definition: &Instrument, first_topic: usize, is_primary: bool) -> Self {
        let venue = venue_name(definition.venue);
        let symbol = definition.symbol.as_str();
        let stream_topic = |data_type: &str| match is_primary {
            true => format!("marketdata.{data_type}.{symbol}"),
            false => format!("marketdata.{data_type}.{venue}:{symbol}"),
        };
        Self {
            pending: Pending::default(),
            stream_topics: [stream_topic("tick"), stream_topic("quote"), stream_topic("bar")],
            shard,
            definition: *definition,
            venue,
            first_topic,
            book: Book::new(),
            hash: None,
            last_update_id: 0,
            known: false,
            book_origin: Origin::default(),
            valid_depth: None,
            is_depth_untold: false,
            trade: None,
            quote: None,
            figures: [None; Channel::FIGURES],
            bars: Bars::default(),
            removed: false,
            ask: None,
        }
    }

    /// The topics that a new entry needs.
    pub(crate) fn topics(&self) -> impl Iterator<Item = Topic> + '_ {
        Channel::all().map(|channel| Topic {
            id: u32::try_from(self.first_topic + channel.place()).expect("invariant: sixteen topics an instrument fit u32"),
            name: format!("{}.{}.{}", channel.name(), self.venue, self.definition.symbol.as_str()),
            instrument: self.definition.id,
            seq: 0,
            interest: Default::default(),
            rung_seq: Default::default(),
            newest: Default::default(),
        })
    }

    pub(crate) const fn topic(&self, channel: Channel) -> usize {
        self.first_topic + channel.place()
    }

    pub(crate) fn head<'a>(&'a self, topic: &'a Topic, prev_seq: u64, origin: Origin) -> Head<'a> {
        Head {
            topic: &topic.name,
            stream_topic: match topic.id as usize - self.first_topic {
                place if place == Channel::Trade.place() => &self.stream_topics[0],
                place if place == Channel::Quote.place() => &self.stream_topics[1],
                place if place == Channel::Bar(Timeframe::M1).place() => &self.stream_topics[2],
                _ => "",
            },
            venue: &self.venue,
            symbol: self.definition.symbol.as_str(),
            instrument: self.definition.id,
            price_exponent: self.definition.price_exponent,
            qty_exponent: self.definition.qty_exponent,
            prev_seq,
            seq: topic.seq,
            origin,
        }
    }

    /// Replaces the book.
    pub(crate) fn load_book(&mut self, bids: &[Level], asks: &[Level]) {
        self.book.load(bids, asks);
        self.hash = None;
    }

    /// Applies the levels of one change. With `hashed`, which is for books that somebody listens to, gives the book's hash; only
    /// the first time after a pause or another book does that read the whole book.
    pub(crate) fn change_book(&mut self, bids: &[Level], asks: &[Level], hashed: bool) -> u64 {
        let Some(mut hash) = self.hash.filter(|_| hashed) else {
            self.book.apply_all(bids, asks);
            self.hash = hashed.then(|| self.book.hash());
            return self.hash.unwrap_or(0);
        };
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            // One by one: a venue may name a price twice.
            for &level in levels {
                hash = hash.wrapping_sub(share(side, Level { qty: self.book.qty(side, level.price), ..level }));
                hash = hash.wrapping_add(share(side, level));
                self.book.apply(side, level);
            }
        }
        self.hash = Some(hash);
        hash
    }

    /// Hash of the book.
    pub(crate) fn book_hash(&mut self) -> u64 {
        *self.hash.get_or_insert_with(|| self.book.hash())
    }

    /// The book is not known any more, or never was: the engine should publish it.
    pub(crate) fn want_book(&mut self, now: Instant) {
        self.known = false;
        self.ask = (!self.removed).then_some(Ask { due: now, wait: ASK_AGAIN_MIN });
    }

    /// The book has come.
    pub(crate) fn has_book(&mut self, origin: Origin, last_update_id: u64) {
        self.last_update_id = last_update_id;
        self.known = true;
        self.removed = false;
        self.ask = None;
        self.book_origin = origin;
    }

    /// The instrument has left the engine.
    pub(crate) fn remove(&mut self) {
        self.valid_depth = None;
        self.known = false;
        self.removed = true;
        self.ask = None;
    }

    /// Whether the instrument is there with exactly this definition.
    pub(crate) fn holds(&self, definition: &Instrument) -> bool {
        !self.removed && self.definition == *definition
    }

    /// Whether the engine should be asked now; each answer doubles the wait for the next one.
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        let Some(ask) = self.ask.as_mut().filter(|ask| ask.due <= now) else {
            return false;
        };
        ask.due = now + ask.wait;
        ask.wait = (ask.wait * 2).min(ASK_AGAIN_MAX);
        true
    }

    /// Takes over another definition. Returns whether anything in it changed; mantissas kept here are converted, and what
    /// cannot be converted is forgotten.
    pub(crate) fn redefine(&mut self, definition: &Instrument, now: Instant) -> bool {
        if self.definition == *definition {
            return false;
        }
        let before = std::mem::replace(&mut self.definition, *definition);
        let price = factor(before.price_exponent, definition.price_exponent);
        let qty = factor(before.qty_exponent, definition.qty_exponent);
        if price.zip(qty).is_none_or(|(price, qty)| !self.bars.rescale(price, qty)) {
            self.bars = Bars::default();
        }
        if price.zip(qty).is_none_or(|(price, qty)| !self.rescale(price, qty)) {
            self.trade = None;
            self.quote = None;
            if self.known {
                self.want_book(now);
            }
        }
        true
    }

    /// Converts what is kept to finer exponents; `false`, with nothing changed, where a mantissa would not fit.
    fn rescale(&mut self, price: i64, qty: i64) -> bool {
        if (price, qty) == (1, 1) {
            return true;
        }
        let level = |level: Level| Some(Level { price: level.price.checked_mul(price)?, qty: level.qty.checked_mul(qty)? });
        let trade = self.trade.map(|(trade, origin)| {
            let level = level(Level { price: trade.price, qty: trade.qty })?;
            Some((Trade { price: level.price, qty: level.qty, ..trade }, origin))
        });
        let quote = self.quote.map(|(quote, origin)| {
            let bid = level(Level { price: quote.bid_price, qty: quote.bid_qty })?;
            let ask = level(Level { price: quote.ask_price, qty: quote.ask_qty })?;
            Some((Quote { bid_price: bid.price, bid_qty: bid.qty, ask_price: ask.price, ask_qty: ask.qty }, origin))
        });
        if trade == Some(None) || quote == Some(None) || !self.book.fits(price, qty) {
            return false;
        }
        self.trade = trade.flatten();
        self.quote = quote.flatten();
        self.book.rescale(price, qty);
        self.hash = None;
        true
    }

    /// Whether the book holds exactly these levels, given best first without zeros or repeats.
    pub(crate) fn holds_levels(&self, bids: &[Level], asks: &[Level]) -> bool {
        self.book.bids().eq(bids.iter().copied()) && self.book.asks().eq(asks.iter().copied())
    }
}

/// What a level adds to its book's hash.
const fn share(side: Side, level: Level) -> u64 {
    if level.qty == 0 { 0 } else { level_hash(side, level) }
}

/// What mantissas are multiplied by when an exponent becomes finer; `None` if it becomes coarser, or too fine.
fn factor(before: i8, after: i8) -> Option<i64> {
    10_i64.checked_pow(u32::try_from(i32::from(before) - i32::from(after)).ok()?)
}

fn venue_name(number: u16) -> String {
    VenueId::from_number(number).map_or_else(|| format!("venue-{number}"), |venue| venue.name().to_owned())
}
