//! Finds the floor prototype: a throw-away program beside the project, which is compiled where it lies and never copied.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=TICKRING_FLOOR");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../../shared/peers/book/rust-core/src/lib.rs");
    let path = std::env::var("TICKRING_FLOOR").unwrap_or_else(|_| beside.to_owned());
    println!("cargo::rerun-if-changed={path}");
    // It is written with vector instructions of x86-64.
    let fits = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    if let (true, Ok(path)) = (fits, Path::new(&path).canonicalize()) {
        println!("cargo::rustc-cfg=floor");
        println!("cargo::metadata=present=1");
        println!("cargo::rustc-env=TICKRING_FLOOR_SOURCE={}", path.display());
    }
}
