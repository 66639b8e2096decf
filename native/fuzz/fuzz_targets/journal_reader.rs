#![no_main]
tickring_fuzz::program!("journal_reader");
