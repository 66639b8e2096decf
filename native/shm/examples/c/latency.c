/* How old records are when they are read: latency NAME [RECORDS [ROOT]]
 *
 *   cc -std=c11 -D_POSIX_C_SOURCE=200809L -O2 latency.c $(pkg-config --cflags --libs tickring) -o latency && ./latency tickring
 *
 * Counts from ts_out, the stamp that an input's first record takes on its way into the ring, to this process's clock after the
 * copy. Polls without a pause, as a strategy would: give it a core of its own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tickring.h"

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_value(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/* What is wrong with the writer, where it no longer publishes; NULL while it may. */
static const char *end_of(tkr_reader *reader) {
  tkr_liveness told;
  if (tkr_check_liveness(reader, &told) != TKR_OK) return tkr_last_error();
  switch (told.state) {
    case TKR_WRITER_DEAD: return "the engine died";
    case TKR_WRITER_CLOSED: return "the engine has ended";
    case TKR_WRITER_SUPERSEDED: return tkr_reopen(reader) == TKR_OK ? NULL : tkr_last_error();
    default: return NULL;
  }
}

int main(int argc, char **argv) {
  static tkr_record record;
  const char *name = argc > 1 ? argv[1] : "tickring", *root = argc > 3 ? argv[3] : NULL;
  const long long wanted = argc > 2 ? atoll(argv[2]) : 100000;
  const size_t most = wanted > 0 && wanted <= 100000000 ? (size_t)wanted : 100000;
  uint64_t *ages = malloc(most * sizeof *ages), lost = 0;
  const double shares[] = {0.5, 0.9, 0.99, 0.999};
  const char *end = NULL;
  size_t count = 0;
  tkr_reader *reader;
  if (ages == NULL || tkr_open(root, name, 0, NULL, &reader) != TKR_OK) {
    fprintf(stderr, "latency: %s\n", ages == NULL ? "out of memory" : tkr_last_error());
    free(ages);
    return 1;
  }
  while (count < most && end == NULL) {
    const int result = tkr_poll(reader, &record);
    if (result == TKR_RECORD) {
      const uint64_t now = now_ns();
      /* Only the first record of an input: the others share its stamp. A clock that was set back counts as 0. */
      if (record.index == 0) ages[count++] = now > record.ts_out ? now - record.ts_out : 0;
    } else if (result == TKR_LAPPED) {
      lost += tkr_lost(reader);
    } else {
      end = end_of(reader);
    }
  }
  tkr_close(reader);
  if (end != NULL) fprintf(stderr, "latency: %s\n", end);
  qsort(ages, count, sizeof *ages, by_value);
  printf("%zu records, %" PRIu64 " lost", count, lost);
  for (size_t i = 0; count > 0 && i < sizeof shares / sizeof *shares; i++)
    printf(", p%g %" PRIu64 " ns", shares[i] * 100, ages[(size_t)((double)(count - 1) * shares[i])]);
  if (count > 0) printf(", max %" PRIu64 " ns", ages[count - 1]);
  puts("");
  free(ages);
  return count < most;
}
