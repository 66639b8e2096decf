//! Cursors of sinks: whole or an error, whatever befalls the disk.

use super::simulated::{Plan, Simulated};
use crate::cursor::{Cursor, Sinks, cursors_folder};
use crate::{Disk, JournalError};

const NAME: &str = "file";

fn cursor(sequence: u64) -> Cursor {
    Cursor { epoch: 3, sequence, from: sequence / 2, ts_recv: sequence * 1_000, output: format!("7 {}", sequence * 9) }
}

#[test]
fn a_cursor_is_read_as_it_was_written_and_none_is_none() {
    let disk = Simulated::default();
    assert_eq!(Cursor::read(&disk, NAME).unwrap(), None);
    for sequence in [0, 1, 10, 1 << 50] {
        let cursor = Cursor { output: "x ".repeat((sequence % 7) as usize), ..cursor(sequence) };
        cursor.write(&disk, NAME).unwrap();
        assert_eq!(Cursor::read(&disk, NAME).unwrap(), Some(cursor));
    }
    for name in ["", "File", "../file", "a/b", "a.tmp", &"n".repeat(33)] {
        assert_eq!(Cursor::read(&disk, name).unwrap_err().code().name(), "ARGUMENT_RANGE", "{name}");
    }
    for output in ["two\nlines", "a\rb", &"x".repeat(1_025)] {
        let error = Cursor { output: output.to_owned(), ..cursor(1) }.write(&disk, NAME).unwrap_err();
        assert_eq!(error.code().name(), "ARGUMENT_RANGE");
    }
}

#[test]
fn a_cursor_that_is_cut_or_changed_anywhere_is_an_error_and_no_guess() {
    let disk = Simulated::default();
    cursor(4_711).write(&disk, NAME).unwrap();
    let whole = disk.files()[NAME].clone();
    let is_damaged = |bytes: &[u8]| {
        disk.put(NAME, bytes);
        match Cursor::read(&disk, NAME) {
            Err(JournalError::Damaged { file, .. }) => assert_eq!(file, "cursors/file"),
            other => panic!("{:?} of {:?}", other, String::from_utf8_lossy(bytes)),
        }
    };
    for length in 0..whole.len() {
        is_damaged(&whole[..length]);
    }
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        is_damaged(&bytes);
    }
    is_damaged(&[&whole[..], b"\n"].concat());
    is_damaged(&vec![b'0'; 5_000]);
}

/// F50, F55 for the cursor.
#[test]
fn after_any_failure_or_power_cut_the_cursor_before_or_the_new_one_stands() {
    for sticky in [false, true] {
        for fail_at in 1.. {
            let disk = Simulated::default();
            cursor(1).write(&disk, NAME).unwrap();
            disk.plan(Plan { fail_at, sticky, ..Plan::default() });
            let written = cursor(2).write(&disk, NAME);
            let untouched = disk.calls() < fail_at;
            disk.plan(Plan::default());
            for (keep, names) in [(false, false), (false, true), (true, false), (true, true)] {
                let found = Cursor::read(&disk.power_cut(|_| keep, names), NAME).unwrap().unwrap();
                assert!([cursor(1), cursor(2)].contains(&found), "{found:?}");
                // What was acknowledged stays.
                assert!(written.is_err() || found == cursor(2), "call {fail_at} failed unnoticed");
            }
            cursor(3).write(&disk, NAME).unwrap();
            assert_eq!(Cursor::read(&disk, NAME).unwrap(), Some(cursor(3)));
            if untouched {
                break;
            }
        }
    }
}

#[test]
fn the_watermark_is_the_least_that_any_sink_needs_and_nothing_where_one_has_not_begun() {
    let folder = std::env::temp_dir().join(format!("tickring-watermark-{}", std::process::id()));
    let sinks = Sinks::new(&folder, vec!["one".to_owned(), "two".to_owned()]);
    assert_eq!(sinks.watermark().unwrap(), 0);
    let cursors = Disk::open(&cursors_folder(&folder), true).unwrap();
    cursor(100).write(&cursors, "one").unwrap();
    assert_eq!(sinks.watermark().unwrap(), 0);
    cursor(60).write(&cursors, "two").unwrap();
    // A replay to 60 begins at 30, which is needed.
    assert_eq!(sinks.watermark().unwrap(), 29);
    assert_eq!(Sinks::new(&folder, vec!["one".to_owned()]).watermark().unwrap(), 49);
    assert_eq!(Sinks::new(&folder, Vec::new()).watermark().unwrap(), u64::MAX);
    std::fs::write(cursors_folder(&folder).join("two"), b"60").unwrap();
    assert_eq!(sinks.watermark().unwrap_err().code().name(), "JOURNAL_DAMAGED");
    std::fs::remove_dir_all(&folder).unwrap();
}
