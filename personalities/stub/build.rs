//! Links the image as a static executable without any C run-time, at an address of its own.
//!
//! Fixed, because position independence would cost a relocation and half a dozen copied pages at every `execve` of a
//! guest. 0x7000_0000_0000 is far below where the host puts stacks, libraries and the vDSO, and far above where programs,
//! heaps and Go's arenas lie.

fn main() {
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--image-base=0x700000000000",
        "-Wl,-z,noexecstack",
        "-Wl,-z,norelro",
    ];
    let order = concat!(env!("CARGO_MANIFEST_DIR"), "/order.ld");
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{order}");
    println!("cargo:rerun-if-changed={order}");
    for argument in arguments {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
