//! `src/native/records.ts`: every kind of record as fields of a cursor and as a plain object. What the gateway's messages say in the
//! same words is in `src/model/payloads.ts`, for both.

use tickring_core::event::Kind;
use tickring_shm::payload::{Field, fields, words};
use tickring_shm::record::CANONICAL_HEAD_SIZE;

use crate::c::WRITER_STATES;
use crate::c_model::{RECORD_HEAD, meaning};
use crate::emit::{File, camel, quote};
use crate::native::SHARD_AT;

/// Fields that are numbers of a table: kind, field, the table of names, the type of a name.
const NAMED: &[(Kind, &str, &str, &str)] = &[
    (Kind::Status, "state", "STATE_NAMES", "StateName"),
    (Kind::Status, "code", "CODE_NAMES", "CodeName | null"),
    (Kind::Gap, "stream", "GAP_STREAM_NAMES", "GapStreamName"),
    (Kind::Gap, "reason", "GAP_REASON_NAMES", "GapReasonName"),
    (Kind::Instrument, "venue", "VENUE_NAMES", "string"),
    (Kind::Instrument, "state", "TRADING_STATE_NAMES", "TradingStateName"),
    (Kind::EpochStart, "reason", "EPOCH_REASON_NAMES", "EpochReasonName"),
    (Kind::Liquidation, "side", "SIDE_NAMES", "SideName"),
    (Kind::TradingStatus, "state", "MARKET_STATE_NAMES", "MarketStateName"),
];

/// Kinds whose fields a message of the gateway has under the same names and types.
const SHARED: &[Kind] = &[
    Kind::Trade,
    Kind::Quote,
    Kind::Stats24h,
    Kind::Gap,
    Kind::MarkPrice,
    Kind::IndexPrice,
    Kind::Funding,
    Kind::OpenInterest,
    Kind::Liquidation,
    Kind::TradingStatus,
    Kind::Bar,
];

const PAYLOAD_IMPORTS: &str = "
import type { GapReasonName, GapStreamName, MarketStateName, SideName } from './codes.js';";

const IMPORTS: &str = "
import {
  CODE_NAMES,
  type CodeName,
  EPOCH_REASON_NAMES,
  type EpochReasonName,
  GAP_REASON_NAMES,
  GAP_STREAM_NAMES,
  MARKET_STATE_NAMES,
  SIDE_NAMES,
  STATE_NAMES,
  type StateName,
  TRADING_STATE_NAMES,
  type TradingStateName,
  VENUE_NAMES,
} from '../model/codes.js';
import type {
  BarPayload,
  FundingPayload,
  GapPayload,
  IndexPricePayload,
  Level,
  LiquidationPayload,
  MarkPricePayload,
  OpenInterestPayload,
  QuotePayload,
  Stats24hPayload,
  TradePayload,
  TradingStatusPayload,
} from '../model/payloads.js';
import { nameIn, type RecordBytes } from './record-bytes.js';";

/// What records of the ring and messages of the gateway have in common.
pub fn payloads() -> String {
    let mut file = File::new("--payloads", "What is told of trades, quotes and the like, by the ring and by the gateway.");
    file.line(PAYLOAD_IMPORTS);
    file.doc("A price level, as mantissas; in a delta quantity 0 removes it.")
        .line("export interface Level {\n  readonly price: bigint;\n  readonly qty: bigint;\n}");
    for &kind in SHARED {
        file.doc(about(kind)).line(&format!("export interface {}Payload {{", class(kind)));
        own(kind).for_each(|field| member(&mut file, kind, field));
        file.line("}");
    }
    file.finish()
}

/// The whole file.
pub fn file() -> String {
    let mut file =
        File::new("--records", "Records of the ring in their canonical form: fields of a cursor, and plain objects.");
    file.line(IMPORTS.trim_end());
    let states = WRITER_STATES.iter().map(|(name, number, _)| (number.to_string(), quote(&name.to_ascii_lowercase())));
    file.object("WRITER_STATES", "States of a writer, by the number in a record of the reader's own.", states);
    heads(&mut file);
    for &kind in Kind::ALL {
        object_type(&mut file, kind);
    }
    file.doc("A record of the engine.").line("export type EngineRecord =");
    let last = Kind::ALL.len() - 1;
    for (index, &kind) in Kind::ALL.iter().enumerate() {
        file.line(&format!("  | {}Record{}", class(kind), if index == last { ";" } else { "" }));
    }
    for &kind in Kind::ALL.iter().filter(|kind| **kind != Kind::BookSnapshot) {
        fields_class(&mut file, kind);
    }
    definition(&mut file);
    decode(&mut file);
    file.finish()
}

/// `BookDelta`.
fn class(kind: Kind) -> String {
    camel(&format!("_{}", kind.name()))
}

/// Name of the class with its fields; both kinds of book share one.
fn fields_name(kind: Kind) -> String {
    if kind == Kind::BookDelta { "BookFields".into() } else { format!("{}Fields", class(kind)) }
}

