/* Every refusal of every call: what is wrong is told in words, nothing crashes, and what was to be filled is left or zeroed. */
#include "every_call.h"

static const char *root;

static void refused(const char *at, const char *name, uint32_t shard, const tkr_options *options, int result, const char *words) {
  static char keep;
  tkr_reader *reader = (tkr_reader *)(void *)&keep;
  EXPECT_ERROR(tkr_open(at, name, shard, options, &reader), result, words);
  EXPECT(reader == NULL, 1);
}

static void opening(void) {
  tkr_options options = TKR_OPTIONS_INIT;
  static char long_path[5000];
  EXPECT_ERROR(tkr_open(root, "test", 0, NULL, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_open(root, "test", 0, NULL, MISALIGNED(&options)), TKR_ERROR_ARGUMENT, "not aligned to 8 bytes");
  refused(root, NULL, 0, NULL, TKR_ERROR_ARGUMENT, "name is NULL");
  refused(root, "../test", 0, NULL, TKR_ERROR_NAME, "\"../test\" is not 1 to 64");
  refused(root, "\xff", 0, NULL, TKR_ERROR_NAME, "is not 1 to 64");
  refused(root, "nobody", 0, NULL, TKR_ERROR_NOT_FOUND, "nothing is published at");
  refused("/dev/shm/tickring-of-nobody", "test", 0, NULL, TKR_ERROR_NOT_FOUND, "/dev/shm/tickring-of-nobody");
  refused(NULL, "nobody-has-this-name", 0, NULL, TKR_ERROR_NOT_FOUND, "/dev/shm/tickring");
  refused(root, "test", 1, NULL, TKR_ERROR_NOT_FOUND, "shard-1");
  refused(root, "test", 65536, NULL, TKR_ERROR_ARGUMENT, "shard 65536 exceeds 65535");
  refused(root, "corrupt", 0, NULL, TKR_ERROR_CORRUPT, "it has 100 bytes");
  refused(root, "version", 0, NULL, TKR_ERROR_VERSION, "99");
  refused(root, "writable", 0, NULL, TKR_ERROR_PERMISSION, "lets others write");
  memset(long_path, 'x', sizeof long_path - 1);
  refused(long_path, "test", 0, NULL, TKR_ERROR_IO, "could not open");
  options.struct_size = 8;
  refused(root, "test", 0, &options, TKR_ERROR_ARGUMENT, "options.struct_size 8 is below 16");
  options.struct_size = sizeof options;
  options.flags = 0x80;
  refused(root, "test", 0, &options, TKR_ERROR_ARGUMENT, "options.flags 0x80");
  refused(root, "test", 0, MISALIGNED(&options), TKR_ERROR_ARGUMENT, "options at");
}

/* Calls without a reader, or with a pointer that cannot be one. */
static void no_reader(tkr_reader *reader, const char *words) {
  static tkr_record record;
  tkr_liveness liveness;
  tkr_info info;
  tkr_latest latest;
  tkr_instrument instrument;
  tkr_histogram histogram;
  tkr_book *book = MISALIGNED(&record);
  size_t count = 9;
  EXPECT_ERROR(tkr_poll(reader, &record), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_poll_batch(reader, &record, 1, &count), TKR_ERROR_ARGUMENT, words);
  EXPECT(count, 0);
  EXPECT(tkr_lost(reader), 0);
  EXPECT_ERROR(tkr_seek_oldest(reader), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_seek_newest(reader), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_reopen(reader), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_check_liveness(reader, &liveness), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_info(reader, &info), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_latest(reader, 0, &latest, NULL, NULL, 0), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_instrument(reader, 0, &instrument), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_find_instrument(reader, 0, "X", &instrument), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_counters(reader, NULL, 0, &count), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_instrument_counters(reader, 0, NULL, 0, &count), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_read_histogram(reader, 0, &histogram, NULL, NULL, 0), TKR_ERROR_ARGUMENT, words);
  EXPECT_ERROR(tkr_book_open(reader, 0, &book), TKR_ERROR_ARGUMENT, words);
  EXPECT(book == NULL, 1);
}

static void no_book(void) {
  static tkr_record storage;
  tkr_book *none[] = {NULL, MISALIGNED(&storage)};
  const char *words[] = {"book is NULL", "book at 0x"};
  tkr_book_info info;
  for (int i = 0; i < 2; i++) {
    EXPECT_ERROR(tkr_book_apply(none[i], NULL, NULL), TKR_ERROR_ARGUMENT, words[i]);
    EXPECT_ERROR(tkr_book_join(none[i], NULL), TKR_ERROR_ARGUMENT, words[i]);
    EXPECT_ERROR(tkr_book_read(none[i], &info, NULL, NULL, 0), TKR_ERROR_ARGUMENT, words[i]);
    EXPECT(tkr_book_hash(none[i]), 0);
    tkr_book_close(none[i]);
  }
}

void check_places(tkr_reader *reader) {
  static tkr_record record;
  size_t count = 9;
  double share = 0.5;
  uint64_t value = 0;
  tkr_histogram histogram;
  tkr_latest latest;
  tkr_instrument instrument;
  EXPECT_ERROR(tkr_poll(reader, NULL), TKR_ERROR_ARGUMENT, "record is NULL");
  EXPECT_ERROR(tkr_poll(reader, MISALIGNED(&record)), TKR_ERROR_ARGUMENT, "record at 0x");
  EXPECT_ERROR(tkr_poll_batch(reader, NULL, 1, &count), TKR_ERROR_ARGUMENT, "records is NULL");
  EXPECT_ERROR(tkr_poll_batch(reader, &record, 1, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT_ERROR(tkr_poll_batch(reader, &record, 0, &count), TKR_ERROR_ARGUMENT, "count_max 0 is not 1 to");
  EXPECT_ERROR(tkr_poll_batch(reader, &record, SIZE_MAX, &count), TKR_ERROR_ARGUMENT, "count_max 18446744073709551615");
  EXPECT_ERROR(tkr_check_liveness(reader, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_info(reader, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_latest(reader, 0, NULL, NULL, NULL, 0), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_latest(reader, 0, &latest, NULL, NULL, 1), TKR_ERROR_ARGUMENT, "bids is NULL");
  EXPECT_ERROR(tkr_read_latest(reader, 4, &latest, NULL, NULL, 0), TKR_ERROR_ARGUMENT, "slot 4 is not below 4");
  EXPECT_ERROR(tkr_read_instrument(reader, 1, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_instrument(reader, UINT32_MAX, &instrument), TKR_ERROR_ARGUMENT, "slot 4294967295");
  EXPECT_ERROR(tkr_find_instrument(reader, 0, NULL, NULL), TKR_ERROR_ARGUMENT, "symbol is NULL");
  EXPECT_ERROR(tkr_find_instrument(reader, 0, "BTCUSDT", NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_counters(reader, NULL, 1, &count), TKR_ERROR_ARGUMENT, "values is NULL");
  EXPECT_ERROR(tkr_read_counters(reader, &value, 1, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT_ERROR(tkr_read_instrument_counters(reader, 4, &value, 1, &count), TKR_ERROR_ARGUMENT, "slot 4");
  EXPECT_ERROR(tkr_read_instrument_counters(reader, 1, NULL, 1, &count), TKR_ERROR_ARGUMENT, "values is NULL");
  EXPECT_ERROR(tkr_read_instrument_counters(reader, 1, &value, 1, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT_ERROR(tkr_read_histogram(reader, 7, &histogram, NULL, NULL, 0), TKR_ERROR_ARGUMENT, "stage 7 is not below 7");
  EXPECT_ERROR(tkr_read_histogram(reader, 0, NULL, NULL, NULL, 0), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_read_histogram(reader, 0, &histogram, NULL, &value, 1), TKR_ERROR_ARGUMENT, "shares is NULL");
  EXPECT_ERROR(tkr_read_histogram(reader, 0, &histogram, &share, NULL, 1), TKR_ERROR_ARGUMENT, "values is NULL");
}

static void names(void) {
  EXPECT_TEXT(tkr_result_name(TKR_LAPPED), "LAPPED");
  EXPECT_TEXT(tkr_result_name(TKR_REBUILT), "REBUILT");
  EXPECT_TEXT(tkr_result_name(TKR_ERROR_NOT_FOUND), "SHM_NOT_FOUND");
  EXPECT_TEXT(tkr_result_name(TKR_ERROR_INTERNAL), "INTERNAL");
  EXPECT_TEXT(tkr_result_name(77), "unknown");
  EXPECT_TEXT(tkr_result_name(INT32_MIN), "unknown");
  EXPECT_TEXT(tkr_kind_name(TKR_KIND_BOOK_DELTA), "book_delta");
  EXPECT_TEXT(tkr_kind_name(255), "unknown");
  EXPECT_TEXT(tkr_state_name(TKR_STATE_RESYNC), "resync");
  EXPECT_TEXT(tkr_venue_name(TKR_VENUE_BINANCE_USDM), "binance-usdm");
  EXPECT_TEXT(tkr_code_name(51), "SHM_IO");
  EXPECT_TEXT(tkr_counter_name(TKR_COUNTER_RING_RECORDS), "ring_records");
  EXPECT_TEXT(tkr_instrument_counter_name(TKR_INSTRUMENT_COUNTER_IN_SYNC), "in_sync");
  EXPECT_TEXT(tkr_stage_name(TKR_STAGE_VENUE_TO_RECEIVE), "venue_to_receive");
  EXPECT(tkr_abi_version() >> 16, 1);
  EXPECT_TEXT(tkr_version(), ".");
  EXPECT(tkr_size_of("tkr_record"), sizeof(tkr_record));
  EXPECT(tkr_size_of("tkr_latest"), sizeof(tkr_latest));
  EXPECT(tkr_size_of("tkr_"), 0);
}

void check_refusals(const char *engines) {
  static tkr_record storage;
  root = engines;
  EXPECT(strlen(tkr_last_error()), 0);
  EXPECT(tkr_size_of(NULL), 0);
  EXPECT_TEXT(tkr_last_error(), "name is NULL");
  names();
  opening();
  no_reader(NULL, "reader is NULL");
  no_reader(MISALIGNED(&storage), "reader at 0x");
  no_book();
  tkr_close(NULL);
  tkr_close(MISALIGNED(&storage));
}
