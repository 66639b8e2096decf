//! Sealed memory handed out over a socket: the same readers, and nothing that anybody else could do to them.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use support::{NAME, Root, number_of, options, publish};
use tickring_shm::{Liveness, Poll, Reader, Record, SegmentOptions, ShmError, Writer};

const ROLE: &str = "TICKRING_TEST_ROLE";

fn hardened(root: &Root, epoch: u64) -> SegmentOptions {
    SegmentOptions { hardened: true, ..options(root.path(), epoch) }
}

fn open(root: &Root) -> Result<Reader, ShmError> {
    Reader::open(root.path(), NAME, 0)
}

fn read(reader: &mut Reader) -> Vec<u64> {
    let mut record = Record::default();
    std::iter::from_fn(|| (reader.poll(&mut record) == Poll::Record).then(|| number_of(&record))).collect()
}

/// The descriptor that the shard's socket hands out.
fn descriptor(root: &Root) -> OwnedFd {
    let stream = UnixStream::connect(root.shard().join("ring.sock")).unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; 8];
    rustix::net::recvmsg(&stream, &mut [IoSliceMut::new(&mut bytes)], &mut control, RecvFlags::CMSG_CLOEXEC).unwrap();
    let mut found = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
        _ => None,
    });
    found.next().unwrap()
}

#[test]
fn readers_read_memory_that_is_handed_out_as_they_read_files() {
    let root = Root::new();
    let mut writer = Writer::create(&hardened(&root, 1)).unwrap();
    let mut reader = open(&root).unwrap();
    (1..=20).for_each(|number| publish(&mut writer, number));
    assert_eq!(read(&mut reader), (1..=20).collect::<Vec<_>>());
    let names: Vec<_> = std::fs::read_dir(root.shard()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ring.sock"], "the memory has no name");
    let socket = std::fs::metadata(root.shard().join("ring.sock")).unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.permissions().mode() & 0o777, 0o660);
    assert_eq!(socket.uid(), rustix::process::geteuid().as_raw());
}

#[test]
fn the_memory_can_be_neither_written_nor_resized_nor_unsealed() {
    let root = Root::new();
    let mut writer = Writer::create(&hardened(&root, 1)).unwrap();
    let memory = descriptor(&root);
    let size = rustix::fs::fstat(&memory).unwrap().st_size;
    // Also through a descriptor that was opened for writing.
    let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
    let writable = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    for fd in [Ok(memory), writable].into_iter().flatten() {
        assert!(rustix::io::pwrite(&fd, b"x", 0).is_err());
        assert!(rustix::fs::ftruncate(&fd, 0).is_err());
        assert!(rustix::fs::ftruncate(&fd, size.cast_unsigned() + 4096).is_err());
        assert!(rustix::fs::fallocate(&fd, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, 4096).is_err());
        assert!(rustix::fs::fcntl_add_seals(&fd, SealFlags::WRITE).is_err());
        // SAFETY: a fresh mapping, which nobody uses, of a descriptor that is open.
        let mapped = unsafe { rustix::mm::mmap(std::ptr::null_mut(), 4096, ProtFlags::WRITE, MapFlags::SHARED, fd.as_fd(), 0) };
        assert!(mapped.is_err());
    }
    publish(&mut writer, 1);
    let mut reader = open(&root).unwrap();
    publish(&mut writer, 2);
    assert_eq!(read(&mut reader), [2]);
}

#[test]
fn a_successor_is_seen_and_read_whichever_way_either_publishes() {
    let root = Root::new();
    for (epoch, (before, after)) in [(true, true), (true, false), (false, true)].into_iter().enumerate() {
        let epoch = 10 * epoch as u64 + 1;
        let mut first = Writer::create(&SegmentOptions { hardened: before, ..options(root.path(), epoch) }).unwrap();
        let mut reader = open(&root).unwrap();
        publish(&mut first, 1);
        drop(first);
        let mut second = Writer::create(&SegmentOptions { hardened: after, ..options(root.path(), epoch + 1) }).unwrap();
        publish(&mut second, 2);
        assert_eq!(read(&mut reader), [1], "what is mapped stays");
        std::thread::sleep(Duration::from_millis(260));
        assert_eq!(reader.liveness(), Liveness::Superseded { epoch: epoch + 1 });
        reader.reopen().unwrap();
        let mut record = Record::default();
        while reader.poll(&mut record) != Poll::Empty {}
        assert_eq!((reader.epoch(), number_of(&record)), (epoch + 1, 2));
    }
}