/// Fields that a plain object has of its own; an array has its length, a text its size.
fn own(kind: Kind) -> impl Iterator<Item = &'static Field> {
    fields(kind).iter().filter(|field| !matches!(field.name, "bid_count" | "ask_count" | "symbol_size"))
}

fn named(kind: Kind, field: &Field) -> Option<(&'static str, &'static str)> {
    NAMED.iter().find(|row| row.0 == kind && row.1 == field.name).map(|row| (row.2, row.3))
}

fn offset(field: &Field) -> usize {
    CANONICAL_HEAD_SIZE + field.word * 8 + field.shift as usize / 8
}

/// The reader of a field: the same for a cursor but for 64 bits, which an object has as a bigint.
fn read(field: &Field, exact: bool) -> String {
    let letter = if field.signed { 'i' } else { 'u' };
    let name = format!("{letter}{}", field.bits);
    let name = if exact && field.bits == 64 { camel(&format!("big_{name}")) } else { name };
    format!("at.{name}({})", offset(field))
}

fn type_of(kind: Kind, field: &Field) -> &'static str {
    match named(kind, field) {
        Some((_, name)) => name,
        None if field.name == "symbol" => "string",
        None if field.name == "closed" => "boolean",
        None if field.bits == 64 => "bigint",
        None => "number",
    }
}

/// What the C header says, where that does not name constants of C.
fn doc(kind: Kind, field: &Field) -> Option<String> {
    match field.name {
        "symbol" => None,
        "bid_count" => Some("Number of bids.".into()),
        "ask_count" => Some("Number of asks.".into()),
        name => Some(meaning(kind, name))
            .filter(|text| !text.contains("TKR_"))
            .map(|text| text.replace("`last_update_id`", "`lastUpdateId`")),
    }
}

fn member(file: &mut File, kind: Kind, field: &Field) {
    if let Some(doc) = doc(kind, field) {
        file.line(&format!("  /** {doc} */"));
    }
    file.line(&format!("  readonly {}: {};", camel(field.name), type_of(kind, field)));
}

/// Fields of a record before its payload that objects have: name and whether it has 64 bits.
fn head() -> impl Iterator<Item = (&'static str, &'static str, usize, &'static str)> {
    RECORD_HEAD.iter().copied().filter(|(name, ..)| !matches!(*name, "size" | "kind" | "reserved" | "instrument"))
}

fn heads(file: &mut File) {
    file.doc("Definition of an instrument. Value of a price = mantissa × 10^`priceExponent`; the same for quantities.")
        .line("export interface Instrument {\n  readonly id: number;");
    for field in own(Kind::Instrument) {
        member(file, Kind::Instrument, field);
    }
    file.line("}");
    file.doc("What every record of the engine has.").line("export interface RecordHead {");
    file.line("  /** Shard that published it. */\n  readonly shard: number;");
    file.line("  /** Its instrument, as defined at this place in the ring; null when the record is about a connection. */");
    file.line("  readonly instrument: Instrument | null;");
    for (name, base, _, doc) in head() {
        let doc = doc.replace("TKR_FLAG_NO_TS_EVENT", "the flag `no_ts_event`").replace("TKR_FLAG_*", "`FLAGS`");
        let of = if base == "u64" { "bigint" } else { "number" };
        file.line(&format!("  /** {doc} */\n  readonly {}: {of};", camel(name)));
    }
    file.line("}");
}

const fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::Trade => "One trade.",
        Kind::Quote => "Best bid and ask as the venue publishes them.",
        Kind::BookDelta => "Price levels that changed.",
        Kind::BookSnapshot => "The whole book, best first; part 0 begins it.",
        Kind::Stats24h => "Rolling 24-hour figures from the trades seen.",
        Kind::Instrument => "`instrument` is defined as it says from here on.",
        Kind::Status => "State of a connection, subscription or book.",
        Kind::Gap => "Venue ids that were never received, exactly first to last.",
        Kind::EpochStart => "First record of a writer.",
        Kind::MarkPrice => "The price that positions are valued at, with its own exponent.",
        Kind::IndexPrice => "The price of the underlying, with its own exponent.",
        Kind::Funding => "What holders of a perpetual future pay each other.",
        Kind::OpenInterest => "Contracts that are open, with exponents of their own.",
        Kind::Liquidation => "An order that closes a position without margin, with exponents of its own.",
        Kind::TradingStatus => "Whether a market trades.",
        Kind::Bar => {
            "A bar as the venue counts it, with exponents of its own; it replaces the one before with the same `startTs`."
        }
    }
}

