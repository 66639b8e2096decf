#![no_main]
tickring_fuzz::program!("book_images_hostile");
