//! Applies records to books and says on each topic what happened.

use std::collections::HashMap;
use std::time::Instant;

use tickring_core::bars::Bar;
use tickring_core::event::{BookChange, GapStream, Kind, Level, State, Status, flag};
use tickring_core::input::{DECIMALS_MAX, Instrument};
use tickring_shm::{InstrumentCopy, Record};

use crate::candles::bar_origin;
use crate::conflation::{copy_book, copy_top};
use crate::message::{Body, Encoding, Head, Origin, Rung, Sides, SkipReason};
use crate::parts::{Part, Parts};
use crate::publisher::Publisher;
use crate::topic::{Channel, Entry, Topic};

/// What exponents may be.
const EXPONENTS: std::ops::RangeInclusive<i8> = -(DECIMALS_MAX as i8)..=0;
/// Flags that tell the state of a book, not of the record.
const BOOK_STATE: u16 = flag::STALE | flag::CROSSED | flag::LOCKED;

/// All instruments of an engine and their topics.
#[derive(Default)]
pub(crate) struct Feed {
    pub(crate) topics: Vec<Topic>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) by_instrument: HashMap<u32, usize>,
    pub(crate) publisher: Publisher,
    /// Entries that somebody follows on a conflated rung, and when those were told last.
    pub(crate) conflated: Vec<usize>,
    pub(crate) told: Option<Instant>,
    /// Newest receive time of each shard's records, by its number.
    pub(crate) times: Vec<u64>,
    pub(crate) bids: Vec<Level>,
    pub(crate) asks: Vec<Level>,
    pub(crate) bars: Vec<Bar>,
}

impl Feed {
    /// One record of a shard, in order. `parts` is the shard's.
    pub(crate) fn record(&mut self, origin: Origin, record: &Record, parts: &mut Parts, now: Instant) {
        if let Some(definition) = record.instrument_definition() {
            self.define(&definition, origin, now);
            return;
        }
        let Some(&index) = self.by_instrument.get(&record.instrument) else {
            return;
        };
        self.advance(origin.shard, origin.ts_recv);
        match record.kind {
            Kind::BookDelta | Kind::BookSnapshot => {
                if let Some(change) = record.book() {
                    self.book_part(index, origin, record, &change, parts, now);
                }
            }
            Kind::Trade => {
                if let Some(trade) = record.trade() {
                    self.entries[index].trade = Some((trade, origin));
                    self.publish(index, Channel::Trade, origin, &Body::Trade(trade));
                    self.print(index, origin, &trade);
                }
            }
            Kind::Quote => {
                if let Some(quote) = record.quote() {
                    self.entries[index].quote = Some((quote, origin));
                    self.publish(index, Channel::Quote, origin, &Body::Quote(quote));
                }
            }
            Kind::Stats24h => {
                if let Some(stats) = record.stats() {
                    self.publish(index, Channel::Book, origin, &Body::Stats24h(stats));
                }
            }
            Kind::Status => {
                if let Some(status) = record.status() {
                    self.status(index, origin, status);
                }
            }
            Kind::Gap => {
                if let Some(gap) = record.gap() {
                    self.publish(index, Channel::Book, origin, &Body::Gap(gap));
                    if gap.stream == GapStream::Trade {
                        // One that says RECOVERED closes an earlier one.
                        if record.flags & flag::RECOVERED == 0 {
                            self.entries[index].bars.miss();
                        }
                        self.publish(index, Channel::Trade, origin, &Body::Gap(gap));
                    }
                }
            }
            Kind::Instrument | Kind::EpochStart => {}
            _ => self.figure(index, origin, record),
        }
    }

    fn figure(&mut self, index: usize, origin: Origin, record: &Record) {
        let said = match record.kind {
            Kind::MarkPrice => record.mark_price().map(|of| (Channel::MarkPrice, Body::MarkPrice(of))),
            Kind::IndexPrice => record.index_price().map(|of| (Channel::MarkPrice, Body::IndexPrice(of))),
            Kind::Funding => record.funding().map(|of| (Channel::Funding, Body::Funding(of))),
            Kind::OpenInterest => record.open_interest().map(|of| (Channel::OpenInterest, Body::OpenInterest(of))),
            Kind::Liquidation => record.liquidation().map(|of| (Channel::Liquidation, Body::Liquidation(of))),
            Kind::TradingStatus => record.trading_status().map(|of| (Channel::Status, Body::TradingStatus(of))),
            Kind::Bar => record.bar().map(|of| (Channel::Kline, Body::Kline(of))),
            _ => None,
        };
        let Some((channel, body)) = said else { return };
        if record.kind != Kind::IndexPrice {
            self.entries[index].figures[channel.place() - Channel::FIGURES_FROM] = Some((body, origin));
        }
        self.publish(index, channel, origin, &body);
    }

