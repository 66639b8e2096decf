//! Structs of the C interface, as one table: printed to C and to Rust, so that neither side is written by hand.

use tickring_core::event::{Kind, LEVELS_PER_EVENT_MAX};
use tickring_shm::NAME_SIZE_MAX;
use tickring_shm::payload::{Field, fields, words};
use tickring_shm::record::CANONICAL_HEAD_SIZE;

/// One member. `base` is a Rust integer, `char`, or the name of a struct of this table; `count` is 0 where it is no array.
pub struct Member {
    pub name: String,
    pub base: &'static str,
    pub count: usize,
    pub doc: String,
}

/// One struct, without hidden padding.
pub struct Struct {
    pub name: &'static str,
    pub doc: &'static str,
    pub members: Vec<Member>,
}

/// Names of the payload structs by kind; both kinds of book share one.
pub const PAYLOADS: &[(Kind, &str, &str, &str)] = &[
    (Kind::Trade, "tkr_trade", "trade", "TKR_KIND_TRADE."),
    (Kind::Quote, "tkr_quote", "quote", "TKR_KIND_QUOTE: best bid and ask as the venue publishes them."),
    (
        Kind::BookDelta,
        "tkr_book_change",
        "book",
        "TKR_KIND_BOOK_DELTA (0 removes) and _BOOK_SNAPSHOT (best first; part 0 clears).",
    ),
    (Kind::Stats24h, "tkr_stats", "stats", "TKR_KIND_STATS_24H: rolling 24-hour figures from the trades seen."),
    (Kind::Instrument, "tkr_definition", "definition", "TKR_KIND_INSTRUMENT: definition of an instrument."),
    (Kind::Status, "tkr_status", "status", "TKR_KIND_STATUS: state of a connection, subscription or book."),
    (Kind::Gap, "tkr_gap", "gap", "TKR_KIND_GAP: venue ids that were never received, exactly first to last."),
    (Kind::EpochStart, "tkr_epoch_start", "epoch_start", "TKR_KIND_EPOCH_START: first record of a writer."),
    (
        Kind::MarkPrice,
        "tkr_reference_price",
        "reference_price",
        "TKR_KIND_MARK_PRICE (positions are valued at it) and _INDEX_PRICE (of the underlying).",
    ),
    (Kind::Funding, "tkr_funding", "funding", "TKR_KIND_FUNDING: what holders of a perpetual future pay each other."),
    (Kind::OpenInterest, "tkr_open_interest", "open_interest", "TKR_KIND_OPEN_INTEREST: contracts that are open."),
    (
        Kind::Liquidation,
        "tkr_liquidation",
        "liquidation",
        "TKR_KIND_LIQUIDATION: an order that closes a position without margin.",
    ),
    (Kind::TradingStatus, "tkr_trading_status", "trading_status", "TKR_KIND_TRADING_STATUS: whether a market trades."),
    (Kind::Bar, "tkr_bar", "bar", "TKR_KIND_BAR: a bar as the venue counts it, not from our trades."),
];

/// Members of a record before its payload: name, type, offset, doc. The same bytes as `Record::encode`.
pub const RECORD_HEAD: &[(&str, &str, usize, &str)] = &[
    ("size", "u32", 0, "Bytes of this record that are filled, from its first."),
    ("kind", "u8", 4, "One of TKR_KIND_*; says which member of the union holds."),
    ("reserved", "u8", 5, "0."),
    ("flags", "u16", 6, "Bits of TKR_FLAG_*."),
    ("instrument", "u32", 8, "Instrument id; 0 when the record is about a connection."),
    ("index", "u32", 12, "Index among the records of its input, from 0."),
    ("sequence", "u64", 16, "Its number, +1 each."),
    ("frame_seq", "u64", 24, "Number of the input within the shard."),
    ("ts_event", "u64", 32, "Venue's time, ns since the UNIX epoch; 0 with TKR_FLAG_NO_TS_EVENT."),
    ("ts_recv", "u64", 40, "When the input reached the engine, ns since the UNIX epoch."),
    ("ts_out", "u64", 48, "When the input's first record reached the ring, ns since the UNIX epoch."),
];

