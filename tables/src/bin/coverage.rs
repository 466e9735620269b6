//! Prints COVERAGE.md.

fn main() {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = compat_tables::coverage::write(&mut text);
    print!("{text}");
}
