//! Links every program here as a FreeBSD program without any library: fixed addresses, or `*-pie` anywhere.

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-Wl,-z,noexecstack"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    let manifest =
        std::fs::read_to_string("Cargo.toml").expect("cargo runs this beside Cargo.toml");
    let programs = manifest.split("[[bin]]").skip(1).filter_map(|bin| {
        let name = bin.split("name = \"").nth(1)?;
        name.split('"').next()
    });
    for program in programs {
        let arguments: &[&str] = if program.ends_with("-pie") {
            &["-static-pie", "-Wl,--no-dynamic-linker"]
        } else {
            &["-static", "-no-pie"]
        };
        for argument in arguments {
            println!("cargo:rustc-link-arg-bin={program}={argument}");
        }
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.toml");
}
