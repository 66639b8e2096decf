//! Candles of every instrument: fed by trades, told when one closes, else ten times a second.

use tickring_core::bars::{Bar, Minute, Timeframe};
use tickring_core::event::{Trade, flag};

use crate::fanout::Candles;
use crate::feed::Feed;
use crate::message::{Body, Origin};
use crate::topic::{Channel, Entry};

/// Where a candle is from: its latest trade's record. It waited on purpose, so no way from the ring can be measured by it.
pub(crate) fn bar_origin(entry: &Entry, bar: &Bar) -> Origin {
    let origin = entry.trade.map_or_else(Origin::default, |(_, origin)| origin);
    Origin { shard: entry.shard, flags: if bar.partial { flag::PARTIAL } else { 0 }, ts_out: 0, ..origin }
}

impl Feed {
    /// A record about an instrument of the shard was received then, ns. It is by this that candles without trades end, so that a replay of what was
    /// recorded tells the same candles.
    pub(crate) fn advance(&mut self, shard: u16, ts_recv: u64) {
        let shard = usize::from(shard);
        if self.times.len() <= shard {
            self.times.resize(shard + 1, 0);
        }
        self.times[shard] = self.times[shard].max(ts_recv);
    }

    /// Counts a trade into its candles.
    pub(crate) fn print(&mut self, index: usize, origin: Origin, trade: &Trade) {
        // A time that the venue did not give, or that cannot be right, is replaced by ours.
        let is_ours = origin.ts_event == 0 || origin.flags & (flag::BAD_TS | flag::NO_TS_EVENT) != 0;
        let ts = if is_ours { origin.ts_recv } else { origin.ts_event };
        let aggregated = origin.flags & flag::AGGREGATED != 0;
        if self.entries[index].bars.add(ts, trade.price, trade.qty, aggregated) {
            self.tell_bars(index);
        }
    }

    /// Tells all candles that have changed or are over.
    pub(crate) fn tell_all_bars(&mut self) {
        for index in 0..self.entries.len() {
            let entry = &mut self.entries[index];
            entry.bars.advance(self.times.get(usize::from(entry.shard)).copied().unwrap_or(0));
            if entry.bars.has_changed() {
                self.tell_bars(index);
            }
        }
    }

    /// The candles of an instrument, as of now.
    pub(crate) fn candles(&self, instrument: u32) -> Option<Candles<'_>> {
        let Entry { definition, bars, .. } = self.entry(instrument)?;
        Some(Candles { price_exponent: definition.price_exponent, qty_exponent: definition.qty_exponent, bars })
    }

    /// Takes over minutes of an instrument.
    pub(crate) fn settle(&mut self, instrument: u32, minutes: &[Minute]) -> bool {
        let Some(&index) = self.by_instrument.get(&instrument) else { return false };
        self.entries[index].bars.settle(minutes)
    }

    fn tell_bars(&mut self, index: usize) {
        for timeframe in Timeframe::ALL {
            let mut bars = std::mem::take(&mut self.bars);
            self.entries[index].bars.take_changed(timeframe, |bar| bars.push(bar));
            for bar in bars.drain(..) {
                let origin = bar_origin(&self.entries[index], &bar);
                self.publish(index, Channel::Bar(timeframe), origin, &Body::Bar(timeframe, bar));
            }
            self.bars = bars;
        }
    }
}
