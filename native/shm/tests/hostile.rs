//! What stands at a segment's path need not be a segment: each such thing is refused with its reason, and nothing hangs.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use support::{NAME, Root, options};
use tickring_core::error::Code;
use tickring_shm::layout::header;
use tickring_shm::{EngineLock, Poll, Reader, Record, ShmError, Writer};

/// A published segment, and the file of its generation.
fn published() -> (Root, Writer, PathBuf) {
    let root = Root::new();
    let writer = Writer::create(&options(root.path(), 1)).unwrap();
    let file = root.shard().join("ring.0000000000000001");
    (root, writer, file)
}

/// Opens within a time that only a hang exceeds; returns the refusal's code and words.
fn refusal(root: &Root) -> (Code, String) {
    let (sender, receiver) = mpsc::channel();
    let path = root.path().to_owned();
    std::thread::spawn(move || sender.send(Reader::open(&path, NAME, 0).map(|_| ())));
    let result = receiver.recv_timeout(Duration::from_secs(30)).expect("opening a segment hangs");
    let error = result.expect_err("it was opened");
    (error.code(), error.to_string())
}

fn assert_refused(root: &Root, code: Code, reason: &str) {
    let (found, text) = refusal(root);
    assert!(found == code && text.contains(reason), "{} {text:?} instead of {} {reason:?}", found.name(), code.name());
}

/// Puts something else in the place of a file.
fn replace(path: &Path, put: impl FnOnce(&Path)) {
    fs::remove_file(path).unwrap();
    put(path);
}

/// CRC32C bit by bit, written apart from the crate's own.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1)))
    })
}

/// Changes a header word, and makes the checksum fit it.
fn patch(path: &Path, word: usize, change: impl FnOnce(u64) -> u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut page = [0; header::CRC * 8];
    file.read_exact_at(&mut page, 0).unwrap();
    let at = word * 8..word * 8 + 8;
    let value = change(u64::from_le_bytes(page[at.clone()].try_into().unwrap()));
    page[at].copy_from_slice(&value.to_le_bytes());
    file.write_all_at(&page, 0).unwrap();
    file.write_all_at(&u64::from(crc32c(&page)).to_le_bytes(), (header::CRC * 8) as u64).unwrap();
}

#[test]
fn nothing_there_is_not_found() {
    let root = Root::new();
    assert_refused(&root, Code::ShmNotFound, "nothing is published");
    fs::create_dir_all(root.shard()).unwrap();
    assert_refused(&root, Code::ShmNotFound, "current");
}

#[test]
fn things_that_are_no_regular_files_are_refused() {
    for name in ["current", "ring.0000000000000001"] {
        let (root, _writer, _) = published();
        let path = root.shard().join(name);
        replace(&path, |path| symlink("/etc/hostname", path).unwrap());
        assert_refused(&root, Code::ShmPermission, "symbolic link");
        replace(&path, |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()));
        assert_refused(&root, Code::ShmPermission, "Fifo");
        replace(&path, |path| fs::create_dir(path).unwrap());
        assert_refused(&root, Code::ShmPermission, "Directory");
    }
}

#[test]
fn symbolic_link_in_the_place_of_a_directory_is_refused() {
    let (root, _writer, _) = published();
    let moved = root.path().join("moved");
    fs::rename(root.shard(), &moved).unwrap();
    symlink(&moved, root.shard()).unwrap();
    assert_refused(&root, Code::ShmPermission, "symbolic link");
    assert!(matches!(Writer::create(&options(root.path(), 2)), Err(ShmError::Permission { .. })));
}

#[test]
fn files_and_directories_that_others_may_write_are_refused() {
    let (root, _writer, file) = published();
    for mode in [0o660, 0o642] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        assert_refused(&root, Code::ShmPermission, "lets others write");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(root.shard(), fs::Permissions::from_mode(0o770)).unwrap();
    assert_refused(&root, Code::ShmPermission, "lets others write");
    assert!(matches!(Writer::create(&options(root.path(), 2)), Err(ShmError::Permission { .. })));
}

#[test]
fn file_of_another_user_is_refused_unless_that_user_is_trusted() {
    let (root, _writer, file) = published();
    if chown(&file, Some(12_345), None).is_err() {
        eprintln!("SKIPPED: only root can give files away");
        return;
    }
    assert_refused(&root, Code::ShmPermission, "belongs to uid 12345");
    Reader::open_owned_by(root.path(), NAME, 0, 12_345).expect("root's directories, and the file of the user named");
}

#[test]
fn file_with_a_second_name_is_refused() {
    let (root, _writer, file) = published();
    fs::hard_link(&file, root.path().join("second")).unwrap();
    assert_refused(&root, Code::ShmPermission, "2 names");
}

#[test]
fn current_that_names_no_generation_is_refused() {
    let (root, _writer, _) = published();
    let garbage = ["", "ring.1\n", "ring.0000000000000001", "../ring.0000000000000001\n", "ring.000000000000000x\n"];
    for text in garbage.map(str::to_owned).into_iter().chain(["ring.0000000000000001\n".repeat(1000)]) {
        fs::write(root.shard().join("current"), text).unwrap();
        assert_refused(&root, Code::ShmCorrupt, "names no generation");
    }
    fs::write(root.shard().join("current"), "ring.0000000000000009\n").unwrap();
    assert_refused(&root, Code::ShmNotFound, "current");
}

