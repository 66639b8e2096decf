// simdjson, On-Demand and DOM, with the sorted vectors that a careful user would keep. ../README.md describes the protocol.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "simdjson.h"

namespace {

using simdjson::padded_string;
namespace ondemand = simdjson::ondemand;
namespace dom = simdjson::dom;

constexpr int64_t kUnit = 100'000'000;
constexpr size_t kTopLevels = 20;

/// Reads a decimal as an integer of 10^-8.
int64_t fixed(std::string_view text) {
  static constexpr int64_t kPowers[] = {100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  int64_t value = 0;
  unsigned decimals = 0, after = 0;
  for (const char byte : text) {
    if (byte == '.') {
      after = 1;
      continue;
    }
    const unsigned digit = static_cast<unsigned char>(byte) - '0';
    if (digit > 9) throw std::runtime_error("no decimal number: " + std::string(text));
    value = value * 10 + digit;
    decimals += after;
  }
  return value * kPowers[decimals];
}

std::string text(int64_t value) {
  char buffer[48];
  snprintf(buffer, sizeof buffer, "%lld.%08lld", static_cast<long long>(value / kUnit), static_cast<long long>(value % kUnit));
  return buffer;
}

/// One side by ascending key; keys of asks are negated, so that the best is last.
struct Side {
  std::vector<int64_t> keys, quantities;

  void set(int64_t key, int64_t qty) {
    const auto found = std::lower_bound(keys.begin(), keys.end(), key);
    const auto at = found - keys.begin();
    const bool present = found != keys.end() && *found == key;
    if (present && qty != 0) {
      quantities[at] = qty;
    } else if (present) {
      keys.erase(found);
      quantities.erase(quantities.begin() + at);
    } else if (qty != 0) {
      keys.insert(found, key);
      quantities.insert(quantities.begin() + at, qty);
    }
  }
};

struct Book {
  Side bids, asks;

  void set(bool bid, int64_t price, int64_t qty) { bid ? bids.set(price, qty) : asks.set(-price, qty); }

  int64_t best() const { return bids.keys.back() + asks.keys.back(); }

  static std::string top(const Side& side) {
    std::string out = "[";
    for (size_t count = 0; count < std::min(kTopLevels, side.keys.size()); ++count) {
      const size_t at = side.keys.size() - 1 - count;
      out += (count ? ",[\"" : "[\"") + text(std::abs(side.keys[at])) + "\",\"" + text(side.quantities[at]) + "\"]";
    }
    return out + "]";
  }
};

/// The venue's rule: the first delta spans the snapshot, each further one names its predecessor.
struct Sequence {
  uint64_t last = 0;
  bool joined = false;

  void check(uint64_t first, uint64_t final, uint64_t prev) {
    if (!(joined ? prev == last : first <= last && last <= final)) throw std::runtime_error("a hole in the update ids");
    last = final;
    joined = true;
  }
};

struct Corpus {
  std::string bytes;
  std::vector<std::string_view> frames;
  padded_string snapshot;
};

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Corpus load(const std::string& stem) {
  Corpus corpus{slurp(stem + ".frames"), {}, padded_string(slurp(stem + ".snapshot.json"))};
  const size_t size = corpus.bytes.size();
  // The parser may read so far behind a frame.
  corpus.bytes.resize(size + simdjson::SIMDJSON_PADDING);
  for (size_t at = 0; at < size;) {
    uint32_t length;
    memcpy(&length, &corpus.bytes[at + 8], sizeof length);
    corpus.frames.push_back(std::string_view(corpus.bytes).substr(at + 12, length));
    at += 12 + length;
  }
  return corpus;
}

struct Contender {
  virtual ~Contender() = default;
  virtual void begin(const Corpus& corpus) = 0;
  virtual double frames(const std::string_view* first, const std::string_view* last) = 0;
  virtual std::string top() const = 0;
};

volatile int64_t sink;

uint64_t cpu_ns() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

template <class Level>
void apply_on_demand(ondemand::object data, const char* name, Level level) {
  for (ondemand::array pair : data[name].get_array()) {
    auto cell = pair.begin();
    const std::string_view price = (*cell).get_string();
    const int64_t key = fixed(price);
    ++cell;
    const std::string_view qty = (*cell).get_string();
    level(key, fixed(qty));
  }
}

template <class Level>
void apply_dom(dom::element data, const char* name, Level level) {
  for (const dom::element pair : data[name].get_array()) {
    auto cell = pair.get_array().begin();
    const int64_t key = fixed(*cell);
    ++cell;
    level(key, fixed(*cell));
  }
}

struct Simdjson : Contender {
  bool keeps, on_demand;
  Book book;
  Sequence sequence;
  ondemand::parser parser;
  dom::parser dom_parser;

  Simdjson(bool keeps, bool on_demand) : keeps(keeps), on_demand(on_demand) {}

  void begin(const Corpus& corpus) override {
    dom::parser whole;
    const dom::element snapshot = whole.parse(corpus.snapshot);
    book = {};
    sequence = {snapshot["lastUpdateId"].get_uint64(), false};
    apply_dom(snapshot, "bids", [&](int64_t price, int64_t qty) { book.set(true, price, qty); });
    apply_dom(snapshot, "asks", [&](int64_t price, int64_t qty) { book.set(false, price, qty); });
  }

  template <bool kKeeps, bool kOnDemand>
  void frame(std::string_view bytes) {
    int64_t sum = 0;
    const auto level = [&](bool bid) {
      return [&, bid](int64_t price, int64_t qty) {
        if constexpr (kKeeps) book.set(bid, price, qty);
        else sum += price ^ qty;
      };
    };
    if constexpr (kOnDemand) {
      auto document = parser.iterate(bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING);
      ondemand::object data = document["data"].get_object();
      const uint64_t first = data["U"], final = data["u"], prev = data["pu"];
      if constexpr (kKeeps) sequence.check(first, final, prev);
      apply_on_demand(data, "b", level(true));
      apply_on_demand(data, "a", level(false));
    } else {
      const dom::element root = dom_parser.parse(bytes.data(), bytes.size(), false);
      const dom::element data = root["data"];
      if constexpr (kKeeps) sequence.check(data["U"], data["u"], data["pu"]);
      apply_dom(data, "b", level(true));
      apply_dom(data, "a", level(false));
    }
    if constexpr (kKeeps) sum = book.best();
    sink = sum;
  }

  template <bool kKeeps, bool kOnDemand>
  double run(const std::string_view* first, const std::string_view* last) {
    const uint64_t start = cpu_ns();
    for (const auto* bytes = first; bytes != last; ++bytes) frame<kKeeps, kOnDemand>(*bytes);
    return double(cpu_ns() - start) / double(last - first);
  }

  double frames(const std::string_view* first, const std::string_view* last) override {
    if (!keeps) return run<false, true>(first, last);
    return on_demand ? run<true, true>(first, last) : run<true, false>(first, last);
  }

  std::string top() const override { return keeps ? "[" + Book::top(book.bids) + "," + Book::top(book.asks) + "]" : "null"; }
};

/// ns a frame. The first frame, at which book and snapshot join, is not timed.
double pass(Contender& contender, const Corpus& corpus) {
  contender.begin(corpus);
  const auto* first = corpus.frames.data();
  contender.frames(first, first + 1);
  return contender.frames(first + 1, first + corpus.frames.size());
}

std::string answer(const std::string& line, Contender& contender, const Corpus& corpus) {
  if (line.rfind("block ", 0) != 0) {
    pass(contender, corpus);
    return "{\"top\":" + contender.top() + "}";
  }
  const double wanted = std::stod(line.substr(line.rfind(' ') + 1));
  std::vector<double> passes;
  for (double spent = 0; passes.empty() || spent < wanted; spent += passes.back() * double(corpus.frames.size()))
    passes.push_back(pass(contender, corpus));
  std::sort(passes.begin(), passes.end());
  return "{\"ns_per_frame\":" + std::to_string(passes[passes.size() / 2]) + ",\"passes\":" + std::to_string(passes.size()) + "}";
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 3) throw std::runtime_error("usage: PROGRAM DIRECTORY SYMBOL");
  const Corpus corpus = load(std::string(arguments[1]) + "/" + arguments[2]);
  Simdjson parse(false, true), on_demand(true, true), tree(true, false);
  const std::map<std::string, Contender*> contenders = {
      {"simdjson-parse", &parse}, {"simdjson-ondemand", &on_demand}, {"simdjson-dom", &tree}};
  const std::string version = std::string(SIMDJSON_VERSION) + " " + std::string(simdjson::get_active_implementation()->name());
  std::string names, versions;
  for (const auto& [name, contender] : contenders) {
    names += (names.empty() ? "\"" : ",\"") + name + "\"";
    versions += (versions.empty() ? "\"" : ",\"") + name + "\":\"" + version + "\"";
  }
  std::cout << "{\"names\":[" << names << "],\"versions\":{" << versions << "}}" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const size_t at = line.find(' ') + 1;
    const auto found = contenders.find(line.substr(at, line.find(' ', at) - at));
    if (found == contenders.end()) {
      std::cout << "{\"error\":\"no such contender\"}" << std::endl;
      continue;
    }
    std::cout << answer(line, *found->second, corpus) << std::endl;
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
