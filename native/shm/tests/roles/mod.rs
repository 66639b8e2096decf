//! A test that starts itself again in a role, given by its environment.
#![allow(dead_code, clippy::unwrap_used)]

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const ROLE: &str = "TICKRING_TEST_ROLE";
const ROOT: &str = "TICKRING_TEST_ROOT";
/// The command line of an emulator, where this machine cannot run the test's file by itself.
const RUNNER: &str = "TICKRING_TEST_RUNNER";
/// Only a hang takes this long.
pub const WATCHDOG: Duration = Duration::from_secs(120);

/// The role of this process and its root directory, where it has one.
pub fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(ROOT)?.into()))
}

/// The words that run this program once more, with its test `role_of_a_child` alone.
pub fn words() -> Vec<String> {
    let file = std::env::current_exe().unwrap().to_str().unwrap().to_owned();
    let runner = std::env::var(RUNNER).unwrap_or_default();
    let own = [file.as_str(), "--exact", "role_of_a_child", "--nocapture"];
    runner.split_whitespace().chain(own).map(str::to_owned).collect()
}

/// This program once more, in a role.
pub fn command(role: &str, root: &Path) -> Command {
    let words = words();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env(ROLE, role).env(ROOT, root).stdout(Stdio::null());
    command
}

/// Calls again until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < WATCHDOG, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A child that does not outlive its test.
pub struct Process(pub Child);

impl Process {
    pub fn start(role: &str, root: &Path) -> Self {
        Self(command(role, root).spawn().unwrap())
    }

    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until("a child's end", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// The signal that ended it.
    pub fn signal(&mut self) -> Option<i32> {
        self.wait().signal()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
