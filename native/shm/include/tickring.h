/* Tickring's shared-memory readers in C (C11) and C++ (C++17); tickring.hpp wraps this for C++.
 *
 *   tkr_reader *reader;
 *   static tkr_record record;
 *   if (tkr_open(NULL, "tickring", 0, NULL, &reader) != TKR_OK) { fprintf(stderr, "%s\n", tkr_last_error()); return 1; }
 *   for (;;) switch (tkr_poll(reader, &record)) {
 *     case TKR_RECORD: if (record.kind == TKR_KIND_TRADE) printf("%" PRId64 "\n", record.trade.price); break;
 *     case TKR_LAPPED: fprintf(stderr, "lost %" PRIu64 " records\n", tkr_lost(reader)); break;
 *     default: break; // TKR_EMPTY: nothing new. TKR_STALLED: tkr_check_liveness tells why
 *   }
 *
 * Results: calls that give an `int` give one of TKR_OK … TKR_NONE, or below 0 an error; `tkr_last_error` then has a sentence.
 * After an error nothing was written but zeros where a pointer or a count was to come.
 *
 * Memory: the library allocates in tkr_open and tkr_reopen, tkr_read_histogram and where a call fails; polling allocates nothing
 * and makes no system call. What is copied out is the caller's and stays valid; no pointer into shared memory is ever given.
 *
 * Threads: a reader belongs to one thread at a time; different readers know nothing of each other. Names, versions and
 * tkr_last_error may be asked from any thread. A forked child may use a reader that its parent uses no more.
 *
 * Arguments: NULL and misaligned pointers are refused (TKR_ERROR_ARGUMENT). Nothing ever unwinds or jumps into the caller.
 * Whoever may truncate the engine's file kills its readers with SIGBUS: that is its owner, and root. */
#ifndef TICKRING_H
#define TICKRING_H

#include "tickring_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An open reader of one shard. */
typedef struct tkr_reader tkr_reader;

/* Options as they are by default: what this process's user, or root, publishes is trusted. */
#define TKR_OPTIONS_INIT {sizeof(tkr_options), 0, 0, 0}

/* Opens shard `shard` of engine `name`. `root` is the directory of all engines, NULL for /dev/shm/tickring; `options` may be
 * NULL. The first poll finds what is published after this call; tkr_seek_oldest goes back to what the ring still holds.
 * On success `*out` is a reader to be closed with tkr_close, otherwise NULL.
 *
 * TKR_ERROR_NOT_FOUND: nobody has published there, try again later. TKR_ERROR_NAME, TKR_ERROR_PERMISSION, TKR_ERROR_VERSION,
 * TKR_ERROR_CORRUPT, TKR_ERROR_IO. */
int tkr_open(const char *root, const char *name, uint32_t shard, const tkr_options *options, tkr_reader **out);

/* Closes a reader and unmaps what it read; NULL is nothing. */
void tkr_close(tkr_reader *reader);

/* Copies the next record into `record`, which is written on TKR_RECORD alone, and only its first `size` bytes.
 * TKR_RECORD, TKR_EMPTY, TKR_LAPPED (then tkr_lost), TKR_STALLED. After a lap, books fed by this ring must be rebuilt. */
int tkr_poll(tkr_reader *reader, tkr_record *record);

/* Copies up to `count_max` records into `records` and their number into `count`. TKR_RECORD if there is at least one; otherwise
 * what tkr_poll would give. A lap ends the batch before it, and is told by the next call. */
int tkr_poll_batch(tkr_reader *reader, tkr_record *records, size_t count_max, size_t *count);

/* Exactly how many records were lost in the lap that was told last; 0 where there was none. */
uint64_t tkr_lost(const tkr_reader *reader);

/* Go to the oldest record that still stands, or behind the newest. Nothing counts as lost by it. */
int tkr_seek_oldest(tkr_reader *reader);
int tkr_seek_newest(tkr_reader *reader);

/* Opens the generation that a newer writer made, at its first record; no effect where there is none. Read the older one until
 * TKR_EMPTY first: what stays unread there is told as lost, where the newer one continues its sequences. Fails as tkr_open does;
 * the reader then stays as it was. */
int tkr_reopen(tkr_reader *reader);

/* Waits until there is something to poll, at most for `timeout_ns`: TKR_OK, or TKR_EMPTY if there is nothing then. `how` may be
 * NULL: spins for 50 us, yields for 200 us, then blocks where the engine has a waker, or sleeps. */
int tkr_wait(tkr_reader *reader, const tkr_waiting *how, uint64_t timeout_ns);

/* Tells how the writer is doing. Looks at the file system at most every 250 ms; meant for when there is nothing new. */
int tkr_check_liveness(tkr_reader *reader, tkr_liveness *out);

/* Tells where the reader stands. Costs the writer's core a cache line: not for each record. */
int tkr_read_info(tkr_reader *reader, tkr_info *out);

/* Copies the newest state of the instrument in `slot`, and the best levels of each side, at most `capacity`, into `bids` and
 * `asks`; both may be NULL if `capacity` is 0. TKR_NONE where there is no state, or none could be read whole just now. */
int tkr_read_latest(tkr_reader *reader, uint32_t slot, tkr_latest *out, tkr_level *bids, tkr_level *asks, size_t capacity);

/* Copies a row of the instrument table; slots count from 0 to tkr_info.instrument_slots - 1. TKR_NONE for an empty one. */
int tkr_read_instrument(tkr_reader *reader, uint32_t slot, tkr_instrument *out);

/* Finds an instrument by the venue's spelling; `venue` 0 means any, and the lowest slot. TKR_NONE if there is none. */
int tkr_find_instrument(tkr_reader *reader, uint16_t venue, const char *symbol, tkr_instrument *out);

