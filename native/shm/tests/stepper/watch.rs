//! Running a child to a store instead of stepping there: the processor watches the word.

#[cfg(target_arch = "x86_64")]
use std::fs::{metadata, read_to_string};
#[cfg(target_arch = "x86_64")]
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Stepped;

impl Stepped {
    /// Lets the child run until it has stored to a word of a file that it maps. Where nothing watches words, it stays where it is.
    #[cfg(target_arch = "x86_64")]
    pub fn run_to_store(&mut self, file: &Path, word: usize) {
        // Debug register 0 is on, for stores of 8 bytes (Intel SDM, volume 3, 19.2.4).
        const WATCH: u64 = 1 | 0b1001 << 16;
        let address = self.mapped_at(file) + 8 * word as u64;
        if self.set_debug_register(0, address) && self.set_debug_register(7, WATCH) {
            self.request(libc::PTRACE_CONT, 0);
            assert!(self.wait() == Some(libc::SIGTRAP), "the child never stored to the word");
            assert!(self.set_debug_register(7, 0));
        }
    }

    /// As above, for processors of which this test knows no way to watch a word.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn run_to_store(&mut self, _file: &Path, _word: usize) {}

    #[cfg(target_arch = "x86_64")]
    fn set_debug_register(&self, number: usize, value: u64) -> bool {
        let place = std::mem::offset_of!(libc::user, u_debugreg) + 8 * number;
        // SAFETY: the kernel reads no memory of this process: both arguments are numbers, and it checks them.
        unsafe { libc::ptrace(libc::PTRACE_POKEUSER, self.thread, place, value) == 0 }
    }

    #[cfg(target_arch = "x86_64")]
    fn mapped_at(&self, file: &Path) -> u64 {
        let inode = metadata(file).unwrap().ino().to_string();
        let maps = read_to_string(format!("/proc/{}/maps", self.process)).unwrap();
        let line = maps.lines().find(|line| line.split_whitespace().nth(4) == Some(&inode)).expect("the child maps the file");
        u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap()
    }
}
