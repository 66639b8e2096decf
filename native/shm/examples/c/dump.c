/* Trades and quotes as CSV, with exact decimals: dump NAME [RECORDS [ROOT]]
 *
 *   cc -std=c11 dump.c $(pkg-config --cflags --libs tickring) -o dump && ./dump tickring 1000 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tickring.h"

/* mantissa x 10^exponent, digit by digit: no binary fraction can hold 0.1. */
static void print_decimal(int64_t mantissa, int exponent) {
  char digits[32];
  const uint64_t size = mantissa < 0 ? 0 - (uint64_t)mantissa : (uint64_t)mantissa;
  const int places = exponent < 0 ? -exponent : 0;
  const int length = snprintf(digits, sizeof digits, "%0*" PRIu64, places + 1, size);
  printf(",%s%.*s", mantissa < 0 ? "-" : "", length - places, digits);
  if (places > 0) printf(".%s", digits + length - places);
}

/* Definition of an instrument; asked for again when the record before was about another one. */
static const tkr_definition *definition_of(tkr_reader *reader, uint32_t instrument) {
  static tkr_instrument row;
  tkr_info info;
  if (row.id == instrument) return &row.definition;
  if (tkr_read_info(reader, &info) != TKR_OK) return NULL;
  for (uint32_t slot = 0; slot < info.instrument_slots; slot++)
    if (tkr_read_instrument(reader, slot, &row) == TKR_OK && row.id == instrument) return &row.definition;
  row.id = 0;
  return NULL;
}

static void print_record(const tkr_record *record, const tkr_definition *of) {
  printf("%s,%s,%.*s,%" PRIu64 ",%" PRIu64 ",%" PRIu64, tkr_kind_name(record->kind), tkr_venue_name(of->venue), of->symbol_size,
         of->symbol, record->sequence, record->ts_event, record->ts_recv);
  if (record->kind == TKR_KIND_TRADE) {
    print_decimal(record->trade.price, of->price_exponent);
    print_decimal(record->trade.qty, of->qty_exponent);
    printf(",%s,\n", record->flags & TKR_FLAG_AGGRESSOR_SELL ? "sell" : "buy");
  } else {
    print_decimal(record->quote.bid_price, of->price_exponent);
    print_decimal(record->quote.bid_qty, of->qty_exponent);
    print_decimal(record->quote.ask_price, of->price_exponent);
    print_decimal(record->quote.ask_qty, of->qty_exponent);
    puts("");
  }
}

int main(int argc, char **argv) {
  static tkr_record record;
  const char *name = argc > 1 ? argv[1] : "tickring", *root = argc > 3 ? argv[3] : NULL;
  const long long most = argc > 2 ? atoll(argv[2]) : 0; /* 0: for ever */
  tkr_reader *reader;
  if (tkr_open(root, name, 0, NULL, &reader) != TKR_OK) {
    fprintf(stderr, "dump: %s\n", tkr_last_error());
    return 1;
  }
  puts("kind,venue,symbol,sequence,ts_event,ts_recv,price,qty,ask_price_or_side,ask_qty");
  for (long long printed = 0; most == 0 || printed < most;) {
    const int result = tkr_poll(reader, &record);
    if (result == TKR_RECORD && (record.kind == TKR_KIND_TRADE || record.kind == TKR_KIND_QUOTE)) {
      const tkr_definition *definition = definition_of(reader, record.instrument);
      if (definition != NULL) print_record(&record, definition), printed++;
    } else if (result == TKR_LAPPED) {
      fprintf(stderr, "dump: lost %" PRIu64 " records\n", tkr_lost(reader));
    } else if (result != TKR_RECORD) {
      tkr_wait(reader, NULL, 1000000000);
    }
  }
  tkr_close(reader);
  return 0;
}
