//! A child that is run instruction by instruction, or system call by system call, and killed in between (ptrace).
#![allow(dead_code, unsafe_code, clippy::unwrap_used)]

pub mod everywhere;
mod watch;

use std::process::Command;
use std::ptr::null_mut;

use rustix::thread::CpuSet;

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One instruction.
    Instruction,
    /// Half a system call: up to its beginning, or to its end.
    SystemCall,
}

/// Exit code of a child that must not be traced here.
const NO_TRACE: i32 = 77;
/// Both are signals of a step: the second marks a system call where `TRACESYSGOOD` is set.
const STEPPED: [i32; 2] = [libc::SIGTRAP, libc::SIGTRAP | 0x80];

/// In the child: lets the thread that started this process trace the calling thread. Ends the process where that is not allowed.
pub fn trace_me() {
    // SAFETY: TRACEME takes no pointers and changes only who is told of this thread's signals.
    let result = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, null_mut::<u8>(), null_mut::<u8>()) };
    if result != 0 {
        std::process::exit(NO_TRACE);
    }
}

/// In the child: stops until the tracer lets it go on.
pub fn marker() {
    // SAFETY: the default action of SIGSTOP, which nobody can change, is all that happens to this thread.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// A traced child, standing at a marker or a step. Killed when dropped.
pub struct Stepped {
    process: i32,
    thread: i32,
    ended: bool,
}

impl Stepped {
    /// Starts the child and waits for its first marker; `None` where children must not be traced.
    ///
    /// All calls have to come from one thread, which is the tracer.
    pub fn start(command: &mut Command) -> Option<Self> {
        stay_on_this_processor();
        let process = command.spawn().unwrap().id() as i32;
        let (thread, status) = wait_for_any();
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == NO_TRACE {
            return None;
        }
        assert!(stopped_by(status) == Some(libc::SIGSTOP), "the child ended before its first marker: status {status:#x}");
        let options = libc::PTRACE_O_EXITKILL | libc::PTRACE_O_TRACESYSGOOD;
        let child = Self { process, thread, ended: false };
        child.request(libc::PTRACE_SETOPTIONS, i64::from(options));
        Some(child)
    }

    /// Lets it run to its next marker.
    pub fn run_to_marker(&mut self) {
        self.request(libc::PTRACE_CONT, 0);
        assert!(self.wait() == Some(libc::SIGSTOP), "the child did not get to its next marker");
    }

    /// Lets it take one step; `false` if that ended at a marker.
    pub fn step(&mut self, unit: Unit) -> bool {
        let request = match unit {
            Unit::Instruction => libc::PTRACE_SINGLESTEP,
            Unit::SystemCall => libc::PTRACE_SYSCALL,
        };
        self.request(request, 0);
        match self.wait() {
            Some(libc::SIGSTOP) => false,
            Some(signal) if STEPPED.contains(&signal) => true,
            other => panic!("the child got {other:?} instead of a step"),
        }
    }

    /// Kills it where it stands, and waits until nothing of it is left.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        // SAFETY: a signal to a child that was not waited for yet, so the number is still its own.
        unsafe { libc::kill(self.process, libc::SIGKILL) };
        loop {
            let (who, status) = wait_for_any();
            if who == self.process && !libc::WIFSTOPPED(status) {
                return;
            }
        }
    }

    fn request(&self, request: libc::c_uint, data: i64) {
        // SAFETY: none of the requests made here has the kernel read or write memory of this process; `data` is a number.
        let result = unsafe { libc::ptrace(request, self.thread, null_mut::<u8>(), data) };
        assert!(result == 0, "ptrace {request}: {}", std::io::Error::last_os_error());
    }

    fn wait(&mut self) -> Option<i32> {
        let (who, status) = wait_for_any();
        if who != self.thread {
            self.ended = who == self.process;
            return None;
        }
        stopped_by(status)
    }
}

impl Drop for Stepped {
    fn drop(&mut self) {
        self.end();
    }
}

/// Keeps this thread and its children where they are: a step that wakes another processor takes several times as long.
fn stay_on_this_processor() {
    let mut here = CpuSet::new();
    here.set(rustix::thread::sched_getcpu());
    // Where it is not allowed, steps are slower.
    let _ = rustix::thread::sched_setaffinity(None, &here);
}

/// Waits for whatever this thread started or traces; which thread it was, and its status.
fn wait_for_any() -> (i32, i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an integer, which is all that the call writes.
    let who = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
    assert!(who > 0, "waitpid: {}", std::io::Error::last_os_error());
    (who, status)
}

fn stopped_by(status: i32) -> Option<i32> {
    libc::WIFSTOPPED(status).then(|| libc::WSTOPSIG(status))
}
