/* Lists of engines and shards, waiting, and all shards as one. */
#include "every_call.h"

static tkr_record record;

static void lists(const char *root) {
  tkr_name names[8];
  uint16_t shards[8];
  size_t count = 0;
  EXPECT(tkr_list_engines(root, names, 8, &count), TKR_OK);
  EXPECT(count, 4);
  EXPECT_TEXT(names[0].text, "corrupt");
  EXPECT_TEXT(names[1].text, "test");
  EXPECT(tkr_list_engines(root, names, 1, &count), TKR_OK);
  EXPECT(count, 4);
  EXPECT(tkr_list_engines(root, NULL, 0, &count), TKR_OK);
  EXPECT(tkr_list_shards(root, "test", shards, 8, &count), TKR_OK);
  EXPECT(count, 1);
  EXPECT(shards[0], 0);
  EXPECT_ERROR(tkr_list_engines(root, names, 8, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT_ERROR(tkr_list_engines(root, NULL, 8, &count), TKR_ERROR_ARGUMENT, "names is NULL");
  EXPECT_ERROR(tkr_list_engines("/dev/shm/tickring-of-nobody", names, 8, &count), TKR_ERROR_NOT_FOUND, "tickring-of-nobody");
  EXPECT(count, 0);
  EXPECT_ERROR(tkr_list_shards(root, NULL, shards, 8, &count), TKR_ERROR_ARGUMENT, "name is NULL");
  EXPECT_ERROR(tkr_list_shards(root, "test", NULL, 8, &count), TKR_ERROR_ARGUMENT, "shards is NULL");
  EXPECT_ERROR(tkr_list_shards(root, "..", shards, 8, &count), TKR_ERROR_NAME, "is not 1 to 64");
}

static void waiting(tkr_reader *reader) {
  tkr_waiting how = TKR_WAITING_INIT;
  EXPECT(tkr_wait(reader, NULL, 1000000), TKR_EMPTY);
  EXPECT(tkr_wait(reader, &how, 0), TKR_EMPTY);
  ask("whole");
  EXPECT(tkr_wait(reader, NULL, UINT64_MAX), TKR_OK);
  EXPECT(tkr_poll(reader, &record), TKR_RECORD);
  how.spin_ns = how.yield_ns = 0;
  how.flags = 0;
  EXPECT(tkr_wait(reader, &how, 1000000), TKR_EMPTY);
  how.flags = 8;
  EXPECT_ERROR(tkr_wait(reader, &how, 0), TKR_ERROR_ARGUMENT, "how.flags 0x8");
  EXPECT_ERROR(tkr_wait(reader, MISALIGNED(&how), 0), TKR_ERROR_ARGUMENT, "how at 0x");
  EXPECT_ERROR(tkr_wait(NULL, NULL, 0), TKR_ERROR_ARGUMENT, "reader is NULL");
}

static void refusals(const char *root, tkr_merged *merged) {
  tkr_options options = TKR_OPTIONS_INIT;
  tkr_merged *none = merged;
  uint16_t shard;
  size_t count;
  EXPECT_ERROR(tkr_merged_open(root, "test", NULL, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_merged_open(root, "nobody", NULL, &none), TKR_ERROR_NOT_FOUND, "nothing is published");
  EXPECT(none == NULL, 1);
  EXPECT_ERROR(tkr_merged_open(root, NULL, NULL, &none), TKR_ERROR_ARGUMENT, "name is NULL");
  EXPECT_ERROR(tkr_merged_open(root, "corrupt", NULL, &none), TKR_ERROR_CORRUPT, "it has 100 bytes");
  options.flags = 2;
  EXPECT_ERROR(tkr_merged_open(root, "test", &options, &none), TKR_ERROR_ARGUMENT, "options.flags 0x2");
  EXPECT_ERROR(tkr_merged_poll(NULL, &record, &shard), TKR_ERROR_ARGUMENT, "merged is NULL");
  EXPECT_ERROR(tkr_merged_poll(merged, NULL, &shard), TKR_ERROR_ARGUMENT, "record is NULL");
  EXPECT_ERROR(tkr_merged_poll(merged, &record, NULL), TKR_ERROR_ARGUMENT, "shard is NULL");
  EXPECT_ERROR(tkr_merged_rescan(NULL, &count), TKR_ERROR_ARGUMENT, "merged is NULL");
  EXPECT_ERROR(tkr_merged_rescan(merged, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT_ERROR(tkr_merged_seek_oldest(NULL), TKR_ERROR_ARGUMENT, "merged is NULL");
  EXPECT_ERROR(tkr_merged_seek_newest(NULL), TKR_ERROR_ARGUMENT, "merged is NULL");
  EXPECT_ERROR(tkr_merged_wait(NULL, NULL, 0), TKR_ERROR_ARGUMENT, "merged is NULL");
  tkr_waiting how = TKR_WAITING_INIT;
  how.flags = 8;
  EXPECT_ERROR(tkr_merged_wait(merged, &how, 0), TKR_ERROR_ARGUMENT, "how.flags 0x8");
  EXPECT_ERROR(tkr_merged_shards(NULL, NULL, 0, &count), TKR_ERROR_ARGUMENT, "merged is NULL");
  EXPECT_ERROR(tkr_merged_shards(merged, NULL, 8, &count), TKR_ERROR_ARGUMENT, "shards is NULL");
  EXPECT_ERROR(tkr_merged_shards(merged, &shard, 1, NULL), TKR_ERROR_ARGUMENT, "count is NULL");
  EXPECT(tkr_merged_shards(merged, &shard, 1, &count), TKR_OK);
  EXPECT(count, 1);
  EXPECT(shard, 0);
  EXPECT(tkr_merged_reader(NULL, 0) == NULL, 1);
  EXPECT_TEXT(tkr_last_error(), "merged is NULL");
  EXPECT(tkr_merged_reader(merged, 9) == NULL, 1);
  tkr_merged_close(NULL);
  tkr_merged_close(MISALIGNED(&record));
}

/* A shard's reader answers all questions, and gives no records. */
static void lane(tkr_reader *reader) {
  const char *refusal = "reader of a shard is polled through its tkr_merged";
  tkr_instrument row;
  tkr_liveness told;
  tkr_info info;
  tkr_latest latest;
  tkr_book *book;
  size_t count;
  EXPECT_ERROR(tkr_poll(reader, &record), TKR_ERROR_ARGUMENT, refusal);
  EXPECT_ERROR(tkr_poll_batch(reader, &record, 1, &count), TKR_ERROR_ARGUMENT, refusal);
  EXPECT_ERROR(tkr_seek_oldest(reader), TKR_ERROR_ARGUMENT, refusal);
  EXPECT_ERROR(tkr_seek_newest(reader), TKR_ERROR_ARGUMENT, refusal);
  EXPECT_ERROR(tkr_wait(reader, NULL, 0), TKR_ERROR_ARGUMENT, refusal);
  tkr_close(reader);
  EXPECT(tkr_read_info(reader, &info), TKR_OK);
  EXPECT(info.slots, 1024);
  EXPECT(tkr_find_instrument(reader, 0, "BTCUSDT", &row), TKR_OK);
  EXPECT(tkr_read_latest(reader, row.slot, &latest, NULL, NULL, 0), TKR_OK);
  EXPECT(tkr_check_liveness(reader, &told), TKR_OK);
  EXPECT(told.epoch, 1);
  EXPECT(tkr_reopen(reader), TKR_OK);
  EXPECT(tkr_book_open(reader, row.slot, &book), TKR_OK);
  EXPECT(tkr_book_apply(book, reader, &record), TKR_UNCHANGED);
  tkr_book_close(book);
}

static void next(tkr_merged *merged, uint16_t shard, uint64_t trade_id) {
  uint16_t of = 9;
  EXPECT(tkr_merged_poll(merged, &record, &of), TKR_RECORD);
  EXPECT(of, shard);
  EXPECT(record.trade.trade_id, trade_id);
}

/* What was read ahead of the other shard's record is there for a wait, and forgotten by a seek. */
static void places(tkr_merged *merged) {
  uint16_t shard = 9;
  int of_second = 0;
  EXPECT(tkr_merged_wait(merged, NULL, 1000000), TKR_EMPTY);
  ask("both shards");
  EXPECT(tkr_merged_wait(merged, NULL, UINT64_MAX), TKR_OK);
  next(merged, 0, 1);
  EXPECT(tkr_merged_wait(merged, NULL, 0), TKR_OK);
  next(merged, 1, 2);
  next(merged, 0, 3);
  EXPECT(tkr_merged_wait(merged, NULL, 0), TKR_EMPTY);
  ask("both shards");
  next(merged, 0, 1);
  EXPECT(tkr_merged_seek_newest(merged), TKR_OK);
  EXPECT(tkr_merged_wait(merged, NULL, 0), TKR_EMPTY);
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_EMPTY);
  EXPECT(tkr_merged_seek_oldest(merged), TKR_OK);
  while (tkr_merged_poll(merged, &record, &shard) == TKR_RECORD) of_second += shard == 1;
  /* Its start, and a trade each time that both were asked for. */
  EXPECT(of_second, 4);
}

static void loss(tkr_merged *merged) {
  uint16_t shard = 9;
  uint64_t read = 0;
  int result;
  ask("lap");
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_LAPPED);
  EXPECT(shard, 0);
  while ((result = tkr_merged_poll(merged, &record, &shard)) == TKR_RECORD) read++;
  EXPECT(result, TKR_EMPTY);
  EXPECT(tkr_lost(tkr_merged_reader(merged, 0)) + read, 5000);
  EXPECT(tkr_lost(tkr_merged_reader(merged, 1)), 0);
  ask("half");
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_STALLED);
  EXPECT(shard, 0);
  ask("whole");
  next(merged, 0, 1);
}

void check_merged(const char *root, tkr_reader *reader) {
  tkr_merged *merged;
  uint16_t shard = 9;
  size_t count = 9;
  lists(root);
  waiting(reader);
  EXPECT(tkr_merged_open(root, "test", NULL, &merged), TKR_OK);
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_EMPTY);
  EXPECT(shard, 9);
  refusals(root, merged);
  EXPECT(tkr_merged_rescan(merged, &count), TKR_OK);
  EXPECT(count, 0);
  tkr_reader *first = tkr_merged_reader(merged, 0);
  ask("second shard");
  EXPECT(tkr_merged_rescan(merged, &count), TKR_OK);
  EXPECT(count, 1);
  EXPECT(tkr_merged_reader(merged, 0) == first, 1);
  EXPECT(tkr_merged_reader(merged, 1) != NULL, 1);
  /* From its start on: nothing of it is passed over. */
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_RECORD);
  EXPECT(shard, 1);
  EXPECT(record.kind, TKR_KIND_EPOCH_START);
  ask("both shards");
  next(merged, 0, 1);
  next(merged, 1, 2);
  next(merged, 0, 3);
  EXPECT(tkr_merged_poll(merged, &record, &shard), TKR_EMPTY);
  places(merged);
  lane(first);
  loss(merged);
  tkr_merged_close(merged);
  EXPECT(tkr_seek_newest(reader), TKR_OK);
}
