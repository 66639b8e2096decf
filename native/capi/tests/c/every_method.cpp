// Drives every method of tickring.hpp against a writer that does what it is asked to: usage `every_method ROOT`.
#include "tickring.hpp"

#include <type_traits>
#include <utility>

#include "expect.h"

using tickring::Applied;
using tickring::Poll;

static_assert(!std::is_copy_constructible_v<tickring::Reader> && std::is_nothrow_move_constructible_v<tickring::Reader>);
static_assert(!std::is_copy_constructible_v<tickring::Merged> && std::is_nothrow_move_constructible_v<tickring::Merged>);
static_assert(!std::is_copy_constructible_v<tickring::Book> && std::is_nothrow_move_constructible_v<tickring::Book>);

static void opening(const std::string &root) {
  int caught = 0;
  try {
    tickring::Reader("nobody", 0, {root, std::nullopt});
  } catch (const tickring::Error &error) {
    EXPECT(error.result(), TKR_ERROR_NOT_FOUND);
    EXPECT_TEXT(error.name(), "SHM_NOT_FOUND");
    EXPECT_TEXT(error.what(), "nothing is published at");
    caught++;
  }
  try {
    tickring::Reader("writable", 0, {root, 0});
  } catch (const std::runtime_error &error) {
    EXPECT_TEXT(error.what(), "lets others write");
    caught++;
  }
  EXPECT(caught, 2);
}

// What a moved-away reader gives: refusals, zeros, nothing.
static void moved(tickring::Reader &reader) {
  tickring::Record record;
  tickring::Batch batch(2);
  tickring::Latest latest;
  EXPECT(reader.poll(record) == Poll::no_reader, 1);
  EXPECT(reader.poll(batch) == Poll::no_reader, 1);
  EXPECT(batch.size() + reader.lost() + reader.info().slots + reader.liveness().state, 0);
  EXPECT(reader.reopen(), TKR_ERROR_ARGUMENT);
  EXPECT(reader.wait(std::chrono::nanoseconds(-1)), 0);
  EXPECT(reader.latest(0, latest) || reader.instrument(0) || reader.find("X"), 0);
  EXPECT(reader.counter(TKR_COUNTER_EVENTS) + reader.quantile_ns(TKR_STAGE_RECEIVE_TO_RING, 0.5), 0);
}

static void kinds(tickring::Reader &reader) {
  tickring::Batch batch(64);
  int seen[16] = {};
  ask("kinds");
  EXPECT(reader.poll(batch) == Poll::record, 1);
  EXPECT(batch.size(), 15);
  for (const tickring::Record &record : batch) {
    const bool is[] = {record.as_trade() != nullptr, record.as_quote() != nullptr,      record.as_book() != nullptr,
                       record.as_stats() != nullptr, record.as_definition() != nullptr, record.as_status() != nullptr,
                       record.as_gap() != nullptr,   record.as_epoch_start() != nullptr,
                       record.as_mark_price() != nullptr,    record.as_index_price() != nullptr,
                       record.as_funding() != nullptr,       record.as_open_interest() != nullptr,
                       record.as_liquidation() != nullptr,   record.as_trading_status() != nullptr,
                       record.as_bar() != nullptr};
    for (std::size_t kind = 0; kind < 15; kind++) seen[kind] += is[kind];
    EXPECT(record.has(TKR_FLAG_STALE), 1);
    EXPECT(record.has(TKR_FLAG_CROSSED), 0);
    if (const auto *trade = record.as_trade()) EXPECT(trade->trade_id, 789);
    if (const auto *definition = record.as_definition()) EXPECT(tickring::symbol(*definition) == "BTCUSDT", 1);
    if (const auto *book = record.as_book()) {
      EXPECT(tickring::bids(*book).size(), 2);
      EXPECT(tickring::bids(*book)[1].price, 999);
      EXPECT(tickring::asks(*book).empty(), 0);
      for (const tkr_level &level : tickring::asks(*book)) EXPECT(level.price, INT64_MIN);
    }
  }
  const int expected[] = {1, 1, 2, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1};
  EXPECT(memcmp(seen, expected, sizeof expected), 0);
  EXPECT(reader.poll(batch) == Poll::empty, 1);
  EXPECT(batch.begin() == batch.end(), 1);
}

static void loss(tickring::Reader &reader) {
  tickring::Batch batch(0);
  tickring::Record record;
  EXPECT(batch.capacity(), 1);
  ask("refused");
  for (int i = 0; i < 5; i++) EXPECT(reader.poll(batch) == Poll::record, 1);
  EXPECT(reader.poll(batch) == Poll::lapped, 1);
  EXPECT(reader.lost(), 1);
  EXPECT(reader.poll(record) == Poll::record, 1);
  EXPECT(record.trade.trade_id, 7);
  reader.seek_oldest();
  EXPECT(reader.poll(record) == Poll::record, 1);
  EXPECT(record.sequence, 1);
  reader.seek_newest();
  EXPECT(reader.poll(record) == Poll::empty, 1);
}

