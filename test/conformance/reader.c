/* The conformance suite's reader in C: requests on stdin, one a line; outcomes on stdout, one a line, and a dot behind each answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickring.h"

#define SHARDS_MAX 8
#define BOOKS_MAX 8
#define LEVELS_MAX 100000

static const char *root;
/* One of them is open. */
static tkr_reader *one;
static tkr_merged *all;
static tkr_book *books[BOOKS_MAX];
/* The shard that each is of. */
static uint16_t book_shards[BOOKS_MAX];
static int book_count;
static uint16_t shards[SHARDS_MAX];
static size_t shard_count;
/* State of each shard's writer that was told last. */
static uint32_t told[SHARDS_MAX];
static tkr_record record;
static tkr_level bids[LEVELS_MAX], asks[LEVELS_MAX];

static const char *state_name(uint32_t state) {
  static const char *const names[] = {"", "live", "stalled", "dead", "closed", "superseded"};
  return names[state];
}

/* Prints the error of a call that failed; false where it did not. */
static int failed(int result) {
  if (result >= 0) return 0;
  printf("{\"error\":\"%s\",\"says\":\"", tkr_result_name(result));
  for (const char *at = tkr_last_error(); *at != 0; at++) printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
  printf("\"}\n");
  return 1;
}

static void print_levels(const tkr_level *levels, size_t count) {
  printf("[");
  for (size_t i = 0; i < count; i++) printf("%s[%" PRId64 ",%" PRId64 "]", i == 0 ? "" : ",", levels[i].price, levels[i].qty);
  printf("]");
}

static void print_definition(const tkr_definition *of) {
  printf("[%u,%u,%d,%d,%" PRId64 ",%" PRId64 ",%" PRIu32 ",\"%.*s\"]", of->venue, of->state, of->price_exponent,
         of->qty_exponent, of->tick_size, of->lot_size, of->change_count, of->symbol_size, of->symbol);
}

static void print_stats(const tkr_stats *of) {
  printf("[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRIu64 "]", of->open, of->high, of->low, of->close,
         of->volume, of->count);
}

