//! Argument and result types of the boundary.

use napi::bindgen_prelude::{BigInt, FromNapiValue, TypeName, ValidateNapiValue};
use napi::{ValueType, sys};
use napi_derive::napi;
use tickring_core::error::Code;
use tickring_core::input::{Instrument, Request, Symbol, TradingState};
use tickring_core::venue::VenueId;

use crate::failure::{Result, fail};

/// A BigInt argument read as `u64` without napi's heap-allocated [`BigInt`]: it stands on the hot path.
pub struct Nanos(pub u64);

impl TypeName for Nanos {
    fn type_name() -> &'static str {
        "BigInt"
    }

    fn value_type() -> ValueType {
        ValueType::BigInt
    }
}

impl ValidateNapiValue for Nanos {}

impl FromNapiValue for Nanos {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut nanos = 0;
        let mut lossless = false;
        // SAFETY: the caller (napi's generated code) passes a live env and value; both out-pointers are locals.
        let status = unsafe { sys::napi_get_value_bigint_uint64(env, value, &raw mut nanos, &raw mut lossless) };
        if status != sys::Status::napi_ok || !lossless {
            return Err(napi::Error::new(napi::Status::BigintExpected, "expected a BigInt of 0 ..= 2^64 - 1".to_owned()));
        }
        Ok(Self(nanos))
    }
}

/// A venue of the registry by its number.
pub fn venue(number: u32) -> Result<VenueId> {
    let venue = u16::try_from(number).ok().and_then(VenueId::from_number);
    venue.ok_or_else(|| fail(Code::VenueUnknown, format!("venue number {number} is not in the registry")))
}

/// An integer argument narrowed to the u8 or u16 that the core takes.
pub fn narrow<T: TryFrom<u32>>(name: &str, value: u32) -> Result<T> {
    // Every integer narrower than u32 that is passed here is unsigned.
    let limit = u32::MAX >> (u32::BITS as usize - 8 * size_of::<T>());
    T::try_from(value).map_err(|_| fail(Code::ArgumentRange, format!("{name} {value} exceeds {limit}")))
}

/// A signed BigInt argument.
pub fn signed(name: &str, value: &BigInt) -> Result<i64> {
    let (number, lossless) = value.get_i64();
    // napi reports a negative number as lossy although its magnitude fits; one word of at most 2^63 - 1 is exact.
    let exact = lossless || (value.sign_bit && value.words.len() == 1 && value.words[0] <= i64::MAX.unsigned_abs());
    if exact { Ok(number) } else { Err(fail(Code::ArgumentRange, format!("{name} does not fit 64 bits"))) }
}

/// One instrument of a venue's listing.
#[napi(object)]
pub struct Listing {
    pub symbol: String,
    pub price_exponent: i32,
    pub qty_exponent: i32,
    pub tick_size: BigInt,
    pub lot_size: BigInt,
    pub trading: bool,
}

impl From<tickring_core::venue::Listing> for Listing {
    fn from(listing: tickring_core::venue::Listing) -> Self {
        Self {
            symbol: listing.symbol,
            price_exponent: listing.price_exponent.into(),
            qty_exponent: listing.qty_exponent.into(),
            tick_size: listing.tick_size.into(),
            lot_size: listing.lot_size.into(),
            trading: listing.trading,
        }
    }
}

/// Definition of an instrument; see `native/core/src/input.rs`.
#[napi(object)]
pub struct InstrumentDefinition {
    pub id: u32,
    pub venue: u32,
    pub symbol: String,
    pub price_exponent: i32,
    pub qty_exponent: i32,
    pub tick_size: BigInt,
    pub lot_size: BigInt,
    pub trading: bool,
    /// The venue no longer lists it; then it does not trade either.
    pub delisted: Option<bool>,
    pub change_count: u32,
}

impl InstrumentDefinition {
    /// The core's form of it.
    pub fn to_core(&self) -> Result<Instrument> {
        let venue = venue(self.venue)?;
        let symbol = Symbol::new(&self.symbol).ok_or_else(|| {
            fail(Code::InstrumentInvalid, format!("symbol of {} bytes: 1 ..= 64 are allowed", self.symbol.len()))
        })?;
        let exponent = |name: &str, value: i32| {
            i8::try_from(value).map_err(|_| fail(Code::InstrumentInvalid, format!("{name} {value} is outside -18 ..= 0")))
        };
        Ok(Instrument {
            id: self.id,
            venue: venue as u16,
            symbol,
            price_exponent: exponent("priceExponent", self.price_exponent)?,
            qty_exponent: exponent("qtyExponent", self.qty_exponent)?,
            tick_size: signed("tickSize", &self.tick_size)?,
            lot_size: signed("lotSize", &self.lot_size)?,
            state: match (self.delisted, self.trading) {
                (Some(true), _) => TradingState::Delisted,
                (_, true) => TradingState::Trading,
                (_, false) => TradingState::Halted,
            },
            change_count: self.change_count,
        })
    }
}

