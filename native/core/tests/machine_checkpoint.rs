//! Checkpoints that are cut, damaged, foreign or old. That a restored machine goes on as the first one would is asserted by every
//! test with a rig (`machine_harness`), and on recordings by `machine_recordings.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod machine_harness;

use machine_harness::*;
use sha2::{Digest, Sha256};
use tickring_core::input::Input;
use tickring_core::machine::{Machine, MachineConfig, RestoreError};
use tickring_core::validate::Rules;
use tickring_core::venue::VenueId;

/// A bit of everything: books live, waiting and loaded, trades, quotes, rules, a view, an instrument that left, refused frames.
fn lived() -> Rig {
    let mut rig = Rig::live();
    rig.input(Input::Rules { instrument: BTC, rules: &Rules::default() });
    rig.frame(&spot_trade(rig.now, 5, "100", "0.5"));
    rig.frame(&spot_quote(9, "99", "101"));
    rig.frame("{");
    for (id, symbol) in [(8, "ETHUSDT"), (9, "SOLUSDT"), (10, "XRPUSDT")] {
        rig.define(&definition(id, VenueId::BinanceSpot, symbol));
        rig.input(Input::Subscribe { connection: 1, instrument: id, channels: 7 });
        rig.frame(&spot_depth(symbol, rig.now, 5, 6, &[("9", "1")], &[("11", "2")]));
    }
    rig.input(Input::Unsubscribe { instrument: 9 });
    let body = depth_body(20, &[("8.5", "1")], &[("12", "2")]);
    rig.input(Input::DepthSnapshot { instrument: 10, bytes: body.as_bytes() });
    view(&mut rig);
    rig.tick(1_000 * MS);
    rig
}

fn view(rig: &mut Rig) {
    rig.input(Input::Connect { connection: 2, venue: VenueId::View as u16 });
    for (id, symbol) in [(20, "X"), (21, "X@net"), (22, "X@a")] {
        rig.define(&definition(id, VenueId::View, symbol));
        rig.input(Input::Subscribe { connection: 2, instrument: id, channels: 5 });
    }
    let now = rig.now;
    for frame in [
        r#"{"e":"join","s":"X@a","view":"X","fee":100,"tolerance":100000000,"deviation":100,"depth":4,"hold":5000000000}"#,
        &format!(r#"{{"e":"leg","s":"X@a","T":{now},"R":{now},"u":7,"b":[["9.99","2"]],"a":[["10","1"]]}}"#),
    ] {
        assert!(rig.input(Input::Frame { connection: 2, bytes: frame.as_bytes() }).rejected.is_none(), "{frame}");
    }
}

fn restore(bytes: &[u8]) -> Result<Machine, RestoreError> {
    Machine::restore(MachineConfig::default(), bytes)
}

#[test]
fn a_checkpoint_that_is_cut_or_longer_is_refused() {
    let bytes = saved(&lived().machine);
    assert!(restore(&bytes).is_ok());
    for length in 0..bytes.len() {
        assert!(matches!(restore(&bytes[..length]), Err(RestoreError::Malformed(_))), "{length} of {} bytes", bytes.len());
    }
    assert_eq!(restore(&[&bytes[..], &[0]].concat()).unwrap_err(), RestoreError::Malformed("more bytes follow"));
}

#[test]
fn a_damaged_checkpoint_never_panics() {
    let bytes = saved(&lived().machine);
    let mut refused = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        refused += usize::from(restore(&damaged).is_err());
    }
    // What stays readable is another state: checks of the journal notice that, not these.
    assert!(refused > bytes.len() / 8, "{refused} of {} bits", bytes.len());
}

#[test]
fn another_version_or_configuration_is_named() {
    let bytes = saved(&lived().machine);
    let other = [&[99], &bytes[1..]].concat();
    assert_eq!(restore(&other).unwrap_err().to_string(), "the checkpoint has version 99, this program reads 12");
    let config = MachineConfig { snapshot_interval_ns: 1, ..MachineConfig::default() };
    assert_eq!(Machine::restore(config, &bytes).unwrap_err(), RestoreError::Config);
    let depth = MachineConfig { depth: 5, ..MachineConfig::default() };
    assert!(Machine::restore(depth, &bytes).is_ok(), "what changes no event may change");
}

/// A structure that changes changes this: then the version has to, too, or old checkpoints would be read for what they are not.
#[test]
fn the_form_is_that_of_its_version() {
    let hash: String = Sha256::digest(saved(&lived().machine)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((12, hash.as_str()), (12, "665d177358d6dfc6da32f3e9b6ae4ba38236208f877a7b6d0fe5bb80f89ec81e"));
}
