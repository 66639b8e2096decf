//! Passes on whether the floor prototype was found; see its crate.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(floor)");
    println!("cargo::rerun-if-env-changed=DEP_TICKRING_FLOOR_PRESENT");
    if std::env::var_os("DEP_TICKRING_FLOOR_PRESENT").is_some() {
        println!("cargo::rustc-cfg=floor");
    }
}
