//! Brokers on loopback, as people publish market data today: each is started for the measurement and ends with it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::RecvFlags;

use crate::sockets::{POLL_MAX, StreamReceives, StreamSends};
use crate::transport::{Receiving, Sending, Tx};
use crate::{Both, Fallible};

/// Holds the broker's port.
const PORT: &str = "port";
/// Longest start of a broker.
const START_MAX: Duration = Duration::from_secs(10);

/// A broker, ended with the writer.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // What fails here has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends, and keeps the broker alive meanwhile.
struct Served<T> {
    sends: T,
    _service: Option<Service>,
}

impl<T: Tx> Tx for Served<T> {
    const IS_LOSSY: bool = T::IS_LOSSY;

    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        self.sends.send(due, number)
    }
}

fn start(folder: &Path, program: &str, arguments: &[&str]) -> Fallible<(Service, u16)> {
    // Free a moment ago: brokers cannot say which they took.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let arguments = arguments.iter().map(|word| word.replace("PORT", &port.to_string()));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let service = Service(command.spawn().map_err(|error| format!("{program} cannot be run: {error}"))?);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > START_MAX {
            return Err(format!("{program} does not listen on port {port}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::write(folder.join(PORT), port.to_string())?;
    Ok((service, port))
}

fn connect(port: u16) -> Fallible<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn port_of(folder: &Path) -> Fallible<u16> {
    Ok(std::fs::read_to_string(folder.join(PORT))?.parse()?)
}

/// Reads until the answer holds `expected`.
fn expect(stream: &mut TcpStream, expected: &str) -> Fallible<()> {
    let mut all = Vec::new();
    let mut bytes = [0; 4096];
    stream.set_read_timeout(Some(START_MAX))?;
    while !String::from_utf8_lossy(&all).contains(expected) {
        match stream.read(&mut bytes)? {
            0 => return Err(format!("no {expected:?} in {:?}", String::from_utf8_lossy(&all)).into()),
            count => all.extend(&bytes[..count]),
        }
    }
    Ok(())
}

/// Forgets what has come, without waiting: `:1` for each published message, which would fill the socket.
fn forget(stream: &mut TcpStream) -> Fallible<()> {
    let mut bytes = [0; 4096];
    match rustix::net::recv(stream, &mut bytes, RecvFlags::DONTWAIT) {
        Ok((_, 0)) => Err("the broker closed the connection".into()),
        Ok(_) | Err(Errno::AGAIN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn redis_sends<const W: usize>(port: u16, service: Option<Service>) -> Fallible<Box<dyn Sending>> {
    let size = W * 8;
    let before = format!("*3\r\n$7\r\nPUBLISH\r\n$4\r\nc{size:03}\r\n${size}\r\n");
    let sends = StreamSends::<_, W>::new(connect(port)?, &before, "\r\n", forget);
    Ok(Box::new(Served { sends, _service: service }))
}

fn redis_receives<const W: usize>(port: u16) -> Fallible<Box<dyn Receiving>> {
    let size = W * 8;
    let mut stream = connect(port)?;
    write!(stream, "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nc{size:03}\r\n")?;
    expect(&mut stream, ":1\r\n")?;
    stream.set_read_timeout(Some(POLL_MAX))?;
    let before = format!("*3\r\n$7\r\nmessage\r\n$4\r\nc{size:03}\r\n${size}\r\n").len();
    Ok(Box::new(StreamReceives::<_, W>::new(stream, before, 2)))
}

/// The writing ends.
pub fn redis_writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    let options = ["--port", "PORT", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    let limits = ["--client-output-buffer-limit", "pubsub", "0", "0", "0"];
    let (service, port) = start(folder, "redis-server", &[&options[..], &limits].concat())?;
    Ok([redis_sends::<8>(port, Some(service))?, redis_sends::<32>(port, None)?])
}

/// The reading ends.
pub fn redis_readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    let port = port_of(folder)?;
    Ok([redis_receives::<8>(port)?, redis_receives::<32>(port)?])
}

fn nats_connect(port: u16, first: &str) -> Fallible<TcpStream> {
    let mut stream = connect(port)?;
    expect(&mut stream, "INFO ")?;
    write!(stream, "CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\n{first}PING\r\n")?;
    expect(&mut stream, "PONG\r\n")?;
    Ok(stream)
}

fn nats_sends<const W: usize>(port: u16, service: Option<Service>) -> Fallible<Box<dyn Sending>> {
    let subject = if W == 8 { "s" } else { "l" };
    let before = format!("PUB {subject} {}\r\n", W * 8);
    let sends = StreamSends::<_, W>::new(nats_connect(port, "")?, &before, "\r\n", |_| Ok(()));
    Ok(Box::new(Served { sends, _service: service }))
}

fn nats_receives<const W: usize>(port: u16) -> Fallible<Box<dyn Receiving>> {
    let subject = if W == 8 { "s" } else { "l" };
    let stream = nats_connect(port, &format!("SUB {subject} 1\r\n"))?;
    stream.set_read_timeout(Some(POLL_MAX))?;
    let before = format!("MSG {subject} 1 {}\r\n", W * 8).len();
    Ok(Box::new(StreamReceives::<_, W>::new(stream, before, 2)))
}

/// The writing ends.
pub fn nats_writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    // Its pings, which a connection without a reading side would not answer, come once an hour.
    std::fs::write(folder.join("nats.conf"), "ping_interval: \"1h\"\n")?;
    let (service, port) = start(folder, "nats-server", &["-a", "127.0.0.1", "-p", "PORT", "-c", "nats.conf"])?;
    Ok([nats_sends::<8>(port, Some(service))?, nats_sends::<32>(port, None)?])
}

/// The reading ends.
pub fn nats_readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    let port = port_of(folder)?;
    Ok([nats_receives::<8>(port)?, nats_receives::<32>(port)?])
}
