/* Every member of every struct, as `tests/c.rs` publishes them. */
#include "every_call.h"

static tkr_record record;

/* The next record, with the stamps that all have in common. */
static void next(tkr_reader *reader, uint8_t kind, uint32_t size) {
  static uint64_t frame_seq = 100;
  memset(&record, 0xee, sizeof record);
  EXPECT(tkr_poll(reader, &record), TKR_RECORD);
  EXPECT(record.kind, kind);
  EXPECT(record.size, size);
  EXPECT(record.reserved, 0);
  EXPECT(record.flags, TKR_FLAG_LAST | TKR_FLAG_STALE);
  EXPECT(record.instrument, 77);
  EXPECT(record.index, 0);
  EXPECT(record.sequence, frame_seq - 98);
  EXPECT(record.frame_seq, frame_seq++);
  EXPECT(record.ts_event, INT64_C(1700000000000000001));
  EXPECT(record.ts_recv, INT64_C(1700000000000000500));
  EXPECT(record.ts_out > INT64_C(1700000000000000500), 1);
  EXPECT(((unsigned char *)&record)[record.size], 0xee);
}

static void check_book(uint8_t kind) {
  EXPECT(record.book.prev_update_id, kind * 10);
  EXPECT(record.book.last_update_id, kind * 10 + 1);
  EXPECT(record.book.part, 1);
  EXPECT(record.book.parts, 2);
  EXPECT(record.book.bid_count, 2);
  EXPECT(record.book.ask_count, 1);
  EXPECT(record.book.levels[0].price, 1000);
  EXPECT(record.book.levels[0].qty, 5);
  EXPECT(record.book.levels[1].price, 999);
  EXPECT(record.book.levels[1].qty, INT64_MAX);
  EXPECT(record.book.levels[2].price, INT64_MIN);
  EXPECT(record.book.levels[2].qty, 0);
}

static void check_figures(tkr_reader *reader) {
  next(reader, TKR_KIND_MARK_PRICE, 72);
  EXPECT(record.reference_price.price, 21);
  EXPECT(record.reference_price.exponent, -1);
  next(reader, TKR_KIND_INDEX_PRICE, 72);
  EXPECT(record.reference_price.price, -22);
  EXPECT(record.reference_price.exponent, -18);
  next(reader, TKR_KIND_FUNDING, 80);
  EXPECT(record.funding.rate, -23);
  EXPECT(record.funding.next_ts, 24);
  EXPECT(record.funding.exponent, -6);
  EXPECT(record.funding.interval_s, 28800);
  next(reader, TKR_KIND_OPEN_INTEREST, 80);
  EXPECT(record.open_interest.qty, 25);
  EXPECT(record.open_interest.value, 26);
  EXPECT(record.open_interest.qty_exponent, -3);
  EXPECT(record.open_interest.value_exponent, -2);
  next(reader, TKR_KIND_LIQUIDATION, 88);
  EXPECT(record.liquidation.price, 27);
  EXPECT(record.liquidation.qty, 28);
  EXPECT(record.liquidation.id, 29);
  EXPECT(record.liquidation.price_exponent, -4);
  EXPECT(record.liquidation.qty_exponent, -3);
  EXPECT(record.liquidation.side, TKR_SIDE_SELL);
  next(reader, TKR_KIND_TRADING_STATUS, 64);
  EXPECT(record.trading_status.state, TKR_MARKET_STATE_POST_ONLY);
  next(reader, TKR_KIND_BAR, 136);
  EXPECT(record.bar.open, 31);
  EXPECT(record.bar.high, 34);
  EXPECT(record.bar.low, 30);
  EXPECT(record.bar.close, 32);
  EXPECT(record.bar.volume, 35);
  EXPECT(record.bar.turnover, 36);
  EXPECT(record.bar.count, 37);
  EXPECT(record.bar.start_ts, 60000000000);
  EXPECT(record.bar.interval_ns, 60000000000);
  EXPECT(record.bar.price_exponent, -1);
  EXPECT(record.bar.qty_exponent, -3);
  EXPECT(record.bar.turnover_exponent, -4);
  EXPECT(record.bar.closed, 1);
}