/* Copies counters into `values`, at most `capacity` of them, and their number into `count`; TKR_COUNTER_* and
 * TKR_INSTRUMENT_COUNTER_* are indices. */
int tkr_read_counters(tkr_reader *reader, uint64_t *values, size_t capacity, size_t *count);
int tkr_read_instrument_counters(tkr_reader *reader, uint32_t slot, uint64_t *values, size_t capacity, size_t *count);

/* Copies the sums of histogram `stage` (TKR_STAGE_*), and for each of `share_count` shares (0.99 for p99) the value in ns that
 * this share of all values does not exceed, to 1/64. `shares` and `values` may be NULL if `share_count` is 0. */
int tkr_read_histogram(tkr_reader *reader, uint32_t stage, tkr_histogram *out, const double *shares, uint64_t *values,
                       size_t share_count);

/* A full-depth book of one instrument, built by the reader's side from an image in shared memory and every later record. */
typedef struct tkr_book tkr_book;

/* Makes a book of the instrument in `slot`. It is built at once where the engine has an image, as new as the reader stands, else
 * with the records that come. On success `*out` is a book to be closed with tkr_book_close, otherwise NULL. */
int tkr_book_open(tkr_reader *reader, uint32_t slot, tkr_book **out);

/* Closes a book; NULL is nothing. It may outlive its reader. */
void tkr_book_close(tkr_book *book);

/* Takes a record of the reader: give it every record polled, in order, of whatever instrument. TKR_UNCHANGED, TKR_CHANGED, or after
 * a lap, a seek, tkr_reopen or a failed check TKR_REBUILT, TKR_LOST. Allocates where the book grows or is built again. */
int tkr_book_apply(tkr_book *book, tkr_reader *reader, const tkr_record *record);

/* Builds the book from its image anew, as new as the reader stands; TKR_NONE if there is no image. For when the next record may be
 * long in coming, as tkr_book_apply does it by itself. */
int tkr_book_join(tkr_book *book, tkr_reader *reader);

/* Copies what the book is, and the best levels of each side, at most `capacity`, as tkr_read_latest does. */
int tkr_book_read(const tkr_book *book, tkr_book_info *out, tkr_level *bids, tkr_level *asks, size_t capacity);

/* Hash over all levels, the same for equal books in every language; looks at all of them. 0 for NULL and for an empty book. */
uint64_t tkr_book_hash(const tkr_book *book);

/* Names of the engines that publish or have published below `root` (NULL for /dev/shm/tickring), and numbers of an engine's shards,
 * in order: at most `capacity` are copied, `count` tells how many there are. */
int tkr_list_engines(const char *root, tkr_name *names, size_t capacity, size_t *count);
int tkr_list_shards(const char *root, const char *name, uint16_t *shards, size_t capacity, size_t *count);

/* All shards of an engine, read as one. Records of one shard keep their order; those of different shards come by ts_out as far as
 * they are there when asked for: nothing is waited for, so a record may follow one that is some us younger. */
typedef struct tkr_merged tkr_merged;

/* Opens all shards that the engine has published so far; as tkr_open otherwise. */
int tkr_merged_open(const char *root, const char *name, const tkr_options *options, tkr_merged **out);

/* Closes them and their readers; NULL is nothing. */
void tkr_merged_close(tkr_merged *merged);

/* As tkr_poll, of any shard: `shard` tells which, but for TKR_EMPTY; after TKR_LAPPED tkr_lost of its reader tells how many. */
int tkr_merged_poll(tkr_merged *merged, tkr_record *record, uint16_t *shard);

/* As tkr_seek_oldest and tkr_seek_newest, of all shards; what was read ahead and not polled is forgotten. */
int tkr_merged_seek_oldest(tkr_merged *merged);
int tkr_merged_seek_newest(tkr_merged *merged);

/* As tkr_wait, for a record of any shard. With more than one it sleeps where tkr_wait would block. */
int tkr_merged_wait(tkr_merged *merged, const tkr_waiting *how, uint64_t timeout_ns);

/* Opens shards that have begun to publish since, at their oldest records, and tells their number. */
int tkr_merged_rescan(tkr_merged *merged, size_t *count);

/* Numbers of the open shards; as tkr_list_shards otherwise. */
int tkr_merged_shards(tkr_merged *merged, uint16_t *shards, size_t capacity, size_t *count);

/* The reader of a shard, for its tables and books, liveness, and tkr_reopen; NULL for a shard that is not open. It cannot be polled
 * or sought by itself, is at most one record ahead of what was polled, and is closed with `merged`: tkr_close does nothing. */
tkr_reader *tkr_merged_reader(tkr_merged *merged, uint16_t shard);

/* A sentence on the last call of this thread that failed, with the value, its limit and the place; empty where none has.
 * Stands until the next failure of this thread. */
const char *tkr_last_error(void);

/* Names, never NULL; "unknown" for numbers that this build does not know. A result's is RECORD, or SHM_NOT_FOUND. */
const char *tkr_result_name(int result);
const char *tkr_kind_name(uint8_t kind);
const char *tkr_state_name(uint8_t state);
const char *tkr_venue_name(uint16_t venue);
const char *tkr_code_name(uint16_t code);
const char *tkr_counter_name(uint32_t index);
const char *tkr_instrument_counter_name(uint32_t index);
const char *tkr_stage_name(uint32_t stage);

/* Version of the library ("0.1.0"), and of the segments that it reads (major << 16 | minor). */
const char *tkr_version(void);
uint32_t tkr_abi_version(void);

/* Bytes of a struct by its name ("tkr_record"), for languages that cannot include this header; 0 for a name that is none. */
size_t tkr_size_of(const char *name);

#ifdef __cplusplus
}
#endif

#endif
