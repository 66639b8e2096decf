/* Reads the quotes of bench/native's serve-ring in C: reader ROOT. The line "seek" goes behind the newest record; "START COUNT" is a
 * block: polls until so many were seen, then answers with the median of visible - due, ns, and what was lost. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tickring.h"

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_value(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  static tkr_record record;
  char line[64];
  uint64_t start, count;
  tkr_reader *reader;
  if (argc != 2 || tkr_open(argv[1], "bench", 0, NULL, &reader) != TKR_OK) {
    fprintf(stderr, "reader: %s\n", argc != 2 ? "usage: reader ROOT" : tkr_last_error());
    return 1;
  }
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%" SCNu64 " %" SCNu64, &start, &count) != 2) {
      /* Others read the blocks in between. */
      if (tkr_seek_newest(reader) != TKR_OK) return 1;
      printf("{}\n");
      fflush(stdout);
      continue;
    }
    uint64_t *late = malloc(count * sizeof *late), seen = 0, lost = 0;
    if (late == NULL) return 1;
    while (seen + lost < count) {
      const int result = tkr_poll(reader, &record);
      if (result == TKR_RECORD && record.kind == TKR_KIND_QUOTE) {
        late[seen++] = now_ns() - start - (uint64_t)record.quote.bid_qty;
      } else if (result == TKR_LAPPED) {
        lost += tkr_lost(reader);
      } else if (result < 0) {
        fprintf(stderr, "reader: %s\n", tkr_last_error());
        return 1;
      }
    }
    qsort(late, seen, sizeof *late, by_value);
    printf("{\"p50\":%" PRIu64 ",\"lost\":%" PRIu64 "}\n", seen > 0 ? late[seen / 2] : 0, lost);
    fflush(stdout);
    free(late);
  }
  tkr_close(reader);
  return 0;
}
