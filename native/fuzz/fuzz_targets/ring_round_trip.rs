#![no_main]
tickring_fuzz::program!("ring_round_trip");