impl From<&Instrument> for InstrumentDefinition {
    fn from(instrument: &Instrument) -> Self {
        Self {
            id: instrument.id,
            venue: instrument.venue.into(),
            symbol: instrument.symbol.as_str().to_owned(),
            price_exponent: instrument.price_exponent.into(),
            qty_exponent: instrument.qty_exponent.into(),
            tick_size: instrument.tick_size.into(),
            lot_size: instrument.lot_size.into(),
            trading: instrument.state == TradingState::Trading,
            delisted: (instrument.state == TradingState::Delisted).then_some(true),
            change_count: instrument.change_count,
        }
    }
}

/// A JavaScript number as `u64`.
pub fn to_u64(name: &str, value: f64) -> Result<u64> {
    // 2^53: beyond it a JavaScript number no longer counts in ones.
    if value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&value) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked in the line above")]
        return Ok(value as u64);
    }
    Err(fail(Code::ArgumentRange, format!("{name} {value} is no whole number of 0 ..= 2^53")))
}

/// A BigInt as `u64`.
pub fn unsigned(name: &str, value: &BigInt) -> Result<u64> {
    match value.get_u64() {
        (false, number, true) => Ok(number),
        _ => Err(fail(Code::ArgumentRange, format!("{name} does not fit 64 bits"))),
    }
}

/// What the state machine asks of the engine.
#[napi(object)]
pub struct ShardRequest {
    #[napi(
        ts_type = "'depth_snapshot' | 'trades' | 'control_reply' | 'answer' | 'leave' | 'reconnect' | 'renew' | 'audit' | 'source'"
    )]
    pub kind: String,
    pub instrument: u32,
    pub connection: u32,
    pub id: f64,
    pub venue_code: f64,
    pub code: String,
    /// Bits of channels, of `renew`.
    pub channels: u32,
    /// Of `trades`: numbers from `first` to `last`; of `source`: instruments of the leg before and after, 0 for none.
    pub first: BigInt,
    pub last: BigInt,
}

impl From<Request> for ShardRequest {
    fn from(request: Request) -> Self {
        let mut plain = Self {
            kind: String::new(),
            instrument: 0,
            connection: 0,
            id: 0.0,
            venue_code: 0.0,
            code: String::new(),
            channels: 0,
            first: 0_u64.into(),
            last: 0_u64.into(),
        };
        match request {
            Request::DepthSnapshot { instrument } => {
                plain.kind = "depth_snapshot".to_owned();
                plain.instrument = instrument;
            }
            Request::Trades { instrument, first, last } => {
                plain.kind = "trades".to_owned();
                plain.instrument = instrument;
                (plain.first, plain.last) = (first.into(), last.into());
            }
            Request::ControlReply { connection, id, venue_code } => {
                plain.kind = "control_reply".to_owned();
                plain.connection = connection.into();
                plain.id = id as f64;
                plain.venue_code = venue_code as f64;
            }
            Request::Answer { connection } => {
                plain.kind = "answer".to_owned();
                plain.connection = connection.into();
            }
            Request::Renew { instrument, channels } => {
                plain.kind = "renew".to_owned();
                plain.instrument = instrument;
                plain.channels = channels.into();
            }
            Request::Audit { instrument } => {
                plain.kind = "audit".to_owned();
                plain.instrument = instrument;
            }
            Request::Source { instrument, from, to, code } => {
                plain.kind = "source".to_owned();
                plain.instrument = instrument;
                (plain.first, plain.last) = (u64::from(from).into(), u64::from(to).into());
                plain.code = code.map_or_else(String::new, |code| code.name().to_owned());
            }
            Request::Leave { connection } => {
                plain.kind = "leave".to_owned();
                plain.connection = connection.into();
            }
            Request::Reconnect { connection, code } => {
                plain.kind = "reconnect".to_owned();
                plain.connection = connection.into();
                plain.code = code.map_or_else(String::new, |code| code.name().to_owned());
            }
        }
        plain
    }
}
