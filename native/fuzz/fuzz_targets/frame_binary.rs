#![no_main]
tickring_fuzz::program!("frame_binary");
