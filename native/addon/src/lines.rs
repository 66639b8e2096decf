//! What is told of connections that carry the same streams.

use napi_derive::napi;

/// How far a connection has come that is to take over from others.
#[napi(object)]
pub struct Handover {
    pub behind: u32,
    pub quiet: u32,
    pub held: u32,
}

/// What a connection brought while several carried its streams.
#[napi(object)]
pub struct LineFigures {
    /// Messages that came first over it.
    pub firsts: f64,
    /// Messages that another one had brought.
    pub repeats: f64,
    /// Of its first ones those that came over another one lately enough for the lead to be known.
    pub leads: f64,
    /// Sum of those leads, ns.
    pub lead_ns: f64,
}
