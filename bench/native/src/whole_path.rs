//! PERFORMANCE row 1: a frame in memory → validated, sequenced, in the book, in the ring and in the latest slot.

use std::cell::RefCell;
use std::error::Error;
use std::hint::black_box;

use hdrhistogram::Histogram;
use serde_json::json;

use crate::alloc;
use crate::blocks::{self, Size, Work, median};
use crate::clock::{TickScale, cpu_ns, ticks};
use crate::corpus::{Corpus, Item, ItemKind};
use crate::histogram::{encode, new_histogram};
use crate::options::Options;
use crate::rig::Rig;

/// Sizes of the reference frame, bytes.
pub const REFERENCE: std::ops::RangeInclusive<usize> = 1_130..=1_250;

/// Passes with a clock around every frame: as many as there are blocks of everything else.
pub const STAMPED_PASSES: usize = Size::FULL.blocks;

/// Times that the control of a stamped pass touches the frames of the reference size: a few ms in all.
const REFERENCE_TOUCHES: u64 = 100;

/// Whole passes of the recording; the book is brought to life outside the timed part.
pub fn whole_pass(rig: &mut Rig, corpus: &Corpus) -> Result<(u64, u64), Box<dyn Error>> {
    let first = rig.begin(corpus)?;
    let start = cpu_ns();
    for item in &corpus.items[first..] {
        rig.apply(item, corpus.bytes(item));
    }
    Ok((cpu_ns() - start, (corpus.items.len() - first) as u64))
}

/// The control: every byte of every frame is read.
pub fn touch_pass(corpus: &Corpus) -> (u64, u64) {
    let start = cpu_ns();
    black_box(corpus.items.iter().fold(0, |sum, item| sum ^ touch(corpus.bytes(item))));
    (cpu_ns() - start, corpus.items.len() as u64)
}

/// Reads every byte.
#[inline]
fn touch(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(0, |sum, word| sum ^ u64::from_le_bytes(*word));
    rest.iter().fold(sum, |sum, byte| sum ^ u64::from(*byte))
}

/// The control of a stamped pass: ns to read every byte of a frame of the reference size. None where the corpus has none.
pub fn touch_reference(corpus: &Corpus) -> Option<f64> {
    let is_reference = |item: &&Item| item.kind == ItemKind::Frame && REFERENCE.contains(&corpus.bytes(item).len());
    let frames: Vec<_> = corpus.items.iter().filter(is_reference).map(|item| corpus.bytes(item)).collect();
    let start = cpu_ns();
    for _ in 0..REFERENCE_TOUCHES {
        for frame in &frames {
            black_box(touch(black_box(frame)));
        }
    }
    let ns = cpu_ns() - start;
    (!frames.is_empty()).then(|| ns as f64 / (REFERENCE_TOUCHES * frames.len() as u64) as f64)
}

