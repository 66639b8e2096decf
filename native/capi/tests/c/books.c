/* A book from nothing, from an image, over changes and after a lap. */
#include "every_call.h"

static tkr_record record;
static tkr_level bids[8], asks[8];

static tkr_book_info read_book(const tkr_book *book) {
  tkr_book_info info;
  EXPECT(tkr_book_read(book, &info, bids, asks, 8), TKR_OK);
  return info;
}

/* The next record, given to a book. */
static int follow(tkr_reader *reader, tkr_book *book, uint8_t kind) {
  EXPECT(tkr_poll(reader, &record), TKR_RECORD);
  EXPECT(record.kind, kind);
  return tkr_book_apply(book, reader, &record);
}

static void refusals(tkr_reader *reader, tkr_book *book) {
  tkr_book_info info;
  tkr_book *none;
  EXPECT_ERROR(tkr_book_open(reader, 2, NULL), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_book_open(reader, 4, &none), TKR_ERROR_ARGUMENT, "slot 4 is not below 4");
  EXPECT(none == NULL, 1);
  EXPECT_ERROR(tkr_book_apply(book, NULL, &record), TKR_ERROR_ARGUMENT, "reader is NULL");
  EXPECT_ERROR(tkr_book_apply(book, reader, NULL), TKR_ERROR_ARGUMENT, "record is NULL");
  EXPECT_ERROR(tkr_book_join(book, NULL), TKR_ERROR_ARGUMENT, "reader is NULL");
  EXPECT_ERROR(tkr_book_read(book, NULL, NULL, NULL, 0), TKR_ERROR_ARGUMENT, "out is NULL");
  EXPECT_ERROR(tkr_book_read(book, &info, bids, NULL, 1), TKR_ERROR_ARGUMENT, "asks is NULL");
  memset(&record, 0, sizeof record);
  record.instrument = 77;
  record.kind = 99;
  EXPECT_ERROR(tkr_book_apply(book, reader, &record), TKR_ERROR_ARGUMENT, "record of kind 99");
  record.kind = TKR_KIND_BOOK_DELTA;
  record.book.bid_count = 129;
  EXPECT_ERROR(tkr_book_apply(book, reader, &record), TKR_ERROR_ARGUMENT, "record of kind 3");
}

static void from_nothing(tkr_reader *reader, tkr_book *book) {
  tkr_book_info info = read_book(book);
  EXPECT(info.state, TKR_BOOK_WAITING);
  EXPECT(info.slot, 2);
  EXPECT(info.instrument, 77);
  EXPECT(info.bid_levels + info.ask_levels + info.bid_count + info.ask_count, 0);
  EXPECT(tkr_book_hash(book), 0);
  EXPECT(tkr_book_join(book, reader), TKR_NONE);
  ask("whole book");
  EXPECT(follow(reader, book, TKR_KIND_BOOK_SNAPSHOT), TKR_REBUILT);
  EXPECT(tkr_book_apply(book, reader, &record), TKR_UNCHANGED);
  EXPECT(follow(reader, book, TKR_KIND_STATUS), TKR_UNCHANGED);
  info = read_book(book);
  EXPECT(info.state, TKR_BOOK_LIVE);
  EXPECT(info.price_exponent, -8);
  EXPECT(info.qty_exponent, -3);
  EXPECT(info.last_update_id, 14);
  EXPECT(info.sequence, record.sequence);
  EXPECT(info.bid_levels, 3);
  EXPECT(info.ask_levels, 4);
  EXPECT(info.bid_count, 3);
  EXPECT(info.ask_count, 4);
  EXPECT(info.joins, 1);
  EXPECT(info.checks + info.failures, 0);
  EXPECT(bids[0].price, 10);
  EXPECT(bids[2].qty, 80);
  EXPECT(asks[0].price, 11);
  EXPECT(tkr_book_read(book, &info, bids, asks, 1), TKR_OK);
  EXPECT(info.bid_count + info.ask_count, 2);
  EXPECT(info.ask_levels, 4);
}

static void change(tkr_reader *reader, tkr_book *book, tkr_book *joined) {
  EXPECT(read_book(joined).joins, 1);
  EXPECT(read_book(joined).state, TKR_BOOK_LIVE);
  EXPECT(tkr_book_hash(joined) == tkr_book_hash(book), 1);
  ask("book change");
  EXPECT(follow(reader, book, TKR_KIND_BOOK_DELTA), TKR_CHANGED);
  EXPECT(tkr_book_hash(joined) == tkr_book_hash(book), 0);
  EXPECT(tkr_book_apply(joined, reader, &record), TKR_CHANGED);
  EXPECT(tkr_book_hash(joined) == tkr_book_hash(book), 1);
  EXPECT(read_book(book).last_update_id, 15);
  EXPECT(bids[0].price, 9);
  EXPECT(bids[2].price, 3);
  EXPECT(asks[0].qty, 500);
  record.instrument = 78;
  EXPECT(tkr_book_apply(book, reader, &record), TKR_UNCHANGED);
  EXPECT(tkr_book_join(book, reader), TKR_OK);
  EXPECT(read_book(book).joins, 2);
}

/* The ring no longer holds what followed the image, so that nothing is known until there is a new book. */
static void lap(tkr_reader *reader, tkr_book *book) {
  ask("lap");
  EXPECT(tkr_poll(reader, &record), TKR_LAPPED);
  EXPECT(follow(reader, book, TKR_KIND_TRADE), TKR_LOST);
  EXPECT(follow(reader, book, TKR_KIND_TRADE), TKR_UNCHANGED);
  EXPECT(read_book(book).state, TKR_BOOK_WAITING);
  EXPECT(tkr_seek_newest(reader), TKR_OK);
  ask("whole book");
  EXPECT(follow(reader, book, TKR_KIND_BOOK_SNAPSHOT), TKR_REBUILT);
  EXPECT(read_book(book).state, TKR_BOOK_LIVE);
  EXPECT(follow(reader, book, TKR_KIND_STATUS), TKR_UNCHANGED);
}

void check_books(tkr_reader *reader) {
  tkr_book *book, *joined;
  EXPECT(tkr_book_open(reader, 2, &book), TKR_OK);
  refusals(reader, book);
  from_nothing(reader, book);
  EXPECT(tkr_book_open(reader, 2, &joined), TKR_OK);
  change(reader, book, joined);
  tkr_book_close(joined);
  lap(reader, book);
  tkr_book_close(book);
  tkr_book_close(NULL);
}
