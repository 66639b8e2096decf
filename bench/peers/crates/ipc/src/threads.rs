//! Rings between threads of one process, which is less work: no other process could read them.

use disruptor::{BusySpin, EventPoller, Producer as _, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::transport::{CAPACITY, Receiving, Rx, Sending, Tx, parts, words};
use crate::{Both, Fallible};

/// Moves to the reading thread once.
pub struct Reading(pub Both<Box<dyn Receiving + Send>>);

struct RtrbSends<const W: usize>(Producer<[u64; W]>);

struct RtrbReceives<const W: usize>(Consumer<[u64; W]>);

impl<const W: usize> Tx for RtrbSends<W> {
    const IS_LOSSY: bool = false;

    #[inline]
    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        while self.0.push(words(due, number)).is_err() {
            std::hint::spin_loop();
        }
        Ok(())
    }
}

impl<const W: usize> Rx for RtrbReceives<W> {
    #[inline]
    fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
        let Ok(message) = self.0.pop() else { return Ok(0) };
        let (due, number) = parts(&message);
        each(due, number);
        Ok(1)
    }
}

struct DisruptorSends<const W: usize>(SingleProducer<[u64; W], SingleConsumerBarrier>);

struct DisruptorReceives<const W: usize>(EventPoller<[u64; W], SingleProducerBarrier>);

impl<const W: usize> Tx for DisruptorSends<W> {
    const IS_LOSSY: bool = false;

    #[inline]
    fn send(&mut self, due: u64, number: u64) -> Fallible<()> {
        self.0.publish(|event| *event = words(due, number));
        Ok(())
    }
}

impl<const W: usize> Rx for DisruptorReceives<W> {
    #[inline]
    fn poll(&mut self, mut each: impl FnMut(u64, u64)) -> Fallible<usize> {
        let Ok(mut events) = self.0.poll() else { return Ok(0) };
        let mut count = 0;
        for event in &mut events {
            let message = *event;
            let (due, number) = parts(&message);
            each(due, number);
            count += 1;
        }
        Ok(count)
    }
}

type Pair = (Box<dyn Sending>, Box<dyn Receiving + Send>);

fn rtrb<const W: usize>() -> Pair {
    let (producer, consumer) = RingBuffer::new(CAPACITY);
    (Box::new(RtrbSends::<W>(producer)), Box::new(RtrbReceives::<W>(consumer)))
}

fn disruptor<const W: usize>() -> Pair {
    let builder = disruptor::build_single_producer(CAPACITY, || [0_u64; W], BusySpin);
    let (poller, builder) = builder.new_event_poller();
    (Box::new(DisruptorSends::<W>(builder.build())), Box::new(DisruptorReceives::<W>(poller)))
}

/// Writing and reading ends of both sizes.
type Ends = (Both<Box<dyn Sending>>, Reading);

/// Both ends, if the transport is one of these.
pub fn pair(name: &str) -> Fallible<Option<Ends>> {
    let [small, large] = match name {
        "rtrb" => [rtrb::<8>(), rtrb::<32>()],
        "disruptor" => [disruptor::<8>(), disruptor::<32>()],
        _ => return Ok(None),
    };
    Ok(Some(([small.0, large.0], Reading([small.1, large.1]))))
}
