/* Parts of the program that makes every call. */
#ifndef EVERY_CALL_H
#define EVERY_CALL_H

#include "expect.h"

/* Refusals that need no open reader. */
void check_refusals(const char *engines);
/* Refusals of places to write to; the reader is open and caught up. */
void check_places(tkr_reader *reader);
/* One record of every kind, as `tests/c.rs` publishes them. */
void check_kinds(tkr_reader *reader);
/* Tables as `tests/c.rs` fills them. */
void check_tables(tkr_reader *reader);
/* A book from nothing, from an image, over changes and after a lap. */
void check_books(tkr_reader *reader);
/* Lists, waiting, and all shards as one. */
void check_merged(const char *root, tkr_reader *reader);

#endif