    pub(crate) fn entry(&self, instrument: u32) -> Option<&Entry> {
        self.by_instrument.get(&instrument).map(|&index| &self.entries[index])
    }

    fn add(&mut self, definition: &Instrument, origin: Origin, now: Instant) {
        let is_primary = self.entries.iter().all(|entry| entry.definition.symbol.as_str() != definition.symbol.as_str());
        let mut entry = Entry::new(origin.shard, definition, self.topics.len(), is_primary);
        entry.want_book(now);
        self.topics.extend(entry.topics());
        self.by_instrument.insert(definition.id, self.entries.len());
        self.entries.push(entry);
    }

    /// A definition, from a record or from the shard's table: how a reader that joins late learns of instruments.
    pub(crate) fn define(&mut self, definition: &Instrument, origin: Origin, now: Instant) {
        if ![definition.price_exponent, definition.qty_exponent].iter().all(|exponent| EXPONENTS.contains(exponent)) {
            // No writer of this build publishes that, and no decimal text could be written with it.
            return;
        }
        let Some(&index) = self.by_instrument.get(&definition.id) else {
            self.add(definition, origin, now);
            return;
        };
        let entry = &mut self.entries[index];
        if entry.shard != origin.shard || entry.removed {
            entry.shard = origin.shard;
            entry.removed = false;
            entry.want_book(now);
        }
        let before = entry.definition;
        if !entry.redefine(definition, now) {
            return;
        }
        let exponents = |of: &Instrument| (of.price_exponent, of.qty_exponent);
        let has_other_exponents = exponents(&before) != exponents(definition);
        if has_other_exponents {
            // Prices noted in the old exponents; the whole book follows.
            (entry.pending.bids, entry.pending.asks) = (Vec::new(), Vec::new());
        }
        let body = Body::Instrument {
            tick_size: definition.tick_size,
            lot_size: definition.lot_size,
            state: definition.state,
            change_count: definition.change_count,
        };
        for channel in Channel::OF_RECORDS {
            self.publish(index, channel, origin, &body);
        }
        if has_other_exponents && self.entries[index].known {
            // Clients hold mantissas of the old exponents: the whole book in the new ones spares them the conversion.
            self.publish_book(index, origin);
        }
    }

    fn book_part(
        &mut self,
        index: usize,
        origin: Origin,
        record: &Record,
        change: &BookChange<'_>,
        parts: &mut Parts,
        now: Instant,
    ) {
        if let Some(other) = parts.unfinished().filter(|other| *other != record.instrument) {
            self.cut(other, origin, now);
        }
        match parts.add(record, change) {
            Part::Single => self.book(index, origin, record.kind, change, now),
            Part::Last => {
                self.book(index, origin, record.kind, &parts.change(change), now);
                parts.reset();
            }
            Part::More => {}
            Part::Broken => self.cut(record.instrument, origin, now),
        }
    }

    /// A change of this instrument's book has come only in part.
    pub(crate) fn cut(&mut self, instrument: u32, origin: Origin, now: Instant) {
        if let Some(&index) = self.by_instrument.get(&instrument) {
            let held = self.entries[index].last_update_id;
            self.lose_book(index, origin, held, held, now);
        }
    }

