//! N8, F23: no false alarm in an hour of 200 channels, whatever their rhythm; a muted one is found within its limit.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "a test fails by panicking")]

use super::*;

const TICK_NS: u64 = 100_000_000;
const START_NS: u64 = 1_723_161_253_000_000_000;
const HOUR_TICKS: u64 = 36_000;
const CHANNELS: usize = 200;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -self.unit().ln()
    }

    fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// How messages of a channel come.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// At a fixed interval.
    Even,
    /// Without memory.
    Poisson,
    /// Poisson of two rates, twenty times apart, each for a while.
    Bursty,
    /// Gaps over several orders of magnitude.
    Lognormal,
}

struct Channel {
    kind: Kind,
    /// Messages a second by day.
    rate: f64,
    is_calm: bool,
    turns_at: f64,
    next: f64,
    heard: Heard,
    rhythm: Rhythm,
}

impl Channel {
    fn new(index: usize, random: &mut Random, company: &Company) -> Self {
        let kind = [Kind::Even, Kind::Poisson, Kind::Bursty, Kind::Lognormal][index % 4];
        // From one in 50 s to 50 a second.
        let rate = 0.02 * 2_500_f64.powf(random.unit());
        let mut rhythm = Rhythm::default();
        rhythm.begin(START_NS, Heard::default(), company);
        Self { kind, rate, is_calm: false, turns_at: 0.0, next: 0.0, heard: Heard::default(), rhythm }
    }

    /// Seconds to the next message, when the whole market is so active.
    fn gap(&mut self, now: f64, activity: f64, random: &mut Random) -> f64 {
        let rate = self.rate * activity;
        match self.kind {
            Kind::Even => 1.0 / rate,
            Kind::Poisson => random.exponential() / rate,
            Kind::Bursty => {
                if now > self.turns_at {
                    self.is_calm = !self.is_calm;
                    self.turns_at = now + random.exponential() * 40.0 / activity;
                }
                random.exponential() / if self.is_calm { rate / 20.0 } else { rate }
            }
            Kind::Lognormal => (random.normal() - 0.5).exp() / rate,
        }
    }
}

/// A connection with its channels.
struct Market {
    random: Random,
    company: Company,
    channels: Vec<Channel>,
    tick: u64,
}

impl Market {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let company = Company::default();
        let channels = (0..CHANNELS).map(|index| Channel::new(index, &mut random, &company)).collect();
        Self { random, company, channels, tick: 0 }
    }

    /// A tick in which the market is so active; the channels that looked other than usual.
    fn tick(&mut self, activity: f64, muted: Option<usize>) -> Vec<(usize, Look)> {
        self.tick += 1;
        let end = self.tick as f64 * 0.1;
        let mut found = Vec::new();
        for (index, channel) in self.channels.iter_mut().enumerate() {
            while channel.next <= end {
                let at = START_NS + (channel.next * 1e9) as u64;
                if muted != Some(index) {
                    channel.heard.note(at);
                    self.company.heard.note(self.company.heard.at.max(at));
                }
                let now = channel.next;
                channel.next += channel.gap(now, activity, &mut self.random);
            }
        }
        let turns = (self.tick * TICK_NS).is_multiple_of(WINDOW_NS);
        if turns {
            self.company.rate.turn(self.company.heard.count);
        }
        for (index, channel) in self.channels.iter_mut().enumerate() {
            if turns {
                channel.rhythm.turn(channel.heard);
            }
            let look = channel.rhythm.look(channel.heard, &self.company, None, true);
            if look != Look::Usual {
                found.push((index, look));
            }
        }
        found
    }
}

/// Falls to a tenth for the middle of the hour and comes back.
fn night(tick: u64) -> f64 {
    10_f64.powf(((std::f64::consts::TAU * tick as f64 / HOUR_TICKS as f64).cos() - 1.0) / 2.0)
}

/// After half an hour an eighth of it is left, from one moment to the next.
fn sudden_quiet(tick: u64) -> f64 {
    if tick < HOUR_TICKS / 2 { 1.0 } else { 0.125 }
}

