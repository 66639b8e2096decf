#![no_main]
tickring_fuzz::program!("machine");
