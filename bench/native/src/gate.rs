//! Works that `npm run bench:gate` counts: instructions under callgrind, allocations, syscalls. What counts happens inside
//! [`measured`], whose name bench/gate/callgrind.ts knows; all else is warm-up.

use std::error::Error;
use std::hint::black_box;

use serde_json::json;
use tickring_core::book::Book;
use tickring_core::event::Level;
use tickring_shm::{LatestCopy, Poll, Reader, Record, Writer};

use crate::alloc;
use crate::corpus::{Corpus, Item, ItemKind};
use crate::message::{Sender, Shape as Message};
use crate::options::{Options, STANDING_NS};
use crate::parse::FrameParser;
use crate::rig::{NAME, Rig, Root};
use crate::synthetic::{self, HEAD, Shape};

const USAGE: &str = "usage: gate corpus reference|mix, or gate WORK CORPUS UNITS [FAULT] with WORK whole, validated, parse, book, latest, \
    publish64, publish256, poll64 or poll256, CORPUS reference, mix, recorded or none, FAULT slow, allocate or syscall";

/// Rounds before anything is measured: the first makes room for the book, and what it leaves behind makes the next differ.
const WARM_UP_ROUNDS: u64 = 3;

/// Records published before they are polled: fewer than the ring holds.
const POLLED: u64 = 10_000;

/// Something wrong done on purpose in each unit: the gate shows on every run that it would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Slow,
    Allocate,
    Syscall,
}

impl Fault {
    fn from_name(name: Option<&String>) -> Result<Self, Box<dyn Error>> {
        match name.map(String::as_str) {
            None => Ok(Self::None),
            Some("slow") => Ok(Self::Slow),
            Some("allocate") => Ok(Self::Allocate),
            Some("syscall") => Ok(Self::Syscall),
            Some(other) => Err(format!("no fault is named {other}").into()),
        }
    }

    #[inline]
    fn strike(self) {
        match self {
            Self::None => {}
            Self::Slow => (0..512).for_each(|turn| {
                black_box(turn);
            }),
            Self::Allocate => drop(black_box(Vec::<u8>::with_capacity(64))),
            Self::Syscall => {
                black_box(rustix::process::getppid());
            }
        }
    }
}

/// What callgrind collects. Never inlined, so that it has a beginning and an end.
#[inline(never)]
fn measured(act: &mut dyn FnMut()) {
    act();
    // Keeps this frame on the stack until the act has ended.
    black_box(());
}

/// Units that were measured and what they allocated.
#[derive(Default)]
struct Count {
    units: u64,
    allocations: u64,
}

impl Count {
    fn add(&mut self, units: u64, mut act: impl FnMut()) {
        self.allocations += alloc::count(|| measured(&mut act));
        self.units += units;
    }
}

/// A corpus that can be gone through any number of times.
struct Feed {
    corpus: Corpus,
    /// Made here: its ids go on from round to round.
    is_endless: bool,
    round: u64,
}

impl Feed {
    /// `units` are what is wanted at least: a recording is cut to so many items, for it is long where each instruction is followed.
    fn open(name: &str, units: u64, options: &Options) -> Result<Self, Box<dyn Error>> {
        let (corpus, is_endless) = match name {
            "reference" => (synthetic::corpus(Shape::Reference)?, true),
            "mix" => (synthetic::corpus(Shape::Mix)?, true),
            "recorded" => {
                let mut corpus = options.load()?;
                corpus.truncate(usize::try_from(units)?);
                (corpus, false)
            }
            other => return Err(format!("no corpus is named {other}").into()),
        };
        Ok(Self { corpus, is_endless, round: 0 })
    }

    /// Makes the rig ready for the frames of the next round, and gives the first of them.
    fn next(&mut self, rig: &mut Rig) -> Result<usize, Box<dyn Error>> {
        self.round += 1;
        if !self.is_endless || self.round == 1 {
            return rig.begin(&self.corpus);
        }
        synthetic::renumber(&mut self.corpus, self.round - 1);
        Ok(HEAD)
    }

    fn frames(&self) -> Vec<Item> {
        self.corpus.items.iter().filter(|item| item.kind == ItemKind::Frame).copied().collect()
    }
}

fn whole(mut rig: Rig, feed: &mut Feed, units: u64, fault: Fault) -> Result<Count, Box<dyn Error>> {
    let mut count = Count::default();
    for round in 0.. {
        let first = feed.next(&mut rig)?;
        let (corpus, items) = (&feed.corpus, &feed.corpus.items[first..]);
        let mut apply = || {
            for item in items {
                rig.apply(item, corpus.bytes(item));
                fault.strike();
            }
        };
        if round < WARM_UP_ROUNDS {
            apply();
        } else {
            count.add(items.len() as u64, apply);
        }
        // A recording is gone through once: it is for counting instructions.
        if count.units >= units || !feed.is_endless && count.units > 0 {
            break;
        }
    }
    // Proves that frames were applied: it fails on a book out of sync and on frames set aside.
    rig.book_sha256()?;
    if feed.is_endless && rig.counters().book_deltas < units {
        return Err(format!("{} frames applied of {units}", rig.counters().book_deltas).into());
    }
    Ok(count)
}