static void print_payload(void) {
  const tkr_quote *quote = &record.quote;
  const tkr_book_change *book = &record.book;
  switch (record.kind) {
  case TKR_KIND_TRADE:
    printf("[%" PRId64 ",%" PRId64 ",%" PRIu64 "]", record.trade.price, record.trade.qty, record.trade.trade_id);
    break;
  case TKR_KIND_QUOTE:
    printf("[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]", quote->bid_price, quote->bid_qty, quote->ask_price,
           quote->ask_qty);
    break;
  case TKR_KIND_BOOK_DELTA:
  case TKR_KIND_BOOK_SNAPSHOT:
    printf("[%" PRIu64 ",%" PRIu64 ",%u,%u,", book->prev_update_id, book->last_update_id, book->part, book->parts);
    print_levels(book->levels, book->bid_count);
    printf(",");
    print_levels(book->levels + book->bid_count, book->ask_count);
    printf("]");
    break;
  case TKR_KIND_STATS_24H: print_stats(&record.stats); break;
  case TKR_KIND_INSTRUMENT: print_definition(&record.definition); break;
  case TKR_KIND_STATUS:
    printf("[%u,%u,%u,%" PRIu64 "]", record.status.state, record.status.connection, record.status.code, record.status.detail);
    break;
  case TKR_KIND_GAP:
    printf("[%u,%u,%" PRIu64 ",%" PRIu64 "]", record.gap.stream, record.gap.reason, record.gap.first, record.gap.last);
    break;
  case TKR_KIND_EPOCH_START:
    printf("[%" PRIu64 ",%" PRIu64 ",%u]", record.epoch_start.prev_epoch, record.epoch_start.last_durable,
           record.epoch_start.reason);
    break;
  case TKR_KIND_MARK_PRICE:
  case TKR_KIND_INDEX_PRICE:
    printf("[%" PRId64 ",%d]", record.reference_price.price, record.reference_price.exponent);
    break;
  case TKR_KIND_FUNDING:
    printf("[%" PRId64 ",%" PRIu64 ",%d,%" PRIu32 "]", record.funding.rate, record.funding.next_ts, record.funding.exponent,
           record.funding.interval_s);
    break;
  case TKR_KIND_OPEN_INTEREST:
    printf("[%" PRId64 ",%" PRId64 ",%d,%d]", record.open_interest.qty, record.open_interest.value,
           record.open_interest.qty_exponent, record.open_interest.value_exponent);
    break;
  case TKR_KIND_LIQUIDATION:
    printf("[%" PRId64 ",%" PRId64 ",%" PRIu64 ",%d,%d,%u]", record.liquidation.price, record.liquidation.qty,
           record.liquidation.id, record.liquidation.price_exponent, record.liquidation.qty_exponent, record.liquidation.side);
    break;
  case TKR_KIND_BAR:
    printf("[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, record.bar.open, record.bar.high, record.bar.low, record.bar.close);
    printf(",%" PRId64 ",%" PRId64 ",%" PRIu64, record.bar.volume, record.bar.turnover, record.bar.count);
    printf(",%" PRIu64 ",%" PRIu64, record.bar.start_ts, record.bar.interval_ns);
    printf(",%d,%d,%d,%u]", record.bar.price_exponent, record.bar.qty_exponent, record.bar.turnover_exponent, record.bar.closed);
    break;
  case TKR_KIND_TRADING_STATUS: printf("[%u]", record.trading_status.state); break;
  default: printf("null");
  }
}

static void print_record(unsigned shard) {
  printf("{\"kind\":%u,\"shard\":%u,\"flags\":%u,\"instrument\":%" PRIu32 ",\"index\":%" PRIu32, record.kind, shard, record.flags,
         record.instrument, record.index);
  printf(",\"sequence\":%" PRIu64 ",\"frame_seq\":%" PRIu64 ",\"ts_event\":%" PRIu64, record.sequence, record.frame_seq,
         record.ts_event);
  printf(",\"ts_recv\":%" PRIu64 ",\"ts_out\":%" PRIu64 ",\"payload\":", record.ts_recv, record.ts_out);
  print_payload();
  printf("}\n");
}

static tkr_reader *reader_of(size_t index) { return all != NULL ? tkr_merged_reader(all, shards[index]) : one; }

static void close_all(void) {
  while (book_count > 0) tkr_book_close(books[--book_count]);
  tkr_close(one);
  tkr_merged_close(all);
  one = NULL;
  all = NULL;
}

static void open_reader(const char *name, const char *shard, const char *options_text) {
  tkr_options options = TKR_OPTIONS_INIT;
  const char *owner = strstr(options_text, "owner=");
  if (owner != NULL) {
    options.flags = TKR_OPEN_OWNED_BY;
    options.owner_uid = (uint32_t)strtoul(owner + 6, NULL, 10);
  }
  close_all();
  if (strcmp(shard, "all") == 0) {
    if (failed(tkr_merged_open(root, name, &options, &all))) return;
    if (failed(tkr_merged_shards(all, shards, SHARDS_MAX, &shard_count))) return;
    if (strstr(options_text, "oldest") != NULL && failed(tkr_merged_seek_oldest(all))) return;
  } else {
    shards[0] = (uint16_t)strtoul(shard, NULL, 10);
    shard_count = 1;
    if (failed(tkr_open(root, name, shards[0], &options, &one))) return;
    if (strstr(options_text, "oldest") != NULL && failed(tkr_seek_oldest(one))) return;
  }
  for (size_t i = 0; i < shard_count; i++) told[i] = TKR_WRITER_LIVE;
  printf("{\"open\":true}\n");
}

/* Looks at the writers, goes over to the next generation; true where there was something to tell. */
static int look(void) {
  for (size_t i = 0; i < shard_count; i++) {
    tkr_liveness liveness;
    tkr_info info;
    if (failed(tkr_check_liveness(reader_of(i), &liveness))) return 0;
    if (liveness.state == TKR_WRITER_SUPERSEDED) {
      if (failed(tkr_reopen(reader_of(i))) || failed(tkr_read_info(reader_of(i), &info))) return 0;
      told[i] = TKR_WRITER_LIVE;
      printf("{\"generation\":[%" PRIu64 ",%" PRIu64 "],\"shard\":%u}\n", liveness.epoch, info.epoch, shards[i]);
      return 1;
    }
    if (told[i] != liveness.state) {
      told[i] = liveness.state;
      printf("{\"writer\":\"%s\",\"shard\":%u}\n", state_name(liveness.state), shards[i]);
      return 1;
    }
  }
  return 0;
}

static void drain(unsigned long most) {
  for (unsigned long count = 0; count < most; count++) {
    uint16_t shard = shards[0];
    int result = all != NULL ? tkr_merged_poll(all, &record, &shard) : tkr_poll(one, &record);
    if (failed(result)) return;
    if (result == TKR_RECORD) {
      tkr_reader *reader = all != NULL ? tkr_merged_reader(all, shard) : one;
      for (int i = 0; i < book_count; i++)
        if (book_shards[i] == shard && failed(tkr_book_apply(books[i], reader, &record))) return;
      print_record(shard);
    } else if (result == TKR_LAPPED) {
      tkr_reader *lapped = all != NULL ? tkr_merged_reader(all, shard) : one;
      printf("{\"lapped\":%" PRIu64 ",\"shard\":%u}\n", tkr_lost(lapped), shard);
    } else {
      if (result == TKR_STALLED) printf("{\"poll\":\"stalled\"}\n");
      if (!look()) return;
    }
  }
}

static void print_info(void) {
  tkr_info info;
  tkr_liveness liveness;
  if (failed(tkr_read_info(reader_of(0), &info)) || failed(tkr_check_liveness(reader_of(0), &liveness))) return;
  printf("{\"state\":\"%s\",\"epoch\":%" PRIu64 ",\"position\":%" PRIu64, state_name(liveness.state), info.epoch, info.position);
  printf(",\"next\":%" PRIu64 ",\"lag\":%" PRIu64 ",\"slots\":%" PRIu64 "}\n", info.next_sequence, info.lag, info.slots);
}

static void print_instruments(void) {
  tkr_info info;
  tkr_instrument row;
  if (failed(tkr_read_info(reader_of(0), &info))) return;
  for (uint32_t slot = 0; slot < info.instrument_slots; slot++) {
    int result = tkr_read_instrument(reader_of(0), slot, &row);
    if (failed(result)) return;
    if (result != TKR_OK) continue;
    printf("[%" PRIu32 ",", row.id);
    print_definition(&row.definition);
    printf("]\n");
  }
}

static void print_latest(const char *symbol) {
  tkr_instrument row;
  tkr_latest of;
  int result = tkr_find_instrument(reader_of(0), 0, symbol, &row);
  if (result == TKR_OK) result = tkr_read_latest(reader_of(0), row.slot, &of, bids, asks, TKR_DEPTH_MAX);
  if (failed(result)) return;
  if (result != TKR_OK) {
    printf("null\n");
    return;
  }
  printf("[[%" PRIu32 ",%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", of.instrument, of.flags, of.ts_event, of.ts_recv,
         of.last_update_id);
  printf(",[%d,%d,%" PRIu32 ",%" PRIu32 "]", of.price_exponent, of.qty_exponent, of.bid_levels, of.ask_levels);
  printf(",[%" PRId64 ",%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu32 "],", of.trade.price, of.trade.qty, of.trade.trade_id,
         of.trade_ts_event, of.trade_flags);
  print_stats(&of.stats);
  printf(",");
  print_levels(bids, of.bid_count);
  printf(",");
  print_levels(asks, of.ask_count);
  printf("]\n");
}

