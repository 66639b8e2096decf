//! Who may read and who may write, user by user (T5). Needs root, to become others.
#![cfg(not(loom))]
#![allow(unsafe_code, clippy::unwrap_used)]

mod ledger;
mod roles;
mod support;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use ledger::{End, Ledger};
use roles::{Process, role, until};
use support::{NAME, Root, options, publish};
use tickring_core::error::Code;
use tickring_shm::{EngineLock, Reader, ShmError, Writer};

/// The engine's user, and the group that may read.
const ENGINE: u32 = 12_345;
const READERS: u32 = 23_456;
/// A user in that group, and one that is not.
const MEMBER: u32 = 12_346;
const STRANGER: u32 = 12_347;
const STRANGERS: u32 = 34_567;
/// Records that an engine publishes behind the first one of its epoch.
const RECORDS: u64 = 100;

/// Makes this process that of another user, for good.
fn become_user(uid: u32, gid: u32) {
    let groups = [gid];
    // SAFETY: the pointer is that of an array of as many groups as said, which lives through the call.
    let result = unsafe { libc::setgroups(groups.len(), groups.as_ptr()) };
    assert_eq!(result, 0, "setgroups");
    // SAFETY: takes a number.
    let result = unsafe { libc::setgid(gid) };
    assert_eq!(result, 0, "setgid");
    // SAFETY: takes a number.
    let result = unsafe { libc::setuid(uid) };
    assert_eq!(result, 0, "setuid");
}

/// Not a test of its own: what a user finds.
#[test]
fn role_of_a_child() {
    let Some((role, root)) = role() else { return };
    match role.as_str() {
        "engine" | "squatter" => {
            let (uid, gid) = if role == "engine" { (ENGINE, READERS) } else { (STRANGER, STRANGERS) };
            become_user(uid, gid);
            let _lock = EngineLock::acquire(&root, NAME).unwrap();
            let mut writer = Writer::create(&options(&root, 1)).unwrap();
            (2..2 + RECORDS).for_each(|number| publish(&mut writer, number));
            std::thread::sleep(roles::WATCHDOG);
        }
        "owner" => {
            become_user(ENGINE, READERS);
            reads(Reader::open(&root, NAME, 0));
            assert!(write(&root).is_ok(), "whoever owns a file may write it; a sealed segment is for where that is too much");
        }
        "member" => {
            become_user(MEMBER, READERS);
            refused(Reader::open(&root, NAME, 0), Code::ShmPermission, "belongs to uid 12345, not to 12346");
            reads(Reader::open_owned_by(&root, NAME, 0, ENGINE));
            assert_eq!(write(&root), Err(ErrorKind::PermissionDenied));
            let _ = EngineLock::acquire(&root, NAME).expect_err("a reader cannot take the engine's name");
            let _ = Writer::create(&options(&root, 2)).expect_err("a reader cannot publish in the engine's name");
        }
        "stranger" => {
            become_user(STRANGER, STRANGERS);
            refused(Reader::open_owned_by(&root, NAME, 0, ENGINE), Code::ShmIo, "Permission denied");
            assert_eq!(write(&root), Err(ErrorKind::PermissionDenied));
        }
        "victim of a squatter" => {
            become_user(MEMBER, STRANGERS);
            refused(Reader::open_owned_by(&root, NAME, 0, ENGINE), Code::ShmPermission, "belongs to uid 12347, not to 12345");
            refused(Reader::open(&root, NAME, 0), Code::ShmPermission, "belongs to uid 12347, not to 12346");
            let _ = Writer::create(&options(&root, 2)).expect_err("an engine does not publish in a squatter's directory");
        }
        _ => panic!("no such role"),
    }
}

fn reads(reader: Result<Reader, ShmError>) {
    let mut ledger = Ledger::oldest(reader.unwrap());
    assert_eq!((ledger.drain(), ledger.read, ledger.lost), (End::Empty, 1 + RECORDS, 0));
}

fn refused(reader: Result<Reader, ShmError>, code: Code, reason: &str) {
    let error = reader.expect_err("it was opened");
    assert!(error.code() == code && error.to_string().contains(reason), "{error}");
}

/// Opens the segment's file for writing.
fn write(root: &Path) -> Result<(), ErrorKind> {
    let path = root.join(NAME).join("shard-0/ring.0000000000000001");
    OpenOptions::new().write(true).open(path).map(|_| ()).map_err(|error| error.kind())
}

/// An engine of another user, at work.
fn engine(role: &str) -> Option<(Root, Process)> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: only root can become other users");
        return None;
    }
    let root = Root::new();
    let engine = Process::start(role, root.path());
    let uid = if role == "engine" { ENGINE } else { STRANGER };
    until("an engine's records", || {
        Reader::open_owned_by(root.path(), NAME, 0, uid).is_ok_and(|reader| reader.next_sequence() == Some(RECORDS + 2))
    });
    Some((root, engine))
}

#[test]
fn owner_and_group_read_and_nobody_else_does() {
    let Some((root, _engine)) = engine("engine") else { return };
    for role in ["owner", "member", "stranger"] {
        assert!(Process::start(role, root.path()).wait().success(), "{role}: see above");
    }
    // Root may read everything, and still has to say whose segment it trusts.
    refused(Reader::open(root.path(), NAME, 0), Code::ShmPermission, "belongs to uid 12345, not to 0");
    reads(Reader::open_owned_by(root.path(), NAME, 0, ENGINE));
}

#[test]
fn segment_of_a_squatter_is_refused_by_readers_and_engines() {
    let Some((root, _squatter)) = engine("squatter") else { return };
    // Open to all, for else the victim could not even look at it.
    let shard = root.shard();
    let all = [root.path(), shard.parent().unwrap(), &shard];
    for path in all {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    assert!(Process::start("victim of a squatter", root.path()).wait().success(), "see above");
}
