//! Turns the `.tbl` files into Rust: `pool.rs` (what all tables share), and per OS `<os>.rs` and `<os>_dispatch.rs`.

mod generate;
mod grammar;

use generate::{Facts, Pool};
use grammar::Mistake;
use std::path::Path;
use std::{env, fs, process};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generate");
    println!("cargo::rerun-if-changed=grammar");
    println!("cargo::rerun-if-changed=freebsd");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut pool = Pool::new(perfect_hash);
    for os in ["freebsd"] {
        if let Err(mistake) = generate(os, Path::new(&out), &mut pool) {
            eprintln!("error: tables/{mistake}");
            process::exit(1);
        }
    }
    write(&Path::new(&out).join("pool.rs"), &pool.source());
}

fn generate(os: &str, out: &Path, pool: &mut Pool) -> Result<(), Mistake> {
    let read = |table: &str| {
        let file = format!("{os}/{table}.tbl");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| {
            eprintln!("error: tables/{file}: {error}");
            process::exit(1);
        });
        (file, text)
    };
    let facts = Facts::parse(&read)?;
    write(
        &out.join(format!("{os}.rs")),
        &generate::module(os, &facts, pool),
    );
    write(
        &out.join(format!("{os}_dispatch.rs")),
        &generate::dispatch(os, &facts),
    );
    Ok(())
}

/// Source of a `phf` map from names to values.
fn perfect_hash(entries: &[(String, String)]) -> String {
    let mut map = phf_codegen::Map::new();
    for (name, value) in entries {
        map.entry(name.as_str(), value.as_str());
    }
    map.build().to_string()
}

fn write(path: &Path, source: &str) {
    if let Err(error) = fs::write(path, source) {
        eprintln!("error: {}: {error}", path.display());
        process::exit(1);
    }
}