void check_kinds(tkr_reader *reader) {
  next(reader, TKR_KIND_TRADE, 80);
  EXPECT(record.trade.price, -123);
  EXPECT(record.trade.qty, 456);
  EXPECT(record.trade.trade_id, 789);
  next(reader, TKR_KIND_QUOTE, 88);
  EXPECT(record.quote.bid_price, 11);
  EXPECT(record.quote.bid_qty, 12);
  EXPECT(record.quote.ask_price, 13);
  EXPECT(record.quote.ask_qty, 14);
  next(reader, TKR_KIND_BOOK_DELTA, 80 + 3 * 16);
  check_book(TKR_KIND_BOOK_DELTA);
  next(reader, TKR_KIND_BOOK_SNAPSHOT, 80 + 3 * 16);
  check_book(TKR_KIND_BOOK_SNAPSHOT);
  next(reader, TKR_KIND_STATS_24H, 104);
  EXPECT(record.stats.open, 1);
  EXPECT(record.stats.high, 2);
  EXPECT(record.stats.low, 3);
  EXPECT(record.stats.close, 4);
  EXPECT(record.stats.volume, 5);
  EXPECT(record.stats.count, 6);
  next(reader, TKR_KIND_INSTRUMENT, 152);
  EXPECT(record.definition.venue, TKR_VENUE_BINANCE_USDM);
  EXPECT(record.definition.state, TKR_TRADING_STATE_HALTED);
  EXPECT(record.definition.price_exponent, -8);
  EXPECT(record.definition.qty_exponent, -3);
  EXPECT(record.definition.symbol_size, 7);
  EXPECT(record.definition.tick_size, 10);
  EXPECT(record.definition.lot_size, 20);
  EXPECT(record.definition.change_count, 30);
  EXPECT(memcmp(record.definition.symbol, "BTCUSDT\0\0", 9), 0);
  next(reader, TKR_KIND_STATUS, 72);
  EXPECT(record.status.state, TKR_STATE_QUARANTINED);
  EXPECT(record.status.connection, 3);
  EXPECT_TEXT(tkr_code_name(record.status.code), "FRAME_NOT_JSON");
  EXPECT(record.status.detail, 17);
  next(reader, TKR_KIND_GAP, 80);
  EXPECT(record.gap.stream, TKR_GAP_STREAM_TRADE);
  EXPECT(record.gap.reason, TKR_GAP_REASON_ROLLBACK);
  EXPECT(record.gap.first, 40);
  EXPECT(record.gap.last, 50);
  check_figures(reader);
  EXPECT(tkr_poll(reader, &record), TKR_EMPTY);
}

static void check_latest(tkr_reader *reader) {
  tkr_latest latest;
  tkr_level bids[8], asks[8];
  EXPECT(tkr_read_latest(reader, 3, &latest, bids, asks, 8), TKR_NONE);
  EXPECT(tkr_read_latest(reader, 2, &latest, bids, asks, 8), TKR_OK);
  EXPECT(latest.instrument, 77);
  EXPECT(latest.flags, TKR_FLAG_CROSSED);
  EXPECT(latest.price_exponent, -8);
  EXPECT(latest.qty_exponent, -3);
  EXPECT(latest.ts_event, 1);
  EXPECT(latest.ts_recv, 2);
  EXPECT(latest.frame_seq, 3);
  EXPECT(latest.last_update_id, 4);
  EXPECT(latest.sequence > 0, 1);
  EXPECT(latest.bid_levels, 2);
  EXPECT(latest.ask_levels, 7);
  EXPECT(latest.bid_count, 2);
  EXPECT(latest.ask_count, 5);
  EXPECT(latest.trade_flags, TKR_FLAG_AGGRESSOR_SELL);
  EXPECT(latest.trade_ts_event, 8);
  EXPECT(latest.trade.price, 5);
  EXPECT(latest.trade.qty, 6);
  EXPECT(latest.trade.trade_id, 7);
  EXPECT(latest.stats.open, 1);
  EXPECT(latest.stats.count, 6);
  EXPECT(bids[0].price, 10);
  EXPECT(bids[1].price, 9);
  EXPECT(bids[1].qty, 90);
  EXPECT(asks[0].price, 11);
  EXPECT(asks[4].qty, 150);
  EXPECT(tkr_read_latest(reader, 2, &latest, bids, asks, 1), TKR_OK);
  EXPECT(latest.bid_count + latest.ask_count, 2);
  EXPECT(tkr_read_latest(reader, 2, &latest, NULL, NULL, 0), TKR_OK);
  EXPECT(latest.bid_count + latest.ask_count, 0);
  EXPECT(latest.ask_levels, 7);
}

