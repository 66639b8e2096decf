#![no_main]
tickring_fuzz::program!("snapshot_respelled");
