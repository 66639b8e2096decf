/* What the test programs share: expectations that print both sides, and requests to the program that publishes. */
#ifndef EXPECT_H
#define EXPECT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickring.h"

/* Both sides as signed 64-bit numbers: that is what every value here fits. */
#define EXPECT(actual, expected)                                                                                     \
  do {                                                                                                               \
    int64_t actual_ = (int64_t)(actual), expected_ = (int64_t)(expected);                                            \
    if (actual_ != expected_) {                                                                                      \
      fprintf(stderr, "%s:%d: %s is %" PRId64 ", not %" PRId64 "; last error: %s\n", __FILE__, __LINE__, #actual,    \
              actual_, expected_, tkr_last_error());                                                                 \
      exit(1);                                                                                                       \
    }                                                                                                                \
  } while (0)

#define EXPECT_TEXT(actual, expected)                                                                                \
  do {                                                                                                               \
    const char *actual_ = (actual), *expected_ = (expected);                                                         \
    if (strstr(actual_, expected_) == NULL) {                                                                        \
      fprintf(stderr, "%s:%d: %s is \"%s\", without \"%s\"\n", __FILE__, __LINE__, #actual, actual_, expected_);     \
      exit(1);                                                                                                       \
    }                                                                                                                \
  } while (0)

/* A call that must fail with this result and a sentence that holds these words. */
#define EXPECT_ERROR(call, result, words)                                                                            \
  do {                                                                                                               \
    EXPECT(call, result);                                                                                            \
    EXPECT_TEXT(tkr_last_error(), words);                                                                            \
  } while (0)

/* Asks the publishing side to do something, and waits until it has. */
static inline void ask(const char *what) {
  char line[16];
  printf("%s\n", what);
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) {
    fprintf(stderr, "nobody answers to \"%s\"\n", what);
    exit(1);
  }
}

/* An address at which nothing of ours may lie. */
#define MISALIGNED(pointer) ((void *)((uintptr_t)(pointer) | 1))

#endif
