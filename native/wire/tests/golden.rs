//! The bytes of both encodings, as committed in `test/wire/golden/`: the TypeScript readers are tested on the same
//! files. JSON has the ending `.json.txt` to keep formatters off its bytes.
//! After a wanted change run with `TICKRING_GOLDEN=write`.
#![allow(clippy::unwrap_used)]

mod samples;

use std::path::PathBuf;

use tickring_wire::{Body, FlatEncoder, JsonEncoder, MsgPackEncoder};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../test/wire/golden").join(name)
}

fn compare(name: &str, bytes: &[u8]) {
    if std::env::var_os("TICKRING_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(golden(name), bytes).unwrap();
    }
    let committed = std::fs::read(golden(name)).unwrap();
    assert!(committed == bytes, "{name} differs from what the encoder writes now");
}

#[test]
fn every_kind_of_message_is_encoded_as_in_the_golden_files() {
    let (mut flat, mut json, mut msgpack) = (FlatEncoder::default(), JsonEncoder::default(), MsgPackEncoder::default());
    for (name, head, body) in samples::samples() {
        compare(&format!("{name}.bin"), flat.encode(&head, &body));
        compare(&format!("{name}.json.txt"), json.encode(&head, &body));
        compare(&format!("{name}.msgpack"), msgpack.encode(&head, &body));
        if matches!(body, Body::Trade(_) | Body::Quote(_) | Body::Bar(..)) {
            compare(&format!("{name}.stream.json.txt"), json.encode_stream(&head, &body));
        }
    }
}
