/* Full-depth books, joined at once: book NAME [SECONDS [ROOT]] prints every book's best levels once a second
 *
 *   cc -std=c11 -D_POSIX_C_SOURCE=200809L -O2 book.c $(pkg-config --cflags --libs tickring) -lm -o book && ./book tickring */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tickring.h"

enum { BOOKS_MAX = 64, SHOWN = 3, BATCH = 64 };

static tkr_record batch[BATCH];
static tkr_instrument rows[BOOKS_MAX];
static tkr_book *books[BOOKS_MAX];

static void print_side(const char *side, const tkr_level *levels, uint32_t count, const tkr_book_info *info) {
  printf("  %s", side);
  for (uint32_t i = 0; i < count; i++)
    printf("  %.8g @ %.10g", (double)levels[i].qty * pow(10, info->qty_exponent),
           (double)levels[i].price * pow(10, info->price_exponent));
}

static void print_book(const tkr_instrument *row, const tkr_book *book) {
  static const char *const states[] = {"unknown", "waiting", "live", "stale"};
  tkr_level bids[SHOWN], asks[SHOWN];
  tkr_book_info info;
  if (tkr_book_read(book, &info, bids, asks, SHOWN) != TKR_OK) return;
  printf("%s %.*s: %s, %" PRIu32 " bids, %" PRIu32 " asks", tkr_venue_name(row->definition.venue), row->definition.symbol_size,
         row->definition.symbol, states[info.state < 4 ? info.state : 0], info.bid_levels, info.ask_levels);
  print_side("bid", bids, info.bid_count, &info);
  print_side("ask", asks, info.ask_count, &info);
  printf("  (%" PRIu64 " hashes compared, %" PRIu64 " differed)\n", info.checks, info.failures);
}

/* A book for every instrument of the shard; gives their number. */
static size_t open_books(tkr_reader *reader) {
  tkr_info info;
  size_t count = 0;
  if (tkr_read_info(reader, &info) != TKR_OK) return 0;
  for (uint32_t slot = 0; slot < info.instrument_slots && count < BOOKS_MAX; slot++)
    if (tkr_read_instrument(reader, slot, &rows[count]) == TKR_OK && tkr_book_open(reader, slot, &books[count]) == TKR_OK) count++;
  return count;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv) {
  const long seconds = argc > 2 ? atol(argv[2]) : 0; /* 0: for ever */
  tkr_reader *reader;
  if (tkr_open(argc > 3 ? argv[3] : NULL, argc > 1 ? argv[1] : "tickring", 0, NULL, &reader) != TKR_OK) {
    fprintf(stderr, "book: %s\n", tkr_last_error());
    return 1;
  }
  const size_t count = open_books(reader);
  double due = seconds_now() + 1;
  for (long printed = 0; seconds == 0 || printed < seconds;) {
    size_t polled;
    tkr_liveness told;
    /* After TKR_LAPPED there is nothing to be done: books notice with their next record. */
    if (tkr_poll_batch(reader, batch, BATCH, &polled) == TKR_EMPTY) tkr_wait(reader, NULL, 100000000);
    for (size_t i = 0; i < polled; i++)
      for (size_t book = 0; book < count; book++) tkr_book_apply(books[book], reader, &batch[i]);
    if (tkr_check_liveness(reader, &told) == TKR_OK && told.state == TKR_WRITER_SUPERSEDED) tkr_reopen(reader);
    if (seconds_now() < due) continue;
    for (size_t book = 0; book < count; book++) print_book(&rows[book], books[book]);
    due += 1, printed++;
  }
  for (size_t book = 0; book < count; book++) tkr_book_close(books[book]);
  tkr_close(reader);
  return 0;
}
