// Tickring's shared-memory readers in C++17: tickring.h with owners, accessors and ranges. Header only; link libtickring.
//
//   tickring::Reader reader("tickring");
//   tickring::Batch batch(256);
//   for (;;) switch (reader.poll(batch)) {
//     case tickring::Poll::record: for (const tickring::Record &record : batch) if (auto *trade = record.as_trade()) use(*trade); break;
//     case tickring::Poll::lapped: std::cerr << "lost " << reader.lost() << " records\n"; break;
//     default: break;
//   }
//
// Opening throws tickring::Error; nothing else throws, but for memory that runs out. What tickring.h says of threads and of
// memory holds here too.
#ifndef TICKRING_HPP
#define TICKRING_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tickring.h"

namespace tickring {

/// A reader could not be opened: the sentence of the library, and one of TKR_ERROR_*.
class Error : public std::runtime_error {
 public:
  Error(int result, const char *text) : std::runtime_error(text), result_(result) {}
  int result() const noexcept { return result_; }
  /// As in `SHM_NOT_FOUND`.
  const char *name() const noexcept { return tkr_result_name(result_); }

 private:
  int result_;
};

/// What a poll gives.
enum class Poll : int {
  record = TKR_RECORD,
  empty = TKR_EMPTY,
  lapped = TKR_LAPPED,
  stalled = TKR_STALLED,
  /// The reader was moved away.
  no_reader = TKR_ERROR_ARGUMENT,
  /// A fault of the library was caught.
  internal = TKR_ERROR_INTERNAL,
};

/// A run of price levels.
class Levels {
 public:
  Levels(const tkr_level *first, std::size_t count) noexcept : first_(first), count_(count) {}
  const tkr_level *begin() const noexcept { return first_; }
  const tkr_level *end() const noexcept { return first_ + count_; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  const tkr_level &operator[](std::size_t index) const noexcept { return first_[index]; }

 private:
  const tkr_level *first_;
  std::size_t count_;
};

/// One record; `as_…` is null for records of another kind.
struct Record : tkr_record {
  bool has(tkr_flag bit) const noexcept { return (flags & bit) != 0; }
  const tkr_trade *as_trade() const noexcept { return kind == TKR_KIND_TRADE ? &trade : nullptr; }
  const tkr_quote *as_quote() const noexcept { return kind == TKR_KIND_QUOTE ? &quote : nullptr; }
  const tkr_book_change *as_book() const noexcept {
    return kind == TKR_KIND_BOOK_DELTA || kind == TKR_KIND_BOOK_SNAPSHOT ? &book : nullptr;
  }
  const tkr_stats *as_stats() const noexcept { return kind == TKR_KIND_STATS_24H ? &stats : nullptr; }
  const tkr_definition *as_definition() const noexcept { return kind == TKR_KIND_INSTRUMENT ? &definition : nullptr; }
  const tkr_status *as_status() const noexcept { return kind == TKR_KIND_STATUS ? &status : nullptr; }
  const tkr_gap *as_gap() const noexcept { return kind == TKR_KIND_GAP ? &gap : nullptr; }
  const tkr_epoch_start *as_epoch_start() const noexcept { return kind == TKR_KIND_EPOCH_START ? &epoch_start : nullptr; }
  const tkr_reference_price *as_mark_price() const noexcept {
    return kind == TKR_KIND_MARK_PRICE ? &reference_price : nullptr;
  }
  const tkr_reference_price *as_index_price() const noexcept {
    return kind == TKR_KIND_INDEX_PRICE ? &reference_price : nullptr;
  }
  const tkr_funding *as_funding() const noexcept { return kind == TKR_KIND_FUNDING ? &funding : nullptr; }
  const tkr_open_interest *as_open_interest() const noexcept {
    return kind == TKR_KIND_OPEN_INTEREST ? &open_interest : nullptr;
  }
  const tkr_liquidation *as_liquidation() const noexcept { return kind == TKR_KIND_LIQUIDATION ? &liquidation : nullptr; }
  const tkr_trading_status *as_trading_status() const noexcept {
    return kind == TKR_KIND_TRADING_STATUS ? &trading_status : nullptr;
  }
  const tkr_bar *as_bar() const noexcept { return kind == TKR_KIND_BAR ? &bar : nullptr; }
};
static_assert(sizeof(Record) == sizeof(tkr_record), "a Record adds nothing to tkr_record");

/// Levels of a book record.
inline Levels bids(const tkr_book_change &change) noexcept { return {change.levels, change.bid_count}; }
inline Levels asks(const tkr_book_change &change) noexcept { return {change.levels + change.bid_count, change.ask_count}; }
/// The venue's spelling.
inline std::string_view symbol(const tkr_definition &definition) noexcept { return {definition.symbol, definition.symbol_size}; }

/// Room for records, made once and filled again and again; a range over those of the last poll.
class Batch {
 public:
  explicit Batch(std::size_t capacity) : records_(new Record[capacity > 0 ? capacity : 1]), capacity_(capacity > 0 ? capacity : 1) {}
  const Record *begin() const noexcept { return records_.get(); }
  const Record *end() const noexcept { return records_.get() + size_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  friend class Reader;
  std::unique_ptr<Record[]> records_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

/// `Info` with up to `most` levels a side beside it, made once and filled again and again.
template <class Info>
struct WithLevels : Info {
  explicit WithLevels(std::size_t most = 20) : Info{}, bids_(most), asks_(most) {}
  Levels bids() const noexcept { return {bids_.data(), this->bid_count}; }
  Levels asks() const noexcept { return {asks_.data(), this->ask_count}; }

 private:
  friend class Reader;
  friend class Book;
  std::vector<tkr_level> bids_, asks_;
};
/// The newest state of an instrument.
using Latest = WithLevels<tkr_latest>;
/// A book that is built, and its best levels.
using Depth = WithLevels<tkr_book_info>;

/// Where engines are looked for, and whose files are trusted.
struct Options {
  /// Directory of all engines; empty for /dev/shm/tickring.
  std::string root;
  /// Whose files are trusted beside root's; this process's user where absent.
  std::optional<uint32_t> owner_uid;
};

namespace detail {
inline const char *root(const Options &options) noexcept { return options.root.empty() ? nullptr : options.root.c_str(); }
inline tkr_options trust(const Options &options) noexcept {
  tkr_options trust = TKR_OPTIONS_INIT;
  if (options.owner_uid) {
    trust.flags = TKR_OPEN_OWNED_BY;
    trust.owner_uid = *options.owner_uid;
  }
  return trust;
}
inline void check(int result) {
  if (result != TKR_OK) throw Error(result, tkr_last_error());
}
inline uint64_t nanoseconds(std::chrono::nanoseconds time) noexcept {
  return time.count() > 0 ? static_cast<uint64_t>(time.count()) : 0;
}
}  // namespace detail

/// An open reader of one shard; can be moved, not copied.
class Reader {
 public:
  /// Opens a shard; throws Error.
  explicit Reader(const std::string &name, uint32_t shard = 0, const Options &options = {}) {
    const tkr_options trust = detail::trust(options);
    tkr_reader *opened = nullptr;
    detail::check(tkr_open(detail::root(options), name.c_str(), shard, &trust, &opened));
    reader_.reset(opened);
  }

  Poll poll(Record &record) noexcept { return static_cast<Poll>(tkr_poll(reader_.get(), &record)); }
  Poll poll(Batch &batch) noexcept {
    return static_cast<Poll>(tkr_poll_batch(reader_.get(), batch.records_.get(), batch.capacity_, &batch.size_));
  }
  /// Exactly how many records the lap told last has lost.
  uint64_t lost() const noexcept { return tkr_lost(reader_.get()); }

  void seek_oldest() noexcept { tkr_seek_oldest(reader_.get()); }
  void seek_newest() noexcept { tkr_seek_newest(reader_.get()); }
  /// Follows a newer writer: TKR_OK, or why not; the reader then stays as it was.
  int reopen() noexcept { return tkr_reopen(reader_.get()); }

  /// Waits for a record, at most so long; false if there is none then. Blocks if the engine has a waker, see tickring.h.
  bool wait(std::chrono::nanoseconds timeout, const tkr_waiting &how = TKR_WAITING_INIT) noexcept {
    return tkr_wait(reader_.get(), &how, detail::nanoseconds(timeout)) == TKR_OK;
  }

  tkr_liveness liveness() noexcept {
    tkr_liveness told{};
    tkr_check_liveness(reader_.get(), &told);
    return told;
  }
  tkr_info info() noexcept {
    tkr_info told{};
    tkr_read_info(reader_.get(), &told);
    return told;
  }

  /// Copies the newest state of a slot; false where there is none.
  bool latest(uint32_t slot, Latest &latest) noexcept {
    return tkr_read_latest(reader_.get(), slot, &latest, latest.bids_.data(), latest.asks_.data(), latest.bids_.size()) == TKR_OK;
  }
  std::optional<tkr_instrument> instrument(uint32_t slot) noexcept {
    tkr_instrument row;
    if (tkr_read_instrument(reader_.get(), slot, &row) != TKR_OK) return std::nullopt;
    return row;
  }
  /// By the venue's spelling; any venue for 0.
  std::optional<tkr_instrument> find(const std::string &symbol, uint16_t venue = 0) noexcept {
    tkr_instrument row;
    if (tkr_find_instrument(reader_.get(), venue, symbol.c_str(), &row) != TKR_OK) return std::nullopt;
    return row;
  }
  /// One of TKR_COUNTER_*; 0 where this writer has none.
  uint64_t counter(tkr_counter index) {
    std::vector<uint64_t> values(static_cast<std::size_t>(index) + 1);
    std::size_t count = 0;
    tkr_read_counters(reader_.get(), values.data(), values.size(), &count);
    return values.back();
  }
  /// A value in ns that this share of all values does not exceed.
  uint64_t quantile_ns(tkr_stage stage, double share) noexcept {
    tkr_histogram sums;
    uint64_t value = 0;
    tkr_read_histogram(reader_.get(), stage, &sums, &share, &value, 1);
    return value;
  }

  /// For the calls of tickring.h that have no method here.
  tkr_reader *handle() noexcept { return reader_.get(); }

 private:
  friend class Merged;
  explicit Reader(tkr_reader *lane) noexcept : reader_(lane) {}
  struct Close {
    void operator()(tkr_reader *reader) const noexcept { tkr_close(reader); }
  };
  std::unique_ptr<tkr_reader, Close> reader_;
};

/// What a record did to a book.
enum class Applied : int {
  unchanged = TKR_UNCHANGED,
  changed = TKR_CHANGED,
  rebuilt = TKR_REBUILT,
  lost = TKR_LOST,
  /// The book or its reader was moved away, or no poll has filled the record.
  refused = TKR_ERROR_ARGUMENT,
  /// A fault of the library was caught.
  internal = TKR_ERROR_INTERNAL,
};

/// A full-depth book of one instrument; can be moved, not copied. Give it every record that its reader polls.
class Book {
 public:
  /// The instrument in this slot; throws Error.
  Book(Reader &reader, uint32_t slot) {
    tkr_book *opened = nullptr;
    detail::check(tkr_book_open(reader.handle(), slot, &opened));
    book_.reset(opened);
  }

  Applied apply(Reader &reader, const Record &record) noexcept {
    return static_cast<Applied>(tkr_book_apply(book_.get(), reader.handle(), &record));
  }
  /// Builds it from its image anew; false if there is none.
  bool join(Reader &reader) noexcept { return tkr_book_join(book_.get(), reader.handle()) == TKR_OK; }
  /// Copies its best levels; false if it was moved away.
  bool read(Depth &depth) const noexcept {
    return tkr_book_read(book_.get(), &depth, depth.bids_.data(), depth.asks_.data(), depth.bids_.size()) == TKR_OK;
  }
  uint64_t hash() const noexcept { return tkr_book_hash(book_.get()); }

 private:
  struct Close {
    void operator()(tkr_book *book) const noexcept { tkr_book_close(book); }
  };
  std::unique_ptr<tkr_book, Close> book_;
};

/// All shards of an engine, read as one; can be moved, not copied.
class Merged {
 public:
  /// Opens all shards published so far; throws Error.
  explicit Merged(const std::string &name, const Options &options = {}) {
    const tkr_options trust = detail::trust(options);
    tkr_merged *opened = nullptr;
    detail::check(tkr_merged_open(detail::root(options), name.c_str(), &trust, &opened));
    merged_.reset(opened);
  }

  /// The next record of any shard; `shard` tells which, but for Poll::empty.
  Poll poll(Record &record, uint16_t &shard) noexcept {
    return static_cast<Poll>(tkr_merged_poll(merged_.get(), &record, &shard));
  }
  void seek_oldest() noexcept { tkr_merged_seek_oldest(merged_.get()); }
  void seek_newest() noexcept { tkr_merged_seek_newest(merged_.get()); }

  /// Waits for a record of any shard, at most so long; false if there is none then. With more than one shard it never blocks.
  bool wait(std::chrono::nanoseconds timeout, const tkr_waiting &how = TKR_WAITING_INIT) noexcept {
    return tkr_merged_wait(merged_.get(), &how, detail::nanoseconds(timeout)) == TKR_OK;
  }
  /// Opens shards that have begun to publish since: TKR_OK, or why not.
  int rescan() noexcept {
    std::size_t count = 0;
    return tkr_merged_rescan(merged_.get(), &count);
  }
  /// Numbers of the open shards.
  std::vector<uint16_t> shards() const {
    std::size_t count = 0;
    detail::check(tkr_merged_shards(merged_.get(), nullptr, 0, &count));
    std::vector<uint16_t> numbers(count);
    detail::check(tkr_merged_shards(merged_.get(), numbers.data(), numbers.size(), &count));
    return numbers;
  }
  /// A shard's reader for everything but records; not to be used after this object. Without a shard all of it refuses.
  Reader reader(uint16_t shard) noexcept { return Reader(tkr_merged_reader(merged_.get(), shard)); }

 private:
  struct Close {
    void operator()(tkr_merged *merged) const noexcept { tkr_merged_close(merged); }
  };
  std::unique_ptr<tkr_merged, Close> merged_;
};

/// Engines that publish, or have published; throws Error.
inline std::vector<std::string> engines(const Options &options = {}) {
  std::size_t count = 0, room;
  std::vector<tkr_name> names;
  do {
    names.resize(room = count);
    detail::check(tkr_list_engines(detail::root(options), names.data(), room, &count));
  } while (count > room);
  std::vector<std::string> texts;
  for (std::size_t index = 0; index < count; index++) texts.emplace_back(names[index].text);
  return texts;
}

/// Shards of an engine; throws Error.
inline std::vector<uint16_t> shards(const std::string &name, const Options &options = {}) {
  std::size_t count = 0, room;
  std::vector<uint16_t> numbers;
  do {
    numbers.resize(room = count);
    detail::check(tkr_list_shards(detail::root(options), name.c_str(), numbers.data(), room, &count));
  } while (count > room);
  numbers.resize(count);
  return numbers;
}

}  // namespace tickring

#endif
