//! Turns the `.tbl` files into Rust: `pool.rs` (what all tables share), and per OS `<os>.rs` and `<os>_dispatch.rs`.

mod generate;
mod grammar;

use generate::{Facts, Pool};
use grammar::Mistake;
use std::path::Path;
use std::{env, fs, process};

/// The folders of the systems, one each. `bsd` holds what they share.
const SYSTEMS: [&str; 3] = ["dragonfly", "freebsd", "netbsd"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generate");
    println!("cargo::rerun-if-changed=grammar");
    println!("cargo::rerun-if-changed=bsd");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let out = Path::new(&out);
    let mut pool = Pool::new(perfect_hash);
    let family = Facts::family(&|table| read("bsd", table)).unwrap_or_else(refused);
    write(
        &out.join("bsd.rs"),
        &generate::family_module(&family, &mut pool),
    );
    for os in SYSTEMS {
        println!("cargo::rerun-if-changed={os}");
        let facts = Facts::parse(&|table| read(os, table), &family).unwrap_or_else(refused);
        let module = generate::module(os, &facts, &family, &mut pool);
        write(&out.join(format!("{os}.rs")), &module);
        let dispatch = generate::dispatch(os, &facts, &family);
        write(&out.join(format!("{os}_dispatch.rs")), &dispatch);
    }
    write(&out.join("pool.rs"), &pool.source());
}

/// A table's file name and text; a table that a folder does not have is empty.
fn read(folder: &str, table: &str) -> (String, String) {
    let file = format!("{folder}/{table}.tbl");
    let text = fs::read_to_string(&file).unwrap_or_default();
    (file, text)
}

fn refused<T>(mistake: Mistake) -> T {
    eprintln!("error: tables/{mistake}");
    process::exit(1);
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
