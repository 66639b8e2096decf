//! Instrument listings of all Binance venues (`exchangeInfo`). Control plane: allocates.

use crate::json::{self, Kind, Value};

use super::listing::{Step, listings, member, text};
use super::{Listing, Reject};

/// Reads the `symbols` of an `exchangeInfo` body. One bad row does not cost the others: without a name it is skipped, since
/// nobody can ask for it, and without usable steps it gets the default exponent and step 0.
pub fn parse_listings(body: &[u8]) -> Result<Vec<Listing>, Reject> {
    listings(body, &[b"symbols"], Kind::Array, listing)
}

fn listing(body: &[u8], row: Value) -> Result<Option<Listing>, Reject> {
    let Some(symbol) = member(body, row.start, b"symbol")?.and_then(|value| text(body, value)) else { return Ok(None) };
    // COIN-M says `contractStatus`.
    let status = match member(body, row.start, b"status")? {
        None => member(body, row.start, b"contractStatus")?,
        status => status,
    };
    let status = status.and_then(|value| text(body, value));
    let mut tick = Step::UNKNOWN;
    let mut lot = Step::UNKNOWN;
    if let Some(filters) = member(body, row.start, b"filters")?.filter(|value| value.kind == Kind::Array) {
        json::each_element(body, filters.start, |filter| {
            if filter.kind != Kind::Object {
                return Ok(());
            }
            match member(body, filter.start, b"filterType")?.and_then(|value| text(body, value)).as_deref() {
                Some("PRICE_FILTER") => tick = Step::read(body, member(body, filter.start, b"tickSize")?),
                Some("LOT_SIZE") => lot = Step::read(body, member(body, filter.start, b"stepSize")?),
                _ => {}
            }
            Ok(())
        })?;
    }
    Ok(Some(Listing {
        symbol,
        price_exponent: tick.exponent,
        qty_exponent: lot.exponent,
        tick_size: tick.size,
        lot_size: lot.size,
        trading: status.as_deref() == Some("TRADING"),
    }))
}
