#![no_main]
tickring_fuzz::program!("escapes");
