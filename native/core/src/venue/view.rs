//! Canonical frames of a derived shard: what it took from the rings of other shards, in the order in which it took it.
//!
//! ```text
//! {"e":"join","s":"BTC-USDT@kraken-spot","view":"BTC-USDT","fee":1000,"tolerance":100000000,"deviation":100,"depth":20}
//! {"e":"leg","s":"BTC-USDT@kraken-spot","T":1764000000000000000,"R":1764000000000500000,"u":7,"b":[["64000.1","2"]],"a":[]}
//! {"e":"heard","s":"BTC-USDT@kraken-spot","R":1764000000000900000}
//! {"e":"stale","s":"BTC-USDT@kraken-spot"}
//! ```
//!
//! Times in ns. A leg's levels are the best of its venue's book, already in units of the base currency. `fee` is a taker's, in
//! 1/1,000,000; `deviation` in 1/10,000. With `hold` the view follows one leg at a time, the one that joined first where it can.

use crate::error::Code;
use crate::json::{self, FRAME_BYTES_MAX, Kind, Scanner, Value};

use super::fields::{NAME_BYTES_MAX, levels, members, name, reject, text, unsigned};
use super::{LevelText, Message, Reject};

/// Most levels a side of a leg and of a view.
pub const VIEW_DEPTH_MAX: u64 = 100;

/// A leg's part in a view.
#[derive(Clone, Copy, Debug)]
pub struct ViewJoin<'a> {
    /// Symbol of the view.
    pub view: &'a [u8],
    /// What a taker pays there, 1/1,000,000.
    pub fee_ppm: u32,
    /// A leg that was not heard of for longer is left out, ns.
    pub tolerance_ns: u64,
    /// A middle price further from that of the others is doubted, 1/10,000; 0: none is.
    pub deviation_bps: u32,
    /// Levels a side of the view.
    pub depth: usize,
    /// The view follows one leg at a time, and a better one when it has been fit for so long, ns; else all legs together.
    pub hold_ns: Option<u64>,
}

/// What a source's book was when it was taken.
#[derive(Clone, Copy, Debug)]
pub struct ViewBook<'a> {
    /// The venue's time, ns.
    pub ts_event: u64,
    /// When the source's shard received it, ns.
    pub ts_recv: u64,
    /// The venue's update id.
    pub update_id: u64,
    /// Best bids.
    pub bids: LevelText<'a>,
    /// Best asks.
    pub asks: LevelText<'a>,
}

/// What a frame says of a leg.
#[derive(Clone, Copy, Debug)]
pub enum ViewSaid<'a> {
    /// It belongs to a view.
    Join(ViewJoin<'a>),
    /// Its book is another one.
    Book(ViewBook<'a>),
    /// Something of its instrument arrived at this time, ns.
    Heard(u64),
    /// Its source does not prove its book now.
    Stale,
}

/// A frame of a derived shard.
#[derive(Clone, Copy, Debug)]
pub struct ViewMessage<'a> {
    /// The leg.
    pub symbol: &'a [u8],
    /// What is said of it.
    pub said: ViewSaid<'a>,
}

members! {
    Members {
        event = b"e", symbol = b"s", view = b"view", fee = b"fee", tolerance = b"tolerance", deviation = b"deviation",
        depth = b"depth", hold = b"hold", ts_event = b"T", ts_recv = b"R", update_id = b"u", bids = b"b", asks = b"a",
    }
}

/// See [`super::VenueId::parse_frame`].
pub fn parse_frame(frame: &[u8]) -> Result<Message<'_>, Reject> {
    json::check(frame, FRAME_BYTES_MAX)?;
    let root = Scanner::at(frame, 0).root()?;
    if root.kind != Kind::Object {
        return reject(Code::UnknownEvent, root.start);
    }
    let at = root.start;
    let members = Members::read(frame, at)?;
    let event = members.event.required(at)?;
    let number = |value: Value| unsigned(frame, value);
    let said = match name(frame, event, &mut [0; NAME_BYTES_MAX])? {
        b"join" => ViewSaid::Join(ViewJoin {
            view: text(frame, members.view.required(at)?)?,
            fee_ppm: at_most(frame, members.fee.required(at)?, 1_000_000)? as u32,
            tolerance_ns: number(members.tolerance.required(at)?)?,
            deviation_bps: at_most(frame, members.deviation.required(at)?, 1_000_000)? as u32,
            depth: at_most(frame, members.depth.required(at)?, VIEW_DEPTH_MAX)? as usize,
            hold_ns: members.hold.optional()?.map(number).transpose()?,
        }),
        b"leg" => ViewSaid::Book(ViewBook {
            ts_event: number(members.ts_event.required(at)?)?,
            ts_recv: number(members.ts_recv.required(at)?)?,
            update_id: number(members.update_id.required(at)?)?,
            bids: levels(frame, members.bids.required(at)?)?,
            asks: levels(frame, members.asks.required(at)?)?,
        }),
        b"heard" => ViewSaid::Heard(number(members.ts_recv.required(at)?)?),
        b"stale" => ViewSaid::Stale,
        _ => return reject(Code::UnknownEvent, event.start),
    };
    Ok(Message::View(ViewMessage { symbol: text(frame, members.symbol.required(at)?)?, said }))
}

fn at_most(frame: &[u8], value: Value, limit: u64) -> Result<u64, Reject> {
    let number = unsigned(frame, value)?;
    if number > limit { reject(Code::NumberRange, value.start) } else { Ok(number) }
}