static void check_instruments(tkr_reader *reader) {
  tkr_instrument row;
  EXPECT(tkr_read_instrument(reader, 0, &row), TKR_NONE);
  EXPECT(tkr_read_instrument(reader, 1, &row), TKR_OK);
  EXPECT(row.slot, 1);
  EXPECT(row.id, 5);
  EXPECT(row.definition.symbol_size, 64);
  EXPECT(row.definition.symbol[63], 'x');
  EXPECT(tkr_find_instrument(reader, 0, "BTCUSDT", &row), TKR_OK);
  EXPECT(row.slot, 2);
  EXPECT(row.id, 77);
  EXPECT(row.definition.venue, TKR_VENUE_BINANCE_USDM);
  EXPECT(row.definition.state, TKR_TRADING_STATE_HALTED);
  EXPECT(row.definition.price_exponent, -8);
  EXPECT(row.definition.change_count, 30);
  EXPECT(tkr_find_instrument(reader, TKR_VENUE_BINANCE_USDM, "BTCUSDT", &row), TKR_OK);
  EXPECT(tkr_find_instrument(reader, TKR_VENUE_BINANCE_SPOT, "BTCUSDT", &row), TKR_NONE);
  EXPECT(tkr_find_instrument(reader, 0, "BTC", &row), TKR_NONE);
}

void check_tables(tkr_reader *reader) {
  uint64_t values[128];
  const double shares[] = {0.5, 1.0, -1.0};
  size_t count = 0;
  tkr_histogram histogram;
  check_latest(reader);
  check_instruments(reader);
  EXPECT(tkr_read_counters(reader, values, 128, &count), TKR_OK);
  EXPECT(count, TKR_COUNTER_JOURNAL_FAILURES + 1);
  EXPECT(values[TKR_COUNTER_RING_RECORDS] > 8, 1);
  EXPECT(values[TKR_COUNTER_INPUTS], 3);
  EXPECT(values[TKR_COUNTER_WIDENED], 9);
  EXPECT(tkr_read_counters(reader, values, 2, &count), TKR_OK);
  EXPECT(count, 2);
  EXPECT(tkr_read_instrument_counters(reader, 1, values, 64, &count), TKR_OK);
  EXPECT(count, TKR_INSTRUMENT_COUNTER_SOURCE_SWITCHES + 1);
  EXPECT(values[TKR_INSTRUMENT_COUNTER_TRADES], 8);
  EXPECT(tkr_read_histogram(reader, TKR_STAGE_RECEIVE_TO_RING, &histogram, shares, values, 3), TKR_OK);
  EXPECT(histogram.count, 100);
  EXPECT(histogram.sum, 5050000);
  EXPECT(histogram.max, 100000);
  EXPECT(values[0] >= 50000 && values[0] < 51000, 1);
  EXPECT(values[1], 100000);
  EXPECT(values[2] <= 1023, 1);
  EXPECT(tkr_read_histogram(reader, TKR_STAGE_RING, &histogram, shares, values, 1), TKR_OK);
  EXPECT(histogram.count, 1);
  EXPECT(values[0], 700);
  EXPECT(tkr_read_histogram(reader, TKR_STAGE_VENUE_TO_RECEIVE, &histogram, NULL, NULL, 0), TKR_OK);
  EXPECT(histogram.count, 0);
}
