//! Runs targets without libFuzzer: `replay TARGET PATH…` feeds every file below the paths to a target (found cases, a corpus;
//! also on an architecture that has no sanitizer); `replay seeds FOLDER` writes the documented frames as a first corpus.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tickring_fuzz::{TARGETS, Target, documented, target};

fn files(path: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        files(&entry?.path(), found)?;
    }
    Ok(())
}

fn replay(check: Target, paths: &[String]) -> std::io::Result<usize> {
    let mut found = Vec::new();
    for path in paths {
        files(Path::new(path), &mut found)?;
    }
    found.sort();
    for path in &found {
        let bytes = fs::read(path)?;
        // Named before it runs, for a panic ends the program.
        if std::env::var_os("VERBOSE").is_some() {
            println!("{}", path.display());
        }
        check(&bytes);
    }
    Ok(found.len())
}

fn seeds(folder: &str) -> std::io::Result<usize> {
    fs::create_dir_all(folder)?;
    for (index, text) in documented().enumerate() {
        fs::write(Path::new(folder).join(format!("documented-{index:03}")), text)?;
    }
    Ok(documented().count())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.as_slice() {
        [word] if word == "list" => {
            TARGETS.iter().for_each(|(name, _)| println!("{name}"));
            return ExitCode::SUCCESS;
        }
        [word, folder] if word == "seeds" => seeds(folder),
        [name, paths @ ..] if TARGETS.iter().any(|(known, _)| known == name) => replay(target(name), paths),
        _ => {
            eprintln!("usage: replay list | replay seeds FOLDER | replay TARGET PATH...");
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(count) => {
            println!("{count} files");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}
