//! Tests of what needs a disk that fails at will: flush thread and keeper are driven step by step.

mod bytes;
mod cursor;
mod ends;
mod faults;
mod forged;
mod power;
mod reading;
mod recycling;
mod retention;
mod rig;
mod round_trip;
mod searching;
mod shedding;
mod simulated;
mod state;
