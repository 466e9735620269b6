//! Links the image as a static executable without any C run-time; `image.ld` says what lies where.

fn main() {
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,-z,noexecstack",
        "-Wl,-z,norelro",
    ];
    let image = concat!(env!("CARGO_MANIFEST_DIR"), "/image.ld");
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{image}");
    println!("cargo:rerun-if-changed={image}");
    for argument in arguments {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