/// Bytes of an integer, of a struct, or of an array of them.
pub fn size_of(structs: &[Struct], base: &str, count: usize) -> usize {
    let one = match base {
        "u8" | "i8" | "char" => 1,
        "u16" => 2,
        "u32" => 4,
        "u64" | "i64" => 8,
        name => {
            let of_name = structs.iter().find(|known| known.name == name).expect("invariant: a struct stands before its use");
            of_name.members.iter().map(|member| size_of(structs, member.base, member.count)).sum()
        }
    };
    one * count.max(1)
}

/// Offsets of a struct's members, in their order, and its size. There is no hidden padding to be reckoned with.
pub fn offsets(structs: &[Struct], of: &Struct) -> (Vec<usize>, usize) {
    let mut end = 0;
    let starts = of.members.iter().map(|member| {
        let start = end;
        let alignment = size_of(structs, member.base, 0).min(8);
        assert!(start % alignment == 0, "{}.{} at {start} would be padded", of.name, member.name);
        end += size_of(structs, member.base, member.count);
        start
    });
    let starts = starts.collect();
    assert!(end % 8 == 0, "{} of {end} bytes would be padded", of.name);
    (starts, end)
}

/// Every struct but the record, each before its first use.
pub fn structs() -> Vec<Struct> {
    let level =
        [("price", "i64", 0, "Price mantissa."), ("qty", "i64", 0, "Quantity mantissa; in a delta 0 removes the level.")];
    let mut structs = vec![new("tkr_level", "One price level.", &level)];
    structs.extend(PAYLOADS.iter().map(|&(kind, name, _, doc)| payload(kind, name, doc)));
    structs.extend([
        new("tkr_options", "What `tkr_open` takes beyond names; begin with TKR_OPTIONS_INIT.", OPTIONS),
        new("tkr_waiting", "How `tkr_wait` waits, one after the other; begin with TKR_WAITING_INIT.", WAITING),
        new("tkr_name", "Name of an engine.", NAME),
        new("tkr_liveness", "How the writer is doing, by this process's own monotonic clock.", LIVENESS),
        new("tkr_info", "Where a reader stands, and what it reads.", INFO),
        new("tkr_instrument", "A row of the instrument table.", INSTRUMENT),
        new("tkr_latest", "The newest state of an instrument; its levels are copied beside it.", LATEST),
        new("tkr_book_info", "What a book is, and how it came to be.", BOOK),
        new("tkr_histogram", "A latency histogram of the writer.", HISTOGRAM),
    ]);
    structs
}

