/* A reader of the torture in C: reader ROOT NAME. Checks every word of every record (content.rs says what each is), follows every
 * generation to the orderly end, and prints what it counted as one line of JSON.
 *
 *   cc -std=c11 -O2 reader.c $(pkg-config --cflags --libs tickring) -o reader */
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>

#include "tickring.h"

static uint64_t first, next, delivered, lost, torn, unexplained, laps, stalls;
static tkr_record record;

static uint64_t mix(uint64_t number) {
  const uint64_t mixed = (number ^ (number >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
  return mixed ^ (mixed >> 29);
}

static bool is_book(uint64_t sequence, uint64_t mixed) {
  const tkr_book_change *book = &record.book;
  const uint64_t count = mixed % 16 == 0 ? (mixed >> 4) % 129 : (mixed >> 4) % 8;
  if (record.kind != TKR_KIND_BOOK_DELTA || book->prev_update_id != sequence || book->last_update_id != mixed) return false;
  if (book->bid_count != count / 2 || (uint64_t)book->bid_count + book->ask_count != count) return false;
  for (uint64_t i = 0; i < count; i++) {
    const tkr_level *level = &book->levels[i];
    if (level->price != (int64_t)((mixed >> 33) + i) || level->qty != (int64_t)(uint32_t)(mixed + i)) return false;
  }
  return true;
}

static bool is_whole(void) {
  const uint64_t sequence = record.sequence, mixed = mix(sequence);
  const int64_t price = (int64_t)(mixed >> 1);
  const uint64_t ts_event = (record.ts_recv / 1000 - sequence % 1000) * 1000 + (sequence % 8 == 7);
  if (record.frame_seq != sequence || record.instrument != (uint32_t)mixed || record.ts_event != ts_event) return false;
  switch (sequence % 8) {
    case 4:
    case 5: {
      const tkr_quote *quote = &record.quote;
      const uint64_t ask = (uint64_t)price + sequence % 1000;
      return record.kind == TKR_KIND_QUOTE && quote->bid_price == price && quote->bid_qty == (int64_t)sequence &&
             (uint64_t)quote->ask_price == ask && quote->ask_qty == (int64_t)(mixed >> 17);
    }
    case 6:
      return is_book(sequence, mixed);
    default: {
      const tkr_trade *trade = &record.trade;
      return record.kind == TKR_KIND_TRADE && trade->price == price && trade->qty == (int64_t)sequence &&
             trade->trade_id == sequence;
    }
  }
}

static void take(void) {
  if (next == 0) first = next = record.sequence;
  if (record.sequence != next) unexplained++;
  next = record.sequence + 1;
  delivered++;
  if (record.kind == TKR_KIND_EPOCH_START || is_whole()) return;
  torn++;
  fprintf(stderr, "torn: %" PRIu64 " of kind %s\n", record.sequence, tkr_kind_name(record.kind));
}

/* Takes the next record; false if there is none. */
static bool poll(tkr_reader *reader) {
  switch (tkr_poll(reader, &record)) {
    case TKR_RECORD:
      take();
      return true;
    case TKR_LAPPED:
      lost += tkr_lost(reader);
      next += tkr_lost(reader);
      laps++;
      return true;
    case TKR_STALLED:
      stalls++;
      return false;
    default:
      return false;
  }
}

int main(int argc, char **argv) {
  tkr_reader *reader;
  tkr_info info;
  tkr_liveness told;
  if (argc != 3 || tkr_open(argv[1], argv[2], 0, NULL, &reader) != TKR_OK || tkr_read_info(reader, &info) != TKR_OK) {
    fprintf(stderr, "reader ROOT NAME: %s\n", tkr_last_error());
    return 1;
  }
  first = next = info.next_sequence;
  for (;;) {
    if (poll(reader)) continue;
    if (tkr_check_liveness(reader, &told) != TKR_OK) return 1;
    if (told.state == TKR_WRITER_CLOSED && next == told.final_sequence + 1) break;
    if (told.state == TKR_WRITER_SUPERSEDED) {
      /* What was published between the last poll and this look is read first. */
      while (poll(reader)) continue;
      tkr_reopen(reader);
    }
    sched_yield();
  }
  printf("{\"first\":%" PRIu64 ",\"next\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"torn\":%" PRIu64
         ",\"unexplained\":%" PRIu64 ",\"laps\":%" PRIu64 ",\"stalls\":%" PRIu64 "}\n",
         first, next, delivered, lost, torn, unexplained, laps, stalls);
  tkr_close(reader);
  return 0;
}
