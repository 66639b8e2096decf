//! Starts, stops, kills and restarts everybody, and judges what the readers counted.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tickring_shm::{Liveness, Reader};

use crate::content::mix;
use crate::{WATCHDOG, hunt};

/// A reader that polls this long without a record hangs.
const SILENCE_MAX_MS: u64 = 5_000;
/// The writer is killed about this often.
const WRITER_LIFE: Duration = Duration::from_millis(1_500);

/// What to do.
pub struct Plan {
    pub root: PathBuf,
    pub records: u64,
    pub ring_bytes: u64,
    pub seed: u64,
    /// Most readers of our own at a time.
    pub readers: usize,
    /// Reader programs of other languages.
    pub commands: Vec<String>,
}

/// A process that may stand still for a while.
struct Process {
    child: Child,
    ours: bool,
    wake: Option<Instant>,
}

impl Process {
    fn start(mut command: Command, ours: bool) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Self { child: child.unwrap_or_else(|error| panic!("{command:?}: {error}")), ours, wake: None }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child that was not waited for");
    }

    fn stop(&mut self, time: Duration) {
        self.signal(Signal::STOP);
        self.wake = Some(Instant::now() + time);
    }

    fn wake_when_due(&mut self, now: Instant) {
        if self.wake.is_some_and(|due| due <= now) {
            self.wake = None;
            self.signal(Signal::CONT);
        }
    }

    fn kill(mut self) {
        // Both only fail on a process that was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Tally {
    writer_kills: u64,
    writer_stops: u64,
    reader_kills: u64,
    reader_stops: u64,
    readers: u64,
    delivered: u64,
    lost: u64,
    torn: u64,
    laps: u64,
    stalls: u64,
    rows: u64,
    states: u64,
    silence_ms: u64,
    wrong: u64,
}

struct Chaos<'a> {
    plan: &'a Plan,
    random: u64,
    epoch: u64,
    writer: Process,
    writer_dies: Instant,
    readers: Vec<Process>,
    tally: Tally,
    /// What readers may expect at the end: the number behind the last record, or a later one where a writer was killed between its
    /// last record and its exit, as its successor says that it began.
    ends: RangeInclusive<u64>,
}

/// Whether every reader had each record or its exact loss.
pub fn run(plan: &Plan) -> bool {
    let started = Instant::now();
    let _ = std::fs::remove_dir_all(&plan.root);
    let mut chaos = Chaos {
        plan,
        random: plan.seed,
        epoch: 1,
        writer: writer(plan, 1),
        writer_dies: started + WRITER_LIFE,
        readers: Vec::new(),
        tally: Tally::default(),
        ends: plan.records + 1..=plan.records + 1,
    };
    hunt("first segment", || plan.root.join("torture/shard-0/current").exists().then_some(()));
    for command in &plan.commands {
        let mut words = command.split_whitespace();
        let mut command = Command::new(words.next().expect("a reader command has a word"));
        command.args(words).arg(&plan.root).arg(crate::NAME);
        chaos.readers.push(Process::start(command, false));
    }
    while !chaos.writer_is_done() {
        chaos.act();
        std::thread::sleep(Duration::from_micros(500 + chaos.random() % 5_000));
    }
    chaos.judge();
    let _ = std::fs::remove_dir_all(&plan.root);
    let Tally { writer_kills, writer_stops, reader_kills, reader_stops, readers, .. } = chaos.tally;
    let Tally { delivered, lost, torn, laps, stalls, rows, states, silence_ms, wrong, .. } = chaos.tally;
    println!(
        "{{\"records\":{},\"seed\":{},\"ring_bytes\":{},\"seconds\":{:.1},\"writer_kills\":{writer_kills},\
         \"writer_stops\":{writer_stops},\"reader_kills\":{reader_kills},\"reader_stops\":{reader_stops},\
         \"readers\":{readers},\"delivered\":{delivered},\"lost\":{lost},\"torn\":{torn},\"laps\":{laps},\
         \"stalls\":{stalls},\"rows\":{rows},\"states\":{states},\"silence_ms\":{silence_ms},\"wrong\":{wrong}}}",
        plan.records,
        plan.seed,
        plan.ring_bytes,
        started.elapsed().as_secs_f64()
    );
    wrong == 0
}

fn this_program(plan: &Plan, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg(role).arg("--root").arg(&plan.root);
    command
}

fn writer(plan: &Plan, epoch: u64) -> Process {
    let mut command = this_program(plan, "writer");
    let numbers = [("--epoch", epoch), ("--records", plan.records), ("--ring-bytes", plan.ring_bytes)];
    for (name, number) in numbers {
        command.arg(name).arg(number.to_string());
    }
    Process::start(command, true)
}