static void tables(tickring::Reader &reader) {
  tickring::Latest latest(3);
  ask("tables");
  EXPECT(reader.latest(3, latest), 0);
  EXPECT(reader.latest(2, latest), 1);
  EXPECT(latest.instrument, 77);
  EXPECT(latest.bids().size(), 2);
  EXPECT(latest.asks().size(), 3);
  EXPECT(latest.asks()[2].price, 13);
  EXPECT(reader.instrument(0).has_value(), 0);
  EXPECT(reader.instrument(1)->id, 5);
  EXPECT(reader.find("BTCUSDT", TKR_VENUE_BINANCE_USDM)->slot, 2);
  EXPECT(reader.find("BTCUSDT", TKR_VENUE_BINANCE_SPOT).has_value(), 0);
  EXPECT(reader.counter(TKR_COUNTER_INPUTS), 3);
  EXPECT(reader.quantile_ns(TKR_STAGE_RECEIVE_TO_RING, 1.0), 100000);
}

static void books(tickring::Reader &reader) {
  tickring::Book book(reader, 2);
  tickring::Depth depth(2);
  tickring::Record record;
  int result = 0;
  try {
    tickring::Book(reader, 4);
  } catch (const tickring::Error &error) {
    result = error.result();
  }
  EXPECT(result, TKR_ERROR_ARGUMENT);
  EXPECT(book.join(reader), 0);
  ask("whole book");
  EXPECT(reader.poll(record) == Poll::record, 1);
  EXPECT(book.apply(reader, record) == Applied::rebuilt, 1);
  EXPECT(book.apply(reader, record) == Applied::unchanged, 1);
  EXPECT(book.read(depth), 1);
  EXPECT(depth.state, TKR_BOOK_LIVE);
  EXPECT(depth.ask_levels, 4);
  EXPECT(depth.asks().size(), 2);
  EXPECT(depth.bids()[0].price, 10);
  EXPECT(book.join(reader), 1);
  tickring::Book second(reader, 2);
  EXPECT(second.hash() == book.hash(), 1);
  second = std::move(book);
  EXPECT(book.read(depth), 0);
  EXPECT(book.apply(reader, record) == Applied::refused, 1);
}

static void merged(const tickring::Options &options) {
  using namespace std::chrono_literals;
  EXPECT(tickring::engines(options).size(), 4);
  EXPECT(tickring::engines(options)[1] == "test", 1);
  EXPECT(tickring::shards("test", options).size(), 1);
  ask("second shard");
  EXPECT(tickring::shards("test", options)[1], 1);
  tickring::Merged all("test", options);
  tickring::Reader second("test", 1, options);
  tickring::Record record;
  uint16_t shard = 9;
  EXPECT(all.rescan(), TKR_OK);
  EXPECT(all.shards().size(), 2);
  EXPECT(all.shards()[1], 1);
  EXPECT(all.poll(record, shard) == Poll::empty, 1);
  EXPECT(second.wait(1ms), 0);
  EXPECT(all.wait(1ms), 0);
  ask("both shards");
  EXPECT(second.wait(10s), 1);
  EXPECT(all.wait(10s), 1);
  all.seek_newest();
  EXPECT(all.wait(0s), 0);
  ask("both shards");
  const uint16_t order[] = {0, 1, 0};
  for (const uint16_t expected : order) {
    EXPECT(all.poll(record, shard) == Poll::record, 1);
    EXPECT(shard, expected);
  }
  tickring::Reader lane = all.reader(1);
  EXPECT(lane.info().epoch, 1);
  EXPECT(lane.poll(record) == Poll::no_reader, 1);
  EXPECT(all.reader(7).info().epoch, 0);
}

int main(int argc, char **argv) {
  EXPECT(argc, 2);
  opening(argv[1]);
  tickring::Reader first("test", 0, {argv[1], std::nullopt});
  tickring::Reader reader(std::move(first));
  moved(first);
  EXPECT(reader.info().slots, 1024);
  EXPECT(reader.liveness().state, TKR_WRITER_LIVE);
  kinds(reader);
  loss(reader);
  tables(reader);
  books(reader);
  merged({argv[1], std::nullopt});
  EXPECT(reader.reopen(), TKR_OK);
  ask("close");
  EXPECT(reader.liveness().state, TKR_WRITER_CLOSED);
  puts("done");
  return 0;
}