fn parse(feed: &Feed, units: u64, fault: Fault, options: &Options) -> Result<Count, Box<dyn Error>> {
    let mut parser = FrameParser::new(options)?;
    let (mut count, mut failure) = (Count::default(), None);
    let frames = feed.frames();
    let mut pass = || {
        for item in &frames {
            if let Err(error) = parser.frame(feed.corpus.bytes(item)) {
                failure = Some(error);
            }
            fault.strike();
        }
    };
    pass();
    while count.units < units {
        count.add(frames.len() as u64, &mut pass);
    }
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(count),
    }
}

/// Units are levels.
fn book(feed: &Feed, units: u64, fault: Fault, options: &Options) -> Result<Count, Box<dyn Error>> {
    let mut parser = FrameParser::new(options)?;
    let mut changes: Vec<(Vec<Level>, Vec<Level>)> = Vec::new();
    for item in feed.frames() {
        parser.frame(feed.corpus.bytes(&item))?;
        let (bids, asks) = parser.levels();
        changes.push((bids.to_vec(), asks.to_vec()));
    }
    let levels: usize = changes.iter().map(|(bids, asks)| bids.len() + asks.len()).sum();
    let mut book = Book::on(options.code_path()?);
    let mut count = Count::default();
    let mut pass = || {
        for (bids, asks) in &changes {
            book.apply_all(bids, asks);
            black_box(book.best_bid());
            fault.strike();
        }
    };
    (0..WARM_UP_ROUNDS).for_each(|_| pass());
    while count.units < units {
        count.add(levels as u64, &mut pass);
    }
    Ok(count)
}

fn latest(feed: &mut Feed, units: u64, fault: Fault, options: &Options) -> Result<Count, Box<dyn Error>> {
    let mut rig = Rig::new(options)?;
    feed.next(&mut rig)?;
    let reader = Reader::open(rig.root().path(), NAME, 0)?;
    let mut copy = LatestCopy::default();
    let mut count = Count::default();
    // The first copy makes its room.
    let mut missed = u64::from(!reader.latest(0, &mut copy));
    count.add(units, || {
        for _ in 0..units {
            missed += u64::from(!reader.latest(0, &mut copy));
            fault.strike();
        }
    });
    if missed == 0 { Ok(count) } else { Err(format!("{missed} of {units} reads of the latest slot got nothing").into()) }
}

fn sender(root: &Root, options: &Options) -> Result<Sender, Box<dyn Error>> {
    let mut writer = Writer::create(&root.segment(1, 1))?;
    writer.use_clock(options.clock());
    Ok(if options.standing_clock { Sender::standing(writer, STANDING_NS) } else { Sender::new(writer) })
}

fn publish(shape: Message, units: u64, fault: Fault, options: &Options) -> Result<Count, Box<dyn Error>> {
    let root = Root::create()?;
    let mut sender = sender(&root, options)?;
    sender.send(shape, 1);
    let mut count = Count::default();
    count.add(units, || {
        for _ in 0..units {
            sender.send(shape, 1);
            fault.strike();
        }
    });
    Ok(count)
}

fn poll(shape: Message, units: u64, fault: Fault, options: &Options) -> Result<Count, Box<dyn Error>> {
    let root = Root::create()?;
    let mut sender = sender(&root, options)?;
    sender.send(shape, 1);
    let mut reader = Reader::open(root.path(), NAME, 0)?;
    let mut record = Box::<Record>::default();
    let (mut count, mut missed) = (Count::default(), 0_u64);
    while count.units < units {
        (0..POLLED).for_each(|_| sender.send(shape, 1));
        count.add(POLLED, || {
            for _ in 0..POLLED {
                missed += u64::from(!matches!(reader.poll(&mut record), Poll::Record));
                fault.strike();
            }
        });
    }
    if missed == 0 { Ok(count) } else { Err(format!("{missed} of {} polls got no record", count.units).into()) }
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (work, corpus, units, fault) = match &options.rest[..] {
        [word, name] if word == "corpus" => {
            Feed::open(name, 0, options)?.corpus.write(&mut std::io::BufWriter::new(std::io::stdout().lock()))?;
            return Ok(());
        }
        [work, corpus, units] => (work, corpus, units, None),
        [work, corpus, units, fault] => (work, corpus, units, Some(fault)),
        _ => return Err(USAGE.into()),
    };
    let (units, fault) = (units.parse()?, Fault::from_name(fault)?);
    let mut feed = if corpus == "none" { None } else { Some(Feed::open(corpus, units, options)?) };
    let count = match (work.as_str(), &mut feed) {
        ("whole", Some(feed)) => whole(Rig::new(options)?, feed, units, fault),
        ("validated", Some(feed)) => whole(Rig::new(options)?.validated(), feed, units, fault),
        ("parse", Some(feed)) => parse(feed, units, fault, options),
        ("book", Some(feed)) => book(feed, units, fault, options),
        ("latest", Some(feed)) => latest(feed, units, fault, options),
        ("publish64", None) => publish(Message::Small, units, fault, options),
        ("publish256", None) => publish(Message::Large, units, fault, options),
        ("poll64", None) => poll(Message::Small, units, fault, options),
        ("poll256", None) => poll(Message::Large, units, fault, options),
        _ => Err(USAGE.into()),
    }?;
    let report = json!({
        "units": count.units,
        "allocations": count.allocations,
        "code_path": options.code_path()?.name(),
        "corpus_sha256": feed.map(|feed| feed.corpus.sha256),
    });
    println!("{report}");
    Ok(())
}