#[test]
fn without_a_writer_there_is_nothing_to_open() {
    let root = Root::new();
    drop(Writer::create(&hardened(&root, 1)).unwrap());
    assert!(root.shard().join("ring.sock").exists());
    assert!(matches!(open(&root), Err(ShmError::NotFound { .. })));
    // The socket of a process that died is taken over.
    let mut writer = Writer::create(&hardened(&root, 2)).unwrap();
    let mut reader = open(&root).unwrap();
    publish(&mut writer, 1);
    assert_eq!(read(&mut reader), [1]);
}

/// What an impostor does with its first reader.
type Serve = Box<dyn FnOnce(UnixStream) + Send>;

/// Serves something else in the place of a shard's socket, once.
fn impostor(root: &Root, serve: impl FnOnce(UnixStream) + Send + 'static) -> std::thread::JoinHandle<()> {
    drop(Writer::create(&hardened(root, 1)).unwrap());
    let path = root.shard().join("ring.sock");
    std::fs::remove_file(&path).unwrap();
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || serve(listener.accept().unwrap().0))
}

fn send(stream: &UnixStream, bytes: &[u8], memory: Option<&OwnedFd>) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let memories: Vec<_> = memory.iter().map(|fd| fd.as_fd()).collect();
    if !memories.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(&memories)));
    }
    rustix::net::sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL).unwrap();
}

#[test]
fn memory_that_is_not_sealed_and_servers_that_send_none_are_refused() {
    let memory = |flags| {
        let fd = rustix::fs::memfd_create("impostor", flags).unwrap();
        rustix::fs::ftruncate(&fd, 1 << 20).unwrap();
        fd
    };
    let cases: [(&str, Serve); 5] = [
        ("not sealed", Box::new(move |to| send(&to, b"TKR fd 1", Some(&memory(MemfdFlags::ALLOW_SEALING))))),
        ("not sealed", Box::new(move |to| send(&to, b"TKR fd 1", Some(&memory(MemfdFlags::empty()))))),
        ("sends no memory", Box::new(|to| send(&to, b"TKR fd 1", None))),
        ("sends no memory", Box::new(move |to| send(&to, b"ANOTHER!", Some(&memory(MemfdFlags::ALLOW_SEALING))))),
        ("sends no memory", Box::new(drop)),
    ];
    for (expected, serve) in cases {
        let root = Root::new();
        let serving = impostor(&root, serve);
        let error = open(&root).unwrap_err();
        serving.join().unwrap();
        assert!(matches!(error, ShmError::Permission { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let root = Root::new();
    let silent = impostor(&root, |stream| drop((std::thread::sleep(Duration::from_millis(1_500)), stream)));
    assert!(matches!(open(&root), Err(ShmError::Io { .. })), "given up on");
    silent.join().unwrap();
}

#[test]
fn readers_that_come_and_go_and_never_read_hold_up_neither_writer_nor_readers() {
    let root = Root::new();
    let mut writer = Writer::create(&hardened(&root, 1)).unwrap();
    let path = root.shard().join("ring.sock");
    let idle: Vec<_> = (0..500).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let mut reader = open(&root).unwrap();
    publish(&mut writer, 1);
    assert_eq!(read(&mut reader), [1]);
    drop(idle);
}

/// Runs this program as a reader of another user, with this group; gives what it says.
fn as_user(root: &Root, uid: u32, gid: u32) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["reader_of_another_user", "--exact", "--nocapture"])
        .env(ROLE, root.path())
        .uid(uid)
        .gid(gid)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| Some(line.split_once("reader: ")?.1.to_owned())).unwrap_or(text)
}

/// What a child of the test below does.
#[test]
fn reader_of_another_user() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    match Reader::open(root.as_ref(), NAME, 0) {
        Ok(reader) => println!("reader: epoch {}", reader.epoch()),
        Err(error) => println!("reader: {error}"),
    }
}

#[test]
fn the_group_reads_and_nobody_else_does() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can act as another user");
        return;
    }
    for is_hardened in [true, false] {
        let root = Root::new();
        let _writer = Writer::create(&SegmentOptions { hardened: is_hardened, ..options(root.path(), 7) }).unwrap();
        assert_eq!(as_user(&root, NOBODY, 0), "epoch 7", "group");
        let refused = as_user(&root, NOBODY, NOBODY);
        assert!(refused.contains("ermission denied"), "{refused}");
        assert_eq!(as_user(&root, 0, NOBODY), "epoch 7", "root");
    }
    // Squatting: another user serves under this name.
    let root = Root::new();
    drop(Writer::create(&hardened(&root, 1)).unwrap());
    rustix::fs::chown(root.shard(), Some(rustix::fs::Uid::from_raw(NOBODY)), None).unwrap();
    assert!(matches!(open(&root), Err(ShmError::Permission { .. })));
}
