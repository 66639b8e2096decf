//! A C program that makes every call of `tickring.h`, refusals included, and a C++ program that makes those of `tickring.hpp`,
//! against a writer that does what the program asks for. Built with gcc and with clang, with AddressSanitizer and UndefinedBehaviorSanitizer, against the static library; and once
//! against the shared one.
#![allow(clippy::unwrap_used)]

#[path = "../../shm/tests/support/mod.rs"]
mod support;
mod writer;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::Root;
use writer::Engine;

/// What a careful user's build says of these programs, and of the headers.
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"];
const C: &[&str] = &["-std=c11", "-D_POSIX_C_SOURCE=200809L"];
const CPP: &[&str] = &["-std=c++17"];
const EVERY_CALL: &[&str] = &["every_call.c", "refusals.c", "values.c", "books.c", "merged.c"];
const EVERY_METHOD: &[&str] = &["every_method.cpp"];
const STATIC: &[&str] = &["-l:libtickring.a", "-lpthread", "-ldl", "-lm"];
const SANITIZERS: &[&str] = &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
/// Only a hang takes this long.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Folder in which cargo puts this crate's libraries, beside the test itself.
fn libraries() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// Whether this machine can build and run C programs for itself; says so where it cannot, and fails where it has to.
fn has(compiler: &str) -> bool {
    // Where tests run emulated, the machine's compilers build for another processor.
    let emulated = std::env::var_os("TICKRING_TEST_RUNNER").is_some();
    let found = !emulated && Command::new(compiler).arg("--version").output().is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("skipped: no {compiler} that builds for this processor");
        assert!(emulated || std::env::var_os("CI").is_none(), "{compiler} was not found, and CI is set");
    }
    found
}

fn compile(compiler: &str, sources: &[&str], flags: &[&[&str]], link: &[&str], out: &Path) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources.iter().map(|name| here.join("tests/c").join(name));
    let mut command = Command::new(compiler);
    command.args(flags.concat()).arg("-I").arg(here.join("../shm/include")).args(sources).arg("-o").arg(out);
    let done = command.arg("-L").arg(libraries()).args(link).output().unwrap();
    assert!(done.status.success(), "{compiler}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A program that does not outlive its test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program against an engine of its own; what it asks for, line by line, is done before it goes on.
fn run(mut command: Command, hardened: bool) {
    let root = Root::new();
    let mut engine = Engine::new(root.path(), hardened);
    let child = command.arg(root.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut program = Program(child);
    let mut answers = program.0.stdin.take().unwrap();
    let (sender, requests) = std::sync::mpsc::channel();
    let lines = BufReader::new(program.0.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut done = false;
    while let Ok(request) = requests.recv_timeout(WATCHDOG) {
        done = request == "done";
        if !done {
            engine.act(&request);
            let _ = answers.write_all(b"\n");
        }
    }
    let mut said = String::new();
    let _ = std::io::Read::read_to_string(&mut program.0.stderr.take().unwrap(), &mut said);
    let status = program.0.wait().unwrap();
    assert!(done && status.success() && said.is_empty(), "{status}, {said}");
}

/// Builds a program with sanitizers against the static library, and runs it.
fn check(compiler: &str, sources: &[&str], standard: &[&str]) {
    if has(compiler) {
        let folder = Root::new();
        std::fs::create_dir_all(folder.path()).unwrap();
        let program = folder.path().join("program");
        compile(compiler, sources, &[standard, WARNINGS, SANITIZERS], STATIC, &program);
        run(Command::new(&program), false);
        if sources == EVERY_METHOD {
            // What the other program does to files on its way has no file here.
            run(Command::new(&program), true);
        }
    }
}

#[test]
fn every_call_with_gcc_and_sanitizers() {
    check("gcc", EVERY_CALL, C);
}

#[test]
fn every_call_with_clang_and_sanitizers() {
    check("clang", EVERY_CALL, C);
}

#[test]
fn every_method_with_gcc_and_sanitizers_also_hardened() {
    check("g++", EVERY_METHOD, CPP);
}

#[test]
fn every_method_with_clang_and_sanitizers_also_hardened() {
    check("clang++", EVERY_METHOD, CPP);
}

#[test]
fn every_call_of_the_shared_library() {
    // The linker finds the file by its name, the loader by its soname.
    let folder = Root::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    if has("gcc") {
        std::fs::copy(libraries().join("libtickring.so"), folder.path().join("libtickring.so.1")).unwrap();
        let program = folder.path().join("program");
        compile("gcc", EVERY_CALL, &[C, WARNINGS, &["-O2"]], &["-ltickring"], &program);
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", folder.path());
        run(command, false);
    }
}