static void print_counters(void) {
  uint64_t values[256];
  size_t count;
  if (failed(tkr_read_counters(reader_of(0), values, 256, &count))) return;
  for (size_t i = 0; i < count; i++) {
    const char *name = tkr_counter_name((uint32_t)i);
    if (strcmp(name, "unknown") != 0) printf("[\"%s\",%" PRIu64 "]\n", name, values[i]);
  }
}

static void open_book(const char *symbol) {
  tkr_instrument row;
  for (size_t i = 0; i < shard_count; i++) {
    int result = tkr_find_instrument(reader_of(i), 0, symbol, &row);
    if (failed(result)) return;
    if (result == TKR_NONE) continue;
    if (failed(tkr_book_open(reader_of(i), row.slot, &books[book_count]))) return;
    book_shards[book_count++] = shards[i];
    printf("{\"book\":true}\n");
    return;
  }
  printf("null\n");
}

static void print_instrument_counters(const char *symbol) {
  tkr_instrument row;
  uint64_t values[64];
  size_t count;
  int result = tkr_find_instrument(reader_of(0), 0, symbol, &row);
  if (result == TKR_OK) result = tkr_read_instrument_counters(reader_of(0), row.slot, values, 64, &count);
  if (failed(result)) return;
  if (result == TKR_NONE) printf("null\n");
  else
    for (size_t i = 0; i < count; i++) {
      const char *name = tkr_instrument_counter_name((uint32_t)i);
      if (strcmp(name, "unknown") != 0) printf("[\"%s\",%" PRIu64 "]\n", name, values[i]);
    }
}

