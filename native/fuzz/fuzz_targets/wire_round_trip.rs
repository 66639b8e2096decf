#![no_main]
tickring_fuzz::program!("wire_round_trip");