fn object_type(file: &mut File, kind: Kind) {
    let shared = if SHARED.contains(&kind) { format!(", {}Payload", class(kind)) } else { String::new() };
    file.doc(about(kind)).line(&format!("export interface {}Record extends RecordHead{shared} {{", class(kind)));
    file.line(&format!("  readonly kind: {};", quote(kind.name())));
    if kind == Kind::Instrument {
        file.line("  readonly instrument: Instrument;");
    } else if shared.is_empty() {
        own(kind).for_each(|field| member(file, kind, field));
    }
    if is_book(kind) {
        file.line("  readonly bids: readonly Level[];\n  readonly asks: readonly Level[];");
    }
    file.line("}");
}

const fn is_book(kind: Kind) -> bool {
    matches!(kind, Kind::BookDelta | Kind::BookSnapshot)
}

fn fields_class(file: &mut File, kind: Kind) {
    let name = kind.name();
    let about = if kind == Kind::BookDelta { "`book_delta` and `book_snapshot`" } else { &format!("`{name}`") };
    file.doc(&format!("Fields of {about}, read where they lie. 64 bits: NaN beyond ±(2^53 − 1); `object()` has them exactly."))
        .line(&format!("export class {} {{", fields_name(kind)))
        .line("  readonly #at: RecordBytes;\n\n  constructor(at: RecordBytes) {\n    this.#at = at;\n  }");
    for field in fields(kind).iter().filter(|field| field.name != "symbol") {
        file.line("");
        if let Some(doc) = doc(kind, field) {
            file.line(&format!("  /** {doc} */"));
        }
        file.line(&format!("  get {}(): number {{\n    return this.#{};\n  }}", camel(field.name), read(field, false)));
    }
    if is_book(kind) {
        let first = CANONICAL_HEAD_SIZE + words(kind) * 8;
        for (side, before) in [("bid", ""), ("ask", "this.bidCount + ")] {
            for (what, more) in [("Price", 0), ("Qty", 8)] {
                let place = if before.is_empty() { "index".to_owned() } else { format!("({before}index)") };
                file.line(&format!(
                    "\n  {side}{what}(index: number): number {{\n    return this.#at.i64({} + 16 * {place});\n  }}",
                    first + more
                ));
            }
        }
    }
    file.line("}");
}

/// One member of an object literal.
fn assign(kind: Kind, field: &Field) -> String {
    let value = match named(kind, field) {
        Some((table, "string")) => format!("nameIn({table}, {0}) ?? String({0})", read(field, true)),
        Some((table, name)) if name.ends_with("null") => format!("nameIn({table}, {}) ?? null", read(field, true)),
        Some((names, _)) => format!("{names}[{} as keyof typeof {names}]", read(field, true)),
        None if field.name == "symbol" => {
            let size = fields(kind).iter().find(|size| size.name == "symbol_size").expect("invariant: a text has a size");
            format!("at.text({}, {})", offset(field), read(size, true))
        }
        None if field.name == "closed" => format!("{} === 1", read(field, true)),
        None => read(field, true),
    };
    format!("{}: {value},", camel(field.name))
}

fn definition(file: &mut File) {
    file.doc("The definition that an `instrument` record carries.")
        .line("export function instrumentOf(at: RecordBytes): Instrument {\n  return {");
    file.line(&format!("    id: at.u32({}),", place_of("instrument")));
    for field in own(Kind::Instrument) {
        file.line(&format!("    {}", assign(Kind::Instrument, field)));
    }
    file.line("  };\n}");
}

fn place_of(name: &str) -> usize {
    RECORD_HEAD.iter().find(|row| row.0 == name).map_or(0, |row| row.2)
}

fn decode(file: &mut File) {
    file.doc(
        "The record as a plain object, without a reference to the buffer; undefined for a kind that this build does not know.",
    )
    .line("export function objectOf(at: RecordBytes, instrument: Instrument | null): EngineRecord | undefined {")
    .line(&format!("  switch (at.u8({})) {{", place_of("kind")));
    for &kind in Kind::ALL {
        file.line(&format!(
            "    case {}: {{\n      return {{\n        kind: {},\n        shard: at.u8({SHARD_AT}),",
            kind as u8,
            quote(kind.name())
        ));
        let value = if kind == Kind::Instrument { "instrument: instrument ?? instrumentOf(at)," } else { "instrument," };
        file.line(&format!("        {value}"));
        for (name, base, offset, _) in head() {
            file.line(&format!("        {}: at.{}({offset}),", camel(name), base.replace("u64", "bigU64")));
        }
        if kind != Kind::Instrument {
            for field in own(kind) {
                file.line(&format!("        {}", assign(kind, field)));
            }
        }
        if is_book(kind) {
            let count = |name: &str| {
                let field = fields(kind).iter().find(|field| field.name == name).expect("invariant: books count their levels");
                read(field, true)
            };
            let (first, bids, asks) = (CANONICAL_HEAD_SIZE + words(kind) * 8, count("bid_count"), count("ask_count"));
            file.line(&format!(
                "        bids: at.levels({first}, {bids}),\n        asks: at.levels({first} + 16 * {bids}, {asks}),"
            ));
        }
        file.line("      };\n    }");
    }
    file.line("    default:\n      return undefined;\n  }\n}");
}