fn false_alarms(seed: u64, activity: fn(u64) -> f64) -> usize {
    let mut market = Market::new(seed);
    let mut count = 0;
    for tick in 0..HOUR_TICKS {
        for (index, look) in market.tick(activity(tick), None) {
            let channel = &market.channels[index];
            println!("seed {seed} tick {tick}: {look:?} {:?} {:.3}/s {:?}", channel.kind, channel.rate, channel.rhythm);
            count += usize::from(look == Look::Silent);
        }
    }
    count
}

#[test]
fn an_hour_of_200_channels_raises_no_false_alarm() {
    for seed in 1..=2 {
        assert_eq!(false_alarms(seed, |_| 1.0), 0, "seed {seed}");
    }
}

#[test]
fn a_quiet_night_raises_no_false_alarm() {
    for seed in 11..=12 {
        assert_eq!(false_alarms(seed, night), 0, "seed {seed}");
    }
}

#[test]
fn a_market_that_falls_quiet_at_once_raises_no_false_alarm() {
    for seed in 21..=22 {
        assert_eq!(false_alarms(seed, sudden_quiet), 0, "seed {seed}");
    }
}

#[test]
fn a_muted_channel_of_200_is_found_within_its_limit() {
    let mut market = Market::new(31);
    for _ in 0..HOUR_TICKS / 2 {
        market.tick(1.0, None);
    }
    let mut muted = Vec::new();
    for index in (0..CHANNELS).step_by(23) {
        let Some(limit) = market.channels[index].rhythm.limit(None) else { continue };
        let since = market.channels[index].heard.at;
        // Its messages of the tick before may be as old as a tick.
        let found = std::iter::repeat_with(|| (market.tick(1.0, Some(index)), market.tick))
            .take_while(|(_, tick)| START_NS + tick * TICK_NS <= since + limit + 3 * TICK_NS)
            .find_map(|(found, tick)| found.contains(&(index, Look::Silent)).then_some(tick));
        let tick = found.unwrap_or_else(|| panic!("channel {index}, silent for {limit} ns, was not reported"));
        assert!(START_NS + tick * TICK_NS > since + limit, "not before its limit either");
        assert!(market.channels.iter().enumerate().all(|(other, channel)| other == index || !channel.rhythm.is_silent()));
        market.channels[index].next = market.tick as f64 * 0.1;
        assert_eq!(market.tick(1.0, None), [(index, Look::Speaks)]);
        assert!(
            market.channels[index].rhythm.limit(None).unwrap() <= 2 * limit,
            "a silence that was reported doubles it at most"
        );
        muted.push(limit / 1_000_000_000);
    }
    assert!(muted.len() > 4, "{muted:?}");
}

#[test]
fn silence_of_the_whole_connection_is_none_of_a_channel() {
    let mut market = Market::new(41);
    for _ in 0..HOUR_TICKS / 6 {
        market.tick(1.0, None);
    }
    for channel in &mut market.channels {
        channel.next = f64::INFINITY;
    }
    for _ in 0..HOUR_TICKS {
        assert_eq!(market.tick(1.0, None), []);
    }
}

#[test]
fn a_venue_that_promises_to_repeat_is_held_to_it() {
    let (mut rhythm, mut company) = (Rhythm::default(), Company::default());
    rhythm.begin(START_NS, Heard::default(), &company);
    let repeats = Some(3_000_000_000);
    assert_eq!(rhythm.limit(repeats), Some(11_000_000_000));
    let heard = Heard { at: START_NS, count: 1 };
    assert_eq!(rhythm.look(heard, &company, repeats, true), Look::Usual);
    company.heard.note(START_NS + 11_000_000_000);
    assert_eq!(rhythm.look(heard, &company, repeats, true), Look::Usual);
    company.heard.note(START_NS + 11_000_000_001);
    assert_eq!(rhythm.look(heard, &company, repeats, false), Look::Usual);
    assert_eq!(rhythm.look(heard, &company, repeats, true), Look::Silent);
    assert_eq!(rhythm.look(heard, &company, repeats, true), Look::Usual, "told once");
    company.heard.note(START_NS + 22_000_000_001);
    assert_eq!(rhythm.look(heard, &company, repeats, true), Look::Silent, "and when it is asked for again");
}