    fn book(&mut self, index: usize, origin: Origin, kind: Kind, change: &BookChange<'_>, now: Instant) {
        let entry = &mut self.entries[index];
        let sides = Sides { bids: change.bids, asks: change.asks };
        if kind == Kind::BookSnapshot {
            if origin.flags & flag::STALE != 0 && change.bids.is_empty() && change.asks.is_empty() && !entry.known {
                // What the engine answers while it waits for the venue's first book itself.
                return;
            }
            let same_state = (entry.book_origin.flags ^ origin.flags) & BOOK_STATE == 0;
            let same = entry.known && same_state && entry.last_update_id == change.last_update_id;
            if same && entry.holds_levels(change.bids, change.asks) {
                // A periodic snapshot of a book that all clients hold already.
                return;
            }
            entry.load_book(change.bids, change.asks);
            entry.has_book(origin, change.last_update_id);
            self.publish_book(index, origin);
            return;
        }
        if !entry.known {
            return;
        }
        if entry.last_update_id != change.prev_update_id {
            let held = entry.last_update_id;
            self.lose_book(index, origin, held, change.prev_update_id, now);
            return;
        }
        let heard = self.topics[entry.topic(Channel::Book)].is_heard();
        let hash = entry.change_book(change.bids, change.asks, heard);
        entry.last_update_id = change.last_update_id;
        entry.book_origin = origin;
        let BookChange { prev_update_id, last_update_id, .. } = *change;
        let body = Body::BookDelta { prev_update_id, last_update_id, sides, hash, valid_depth: entry.new_valid_depth() };
        self.publish(index, Channel::Book, origin, &body);
    }

    fn lose_book(&mut self, index: usize, origin: Origin, from: u64, to: u64, now: Instant) {
        let entry = &mut self.entries[index];
        if entry.known {
            entry.want_book(now);
            self.publish(index, Channel::Book, origin, &Body::Skipped { reason: SkipReason::OutOfSync, from, to, count: 0 });
        }
    }

    fn status(&mut self, index: usize, origin: Origin, status: Status) {
        let entry = &mut self.entries[index];
        match status.state {
            State::Live => entry.book_origin.flags &= !flag::STALE,
            State::Resync | State::Stale | State::Disconnected => entry.book_origin.flags |= flag::STALE,
            State::Removed => entry.remove(),
            State::Subscribed => entry.removed = false,
            State::Connected
            | State::Crossed
            | State::Quarantined
            | State::SubscribeFailed
            | State::Silent
            | State::Suspect => {}
        }
        self.publish(index, Channel::Book, origin, &Body::Status(status));
    }

    /// Some records of a shard will never be seen: none of its books is known any more.
    pub(crate) fn doubt(&mut self, shard: u16, now: Instant) {
        for entry in self.entries.iter_mut().filter(|entry| entry.shard == shard) {
            entry.want_book(now);
            entry.bars.miss();
        }
    }

    /// A new writer begins: instruments are there again once it defines them.
    pub(crate) fn restart(&mut self, shard: u16) {
        for entry in self.entries.iter_mut().filter(|entry| entry.shard == shard) {
            entry.remove();
            entry.bars.miss();
        }
    }

    /// Tells all topics of a shard that its records `from..=to` were never seen.
    pub(crate) fn skip(&mut self, origin: Origin, reason: SkipReason, from: u64, to: u64, count: u64) {
        for index in 0..self.entries.len() {
            if self.entries[index].shard == origin.shard {
                for channel in Channel::OF_RECORDS {
                    self.publish(index, channel, origin, &Body::Skipped { reason, from, to, count });
                }
            }
        }
    }

    /// Whether all these definitions are the ones held.
    pub(crate) fn knows(&self, table: &[InstrumentCopy]) -> bool {
        table.iter().all(|copy| {
            let index = self.by_instrument.get(&copy.instrument.id);
            index.is_some_and(|&index| self.entries[index].holds(&copy.instrument))
        })
    }

    /// Says whether anybody listens; see [`crate::Fanout::interest`].
    pub(crate) fn interest(&mut self, topic: u32, encoding: Encoding, rung: Rung, on: bool) {
        let Some(topic) = self.topics.get_mut(topic as usize) else { return };
        if !topic.is_heard_on(rung) {
            topic.rung_seq[rung as usize] = topic.seq;
        }
        topic.interest[rung as usize][encoding as usize] = on;
        if on
            && rung != Rung::Full
            && let Some(&index) = self.by_instrument.get(&topic.instrument)
        {
            self.conflate(index);
        }
    }