type Row = (&'static str, &'static str, usize, &'static str);

const OPTIONS: &[Row] = &[
    ("struct_size", "u32", 0, "sizeof(tkr_options), as the caller was compiled with."),
    ("flags", "u32", 0, "Bits of TKR_OPEN_*."),
    ("owner_uid", "u32", 0, "With TKR_OPEN_OWNED_BY: whose files are trusted beside root's. Else: this process's user."),
    ("reserved", "u32", 0, "0."),
];

const WAITING: &[Row] = &[
    ("spin_ns", "u64", 0, "Looks without pause for so long: some tens of ns behind the writer, at the price of a core."),
    ("yield_ns", "u64", 0, "Then gives its turn away between looks for so long: as fast on an idle core."),
    ("sleep_ns", "u64", 0, "Then sleeps so long between looks; the kernel adds about 50 us to short ones."),
    ("flags", "u32", 0, "Bits of TKR_WAIT_*."),
    ("reserved", "u32", 0, "0."),
];

const NAME: &[Row] = &[("text", "char", (NAME_SIZE_MAX + 1).next_multiple_of(8), "Ends with a zero byte.")];

const LIVENESS: &[Row] = &[
    ("state", "u32", 0, "One of TKR_WRITER_*."),
    ("reserved", "u32", 0, "0."),
    ("age_ns", "u64", 0, "Time since the heartbeat was seen to change, ns; UINT64_MAX where the state does not depend on it."),
    ("epoch", "u64", 0, "Epoch of the writer being read."),
    ("newer_epoch", "u64", 0, "With TKR_WRITER_SUPERSEDED: epoch of the writer that took over. Else 0."),
    ("final_sequence", "u64", 0, "With TKR_WRITER_CLOSED: sequence of the last record. Else 0."),
];

const INFO: &[Row] = &[
    ("epoch", "u64", 0, "Epoch of the writer being read."),
    ("generation", "u64", 0, "Number of the file being read."),
    ("position", "u64", 0, "Slot to be read next, counted from the writer's first."),
    ("next_sequence", "u64", 0, "Sequence of the next record; 0 until it is known."),
    ("lag", "u64", 0, "Slots published and not read yet; above `slots` the reader has been lapped."),
    ("slots", "u64", 0, "Slots of the ring."),
    ("skipped", "u64", 0, "Records skipped because a newer version added their kind, state or reason."),
    ("writer_pid", "u32", 0, "Process id of the writer, as it saw itself."),
    ("instrument_slots", "u32", 0, "Slots of the instrument and latest tables."),
    ("depth", "u32", 0, "Most levels a side in the latest table."),
    ("reserved", "u32", 9, "0."),
];

const INSTRUMENT: &[Row] = &[
    ("slot", "u32", 0, "Its slot in every table of the shard."),
    ("id", "u32", 0, "Instrument id, as in records."),
    ("definition", "tkr_definition", 0, "The definition in force."),
];

const LATEST: &[Row] = &[
    ("instrument", "u32", 0, "Instrument id."),
    ("flags", "u16", 0, "Book flags of TKR_FLAG_* (stale, crossed, locked, partial)."),
    ("price_exponent", "i8", 0, "Price = mantissa x 10^this."),
    ("qty_exponent", "i8", 0, "Quantity = mantissa x 10^this."),
    ("ts_event", "u64", 0, "Venue's time of the last book change, ns; 0 where unknown."),
    ("ts_recv", "u64", 0, "Receive time of the input that changed this state last, ns."),
    ("frame_seq", "u64", 0, "Number of that input."),
    ("last_update_id", "u64", 0, "Venue's update id of the book."),
    ("sequence", "u64", 0, "Sequence of the last record that this state contains: apply later ones to it."),
    ("bid_levels", "u32", 0, "Bid levels of the full book."),
    ("ask_levels", "u32", 0, "Ask levels of the full book."),
    ("bid_count", "u32", 0, "Bids copied beside it, best first."),
    ("ask_count", "u32", 0, "Asks copied beside it, best first."),
    ("trade_flags", "u32", 0, "Flags of the last trade (aggressor, aggregated)."),
    ("reserved", "u32", 0, "0."),
    ("trade_ts_event", "u64", 0, "Venue's time of the last trade, ns."),
    ("trade", "tkr_trade", 0, "Last trade; all zero where none was seen."),
    ("stats", "tkr_stats", 0, "24-hour figures."),
];

const BOOK: &[Row] = &[
    ("state", "u32", 0, "One of TKR_BOOK_*."),
    ("slot", "u32", 0, "Slot of the instrument."),
    ("instrument", "u32", 0, "Instrument id; 0 until the slot holds one."),
    ("price_exponent", "i8", 0, "Price = mantissa x 10^this."),
    ("qty_exponent", "i8", 0, "Quantity = mantissa x 10^this."),
    ("reserved", "u8", 2, "0."),
    ("last_update_id", "u64", 0, "Venue's update id of the book."),
    ("sequence", "u64", 0, "Sequence of the last record that the book contains; it may be ahead of the reader's."),
    ("bid_levels", "u32", 0, "Bid levels of the book."),
    ("ask_levels", "u32", 0, "Ask levels of the book."),
    ("bid_count", "u32", 0, "Bids copied beside it, best first."),
    ("ask_count", "u32", 0, "Asks copied beside it, best first."),
    ("joins", "u64", 0, "Times the book was built from an image."),
    ("checks", "u64", 0, "Times its hash was compared with the engine's."),
    ("failures", "u64", 0, "Times they differed; the book was then built again."),
];

const HISTOGRAM: &[Row] =
    &[("count", "u64", 0, "Number of values."), ("sum", "u64", 0, "Their sum, ns."), ("max", "u64", 0, "The greatest, ns.")];

fn new(name: &'static str, doc: &'static str, rows: &[Row]) -> Struct {
    let member = |&(name, base, count, doc): &Row| Member { name: name.into(), base, count, doc: doc.into() };
    Struct { name, doc, members: rows.iter().map(member).collect() }
}

/// A payload struct from the table of payload words: every field where its word and lowest bit say, reserved bytes between.
fn payload(kind: Kind, name: &'static str, doc: &'static str) -> Struct {
    let mut members = Vec::new();
    let mut end = 0;
    for field in fields(kind) {
        let start = field.word * 8 + field.shift as usize / 8;
        assert!(field.shift % 8 == 0 && start >= end, "{name}.{} is not in the order of its bytes", field.name);
        fill(&mut members, end, start);
        let (base, count) = base(field, kind);
        let doc = meaning(kind, field.name).into();
        members.push(Member { name: field.name.into(), base, count, doc });
        end = start + if count > 0 { count } else { field.bits as usize / 8 };
    }
    fill(&mut members, end, words(kind) * 8);
    if matches!(kind, Kind::BookDelta | Kind::BookSnapshot) {
        let doc = "`bid_count` bids, then `ask_count` asks.".into();
        members.push(Member { name: "levels".into(), base: "tkr_level", count: LEVELS_PER_EVENT_MAX, doc });
    }
    Struct { name, doc, members }
}

fn fill(members: &mut Vec<Member>, from: usize, to: usize) {
    if to > from {
        let number = members.iter().filter(|member| member.name.starts_with("reserved")).count();
        let name = if number == 0 { "reserved".into() } else { format!("reserved{}", number + 1) };
        members.push(Member { name, base: "u8", count: to - from, doc: "0.".into() });
    }
}

/// Type of a field, and its length where it is an array.
fn base(field: &Field, kind: Kind) -> (&'static str, usize) {
    match (field.bits, field.signed) {
        _ if kind == Kind::Instrument && field.name == "symbol" => ("char", (words(kind) - field.word) * 8),
        (8, true) => ("i8", 0),
        (8, false) => ("u8", 0),
        (16, false) => ("u16", 0),
        (32, false) => ("u32", 0),
        (64, true) => ("i64", 0),
        (64, false) => ("u64", 0),
        other => panic!("no C type for {} of {other:?}", field.name),
    }
}

/// What a field says, in a sentence.
pub fn meaning(kind: Kind, field: &str) -> &'static str {
    match (kind, field) {
        (Kind::Funding, "exponent") => "Rate = mantissa x 10^this.",
        (_, "exponent") => "Price = mantissa x 10^this, not the instrument's exponent.",
        (Kind::OpenInterest | Kind::Liquidation | Kind::Bar, "price_exponent") => {
            "Price = mantissa x 10^this, not the instrument's exponent."
        }
        (Kind::OpenInterest | Kind::Liquidation | Kind::Bar, "qty_exponent") => {
            "Quantity = mantissa x 10^this, not the instrument's exponent."
        }
        (Kind::Bar, "open") => "First price, mantissa.",
        (Kind::Bar, "high") => "Highest price, mantissa.",
        (Kind::Bar, "low") => "Lowest price, mantissa.",
        (Kind::Bar, "close") => "Last price, mantissa.",
        (Kind::Bar, "volume") => "Mantissa of the quantity traded.",
        (Kind::Bar, "count") => "Number of trades; 0 where the venue does not tell it.",
        (_, "turnover") => {
            "Mantissa of what that was worth: in the quote currency, of inverse contracts in the base currency; 0 where the venue does not tell it."
        }
        (_, "turnover_exponent") => "Turnover = mantissa x 10^this.",
        (_, "start_ts") => "Beginning of its interval, ns since the UNIX epoch.",
        (_, "interval_ns") => "Length of its interval, ns.",
        (_, "closed") => "1: it is final, else 0.",
        (_, "value_exponent") => "Value = mantissa x 10^this.",
        (_, "value") => "Mantissa of what it is worth in the quote currency; 0 where the venue does not tell it.",
        (_, "rate") => "Mantissa of the rate of one interval; below 0 sellers pay.",
        (_, "next_ts") => "When it is paid next, ns since the UNIX epoch; 0 where the venue does not tell it.",
        (_, "interval_s") => "Length of the interval, s; 0 where the venue does not tell it.",
        (_, "id") => "The venue's id; 0 where it tells none.",
        (_, "side") => "Side of the order, one of TKR_SIDE_*.",
        (Kind::TradingStatus, "state") => "One of TKR_MARKET_STATE_*.",
        (_, "price") => "Price mantissa.",
        (_, "qty") => "Quantity mantissa.",
        (_, "trade_id") => "The venue's trade id, or its aggregate id with TKR_FLAG_AGGREGATED.",
        (_, "bid_price") => "Best bid, price mantissa.",
        (_, "bid_qty") => "Quantity at the best bid.",
        (_, "ask_price") => "Best ask, price mantissa.",
        (_, "ask_qty") => "Quantity at the best ask.",
        (_, "prev_update_id") => "Update id that this change follows directly; in a snapshot equal to `last_update_id`.",
        (_, "last_update_id") => "Update id of the book once all parts are applied.",
        (_, "part") => "Index of this part of a long change, from 0.",
        (_, "parts") => "Number of parts.",
        (_, "bid_count") => "Number of bids in `levels`.",
        (_, "ask_count") => "Number of asks in `levels`, behind the bids.",
        (_, "open") => "First trade price in the window.",
        (_, "high") => "Highest trade price.",
        (_, "low") => "Lowest trade price.",
        (_, "close") => "Last trade price.",
        (_, "volume") => "Sum of trade quantities.",
        (_, "count") => "Number of trades.",
        (_, "venue") => "One of TKR_VENUE_*.",
        (Kind::Instrument, "state") => "One of TKR_TRADING_STATE_*.",
        (_, "price_exponent") => "Price = mantissa x 10^this.",
        (_, "qty_exponent") => "Quantity = mantissa x 10^this.",
        (_, "symbol_size") => "Bytes of `symbol`.",
        (_, "tick_size") => "Smallest price step as a mantissa; 0 where unknown.",
        (_, "lot_size") => "Smallest quantity step as a mantissa; 0 where unknown.",
        (_, "change_count") => "Times this definition has changed.",
        (_, "symbol") => "The venue's spelling, UTF-8, zero padded; no zero follows one of 64 bytes.",
        (Kind::Status, "state") => "One of TKR_STATE_*.",
        (_, "connection") => "Connection that it is about; 0 for none.",
        (_, "code") => "Why, as a code of the product's table (`tkr_code_name`); 0 for none.",
        (_, "detail") => "Offset in a quarantined input, or update id of the book; 0 where neither fits.",
        (_, "stream") => "One of TKR_GAP_STREAM_*.",
        (Kind::Gap, "reason") => "One of TKR_GAP_REASON_*.",
        (_, "first") => "First missing id.",
        (_, "last") => "Last missing id.",
        (_, "prev_epoch") => "Epoch of the writer before; 0 for none.",
        (_, "last_durable") => "Last input of the epoch before that is known to be on disk.",
        (Kind::EpochStart, "reason") => "One of TKR_EPOCH_REASON_*.",
        (_, other) => panic!("{} says nothing of {other}", kind.name()),
    }
}

/// Bytes of a record.
pub fn record_size(structs: &[Struct]) -> usize {
    let sizes = PAYLOADS.iter().map(|&(_, name, ..)| size_of(structs, name, 0));
    CANONICAL_HEAD_SIZE + sizes.max().unwrap_or_default()
}
