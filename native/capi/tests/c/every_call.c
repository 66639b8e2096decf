/* Drives every function of tickring.h against a writer that does what it is asked to: usage `every_call ROOT`. */
#include <time.h>
#include <unistd.h>

#include "every_call.h"

enum { BATCH = 8 };

static tkr_record records[BATCH];

static void pause_ms(long ms) {
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

static tkr_liveness liveness_of(tkr_reader *reader) {
  tkr_liveness told;
  EXPECT(tkr_check_liveness(reader, &told), TKR_OK);
  return told;
}

static tkr_info info_of(tkr_reader *reader) {
  tkr_info info;
  EXPECT(tkr_read_info(reader, &info), TKR_OK);
  return info;
}

static void check_start(tkr_reader *reader) {
  size_t count = 9;
  tkr_info info = info_of(reader);
  EXPECT(info.epoch, 1);
  EXPECT(info.generation, 1);
  EXPECT(info.next_sequence, 2);
  EXPECT(info.lag, 0);
  EXPECT(info.slots, 1024);
  EXPECT(info.skipped, 0);
  EXPECT(info.writer_pid > 0, 1);
  EXPECT(info.instrument_slots, 4);
  EXPECT(info.depth, 5);
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
  EXPECT(tkr_poll_batch(reader, records, BATCH, &count), TKR_EMPTY);
  EXPECT(count, 0);
  EXPECT(tkr_lost(reader), 0);
  EXPECT(liveness_of(reader).state, TKR_WRITER_LIVE);
}

/* Five trades, a record that the writer refuses, two trades: batches end where the caller's array does, and before a loss. */
static void check_batches(tkr_reader *reader) {
  size_t count = 0;
  ask("refused");
  EXPECT(info_of(reader).lag >= 7, 1);
  EXPECT(tkr_poll_batch(reader, records, 3, &count), TKR_RECORD);
  EXPECT(count, 3);
  EXPECT(records[2].trade.trade_id, 3);
  EXPECT(tkr_poll_batch(reader, records, BATCH, &count), TKR_RECORD);
  EXPECT(count, 2);
  EXPECT(tkr_lost(reader), 0);
  EXPECT(tkr_poll_batch(reader, records, BATCH, &count), TKR_LAPPED);
  EXPECT(count, 0);
  EXPECT(tkr_lost(reader), 1);
  EXPECT(tkr_poll_batch(reader, records, BATCH, &count), TKR_RECORD);
  EXPECT(count, 2);
  EXPECT(records[1].trade.trade_id, 8);
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
}

/* 5,000 trades into 1,024 slots: loss and records together are 5,000. */
static void check_lap(tkr_reader *reader) {
  uint64_t from = info_of(reader).next_sequence, read = 0;
  int result;
  ask("lap");
  EXPECT(info_of(reader).lag >= 5000, 1);
  EXPECT(tkr_poll(reader, records), TKR_LAPPED);
  EXPECT(tkr_lost(reader) >= 5000 - 1024, 1);
  while ((result = tkr_poll(reader, records)) == TKR_RECORD) {
    EXPECT(records[0].sequence, from + tkr_lost(reader) + read);
    read++;
  }
  EXPECT(result, TKR_EMPTY);
  EXPECT(tkr_lost(reader) + read, 5000);
  EXPECT(tkr_seek_oldest(reader), TKR_OK);
  EXPECT(tkr_poll(reader, records), TKR_RECORD);
  EXPECT(records[0].sequence >= from + 5000 - 1024, 1);
  EXPECT(tkr_seek_newest(reader), TKR_OK);
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
  EXPECT(info_of(reader).next_sequence, from + 5000);
}

/* A slot that stays half written, a writer that stops turning, one that closes, one that takes over. */
static void check_life(tkr_reader *reader) {
  tkr_liveness told;
  ask("half");
  EXPECT(tkr_poll(reader, records), TKR_STALLED);
  EXPECT(tkr_poll(reader, records), TKR_STALLED);
  ask("whole");
  EXPECT(tkr_poll(reader, records), TKR_RECORD);
  EXPECT(records[0].trade.trade_id, 1);
  ask("beat");
  told = liveness_of(reader);
  EXPECT(told.state, TKR_WRITER_LIVE);
  EXPECT(told.age_ns < UINT64_C(1000000000), 1);
  EXPECT(told.epoch, 1);
  pause_ms(1100);
  told = liveness_of(reader);
  EXPECT(told.state, TKR_WRITER_STALLED);
  EXPECT(told.age_ns >= UINT64_C(1000000000), 1);
  pause_ms(4000);
  EXPECT(liveness_of(reader).state, TKR_WRITER_DEAD);
  ask("close");
  told = liveness_of(reader);
  EXPECT(told.state, TKR_WRITER_CLOSED);
  EXPECT(told.final_sequence, info_of(reader).next_sequence - 1);
  EXPECT(told.age_ns == UINT64_MAX, 1);
  EXPECT(tkr_reopen(reader), TKR_OK);
  EXPECT(info_of(reader).epoch, 1);
  ask("restart");
  pause_ms(300);
  told = liveness_of(reader);
  EXPECT(told.state, TKR_WRITER_SUPERSEDED);
  EXPECT(told.newer_epoch, 2);
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
  EXPECT(tkr_reopen(reader), TKR_OK);
  EXPECT(info_of(reader).epoch, 2);
  EXPECT(tkr_poll(reader, records), TKR_RECORD);
  EXPECT(records[0].kind, TKR_KIND_EPOCH_START);
  EXPECT(records[0].epoch_start.prev_epoch, 1);
  EXPECT(records[0].epoch_start.last_durable, 0);
  EXPECT(records[0].epoch_start.reason, TKR_EPOCH_REASON_RESTART);
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
  ask("remove");
  EXPECT_ERROR(tkr_reopen(reader), TKR_ERROR_NOT_FOUND, "nothing is published");
  EXPECT(tkr_poll(reader, records), TKR_EMPTY);
}

int main(int argc, char **argv) {
  tkr_options options = TKR_OPTIONS_INIT;
  tkr_reader *reader, *second;
  EXPECT(argc, 2);
  check_refusals(argv[1]);
  EXPECT(tkr_open(argv[1], "test", 0, NULL, &reader), TKR_OK);
  check_places(reader);
  check_start(reader);
  ask("kinds");
  check_kinds(reader);
  check_batches(reader);
  check_lap(reader);
  ask("tables");
  check_tables(reader);
  check_books(reader);
  check_merged(argv[1], reader);
  // Readers know nothing of each other; this one trusts by number.
  options.flags = TKR_OPEN_OWNED_BY;
  options.owner_uid = (uint32_t)geteuid();
  EXPECT(tkr_open(argv[1], "test", 0, &options, &second), TKR_OK);
  tkr_close(second);
  check_life(reader);
  tkr_close(reader);
  puts("done");
  return 0;
}
