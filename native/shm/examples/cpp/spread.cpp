// A strategy's eyes: spread and order-flow imbalance by instrument, once a second: spread NAME [SECONDS [ROOT]]
//
//   c++ -std=c++17 -O2 spread.cpp $(pkg-config --cflags --libs tickring) -o spread && ./spread tickring
//
// Order-flow imbalance after Cont, Kukanov and Stoikov (2014): what was added to the best bid and taken from the best ask, less
// the opposite, summed over the quotes of the second.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "tickring.hpp"

using Clock = std::chrono::steady_clock;

struct Market {
  std::string symbol;
  double tick = 1, lot = 1;  // Value of one unit of a price and of a quantity.
  tkr_quote quote{};
  long quotes = 0;
  double flow = 0;

  void take(const tkr_quote &next) {
    if (quotes++ > 0) {
      if (next.bid_price >= quote.bid_price) flow += lot * static_cast<double>(next.bid_qty);
      if (next.bid_price <= quote.bid_price) flow -= lot * static_cast<double>(quote.bid_qty);
      if (next.ask_price <= quote.ask_price) flow -= lot * static_cast<double>(next.ask_qty);
      if (next.ask_price >= quote.ask_price) flow += lot * static_cast<double>(quote.ask_qty);
    }
    quote = next;
  }
};
using Markets = std::map<uint32_t, Market>;

static void define(Markets &markets, uint32_t id, const tkr_definition &definition) {
  Market &market = markets[id];
  market.symbol = std::string(tkr_venue_name(definition.venue)) + ' ' + std::string(tickring::symbol(definition));
  market.tick = std::pow(10, definition.price_exponent);
  market.lot = std::pow(10, definition.qty_exponent);
}

static void print(Markets &markets) {
  for (auto &[id, market] : markets) {
    const double spread = market.tick * static_cast<double>(market.quote.ask_price - market.quote.bid_price);
    std::printf("%-24s spread %8.4f  flow %+12.4f  quotes %ld\n", market.symbol.c_str(), spread, market.flow, market.quotes);
    market.flow = 0;
  }
  std::fflush(stdout);
}

int main(int argc, char **argv) try {
  const tickring::Options options{argc > 3 ? argv[3] : "", std::nullopt};
  const long seconds = argc > 2 ? std::atol(argv[2]) : 0;  // 0: for ever.
  tickring::Reader reader(argc > 1 ? argv[1] : "tickring", 0, options);
  tickring::Batch batch(256);
  Markets markets;
  for (uint32_t slot = 0; slot < reader.info().instrument_slots; slot++)
    if (const auto row = reader.instrument(slot)) define(markets, row->id, row->definition);
  auto due = Clock::now() + std::chrono::seconds(1);
  for (long printed = 0; seconds == 0 || printed < seconds;) {
    const auto result = reader.poll(batch);
    for (const tickring::Record &record : batch) {
      if (const auto *definition = record.as_definition()) define(markets, record.instrument, *definition);
      if (const auto *quote = record.as_quote()) markets[record.instrument].take(*quote);
    }
    if (result == tickring::Poll::lapped) std::fprintf(stderr, "lost %llu records\n", static_cast<unsigned long long>(reader.lost()));
    if (result == tickring::Poll::empty) reader.wait(due - Clock::now());
    if (reader.liveness().state == TKR_WRITER_SUPERSEDED) reader.reopen();
    if (Clock::now() >= due) print(markets), printed++, due += std::chrono::seconds(1);
  }
} catch (const tickring::Error &error) {
  std::fprintf(stderr, "spread: %s: %s\n", error.name(), error.what());
  return 1;
}
