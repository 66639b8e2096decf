#![no_main]
tickring_fuzz::program!("websocket_frames");
