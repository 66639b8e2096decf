//! What a shard tells beside its ring: latest states, instruments, counters, histograms.

use std::ffi::{c_char, c_int};

use tickring_shm::{InstrumentCopy, Stage};

use crate::abi::*;
use crate::failure::Failure;
use crate::open::tkr_reader;
use crate::places::{Places, text};
use crate::reader::with_reader;

/// Copies the newest state of an instrument. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `out` has room for one, `bids` and `asks` for `capacity` each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_latest(
    reader: *mut tkr_reader,
    slot: u32,
    out: *mut tkr_latest,
    bids: *mut tkr_level,
    asks: *mut tkr_level,
    capacity: usize,
) -> c_int {
    let read = |reader: &mut tkr_reader| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        // SAFETY: room for `capacity`, by this function's contract.
        let mut bids = unsafe { Places::new(bids, capacity, "bids") }?;
        // SAFETY: as above.
        let mut asks = unsafe { Places::new(asks, capacity, "asks") }?;
        check_slot(reader, slot)?;
        let found = reader.source.get().latest(slot, &mut reader.latest);
        let latest = &reader.latest;
        if !found {
            return Ok(TKR_NONE);
        }
        let (trade, stats) = (&latest.trade, &latest.stats);
        let bid_count = bids.put(latest.bids.iter().map(|level| tkr_level { price: level.price, qty: level.qty }));
        let ask_count = asks.put(latest.asks.iter().map(|level| tkr_level { price: level.price, qty: level.qty }));
        let told = tkr_latest {
            instrument: latest.instrument,
            flags: latest.flags,
            price_exponent: latest.price_exponent,
            qty_exponent: latest.qty_exponent,
            ts_event: latest.ts_event,
            ts_recv: latest.ts_recv,
            frame_seq: latest.frame_seq,
            last_update_id: latest.last_update_id,
            sequence: latest.sequence,
            bid_levels: latest.bid_levels,
            ask_levels: latest.ask_levels,
            // At most the depth of the table, which is 16 bits.
            bid_count: bid_count as u32,
            ask_count: ask_count as u32,
            trade_flags: u32::from(latest.trade_flags),
            reserved: 0,
            trade_ts_event: latest.trade_ts_event,
            trade: tkr_trade { price: trade.price, qty: trade.qty, trade_id: trade.trade_id },
            stats: tkr_stats {
                open: stats.open,
                high: stats.high,
                low: stats.low,
                close: stats.close,
                volume: stats.volume,
                count: stats.count,
            },
        };
        out.put([told]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, read) }
}

/// Refuses a slot that the shard does not have.
pub(crate) fn check_slot(reader: &tkr_reader, slot: u32) -> Result<(), Failure> {
    let end = reader.source.get().instruments_max();
    if slot < end { Ok(()) } else { Err(Failure::argument(format!("slot {slot} is not below {end}, the slots of this shard"))) }
}

fn row(copy: &InstrumentCopy) -> tkr_instrument {
    let instrument = &copy.instrument;
    let symbol = instrument.symbol.as_bytes();
    let mut bytes = [0; TKR_SYMBOL_SIZE_MAX];
    for (to, from) in bytes.iter_mut().zip(symbol) {
        *to = from.cast_signed() as c_char;
    }
    tkr_instrument {
        slot: copy.slot,
        id: instrument.id,
        definition: tkr_definition {
            venue: instrument.venue,
            state: instrument.state as u8,
            price_exponent: instrument.price_exponent,
            qty_exponent: instrument.qty_exponent,
            // At most 64.
            symbol_size: symbol.len() as u8,
            reserved: [0; 2],
            tick_size: instrument.tick_size,
            lot_size: instrument.lot_size,
            change_count: instrument.change_count,
            reserved2: [0; 4],
            symbol: bytes,
        },
    }
}