impl Chaos<'_> {
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.random)
    }

    fn writer_is_done(&mut self) -> bool {
        let status = self.writer.child.try_wait().expect("our own child");
        assert!(status.is_none_or(|status| status.success()), "the writer failed: {status:?}");
        status.is_some()
    }

    /// One random thing, and waking whom it is time to wake.
    fn act(&mut self) {
        let now = Instant::now();
        self.writer.wake_when_due(now);
        self.readers.iter_mut().for_each(|reader| reader.wake_when_due(now));
        if now >= self.writer_dies {
            self.restart_writer(now);
        }
        let random = self.random();
        let time = Duration::from_micros(500 + (random >> 32) % 50_000);
        match random % 256 {
            0..2 => self.change_readers(),
            2..16 if self.writer.wake.is_none() => {
                self.writer.stop(time / 4);
                self.tally.writer_stops += 1;
            }
            16..80 if !self.readers.is_empty() => {
                let index = (random >> 8) as usize % self.readers.len();
                let reader = &mut self.readers[index];
                if reader.wake.is_none() {
                    reader.stop(time);
                    self.tally.reader_stops += 1;
                }
            }
            _ if self.readers.iter().all(|reader| !reader.ours) => self.change_readers(),
            _ => {}
        }
    }

    fn restart_writer(&mut self, now: Instant) {
        if self.writer_is_done() {
            return;
        }
        self.epoch += 1;
        // A writer that is done meanwhile is told by its successor: it begins behind the last sequence, and ends.
        let _ = self.writer.child.kill();
        let _ = self.writer.child.wait();
        self.writer = writer(self.plan, self.epoch);
        self.tally.writer_kills += 1;
        self.writer_dies = now + WRITER_LIFE / 2 + Duration::from_millis(self.random() % WRITER_LIFE.as_millis() as u64);
    }

    /// Another number of our own readers: kills some, or starts some.
    fn change_readers(&mut self) {
        let least = self.plan.readers.div_ceil(2);
        let wanted = least + self.random() as usize % (1 + self.plan.readers - least);
        while self.readers.iter().filter(|reader| reader.ours).count() > wanted {
            // The eldest half lives to the end: it crosses every generation.
            let index = self.readers.iter().rposition(|reader| reader.ours).expect("counted just now");
            self.readers.remove(index).kill();
            self.tally.reader_kills += 1;
        }
        while self.readers.iter().filter(|reader| reader.ours).count() < wanted {
            let mut command = this_program(self.plan, "reader");
            command.arg("--seed").arg(self.random().to_string());
            self.readers.push(Process::start(command, true));
        }
    }

    /// Lets all readers come to their end, and looks at their counts.
    fn judge(&mut self) {
        let mut reader = Reader::open(&self.plan.root, crate::NAME, 0).expect("the last writer's segment");
        let most = self.plan.records + self.tally.writer_kills;
        match reader.liveness() {
            Liveness::Closed { final_sequence } if (self.plan.records..=most).contains(&final_sequence) => {
                self.ends = self.plan.records + 1..=final_sequence + 1;
            }
            other => {
                eprintln!("WRONG: the last writer left {other:?} behind {} records", self.plan.records);
                self.tally.wrong += 1;
            }
        }
        for reader in &self.readers {
            reader.signal(Signal::CONT);
        }
        for mut reader in std::mem::take(&mut self.readers) {
            self.tally.readers += 1;
            let start = Instant::now();
            while reader.child.try_wait().expect("our own child").is_none() {
                if start.elapsed() > WATCHDOG {
                    eprintln!("WRONG: a reader hangs behind a closed ring");
                    self.tally.wrong += 1;
                    reader.kill();
                    return;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            let output = reader.child.wait_with_output().expect("our own child");
            let text = String::from_utf8_lossy(&output.stdout);
            if !(output.status.success() && self.add(&text, reader.ours)) {
                eprintln!("WRONG: {} of {} records: {}", output.status, self.plan.records, text.trim());
                self.tally.wrong += 1;
            }
        }
        if self.tally.readers == 0 {
            eprintln!("WRONG: no reader was there at the end");
            self.tally.wrong += 1;
        }
    }

    /// Adds a reader's counts; whether they are right. One of ours may have been started a moment before the end; a reader program
    /// was there from the beginning, and one that read nothing has shown nothing.
    fn add(&mut self, json: &str, ours: bool) -> bool {
        let optional = |name| number(json, name).unwrap_or_default();
        let needed = ["first", "next", "delivered", "lost", "torn", "unexplained"].map(|name| number(json, name));
        let [Some(first), Some(next), Some(delivered), Some(lost), Some(torn), Some(unexplained)] = needed else {
            return false;
        };
        let tally = &mut self.tally;
        tally.delivered += delivered;
        tally.lost += lost;
        tally.torn += torn;
        tally.laps += optional("laps");
        tally.stalls += optional("stalls");
        tally.rows += optional("rows");
        tally.states += optional("states");
        tally.silence_ms = tally.silence_ms.max(optional("silence_ms"));
        let exact = first + delivered + lost == next && self.ends.contains(&next);
        exact && (ours || delivered > 0) && torn == 0 && unexplained == 0 && optional("silence_ms") < SILENCE_MAX_MS
    }
}

/// The whole number behind a name in a line of JSON without nesting.
fn number(json: &str, name: &str) -> Option<u64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let digits = rest.trim_start();
    digits[..digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}
