//! Gives the shared library its name for the loader: programs linked today keep to this major version.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtickring.so.1");
}