#[test]
fn damaged_files_are_refused() {
    let (root, _writer, path) = published();
    let whole = fs::read(&path).unwrap();
    let restore = |bytes: &[u8]| {
        replace(&path, |path| fs::write(path, bytes).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    };
    restore(&[]);
    assert_refused(&root, Code::ShmCorrupt, "a header has 4096");
    restore(&whole[..4095]);
    assert_refused(&root, Code::ShmCorrupt, "a header has 4096");
    restore(&whole[..8192]);
    assert_refused(&root, Code::ShmCorrupt, "the file has 8192");
    restore(&vec![0xa5; whole.len()]);
    assert_refused(&root, Code::ShmCorrupt, "magic");
    for bit in [header::EPOCH * 64 + 3, header::CRC * 64, header::AREAS * 64 + 12] {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        restore(&flipped);
        assert_refused(&root, Code::ShmCorrupt, "checksum");
    }
    restore(&whole);
    Reader::open(root.path(), NAME, 0).unwrap();
}

#[test]
fn every_flipped_bit_of_the_header_is_refused() {
    let (root, _writer, path) = published();
    let file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    for byte in 0..(header::CRC as u64 + 1) * 8 {
        let mut value = [0];
        file.read_exact_at(&mut value, byte).unwrap();
        file.write_all_at(&[value[0] ^ 1 << (byte % 8)], byte).unwrap();
        assert!(Reader::open(root.path(), NAME, 0).is_err(), "byte {byte}");
        file.write_all_at(&value, byte).unwrap();
    }
    Reader::open(root.path(), NAME, 0).unwrap();
}

#[test]
fn other_versions_are_refused_with_both_sides_and_newer_minor_ones_are_read() {
    let (root, _writer, path) = published();
    patch(&path, header::VERSION, |word| word + 1);
    assert_refused(&root, Code::ShmVersion, "its layout is 2.0, this build reads 1.0");
    patch(&path, header::VERSION, |word| word - 1);
    patch(&path, header::MUST_UNDERSTAND, |_| 4);
    assert_refused(&root, Code::ShmVersion, "needs features 0x4");
    patch(&path, header::MUST_UNDERSTAND, |_| 0);
    patch(&path, header::ENDIAN, u64::swap_bytes);
    assert_refused(&root, Code::ShmVersion, "byte order");
    patch(&path, header::ENDIAN, u64::swap_bytes);
    patch(&path, header::SCHEMA_HASH, |word| word ^ 1);
    assert_refused(&root, Code::ShmVersion, "schema");
    patch(&path, header::VERSION, |word| word + (1 << 16));
    Reader::open(root.path(), NAME, 0).expect("a newer minor version only adds");
    patch(&path, header::AREAS + 6, |stride| stride + 64);
    assert_refused(&root, Code::ShmVersion, "areas");
}

#[test]
fn header_that_lies_about_its_areas_is_refused() {
    for row in 0..6 {
        for column in 0..4 {
            let (root, _writer, path) = published();
            for value in [0, 1 << 40, u64::MAX] {
                patch(&path, header::AREAS + 4 * row + column, |_| value);
                let (code, text) = refusal(&root);
                assert_eq!(code, Code::ShmCorrupt, "{text}");
            }
        }
    }
    let (root, _writer, path) = published();
    patch(&path, header::GENERATION, |_| 2);
    assert_refused(&root, Code::ShmCorrupt, "says generation 2");
}

#[test]
fn record_with_the_highest_sequence_is_read_and_overflows_nothing() {
    const HEAD_LINE: u64 = 640;
    let (root, mut writer, path) = published();
    let mut reader = Reader::open(root.path(), NAME, 0).unwrap();
    support::publish(&mut writer, 1);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    // The low half stands in the record, the high half comes from the head line.
    file.write_all_at(&u64::MAX.to_le_bytes(), HEAD_LINE + 8 * header::HEAD_SEQUENCE as u64).unwrap();
    let low_half_of_second_slot = 4096 + 64 + 8 * 3;
    file.write_all_at(&u32::MAX.to_le_bytes(), low_half_of_second_slot).unwrap();
    reader.seek_oldest();
    let mut record = Record::default();
    while reader.poll(&mut record) != Poll::Empty {}
    assert_eq!((record.sequence, reader.next_sequence()), (u64::MAX, Some(u64::MAX)));
    reader.seek_newest();
    assert_eq!(reader.next_sequence(), Some(u64::MAX));
}

#[test]
fn planted_lock_file_does_not_lead_elsewhere() {
    let root = Root::new();
    drop(EngineLock::acquire(root.path(), NAME).unwrap());
    let lock = root.path().join(NAME).join("engine.lock");
    let victim = root.path().join("victim");
    File::create(&victim).unwrap();
    replace(&lock, |lock| symlink(&victim, lock).unwrap());
    assert!(matches!(EngineLock::acquire(root.path(), NAME), Err(ShmError::Permission { .. })));
    assert_eq!(fs::metadata(&victim).unwrap().len(), 0);
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let (root, _writer, file) = published();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&root.shard().join("current"))), (0o640, 0o640));
    assert_eq!((mode(&root.shard()), mode(root.path())), (0o750, 0o750));
}

#[test]
fn too_little_room_is_refused_with_the_room_left() {
    let root = Root::new();
    fs::create_dir_all(root.path()).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m,mode=0750", "tmpfs"])
        .arg(root.path())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("SKIPPED: no small tmpfs can be mounted here");
        return;
    }
    let mut large = options(root.path(), 1);
    large.ring_bytes = 4 << 20;
    let result = Writer::create(&large);
    let small = Writer::create(&options(root.path(), 1)).map(|_| ());
    assert!(Command::new("umount").args(["-l".as_ref(), root.path().as_os_str()]).status().unwrap().success());
    let Err(ShmError::NoSpace { needed, free, .. }) = &result else { panic!("{result:?}") };
    assert!(*needed > 4 << 20 && *free > 0 && *free <= 1 << 20);
    assert!(result.unwrap_err().to_string().contains("--shm-size"));
    small.expect("the refused writer left nothing behind that takes room");
}
