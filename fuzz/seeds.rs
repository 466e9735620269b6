//! Writes the seed corpus: one small image of every kind, built by the code the tests use.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let directory = env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.unwrap_or_else(|| "corpus-work/loader".into());
    fs::create_dir_all(&directory)?;
    let seeds = compat_forge::seeds();
    for seed in &seeds {
        fs::write(directory.join(seed.name), &seed.bytes)?;
    }
    println!("{} seeds in {}", seeds.len(), directory.display());
    Ok(())
}