    /// The current state behind a topic, at the topic's last number; `away` shards are flagged stale.
    pub(crate) fn snapshot(&mut self, topic: u32, encoding: Encoding, rung: Rung, away: impl Fn(u16) -> bool) -> Option<&[u8]> {
        let topic = self.topics.get(topic as usize)?;
        let entry = &mut self.entries[*self.by_instrument.get(&topic.instrument)?];
        let stale = if away(entry.shard) { flag::STALE } else { 0 };
        let stamped = |origin: Origin| Origin { flags: origin.flags | stale, ..origin };
        let (origin, body) = match topic.id as usize - entry.first_topic {
            0 if entry.known => {
                let hash = match rung {
                    Rung::Full | Rung::Coalesced => {
                        copy_book(&entry.book, &mut self.bids, &mut self.asks);
                        entry.book_hash()
                    }
                    Rung::Top | Rung::Best => copy_top(entry, rung, &mut self.bids, &mut self.asks),
                };
                let sides = Sides { bids: &self.bids, asks: &self.asks };
                let (last_update_id, depth, valid_depth) = (entry.last_update_id, rung.depth(), entry.valid_depth(rung));
                (entry.book_origin, Body::BookSnapshot { last_update_id, sides, hash, depth, valid_depth })
            }
            1 => entry.trade.map(|(trade, origin)| (origin, Body::Trade(trade)))?,
            2 => entry.quote.map(|(quote, origin)| (origin, Body::Quote(quote)))?,
            place if place < Channel::OF_RECORDS.len() => {
                let figure = entry.figures.get(place.checked_sub(Channel::FIGURES_FROM)?)?;
                figure.map(|(body, origin)| (origin, body))?
            }
            place => {
                let Some(Channel::Bar(timeframe)) = Channel::at(place) else { return None };
                let bar = entry.bars.newest(timeframe)?;
                (bar_origin(entry, &bar), Body::Bar(timeframe, bar))
            }
        };
        Some(self.publisher.encode(encoding, &entry.head(topic, topic.seq, stamped(origin)), &body))
    }

    /// The notice that a client of this topic lost the messages `from..=to`; both 0 where nobody can know them. Its numbers bridge
    /// the hole, so that what follows fits.
    pub(crate) fn skipped(&mut self, topic: u32, encoding: Encoding, reason: SkipReason, from: u64, to: u64) -> Option<&[u8]> {
        let topic = self.topics.get(topic as usize)?;
        let entry = &self.entries[*self.by_instrument.get(&topic.instrument)?];
        let count = if from == 0 { 0 } else { to - from + 1 };
        let prev_seq = if from == 0 { topic.seq } else { from - 1 };
        let origin = Origin { shard: entry.shard, epoch: entry.book_origin.epoch, ..Origin::default() };
        let head = Head { seq: if from == 0 { topic.seq } else { to }, ..entry.head(topic, prev_seq, origin) };
        Some(self.publisher.encode(encoding, &head, &Body::Skipped { reason, from, to, count }))
    }

    /// Instruments whose book the engine should publish now.
    pub(crate) fn wanted(&mut self, now: Instant, away: impl Fn(u16) -> bool) -> Vec<u32> {
        let entries = self.entries.iter_mut().filter(|entry| !away(entry.shard));
        entries.filter_map(|entry| entry.ask(now).then_some(entry.definition.id)).collect()
    }

    fn publish_book(&mut self, index: usize, origin: Origin) {
        let entry = &mut self.entries[index];
        let heard = self.topics[entry.topic(Channel::Book)].is_heard();
        let hash = if heard { entry.book_hash() } else { 0 };
        copy_book(&entry.book, &mut self.bids, &mut self.asks);
        let (bids, asks) = (std::mem::take(&mut self.bids), std::mem::take(&mut self.asks));
        let sides = Sides { bids: &bids, asks: &asks };
        let (last_update_id, valid_depth) = (entry.last_update_id, entry.valid_depth(Rung::Full));
        let body = Body::BookSnapshot { last_update_id, sides, hash, depth: 0, valid_depth };
        self.publish(index, Channel::Book, origin, &body);
        (self.bids, self.asks) = (bids, asks);
    }

    pub(crate) fn publish(&mut self, index: usize, channel: Channel, origin: Origin, body: &Body<'_>) {
        let conflated = self.topics[self.entries[index].topic(channel)].is_conflated();
        if conflated {
            self.note(index, channel, body);
        }
        self.publisher.publish(&mut self.topics, &self.entries[index], channel, origin, body);
        if conflated {
            self.pass(index, channel, origin, body);
        }
    }
}
