//! Numbers the events of one input and marks its last one.
//!
//! Where more may follow, a small event is held back until the next one or the end; levels are never copied for that: who
//! sends them knows whether they are last.

use crate::error::Code;
use crate::event::{
    Body, BookChange, Event, Gap, GapReason, GapStream, Header, LEVELS_PER_EVENT_MAX, Level, State, Status, VenueBar, flag,
};
use crate::input::Instrument;
use crate::sink::Sink;

/// Whom an event is about, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    pub(super) instrument: u32,
    pub(super) flags: u16,
    /// ns; 0 where the venue gave none.
    pub(super) ts_event: u64,
}

impl Tag {
    /// About an instrument (0 for a connection), without a venue time.
    pub(super) fn of(instrument: u32) -> Self {
        Self { instrument, flags: 0, ts_event: 0 }
    }
}

/// Ids and levels of a book change, not yet cut into parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) snapshot: bool,
    pub(super) prev_update_id: u64,
    pub(super) last_update_id: u64,
    pub(super) bids: &'a [Level],
    pub(super) asks: &'a [Level],
}

pub(super) struct Output<'s, S: Sink> {
    pub(super) sink: &'s mut S,
    pub(super) ts_recv: u64,
    frame_seq: u64,
    index: u32,
    held: Option<(Tag, Held)>,
    /// The input is about many instruments: none of them knows what comes last.
    pub(super) many: bool,
}

/// A small event that waits until it is known whether it is the last.
#[derive(Clone, Copy)]
enum Held {
    Plain(Body<'static>),
    Definition(Instrument),
    Bar(VenueBar),
}

impl<'s, S: Sink> Output<'s, S> {
    pub(super) fn new(sink: &'s mut S, ts_recv: u64, frame_seq: u64) -> Self {
        Self { sink, ts_recv, frame_seq, index: 0, held: None, many: false }
    }

    /// The next event gets this index.
    pub(super) const fn count_from(&mut self, index: u32) {
        self.index = index;
    }

    /// Sends an event of which it is known whether it is the input's last.
    pub(super) fn send(&mut self, tag: Tag, body: Body<'_>, last: bool) {
        self.release(false);
        self.emit(tag, body, last);
    }

    /// Sends a small event that may be the input's last.
    pub(super) fn hold(&mut self, tag: Tag, body: Body<'static>) {
        self.release(false);
        self.held = Some((tag, Held::Plain(body)));
    }

    /// The same of a bar.
    pub(super) fn bar(&mut self, tag: Tag, bar: VenueBar) {
        self.release(false);
        self.held = Some((tag, Held::Bar(bar)));
    }

    pub(super) fn status(&mut self, tag: Tag, state: State, connection: u16, code: Option<Code>, detail: u64) {
        self.hold(tag, Body::Status(Status { state, connection, code, detail }));
    }

    pub(super) fn gap(&mut self, tag: Tag, stream: GapStream, reason: GapReason, (first, last): (u64, u64)) {
        self.hold(tag, Body::Gap(Gap { stream, reason, first, last }));
    }

    /// Hands a definition to the sink, then sends it.
    pub(super) fn instrument(&mut self, slot: u32, definition: &Instrument) {
        self.release(false);
        self.sink.instrument(slot, definition);
        self.held = Some((Tag::of(definition.id), Held::Definition(*definition)));
    }

    /// Sends a book change, cut into parts that fit an event. Both sides advance together, so that the first part of a
    /// snapshot holds the best levels of both.
    pub(super) fn change(&mut self, tag: Tag, change: &Change<'_>, last: bool) {
        let (mut bids, mut asks) = (change.bids, change.asks);
        let parts = (bids.len() + asks.len()).div_ceil(LEVELS_PER_EVENT_MAX).max(1);
        let narrow = |count: usize| u16::try_from(count).expect("invariant: a book holds fewer than 2^16 parts");
        for part in 0..parts {
            let asks_at_least = LEVELS_PER_EVENT_MAX.saturating_sub(bids.len()).max(LEVELS_PER_EVENT_MAX / 2);
            let ask_count = asks.len().min(asks_at_least);
            let bid_count = bids.len().min(LEVELS_PER_EVENT_MAX - ask_count);
            let (these_bids, these_asks);
            (these_bids, bids) = bids.split_at(bid_count);
            (these_asks, asks) = asks.split_at(ask_count);
            let piece = BookChange {
                prev_update_id: change.prev_update_id,
                last_update_id: change.last_update_id,
                part: narrow(part),
                parts: narrow(parts),
                bids: these_bids,
                asks: these_asks,
            };
            let ends = part + 1 == parts;
            let flags = tag.flags | if ends { 0 } else { flag::MORE };
            let body = if change.snapshot { Body::BookSnapshot(piece) } else { Body::BookDelta(piece) };
            self.send(Tag { flags, ..tag }, body, last && ends);
        }
    }

    /// Ends the input; returns the number of its events.
    pub(super) fn finish(&mut self) -> u32 {
        self.release(true);
        self.index
    }

    /// Sends what waits. Most inputs hold nothing back, and what may be held is large.
    #[inline(always)]
    fn release(&mut self, last: bool) {
        if self.held.is_some() {
            self.release_held(last);
        }
    }

    #[inline(never)]
    fn release_held(&mut self, last: bool) {
        match self.held.take() {
            Some((tag, Held::Plain(body))) => self.emit(tag, body, last),
            Some((tag, Held::Definition(definition))) => self.emit(tag, Body::Instrument(&definition), last),
            Some((tag, Held::Bar(bar))) => self.emit(tag, Body::Bar(&bar), last),
            None => {}
        }
    }

    fn emit(&mut self, tag: Tag, body: Body<'_>, last: bool) {
        let flags = tag.flags | if last { flag::LAST } else { 0 } | if tag.ts_event == 0 { flag::NO_TS_EVENT } else { 0 };
        let header = Header {
            instrument: tag.instrument,
            flags,
            ts_event: tag.ts_event,
            ts_recv: self.ts_recv,
            frame_seq: self.frame_seq,
            index: self.index,
        };
        self.sink.event(&Event { header, body });
        self.index += 1;
    }
}