/// Copies a row of the instrument table. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_instrument(reader: *mut tkr_reader, slot: u32, out: *mut tkr_instrument) -> c_int {
    let read = |reader: &mut tkr_reader| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        check_slot(reader, slot)?;
        let Some(copy) = reader.source.get().instrument(slot) else { return Ok(TKR_NONE) };
        out.put([row(&copy)]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, read) }
}

/// Looks an instrument up by its symbol. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `symbol` ends with a zero byte; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_find_instrument(
    reader: *mut tkr_reader,
    venue: u16,
    symbol: *const c_char,
    out: *mut tkr_instrument,
) -> c_int {
    let find = |reader: &mut tkr_reader| {
        // SAFETY: ends with a zero byte, by this function's contract.
        let symbol = unsafe { text(symbol, "symbol") }?.to_bytes();
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        let mut rows = (0..reader.source.get().instruments_max()).filter_map(|slot| reader.source.get().instrument(slot));
        let sought = |copy: &InstrumentCopy| {
            copy.instrument.symbol.as_bytes() == symbol && (venue == 0 || copy.instrument.venue == venue)
        };
        let Some(copy) = rows.find(sought) else { return Ok(TKR_NONE) };
        out.put([row(&copy)]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, find) }
}

/// Copies the shard's counters. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `values` has room for `capacity`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_counters(
    reader: *mut tkr_reader,
    values: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    let read = |reader: &mut tkr_reader| {
        // SAFETY: room for `capacity`, by this function's contract.
        let mut values = unsafe { Places::new(values, capacity, "values") }?;
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        let shard = reader.source.get();
        let all = shard.ring_counters().into_iter().chain(shard.shard_counters()).chain(shard.journal_counters());
        count.put([values.put(all)]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, read) }
}

/// Copies an instrument's counters. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `values` has room for `capacity`, `count` for one number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_instrument_counters(
    reader: *mut tkr_reader,
    slot: u32,
    values: *mut u64,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    let read = |reader: &mut tkr_reader| {
        // SAFETY: room for `capacity`, by this function's contract.
        let mut values = unsafe { Places::new(values, capacity, "values") }?;
        // SAFETY: room for one, by this function's contract.
        let mut count = unsafe { Places::one(count, "count") }?;
        check_slot(reader, slot)?;
        let Some(counters) = reader.source.get().instrument_counters(slot) else { return Ok(TKR_NONE) };
        count.put([values.put(counters)]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, read) }
}

/// Copies a histogram's sums and quantiles. See `tickring.h`.
///
/// # Safety
///
/// `reader` is NULL or open and used by this thread alone; `shares` holds `share_count` numbers and `values` has room for as
/// many; `out` has room for one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tkr_read_histogram(
    reader: *mut tkr_reader,
    stage: u32,
    out: *mut tkr_histogram,
    shares: *const f64,
    values: *mut u64,
    share_count: usize,
) -> c_int {
    let read = |reader: &mut tkr_reader| {
        // SAFETY: room for one, by this function's contract.
        let mut out = unsafe { Places::one(out, "out") }?;
        // SAFETY: as many numbers, by this function's contract; they are read alone.
        let shares = unsafe { Places::new(shares.cast_mut(), share_count, "shares") }?;
        // SAFETY: room for as many, by this function's contract.
        let mut values = unsafe { Places::new(values, share_count, "values") }?;
        let known = Stage::ALL.iter().copied().find(|known| *known as u32 == stage);
        let stage = known.ok_or_else(|| Failure::argument(format!("stage {stage} is not below {}", Stage::ALL.len())))?;
        let histogram = reader.source.get().histogram(stage);
        // SAFETY: filled, by this function's contract.
        let shares = unsafe { shares.values() };
        values.put(shares.iter().map(|share| histogram.quantile(*share)));
        out.put([tkr_histogram { count: histogram.count, sum: histogram.sum, max: histogram.max }]);
        Ok(TKR_OK)
    };
    // SAFETY: by this function's contract.
    unsafe { with_reader(reader, read) }
}
