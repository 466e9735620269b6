//! Links every program here as a FreeBSD program without any library: at fixed addresses; `*-pie` and the interpreter
//! anywhere, the dynamic one with an interpreter and a shared object of our own, which is built first.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared object's name, which the program asks for.
const OBJECT: &str = "libguest.so.1";

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-Wl,-z,noexecstack"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    let folder = shared_object();
    let dynamic = [
        "-Wl,--dynamic-linker=/libexec/ld-guest.so.1".to_owned(),
        "-Wl,--hash-style=sysv".to_owned(),
        format!("-L{}", folder.display()),
        format!("-l:{OBJECT}"),
    ];
    let moved = ["-static-pie", "-Wl,--no-dynamic-linker"].map(str::to_owned);
    let fixed = ["-static", "-no-pie"].map(str::to_owned);
    let manifest =
        std::fs::read_to_string("Cargo.toml").expect("cargo runs this beside Cargo.toml");
    let programs = manifest.split("[[bin]]").skip(1).filter_map(|bin| {
        let name = bin.split("name = \"").nth(1)?;
        name.split('"').next()
    });
    for program in programs {
        let arguments: &[String] = match program {
            "guest-interpreter" | "guest-hello-pie" => &moved,
            "guest-dynamic" => &dynamic,
            _ => &fixed,
        };
        for argument in arguments {
            println!("cargo:rustc-link-arg-bin={program}={argument}");
        }
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.toml");
}

/// Builds the object, and puts it where the programs will lie, for the suites to find. Cargo has no way to say that one
/// package's program is linked with another's shared object.
fn shared_object() -> PathBuf {
    const SOURCE: &str = "src/object/library.rs";
    println!("cargo:rerun-if-changed={SOURCE}");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    let object = folder.join(OBJECT);
    let built = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args([
            "--edition=2024",
            "--crate-type=cdylib",
            "--crate-name=guest",
        ])
        .args(["-Cpanic=abort", "-Copt-level=1"])
        .args(["-Clink-arg=-nostartfiles", "-Clink-arg=-nostdlib"])
        .arg(format!("-Clink-arg=-Wl,-soname,{OBJECT},--hash-style=sysv"))
        .arg("-o")
        .arg(&object)
        .arg(SOURCE)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the shared object does not build"
    );
    // target/PROFILE/build/PACKAGE/out
    let programs = folder.ancestors().nth(3).map(Path::to_owned);
    let place = programs
        .expect("cargo's folders lie four deep")
        .join(OBJECT);
    std::fs::copy(&object, place).expect("cargo's folder can be written to");
    folder
}