static void print_histograms(void) {
  const double shares[] = {0, 0.5, 0.99, 1};
  uint64_t at[4];
  tkr_histogram of;
  for (uint32_t stage = 0; strcmp(tkr_stage_name(stage), "unknown") != 0; stage++) {
    if (failed(tkr_read_histogram(reader_of(0), stage, &of, shares, at, 4))) return;
    printf("[\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", tkr_stage_name(stage), of.count, of.sum, of.max);
    printf("[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]]\n", at[0], at[1], at[2], at[3]);
  }
}

/* What is published below the root. */
static void print_lists(const char *name) {
  tkr_name names[32];
  uint16_t numbers[SHARDS_MAX];
  size_t count;
  if (failed(tkr_list_engines(root, names, 32, &count))) return;
  for (size_t i = 0; i < count; i++) printf("%s\"%s\"", i == 0 ? "[" : ",", names[i].text);
  printf("]\n");
  if (failed(tkr_list_shards(root, name, numbers, SHARDS_MAX, &count))) return;
  for (size_t i = 0; i < count; i++) printf("%s%u", i == 0 ? "[" : ",", numbers[i]);
  printf("]\n");
}

static void print_final(void) {
  tkr_liveness told;
  if (failed(tkr_check_liveness(reader_of(0), &told))) return;
  if (told.state == TKR_WRITER_CLOSED) printf("%" PRIu64 "\n", told.final_sequence);
  else printf("null\n");
}

static void seek(const char *where) {
  if (strcmp(where, "oldest") == 0) failed(all != NULL ? tkr_merged_seek_oldest(all) : tkr_seek_oldest(one));
  else failed(all != NULL ? tkr_merged_seek_newest(all) : tkr_seek_newest(one));
}

static void wait_for(uint64_t ns) {
  int result = all != NULL ? tkr_merged_wait(all, NULL, ns) : tkr_wait(one, NULL, ns);
  if (!failed(result)) printf("{\"there\":%s}\n", result == TKR_OK ? "true" : "false");
}

static void print_books(void) {
  static const char *const states[] = {"", "waiting", "live", "stale"};
  for (int i = 0; i < book_count; i++) {
    tkr_book_info of;
    if (failed(tkr_book_read(books[i], &of, bids, asks, LEVELS_MAX))) return;
    printf("[\"%s\",%" PRIu64 ",%d,%d,%" PRIu64, states[of.state], of.last_update_id, of.price_exponent, of.qty_exponent,
           tkr_book_hash(books[i]));
    printf(",[%" PRIu64 ",%" PRIu64 ",%" PRIu64 "],", of.joins, of.checks, of.failures);
    print_levels(bids, of.bid_count);
    printf(",");
    print_levels(asks, of.ask_count);
    printf("]\n");
  }
}

static void answer(const char *request, const char *first, const char *second, const char *rest) {
  if (strcmp(request, "open") == 0) open_reader(first, second, rest);
  else if (strcmp(request, "drain") == 0) drain(*first == 0 ? ~0UL : strtoul(first, NULL, 10));
  else if (strcmp(request, "seek") == 0) seek(first);
  else if (strcmp(request, "info") == 0) print_info();
  else if (strcmp(request, "instruments") == 0) print_instruments();
  else if (strcmp(request, "latest") == 0) print_latest(first);
  else if (strcmp(request, "counters") == 0) print_counters();
  else if (strcmp(request, "book") == 0) open_book(first);
  else if (strcmp(request, "books") == 0) print_books();
  else if (strcmp(request, "wait") == 0) wait_for(strtoull(first, NULL, 10) * 1000000);
  else if (strcmp(request, "instrument_counters") == 0) print_instrument_counters(first);
  else if (strcmp(request, "histograms") == 0) print_histograms();
  else if (strcmp(request, "lists") == 0) print_lists(first);
  else if (strcmp(request, "final") == 0) print_final();
  else exit(64);
}

int main(int argc, char **argv) {
  char line[512];
  if (argc != 2) return 64;
  root = argv[1];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char words[4][128] = {{0}};
    if (sscanf(line, "%127s %127s %127s %127[^\n]", words[0], words[1], words[2], words[3]) < 1) return 64;
    answer(words[0], words[1], words[2], words[3]);
    printf(".\n");
    fflush(stdout);
  }
  close_all();
  return 0;
}