/// The control: every frame is copied, one after the other, into memory the size of a ring.
pub fn copy_pass(corpus: &Corpus, target: &mut [u8]) -> (u64, u64) {
    let start = cpu_ns();
    let mut at = 0;
    for item in &corpus.items {
        let bytes = corpus.bytes(item);
        if at + bytes.len() > target.len() {
            at = 0;
        }
        target[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len().next_multiple_of(64);
    }
    black_box(&target[0]);
    (cpu_ns() - start, corpus.items.len() as u64)
}

/// Each frame's own time: all of them, and those of the reference size.
struct Stamped {
    all: Histogram<u64>,
    reference: Histogram<u64>,
    /// Median over the passes, of each frame of the reference size.
    reference_medians: Vec<f64>,
    /// p50 and p99 of the frames of the reference size, pass by pass.
    passes: [Vec<u64>; 2],
    /// ns to touch a frame of the reference size, pass by pass.
    touch: Vec<f64>,
}

fn stamped(rig: &mut Rig, corpus: &Corpus, scale: &TickScale, passes: usize) -> Result<Stamped, Box<dyn Error>> {
    let mut result = Stamped {
        all: new_histogram()?,
        reference: new_histogram()?,
        reference_medians: Vec::new(),
        passes: [Vec::new(), Vec::new()],
        touch: Vec::new(),
    };
    let mut spans = vec![Vec::with_capacity(passes); corpus.items.len()];
    let mut own = new_histogram()?;
    for pass in 0..=passes {
        let first = rig.begin(corpus)?;
        own.reset();
        for (item, spans) in corpus.items.iter().zip(&mut spans).skip(first) {
            let bytes = corpus.bytes(item);
            let before = ticks();
            rig.apply(item, bytes);
            let span = scale.ns(ticks() - before);
            // The first pass meets cold code: PERFORMANCE counts warm frames.
            if pass > 0 {
                spans.push(span as f64);
                result.all.saturating_record(span);
                if REFERENCE.contains(&bytes.len()) {
                    own.saturating_record(span);
                }
            }
        }
        if pass > 0 {
            result.reference.add(&own)?;
            result.passes[0].push(own.value_at_quantile(0.5));
            result.passes[1].push(own.value_at_quantile(0.99));
            result.touch.extend(touch_reference(corpus));
        }
    }
    let of_reference_size = corpus.items.iter().zip(&mut spans).filter(|(item, spans)| {
        !spans.is_empty() && item.kind == ItemKind::Frame && REFERENCE.contains(&corpus.bytes(item).len())
    });
    result.reference_medians = of_reference_size.map(|(_, spans)| median(spans)).collect();
    Ok(result)
}

/// The subcommand.
pub fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let pinned = options.pin();
    let corpus = options.load()?;
    let rig = RefCell::new(Rig::new(options)?);
    let scale = TickScale::measure();
    // Twice: the first pass makes room for the book, the second shows that no more is needed.
    whole_pass(&mut rig.borrow_mut(), &corpus)?;
    let first = rig.borrow_mut().begin(&corpus)?;
    let allocations = alloc::count(|| {
        let mut rig = rig.borrow_mut();
        corpus.items[first..].iter().for_each(|item| rig.apply(item, corpus.bytes(item)));
    });
    let size = if options.smoke { Size::SMOKE } else { Size::FULL };
    let mut target = vec![0; 64 << 20];
    let mut failure = None;
    let mut works = [
        Work::new("whole", || {
            whole_pass(&mut rig.borrow_mut(), &corpus).unwrap_or_else(|error| {
                failure.get_or_insert(error);
                (1, 1)
            })
        }),
        Work::new("touch", || touch_pass(&corpus)),
        Work::new("copy", || copy_pass(&corpus, &mut target)),
    ];
    let series = blocks::run(&mut works, size);
    let names: Vec<_> = works.iter().map(|work| work.name).collect();
    drop(works);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let mut stamped = stamped(&mut rig.borrow_mut(), &corpus, &scale, if options.smoke { 1 } else { STAMPED_PASSES })?;
    let works: serde_json::Map<_, _> = names.iter().zip(&series).map(|(name, ns)| ((*name).to_owned(), json!(ns))).collect();
    let reference_p50 = median(&mut stamped.reference_medians);
    for (name, ns) in names.iter().zip(&series) {
        eprintln!("{name:>6}  {:8.1} ns/frame, median of {} blocks", median(&mut ns.clone()), ns.len());
    }
    let at = |quantile| (stamped.all.value_at_quantile(quantile), stamped.reference.value_at_quantile(quantile));
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        eprintln!("{name:>6}  {:8} ns all frames, {:8} ns frames of 1,130 to 1,250 B", at(quantile).0, at(quantile).1);
    }
    let report = json!({
        "corpus": corpus.describe(first),
        "code_path": rig.borrow().code_path(),
        "pinned": pinned,
        "blocks": works,
        "all_hdr": encode(&stamped.all)?,
        "reference_hdr": encode(&stamped.reference)?,
        "reference_median_p50": reference_p50,
        "reference_p50": stamped.passes[0],
        "reference_p99": stamped.passes[1],
        "reference_touch": stamped.touch,
        "reference_frames": stamped.reference_medians.len(),
        "clock_overhead_ns": scale.overhead as f64 * scale.ns_per_tick,
        "allocations": allocations,
        "book_sha256": rig.borrow().book_sha256()?,
    });
    println!("{report}");
    Ok(())
}
