#!/bin/sh
# Builds libtickring and installs it with its headers and its pkg-config file:
#
#   [PREFIX=/usr/local] [DESTDIR=] scripts/install-capi.sh
#
# PREFIX is where programs will look for it; DESTDIR, for packagers, stands before it while files are copied alone.
set -eu
cd "$(dirname "$0")/.."
prefix=${PREFIX:-/usr/local}
case $prefix in
  /*) ;;
  *) echo "install-capi: PREFIX $prefix is not an absolute path" >&2; exit 64 ;;
esac
to=${DESTDIR:-}$prefix
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

# These two kinds alone: with a Rust library among them there would be no optimisation across crates.
cargo rustc --quiet --locked --release -p tickring-capi --lib --crate-type=cdylib,staticlib
built=${CARGO_TARGET_DIR:-target}/release

mkdir -p "$to/lib/pkgconfig" "$to/include"
install -m 644 native/shm/include/tickring.h native/shm/include/tickring_abi.h native/shm/include/tickring.hpp "$to/include"
install -m 644 "$built/libtickring.a" "$to/lib"
# A new file each time: running programs have the old one mapped.
rm -f "$to/lib/libtickring.so.$version"
install -m 755 "$built/libtickring.so" "$to/lib/libtickring.so.$version"
ln -sf "libtickring.so.$version" "$to/lib/libtickring.so.1"
ln -sf libtickring.so.1 "$to/lib/libtickring.so"
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" native/shm/tickring.pc.in > "$to/lib/pkgconfig/tickring.pc"
echo "install-capi: tickring $version in $to; find it with PKG_CONFIG_PATH=$prefix/lib/pkgconfig" >&2
