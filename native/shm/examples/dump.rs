//! Trades and quotes of all shards as CSV, with exact decimals.
//!
//! Run: `cargo run --release -p tickring-shm --example dump -- [NAME [RECORDS [ROOT]]]`

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use tickring_core::decimal::format_decimal;
use tickring_core::event::flag;
use tickring_core::input::Instrument;
use tickring_shm::{DEFAULT_ROOT, Merged, Next, Record};

/// A line of a trade or a quote; empty for other records.
fn line(record: &Record, of: &Instrument) -> String {
    let decimal = |mantissa, exponent| {
        let mut text = String::from(",");
        format_decimal(&mut text, mantissa, exponent);
        text
    };
    let (price, qty) = (|mantissa| decimal(mantissa, of.price_exponent), |mantissa| decimal(mantissa, of.qty_exponent));
    let values = if let Some(trade) = record.trade() {
        let side = if record.flags & flag::AGGRESSOR_SELL == 0 { "buy" } else { "sell" };
        format!("{}{},{side},", price(trade.price), qty(trade.qty))
    } else if let Some(quote) = record.quote() {
        let bid = format!("{}{}", price(quote.bid_price), qty(quote.bid_qty));
        format!("{bid}{}{}", price(quote.ask_price), qty(quote.ask_qty))
    } else {
        return String::new();
    };
    let head = format!("{},{},{}", record.kind.name(), of.symbol.as_str(), record.sequence);
    format!("{head},{},{}{values}\n", record.ts_event, record.ts_recv)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let (name, most, root) = (next("tickring"), next("0").parse::<u64>()?, next(DEFAULT_ROOT));
    let mut merged = Merged::open(Path::new(&root), &name)?;
    let mut definitions = HashMap::new();
    for reader in merged.shards().filter_map(|shard| merged.reader(shard)) {
        definitions.extend(reader.instruments().into_iter().map(|row| (row.instrument.id, row.instrument)));
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "kind,symbol,sequence,ts_event,ts_recv,price,qty,ask_price_or_side,ask_qty")?;
    let mut printed = 0;
    while most == 0 || printed < most {
        match merged.poll() {
            Next::Record(_, record) => {
                if let Some(definition) = record.instrument_definition() {
                    definitions.insert(definition.id, definition);
                }
                let line = definitions.get(&record.instrument).map(|of| line(record, of)).unwrap_or_default();
                out.write_all(line.as_bytes())?;
                printed += u64::from(!line.is_empty());
            }
            Next::Lapped { shard, lost } => eprintln!("shard {shard}: lost {lost} records"),
            Next::Empty | Next::Stalled(_) => {
                out.flush()?;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    Ok(())
}
