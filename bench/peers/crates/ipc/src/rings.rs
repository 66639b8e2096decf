//! Rings between processes from crates.

use std::path::Path;

use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use ringfire::{RingConsumer, RingProducer};

use crate::transport::{CAPACITY, Receiving, Rx, Sending, Tx, parts, words};
use crate::{Both, Fallible};

struct RingfireSends<const W: usize>(RingProducer<[u64; W]>);

struct RingfireReceives<const W: usize>(RingConsumer<[u64; W]>);

macro_rules! ringfire {
    ($w:literal) => {
        impl Tx for RingfireSends<$w> {
            const IS_LOSSY: bool = true;

            #[inline]
            fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
                self.0.push(&words(due, number));
                Ok(())
            }
        }

        impl Rx for RingfireReceives<$w> {
            #[inline]
            fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
                let Some(message) = self.0.try_recv() else { return Ok(0) };
                let (due, number) = parts(&message);
                each(due, number);
                Ok(1)
            }
        }
    };
}
ringfire!(8);
ringfire!(32);

/// The writing ends.
pub fn ringfire_writers(folder: &Path) -> Fallible<Both<Box<dyn Sending>>> {
    Ok([
        Box::new(RingfireSends::<8>(RingProducer::create(folder.join("ringfire-64"), CAPACITY as u64)?)),
        Box::new(RingfireSends::<32>(RingProducer::create(folder.join("ringfire-256"), CAPACITY as u64)?)),
    ])
}

/// The reading ends.
pub fn ringfire_readers(folder: &Path) -> Fallible<Both<Box<dyn Receiving>>> {
    Ok([
        Box::new(RingfireReceives::<8>(RingConsumer::attach(folder.join("ringfire-64"))?)),
        Box::new(RingfireReceives::<32>(RingConsumer::attach(folder.join("ringfire-256"))?)),
    ])
}

/// Messages of a subscriber's queue.
const QUEUE: usize = 256;

struct IceoryxSends<const W: usize> {
    publisher: Publisher<ipc::Service, [u64; W], ()>,
    _node: Node<ipc::Service>,
}

struct IceoryxReceives<const W: usize> {
    subscriber: Subscriber<ipc::Service, [u64; W], ()>,
    _node: Node<ipc::Service>,
}

macro_rules! iceoryx {
    ($w:literal) => {
        impl IceoryxSends<$w> {
            fn new() -> Fallible<Self> {
                let node = NodeBuilder::new().create::<ipc::Service>()?;
                let service = node
                    .service_builder(&format!("tickring-peers/{}/{}", std::process::id(), $w).as_str().try_into()?)
                    .publish_subscribe::<[u64; $w]>()
                    .max_publishers(1)
                    .max_subscribers(1)
                    .history_size(0)
                    .subscriber_max_buffer_size(QUEUE)
                    .enable_safe_overflow(false)
                    .create()?;
                let publisher = service
                    .publisher_builder()
                    .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
                    .max_loaned_samples(1)
                    .create()?;
                Ok(Self { publisher, _node: node })
            }
        }

        impl IceoryxReceives<$w> {
            fn new(writer: u32) -> Fallible<Self> {
                let node = NodeBuilder::new().create::<ipc::Service>()?;
                let service = node
                    .service_builder(&format!("tickring-peers/{writer}/{}", $w).as_str().try_into()?)
                    .publish_subscribe::<[u64; $w]>()
                    .open()?;
                Ok(Self { subscriber: service.subscriber_builder().buffer_size(QUEUE).create()?, _node: node })
            }
        }

        impl Tx for IceoryxSends<$w> {
            const IS_LOSSY: bool = false;

            #[inline]
            fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
                let delivered = self.publisher.loan_uninit()?.write_payload(words(due, number)).send()?;
                if delivered == 1 { Ok(()) } else { Err(format!("delivered to {delivered} readers").into()) }
            }
        }

        impl Rx for IceoryxReceives<$w> {
            #[inline]
            fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
                let Some(sample) = self.subscriber.receive()? else { return Ok(0) };
                let (due, number) = parts(sample.payload());
                each(due, number);
                Ok(1)
            }
        }
    };
}
iceoryx!(8);
iceoryx!(32);

/// The writing ends.
pub fn iceoryx_writers() -> Fallible<Both<Box<dyn Sending>>> {
    set_log_level(LogLevel::Error);
    Ok([Box::new(IceoryxSends::<8>::new()?), Box::new(IceoryxSends::<32>::new()?)])
}

/// The reading ends.
pub fn iceoryx_readers(writer: u32) -> Fallible<Both<Box<dyn Receiving>>> {
    set_log_level(LogLevel::Error);
    Ok([Box::new(IceoryxReceives::<8>::new(writer)?), Box::new(IceoryxReceives::<32>::new(writer)?)])
}
