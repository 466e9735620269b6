//! Links the image as a static executable without any C run-time; `image.ld` says what lies where.

fn main() {
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,-z,noexecstack",
        "-Wl,-z,norelro",
        // What rustc takes by itself on this target, unless it was built without.
        "-fuse-ld=lld",
    ];
    // The folder as it is now, should a built tree have been moved.
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| ".".to_owned());
    let image = format!("{folder}/image.ld");
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{image}");
    println!("cargo:rerun-if-changed={image}");
    for argument in arguments {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
