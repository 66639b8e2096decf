//! The hardened way to a segment (RING R42): memory without a name, sealed against every change but the writer's own, handed out over a
//! Unix socket. Nobody can plant, replace, truncate or write it, whatever user he acts as.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    Shutdown, SocketAddrUnix, SocketFlags, SocketType, sockopt,
};

use crate::error::ShmError;
use crate::files::{Directory, Trust, io};

/// The socket of a shard, in its directory.
pub(crate) const SOCKET: &str = "ring.sock";
/// Owner and group may connect.
const SOCKET_MODE: u32 = 0o660;
/// Readers that may wait to be served at a time.
const BACKLOG: i32 = 128;
/// Longest that the other side is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is sent with the descriptor.
const GREETING: [u8; 8] = *b"TKR fd 1";

fn seals() -> SealFlags {
    SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL
}

/// Memory without a name, not yet sealed.
pub(crate) fn memory(path: &Path) -> Result<OwnedFd, ShmError> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let failed = io("create memory for", path);
    match rustix::fs::memfd_create("tickring", flags | MemfdFlags::NOEXEC_SEAL) {
        // Kernels before 6.3.
        Err(Errno::INVAL) => rustix::fs::memfd_create("tickring", flags).map_err(failed),
        made => made.map_err(failed),
    }
}

/// Serves a shard's memory until dropped.
#[derive(Debug)]
pub(crate) struct Handout {
    listener: Arc<OwnedFd>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Handout {
    /// Seals the memory, which its writer has mapped, and serves it in place of whoever served this shard before.
    pub(crate) fn start(directory: &Directory, memory: &OwnedFd) -> Result<Self, ShmError> {
        let path = directory.path_of(SOCKET);
        rustix::fs::fcntl_add_seals(memory, seals()).map_err(io("seal the memory of", &path))?;
        // Readers get a descriptor of their own that cannot write either.
        let own = format!("/proc/self/fd/{}", memory.as_raw_fd());
        let shared = rustix::fs::open(own, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(io("reopen", &path))?;
        let listener = Arc::new(listen(directory)?);
        let stop = Arc::new(AtomicBool::new(false));
        let (socket, stopped) = (Arc::clone(&listener), Arc::clone(&stop));
        let serve = move || {
            // Relaxed: a flag by itself.
            while !stopped.load(Ordering::Relaxed) {
                match rustix::net::accept_with(&*socket, SocketFlags::CLOEXEC) {
                    // Who has gone already, or is too slow, asks again.
                    Ok(reader) => drop(send(reader.as_fd(), shared.as_fd())),
                    // Out of descriptors, say: not a reason to spin.
                    Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
                }
            }
        };
        let failed = |source| ShmError::Io { action: "start the server of", path, source };
        let thread = std::thread::Builder::new().name("tickring-handout".into()).spawn(serve).map_err(failed)?;
        Ok(Self { listener, stop, thread: Some(thread) })
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Ends an `accept` under way.
        let _ = rustix::net::shutdown(&*self.listener, Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn socket(path: &Path) -> Result<OwnedFd, ShmError> {
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(io("open a socket for", path))
}

/// The address of a file in a directory that is held open: short, and nobody can put another directory in its place.
fn address(directory: &Directory, name: &str) -> Result<SocketAddrUnix, ShmError> {
    let place: PathBuf = format!("/proc/self/fd/{}/{name}", directory.fd().as_raw_fd()).into();
    SocketAddrUnix::new(place).map_err(io("name", &directory.path_of(name)))
}

/// A listening socket under the shard's name, which it takes from the one before.
fn listen(directory: &Directory) -> Result<OwnedFd, ShmError> {
    let path = directory.path_of(SOCKET);
    let own = format!("{SOCKET}.{}", std::process::id());
    let _ = rustix::fs::unlinkat(directory.fd(), &own, rustix::fs::AtFlags::empty());
    let listener = socket(&path)?;
    rustix::net::bind(&listener, &address(directory, &own)?).map_err(io("bind", &path))?;
    let mode = Mode::from_raw_mode(SOCKET_MODE);
    rustix::fs::chmodat(directory.fd(), &own, mode, rustix::fs::AtFlags::empty()).map_err(io("set the mode of", &path))?;
    rustix::net::listen(&listener, BACKLOG).map_err(io("listen on", &path))?;
    rustix::fs::renameat(directory.fd(), &own, directory.fd(), SOCKET).map_err(io("rename", &path))?;
    Ok(listener)
}

fn send(reader: BorrowedFd<'_>, memory: BorrowedFd<'_>) -> Result<(), Errno> {
    sockopt::set_socket_timeout(reader, sockopt::Timeout::Send, Some(PATIENCE))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let memories = [memory];
    control.push(SendAncillaryMessage::ScmRights(&memories));
    rustix::net::sendmsg(reader, &[IoSlice::new(&GREETING)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The memory that a shard's writer hands out, once writer and seals have been checked.
///
/// # Errors
///
/// [`ShmError::NotFound`] if nobody serves; [`ShmError::Permission`] if whoever does is not trusted, or the memory is not sealed.
pub(crate) fn fetch(directory: &Directory, trust: Trust) -> Result<File, ShmError> {
    let path = directory.path_of(SOCKET);
    let server = socket(&path)?;
    for which in [sockopt::Timeout::Recv, sockopt::Timeout::Send] {
        sockopt::set_socket_timeout(&server, which, Some(PATIENCE)).map_err(io("set a timeout of", &path))?;
    }
    rustix::net::connect(&server, &address(directory, SOCKET)?).map_err(|errno| match errno {
        // A writer that is gone.
        Errno::CONNREFUSED => ShmError::NotFound { path: path.clone() },
        errno => io("connect to", &path)(errno),
    })?;
    let refuse = |what: String| ShmError::Permission { path: path.clone(), what };
    let peer = sockopt::socket_peercred(&server).map_err(io("inspect", &path))?;
    if !trust.trusts(peer.uid.as_raw()) {
        return Err(refuse(format!("it is served by uid {}, not by {}", peer.uid.as_raw(), trust.owner())));
    }
    let memory = receive(server.as_fd()).map_err(io("receive from", &path))?;
    let memory = memory.ok_or_else(|| refuse("whoever serves it sends no memory".into()))?;
    let found = rustix::fs::fcntl_get_seals(&memory).map_err(|_| refuse("what is sent cannot be sealed".into()))?;
    if !found.contains(seals()) {
        return Err(refuse("the memory is not sealed against change".into()));
    }
    Ok(File::from(memory))
}

fn receive(server: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    let mut greeting = [0; GREETING.len()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut greeting)];
    rustix::net::recvmsg(server, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let rights = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut rights) => rights.next(),
        _ => None,
    });
    Ok(rights.filter(|_| greeting == GREETING))
}
