#![no_main]
tickring_fuzz::program!("wire_flat_bytes");
